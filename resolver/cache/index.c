#include "resolver/cache/index.h"

#include <string.h>

void
index_init(struct index *index, struct index_bucket *buckets, uint32_t count_max, uint64_t *ring)
{
	assert(count_max >= INDEX_BUCKETS_MIN);
	*index = (struct index){
		.buckets = buckets,
		.ring = ring,
		.count = INDEX_BUCKETS_MIN,
		.count_max = count_max,
		.mask = INDEX_BUCKETS_MIN - 1,
	};
}

static uint16_t
tag_of(uint64_t hash)
{
	return (uint16_t)(hash >> 32);
}

/* Linear hashing (Litwin, 1980): buckets from `count` on are not split off yet. */
static uint32_t
bucket_of(const struct index *index, uint32_t place)
{
	uint32_t at = place & index->mask;
	return at < index->count ? at : at & index->mask >> 1;
}

static uint32_t
first_bucket(const struct index *index, uint32_t place)
{
	return bucket_of(index, place);
}

static uint32_t
second_bucket(const struct index *index, uint32_t place)
{
	return bucket_of(index, place >> 16 | place << 16);
}

void
index_prefetch(const struct index *index, uint64_t hash)
{
	__builtin_prefetch(&index->buckets[first_bucket(index, (uint32_t)hash)]);
	__builtin_prefetch(&index->buckets[second_bucket(index, (uint32_t)hash)]);
}

static uint32_t
bucket_find(const struct index *index, const struct index_bucket *bucket, uint64_t hash,
	    const uint8_t *key, size_t key_bytes)
{
	uint16_t tag = tag_of(hash);
	for (uint32_t i = 0; i < bucket->used; i++) {
		if (bucket->tags[i] != tag)
			continue;
		const struct entry *entry = entry_at(index->ring, bucket->offsets[i]);
		if (entry->place == (uint32_t)hash && entry->key_bytes == key_bytes &&
		    memcmp(entry->bytes, key, key_bytes) == 0)
			return bucket->offsets[i];
	}
	return 0;
}

uint32_t
index_find(const struct index *index, uint64_t hash, const uint8_t *key, size_t key_bytes)
{
	uint32_t first = first_bucket(index, (uint32_t)hash);
	uint32_t second = second_bucket(index, (uint32_t)hash);
	__builtin_prefetch(&index->buckets[second]);
	uint32_t offset = bucket_find(index, &index->buckets[first], hash, key, key_bytes);
	if (offset != 0 || first == second)
		return offset;
	return bucket_find(index, &index->buckets[second], hash, key, key_bytes);
}

static void
bucket_add(struct index_bucket *bucket, uint16_t tag, uint32_t offset)
{
	assert(bucket->used < INDEX_SLOTS);
	bucket->tags[bucket->used] = tag;
	bucket->offsets[bucket->used++] = offset;
}

static void
bucket_drop(struct index_bucket *bucket, uint32_t slot)
{
	uint32_t last = --bucket->used;
	bucket->tags[slot] = bucket->tags[last];
	bucket->offsets[slot] = bucket->offsets[last];
}

/* Where an entry of this bucket could be instead: its other bucket, which may be the same one. */
static uint32_t
other_bucket(const struct index *index, uint32_t at, uint32_t place)
{
	uint32_t first = first_bucket(index, place);
	return first == at ? second_bucket(index, place) : first;
}

/*
 * Adds one bucket at the end and sends there what belongs there of the bucket it is split from: an entry that
 * is no longer in either of its buckets now has one of them in the new one.
 */
static void
index_split(struct index *index)
{
	uint32_t new_at = index->count++;
	if (new_at > index->mask)
		index->mask = index->mask << 1 | 1;
	uint32_t old_at = new_at & index->mask >> 1;
	struct index_bucket *old = &index->buckets[old_at], *new = &index->buckets[new_at];

	for (uint32_t i = old->used; i-- > 0;) {
		uint32_t place = entry_at(index->ring, old->offsets[i])->place;
		if (first_bucket(index, place) == old_at || second_bucket(index, place) == old_at)
			continue;
		bucket_add(new, old->tags[i], old->offsets[i]);
		bucket_drop(old, i);
	}
}

void
index_reserve(struct index *index, uint32_t entries)
{
	while (entries / INDEX_FILL >= index->count && index->count < index->count_max)
		index_split(index);
}

/* Sends one entry of a full bucket to its other bucket, if that has room. */
static bool
bucket_relieve(struct index *index, uint32_t at)
{
	struct index_bucket *bucket = &index->buckets[at];
	for (uint32_t i = 0; i < bucket->used; i++) {
		uint32_t place = entry_at(index->ring, bucket->offsets[i])->place;
		struct index_bucket *other = &index->buckets[other_bucket(index, at, place)];
		if (other->used == INDEX_SLOTS)
			continue;
		bucket_add(other, bucket->tags[i], bucket->offsets[i]);
		bucket_drop(bucket, i);
		return true;
	}
	return false;
}

/* Takes one entry out of a full bucket, one that nobody has asked for if there is one. */
static uint32_t
bucket_give_up(struct index *index, struct index_bucket *bucket)
{
	uint32_t slot = 0;
	while (slot < INDEX_SLOTS - 1 &&
	       (entry_at(index->ring, bucket->offsets[slot])->flags & ENTRY_VISITED) != 0)
		slot++;
	uint32_t offset = bucket->offsets[slot];
	bucket_drop(bucket, slot);
	index->entries--;
	return offset;
}

uint32_t
index_insert(struct index *index, uint64_t hash, uint32_t offset)
{
	if (index->entries >= index->count * INDEX_FILL && index->count < index->count_max)
		index_split(index);

	uint32_t at = first_bucket(index, (uint32_t)hash);
	uint32_t second = second_bucket(index, (uint32_t)hash);
	if (index->buckets[second].used < index->buckets[at].used)
		at = second;

	uint32_t given_up = 0;
	struct index_bucket *bucket = &index->buckets[at];
	if (bucket->used == INDEX_SLOTS && !bucket_relieve(index, at))
		given_up = bucket_give_up(index, bucket);
	bucket_add(bucket, tag_of(hash), offset);
	index->entries++;
	return given_up;
}

static uint32_t
bucket_slot(const struct index_bucket *bucket, uint32_t offset)
{
	uint32_t slot = 0;
	while (slot < bucket->used && bucket->offsets[slot] != offset)
		slot++;
	return slot;
}

static struct index_bucket *
locate(struct index *index, uint32_t place, uint32_t offset, uint32_t *slot)
{
	struct index_bucket *bucket = &index->buckets[first_bucket(index, place)];
	*slot = bucket_slot(bucket, offset);
	if (*slot < bucket->used)
		return bucket;
	bucket = &index->buckets[second_bucket(index, place)];
	*slot = bucket_slot(bucket, offset);
	assert(*slot < bucket->used);
	return bucket;
}

void
index_remove(struct index *index, uint32_t place, uint32_t offset)
{
	uint32_t slot;
	struct index_bucket *bucket = locate(index, place, offset, &slot);
	bucket_drop(bucket, slot);
	index->entries--;
}

void
index_move(struct index *index, uint32_t place, uint32_t from, uint32_t to)
{
	uint32_t slot;
	struct index_bucket *bucket = locate(index, place, from, &slot);
	bucket->offsets[slot] = to;
}
