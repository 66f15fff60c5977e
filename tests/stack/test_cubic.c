/* CUBIC (RFC 9438): its curve, its friendliness, and what it remembers. */
#include "tests/stack/cc_flow.h"

/* ---- CUBIC ----------------------------------------------------------------------------------- */

START_TEST(cubic_leaves_seven_tenths)
{
	static const uint32_t segments[][2] = {
		{ 10, 7 }, { 20, 14 }, { 15, 10 }, { 3, 2 }, { 1000, 700 }
	};

	for (size_t i = 0; i < COUNT(segments); i++) {
		begin(&cc_cubic);
		lose_at(segments[i][0] * MSS);
		ck_assert_uint_eq(cc.ssthresh, segments[i][1] * MSS);
		ck_assert_uint_eq(cc.cwnd, segments[i][1] * MSS);
	}
}
END_TEST

/* Section 4.2, in segments and seconds. */
static double
w_cubic(double w_max, double cwnd_epoch, double t)
{
	const double k = cbrt((w_max - cwnd_epoch) / 0.4);
	return 0.4 * pow(t - k, 3) + w_max;
}

START_TEST(cubic_follows_its_curve_on_a_long_path)
{
	lose_at(1000 * MSS);
	const uint64_t epoch_us = now_us;
	while (now_us < epoch_us + 20 * S) { /* K is 9.1 s */
		const double t = (double)(now_us - epoch_us) / S;
		expect_about(cc.cwnd, w_cubic(1000, 700, t) * MSS,
			     (2 + w_cubic(1000, 700, t) * 0.01) * MSS);
		round_trip(RTT_US);
	}
	expect_about(cc.cwnd, 1520 * MSS, 20 * MSS); /* well beyond the plateau */
}
END_TEST

START_TEST(cubic_is_as_fast_as_reno_on_a_short_path)
{
	lose_at(40 * MSS);
	double w_est = 28;

	for (unsigned i = 0; i < 100; i++) { /* a second: W_cubic is still below 40 */
		expect_about(cc.cwnd, w_est * MSS, w_est * 0.03 * MSS);
		round_trip(10 * MS);
		w_est += w_est < 40 ? 9.0 / 17 : 1; /* a round trip; alpha is 1 beyond cwnd_prior */
	}
	ck_assert_uint_gt(cc.cwnd, 100 * MSS);
}
END_TEST

START_TEST(cubic_makes_room_when_it_loses_before_its_last_maximum)
{
	lose_at(1000 * MSS);
	round_trip(RTT_US);
	lose_at(800 * MSS);
	const uint64_t epoch_us = now_us;
	const double w_max = 800 * 0.85, k = cbrt((w_max - 560) / 0.4);
	while (now_us < epoch_us + (uint64_t)(k / 2 * S))
		round_trip(RTT_US);
	expect_about(cc.cwnd, w_cubic(w_max, 560, k / 2) * MSS, 10 * MSS); /* most of the way */
	while (now_us < epoch_us + (uint64_t)(k * S))
		round_trip(RTT_US);
	expect_about(cc.cwnd, w_max * MSS, 10 * MSS); /* the plateau: not 800 */
}
END_TEST

START_TEST(cubic_grows_by_half_at_most_in_a_round_trip)
{
	lose_at(1000 * MSS);
	round_trip(RTT_US);
	cc.cwnd = 50 * MSS; /* the curve is far above */
	for (unsigned i = 0; i < 4; i++) {
		const uint32_t before = cc.cwnd;
		round_trip(RTT_US);
		ck_assert_uint_gt(cc.cwnd, before * 4 / 3);
		ck_assert_uint_le(cc.cwnd, before * 2);
	}
}
END_TEST

START_TEST(cubic_scales_its_maximum_with_the_mss)
{
	lose_at(1000 * MSS);
	round_trip(RTT_US);
	cc_set_mss(&cc, MSS / 2);
	const uint32_t cwnd_epoch = cc.cwnd / (MSS / 2);
	const uint64_t epoch_us = now_us;
	const double k = cbrt((1000.0 - cwnd_epoch) / 0.4);
	while (now_us < epoch_us + (uint64_t)(k * S))
		round_trip(RTT_US);
	expect_about(cc.cwnd, 1000 * MSS / 2, 10 * MSS);
}
END_TEST

START_TEST(cubic_goes_upwards_from_ssthresh_after_a_timeout)
{
	cc.cwnd = 1000 * MSS;
	cc_on_timeout(&cc, true);
	while (cc_in_slow_start(&cc))
		ack(100 * MSS, RTT_US, true);
	ck_assert_uint_ge(cc.cwnd, 700 * MSS);
	const uint64_t epoch_us = now_us;
	const double cwnd_epoch = (double)cc.cwnd / MSS;
	while (now_us < epoch_us + 8 * S) {
		const double t = (double)(now_us - epoch_us) / S;
		const double reno = cwnd_epoch + 9.0 / 17 * t / 0.1,
			     curve = cwnd_epoch + 0.4 * t * t * t;
		expect_about(cc.cwnd, (curve > reno ? curve : reno) * MSS, 12 * MSS);
		round_trip(RTT_US);
	}
}
END_TEST

START_TEST(cubic_goes_on_with_its_curve_after_a_false_alarm)
{
	lose_at(1000 * MSS);
	for (unsigned i = 0; i < 30; i++)
		round_trip(RTT_US);
	struct cc undisturbed = cc;
	const uint64_t then_us = now_us;
	cc_enter_recovery(&cc);
	cc_undo(&cc);
	for (unsigned i = 0; i < 60; i++)
		round_trip(RTT_US);
	const uint32_t after_undo = cc.cwnd;
	cc = undisturbed;
	now_us = then_us;
	for (unsigned i = 0; i < 60; i++)
		round_trip(RTT_US);
	ck_assert_uint_eq(after_undo, cc.cwnd);
}
END_TEST

START_TEST(cubic_does_not_count_idle_time)
{
	for (int limited = 0; limited < 2; limited++) {
		begin(&cc_cubic);
		lose_at(1000 * MSS);
		for (unsigned i = 0; i < 20; i++)
			round_trip(RTT_US);
		const uint32_t before = cc.cwnd;
		now_us += 60 * S;
		if (limited == 0)
			ack(2 * MSS, RTT_US, false);
		for (unsigned i = 0; i < 3; i++)
			round_trip(RTT_US);
		expect_about(cc.cwnd, w_cubic(1000, 700, 2.3) * MSS, 15 * MSS);
		ck_assert_uint_lt(cc.cwnd, before + 50 * MSS);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("cubic");
	tcase_add_checked_fixture(tcase, setup_cubic, NULL);
	tcase_add_test(tcase, cubic_leaves_seven_tenths);
	tcase_add_test(tcase, cubic_follows_its_curve_on_a_long_path);
	tcase_add_test(tcase, cubic_is_as_fast_as_reno_on_a_short_path);
	tcase_add_test(tcase, cubic_makes_room_when_it_loses_before_its_last_maximum);
	tcase_add_test(tcase, cubic_grows_by_half_at_most_in_a_round_trip);
	tcase_add_test(tcase, cubic_scales_its_maximum_with_the_mss);
	tcase_add_test(tcase, cubic_goes_upwards_from_ssthresh_after_a_timeout);
	tcase_add_test(tcase, cubic_goes_on_with_its_curve_after_a_false_alarm);
	tcase_add_test(tcase, cubic_does_not_count_idle_time);
	Suite *suite = suite_create("cubic");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
