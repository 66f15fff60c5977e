#include "resolver/cache/ready.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "stack/base/arena.h"
#include "stack/base/hash.h"
#include "stack/base/rng.h"

#define WAYS       4u
#define LINE_BYTES 64u
#define WORD_BYTES 8u

/* Words of a slot; the message begins behind the places of its TTLs. */
enum { VERSION_AT, TIME_AT, FACTS_AT, KEY_AT, TTLS_AT, MESSAGE_AT = TTLS_AT + READY_TTLS_MAX / 4 };

#define SLOT_WORDS (READY_SLOT_BYTES / WORD_BYTES)

static_assert(READY_BYTES_MAX % WORD_BYTES == 0 && MESSAGE_AT + READY_BYTES_MAX / WORD_BYTES <= SLOT_WORDS,
	      "a message of the largest size fits");

struct ready_slot {
	_Atomic uint64_t words[SLOT_WORDS];
};

struct ready_bucket {
	_Atomic uint32_t tags[WAYS]; /* 0: the slot is free */
	_Atomic uint8_t used[WAYS];  /* since a writer came by */
};

struct ready_cache {
	struct hash_key hash_key;
	struct ready_bucket *buckets;
	struct ready_slot *slots; /* WAYS of each bucket */
	_Atomic uint32_t *noted;  /* tags of what was asked for, WAYS of each bucket, the last one of those that fall together */
	uint32_t bucket_count;
};

#define BUCKET_BYTES (sizeof(struct ready_bucket) + WAYS * (READY_SLOT_BYTES + sizeof(uint32_t)))

/* Facts and key of a slot, out of its words. */
struct head {
	uint32_t generation, stored_s, ends_s;
	uint16_t size, qtype;
	uint8_t security, ttl_count, flags, name_bytes;
};

/* ---- the block ------------------------------------------------------------------------------------- */

struct ready_cache *
ready_cache_new(void *block, size_t block_bytes, struct rng *rng)
{
	struct arena arena;

	if (block == NULL || block_bytes < READY_BYTES_LEAST)
		return NULL;
	arena_init(&arena, block, block_bytes);
	struct ready_cache *cache = arena_zalloc(&arena, 1, sizeof *cache);
	uint8_t *memory = (uint8_t *)block + arena.used;
	memory += -(uintptr_t)memory & (LINE_BYTES - 1);
	const size_t left = block_bytes - (size_t)(memory - (uint8_t *)block);
	size_t count = left / BUCKET_BYTES;

	*cache = (struct ready_cache){
		.hash_key = hash_key_draw(rng),
		.slots = (struct ready_slot *)(void *)memory,
		.bucket_count = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX,
	};
	memory += (size_t)cache->bucket_count * WAYS * READY_SLOT_BYTES;
	cache->buckets = (struct ready_bucket *)(void *)memory;
	cache->noted = (_Atomic uint32_t *)(void *)(cache->buckets + cache->bucket_count);
	return cache;
}

void
ready_cache_stats(const struct ready_cache *cache, struct ready_stats *stats)
{
	*stats = (struct ready_stats){
		.slots = (uint64_t)cache->bucket_count * WAYS,
		.bytes = (uint64_t)cache->bucket_count * BUCKET_BYTES,
	};
}

/* ---- where an answer is ------------------------------------------------------------------------------ */

static uint8_t
flags_of(const struct ready_key *key)
{
	return (uint8_t)(key->dnssec_ok | key->checking_disabled << 1);
}

uint64_t
ready_cache_hash(const struct ready_cache *cache, const struct ready_key *key)
{
	uint8_t bytes[NAME_BYTES_MAX + 3];
	const size_t size = key->qname->size;

	memcpy(bytes, key->qname->wire, size);
	bytes[size] = (uint8_t)(key->qtype >> 8);
	bytes[size + 1] = (uint8_t)key->qtype;
	bytes[size + 2] = flags_of(key);
	return hash_bytes(&cache->hash_key, bytes, size + 3);
}

static uint32_t
bucket_of(const struct ready_cache *cache, uint64_t hash)
{
	return (uint32_t)((hash & UINT32_MAX) * cache->bucket_count >> 32);
}

static uint32_t
tag_of(uint64_t hash)
{
	return (uint32_t)(hash >> 32) | 1u;
}

bool
ready_cache_is_wanted(struct ready_cache *cache, uint64_t hash)
{
	const uint32_t tag = tag_of(hash);
	_Atomic uint32_t *noted = &cache->noted[bucket_of(cache, hash) * (size_t)WAYS + (hash >> 33) % WAYS];

	if (atomic_load_explicit(noted, memory_order_relaxed) == tag)
		return true;
	atomic_store_explicit(noted, tag, memory_order_relaxed);
	return false;
}

/* ---- reading ----------------------------------------------------------------------------------------- */

/* Acquire, so that the second look at the version comes after; a plain load on most machines. */
static uint64_t
load(const struct ready_slot *slot, unsigned at)
{
	return atomic_load_explicit(&slot->words[at], memory_order_acquire);
}

static struct head
head_read(const struct ready_slot *slot)
{
	const uint64_t time = load(slot, TIME_AT), facts = load(slot, FACTS_AT), key = load(slot, KEY_AT);

	return (struct head){
		.generation = (uint32_t)(time >> 32),
		.stored_s = (uint32_t)time,
		.ends_s = (uint32_t)(facts >> 32),
		.size = (uint16_t)(facts >> 16),
		.security = (uint8_t)(facts >> 8),
		.ttl_count = (uint8_t)facts,
		.qtype = (uint16_t)(key >> 16),
		.flags = (uint8_t)(key >> 8),
		.name_bytes = (uint8_t)key,
	};
}

/* Sizes are looked at too: a torn slot may say anything. */
static bool
is_for(const struct head *head, const struct ready_key *key, uint32_t now_s)
{
	return head->generation == key->generation && head->ends_s > now_s && head->qtype == key->qtype &&
	       head->flags == flags_of(key) && head->name_bytes == key->qname->size && head->size <= READY_BYTES_MAX &&
	       head->ttl_count <= READY_TTLS_MAX && head->size >= MESSAGE_HEADER_BYTES + head->name_bytes;
}

static void
take_words(const struct ready_slot *slot, unsigned at, void *to, size_t bytes)
{
	for (size_t i = 0; i * WORD_BYTES < bytes; i++) {
		const uint64_t word = load(slot, at + (unsigned)i);
		memcpy((uint8_t *)to + i * WORD_BYTES, &word, WORD_BYTES);
	}
}

static void
age(uint8_t *bytes, const struct head *head, const uint16_t *ttls, uint32_t now_s)
{
	const uint32_t age_s = now_s > head->stored_s ? now_s - head->stored_s : 0; /* another thread's turn may be ahead */

	for (unsigned i = 0; i < head->ttl_count; i++) {
		uint8_t *at = bytes + ttls[i];
		uint32_t ttl_s = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
		ttl_s -= age_s < ttl_s ? age_s : ttl_s;
		at[0] = (uint8_t)(ttl_s >> 24);
		at[1] = (uint8_t)(ttl_s >> 16);
		at[2] = (uint8_t)(ttl_s >> 8);
		at[3] = (uint8_t)ttl_s;
	}
}

static bool
slot_get(const struct ready_slot *slot, const struct ready_key *key, uint8_t *bytes, struct ready_facts *facts,
	 uint32_t now_s)
{
	const uint64_t version = load(slot, VERSION_AT);
	uint16_t ttls[READY_TTLS_MAX];

	if ((version & 1) != 0)
		return false;
	const struct head head = head_read(slot);
	if (!is_for(&head, key, now_s))
		return false;
	take_words(slot, TTLS_AT, ttls, head.ttl_count * sizeof ttls[0]);
	take_words(slot, MESSAGE_AT, bytes, head.size);
	if (atomic_load_explicit(&slot->words[VERSION_AT], memory_order_relaxed) != version ||
	    memcmp(bytes + MESSAGE_HEADER_BYTES, key->qname->wire, key->qname->size) != 0)
		return false;
	age(bytes, &head, ttls, now_s);
	*facts = (struct ready_facts){ .size = head.size, .security = head.security };
	return true;
}

bool
ready_cache_get(struct ready_cache *cache, const struct ready_key *key, uint64_t hash, uint8_t *bytes,
		struct ready_facts *facts, uint32_t now_s)
{
	const uint32_t at = bucket_of(cache, hash), tag = tag_of(hash);
	struct ready_bucket *bucket = &cache->buckets[at];

	for (unsigned way = 0; way < WAYS; way++) {
		if (atomic_load_explicit(&bucket->tags[way], memory_order_relaxed) != tag ||
		    !slot_get(&cache->slots[at * (size_t)WAYS + way], key, bytes, facts, now_s))
			continue;
		if (atomic_load_explicit(&bucket->used[way], memory_order_relaxed) == 0)
			atomic_store_explicit(&bucket->used[way], 1, memory_order_relaxed);
		return true;
	}
	return false;
}

/* ---- writing ----------------------------------------------------------------------------------------- */

/* The places of the TTLs; false: too many, or no message as we write them. */
static bool
find_ttls(const uint8_t *bytes, size_t size, uint16_t ttls[READY_TTLS_MAX], uint8_t *ttl_count)
{
	struct cursor cursor = cursor_over(bytes, size);
	struct name name;

	cursor_skip(&cursor, 4);
	const uint16_t questions = cursor_u16(&cursor);
	const unsigned records = (unsigned)cursor_u16(&cursor) + cursor_u16(&cursor) + cursor_u16(&cursor);
	name_read(&name, &cursor);
	cursor_skip(&cursor, 4);
	if (questions != 1 || records > READY_TTLS_MAX)
		return false;
	for (unsigned i = 0; i < records && cursor.err == 0; i++) {
		name_read(&name, &cursor);
		cursor_skip(&cursor, 4);
		ttls[i] = (uint16_t)cursor.pos;
		cursor_skip(&cursor, 4);
		cursor_skip(&cursor, cursor_u16(&cursor));
	}
	*ttl_count = (uint8_t)records;
	return cursor.err == 0 && cursor.pos == size;
}

/* Its own slot, a free one, one whose time is over, or the first that has not been used of late. */
static unsigned
choose(struct ready_cache *cache, uint32_t at, uint32_t tag, uint32_t now_s)
{
	struct ready_bucket *bucket = &cache->buckets[at];
	unsigned chosen = WAYS;

	for (unsigned way = 0; way < WAYS; way++) {
		const uint32_t there = atomic_load_explicit(&bucket->tags[way], memory_order_relaxed);
		if (there == tag)
			return way;
		const struct ready_slot *slot = &cache->slots[at * (size_t)WAYS + way];
		if (chosen == WAYS && (there == 0 || (uint32_t)(load(slot, FACTS_AT) >> 32) <= now_s))
			chosen = way;
	}
	for (unsigned way = 0; way < WAYS && chosen == WAYS; way++) {
		if (atomic_load_explicit(&bucket->used[way], memory_order_relaxed) == 0)
			chosen = way;
		else
			atomic_store_explicit(&bucket->used[way], 0, memory_order_relaxed);
	}
	return chosen < WAYS ? chosen : tag >> 1 & (WAYS - 1);
}

static void
store(struct ready_slot *slot, unsigned at, uint64_t word)
{
	atomic_store_explicit(&slot->words[at], word, memory_order_release);
}

static void
put_words(struct ready_slot *slot, unsigned at, const void *from, size_t bytes)
{
	for (size_t i = 0; i * WORD_BYTES < bytes; i++) {
		uint64_t word;
		memcpy(&word, (const uint8_t *)from + i * WORD_BYTES, WORD_BYTES);
		store(slot, at + (unsigned)i, word);
	}
}

/* Odd: being written.  False: somebody else is at it. */
static bool
slot_lock(struct ready_slot *slot, uint64_t *version)
{
	*version = load(slot, VERSION_AT);
	return (*version & 1) == 0 && atomic_compare_exchange_strong_explicit(&slot->words[VERSION_AT], version, *version + 1,
									      memory_order_acq_rel, memory_order_relaxed);
}

void
ready_cache_put(struct ready_cache *cache, const struct ready_key *key, uint64_t hash, const uint8_t *bytes,
		const struct ready_facts *facts, uint32_t lasts_s, uint32_t now_s)
{
	const uint32_t at = bucket_of(cache, hash), tag = tag_of(hash);
	uint16_t ttls[READY_TTLS_MAX] = { 0 };
	uint8_t message[READY_BYTES_MAX] = { 0 }, ttl_count;
	uint64_t version;

	if (facts->size > READY_BYTES_MAX || lasts_s == 0 || !find_ttls(bytes, facts->size, ttls, &ttl_count))
		return;
	memcpy(message, bytes, facts->size);
	memcpy(message + MESSAGE_HEADER_BYTES, key->qname->wire, key->qname->size); /* in lower case, as it is looked for */
	const unsigned way = choose(cache, at, tag, now_s);
	struct ready_slot *slot = &cache->slots[at * (size_t)WAYS + way];
	if (!slot_lock(slot, &version))
		return;
	store(slot, TIME_AT, (uint64_t)key->generation << 32 | now_s);
	store(slot, FACTS_AT, (uint64_t)(now_s + lasts_s) << 32 | (uint64_t)facts->size << 16 |
				      (uint64_t)facts->security << 8 | ttl_count);
	store(slot, KEY_AT, (uint64_t)key->qtype << 16 | (uint64_t)flags_of(key) << 8 | key->qname->size);
	put_words(slot, TTLS_AT, ttls, sizeof ttls);
	put_words(slot, MESSAGE_AT, message, facts->size);
	store(slot, VERSION_AT, version + 2);
	atomic_store_explicit(&cache->buckets[at].tags[way], tag, memory_order_relaxed);
	atomic_store_explicit(&cache->buckets[at].used[way], 0, memory_order_relaxed);
}
