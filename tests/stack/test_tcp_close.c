/* Closing (RFC 9293, section 3.6): the orders in which it can happen, half-close, resets, TIME-WAIT. */
#include <string.h>

#include "tests/stack/closing.h"

/* ---- orders ---------------------------------------------------------------------------------- */

START_TEST(we_close_first)
{
	passive(_i);
	close_conn();
	(void)peer_expect(&peer, "FA", 1, 1, 0);
	peer_expect_state(&peer, TCP_STATE_FIN_WAIT_1);
	peer_ack(&peer, 1, 2);
	peer_expect_state(&peer, TCP_STATE_FIN_WAIT_2);
	peer_flags(&peer, "FA", 1, 2);
	(void)peer_expect(&peer, "A", 2, 2, 0);
	peer_expect_state(&peer, TCP_STATE_TIME_WAIT);
	peer_wait(&peer, 59000000);
	peer_expect_state(&peer, TCP_STATE_TIME_WAIT);
	peer_wait(&peer, 2000000);
	peer_expect_state(&peer, TCP_STATE_CLOSED);
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

START_TEST(the_peer_closes_first)
{
	passive(_i);
	peer_flags(&peer, "FA", 1, 1);
	(void)peer_expect(&peer, "A", 1, 2, 0);
	peer_expect_state(&peer, TCP_STATE_CLOSE_WAIT);
	ck_assert_uint_ne(peer.events & TCP_EVENT_PEER_CLOSED, 0);
	close_conn();
	(void)peer_expect(&peer, "FA", 1, 2, 0);
	peer_expect_state(&peer, TCP_STATE_LAST_ACK);
	peer_ack(&peer, 2, 2);
	peer_expect_state(&peer, TCP_STATE_CLOSED);
	peer_fini(&peer);
}
END_TEST

START_TEST(both_close_at_once)
{
	passive(_i);
	close_conn();
	(void)peer_expect(&peer, "FA", 1, 1, 0);
	peer_flags(&peer, "FA", 1, 1);
	(void)peer_expect(&peer, "A", 2, 2, 0);
	peer_expect_state(&peer, TCP_STATE_CLOSING);
	peer_ack(&peer, 2, 2);
	peer_expect_state(&peer, TCP_STATE_TIME_WAIT);
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_fin_may_acknowledge_ours)
{
	passive(_i);
	close_conn();
	(void)peer_expect(&peer, "FA", 1, 1, 0);
	peer_flags(&peer, "FA", 1, 2);
	(void)peer_expect(&peer, "A", 2, 2, 0);
	peer_expect_state(&peer, TCP_STATE_TIME_WAIT);
	peer_fini(&peer);
}
END_TEST

START_TEST(after_a_half_close_the_peer_may_go_on)
{
	passive(_i);
	shut();
	(void)peer_expect(&peer, "FA", 1, 1, 0);
	peer_ack(&peer, 1, 2);
	peer_wait(&peer, 300000000); /* as long as it likes */
	peer_expect_state(&peer, TCP_STATE_FIN_WAIT_2);
	peer_data(&peer, 1, 2, 100);
	(void)peer_expect(&peer, "A", 2, 101, 0);
	ck_assert_uint_eq(peer_read(&peer), 100);
	size_t taken;
	ck_assert_int_eq(tcp_send(peer.host.stack, peer.conn, "x", 1, 0, peer.host.now_us, &taken),
			 ERR_CLOSED);
	peer_flags(&peer, "FA", 101, 2);
	(void)peer_expect(&peer, "A", 2, 102, 0);
	ck_assert_uint_ne(peer.events & TCP_EVENT_CLOSED, 0);
	size_t got;
	ck_assert_int_eq(tcp_receive(peer.host.stack, peer.conn, &got, 1, peer.host.now_us, &got), 0);
	ck_assert_uint_eq(got, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(after_the_peers_fin_we_may_go_on)
{
	passive(_i);
	peer_flags(&peer, "FA", 1, 1);
	(void)peer_expect(&peer, "A", 1, 2, 0);
	peer_write(&peer, 50);
	(void)peer_expect(&peer, "PA", 1, 2, 50);
	peer_ack(&peer, 2, 51);
	close_conn();
	(void)peer_expect(&peer, "FA", 51, 2, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(fin_goes_behind_what_is_queued)
{
	passive(_i);
	peer_write(&peer, 50);
	(void)peer_expect(&peer, "PA", 1, 1, 50);
	peer_write(&peer, 50); /* Nagle holds it back */
	peer_expect_nothing(&peer);
	close_conn();
	(void)peer_expect(&peer, "FPA", 51, 1, 50);
	peer_ack(&peer, 1, 102);
	peer_expect_state(&peer, TCP_STATE_FIN_WAIT_2);
	peer_fini(&peer);
}
END_TEST

START_TEST(fin_is_retransmitted_until_it_is_acknowledged)
{
	passive(_i);
	close_conn();
	(void)peer_expect(&peer, "FA", 1, 1, 0);
	peer_wait(&peer, 3000000);
	ck_assert_uint_ge(peer_pending(&peer), 3);
	for (unsigned count = peer_pending(&peer); count != 0; count--)
		(void)peer_expect(&peer, "FA", 1, 1, 0);
	peer_ack(&peer, 1, 2);
	peer_wait(&peer, 3000000);
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

START_TEST(fin_out_of_order_waits_for_what_is_missing)
{
	passive(_i);
	struct peer_segment fin = { .flags = "FA", .seq = 101, .ack = 1, .window = 65535,
				    .has_timestamps = true, .ts_val = peer.ts_val,
				    .size = 50 };
	peer_send(&peer, &fin);
	const struct peer_segment *is = peer_expect(&peer, "A", 1, 1, 0);
	ck_assert_uint_eq(is->sack_count, 1);
	ck_assert_uint_eq(is->sacks[0].begin, 101);
	ck_assert_uint_eq(is->sacks[0].end, 152); /* FIN counts */
	peer_expect_state(&peer, TCP_STATE_ESTABLISHED);
	peer_data(&peer, 1, 1, 100);
	(void)peer_expect(&peer, "A", 1, 152, 0);
	peer_expect_nothing(&peer);
	peer_expect_state(&peer, TCP_STATE_CLOSE_WAIT);
	ck_assert_uint_eq(peer_read(&peer), 150);
	peer_fini(&peer);
}
END_TEST

START_TEST(fin_right_behind_a_full_window_opens_none)
{
	const struct peer_config config = { .family = families[_i], .no_wscale = true };

	peer_passive(&peer, &config);
	const uint32_t edge = peer_info(&peer).rcv_nxt - peer_info(&peer).irs +
			      peer_info(&peer).rcv_wnd;
	uint32_t seq = 1;
	for (; edge - seq > 1000; seq += 1000)
		peer_data(&peer, seq, 1, 1000);
	peer_discard(&peer);
	const struct peer_segment fin = { .flags = "FA", .seq = seq, .ack = 1, .window = 65535,
					  .size = edge - seq };
	peer_send(&peer, &fin);
	ck_assert_uint_eq(peer_expect(&peer, "A", 1, edge + 1, 0)->window, 0);
	peer_expect_state(&peer, TCP_STATE_CLOSE_WAIT);
	ck_assert_uint_eq(peer_read(&peer), edge - 1);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_retransmitted_fin_is_acknowledged_again)
{
	passive(_i);
	peer_flags(&peer, "FA", 1, 1);
	(void)peer_expect(&peer, "A", 1, 2, 0);
	for (unsigned i = 0; i < 3; i++) {
		peer_flags(&peer, "FA", 1, 1);
		(void)peer_expect(&peer, "A", 1, 2, 0);
	}
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

/* ---- resets ---------------------------------------------------------------------------------- */

START_TEST(closing_with_unread_data_is_a_reset)
{
	passive(_i);
	peer_data(&peer, 1, 1, 100);
	(void)peer_expect(&peer, "A", 1, 101, 0);
	close_conn();
	(void)peer_expect(&peer, "RA", 1, 101, 0);
	peer_expect_state(&peer, TCP_STATE_CLOSED);
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

START_TEST(data_for_a_program_that_has_closed_is_a_reset)
{
	passive(_i % 2);
	close_conn();
	(void)peer_expect(&peer, "FA", 1, 1, 0);
	if (_i / 2 == 1)
		peer_ack(&peer, 1, 2);
	peer_data(&peer, 1, _i / 2 == 1 ? 2 : 1, 100);
	(void)peer_expect(&peer, "R", _i / 2 == 1 ? 2 : 1, 0, 0);
	peer_expect_state(&peer, TCP_STATE_CLOSED);
	peer_fini(&peer);
}
END_TEST

START_TEST(abort_is_a_reset)
{
	passive(_i);
	peer_write(&peer, 10);
	(void)peer_expect(&peer, "PA", 1, 1, 10);
	tcp_abort(peer.host.stack, peer.conn, peer.host.now_us);
	(void)peer_expect(&peer, "RA", 11, 1, 0);
	peer_expect_state(&peer, TCP_STATE_CLOSED);
	peer_wait(&peer, 10000000);
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

/* The RST came behind data that was lost, and the peer asks whether it is meant (RFC 5961, section 3.2). */
static const struct late_segment {
	const char *flags;
	bool is_shared, is_held, is_answered;
} late_segments[] = {
	{ "A", false, false, true }, { "A", true, false, false }, { "A", true, true, true },
	{ "S", false, false, true }, { "S", true, true, false },  { "SA", true, true, true },
	{ "R", false, false, false }, { "R", true, true, false },
};

START_TEST(after_an_abort_the_peers_challenge_is_answered_where_the_port_is_ours)
{
	const struct port_pool pool = { .ports = &peer.stack_port, .count = 1 };
	const struct late_segment *late = &late_segments[_i / 2];

	peer_active(&peer, &(struct peer_config){ .family = families[_i % 2],
						  .if_flags = late->is_shared ? STACK_IF_SHARED : 0 });
	if (late->is_held)
		tcp_set_port_pool(peer.host.stack, &pool);
	peer_write(&peer, 100);
	tcp_abort(peer.host.stack, peer.conn, peer.host.now_us);
	peer_discard(&peer);
	peer_flags(&peer, late->flags, 1, 1);
	if (!late->is_answered)
		peer_expect_nothing(&peer);
	else if (strchr(late->flags, 'A') != NULL)
		(void)peer_expect(&peer, "R", 1, 0, 0);
	else
		ck_assert_str_eq(peer_take(&peer)->flags, "RA");
	peer_fini(&peer);
}
END_TEST

START_TEST(what_was_received_before_a_reset_is_still_read)
{
	size_t got;

	passive(_i);
	peer_data(&peer, 1, 1, 100);
	peer_discard(&peer);
	peer_flags(&peer, "R", 101, 0);
	ck_assert_uint_eq(peer_read(&peer), 100);
	ck_assert_int_eq(tcp_receive(peer.host.stack, peer.conn, &got, 1, peer.host.now_us, &got),
			 ERR_CLOSED);
	ck_assert_int_eq(tcp_take_error(peer.host.stack, peer.conn), TCP_REASON_RESET);
	ck_assert_int_eq(tcp_take_error(peer.host.stack, peer.conn), TCP_REASON_NONE);
	ck_assert_int_eq(tcp_reason_of(peer.host.stack, peer.conn), TCP_REASON_RESET);
	close_conn();
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_syn_that_was_not_answered_is_given_up_in_silence)
{
	peer_open(&peer, &(struct peer_config){ .family = families[_i] });
	(void)peer_expect(&peer, "S", 0, 0, 0);
	close_conn();
	peer_wait(&peer, 10000000);
	peer_expect_nothing(&peer);
	peer_expect_state(&peer, TCP_STATE_CLOSED);
	peer_fini(&peer);
}
END_TEST

/* ---- orphans --------------------------------------------------------------------------------- */

START_TEST(an_orphan_waits_for_the_peers_fin_a_minute)
{
	passive(_i);
	close_conn();
	(void)peer_expect(&peer, "FA", 1, 1, 0);
	peer_ack(&peer, 1, 2);
	peer_wait(&peer, 59000000);
	peer_expect_state(&peer, TCP_STATE_FIN_WAIT_2);
	peer_wait(&peer, 2000000);
	peer_expect_state(&peer, TCP_STATE_CLOSED);
	peer_flags(&peer, "FA", 1, 2);
	(void)peer_expect(&peer, "R", 2, 0, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(an_orphan_whose_peer_is_silent_is_forgotten)
{
	passive(_i);
	peer_write(&peer, 100);
	close_conn();
	peer_wait(&peer, 200000000);
	peer_expect_state(&peer, TCP_STATE_CLOSED);
	peer_fini(&peer);
}
END_TEST

START_TEST(an_orphan_whose_peer_keeps_its_window_shut_is_reset)
{
	passive(_i);
	peer_write(&peer, 1000);
	peer.window = 0;
	peer_ack(&peer, 1, 1001);
	peer_write(&peer, 1000);
	peer_discard(&peer);
	close_conn();
	bool is_reset = false;
	for (unsigned i = 0; i < 3000 && !is_reset; i++) { /* the peer answers each probe */
		peer_wait(&peer, 100000);
		while (peer_pending(&peer) != 0) {
			is_reset = strchr(peer_take(&peer)->flags, 'R') != NULL;
			if (!is_reset)
				peer_ack(&peer, 1, 1001);
		}
	}
	ck_assert(is_reset);
	peer_expect_state(&peer, TCP_STATE_CLOSED);
	ck_assert_uint_eq(peer.host.stack->tcp.streams.free_count,
			  peer.host.stack->tcp.streams.chunk_count);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_program_waits_as_long_as_a_shut_window_answers)
{
	passive(_i);
	peer_write(&peer, 1000);
	peer.window = 0;
	peer_ack(&peer, 1, 1001);
	peer_write(&peer, 1000);
	peer_discard(&peer);
	for (unsigned i = 0; i < 6000; i++) {
		peer_wait(&peer, 100000);
		if (peer_pending(&peer) != 0)
			peer_ack(&peer, 1, 1001);
		peer_discard(&peer);
	}
	peer_expect_state(&peer, TCP_STATE_ESTABLISHED);
	peer_fini(&peer);
}
END_TEST

START_TEST(what_came_out_of_order_is_dropped_with_the_program)
{
	passive(_i);
	peer_data(&peer, 101, 1, 50);
	const struct stream_pool *streams = &peer.host.stack->tcp.streams;
	ck_assert_uint_lt(streams->free_count, streams->chunk_count);
	peer_discard(&peer);
	close_conn();
	(void)peer_expect(&peer, "FA", 1, 1, 0);
	ck_assert_uint_eq(streams->free_count, streams->chunk_count);
	peer_fini(&peer);
}
END_TEST

START_TEST(the_oldest_orphan_makes_room)
{
	struct stack_limits limits = host_limits;

	limits.tcp_count = 4; /* the listener and three */
	limits.tcp_buffer_bytes = 1 << 20;
	limits.tcp_syn_count = 4;
	peer_listen(&peer, &(struct peer_config){ .limits = &limits });
	for (uint16_t port = 1; port <= 5; port++) {
		peer.peer_port = port;
		peer_send(&peer, &(struct peer_segment){ .flags = "S", .window = 65535 });
		(void)peer_expect(&peer, "SA", 0, 1, 0);
		peer_ack(&peer, 1, 1);
		ck_assert_int_eq(tcp_accept(peer.host.stack, peer.listener, 0, &peer.conn), 0);
		close_conn();
		(void)peer_expect(&peer, "FA", 1, 1, 0);
	}
	for (uint16_t port = 1; port <= 5; port++) {
		peer.peer_port = port;
		ck_assert_int_eq(peer_state(&peer), port <= 2 ? TCP_STATE_CLOSED : TCP_STATE_FIN_WAIT_1);
	}
	ck_assert_uint_eq(stack_drops(peer.host.stack, DROP_TCP_FULL), 2);
	peer_fini(&peer);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("close");
	tcase_add_loop_test(tcase, we_close_first, 0, 2);
	tcase_add_loop_test(tcase, the_peer_closes_first, 0, 2);
	tcase_add_loop_test(tcase, both_close_at_once, 0, 2);
	tcase_add_loop_test(tcase, a_fin_may_acknowledge_ours, 0, 2);
	tcase_add_loop_test(tcase, after_a_half_close_the_peer_may_go_on, 0, 2);
	tcase_add_loop_test(tcase, after_the_peers_fin_we_may_go_on, 0, 2);
	tcase_add_loop_test(tcase, fin_goes_behind_what_is_queued, 0, 2);
	tcase_add_loop_test(tcase, fin_is_retransmitted_until_it_is_acknowledged, 0, 2);
	tcase_add_loop_test(tcase, fin_out_of_order_waits_for_what_is_missing, 0, 2);
	tcase_add_loop_test(tcase, fin_right_behind_a_full_window_opens_none, 0, 2);
	tcase_add_loop_test(tcase, a_retransmitted_fin_is_acknowledged_again, 0, 2);
	tcase_add_loop_test(tcase, closing_with_unread_data_is_a_reset, 0, 2);
	tcase_add_loop_test(tcase, data_for_a_program_that_has_closed_is_a_reset, 0, 4);
	tcase_add_loop_test(tcase, abort_is_a_reset, 0, 2);
	tcase_add_loop_test(tcase, after_an_abort_the_peers_challenge_is_answered_where_the_port_is_ours, 0,
			    2 * (int)COUNT(late_segments));
	tcase_add_loop_test(tcase, what_was_received_before_a_reset_is_still_read, 0, 2);
	tcase_add_loop_test(tcase, a_syn_that_was_not_answered_is_given_up_in_silence, 0, 2);
	tcase_add_loop_test(tcase, an_orphan_waits_for_the_peers_fin_a_minute, 0, 2);
	tcase_add_loop_test(tcase, an_orphan_whose_peer_is_silent_is_forgotten, 0, 2);
	tcase_add_loop_test(tcase, an_orphan_whose_peer_keeps_its_window_shut_is_reset, 0, 2);
	tcase_add_loop_test(tcase, a_program_waits_as_long_as_a_shut_window_answers, 0, 2);
	tcase_add_loop_test(tcase, what_came_out_of_order_is_dropped_with_the_program, 0, 2);
	tcase_add_test(tcase, the_oldest_orphan_makes_room);
	Suite *suite = suite_create("tcp: close");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
