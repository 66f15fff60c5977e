/*
 * TCP between two simulated hosts: streams arrive as they were written or an error is told,
 * whatever the line does.  tests/sim/tcp_world.h says what is checked in every run; tcp_seeds
 * runs many more.
 */
#include "tests/sim/tcp_world.h"
#include "tests/suite.h"

#define MS        1000u
#define S         1000000u
#define SEEDS     500u /* in a few seconds with the sanitizers */
#define TIMEOUT_S 120

static struct tcp_plan plan;
static struct tcp_world world;

static void
setup(void)
{
	tcp_plan_plain(&plan, suite_seed(1));
}

static void
teardown(void)
{
	tcp_world_fini(&world);
}

static void
each_program(unsigned call_count, uint32_t bytes)
{
	plan.call_count = call_count;
	for (unsigned i = 0; i < call_count; i++)
		for (unsigned side = 0; side < 2; side++)
			plan.calls[i].programs[side].bytes = bytes;
}

static void
each_line(struct fault_config faults)
{
	faults.delay_us = 10 * MS;
	plan.faults[0] = plan.faults[1] = faults;
}

static void
befalls(uint64_t at_us, enum plan_event_kind kind, unsigned side)
{
	plan.events[plan.event_count++] =
		(struct plan_event){ .at_us = at_us, .kind = kind, .side = side };
}

static void
expect_all_ended(void)
{
	tcp_world_run(&world, &plan, getenv("CAIRN_TCP_LOG") != NULL ? stderr : NULL);
	ck_assert_uint_eq(world.sum.failed, 0);
	ck_assert_uint_eq(world.sum.ended, 2 * plan.call_count);
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* Loop index: family + 2 * kind. */
START_TEST(a_good_line_carries_each_octet_once)
{
	plan.family = _i % 2;
	plan.kind = _i / 2 == 0 ? STACK_IF_IP : STACK_IF_ETHER;
	each_program(3, 200000);
	expect_all_ended();
	ck_assert_uint_eq(world.watch.sent[0].data_bytes, 3 * 200000);
	ck_assert_uint_eq(world.watch.sent[1].data_bytes, 3 * 200000);
	ck_assert_uint_eq(world.watch.sent[0].resets + world.watch.sent[1].resets, 0);
	ck_assert_uint_lt(world.sum.finished_us, 5 * S);
}
END_TEST

static const struct {
	const char *behaviour;
	struct fault_config faults;
} lines[] = {
	{ "loss of a tenth", { .loss_ppm = 100000 } },
	{ "loss in bursts", { .loss_ppm = 50000, .loss_burst = 8 } },
	{ "reordering", { .reorder_ppm = 300000, .reorder_us = 15 * MS } },
	{ "duplication", { .duplicate_ppm = 300000 } },
	{ "damage", { .corrupt_ppm = 100000 } },
	{ "jitter", { .jitter_us = 80 * MS } },
	{ "a slow line with a short queue", { .rate_bits_s = 1000000, .queue_bytes_max = 10000 } },
	{ "all at once",
	  { .loss_ppm = 50000,
	    .reorder_ppm = 100000,
	    .reorder_us = 30 * MS,
	    .duplicate_ppm = 50000,
	    .corrupt_ppm = 20000,
	    .jitter_us = 20 * MS } },
};

START_TEST(bad_lines_lose_nothing)
{
	plan.family = _i % 2;
	each_program(4, 100000);
	each_line(lines[_i / 2].faults);
	expect_all_ended();
}
END_TEST

START_TEST(acknowledgments_alone_may_be_lost)
{
	each_program(4, 100000);
	plan.calls[0].programs[1].bytes = 0;
	plan.faults[1].loss_ppm = 300000;
	expect_all_ended();
}
END_TEST

START_TEST(reordering_is_not_taken_for_loss_for_ever)
{
	each_program(1, 1000000);
	each_line((struct fault_config){ .reorder_ppm = 50000, .reorder_us = 4 * MS });
	expect_all_ended();
	ck_assert_uint_lt(world.watch.sent[0].data_bytes, 1050000);
}
END_TEST

/* ---- paths ----------------------------------------------------------------------------------- */

START_TEST(a_narrow_path_is_found)
{
	plan.family = _i;
	plan.has_router = true;
	plan.far_mtu = 1300;
	each_program(2, 100000);
	expect_all_ended();
	ck_assert_uint_gt(world.router.too_big, 0);
	ck_assert_uint_lt(world.sum.finished_us, 10 * S);
}
END_TEST

START_TEST(a_black_hole_is_found)
{
	plan.family = _i;
	plan.has_router = plan.is_black_hole = true;
	plan.far_mtu = 1300;
	each_program(2, 100000);
	expect_all_ended();
}
END_TEST

START_TEST(a_path_may_become_narrower)
{
	plan.family = _i;
	plan.has_router = true;
	each_program(2, 3000000);
	befalls(60 * MS, PLAN_MTU, 0);
	plan.events[0].mtu = 1290;
	expect_all_ended();
	ck_assert_uint_gt(world.router.too_big, 0);
}
END_TEST

/* ---- windows and memory ---------------------------------------------------------------------- */

START_TEST(tiny_windows_carry_a_stream)
{
	each_program(2, 5000);
	for (unsigned side = 0; side < 2; side++) {
		plan.configs[side].receive_buffer_bytes =
			plan.configs[side].receive_buffer_bytes_max = 100;
		plan.calls[0].programs[side].read_pause_us = 300 * MS;
	}
	expect_all_ended();
}
END_TEST

START_TEST(slow_readers_stop_the_sender_and_nothing_else)
{
	each_program(8, 300000);
	for (unsigned i = 0; i < 4; i++) {
		plan.calls[i].programs[1].read_max = 5000;
		plan.calls[i].programs[1].read_pause_us = 2 * S;
	}
	plan.limits[1].tcp_buffer_bytes = 256u << 10;
	expect_all_ended();
	ck_assert_uint_gt(world.sum.finished_us, 100 * (uint64_t)S);
}
END_TEST

START_TEST(two_hosts_full_of_what_they_send_do_not_wait_for_each_other)
{
	each_program(1, 400000);
	plan.mtu = plan.far_mtu = 9000;
	plan.calls[0].programs[0].write_max = 201;
	plan.limits[0].tcp_buffer_bytes = 64u << 10;
	plan.limits[1].tcp_buffer_bytes = 128u << 10;
	plan.configs[1].receive_buffer_bytes = plan.configs[1].receive_buffer_bytes_max = 16384;
	plan.configs[1].send_buffer_bytes = 65536;
	plan.configs[1].send_buffer_bytes_max = 131072;
	expect_all_ended();
}
END_TEST

START_TEST(syn_cookies_do_for_half_open_connections)
{
	plan.family = _i;
	each_program(PLAN_CALLS_MAX, 20000);
	plan.limits[1].tcp_syn_count = 1;
	expect_all_ended();
}
END_TEST

START_TEST(a_full_backlog_delays_and_refuses_nobody)
{
	each_program(PLAN_CALLS_MAX, 2000);
	plan.backlog = 4;
	expect_all_ended();
}
END_TEST

/* ---- what befalls the hosts ------------------------------------------------------------------ */

START_TEST(a_pause_of_the_line_is_survived)
{
	each_program(3, 400000);
	befalls(200 * MS, PLAN_CUT, (unsigned)_i);
	befalls(60 * (uint64_t)S, PLAN_MEND, (unsigned)_i);
	expect_all_ended();
}
END_TEST

START_TEST(a_line_that_stays_dead_ends_the_connections)
{
	each_program(3, 4000000);
	befalls(200 * MS, PLAN_CUT, 1);
	tcp_world_run(&world, &plan, getenv("CAIRN_TCP_LOG") != NULL ? stderr : NULL);
	ck_assert_uint_eq(world.sum.failed, 6);
	ck_assert_int_eq(world.clients[0].reason, TCP_REASON_TIMED_OUT);
	ck_assert_uint_gt(world.sum.finished_us, 300 * (uint64_t)S); /* not too early */
}
END_TEST

START_TEST(a_restarted_host_resets_what_it_has_forgotten)
{
	const unsigned side = (unsigned)_i;

	each_program(3, 3000000);
	plan.calls[2].opens_at_us = 2 * S; /* after it */
	befalls(60 * MS, PLAN_RESTART, side);
	tcp_world_run(&world, &plan, getenv("CAIRN_TCP_LOG") != NULL ? stderr : NULL);
	ck_assert_uint_eq(world.sum.forgotten, 2);
	ck_assert_uint_eq(world.sum.failed, 2);
	ck_assert_uint_eq(world.sum.ended, 2);
	ck_assert_int_eq(side == 1 ? world.clients[0].reason : world.accepted[0].reason,
			 TCP_REASON_RESET);
}
END_TEST

/* ---- programs -------------------------------------------------------------------------------- */

START_TEST(each_direction_closes_by_itself)
{
	each_program(2, 100000);
	plan.calls[0].programs[0].listens_first = true;
	plan.calls[1].programs[1].listens_first = true;
	expect_all_ended();
}
END_TEST

START_TEST(who_leaves_with_data_unread_resets)
{
	each_program(1, 300000);
	plan.calls[0].programs[1].leaves_at = 20000;
	tcp_world_run(&world, &plan, getenv("CAIRN_TCP_LOG") != NULL ? stderr : NULL);
	ck_assert_uint_eq(world.sum.left, 1);
	ck_assert_int_eq(world.clients[0].reason, TCP_REASON_RESET);
}
END_TEST

START_TEST(who_aborts_resets)
{
	each_program(1, 300000);
	plan.calls[0].programs[0].aborts_at = 20000;
	tcp_world_run(&world, &plan, getenv("CAIRN_TCP_LOG") != NULL ? stderr : NULL);
	ck_assert_uint_eq(world.sum.left, 1);
	ck_assert_int_eq(world.accepted[0].reason, TCP_REASON_RESET);
}
END_TEST

/* ---- seeds ----------------------------------------------------------------------------------- */

START_TEST(streams_arrive_or_errors_are_told_whatever_befalls)
{
	uint64_t bytes = 0;
	unsigned ended = 0, failed = 0;

	for (uint64_t seed = suite_seed(1), last = seed + SEEDS; seed < last; seed++) {
		tcp_plan_draw(&plan, seed);
		tcp_world_run(&world, &plan, getenv("CAIRN_TCP_LOG") != NULL ? stderr : NULL);
		bytes += world.sum.bytes;
		ended += world.sum.ended;
		failed += world.sum.failed;
		if (seed + 1 < last)
			tcp_world_fini(&world);
	}
	/* The seeds must show something. */
	ck_assert_uint_gt(bytes, SEEDS * 10000);
	ck_assert_uint_gt(ended, SEEDS * 2);
	ck_assert_uint_gt(failed, 0);
}
END_TEST

START_TEST(equal_seeds_give_equal_runs)
{
	uint64_t fingerprint = 0;

	for (unsigned i = 0; i < 2; i++) {
		tcp_plan_draw(&plan, suite_seed(1) + 5);
		tcp_world_run(&world, &plan, getenv("CAIRN_TCP_LOG") != NULL ? stderr : NULL);
		ck_assert(i == 0 || world.net.fingerprint == fingerprint);
		fingerprint = world.net.fingerprint;
		if (i == 0)
			tcp_world_fini(&world);
	}
	ck_assert_uint_gt(world.net.frame_count, 10);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("tcp");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, TIMEOUT_S);
	tcase_add_loop_test(tcase, a_good_line_carries_each_octet_once, 0, 4);
	tcase_add_loop_test(tcase, bad_lines_lose_nothing, 0, 2 * COUNT(lines));
	tcase_add_test(tcase, acknowledgments_alone_may_be_lost);
	tcase_add_test(tcase, reordering_is_not_taken_for_loss_for_ever);
	tcase_add_loop_test(tcase, a_narrow_path_is_found, 0, 2);
	tcase_add_loop_test(tcase, a_black_hole_is_found, 0, 2);
	tcase_add_loop_test(tcase, a_path_may_become_narrower, 0, 2);
	tcase_add_test(tcase, tiny_windows_carry_a_stream);
	tcase_add_test(tcase, slow_readers_stop_the_sender_and_nothing_else);
	tcase_add_test(tcase, two_hosts_full_of_what_they_send_do_not_wait_for_each_other);
	tcase_add_loop_test(tcase, syn_cookies_do_for_half_open_connections, 0, 2);
	tcase_add_test(tcase, a_full_backlog_delays_and_refuses_nobody);
	tcase_add_loop_test(tcase, a_pause_of_the_line_is_survived, 0, 2);
	tcase_add_test(tcase, a_line_that_stays_dead_ends_the_connections);
	tcase_add_loop_test(tcase, a_restarted_host_resets_what_it_has_forgotten, 0, 2);
	tcase_add_test(tcase, each_direction_closes_by_itself);
	tcase_add_test(tcase, who_leaves_with_data_unread_resets);
	tcase_add_test(tcase, who_aborts_resets);
	tcase_add_test(tcase, streams_arrive_or_errors_are_told_whatever_befalls);
	tcase_add_test(tcase, equal_seeds_give_equal_runs);
	Suite *suite = suite_create("sim_tcp");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
