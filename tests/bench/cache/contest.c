#include "tests/bench/cache/contest.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/cache/entry.h"
#include "resolver/cache/ready.h"
#include "resolver/cache/store.h"
#include "stack/base/arena.h"
#include "stack/base/err.h"
#include "tests/bench/cache/lru.h"

static_assert(CONTEST_REQUESTS <= TRACE_REQUESTS_MAX, "names enough");

#define NOW_S             1u
#define LASTS_S           1000u
#define ADDRESSES_MAX     12u
#define ADDRESS_RR_BYTES  16u /* in a message: a pointer to the owner, type, class, TTL, length and an IPv4 address */
#define ADDRESS_SET_BYTES 6u  /* in a set: length and address */
#define SET_HEAD_BYTES    5u
#define READY_HEAD_BYTES  24u /* what the cache must know of a message: its times, its facts, its key */

const char *const contest_names[CONTEST_CACHES] = { [CONTEST_STORE] = "store", [CONTEST_READY] = "ready" };

const struct trace contest_traces[CONTEST_TRACES] = {
	{ .what = "Zipf 0.6", .exponent = 0.6 },
	{ .what = "Zipf 0.8", .exponent = 0.8 },
	{ .what = "Zipf 0.9", .exponent = 0.9 },
	{ .what = "Zipf 1.0", .exponent = 1.0 },
	{ .what = "Zipf 1.2", .exponent = 1.2 },
	{ .what = "Zipf 0.9, one scan of 20,000", .exponent = 0.9, .scan_every = 110000, .scan_length = 20000, .scans_max = 1 },
	{ .what = "Zipf 0.9, a fifth in scans", .exponent = 0.9, .scan_every = 10000, .scan_length = 2000 },
	{ .what = "Zipf 1.0, a quarter in scans", .exponent = 1.0, .scan_every = 20000, .scan_length = 5000 },
	{ .what = "Zipf 1.0, a third in a loop", .exponent = 1.0, .loop_length = 20000, .loop_percent = 33 },
	{ .what = "loop of 1,000 names", .loop_length = 1000, .loop_percent = 100 },
	{ .what = "loop of 20,000 names", .loop_length = 20000, .loop_percent = 100 },
	{ .what = "Zipf 1.0, drifting", .exponent = 1.0, .drift_every = 20 },
};

/* ---- what a name is answered with ------------------------------------------------------------------- */

struct item {
	struct name qname;
	unsigned addresses;
};

/* Half of the names have one address; every number tells the same each time. */
static void
item_of(struct item *item, uint32_t number)
{
	const uint32_t drawn = number * 2654435761u >> 16; /* Knuth's multiplicative hash */
	char text[NAME_BYTES_MAX];

	(void)snprintf(text, sizeof text, "%.*s%u.zone-%u.example.", (int)(drawn % 24), "host-in-a-rack-of-a-farm", number,
		       number % 977);
	if (name_from_text(&item->qname, text, NULL) != 0)
		abort();
	item->addresses = drawn >> 8 < 128 ? 1 : 2 + drawn % (ADDRESSES_MAX - 1);
}

static size_t
message_write(const struct item *item, uint8_t bytes[READY_BYTES_MAX])
{
	struct writer writer = writer_over(bytes, READY_BYTES_MAX);

	writer_u32(&writer, DNS_QR);
	writer_u32(&writer, 1u << 16 | item->addresses);
	writer_u32(&writer, 0);
	writer_bytes(&writer, item->qname.wire, item->qname.size);
	writer_u32(&writer, (uint32_t)TYPE_A << 16 | CLASS_IN);
	for (unsigned i = 0; i < item->addresses; i++) {
		writer_u16(&writer, 0xc000u | MESSAGE_HEADER_BYTES);
		writer_u32(&writer, (uint32_t)TYPE_A << 16 | CLASS_IN);
		writer_u32(&writer, LASTS_S);
		writer_u16(&writer, 4);
		writer_u32(&writer, i);
	}
	assert(writer.err == 0);
	return writer.pos;
}

static size_t
set_bytes(const struct item *item)
{
	return SET_HEAD_BYTES + item->addresses * ADDRESS_SET_BYTES;
}

/* ---- the two caches --------------------------------------------------------------------------------- */

static bool
store_ask(void *cache, const struct item *item)
{
	static const uint8_t value[SET_HEAD_BYTES + ADDRESSES_MAX * ADDRESS_SET_BYTES];
	uint8_t memory[sizeof value + 16];
	struct store_key key;
	struct arena arena;
	struct store_found found;

	store_key_make(&key, &item->qname, TYPE_A, CLASS_IN);
	arena_init(&arena, memory, sizeof memory);
	if (store_get(cache, key.bytes, key.size, 0, 0, &arena, &found, NOW_S) == 0)
		return true;
	const struct store_span span = { value, set_bytes(item) };
	const struct store_put put = { .value = &span, .span_count = 1, .ttl_s = LASTS_S };
	(void)store_put(cache, key.bytes, key.size, &put, NOW_S);
	return false;
}

/* As client__keep_ready goes about it: what is asked for once is not kept. */
static bool
ready_ask(void *cache, const struct item *item)
{
	const struct ready_key key = { .qname = &item->qname, .qtype = TYPE_A, .generation = 1 };
	const uint64_t hash = ready_cache_hash(cache, &key);
	uint8_t bytes[READY_BYTES_MAX];
	struct ready_facts facts;

	if (ready_cache_get(cache, &key, hash, bytes, &facts, NOW_S))
		return true;
	if (!ready_cache_is_wanted(cache, hash))
		return false;
	facts = (struct ready_facts){ .size = (uint16_t)message_write(item, bytes) };
	ready_cache_put(cache, &key, hash, bytes, &facts, LASTS_S, NOW_S);
	return false;
}

static uint32_t
whole_words(size_t octets)
{
	return (uint32_t)((octets + 7) & ~(size_t)7);
}

/* What an entry costs the cache by itself. */
static uint32_t
octets_of(enum contest_cache cache, const struct item *item)
{
	if (cache == CONTEST_STORE)
		return (uint32_t)entry_units(item->qname.size + 4u, set_bytes(item)) * ENTRY_UNIT_BYTES;
	const size_t message_bytes = MESSAGE_HEADER_BYTES + item->qname.size + 4u + item->addresses * ADDRESS_RR_BYTES;
	return READY_HEAD_BYTES + whole_words(item->addresses * sizeof(uint16_t)) + whole_words(message_bytes);
}

/* ---- the contest -------------------------------------------------------------------------------------- */

struct field {
	struct trace_source source;
	struct lru *lru;
	void *block, *cache;
	uint64_t octets; /* for entries */
};

static int
field_init(struct field *field, const struct contest *contest)
{
	struct cache_stats stats;
	struct rng rng;

	*field = (struct field){ .block = calloc(1, contest->block_bytes), .octets = contest->block_bytes };
	if (field->block == NULL)
		return ERR_NO_MEMORY;
	rng_init_number(&rng, contest->seed);
	trace_start(&field->source, contest->trace, contest->seed + 1);
	if (contest->cache == CONTEST_READY) {
		field->cache = ready_cache_new(field->block, contest->block_bytes, &rng);
	} else {
		field->cache = store_new(field->block, contest->block_bytes, sizeof(struct store), &rng);
		store_stats(field->cache, &stats);
		field->octets = stats.bytes_max;
	}
	field->lru = lru_new(field->octets);
	return field->lru != NULL ? 0 : ERR_NO_MEMORY;
}

static void
field_fini(struct field *field)
{
	lru_free(field->lru);
	free(field->block);
}

static void
ask_all(struct field *field, const struct contest *contest, struct contest_result *result)
{
	const uint32_t counted_from = CONTEST_REQUESTS / 2;
	uint32_t cache_hits = 0, lru_hits = 0;

	for (uint32_t i = 0; i < CONTEST_REQUESTS; i++) {
		const uint32_t number = trace_next(&field->source);
		struct item item;
		item_of(&item, number);
		const bool is_in_lru = lru_ask(field->lru, number, octets_of(contest->cache, &item));
		const bool is_in_cache = contest->cache == CONTEST_READY ? ready_ask(field->cache, &item) :
									  store_ask(field->cache, &item);
		lru_hits += i >= counted_from && is_in_lru;
		cache_hits += i >= counted_from && is_in_cache;
	}
	const double counted = CONTEST_REQUESTS - counted_from;
	*result = (struct contest_result){
		.cache = cache_hits / counted,
		.lru = lru_hits / counted,
		.lru_entries = lru_count(field->lru),
	};
}

int
contest_run(const struct contest *contest, struct contest_result *result)
{
	struct field *field = calloc(1, sizeof *field);
	int err = ERR_NO_MEMORY;

	if (field == NULL)
		return err;
	err = field_init(field, contest);
	if (err == 0)
		ask_all(field, contest, result);
	field_fini(field);
	free(field);
	return err;
}
