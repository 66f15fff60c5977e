#include "resolver/cache/store.h"

#include <assert.h>
#include <string.h>

#include "resolver/cache/store_priv.h"
#include "resolver/wire/fold.h"
#include "stack/base/arena.h"

void
store_key_make(struct store_key *key, const struct name *name, uint16_t type, uint16_t class)
{
	fold_copy(key->bytes, name->wire, name->size);
	uint8_t *end = key->bytes + name->size;
	end[0] = (uint8_t)(type >> 8);
	end[1] = (uint8_t)type;
	end[2] = (uint8_t)(class >> 8);
	end[3] = (uint8_t) class;
	key->size = name->size + 4u;
}

/* ---- laying out the block ------------------------------------------------------------------------- */

static unsigned
shard_count_for(size_t bytes)
{
	unsigned count = STORE_SHARDS_MAX;
	while (count > 1 && bytes / count < STORE_SHARD_BYTES_MIN)
		count /= 2;
	return count;
}

/* Buckets first, ring behind: with INDEX_FILL typical entries a bucket. */
static void
shard_init(struct store_shard *shard, uint8_t *memory, size_t bytes)
{
	const size_t bucket_bytes = sizeof(struct index_bucket);
	size_t buckets = bytes / (bucket_bytes + INDEX_FILL * STORE_ENTRY_BYTES_TYPICAL);
	if (buckets < INDEX_BUCKETS_MIN)
		buckets = INDEX_BUCKETS_MIN;
	size_t units = (bytes - buckets * bucket_bytes) / ENTRY_UNIT_BYTES;
	if (units > UINT32_MAX) /* 32 GiB a shard */
		units = UINT32_MAX;

	pthread_mutex_init(&shard->lock, NULL);
	shard->ring = (uint64_t *)(void *)(memory + buckets * bucket_bytes);
	shard->head = shard->tail = shard->last = RING_BEGIN;
	shard->lap = 1;
	shard->end = (uint32_t)units;
	shard->units_max = shard->end / STORE_RING_SHARE;
	if (shard->units_max > STORE_ENTRY_BYTES_MAX / ENTRY_UNIT_BYTES)
		shard->units_max = STORE_ENTRY_BYTES_MAX / ENTRY_UNIT_BYTES;
	index_init(&shard->index, (struct index_bucket *)(void *)memory, (uint32_t)buckets,
		   shard->ring);
}

void *
store_new(void *block, size_t block_bytes, size_t cache_bytes, struct rng *rng)
{
	if (block == NULL || block_bytes < cache_bytes + STORE_BYTES_MIN)
		return NULL;
	struct arena arena;
	arena_init(&arena, block, block_bytes);
	struct store *store = arena_zalloc(&arena, 1, cache_bytes);
	uint8_t *memory = (uint8_t *)block + arena.used;
	size_t padding = -(uintptr_t)memory & (LINE_BYTES - 1);
	memory += padding;
	size_t bytes = block_bytes - arena.used - padding;

	*store = (struct store){ .hash_key = hash_key_draw(rng),
				 .shard_count = shard_count_for(bytes) };
	store->shards = (struct store_shard *)(void *)memory;
	size_t head_bytes = store->shard_count * sizeof(struct store_shard);
	size_t shard_bytes = (bytes - head_bytes) / store->shard_count & ~(size_t)(LINE_BYTES - 1);
	memory += head_bytes;
	for (unsigned i = 0; i < store->shard_count; i++, memory += shard_bytes)
		shard_init(&store->shards[i], memory, shard_bytes);
	return store;
}

/* ---- the writer ----------------------------------------------------------------------------------- */

/* Takes the entry out of the index; its space waits for the writer. */
static void
shard_bury(struct store_shard *shard, struct entry *entry)
{
	entry->flags |= ENTRY_DEAD;
	shard->units_live -= entry->units;
}

void
store__forget(struct store_shard *shard, struct entry *entry, uint32_t offset)
{
	index_remove(&shard->index, entry->place, offset);
	shard_bury(shard, entry);
}

/* From `from` down to the head; the two may overlap, the head is never behind. */
static void
shard_move_on(struct store_shard *shard, struct entry *entry, uint32_t from)
{
	index_move(&shard->index, entry->place, from, shard->head);
	entry->flags &= ENTRY_FROM_SHARED;
	uint32_t units = entry->units;
	memmove(shard->ring + shard->head, entry, units * (size_t)ENTRY_UNIT_BYTES);
	shard->head += units;
	shard->stats.moved_on++;
}

static uint32_t
shard_room(const struct store_shard *shard)
{
	return (shard->tail < shard->last ? shard->tail : shard->end) - shard->head;
}

/* Passes over the entries in front of the head until `units` fit behind it. */
static void
shard_make_room(struct store_shard *shard, uint32_t units, uint32_t now_s)
{
	unsigned moves_left = STORE_MOVES_MAX;
	size_t units_left = STORE_MOVED_BYTES_MAX / ENTRY_UNIT_BYTES;

	while (shard_room(shard) < units) {
		if (shard->tail == shard->last) { /* the lap is over: what it wrote becomes old */
			shard->last = shard->head;
			shard->head = shard->tail = RING_BEGIN;
			shard->lap++;
			continue;
		}
		uint32_t at = shard->tail;
		struct entry *entry = entry_at(shard->ring, at);
		shard->tail += entry->units;
		if ((entry->flags & ENTRY_DEAD) != 0)
			continue;
		if (entry->expires_s <= now_s) {
			shard->stats.expired++;
			store__forget(shard, entry, at);
		} else if ((entry->flags & ENTRY_VISITED) == 0 || moves_left == 0 ||
			   entry->units > units_left) {
			shard->stats.evicted++;
			store__forget(shard, entry, at);
		} else {
			moves_left--;
			units_left -= entry->units;
			shard_move_on(shard, entry, at);
		}
	}
}

static inline void
shard_write(struct store_shard *shard, const struct entry *header, const uint8_t *key,
	    const struct store_span *value, unsigned span_count)
{
	struct entry *entry = entry_at(shard->ring, shard->head);
	*entry = *header;
	uint8_t *at = entry->bytes;
	memcpy(at, key, header->key_bytes);
	at += header->key_bytes;
	for (unsigned i = 0; i < span_count; at += value[i++].size)
		if (value[i].size != 0)
			memcpy(at, value[i].bytes, value[i].size);
}

static inline void
shard_append(struct store_shard *shard, uint64_t hash, const struct entry *header,
	     const uint8_t *key, const struct store_span *value, unsigned span_count,
	     uint32_t now_s)
{
	if (shard_room(shard) < header->units)
		shard_make_room(shard, header->units, now_s);
	shard_write(shard, header, key, value, span_count);
	uint32_t given_up = index_insert(&shard->index, hash, shard->head);
	shard->head += header->units;
	shard->units_live += header->units;
	if (given_up != 0) {
		shard->stats.evicted++;
		shard_bury(shard, entry_at(shard->ring, given_up));
	}
}

void
store__append(struct store_shard *shard, uint64_t hash, const struct entry *header,
	      const uint8_t *key, const struct store_span *value, unsigned span_count,
	      uint32_t now_s)
{
	shard_append(shard, hash, header, key, value, span_count, now_s);
}

/*
 * A removal that nothing follows: an entry with the key alone, dead from the start, so that who copies the log hears of it.
 */
static void
shard_note_removal(struct store_shard *shard, uint64_t hash, const uint8_t *key, size_t key_bytes,
		   uint32_t now_s)
{
	struct entry header;
	if (!shard->is_logged)
		return;
	store__header(&header, hash, key_bytes, 0, 0, 0, 0);
	header.flags = ENTRY_DEAD;
	shard_make_room(shard, header.units, now_s);
	shard_write(shard, &header, key, NULL, 0);
	shard->head += header.units;
}

/* ---- the verbs ------------------------------------------------------------------------------------ */

static uint32_t
ends_at(uint32_t now_s, uint32_t ttl_s)
{
	return ttl_s > UINT32_MAX - now_s ? UINT32_MAX : now_s + ttl_s;
}

static int
shard_put(struct store_shard *shard, uint64_t hash, struct entry *header, const uint8_t *key,
	  const struct store_put *put, uint32_t now_s)
{
	uint32_t old_at = store__find(shard, hash, key, header->key_bytes, now_s);
	if (old_at != 0) {
		struct entry *old = entry_at(shard->ring, old_at);
		bool lives = old->expires_s > now_s;
		bool stands = lives ? old->rank > put->rank
				    : put->stale_s != 0 && now_s - old->expires_s <= put->stale_s;
		if (stands) {
			shard->stats.refused_rank++;
			return ERR_EXISTS;
		}
		if (lives && put->no_later && header->expires_s > old->expires_s)
			header->expires_s = old->expires_s;
		store__forget(shard, old, old_at);
	}
	if (put->ttl_s == 0) {
		if (old_at != 0)
			shard_note_removal(shard, hash, key, header->key_bytes, now_s);
		return 0;
	}
	shard_append(shard, hash, header, key, put->value, put->span_count, now_s);
	shard->stats.puts++;
	return 0;
}

int
store_put(struct store *store, const uint8_t *key, size_t key_bytes, const struct store_put *put,
	  uint32_t now_s)
{
	assert(key_bytes <= STORE_KEY_BYTES_MAX);
	size_t value_bytes = 0;
	for (unsigned i = 0; i < put->span_count; i++)
		value_bytes += put->value[i].size;
	uint64_t hash = hash_bytes(&store->hash_key, key, key_bytes);
	struct store_shard *shard = store__shard_of(store, hash);
	bool fits = entry_units(key_bytes, value_bytes) <= shard->units_max;
	struct entry header;
	store__header(&header, hash, key_bytes, value_bytes, put->ttl_s, put->rank,
		      ends_at(now_s, put->ttl_s));

	pthread_mutex_lock(&shard->lock);
	int err = ERR_TOO_BIG;
	if (fits)
		err = shard_put(shard, hash, &header, key, put, now_s);
	else
		shard->stats.refused_size++;
	pthread_mutex_unlock(&shard->lock);
	return err;
}

static int
shard_get(struct store_shard *shard, const struct entry *entry, unsigned flags, struct arena *arena,
	  struct store_found *found, uint32_t now_s)
{
	bool expired = entry->expires_s <= now_s;
	*found = (struct store_found){
		.value_bytes = entry_value_bytes(entry),
		.rank = entry->rank,
		.ttl_s = expired ? 0 : entry->expires_s - now_s,
		.original_ttl_s = entry->ttl_s,
		.expired_s = expired ? now_s - entry->expires_s : 0,
	};
	found->value = arena_copy(arena, entry_value(entry), found->value_bytes);
	if (found->value == NULL)
		return ERR_NO_MEMORY;
	if ((flags & STORE_QUIETLY) == 0)
		shard->hits++;
	return 0;
}

int
store_get(struct store *store, const uint8_t *key, size_t key_bytes, uint8_t at_least,
	  unsigned flags, struct arena *arena, struct store_found *found, uint32_t now_s)
{
	uint64_t hash = hash_bytes(&store->hash_key, key, key_bytes);
	struct store_shard *shard = store__shard_of(store, hash);
	int err = ERR_NOT_FOUND;

	pthread_mutex_lock(&shard->lock);
	uint32_t at = store__find(shard, hash, key, key_bytes, now_s);
	struct entry *entry = entry_at(shard->ring, at);
	if (at != 0 && entry->rank >= at_least &&
	    (entry->expires_s > now_s || (flags & STORE_EXPIRED_TOO) != 0)) {
		err = shard_get(shard, entry, flags, arena, found, now_s);
		if ((flags & STORE_QUIETLY) == 0 && (entry->flags & ENTRY_VISITED) == 0)
			entry->flags |= ENTRY_VISITED; /* once: all threads may then have the entry in their processors' caches */
	} else if ((flags & (STORE_QUIETLY | STORE_MAY_MISS)) == 0) {
		shard->misses++;
	}
	pthread_mutex_unlock(&shard->lock);
	return err;
}

static void
remove_if(struct store *store, const uint8_t *key, size_t key_bytes, unsigned rank, uint32_t ends_after_s,
	  uint32_t now_s)
{
	uint64_t hash = hash_bytes(&store->hash_key, key, key_bytes);
	struct store_shard *shard = store__shard_of(store, hash);

	pthread_mutex_lock(&shard->lock);
	uint32_t at = store__find(shard, hash, key, key_bytes, now_s);
	struct entry *entry = entry_at(shard->ring, at);
	if (at != 0 && entry->rank < rank && entry->expires_s > ends_after_s) {
		store__forget(shard, entry, at);
		shard_note_removal(shard, hash, key, key_bytes, now_s);
	}
	pthread_mutex_unlock(&shard->lock);
}

void
store_remove(struct store *store, const uint8_t *key, size_t key_bytes, uint32_t now_s)
{
	remove_if(store, key, key_bytes, ENTRY_RANK_MAX + 1, 0, now_s);
}

void
store_remove_below(struct store *store, const uint8_t *key, size_t key_bytes, unsigned rank,
		   uint32_t now_s)
{
	remove_if(store, key, key_bytes, rank, now_s, now_s);
}

void
store_renew(struct store *store, const uint8_t *key, size_t key_bytes, uint32_t now_s)
{
	uint64_t hash = hash_bytes(&store->hash_key, key, key_bytes);
	struct store_shard *shard = store__shard_of(store, hash);

	pthread_mutex_lock(&shard->lock);
	uint32_t at = store__find(shard, hash, key, key_bytes, now_s);
	struct entry *entry = entry_at(shard->ring, at);
	if (at != 0 && entry->expires_s < now_s)
		entry->expires_s = now_s;
	pthread_mutex_unlock(&shard->lock);
}

void
store_stats(struct store *store, struct cache_stats *stats)
{
	*stats = (struct cache_stats){ 0 };
	for (unsigned i = 0; i < store->shard_count; i++) {
		struct store_shard *shard = &store->shards[i];
		pthread_mutex_lock(&shard->lock);
		const struct cache_stats *own = &shard->stats;
		stats->hits += shard->hits;
		stats->misses += shard->misses;
		stats->puts += own->puts;
		stats->refused_rank += own->refused_rank;
		stats->refused_size += own->refused_size;
		stats->evicted += own->evicted;
		stats->moved_on += own->moved_on;
		stats->expired += own->expired;
		stats->entries += shard->index.entries;
		stats->bytes_used += shard->units_live * ENTRY_UNIT_BYTES;
		stats->bytes_max += (uint64_t)(shard->end - RING_BEGIN) * ENTRY_UNIT_BYTES;
		pthread_mutex_unlock(&shard->lock);
	}
}
