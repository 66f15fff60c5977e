#include "resolver/zone/kept.h"

#include <string.h>

#include "stack/base/arena.h"

struct kept_zones *
kept_new(struct arena *arena)
{
	struct kept_zones *kept = arena_zalloc(arena, 1, sizeof *kept);
	if (kept != NULL)
		kept->arena = arena;
	return kept;
}

/* The first zone whose name is not before this one. */
static uint32_t
at_or_behind(const struct kept_zones *kept, const struct name *name)
{
	uint32_t low = 0, high = kept->count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (name_compare(kept->zones[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
is_at(const struct kept_zones *kept, uint32_t at, const struct name *name)
{
	return at < kept->count && name_equal(kept->zones[at].name, name);
}

int
kept_add(struct kept_zones *kept, const struct kept_zone *zone)
{
	const uint32_t at = at_or_behind(kept, zone->name);

	if (is_at(kept, at, zone->name))
		return ERR_EXISTS;
	if (kept->count == KEPT_ZONES_MAX)
		return ERR_FULL;
	const struct name *name = name_store(kept->arena, zone->name);
	if (name == NULL)
		return ERR_NO_MEMORY;
	memmove(&kept->zones[at + 1], &kept->zones[at], (kept->count - at) * sizeof *zone);
	kept->zones[at] = *zone;
	kept->zones[at].name = name;
	kept->count++;
	return 0;
}

const struct kept_zone *
kept_find(const struct kept_zones *kept, const struct name *name, uint16_t qtype)
{
	if (kept == NULL)
		return NULL;
	/* RFC 4035, section 3.1.4.1; the root has none above. */
	for (unsigned labels = name_labels(name), skip = qtype == TYPE_DS && labels > 0; skip <= labels; skip++) {
		struct name at;
		name_strip(&at, name, skip);
		const uint32_t index = at_or_behind(kept, &at);
		if (is_at(kept, index, &at))
			return &kept->zones[index];
	}
	return NULL;
}

const struct kept_zone *
kept_upstream(const struct kept_zones *kept, const struct name *name, uint16_t qtype)
{
	const struct kept_zone *zone = kept_find(kept, name, qtype);

	return zone != NULL && zone->for_upstream && (zone->zone != NULL || !zone->fallback) ? zone : NULL;
}
