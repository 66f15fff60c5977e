/*
 * kept.h - which zones are kept here, and what for (unbound's auth-zone; RFC 8806 for the root's).
 *
 * for_downstream: clients are answered from them with authority; for_upstream: the resolver looks there instead of asking the
 * zone's servers.  Of several zones the deepest at or above a name counts; of a DS set the zone above speaks.
 *
 * Ownership: everything lies in the arena given; the zones are the caller's.  Constant once filled; then threads may share it.
 * Errors:    ERR_EXISTS (a zone twice), ERR_FULL, ERR_NO_MEMORY.
 * Bounds:    KEPT_ZONES_MAX.
 */
#ifndef CAIRN_RESOLVER_ZONE_KEPT_H
#define CAIRN_RESOLVER_ZONE_KEPT_H

#include "resolver/zone/zone.h"

#define KEPT_ZONES_MAX 1024u

struct kept_zone {
	const struct name *name;
	bool for_downstream, for_upstream;
	bool fallback;           /* without its records, or where they do not hold: as if it were not kept here (fallback-enabled) */
	const struct zone *zone; /* NULL: there are none, or they have expired */
};

struct kept_zones {
	struct arena *arena;
	uint32_t count;
	struct kept_zone zones[KEPT_ZONES_MAX]; /* in canonical order */
};

struct kept_zones *kept_new(struct arena *arena); /* NULL: the arena is full */
int kept_add(struct kept_zones *kept, const struct kept_zone *zone);
/* The zone that is kept here for the resolver, with records or to fail without them; NULL: none. kept may be NULL. */
const struct kept_zone *kept_upstream(const struct kept_zones *kept, const struct name *name, uint16_t qtype);
/* NULL: there is none.  kept may be NULL. */
const struct kept_zone *kept_find(const struct kept_zones *kept, const struct name *name, uint16_t qtype);

#endif
