/* Two journeys compared. */
#include <stdio.h>
#include <string.h>

#include "fetch/journey/diff.h"
#include "tests/suite.h"

static uint8_t blocks[2][JOURNEY_RESERVE_BYTES + 262144];
static struct journey journeys[2];
static struct journey_end ends[2];
static struct diff diff;
static char text[DIFF_TEXT_BYTES];

static void
setup(void)
{
	for (unsigned i = 0; i < 2; i++) {
		journey_init(&journeys[i], blocks[i], sizeof blocks[i]);
		ends[i] = (struct journey_end){ .request = 1, .url = "http://example.org/", .result = "ok", .octets = 7 };
	}
}

static void
tell(unsigned side, enum journey_layer layer, const char *name, const char *field, const char *value, uint64_t took_us)
{
	const struct journey_field fields[] = { { field, value, 0 }, { "took_us", NULL, took_us } };
	const struct journey_event event = { .layer = layer, .name = name, .request = 1, .connection = layer == JOURNEY_TCP, .fields = fields, .field_count = 2 };
	journey_tell(&journeys[side], &event, "told");
}

static const char *
compare(void)
{
	const struct story before = { .journey = &journeys[0], .ends = &ends[0], .end_count = 1 };
	const struct story after = { .journey = &journeys[1], .ends = &ends[1], .end_count = 1 };
	size_t bytes = diff_write(&diff, &before, &after, text, sizeof text - 1);
	text[bytes] = '\0';
	return text;
}

START_TEST(equal_journeys_differ_in_nothing)
{
	for (unsigned side = 0; side < 2; side++)
		tell(side, JOURNEY_DNS, "reply", "qname", "org.", 500);
	ck_assert_str_eq(compare(), "http://example.org/\n  total            0.00 ->       0.00 ms  +0.00\n");
}
END_TEST

START_TEST(what_was_slower_is_told_with_both_times)
{
	tell(0, JOURNEY_DNS, "reply", "qname", "org.", 500);
	tell(1, JOURNEY_DNS, "reply", "qname", "org.", 30500);
	ends[1].verdict.total_us = ends[1].verdict.parts_us[VERDICT_NAME] = 30000;
	ck_assert_ptr_nonnull(strstr(compare(), "total            0.00 ->      30.00 ms  +30.00\n"));
	ck_assert_ptr_nonnull(strstr(text, "name           0.00 ->      30.00 ms  +30.00\n"));
	ck_assert_ptr_nonnull(strstr(text, "took another time\n        0.50 ->      30.50 ms  +30.00  dns reply org.\n"));
}
END_TEST

START_TEST(what_appeared_and_what_is_gone_is_told)
{
	tell(0, JOURNEY_DNS, "query", "qname", "old.example.", 0);
	tell(1, JOURNEY_TCP, "lost", "peer", "192.0.2.1:80", 0);
	tell(1, JOURNEY_TCP, "lost", "peer", "192.0.2.1:80", 0);
	ck_assert_ptr_nonnull(strstr(compare(), "appeared\n  tcp lost 192.0.2.1:80  (0 -> 2 times)\n"));
	ck_assert_ptr_nonnull(strstr(text, "gone\n  dns query old.example.  (1 -> 0 times)\n"));
}
END_TEST

START_TEST(an_address_that_has_changed_is_told)
{
	tell(0, JOURNEY_TCP, "open", "remote", "192.0.2.1", 0);
	tell(1, JOURNEY_TCP, "open", "remote", "2001:db8::1", 0);
	ck_assert_ptr_nonnull(strstr(compare(), "  address    192.0.2.1 -> 2001:db8::1\n"));
}
END_TEST

START_TEST(a_failure_in_place_of_success_is_told)
{
	ends[1].result = "timeout";
	ends[1].octets = 0;
	ck_assert_ptr_nonnull(strstr(compare(), "  result     ok -> timeout\n"));
	ck_assert_ptr_nonnull(strstr(text, "  octets     7 -> 0\n"));
}
END_TEST

START_TEST(nothing_in_it_commands_the_terminal)
{
	ends[1].url = "http://example.org/\x1b[2J";
	tell(1, JOURNEY_DNS, "query", "qname", "\x1b[2J\n", 0);
	ck_assert_ptr_null(strchr(compare(), '\x1b'));
	ck_assert_ptr_nonnull(strstr(text, "dns query \\x1b[2J\\x0a"));
}
END_TEST

START_TEST(thousands_of_kinds_are_bounded_and_counted)
{
	for (unsigned i = 0; i < DIFF_KEYS_MAX + 10; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "n%u.example.", i);
		tell(1, JOURNEY_DNS, "query", "qname", name, 0);
	}
	ck_assert_ptr_nonnull(strstr(compare(), "(10 events of further kinds were not compared)"));
	ck_assert_ptr_nonnull(strstr(text, "and 1004 more"));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("diff");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, equal_journeys_differ_in_nothing);
	tcase_add_test(tcase, what_was_slower_is_told_with_both_times);
	tcase_add_test(tcase, what_appeared_and_what_is_gone_is_told);
	tcase_add_test(tcase, an_address_that_has_changed_is_told);
	tcase_add_test(tcase, a_failure_in_place_of_success_is_told);
	tcase_add_test(tcase, nothing_in_it_commands_the_terminal);
	tcase_add_test(tcase, thousands_of_kinds_are_bounded_and_counted);
	Suite *suite = suite_create("fetch: journey, diff");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
