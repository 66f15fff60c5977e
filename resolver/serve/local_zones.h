/*
 * local_zones.h - local zones and data, everybody's and those of views, made into policy/local.h and policy/view.h.
 *
 * Ownership: everything lies in the arena given.
 * Errors:    a negative ERR_* and one line in `error` with file, line and reason; ERR_NO_MEMORY without a line when the
 *            arena is too small.
 */
#ifndef CAIRN_RESOLVER_SERVE_LOCAL_ZONES_H
#define CAIRN_RESOLVER_SERVE_LOCAL_ZONES_H

#include "resolver/policy/local.h"
#include "resolver/policy/tags.h"
#include "resolver/policy/view.h"
#include "resolver/serve/config.h"

int local_zones_build(struct local **local, const struct tags *tags, struct arena *arena, const struct config *config,
		      struct rng *rng, char error[CONFIG_ERROR_BYTES]);

/* The sections `view:` and access-control-view; *views is NULL when nobody has one. */
int local_views_build(struct views **views, struct arena *arena, const struct config *config, struct rng *rng,
		      char error[CONFIG_ERROR_BYTES]);

#endif
