/* Octets that someone else owns (fetch/span.h). */
#include "fetch/span.h"

#include "tests/suite.h"

START_TEST(case_is_folded_for_ascii_only)
{
	ck_assert(span_is_nocase(SPAN("Transfer-Encoding"), "transfer-ENCODING"));
	ck_assert(!span_is_nocase(SPAN("a["), "a{"));
	ck_assert(!span_is_nocase(SPAN("\xc3\x84"), "\xc3\xa4"));
	ck_assert(!span_is(SPAN("Host"), "host"));
	ck_assert(span_equals((struct span){ NULL, 0 }, SPAN("")));
}
END_TEST

START_TEST(parts_are_found)
{
	struct span span = SPAN(" \tname=value\t ");
	ck_assert(span_is(span_trim(span), "name=value"));
	ck_assert_uint_eq(span_find(span_trim(span), '='), 4);
	ck_assert_uint_eq(span_find(SPAN("name"), '='), 4);
	ck_assert(span_is(span_from(span_first(SPAN("name"), 3), 1), "am"));
	ck_assert(span_is(span_first(SPAN("name"), 9), "name"));
	ck_assert(span_starts(SPAN("name"), SPAN("na")) && !span_starts(SPAN("n"), SPAN("na")));
	ck_assert(span_starts_nocase(SPAN("HTTP/1.1"), SPAN("http/")));
	ck_assert(span_ends(SPAN("a.example"), SPAN(".example")));
	ck_assert_uint_eq(span_trim(SPAN(" \t")).bytes, 0);
}
END_TEST

START_TEST(numbers_are_digits_within_their_bound)
{
	uint64_t value = 7;
	ck_assert(span_to_number(SPAN("0"), 0, &value) && value == 0);
	ck_assert(span_to_number(SPAN("007"), 7, &value) && value == 7);
	ck_assert(span_to_number(SPAN("18446744073709551615"), UINT64_MAX, &value));
	ck_assert_uint_eq(value, UINT64_MAX);
	ck_assert(!span_to_number(SPAN("18446744073709551616"), UINT64_MAX, &value));
	ck_assert(!span_to_number(SPAN("99999999999999999999"), UINT64_MAX, &value));
	ck_assert(!span_to_number(SPAN("8"), 7, &value));
	ck_assert(!span_to_number(SPAN("10"), 9, &value));
	ck_assert(!span_to_number(SPAN(""), 7, &value));
	ck_assert(!span_to_number(SPAN("+5"), 7, &value));
	ck_assert(!span_to_number(SPAN("5 "), 7, &value));
}
END_TEST

static Suite *
span_suite(void)
{
	Suite *suite = suite_create("span");
	TCase *tcase = tcase_create("spans");
	tcase_add_test(tcase, case_is_folded_for_ascii_only);
	tcase_add_test(tcase, parts_are_found);
	tcase_add_test(tcase, numbers_are_digits_within_their_bound);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(span_suite());
}
