/* Every microsecond of a transfer has one cause. */
#include <string.h>

#include "fetch/journey/verdict.h"
#include "stack/base/rng.h"
#include "tests/suite.h"

static uint64_t
sum_of(const struct verdict *verdict)
{
	uint64_t sum_us = 0;
	for (unsigned part = 0; part < VERDICT_PARTS; part++)
		sum_us += verdict->parts_us[part];
	return sum_us;
}

static const struct {
	const char *behaviour;
	struct verdict_times times;
	enum verdict_part largest;
	uint64_t largest_us;
	unsigned floor_rounds;
} cases[] = {
	{ "a slow name",
	  { .start_us = 100, .attempt_us = 100, .named_us = 50100, .connect_us = 50100, .connected_us = 60100,
	    .sent_us = 60100, .first_us = 72000, .end_us = 72100, .content_bytes = 100 },
	  VERDICT_NAME, 50000, 2 },
	{ "an address that does not answer before one that does",
	  { .start_us = 0, .attempt_us = 0, .named_us = 1000, .connect_us = 251000, .connected_us = 261000,
	    .sent_us = 261000, .first_us = 272000, .end_us = 273000 },
	  VERDICT_FALLBACK, 250000, 2 },
	{ "a server that thinks",
	  { .start_us = 0, .attempt_us = 0, .named_us = 1000, .connect_us = 1000, .connected_us = 2000,
	    .secured_us = 4000, .sent_us = 4000, .first_us = 904000, .end_us = 905000 },
	  VERDICT_SERVER, 900000, 3 },
	{ "content of several rounds of slow start: 10, 20 and 40 segments hold 100000 octets",
	  { .start_us = 0, .attempt_us = 0, .named_us = 1, .connect_us = 1, .connected_us = 1001, .sent_us = 1001,
	    .first_us = 2001, .end_us = 9001, .content_bytes = 100000 },
	  VERDICT_TRANSFER, 7000, 4 },
	{ "a kept connection has neither name nor handshake",
	  { .start_us = 1000, .attempt_us = 1000, .named_us = 10, .connect_us = 20, .connected_us = 30,
	    .sent_us = 1100, .first_us = 5000, .end_us = 5100, .is_reused = true },
	  VERDICT_SERVER, 3900, 2 },
	{ "redirects before the attempt that counts",
	  { .start_us = 0, .attempt_us = 500000, .named_us = 500001, .connect_us = 500001, .connected_us = 501000,
	    .sent_us = 501000, .first_us = 502000, .end_us = 502001 },
	  VERDICT_WAITS, 500000, 2 },
	{ "a name that is not found", { .start_us = 0, .attempt_us = 0, .end_us = 3000000 }, VERDICT_NAME, 3000000, 0 },
	{ "addresses of which none answers",
	  { .start_us = 0, .attempt_us = 0, .named_us = 1, .end_us = 3000001 },
	  VERDICT_FALLBACK, 3000000, 0 },
	{ "a library that is loaded before anything is sent",
	  { .start_us = 0, .attempt_us = 0, .setup_us = 40000, .named_us = 40001, .connect_us = 40001, .connected_us = 41000,
	    .secured_us = 45000, .tls_cpu_us = 1000, .sent_us = 45000, .first_us = 46000, .end_us = 46000, .wants_tls = true },
	  VERDICT_SETUP, 40000, 3 },
	{ "a handshake that is mostly our own",
	  { .start_us = 0, .attempt_us = 0, .named_us = 1, .connect_us = 1, .connected_us = 1001, .secured_us = 10001,
	    .tls_cpu_us = 8000, .sent_us = 10001, .first_us = 11001, .end_us = 11001, .wants_tls = true },
	  VERDICT_TLS_CPU, 8000, 3 },
	{ "content that a limit held up, among other things",
	  { .start_us = 0, .attempt_us = 0, .named_us = 1, .connect_us = 1, .connected_us = 1001, .sent_us = 1001, .first_us = 2001,
	    .end_us = 12001, .limit_us = 6000, .write_us = 1000, .loss_us = 2000 },
	  VERDICT_LIMIT, 6000, 2 },
	{ "content that was lost and waited for",
	  { .start_us = 0, .attempt_us = 0, .named_us = 1, .connect_us = 1, .connected_us = 1001, .sent_us = 1001, .first_us = 2001,
	    .end_us = 12001, .loss_us = 20000 },
	  VERDICT_LOSS, 10000, 2 },
	{ "a handshake of TLS that leads to nothing",
	  { .start_us = 0, .attempt_us = 0, .named_us = 1, .connect_us = 1, .connected_us = 1000, .end_us = 9000000, .wants_tls = true },
	  VERDICT_TLS, 8999000, 2 },
	{ "a response that never comes",
	  { .start_us = 0, .attempt_us = 0, .named_us = 1, .connect_us = 1, .connected_us = 1000, .sent_us = 1000,
	    .end_us = 9000000 },
	  VERDICT_SERVER, 8999000, 2 },
};

START_TEST(the_largest_part_is_what_took_the_time)
{
	struct verdict verdict;
	verdict_judge(&verdict, &cases[_i].times);
	ck_assert_msg(verdict.largest == cases[_i].largest, "%s: %s", cases[_i].behaviour,
		      verdict_part_name(verdict.largest));
	ck_assert_msg(verdict.parts_us[verdict.largest] == cases[_i].largest_us, "%s: %llu us", cases[_i].behaviour,
		      (unsigned long long)verdict.parts_us[verdict.largest]);
	ck_assert_msg(verdict.floor_rounds == cases[_i].floor_rounds, "%s: %u rounds", cases[_i].behaviour,
		      verdict.floor_rounds);
	ck_assert_uint_eq(verdict.floor_us, verdict.floor_rounds * verdict.round_us);
	ck_assert_uint_eq(sum_of(&verdict), verdict.total_us);
}
END_TEST

/* Also of times that cannot be: a clock read late, a part that was skipped. */
START_TEST(the_parts_sum_to_the_total_whatever_the_times_are)
{
	struct rng rng;
	rng_init_number(&rng, suite_seed(1));
	for (unsigned i = 0; i < 100000; i++) {
		struct verdict verdict;
		struct verdict_times times = { .is_reused = rng_below(&rng, 2) == 0, .wants_tls = rng_below(&rng, 2) == 0,
			                       .setup_us = rng_below(&rng, 2000), .tls_cpu_us = rng_below(&rng, 2000),
			                       .loss_us = rng_below(&rng, 2000), .limit_us = rng_below(&rng, 2000),
			                       .write_us = rng_below(&rng, 2000) };
		uint64_t *const marks[] = { &times.start_us, &times.attempt_us, &times.named_us, &times.connect_us,
			                    &times.connected_us, &times.secured_us, &times.sent_us, &times.first_us,
			                    &times.end_us };
		for (size_t mark = 0; mark < COUNT(marks); mark++)
			*marks[mark] = rng_below(&rng, 4) == 0 ? 0 : rng_below(&rng, 1000);
		verdict_judge(&verdict, &times);
		ck_assert_uint_eq(sum_of(&verdict), verdict.total_us);
		ck_assert_uint_eq(verdict.total_us, times.end_us > times.start_us ? times.end_us - times.start_us : 0);
	}
}
END_TEST

START_TEST(advice_is_given_about_what_stands_out_only)
{
	char advice[256];
	struct verdict verdict = { .total_us = 200000, .largest = VERDICT_NAME };
	verdict.parts_us[VERDICT_NAME] = 150000;
	verdict_advice(&verdict, advice, sizeof advice);
	ck_assert_ptr_nonnull(strstr(advice, "resolver"));
	verdict.parts_us[VERDICT_NAME] = 70000; /* 35 % */
	verdict_advice(&verdict, advice, sizeof advice);
	ck_assert_str_eq(advice, "");
	verdict.total_us = 2000; /* all of it, but who would notice */
	verdict.parts_us[VERDICT_NAME] = 2000;
	verdict_advice(&verdict, advice, sizeof advice);
	ck_assert_str_eq(advice, "");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("verdict");
	tcase_add_loop_test(tcase, the_largest_part_is_what_took_the_time, 0, (int)COUNT(cases));
	tcase_add_test(tcase, the_parts_sum_to_the_total_whatever_the_times_are);
	tcase_add_test(tcase, advice_is_given_about_what_stands_out_only);
	Suite *suite = suite_create("fetch: verdict");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
