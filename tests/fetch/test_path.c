/* The routers on the way: who is probed when, and when it is enough. */
#include "fetch/path.h"
#include "tests/suite.h"

static struct path path;
static struct ip_addr router, target;

static void
setup(void)
{
	path_init(&path, 1000);
	ck_assert_int_eq(addr_from_text(&router, "192.0.2.1"), 0);
	ck_assert_int_eq(addr_from_text(&target, "192.0.2.80"), 0);
}

static unsigned
probe_all(uint64_t now_us)
{
	unsigned count = 0;
	while (path_next(&path, now_us) != 0)
		count++;
	return count;
}

START_TEST(a_few_probes_are_under_way_at_once)
{
	ck_assert_uint_eq(path_next(&path, 1000), 1);
	ck_assert_uint_eq(path_next(&path, 1000), 2);
	ck_assert_uint_eq(probe_all(1000), PATH_SILENT_MAX - 2); /* nothing has been heard yet */
	path_heard(&path, 1, &router, false, 1500);
	ck_assert_uint_eq(probe_all(1500), 1);
	ck_assert_uint_eq(path.hops[1].rtt_us, 500);
}
END_TEST

START_TEST(it_is_over_when_the_target_and_all_before_it_are_heard)
{
	probe_all(1000);
	path_heard(&path, 3, &target, true, 2000);
	path_heard(&path, 4, &target, true, 2000); /* a later probe reaches it as well */
	ck_assert(!path_is_over(&path));
	path_heard(&path, 1, &router, false, 2100);
	path_heard(&path, 2, &router, false, 2200);
	ck_assert(path_is_over(&path));
	ck_assert_uint_eq(probe_all(2200), 0);
	ck_assert_uint_eq(path_length(&path), 3);
	ck_assert_uint_eq(path_deadline(&path), PATH_NEVER);
}
END_TEST

START_TEST(a_silent_hop_is_waited_for_and_no_longer)
{
	probe_all(1000);
	path_heard(&path, 1, &router, false, 2000);
	path_heard(&path, 3, &target, true, 2000);
	ck_assert_uint_eq(path_deadline(&path), 1000 + PATH_WAIT_US);
	path_timeout(&path, 1000 + PATH_WAIT_US);
	ck_assert(path_is_over(&path));
	ck_assert_int_eq(path.hops[2].state, PATH_SILENT);
}
END_TEST

START_TEST(silence_at_the_far_end_is_given_up)
{
	probe_all(1000);
	path_heard(&path, 1, &router, false, 2000);
	probe_all(2000);
	path_timeout(&path, 2000 + PATH_WAIT_US);
	ck_assert(path_is_over(&path));
	ck_assert_uint_eq(path.sent, 1 + PATH_SILENT_MAX);
	ck_assert_uint_eq(path_length(&path), 2); /* one silent hop shows that it goes on */
}
END_TEST

START_TEST(what_is_heard_twice_or_unasked_is_nothing)
{
	probe_all(1000);
	path_heard(&path, 0, &router, true, 2000);
	path_heard(&path, PATH_HOPS_MAX, &router, true, 2000);
	path_heard(&path, PATH_HOPS_MAX + 7, &router, true, 2000);
	path_heard(&path, 1, &router, false, 2000);
	path_heard(&path, 1, &target, true, 3000);
	ck_assert_uint_eq(path.target, 0);
	ck_assert_uint_eq(path.hops[1].rtt_us, 1000);
}
END_TEST

START_TEST(it_ends_in_time_whoever_answers)
{
	uint64_t now_us = 1000;
	unsigned turns = 0;
	for (; !path_is_over(&path) && turns < 1000; turns++) { /* every second hop speaks, as late as it may */
		probe_all(now_us);
		now_us = path_deadline(&path);
		for (unsigned hop = 2; hop <= path.sent; hop += 2)
			path_heard(&path, hop, &router, false, now_us);
		path_timeout(&path, now_us);
	}
	ck_assert_uint_lt(turns, 1000);
	ck_assert_uint_le(now_us, 1000 + PATH_TIME_US);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("path");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, a_few_probes_are_under_way_at_once);
	tcase_add_test(tcase, it_is_over_when_the_target_and_all_before_it_are_heard);
	tcase_add_test(tcase, a_silent_hop_is_waited_for_and_no_longer);
	tcase_add_test(tcase, silence_at_the_far_end_is_given_up);
	tcase_add_test(tcase, what_is_heard_twice_or_unasked_is_nothing);
	tcase_add_test(tcase, it_ends_in_time_whoever_answers);
	Suite *suite = suite_create("fetch: path");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
