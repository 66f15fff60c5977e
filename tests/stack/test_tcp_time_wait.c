/* TIME-WAIT (RFC 9293, section 3.6.1; RFC 6191): what it answers, what ends it, and when a port is free again. */
#include "tests/stack/closing.h"

/* ---- TIME-WAIT ------------------------------------------------------------------------------- */

static void
time_wait(int family)
{
	passive(family);
	close_conn();
	(void)peer_expect(&peer, "FA", 1, 1, 0);
	peer_flags(&peer, "FA", 1, 2);
	(void)peer_expect(&peer, "A", 2, 2, 0);
	peer_expect_state(&peer, TCP_STATE_TIME_WAIT);
}

START_TEST(the_peers_fin_again_is_acknowledged_and_time_begins_anew)
{
	time_wait(_i);
	peer_wait(&peer, 50000000);
	peer_flags(&peer, "FA", 1, 2);
	(void)peer_expect(&peer, "A", 2, 2, 0);
	peer_wait(&peer, 50000000);
	peer_expect_state(&peer, TCP_STATE_TIME_WAIT);
	peer_wait(&peer, 11000000);
	peer_expect_state(&peer, TCP_STATE_CLOSED);
	peer_fini(&peer);
}
END_TEST

/* One more ACK would find nobody, and an RST come back: the first has ended the peer's connection. */
START_TEST(the_peers_fin_twice_in_a_turn_is_acknowledged_once)
{
	time_wait(_i);
	peer_flags(&peer, "FA", 1, 2);
	peer_expect_nothing(&peer);
	peer_wait(&peer, 1000);
	peer_flags(&peer, "FA", 1, 2);
	(void)peer_expect(&peer, "A", 2, 2, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(what_the_peers_fin_has_overtaken_in_its_turn_is_not_answered)
{
	time_wait(_i);
	peer_ack(&peer, 1, 2);
	peer_expect_nothing(&peer);
	peer_wait(&peer, 1000);
	peer_ack(&peer, 1, 2);
	(void)peer_expect(&peer, "A", 2, 2, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(an_old_segment_in_time_wait_is_answered)
{
	time_wait(_i);
	peer_wait(&peer, 1000);
	peer_data(&peer, 1, 2, 100);
	(void)peer_expect(&peer, "A", 2, 2, 0);
	peer_ack(&peer, 2, 2); /* the last acknowledgment needs none */
	peer_expect_nothing(&peer);
	peer_expect_state(&peer, TCP_STATE_TIME_WAIT);
	peer_fini(&peer);
}
END_TEST

START_TEST(only_the_exact_rst_ends_time_wait)
{
	time_wait(_i);
	peer_flags(&peer, "R", 1, 0);
	peer_flags(&peer, "R", 3, 0);
	peer_expect_nothing(&peer);
	peer_expect_state(&peer, TCP_STATE_TIME_WAIT);
	peer_flags(&peer, "R", 2, 0);
	peer_expect_state(&peer, TCP_STATE_CLOSED);
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

static const struct {
	const char *behaviour;
	uint32_t seq, clock_ms;
	bool is_taken;
} new_syns[] = {
	{ "beyond the last number", 5000, 0, true },
	{ "a later clock, though the number is lower (RFC 6191)", 0u - 5000u, 1000, true },
	{ "a lower number at the same time is an old duplicate", 0u - 5000u, 0, false },
};

START_TEST(a_new_syn_may_follow_in_time_wait)
{
	const unsigned i = (unsigned)_i / 2;

	time_wait(_i % 2);
	const uint32_t old_iss = peer.stack_iss;
	struct peer_segment syn = {
		.flags = "S",
		.seq = new_syns[i].seq,
		.window = 65535,
		.mss = 1460,
		.has_timestamps = true,
		.ts_val = peer.ts_val + new_syns[i].clock_ms,
	};
	peer_send(&peer, &syn);
	const struct peer_segment *is = peer_take(&peer);
	ck_assert_msg((strcmp(is->flags, "SA") == 0) == new_syns[i].is_taken, "%s",
		      new_syns[i].behaviour);
	if (new_syns[i].is_taken) {
		ck_assert_uint_eq(is->ack, new_syns[i].seq + 1);
		ck_assert_uint_gt(peer.stack_iss - old_iss, 65535); /* beyond all that was sent */
		peer_expect_state(&peer, TCP_STATE_SYN_RECEIVED);
	} else {
		ck_assert_str_eq(is->flags, "A");
		peer_expect_state(&peer, TCP_STATE_TIME_WAIT);
	}
	peer_fini(&peer);
}
END_TEST

START_TEST(the_oldest_time_wait_makes_room)
{
	struct stack_limits limits = host_limits;
	struct stack_action action;

	limits.tcp_count = 8;
	limits.tcp_buffer_bytes = 1 << 20;
	limits.tcp_syn_count = 4;
	limits.tcp_time_wait_count = 3;
	peer_listen(&peer, &(struct peer_config){ .limits = &limits });
	for (uint16_t port = 1; port <= 5; port++) {
		peer.peer_port = port;
		peer_send(&peer, &(struct peer_segment){ .flags = "S", .window = 65535 });
		(void)peer_expect(&peer, "SA", 0, 1, 0);
		peer_ack(&peer, 1, 1);
		ck_assert_int_eq(tcp_accept(peer.host.stack, peer.listener, 0, &peer.conn), 0);
		close_conn();
		(void)peer_expect(&peer, "FA", 1, 1, 0);
		peer_flags(&peer, "FA", 1, 2);
		(void)peer_expect(&peer, "A", 2, 2, 0);
	}
	for (uint16_t port = 1; port <= 5; port++) {
		peer.peer_port = port;
		ck_assert_int_eq(peer_state(&peer), port <= 2 ? TCP_STATE_CLOSED : TCP_STATE_TIME_WAIT);
	}
	ck_assert_uint_eq(stack_drops(peer.host.stack, DROP_TCP_TIME_WAIT_FULL), 2);
	ck_assert(!stack_next(peer.host.stack, &action));
	peer_fini(&peer);
}
END_TEST

START_TEST(an_own_port_in_time_wait_is_used_again_after_a_second)
{
	struct ip_addr remote = addr_of("192.0.2.2");
	tcp_conn again;

	peer_active(&peer, &(struct peer_config){ .timestamps = true });
	close_conn();
	(void)peer_expect(&peer, "FA", 1, 1, 0);
	peer_flags(&peer, "FA", 1, 2);
	(void)peer_expect(&peer, "A", 2, 2, 0);
	const uint32_t old_iss = peer.stack_iss;
	ck_assert_int_eq(tcp_open(peer.host.stack, &remote, 8080, NULL, peer.stack_port, NULL, 0,
				  peer.host.now_us, &again),
			 ERR_IN_USE);
	peer_wait(&peer, 1100000);
	ck_assert_int_eq(tcp_open(peer.host.stack, &remote, 8080, NULL, peer.stack_port, NULL, 0,
				  peer.host.now_us, &again),
			 0);
	(void)peer_expect(&peer, "S", 0, 0, 0);
	ck_assert_uint_gt(peer.stack_iss - old_iss, 65535);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_drawn_port_in_time_wait_is_used_again_after_a_second)
{
	const struct ip_addr remote = addr_of("192.0.2.2");
	uint16_t port;
	struct port_pool pool = { .ports = &port, .count = 1 };
	tcp_conn again;

	peer_active(&peer, &(struct peer_config){ .timestamps = true });
	port = peer.stack_port;
	tcp_set_port_pool(peer.host.stack, &pool);
	close_conn();
	(void)peer_expect(&peer, "FA", 1, 1, 0);
	peer_flags(&peer, "FA", 1, 2);
	(void)peer_expect(&peer, "A", 2, 2, 0);
	const uint32_t old_iss = peer.stack_iss;
	ck_assert_int_eq(tcp_open(peer.host.stack, &remote, 8080, NULL, 0, NULL, 0, peer.host.now_us,
				  &again),
			 ERR_IN_USE);
	peer_wait(&peer, 1100000);
	ck_assert_int_eq(tcp_open(peer.host.stack, &remote, 8080, NULL, 0, NULL, 0, peer.host.now_us,
				  &again),
			 0);
	(void)peer_expect(&peer, "S", 0, 0, 0);
	ck_assert_uint_gt(peer.stack_iss - old_iss, 65535);
	peer_fini(&peer);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("time_wait");
	tcase_add_loop_test(tcase, the_peers_fin_again_is_acknowledged_and_time_begins_anew, 0, 2);
	tcase_add_loop_test(tcase, the_peers_fin_twice_in_a_turn_is_acknowledged_once, 0, 2);
	tcase_add_loop_test(tcase, what_the_peers_fin_has_overtaken_in_its_turn_is_not_answered, 0, 2);
	tcase_add_loop_test(tcase, an_old_segment_in_time_wait_is_answered, 0, 2);
	tcase_add_loop_test(tcase, only_the_exact_rst_ends_time_wait, 0, 2);
	tcase_add_loop_test(tcase, a_new_syn_may_follow_in_time_wait, 0, 2 * COUNT(new_syns));
	tcase_add_test(tcase, the_oldest_time_wait_makes_room);
	tcase_add_test(tcase, an_own_port_in_time_wait_is_used_again_after_a_second);
	tcase_add_test(tcase, a_drawn_port_in_time_wait_is_used_again_after_a_second);
	Suite *suite = suite_create("tcp: TIME-WAIT");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
