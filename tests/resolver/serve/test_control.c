/* The channel of cairnctl: lines that come whole, in pieces, too long or not at all, and the file it is reached by. */
#include "resolver/serve/control.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "stack/base/err.h"
#include "tests/suite.h"

#define SPEAKS "error this server speaks cairn1: use the cairnctl that came with it\n"

/* A channel whose commands say their words again, but for `flood`, which says too much, and `wait`. */
static struct {
	uv_loop_t loop;
	struct control *control;
	char directory[64], path[100], error[CONFIG_ERROR_BYTES];
	unsigned commands;
	char answer[2 * CONTROL_ANSWER_BYTES_MAX];
	size_t answer_bytes;
} world;

static void
on_command(void *data, struct control_client *client, const char *const *words, unsigned count)
{
	ck_assert_ptr_eq(data, &world);
	world.commands++;
	if (strcmp(words[0], "wait") == 0) {
		control_wait_for(client, CONTROL_REPORT);
		return;
	}
	for (unsigned i = 0; i < count; i++)
		control_say(client, "<%s>", words[i]);
	for (unsigned i = 0; strcmp(words[0], "flood") == 0 && i < CONTROL_ANSWER_BYTES_MAX / 8; i++)
		control_say(client, "%s", "a line of sixteen");
	control_finish(client);
}

static int
open_there(struct control **control)
{
	const struct privilege_user nobody_else = { .is_set = false };
	return control_open(control, &world.loop, world.path, &nobody_else, on_command, &world, world.error);
}

static void
set_up(void)
{
	memset(&world, 0, sizeof world);
	(void)signal(SIGPIPE, SIG_IGN);
	strcpy(world.directory, "/tmp/cairn-control-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(world.directory));
	(void)snprintf(world.path, sizeof world.path, "%s/socket", world.directory);
	ck_assert_int_eq(uv_loop_init(&world.loop), 0);
	ck_assert_msg(open_there(&world.control) == 0, "%s", world.error);
}

/* It leaves no file and nothing in the loop. */
static void
tear_down(void)
{
	control_close(world.control);
	(void)uv_run(&world.loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&world.loop), 0);
	ck_assert_int_eq(rmdir(world.directory), 0);
}

static int
connected(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, world.path);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

static void
tell(int fd, const char *text, size_t bytes)
{
	ck_assert_int_eq(send(fd, text, bytes, 0), (ssize_t)bytes);
}

/* Runs the loop until the stream has ended, and closes it: what has come is in world.answer. */
static const char *
answer_of(int fd)
{
	ssize_t size;

	world.answer_bytes = 0;
	while ((size = recv(fd, world.answer + world.answer_bytes, sizeof world.answer - 1 - world.answer_bytes,
			    MSG_DONTWAIT)) != 0) {
		if (size > 0)
			world.answer_bytes += (size_t)size;
		else if (errno == EAGAIN)
			(void)uv_run(&world.loop, UV_RUN_ONCE); /* on_impatience of control.c ends a wait that is in vain */
		else
			break;
	}
	world.answer[world.answer_bytes] = '\0';
	close(fd);
	return world.answer;
}

static const struct {
	const char *behaviour, *line, *answer;
} lines[] = {
	{ "a command is carried out", "cairn1 status\n", "ok\n<status>" },
	{ "words come one by one", "cairn1 flush www.example.com A\n", "ok\n<flush><www.example.com><A>" },
	{ "more spaces than one part words too", "cairn1  a   b \n", "ok\n<a><b>" },
	{ "what follows the line is nothing", "cairn1 a\ncairn1 b\n", "ok\n<a>" },
	{ "as many words as are allowed", "cairn1 1 2 3 4 5 6 7 8\n", "ok\n<1><2><3><4><5><6><7><8>" },
	{ "one word more", "cairn1 1 2 3 4 5 6 7 8 9\n", "error more than 8 words\n" },
	{ "a greeting alone", "cairn1\n", SPEAKS },
	{ "another greeting", "cairn2 status\n", SPEAKS },
	{ "no greeting", "status\n", SPEAKS },
	{ "an empty line", "\n", SPEAKS },
	{ "spaces alone", "   \n", SPEAKS },
};

START_TEST(a_line_is_answered)
{
	const int fd = connected();
	tell(fd, lines[_i].line, strlen(lines[_i].line));
	ck_assert_msg(strcmp(answer_of(fd), lines[_i].answer) == 0, "%s: %s", lines[_i].behaviour, world.answer);
	ck_assert_uint_eq(world.commands, lines[_i].answer[0] == 'o');
}
END_TEST

START_TEST(a_line_may_come_in_pieces)
{
	const char line[] = "cairn1 flush a.example\n";
	const int fd = connected();
	for (size_t i = 0; i < sizeof line - 1; i++) {
		tell(fd, line + i, 1);
		(void)uv_run(&world.loop, UV_RUN_NOWAIT);
	}
	ck_assert_str_eq(answer_of(fd), "ok\n<flush><a.example>");
}
END_TEST

START_TEST(a_line_has_a_longest)
{
	char line[2 * CONTROL_LINE_BYTES];
	memset(line, 'x', sizeof line);
	memcpy(line, "cairn1 ", 7);
	line[CONTROL_LINE_BYTES - 2] = '\n';
	int fd = connected();
	tell(fd, line, CONTROL_LINE_BYTES - 1);
	ck_assert_int_eq(memcmp(answer_of(fd), "ok\n<xxx", 7), 0);

	line[CONTROL_LINE_BYTES - 2] = 'x';
	fd = connected();
	tell(fd, line, sizeof line);
	ck_assert_str_eq(answer_of(fd), "error a command of more than 2047 octets\n");
	ck_assert_uint_eq(world.commands, 1);
}
END_TEST

START_TEST(an_answer_has_a_longest)
{
	const int fd = connected();
	tell(fd, "cairn1 flood\n", 13);
	ck_assert_int_eq(memcmp(answer_of(fd), "ok\n<flood>a line", 16), 0);
	ck_assert_uint_le(world.answer_bytes, CONTROL_ANSWER_BYTES_MAX);
	ck_assert_uint_gt(world.answer_bytes, CONTROL_ANSWER_BYTES_MAX / 2);
}
END_TEST

START_TEST(who_finds_no_place_is_served_when_one_leaves)
{
	int silent[CONTROL_CLIENTS_MAX];
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		silent[i] = connected();
		(void)uv_run(&world.loop, UV_RUN_NOWAIT);
	}
	const int late = connected();
	tell(late, "cairn1 late\n", 12);
	for (unsigned i = 0; i < 10; i++)
		(void)uv_run(&world.loop, UV_RUN_NOWAIT);
	ck_assert_uint_eq(world.commands, 0);
	close(silent[0]);
	ck_assert_str_eq(answer_of(late), "ok\n<late>");
	for (unsigned i = 1; i < CONTROL_CLIENTS_MAX; i++)
		close(silent[i]);
}
END_TEST

static int
waiting(void)
{
	const int fd = connected();
	const unsigned before = world.commands;
	tell(fd, "cairn1 wait\n", 12);
	while (world.commands == before)
		(void)uv_run(&world.loop, UV_RUN_ONCE);
	return fd;
}

START_TEST(who_waits_is_told_when_it_has_happened)
{
	const int fd = waiting();
	ck_assert_ptr_null(control_take_waiting(world.control, CONTROL_RELOAD));
	struct control_client *client = control_take_waiting(world.control, CONTROL_REPORT);
	ck_assert_ptr_nonnull(client);
	ck_assert_ptr_null(control_take_waiting(world.control, CONTROL_REPORT));
	control_say(client, "it has happened\n");
	control_finish(client);
	ck_assert_str_eq(answer_of(fd), "ok\nit has happened\n");
	ck_assert_ptr_null(control_take_waiting(NULL, CONTROL_REPORT));
}
END_TEST

START_TEST(what_was_said_before_a_refusal_is_not_told)
{
	const int fd = waiting();
	struct control_client *client = control_take_waiting(world.control, CONTROL_REPORT);
	control_say(client, "so far so good\n");
	control_refuse(client, "%s is broken", "something");
	ck_assert_str_eq(answer_of(fd), "error something is broken\n");
}
END_TEST

/* As of a configuration with many mistakes. */
START_TEST(a_reason_may_be_of_many_lines)
{
	static char reason[CONFIG_ERROR_BYTES], answer[CONFIG_ERROR_BYTES + 16];
	const int fd = waiting();

	for (size_t i = 0; i < sizeof reason - 1; i++)
		reason[i] = i % 100 == 99 ? '\n' : 'x';
	(void)snprintf(answer, sizeof answer, "error %s\n", reason);
	control_refuse(control_take_waiting(world.control, CONTROL_REPORT), "%s", reason);
	ck_assert_str_eq(answer_of(fd), answer);
}
END_TEST

START_TEST(the_end_of_the_server_ends_who_waits)
{
	const int fd = waiting();
	control_close(world.control);
	world.control = NULL;
	ck_assert_str_eq(answer_of(fd), "");
}
END_TEST

START_TEST(the_file_is_its_user_s_alone_and_goes)
{
	struct stat is;
	ck_assert_int_eq(lstat(world.path, &is), 0);
	ck_assert(S_ISSOCK(is.st_mode));
	ck_assert_uint_eq(is.st_mode & 0777, 0600);
	control_close(world.control);
	world.control = NULL;
	ck_assert_int_eq(lstat(world.path, &is), -1);
}
END_TEST

START_TEST(another_server_s_place_is_not_taken)
{
	struct control *second;
	ck_assert_int_eq(open_there(&second), ERR_IO);
	ck_assert_ptr_nonnull(strstr(world.error, "another server listens there"));
	control_close(second);
	(void)uv_run(&world.loop, UV_RUN_NOWAIT);
	const int fd = connected();
	tell(fd, "cairn1 a\n", 9);
	ck_assert_str_eq(answer_of(fd), "ok\n<a>");
}
END_TEST

START_TEST(what_a_killed_server_has_left_is_replaced_and_nothing_else)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	control_close(world.control);
	const int left = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	strcpy(address.sun_path, world.path);
	ck_assert_int_eq(bind(left, (const struct sockaddr *)&address, sizeof address), 0);
	close(left);
	ck_assert_msg(open_there(&world.control) == 0, "%s", world.error);
	control_close(world.control);

	FILE *file = fopen(world.path, "we");
	ck_assert_ptr_nonnull(file);
	fclose(file);
	ck_assert_int_eq(open_there(&world.control), ERR_IO);
	ck_assert_ptr_nonnull(strstr(world.error, "no socket"));
	ck_assert_int_eq(unlink(world.path), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("control");
	TCase *tcase = tcase_create("control");
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, a_line_is_answered, 0, COUNT(lines));
	tcase_add_test(tcase, a_line_may_come_in_pieces);
	tcase_add_test(tcase, a_line_has_a_longest);
	tcase_add_test(tcase, an_answer_has_a_longest);
	tcase_add_test(tcase, who_finds_no_place_is_served_when_one_leaves);
	tcase_add_test(tcase, who_waits_is_told_when_it_has_happened);
	tcase_add_test(tcase, what_was_said_before_a_refusal_is_not_told);
	tcase_add_test(tcase, a_reason_may_be_of_many_lines);
	tcase_add_test(tcase, the_end_of_the_server_ends_who_waits);
	tcase_add_test(tcase, the_file_is_its_user_s_alone_and_goes);
	tcase_add_test(tcase, another_server_s_place_is_not_taken);
	tcase_add_test(tcase, what_a_killed_server_has_left_is_replaced_and_nothing_else);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
