/*
 * groups.h - what the configuration says of tags: define-tag, access-control-tag, access-control-tag-action,
 * access-control-tag-data and local-zone-tag, made into policy/tags.h; and local-zone-override.
 *
 * Ownership: the tags lie in the arena given.
 * Errors:    a negative ERR_* and one line in `error` with file, line and reason; ERR_NO_MEMORY without a line when the
 *            arena is too small.
 */
#ifndef CAIRN_RESOLVER_SERVE_GROUPS_H
#define CAIRN_RESOLVER_SERVE_GROUPS_H

#include "resolver/policy/tags.h"
#include "resolver/serve/config.h"

int groups_build(struct tags **tags, struct arena *arena, const struct config *config, struct rng *rng,
		 char error[CONFIG_ERROR_BYTES]);

/* Which local zones are for whom, and of what type, after the last zone and before local_finish. */
int groups_tag_zones(struct local *local, const struct tags *tags, const struct config *config,
		     char error[CONFIG_ERROR_BYTES]);

#endif
