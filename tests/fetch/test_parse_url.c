#include "fetch/parse_url.h"

#include <string.h>
#include <unistd.h>

#include "stack/base/err.h"
#include "tests/suite.h"

static char path[] = "/tmp/cairn-parse-url-XXXXXX";
static struct failure failure;

static void
write_input(const char *octets, size_t bytes)
{
	strcpy(path + sizeof path - 7, "XXXXXX");
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, octets, bytes), (ssize_t)bytes);
	close(fd);
}

static void
remove_input(void)
{
	unlink(path);
}

/* How many lines of the answers have the text. */
static unsigned
count_answers(FILE *out, const char *text, unsigned *line_count)
{
	char line[4096];
	unsigned count = 0;
	*line_count = 0;
	rewind(out);
	while (fgets(line, sizeof line, out) != NULL) {
		++*line_count;
		count += strstr(line, text) != NULL;
	}
	return count;
}

START_TEST(each_line_has_its_answer)
{
	static const char input[] =
		"{\"input\":\"http://H/\"}\n\nx\n{\"input\":\"http://\xe2\x98\x83/\"}\r\n"
		"{\"input\":\"b\",\"base\":\"http://h/\"}";
	FILE *out = tmpfile();
	unsigned lines;
	write_input(input, sizeof input - 1);
	ck_assert_int_eq(parse_url_file(path, out, &failure), 0);
	ck_assert_uint_eq(count_answers(out, "\"href\":\"http://h/\"", &lines), 1);
	ck_assert_uint_eq(lines, 5);
	ck_assert_uint_eq(count_answers(out, "\"error\":\"json\"", &lines), 2);
	ck_assert_uint_eq(count_answers(out, "\"host\":\"xn--n3h\"", &lines), 1);
	ck_assert_uint_eq(count_answers(out, "\"href\":\"http://h/b\"", &lines), 1);
	fclose(out);
}
END_TEST

START_TEST(a_line_that_is_too_long_is_answered)
{
	const size_t bytes = PARSE_URL_LINE_BYTES_MAX + 2;
	char *input = malloc(bytes);
	FILE *out = tmpfile();
	unsigned lines;
	memset(input, 'x', bytes);
	input[bytes - 1] = '\n';
	write_input(input, bytes);
	free(input);
	ck_assert_int_eq(parse_url_file(path, out, &failure), 0);
	ck_assert_uint_eq(count_answers(out, "the line is too long", &lines), 1);
	ck_assert_uint_eq(lines, 1);
	fclose(out);
}
END_TEST

START_TEST(the_longest_line_has_an_answer_of_its_own)
{
	static const char begin[] = "{\"input\":\"http://h/";
	char *input = malloc(PARSE_URL_LINE_BYTES_MAX);
	FILE *out = tmpfile();
	memset(input, '"', PARSE_URL_LINE_BYTES_MAX);
	memcpy(input, begin, sizeof begin - 1);
	for (size_t i = sizeof begin - 1; i + 3 < PARSE_URL_LINE_BYTES_MAX; i++)
		input[i] = '\x7f'; /* three octets in a path, six in JSON */
	memcpy(input + PARSE_URL_LINE_BYTES_MAX - 3, "\"}\n", 3);
	write_input(input, PARSE_URL_LINE_BYTES_MAX);
	free(input);
	ck_assert_int_eq(parse_url_file(path, out, &failure), 0);
	ck_assert_int_gt(ftell(out), 11 * (long)PARSE_URL_LINE_BYTES_MAX);
	fclose(out);
}
END_TEST

START_TEST(files_that_fail_are_named)
{
	FILE *full = fopen("/dev/full", "w");
	strcpy(path, "/nonexistent/urls");
	ck_assert_int_eq(parse_url_file(path, stdout, &failure), ERR_IO);
	ck_assert_int_eq(failure.cause, FAILURE_READ);
	ck_assert_ptr_nonnull(strstr(failure.text, path));
	strcpy(path, "/tmp/cairn-parse-url-XXXXXX");
	write_input("{}\n", 3);
	ck_assert_int_eq(parse_url_file(path, full, &failure), ERR_IO);
	ck_assert_int_eq(failure.cause, FAILURE_WRITE);
	fclose(full);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("parse_url");
	tcase_add_checked_fixture(tcase, NULL, remove_input);
	tcase_add_test(tcase, each_line_has_its_answer);
	tcase_add_test(tcase, a_line_that_is_too_long_is_answered);
	tcase_add_test(tcase, the_longest_line_has_an_answer_of_its_own);
	tcase_add_test(tcase, files_that_fail_are_named);
	Suite *suite = suite_create("parse_url");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
