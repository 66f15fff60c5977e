/*
 * kept_zones.h - the sections `auth-zone:` made into zone/kept.h.
 *
 * Each zone lies in a block of its own, which is shared with the set before as long as the zone is the same.
 *
 * Ownership: kept_zones_build allocates, kept_zones_free lets go.
 * Errors:    a negative ERR_*, and one line in `error` with file, line and reason where there is one.
 * Bounds:    those of zone_files.h and kept.h; KEPT_BYTES_MAX of address space a zone.
 */
#ifndef CAIRN_RESOLVER_SERVE_KEPT_ZONES_H
#define CAIRN_RESOLVER_SERVE_KEPT_ZONES_H

#include "resolver/serve/config.h"
#include "resolver/serve/shared_block.h"
#include "resolver/zone/kept.h"

#define KEPT_BYTES_MAX (UINT64_C(64) << 30)

/* What a section has come to. */
struct kept_part {
	struct shared_block *block; /* NULL: there are no records */
	const struct zone *zone;
	unsigned version;           /* the section's */
	bool has_file;              /* of primaries: there is a zone in it, also one that is too old to count */
	struct soa soa;             /* its */
	uint64_t age_us;            /* of the file, when it was read: asked again, a clock that was set meanwhile would say otherwise */
};

struct kept_set {
	struct shared_block *block; /* where this lies */
	struct kept_zones *zones;
	unsigned count;
	struct kept_part parts[KEPT_ZONES_MAX]; /* in the order of the configuration */
};

/* *set is NULL when there is none of them.  before: of the same config, or NULL. */
int kept_zones_build(struct kept_set **set, const struct config *config, const struct kept_set *before,
		     char error[CONFIG_ERROR_BYTES]);
/* What an auth-zone has come to; NULL: there is no set. */
const struct kept_part *kept_zones_part(const struct kept_set *set, const struct config *config, const struct config_zone *from);
void kept_zones_free(struct kept_set *set); /* NULL is nothing */

#endif
