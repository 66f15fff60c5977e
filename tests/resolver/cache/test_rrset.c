#include "resolver/cache/rrset.h"

#include "tests/resolver/cache/cache_test.h"

static struct memory memory;
static struct rrset_cache *cache;

static void
setup(void)
{
	memory_init(&memory, 65536, 1);
	cache = rrset_cache_new(memory.block, memory.block_bytes, &memory.rng);
	ck_assert_ptr_nonnull(cache);
}

static void
teardown(void)
{
	memory_fini(&memory);
}

static struct rrset *
set_of(const char *owner, uint16_t type, uint8_t fill)
{
	return set_in(&memory.arena, owner, type, 2, 0, 4, fill);
}

static struct rrset *
get(const char *owner, uint16_t type, enum trust at_least, uint32_t now_s)
{
	struct rrset *found;
	int err = rrset_cache_get(cache, name_in(&memory.arena, owner), type, CLASS_IN, at_least,
				  &memory.arena, &found, now_s);
	ck_assert(err == 0 || err == ERR_NOT_FOUND);
	return err == 0 ? found : NULL;
}

START_TEST(a_set_comes_back_whole_with_its_signatures)
{
	struct rrset *set = set_in(&memory.arena, "www.example.", TYPE_A, 3, 2, 20, 7);
	set->security = SECURITY_SECURE;
	ck_assert_int_eq(rrset_cache_put(cache, set, TRUST_SECURE, 300, 1000), 0);
	struct rrset *found = get("www.example.", TYPE_A, TRUST_NONE, 1100);
	ck_assert_ptr_nonnull(found);
	assert_same_set(found, set);
	ck_assert_uint_eq(found->ttl_s, 200);
	ck_assert_uint_eq(found->trust, TRUST_SECURE);
	ck_assert_ptr_null(found->next);
}
END_TEST

START_TEST(letter_case_is_ignored_and_given_back_as_asked)
{
	rrset_cache_put(cache, set_of("wWw.eXample.", TYPE_A, 1), TRUST_ANSWER_AA, 300, 0);
	struct rrset *found = get("WWW.Example.", TYPE_A, TRUST_NONE, 0);
	ck_assert_ptr_nonnull(found);
	ck_assert(name_equal_exact(found->owner, name_in(&memory.arena, "WWW.Example.")));
	ck_assert_ptr_null(get("ww.example.", TYPE_A, TRUST_NONE, 0));
	ck_assert_ptr_null(get("www.example.", TYPE_AAAA, TRUST_NONE, 0));
}
END_TEST

START_TEST(a_set_is_gone_when_its_ttl_has_run_out)
{
	rrset_cache_put(cache, set_of("a.example.", TYPE_A, 1), TRUST_ANSWER_AA, 60, 100);
	ck_assert_uint_eq(get("a.example.", TYPE_A, TRUST_NONE, 159)->ttl_s, 1);
	ck_assert_ptr_null(get("a.example.", TYPE_A, TRUST_NONE, 160));
}
END_TEST

/* RFC 2181, section 5.4.1: every pair of ranks. */
START_TEST(data_of_lower_trust_never_replaces_higher_before_it_expires)
{
	enum trust old = (enum trust)_i;
	for (enum trust new = TRUST_ADDITIONAL; new <= TRUST_SECURE; new ++) {
		rrset_cache_remove(cache, name_in(&memory.arena, "a."), TYPE_A, CLASS_IN, 99);
		ck_assert_int_eq(rrset_cache_put(cache, set_of("a.", TYPE_A, 1), old, 100, 0), 0);
		int err = rrset_cache_put(cache, set_of("a.", TYPE_A, 2), new, 100, 99);
		ck_assert_int_eq(err, new >= old ? 0 : ERR_EXISTS);
		ck_assert_uint_eq(get("a.", TYPE_A, TRUST_NONE, 99)->rdata[2], new >= old ? 2 : 1);
		ck_assert_uint_eq(get("a.", TYPE_A, TRUST_NONE, 99)->trust, new >= old ? new : old);
		ck_assert_int_eq(rrset_cache_put(cache, set_of("a.", TYPE_A, 3), new, 100, 199), 0);
	}
}
END_TEST

START_TEST(only_data_of_the_trust_asked_for_is_found)
{
	rrset_cache_put(cache, set_of("ns.example.", TYPE_A, 1), TRUST_ADDITIONAL, 60, 0);
	ck_assert_ptr_null(get("ns.example.", TYPE_A, TRUST_ANSWER, 0));
	ck_assert_ptr_nonnull(get("ns.example.", TYPE_A, TRUST_ADDITIONAL, 0));
}
END_TEST

/* Ghost domains: NDSS 2012, CVE-2022-30698. */
START_TEST(a_zones_own_ns_set_does_not_prolong_itself)
{
	rrset_cache_put(cache, set_of("example.", TYPE_NS, 1), TRUST_REFERRAL, 100, 0);
	rrset_cache_put(cache, set_of("example.", TYPE_NS, 2), TRUST_AUTHORITY_AA, 1000, 50);
	ck_assert_uint_eq(get("example.", TYPE_NS, TRUST_NONE, 50)->ttl_s, 50);
	rrset_cache_put(cache, set_of("example.", TYPE_NS, 3), TRUST_ANSWER_AA, 1000, 90);
	ck_assert_uint_eq(get("example.", TYPE_NS, TRUST_NONE, 90)->ttl_s, 10);
	rrset_cache_put(cache, set_of("example.", TYPE_NS, 4), TRUST_ANSWER_AA, 5, 90);
	ck_assert_uint_eq(get("example.", TYPE_NS, TRUST_NONE, 90)->ttl_s,
			  5); /* it may be shortened */
	rrset_cache_put(cache, set_of("example.", TYPE_NS, 5), TRUST_ANSWER_AA, 1000, 95);
	ck_assert_uint_eq(get("example.", TYPE_NS, TRUST_NONE, 95)->ttl_s,
			  1000); /* and begin anew */
}
END_TEST

START_TEST(a_zones_own_ns_set_is_renewed_when_its_parent_vouches_for_it)
{
	rrset_cache_put(cache, set_of("example.", TYPE_NS, 1), TRUST_AUTHORITY_AA, 100, 0);
	ck_assert_int_eq(rrset_cache_renew_ns(cache, set_of("example.", TYPE_NS, 2), TRUST_AUTHORITY_AA, 1000, 0, 90), 0);
	ck_assert_uint_eq(get("example.", TYPE_NS, TRUST_NONE, 90)->ttl_s, 1000);
}
END_TEST

START_TEST(the_parent_the_root_and_other_types_may_renew)
{
	rrset_cache_put(cache, set_of("example.", TYPE_NS, 1), TRUST_REFERRAL, 100, 0);
	rrset_cache_put(cache, set_of("example.", TYPE_NS, 2), TRUST_REFERRAL, 100, 50);
	ck_assert_uint_eq(get("example.", TYPE_NS, TRUST_NONE, 50)->ttl_s, 100);
	rrset_cache_put(cache, set_of(".", TYPE_NS, 1), TRUST_ANSWER_AA, 100, 0);
	rrset_cache_put(cache, set_of(".", TYPE_NS, 2), TRUST_ANSWER_AA, 100, 50);
	ck_assert_uint_eq(get(".", TYPE_NS, TRUST_NONE, 50)->ttl_s, 100);
	rrset_cache_put(cache, set_of("example.", TYPE_A, 1), TRUST_ANSWER_AA, 100, 0);
	rrset_cache_put(cache, set_of("example.", TYPE_A, 2), TRUST_ANSWER_AA, 100, 50);
	ck_assert_uint_eq(get("example.", TYPE_A, TRUST_NONE, 50)->ttl_s, 100);
}
END_TEST

START_TEST(a_ttl_of_zero_is_not_kept)
{
	rrset_cache_put(cache, set_of("a.", TYPE_A, 1), TRUST_ANSWER_AA, 100, 0);
	ck_assert_int_eq(rrset_cache_put(cache, set_of("a.", TYPE_A, 2), TRUST_ANSWER_AA, 0, 0), 0);
	ck_assert_ptr_null(get("a.", TYPE_A, TRUST_NONE, 0));
}
END_TEST

START_TEST(a_removed_set_is_gone_and_its_neighbours_are_not)
{
	rrset_cache_put(cache, set_of("a.", TYPE_A, 1), TRUST_ANSWER_AA, 100, 0);
	rrset_cache_put(cache, set_of("a.", TYPE_AAAA, 1), TRUST_ANSWER_AA, 100, 0);
	rrset_cache_remove(cache, name_in(&memory.arena, "A."), TYPE_A, CLASS_IN, 0);
	rrset_cache_remove(cache, name_in(&memory.arena, "b."), TYPE_A, CLASS_IN, 0);
	ck_assert_ptr_null(get("a.", TYPE_A, TRUST_NONE, 0));
	ck_assert_ptr_nonnull(get("a.", TYPE_AAAA, TRUST_NONE, 0));
}
END_TEST

START_TEST(the_arena_is_as_before_when_it_is_too_small_at_any_point)
{
	struct rrset *set = set_in(&memory.arena, "www.example.", TYPE_A, 3, 1, 20, 7);
	rrset_cache_put(cache, set, TRUST_ANSWER_AA, 300, 0);
	uint8_t small[400];
	int err = ERR_NO_MEMORY;
	for (size_t size = 0; err != 0; size++) {
		ck_assert_uint_lt(size, sizeof small);
		struct arena arena;
		struct rrset *found;
		arena_init(&arena, small, size);
		err = rrset_cache_get(cache, set->owner, TYPE_A, CLASS_IN, TRUST_NONE, &arena,
				      &found, 0);
		ck_assert(err == 0 || (err == ERR_NO_MEMORY && arena.used == 0));
		if (err == 0)
			assert_same_set(found, set);
	}
}
END_TEST

START_TEST(a_set_that_is_too_large_is_refused)
{
	struct rrset *set = set_in(&memory.arena, "a.", TYPE_TXT, 100, 0, 250, 7);
	ck_assert_int_eq(rrset_cache_put(cache, set, TRUST_ANSWER_AA, 300, 0), ERR_TOO_BIG);
	struct cache_stats stats;
	rrset_cache_stats(cache, &stats);
	ck_assert_uint_eq(stats.refused_size, 1);
	ck_assert_uint_eq(stats.entries, 0);
}
END_TEST

START_TEST(an_address_takes_less_than_seventy_octets)
{
	struct rrset *set = set_in(&memory.arena, "www.example-1234.com.", TYPE_A, 1, 0, 4, 7);
	rrset_cache_put(cache, set, TRUST_ANSWER_AA, 300, 0);
	struct cache_stats stats;
	rrset_cache_stats(cache, &stats);
	ck_assert_uint_eq(stats.bytes_used, 56); /* and 11 of index */
}
END_TEST

static int
get_stale(const char *owner, uint32_t stale_s, uint32_t *ttl_s, uint32_t *expired_s, uint32_t now_s)
{
	struct rrset *found;
	int err = rrset_cache_get_stale(cache, name_in(&memory.arena, owner), TYPE_A, CLASS_IN, TRUST_NONE, stale_s,
					&memory.arena, &found, expired_s, now_s);
	if (err == 0)
		*ttl_s = found->ttl_s;
	return err;
}

START_TEST(what_has_ended_is_found_by_who_asks_for_it_and_not_for_ever)
{
	uint32_t ttl_s, expired_s;
	rrset_cache_put(cache, set_of("a.", TYPE_A, 1), TRUST_ANSWER_AA, 60, 100);
	ck_assert_int_eq(get_stale("a.", 10, &ttl_s, &expired_s, 159), 0);
	ck_assert(ttl_s == 1 && expired_s == 0);
	ck_assert_int_eq(get_stale("a.", 10, &ttl_s, &expired_s, 170), 0);
	ck_assert(ttl_s == 0 && expired_s == 10);
	ck_assert_int_eq(get_stale("a.", 10, &ttl_s, &expired_s, 171), ERR_NOT_FOUND);
	rrset_cache_renew(cache, name_in(&memory.arena, "a."), TYPE_A, CLASS_IN, 171);
	ck_assert_int_eq(get_stale("a.", 10, &ttl_s, &expired_s, 181), 0);
	ck_assert_ptr_null(get("a.", TYPE_A, TRUST_NONE, 181));
}
END_TEST

START_TEST(what_lives_is_not_renewed)
{
	rrset_cache_put(cache, set_of("a.", TYPE_A, 1), TRUST_ANSWER_AA, 60, 100);
	rrset_cache_renew(cache, name_in(&memory.arena, "a."), TYPE_A, CLASS_IN, 120);
	ck_assert_uint_eq(get("a.", TYPE_A, TRUST_NONE, 120)->ttl_s, 40);
	ck_assert_uint_eq(get("a.", TYPE_A, TRUST_NONE, 120)->original_ttl_s, 60);
}
END_TEST

START_TEST(what_is_only_offered_leaves_what_may_stand_in_for_it)
{
	rrset_cache_put(cache, set_of("a.", TYPE_A, 1), TRUST_ANSWER_AA, 60, 100);
	ck_assert_int_eq(rrset_cache_offer(cache, set_of("a.", TYPE_A, 2), TRUST_ANSWER_AA, 60, 100, 170), ERR_EXISTS);
	ck_assert_ptr_null(get("a.", TYPE_A, TRUST_NONE, 170));
	rrset_cache_remove_below(cache, name_in(&memory.arena, "a."), TYPE_A, CLASS_IN, TRUST_SECURE, 170);
	ck_assert_int_eq(rrset_cache_offer(cache, set_of("a.", TYPE_A, 2), TRUST_ANSWER_AA, 60, 100, 261), 0);
	ck_assert_ptr_nonnull(get("a.", TYPE_A, TRUST_NONE, 261));
	rrset_cache_remove_below(cache, name_in(&memory.arena, "a."), TYPE_A, CLASS_IN, TRUST_SECURE, 261);
	ck_assert_ptr_null(get("a.", TYPE_A, TRUST_NONE, 261));
}
END_TEST

START_TEST(what_is_proved_is_not_removed_for_what_is_not)
{
	rrset_cache_put(cache, set_of("a.", TYPE_A, 1), TRUST_SECURE, 60, 100);
	rrset_cache_remove_below(cache, name_in(&memory.arena, "a."), TYPE_A, CLASS_IN, TRUST_SECURE, 100);
	ck_assert_ptr_nonnull(get("a.", TYPE_A, TRUST_SECURE, 100));
}
END_TEST

static Suite *
rrset_suite(void)
{
	Suite *suite = suite_create("rrset cache");
	TCase *tcase = tcase_create("behaviours");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_set_comes_back_whole_with_its_signatures);
	tcase_add_test(tcase, letter_case_is_ignored_and_given_back_as_asked);
	tcase_add_test(tcase, a_set_is_gone_when_its_ttl_has_run_out);
	tcase_add_loop_test(tcase, data_of_lower_trust_never_replaces_higher_before_it_expires,
			    TRUST_ADDITIONAL, TRUST_SECURE + 1);
	tcase_add_test(tcase, only_data_of_the_trust_asked_for_is_found);
	tcase_add_test(tcase, a_zones_own_ns_set_does_not_prolong_itself);
	tcase_add_test(tcase, a_zones_own_ns_set_is_renewed_when_its_parent_vouches_for_it);
	tcase_add_test(tcase, the_parent_the_root_and_other_types_may_renew);
	tcase_add_test(tcase, a_ttl_of_zero_is_not_kept);
	tcase_add_test(tcase, a_removed_set_is_gone_and_its_neighbours_are_not);
	tcase_add_test(tcase, the_arena_is_as_before_when_it_is_too_small_at_any_point);
	tcase_add_test(tcase, a_set_that_is_too_large_is_refused);
	tcase_add_test(tcase, an_address_takes_less_than_seventy_octets);
	tcase_add_test(tcase, what_has_ended_is_found_by_who_asks_for_it_and_not_for_ever);
	tcase_add_test(tcase, what_lives_is_not_renewed);
	tcase_add_test(tcase, what_is_only_offered_leaves_what_may_stand_in_for_it);
	tcase_add_test(tcase, what_is_proved_is_not_removed_for_what_is_not);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return run_suite(rrset_suite());
}
