/* How resolvers are asked: lost, late, forged, cut off and failed replies, and the next resolver. */
#include "tests/resolver/netdb/netdb_world.h"

static const struct addrinfo streams = { .ai_socktype = SOCK_STREAM };
static const struct addrinfo ipv4_streams = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };

START_TEST(over_ipv6_too)
{
	netdb_world_ask("2001:db8::2", NULL);
	ck_assert_str_eq(told("www.example", "80", &streams), WWW_TOLD);
}
END_TEST

START_TEST(what_is_lost_is_asked_again)
{
	server.drops = 2;
	ck_assert_str_eq(told("www.example", "80", &streams), WWW_TOLD);
}
END_TEST

START_TEST(a_silent_resolver_is_followed_by_the_next)
{
	server.is_deaf = true;
	netdb_world_ask("192.0.2.2", "192.0.2.3");
	ck_assert_str_eq(told("www.example", "80", &streams), WWW_TOLD);
	netdb_world_ask("192.0.2.2", NULL);
	const uint64_t began_us = ours.now_us;
	ck_assert_str_eq(told("www.example", "80", &streams), gai_strerror(EAI_AGAIN));
	ck_assert_uint_le(ours.now_us - began_us, 15000000);
}
END_TEST

START_TEST(what_is_cut_comes_over_tcp)
{
	auth.faults = AUTH_TRUNCATES;
	ck_assert_str_eq(told("www.example", "80", &ipv4_streams), "198.51.100.80 80 s");
	ck_assert_uint_eq(server.over_tcp, 1);
}
END_TEST

/* Each octet alone is in time. */
START_TEST(a_resolver_that_drips_does_not_hold_a_program)
{
	auth.faults = AUTH_TRUNCATES;
	server.drips = true;
	const uint64_t began_us = ours.now_us;
	ck_assert_str_eq(told("www.example", "80", &ipv4_streams), gai_strerror(EAI_AGAIN));
	ck_assert_uint_le(ours.now_us - began_us, 3 * 5000000 + 1000);
}
END_TEST

START_TEST(a_forged_reply_ends_nothing)
{
	server.forges = true;
	ck_assert_str_eq(told("www.example", "80", &streams), WWW_TOLD);
}
END_TEST

START_TEST(a_resolver_without_edns_is_asked_without)
{
	auth.faults = AUTH_FORMERRS_EDNS;
	ck_assert_str_eq(told("www.example", "80", &streams), WWW_TOLD);
}
END_TEST

START_TEST(a_resolver_that_fails_is_told_from_a_name_that_is_not_there)
{
	auth.faults = AUTH_SERVFAILS;
	ck_assert_str_eq(told("www.example", "80", NULL), gai_strerror(EAI_AGAIN));
	auth.faults = AUTH_REFUSES;
	ck_assert_str_eq(told("www.example", "80", NULL), gai_strerror(EAI_FAIL));
}
END_TEST

/* One fails, the other has only lost a datagram: it is asked again. */
START_TEST(one_resolvers_failure_is_not_anothers)
{
	server.fails = true;
	server.drops = 1;
	netdb_world_ask("192.0.2.2", "192.0.2.3");
	ck_assert_str_eq(told("www.example", "80", &ipv4_streams), "198.51.100.80 80 s");
}
END_TEST

START_TEST(a_resolver_has_an_address)
{
	const struct cairn_netdb_config config = { .cairn = &cairn, .servers = { "resolver.example" } };
	struct cairn_netdb *none;
	ck_assert_int_eq(cairn_netdb_open(&none, &config), EAI_NONAME);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("netdb");

	tcase_add_test(tcase, over_ipv6_too);
	tcase_add_test(tcase, what_is_lost_is_asked_again);
	tcase_add_test(tcase, a_silent_resolver_is_followed_by_the_next);
	tcase_add_test(tcase, what_is_cut_comes_over_tcp);
	tcase_add_test(tcase, a_resolver_that_drips_does_not_hold_a_program);
	tcase_add_test(tcase, a_forged_reply_ends_nothing);
	tcase_add_test(tcase, a_resolver_without_edns_is_asked_without);
	tcase_add_test(tcase, a_resolver_that_fails_is_told_from_a_name_that_is_not_there);
	tcase_add_test(tcase, one_resolvers_failure_is_not_anothers);
	tcase_add_test(tcase, a_resolver_has_an_address);
	return netdb_world_run("netdb_exchange", tcase);
}
