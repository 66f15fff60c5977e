/*
 * Retransmission by time, and giving up (RFC 6298; RFC 9293, section 3.8.3 and 3.8.4; RFC 5482).
 */
#include <string.h>

#include "tests/stack/peer.h"
#include "tests/suite.h"

static struct peer peer;
static const enum addr_family families[] = { ADDR_IPV4, ADDR_IPV6 };

/* The times of the next `count` segments, relative to the first, in milliseconds, within 3. */
static void
expect_times(const uint32_t *times_ms, unsigned count, const char *flags, size_t size)
{
	uint64_t first_us = 0;

	for (unsigned i = 0; i < count; i++) {
		for (unsigned waits = 0; peer_pending(&peer) == 0 && waits < 1000000; waits++)
			peer_wait(&peer, 1000);
		const struct peer_segment *is = peer_take(&peer);
		ck_assert_str_eq(is->flags, flags);
		ck_assert_uint_eq(is->size, size);
		if (i == 0)
			first_us = is->at_us;
		const uint64_t at_ms = (is->at_us - first_us) / 1000;
		ck_assert_msg(at_ms >= times_ms[i] && at_ms <= times_ms[i] + 3 + i,
			      "number %u after %u ms, wanted %u", i, (unsigned)at_ms, times_ms[i]);
	}
}

START_TEST(a_syn_is_sent_again_after_1_2_4_seconds)
{
	static const uint32_t times_ms[] = { 0, 1000, 3000, 7000, 15000, 31000, 63000 };

	peer_open(&peer, &(struct peer_config){ .family = families[_i] });
	expect_times(times_ms, COUNT(times_ms), "S", 0);
	/* R2 of a SYN is at least three minutes (RFC 9293, section 3.8.3, MUST-23). */
	peer_wait(&peer, 180000000 - 63000000 - 10000);
	ck_assert_int_eq(tcp_reason_of(peer.host.stack, peer.conn), TCP_REASON_NONE);
	peer_wait(&peer, 120000000);
	ck_assert_int_eq(tcp_reason_of(peer.host.stack, peer.conn), TCP_REASON_TIMED_OUT);
	ck_assert_uint_ne(peer.events & TCP_EVENT_FAILED, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_syn_ack_is_sent_again_five_times)
{
	static const uint32_t times_ms[] = { 0, 1000, 3000, 7000, 15000, 31000 };

	peer_listen(&peer, &(struct peer_config){ .family = families[_i] });
	peer_send(&peer, &(struct peer_segment){ .flags = "S", .window = 65535 });
	expect_times(times_ms, COUNT(times_ms), "SA", 0);
	peer_wait(&peer, 100000000);
	peer_expect_nothing(&peer);
	peer_expect_state(&peer, TCP_STATE_CLOSED);
	peer_fini(&peer);
}
END_TEST

/* The handshake took 100 ms: srtt 100, rttvar 50, RTO 300 ms. */
static void
after_100_ms(int family, bool sack)
{
	peer_listen(&peer, &(struct peer_config){ .family = families[family] });
	peer_send(&peer, &(struct peer_segment){
				 .flags = "S", .window = 65535, .mss = 1000, .sack_permitted = sack });
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	peer_wait(&peer, 100000);
	peer_ack(&peer, 1, 1);
	ck_assert_int_eq(tcp_accept(peer.host.stack, peer.listener, 0, &peer.conn), 0);
}

START_TEST(the_first_round_trip_sets_the_timeout)
{
	after_100_ms(_i, false);
	const struct tcp_conn_info info = peer_info(&peer);
	ck_assert_uint_eq(info.srtt_us / 1000, 100);
	ck_assert_uint_eq(info.rttvar_us / 1000, 50);
	ck_assert_uint_eq(info.rto_us / 1000, 300);
	peer_fini(&peer);
}
END_TEST

START_TEST(each_timeout_is_twice_the_one_before)
{
	static const uint32_t times_ms[] = { 0, 300, 900, 2100, 4500, 9300, 18900 };

	after_100_ms(_i, false);
	peer_write(&peer, 100);
	expect_times(times_ms, COUNT(times_ms), "PA", 100);
	peer_fini(&peer);
}
END_TEST

START_TEST(the_timeout_is_at_least_200_ms_beyond_the_round_trip)
{
	uint32_t una = 1;

	after_100_ms(_i, false);
	for (unsigned i = 0; i < 60; i++) { /* a steady round trip of 10 ms */
		peer_write(&peer, 100);
		peer_discard(&peer);
		peer_wait(&peer, 10000);
		peer_ack(&peer, 1, una += 100);
	}
	ck_assert_uint_ge(peer_info(&peer).rto_us, 210000);
	ck_assert_uint_le(peer_info(&peer).rto_us, 225000);
	peer_fini(&peer);
}
END_TEST

START_TEST(what_was_sent_twice_gives_no_sample)
{
	after_100_ms(_i, false);
	peer_write(&peer, 100);
	peer_wait(&peer, 350000); /* once more */
	peer_discard(&peer);
	const uint64_t srtt_us = peer_info(&peer).srtt_us;
	peer_ack(&peer, 1, 101); /* to which of the two? (Karn) */
	ck_assert_uint_eq(peer_info(&peer).srtt_us, srtt_us);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_sample_ends_the_back_off)
{
	after_100_ms(_i, false);
	peer_write(&peer, 100);
	peer_wait(&peer, 1000000);
	ck_assert_uint_gt(peer_info(&peer).rto_us, 1000000);
	peer_discard(&peer);
	peer_ack(&peer, 1, 101); /* the path may be slower than the timeout (Karn) */
	ck_assert_uint_gt(peer_info(&peer).rto_us, 1000000);
	peer_write(&peer, 100);
	peer_wait(&peer, 100000);
	peer_ack(&peer, 1, 201);
	ck_assert_uint_le(peer_info(&peer).rto_us, 310000);
	peer_fini(&peer);
}
END_TEST

START_TEST(the_timer_starts_anew_with_each_acknowledgment)
{
	after_100_ms(_i, false);
	peer_write(&peer, 3000);
	ck_assert_uint_eq(peer_pending(&peer), 3);
	peer_discard(&peer);
	for (uint32_t i = 1; i <= 2; i++) {
		peer_wait(&peer, 200000);
		peer_ack(&peer, 1, 1 + 1000 * i);
		peer_expect_nothing(&peer);
	}
	peer_wait(&peer, 600000); /* srtt 148, rttvar 118 ms by now */
	peer_expect_nothing(&peer);
	peer_wait(&peer, 50000);
	(void)peer_expect(&peer, "PA", 2001, 1, 1000);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_silent_peer_is_given_up_after_fifteen_retransmissions)
{
	after_100_ms(_i, false);
	peer_write(&peer, 100);
	peer_wait(&peer, 100000000); /* R2 is at least 100 s (RFC 9293, section 3.8.3) */
	ck_assert_int_eq(tcp_reason_of(peer.host.stack, peer.conn), TCP_REASON_NONE);
	peer_wait(&peer, 1800000000);
	ck_assert_int_eq(tcp_reason_of(peer.host.stack, peer.conn), TCP_REASON_TIMED_OUT);
	ck_assert_uint_eq(peer_pending(&peer), 16);
	peer_expect_state(&peer, TCP_STATE_CLOSED);
	peer_fini(&peer);
}
END_TEST

static void
set(uint32_t user_timeout_ms, uint32_t retries, bool keepalive)
{
	struct tcp_config config;

	ck_assert_int_eq(tcp_get_config(peer.host.stack, peer.conn, &config), 0);
	config.user_timeout_ms = user_timeout_ms;
	config.retries = retries;
	config.keepalive = keepalive;
	config.keepalive_idle_s = 10;
	config.keepalive_interval_s = 2;
	config.keepalive_count = 3;
	ck_assert_int_eq(tcp_set_config(peer.host.stack, peer.conn, &config, peer.host.now_us), 0);
}

START_TEST(the_program_says_how_often)
{
	after_100_ms(_i, false);
	set(0, 3, false);
	peer_write(&peer, 100);
	peer_wait(&peer, 20000000);
	ck_assert_uint_eq(peer_pending(&peer), 4);
	ck_assert_int_eq(tcp_reason_of(peer.host.stack, peer.conn), TCP_REASON_TIMED_OUT);
	peer_fini(&peer);
}
END_TEST

START_TEST(the_user_timeout_ends_it_to_the_moment)
{
	after_100_ms(_i, false);
	set(3000, 15, false);
	peer_write(&peer, 100);
	peer_wait(&peer, 300000 + 2990000); /* from the first retransmission on, as Linux */
	ck_assert_int_eq(tcp_reason_of(peer.host.stack, peer.conn), TCP_REASON_NONE);
	peer_wait(&peer, 20000);
	ck_assert_int_eq(tcp_reason_of(peer.host.stack, peer.conn), TCP_REASON_TIMED_OUT);
	peer_fini(&peer);
}
END_TEST

START_TEST(the_user_timeout_may_be_longer_than_the_retries)
{
	after_100_ms(_i, false);
	set(4000000, 3, false);
	peer_write(&peer, 100);
	peer_wait(&peer, 3900000000);
	ck_assert_int_eq(tcp_reason_of(peer.host.stack, peer.conn), TCP_REASON_NONE);
	peer_wait(&peer, 300000000);
	ck_assert_int_eq(tcp_reason_of(peer.host.stack, peer.conn), TCP_REASON_TIMED_OUT);
	peer_fini(&peer);
}
END_TEST

START_TEST(the_user_timeout_counts_with_a_closed_window_too)
{
	after_100_ms(_i, false);
	set(3000, 15, false);
	peer_write(&peer, 1000);
	peer.window = 0;
	peer_ack(&peer, 1, 1001);
	peer_write(&peer, 1000);
	for (unsigned i = 0; i < 100; i++) {
		peer_wait(&peer, 100000);
		if (peer_pending(&peer) != 0 && peer_state(&peer) == TCP_STATE_ESTABLISHED)
			peer_ack(&peer, 1, 1001);
		peer_discard(&peer);
	}
	ck_assert_int_eq(tcp_reason_of(peer.host.stack, peer.conn), TCP_REASON_TIMED_OUT);
	peer_fini(&peer);
}
END_TEST

START_TEST(the_user_timeout_begins_anew_when_a_window_opens)
{
	after_100_ms(_i, false);
	set(3000, 15, false);
	peer_write(&peer, 1000);
	peer.window = 0;
	peer_ack(&peer, 1, 1001);
	peer_write(&peer, 1000);
	peer_wait(&peer, 2900000);
	peer.window = 65535;
	peer_ack(&peer, 1, 1001); /* and what is sent now is lost on its way */
	peer_wait(&peer, 3000000);
	ck_assert_int_eq(tcp_reason_of(peer.host.stack, peer.conn), TCP_REASON_NONE);
	peer_wait(&peer, 500000);
	ck_assert_int_eq(tcp_reason_of(peer.host.stack, peer.conn), TCP_REASON_TIMED_OUT);
	peer_fini(&peer);
}
END_TEST

/* A peer that takes its window back and answers every retransmission buys no time, and no storm of them. */
START_TEST(the_user_timeout_counts_with_a_window_that_was_taken_back_too)
{
	unsigned sent = 0;

	after_100_ms(_i, false);
	set(3000, 15, false);
	peer_write(&peer, 1000);
	peer_discard(&peer);
	peer.window = 0;
	peer_ack(&peer, 1, 1);
	for (unsigned i = 0; i < 100; i++) {
		peer_wait(&peer, 100000);
		sent += peer_pending(&peer);
		if (peer_pending(&peer) != 0 && peer_state(&peer) == TCP_STATE_ESTABLISHED)
			peer_ack(&peer, 1, 1);
		peer_discard(&peer);
	}
	ck_assert_int_eq(tcp_reason_of(peer.host.stack, peer.conn), TCP_REASON_TIMED_OUT);
	ck_assert_uint_le(sent, 6);
	peer_fini(&peer);
}
END_TEST

/* ---- keepalive (RFC 9293, section 3.8.4) ------------------------------------------------------ */

START_TEST(nobody_is_asked_unless_the_program_wants_it)
{
	after_100_ms(_i, false);
	peer_wait(&peer, 36000000000);
	peer_expect_nothing(&peer);
	peer_expect_state(&peer, TCP_STATE_ESTABLISHED);
	peer_fini(&peer);
}
END_TEST

START_TEST(an_idle_peer_is_asked_whether_it_lives)
{
	after_100_ms(_i, false);
	set(0, 15, true);
	for (unsigned i = 0; i < 5; i++) {
		peer_wait(&peer, 9900000);
		peer_expect_nothing(&peer);
		peer_wait(&peer, 200000);
		(void)peer_expect(&peer, "A", 0, 1, 0);
		peer_ack(&peer, 1, 1);
	}
	peer_expect_state(&peer, TCP_STATE_ESTABLISHED);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_peer_that_does_not_answer_is_given_up)
{
	after_100_ms(_i, false);
	set(0, 15, true);
	peer_wait(&peer, 10100000 + 2 * 2000000);
	for (unsigned i = 0; i < 3; i++)
		(void)peer_expect(&peer, "A", 0, 1, 0);
	peer_expect_nothing(&peer);
	peer_wait(&peer, 2100000);
	(void)peer_expect(&peer, "RA", 1, 1, 0);
	ck_assert_int_eq(tcp_reason_of(peer.host.stack, peer.conn), TCP_REASON_TIMED_OUT);
	peer_fini(&peer);
}
END_TEST

START_TEST(data_is_sign_of_life_enough)
{
	after_100_ms(_i, false);
	set(0, 15, true);
	for (uint32_t i = 0; i < 10; i++) {
		peer_wait(&peer, 5000000);
		peer_data(&peer, 1 + 10 * i, 1, 10);
		(void)peer_expect(&peer, "A", 1, 11 + 10 * i, 0);
		peer_expect_nothing(&peer);
	}
	peer_fini(&peer);
}
END_TEST

START_TEST(the_peers_question_is_answered)
{
	after_100_ms(_i, false);
	peer_ack(&peer, 0, 1);
	(void)peer_expect(&peer, "A", 1, 1, 0);
	peer_fini(&peer);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("timers");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_syn_is_sent_again_after_1_2_4_seconds, 0, 2);
	tcase_add_loop_test(tcase, a_syn_ack_is_sent_again_five_times, 0, 2);
	tcase_add_loop_test(tcase, the_first_round_trip_sets_the_timeout, 0, 2);
	tcase_add_loop_test(tcase, each_timeout_is_twice_the_one_before, 0, 2);
	tcase_add_loop_test(tcase, the_timeout_is_at_least_200_ms_beyond_the_round_trip, 0, 2);
	tcase_add_loop_test(tcase, what_was_sent_twice_gives_no_sample, 0, 2);
	tcase_add_loop_test(tcase, a_sample_ends_the_back_off, 0, 2);
	tcase_add_loop_test(tcase, the_timer_starts_anew_with_each_acknowledgment, 0, 2);
	tcase_add_loop_test(tcase, a_silent_peer_is_given_up_after_fifteen_retransmissions, 0, 2);
	tcase_add_loop_test(tcase, the_program_says_how_often, 0, 2);
	tcase_add_loop_test(tcase, the_user_timeout_ends_it_to_the_moment, 0, 2);
	tcase_add_loop_test(tcase, the_user_timeout_may_be_longer_than_the_retries, 0, 2);
	tcase_add_loop_test(tcase, the_user_timeout_counts_with_a_closed_window_too, 0, 2);
	tcase_add_loop_test(tcase, the_user_timeout_begins_anew_when_a_window_opens, 0, 2);
	tcase_add_loop_test(tcase, the_user_timeout_counts_with_a_window_that_was_taken_back_too, 0, 2);
	tcase_add_loop_test(tcase, nobody_is_asked_unless_the_program_wants_it, 0, 2);
	tcase_add_loop_test(tcase, an_idle_peer_is_asked_whether_it_lives, 0, 2);
	tcase_add_loop_test(tcase, a_peer_that_does_not_answer_is_given_up, 0, 2);
	tcase_add_loop_test(tcase, data_is_sign_of_life_enough, 0, 2);
	tcase_add_loop_test(tcase, the_peers_question_is_answered, 0, 2);
	Suite *suite = suite_create("tcp: timers");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
