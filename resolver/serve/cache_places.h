/*
 * cache_places.h - which segment of a cache file belongs to which cache, and which is the next to be written.
 *
 * Every cache has a share of places.  It takes a free one while it has fewer, then its own oldest.
 *
 * Ownership: allocates; cache_places_fini frees.
 * Errors:    ERR_NO_MEMORY.
 */
#ifndef CAIRN_RESOLVER_SERVE_CACHE_PLACES_H
#define CAIRN_RESOLVER_SERVE_CACHE_PLACES_H

#include "resolver/cache/segment.h"

#define CACHE_PLACES_MAX (1u << 22) /* a TiB of them */

struct cache_place {
	uint64_t sequence; /* 0: free */
	uint32_t place;
	uint32_t record_count; /* at most */
	enum record_kind kind;
};

/* The places of one cache, the oldest first: a ring of `share` of them. */
struct cache_queue {
	struct cache_place *places;
	uint32_t share, first, count;
};

struct cache_places {
	struct cache_queue queues[RECORD_KINDS];
	uint32_t *free;      /* free_count places that are nobody's */
	uint32_t free_count;
	uint32_t end;        /* places from here on have never been used */
};

int cache_places_init(struct cache_places *places, const uint32_t shares[RECORD_KINDS]);
void cache_places_fini(struct cache_places *places);
void cache_places_clear(struct cache_places *places); /* all are free */

/*
 * Takes over the `count` segments found in a file of `end` places, in the order of their sequence numbers, which sorts
 * `found`; of a cache that has more than its share the oldest are let go.  What is free then, in `free` and from `end` on, need
 * not be on the disk any more.
 */
int cache_places_adopt(struct cache_places *places, struct cache_place *found, uint32_t count, uint32_t end);

/* The place for a new segment. */
uint32_t cache_places_take(struct cache_places *places, enum record_kind kind, uint64_t sequence);

#endif
