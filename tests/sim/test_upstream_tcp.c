/* Name servers that are asked over TCP, as they are: patient, hasty, deaf to datagrams, gone. */
#include <stdio.h>

#include "tests/sim/tcp_site.h"
#include "tests/suite.h"

#define ZONES       TCP_SITE_ZONES
#define SECOND_US   TCP_SITE_SECOND_US
#define PATIENCE_US TCP_SITE_PATIENCE_US
#define FAR_US      130000u

static const struct ask *
ask(unsigned number, unsigned zone)
{
	struct zones_question question = {
		.kind = KIND_HOST, .qtype = TYPE_A, .rcode = RCODE_NOERROR, .value = "192.0.2.80"
	};
	snprintf(question.qname, sizeof question.qname, "n%u.z%u.", number, zone);
	snprintf(question.owner, sizeof question.owner, "n%u.z%u.", number, zone);
	return resolver_ask(&tcp_site.resolver, &question);
}

static void
expect_done(const struct ask *asked)
{
	ck_assert_msg(asked->is_done && asked->is_right, "%s: %s", asked->question.qname, asked->why);
}

/* Asks for `count` names of the first zone at once and waits for all. */
static void
expect_right(unsigned first, unsigned count)
{
	const struct ask *asks[TCP_SITE_LINES_MAX];

	for (unsigned i = 0; i < count; i++)
		asks[i] = ask(first + i, 0);
	net_run(&tcp_site.net, PATIENCE_US / 2);
	for (unsigned i = 0; i < count; i++)
		expect_done(asks[i]);
}

static const struct upstream_tcp_stats *
tcp_stats(void)
{
	return &tcp_site.resolver.upstream.tcp.stats;
}

static struct engine_stats
engine_counts(void)
{
	struct engine_stats stats;
	engine_stats(tcp_site.resolver.engine, &stats);
	return stats;
}

static struct infra_server
infra_of(unsigned zone)
{
	struct infra_server server;
	infra_get(tcp_site.resolver.caches.infra, &tcp_site.servers[zone], &server, tcp_site.net.now_us);
	return server;
}

static void
expect_no_blame(void)
{
	ck_assert_uint_eq(engine_counts().unreachable, 0);
	ck_assert_uint_eq(engine_counts().servfails, 0);
	ck_assert(!infra_of(0).down);
	ck_assert_uint_eq(infra_of(0).timeouts, 0);
}

/* ---- connections --------------------------------------------------------------------------------- */

START_TEST(what_is_truncated_is_asked_over_tcp)
{
	tcp_site_begin(_i != 0);
	expect_right(0, 1);
	ck_assert_uint_eq(tcp_site.query_count, 1);
	ck_assert_uint_eq(engine_counts().truncated, 1);
	ck_assert_uint_eq(engine_counts().sent_tcp4, _i == 0);
	ck_assert_uint_eq(engine_counts().sent_tcp6, _i == 1);
	expect_no_blame();
	tcp_site_end();
}
END_TEST

/* RFC 7766, section 6.2.1. */
START_TEST(many_queries_to_one_server_share_a_connection)
{
	tcp_site_begin(_i != 0);
	expect_right(0, 100);
	ck_assert_uint_eq(tcp_site.query_count, 100);
	ck_assert_uint_le(tcp_stats()->opened, 2); /* two queries that drew the same id need two */
	ck_assert_uint_eq(tcp_stats()->opened + tcp_stats()->reused, 100);
	expect_no_blame();
	tcp_site_end();
}
END_TEST

START_TEST(a_connection_that_nobody_uses_is_closed)
{
	tcp_site_begin(_i != 0);
	expect_right(0, 1);
	ck_assert_uint_eq(tcp_site_lines_open(), 1);
	/* Nothing happens meanwhile: that is why a deadline has to say when to look. */
	net_run(&tcp_site.net, UPSTREAM_TCP_IDLE_US + 2 * SECOND_US);
	ck_assert_uint_eq(tcp_site_lines_open(), 0);
	ck_assert_uint_eq(tcp_stats()->failed, 0);
	ck_assert_uint_eq(upstream_deadline(&tcp_site.resolver.upstream), engine_deadline(tcp_site.resolver.engine));
	tcp_site_end();
}
END_TEST

START_TEST(who_leaves_resets_its_connections)
{
	tcp_site_begin(_i != 0);
	expect_right(0, 1);
	ck_assert_uint_eq(tcp_site_lines_open(), 1);
	upstream_leave(&tcp_site.resolver.upstream, tcp_site.net.now_us);
	net_run(&tcp_site.net, SECOND_US);
	ck_assert_uint_eq(tcp_site_lines_open(), 0);
	tcp_site_end();
}
END_TEST

/* RFC 7828, section 3.2.2; what a server would bear longer than we would is closed when we like. */
START_TEST(a_server_says_how_long_a_connection_may_be_idle)
{
	static const uint8_t options[][6] = { { 0, EDNS_KEEPALIVE, 0, 2, 0, 0 }, { 0, EDNS_KEEPALIVE, 0, 2, 0, 10 },
					      { 0, EDNS_KEEPALIVE, 0, 2, 0xff, 0xff } };

	tcp_site_begin(_i % 2 != 0);
	tcp_site.zones.options = options[_i / 2];
	tcp_site.zones.options_bytes = sizeof options[0];
	for (unsigned i = 0; i < 2; i++) {
		const struct ask *asked = ask(i, 0);
		net_run(&tcp_site.net, SECOND_US / 2);
		expect_done(asked);
	}
	ck_assert_uint_eq(tcp_stats()->opened, _i / 2 == 0 ? 2 : 1);
	net_run(&tcp_site.net, 5 * SECOND_US);
	ck_assert_uint_eq(tcp_site_lines_open(), _i / 2 == 2);
	ck_assert(tcp_site.has_keepalive);
	expect_no_blame();
	tcp_site_end();
}
END_TEST

START_TEST(a_server_may_close_after_each_reply)
{
	tcp_site_begin(_i != 0);
	tcp_site.close_after = 1;
	for (unsigned i = 0; i < 10; i++)
		expect_right(i, 1);
	ck_assert_uint_eq(tcp_stats()->opened, 10);
	ck_assert_uint_eq(tcp_stats()->failed, 0);
	expect_no_blame();
	tcp_site_end();
}
END_TEST

/* RFC 7766, section 6.2.4. */
START_TEST(what_waits_when_the_server_closes_is_sent_again)
{
	tcp_site_begin(_i != 0);
	tcp_site.close_after = 2;
	expect_right(0, 6);
	ck_assert_uint_eq(tcp_stats()->opened, 3);
	ck_assert_uint_eq(engine_counts().resent, 4 + 2);
	expect_no_blame();
	tcp_site_end();
}
END_TEST

START_TEST(a_connection_whose_peer_has_vanished_is_left_for_a_new_one)
{
	tcp_site_begin(_i != 0);
	expect_right(0, 1);
	tcp_site_box_forgets();
	expect_right(1, 1);
	ck_assert_uint_eq(tcp_stats()->opened, 2);
	const struct ask *next = ask(2, 0);
	net_run(&tcp_site.net, SECOND_US / 10);
	expect_done(next); /* it cost one question its patience, not the next */
	tcp_site_end();
}
END_TEST

START_TEST(a_reply_in_segments_of_one_octet_is_read)
{
	struct stack_stats before, after;

	tcp_site_begin(_i != 0);
	tcp_site.is_slow = true;
	stack_stats(tcp_site.internet.edge->stack, &before);
	expect_right(0, 1);
	stack_stats(tcp_site.internet.edge->stack, &after);
	ck_assert_uint_gt(after.received_frames - before.received_frames, 40);
	tcp_site_end();
}
END_TEST

/* ---- servers ------------------------------------------------------------------------------------- */

START_TEST(a_server_of_tcp_alone_answers_name_after_name)
{
	tcp_site_begin(_i != 0);
	tcp_site.is_deaf = true;
	expect_right(0, 1);
	ck_assert(infra_of(0).only_tcp);
	const uint64_t datagrams = engine_counts().sent_udp4 + engine_counts().sent_udp6;
	for (unsigned i = 1; i < 10; i++) {
		const struct ask *next = ask(i, 0);
		net_run(&tcp_site.net, SECOND_US / 10);
		expect_done(next);
	}
	ck_assert_uint_eq(engine_counts().sent_udp4 + engine_counts().sent_udp6, datagrams);
	ck_assert(!infra_of(0).down);
	tcp_site_end();
}
END_TEST

START_TEST(a_server_that_refuses_connections_keeps_its_name_for_datagrams)
{
	tcp_site_begin(_i != 0);
	tcp_close(tcp_site.far->stack, tcp_site.listener, tcp_site.net.now_us);
	const struct ask *cut = ask(0, 0);
	net_run(&tcp_site.net, SECOND_US);
	ck_assert(cut->is_done && cut->rcode == RCODE_SERVFAIL);
	ck_assert(!infra_of(0).down);
	ck_assert_uint_eq(infra_of(0).timeouts, 0);
	tcp_site.zones.faults = 0;
	const struct ask *next = ask(1, 0);
	net_run(&tcp_site.net, SECOND_US / 10);
	expect_done(next);
	tcp_site_end();
}
END_TEST

START_TEST(a_full_table_of_connections_is_no_servers_fault)
{
	const struct ask *asks[ZONES];

	tcp_site_begin(_i != 0);
	tcp_site.mute_count = ZONES;
	for (unsigned i = 0; i < ZONES; i++)
		asks[i] = ask(0, i);
	net_run(&tcp_site.net,
		UPSTREAM_TCP_IDLE_US - SECOND_US); /* given up, and not yet idle for long */
	ck_assert_uint_gt(engine_counts().unsent, 0);
	ck_assert_uint_eq(engine_counts().unreachable, 0);
	for (unsigned i = 0; i < ZONES; i++)
		ck_assert(asks[i]->is_done && asks[i]->rcode == RCODE_SERVFAIL);
	for (unsigned i = 0; i < ZONES; i++)
		ck_assert(i < UPSTREAM_TCP_CONNS || !infra_of(i).down);
	tcp_site.mute_count = 0;
	for (unsigned i = 0; i < ZONES; i++) {
		const struct ask *next = ask(1, i);
		net_run(&tcp_site.net, SECOND_US);
		expect_done(next);
	}
	tcp_site_end();
}
END_TEST

START_TEST(servers_that_are_mute_do_not_keep_others_from_being_asked)
{
	tcp_site_begin(_i != 0);
	tcp_site.mute_count = UPSTREAM_TCP_CONNS;
	for (unsigned i = 0; i < UPSTREAM_TCP_CONNS; i++)
		(void)ask(0, i);
	net_run(&tcp_site.net, UPSTREAM_TCP_PATIENCE_US + SECOND_US / 100); /* none is asked a second time yet */
	ck_assert_uint_eq(tcp_site_lines_open(), UPSTREAM_TCP_CONNS);
	const struct ask *next = ask(0, UPSTREAM_TCP_CONNS);
	net_run(&tcp_site.net, SECOND_US / 50);
	expect_done(next);
	ck_assert_uint_eq(engine_counts().unreachable, 0);
	tcp_site_end();
}
END_TEST

/* 130 ms away it takes 260 to say anything over a new connection. */
START_TEST(servers_that_are_far_are_not_taken_for_mute)
{
	tcp_site_begin(_i != 0);
	tcp_site.mute_count = UPSTREAM_TCP_CONNS;
	for (unsigned i = 0; i < UPSTREAM_TCP_CONNS; i++) {
		infra_heard(tcp_site.resolver.caches.infra, &tcp_site.servers[i], FAR_US, tcp_site.net.now_us);
		(void)ask(0, i);
	}
	net_run(&tcp_site.net, 2 * FAR_US);
	(void)ask(0, UPSTREAM_TCP_CONNS);
	net_run(&tcp_site.net, SECOND_US / 50);
	ck_assert_uint_eq(tcp_stats()->crowded_out, 0);
	net_run(&tcp_site.net, FAR_US);
	const struct ask *next = ask(1, UPSTREAM_TCP_CONNS + 1);
	net_run(&tcp_site.net, SECOND_US / 50);
	expect_done(next);
	ck_assert_uint_gt(tcp_stats()->crowded_out, 0);
	tcp_site_end();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("upstream over TCP");
	TCase *tcase = tcase_create("IPv4, IPv6");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, what_is_truncated_is_asked_over_tcp, 0, 2);
	tcase_add_loop_test(tcase, many_queries_to_one_server_share_a_connection, 0, 2);
	tcase_add_loop_test(tcase, a_connection_that_nobody_uses_is_closed, 0, 2);
	tcase_add_loop_test(tcase, who_leaves_resets_its_connections, 0, 2);
	tcase_add_loop_test(tcase, a_server_says_how_long_a_connection_may_be_idle, 0, 6);
	tcase_add_loop_test(tcase, a_server_may_close_after_each_reply, 0, 2);
	tcase_add_loop_test(tcase, what_waits_when_the_server_closes_is_sent_again, 0, 2);
	tcase_add_loop_test(tcase, a_connection_whose_peer_has_vanished_is_left_for_a_new_one, 0, 2);
	tcase_add_loop_test(tcase, a_reply_in_segments_of_one_octet_is_read, 0, 2);
	tcase_add_loop_test(tcase, a_server_of_tcp_alone_answers_name_after_name, 0, 2);
	tcase_add_loop_test(tcase, a_server_that_refuses_connections_keeps_its_name_for_datagrams, 0, 2);
	tcase_add_loop_test(tcase, a_full_table_of_connections_is_no_servers_fault, 0, 2);
	tcase_add_loop_test(tcase, servers_that_are_mute_do_not_keep_others_from_being_asked, 0, 2);
	tcase_add_loop_test(tcase, servers_that_are_far_are_not_taken_for_mute, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
