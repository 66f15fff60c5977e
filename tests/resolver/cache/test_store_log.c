/* The rings of a store as a log: copied out as it grows, and taken back by another store. */
#include <string.h>

#include "cache_test.h"
#include "resolver/cache/store.h"

#define KEYS        400u
#define STEPS       20000u
#define BLOCK_BYTES (1u << 20)
#define SMALL_BYTES 65536u /* its ring turns many times */
#define TTL_S       1000u

struct fixture {
	struct store *store;
	struct memory memory;
};

static struct fixture
store_of(size_t bytes, uint64_t seed)
{
	struct fixture fixture;
	memory_init(&fixture.memory, bytes, seed);
	fixture.store =
		store_new(fixture.memory.block, bytes, sizeof *fixture.store, &fixture.memory.rng);
	ck_assert_ptr_nonnull(fixture.store);
	return fixture;
}

static int
put(struct fixture *fixture, uint32_t key, uint32_t value, uint32_t ttl_s, uint32_t now_s)
{
	const struct store_span span = { &value, sizeof value };
	const struct store_put put = { .value = &span, .span_count = 1, .ttl_s = ttl_s, .rank = 3 };
	return store_put(fixture->store, (const uint8_t *)&key, sizeof key, &put, now_s);
}

/* What is kept under the key, 0: nothing. */
static uint32_t
get(struct fixture *fixture, uint32_t key, uint32_t now_s, uint32_t *ttl_s)
{
	struct store_found found;
	uint32_t value;
	arena_init(&fixture->memory.arena, fixture->memory.arena_block,
		   sizeof fixture->memory.arena_block);
	if (store_get(fixture->store, (const uint8_t *)&key, sizeof key, 0, STORE_QUIETLY,
		      &fixture->memory.arena, &found, now_s) != 0)
		return 0;
	ck_assert_uint_eq(found.value_bytes, sizeof value);
	memcpy(&value, found.value, sizeof value);
	*ttl_s = found.ttl_s;
	return value;
}

/* A use, which keeps it when the writer comes round; 1: it is there. */
static unsigned
use(struct fixture *fixture, uint32_t key)
{
	struct store_found found;
	arena_init(&fixture->memory.arena, fixture->memory.arena_block,
		   sizeof fixture->memory.arena_block);
	return store_get(fixture->store, (const uint8_t *)&key, sizeof key, 0, 0,
			 &fixture->memory.arena, &found, 1) == 0;
}

struct marks {
	struct store_mark of[STORE_SHARDS_MAX];
};

/* Gives everything behind the marks to another store; returns how many records that were. */
static unsigned
follow(struct fixture *from, struct marks *marks, unsigned origins, struct fixture *to,
       uint32_t now_s)
{
	static uint64_t block[STORE_ENTRY_BYTES_MAX / 8];
	struct store_record record;
	unsigned records = 0;
	size_t copied;
	for (unsigned shard = 0; shard < from->store->shard_count; shard++)
		while (store_log_copy(from->store, shard, &marks->of[shard], origins, block,
				      sizeof block, &copied))
			for (size_t at = 0; store_log_next(block, copied, &at, &record); records++)
				(void)store_restore(to->store, &record, 1, STORE_FROM_FILE, now_s);
	return records;
}

static unsigned
compare(struct fixture *a, struct fixture *b, uint32_t now_s)
{
	unsigned living = 0;
	for (uint32_t key = 0; key < KEYS; key++) {
		uint32_t ttl_a = 0, ttl_b = 0, value = get(a, key, now_s, &ttl_a);
		ck_assert_msg(value == get(b, key, now_s, &ttl_b) && ttl_a == ttl_b, "key %u", key);
		living += value != 0;
	}
	return living;
}

START_TEST(a_copy_that_follows_has_every_entry_and_no_other)
{
	struct fixture one = store_of(BLOCK_BYTES, 1), two = store_of(BLOCK_BYTES, 2);
	struct marks marks = { 0 };
	struct rng dice;
	rng_init_number(&dice, 3);
	store_log_start(one.store);
	for (uint32_t step = 1; step <= STEPS; step++) {
		uint32_t key = rng_below(&dice, KEYS), now_s = step / 100;
		switch (rng_below(&dice, 8)) {
		case 0: store_remove(one.store, (const uint8_t *)&key, sizeof key, now_s); break;
		case 1: put(&one, key, step, 0, now_s); break;
		default: put(&one, key, step, 1 + rng_below(&dice, TTL_S), now_s);
		}
		if (rng_below(&dice, 50) == 0)
			follow(&one, &marks, STORE_FROM_FILE, &two, now_s);
	}
	follow(&one, &marks, STORE_FROM_FILE, &two, STEPS / 100);
	ck_assert_uint_gt(compare(&one, &two, STEPS / 100), KEYS / 2);
	ck_assert_uint_eq(follow(&one, &marks, STORE_FROM_FILE, &two, STEPS / 100), 0);
	memory_fini(&one.memory);
	memory_fini(&two.memory);
}
END_TEST

START_TEST(a_copy_that_falls_behind_goes_on_with_the_oldest_that_is_left)
{
	struct fixture one = store_of(SMALL_BYTES, 1), two = store_of(BLOCK_BYTES, 2);
	struct marks marks = { 0 };
	struct rng dice;
	rng_init_number(&dice, 3);
	store_log_start(one.store);
	for (uint32_t step = 1; step <= STEPS; step++) {
		put(&one, rng_below(&dice, 100 * KEYS), step, TTL_S, 1);
		if (rng_below(&dice, 5000) == 0)
			follow(&one, &marks, STORE_FROM_FILE, &two, 1);
	}
	follow(&one, &marks, STORE_FROM_FILE, &two, 1);
	uint32_t ttl_s, living = 0;
	for (uint32_t key = 0; key < 100 * KEYS; key++) {
		uint32_t value = get(&one, key, 1, &ttl_s);
		if (value != 0)
			ck_assert_uint_eq(get(&two, key, 1, &ttl_s), value);
		living += value != 0;
	}
	ck_assert_uint_gt(living, 500);
	memory_fini(&one.memory);
	memory_fini(&two.memory);
}
END_TEST

START_TEST(who_skips_is_given_what_comes_after)
{
	struct fixture one = store_of(BLOCK_BYTES, 1), two = store_of(BLOCK_BYTES, 2);
	struct marks marks = { 0 };
	uint32_t ttl_s;
	for (uint32_t key = 0; key < KEYS; key++)
		put(&one, key, key + 1, TTL_S, 1);
	for (unsigned shard = 0; shard < one.store->shard_count; shard++)
		store_log_skip(one.store, shard, &marks.of[shard]);
	ck_assert_uint_eq(follow(&one, &marks, 0, &two, 1), 0);
	put(&one, 7, KEYS + 7, TTL_S, 1);
	ck_assert_uint_eq(follow(&one, &marks, 0, &two, 1), 1);
	ck_assert_uint_eq(get(&two, 7, 1, &ttl_s), KEYS + 7);
	memory_fini(&one.memory);
	memory_fini(&two.memory);
}
END_TEST

START_TEST(what_was_restored_is_not_given_out_again_unless_asked_for)
{
	struct fixture one = store_of(BLOCK_BYTES, 1), two = store_of(BLOCK_BYTES, 2),
		       three = store_of(BLOCK_BYTES, 3);
	struct marks first = { 0 }, second = { 0 }, again = { 0 };
	for (uint32_t key = 0; key < KEYS; key++)
		put(&one, key, key + 1, TTL_S, 1);
	ck_assert_uint_eq(follow(&one, &first, STORE_FROM_FILE, &two, 1), KEYS);
	put(&two, KEYS, 1, TTL_S, 1);
	ck_assert_uint_eq(follow(&two, &second, STORE_FROM_FILE, &three, 1), 1);
	ck_assert_uint_eq(follow(&two, &again, 0, &three, 1), KEYS + 1);
	ck_assert_uint_eq(compare(&two, &three, 1), KEYS);
	memory_fini(&one.memory);
	memory_fini(&two.memory);
	memory_fini(&three.memory);
}
END_TEST

/* The second level is not given what is its own, the file is; when the ring has moved on, also what was read from it. */
START_TEST(each_copy_is_given_what_it_does_not_have)
{
	struct fixture one = store_of(SMALL_BYTES, 1), two = store_of(BLOCK_BYTES, 2);
	struct marks for_file = { 0 }, for_shared = { 0 }, moved_to_file = { 0 }, moved_to_shared = { 0 };
	uint32_t key = 1, ttl_s;
	struct store_record record = {
		.key = (const uint8_t *)&key,
		.key_bytes = sizeof key,
		.value = (const uint8_t *)&key,
		.value_bytes = sizeof key,
		.original_ttl_s = TTL_S,
		.expires_s = TTL_S,
	};
	const unsigned both = STORE_FROM_FILE | STORE_FROM_SHARED;
	put(&one, 3, 3, TTL_S, 1);
	ck_assert_uint_eq(store_restore(one.store, &record, 1, STORE_FROM_FILE, 1), 1);
	key = 2;
	ck_assert_uint_eq(store_restore(one.store, &record, 1, STORE_FROM_SHARED, 1), 1);
	ck_assert_uint_eq(follow(&one, &for_file, STORE_FROM_FILE, &two, 1), 2);
	ck_assert_uint_eq(get(&two, 1, 1, &ttl_s), 0);
	ck_assert_uint_eq(get(&two, 2, 1, &ttl_s), 2);
	ck_assert_uint_eq(follow(&one, &for_shared, both, &two, 1), 1);

	for (uint32_t i = 10; use(&one, 1) + use(&one, 2) == 2 && i < 10000; i++) {
		put(&one, i, i, TTL_S, 1);
		if (i == 5000) {
			for (unsigned shard = 0; shard < one.store->shard_count; shard++) {
				store_log_skip(one.store, shard, &moved_to_file.of[shard]);
				store_log_skip(one.store, shard, &moved_to_shared.of[shard]);
			}
		}
	}
	(void)follow(&one, &moved_to_file, STORE_FROM_FILE, &two, 1);
	ck_assert_uint_eq(get(&two, 1, 1, &ttl_s), 1);
	struct fixture three = store_of(BLOCK_BYTES, 3);
	(void)follow(&one, &moved_to_shared, both, &three, 1);
	ck_assert_uint_eq(get(&three, 2, 1, &ttl_s), 0);
	memory_fini(&one.memory);
	memory_fini(&two.memory);
	memory_fini(&three.memory);
}
END_TEST

START_TEST(what_this_process_has_put_is_newer_than_any_record)
{
	struct fixture one = store_of(BLOCK_BYTES, 1);
	const uint32_t key = 7, old = 1;
	uint32_t ttl_s;
	struct store_record record = {
		.key = (const uint8_t *)&key,
		.key_bytes = sizeof key,
		.value = (const uint8_t *)&old,
		.value_bytes = sizeof old,
		.original_ttl_s = TTL_S,
		.expires_s = TTL_S,
	};
	put(&one, key, 2, 10, 1);
	ck_assert_uint_eq(store_restore(one.store, &record, 1, STORE_FROM_FILE, 1), 0);
	record.expires_s = 0;
	ck_assert_uint_eq(store_restore(one.store, &record, 1, STORE_FROM_FILE, 1), 0);
	ck_assert_uint_eq(get(&one, key, 1, &ttl_s), 2);
	memory_fini(&one.memory);
}
END_TEST

START_TEST(what_has_ended_here_makes_room_for_what_lives)
{
	struct fixture one = store_of(BLOCK_BYTES, 1);
	const uint32_t key = 7, other = 1;
	uint32_t ttl_s;
	struct store_record record = {
		.key = (const uint8_t *)&key,
		.key_bytes = sizeof key,
		.value = (const uint8_t *)&other,
		.value_bytes = sizeof other,
		.original_ttl_s = TTL_S,
		.expires_s = 15,
	};
	put(&one, key, 2, 10, 1);
	ck_assert_uint_eq(store_restore(one.store, &record, 1, STORE_FROM_FILE, 20),
			  0); /* both have ended, and ours is newer */
	record.expires_s = 30;
	ck_assert_uint_eq(store_restore(one.store, &record, 1, STORE_FROM_FILE, 20), 1);
	ck_assert_uint_eq(get(&one, key, 20, &ttl_s), 1);
	ck_assert_uint_eq(ttl_s, 10);
	memory_fini(&one.memory);
}
END_TEST

START_TEST(a_removal_is_told_only_to_who_listens)
{
	struct fixture one = store_of(BLOCK_BYTES, 1), two = store_of(BLOCK_BYTES, 2);
	struct marks marks = { 0 };
	const uint32_t key = 7;
	put(&one, key, 1, TTL_S, 1);
	store_remove(one.store, (const uint8_t *)&key, sizeof key, 1);
	ck_assert_uint_eq(follow(&one, &marks, STORE_FROM_FILE, &two, 1), 0);
	store_log_start(one.store);
	store_remove(one.store, (const uint8_t *)&key, sizeof key, 1); /* it is not there any more */
	ck_assert_uint_eq(follow(&one, &marks, STORE_FROM_FILE, &two, 1), 0);
	put(&one, key, 1, TTL_S, 1);
	store_remove(one.store, (const uint8_t *)&key, sizeof key, 1);
	ck_assert_uint_eq(follow(&one, &marks, STORE_FROM_FILE, &two, 1), 1);
	memory_fini(&one.memory);
	memory_fini(&two.memory);
}
END_TEST

static Suite *
suite(void)
{
	Suite *suite = suite_create("store_log");
	TCase *tcase = tcase_create("log");
	tcase_add_test(tcase, a_copy_that_follows_has_every_entry_and_no_other);
	tcase_add_test(tcase, a_copy_that_falls_behind_goes_on_with_the_oldest_that_is_left);
	tcase_add_test(tcase, who_skips_is_given_what_comes_after);
	tcase_add_test(tcase, what_was_restored_is_not_given_out_again_unless_asked_for);
	tcase_add_test(tcase, each_copy_is_given_what_it_does_not_have);
	tcase_add_test(tcase, what_this_process_has_put_is_newer_than_any_record);
	tcase_add_test(tcase, what_has_ended_here_makes_room_for_what_lives);
	tcase_add_test(tcase, a_removal_is_told_only_to_who_listens);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return run_suite(suite());
}
