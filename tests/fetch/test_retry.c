/* When to try again (fetch/retry.h). */
#include "fetch/retry.h"

#include "tests/suite.h"

#define NOW_S INT64_C(784111777) /* Sun, 06 Nov 1994 08:49:37 GMT */

START_TEST(retry_after_is_seconds_or_a_date)
{
	uint64_t wait_us;
	ck_assert_int_eq(retry_after_read(SPAN("120"), NOW_S, &wait_us), 0);
	ck_assert_uint_eq(wait_us, 120000000);
	ck_assert_int_eq(retry_after_read(SPAN("Sun, 06 Nov 1994 08:50:37 GMT"), NOW_S, &wait_us),
			 0);
	ck_assert_uint_eq(wait_us, 60000000);
	ck_assert_int_eq(retry_after_read(SPAN("Sun, 06 Nov 1994 08:48:37 GMT"), NOW_S, &wait_us),
			 0);
	ck_assert_uint_eq(wait_us, 0);
	ck_assert_int_eq(retry_after_read(SPAN("soon"), NOW_S, &wait_us), ERR_MALFORMED);
	ck_assert_int_eq(retry_after_read(SPAN("-1"), NOW_S, &wait_us), ERR_MALFORMED);
	ck_assert_int_eq(retry_after_read(SPAN("99999999999999999999"), NOW_S, &wait_us),
			 ERR_MALFORMED);
}
END_TEST

START_TEST(waits_double_up_to_their_bound)
{
	struct rng rng;
	rng_init_number(&rng, suite_seed(1));
	uint64_t least_us = RETRY_WAIT_US_MIN;
	for (unsigned failed = 1; failed < 40; failed++) {
		uint64_t wait_us = retry_wait_us(failed, 0, 0, &rng);
		ck_assert_uint_ge(wait_us, least_us);
		ck_assert_uint_le(wait_us, least_us + least_us / 10);
		least_us = least_us * 2 < RETRY_WAIT_US_MAX ? least_us * 2 : RETRY_WAIT_US_MAX;
	}
	ck_assert_uint_eq(retry_wait_us(9, 5, 0, &rng), 5);
	ck_assert_uint_eq(retry_wait_us(1, 0, 7000000, &rng), 7000000);
	ck_assert_uint_eq(retry_wait_us(1, 5, 7, &rng), 7);
}
END_TEST

START_TEST(some_statuses_pass)
{
	static const unsigned passing[] = { 408, 429, 500, 502, 503, 504 },
			      lasting[] = { 200, 400, 404, 501, 505 };
	for (size_t i = 0; i < COUNT(passing); i++)
		ck_assert(retry_is_transient(passing[i]));
	for (size_t i = 0; i < COUNT(lasting); i++)
		ck_assert(!retry_is_transient(lasting[i]));
}
END_TEST

static Suite *
retry_suite(void)
{
	Suite *suite = suite_create("retry");
	TCase *tcase = tcase_create("waits");
	tcase_add_test(tcase, retry_after_is_seconds_or_a_date);
	tcase_add_test(tcase, waits_double_up_to_their_bound);
	tcase_add_test(tcase, some_statuses_pass);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(retry_suite());
}
