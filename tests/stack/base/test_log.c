#include "stack/base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/suite.h"

#define BEHIND_PREFIX(line) ((line) + strlen("cairnd: warning: "))

/* A log that writes into a pipe, so that a test sees what one call wrote. */
struct piped {
	struct log log;
	int read_fd;
	char line[LOG_LINE_BYTES_MAX + 1];
};

static void
piped_open(struct piped *piped)
{
	int fds[2];
	ck_assert_int_eq(pipe(fds), 0);
	log_init(&piped->log, "cairnd", LOG_LEVEL_NOTICE);
	piped->log.fd = fds[1];
	piped->log.has_time = false;
	piped->read_fd = fds[0];
}

static const char *
piped_read(struct piped *piped)
{
	close(piped->log.fd);
	ssize_t size = read(piped->read_fd, piped->line, LOG_LINE_BYTES_MAX);
	ck_assert_int_ge(size, 0);
	piped->line[size] = '\0';
	char beyond;
	ck_assert_int_eq(read(piped->read_fd, &beyond, 1), 0); /* one line and nothing behind it */
	close(piped->read_fd);
	return piped->line;
}

START_TEST(a_line_names_the_program_and_the_level)
{
	struct piped piped;
	piped_open(&piped);
	log_warning(&piped.log, "%s is %d", "answer", 42);
	ck_assert_str_eq(piped_read(&piped), "cairnd: warning: answer is 42\n");
}
END_TEST

START_TEST(lines_above_the_level_are_not_written)
{
	struct piped piped;
	piped_open(&piped);
	log_info(&piped.log, "hidden");
	log_debug(&piped.log, "hidden");
	log_notice(&piped.log, "seen");
	ck_assert_str_eq(piped_read(&piped), "cairnd: notice: seen\n");
}
END_TEST

START_TEST(what_is_not_printable_is_shown_as_hexadecimal)
{
	struct piped piped;
	piped_open(&piped);
	log_warning(&piped.log, "%s", "a\nb\r\x1b[31m\x7f\xc2\x9b~ ");
	ck_assert_str_eq(BEHIND_PREFIX(piped_read(&piped)), "a\\x0ab\\x0d\\x1b[31m\\x7f\\xc2\\x9b~ \n");
}
END_TEST

START_TEST(a_long_line_is_cut_and_says_so)
{
	char text[2 * LOG_LINE_BYTES_MAX];
	memset(text, _i == 0 ? 'x' : '\t', sizeof text);
	text[_i == 0 ? sizeof text - 1 : LOG_LINE_BYTES_MAX / 2] = '\0'; /* tabs grow fourfold */
	struct piped piped;
	piped_open(&piped);
	log_warning(&piped.log, "%s", text);
	const char *line = piped_read(&piped);
	size_t length = strlen(line);
	ck_assert_uint_le(length, LOG_LINE_BYTES_MAX);
	ck_assert_uint_ge(length, LOG_LINE_BYTES_MAX - 4);
	ck_assert_str_eq(line + length - strlen(" [cut]\n"), " [cut]\n");
	if (_i == 1) /* no escape is torn */
		ck_assert_str_eq(line + length - strlen("\\x09 [cut]\n"), "\\x09 [cut]\n");
}
END_TEST

START_TEST(the_time_stands_in_front_unless_the_journal_adds_it)
{
	struct piped piped;
	piped_open(&piped);
	piped.log.has_time = true;
	log_error(&piped.log, "x");
	const char *line = piped_read(&piped);
	int year, month, day, hour, minute, second, thousandth, end = 0;
	ck_assert_int_eq(sscanf(line, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ %n", &year, &month, &day, &hour, &minute, &second,
	                        &thousandth, &end), 7);
	ck_assert_str_eq(line + end, "cairnd: error: x\n");

	struct log log;
	struct stat st;
	char stream[64];
	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_init(&log, "cairnd", LOG_LEVEL_INFO);
	ck_assert(!log.has_time);
	setenv("JOURNAL_STREAM", "1:1", 1); /* inherited from a parent whose stderr was the journal */
	log_init(&log, "cairnd", LOG_LEVEL_INFO);
	ck_assert(log.has_time);
	unsetenv("JOURNAL_STREAM");
}
END_TEST

START_TEST(errno_is_left_alone)
{
	struct piped piped;
	piped_open(&piped);
	close(piped.log.fd);
	errno = ENOENT;
	log_error(&piped.log, "nobody reads this");
	ck_assert_int_eq(errno, ENOENT);
	close(piped.read_fd);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("log");
	tcase_add_test(tcase, a_line_names_the_program_and_the_level);
	tcase_add_test(tcase, lines_above_the_level_are_not_written);
	tcase_add_test(tcase, what_is_not_printable_is_shown_as_hexadecimal);
	tcase_add_loop_test(tcase, a_long_line_is_cut_and_says_so, 0, 2);
	tcase_add_test(tcase, the_time_stands_in_front_unless_the_journal_adds_it);
	tcase_add_test(tcase, errno_is_left_alone);
	Suite *suite = suite_create("log");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
