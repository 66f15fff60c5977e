#include "resolver/policy/forward.h"

#include "stack/base/arena.h"

int
forwards_init(struct forwards *forwards, struct arena *arena, uint32_t count_max, struct rng *rng)
{
	uint32_t slot_count = 2;

	while (slot_count < 2 * count_max)
		slot_count *= 2;
	*forwards = (struct forwards){
		.arena = arena,
		.slots = arena_zalloc(arena, slot_count, sizeof(struct forward_zone *)),
		.mask = slot_count - 1,
		.count_max = count_max,
		.key = hash_key_draw(rng),
	};
	return forwards->slots != NULL ? 0 : ERR_NO_MEMORY;
}

/* The slot of this very zone (in lower case), or the free one where it would be. */
static struct forward_zone **
slot_of(const struct forwards *forwards, const struct name *lower)
{
	uint32_t at = (uint32_t)hash_bytes(&forwards->key, lower->wire, lower->size) & forwards->mask;

	while (forwards->slots[at] != NULL && !name_equal_exact(forwards->slots[at]->name, lower))
		at = (at + 1) & forwards->mask; /* at most half are taken: it ends */
	return &forwards->slots[at];
}

/* Of two zones of one name the forwarder stands in front. */
static void
put_behind(struct forward_zone **slot, struct forward_zone *zone)
{
	if (*slot != NULL && !zone->is_forward) {
		(*slot)->behind = zone;
		return;
	}
	zone->behind = *slot;
	*slot = zone;
}

int
forwards_add(struct forwards *forwards, const struct forward_zone *zone)
{
	struct name lower;

	if (forwards->count == forwards->count_max)
		return ERR_FULL;
	name_lower(&lower, zone->name);
	struct forward_zone **slot = slot_of(forwards, &lower);
	if (*slot != NULL && ((*slot)->is_forward == zone->is_forward || (*slot)->behind != NULL))
		return ERR_EXISTS;
	struct forward_zone *copy = arena_alloc(forwards->arena, sizeof *copy);
	if (copy == NULL)
		return ERR_NO_MEMORY;
	*copy = *zone;
	copy->name = name_store(forwards->arena, &lower);
	bool is_whole = copy->name != NULL;
	for (unsigned i = 0; i < copy->host_count && is_whole; i++) {
		copy->hosts[i] = name_store(forwards->arena, zone->hosts[i]);
		is_whole = copy->hosts[i] != NULL;
	}
	if (!is_whole)
		return ERR_NO_MEMORY;
	put_behind(slot, copy);
	forwards->count++;
	forwards->has_no_cache |= copy->no_cache;
	return 0;
}

const struct forward_zone *
forwards_find(const struct forwards *forwards, const struct name *name)
{
	struct name lower, suffix;

	if (forwards == NULL || forwards->count == 0)
		return NULL;
	name_lower(&lower, name);
	for (unsigned labels = name_labels(&lower);; labels--) {
		name_tail(&suffix, &lower, labels);
		const struct forward_zone *zone = *slot_of(forwards, &suffix);
		if (zone != NULL || labels == 0)
			return zone;
	}
}

bool
forwards_uncached(const struct forwards *forwards, const struct name *name)
{
	if (forwards == NULL || !forwards->has_no_cache)
		return false;
	const struct forward_zone *zone = forwards_find(forwards, name);
	return zone != NULL && zone->no_cache;
}
