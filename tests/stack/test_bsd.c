/* Calls that wait (stack/bsd.h; POSIX.1-2017): one host calls, the other does what it is to do at its time; time is virtual. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>

#include "stack/bsd.h"
#include "tests/stack/socket_world.h"
#include "tests/suite.h"

#define SECOND_US  1000000u
#define EVENTS_MAX 4u

static struct cairn us, them;
static int ours, theirs; /* a connection */

/* What they do while we wait. */
static struct {
	uint64_t at_us;
	void (*act)(void);
} events[EVENTS_MAX];
static unsigned event_count;
static bool is_cut; /* nothing of theirs arrives */

static void
at(uint64_t after_us, void (*act)(void))
{
	ck_assert_uint_lt(event_count, EVENTS_MAX);
	events[event_count].at_us = sockets_a.now_us + after_us;
	events[event_count++].act = act;
}

static uint64_t
now_us(void *data)
{
	(void)data;
	return sockets_a.now_us;
}

static void
carry(void)
{
	struct stack_action action;

	if (!is_cut) {
		sockets_carry();
		return;
	}
	while (stack_next(sockets_a.stack, &action))
		if (action.kind != STACK_TRANSMIT)
			(void)socket_action(sockets, sockets_a.stack, &action);
}

static uint64_t
next_us(uint64_t until_us)
{
	for (unsigned i = 0; i < event_count; i++)
		if (events[i].act != NULL && events[i].at_us < until_us)
			until_us = events[i].at_us;
	if (stack_deadline(sockets_a.stack) < until_us)
		until_us = stack_deadline(sockets_a.stack);
	if (stack_deadline(sockets_b.stack) < until_us)
		until_us = stack_deadline(sockets_b.stack);
	return until_us > sockets_a.now_us ? until_us : sockets_a.now_us + 1;
}

static void
go_to(uint64_t time_us)
{
	sockets_a.now_us = sockets_b.now_us = time_us;
	socket_tell_time(sockets, time_us);
	stack_timeout(sockets_a.stack, time_us);
	stack_timeout(sockets_b.stack, time_us);
	for (unsigned i = 0; i < event_count; i++) {
		if (events[i].act == NULL || events[i].at_us > time_us)
			continue;
		events[i].act();
		events[i].act = NULL;
	}
}

static int
wait(void *data, cairn_condition *is_so, void *argument, uint64_t until_us)
{
	(void)data;
	for (unsigned turns = 0; turns < 10000; turns++) {
		carry();
		if (is_so(argument) || sockets_a.now_us >= until_us)
			return 0;
		go_to(next_us(until_us));
	}
	ck_abort_msg("a call waits for ever");
	return EINTR;
}

static void
setup(void)
{
	static const struct cairn_shell shell = { .now_us = now_us, .wait = wait };

	sockets_begin();
	event_count = 0;
	is_cut = false;
	us = (struct cairn){ .table = sockets, .stack = sockets_a.stack, .shell = &shell };
	them = (struct cairn){ .table = sockets, .stack = sockets_b.stack, .shell = &shell };
	const int listener = cairn_socket(&them, AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(sockets_bind(listener, sockets_peers[V4], 80, AF_INET), 0);
	ck_assert_int_eq(cairn_listen(&them, listener, 1), 0);
	struct sockaddr_storage name;
	const socklen_t size = sockets_name(sockets_peers[V4], 80, AF_INET, &name);
	ours = cairn_socket(&us, AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(cairn_connect(&us, ours, (struct sockaddr *)&name, size), 0);
	theirs = cairn_accept(&them, listener, NULL, NULL);
	ck_assert_int_ge(theirs, 0);
}

static void
they_send(void)
{
	ck_assert_int_eq(sockets_send(theirs, "abc"), 3);
}

static void
they_end(void)
{
	ck_assert_int_eq(socket_shutdown(sockets, theirs, SHUT_WR), 0);
}

/* ---- receiving ------------------------------------------------------------------------------------- */

START_TEST(msg_waitall_waits_for_all_also_when_only_looking)
{
	char text[8];

	at(1 * SECOND_US, they_send);
	at(2 * SECOND_US, they_send);
	const uint64_t began_us = sockets_a.now_us;
	ck_assert_int_eq(cairn_recv(&us, ours, text, 6, MSG_PEEK | MSG_WAITALL), 6);
	ck_assert_mem_eq(text, "abcabc", 6);
	ck_assert_uint_ge(sockets_a.now_us - began_us, 2 * SECOND_US);
	ck_assert_int_eq(cairn_recv(&us, ours, text, 6, MSG_WAITALL), 6);
}
END_TEST

START_TEST(msg_waitall_ends_with_the_stream_and_with_the_time)
{
	const struct timeval second = { .tv_sec = 1 };
	char text[8];

	ck_assert_int_eq(cairn_setsockopt(&us, ours, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second), 0);
	they_send();
	ck_assert_int_eq(cairn_recv(&us, ours, text, 6, MSG_PEEK | MSG_WAITALL), 3); /* after a second */
	at(SECOND_US / 2, they_end);
	ck_assert_int_eq(cairn_recv(&us, ours, text, 6, MSG_PEEK | MSG_WAITALL), 3);
	ck_assert_int_eq(cairn_recv(&us, ours, text, 6, MSG_WAITALL), 3);
	ck_assert_int_eq(cairn_recv(&us, ours, text, 6, MSG_WAITALL), 0);
}
END_TEST

static void
they_send_much(void)
{
	static char bytes[4096];
	struct iovec piece = { .iov_base = bytes, .iov_len = sizeof bytes };
	const struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

	while (socket_sendmsg(sockets, theirs, &message, 0) > 0)
		carry();
}

/* As much as the window lets in: the rest would be waited for in vain. */
START_TEST(who_only_looks_waits_for_no_more_than_can_come)
{
	static char text[1u << 20];
	const int bytes = 4096;

	ck_assert_int_eq(cairn_setsockopt(&us, ours, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
	at(1 * SECOND_US, they_send_much);
	const uint64_t began_us = sockets_a.now_us;
	ck_assert_int_ge(cairn_recv(&us, ours, text, sizeof text, MSG_PEEK | MSG_WAITALL), bytes);
	ck_assert_uint_lt(sockets_a.now_us - began_us, 2 * SECOND_US); /* not when they give up */
}
END_TEST

/* ---- select -------------------------------------------------------------------------------------- */

START_TEST(select_waits_for_what_is_in_its_sets)
{
	const struct timeval wait = { .tv_sec = 5 };
	fd_set read, write;

	FD_ZERO(&read);
	FD_SET(ours, &read);
	at(1 * SECOND_US, they_send);
	const uint64_t began_us = sockets_a.now_us;
	ck_assert_int_eq(cairn_select(&us, ours + 1, &read, NULL, NULL, &wait), 1);
	ck_assert(FD_ISSET(ours, &read));
	ck_assert_uint_eq(sockets_a.now_us - began_us, 1 * SECOND_US);
	write = read;
	ck_assert_int_eq(cairn_select(&us, ours + 1, &read, &write, NULL, NULL), 2); /* one in each set */
	ck_assert(FD_ISSET(ours, &write));
	ck_assert_int_eq(cairn_select(&us, ours, &read, NULL, NULL, &(struct timeval){ 0 }), 0); /* not below its end */
	ck_assert_int_eq(cairn_select(&us, ours + 1, &read, NULL, NULL, &(struct timeval){ 0 }), 1);
	char text[8];
	ck_assert_int_eq(cairn_recv(&us, ours, text, sizeof text, 0), 3);
	at(1 * SECOND_US, they_send);
	ck_assert_int_eq(cairn_select(&us, ours + 1, &read, NULL, NULL, &(struct timeval){ .tv_sec = INT64_C(1) << 32 }), 1);
}
END_TEST

START_TEST(select_gives_up_when_it_is_told_to)
{
	const struct timeval wait = { .tv_sec = 1, .tv_usec = 500001 };
	fd_set read, except;

	FD_ZERO(&read);
	FD_SET(ours, &read);
	except = read;
	const uint64_t began_us = sockets_a.now_us;
	ck_assert_int_eq(cairn_select(&us, ours + 1, &read, NULL, &except, &wait), 0);
	ck_assert_uint_eq(sockets_a.now_us - began_us, 1501 * 1000);
	ck_assert(!FD_ISSET(ours, &read) && !FD_ISSET(ours, &except));
}
END_TEST

/* The end of a stream can be read; for urgent data nobody waits in vain. */
START_TEST(select_tells_of_the_end)
{
	fd_set read, except;

	FD_ZERO(&read);
	FD_SET(ours, &read);
	except = read;
	at(1 * SECOND_US, they_end);
	ck_assert_int_eq(cairn_select(&us, ours + 1, &read, NULL, &except, NULL), 1);
	ck_assert(FD_ISSET(ours, &read) && !FD_ISSET(ours, &except));
}
END_TEST

START_TEST(select_refuses_what_is_wrong)
{
	fd_set read;

	FD_ZERO(&read);
	FD_SET(FD_SETSIZE - 1, &read);
	ck_assert_int_eq(cairn_select(&us, FD_SETSIZE, &read, NULL, NULL, NULL), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert(FD_ISSET(FD_SETSIZE - 1, &read)); /* as it was */
	ck_assert_int_eq(cairn_select(&us, FD_SETSIZE + 1, &read, NULL, NULL, NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(cairn_select(&us, -1, NULL, NULL, NULL, NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(cairn_select(&us, 0, NULL, NULL, NULL, &(struct timeval){ .tv_usec = 1000000 }), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(cairn_select(&us, 0, NULL, NULL, NULL, &(struct timeval){ .tv_sec = -1 }), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

/* ---- closing --------------------------------------------------------------------------------------- */

static void
linger(int seconds)
{
	const struct linger value = { .l_onoff = 1, .l_linger = seconds };
	ck_assert_int_eq(cairn_setsockopt(&us, ours, SOL_SOCKET, SO_LINGER, &value, sizeof value), 0);
	ck_assert_int_eq(cairn_fcntl(&us, ours, F_SETFL, O_NONBLOCK), 0);
}

/* As Linux: what else waits or not is another matter. */
START_TEST(close_lingers_also_where_nothing_else_waits)
{
	linger(3);
	ck_assert_int_eq(cairn_write(&us, ours, "x", 1), 1);
	is_cut = true; /* no acknowledgment */
	const uint64_t began_us = sockets_a.now_us;
	ck_assert_int_eq(cairn_close(&us, ours), 0);
	ck_assert_uint_eq(sockets_a.now_us - began_us, 3 * SECOND_US);
}
END_TEST

START_TEST(close_lingers_no_longer_than_it_takes)
{
	linger(3);
	ck_assert_int_eq(cairn_write(&us, ours, "x", 1), 1);
	const uint64_t began_us = sockets_a.now_us;
	ck_assert_int_eq(cairn_close(&us, ours), 0);
	ck_assert_uint_lt(sockets_a.now_us - began_us, SECOND_US);
}
END_TEST

START_TEST(for_a_reset_nobody_lingers)
{
	char text[8];

	linger(3);
	they_send();
	carry();
	const uint64_t began_us = sockets_a.now_us;
	ck_assert_int_eq(cairn_close(&us, ours), 0); /* what they said was not read */
	ck_assert_uint_eq(sockets_a.now_us, began_us);
	carry();
	ck_assert_int_eq(sockets_receive(theirs, text, sizeof text, NULL), -ECONNRESET);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("bsd");
	tcase_add_checked_fixture(tcase, setup, sockets_end);
	tcase_add_test(tcase, msg_waitall_waits_for_all_also_when_only_looking);
	tcase_add_test(tcase, msg_waitall_ends_with_the_stream_and_with_the_time);
	tcase_add_test(tcase, who_only_looks_waits_for_no_more_than_can_come);
	tcase_add_test(tcase, select_waits_for_what_is_in_its_sets);
	tcase_add_test(tcase, select_gives_up_when_it_is_told_to);
	tcase_add_test(tcase, select_tells_of_the_end);
	tcase_add_test(tcase, select_refuses_what_is_wrong);
	tcase_add_test(tcase, close_lingers_also_where_nothing_else_waits);
	tcase_add_test(tcase, close_lingers_no_longer_than_it_takes);
	tcase_add_test(tcase, for_a_reset_nobody_lingers);
	Suite *suite = suite_create("bsd");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
