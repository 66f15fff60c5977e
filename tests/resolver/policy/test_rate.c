#include "resolver/policy/rate.h"

#include <stdio.h>

#include "stack/addr.h"
#include "stack/base/rng.h"
#include "tests/suite.h"

#define SECOND_US 1000000u

static struct rate_key block[RATE_KEYS_MAX];
static struct rate_table table;
static uint64_t now_us;

static void
setup(void)
{
	struct rng rng;
	rng_init_number(&rng, suite_seed(11));
	memset(block, 0, sizeof block);
	ck_assert_uint_le(rate_table_bytes(), sizeof block);
	rate_table_init(&table, block, &rng);
	now_us = 5 * SECOND_US;
}

/* How many of `count`, spread over a time, are within the limit; *slipped counts those that slip through. */
static unsigned
take(const struct rate_limit *limit, const char *key, unsigned count, uint64_t over_us, unsigned *slipped)
{
	unsigned within = 0;
	*slipped = 0;
	for (unsigned i = 0; i < count; i++) {
		const enum rate_verdict verdict = rate_take(&table, limit, key, strlen(key), now_us);
		within += verdict == RATE_WITHIN;
		*slipped += verdict == RATE_SLIPS;
		now_us += over_us / count;
	}
	return within;
}

START_TEST(a_second_s_worth_at_once_and_then_the_rate)
{
	const struct rate_limit limit = { .per_s = 10 };
	unsigned slipped;
	ck_assert_uint_eq(take(&limit, "a", 50, 0, &slipped), 10);
	ck_assert_uint_eq(slipped, 0);
	const unsigned within = take(&limit, "a", 1000, 10 * SECOND_US, &slipped);
	ck_assert_msg(within >= 99 && within <= 101, "%u", within);
}
END_TEST

START_TEST(below_the_rate_nothing_is_refused)
{
	const struct rate_limit limit = { .per_s = 10, .factor = 2 };
	unsigned slipped;
	ck_assert_uint_eq(take(&limit, "a", 500, 50 * SECOND_US, &slipped), 500);
}
END_TEST

START_TEST(one_in_so_many_slips_through)
{
	const struct rate_limit limit = { .per_s = 10, .factor = 4 };
	unsigned slipped;
	take(&limit, "a", 10 + 100, 0, &slipped);
	ck_assert_uint_eq(slipped, 25);
}
END_TEST

START_TEST(who_goes_on_is_not_served_where_refusals_count)
{
	const struct rate_limit limit = { .per_s = 10, .backs_off = true };
	unsigned slipped;
	take(&limit, "a", 50, 0, &slipped);
	ck_assert_uint_eq(take(&limit, "a", 1000, 10 * SECOND_US, &slipped), 0);
	now_us += 2 * SECOND_US;
	ck_assert_uint_eq(take(&limit, "a", 10, 0, &slipped), 10);
}
END_TEST

START_TEST(keys_are_counted_apart_and_more_than_fit_make_room)
{
	const struct rate_limit limit = { .per_s = 5 };
	unsigned slipped, within;
	char key[16];
	take(&limit, "flood", 100, 0, &slipped);
	for (unsigned i = 0; i < 2 * RATE_KEYS_MAX; i++) {
		(void)snprintf(key, sizeof key, "%u", i);
		within = take(&limit, key, 1, 0, &slipped);
		ck_assert_uint_eq(within, 1);
	}
	ck_assert_uint_eq(take(&limit, "flood", 10, 0, &slipped), 0); /* who uses all of its rate stays known */
}
END_TEST

static enum rate_verdict
take_addr(const struct rate_limit *limit, const char *text)
{
	struct ip_addr addr;
	ck_assert_int_eq(addr_from_text(&addr, text), 0);
	return rate_take_addr(&table, limit, &addr, now_us);
}

START_TEST(an_address_is_a_client)
{
	const struct rate_limit limit = { .per_s = 1 };
	static const char *const addrs[] = { "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "192.0.2.1", "192.0.2.2", "2001:db8::" };
	for (unsigned i = 0; i < sizeof addrs / sizeof addrs[0]; i++) {
		ck_assert_int_eq((int)take_addr(&limit, addrs[i]), RATE_WITHIN);
		ck_assert_int_eq((int)take_addr(&limit, addrs[i]), RATE_BEYOND);
	}
}
END_TEST

/* A host that takes another address for each query gets as much as so many hosts, and its neighbours suffer. */
START_TEST(a_network_of_64_bits_is_so_many_clients)
{
	const struct rate_limit limit = { .per_s = 3 };
	char text[64];
	unsigned within = 0;
	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(text, sizeof text, "2001:db8::%x", i);
		within += take_addr(&limit, text) == RATE_WITHIN;
	}
	ck_assert_uint_eq(within, 3 * RATE_NETWORK_ADDRS);
	ck_assert_int_eq((int)take_addr(&limit, "2001:db8:0:1::1"), RATE_WITHIN);
	for (unsigned i = 0; i < 200; i++) {
		(void)snprintf(text, sizeof text, "192.0.2.%u", i);
		ck_assert_int_eq((int)take_addr(&limit, text), RATE_WITHIN);
	}
}
END_TEST

START_TEST(without_a_limit_nothing_is_counted)
{
	const struct rate_limit limit = { .per_s = 0 };
	unsigned slipped;
	ck_assert_uint_eq(take(&limit, "a", 1000, 0, &slipped), 1000);
	for (unsigned i = 0; i < RATE_KEYS_MAX; i++)
		ck_assert_uint_eq(block[i].tag, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("policy: rate");
	TCase *tcase = tcase_create("rate");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, a_second_s_worth_at_once_and_then_the_rate);
	tcase_add_test(tcase, below_the_rate_nothing_is_refused);
	tcase_add_test(tcase, one_in_so_many_slips_through);
	tcase_add_test(tcase, who_goes_on_is_not_served_where_refusals_count);
	tcase_add_test(tcase, keys_are_counted_apart_and_more_than_fit_make_room);
	tcase_add_test(tcase, an_address_is_a_client);
	tcase_add_test(tcase, a_network_of_64_bits_is_so_many_clients);
	tcase_add_test(tcase, without_a_limit_nothing_is_counted);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
