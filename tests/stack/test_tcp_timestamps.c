/* Timestamps and PAWS (RFC 7323), and ECN (RFC 3168). */
#include <string.h>

#include "tests/stack/peer.h"
#include "tests/suite.h"

static struct peer peer;
static const enum addr_family families[] = { ADDR_IPV4, ADDR_IPV6 };

static void
passive(int family)
{
	peer_passive(&peer, &(struct peer_config){ .family = families[family], .timestamps = true });
	peer_wait(&peer, 100000);
}

START_TEST(every_segment_carries_the_clock_and_the_peers)
{
	passive(_i);
	peer_data(&peer, 1, 1, 10);
	const struct peer_segment *is = peer_expect(&peer, "A", 1, 11, 0);
	ck_assert(is->has_timestamps);
	ck_assert_uint_eq(is->ts_ecr, peer.ts_val);
	const uint32_t clock = is->ts_val;
	peer_wait(&peer, 500000);
	peer_data(&peer, 11, 1, 10);
	is = peer_expect(&peer, "A", 1, 21, 0);
	ck_assert_uint_eq(is->ts_val - clock, 500); /* a millisecond each */
	peer_fini(&peer);
}
END_TEST

START_TEST(the_clock_tells_nobody_how_long_we_have_been_up)
{
	passive(_i);
	peer_data(&peer, 1, 1, 10);
	ck_assert_uint_gt(peer_take(&peer)->ts_val, 100000); /* we have been up for a second */
	peer_fini(&peer);
}
END_TEST

START_TEST(a_segment_from_the_past_is_dropped_and_answered)
{
	passive(_i);
	peer_data(&peer, 1, 1, 10);
	peer_discard(&peer);
	const uint32_t now = peer.ts_val;
	peer.ts_val = now - 1;
	peer_data(&peer, 11, 1, 10);
	(void)peer_expect(&peer, "A", 1, 11, 0);
	ck_assert_uint_eq(stack_drops(peer.host.stack, DROP_TCP_PAWS), 1);
	peer.ts_val = now;
	peer_data(&peer, 11, 1, 10);
	(void)peer_expect(&peer, "A", 1, 21, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(an_acknowledgment_that_was_overtaken_is_dropped_without_an_answer)
{
	passive(_i);
	peer_write(&peer, 100);
	(void)peer_expect(&peer, "PA", 1, 1, 100);
	peer_wait(&peer, 1000);
	peer_ack(&peer, 1, 101);
	peer.ts_val--;
	peer_ack(&peer, 1, 51);
	peer_ack(&peer, 1, 101);
	peer_expect_nothing(&peer);
	ck_assert_uint_eq(stack_drops(peer.host.stack, DROP_TCP_PAWS), 2);
	peer_ack(&peer, 1, 102); /* of what was never sent */
	(void)peer_expect(&peer, "A", 101, 1, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_reset_needs_no_clock)
{
	passive(_i);
	peer.ts_val -= 1000;
	peer_flags(&peer, "R", 1, 0);
	peer_expect_state(&peer, TCP_STATE_CLOSED);
	peer_fini(&peer);
}
END_TEST

START_TEST(the_peers_clock_may_go_round)
{
	peer_listen(&peer, &(struct peer_config){ .family = families[_i] });
	struct peer_segment syn = { .flags = "S", .window = 65535, .has_timestamps = true,
				    .ts_val = 0xfffffff0 };
	peer_send(&peer, &syn);
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	peer.has_timestamps = true;
	peer.ts_val = 0xfffffffe;
	peer_ack(&peer, 1, 1);
	ck_assert_int_eq(tcp_accept(peer.host.stack, peer.listener, 0, &peer.conn), 0);
	peer.ts_val = 5;
	peer_data(&peer, 1, 1, 10);
	ck_assert_uint_eq(peer_expect(&peer, "A", 1, 11, 0)->ts_ecr, 5);
	peer_fini(&peer);
}
END_TEST

START_TEST(after_24_days_of_silence_the_old_clock_counts_no_more)
{
	passive(_i);
	peer_data(&peer, 1, 1, 10);
	peer_discard(&peer);
	const uint32_t then = peer.ts_val;
	peer_wait(&peer, UINT64_C(25) * 86400 * 1000000);
	peer.ts_val = then - 100;
	peer_data(&peer, 11, 1, 10);
	(void)peer_expect(&peer, "A", 1, 21, 0);
	peer_fini(&peer);
}
END_TEST

/* RFC 7323, section 4.3: what is echoed is the one of the segment that was acknowledged last, not of one ahead. */
START_TEST(a_segment_out_of_order_does_not_move_the_echo)
{
	passive(_i);
	peer_data(&peer, 1, 1, 10);
	const uint32_t first = peer_expect(&peer, "A", 1, 11, 0)->ts_ecr;
	peer_wait(&peer, 1000);
	peer_data(&peer, 21, 1, 10);
	ck_assert_uint_eq(peer_expect(&peer, "A", 1, 11, 0)->ts_ecr, first);
	peer_wait(&peer, 1000);
	peer_data(&peer, 11, 1, 10);
	ck_assert_uint_eq(peer_expect(&peer, "A", 1, 31, 0)->ts_ecr, first + 2);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_guessed_acknowledgment_does_not_move_the_clock)
{
	passive(_i);
	const uint32_t clock = peer.ts_val;
	peer.ts_val += 1u << 30;
	peer_data(&peer, 1, 100001, 10); /* of what was never sent */
	peer_discard(&peer);
	peer.ts_val = clock;
	peer_data(&peer, 1, 1, 10);
	ck_assert_uint_eq(peer_expect(&peer, "A", 1, 11, 0)->ts_ecr, clock);
	ck_assert_uint_eq(stack_drops(peer.host.stack, DROP_TCP_PAWS), 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(of_two_segments_that_are_acknowledged_together_the_first_is_echoed)
{
	struct tcp_config tcp = peer_tcp();

	tcp.quick_ack = false;
	peer_passive(&peer, &(struct peer_config){ .family = families[_i], .timestamps = true,
						   .tcp = tcp, .has_tcp = true });
	peer_wait(&peer, 10000);
	const uint32_t first = peer.ts_val;
	peer_data(&peer, 1, 1, 1000);
	peer_wait(&peer, 5000);
	peer_data(&peer, 1001, 1, 1000);
	ck_assert_uint_eq(peer_expect(&peer, "A", 1, 2001, 0)->ts_ecr, first);
	peer_fini(&peer);
}
END_TEST

START_TEST(an_echo_measures_the_round_trip)
{
	passive(_i);
	for (uint32_t i = 0; i < 30; i++) {
		peer_write(&peer, 10);
		peer_discard(&peer);
		peer_wait(&peer, 80000);
		peer_ack(&peer, 1, 11 + 10 * i);
	}
	ck_assert_uint_ge(peer_info(&peer).srtt_us, 75000);
	ck_assert_uint_le(peer_info(&peer).srtt_us, 85000);
	peer_fini(&peer);
}
END_TEST

/* ---- ECN ------------------------------------------------------------------------------------- */

static void
with_ecn(int family, bool active)
{
	struct tcp_config tcp = peer_tcp();
	struct peer_config config = { .family = families[family], .mss = 1000, .ecn = true,
				      .has_tcp = true };

	tcp.ecn = true;
	config.tcp = tcp;
	if (active)
		peer_active(&peer, &config);
	else
		peer_passive(&peer, &config);
	ck_assert(peer_info(&peer).has_ecn);
}

START_TEST(ecn_is_agreed_on_in_the_handshake)
{
	struct tcp_config tcp = peer_tcp();
	struct peer_config config = { .family = families[_i], .has_tcp = true, .ecn = true };

	tcp.ecn = true;
	config.tcp = tcp;
	peer_open(&peer, &config);
	ck_assert_str_eq(peer_take(&peer)->flags, "SEW");
	peer_fini(&peer);

	peer_listen(&peer, &config);
	const struct peer_segment syn = peer_syn(&peer, &config);
	peer_send(&peer, &syn);
	ck_assert_str_eq(peer_take(&peer)->flags, "SAE");
	peer_fini(&peer);

	config.has_tcp = false; /* by default it is neither offered nor granted */
	peer_listen(&peer, &config);
	peer_send(&peer, &syn);
	ck_assert_str_eq(peer_take(&peer)->flags, "SA");
	peer_fini(&peer);
}
END_TEST

START_TEST(a_syn_that_is_sent_again_asks_for_nothing)
{
	struct tcp_config tcp = peer_tcp();

	tcp.ecn = true;
	peer_open(&peer, &(struct peer_config){ .tcp = tcp, .has_tcp = true });
	ck_assert_str_eq(peer_take(&peer)->flags, "SEW");
	peer_wait(&peer, 1100000);
	ck_assert_str_eq(peer_take(&peer)->flags, "S"); /* RFC 3168, section 6.1.1.1 */
	peer_fini(&peer);
}
END_TEST

START_TEST(only_new_data_says_that_it_can_be_marked)
{
	with_ecn(_i % 2, _i / 2 == 1);
	peer_write(&peer, 100);
	ck_assert_uint_eq(peer_expect(&peer, "PA", 1, 1, 100)->traffic_class & 3, 2);
	peer_wait(&peer, 500000);
	while (peer_pending(&peer) != 0) /* retransmissions do not */
		ck_assert_uint_eq(peer_take(&peer)->traffic_class & 3, 0);
	peer_data(&peer, 1, 101, 10);
	ck_assert_uint_eq(peer_expect(&peer, "A", 101, 11, 0)->traffic_class & 3, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(congestion_is_echoed_until_the_sender_has_reduced)
{
	with_ecn(_i, false);
	struct peer_segment marked = { .flags = "PA", .seq = 1, .ack = 1, .window = 65535, .size = 10,
				       .traffic_class = 3 };
	peer_send(&peer, &marked);
	ck_assert_str_eq(peer_expect(&peer, "AE", 1, 11, 0)->flags, "AE");
	peer_data(&peer, 11, 1, 10);
	(void)peer_expect(&peer, "AE", 1, 21, 0);
	struct peer_segment reduced = { .flags = "PAW", .seq = 21, .ack = 1, .window = 65535,
					.size = 10 };
	peer_send(&peer, &reduced);
	(void)peer_expect(&peer, "A", 1, 31, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(an_echo_reduces_the_window_once_a_round_trip)
{
	with_ecn(_i, false);
	peer_write(&peer, 40000);
	peer_discard(&peer);
	peer_wait(&peer, 100000);
	peer_flags(&peer, "AE", 1, 1001);
	ck_assert_uint_eq(peer_info(&peer).ssthresh_bytes, 7000);
	ck_assert_int_eq(peer_info(&peer).recovery, 2);
	peer_flags(&peer, "AE", 1, 2001);
	peer_flags(&peer, "AE", 1, 3001);
	ck_assert_uint_eq(peer_info(&peer).ssthresh_bytes, 7000);
	peer_flags(&peer, "AE", 1, 8001);
	bool has_said = false; /* CWR on the first new segment */
	while (peer_pending(&peer) != 0) {
		const struct peer_segment *is = peer_take(&peer);
		ck_assert_msg(!has_said || strchr(is->flags, 'W') == NULL, "it is said once");
		has_said |= strchr(is->flags, 'W') != NULL;
	}
	ck_assert(has_said);
	ck_assert_uint_eq(peer_info(&peer).retransmits_total, 0);
	peer_fini(&peer);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("timestamps");
	tcase_add_loop_test(tcase, every_segment_carries_the_clock_and_the_peers, 0, 2);
	tcase_add_loop_test(tcase, the_clock_tells_nobody_how_long_we_have_been_up, 0, 2);
	tcase_add_loop_test(tcase, a_segment_from_the_past_is_dropped_and_answered, 0, 2);
	tcase_add_loop_test(tcase, an_acknowledgment_that_was_overtaken_is_dropped_without_an_answer, 0, 2);
	tcase_add_loop_test(tcase, a_reset_needs_no_clock, 0, 2);
	tcase_add_loop_test(tcase, the_peers_clock_may_go_round, 0, 2);
	tcase_add_loop_test(tcase, after_24_days_of_silence_the_old_clock_counts_no_more, 0, 2);
	tcase_add_loop_test(tcase, a_segment_out_of_order_does_not_move_the_echo, 0, 2);
	tcase_add_loop_test(tcase, a_guessed_acknowledgment_does_not_move_the_clock, 0, 2);
	tcase_add_loop_test(tcase, of_two_segments_that_are_acknowledged_together_the_first_is_echoed,
			    0, 2);
	tcase_add_loop_test(tcase, an_echo_measures_the_round_trip, 0, 2);
	tcase_add_loop_test(tcase, ecn_is_agreed_on_in_the_handshake, 0, 2);
	tcase_add_test(tcase, a_syn_that_is_sent_again_asks_for_nothing);
	tcase_add_loop_test(tcase, only_new_data_says_that_it_can_be_marked, 0, 4);
	tcase_add_loop_test(tcase, congestion_is_echoed_until_the_sender_has_reduced, 0, 2);
	tcase_add_loop_test(tcase, an_echo_reduces_the_window_once_a_round_trip, 0, 2);
	Suite *suite = suite_create("tcp: timestamps and ECN");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
