/* Dates in fields (fetch/http_date.h). */
#include "fetch/http_date.h"

#include <stdio.h>
#include <time.h>

#include "stack/base/rng.h"
#include "tests/suite.h"

#define NOW_S INT64_C(1790000000) /* September 2026 */

static const struct {
	const char *text;
	int64_t time_s; /* -1: refused */
} dates[] = {
	{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 }, /* the three of RFC 9110 */
	{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
	{ "Sun Nov  6 08:49:37 1994", 784111777 },
	{ "Sun Nov 16 08:49:37 1994", 784975777 },
	{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
	{ "Sat, 29 Feb 2020 00:00:00 GMT", 1582934400 },
	{ "Tue, 19 Jan 2038 03:14:08 GMT", INT64_C(2147483648) },
	{ "Fri, 31 Dec 9999 23:59:59 GMT", INT64_C(253402300799) },
	{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 },
	{ "Thursday, 01-Jan-70 00:00:00 GMT", INT64_C(3155760000) }, /* 2070: 44 years ahead */
	{ "Friday, 01-Jan-99 00:00:00 GMT", 915148800 },             /* 2099 would be 73 */
	{ "sun, 06 Nov 1994 08:49:37 GMT", -1 },
	{ "Sun, 6 Nov 1994 08:49:37 GMT", -1 },
	{ "Sun, 06 Nov 1994 08:49:37 UTC", -1 },
	{ "Sun, 06 Nov 1994 08:49:37", -1 },
	{ "Sun, 06 Nov 1994 08:49:37 GMT ", -1 },
	{ "Sun, 06 Nov 1994 24:00:00 GMT", -1 },
	{ "Sun, 06 Nov 1994 08:60:00 GMT", -1 },
	{ "Tue, 30 Feb 2021 00:00:00 GMT", -1 },
	{ "Mon, 29 Feb 2100 00:00:00 GMT", -1 },
	{ "Sun, 00 Nov 1994 08:49:37 GMT", -1 },
	{ "Sun, 06 Foo 1994 08:49:37 GMT", -1 },
	{ "Sun, 06 Nov 94 08:49:37 GMT", -1 },
	{ "0", -1 },
	{ "", -1 },
};

START_TEST(three_forms_are_read)
{
	int64_t time_s = -1;
	int err = http_date_read(span_from_text(dates[_i].text), NOW_S, &time_s);
	ck_assert_msg(err == (dates[_i].time_s < 0 ? ERR_MALFORMED : 0), "%s", dates[_i].text);
	ck_assert_msg(err != 0 || time_s == dates[_i].time_s, "%s: %lld", dates[_i].text,
		      (long long)time_s);
}
END_TEST

START_TEST(what_is_written_is_what_the_c_library_writes)
{
	struct rng rng;
	rng_init_number(&rng, suite_seed(9110));
	for (unsigned i = 0; i < 20000; i++) {
		/* years 1 to 9999 */
		time_t at = (time_t)(rng_u64(&rng) % UINT64_C(315500000000)) - INT64_C(62130000000);
		char expected[64], text[HTTP_DATE_BYTES];
		struct tm tm;
		int64_t again;
		gmtime_r(&at, &tm);
		strftime(expected, sizeof expected, "%a, %d %b ", &tm);
		snprintf(expected + 12, sizeof expected - 12, "%04d %02d:%02d:%02d GMT",
			 tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
		http_date_write(at, text);
		ck_assert_str_eq(text, expected);
		ck_assert_int_eq(http_date_read(span_from_text(text), NOW_S, &again), 0);
		ck_assert_int_eq(again, at);
	}
}
END_TEST

START_TEST(times_that_have_no_date_are_the_nearest_that_has)
{
	char text[HTTP_DATE_BYTES];
	http_date_write(INT64_MAX, text);
	ck_assert_str_eq(text, "Fri, 31 Dec 9999 23:59:59 GMT");
	http_date_write(INT64_MIN, text);
	ck_assert_str_eq(text, "Sat, 01 Jan 0000 00:00:00 GMT");
}
END_TEST

static Suite *
http_date_suite(void)
{
	Suite *suite = suite_create("http_date");
	TCase *tcase = tcase_create("dates");
	tcase_add_loop_test(tcase, three_forms_are_read, 0, COUNT(dates));
	tcase_add_test(tcase, what_is_written_is_what_the_c_library_writes);
	tcase_add_test(tcase, times_that_have_no_date_are_the_nearest_that_has);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(http_date_suite());
}
