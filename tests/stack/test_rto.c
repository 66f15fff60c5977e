/* The retransmission timeout: RFC 6298, with Linux's bounds and its handling of the variation. */
#include "stack/base/rng.h"
#include "stack/rto.h"
#include "tests/suite.h"

#define MS 1000u
#define S  1000000u

static struct rto rto;
static uint64_t now_us;

static void
setup(void)
{
	rto_init(&rto);
	now_us = 1000 * (uint64_t)S;
}

/* A segment sent now is acknowledged rtt_us later. */
static void
round_trip(uint64_t rtt_us)
{
	now_us += rtt_us;
	rto_sample(&rto, rtt_us, now_us);
}

START_TEST(a_second_before_the_first_sample)
{
	ck_assert_uint_eq(rto_timeout_us(&rto), 1 * S);
	ck_assert_uint_eq(rto.srtt_us, 0);
	ck_assert_uint_eq(rto.min_rtt_us, 0);
}
END_TEST

START_TEST(three_seconds_after_a_handshake_that_told_nothing)
{
	rto_fall_back(&rto);
	ck_assert_uint_eq(rto_timeout_us(&rto), 3 * S);
	round_trip(100 * MS);
	ck_assert_uint_eq(rto_timeout_us(&rto), 300 * MS);
	rto_fall_back(&rto); /* there is a sample: nothing to fall back from */
	ck_assert_uint_eq(rto_timeout_us(&rto), 300 * MS);
}
END_TEST

static const struct {
	uint64_t rtt_us, timeout_us;
} first_samples[] = {
	{ 1, 200 * MS + 1 },    { 10 * MS, 210 * MS },         { 100 * MS, 300 * MS },
	{ 200 * MS, 600 * MS }, /* 4 * rttvar is 400 ms: above the minimum */
	{ 1 * S, 3 * S },       { 60 * S, 120 * (uint64_t)S }, /* at most */
};

START_TEST(the_first_sample_gives_three_round_trips_but_200_ms_above_srtt)
{
	round_trip(first_samples[_i].rtt_us);
	ck_assert_uint_eq(rto.srtt_us, first_samples[_i].rtt_us);
	ck_assert_uint_eq(rto.rttvar_us, first_samples[_i].rtt_us / 2);
	ck_assert_uint_eq(rto_timeout_us(&rto), first_samples[_i].timeout_us);
}
END_TEST

START_TEST(equal_samples_lead_to_srtt_and_200_ms)
{
	for (unsigned i = 0; i < 60; i++)
		round_trip(500 * MS);
	ck_assert_uint_eq(rto.srtt_us, 500 * MS);
	ck_assert_uint_lt(rto.rttvar_us, 10);
	ck_assert_uint_eq(rto_timeout_us(&rto) / MS, 700);
}
END_TEST

START_TEST(srtt_is_the_moving_average_of_the_rfc)
{
	const uint64_t seed = suite_seed(5);
	double srtt = 0;
	struct rng rng;

	rng_init_number(&rng, seed);
	for (unsigned i = 0; i < 1000; i++) {
		const uint64_t rtt_us = 1 + rng_below(&rng, 300 * MS);
		round_trip(rtt_us);
		srtt = i == 0 ? (double)rtt_us : srtt * 7 / 8 + (double)rtt_us / 8;
		ck_assert_msg((double)rto.srtt_us < srtt + 2 && (double)rto.srtt_us > srtt - 2,
			      "sample %u, seed %llu", i, (unsigned long long)seed);
	}
}
END_TEST

START_TEST(rttvar_is_the_rfcs_when_the_path_gets_slower)
{
	double srtt = 100 * MS, rttvar = 50 * MS;

	round_trip(100 * MS);
	for (unsigned i = 0; i < 20; i++) {
		const double rtt = 100 * MS * (1 + i / 10.0), error = rtt - srtt;
		round_trip((uint64_t)rtt);
		rttvar = rttvar * 3 / 4 + error / 4;
		srtt = srtt * 7 / 8 + rtt / 8;
		ck_assert_uint_le((uint64_t)rttvar - 2, rto.rttvar_us);
		ck_assert_uint_le(rto.rttvar_us, (uint64_t)rttvar + 2);
	}
}
END_TEST

START_TEST(a_faster_path_lengthens_the_timeout_little)
{
	struct rto slower;

	for (unsigned i = 0; i < 60; i++)
		round_trip(500 * MS);
	slower = rto;
	rto_sample(&slower, 900 * MS, now_us);
	round_trip(100 * MS);
	ck_assert_uint_ge(slower.rttvar_us, 99 * MS);
	ck_assert_uint_le(rto.rttvar_us, 13 * MS); /* an eighth of 100 ms */
	ck_assert_uint_lt(rto_timeout_us(&rto), 700 * MS);
}
END_TEST

START_TEST(a_faster_sample_counts_an_eighth_of_its_excess)
{
	round_trip(400 * MS); /* rttvar 200 ms */
	round_trip(100 * MS); /* 300 ms below srtt */
	ck_assert_uint_eq(rto.rttvar_us, 200 * MS + (300 * MS - 200 * MS) / 4 / 8);
	ck_assert_uint_eq(rto.srtt_us, 362500);
}
END_TEST

START_TEST(the_timeout_rises_with_one_late_sample)
{
	for (unsigned i = 0; i < 60; i++)
		round_trip(100 * MS);
	ck_assert_uint_eq(rto_timeout_us(&rto) / MS, 300);
	round_trip(1 * S);
	ck_assert_uint_gt(rto_timeout_us(&rto), 1 * S);
}
END_TEST

START_TEST(the_timeout_falls_by_round_trips_not_by_samples)
{
	round_trip(400 * MS);
	ck_assert_uint_eq(rto_timeout_us(&rto), 1200 * MS);
	round_trip(400 * MS); /* the first round is over; what follows belongs to the second */
	const uint64_t timeout_us = rto_timeout_us(&rto);
	for (unsigned i = 1; i < 400; i++)
		rto_sample(&rto, 400 * MS, now_us + i * MS - 1);
	ck_assert_uint_lt(rto.rttvar_us, 1 * MS);
	ck_assert_uint_eq(rto_timeout_us(&rto), timeout_us);

	now_us += 400 * MS; /* by a quarter of what it is above 4 * rttvar, or 200 ms */
	rto_sample(&rto, 400 * MS, now_us);
	const uint64_t margin_us = timeout_us - 400 * MS, largest_us = rto.margin_us;
	ck_assert_uint_lt(largest_us, margin_us);
	ck_assert_uint_ge(largest_us, margin_us * 3 / 4);
	for (unsigned i = 0; i < 30; i++)
		round_trip(400 * MS);
	ck_assert_uint_eq(rto_timeout_us(&rto) / MS, 600);
}
END_TEST

START_TEST(back_off_doubles_up_to_two_minutes)
{
	uint64_t expected_us = 300 * MS;

	round_trip(100 * MS);
	for (unsigned i = 0; i < 300; i++) {
		ck_assert_uint_eq(rto_timeout_us(&rto), expected_us);
		ck_assert_uint_eq(rto_base_us(&rto), 300 * MS);
		rto_back_off(&rto);
		expected_us =
			expected_us * 2 < 120 * (uint64_t)S ? expected_us * 2 : 120 * (uint64_t)S;
	}
	rto_forget_back_off(&rto);
	ck_assert_uint_eq(rto_timeout_us(&rto), 300 * MS);
}
END_TEST

START_TEST(the_minimum_is_believed_for_five_minutes)
{
	round_trip(50 * MS);
	round_trip(20 * MS);
	const uint64_t least_at_us = now_us;
	round_trip(80 * MS);
	ck_assert_uint_eq(rto.min_rtt_us, 20 * MS);
	now_us = least_at_us + RTO_MIN_RTT_WINDOW_US;
	rto_sample(&rto, 90 * MS, now_us);
	ck_assert_uint_eq(rto.min_rtt_us, 20 * MS);
	rto_sample(&rto, 90 * MS, now_us + 1);
	ck_assert_uint_eq(rto.min_rtt_us, 90 * MS);
	now_us += 200 * (uint64_t)S; /* seen again, it is believed anew */
	rto_sample(&rto, 90 * MS, now_us);
	rto_sample(&rto, 95 * MS, now_us + RTO_MIN_RTT_WINDOW_US);
	ck_assert_uint_eq(rto.min_rtt_us, 90 * MS);
}
END_TEST

START_TEST(any_samples_keep_the_timeout_within_its_bounds)
{
	const uint64_t seed = suite_seed(6);
	struct rng rng;

	rng_init_number(&rng, seed);
	for (unsigned i = 0; i < 20000; i++) {
		const uint64_t rtt_us = rng_u64(&rng) >> rng_below(&rng, 64);
		now_us += rng_below(&rng, 10 * S);
		rto_sample(&rto, rtt_us, now_us);
		ck_assert_msg(rto.srtt_us >= 1 && rto.srtt_us <= RTO_RTT_US_MAX,
			      "sample %u, seed %llu", i, (unsigned long long)seed);
		ck_assert_msg(rto_timeout_us(&rto) > RTO_MIN_US &&
				      rto_timeout_us(&rto) <= RTO_MAX_US,
			      "sample %u, seed %llu", i, (unsigned long long)seed);
		ck_assert_msg(rto.min_rtt_us >= 1 && rto.min_rtt_us <= RTO_RTT_US_MAX,
			      "sample %u, seed %llu", i, (unsigned long long)seed);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("rto");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, a_second_before_the_first_sample);
	tcase_add_test(tcase, three_seconds_after_a_handshake_that_told_nothing);
	tcase_add_loop_test(tcase, the_first_sample_gives_three_round_trips_but_200_ms_above_srtt,
			    0, COUNT(first_samples));
	tcase_add_test(tcase, equal_samples_lead_to_srtt_and_200_ms);
	tcase_add_test(tcase, srtt_is_the_moving_average_of_the_rfc);
	tcase_add_test(tcase, rttvar_is_the_rfcs_when_the_path_gets_slower);
	tcase_add_test(tcase, a_faster_path_lengthens_the_timeout_little);
	tcase_add_test(tcase, a_faster_sample_counts_an_eighth_of_its_excess);
	tcase_add_test(tcase, the_timeout_rises_with_one_late_sample);
	tcase_add_test(tcase, the_timeout_falls_by_round_trips_not_by_samples);
	tcase_add_test(tcase, back_off_doubles_up_to_two_minutes);
	tcase_add_test(tcase, the_minimum_is_believed_for_five_minutes);
	tcase_add_test(tcase, any_samples_keep_the_timeout_within_its_bounds);
	Suite *suite = suite_create("rto");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
