/* Which server is asked. Shares are counted over many draws from a fixed seed. */
#include "resolver/iterate/select.h"
#include "stack/base/rng.h"
#include "tests/suite.h"

#define DRAWS 20000u

struct counted {
	unsigned of[8];
};

static struct counted
draw_many(const struct option *options, unsigned count, bool may_explore)
{
	struct counted counted = { 0 };
	struct rng rng;
	rng_init_number(&rng, suite_seed(7));
	for (unsigned i = 0; i < DRAWS; i++)
		counted.of[select_option(options, count, may_explore, &rng)]++;
	return counted;
}

static struct counted
draw(const struct option *options, unsigned count)
{
	return draw_many(options, count, true);
}

static struct counted
draw_in_haste(const struct option *options, unsigned count)
{
	return draw_many(options, count, false);
}

static struct option
known(uint32_t estimate_us)
{
	return (struct option){ .known = true, .estimate_us = estimate_us };
}

START_TEST(servers_within_the_band_share_the_load)
{
	struct option options[] = { known(20000), known(29000), known(20500) };
	struct counted counted = draw(options, 3);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_gt(counted.of[i], DRAWS / 4);
}
END_TEST

START_TEST(the_band_grows_with_the_distance)
{
	struct option options[] = { known(200000), known(255000), known(270000) };
	struct counted counted = draw(options, 3);
	ck_assert_uint_gt(counted.of[1], DRAWS / 3);
	ck_assert_uint_lt(counted.of[2], DRAWS / 10);
}
END_TEST

START_TEST(a_server_outside_of_the_band_is_tried_now_and_then)
{
	struct option options[] = { known(5000), known(400000), { .known = false } };
	struct counted counted = draw(options, 3);
	unsigned expected = DRAWS / SELECT_EXPLORE_ONE_IN / 2;
	ck_assert_uint_gt(counted.of[1], expected / 2);
	ck_assert_uint_lt(counted.of[1], expected * 2);
	ck_assert_uint_gt(counted.of[2], expected / 2);
}
END_TEST

START_TEST(unknown_servers_are_alike)
{
	struct option options[4] = { 0 };
	struct counted counted = draw(options, 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_gt(counted.of[i], DRAWS / 5);
}
END_TEST

START_TEST(an_unknown_server_is_preferred_to_a_far_one)
{
	struct option options[] = { known(400000), { .known = false } };
	ck_assert_uint_gt(draw(options, 2).of[1], DRAWS * 9 / 10);
}
END_TEST

START_TEST(who_was_asked_least_comes_first)
{
	struct option options[] = { known(5000), known(300000) };
	options[0].sends = 1;
	ck_assert_uint_eq(draw(options, 2).of[1], DRAWS);
}
END_TEST

START_TEST(who_has_least_in_common_with_those_waited_for_comes_first)
{
	struct option options[] = { known(5000), known(6000), known(70000) };
	options[0].kin = 3;
	options[1].kin = 1;
	ck_assert_uint_eq(draw_in_haste(options, 3).of[2], DRAWS);
	options[2].sends = 1; /* but first who was not asked at all */
	ck_assert_uint_eq(draw_in_haste(options, 3).of[1], DRAWS);
	options[1].kin = 3;
	ck_assert_uint_gt(draw_in_haste(options, 3).of[0], DRAWS / 4);
}
END_TEST

START_TEST(nobody_outside_of_the_band_is_tried_when_time_is_short)
{
	struct option options[] = { known(5000), known(400000) };
	ck_assert_uint_eq(draw_in_haste(options, 2).of[0], DRAWS);
}
END_TEST

START_TEST(what_is_in_doubt_is_tried_now_and_then_and_what_is_held_is_not)
{
	struct option options[] = { known(5000), known(5000), known(5000) };
	options[1].timeouts = 3;
	options[2].held = true;
	struct counted counted = draw(options, 3);
	ck_assert_uint_gt(counted.of[1], DRAWS / SELECT_EXPLORE_ONE_IN / 2);
	ck_assert_uint_lt(counted.of[1], DRAWS / SELECT_EXPLORE_ONE_IN * 2);
	ck_assert_uint_eq(counted.of[2], 0);
}
END_TEST

START_TEST(a_family_that_is_to_be_probed_is_whatever_is_held_against_its_servers)
{
	struct option options[] = { known(5000), known(900000), known(900000) };
	options[1].probe = options[2].probe = true;
	options[1].held = true;
	struct counted counted = draw(options, 3);
	ck_assert_uint_eq(counted.of[0], 0);
	ck_assert_uint_gt(counted.of[1], DRAWS / 3);
	ck_assert_uint_gt(counted.of[2], DRAWS / 3);
	ck_assert_uint_eq(draw_in_haste(options, 3).of[0], DRAWS);
}
END_TEST

START_TEST(who_was_silent_stands_behind_and_further_if_it_never_answered)
{
	struct option options[] = { known(5000), known(5000), known(5000) };
	options[0].heard = options[1].heard = true;
	options[0].timeouts = 1; /* lost, rather */
	options[1].sends = 1;
	options[2].timeouts = 1;
	ck_assert_uint_eq(draw_in_haste(options, 3).of[0], DRAWS);
	options[0].sends = 2;
	ck_assert_uint_eq(draw_in_haste(options, 3).of[1], DRAWS);
	options[1].sends = 2;
	ck_assert_uint_gt(draw_in_haste(options, 3).of[2], DRAWS / 4);
	options[2].timeouts = 100; /* like one that is held */
	options[0].sends = options[1].sends = SELECT_HELD_SENDS + 1;
	ck_assert_uint_eq(draw_in_haste(options, 3).of[2], DRAWS);
}
END_TEST

START_TEST(held_and_lame_servers_are_asked_when_nothing_else_helps)
{
	struct option options[] = { known(5000), known(5000), known(5000) };
	options[1].held = true;
	options[2].lame = true;
	ck_assert_uint_eq(draw(options, 3).of[0], DRAWS);
	options[0].sends = SELECT_HELD_SENDS + 1;
	ck_assert_uint_eq(draw(options, 3).of[1], DRAWS);
	options[1].sends = SELECT_LAME_SENDS;
	options[0].sends = SELECT_LAME_SENDS + 1;
	ck_assert_uint_eq(draw(options, 3).of[2], DRAWS);
}
END_TEST

START_TEST(the_family_less_wanted_is_asked_when_the_other_does_not_help)
{
	struct option options[] = { known(500000), known(5000), { .known = false } };
	options[1].second = options[2].second = true;
	ck_assert_uint_eq(draw(options, 3).of[0], DRAWS);
	options[0].sends = SELECT_SECOND_SENDS + 1;
	ck_assert_uint_eq(draw(options, 3).of[0], 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: select");
	TCase *tcase = tcase_create("select");
	tcase_add_test(tcase, servers_within_the_band_share_the_load);
	tcase_add_test(tcase, the_band_grows_with_the_distance);
	tcase_add_test(tcase, a_server_outside_of_the_band_is_tried_now_and_then);
	tcase_add_test(tcase, unknown_servers_are_alike);
	tcase_add_test(tcase, an_unknown_server_is_preferred_to_a_far_one);
	tcase_add_test(tcase, who_was_asked_least_comes_first);
	tcase_add_test(tcase, who_has_least_in_common_with_those_waited_for_comes_first);
	tcase_add_test(tcase, nobody_outside_of_the_band_is_tried_when_time_is_short);
	tcase_add_test(tcase, what_is_in_doubt_is_tried_now_and_then_and_what_is_held_is_not);
	tcase_add_test(tcase,
		       a_family_that_is_to_be_probed_is_whatever_is_held_against_its_servers);
	tcase_add_test(tcase, who_was_silent_stands_behind_and_further_if_it_never_answered);
	tcase_add_test(tcase, held_and_lame_servers_are_asked_when_nothing_else_helps);
	tcase_add_test(tcase, the_family_less_wanted_is_asked_when_the_other_does_not_help);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
