#include "resolver/zone/notified.h"

#include <assert.h>
#include <openssl/crypto.h>

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
notified_allow(struct notified *notified, struct notified_zone *zone, const struct ip_addr *prefix, unsigned prefix_len,
	       const struct notified_source *source)
{
	struct notified_source *kept = arena_zalloc(notified->arena, 1, sizeof *kept);

	if (kept == NULL)
		return ERR_NO_MEMORY;
	*kept = *source;
	if (source->key != NULL) {
		struct notified_key *copy = arena_zalloc(notified->arena, 1, sizeof *copy);
		if (copy == NULL)
			return ERR_NO_MEMORY;
		*copy = (struct notified_key){ *source->key, notified->keys };
		notified->keys = copy;
		kept->key = &copy->key;
	}
	return prefixes_put(&zone->from, prefix, prefix_len, kept);
}

void
notified_wipe(struct notified *notified)
{
	for (struct notified_key *copy = notified != NULL ? notified->keys : NULL; copy != NULL; copy = copy->next)
		OPENSSL_cleanse(&copy->key, sizeof copy->key);
}

const struct notified_source *
notified_find(const struct notified *notified, unsigned index, const struct name *name, const struct ip_addr *from)
{
	assert(index < notified->count);
	const struct notified_zone *zone = &notified->zones[index];
	return name_equal(zone->name, name) ? prefixes_find(&zone->from, from) : NULL;
}

void
notified_tell(struct notified *notified, unsigned index)
{
	assert(index < notified->count);
	atomic_store(&notified->zones[index].is_told, true);
}

bool
notified_take(struct notified *notified, unsigned index)
{
	assert(index < notified->count);
	return atomic_exchange(&notified->zones[index].is_told, false);
}
