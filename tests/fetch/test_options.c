/* Command lines and configuration files (fetch/options.h). */
#include "tests/suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fetch/options.h"
#include "fetch/option_table.h"

#define WORDS_MAX 16

static struct options options;
static struct failure failure;

/* The words of a command line, split at blanks; a list that ends with NULL. */
static int
read_words(const char *line)
{
	static char text[512];
	static char *words[WORDS_MAX + 1];
	int count = 0;
	failure_clear(&failure);
	ck_assert(strlen(line) < sizeof text);
	strcpy(text, line);
	words[count++] = "cairn-fetch";
	for (char *word = strtok(text, " "); word != NULL && count < WORDS_MAX; word = strtok(NULL, " "))
		words[count++] = word;
	words[count] = NULL;
	return options_read(&options, count, words, &failure);
}

static void
setup(void)
{
	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
}

static void
teardown(void)
{
	options_fini(&options);
}

static const struct settings *
settings(void)
{
	return &options.groups[0].settings;
}

static const char *
url(size_t group, size_t i)
{
	ck_assert_uint_lt(i, options.groups[group].urls.count);
	return options.groups[group].urls.items[i].text;
}

START_TEST(letters_are_bundled_and_values_stick_to_them)
{
	ck_assert_int_eq(read_words("-sSfLolog u1 -m2.5 -X PUT u2"), 0);
	ck_assert(options.run.is_silent && options.run.shows_errors);
	ck_assert(settings()->fails && settings()->follows);
	ck_assert_str_eq(settings()->outputs.items[0].text, "log");
	ck_assert_uint_eq(settings()->time_max_us, 2500000);
	ck_assert_str_eq(settings()->method, "PUT");
	ck_assert_str_eq(url(0, 0), "u1");
	ck_assert_str_eq(url(0, 1), "u2");
}
END_TEST

START_TEST(long_options_take_values_both_ways_and_no)
{
	ck_assert_int_eq(read_words("--max-time=1 --connect-timeout .25 --no-clobber --no-progress-meter --header=A:b u"), 0);
	ck_assert_uint_eq(settings()->time_max_us, 1000000);
	ck_assert_uint_eq(settings()->connect_timeout_us, 250000);
	ck_assert(!settings()->clobbers);
	ck_assert(!options.run.has_progress);
	ck_assert_str_eq(settings()->fields.items[0].text, "A:b");
}
END_TEST

START_TEST(two_dashes_end_the_options)
{
	ck_assert_int_eq(read_words("-f -- -o --silent -"), 0);
	ck_assert_uint_eq(options.groups[0].urls.count, 3);
	ck_assert_str_eq(url(0, 1), "--silent");
	ck_assert(!options.run.is_silent);
}
END_TEST

START_TEST(next_begins_a_group_of_its_own)
{
	ck_assert_int_eq(read_words("-d x u1 -: -I u2 --url u3"), 0);
	ck_assert_uint_eq(options.group_count, 2);
	ck_assert_uint_eq(options.groups[1].settings.data.count, 0);
	ck_assert(options.groups[1].settings.is_head && !options.groups[0].settings.is_head);
	ck_assert_str_eq(url(1, 1), "u3");
}
END_TEST

START_TEST(outputs_keep_the_order_in_which_they_were_given)
{
	ck_assert_int_eq(read_words("-o a u1 -O u2"), 0);
	ck_assert_uint_eq(settings()->outputs.count, 2);
	ck_assert_int_eq(settings()->outputs.items[0].kind, OUTPUT_FILE);
	ck_assert_int_eq(settings()->outputs.items[1].kind, OUTPUT_REMOTE_NAME);
}
END_TEST

static const struct {
	const char *words, *said;
} wrong[] = {
	{ "--fialonly", "option --fialonly is unknown" },
	{ "--fial", "option --fial is unknown; the nearest is --fail" },
	{ "--no-outptu x", "option --no-outptu is unknown" },
	{ "--no-output", "option --no-output is unknown" },
	{ "--trace f", "option --trace is curl's; --verbose" },
	{ "--input-file f", "option --input-file is wget's; -K" },
	{ "--hops u", "option --hops needs --journey" },
	{ "--journey-file f u", "option --journey-file needs --journey" },
	{ "--journey-secrets u", "option --journey-secrets needs --journey" },
	{ "--tls-max 1.1 u", "option --tls-max: `1.1' is not 1.2 or 1.3" },
	{ "-~", "option -~ is unknown" },
	{ "-sf~", "option -~ is unknown" },
	{ "-o", "option -o needs a value: FILE" },
	{ "--output", "option --output needs a value: FILE" },
	{ "--silent=yes", "option --silent takes no value" },
	{ "-m soon", "option -m, --max-time: `soon' is not a number of seconds" },
	{ "-m -1", "option -m, --max-time: `-1' is not a number of seconds" },
	{ "-m 1.x", "`1.x' is not a number of seconds" },
	{ "-m .", "`.' is not a number of seconds" },
	{ "--retry 1e3", "option --retry: `1e3' is not a number" },
	{ "--retry 99999999999999999999", "is not a number" },
	{ "--limit-rate 10q", "`10q' is not a size, as in 64k or 1.5M" },
	{ "--limit-rate 99999999999G", "is not a size" },
	{ "--rate fast", "option --rate: `fast' is not a rate, as in 2/s or 100/h" },
	{ "--rate 0/s", "`0/s' is not a rate" },
	{ "--rate 1/", "`1/' is not a rate" },
	{ "--rate 1/w", "`1/w' is not a rate" },
	{ "--rate 1/xs", "`1/xs' is not a rate" },
	{ "-K /nonexistent/file", "configuration file /nonexistent/file: No such file" },
};

START_TEST(a_mirror_follows_redirects_and_makes_directories)
{
	ck_assert_int_eq(read_words("--level 2 --no-parent --no-robots u1 --next u2"), 0);
	ck_assert(settings_has_mirror(settings()));
	ck_assert(settings()->follows && settings()->fails && settings()->creates_directories);
	ck_assert(!settings()->follows_parents && !settings()->heeds_robots);
	ck_assert(!settings_has_mirror(&options.groups[1].settings));
	ck_assert(!options.groups[1].settings.follows);
}
END_TEST

START_TEST(a_wrong_command_line_is_explained)
{
	ck_assert_int_eq(read_words(wrong[_i].words), -1);
	ck_assert_int_eq(failure.cause, FAILURE_USAGE);
	ck_assert_msg(strstr(failure.text, wrong[_i].said) != NULL, "%s: %s", wrong[_i].words, failure.text);
}
END_TEST

static const struct {
	const char *text;
	uint64_t octets;
} sizes[] = {
	{ "0", 0 }, { "7", 7 }, { "7b", 7 }, { "64k", 65536 }, { "64K", 65536 }, { "1.5M", 1572864 },
	{ "2g", 2147483648 }, { "0.001k", 1 },
};

START_TEST(sizes_are_powers_of_1024)
{
	char line[64];
	snprintf(line, sizeof line, "--limit-rate %s", sizes[_i].text);
	ck_assert_int_eq(read_words(line), 0);
	ck_assert_uint_eq(settings()->rate_limit, sizes[_i].octets);
}
END_TEST

static const struct {
	const char *text;
	uint64_t interval_us;
} rates[] = {
	{ "2/s", 500000 }, { "3/m", 20000000 }, { "1/10s", 10000000 }, { "4/H", 900000000 },
	{ "1/d", 86400000000 }, { "360", 10000000 },
};

START_TEST(a_rate_is_an_interval)
{
	char line[64];
	snprintf(line, sizeof line, "--rate %s", rates[_i].text);
	ck_assert_int_eq(read_words(line), 0);
	ck_assert_uint_eq(options.run.start_interval_us, rates[_i].interval_us);
}
END_TEST

/* A file with that text; its name. */
static const char *
file_with(const char *text)
{
	static char path[] = "/tmp/cairn-options.XXXXXX";
	strcpy(path + strlen(path) - 6, "XXXXXX");
	int descriptor = mkstemp(path);
	ck_assert_int_ge(descriptor, 0);
	ck_assert_int_eq(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
	close(descriptor);
	return path;
}

static int
read_file(const char *text)
{
	char line[128];
	const char *path = file_with(text);
	snprintf(line, sizeof line, "-K %s", path);
	int err = read_words(line);
	unlink(path);
	return err;
}

START_TEST(a_configuration_file_has_an_option_a_line)
{
	ck_assert_int_eq(read_file("# a comment\r\n"
	                           "silent\n"
	                           "--fail\n"
	                           "-o log\n"
	                           "  max-time = 3\n"
	                           "user-agent: \"a \\\"b\\\"\\tc\"\n"
	                           "-H \"X: y\"\n"
	                           "no-clobber\n"
	                           "url=http://h/?a=b\n"
	                           "-:\n"
	                           "url http://i/"), 0);
	ck_assert(options.run.is_silent && settings()->fails && !settings()->clobbers);
	ck_assert_str_eq(settings()->outputs.items[0].text, "log");
	ck_assert_uint_eq(settings()->time_max_us, 3000000);
	ck_assert_str_eq(settings()->user_agent, "a \"b\"\tc");
	ck_assert_str_eq(settings()->fields.items[0].text, "X: y");
	ck_assert_str_eq(url(0, 0), "http://h/?a=b");
	ck_assert_str_eq(url(1, 0), "http://i/");
}
END_TEST

/* So a Range in it is one that is asked for (transfer_range.c), and standard input does for every request. */
START_TEST(fields_of_a_file_are_fields_of_the_command_line)
{
	char line[128];
	const char *path = file_with("X: y\r\n\nRange: bytes=4-8\nEmpty;");
	snprintf(line, sizeof line, "-H A:b -H @%s -H C:d", path);
	ck_assert_int_eq(read_words(line), 0);
	unlink(path);
	static const char *const expected[] = { "A:b", "X: y", "Range: bytes=4-8", "Empty;", "C:d" };
	ck_assert_uint_eq(settings()->fields.count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++)
		ck_assert_str_eq(settings()->fields.items[i].text, expected[i]);
}
END_TEST

START_TEST(a_file_of_fields_that_cannot_be_read_is_a_failure)
{
	ck_assert_int_eq(read_words("-H @/nonexistent/file"), -1);
	ck_assert_int_eq(failure.cause, FAILURE_READ);
	ck_assert_str_eq(failure.text, "/nonexistent/file: cannot be read: No such file or directory");
}
END_TEST

/* What follows it would be lost without a word. */
START_TEST(a_file_of_fields_with_a_nul_is_a_failure)
{
	char line[128];
	const char *path = file_with("A: b\n");
	const int descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	ck_assert_int_eq(write(descriptor, "\0C: d\n", 7), 7);
	close(descriptor);
	snprintf(line, sizeof line, "-H @%s", path);
	ck_assert_int_eq(read_words(line), -1);
	ck_assert_int_eq(failure.cause, FAILURE_READ);
	unlink(path);
}
END_TEST

static const struct {
	const char *text, *said;
} wrong_files[] = {
	{ "silent\nmax-tiem = 3\n", ":2: option --max-tiem is unknown; the nearest is --max-time" },
	{ "silent = yes\n", ":1: option `silent' takes no value" },
	{ "output\n", ":1: option --output needs a value" },
	{ "user-agent = \"open\n", ":1: the quoted value of `user-agent' does not end" },
	{ "config = /nonexistent/x\n", ":1: configuration file /nonexistent/x: No such file" },
};

START_TEST(a_wrong_configuration_file_is_explained_with_its_line)
{
	ck_assert_int_eq(read_file(wrong_files[_i].text), -1);
	ck_assert_msg(strstr(failure.text, wrong_files[_i].said) != NULL, "%s", failure.text);
}
END_TEST

START_TEST(configuration_files_that_name_each_other_end)
{
	char text[128];
	const char *path = file_with("");
	snprintf(text, sizeof text, "config = %s\n", path);
	FILE *file = fopen(path, "w");
	fputs(text, file);
	fclose(file);
	snprintf(text, sizeof text, "-K %s", path);
	ck_assert_int_eq(read_words(text), -1);
	ck_assert_ptr_nonnull(strstr(failure.text, "8 deep"));
	unlink(path);
}
END_TEST

START_TEST(the_users_file_is_read_unless_q_comes_first)
{
	char directory[] = "/tmp/cairn-home.XXXXXX", path[64];
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/cairn-fetch", directory);
	FILE *file = fopen(path, "w");
	fputs("user-agent = mine\n", file);
	fclose(file);
	setenv("XDG_CONFIG_HOME", directory, 1);
	ck_assert_int_eq(read_words("u"), 0);
	ck_assert_str_eq(settings()->user_agent, "mine");
	options_fini(&options);
	ck_assert_int_eq(read_words("-q u"), 0);
	ck_assert_ptr_null(settings()->user_agent);
	unlink(path);
	rmdir(directory);
}
END_TEST

START_TEST(help_and_version_end_the_reading)
{
	ck_assert_int_eq(read_words("--help tls --unknown"), 0);
	ck_assert_int_eq(options.wish, WISH_HELP);
	ck_assert_str_eq(options.topic, "tls");
	options_fini(&options);
	ck_assert_int_eq(read_words("-V"), 0);
	ck_assert_int_eq(options.wish, WISH_VERSION);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("options");
	TCase *tcase = tcase_create("options");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, letters_are_bundled_and_values_stick_to_them);
	tcase_add_test(tcase, long_options_take_values_both_ways_and_no);
	tcase_add_test(tcase, two_dashes_end_the_options);
	tcase_add_test(tcase, next_begins_a_group_of_its_own);
	tcase_add_test(tcase, outputs_keep_the_order_in_which_they_were_given);
	tcase_add_test(tcase, a_mirror_follows_redirects_and_makes_directories);
	tcase_add_loop_test(tcase, a_wrong_command_line_is_explained, 0, COUNT(wrong));
	tcase_add_loop_test(tcase, sizes_are_powers_of_1024, 0, COUNT(sizes));
	tcase_add_loop_test(tcase, a_rate_is_an_interval, 0, COUNT(rates));
	tcase_add_test(tcase, a_configuration_file_has_an_option_a_line);
	tcase_add_test(tcase, fields_of_a_file_are_fields_of_the_command_line);
	tcase_add_test(tcase, a_file_of_fields_that_cannot_be_read_is_a_failure);
	tcase_add_test(tcase, a_file_of_fields_with_a_nul_is_a_failure);
	tcase_add_loop_test(tcase, a_wrong_configuration_file_is_explained_with_its_line, 0, COUNT(wrong_files));
	tcase_add_test(tcase, configuration_files_that_name_each_other_end);
	tcase_add_test(tcase, the_users_file_is_read_unless_q_comes_first);
	tcase_add_test(tcase, help_and_version_end_the_reading);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
