/* Which server is asked. Shares are counted over many draws from a fixed seed. */
#include "resolver/iterate/select.h"
#include "stack/base/rng.h"
#include "tests/suite.h"

#define DRAWS 20000u

struct counted {
	unsigned of[8];
};

static struct counted
draw(const struct option *options, unsigned count, enum addr_family avoid)
{
	struct counted counted = { 0 };
	struct rng rng;
	rng_init_number(&rng, suite_seed(7));
	for (unsigned i = 0; i < DRAWS; i++)
		counted.of[select_option(options, count, avoid, &rng)]++;
	return counted;
}

static struct option
known(uint32_t estimate_us)
{
	return (struct option){ .family = ADDR_IPV4, .known = true, .estimate_us = estimate_us };
}

START_TEST(servers_within_the_band_share_the_load)
{
	struct option options[] = { known(20000), known(29000), known(20500) };
	struct counted counted = draw(options, 3, ADDR_NONE);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_gt(counted.of[i], DRAWS / 4);
}
END_TEST

START_TEST(the_band_grows_with_the_distance)
{
	struct option options[] = { known(200000), known(255000), known(270000) };
	struct counted counted = draw(options, 3, ADDR_NONE);
	ck_assert_uint_gt(counted.of[1], DRAWS / 3);
	ck_assert_uint_lt(counted.of[2], DRAWS / 10);
}
END_TEST

START_TEST(a_server_outside_of_the_band_is_tried_now_and_then)
{
	struct option options[] = { known(5000), known(400000), { .family = ADDR_IPV4 } };
	struct counted counted = draw(options, 3, ADDR_NONE);
	unsigned expected = DRAWS / SELECT_EXPLORE_ONE_IN / 2;
	ck_assert_uint_gt(counted.of[1], expected / 2);
	ck_assert_uint_lt(counted.of[1], expected * 2);
	ck_assert_uint_gt(counted.of[2], expected / 2);
}
END_TEST

START_TEST(unknown_servers_are_alike)
{
	struct option options[] = { { .family = ADDR_IPV4 },
				    { .family = ADDR_IPV6 },
				    { .family = ADDR_IPV4 },
				    { .family = ADDR_IPV6 } };
	struct counted counted = draw(options, 4, ADDR_NONE);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_gt(counted.of[i], DRAWS / 5);
}
END_TEST

START_TEST(an_unknown_server_is_preferred_to_a_far_one)
{
	struct option options[] = { known(400000), { .family = ADDR_IPV4 } };
	ck_assert_uint_gt(draw(options, 2, ADDR_NONE).of[1], DRAWS * 9 / 10);
}
END_TEST

START_TEST(who_was_asked_least_comes_first)
{
	struct option options[] = { known(5000), known(300000) };
	options[0].sends = 1;
	ck_assert_uint_eq(draw(options, 2, ADDR_NONE).of[1], DRAWS);
}
END_TEST

START_TEST(a_late_server_gives_way_to_the_other_family)
{
	struct option options[] = { known(5000), known(6000), known(7000) };
	options[2].family = ADDR_IPV6;
	ck_assert_uint_eq(draw(options, 3, ADDR_IPV4).of[2], DRAWS);
	ck_assert_uint_eq(draw(options, 3, ADDR_IPV6).of[2], 0);
	ck_assert_uint_gt(draw(options, 2, ADDR_IPV4).of[0], 0); /* there is only one */
}
END_TEST

START_TEST(held_and_lame_servers_are_asked_when_nothing_else_helps)
{
	struct option options[] = { known(5000), known(5000), known(5000) };
	options[1].held = true;
	options[2].lame = true;
	ck_assert_uint_eq(draw(options, 3, ADDR_NONE).of[0], DRAWS);
	options[0].sends = SELECT_HELD_SENDS + 1;
	ck_assert_uint_eq(draw(options, 3, ADDR_NONE).of[1], DRAWS);
	options[1].sends = SELECT_LAME_SENDS;
	options[0].sends = SELECT_LAME_SENDS + 1;
	ck_assert_uint_eq(draw(options, 3, ADDR_NONE).of[2], DRAWS);
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
	tcase_add_test(tcase, a_late_server_gives_way_to_the_other_family);
	tcase_add_test(tcase, held_and_lame_servers_are_asked_when_nothing_else_helps);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
