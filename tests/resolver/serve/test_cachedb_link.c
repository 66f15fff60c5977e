/* The connection to the second level, against servers that do not keep to what they are asked. */
#include "resolver/serve/cachedb_link.h"

#include <check.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stack/base/err.h"
#include "tests/suite.h"

#define PATIENCE_MS 5000u
#define FLOOD_BYTES (1u << 20)
#define FLOODS_MAX  64u /* far more than any answer */

/* A server that answers whatever it is sent with one text, and one client's link to it. */
static struct {
	uv_loop_t loop;
	uv_pipe_t listener, peer;
	uv_timer_t patience;
	bool has_peer;
	const char *answer;
	char flood[FLOOD_BYTES];
	unsigned floods;

	char directory[64];
	struct cachedb_server server;
	struct log quiet;
	struct cachedb_link link;
	unsigned replies, good_replies;
} world;

static void
write_text(const char *text, size_t size)
{
	uv_buf_t buf = uv_buf_init((char *)(uintptr_t)text, (unsigned)size);
	(void)uv_try_write((uv_stream_t *)&world.peer, &buf, 1);
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	static char room[65536];
	(void)handle;
	(void)suggested;
	*buf = uv_buf_init(room, sizeof room);
}

static void
on_asked(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf)
{
	(void)buf;
	if (size > 0)
		write_text(world.answer, strlen(world.answer));
	else if (size < 0)
		(void)uv_read_stop(stream);
}

static void
on_connection(uv_stream_t *listener, int status)
{
	ck_assert_int_eq(status, 0);
	ck_assert(!world.has_peer);
	ck_assert_int_eq(uv_pipe_init(&world.loop, &world.peer, 0), 0);
	ck_assert_int_eq(uv_accept(listener, (uv_stream_t *)&world.peer), 0);
	ck_assert_int_eq(uv_read_start((uv_stream_t *)&world.peer, on_alloc, on_asked), 0);
	world.has_peer = true;
}

static void
on_patience(uv_timer_t *timer)
{
	(void)timer;
	ck_abort_msg("nothing happens");
}

static void
set_up(void)
{
	memset(&world, 0, sizeof world);
	(void)signal(SIGPIPE, SIG_IGN);
	strcpy(world.directory, "/tmp/cairn-link-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(world.directory));
	(void)snprintf(world.server.path, sizeof world.server.path, "%s/redis", world.directory);
	world.server.timeout_ms = 2 * PATIENCE_MS;
	ck_assert_int_eq(uv_loop_init(&world.loop), 0);
	ck_assert_int_eq(uv_pipe_init(&world.loop, &world.listener, 0), 0);
	ck_assert_int_eq(uv_pipe_bind(&world.listener, world.server.path), 0);
	ck_assert_int_eq(uv_listen((uv_stream_t *)&world.listener, 1, on_connection), 0);
	ck_assert_int_eq(uv_timer_init(&world.loop, &world.patience), 0);
	ck_assert_int_eq(uv_timer_start(&world.patience, on_patience, PATIENCE_MS, 0), 0);
	cachedb_link_init(&world.link, &world.loop, &world.server, &world.quiet);
}

static void
on_closed(struct cachedb_link *link)
{
	(void)link;
}

static void
tear_down(void)
{
	cachedb_link_close(&world.link, on_closed);
	uv_close((uv_handle_t *)&world.listener, NULL);
	uv_close((uv_handle_t *)&world.patience, NULL);
	if (world.has_peer)
		uv_close((uv_handle_t *)&world.peer, NULL);
	(void)uv_run(&world.loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&world.loop), 0);
	(void)unlink(world.server.path);
	ck_assert_int_eq(rmdir(world.directory), 0);
}

static void
on_reply(void *data, const struct redisReply *reply)
{
	(void)data;
	world.replies++;
	world.good_replies += reply != NULL && reply->type == REDIS_REPLY_STATUS;
}

static int
ask(void)
{
	const char *words[] = { "PING" };
	const size_t sizes[] = { 4 };
	return cachedb_link_send(&world.link, 1, words, sizes, on_reply, NULL);
}

static void
run_until_replies(unsigned count)
{
	while (world.replies < count)
		(void)uv_run(&world.loop, UV_RUN_ONCE);
}

START_TEST(who_answers_each_command_once_is_asked_again)
{
	world.answer = "+PONG\r\n";
	for (unsigned i = 1; i <= 100; i++) {
		ck_assert_int_eq(ask(), 0);
		run_until_replies(i);
	}
	ck_assert_uint_eq(world.good_replies, 100);
}
END_TEST

/* Who answers so is asked nothing more; so many of its replies counted. */
static void
expect_left_alone(const char *answer, unsigned good_replies)
{
	world.answer = answer;
	ck_assert_int_eq(ask(), 0);
	run_until_replies(1);
	ck_assert_uint_eq(world.good_replies, good_replies);
	ck_assert_int_eq(ask(), ERR_CLOSED);
}

START_TEST(who_answers_one_command_twice_is_left_alone)
{
	expect_left_alone("+PONG\r\n+PONG\r\n", 1);
}
END_TEST

START_TEST(who_speaks_unasked_is_left_alone)
{
	world.answer = "+PONG\r\n";
	ck_assert_int_eq(ask(), 0);
	run_until_replies(1);
	write_text("+PONG\r\n", 7);
	while (world.link.context != NULL)
		(void)uv_run(&world.loop, UV_RUN_ONCE);
	ck_assert_int_eq(ask(), ERR_CLOSED);
}
END_TEST

START_TEST(an_answer_without_end_is_cut_off)
{
	world.answer = "$500000000\r\n";
	ck_assert_int_eq(ask(), 0);
	while (world.replies == 0 && world.floods < FLOODS_MAX) {
		if (world.has_peer) {
			write_text(world.flood, sizeof world.flood);
			world.floods++;
		}
		for (unsigned i = 0; i < 100; i++)
			(void)uv_run(&world.loop, UV_RUN_NOWAIT);
	}
	ck_assert_uint_eq(world.replies, 1);
	ck_assert_uint_eq(world.good_replies, 0);
	ck_assert_int_eq(ask(), ERR_CLOSED);
}
END_TEST

START_TEST(an_answer_of_more_parts_than_anybody_asks_for_is_none)
{
	expect_left_alone("*1000000000\r\n", 0);
}
END_TEST

/* As Redis answers a command that its configuration has taken away. */
START_TEST(a_server_that_repeats_the_password_does_not_get_it_into_the_log)
{
	char line[512] = "";
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	world.link.log.fd = fileno(file);
	world.link.log.program = "test";
	world.link.log.level = LOG_LEVEL_WARNING;
	strcpy(world.server.password, "hunter2");
	expect_left_alone("-ERR unknown command `AUTH`, with args beginning with: `hunter2`, \r\n", 0);
	rewind(file);
	ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
	(void)fclose(file);
	ck_assert_ptr_nonnull(strstr(line, "it refuses AUTH (ERR)"));
	ck_assert_ptr_null(strstr(line, "hunter2"));
}
END_TEST

START_TEST(an_answer_within_an_answer_is_none)
{
	expect_left_alone("*1\r\n*1\r\n+PONG\r\n", 0);
}
END_TEST

START_TEST(who_is_not_there_is_left_alone_for_longer_each_time_until_an_answer)
{
	char path[sizeof world.server.path];

	memcpy(path, world.server.path, sizeof path);
	(void)snprintf(world.server.path, sizeof world.server.path, "%s/nobody", world.directory);
	for (uint32_t ms = CACHEDB_LINK_REST_MIN_MS; ms < 4 * CACHEDB_LINK_REST_MAX_MS; ms *= 2) {
		ck_assert_int_eq(ask(), ERR_CLOSED);
		ck_assert_uint_eq(world.link.rest_ms, ms < CACHEDB_LINK_REST_MAX_MS ? ms : CACHEDB_LINK_REST_MAX_MS);
		ck_assert_uint_eq(world.link.rest_until_ms, uv_now(&world.loop) + world.link.rest_ms);
		ck_assert_int_eq(ask(), ERR_CLOSED); /* in that time nothing is tried */
		world.link.rest_until_ms = 0;
	}
	memcpy(world.server.path, path, sizeof path);
	world.answer = "-LOADING it reads its file\r\n";
	ck_assert_int_eq(ask(), 0);
	run_until_replies(1);
	ck_assert_uint_eq(world.link.rest_ms, CACHEDB_LINK_REST_MAX_MS); /* that was no answer */
	world.answer = "+PONG\r\n";
	ck_assert_int_eq(ask(), 0);
	run_until_replies(2);
	ck_assert_uint_eq(world.link.rest_ms, 0);
}
END_TEST

static Suite *
suite(void)
{
	Suite *suite = suite_create("cachedb_link");
	TCase *tcase = tcase_create("servers");
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, who_answers_each_command_once_is_asked_again);
	tcase_add_test(tcase, who_answers_one_command_twice_is_left_alone);
	tcase_add_test(tcase, who_speaks_unasked_is_left_alone);
	tcase_add_test(tcase, an_answer_without_end_is_cut_off);
	tcase_add_test(tcase, an_answer_of_more_parts_than_anybody_asks_for_is_none);
	tcase_add_test(tcase, an_answer_within_an_answer_is_none);
	tcase_add_test(tcase, a_server_that_repeats_the_password_does_not_get_it_into_the_log);
	tcase_add_test(tcase, who_is_not_there_is_left_alone_for_longer_each_time_until_an_answer);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(suite());
}
