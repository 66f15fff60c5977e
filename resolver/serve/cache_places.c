#include "resolver/serve/cache_places.h"

#include <assert.h>
#include <stdlib.h>

void
cache_places_fini(struct cache_places *places)
{
	for (unsigned kind = 0; kind < RECORD_KINDS; kind++)
		free(places->queues[kind].places);
	free(places->free);
	*places = (struct cache_places){ 0 };
}

int
cache_places_init(struct cache_places *places, const uint32_t shares[RECORD_KINDS])
{
	*places = (struct cache_places){ 0 };
	for (unsigned kind = 0; kind < RECORD_KINDS; kind++) {
		struct cache_queue *queue = &places->queues[kind];
		assert(shares[kind] > 0 && shares[kind] <= CACHE_PLACES_MAX);
		queue->share = shares[kind];
		queue->places = calloc(shares[kind], sizeof *queue->places);
		if (queue->places == NULL) {
			cache_places_fini(places);
			return ERR_NO_MEMORY;
		}
	}
	return 0;
}

void
cache_places_clear(struct cache_places *places)
{
	for (unsigned kind = 0; kind < RECORD_KINDS; kind++)
		places->queues[kind].first = places->queues[kind].count = 0;
	places->free_count = 0;
	places->end = 0;
}

static void
queue_push(struct cache_queue *queue, const struct cache_place *place)
{
	assert(queue->count < queue->share);
	queue->places[(queue->first + queue->count++) % queue->share] = *place;
}

static struct cache_place
queue_pop(struct cache_queue *queue)
{
	assert(queue->count > 0);
	struct cache_place place = queue->places[queue->first];
	queue->first = (queue->first + 1) % queue->share;
	queue->count--;
	return place;
}

static int
by_sequence(const void *a, const void *b)
{
	uint64_t x = ((const struct cache_place *)a)->sequence,
		 y = ((const struct cache_place *)b)->sequence;
	return (x > y) - (x < y);
}

/* What no queue has taken is free; at the end it is as if it had never been used. */
static void
note_free(struct cache_places *places, uint8_t *is_taken)
{
	for (unsigned kind = 0; kind < RECORD_KINDS; kind++) {
		const struct cache_queue *queue = &places->queues[kind];
		for (uint32_t i = 0; i < queue->count; i++)
			is_taken[queue->places[(queue->first + i) % queue->share].place] = 1;
	}
	while (places->end > 0 && is_taken[places->end - 1] == 0)
		places->end--;
	for (uint32_t place = places->end; place-- > 0;)
		if (is_taken[place] == 0)
			places->free[places->free_count++] = place;
}

int
cache_places_adopt(struct cache_places *places, struct cache_place *found, uint32_t count,
		   uint32_t end)
{
	assert(places->end == 0 && places->free == NULL);
	if (end == 0)
		return 0;
	uint8_t *is_taken = calloc(end, 1);
	places->free = calloc(end, sizeof *places->free);
	if (is_taken == NULL || places->free == NULL) {
		free(is_taken);
		return ERR_NO_MEMORY;
	}
	if (count > 0)
		qsort(found, count, sizeof *found, by_sequence);
	for (uint32_t i = 0; i < count; i++) {
		struct cache_queue *queue = &places->queues[found[i].kind];
		if (queue->count == queue->share)
			(void)queue_pop(queue);
		queue_push(queue, &found[i]);
	}
	places->end = end;
	note_free(places, is_taken);
	free(is_taken);
	return 0;
}

uint32_t
cache_places_take(struct cache_places *places, enum record_kind kind, uint64_t sequence)
{
	struct cache_queue *queue = &places->queues[kind];
	struct cache_place place = { .sequence = sequence, .kind = kind };
	if (queue->count == queue->share)
		place.place = queue_pop(queue).place;
	else if (places->free_count > 0)
		place.place = places->free[--places->free_count];
	else
		place.place = places->end++;
	queue_push(queue, &place);
	return place.place;
}
