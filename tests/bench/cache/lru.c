#include "tests/bench/cache/lru.h"

#include <assert.h>
#include <stdlib.h>

#include "tests/bench/cache/trace.h"

#define HEAD TRACE_NUMBERS_MAX /* of the ring of all that is there; the latest is behind it */

struct lru_entry {
	uint32_t prev, next, octets; /* octets 0: not there */
};

struct lru {
	uint64_t octets, octets_max;
	uint32_t count;
	struct lru_entry entries[TRACE_NUMBERS_MAX + 1];
};

struct lru *
lru_new(uint64_t octets_max)
{
	struct lru *lru = calloc(1, sizeof *lru);
	if (lru == NULL)
		return NULL;
	lru->octets_max = octets_max;
	lru->entries[HEAD] = (struct lru_entry){ .prev = HEAD, .next = HEAD };
	return lru;
}

void
lru_free(struct lru *lru)
{
	free(lru);
}

static void
take_out(struct lru *lru, uint32_t number)
{
	struct lru_entry *entry = &lru->entries[number];

	lru->entries[entry->prev].next = entry->next;
	lru->entries[entry->next].prev = entry->prev;
	lru->octets -= entry->octets;
	lru->count--;
	entry->octets = 0;
}

static void
put_first(struct lru *lru, uint32_t number, uint32_t octets)
{
	struct lru_entry *head = &lru->entries[HEAD];

	lru->entries[number] = (struct lru_entry){ .prev = HEAD, .next = head->next, .octets = octets };
	lru->entries[head->next].prev = number;
	head->next = number;
	lru->octets += octets;
	lru->count++;
}

bool
lru_ask(struct lru *lru, uint32_t number, uint32_t octets)
{
	assert(number < TRACE_NUMBERS_MAX && octets > 0 && octets <= lru->octets_max);
	const bool is_there = lru->entries[number].octets != 0;

	if (is_there)
		take_out(lru, number);
	while (lru->octets + octets > lru->octets_max)
		take_out(lru, lru->entries[HEAD].prev);
	put_first(lru, number, octets);
	return is_there;
}

uint32_t
lru_count(const struct lru *lru)
{
	return lru->count;
}
