/* store_log.c - the rings of a store as a log: copied out, and taken back (store.h). */
#include <assert.h>
#include <string.h>

#include "resolver/cache/past.h"
#include "resolver/cache/store_priv.h"

#define WALK_UNITS_MAX 2048u /* of ring that one copy passes over: 16 KiB, or one larger entry */

void
store_log_start(struct store *store)
{
	for (unsigned i = 0; i < store->shard_count; i++) {
		struct store_shard *shard = &store->shards[i];
		pthread_mutex_lock(&shard->lock);
		shard->is_logged = true;
		pthread_mutex_unlock(&shard->lock);
	}
}

/* ---- out ------------------------------------------------------------------------------------------ */

static bool
is_removal(const struct entry *entry)
{
	return (entry->flags & ENTRY_DEAD) != 0 && entry->expires_s == 0;
}

/* A mark that the writer has passed by goes to the oldest entry that is left. */
static void
mark_settle(struct store_mark *mark, const struct store_shard *shard)
{
	if (mark->lap == shard->lap)
		return;
	if (mark->lap + 1 != shard->lap || mark->offset < shard->tail)
		*mark = (struct store_mark){ shard->lap - 1, shard->tail };
	if (mark->offset == shard->last)
		*mark = (struct store_mark){ shard->lap, RING_BEGIN };
}

/* Where the run of entries that the mark stands in ends. */
static uint32_t
run_end(const struct store_mark *mark, const struct store_shard *shard)
{
	return mark->lap == shard->lap ? shard->head : shard->last;
}

static size_t
shard_copy(const struct store_shard *shard, struct store_mark *mark, unsigned skipped_flags,
	   uint8_t *block, size_t block_bytes)
{
	const uint32_t begin = mark->offset, end = run_end(mark, shard);
	size_t copied = 0;

	while (mark->offset < end && mark->offset - begin < WALK_UNITS_MAX) {
		const struct entry *entry = entry_at(shard->ring, mark->offset);
		size_t bytes = entry->units * (size_t)ENTRY_UNIT_BYTES;
		bool is_wanted = is_removal(entry) || (entry->flags & skipped_flags) == 0;
		if (is_wanted && bytes > block_bytes - copied)
			break;
		if (is_wanted) {
			memcpy(block + copied, entry, bytes);
			copied += bytes;
		}
		mark->offset += entry->units;
	}
	return copied;
}

bool
store_log_copy(struct store *store, unsigned at, struct store_mark *mark, unsigned origins,
	       void *block, size_t block_bytes, size_t *copied_bytes)
{
	assert(at < store->shard_count && block_bytes >= STORE_ENTRY_BYTES_MAX);
	struct store_shard *shard = &store->shards[at];
	unsigned skipped = ENTRY_DEAD | origins << ENTRY_ORIGIN_SHIFT;

	pthread_mutex_lock(&shard->lock);
	mark_settle(mark, shard);
	*copied_bytes = shard_copy(shard, mark, skipped, block, block_bytes);
	mark_settle(mark, shard);
	bool has_more = mark->lap != shard->lap || mark->offset < shard->head;
	pthread_mutex_unlock(&shard->lock);
	return has_more || *copied_bytes > 0;
}

void
store_log_skip(struct store *store, unsigned at, struct store_mark *mark)
{
	assert(at < store->shard_count);
	struct store_shard *shard = &store->shards[at];
	pthread_mutex_lock(&shard->lock);
	*mark = (struct store_mark){ shard->lap, shard->head };
	pthread_mutex_unlock(&shard->lock);
}

bool
store_log_next(void *block, size_t copied_bytes, size_t *at, struct store_record *record)
{
	if (*at == copied_bytes)
		return false;
	const struct entry *entry = (const void *)((uint8_t *)block + *at);
	*at += entry->units * (size_t)ENTRY_UNIT_BYTES;
	assert(*at <= copied_bytes);
	*record = (struct store_record){
		.key = entry->bytes,
		.key_bytes = entry->key_bytes,
		.value = entry_value(entry),
		.value_bytes = entry_value_bytes(entry),
		.rank = entry->rank,
		.original_ttl_s = entry->ttl_s,
		.expires_s = entry->expires_s,
	};
	return true;
}

/* ---- and in --------------------------------------------------------------------------------------- */

void
store_reserve(struct store *store, uint64_t entries)
{
	uint64_t share = entries / store->shard_count;
	for (unsigned i = 0; i < store->shard_count; i++) {
		struct store_shard *shard = &store->shards[i];
		pthread_mutex_lock(&shard->lock);
		index_reserve(&shard->index, share < UINT32_MAX ? (uint32_t)share : UINT32_MAX);
		pthread_mutex_unlock(&shard->lock);
	}
}

static bool
shard_restore(struct store_shard *shard, uint64_t hash, const struct store_record *record,
	      enum store_origin origin, uint32_t now_s)
{
	if (entry_units(record->key_bytes, record->value_bytes) > shard->units_max)
		return false;
	uint32_t old_at = index_find(&shard->index, hash, record->key, record->key_bytes);
	struct entry *old = entry_at(shard->ring, old_at);
	bool is_ours = old_at != 0 && (old->flags & (ENTRY_FROM_FILE | ENTRY_FROM_SHARED)) == 0;
	if (is_ours && (old->expires_s > now_s || record->expires_s <= now_s))
		return false;
	if (old_at != 0)
		store__forget(shard, old, old_at);
	if (record->expires_s == 0)
		return false;

	struct entry header;
	store__header(&header, hash, record->key_bytes, record->value_bytes, record->original_ttl_s,
		      record->rank, record->expires_s);
	header.flags = (origin << ENTRY_ORIGIN_SHIFT) & (ENTRY_FROM_FILE | ENTRY_FROM_SHARED);
	const struct store_span value = { record->value, record->value_bytes };
	store__append(shard, hash, &header, record->key, &value, 1, now_s);
	return true;
}

/* The shard of a key whose buckets are on their way: most of the time of a restart would be waiting for them. */
static struct store_shard *
shard_ahead(struct store *store, const uint8_t *key, size_t key_bytes, uint64_t *hash)
{
	assert(key_bytes <= STORE_KEY_BYTES_MAX);
	*hash = hash_bytes(&store->hash_key, key, key_bytes);
	struct store_shard *shard = store__shard_of(store, *hash);
	pthread_mutex_lock(&shard->lock);
	index_prefetch(&shard->index, *hash);
	pthread_mutex_unlock(&shard->lock);
	return shard;
}

unsigned
store_restore(struct store *store, const struct store_record *records, unsigned count,
	      enum store_origin origin, uint32_t now_s)
{
	struct store_shard *shards[STORE_RESTORE_MAX];
	uint64_t hashes[STORE_RESTORE_MAX];
	unsigned restored = 0;
	assert(count <= STORE_RESTORE_MAX);
	for (unsigned i = 0; i < count; i++)
		shards[i] = shard_ahead(store, records[i].key, records[i].key_bytes, &hashes[i]);
	for (unsigned i = 0; i < count; i++) {
		pthread_mutex_lock(&shards[i]->lock);
		restored += shard_restore(shards[i], hashes[i], &records[i], origin, now_s);
		pthread_mutex_unlock(&shards[i]->lock);
	}
	return restored;
}

/* ---- in, out of the past -------------------------------------------------------------------------- */

void
store_set_past(struct store *store, struct past *past)
{
	for (unsigned i = 0; i < store->shard_count; i++) {
		struct store_shard *shard = &store->shards[i];
		pthread_mutex_lock(&shard->lock);
		shard->past = past;
		pthread_mutex_unlock(&shard->lock);
	}
}

static bool
shard_take(struct store_shard *shard, struct past *past, uint64_t hash,
	   const struct past_found *found, uint32_t now_s)
{
	struct store_record record;
	if (!past_take(past, found, &record) ||
	    !shard_restore(shard, hash, &record, STORE_FROM_FILE, now_s))
		return false;
	atomic_fetch_add_explicit(&past->restored, 1, memory_order_relaxed);
	return true;
}

uint32_t
store__recall(struct store_shard *shard, uint64_t hash, const uint8_t *key, size_t key_bytes,
	      uint32_t now_s)
{
	struct past_found found;
	return past_find(shard->past, key, key_bytes, &found) &&
			       shard_take(shard, shard->past, hash, &found, now_s)
		       ? index_find(&shard->index, hash, key, key_bytes)
		       : 0;
}

void
store_recall(struct store *store, struct past *past, const struct past_found *found, unsigned count,
	     uint32_t now_s)
{
	struct store_shard *shards[STORE_RESTORE_MAX];
	uint64_t hashes[STORE_RESTORE_MAX];
	assert(count <= STORE_RESTORE_MAX);
	for (unsigned i = 0; i < count; i++)
		shards[i] = shard_ahead(store, found[i].key, found[i].key_bytes, &hashes[i]);
	for (unsigned i = 0; i < count; i++) {
		pthread_mutex_lock(&shards[i]->lock);
		(void)shard_take(shards[i], past, hashes[i], &found[i], now_s);
		pthread_mutex_unlock(&shards[i]->lock);
	}
}
