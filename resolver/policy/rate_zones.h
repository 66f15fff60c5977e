/*
 * rate_zones.h - zones whose servers may be asked more or less often than others (unbound's ratelimit-for-domain and
 * ratelimit-below-domain).
 *
 * A limit is that of the zone of this very name, or that of every zone below the name.  For a zone its own counts, else that
 * of the nearest name above it, else what holds for all.
 *
 * Ownership: everything lies in the arena given; constant once filled, and may then be shared by threads.
 * Errors:    ERR_EXISTS (the name has such a limit), ERR_FULL, ERR_NO_MEMORY.
 * Bounds:    the name count given at init.
 */
#ifndef CAIRN_RESOLVER_POLICY_RATE_ZONES_H
#define CAIRN_RESOLVER_POLICY_RATE_ZONES_H

#include "resolver/wire/name.h"
#include "stack/base/hash.h"

struct arena;
struct rng;

enum rate_scope { RATE_OF_ZONE, RATE_BELOW, RATE_SCOPES };

struct rate_zone {
	const struct name *name; /* lower case; NULL: free */
	bool has[RATE_SCOPES];
	uint32_t per_s[RATE_SCOPES]; /* 0: anything */
};

struct rate_zones {
	struct arena *arena;
	struct rate_zone *slots; /* open addressing; a power of two */
	uint32_t mask, count, count_max;
	struct hash_key key;
};

int rate_zones_init(struct rate_zones *zones, struct arena *arena, uint32_t count_max, struct rng *rng);
int rate_zones_add(struct rate_zones *zones, const struct name *name, enum rate_scope scope, uint32_t per_s);
/* What the zone is allowed a second.  zones may be NULL. */
uint32_t rate_zones_find(const struct rate_zones *zones, const struct name *zone, uint32_t of_all_per_s);

#endif
