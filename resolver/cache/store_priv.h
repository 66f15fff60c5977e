/*
 * store_priv.h - a shard's inside, shared by the two files of the store: store.c keeps and finds, store_log.c gives what is
 * kept to who keeps a copy of it, and takes it back (internal to the store).
 *
 * Locking: every function with a shard wants its lock held.  So what of the past is taken is in the ring before anybody else
 *          looks for it, and who has taken the past away from every shard knows that nobody is in it.
 */
#ifndef CAIRN_RESOLVER_CACHE_STORE_PRIV_H
#define CAIRN_RESOLVER_CACHE_STORE_PRIV_H

#include <pthread.h>
#include <stdalign.h>

#include "resolver/cache/index.h"
#include "resolver/cache/store.h"

#define LINE_BYTES 64u
#define RING_BEGIN 1u /* offset 0 means no entry */

struct store_shard {
	alignas(LINE_BYTES) pthread_mutex_t lock;
	uint64_t hits, misses; /* beside the lock: a look-up writes to this line of the processor's cache and no other */
	alignas(LINE_BYTES) struct index index;
	uint64_t *ring;
	uint32_t head, tail, last, end; /* offsets: see the drawing in store.h */
	uint32_t lap;                   /* counts the writer's rounds, from 1 */
	uint32_t units_max;             /* of one entry */
	bool is_logged;                 /* removals leave an entry without a value */
	struct past *past;              /* looked in for what is not here; NULL: none */
	uint64_t units_live;
	struct cache_stats stats; /* of its counters those that are not above */
};

/* The half of the hash that chooses bucket and tag takes no part in choosing the shard. */
static inline struct store_shard *
store__shard_of(struct store *store, uint64_t hash)
{
	return &store->shards[hash >> 56 & (store->shard_count - 1)];
}

/* The header of an entry that is to be written. */
static inline void
store__header(struct entry *header, uint64_t hash, size_t key_bytes, size_t value_bytes,
	      uint32_t ttl_s, uint8_t rank, uint32_t expires_s)
{
	size_t units = entry_units(key_bytes, value_bytes);
	assert(rank <= ENTRY_RANK_MAX && key_bytes <= ENTRY_KEY_BYTES_MAX);
	*header = (struct entry){
		.place = (uint32_t)hash,
		.expires_s = expires_s,
		.units = (uint16_t)units,
		.key_bytes = key_bytes & ENTRY_KEY_BYTES_MAX,
		.ttl_s = (ttl_s < ENTRY_TTL_MAX_S ? ttl_s : ENTRY_TTL_MAX_S) & ENTRY_TTL_MAX_S,
		.rank = rank & ENTRY_RANK_MAX,
		.slack = (units * ENTRY_UNIT_BYTES - sizeof(struct entry) - key_bytes - value_bytes) &
			 (ENTRY_UNIT_BYTES - 1),
	};
}

/* Takes the entry out of the index; its space waits for the writer. */
void store__forget(struct store_shard *shard, struct entry *entry, uint32_t offset);
/* Makes room at the head and puts the entry there, under a key that is not in the index. */
void store__append(struct store_shard *shard, uint64_t hash, const struct entry *header, const uint8_t *key,
                   const struct store_span *value, unsigned span_count, uint32_t now_s);

/* Takes back what the past has of this key; returns where it is then, 0: nowhere. */
uint32_t store__recall(struct store_shard *shard, uint64_t hash, const uint8_t *key, size_t key_bytes, uint32_t now_s);

/* The offset of the entry with this key, 0 when there is none, in the past neither. */
static inline uint32_t
store__find(struct store_shard *shard, uint64_t hash, const uint8_t *key, size_t key_bytes, uint32_t now_s)
{
	uint32_t at = index_find(&shard->index, hash, key, key_bytes);
	return at != 0 || shard->past == NULL ? at : store__recall(shard, hash, key, key_bytes, now_s);
}

#endif
