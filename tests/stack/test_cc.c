/* Congestion control: the curves of RFC 5681 and 9438, undo, idle times, MSS changes, HyStart++. */
#include "tests/stack/cc_flow.h"

/* ---- what all have in common ----------------------------------------------------------------- */

START_TEST(ten_segments_at_first)
{
	ck_assert_uint_eq(cc.cwnd, 10 * MSS);
	ck_assert_uint_eq(cc.ssthresh, CC_SSTHRESH_NONE);
	ck_assert(cc_in_slow_start(&cc));
}
END_TEST

START_TEST(slow_start_grows_by_what_is_acknowledged)
{
	ack(1 * MSS, RTT_US, true);
	ck_assert_uint_eq(cc.cwnd, 11 * MSS);
	ack(4 * MSS, RTT_US, true);
	ck_assert_uint_eq(cc.cwnd, 15 * MSS);
	ack(100, 0, true);
	ck_assert_uint_eq(cc.cwnd, 15 * MSS + 100);
}
END_TEST

START_TEST(what_is_not_used_does_not_grow)
{
	for (unsigned i = 0; i < 100; i++, now_us += RTT_US)
		ack(10 * MSS, RTT_US, false);
	ck_assert_uint_eq(cc.cwnd, 10 * MSS);
	lose_at(20 * MSS);
	const uint32_t left = cc.cwnd;
	for (unsigned i = 0; i < 100; i++, now_us += RTT_US)
		ack(10 * MSS, RTT_US, false);
	ck_assert_uint_eq(cc.cwnd, left);
}
END_TEST

START_TEST(slow_start_ends_at_ssthresh)
{
	lose_at(40 * MSS);
	cc_on_timeout(&cc, true);
	const uint32_t ssthresh = cc.ssthresh;
	while (cc_in_slow_start(&cc)) {
		const uint32_t before = cc.cwnd;
		ack(2 * MSS, RTT_US, true);
		ck_assert_uint_le(cc.cwnd, before + 2 * MSS);
	}
	ck_assert_uint_ge(cc.cwnd, ssthresh);
	ck_assert_uint_lt(cc.cwnd, ssthresh + MSS);
}
END_TEST

START_TEST(ssthresh_is_two_segments_at_least)
{
	cc.cwnd = MSS;
	cc_enter_recovery(&cc);
	ck_assert_uint_eq(cc.ssthresh, 2 * MSS);
	cc_on_timeout(&cc, true);
	ck_assert_uint_eq(cc.ssthresh, 2 * MSS);
	ck_assert_uint_eq(cc.cwnd, MSS);
}
END_TEST

START_TEST(a_second_timeout_leaves_ssthresh)
{
	cc.cwnd = 40 * MSS;
	cc_on_timeout(&cc, true);
	const uint32_t ssthresh = cc.ssthresh;
	ack(1 * MSS, 0, true);
	cc_on_timeout(&cc, false);
	ck_assert_uint_eq(cc.ssthresh, ssthresh);
	ck_assert_uint_eq(cc.cwnd, MSS);
	cc_undo(&cc);
	ck_assert_uint_eq(cc.cwnd, 40 * MSS);
}
END_TEST

START_TEST(a_false_alarm_is_undone_once)
{
	lose_at(30 * MSS);
	cc.cwnd = 25 * MSS;
	const uint32_t ssthresh = cc.ssthresh;
	cc_enter_recovery(&cc);
	cc.cwnd = 12 * MSS;
	cc_undo(&cc);
	ck_assert_uint_eq(cc.cwnd, 25 * MSS);
	ck_assert_uint_eq(cc.ssthresh, ssthresh);
	cc.cwnd = 5 * MSS;
	cc_undo(&cc);
	ck_assert_uint_eq(cc.cwnd, 5 * MSS);
}
END_TEST

START_TEST(an_undo_takes_nothing_away)
{
	cc.cwnd = 20 * MSS;
	cc_enter_recovery(&cc);
	cc.cwnd = 22 * MSS;
	cc_undo(&cc);
	ck_assert_uint_eq(cc.cwnd, 22 * MSS);
	ck_assert_uint_eq(cc.ssthresh, CC_SSTHRESH_NONE);
}
END_TEST

static const struct {
	const char *behaviour;
	uint32_t segments;
	uint64_t idle_us;
	uint32_t segments_then;
} idle_times[] = {
	{ "a pause shorter than the timeout costs nothing", 80, 300 * MS - 1, 80 },
	{ "nor does one just as long", 80, 300 * MS, 80 },
	{ "half for one timeout", 80, 300 * MS + 1, 40 },
	{ "still half at the end of the second", 80, 600 * MS, 40 },
	{ "a quarter for two", 80, 601 * MS, 20 },
	{ "down to the initial window", 80, 3600 * (uint64_t)S, 10 },
	{ "whole segments", 45, 301 * MS, 22 },
	{ "a smaller window stays", 6, 3600 * (uint64_t)S, 6 },
};

START_TEST(idle_times_wear_cwnd_off)
{
	const uint32_t segments = idle_times[_i].segments;

	lose_at(20 * MSS);
	cc.cwnd = segments * MSS;
	cc_on_idle(&cc, idle_times[_i].idle_us, 300 * MS);
	ck_assert_msg(cc.cwnd == idle_times[_i].segments_then * MSS, "%s",
		      idle_times[_i].behaviour);
	if (cc.cwnd < segments * MSS) /* slow start leads back */
		ck_assert_msg(cc.ssthresh >= segments * 3 / 4 * MSS, "%s",
			      idle_times[_i].behaviour);
}
END_TEST

START_TEST(another_mss_before_the_first_segment_keeps_ten)
{
	cc_set_mss(&cc, 1460);
	ck_assert_uint_eq(cc.cwnd, 10 * 1460);
	cc_set_mss(&cc, 536);
	ck_assert_uint_eq(cc.cwnd, 10 * 536);
}
END_TEST

START_TEST(a_smaller_mss_keeps_segments_and_a_larger_one_octets)
{
	lose_at(40 * MSS);
	const uint32_t segments = cc.cwnd / MSS;
	cc_enter_recovery(&cc);
	const uint32_t ssthresh = cc.ssthresh;
	cc_set_mss(&cc, MSS / 2);
	ck_assert_uint_eq(cc.cwnd, segments * MSS / 2);
	ck_assert_uint_eq(cc.ssthresh, ssthresh / 2);
	cc_set_mss(&cc, MSS * 2);
	ck_assert_uint_eq(cc.cwnd, segments * MSS / 2);
	ck_assert_uint_eq(cc.ssthresh, ssthresh / 2);
	cc_undo(&cc);
	ck_assert_uint_eq(cc.cwnd, segments * MSS / 2);
	cc_set_mss(&cc, 60000);
	ck_assert_uint_eq(cc.cwnd, 60000);
	ck_assert_uint_ge(cc.ssthresh, 2 * 60000);
}
END_TEST

START_TEST(a_slow_start_without_end_has_none_with_another_mss)
{
	ack(5 * MSS, RTT_US, true);
	cc_set_mss(&cc, MSS / 2);
	ck_assert_uint_eq(cc.cwnd, 15 * MSS / 2);
	ck_assert_uint_eq(cc.ssthresh, CC_SSTHRESH_NONE);
}
END_TEST

START_TEST(windows_stay_within_their_bounds_whatever_happens)
{
	const unsigned long long seed = suite_seed(41);
	struct rng rng;

	rng_init_number(&rng, seed);
	for (unsigned i = 0; i < 20000; i++) {
		const uint64_t rtt_us =
			rng_below(&rng, 10) == 0 ? 0 : 1 + rng_below(&rng, 300 * MS);
		now_us += rng_below(&rng, 500) == 0 ? rng_u32(&rng) : rng_below(&rng, 100 * MS);
		switch (rng_below(&rng, 40)) {
		case 0: cc_enter_recovery(&cc); break;
		case 1: cc_undo(&cc); break;
		case 2: cc_on_timeout(&cc, rng_below(&rng, 2) == 0); break;
		case 3: cc_on_idle(&cc, rng_u32(&rng), 200 * MS + rng_below(&rng, S)); break;
		case 4: cc_set_mss(&cc, 48 + rng_below(&rng, 9000)); break;
		case 5: cc.cwnd = cc.mss + rng_below(&rng, CC_CWND_MAX - 65536); break;
		default: ack(1 + rng_below(&rng, 65536), rtt_us, rng_below(&rng, 8) != 0); break;
		}
		ck_assert_msg(cc.cwnd >= cc.mss && cc.cwnd <= CC_CWND_MAX, "step %u, seed %llu", i,
			      seed);
		ck_assert_msg(cc.ssthresh >= 2 * cc.mss, "step %u, seed %llu", i, seed);
	}
}
END_TEST

START_TEST(growth_ends_at_the_largest_window)
{
	cc.cwnd = CC_CWND_MAX - MSS;
	ack(10 * MSS, RTT_US, true);
	ck_assert_uint_eq(cc.cwnd, CC_CWND_MAX);
	lose_at(CC_CWND_MAX);
	cc.cwnd = CC_CWND_MAX - 1;
	for (unsigned i = 0; i < 10000; i++, now_us += 100 * S)
		ack(CC_CWND_MAX, RTT_US, true);
	ck_assert_uint_eq(cc.cwnd, CC_CWND_MAX);
}
END_TEST

/* ---- names ----------------------------------------------------------------------------------- */

START_TEST(algorithms_have_linuxs_names)
{
	ck_assert_ptr_eq(cc_find("cubic"), &cc_cubic);
	ck_assert_ptr_eq(cc_find("reno"), &cc_newreno);
	ck_assert_ptr_null(cc_find("bbr"));
	ck_assert_ptr_null(cc_find(""));
}
END_TEST

/* ---- NewReno --------------------------------------------------------------------------------- */

START_TEST(newreno_halves)
{
	lose_at(21 * MSS);
	ck_assert_uint_eq(cc.ssthresh, 10 * MSS); /* whole segments */
	ck_assert_uint_eq(cc.cwnd, 10 * MSS);
	ck_assert(!cc_in_slow_start(&cc));
}
END_TEST

START_TEST(newreno_adds_a_segment_for_each_window_acknowledged)
{
	lose_at(20 * MSS);
	for (uint32_t segments = 10; segments < 40; segments++) {
		for (uint32_t i = 0; i < segments; i++) {
			ck_assert_uint_eq(cc.cwnd, segments * MSS);
			ack(MSS, RTT_US, true);
		}
	}
	ck_assert_uint_eq(cc.cwnd, 40 * MSS);
}
END_TEST

/* ---- HyStart++ (RFC 9406) -------------------------------------------------------------------- */

START_TEST(steady_delays_do_not_end_slow_start)
{
	for (unsigned i = 0; i < 12; i++)
		round_trip(RTT_US);
	ck_assert(cc_in_slow_start(&cc));
	ck_assert_uint_ge(cc.cwnd, 10000 * MSS);
}
END_TEST

START_TEST(longer_delays_slow_slow_start_down_and_end_it)
{
	for (unsigned i = 0; i < 4; i++)
		round_trip(RTT_US);
	const uint32_t before = cc.cwnd;
	round_trip(RTT_US + 20 * MS); /* its first sample belongs to the round before */
	round_trip(RTT_US + 20 * MS);
	ck_assert(cc.hystart.css_rounds != 0);
	ck_assert(cc_in_slow_start(&cc));
	const uint32_t at_css = cc.cwnd;
	round_trip(RTT_US + 20 * MS);
	expect_about(cc.cwnd, at_css * 1.25, 2 * MSS);
	for (unsigned i = 0; i < 6; i++)
		round_trip(RTT_US + 20 * MS);
	ck_assert(!cc_in_slow_start(&cc));
	ck_assert_uint_le(cc.ssthresh, cc.cwnd);
	ck_assert_uint_lt(cc.cwnd, before * 4 * 4);
}
END_TEST

/* A round of so many samples. */
static void
round_of(unsigned sample_count, uint64_t rtt_us)
{
	now_us += rtt_us; /* what was sent in the last round has all come back */
	for (unsigned i = 0; i < sample_count; i++)
		ack(MSS, rtt_us, true);
}

static const struct {
	uint64_t before_us;
	uint64_t rise_us; /* the least that counts: an eighth, but 4 ms at least and 16 at most */
} rises[] = { { 8 * MS, 4 * MS },
	      { 32 * MS, 4 * MS },
	      { 80 * MS, 10 * MS },
	      { 128 * MS, 16 * MS },
	      { 800 * MS, 16 * MS } };

START_TEST(a_rise_of_the_delay_is_an_eighth)
{
	for (uint64_t less_us = 0; less_us < 2; less_us++) {
		cc_init(&cc, cc.ops, MSS);
		round_of(8, rises[_i].before_us);
		round_of(8, rises[_i].before_us + rises[_i].rise_us - less_us);
		ck_assert_uint_eq(cc.hystart.css_rounds, less_us == 0);
	}
}
END_TEST

START_TEST(eight_samples_make_a_rise)
{
	round_of(8, RTT_US);
	round_of(7, RTT_US + 20 * MS);
	ck_assert_uint_eq(cc.hystart.css_rounds, 0);
	ack(MSS, RTT_US + 20 * MS, true);
	ck_assert_uint_eq(cc.hystart.css_rounds, 1);
}
END_TEST

START_TEST(conservative_slow_start_lasts_five_rounds)
{
	round_of(8, RTT_US);
	for (unsigned i = 0; i < 5; i++) {
		round_of(20, RTT_US + 20 * MS);
		ck_assert_uint_eq(cc.ssthresh, CC_SSTHRESH_NONE);
	}
	const uint32_t cwnd = cc.cwnd;
	round_of(1, RTT_US + 20 * MS);
	ck_assert_uint_eq(cc.ssthresh, cwnd - cwnd % MSS);
	ck_assert(!cc_in_slow_start(&cc));
}
END_TEST

START_TEST(slow_start_goes_on_when_delays_fall_again)
{
	for (unsigned i = 0; i < 4; i++)
		round_trip(RTT_US);
	round_trip(RTT_US + 20 * MS);
	round_trip(RTT_US + 20 * MS);
	ck_assert(cc.hystart.css_rounds != 0);
	round_trip(RTT_US);
	round_trip(RTT_US);
	ck_assert_uint_eq(cc.hystart.css_rounds, 0);
	const uint32_t before = cc.cwnd;
	round_trip(RTT_US);
	expect_about(cc.cwnd, before * 2.0, 2 * MSS);
}
END_TEST

START_TEST(only_the_first_slow_start_looks_at_delays)
{
	cc.cwnd = 1000 * MSS;
	cc_on_timeout(&cc, true);
	for (unsigned i = 0; i < 8; i++)
		round_trip(RTT_US + i * 50 * MS);
	ck_assert_uint_eq(cc.hystart.css_rounds, 0);
	ck_assert_uint_eq(cc.ssthresh, 700 * MSS);
}
END_TEST

static void
add_common(Suite *suite, const char *name, void (*setup)(void))
{
	TCase *tcase = tcase_create(name);

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, ten_segments_at_first);
	tcase_add_test(tcase, slow_start_grows_by_what_is_acknowledged);
	tcase_add_test(tcase, what_is_not_used_does_not_grow);
	tcase_add_test(tcase, slow_start_ends_at_ssthresh);
	tcase_add_test(tcase, ssthresh_is_two_segments_at_least);
	tcase_add_test(tcase, a_second_timeout_leaves_ssthresh);
	tcase_add_test(tcase, a_false_alarm_is_undone_once);
	tcase_add_test(tcase, an_undo_takes_nothing_away);
	tcase_add_loop_test(tcase, idle_times_wear_cwnd_off, 0, COUNT(idle_times));
	tcase_add_test(tcase, another_mss_before_the_first_segment_keeps_ten);
	tcase_add_test(tcase, a_smaller_mss_keeps_segments_and_a_larger_one_octets);
	tcase_add_test(tcase, a_slow_start_without_end_has_none_with_another_mss);
	tcase_add_test(tcase, windows_stay_within_their_bounds_whatever_happens);
	tcase_add_test(tcase, growth_ends_at_the_largest_window);
	tcase_add_test(tcase, steady_delays_do_not_end_slow_start);
	tcase_add_test(tcase, longer_delays_slow_slow_start_down_and_end_it);
	tcase_add_loop_test(tcase, a_rise_of_the_delay_is_an_eighth, 0, COUNT(rises));
	tcase_add_test(tcase, eight_samples_make_a_rise);
	tcase_add_test(tcase, conservative_slow_start_lasts_five_rounds);
	tcase_add_test(tcase, slow_start_goes_on_when_delays_fall_again);
	suite_add_tcase(suite, tcase);
}

int
main(void)
{
	Suite *suite = suite_create("cc");
	TCase *names = tcase_create("names"), *newreno = tcase_create("newreno"),
	      *cubic = tcase_create("cubic");

	add_common(suite, "common, cubic", setup_cubic);
	add_common(suite, "common, newreno", setup_newreno);
	tcase_add_test(names, algorithms_have_linuxs_names);
	suite_add_tcase(suite, names);
	tcase_add_checked_fixture(newreno, setup_newreno, NULL);
	tcase_add_test(newreno, newreno_halves);
	tcase_add_test(newreno, newreno_adds_a_segment_for_each_window_acknowledged);
	suite_add_tcase(suite, newreno);
	tcase_add_checked_fixture(cubic, setup_cubic, NULL);
	tcase_add_test(cubic, only_the_first_slow_start_looks_at_delays);
	suite_add_tcase(suite, cubic);
	return suite_run(suite);
}
