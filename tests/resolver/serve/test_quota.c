#include "resolver/serve/quota.h"

#include <stdlib.h>
#include <string.h>

#include "stack/base/rng.h"
#include "tests/suite.h"

#define PENDING_MAX 4096u

static struct quota quota;
static void *block;

static void
setup(void)
{
	struct rng rng;
	rng_init_number(&rng, suite_seed(7));
	block = calloc(1, quota_bytes(PENDING_MAX));
	quota_init(&quota, block, PENDING_MAX, &rng);
}

static void
teardown(void)
{
	free(block);
}

static struct ip_addr
addr_of(uint32_t number)
{
	uint8_t octets[4] = { 10, (uint8_t)(number >> 16), (uint8_t)(number >> 8),
			      (uint8_t)number };
	return addr_ipv4(octets);
}

static unsigned
places_taken(void)
{
	unsigned count = 0;
	for (uint32_t i = 0; i <= quota.mask; i++)
		count += quota.places[i].addr.family != ADDR_NONE;
	return count;
}

START_TEST(an_address_waits_for_so_many_answers_and_no_more)
{
	struct ip_addr one = addr_of(1), other = addr_of(2);
	for (unsigned i = 0; i < QUOTA_PENDING_MAX; i++)
		ck_assert(quota_take(&quota, &one));
	ck_assert(!quota_take(&quota, &one));
	ck_assert(quota_take(&quota, &other));
	quota_give(&quota, &one);
	ck_assert(quota_take(&quota, &one));
}
END_TEST

START_TEST(ipv4_and_ipv6_addresses_of_the_same_octets_are_two)
{
	static const uint8_t octets[16] = { 10, 0, 0, 1 };
	struct ip_addr four = addr_ipv4(octets), six = addr_ipv6(octets);
	for (unsigned i = 0; i < QUOTA_PENDING_MAX; i++)
		ck_assert(quota_take(&quota, &four));
	ck_assert(quota_take(&quota, &six));
}
END_TEST

/* Against a plain array of counts, with the table as full as it gets: every hole must close rightly. */
START_TEST(any_order_of_taking_and_giving_ends_empty)
{
	enum { ADDRS = 3000 };
	static uint16_t counts[ADDRS];
	struct rng rng;
	uint32_t pending = 0;
	memset(counts, 0, sizeof counts);
	rng_init_number(&rng, suite_seed(11));
	for (unsigned step = 0; step < 200000; step++) {
		uint32_t which = rng_below(&rng, ADDRS);
		struct ip_addr addr = addr_of(which);
		if (counts[which] > 0 && (rng_below(&rng, 2) == 0 || pending == PENDING_MAX)) {
			quota_give(&quota, &addr);
			counts[which]--;
			pending--;
		} else if (pending < PENDING_MAX) {
			ck_assert(quota_take(&quota, &addr));
			counts[which]++;
			pending++;
		}
	}
	for (uint32_t i = 0; i < ADDRS; i++) {
		struct ip_addr addr = addr_of(i);
		for (; counts[i] > 0; counts[i]--)
			quota_give(&quota, &addr);
	}
	ck_assert_uint_eq(places_taken(), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("quota");
	TCase *tcase = tcase_create("quota");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, an_address_waits_for_so_many_answers_and_no_more);
	tcase_add_test(tcase, ipv4_and_ipv6_addresses_of_the_same_octets_are_two);
	tcase_add_test(tcase, any_order_of_taking_and_giving_ends_empty);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
