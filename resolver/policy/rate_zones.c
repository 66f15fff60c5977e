#include "resolver/policy/rate_zones.h"

#include "stack/base/arena.h"

int
rate_zones_init(struct rate_zones *zones, struct arena *arena, uint32_t count_max, struct rng *rng)
{
	uint32_t slot_count = 2;

	while (slot_count < 2 * count_max)
		slot_count *= 2;
	*zones = (struct rate_zones){
		.arena = arena,
		.slots = arena_zalloc(arena, slot_count, sizeof(struct rate_zone)),
		.mask = slot_count - 1,
		.count_max = count_max,
		.key = hash_key_draw(rng),
	};
	return zones->slots != NULL ? 0 : ERR_NO_MEMORY;
}

/* The slot of this very name (in lower case), or the free one where it would be. */
static struct rate_zone *
slot_of(const struct rate_zones *zones, const struct name *lower)
{
	uint32_t at = (uint32_t)hash_bytes(&zones->key, lower->wire, lower->size) & zones->mask;

	while (zones->slots[at].name != NULL && !name_equal_exact(zones->slots[at].name, lower))
		at = (at + 1) & zones->mask; /* at most half are taken: it ends */
	return &zones->slots[at];
}

int
rate_zones_add(struct rate_zones *zones, const struct name *name, enum rate_scope scope, uint32_t per_s)
{
	struct name lower;

	name_lower(&lower, name);
	struct rate_zone *zone = slot_of(zones, &lower);
	if (zone->has[scope])
		return ERR_EXISTS;
	if (zone->name == NULL) {
		if (zones->count == zones->count_max)
			return ERR_FULL;
		zone->name = name_store(zones->arena, &lower);
		if (zone->name == NULL)
			return ERR_NO_MEMORY;
		zones->count++;
	}
	zone->has[scope] = true;
	zone->per_s[scope] = per_s;
	return 0;
}

uint32_t
rate_zones_find(const struct rate_zones *zones, const struct name *zone, uint32_t of_all_per_s)
{
	enum rate_scope scope = RATE_OF_ZONE;
	struct name lower, suffix;

	if (zones == NULL)
		return of_all_per_s;
	name_lower(&lower, zone);
	for (unsigned labels = name_labels(&lower) + 1u; labels-- > 0; scope = RATE_BELOW) {
		name_tail(&suffix, &lower, labels);
		const struct rate_zone *found = slot_of(zones, &suffix);
		if (found->has[scope])
			return found->per_s[scope];
	}
	return of_all_per_s;
}
