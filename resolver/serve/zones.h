/*
 * zones.h - the sections forward-zone and stub-zone made into a table of policy/forward.h.
 *
 * Ownership: the table lies in the arena given.
 * Errors:    a negative ERR_* and one line in `error` with file, line and reason.
 */
#ifndef CAIRN_RESOLVER_SERVE_ZONES_H
#define CAIRN_RESOLVER_SERVE_ZONES_H

#include "resolver/policy/forward.h"
#include "resolver/serve/config.h"

/* *forwards is NULL when there is no such section. */
int zones_build(struct forwards **forwards, struct arena *arena, const struct config *config, struct rng *rng,
		char error[CONFIG_ERROR_BYTES]);

#endif
