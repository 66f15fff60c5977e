/* Causes, exit statuses and sentences (fetch/failure.h). */
#include "tests/suite.h"

#include <stdbool.h>
#include <string.h>

#include "fetch/failure.h"

static const struct {
	enum failure_cause cause;
	int exit_status;
	const char *id;
} known[] = {
	{ FAILURE_NONE, 0, "none" },        { FAILURE_USAGE, 2, "usage" },
	{ FAILURE_URL, 3, "url" },          { FAILURE_RESOLVE, 6, "resolve" },
	{ FAILURE_CONNECT, 7, "connect" },  { FAILURE_PARTIAL, 18, "partial" },
	{ FAILURE_STATUS, 22, "status" },   { FAILURE_WRITE, 23, "write" },
	{ FAILURE_TIMEOUT, 28, "timeout" }, { FAILURE_REDIRECTS, 47, "redirects" },
	{ FAILURE_EMPTY, 52, "empty" },     { FAILURE_CERTIFICATE, 60, "certificate" },
	{ FAILURE_CODING, 61, "coding" },   { FAILURE_BOGUS, 103, "dns-bogus" },
};

START_TEST(scripts_find_the_exit_statuses_of_curl)
{
	ck_assert_int_eq(failure_exit_status(known[_i].cause), known[_i].exit_status);
	ck_assert_str_eq(failure_id(known[_i].cause), known[_i].id);
}
END_TEST

START_TEST(no_two_causes_share_a_status_or_an_id)
{
	for (int a = 0; a < FAILURE_CAUSE_COUNT; a++) {
		int status = failure_exit_status((enum failure_cause)a);
		ck_assert(status <= 125); /* 126 and up are the shell's */
		ck_assert(failure_summary((enum failure_cause)a)[0] != '\0');
		for (int b = 0; b < a; b++) {
			ck_assert_int_ne(status, failure_exit_status((enum failure_cause)b));
			ck_assert_str_ne(failure_id((enum failure_cause)a),
					 failure_id((enum failure_cause)b));
		}
	}
}
END_TEST

START_TEST(what_a_server_sent_is_escaped_in_the_sentence)
{
	struct failure failure;
	failure_set(&failure, FAILURE_WEIRD_REPLY, "the reply begins with \"%s\"",
		    "\x1b]0;owned\a");
	ck_assert_int_eq(failure.cause, FAILURE_WEIRD_REPLY);
	ck_assert_str_eq(failure.text, "the reply begins with \"\\x1b]0;owned\\x07\"");
	failure_clear(&failure);
	ck_assert_int_eq(failure.cause, FAILURE_NONE);
	ck_assert_str_eq(failure.text, "");
}
END_TEST

START_TEST(a_long_sentence_is_cut_between_characters)
{
	struct failure failure;
	char words[2 * FAILURE_TEXT_BYTES] = "";
	for (size_t i = 0; i + 2 < sizeof words; i += 2)
		memcpy(words + i, "é", 3);
	failure_set(&failure, FAILURE_URL, "%s", words);
	ck_assert_uint_eq(strlen(failure.text),
			  FAILURE_TEXT_BYTES - 2); /* 127 characters of two octets */

	memset(words, '\x01', sizeof words - 1);
	failure_set(&failure, FAILURE_URL, "%s", words);
	ck_assert_uint_eq(strlen(failure.text) % 4, 0);
	ck_assert_uint_eq(strlen(failure.text), 252);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("failure");
	TCase *tcase = tcase_create("failure");
	tcase_add_loop_test(tcase, scripts_find_the_exit_statuses_of_curl, 0, COUNT(known));
	tcase_add_test(tcase, no_two_causes_share_a_status_or_an_id);
	tcase_add_test(tcase, what_a_server_sent_is_escaped_in_the_sentence);
	tcase_add_test(tcase, a_long_sentence_is_cut_between_characters);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
