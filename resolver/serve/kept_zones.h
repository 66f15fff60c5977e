/*
 * kept_zones.h - the sections `auth-zone:` made into zone/kept.h.
 *
 * Ownership: the zones lie in the arena given.
 * Errors:    a negative ERR_* and one line in `error` with file, line and reason; ERR_NO_MEMORY without a line when the
 *            arena is too small.
 * Bounds:    those of zone_files.h and kept.h.
 */
#ifndef CAIRN_RESOLVER_SERVE_KEPT_ZONES_H
#define CAIRN_RESOLVER_SERVE_KEPT_ZONES_H

#include "resolver/serve/config.h"
#include "resolver/zone/kept.h"

/* *kept is NULL when there is none of them. */
int kept_zones_build(struct kept_zones **kept, struct arena *arena, const struct config *config, char error[CONFIG_ERROR_BYTES]);

#endif
