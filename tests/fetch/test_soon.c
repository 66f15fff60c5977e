/* What is done in the next turn of the loop (fetch/soon.h). */
#include "tests/suite.h"

#include <string.h>

#include "fetch/soon.h"

static uv_loop_t loop;
static struct soon soon;
static struct soon_call calls[3];
static char order[16];

static void
setup(void)
{
	ck_assert_int_eq(uv_loop_init(&loop), 0);
	soon_open(&soon, &loop);
	memset(calls, 0, sizeof calls);
	memset(order, 0, sizeof order);
}

static void
teardown(void)
{
	soon_close(&soon);
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static void
note(void *data)
{
	strncat(order, data, 1);
}

static void
note_and_again(void *data)
{
	note(data);
	soon_do(&soon, &calls[0], note, "z");
}

static void
note_and_cancel(void *data)
{
	note(data);
	soon_cancel(&calls[1]);
}

START_TEST(calls_come_in_their_order_and_once)
{
	soon_do(&soon, &calls[0], note, "a");
	soon_do(&soon, &calls[1], note, "b");
	soon_do(&soon, &calls[0], note, "c");
	ck_assert_str_eq(order, "");
	uv_run(&loop, UV_RUN_DEFAULT); /* ends by itself: nothing keeps the loop awake */
	ck_assert_str_eq(order, "cb");
}
END_TEST

START_TEST(what_is_asked_for_in_a_turn_is_for_the_next)
{
	soon_do(&soon, &calls[0], note_and_again, "a");
	soon_do(&soon, &calls[1], note, "b");
	uv_run(&loop, UV_RUN_NOWAIT);
	ck_assert_str_eq(order, "ab");
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_str_eq(order, "abz");
}
END_TEST

START_TEST(what_is_cancelled_does_not_come)
{
	soon_do(&soon, &calls[0], note_and_cancel, "a");
	soon_do(&soon, &calls[1], note, "b");
	soon_do(&soon, &calls[2], note, "c");
	soon_cancel(&calls[2]);
	soon_do(&soon, &calls[2], note, "d");
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_str_eq(order, "ad");
}
END_TEST

static void
note_and_early(void *data)
{
	note(data);
	soon_do_early(&soon, &calls[2], note, "e");
}

/* A request leaves with what is sent in the turn that has ended the exchange before. */
START_TEST(what_is_early_is_done_in_the_turn_with_what_it_asks_for)
{
	soon_do(&soon, &calls[0], note, "a");
	soon_do_early(&soon, &calls[1], note_and_early, "b");
	soon_turn(&soon);
	ck_assert_str_eq(order, "be");
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_str_eq(order, "bea");
}
END_TEST

static void
again_and_again(void *data)
{
	++*(unsigned *)data;
	soon_do_early(&soon, &calls[0], again_and_again, data);
}

START_TEST(what_asks_for_itself_does_not_hold_the_turn)
{
	unsigned count = 0;
	soon_do_early(&soon, &calls[0], again_and_again, &count);
	soon_turn(&soon);
	ck_assert_uint_eq(count, SOON_TURN_MAX);
	uv_run(&loop, UV_RUN_NOWAIT); /* nor the loop */
	ck_assert_uint_eq(count, SOON_TURN_MAX + 1);
	soon_cancel(&calls[0]);
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_uint_eq(count, SOON_TURN_MAX + 1);
}
END_TEST

START_TEST(what_is_early_has_the_next_turn_where_there_is_no_other)
{
	soon_do_early(&soon, &calls[0], note, "a");
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_str_eq(order, "a");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("soon");
	TCase *tcase = tcase_create("soon");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, calls_come_in_their_order_and_once);
	tcase_add_test(tcase, what_is_asked_for_in_a_turn_is_for_the_next);
	tcase_add_test(tcase, what_is_cancelled_does_not_come);
	tcase_add_test(tcase, what_is_early_is_done_in_the_turn_with_what_it_asks_for);
	tcase_add_test(tcase, what_asks_for_itself_does_not_hold_the_turn);
	tcase_add_test(tcase, what_is_early_has_the_next_turn_where_there_is_no_other);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
