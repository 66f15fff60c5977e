/*
 * index.h - from a key's hash to the offset of its entry (internal to resolver/cache).
 *
 * Buckets of one cache line, each with ten offsets and a 16-bit tag for each, so a miss reads the
 * ring once in some thousand times.  A key may lie in either of two buckets and goes to the emptier
 * one, which lets them fill to four fifths before anything has to give way.  The table grows by
 * linear hashing: when it is six tenths full one bucket is split, so no insertion waits for a rehash
 * and memory that no entry needs is never touched.
 *
 * Ownership: the buckets are zeroed memory lent at init, the ring is the store's.
 * Bounds:    count_max buckets; when both buckets of a key are full and no entry of theirs can go to its
 *            other bucket, index_insert gives up one entry.
 * Locking:   the caller's.
 */
#ifndef CAIRN_RESOLVER_CACHE_INDEX_H
#define CAIRN_RESOLVER_CACHE_INDEX_H

#include <stdbool.h>

#include "resolver/cache/entry.h"

#define INDEX_SLOTS       10u
#define INDEX_FILL        6u /* entries a bucket, over all, at which one is split */
#define INDEX_BUCKETS_MIN 4u

struct index_bucket {
	uint32_t offsets[INDEX_SLOTS]; /* the first `used` of them */
	uint16_t tags[INDEX_SLOTS];
	uint32_t used;
};
static_assert(sizeof(struct index_bucket) == 64, "one cache line");

struct index {
	struct index_bucket *buckets;
	uint64_t *ring;
	uint32_t count, count_max; /* buckets */
	uint32_t mask;             /* the least 2^n - 1 that is not below count - 1 */
	uint32_t entries;
};

/* count_max >= INDEX_BUCKETS_MIN. */
void index_init(struct index *index, struct index_bucket *buckets, uint32_t count_max, uint64_t *ring);

/* Grows the table as for so many entries, of which hardly any is there yet: then no insertion has to look at old ones. */
void index_reserve(struct index *index, uint32_t entries);

/* Has the buckets of a key fetched that will be looked for soon. */
void index_prefetch(const struct index *index, uint64_t hash);

/* The offset of the entry with this key, 0 when there is none. */
uint32_t index_find(const struct index *index, uint64_t hash, const uint8_t *key, size_t key_bytes);

/* The key must not be there.  Returns the offset of an entry that gave way and is found no more, or 0. */
uint32_t index_insert(struct index *index, uint64_t hash, uint32_t offset);

/* For an entry that is there. */
void index_remove(struct index *index, uint32_t place, uint32_t offset);
void index_move(struct index *index, uint32_t place, uint32_t from, uint32_t to);

#endif
