/*
 * notified.h - who may say that a zone has changed at its primary, and of which zones it was said (RFC 1996).
 *
 * Workers hear it and put up a flag; the thread that keeps the zones takes it down.  A flag says no more than that it is time to
 * ask, so one that is put up twice, or lost with an old configuration, does no harm.  That is why who need not sign may leave it.
 *
 * Ownership: everything lies in the arena given; constant once filled but for the flags, which any thread may touch.
 * Errors:    ERR_NO_MEMORY.
 */
#ifndef CAIRN_RESOLVER_ZONE_NOTIFIED_H
#define CAIRN_RESOLVER_ZONE_NOTIFIED_H

#include <stdatomic.h>

#include "resolver/policy/prefixes.h"
#include "resolver/zone/tsig.h"

/* Who speaks from a netblock. */
struct notified_source {
	const struct tsig_key *key; /* with which it may sign (RFC 8945); NULL: none */
	bool wants_signature;       /* it has to */
};

struct notified_zone {
	const struct name *name;
	struct prefixes from;
	atomic_bool is_told;
};

/* Copied out of the configuration's. */
struct notified_key {
	struct tsig_key key;
	struct notified_key *next;
};

struct notified {
	struct arena *arena;
	struct notified_key *keys; /* NULL: none */
	unsigned count, count_max;
	struct notified_zone *zones;
};

/* NULL: the arena is full. */
struct notified *notified_new(struct arena *arena, unsigned count_max);
/* Behind those before; the caller adds who may speak for it. NULL: the arena is full. */
struct notified_zone *notified_add(struct notified *notified, const struct name *name);
/* The key is copied; of netblocks given twice the later counts. */
int notified_allow(struct notified *notified, struct notified_zone *zone, const struct ip_addr *prefix, unsigned prefix_len,
                   const struct notified_source *source);

/* Nobody looks at a signature any more: the secrets go before the memory does.  NULL is nothing. */
void notified_wipe(struct notified *notified);

/* NULL: the zone of that number has another name, or the address may not speak for it. */
const struct notified_source *notified_find(const struct notified *notified, unsigned index, const struct name *name,
                                            const struct ip_addr *from);
void notified_tell(struct notified *notified, unsigned index);
/* Whether the zone's flag was up, which it is no more. */
bool notified_take(struct notified *notified, unsigned index);

#endif
