/* What is flushed goes from the caches, and nothing else does. */
#include <stdio.h>

#include "cache_test.h"
#include "resolver/cache/delegation.h"
#include "resolver/cache/flush.h"
#include "resolver/cache/negative.h"

#define CACHE_BYTES (2u << 20) /* several shards */
#define NOW_S       1000u
#define TTL_S       600u
#define MANY        3000u

static struct memory memory, other;
static struct rrset_cache *cache;
static void *block;

static void
setup(void)
{
	memory_init(&memory, CACHE_BYTES, 3);
	memory_init(&other, CACHE_BYTES, 4);
	cache = rrset_cache_new(memory.block, CACHE_BYTES, &memory.rng);
	ck_assert_ptr_nonnull(cache);
	block = malloc(FLUSH_BLOCK_BYTES);
	ck_assert_ptr_nonnull(block);
}

static void
teardown(void)
{
	free(block);
	memory_fini(&memory);
	memory_fini(&other);
}

static void
keep(const char *owner, uint16_t type)
{
	arena_rewind(&memory.arena, 0);
	const struct rrset *set = set_in(&memory.arena, owner, type, 1, 0, 4, 1);
	ck_assert_int_eq(rrset_cache_put(cache, set, TRUST_ANSWER_AA, TTL_S, NOW_S), 0);
}

static bool
is_kept(const char *owner, uint16_t type)
{
	struct rrset *found;
	arena_rewind(&memory.arena, 0);
	return rrset_cache_get(cache, name_in(&memory.arena, owner), type, CLASS_IN, TRUST_NONE, &memory.arena, &found,
			       NOW_S) == 0;
}

static uint64_t
flush(const char *text, bool with_below, uint16_t type)
{
	struct name name;
	ck_assert_int_eq(name_from_text(&name, text, NULL), 0);
	const struct flush_wish wish = { .name = &name, .with_below = with_below, .type = type };
	return flush_store(rrset_cache_store(cache), &wish, block, NOW_S);
}

START_TEST(a_name_goes_with_all_its_types_and_no_other_name)
{
	keep("www.example.com", TYPE_A);
	keep("www.example.com", TYPE_AAAA);
	keep("a.www.example.com", TYPE_A);
	keep("example.com", TYPE_A);
	ck_assert_uint_eq(flush("WWW.Example.COM", false, FLUSH_TYPE_ANY), 2);
	ck_assert(!is_kept("www.example.com", TYPE_A) && !is_kept("www.example.com", TYPE_AAAA));
	ck_assert(is_kept("a.www.example.com", TYPE_A) && is_kept("example.com", TYPE_A));
}
END_TEST

START_TEST(a_zone_goes_with_all_below_it)
{
	keep("example.com", TYPE_A);
	keep("a.b.example.com", TYPE_MX);
	keep("notexample.com", TYPE_A); /* ends in the same letters, not in the same labels */
	keep("com", TYPE_A);
	ck_assert_uint_eq(flush("example.com", true, FLUSH_TYPE_ANY), 2);
	ck_assert(!is_kept("example.com", TYPE_A) && !is_kept("a.b.example.com", TYPE_MX));
	ck_assert(is_kept("notexample.com", TYPE_A) && is_kept("com", TYPE_A));
}
END_TEST

START_TEST(a_type_goes_alone)
{
	keep("example.com", TYPE_A);
	keep("example.com", TYPE_MX);
	ck_assert_uint_eq(flush("example.com", false, TYPE_MX), 1);
	ck_assert(is_kept("example.com", TYPE_A) && !is_kept("example.com", TYPE_MX));
}
END_TEST

START_TEST(the_root_is_everything)
{
	char text[32];

	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(text, sizeof text, "n%u.example", i);
		keep(text, TYPE_A);
	}
	ck_assert_uint_eq(flush(".", true, FLUSH_TYPE_ANY), MANY);
	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(text, sizeof text, "n%u.example", i);
		ck_assert_msg(!is_kept(text, TYPE_A), "%s", text);
	}
	ck_assert_uint_eq(flush(".", true, FLUSH_TYPE_ANY), 0);
}
END_TEST

START_TEST(what_came_from_a_file_or_another_machine_goes_too)
{
	static const enum store_origin origins[] = { STORE_FROM_FILE, STORE_FROM_SHARED };
	struct store *store = rrset_cache_store(cache);
	struct store_record record;
	size_t copied, at = 0;

	keep("example.com", TYPE_A);
	for (unsigned shard = 0; shard < store->shard_count; shard++) {
		struct store_mark mark = { 0 };
		if (!store_log_copy(store, shard, &mark, 0, block, FLUSH_BLOCK_BYTES, &copied) ||
		    !store_log_next(block, copied, &at, &record))
			continue;
		break;
	}
	rrset_cache_remove(cache, name_in(&memory.arena, "example.com"), TYPE_A, CLASS_IN, NOW_S);
	ck_assert_uint_eq(store_restore(store, &record, 1, origins[_i], NOW_S), 1);
	ck_assert(is_kept("example.com", TYPE_A));
	void *copy = block;
	block = malloc(FLUSH_BLOCK_BYTES); /* the record is lent from the other */
	ck_assert_uint_eq(flush("com", true, FLUSH_TYPE_ANY), 1);
	free(copy);
	ck_assert(!is_kept("example.com", TYPE_A));
}
END_TEST

/* Whoever keeps a copy of the log learns of it, so that nothing comes back with the next start. */
START_TEST(what_is_flushed_is_removed_in_the_log_too)
{
	struct store *store = rrset_cache_store(cache);
	unsigned removals = 0;

	store_log_start(store);
	keep("example.com", TYPE_A);
	ck_assert_uint_eq(flush("example.com", true, FLUSH_TYPE_ANY), 1);
	for (unsigned shard = 0; shard < store->shard_count; shard++) {
		struct store_mark mark = { 0 };
		struct store_record record;
		size_t copied;
		while (store_log_copy(store, shard, &mark, 0, block, FLUSH_BLOCK_BYTES, &copied))
			for (size_t at = 0; store_log_next(block, copied, &at, &record);)
				removals += record.expires_s == 0;
	}
	ck_assert_uint_eq(removals, 1);
}
END_TEST

START_TEST(absences_and_delegations_go_the_same_way)
{
	struct negative_cache *negatives = negative_cache_new(other.block, CACHE_BYTES / 2, &other.rng);
	struct delegation_cache *delegations =
		delegation_cache_new((uint8_t *)other.block + CACHE_BYTES / 2, CACHE_BYTES / 2, &other.rng);
	const struct name *name = name_in(&other.arena, "gone.example.com"), *zone = name_in(&other.arena, "example.com");
	struct negative negative = { .kind = NEGATIVE_FAILURE, .ttl_s = 5 };
	struct delegation_ns ns = { .name = name };
	struct delegation delegation = { .zone = zone, .ttl_s = TTL_S, .ns_count = 1, .ns = &ns };
	const struct flush_wish wish = { .name = zone, .with_below = true };

	ck_assert_int_eq(negative_cache_put(negatives, name, TYPE_A, CLASS_IN, &negative, NOW_S), 0);
	ck_assert_int_eq(delegation_cache_put(delegations, &delegation, UINT32_MAX, NOW_S), 0);
	ck_assert_uint_eq(flush_store(negative_cache_store(negatives), &wish, block, NOW_S), 1);
	ck_assert_uint_eq(flush_store(delegation_cache_store(delegations), &wish, block, NOW_S), 1);
	ck_assert_int_eq(negative_cache_get(negatives, name, TYPE_A, CLASS_IN, &other.arena, &negative, NOW_S), ERR_NOT_FOUND);
	ck_assert_int_eq(delegation_cache_find(delegations, name, &other.arena, &delegation, NOW_S), ERR_NOT_FOUND);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("flush");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_name_goes_with_all_its_types_and_no_other_name);
	tcase_add_test(tcase, a_zone_goes_with_all_below_it);
	tcase_add_test(tcase, a_type_goes_alone);
	tcase_add_test(tcase, the_root_is_everything);
	tcase_add_loop_test(tcase, what_came_from_a_file_or_another_machine_goes_too, 0, 2);
	tcase_add_test(tcase, what_is_flushed_is_removed_in_the_log_too);
	tcase_add_test(tcase, absences_and_delegations_go_the_same_way);
	Suite *suite = suite_create("cache: flush");
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
