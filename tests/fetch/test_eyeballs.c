/* Which address when (fetch/eyeballs.h; RFC 8305), at virtual time. */
#include "tests/suite.h"

#include "fetch/eyeballs.h"
#include "fetch/lookup.h"

#define DELAY_US      250000u
#define RESOLUTION_US 50000u

static struct eyeballs
asked_for_both(void)
{
	struct eyeballs eyeballs;
	eyeballs_init(&eyeballs, DELAY_US, RESOLUTION_US);
	eyeballs_expect(&eyeballs, NAMES_IPV4 | NAMES_IPV6);
	return eyeballs;
}

static struct destination
destination(const char *text)
{
	struct destination destination;
	ck_assert_int_eq(addr_from_text(&destination.addr, text), 0);
	destination.source = destination.addr;
	return destination;
}

static void
answer(struct eyeballs *eyeballs, unsigned kind, const char *first, const char *second,
       uint64_t now_us)
{
	struct destination destinations[2];
	unsigned count = 0;
	if (first != NULL)
		destinations[count++] = destination(first);
	if (second != NULL)
		destinations[count++] = destination(second);
	eyeballs_answer(eyeballs, kind, destinations, count, now_us);
}

/* The family of the attempt that begins now; ADDR_NONE: none does. */
static int
next_family(struct eyeballs *eyeballs, uint64_t now_us)
{
	unsigned attempt;
	if (!eyeballs_next(eyeballs, now_us, &attempt))
		return ADDR_NONE;
	return eyeballs->destinations[attempt].addr.family;
}

START_TEST(with_the_aaaa_answer_attempts_begin_at_once)
{
	struct eyeballs eyeballs = asked_for_both();
	ck_assert_int_eq(next_family(&eyeballs, 0), ADDR_NONE);
	answer(&eyeballs, NAMES_IPV6, "2001:db8::1", NULL, 1000);
	ck_assert_int_eq(next_family(&eyeballs, 1000), ADDR_IPV6);
}
END_TEST

START_TEST(the_a_answer_waits_for_the_other_but_not_for_long)
{
	struct eyeballs eyeballs = asked_for_both();
	answer(&eyeballs, NAMES_IPV4, "192.0.2.1", NULL, 1000);
	ck_assert_int_eq(next_family(&eyeballs, 1000), ADDR_NONE);
	ck_assert_uint_eq(eyeballs_deadline(&eyeballs), 1000 + RESOLUTION_US);
	ck_assert_int_eq(next_family(&eyeballs, 1000 + RESOLUTION_US), ADDR_IPV4);
}
END_TEST

START_TEST(an_aaaa_answer_within_the_delay_goes_first)
{
	struct eyeballs eyeballs = asked_for_both();
	answer(&eyeballs, NAMES_IPV4, "192.0.2.1", NULL, 0);
	answer(&eyeballs, NAMES_IPV6, "2001:db8::1", NULL, 40000);
	ck_assert_int_eq(next_family(&eyeballs, 40000), ADDR_IPV6);
	ck_assert_int_eq(next_family(&eyeballs, 40000), ADDR_NONE);
	ck_assert_int_eq(next_family(&eyeballs, 40000 + DELAY_US), ADDR_IPV4);
}
END_TEST

START_TEST(without_ipv6_addresses_nobody_waits_for_them)
{
	struct eyeballs eyeballs = asked_for_both();
	answer(&eyeballs, NAMES_IPV4, "192.0.2.1", NULL, 0);
	answer(&eyeballs, NAMES_IPV6, NULL, NULL, 10);
	ck_assert_int_eq(next_family(&eyeballs, 10), ADDR_IPV4);
}
END_TEST

START_TEST(attempts_are_a_delay_apart)
{
	struct eyeballs eyeballs = asked_for_both();
	answer(&eyeballs, NAMES_IPV6, "2001:db8::1", "2001:db8::2", 0);
	ck_assert_int_eq(next_family(&eyeballs, 0), ADDR_IPV6);
	ck_assert_int_eq(next_family(&eyeballs, DELAY_US - 1), ADDR_NONE);
	ck_assert_uint_eq(eyeballs_deadline(&eyeballs), DELAY_US);
	ck_assert_int_eq(next_family(&eyeballs, DELAY_US), ADDR_IPV6);
}
END_TEST

START_TEST(a_failure_lets_the_next_begin_at_once)
{
	struct eyeballs eyeballs = asked_for_both();
	answer(&eyeballs, NAMES_IPV6, "2001:db8::1", "2001:db8::2", 0);
	ck_assert_int_eq(next_family(&eyeballs, 0), ADDR_IPV6);
	eyeballs_failed(&eyeballs, 300);
	ck_assert_int_eq(next_family(&eyeballs, 300), ADDR_IPV6);
}
END_TEST

START_TEST(what_comes_late_takes_its_place_among_those_not_tried)
{
	struct eyeballs eyeballs = asked_for_both();
	answer(&eyeballs, NAMES_IPV6, "2001:db8::1", "2001:db8::2", 0);
	ck_assert_int_eq(next_family(&eyeballs, 0), ADDR_IPV6);
	answer(&eyeballs, NAMES_IPV4, "192.0.2.1", NULL, 100000);
	ck_assert_int_eq(next_family(&eyeballs, DELAY_US), ADDR_IPV4);
	ck_assert_int_eq(next_family(&eyeballs, 2 * DELAY_US), ADDR_IPV6);
}
END_TEST

START_TEST(it_is_over_when_all_answers_are_there_and_all_attempts_have_failed)
{
	struct eyeballs eyeballs = asked_for_both();
	answer(&eyeballs, NAMES_IPV6, "2001:db8::1", NULL, 0);
	ck_assert_int_eq(next_family(&eyeballs, 0), ADDR_IPV6);
	eyeballs_failed(&eyeballs, 10);
	ck_assert(!eyeballs_is_over(&eyeballs));
	ck_assert_uint_eq(eyeballs_deadline(&eyeballs), EYEBALLS_NEVER);
	answer(&eyeballs, NAMES_IPV4, NULL, NULL, 20);
	ck_assert(eyeballs_is_over(&eyeballs));
}
END_TEST

START_TEST(an_address_is_tried_once_however_often_it_is_told)
{
	struct eyeballs eyeballs = asked_for_both();
	answer(&eyeballs, NAMES_IPV6, "2001:db8::1", "2001:db8::1", 0);
	answer(&eyeballs, NAMES_IPV4, NULL, NULL, 0);
	ck_assert_int_eq(next_family(&eyeballs, 0), ADDR_IPV6);
	eyeballs_failed(&eyeballs, 0);
	ck_assert(eyeballs_is_over(&eyeballs));
}
END_TEST

START_TEST(more_addresses_than_it_holds_are_left_out)
{
	struct eyeballs eyeballs = asked_for_both();
	for (unsigned i = 0; i < EYEBALLS_ADDRS_MAX + 9; i++) {
		struct destination one = destination("2001:db8::");
		one.addr.octets[15] = (uint8_t)i;
		eyeballs_answer(&eyeballs, NAMES_IPV6, &one, 1, 0);
	}
	ck_assert_uint_eq(eyeballs.count, EYEBALLS_ADDRS_MAX);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("eyeballs");
	TCase *tcase = tcase_create("race");
	tcase_add_test(tcase, with_the_aaaa_answer_attempts_begin_at_once);
	tcase_add_test(tcase, the_a_answer_waits_for_the_other_but_not_for_long);
	tcase_add_test(tcase, an_aaaa_answer_within_the_delay_goes_first);
	tcase_add_test(tcase, without_ipv6_addresses_nobody_waits_for_them);
	tcase_add_test(tcase, attempts_are_a_delay_apart);
	tcase_add_test(tcase, a_failure_lets_the_next_begin_at_once);
	tcase_add_test(tcase, what_comes_late_takes_its_place_among_those_not_tried);
	tcase_add_test(tcase, it_is_over_when_all_answers_are_there_and_all_attempts_have_failed);
	tcase_add_test(tcase, an_address_is_tried_once_however_often_it_is_told);
	tcase_add_test(tcase, more_addresses_than_it_holds_are_left_out);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
