#include "resolver/cache/ready.h"

#include <assert.h>
#include <stdalign.h>
#include <string.h>

#include "resolver/cache/versioned.h"
#include "stack/base/arena.h"
#include "stack/base/hash.h"
#include "stack/base/rng.h"

#define LINE_BYTES   64u
#define WORD_BYTES   8u
#define UNIT_WORDS   2u  /* an answer begins at a multiple of so many words */
#define BUCKET_UNITS 248u
#define LANES        4u  /* tags of 16 bits in a word */
#define LANE_BITS    16u
#define LANE_ONES    UINT64_C(0x0001000100010001)
#define LANE_TOPS    UINT64_C(0x8000800080008000)

/* Words of an answer: when it was made and for how long, its facts, its key, the places of its TTLs, the message. */
enum { TIME_AT, FACTS_AT, KEY_AT, TTLS_AT };

struct ready_bucket {
	alignas(LINE_BYTES) _Atomic uint64_t version; /* odd while somebody writes */
	_Atomic uint64_t tags[READY_WAYS_MAX / LANES]; /* 0: nobody is there */
	alignas(LINE_BYTES) _Atomic uint8_t starts[READY_WAYS_MAX];
	_Atomic uint8_t used[READY_WAYS_MAX]; /* since the hand came by */
	_Atomic uint8_t count, fill, hand;
	alignas(LINE_BYTES) _Atomic uint64_t words[BUCKET_UNITS * UNIT_WORDS];
};
static_assert(sizeof(struct ready_bucket) == READY_BUCKET_BYTES, "a page");
static_assert(BUCKET_UNITS <= UINT8_MAX && READY_WAYS_MAX % LANES == 0, "starts and tags fit");

/* Tags of what was asked for and is not there, the latest of them. */
struct ready_notes {
	_Atomic uint16_t tags[READY_NOTES];
	_Atomic uint16_t next; /* counts them */
};
static_assert(sizeof(struct ready_notes) == LINE_BYTES, "one look");

struct ready_cache {
	struct hash_key hash_key;
	struct ready_bucket *buckets;
	struct ready_notes *notes; /* one a bucket */
	uint32_t bucket_count;
};

#define BUCKET_COST (sizeof(struct ready_bucket) + sizeof(struct ready_notes))

/* Facts and key of an answer, out of its words. */
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
	memory += -(uintptr_t)memory & (READY_BUCKET_BYTES - 1);
	const size_t left = block_bytes - (size_t)(memory - (uint8_t *)block);
	size_t count = left / BUCKET_COST;

	*cache = (struct ready_cache){
		.hash_key = hash_key_draw(rng),
		.buckets = (struct ready_bucket *)(void *)memory,
		.bucket_count = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX,
	};
	cache->notes = (struct ready_notes *)(void *)(memory + cache->bucket_count * sizeof(struct ready_bucket));
	return cache;
}

void
ready_cache_stats(const struct ready_cache *cache, struct ready_stats *stats)
{
	*stats = (struct ready_stats){
		.bytes = cache->bucket_count * BUCKET_COST,
		.buckets = cache->bucket_count,
	};
}

/* ---- the key --------------------------------------------------------------------------------------- */

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
bucket_at(const struct ready_cache *cache, uint64_t hash)
{
	return (uint32_t)((hash & UINT32_MAX) * cache->bucket_count >> 32);
}

static uint16_t
tag_of(uint64_t hash)
{
	return (uint16_t)(hash >> 32 | 1u);
}

static unsigned
load_u8(const _Atomic uint8_t *octet)
{
	return atomic_load_explicit(octet, memory_order_acquire);
}

/* The top bit of each lane that holds the tag; above one that does perhaps of another too. */
static uint64_t
lanes_with(uint64_t lanes, uint16_t tag)
{
	const uint64_t differs = lanes ^ tag * LANE_ONES;
	return (differs - LANE_ONES) & ~differs & LANE_TOPS;
}

static bool
has_tag(const struct ready_bucket *bucket, uint16_t tag)
{
	for (unsigned i = 0; i < READY_WAYS_MAX / LANES; i++)
		if (lanes_with(word_load(&bucket->tags[i]), tag) != 0)
			return true;
	return false;
}

static bool
is_noted(const struct ready_notes *notes, uint16_t tag)
{
	for (unsigned i = 0; i < READY_NOTES; i++)
		if (atomic_load_explicit(&notes->tags[i], memory_order_relaxed) == tag)
			return true;
	return false;
}

/* Threads that are here at once may take one place: then one of them is forgotten. */
static void
note(struct ready_notes *notes, uint16_t tag)
{
	const unsigned next = atomic_load_explicit(&notes->next, memory_order_relaxed);

	atomic_store_explicit(&notes->tags[next % READY_NOTES], tag, memory_order_relaxed);
	atomic_store_explicit(&notes->next, (uint16_t)((next + 1) % READY_NOTES), memory_order_relaxed);
}

bool
ready_cache_is_wanted(struct ready_cache *cache, uint64_t hash)
{
	const uint32_t at = bucket_at(cache, hash);
	const uint16_t tag = tag_of(hash);

	if (has_tag(&cache->buckets[at], tag) || is_noted(&cache->notes[at], tag))
		return true;
	note(&cache->notes[at], tag);
	return false;
}

/* ---- reading ----------------------------------------------------------------------------------------- */

void
ready_cache_fetch_head(const struct ready_cache *cache, uint64_t hash)
{
	const struct ready_bucket *bucket = &cache->buckets[bucket_at(cache, hash)];

	__builtin_prefetch(&bucket->version);
	__builtin_prefetch(&bucket->starts);
}

void
ready_cache_fetch_answer(const struct ready_cache *cache, uint64_t hash)
{
	const struct ready_bucket *bucket = &cache->buckets[bucket_at(cache, hash)];

	for (unsigned i = 0; i < READY_WAYS_MAX / LANES; i++) {
		const uint64_t lanes = lanes_with(word_load(&bucket->tags[i]), tag_of(hash));
		if (lanes == 0)
			continue;
		const unsigned way = i * LANES + (unsigned)__builtin_ctzll(lanes) / LANE_BITS;
		const unsigned start = load_u8(&bucket->starts[way]);
		__builtin_prefetch(&bucket->words[start * UNIT_WORDS]);
		__builtin_prefetch(&bucket->words[start * UNIT_WORDS] + LINE_BYTES / WORD_BYTES);
		return;
	}
}

static struct head
head_read(const _Atomic uint64_t *words)
{
	const uint64_t time = word_load(words + TIME_AT), facts = word_load(words + FACTS_AT), key = word_load(words + KEY_AT);

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

static unsigned
words_for(size_t bytes)
{
	return (unsigned)((bytes + WORD_BYTES - 1) / WORD_BYTES);
}

static unsigned
message_at(unsigned ttl_count)
{
	return TTLS_AT + words_for(ttl_count * sizeof(uint16_t));
}

static unsigned
units_for(unsigned ttl_count, size_t size)
{
	return (message_at(ttl_count) + words_for(size) + UNIT_WORDS - 1) / UNIT_WORDS;
}

/* Sizes are looked at too: what is torn may say anything. */
static bool
is_for(const struct head *head, unsigned start, const struct ready_key *key, uint32_t now_s)
{
	return head->generation == key->generation && head->ends_s > now_s && head->qtype == key->qtype &&
	       head->flags == flags_of(key) && head->name_bytes == key->qname->size && head->size <= READY_BYTES_MAX &&
	       head->ttl_count <= READY_TTLS_MAX && head->size >= MESSAGE_HEADER_BYTES + head->name_bytes &&
	       start + units_for(head->ttl_count, head->size) <= BUCKET_UNITS;
}

static void
take_words(const _Atomic uint64_t *words, void *to, size_t bytes)
{
	for (size_t i = 0; i * WORD_BYTES < bytes; i++) {
		const uint64_t word = word_load(words + i);
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
way_get(const struct ready_bucket *bucket, unsigned way, uint64_t version, const struct ready_key *key, uint8_t *bytes,
	struct ready_facts *facts, uint32_t now_s)
{
	const unsigned start = load_u8(&bucket->starts[way]);
	const _Atomic uint64_t *words = &bucket->words[start * UNIT_WORDS];
	const struct head head = head_read(words);
	uint16_t ttls[READY_TTLS_MAX];

	if (!is_for(&head, start, key, now_s))
		return false;
	take_words(words + TTLS_AT, ttls, head.ttl_count * sizeof ttls[0]);
	take_words(words + message_at(head.ttl_count), bytes, head.size);
	if (!version_is_still(&bucket->version, version) ||
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
	struct ready_bucket *bucket = &cache->buckets[bucket_at(cache, hash)];
	const uint64_t version = word_load(&bucket->version);

	if (version_is_odd(version))
		return false;
	for (unsigned i = 0; i < READY_WAYS_MAX / LANES; i++) {
		for (uint64_t lanes = lanes_with(word_load(&bucket->tags[i]), tag_of(hash)); lanes != 0; lanes &= lanes - 1) {
			const unsigned way = i * LANES + (unsigned)__builtin_ctzll(lanes) / LANE_BITS;
			if (!way_get(bucket, way, version, key, bytes, facts, now_s))
				continue;
			if (atomic_load_explicit(&bucket->used[way], memory_order_relaxed) == 0)
				atomic_store_explicit(&bucket->used[way], 1, memory_order_relaxed);
			return true;
		}
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

/* What a bucket holds, as its writer sees it: from the oldest to the latest, without holes. */
struct shelf {
	unsigned count, hand, ways_free, units_free;
	uint16_t tags[READY_WAYS_MAX];
	unsigned starts[READY_WAYS_MAX + 1]; /* and where the last one ends */
	bool used[READY_WAYS_MAX], goes[READY_WAYS_MAX];
};

static void
shelf_read(struct shelf *shelf, const struct ready_bucket *bucket)
{
	const unsigned count = load_u8(&bucket->count), fill = load_u8(&bucket->fill);

	*shelf = (struct shelf){
		.count = count,
		.hand = load_u8(&bucket->hand),
		.ways_free = READY_WAYS_MAX - count,
		.units_free = BUCKET_UNITS - fill,
	};
	for (unsigned way = 0; way < count; way++) {
		shelf->tags[way] = (uint16_t)(word_load(&bucket->tags[way / LANES]) >> way % LANES * LANE_BITS);
		shelf->starts[way] = load_u8(&bucket->starts[way]);
		shelf->used[way] = load_u8(&bucket->used[way]) != 0;
	}
	shelf->starts[count] = fill;
}

static void
shelf_drop(struct shelf *shelf, unsigned way)
{
	shelf->goes[way] = true;
	shelf->ways_free++;
	shelf->units_free += shelf->starts[way + 1] - shelf->starts[way];
}

/* What the new answer replaces.  True: there was something. */
static bool
drop_elder(struct shelf *shelf, uint16_t tag)
{
	for (unsigned way = 0; way < shelf->count; way++) {
		if (shelf->tags[way] != tag)
			continue;
		shelf_drop(shelf, way);
		return true;
	}
	return false;
}

static void
drop_expired(struct shelf *shelf, const struct ready_bucket *bucket, uint32_t now_s)
{
	for (unsigned way = 0; way < shelf->count; way++) {
		const uint64_t facts = word_load(&bucket->words[shelf->starts[way] * UNIT_WORDS + FACTS_AT]);
		if (!shelf->goes[way] && (uint32_t)(facts >> 32) <= now_s)
			shelf_drop(shelf, way);
	}
}

/* The hand goes from the oldest to the latest, spares once what was used, and stays where it has found room (SIEVE). */
static void
drop_unused(struct shelf *shelf, unsigned units)
{
	while (shelf->ways_free == 0 || shelf->units_free < units) {
		if (shelf->hand >= shelf->count)
			shelf->hand = 0;
		const unsigned way = shelf->hand++;
		if (shelf->goes[way])
			continue;
		if (shelf->used[way])
			shelf->used[way] = false;
		else
			shelf_drop(shelf, way);
	}
}

static void
store_u8(_Atomic uint8_t *octet, unsigned value)
{
	atomic_store_explicit(octet, (uint8_t)value, memory_order_release);
}

/* Those that stay close ranks. */
static void
shelf_close(struct shelf *shelf, struct ready_bucket *bucket)
{
	unsigned kept = 0, fill = 0, hand = shelf->hand;

	for (unsigned way = 0; way < shelf->count; way++) {
		const unsigned start = shelf->starts[way], units = shelf->starts[way + 1] - start;
		if (shelf->goes[way]) {
			hand -= way < shelf->hand;
			continue;
		}
		for (unsigned i = 0; start != fill && i < units * UNIT_WORDS; i++)
			word_store(&bucket->words[fill * UNIT_WORDS + i], word_load(&bucket->words[start * UNIT_WORDS + i]));
		shelf->tags[kept] = shelf->tags[way];
		shelf->used[kept] = shelf->used[way];
		shelf->starts[kept++] = fill;
		fill += units;
	}
	shelf->count = kept;
	shelf->starts[kept] = fill;
	shelf->hand = hand;
}

static void
shelf_write(const struct shelf *shelf, struct ready_bucket *bucket)
{
	uint64_t tags[READY_WAYS_MAX / LANES] = { 0 };

	for (unsigned way = 0; way < shelf->count; way++) {
		tags[way / LANES] |= (uint64_t)shelf->tags[way] << way % LANES * LANE_BITS;
		store_u8(&bucket->starts[way], shelf->starts[way]);
		store_u8(&bucket->used[way], shelf->used[way]);
	}
	for (unsigned i = 0; i < READY_WAYS_MAX / LANES; i++)
		word_store(&bucket->tags[i], tags[i]);
	store_u8(&bucket->count, shelf->count);
	store_u8(&bucket->fill, shelf->starts[shelf->count]);
	store_u8(&bucket->hand, shelf->hand);
}

static void
put_words(_Atomic uint64_t *words, const void *from, size_t bytes)
{
	for (size_t i = 0; i * WORD_BYTES < bytes; i++) {
		uint64_t word;
		memcpy(&word, (const uint8_t *)from + i * WORD_BYTES, WORD_BYTES);
		word_store(words + i, word);
	}
}

/* Odd: being written.  False: somebody else is at it. */
static bool
bucket_lock(struct ready_bucket *bucket, uint64_t *version)
{
	*version = word_load(&bucket->version);
	return !version_is_odd(*version) && atomic_compare_exchange_strong_explicit(&bucket->version, version, *version + 1,
									      memory_order_acq_rel, memory_order_relaxed);
}

/* Makes room for a new answer behind all others; its words. */
static _Atomic uint64_t *
bucket_append(struct ready_bucket *bucket, uint16_t tag, unsigned units, uint32_t now_s)
{
	struct shelf shelf;

	shelf_read(&shelf, bucket);
	const bool is_in_use = drop_elder(&shelf, tag); /* or it would not come again */
	if (shelf.ways_free == 0 || shelf.units_free < units)
		drop_expired(&shelf, bucket, now_s);
	drop_unused(&shelf, units);
	shelf_close(&shelf, bucket);
	const unsigned way = shelf.count++, start = shelf.starts[way];
	shelf.tags[way] = tag;
	shelf.used[way] = is_in_use;
	shelf.starts[way + 1] = start + units;
	shelf_write(&shelf, bucket);
	return &bucket->words[start * UNIT_WORDS];
}

void
ready_cache_put(struct ready_cache *cache, const struct ready_key *key, uint64_t hash, const uint8_t *bytes,
		const struct ready_facts *facts, uint32_t lasts_s, uint32_t now_s)
{
	struct ready_bucket *bucket = &cache->buckets[bucket_at(cache, hash)];
	uint16_t ttls[READY_TTLS_MAX] = { 0 };
	uint8_t message[READY_BYTES_MAX] = { 0 }, ttl_count;
	uint64_t version;

	if (facts->size > READY_BYTES_MAX || lasts_s == 0 || !find_ttls(bytes, facts->size, ttls, &ttl_count))
		return;
	memcpy(message, bytes, facts->size);
	memcpy(message + MESSAGE_HEADER_BYTES, key->qname->wire, key->qname->size); /* in lower case, as it is looked for */
	if (!bucket_lock(bucket, &version))
		return;
	_Atomic uint64_t *words = bucket_append(bucket, tag_of(hash), units_for(ttl_count, facts->size), now_s);
	word_store(words + TIME_AT, (uint64_t)key->generation << 32 | now_s);
	word_store(words + FACTS_AT, (uint64_t)(now_s + lasts_s) << 32 | (uint64_t)facts->size << 16 |
					(uint64_t)facts->security << 8 | ttl_count);
	word_store(words + KEY_AT, (uint64_t)key->qtype << 16 | (uint64_t)flags_of(key) << 8 | key->qname->size);
	put_words(words + TTLS_AT, ttls, ttl_count * sizeof ttls[0]);
	put_words(words + message_at(ttl_count), message, facts->size);
	word_store(&bucket->version, version + 2);
}

void
ready_cache_clear(struct ready_cache *cache)
{
	static const struct shelf nothing;

	for (uint32_t i = 0; i < cache->bucket_count; i++) {
		struct ready_bucket *bucket = &cache->buckets[i];
		uint64_t version;
		if (load_u8(&bucket->count) == 0)
			continue; /* never written: not memory yet */
		while (!bucket_lock(bucket, &version))
			; /* who writes has some hundred octets to go */
		shelf_write(&nothing, bucket);
		word_store(&bucket->version, version + 2);
	}
}
