/* Where a transfer broke: the last good step, the first bad one behind it, the layer, and what to try. */
#include <string.h>

#include "fetch/failure.h"
#include "fetch/journey/fault.h"
#include "tests/suite.h"

static _Alignas(16) uint8_t block[65536];
static struct journey journey;

/* A step of transfer 1: "layer name", "!" in front of one that went wrong. */
static void
tell(const char *step, const char *field, const char *text)
{
	const struct journey_field fields[] = { { field, text, 0 } };
	struct journey_event event = { .request = 1, .is_bad = step[0] == '!', .fields = fields, .field_count = field != NULL };
	int layer = JOURNEY_URL;

	step += event.is_bad;
	while (strncmp(step, journey_layer_name((enum journey_layer)layer), strcspn(step, " ")) != 0)
		layer++;
	event.layer = (enum journey_layer)layer;
	event.name = strchr(step, ' ') + 1;
	event.is_end = event.layer == JOURNEY_OUT;
	ck_assert_uint_ne(journey_tell(&journey, &event, "%s", step), 0);
}

#define STEPS_MAX 8u

static const struct {
	const char *behaviour, *href, *steps[STEPS_MAX], *result, *detail;
	enum journey_layer layer;
	const char *good, *bad, *advice; /* a word of the advice */
} cases[] = {
	{ "a name that nobody knows", "http://a/", { "!dns failed", "!out failed" }, "resolve", "", JOURNEY_DNS, "url parsed",
	  "dns failed", "spelling" },
	{ "a resolver that says nothing", "http://a/", { "!out failed" }, "timeout", "", JOURNEY_DNS, "url parsed", "out failed",
	  "--resolver" },
	{ "a refusal, when one family's name had no answer either", "http://a/",
	  { "dns answer", "!dns failed", "tcp syn", "!tcp reset", "!out failed" }, "connect", "refused", JOURNEY_TCP, "dns answer",
	  "tcp reset", "no server listens" },
	{ "silence", "https://a/", { "dns answer", "tcp syn", "!out failed" }, "timeout", "", JOURNEY_TCP, "dns answer", "out failed",
	  "vanish" },
	{ "silence of an address that needed no name", "http://192.0.2.1/", { "tcp syn", "!out failed" }, "timeout", "", JOURNEY_TCP,
	  "url parsed", "out failed", "vanish" },
	{ "a neighbour that is not there, which the SYN was sent again for", "http://a/",
	  { "dns answer", "tcp syn", "!tcp lost", "!link unreachable", "!out failed" }, "no-neighbour", "", JOURNEY_LINK, "dns answer",
	  "link unreachable", "switched on" },
	{ "a router that knows no way", "http://a/", { "dns answer", "tcp syn", "!link unreachable", "!out failed" }, "no-route", "",
	  JOURNEY_LINK, "dns answer", "link unreachable", "--hops" },
	{ "a certificate, behind an address that was got over", "https://a/",
	  { "dns answer", "!tcp reset", "tcp open", "!tls failed", "!out failed" }, "certificate", "expired", JOURNEY_TLS, "tcp open",
	  "tls failed", "renew" },
	{ "a handshake that never ends", "https://a/", { "tcp open", "!out failed" }, "timeout", "", JOURNEY_TLS, "tcp open",
	  "out failed", "says nothing" },
	{ "a server that never answers", "http://a/", { "tcp open", "http request", "!out failed" }, "timeout", "", JOURNEY_HTTP,
	  "tcp open", "out failed", "--max-time" },
	{ "a connection that is cut while content comes", "https://a/",
	  { "tcp open", "tls open", "http head", "!tcp reset", "!out failed" }, "receive", "", JOURNEY_TCP, "http head", "tcp reset",
	  "-C -" },
	{ "a status", "http://a/", { "tcp open", "!http head", "!out failed" }, "status", "", JOURNEY_HTTP, "tcp open", "http head",
	  "--fail-with-body" },
};

START_TEST(a_transfer_broke_at_the_first_bad_step_behind_the_last_good_one)
{
	const struct journey_end end = { .request = 1, .result = cases[_i].result, .is_bad = true };
	const struct story story = { .journey = &journey, .ends = &end, .end_count = 1 };
	struct fault fault;

	journey_init(&journey, block, sizeof block);
	tell("url parsed", "href", cases[_i].href);
	for (unsigned i = 0; i < STEPS_MAX && cases[_i].steps[i] != NULL; i++)
		tell(cases[_i].steps[i], "detail", cases[_i].detail);
	fault_find(&fault, &story, &end);
	ck_assert_msg(fault.layer == cases[_i].layer, "%s: %s", cases[_i].behaviour, journey_layer_name(fault.layer));
	ck_assert_str_eq(fault.good->what, cases[_i].good);
	ck_assert_str_eq(fault.bad->what, cases[_i].bad);
	ck_assert_msg(strstr(fault.advice, cases[_i].advice) != NULL, "%s: %s", cases[_i].behaviour, fault.advice);
}
END_TEST

/* What of the network can break has advice. */
START_TEST(there_is_something_to_try_about_most_failures)
{
	unsigned without = 0;

	journey_init(&journey, block, sizeof block);
	for (int cause = FAILURE_NONE + 1; cause < FAILURE_CAUSE_COUNT; cause++) {
		const struct journey_end end = { .request = 1, .result = failure_id((enum failure_cause)cause), .is_bad = true };
		const struct story story = { .journey = &journey, .ends = &end, .end_count = 1 };
		char advice[JOURNEY_TEXT_BYTES];
		fault_advice(&story, &end, advice, sizeof advice);
		without += advice[0] == '\0';
	}
	ck_assert_uint_lt(without, 10);
}
END_TEST

START_TEST(of_what_succeeded_the_verdict_has_the_word)
{
	const struct journey_end end = { .request = 1, .result = "ok",
		                         .verdict = { .total_us = 900000, .parts_us = { [VERDICT_NAME] = 900000 }, .largest = VERDICT_NAME } };
	const struct story story = { .journey = &journey, .ends = &end, .end_count = 1 };
	char advice[JOURNEY_TEXT_BYTES], expected[JOURNEY_TEXT_BYTES];

	fault_advice(&story, &end, advice, sizeof advice);
	verdict_advice(&end.verdict, expected, sizeof expected);
	ck_assert_str_eq(advice, expected);
	ck_assert_str_ne(advice, "");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("fault");
	tcase_add_loop_test(tcase, a_transfer_broke_at_the_first_bad_step_behind_the_last_good_one, 0, COUNT(cases));
	tcase_add_test(tcase, there_is_something_to_try_about_most_failures);
	tcase_add_test(tcase, of_what_succeeded_the_verdict_has_the_word);
	Suite *suite = suite_create("fault");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
