/* Questions to a resolver over the net's own stack (fetch/names.h, fetch/stub.h, fetch/lookup.h). */
#include "tests/suite.h"

#include <string.h>

#include "resolver/answer.h"
#include "tests/fetch/peer.h"

static struct peer peer;
static struct names_answer answers[2];
static unsigned answer_count;
static bool has_all;

static void
on_answer(void *data, const struct names_answer *answer)
{
	(void)data;
	ck_assert_uint_lt(answer_count, 2);
	answers[answer_count++] = *answer;
	has_all = answer_count == 2;
}

static void
ask_both(const char *host)
{
	struct names *names = peer_names(&peer);
	struct failure failure;

	answer_count = 0;
	has_all = false;
	ck_assert_ptr_nonnull(
		names_ask(names, host, NAMES_IPV4 | NAMES_IPV6, on_answer, NULL, &failure));
	peer_run(&peer, &has_all);
	names_close(names);
}

static void
expect_addresses(void)
{
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_str_eq(answers[i].failure.text, "");
		ck_assert_uint_eq(answers[i].addr_count, 1);
		ck_assert_int_eq(answers[i].addrs[0].family,
				 answers[i].kind == NAMES_IPV6 ? ADDR_IPV6 : ADDR_IPV4);
	}
	ck_assert_uint_eq(answers[0].kind + answers[1].kind, NAMES_IPV4 | NAMES_IPV6);
}

static void
open_resolver(void)
{
	peer_open(&peer, true);
}

static void
close_peer(void)
{
	peer_close(&peer);
}

START_TEST(a_name_has_its_addresses_of_both_families)
{
	ask_both("www.example");
	expect_addresses();
	ck_assert_uint_eq(peer.udp_count, 2);
	ck_assert(answers[0].is_secure);
	ck_assert_uint_eq(answers[0].ttl_s, 300);
}
END_TEST

START_TEST(a_question_that_was_lost_is_asked_again)
{
	peer.silent_count = 1;
	ask_both("www.example");
	expect_addresses();
	ck_assert_uint_eq(peer.udp_count, 3);
}
END_TEST

START_TEST(what_no_datagram_holds_comes_over_tcp)
{
	peer.is_truncating = true;
	ask_both("www.example");
	expect_addresses();
	ck_assert_uint_eq(peer.tcp_count, 2);
}
END_TEST

START_TEST(a_resolver_without_edns_is_asked_without)
{
	peer.refuses_edns = true;
	ask_both("www.example");
	expect_addresses();
	ck_assert_uint_eq(peer.udp_count, 4);
}
END_TEST

START_TEST(a_reply_with_another_id_is_not_taken)
{
	peer.lies_about_id = true;
	ask_both("www.example");
	expect_addresses();
}
END_TEST

START_TEST(the_resolvers_reason_reaches_the_user)
{
	peer.rcode = RCODE_SERVFAIL;
	peer.ede = EDE_SIGNATURE_EXPIRED;
	ask_both("www.example");
	ck_assert_int_eq(answers[0].failure.cause, FAILURE_BOGUS);
	ck_assert_str_eq(answers[0].failure.text,
			 "www.example.: its signature has expired: test (EDE 7, SERVFAIL)");
}
END_TEST

START_TEST(a_name_that_does_not_exist_is_told_as_such)
{
	peer.rcode = RCODE_NXDOMAIN;
	ask_both("www.example");
	ck_assert(answers[0].is_nonexistent);
	ck_assert_int_eq(answers[0].failure.cause, FAILURE_RESOLVE);
}
END_TEST

START_TEST(localhost_is_this_host_and_nobody_is_asked)
{
	ask_both("x.LOCALHOST.");
	ck_assert(addr_is_loopback(&answers[0].addrs[0]));
	ck_assert(addr_is_loopback(&answers[1].addrs[0]));
	ck_assert_uint_eq(peer.udp_count, 0);
}
END_TEST

START_TEST(a_question_may_be_forgotten)
{
	struct names *names = peer_names(&peer);
	struct failure failure;
	struct names_ask *ask =
		names_ask(names, "www.example", NAMES_IPV4 | NAMES_IPV6, on_answer, NULL, &failure);

	answer_count = 0;
	ck_assert_ptr_nonnull(ask);
	names_cancel(ask);
	ck_assert_ptr_nonnull(
		names_ask(names, "www.example", NAMES_IPV4, on_answer, NULL, &failure));
	names_close(names);
	ck_assert_uint_eq(answer_count, 0);
}
END_TEST

START_TEST(where_no_resolver_is_that_is_said_at_once)
{
	peer_open(&peer, false);
	const uint64_t before_us = net_now_us(peer.net);
	ask_both("www.example");
	ck_assert_uint_lt(net_now_us(peer.net) - before_us, 500000);
	ck_assert_ptr_nonnull(
		strstr(answers[0].failure.text, "no resolver listens on 192.0.2.1 port 53"));
	peer_close(&peer);
}
END_TEST

static const struct {
	const char *text;
	bool is_good;
	enum names_source source;
	unsigned server_count;
	uint16_t port;
} resolvers[] = {
	{ "self", true, NAMES_SELF, 0, 0 },
	{ "daemon", true, NAMES_DAEMON, 0, 0 },
	{ "self=/etc/cairn.conf", true, NAMES_SELF, 0, 0 },
	{ "192.0.2.53", true, NAMES_SERVER, 1, 53 },
	{ "192.0.2.53:5353", true, NAMES_SERVER, 1, 5353 },
	{ "2001:db8::53", true, NAMES_SERVER, 1, 53 },
	{ "[2001:db8::53]", true, NAMES_SERVER, 1, 53 },
	{ "[2001:db8::53]:5353,192.0.2.53", true, NAMES_SERVER, 2, 5353 },
	{ "", false, NAMES_SERVER, 0, 0 },
	{ "192.0.2.53,", false, NAMES_SERVER, 0, 0 },
	{ "192.0.2.53:0", false, NAMES_SERVER, 0, 0 },
	{ "192.0.2.53:65536", false, NAMES_SERVER, 0, 0 },
	{ "[2001:db8::53", false, NAMES_SERVER, 0, 0 },
	{ "[2001:db8::53]5353", false, NAMES_SERVER, 0, 0 },
	{ "ns.example", false, NAMES_SERVER, 0, 0 },
	{ "1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1", false, NAMES_SERVER, 0, 0 },
};

START_TEST(a_resolver_is_named_by_word_or_address)
{
	struct names_options options;
	struct failure failure;
	const int err = names_options_read(&options, resolvers[_i].text, &failure);

	ck_assert_msg((err == 0) == resolvers[_i].is_good, "%s", resolvers[_i].text);
	if (err != 0) {
		ck_assert_int_eq(failure.cause, FAILURE_USAGE);
		return;
	}
	ck_assert_int_eq(options.source, resolvers[_i].source);
	ck_assert_uint_eq(options.server_count, resolvers[_i].server_count);
	if (options.server_count > 0)
		ck_assert_uint_eq(options.servers[0].port, resolvers[_i].port);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("names");
	TCase *resolver = tcase_create("resolver"), *without = tcase_create("without");
	tcase_add_checked_fixture(resolver, open_resolver, close_peer);
	tcase_add_test(resolver, a_name_has_its_addresses_of_both_families);
	tcase_add_test(resolver, a_question_that_was_lost_is_asked_again);
	tcase_add_test(resolver, what_no_datagram_holds_comes_over_tcp);
	tcase_add_test(resolver, a_resolver_without_edns_is_asked_without);
	tcase_add_test(resolver, a_reply_with_another_id_is_not_taken);
	tcase_add_test(resolver, the_resolvers_reason_reaches_the_user);
	tcase_add_test(resolver, a_name_that_does_not_exist_is_told_as_such);
	tcase_add_test(resolver, localhost_is_this_host_and_nobody_is_asked);
	tcase_add_test(resolver, a_question_may_be_forgotten);
	tcase_add_test(without, where_no_resolver_is_that_is_said_at_once);
	tcase_add_loop_test(without, a_resolver_is_named_by_word_or_address, 0, COUNT(resolvers));
	suite_add_tcase(suite, resolver);
	suite_add_tcase(suite, without);
	return suite_run(suite);
}
