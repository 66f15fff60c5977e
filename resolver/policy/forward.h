/*
 * forward.h - zones whose servers the operator names: forwarders (a resolver is asked, with RD) and stubs (name servers
 * of the zone that its parent need not know).
 *
 * The deepest zone at or above a name counts, found by one look-up a label.  A name may have both: then the forwarders are
 * asked, and the stub with forward-first.
 *
 * Ownership: everything lies in the arena given; constant once filled, and may then be shared by threads.
 * Errors:    ERR_EXISTS (a zone of that name and kind is there), ERR_FULL, ERR_NO_MEMORY.
 * Bounds:    the zone count given at init; FORWARD_ADDRS_MAX and FORWARD_HOSTS_MAX a zone.
 */
#ifndef CAIRN_RESOLVER_POLICY_FORWARD_H
#define CAIRN_RESOLVER_POLICY_FORWARD_H

#include "resolver/wire/name.h"
#include "stack/addr.h"
#include "stack/base/hash.h"

struct arena;
struct rng;

#define FORWARD_ADDRS_MAX 32u
#define FORWARD_HOSTS_MAX 12u

struct forward_addr {
	struct ip_addr addr;
	uint16_t port; /* 0: the usual one */
};

struct forward_zone {
	const struct name *name; /* lower case */
	bool is_forward;         /* else a stub */
	bool first;              /* the ordinary way when these servers fail */
	bool no_cache;           /* their answers are neither kept nor looked for */
	bool over_tcp;           /* they are asked over TCP alone */
	bool prime;              /* a stub: they are asked who serves the zone, and those are used */
	const struct forward_zone *behind; /* of a forwarder: the stub of the same name, where `first` leads; else NULL */
	uint8_t addr_count, host_count;
	struct forward_addr addrs[FORWARD_ADDRS_MAX];
	const struct name *hosts[FORWARD_HOSTS_MAX];
};

struct forwards {
	struct arena *arena;
	struct forward_zone **slots; /* open addressing; a power of two */
	uint32_t mask, count, count_max;
	bool has_no_cache; /* a zone with no_cache is there */
	struct hash_key key;
};

int forwards_init(struct forwards *forwards, struct arena *arena, uint32_t count_max, struct rng *rng);
/* Copies the zone; its names are copied too. */
int forwards_add(struct forwards *forwards, const struct forward_zone *zone);
/* The deepest zone at or above the name; NULL: there is none.  forwards may be NULL. */
const struct forward_zone *forwards_find(const struct forwards *forwards, const struct name *name);
/* Whether what is said about the name is not to be kept.  forwards may be NULL. */
bool forwards_uncached(const struct forwards *forwards, const struct name *name);

#endif
