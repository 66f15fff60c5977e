/* RACK by itself: how long a segment is waited for (RFC 8985, section 6.2, steps 4 and 5). */
#include "stack/base/arena.h"
#include "stack/rack.h"
#include "tests/suite.h"

#define RTT_US 100000u

static _Alignas(16) uint8_t block[1024];
static struct tcp_sent_pool pool;
static struct tcp_flight flight;
static struct rack rack;
static struct rack_view view;

/* Two segments were sent together, and the second has arrived. */
static void
setup(void)
{
	struct arena arena;

	arena_init(&arena, block, sizeof block);
	tcp_sent_pool_init(&pool, &arena, 2);
	tcp_flight_init(&flight);
	for (uint32_t i = 0; i < 2; i++)
		(void)tcp_flight_add(&pool, &flight, &(struct seq_range){ 1000 * i, 1000 * i + 1000 }, 1000, 0, 0);
	rack_init(&rack, 0);
	rack_delivered(&rack, tcp_flight_last(&flight), 0, RTT_US, RTT_US);
	view = (struct rack_view){ .min_rtt_us = RTT_US, .srtt_us = RTT_US, .sacked_segments = 1, .now_us = RTT_US };
}

static void
teardown(void)
{
	tcp_flight_clear(&pool, &flight);
}

START_TEST(the_first_is_waited_for_a_quarter_of_the_round_trip)
{
	ck_assert_uint_eq(rack_detect(&rack, &flight, &view), RTT_US / 4);
	ck_assert_uint_eq(flight.gone.segments, 0);
	view.now_us += RTT_US / 4 - 1;
	ck_assert_uint_eq(rack_detect(&rack, &flight, &view), 1);
	view.now_us++;
	(void)rack_detect(&rack, &flight, &view);
	ck_assert_uint_eq(flight.gone.segments, 1);
}
END_TEST

START_TEST(it_is_not_waited_for_where_nothing_was_ever_reordered_and_three_have_arrived)
{
	view.sacked_segments = RACK_DUP_SEGMENTS - (unsigned)_i;
	view.is_recovering = _i != 0;
	(void)rack_detect(&rack, &flight, &view);
	ck_assert_uint_eq(flight.gone.segments, 1);
}
END_TEST

START_TEST(a_round_trip_with_d_sacks_makes_the_wait_longer_once)
{
	view.srtt_us = RTT_US * 6 / 10;
	for (unsigned i = 0; i < 3; i++)
		rack_on_dsack(&rack, 2000);
	ck_assert_uint_eq(rack_detect(&rack, &flight, &view), RTT_US / 2);
	rack_on_ack(&rack, 2000);
	rack_on_dsack(&rack, 4000);
	ck_assert_uint_eq(rack_detect(&rack, &flight, &view), view.srtt_us); /* at most */
}
END_TEST

START_TEST(after_sixteen_recoveries_without_one_the_wait_is_as_before)
{
	rack_on_dsack(&rack, 2000);
	for (unsigned i = 1; i < RACK_WINDOW_ROUNDS; i++)
		rack_on_recovered(&rack);
	ck_assert_uint_eq(rack_detect(&rack, &flight, &view), RTT_US / 2);
	rack_on_recovered(&rack);
	ck_assert_uint_eq(rack_detect(&rack, &flight, &view), RTT_US / 4);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("rack");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_first_is_waited_for_a_quarter_of_the_round_trip);
	tcase_add_loop_test(tcase, it_is_not_waited_for_where_nothing_was_ever_reordered_and_three_have_arrived, 0, 2);
	tcase_add_test(tcase, a_round_trip_with_d_sacks_makes_the_wait_longer_once);
	tcase_add_test(tcase, after_sixteen_recoveries_without_one_the_wait_is_as_before);
	Suite *suite = suite_create("rack");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
