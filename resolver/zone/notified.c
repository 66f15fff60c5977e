#include "resolver/zone/notified.h"

#include <assert.h>

#include "stack/base/arena.h"

struct notified *
notified_new(struct arena *arena, unsigned count_max)
{
	struct notified *notified = arena_zalloc(arena, 1, sizeof *notified);
	if (notified == NULL)
		return NULL;
	notified->arena = arena;
	notified->count_max = count_max;
	notified->zones = arena_zalloc(arena, count_max, sizeof *notified->zones);
	return notified->zones != NULL ? notified : NULL;
}

struct notified_zone *
notified_add(struct notified *notified, const struct name *name)
{
	assert(notified->count < notified->count_max);
	struct notified_zone *zone = &notified->zones[notified->count];
	zone->name = name_store(notified->arena, name);
	prefixes_init(&zone->from, notified->arena);
	atomic_init(&zone->is_told, false);
	if (zone->name == NULL)
		return NULL;
	notified->count++;
	return zone;
}

int
notified_allow(struct notified_zone *zone, const struct ip_addr *prefix, unsigned prefix_len)
{
	return prefixes_put(&zone->from, prefix, prefix_len, zone);
}

bool
notified_tell(struct notified *notified, const struct name *name, const struct ip_addr *from)
{
	bool is_heeded = false;

	for (unsigned i = 0; i < notified->count; i++) {
		struct notified_zone *zone = &notified->zones[i];
		if (!name_equal(zone->name, name) || prefixes_find(&zone->from, from) == NULL)
			continue;
		atomic_store(&zone->is_told, true);
		is_heeded = true;
	}
	return is_heeded;
}

bool
notified_take(struct notified *notified, unsigned index)
{
	assert(index < notified->count);
	return atomic_exchange(&notified->zones[index].is_told, false);
}
