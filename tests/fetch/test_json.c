#include "fetch/json.h"

#include <stdio.h>
#include <string.h>

#include "tests/suite.h"

static char text[512];
static struct json json;

static void
start(void)
{
	json_init(&json, text, sizeof text);
}

static void
check_written(const char *expected)
{
	size_t bytes;
	const char *written = json_drain(&json, &bytes);
	ck_assert_int_eq(json.err, 0);
	ck_assert_msg(bytes == strlen(expected) && memcmp(written, expected, bytes) == 0,
		      "wrote %.*s, not %s", (int)bytes, written, expected);
}

START_TEST(numbers_are_written_to_the_last_digit)
{
	json_array_begin(&json);
	json_int(&json, 0), json_int(&json, 10), json_int(&json, INT64_MAX), json_int(&json, INT64_MIN);
	json_uint(&json, 0), json_uint(&json, 1000000);
	json_array_end(&json);
	check_written("[0,10,9223372036854775807,-9223372036854775808,0,1000000]");
}
END_TEST

START_TEST(members_and_elements_are_separated)
{
	json_object_begin(&json);
	json_key(&json, "a"), json_int(&json, -1);
	json_key(&json, "b"), json_array_begin(&json);
	json_uint(&json, UINT64_MAX);
	json_object_begin(&json);
	json_object_end(&json);
	json_array_begin(&json);
	json_array_end(&json);
	json_array_end(&json);
	json_key(&json, "c"), json_object_begin(&json);
	json_key(&json, "d"), json_bool(&json, true);
	json_key(&json, "e"), json_null(&json);
	json_object_end(&json);
	json_object_end(&json);
	check_written(
		"{\"a\":-1,\"b\":[18446744073709551615,{},[]],\"c\":{\"d\":true,\"e\":null}}");
}
END_TEST

/* Of every length, since blocks, words and single octets are looked at differently; 0x21 is the least that is left alone. */
START_TEST(each_octet_of_a_string_is_looked_at)
{
	static const struct {
		char octet;
		const char *written;
	} others[] = { { '"', "\\\"" }, { '\\', "\\\\" }, { '\n', "\\n" }, { 0x1f, "\\u001f" }, { 0x7f, "\\u007f" }, { ' ', " " }, { '~', "~" } };
	char octets[48], expected[64];

	for (size_t other = 0; other < sizeof others / sizeof *others; other++) {
		for (unsigned length = 1; length <= sizeof octets; length++) {
			for (unsigned at = 0; at < length; at++) {
				memset(octets, '!', sizeof octets);
				octets[at] = others[other].octet;
				json_string(&json, octets, length);
				(void)snprintf(expected, sizeof expected, "\"%.*s%s%.*s\"", (int)at, octets, others[other].written,
					       (int)(length - at - 1), octets + at + 1);
				check_written(expected);
				start();
			}
		}
	}
}
END_TEST

START_TEST(each_number_of_digits_is_written)
{
	char expected[32];
	uint64_t power = 1;

	for (unsigned digits = 1; digits <= JSON_DIGITS_MAX; digits++, power *= 10) {
		for (int beside = -1; beside <= 1; beside++) {
			json_uint(&json, power + (uint64_t)beside);
			(void)snprintf(expected, sizeof expected, "%llu", (unsigned long long)(power + (uint64_t)beside));
			check_written(expected);
			start();
		}
	}
}
END_TEST

START_TEST(each_line_is_a_value_of_its_own)
{
	for (int i = 0; i < 2; i++) {
		json_object_begin(&json);
		json_key(&json, "i"), json_int(&json, i);
		json_object_end(&json);
		json_line_end(&json);
	}
	check_written("{\"i\":0}\n{\"i\":1}\n");
}
END_TEST

static const struct {
	const char *behaviour, *octets, *written;
} strings[] = {
	{ "quotes and backslashes are escaped", "a\"b\\c", "\"a\\\"b\\\\c\"" },
	{ "line ends and tabs have short forms", "\r\n\t", "\"\\r\\n\\t\"" },
	{ "an escape sequence for a terminal is harmless", "\x1b[2J\x07", "\"\\u001b[2J\\u0007\"" },
	{ "DEL and C1 controls are escaped", "\x7f\xc2\x9b", "\"\\u007f\\u009b\"" },
	{ "direction overrides are escaped",
	  "\xe2\x80\xae"
	  "cod.exe",
	  "\"\\u202ecod.exe\"" },
	{ "a line separator is escaped", "\xe2\x80\xa8", "\"\\u2028\"" },
	{ "other UTF-8 stands as it is", "\xe2\x98\x83\xf0\x9f\x92\xa9",
	  "\"\xe2\x98\x83\xf0\x9f\x92\xa9\"" },
	{ "what is no UTF-8 is replaced", "a\xff", "\"a\xef\xbf\xbd\"" },
	{ "the empty string", "", "\"\"" },
};

START_TEST(strings_are_quoted)
{
	json_string(&json, strings[_i].octets, strlen(strings[_i].octets));
	check_written(strings[_i].written);
}
END_TEST

START_TEST(a_nul_octet_is_part_of_a_string)
{
	json_string(&json, "a\0b", 3);
	check_written("\"a\\u0000b\"");
}
END_TEST

START_TEST(a_missing_text_is_null)
{
	json_text(&json, NULL);
	check_written("null");
}
END_TEST

START_TEST(decimals_are_exact)
{
	json_array_begin(&json);
	json_decimal(&json, 12345, 3);
	json_decimal(&json, 7, 6);
	json_decimal(&json, UINT64_MAX, 9);
	json_decimal(&json, 42, 0);
	json_array_end(&json);
	check_written("[12.345,0.000007,18446744073.709551615,42]");
}
END_TEST

START_TEST(a_document_larger_than_the_buffer_is_drained_in_pieces)
{
	json_init(&json, text, 8);
	json_array_begin(&json);
	json_text(&json, "abcde");
	check_written("[\"abcde\"");
	json_int(&json, 1);
	json_array_end(&json);
	check_written(",1]");
}
END_TEST

START_TEST(a_full_buffer_is_an_error_that_sticks)
{
	json_init(&json, text, 8);
	json_array_begin(&json);
	json_text(&json, "abcdefgh");
	ck_assert_int_eq(json.err, ERR_FULL);
	size_t used = json.used;
	json_array_end(&json);
	json_line_end(&json);
	ck_assert_uint_eq(json.used, used);
	ck_assert_int_eq(json.err, ERR_FULL);
}
END_TEST

START_TEST(a_depth_beyond_the_bound_is_an_error)
{
	for (unsigned i = 0; i < JSON_DEPTH_MAX; i++)
		json_array_begin(&json);
	ck_assert_int_eq(json.err, 0);
	json_array_begin(&json);
	ck_assert_int_eq(json.err, ERR_TOO_BIG);
	for (unsigned i = 0; i <= JSON_DEPTH_MAX; i++)
		json_array_end(&json);
	ck_assert_int_eq(json.err, ERR_TOO_BIG);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("json");
	tcase_add_checked_fixture(tcase, start, NULL);
	tcase_add_test(tcase, members_and_elements_are_separated);
	tcase_add_test(tcase, numbers_are_written_to_the_last_digit);
	tcase_add_test(tcase, each_octet_of_a_string_is_looked_at);
	tcase_add_test(tcase, each_number_of_digits_is_written);
	tcase_add_test(tcase, each_line_is_a_value_of_its_own);
	tcase_add_loop_test(tcase, strings_are_quoted, 0, COUNT(strings));
	tcase_add_test(tcase, a_nul_octet_is_part_of_a_string);
	tcase_add_test(tcase, a_missing_text_is_null);
	tcase_add_test(tcase, decimals_are_exact);
	tcase_add_test(tcase, a_document_larger_than_the_buffer_is_drained_in_pieces);
	tcase_add_test(tcase, a_full_buffer_is_an_error_that_sticks);
	tcase_add_test(tcase, a_depth_beyond_the_bound_is_an_error);
	Suite *suite = suite_create("json");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
