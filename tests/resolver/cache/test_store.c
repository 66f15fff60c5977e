#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "resolver/cache/entry.h"
#include "resolver/cache/store.h"
#include "stack/base/arena.h"
#include "stack/base/rng.h"

#define NEVER_S 1000000u /* a TTL that no test outlives */

/* A store as a cache has it, in zeroed memory of its own. */
struct fixture {
	void *block;
	struct store *store;
	struct rng rng;
};

static struct fixture
fixture_of(size_t block_bytes, uint64_t seed)
{
	struct fixture f = { .block = calloc(1, block_bytes) };
	rng_init_number(&f.rng, seed);
	f.store = store_new(f.block, block_bytes, sizeof(struct store), &f.rng);
	ck_assert_ptr_nonnull(f.store);
	return f;
}

static struct cache_stats
stats_of(const struct fixture *f)
{
	struct cache_stats stats;
	store_stats(f->store, &stats);
	return stats;
}

/* Values are `size` octets that follow from the key's number and a version, so a mix-up shows. */
static void
fill_value(uint8_t *value, size_t size, unsigned number, unsigned version)
{
	uint64_t word = (uint64_t)number << 32 | version;
	for (size_t i = 0; i < size; i++)
		value[i] = (uint8_t)(word >> 8 * (i % 8)) ^ (uint8_t)i;
}

static size_t
key_of(uint8_t key[STORE_KEY_BYTES_MAX], unsigned number)
{
	return (size_t)snprintf((char *)key, STORE_KEY_BYTES_MAX, "key%u.%.*s", number,
				(int)(number % 40),
				"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz");
}

static int
put_number(const struct fixture *f, unsigned number, unsigned version, size_t size, uint8_t rank,
	   uint32_t ttl_s, uint32_t now_s)
{
	static uint8_t value[STORE_ENTRY_BYTES_MAX * 2];
	uint8_t key[STORE_KEY_BYTES_MAX];
	fill_value(value, size, number, version);
	struct store_span spans[2] = { { value, size / 3 }, { value + size / 3, size - size / 3 } };
	struct store_put put = { .value = spans, .span_count = 2, .ttl_s = ttl_s, .rank = rank };
	return store_put(f->store, key, key_of(key, number), &put, now_s);
}

/* Gets and checks the value; returns what store_get does. */
static int
get_number(const struct fixture *f, unsigned number, unsigned version, size_t size, unsigned flags,
	   struct store_found *found, uint32_t now_s)
{
	static uint8_t memory[STORE_ENTRY_BYTES_MAX], expected[STORE_ENTRY_BYTES_MAX];
	uint8_t key[STORE_KEY_BYTES_MAX];
	struct arena arena;
	arena_init(&arena, memory, sizeof memory);
	int err = store_get(f->store, key, key_of(key, number), 0, flags, &arena, found, now_s);
	if (err != 0)
		return err;
	fill_value(expected, size, number, version);
	ck_assert_uint_eq(found->value_bytes, size);
	ck_assert_int_eq(memcmp(found->value, expected, size), 0);
	return 0;
}

static bool
has_number(const struct fixture *f, unsigned number, size_t size, uint32_t now_s)
{
	struct store_found found;
	return get_number(f, number, 0, size, STORE_QUIETLY, &found, now_s) == 0;
}

/* ---- behaviours ----------------------------------------------------------------------------------- */

START_TEST(a_value_comes_back_with_what_remains_of_its_time)
{
	struct fixture f = fixture_of(65536, 1);
	struct store_found found;
	ck_assert_int_eq(put_number(&f, 7, 0, 20, 3, 100, 1000), 0);
	ck_assert_int_eq(get_number(&f, 7, 0, 20, 0, &found, 1040), 0);
	ck_assert_uint_eq(found.ttl_s, 60);
	ck_assert_uint_eq(found.rank, 3);
	ck_assert_int_eq(get_number(&f, 7, 0, 20, 0, &found, 1099), 0);
	ck_assert_int_eq(get_number(&f, 7, 0, 20, 0, &found, 1100), ERR_NOT_FOUND);
	ck_assert_int_eq(get_number(&f, 8, 0, 20, 0, &found, 1000), ERR_NOT_FOUND);
	struct cache_stats stats = stats_of(&f);
	ck_assert_uint_eq(stats.hits, 2);
	ck_assert_uint_eq(stats.misses, 2);
	free(f.block);
}
END_TEST

START_TEST(what_has_expired_can_still_be_asked_for)
{
	struct fixture f = fixture_of(65536, 1);
	struct store_found found;
	put_number(&f, 7, 0, 20, 0, 10, 100);
	ck_assert_int_eq(get_number(&f, 7, 0, 20, STORE_EXPIRED_TOO, &found, 130), 0);
	ck_assert_uint_eq(found.ttl_s, 0);
	ck_assert_uint_eq(found.expired_s, 20);
	free(f.block);
}
END_TEST

START_TEST(lower_rank_waits_until_higher_has_expired)
{
	struct fixture f = fixture_of(65536, 1);
	struct store_found found;
	ck_assert_int_eq(put_number(&f, 1, 0, 8, 5, 50, 0), 0);
	ck_assert_int_eq(put_number(&f, 1, 1, 8, 4, 50, 49), ERR_EXISTS);
	ck_assert_int_eq(get_number(&f, 1, 0, 8, 0, &found, 49), 0);
	ck_assert_int_eq(put_number(&f, 1, 2, 8, 5, 50, 49), 0); /* equal rank replaces */
	ck_assert_int_eq(get_number(&f, 1, 2, 8, 0, &found, 49), 0);
	ck_assert_int_eq(put_number(&f, 1, 3, 8, 4, 50, 99), 0); /* 49 + 50: expired */
	ck_assert_int_eq(get_number(&f, 1, 3, 8, 0, &found, 99), 0);
	ck_assert_uint_eq(stats_of(&f).refused_rank, 1);
	free(f.block);
}
END_TEST

START_TEST(a_time_of_zero_removes_and_keeps_nothing)
{
	struct fixture f = fixture_of(65536, 1);
	put_number(&f, 1, 0, 8, 2, 50, 0);
	ck_assert_int_eq(put_number(&f, 1, 0, 8, 1, 0, 0), ERR_EXISTS);
	ck_assert(has_number(&f, 1, 8, 0));
	ck_assert_int_eq(put_number(&f, 1, 0, 8, 2, 0, 0), 0);
	ck_assert(!has_number(&f, 1, 8, 0));
	ck_assert_uint_eq(stats_of(&f).entries, 0);
	ck_assert_uint_eq(stats_of(&f).bytes_used, 0);
	free(f.block);
}
END_TEST

START_TEST(a_time_beyond_the_clock_does_not_wrap)
{
	struct fixture f = fixture_of(65536, 1);
	struct store_found found;
	put_number(&f, 1, 0, 8, 0, UINT32_MAX, 1000);
	ck_assert_int_eq(get_number(&f, 1, 0, 8, 0, &found, 2000), 0);
	ck_assert_uint_eq(found.ttl_s, UINT32_MAX - 2000);
	free(f.block);
}
END_TEST

START_TEST(the_smallest_block_works_and_a_smaller_one_is_refused)
{
	size_t smallest = sizeof(struct store) + STORE_BYTES_MIN;
	struct fixture f = fixture_of(smallest, 1);
	for (unsigned i = 0; i < 1000; i++)
		ck_assert_int_eq(put_number(&f, i, 0, 30, 0, NEVER_S, 0), 0);
	ck_assert(has_number(&f, 999, 30, 0));
	ck_assert_uint_le(stats_of(&f).bytes_used, smallest);
	ck_assert_ptr_null(store_new(f.block, smallest - 1, sizeof(struct store), &f.rng));
	ck_assert_ptr_null(store_new(NULL, smallest, sizeof(struct store), &f.rng));
	free(f.block);
}
END_TEST

START_TEST(an_entry_larger_than_its_share_is_refused_and_nothing_else_changes)
{
	struct fixture f = fixture_of(16384, 1);
	uint64_t ring = stats_of(&f).bytes_max;
	put_number(&f, 1, 0, 30, 0, NEVER_S, 0);
	put_number(&f, 2, 0, 30, 0, NEVER_S, 0);
	ck_assert_int_eq(put_number(&f, 2, 0, ring / STORE_RING_SHARE + 8, 0, NEVER_S, 0),
			 ERR_TOO_BIG);
	ck_assert(has_number(&f, 1, 30, 0) && has_number(&f, 2, 30, 0));
	ck_assert_int_eq(put_number(&f, 3, 0, ring / STORE_RING_SHARE - 128, 0, NEVER_S, 0), 0);
	ck_assert_uint_eq(stats_of(&f).refused_size, 1);
	free(f.block);

	f = fixture_of(1 << 20, 1); /* shards of half a mebibyte take the largest entry */
	ck_assert_int_eq(put_number(&f, 1, 0, STORE_ENTRY_BYTES_MAX - 64, 0, NEVER_S, 0), 0);
	ck_assert(has_number(&f, 1, STORE_ENTRY_BYTES_MAX - 64, 0));
	ck_assert_int_eq(put_number(&f, 1, 0, STORE_ENTRY_BYTES_MAX, 0, NEVER_S, 0), ERR_TOO_BIG);
	free(f.block);
}
END_TEST

START_TEST(what_was_hit_survives_one_lap_of_the_writer_and_not_two)
{
	struct fixture f = fixture_of(32768, 1);
	struct store_found found;
	put_number(&f, 0, 0, 40, 0, NEVER_S, 0);
	ck_assert_int_eq(get_number(&f, 0, 0, 40, 0, &found, 0), 0);
	unsigned number = 1;
	for (; stats_of(&f).moved_on == 0; number++)
		put_number(&f, number, 0, 40, 0, NEVER_S, 0);
	ck_assert(has_number(&f, 0, 40, 0));
	ck_assert(!has_number(&f, 1, 40, 0)); /* as old, and nobody asked for it */
	for (unsigned i = 0; i < 2 * number; i++)
		put_number(&f, number + i, 0, 40, 0, NEVER_S, 0);
	ck_assert(!has_number(&f, 0, 40, 0));
	ck_assert_uint_eq(stats_of(&f).moved_on, 1);
	free(f.block);
}
END_TEST

START_TEST(when_everything_was_hit_a_put_still_moves_only_a_bounded_part)
{
	struct fixture f = fixture_of(400000, 1);
	struct store_found found;
	unsigned number = 0;
	for (; stats_of(&f).evicted == 0; number++) {
		put_number(&f, number, 0, 40, 0, NEVER_S, 0);
		get_number(&f, number, 0, 40, 0, &found, 0);
	}
	ck_assert_uint_le(stats_of(&f).moved_on, STORE_MOVES_MAX);
	ck_assert_uint_gt(number, 10 * STORE_MOVES_MAX);
	free(f.block);
}
END_TEST

START_TEST(a_quiet_look_neither_counts_nor_keeps)
{
	struct fixture f = fixture_of(32768, 1);
	put_number(&f, 0, 0, 40, 0, NEVER_S, 0);
	ck_assert(has_number(&f, 0, 40, 0));
	ck_assert(!has_number(&f, 1, 40, 0));
	ck_assert_uint_eq(stats_of(&f).hits + stats_of(&f).misses, 0);
	for (unsigned number = 1; stats_of(&f).evicted == 0; number++)
		put_number(&f, number, 0, 40, 0, NEVER_S, 0);
	ck_assert(!has_number(&f, 0, 40, 0));
	free(f.block);
}
END_TEST

START_TEST(a_full_arena_is_said_and_the_entry_stays)
{
	struct fixture f = fixture_of(32768, 1);
	put_number(&f, 0, 0, 40, 0, NEVER_S, 0);
	uint8_t key[STORE_KEY_BYTES_MAX], memory[39];
	struct store_found found;
	struct arena arena;
	arena_init(&arena, memory, sizeof memory);
	ck_assert_int_eq(store_get(f.store, key, key_of(key, 0), 0, 0, &arena, &found, 0),
			 ERR_NO_MEMORY);
	ck_assert_uint_eq(arena.used, 0);
	ck_assert(has_number(&f, 0, 40, 0));
	free(f.block);
}
END_TEST

START_TEST(memory_is_not_touched_before_it_is_used)
{
	const size_t block_bytes = 8u << 20;
	struct fixture f = fixture_of(block_bytes, 1);
	for (unsigned i = 0; i < 100; i++)
		put_number(&f, i, 0, 40, 0, NEVER_S, 0);
	size_t untouched = 0;
	for (size_t page = 0; page + 4096 <= block_bytes; page += 4096) {
		bool zero = true;
		for (size_t i = 0; i < 4096 && zero; i++)
			zero = ((uint8_t *)f.block)[page + i] == 0;
		untouched += zero;
	}
	ck_assert_uint_ge(untouched, block_bytes / 4096 * 9 / 10);
	free(f.block);
}
END_TEST

static int
put_tiny(const struct fixture *f, uint32_t number)
{
	struct store_put put = { .ttl_s = NEVER_S };
	return store_put(f->store, (const uint8_t *)&number, sizeof number, &put, 0);
}

static bool
has_tiny(const struct fixture *f, uint32_t number)
{
	uint8_t memory[8];
	struct arena arena;
	struct store_found found;
	arena_init(&arena, memory, sizeof memory);
	return store_get(f->store, (const uint8_t *)&number, sizeof number, 0, STORE_QUIETLY,
			 &arena, &found, 0) == 0;
}

/* Entries of 24 octets: the index has ten slots for six of STORE_ENTRY_BYTES_TYPICAL. */
START_TEST(when_the_index_is_full_before_the_ring_single_entries_give_way)
{
	struct fixture f = fixture_of(400000, 1);
	uint64_t slots = stats_of(&f).bytes_max / (6 * STORE_ENTRY_BYTES_TYPICAL) * 10;
	uint32_t count = 0, there = 0;
	while (stats_of(&f).evicted == 0)
		ck_assert_int_eq(put_tiny(&f, count++), 0);
	ck_assert_uint_gt(count, slots * 4 / 5);
	ck_assert_uint_lt(count * 24, stats_of(&f).bytes_max);
	for (; stats_of(&f).puts < 3 * slots; count++) {
		ck_assert_int_eq(put_tiny(&f, count), 0);
		ck_assert(has_tiny(&f, count));
	}
	for (uint32_t number = 0; number < count; number++)
		there += has_tiny(&f, number);
	ck_assert_uint_eq(stats_of(&f).entries, there);
	ck_assert_uint_eq(stats_of(&f).bytes_used, there * 24u);
	ck_assert_uint_gt(there, slots * 9 / 10);
	free(f.block);
}
END_TEST

/* ---- against a naive map -------------------------------------------------------------------------- */

#define MODEL_KEYS 3000u

struct model {
	bool there;
	unsigned version;
	size_t size;
	uint8_t rank;
	uint32_t expires_s;
};

struct model_run {
	size_t block_bytes;
	unsigned value_bytes_max;
	bool may_lose;
};

/* Several shards with room for all, then ever smaller ones, to the smallest. */
static const struct model_run model_runs[] = {
	{ 4u << 20, 3000, false },
	{ 65536, 3000, true },
	{ 40000, 1000, true },
	{ STORE_BYTES_MIN + sizeof(struct store), 600, true },
};

/* One random step on both; the store may have lost an entry, never have a wrong one. */
static void
model_step(struct fixture *f, struct model models[MODEL_KEYS], const struct model_run *run,
	   unsigned step, uint32_t now_s)
{
	unsigned number = rng_below(&f->rng, MODEL_KEYS), what = rng_below(&f->rng, 10);
	struct model *model = &models[number];
	struct store_found found;
	bool lives = model->there && model->expires_s > now_s;
	if (what < 5) {
		int err = get_number(f, number, model->version, model->size, 0, &found, now_s);
		ck_assert(err == 0 ? lives : !lives || run->may_lose);
		if (err == 0)
			ck_assert_uint_eq(found.ttl_s, model->expires_s - now_s);
		return;
	}
	if (what == 9) {
		uint8_t key[STORE_KEY_BYTES_MAX];
		store_remove(f->store, key, key_of(key, number), now_s);
		model->there = false;
		return;
	}
	size_t size = rng_below(&f->rng, rng_below(&f->rng, 20) == 0 ? run->value_bytes_max : 120);
	uint8_t rank = (uint8_t)rng_below(&f->rng, 3);
	uint32_t ttl_s = rng_below(&f->rng, 300);
	int err = put_number(f, number, step, size, rank, ttl_s, now_s);
	if (err == ERR_EXISTS) {
		ck_assert(lives && model->rank > rank);
		return;
	}
	ck_assert_int_eq(err, 0);
	ck_assert(run->may_lose || !lives || model->rank <= rank);
	*model = (struct model){ ttl_s != 0, step, size, rank, now_s + ttl_s };
}

/* Entries and octets that the store counts are those of the keys that are found, expired or not. */
static void
model_count(struct fixture *f, struct model models[MODEL_KEYS], uint32_t now_s)
{
	uint8_t key[STORE_KEY_BYTES_MAX];
	struct store_found found;
	uint64_t entries = 0, bytes = 0;
	for (unsigned number = 0; number < MODEL_KEYS; number++) {
		struct model *model = &models[number];
		if (get_number(f, number, model->version, model->size,
			       STORE_EXPIRED_TOO | STORE_QUIETLY, &found, now_s) != 0)
			continue;
		ck_assert(model->there);
		entries++;
		bytes += entry_units(key_of(key, number), model->size) * ENTRY_UNIT_BYTES;
	}
	struct cache_stats stats = stats_of(f);
	ck_assert_uint_eq(stats.entries, entries);
	ck_assert_uint_eq(stats.bytes_used, bytes);
	ck_assert_uint_le(stats.bytes_used, stats.bytes_max);
}

START_TEST(it_agrees_with_a_naive_map_to_the_octet)
{
	const uint64_t seed = 20260000u + (unsigned)_i;
	const struct model_run *run = &model_runs[_i];
	struct fixture f = fixture_of(run->block_bytes, seed);
	static struct model models[MODEL_KEYS];
	memset(models, 0, sizeof models);
	printf("seed %llu\n", (unsigned long long)seed);
	for (unsigned step = 0; step < 60000; step++) {
		uint32_t now_s = 1000 + step / 100;
		model_step(&f, models, run, step, now_s);
		if (step % 10000 == 9999)
			model_count(&f, models, now_s);
	}
	ck_assert(run->may_lose || stats_of(&f).evicted == 0);
	ck_assert(!run->may_lose || stats_of(&f).evicted > 1000);
	free(f.block);
}
END_TEST

static Suite *
store_suite(void)
{
	Suite *suite = suite_create("store");
	TCase *behaviours = tcase_create("behaviours");
	tcase_add_test(behaviours, a_value_comes_back_with_what_remains_of_its_time);
	tcase_add_test(behaviours, what_has_expired_can_still_be_asked_for);
	tcase_add_test(behaviours, lower_rank_waits_until_higher_has_expired);
	tcase_add_test(behaviours, a_time_of_zero_removes_and_keeps_nothing);
	tcase_add_test(behaviours, a_time_beyond_the_clock_does_not_wrap);
	tcase_add_test(behaviours, the_smallest_block_works_and_a_smaller_one_is_refused);
	tcase_add_test(behaviours,
		       an_entry_larger_than_its_share_is_refused_and_nothing_else_changes);
	tcase_add_test(behaviours, what_was_hit_survives_one_lap_of_the_writer_and_not_two);
	tcase_add_test(behaviours, when_everything_was_hit_a_put_still_moves_only_a_bounded_part);
	tcase_add_test(behaviours, a_quiet_look_neither_counts_nor_keeps);
	tcase_add_test(behaviours, a_full_arena_is_said_and_the_entry_stays);
	tcase_add_test(behaviours, when_the_index_is_full_before_the_ring_single_entries_give_way);
	tcase_add_test(behaviours, memory_is_not_touched_before_it_is_used);
	suite_add_tcase(suite, behaviours);
	TCase *model = tcase_create("model");
	tcase_set_timeout(model, 60);
	tcase_add_loop_test(model, it_agrees_with_a_naive_map_to_the_octet, 0,
			    (int)(sizeof model_runs / sizeof model_runs[0]));
	suite_add_tcase(suite, model);
	return suite;
}

int
main(void)
{
	SRunner *runner = srunner_create(store_suite());
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
