/* ISNs (RFC 6528), ports (RFC 6056), timestamp offsets (RFC 7323), SYN cookies (RFC 4987). */
#include <string.h>

#include "stack/base/rng.h"
#include "stack/tcp_secret.h"
#include "tests/suite.h"

#define S         1000000u
#define NOW_US    (1000003 * (uint64_t)S)
#define PEER_ISN  0x12345678u
#define PERIOD_US ((uint64_t)TCP_COOKIE_PERIOD_US)

static struct rng rng;
static struct tcp_secret secret;

static void
setup(void)
{
	rng_init_number(&rng, suite_seed(31));
	tcp_secret_draw(&secret, &rng);
}

static struct ip_addr
addr_of(const char *text)
{
	struct ip_addr addr;
	ck_assert_int_eq(addr_from_text(&addr, text), 0);
	return addr;
}

/* Tuples that differ from the first in one thing. */
static const struct {
	const char *local, *remote;
	uint16_t local_port, remote_port;
} tuples[] = {
	{ "192.0.2.1", "192.0.2.2", 1025, 53 },     { "192.0.2.3", "192.0.2.2", 1025, 53 },
	{ "192.0.2.1", "192.0.2.3", 1025, 53 },     { "192.0.2.1", "192.0.2.2", 1026, 53 },
	{ "192.0.2.1", "192.0.2.2", 1025, 54 },     { "192.0.2.2", "192.0.2.1", 1025, 53 },
	{ "192.0.2.1", "192.0.2.2", 53, 1025 },     { "c000:201::", "c000:202::", 1025, 53 },
	{ "2001:db8::1", "2001:db8::2", 1025, 53 }, { "2001:db8::1", "2001:db8::3", 1025, 53 },
};

static struct tcp_tuple
tuple_of(size_t i)
{
	return (struct tcp_tuple){
		.local = addr_of(tuples[i].local),
		.remote = addr_of(tuples[i].remote),
		.local_port = tuples[i].local_port,
		.remote_port = tuples[i].remote_port,
	};
}

/* ---- initial sequence numbers ---------------------------------------------------------------- */

START_TEST(an_isn_goes_on_by_one_every_4_us)
{
	const struct tcp_tuple tuple = tuple_of(0);
	const uint32_t isn = tcp_isn(&secret, &tuple, NOW_US);

	for (uint64_t later_us = 0; later_us < 3600 * (uint64_t)S; later_us += 7 * S + 3)
		ck_assert_uint_eq(tcp_isn(&secret, &tuple, NOW_US + later_us),
				  isn + (uint32_t)((NOW_US + later_us) / 4 - NOW_US / 4));
}
END_TEST

START_TEST(one_connections_isn_tells_nothing_of_anothers)
{
	struct tcp_secret other;
	uint32_t isns[COUNT(tuples)];

	tcp_secret_draw(&other, &rng);
	for (size_t i = 0; i < COUNT(tuples); i++) {
		const struct tcp_tuple tuple = tuple_of(i);
		isns[i] = tcp_isn(&secret, &tuple, NOW_US);
		ck_assert_uint_ne(isns[i], tcp_isn(&other, &tuple, NOW_US));
		for (size_t j = 0; j < i; j++)
			ck_assert_msg(isns[i] - isns[j] + 0x10000 > 0x20000, "tuples %zu and %zu",
				      j, i);
	}
}
END_TEST

/* ---- timestamps and ports -------------------------------------------------------------------- */

START_TEST(a_timestamp_offset_belongs_to_two_addresses)
{
	const struct tcp_tuple first = tuple_of(0);
	const uint32_t offset = tcp_timestamp_offset(&secret, &first);

	for (size_t i = 1; i < COUNT(tuples); i++) {
		const struct tcp_tuple tuple = tuple_of(i);
		const bool same_pair = addr_equal(&tuple.local, &first.local) &&
				       addr_equal(&tuple.remote, &first.remote);
		ck_assert_msg((tcp_timestamp_offset(&secret, &tuple) == offset) == same_pair,
			      "tuple %zu", i);
	}
}
END_TEST

START_TEST(two_opens_begin_their_search_at_different_ports)
{
	const struct tcp_tuple tuple = tuple_of(0);
	uint32_t before = UINT32_MAX;

	for (unsigned i = 0; i < 1000; i++) {
		const uint32_t start =
			tcp_port_start(&secret, &tuple.local, &tuple.remote, 53, 28232, &rng);
		ck_assert_uint_lt(start, 28232);
		ck_assert_uint_ne(start, before);
		before = start;
	}
	ck_assert_uint_eq(tcp_port_start(&secret, &tuple.local, &tuple.remote, 53, 1, &rng), 0);
}
END_TEST

START_TEST(ports_towards_one_remote_tell_nothing_of_those_towards_another)
{
	const struct ip_addr local = addr_of("192.0.2.1");
	unsigned near_count = 0;

	for (uint16_t port = 1; port <= 1000; port++) {
		const struct ip_addr watched = addr_of("192.0.2.2"), remote = addr_of("192.0.2.3");
		const uint32_t a = tcp_port_start(&secret, &local, &watched, port, 60000, &rng);
		const uint32_t b = tcp_port_start(&secret, &local, &remote, port, 60000, &rng);
		near_count += (b + 60000 - a) % 60000 < 600;
	}
	ck_assert_uint_lt(near_count, 40); /* ten are expected of a fair draw */
}
END_TEST

/* ---- SYN cookies ----------------------------------------------------------------------------- */

static bool
check_at(const struct tcp_tuple *tuple, uint32_t peer_isn, uint32_t cookie, uint64_t now_us)
{
	struct tcp_cookie_facts facts = { 0 };
	return tcp_cookie_check(&secret, tuple, peer_isn, cookie, 0, &facts, now_us);
}

START_TEST(a_cookie_is_good_for_this_period_and_the_next)
{
	const struct tcp_cookie_facts facts = { .mss = 1460 };
	const struct tcp_tuple tuple = tuple_of((size_t)_i);

	for (unsigned i = 0; i < 6; i++) {
		const uint64_t now_us = NOW_US + i * 17 * S,
			       period_begins_us = now_us / PERIOD_US * PERIOD_US;
		const uint32_t cookie = tcp_cookie_make(&secret, &tuple, PEER_ISN, &facts, now_us);
		ck_assert(check_at(&tuple, PEER_ISN, cookie, now_us));
		ck_assert(check_at(&tuple, PEER_ISN, cookie, period_begins_us + 2 * PERIOD_US - 1));
		for (unsigned later = 2; later < 10; later++)
			ck_assert(!check_at(&tuple, PEER_ISN, cookie,
					    period_begins_us + later * PERIOD_US));
		ck_assert(!check_at(&tuple, PEER_ISN, cookie, period_begins_us - 1));
	}
}
END_TEST

START_TEST(a_cookie_is_good_for_its_own_connection)
{
	const struct tcp_cookie_facts facts = { .mss = 1460 };
	const struct tcp_tuple tuple = tuple_of(0);
	const uint32_t cookie = tcp_cookie_make(&secret, &tuple, PEER_ISN, &facts, NOW_US);

	for (size_t i = 1; i < COUNT(tuples); i++) {
		const struct tcp_tuple other = tuple_of(i);
		ck_assert_msg(!check_at(&other, PEER_ISN, cookie, NOW_US), "tuple %zu", i);
	}
	ck_assert(!check_at(&tuple, PEER_ISN + 1, cookie, NOW_US));
	tcp_secret_draw(&secret, &rng);
	ck_assert(!check_at(&tuple, PEER_ISN, cookie, NOW_US));
}
END_TEST

START_TEST(a_changed_or_guessed_cookie_is_refused)
{
	const struct tcp_cookie_facts facts = { .mss = 1460 };
	const struct tcp_tuple tuple = tuple_of(0);
	const uint32_t cookie = tcp_cookie_make(&secret, &tuple, PEER_ISN, &facts, NOW_US);
	unsigned accepted_count = 0;

	for (unsigned bit = 0; bit < 32; bit++)
		ck_assert_msg(!check_at(&tuple, PEER_ISN, cookie ^ 1u << bit, NOW_US), "bit %u",
			      bit);
	for (unsigned i = 0; i < 20000; i++)
		accepted_count += check_at(&tuple, PEER_ISN, rng_u32(&rng), NOW_US);
	ck_assert_uint_eq(accepted_count, 0);
}
END_TEST

START_TEST(a_cookie_keeps_an_mss_that_the_peer_can_take)
{
	static const uint16_t kept[] = { 536, 1220, 1360, 1400, 1440, 1460, 8940 };
	const struct tcp_tuple tuple = tuple_of(0);
	unsigned wrong_count = 0;

	for (uint32_t mss = TCP_COOKIE_MSS_MIN; mss <= 65535; mss += 1 + mss / 500) {
		const struct tcp_cookie_facts facts = { .mss = (uint16_t)mss };
		struct tcp_cookie_facts back = { 0 };
		const uint32_t cookie = tcp_cookie_make(&secret, &tuple, PEER_ISN, &facts, NOW_US);
		wrong_count +=
			!tcp_cookie_check(&secret, &tuple, PEER_ISN, cookie, 0, &back, NOW_US);
		wrong_count += back.mss > mss;
	}
	ck_assert_uint_eq(wrong_count, 0);
	for (size_t i = 0; i < COUNT(kept); i++) {
		const struct tcp_cookie_facts facts = { .mss = kept[i] };
		struct tcp_cookie_facts back = { 0 };
		const uint32_t cookie = tcp_cookie_make(&secret, &tuple, PEER_ISN, &facts, NOW_US);
		ck_assert(tcp_cookie_check(&secret, &tuple, PEER_ISN, cookie, 0, &back, NOW_US));
		ck_assert_uint_eq(back.mss, kept[i]);
	}
}
END_TEST

static bool
facts_survive(const struct tcp_cookie_facts *facts, uint32_t ts)
{
	const struct tcp_tuple tuple = tuple_of(0);
	const uint32_t cookie = tcp_cookie_make(&secret, &tuple, PEER_ISN, facts, NOW_US);
	const uint32_t sent = tcp_cookie_timestamp(ts, facts);
	struct tcp_cookie_facts back = { .has_timestamps = true };

	if (ts - sent >=
	    128) /* a little older, never newer: what follows must not seem to go back */
		return false;
	return tcp_cookie_check(&secret, &tuple, PEER_ISN, cookie, sent, &back, NOW_US) &&
	       back.sack_permitted == facts->sack_permitted && back.ecn == facts->ecn &&
	       back.has_wscale == facts->has_wscale && back.wscale == facts->wscale;
}

START_TEST(facts_travel_in_the_timestamp)
{
	for (unsigned i = 0; i < 16 * 4; i++) {
		const struct tcp_cookie_facts facts = {
			.mss = 1460,
			.has_timestamps = true,
			.has_wscale = i % 16 != 15,
			.wscale = (uint8_t)(i % 16 != 15 ? i % 16 : 0),
			.sack_permitted = (i & 16) != 0,
			.ecn = (i & 32) != 0,
		};
		for (unsigned round = 0; round < 20; round++) {
			const uint32_t ts = round == 0 ? i : rng_u32(&rng);
			ck_assert_msg(facts_survive(&facts, ts), "facts %u, timestamp %u", i, ts);
		}
	}
}
END_TEST

START_TEST(without_timestamps_options_are_off)
{
	const struct tcp_cookie_facts facts = {
		.mss = 1460, .sack_permitted = true, .has_wscale = true, .wscale = 8
	};
	struct tcp_cookie_facts back = { .sack_permitted = true, .has_wscale = true, .ecn = true };
	const struct tcp_tuple tuple = tuple_of(0);
	const uint32_t cookie = tcp_cookie_make(&secret, &tuple, PEER_ISN, &facts, NOW_US);

	ck_assert(tcp_cookie_check(&secret, &tuple, PEER_ISN, cookie, UINT32_MAX, &back, NOW_US));
	ck_assert(!back.sack_permitted && !back.has_wscale && !back.ecn);
	ck_assert_uint_eq(back.wscale, 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("tcp_secret");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, an_isn_goes_on_by_one_every_4_us);
	tcase_add_test(tcase, one_connections_isn_tells_nothing_of_anothers);
	tcase_add_test(tcase, a_timestamp_offset_belongs_to_two_addresses);
	tcase_add_test(tcase, two_opens_begin_their_search_at_different_ports);
	tcase_add_test(tcase, ports_towards_one_remote_tell_nothing_of_those_towards_another);
	tcase_add_loop_test(tcase, a_cookie_is_good_for_this_period_and_the_next, 0, COUNT(tuples));
	tcase_add_test(tcase, a_cookie_is_good_for_its_own_connection);
	tcase_add_test(tcase, a_changed_or_guessed_cookie_is_refused);
	tcase_add_test(tcase, a_cookie_keeps_an_mss_that_the_peer_can_take);
	tcase_add_test(tcase, facts_travel_in_the_timestamp);
	tcase_add_test(tcase, without_timestamps_options_are_off);
	Suite *suite = suite_create("tcp_secret");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
