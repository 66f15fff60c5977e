/*
 * rated_zones.h - ratelimit-for-domain and ratelimit-below-domain made into policy/rate_zones.h.
 *
 * Ownership: it lies in the arena given.
 * Errors:    a negative ERR_* and one line in `error` with file, line and reason.
 */
#ifndef CAIRN_RESOLVER_SERVE_RATED_ZONES_H
#define CAIRN_RESOLVER_SERVE_RATED_ZONES_H

#include "resolver/policy/rate_zones.h"
#include "resolver/serve/config.h"

#define RATED_PER_S_MAX 1000000u

/* *zones is NULL without any. */
int rated_zones_build(struct rate_zones **zones, struct arena *arena, const struct config *config, struct rng *rng,
		      char error[CONFIG_ERROR_BYTES]);

#endif
