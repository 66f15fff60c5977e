#include "resolver/cache/negative.h"

#include "tests/resolver/cache/cache_test.h"

static struct memory memory;
static struct negative_cache *cache;

static void
setup(void)
{
	memory_init(&memory, 262144, 2);
	cache = negative_cache_new(memory.block, memory.block_bytes, &memory.rng);
	ck_assert_ptr_nonnull(cache);
}

static void
teardown(void)
{
	memory_fini(&memory);
}

static int
put(const char *qname, uint16_t qtype, enum negative_kind kind, enum security security,
    uint32_t ttl_s, uint32_t now_s)
{
	struct negative negative = { .kind = kind, .ttl_s = ttl_s, .security = (uint8_t)security };
	return negative_cache_put(cache, name_in(&memory.arena, qname), qtype, CLASS_IN, &negative,
				  now_s);
}

/* 0 when nothing is found. */
static enum negative_kind
kind_of(const char *qname, uint16_t qtype, uint32_t now_s)
{
	struct negative found;
	int err = negative_cache_get(cache, name_in(&memory.arena, qname), qtype, CLASS_IN,
				     &memory.arena, &found, now_s);
	ck_assert(err == 0 || err == ERR_NOT_FOUND);
	return err == 0 ? found.kind : 0;
}

static struct negative
get(const char *qname, uint16_t qtype, uint32_t now_s)
{
	struct negative found;
	ck_assert_int_eq(negative_cache_get(cache, name_in(&memory.arena, qname), qtype, CLASS_IN,
					    &memory.arena, &found, now_s),
			 0);
	return found;
}

START_TEST(nxdomain_is_of_the_name_and_nodata_of_the_type)
{
	put("no.example.", TYPE_A, NEGATIVE_NXDOMAIN, SECURITY_INSECURE, 60, 0);
	put("www.example.", TYPE_AAAA, NEGATIVE_NODATA, SECURITY_INSECURE, 60, 0);
	ck_assert_int_eq(kind_of("NO.example.", TYPE_MX, 0), NEGATIVE_NXDOMAIN);
	ck_assert_int_eq(kind_of("www.example.", TYPE_AAAA, 0), NEGATIVE_NODATA);
	ck_assert_int_eq(kind_of("www.example.", TYPE_A, 0), 0);
	ck_assert_int_eq(kind_of("a.no.example.", TYPE_A, 0), 0);
	ck_assert_int_eq(kind_of("no.example.", TYPE_A, 60), 0);
}
END_TEST

START_TEST(the_authority_section_comes_back_in_order_with_the_time_that_remains)
{
	struct rrset *soa = set_in(&memory.arena, "example.", TYPE_SOA, 1, 1, 60, 1);
	struct rrset *nsec = set_in(&memory.arena, "a.example.", TYPE_NSEC, 1, 1, 30, 2);
	soa->next = nsec;
	nsec->security = soa->security = SECURITY_SECURE;
	struct negative negative = { .kind = NEGATIVE_NXDOMAIN,
				     .ttl_s = 300,
				     .security = SECURITY_SECURE,
				     .authority = soa };
	const struct name *qname = name_in(&memory.arena, "b.example.");
	ck_assert_int_eq(negative_cache_put(cache, qname, TYPE_A, CLASS_IN, &negative, 1000), 0);

	struct negative found = get("b.example.", TYPE_A, 1200);
	ck_assert_uint_eq(found.ttl_s, 100);
	ck_assert_uint_eq(found.security, SECURITY_SECURE);
	ck_assert_ptr_null(found.ede_text);
	assert_same_set(found.authority, soa);
	assert_same_set(found.authority->next, nsec);
	ck_assert_uint_eq(found.authority->ttl_s, 100);
	ck_assert_uint_eq(found.authority->next->ttl_s, 100);
	ck_assert_ptr_null(found.authority->next->next);
}
END_TEST

START_TEST(no_more_proofs_are_kept_than_the_bound)
{
	struct rrset *sets[NEGATIVE_PROOFS_MAX + 4];
	for (int i = COUNT(sets) - 1; i >= 0; i--) {
		sets[i] = set_in(&memory.arena, "example.", i == 0 ? TYPE_SOA : TYPE_NSEC3, 1, 2,
				 40, (uint8_t)i);
		sets[i]->next = i + 1 < COUNT(sets) ? sets[i + 1] : NULL;
	}
	struct negative negative = { .kind = NEGATIVE_NODATA, .ttl_s = 300, .authority = sets[0] };
	const struct name *qname = name_in(&memory.arena, "b.example.");
	ck_assert_int_eq(negative_cache_put(cache, qname, TYPE_A, CLASS_IN, &negative, 0), 0);
	unsigned count = 0;
	for (struct rrset *set = get("b.example.", TYPE_A, 0).authority; set != NULL;
	     set = set->next)
		assert_same_set(set, sets[count++]);
	ck_assert_uint_eq(count, 1 + NEGATIVE_PROOFS_MAX);
}
END_TEST

START_TEST(no_time_is_longer_than_the_cap)
{
	put("a.", TYPE_A, NEGATIVE_NXDOMAIN, SECURITY_INSECURE, 86400, 0);
	ck_assert_uint_eq(get("a.", TYPE_A, 0).ttl_s, NEGATIVE_TTL_MAX_S);
}
END_TEST

START_TEST(of_nxdomain_and_nodata_the_later_word_holds)
{
	put("a.", TYPE_A, NEGATIVE_NXDOMAIN, SECURITY_INSECURE, 100, 0);
	put("a.", TYPE_MX, NEGATIVE_NODATA, SECURITY_INSECURE, 100, 1);
	ck_assert_int_eq(kind_of("a.", TYPE_MX, 2), NEGATIVE_NODATA);
	ck_assert_int_eq(kind_of("a.", TYPE_A, 2), 0);
	put("a.", TYPE_A, NEGATIVE_NXDOMAIN, SECURITY_INSECURE, 100, 3);
	ck_assert_int_eq(kind_of("a.", TYPE_A, 4), NEGATIVE_NXDOMAIN);
	ck_assert_int_eq(kind_of("a.", TYPE_MX, 4),
			 NEGATIVE_NXDOMAIN); /* also of types known before */
}
END_TEST

START_TEST(what_was_validated_is_not_driven_out_by_what_was_not)
{
	put("a.", TYPE_A, NEGATIVE_NXDOMAIN, SECURITY_SECURE, 100, 0);
	ck_assert_int_eq(put("a.", TYPE_A, NEGATIVE_NODATA, SECURITY_UNCHECKED, 100, 1),
			 ERR_EXISTS);
	ck_assert_int_eq(kind_of("a.", TYPE_A, 2), NEGATIVE_NXDOMAIN);
	put("b.", TYPE_A, NEGATIVE_NODATA, SECURITY_SECURE, 100, 0);
	ck_assert_int_eq(put("b.", TYPE_A, NEGATIVE_NXDOMAIN, SECURITY_UNCHECKED, 100, 1),
			 ERR_EXISTS);
	put("b.", TYPE_MX, NEGATIVE_NXDOMAIN, SECURITY_INSECURE, 100, 1);
	ck_assert_int_eq(kind_of("b.", TYPE_A, 2), NEGATIVE_NODATA);
	ck_assert_int_eq(kind_of("b.", TYPE_TXT, 2), NEGATIVE_NXDOMAIN);
}
END_TEST

START_TEST(a_positive_answer_takes_back_both)
{
	put("a.", TYPE_A, NEGATIVE_NXDOMAIN, SECURITY_INSECURE, 100, 0);
	negative_cache_remove(cache, name_in(&memory.arena, "A."), TYPE_MX, CLASS_IN, 0);
	ck_assert_int_eq(kind_of("a.", TYPE_A, 0), 0);
	put("a.", TYPE_MX, NEGATIVE_NODATA, SECURITY_INSECURE, 100, 0);
	put("a.", TYPE_TXT, NEGATIVE_NODATA, SECURITY_INSECURE, 100, 0);
	negative_cache_remove(cache, name_in(&memory.arena, "a."), TYPE_MX, CLASS_IN, 0);
	ck_assert_int_eq(kind_of("a.", TYPE_MX, 0), 0);
	ck_assert_int_eq(kind_of("a.", TYPE_TXT, 0), NEGATIVE_NODATA);
}
END_TEST

/* RFC 8020. */
START_TEST(nothing_exists_below_a_name_that_does_not)
{
	struct negative found;
	const struct name *deep = name_in(&memory.arena, "x.y.no.example.");
	put("no.example.", TYPE_A, NEGATIVE_NXDOMAIN, SECURITY_INSECURE, 100, 0);
	put("y.no.example.", TYPE_A, NEGATIVE_NODATA, SECURITY_SECURE, 100,
	    0); /* no NXDOMAIN, no cut */
	ck_assert_int_eq(negative_cache_get_cut(cache, deep, CLASS_IN, SECURITY_INSECURE,
						&memory.arena, &found, 10),
			 0);
	ck_assert_int_eq(found.kind, NEGATIVE_NXDOMAIN);
	ck_assert_uint_eq(found.ttl_s, 90);
	ck_assert_int_eq(negative_cache_get_cut(cache, deep, CLASS_IN, SECURITY_SECURE,
						&memory.arena, &found, 10),
			 ERR_NOT_FOUND);
	ck_assert_int_eq(negative_cache_get_cut(cache, name_in(&memory.arena, "yes.example."),
						CLASS_IN, SECURITY_UNCHECKED, &memory.arena, &found,
						10),
			 ERR_NOT_FOUND);
}
END_TEST

START_TEST(a_cut_that_failed_validation_is_none)
{
	struct negative found;
	put("no.example.", TYPE_A, NEGATIVE_NXDOMAIN, SECURITY_BOGUS, 100, 0);
	for (enum security at_least = SECURITY_UNCHECKED; at_least <= SECURITY_SECURE; at_least++)
		ck_assert_int_eq(
			negative_cache_get_cut(cache, name_in(&memory.arena, "a.no.example."),
					       CLASS_IN, at_least, &memory.arena, &found, 0),
			ERR_NOT_FOUND);
}
END_TEST

START_TEST(a_cut_is_found_above_the_longest_name)
{
	char text[300] = "";
	for (int i = 0; i < 126; i++)
		strcat(text, "a.");
	struct negative found;
	put("a.", TYPE_A, NEGATIVE_NXDOMAIN, SECURITY_INSECURE, 100, 0);
	ck_assert_int_eq(negative_cache_get_cut(cache, name_in(&memory.arena, text), CLASS_IN,
						SECURITY_UNCHECKED, &memory.arena, &found, 0),
			 0);
	ck_assert_int_eq(negative_cache_get_cut(cache, &name_root, CLASS_IN, SECURITY_UNCHECKED,
						&memory.arena, &found, 0),
			 ERR_NOT_FOUND);
}
END_TEST

/* RFC 9520, section 3.2. */
START_TEST(a_failure_that_comes_again_lasts_twice_as_long)
{
	static const uint32_t expected_s[] = { 5, 10, 20, 40, 80, 160, 300, 300 };
	uint32_t now_s = 100;
	for (int i = 0; i < COUNT(expected_s); i++) {
		put("f.", TYPE_A, NEGATIVE_FAILURE, SECURITY_UNCHECKED, 0, now_s);
		struct negative found = get("f.", TYPE_A, now_s);
		ck_assert_uint_eq(found.ttl_s, expected_s[i]);
		ck_assert_uint_eq(found.failure_count, (unsigned)i + 1);
		now_s += expected_s[i];
		ck_assert_int_eq(kind_of("f.", TYPE_A, now_s), 0);
		now_s += NEGATIVE_FAILURE_TTL_MAX_S - 1; /* just before it is forgotten */
	}
	put("f.", TYPE_A, NEGATIVE_FAILURE, SECURITY_UNCHECKED, 0, now_s);
	now_s += NEGATIVE_FAILURE_TTL_MAX_S * 2;
	put("f.", TYPE_A, NEGATIVE_FAILURE, SECURITY_UNCHECKED, 0, now_s);
	ck_assert_uint_eq(get("f.", TYPE_A, now_s).ttl_s, NEGATIVE_FAILURE_TTL_S);
}
END_TEST

START_TEST(two_tasks_that_fail_at_once_are_one_failure)
{
	put("f.", TYPE_A, NEGATIVE_FAILURE, SECURITY_UNCHECKED, 0, 100);
	ck_assert_int_eq(put("f.", TYPE_A, NEGATIVE_FAILURE, SECURITY_UNCHECKED, 0, 102), 0);
	ck_assert_uint_eq(get("f.", TYPE_A, 102).ttl_s, 3);
	ck_assert_uint_eq(get("f.", TYPE_A, 102).failure_count, 1);
}
END_TEST

START_TEST(a_success_between_failures_starts_again)
{
	put("f.", TYPE_A, NEGATIVE_FAILURE, SECURITY_UNCHECKED, 0, 100);
	negative_cache_remove(cache, name_in(&memory.arena, "f."), TYPE_A, CLASS_IN, 101);
	put("f.", TYPE_A, NEGATIVE_FAILURE, SECURITY_UNCHECKED, 0, 106);
	ck_assert_uint_eq(get("f.", TYPE_A, 106).ttl_s, NEGATIVE_FAILURE_TTL_S);
}
END_TEST

START_TEST(a_failure_of_another_network_starts_again)
{
	struct negative failure = { .kind = NEGATIVE_FAILURE, .epoch = 7 };
	const struct name *qname = name_in(&memory.arena, "f.");
	for (uint32_t now_s = 100; now_s < 200; now_s += 50)
		negative_cache_put(cache, qname, TYPE_A, CLASS_IN, &failure, now_s);
	ck_assert_uint_eq(get("f.", TYPE_A, 155).failure_count, 2);
	ck_assert_uint_eq(get("f.", TYPE_A, 155).epoch, 7);
	failure.epoch = 8;
	negative_cache_put(cache, qname, TYPE_A, CLASS_IN, &failure, 155); /* the last one lives */
	ck_assert_uint_eq(get("f.", TYPE_A, 155).failure_count, 1);
	ck_assert_uint_eq(get("f.", TYPE_A, 155).ttl_s, NEGATIVE_FAILURE_TTL_S);
	ck_assert_uint_eq(get("f.", TYPE_A, 155).epoch, 8);
}
END_TEST

START_TEST(a_failure_may_start_longer_and_keeps_its_reason)
{
	char text[NEGATIVE_TEXT_BYTES_MAX + 50];
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = 0;
	struct negative failure = {
		.kind = NEGATIVE_FAILURE, .ttl_s = 60, .ede = 23, .ede_text = text
	};
	const struct name *qname = name_in(&memory.arena, "f.");
	negative_cache_put(cache, qname, TYPE_A, CLASS_IN, &failure, 0);
	struct negative found = get("f.", TYPE_A, 0);
	ck_assert_uint_eq(found.ttl_s, 60);
	ck_assert_uint_eq(found.ede, 23);
	ck_assert_uint_eq(strlen(found.ede_text), NEGATIVE_TEXT_BYTES_MAX);
	failure.ttl_s = 100000;
	failure.ede_text = NULL;
	negative_cache_put(cache, qname, TYPE_MX, CLASS_IN, &failure, 0);
	ck_assert_uint_eq(get("f.", TYPE_MX, 0).ttl_s, NEGATIVE_FAILURE_TTL_MAX_S);
	ck_assert_ptr_null(get("f.", TYPE_MX, 0).ede_text);
}
END_TEST

START_TEST(a_failure_never_replaces_what_is_known)
{
	put("a.", TYPE_A, NEGATIVE_NODATA, SECURITY_UNCHECKED, 100, 0);
	put("a.", TYPE_A, NEGATIVE_FAILURE, SECURITY_UNCHECKED, 0, 0);
	ck_assert_int_eq(kind_of("a.", TYPE_A, 0), NEGATIVE_NODATA);
	put("b.", TYPE_A, NEGATIVE_NXDOMAIN, SECURITY_UNCHECKED, 100, 0);
	put("b.", TYPE_A, NEGATIVE_FAILURE, SECURITY_UNCHECKED, 0, 0);
	ck_assert_int_eq(kind_of("b.", TYPE_A, 0), NEGATIVE_NXDOMAIN);
	put("c.", TYPE_A, NEGATIVE_FAILURE, SECURITY_UNCHECKED, 0, 0);
	put("c.", TYPE_A, NEGATIVE_NODATA, SECURITY_UNCHECKED, 100, 0);
	ck_assert_int_eq(kind_of("c.", TYPE_A, 0), NEGATIVE_NODATA);
}
END_TEST

START_TEST(a_failure_stands_beside_what_has_ended_and_hides_it_only_from_who_does_not_look)
{
	struct negative found;
	uint32_t expired_s;
	put("a.", TYPE_A, NEGATIVE_NODATA, SECURITY_UNCHECKED, 100, 0);
	put("a.", TYPE_A, NEGATIVE_FAILURE, SECURITY_UNCHECKED, 0, 110);
	ck_assert_int_eq(kind_of("a.", TYPE_A, 110), NEGATIVE_FAILURE);
	ck_assert_int_eq(negative_cache_get_stale(cache, name_in(&memory.arena, "a."), TYPE_A, CLASS_IN, 60, &memory.arena,
						  &found, &expired_s, 110), 0);
	ck_assert_int_eq(found.kind, NEGATIVE_NODATA);
	ck_assert_uint_eq(expired_s, 10);
	ck_assert_int_eq(negative_cache_get_stale(cache, name_in(&memory.arena, "a."), TYPE_A, CLASS_IN, 9, &memory.arena,
						  &found, &expired_s, 110), ERR_NOT_FOUND);
	negative_cache_renew(cache, name_in(&memory.arena, "a."), TYPE_A, CLASS_IN, 110);
	ck_assert_int_eq(negative_cache_get_stale(cache, name_in(&memory.arena, "a."), TYPE_A, CLASS_IN, 0, &memory.arena,
						  &found, &expired_s, 110), 0);
}
END_TEST

START_TEST(what_answers_ends_the_memory_of_the_failure)
{
	put("a.", TYPE_A, NEGATIVE_FAILURE, SECURITY_UNCHECKED, 300, 0);
	put("a.", TYPE_A, NEGATIVE_NODATA, SECURITY_UNCHECKED, 10, 1);
	ck_assert_int_eq(negative_cache_get(cache, name_in(&memory.arena, "a."), TYPE_A, CLASS_IN, &memory.arena,
					    &(struct negative){ 0 }, 12), ERR_NOT_FOUND);
}
END_TEST

START_TEST(the_arena_is_as_before_when_it_is_too_small_at_any_point)
{
	struct rrset *soa = set_in(&memory.arena, "example.", TYPE_SOA, 1, 1, 60, 1);
	soa->next = set_in(&memory.arena, "a.example.", TYPE_NSEC, 1, 1, 30, 2);
	struct negative negative = { .kind = NEGATIVE_NXDOMAIN, .ttl_s = 300, .authority = soa };
	const struct name *qname = name_in(&memory.arena, "b.example.");
	negative_cache_put(cache, qname, TYPE_A, CLASS_IN, &negative, 0);
	uint8_t small[1024];
	int err = ERR_NO_MEMORY;
	for (size_t size = 0; err != 0; size++) {
		ck_assert_uint_lt(size, sizeof small);
		struct arena arena;
		arena_init(&arena, small, size);
		err = negative_cache_get(cache, qname, TYPE_A, CLASS_IN, &arena, &negative, 0);
		ck_assert(err == 0 || (err == ERR_NO_MEMORY && arena.used == 0));
	}
	assert_same_set(negative.authority, soa);
}
END_TEST

START_TEST(a_question_counts_as_one_hit_or_one_miss)
{
	struct cache_stats stats;
	put("a.", TYPE_A, NEGATIVE_NODATA, SECURITY_INSECURE, 100, 0);
	put("b.", TYPE_A, NEGATIVE_NXDOMAIN, SECURITY_INSECURE, 100, 0);
	ck_assert_int_eq(kind_of("a.", TYPE_A, 0), NEGATIVE_NODATA);
	ck_assert_int_eq(kind_of("b.", TYPE_A, 0), NEGATIVE_NXDOMAIN);
	ck_assert_int_eq(kind_of("c.", TYPE_A, 0), 0);
	negative_cache_stats(cache, &stats);
	ck_assert_uint_eq(stats.hits, 2);
	ck_assert_uint_eq(stats.misses, 1);
	ck_assert_uint_eq(stats.entries, 2);
}
END_TEST

static Suite *
negative_suite(void)
{
	Suite *suite = suite_create("negative cache");
	TCase *tcase = tcase_create("behaviours");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, nxdomain_is_of_the_name_and_nodata_of_the_type);
	tcase_add_test(tcase, the_authority_section_comes_back_in_order_with_the_time_that_remains);
	tcase_add_test(tcase, no_more_proofs_are_kept_than_the_bound);
	tcase_add_test(tcase, no_time_is_longer_than_the_cap);
	tcase_add_test(tcase, of_nxdomain_and_nodata_the_later_word_holds);
	tcase_add_test(tcase, what_was_validated_is_not_driven_out_by_what_was_not);
	tcase_add_test(tcase, a_positive_answer_takes_back_both);
	tcase_add_test(tcase, nothing_exists_below_a_name_that_does_not);
	tcase_add_test(tcase, a_cut_that_failed_validation_is_none);
	tcase_add_test(tcase, a_cut_is_found_above_the_longest_name);
	tcase_add_test(tcase, a_failure_that_comes_again_lasts_twice_as_long);
	tcase_add_test(tcase, two_tasks_that_fail_at_once_are_one_failure);
	tcase_add_test(tcase, a_success_between_failures_starts_again);
	tcase_add_test(tcase, a_failure_of_another_network_starts_again);
	tcase_add_test(tcase, a_failure_may_start_longer_and_keeps_its_reason);
	tcase_add_test(tcase, a_failure_never_replaces_what_is_known);
	tcase_add_test(tcase, the_arena_is_as_before_when_it_is_too_small_at_any_point);
	tcase_add_test(tcase, a_question_counts_as_one_hit_or_one_miss);
	tcase_add_test(tcase, a_failure_stands_beside_what_has_ended_and_hides_it_only_from_who_does_not_look);
	tcase_add_test(tcase, what_answers_ends_the_memory_of_the_failure);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return run_suite(negative_suite());
}
