/*
 * translation.h - what the configuration says of DNS64, and whether its prefixes are any (policy/dns64.h, policy/nat64.h).
 *
 * Ownership: it lies in the arena given.
 * Errors:    a negative ERR_* and one line in `error` with option and reason.
 */
#ifndef CAIRN_RESOLVER_SERVE_TRANSLATION_H
#define CAIRN_RESOLVER_SERVE_TRANSLATION_H

#include "resolver/policy/dns64.h"
#include "resolver/serve/config.h"

/* *dns64 is NULL when it is not switched on. */
int translation_build(struct dns64 **dns64, struct arena *arena, const struct config *config, struct rng *rng,
		      char error[CONFIG_ERROR_BYTES]);

#endif
