/* The path-MTU cache by itself: RFC 1191, RFC 8201; what ICMP does with it is in test_icmp. */
#include <stdlib.h>

#include "stack/base/arena.h"
#include "stack/base/hash.h"
#include "stack/pmtu.h"
#include "tests/stack/host.h"
#include "tests/suite.h"

#define LINK_MTU 1500u
#define NOW_US   5000000u

static struct pmtu_cache cache;
static const struct hash_key key = { 1, 2 };
static void *block;

static void
setup(void)
{
	struct arena arena;
	const size_t block_bytes = pmtu_bytes(&host_limits);

	block = malloc(block_bytes);
	arena_init(&arena, block, block_bytes);
	pmtu_init(&cache, &arena, &host_limits);
}

static void
teardown(void)
{
	free(block);
}

static uint32_t
learn(const char *remote, uint32_t mtu, uint64_t now_us)
{
	struct ip_addr addr = addr_of(remote);
	return pmtu_learn(&cache, &key, &addr, mtu, LINK_MTU, now_us);
}

static uint32_t
get(const char *remote, uint64_t now_us, bool *dont_fragment)
{
	struct ip_addr addr = addr_of(remote);
	return pmtu_get(&cache, &key, &addr, LINK_MTU, now_us, dont_fragment);
}

START_TEST(what_is_not_known_has_the_mtu_of_its_link)
{
	bool dont_fragment;

	ck_assert_uint_eq(get("192.0.2.1", NOW_US, &dont_fragment), LINK_MTU);
	ck_assert(dont_fragment);
	ck_assert_uint_eq(learn("192.0.2.1", 1400, NOW_US), 1400);
	ck_assert_uint_eq(get("192.0.2.1", NOW_US, &dont_fragment), 1400);
	ck_assert_uint_eq(get("192.0.2.2", NOW_US, &dont_fragment), LINK_MTU);
}
END_TEST

static const struct {
	const char *behaviour, *remote;
	uint32_t first, second; /* said by routers; first 0: nothing */
	uint32_t news, mtu;     /* what the second is worth; what counts then */
	bool dont_fragment;
} cases[] = {
	{ "less is news", "192.0.2.1", 1400, 1300, 1300, 1300, true },
	{ "the same is none", "192.0.2.1", 1400, 1400, 0, 1400, true },
	{ "more is none", "192.0.2.1", 1300, 1400, 0, 1300, true },
	{ "what the link has is none", "192.0.2.1", 0, LINK_MTU, 0, LINK_MTU, true },
	{ "more than the link has is none", "192.0.2.1", 0, 9000, 0, LINK_MTU, true },
	{ "IPv4 has a floor of 552", "192.0.2.1", 0, 552, 552, 552, true },
	{ "below it DF is left away", "192.0.2.1", 0, 551, 552, 552, false },
	{ "also when the floor was known before", "192.0.2.1", 552, 300, 552, 552, false },
	{ "and what is left away stays so", "192.0.2.1", 300, 552, 0, 552, false },
	{ "zero is as little as any", "192.0.2.1", 0, 0, 552, 552, false },
	{ "IPv6 has a floor of 1280", "2001:db8::1", 0, 1000, 1280, 1280, true },
	{ "below it nothing changes (RFC 8201, section 4)", "2001:db8::1", 1280, 1000, 0, 1280,
	  true },
};

START_TEST(a_router_can_only_make_it_smaller)
{
	bool dont_fragment;

	if (cases[_i].first != 0)
		(void)learn(cases[_i].remote, cases[_i].first, NOW_US);
	ck_assert_msg(learn(cases[_i].remote, cases[_i].second, NOW_US) == cases[_i].news, "%s",
		      cases[_i].behaviour);
	ck_assert_msg(get(cases[_i].remote, NOW_US, &dont_fragment) == cases[_i].mtu, "%s",
		      cases[_i].behaviour);
	ck_assert_msg(dont_fragment == cases[_i].dont_fragment, "%s", cases[_i].behaviour);
}
END_TEST

START_TEST(it_is_forgotten_after_ten_minutes)
{
	bool dont_fragment;

	(void)learn("192.0.2.1", 1400, NOW_US);
	ck_assert_uint_eq(get("192.0.2.1", NOW_US + PMTU_AGE_US - 1, &dont_fragment), 1400);
	ck_assert_uint_eq(get("192.0.2.1", NOW_US + PMTU_AGE_US, &dont_fragment), LINK_MTU);
	ck_assert_uint_eq(cache.used_count, 0);
	ck_assert_uint_eq(learn("192.0.2.1", 1450, NOW_US + PMTU_AGE_US), 1450);
}
END_TEST

START_TEST(a_full_cache_forgets_the_oldest_of_a_set_and_keeps_the_newest)
{
	bool dont_fragment;

	for (unsigned i = 0; i < 1000; i++) {
		struct ip_addr addr =
			addr_ipv4((const uint8_t[4]){ 10, 0, (uint8_t)(i >> 8), (uint8_t)i });
		ck_assert_uint_eq(pmtu_learn(&cache, &key, &addr, 1000, LINK_MTU, NOW_US + i),
				  1000);
		ck_assert_uint_eq(
			pmtu_get(&cache, &key, &addr, LINK_MTU, NOW_US + i, &dont_fragment), 1000);
		ck_assert_uint_le(cache.used_count, host_limits.pmtu_count);
	}
	ck_assert_uint_eq(cache.used_count, host_limits.pmtu_count);
}
END_TEST

START_TEST(a_smaller_link_counts_more_than_what_is_known)
{
	struct ip_addr remote = addr_of("192.0.2.1");
	bool dont_fragment;

	(void)learn("192.0.2.1", 1400, NOW_US);
	ck_assert_uint_eq(pmtu_get(&cache, &key, &remote, 1300, NOW_US, &dont_fragment), 1300);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("pmtu");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_is_not_known_has_the_mtu_of_its_link);
	tcase_add_loop_test(tcase, a_router_can_only_make_it_smaller, 0, COUNT(cases));
	tcase_add_test(tcase, it_is_forgotten_after_ten_minutes);
	tcase_add_test(tcase, a_full_cache_forgets_the_oldest_of_a_set_and_keeps_the_newest);
	tcase_add_test(tcase, a_smaller_link_counts_more_than_what_is_known);
	Suite *suite = suite_create("pmtu");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
