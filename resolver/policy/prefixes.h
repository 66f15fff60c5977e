/*
 * prefixes.h - things by the longest prefix of an address: access control, policy triggers, private addresses.
 *
 * Filled when the configuration is read, then read by all workers without a lock.  The order of prefixes_put
 * does not matter.  An address of the form ::ffff:a.b.c.d counts as a.b.c.d.
 *
 * Ownership: nodes lie in the arena given to prefixes_init, which must outlive them; values are the caller's.
 * Errors:    ERR_NO_MEMORY (arena), ERR_TOO_BIG (prefix length), ERR_MALFORMED (no address).
 * Bounds:    a look-up visits at most one node a bit: 32 or 128.
 */
#ifndef CAIRN_RESOLVER_POLICY_PREFIXES_H
#define CAIRN_RESOLVER_POLICY_PREFIXES_H

#include "stack/addr.h"

struct arena;
struct prefix_node;

struct prefixes {
	struct arena *arena;
	struct prefix_node *ipv4, *ipv6;
};

void prefixes_init(struct prefixes *prefixes, struct arena *arena);

/* A prefix said twice takes the later value, which is not NULL.  Bits behind prefix_len are ignored. */
int prefixes_put(struct prefixes *prefixes, const struct ip_addr *prefix, unsigned prefix_len, const void *value);

/* The value of this very prefix; NULL: nothing was said about it. */
const void *prefixes_get(const struct prefixes *prefixes, const struct ip_addr *prefix, unsigned prefix_len);

/* The value of the longest prefix that holds the address; NULL: none does. */
const void *prefixes_find(const struct prefixes *prefixes, const struct ip_addr *addr);

static inline bool
prefixes_are_empty(const struct prefixes *prefixes)
{
	return prefixes->ipv4 == NULL && prefixes->ipv6 == NULL;
}

#endif
