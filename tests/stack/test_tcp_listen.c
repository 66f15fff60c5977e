/*
 * Listeners: options that are granted, the backlog, SYN cookies (RFC 4987) and more specific listeners.
 */
#include <string.h>

#include "stack/stack_priv.h"
#include "tests/stack/peer.h"
#include "tests/suite.h"

static struct peer peer;
static const enum addr_family families[] = { ADDR_IPV4, ADDR_IPV6 };

static struct peer_segment
syn_of(uint16_t port)
{
	peer.peer_port = port;
	return (struct peer_segment){ .flags = "S", .window = 65535, .mss = 1000 };
}

static void
syn(uint16_t port)
{
	const struct peer_segment segment = syn_of(port);
	peer_send(&peer, &segment);
}

static uint64_t
drops(enum drop reason)
{
	return stack_drops(peer.host.stack, reason);
}

static bool
accepts(void)
{
	return tcp_accept(peer.host.stack, peer.listener, 0, &peer.conn) == 0;
}

/* ---- options --------------------------------------------------------------------------------- */

static const struct {
	bool ask_wscale, ask_sack, ask_timestamps; /* the peer's SYN */
	bool have;                                 /* the stack's config */
} offers[] = {
	{ true, true, true, true },   { false, false, false, true }, { true, false, false, true },
	{ false, true, false, true }, { false, false, true, true },  { true, true, true, false },
};

START_TEST(what_both_want_is_granted)
{
	struct peer_config config = { .no_wscale = !offers[_i].ask_wscale,
				      .no_sack = !offers[_i].ask_sack,
				      .timestamps = offers[_i].ask_timestamps,
				      .wscale = 3,
				      .tcp = peer_tcp(),
				      .has_tcp = true };
	const bool have = offers[_i].have;

	config.tcp.window_scale = config.tcp.sack = config.tcp.timestamps = have;
	peer_listen(&peer, &config);
	const struct peer_segment request = peer_syn(&peer, &config);
	peer_send(&peer, &request);
	const struct peer_segment *is = peer_expect(&peer, "SA", 0, 1, 0);
	ck_assert_int_eq(is->has_wscale, have && offers[_i].ask_wscale);
	ck_assert_int_eq(is->sack_permitted, have && offers[_i].ask_sack);
	ck_assert_int_eq(is->has_timestamps, have && offers[_i].ask_timestamps);
	ck_assert_uint_eq(is->mss, 1460);
	if (is->has_wscale)
		ck_assert_uint_eq(is->wscale, 8); /* for a buffer of up to 8 MB */
	if (is->has_timestamps)
		ck_assert_uint_eq(is->ts_ecr, peer.ts_val);
	peer_ack(&peer, 1, 1);
	ck_assert(accepts());
	const struct tcp_conn_info info = peer_info(&peer);
	ck_assert_int_eq(info.has_sack, have && offers[_i].ask_sack);
	/* The peer's window is scaled from here on, and only if both have agreed. */
	ck_assert_uint_eq(info.snd_wnd, have && offers[_i].ask_wscale ? 65535u << 3 : 65535u);
	peer_fini(&peer);
}
END_TEST

START_TEST(what_is_not_understood_is_skipped)
{
	static const uint8_t odd[] = { 254, 4, 0xf9, 0x89, 30, 12, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };

	peer_listen(&peer, &(struct peer_config){ 0 });
	struct peer_segment request = syn_of(1000);
	request.extra_options = odd;
	request.extra_bytes = sizeof odd;
	peer_send(&peer, &request);
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	peer_fini(&peer);
}
END_TEST

/* ---- the backlog ------------------------------------------------------------------------------- */

START_TEST(connections_are_accepted_in_the_order_of_their_establishment)
{
	peer_listen(&peer, &(struct peer_config){ .family = families[_i] });
	for (uint16_t port = 1; port <= 3; port++) {
		syn(port);
		(void)peer_expect(&peer, "SA", 0, 1, 0);
		peer_ack(&peer, 1, 1);
	}
	ck_assert_uint_ne(tcp_poll(peer.host.stack, peer.listener) & TCP_EVENT_ACCEPTABLE, 0);
	for (uint16_t port = 1; port <= 3; port++) {
		ck_assert(accepts());
		ck_assert_uint_eq(peer_info(&peer).remote_port, port);
	}
	ck_assert(!accepts());
	ck_assert_uint_eq(tcp_poll(peer.host.stack, peer.listener) & TCP_EVENT_ACCEPTABLE, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_full_backlog_takes_no_more_until_one_is_accepted)
{
	peer_listen(&peer, &(struct peer_config){ .family = families[_i] });
	ck_assert_int_eq(tcp_set_backlog(peer.host.stack, peer.listener, 1), 0);
	for (uint16_t port = 1; port <= 2; port++) {
		syn(port);
		(void)peer_expect(&peer, "SA", 0, 1, 0);
		peer_ack(&peer, 1, 1);
	}
	syn(3);
	peer_expect_nothing(&peer);
	ck_assert_uint_eq(drops(DROP_TCP_BACKLOG), 1);
	ck_assert(accepts());
	syn(3);
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(an_acknowledgment_that_finds_the_backlog_full_comes_again)
{
	uint32_t iss[4];

	peer_listen(&peer, &(struct peer_config){ .family = families[_i] });
	ck_assert_int_eq(tcp_set_backlog(peer.host.stack, peer.listener, 1), 0);
	for (uint16_t port = 1; port <= 2; port++) {
		syn(port);
		(void)peer_expect(&peer, "SA", 0, 1, 0);
		iss[port] = peer.stack_iss;
	}
	ck_assert_int_eq(tcp_set_backlog(peer.host.stack, peer.listener, 0), 0);
	for (uint16_t port = 1; port <= 2; port++) {
		peer.peer_port = port;
		peer.stack_iss = iss[port];
		peer_ack(&peer, 1, 1);
	}
	ck_assert_uint_eq(drops(DROP_TCP_BACKLOG), 1);
	ck_assert(accepts());
	peer_wait(&peer, 1100000);
	(void)peer_expect(&peer, "SA", 0, 1, 0); /* the SYN-ACK again, and its answer */
	peer_ack(&peer, 1, 1);
	ck_assert(accepts());
	peer_fini(&peer);
}
END_TEST

START_TEST(a_connection_that_failed_while_it_waited_is_told_so)
{
	peer_listen(&peer, &(struct peer_config){ .family = families[_i] });
	syn(1);
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	peer_ack(&peer, 1, 1);
	peer_flags(&peer, "R", 1, 0);
	ck_assert(accepts());
	ck_assert_int_eq(tcp_reason_of(peer.host.stack, peer.conn), TCP_REASON_RESET);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_listener_that_closes_resets_what_waits)
{
	peer_listen(&peer, &(struct peer_config){ .family = families[_i] });
	syn(1);
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	peer_ack(&peer, 1, 1);
	syn(2);
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	const uint32_t iss = peer.stack_iss;
	peer.peer_port = 1;
	tcp_close(peer.host.stack, peer.listener, peer.host.now_us);
	ck_assert_str_eq(peer_take(&peer)->flags, "RA");
	peer.peer_port = 2; /* the half-open one is found out when its acknowledgment comes */
	peer.stack_iss = iss;
	peer_ack(&peer, 1, 1);
	(void)peer_expect(&peer, "R", 1, 0, 0);
	peer_wait(&peer, 100000000);
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

/* An empty segment may lie right behind the window, one with an octet or FIN may not. */
START_TEST(what_lies_behind_the_window_begins_no_connection)
{
	static const struct {
		const char *flags;
		size_t size;
	} behind[] = { { "A", 1 }, { "FA", 0 } };

	peer_listen(&peer, &(struct peer_config){ .family = families[_i % 2] });
	syn(1);
	const uint32_t edge = 1 + peer_expect(&peer, "SA", 0, 1, 0)->window;
	peer_send(&peer, &(struct peer_segment){ .flags = behind[_i / 2].flags, .seq = edge, .ack = 1,
						 .window = 65535, .size = behind[_i / 2].size });
	(void)peer_expect(&peer, "A", 1, 1, 0);
	ck_assert_uint_eq(drops(DROP_TCP_SEQUENCE), 1);
	ck_assert_uint_eq(peer.host.stack->tcp.tcbs_used, 1); /* the listener */
	ck_assert(!accepts());
	peer_ack(&peer, 1, 1);
	ck_assert(accepts());
	tcp_close(peer.host.stack, peer.listener, peer.host.now_us);
	peer_fini(&peer);
}
END_TEST

START_TEST(an_empty_segment_right_behind_the_window_begins_one)
{
	peer_listen(&peer, &(struct peer_config){ .family = families[_i] });
	syn(1);
	const uint32_t edge = 1 + peer_expect(&peer, "SA", 0, 1, 0)->window;
	peer_ack(&peer, edge, 1);
	ck_assert(accepts());
	peer_fini(&peer);
}
END_TEST

START_TEST(data_may_wait_for_the_program)
{
	struct tcp_config tcp = peer_tcp();

	tcp.defer_accept_s = 5;
	peer_listen(&peer, &(struct peer_config){ .family = families[_i], .tcp = tcp, .has_tcp = true });
	syn(1);
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	peer_ack(&peer, 1, 1);
	ck_assert(!accepts());
	peer_data(&peer, 1, 1, 10);
	ck_assert(accepts());
	ck_assert_uint_eq(peer_read(&peer), 10);
	peer_fini(&peer);
}
END_TEST

/* It is asked only once more, after what the program had the patience for: as Linux, not while it waits. */
START_TEST(who_sends_no_data_is_accepted_when_the_wait_for_it_is_over)
{
	struct tcp_config tcp = peer_tcp();

	tcp.defer_accept_s = 10;
	peer_listen(&peer, &(struct peer_config){ .family = families[_i], .tcp = tcp, .has_tcp = true });
	syn(1);
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	peer_wait(&peer, 100000);
	peer_ack(&peer, 1, 1);
	peer_wait(&peer, 14800000);
	peer_expect_nothing(&peer);
	ck_assert(!accepts());
	peer_wait(&peer, 200000);
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	peer_ack(&peer, 1, 1);
	ck_assert(accepts());
	peer_expect_state(&peer, TCP_STATE_ESTABLISHED);
	peer_fini(&peer);
}
END_TEST

/* The last chance comes also where it lies behind the last SYN-ACK that would be sent without it. */
START_TEST(a_peer_that_is_heard_no_more_after_its_acknowledgment_is_forgotten)
{
	struct tcp_config tcp = peer_tcp();
	struct tcp_conn_info info;
	uint32_t place = 1; /* behind the listener */

	tcp.defer_accept_s = 100;
	peer_listen(&peer, &(struct peer_config){ .family = families[_i], .tcp = tcp, .has_tcp = true });
	syn(1);
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	peer_ack(&peer, 1, 1);
	peer_wait(&peer, 122000000); /* 1, 3, 7, 15, 31, 63 s, then as late as any */
	peer_expect_nothing(&peer);
	ck_assert(tcp_info_next(peer.host.stack, &place, &info));
	ck_assert_int_eq(info.state, TCP_STATE_SYN_RECEIVED);
	peer_wait(&peer, 10000000);
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	peer_wait(&peer, 120000000);
	peer_expect_nothing(&peer);
	place = 1;
	ck_assert(!tcp_info_next(peer.host.stack, &place, &info));
	peer_fini(&peer);
}
END_TEST

/* ---- cookies ----------------------------------------------------------------------------------- */

START_TEST(beyond_the_kept_syns_cookies_are_sent)
{
	const struct peer_config config = { .family = families[_i], .timestamps = true, .wscale = 5,
					    .mss = 1300 };

	peer_listen(&peer, &config);
	ck_assert_int_eq(tcp_set_backlog(peer.host.stack, peer.listener, 1), 0);
	for (uint16_t port = 1; port <= 5; port++) {
		peer.peer_port = port;
		struct peer_segment request = peer_syn(&peer, &config);
		peer_send(&peer, &request);
		(void)peer_expect(&peer, "SA", 0, 1, 0);
	}
	ck_assert_uint_eq(drops(DROP_TCP_SYN_COOKIE), 3);
	peer.has_timestamps = true; /* the last one answers */
	peer_ack(&peer, 1, 1);
	ck_assert(accepts());
	const struct tcp_conn_info info = peer_info(&peer);
	ck_assert(info.has_sack && info.has_timestamps && info.has_wscale);
	ck_assert_uint_eq(info.wscale_send, 5);
	ck_assert_uint_le(info.mss_send, 1300 - 12);
	ck_assert_uint_ge(info.mss_send, 1000);
	peer_data(&peer, 1, 1, 100);
	ck_assert_uint_eq(peer_read(&peer), 100);
	peer_write(&peer, 100);
	peer_fini(&peer);
}
END_TEST

/* The last of the SYNs came again when there was room to keep it; what the peer has heard is the cookie, which is returned. */
static uint32_t
begin_with_cookie_and_kept_syn(int family, unsigned backlog)
{
	const uint16_t last = (uint16_t)(backlog + 2);

	peer_listen(&peer, &(struct peer_config){ .family = family });
	ck_assert_int_eq(tcp_set_backlog(peer.host.stack, peer.listener, backlog), 0);
	for (uint16_t port = 1; port <= last; port++) {
		syn(port);
		(void)peer_expect(&peer, "SA", 0, 1, 0);
	}
	ck_assert_uint_eq(drops(DROP_TCP_SYN_COOKIE), 1);
	const uint32_t cookie = peer.stack_iss;
	peer.peer_port = 1;
	peer_flags(&peer, "R", 1, 0);
	peer_wait(&peer, 1000);
	syn(last);
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	ck_assert_uint_ne(peer.stack_iss, cookie);
	ck_assert_uint_eq(drops(DROP_TCP_SYN_COOKIE), 1);
	return cookie;
}

START_TEST(a_cookie_is_good_though_its_syn_was_kept_when_it_came_again)
{
	peer.stack_iss = begin_with_cookie_and_kept_syn(families[_i], 1);
	peer_data(&peer, 101, 1, 100); /* what came before it is late */
	peer_data(&peer, 1, 1, 100);
	ck_assert(accepts());
	ck_assert_uint_eq(peer_read(&peer), 200);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_kept_syn_outlives_a_cookie_that_finds_the_queue_full)
{
	const uint32_t cookie = begin_with_cookie_and_kept_syn(families[_i], 0);

	syn(3);
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	peer_ack(&peer, 1, 1); /* fills the queue */
	peer.peer_port = 2;
	peer.stack_iss = cookie;
	peer_ack(&peer, 1, 1);
	ck_assert_uint_eq(drops(DROP_TCP_BACKLOG), 1);
	peer_discard(&peer);
	peer_wait(&peer, 3000000);
	ck_assert_str_eq(peer_take(&peer)->flags, "SA"); /* and so the peer answers once more */
	ck_assert(accepts());
	peer_fini(&peer);
}
END_TEST

START_TEST(a_guessed_cookie_is_reset)
{
	peer_listen(&peer, &(struct peer_config){ .family = families[_i] });
	ck_assert_int_eq(tcp_set_backlog(peer.host.stack, peer.listener, 0), 0);
	syn(1);
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	syn(2);
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	ck_assert_uint_eq(drops(DROP_TCP_SYN_COOKIE), 1);
	for (uint32_t guess = 2; guess < 1000; guess++) {
		peer_ack(&peer, 1, guess);
		ck_assert_str_eq(peer_take(&peer)->flags, "R");
	}
	peer_ack(&peer, 2, 1); /* of another SYN */
	ck_assert_str_eq(peer_take(&peer)->flags, "R");
	peer_ack(&peer, 1, 1);
	ck_assert(accepts());
	peer_fini(&peer);
}
END_TEST

START_TEST(a_cookie_is_good_for_two_minutes)
{
	peer_listen(&peer, &(struct peer_config){ .family = families[_i] });
	ck_assert_int_eq(tcp_set_backlog(peer.host.stack, peer.listener, 0), 0);
	syn(1);
	syn(2);
	peer_discard(&peer);
	peer_wait(&peer, 200000000);
	peer_discard(&peer);
	peer_ack(&peer, 1, 1);
	ck_assert_str_eq(peer_take(&peer)->flags, "R");
	ck_assert(!accepts());
	peer_fini(&peer);
}
END_TEST

/* However it has ended: by LAST-ACK, which leaves nothing behind, or by RST. */
START_TEST(a_cookie_begins_no_second_connection)
{
	const bool is_aborted = _i / 2 == 1;

	peer_listen(&peer, &(struct peer_config){ .family = families[_i % 2] });
	ck_assert_int_eq(tcp_set_backlog(peer.host.stack, peer.listener, 0), 0);
	syn(1);
	syn(2);
	peer_discard(&peer);
	peer_data(&peer, 1, 1, 100);
	ck_assert(accepts());
	ck_assert_uint_eq(peer_read(&peer), 100);
	if (is_aborted) {
		tcp_abort(peer.host.stack, peer.conn, peer.host.now_us);
	} else {
		peer_flags(&peer, "FA", 101, 1);
		tcp_close(peer.host.stack, peer.conn, peer.host.now_us);
		peer_wait(&peer, 1000);
		peer_ack(&peer, 102, 2);
	}
	ck_assert_uint_eq(peer.host.stack->tcp.tcbs_used, 1); /* the listener */
	peer_discard(&peer);
	peer_data(&peer, 1, 1, 100);
	(void)peer_expect(&peer, "R", 1, 0, 0);
	ck_assert(!accepts());
	syn(2); /* late too: a cookie would be of no use */
	peer_expect_nothing(&peer);
	ck_assert_uint_eq(drops(DROP_TCP_COOKIE_SPENT), 2);
	peer.peer_iss++;
	syn(2);
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	ck_assert_uint_eq(peer.host.stack->tcp.tcbs_used, 1);
	peer_fini(&peer);
}
END_TEST

/* No value counts as spent before it was sent: 0, for one, is as good as any. */
START_TEST(every_cookie_is_good_at_first)
{
	peer_listen(&peer, &(struct peer_config){ .family = ADDR_IPV4 });
	for (uint32_t set = 0; set < TCP_COOKIE_SETS; set++)
		for (unsigned way = 0; way < TCP_COOKIE_WAYS; way++)
			ck_assert_uint_ne(peer.host.stack->tcp.cookies_spent[set][way] % TCP_COOKIE_SETS, set);
	peer_fini(&peer);
}
END_TEST

/* ---- which listener ---------------------------------------------------------------------------- */

START_TEST(the_more_specific_listener_takes_the_connection)
{
	const struct ip_addr of_family = { .family = (uint8_t)families[_i] };
	const struct ip_addr exact =
		addr_of(families[_i] == ADDR_IPV4 ? "192.0.2.1" : "2001:db8::1");
	tcp_conn all, family, one;

	peer_listen(&peer, &(struct peer_config){ .family = families[_i] });
	all = peer.listener;
	ck_assert_int_eq(tcp_listen(peer.host.stack, &of_family, 8080, 4, NULL, 0, &family), 0);
	ck_assert_int_eq(tcp_listen(peer.host.stack, &exact, 8080, 4, NULL, 0, &one), 0);
	ck_assert_int_eq(tcp_listen(peer.host.stack, &exact, 8080, 4, NULL, 0, &peer.conn),
			 ERR_IN_USE);
	for (uint16_t port = 1; port <= 3; port++) {
		syn(port);
		(void)peer_expect(&peer, "SA", 0, 1, 0);
		peer_ack(&peer, 1, 1);
		const tcp_conn wanted = port == 1 ? one : port == 2 ? family : all;
		ck_assert_int_eq(tcp_accept(peer.host.stack, wanted, 0, &peer.conn), 0);
		tcp_close(peer.host.stack, wanted, peer.host.now_us);
		peer_discard(&peer);
	}
	syn(4);
	(void)peer_expect(&peer, "RA", 0u - peer.stack_iss, 1, 0);
	peer_fini(&peer);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("listen");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, what_both_want_is_granted, 0, COUNT(offers));
	tcase_add_test(tcase, what_is_not_understood_is_skipped);
	tcase_add_loop_test(tcase, connections_are_accepted_in_the_order_of_their_establishment, 0,
			    2);
	tcase_add_loop_test(tcase, a_full_backlog_takes_no_more_until_one_is_accepted, 0, 2);
	tcase_add_loop_test(tcase, an_acknowledgment_that_finds_the_backlog_full_comes_again, 0, 2);
	tcase_add_loop_test(tcase, a_connection_that_failed_while_it_waited_is_told_so, 0, 2);
	tcase_add_loop_test(tcase, a_listener_that_closes_resets_what_waits, 0, 2);
	tcase_add_loop_test(tcase, what_lies_behind_the_window_begins_no_connection, 0, 4);
	tcase_add_loop_test(tcase, an_empty_segment_right_behind_the_window_begins_one, 0, 2);
	tcase_add_loop_test(tcase, data_may_wait_for_the_program, 0, 2);
	tcase_add_loop_test(tcase, who_sends_no_data_is_accepted_when_the_wait_for_it_is_over, 0, 2);
	tcase_add_loop_test(tcase, a_peer_that_is_heard_no_more_after_its_acknowledgment_is_forgotten, 0, 2);
	tcase_add_loop_test(tcase, beyond_the_kept_syns_cookies_are_sent, 0, 2);
	tcase_add_loop_test(tcase, a_cookie_is_good_though_its_syn_was_kept_when_it_came_again, 0, 2);
	tcase_add_loop_test(tcase, a_kept_syn_outlives_a_cookie_that_finds_the_queue_full, 0, 2);
	tcase_add_loop_test(tcase, a_guessed_cookie_is_reset, 0, 2);
	tcase_add_loop_test(tcase, a_cookie_is_good_for_two_minutes, 0, 2);
	tcase_add_loop_test(tcase, a_cookie_begins_no_second_connection, 0, 4);
	tcase_add_test(tcase, every_cookie_is_good_at_first);
	tcase_add_loop_test(tcase, the_more_specific_listener_takes_the_connection, 0, 2);
	Suite *suite = suite_create("tcp: listen");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
