/*
 * policy_zones.h - the sections `rpz:`, and response-ip with its data, made into policy/rpz.h.
 *
 * Ownership: the zones lie in the arena given.
 * Errors:    a negative ERR_* and one line in `error` with file, line and reason; ERR_NO_MEMORY without a line when the
 *            arena is too small.
 * Bounds:    POLICY_FILE_BYTES_MAX a file.
 */
#ifndef CAIRN_RESOLVER_SERVE_POLICY_ZONES_H
#define CAIRN_RESOLVER_SERVE_POLICY_ZONES_H

#include "resolver/policy/rpz.h"
#include "resolver/policy/tags.h"
#include "resolver/serve/config.h"

#define POLICY_FILE_BYTES_MAX (UINT64_C(1) << 30)

/* *rpz is NULL when there is none of them. */
int policy_zones_build(struct rpz **rpz, const struct tags *tags, struct arena *arena, const struct config *config,
		       struct rng *rng, char error[CONFIG_ERROR_BYTES]);

/* Another one when the records of one of them have changed. */
unsigned policy_zones_version(const struct config *config);
/* What they may come to in memory, by the size of their files. */
uint64_t policy_zones_bytes(const struct config *config);

#endif
