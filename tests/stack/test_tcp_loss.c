/*
 * Losses found and mended: SACK (RFC 2018, 6675), RACK-TLP (RFC 8985), PRR (RFC 9937), limited transmit (RFC 3042),
 * NewReno (RFC 6582), F-RTO (RFC 5682), D-SACK (RFC 2883, 3708) and timestamps (RFC 3522) against false alarms.
 */
#include <string.h>

#include "stack/base/arena.h"
#include "stack/tcp_sent.h"
#include "tests/stack/peer.h"
#include "tests/suite.h"

static struct peer peer;
static const enum addr_family families[] = { ADDR_IPV4, ADDR_IPV6 };

/* A connection with a round trip of 100 ms and segments of 1000 octets. */
static void
connect_peer(int family, bool sack, bool timestamps)
{
	const struct peer_config config = { .family = families[family],
					    .mss = timestamps ? 1012 : 1000,
					    .no_sack = !sack,
					    .timestamps = timestamps };

	peer_listen(&peer, &config);
	const struct peer_segment syn = peer_syn(&peer, &config);
	peer_send(&peer, &syn);
	peer.has_timestamps = peer_take(&peer)->has_timestamps;
	peer_wait(&peer, 100000);
	peer_ack(&peer, 1, 1);
	ck_assert_int_eq(tcp_accept(peer.host.stack, peer.listener, 0, &peer.conn), 0);
}

/* ... and ten of them in flight. */
static void
ten_in_flight(int family, bool sack, bool timestamps)
{
	connect_peer(family, sack, timestamps);
	peer_write(&peer, 40000);
	for (uint32_t i = 0; i < 10; i++)
		(void)peer_expect(&peer, "A", 1 + 1000 * i, 1, 1000);
	peer_expect_nothing(&peer);
	peer_wait(&peer, 100000);
	peer_expect_nothing(&peer);
}

static uint32_t
ssthresh(void)
{
	return peer_info(&peer).ssthresh_bytes;
}

/* ---- fast retransmit --------------------------------------------------------------------------- */

START_TEST(three_sacked_segments_show_a_loss)
{
	ten_in_flight(_i, true, false);
	peer_sack(&peer, 1, 1, 1001, 2001);
	(void)peer_expect(&peer, "A", 10001, 1, 1000); /* RFC 3042: one new for each that left */
	peer_sack(&peer, 1, 1, 1001, 3001);
	(void)peer_expect(&peer, "A", 11001, 1, 1000);
	peer_expect_nothing(&peer);
	peer_sack(&peer, 1, 1, 1001, 4001);
	(void)peer_expect(&peer, "A", 1, 1, 1000);
	ck_assert_int_eq(peer_info(&peer).recovery, 3);
	ck_assert_uint_eq(ssthresh(), 7000); /* CUBIC: 0.7 of ten */
	peer_fini(&peer);
}
END_TEST

START_TEST(three_duplicates_show_a_loss_without_sack)
{
	ten_in_flight(_i, false, false);
	peer_ack(&peer, 1, 1);
	(void)peer_expect(&peer, "A", 10001, 1, 1000);
	peer_ack(&peer, 1, 1);
	(void)peer_expect(&peer, "A", 11001, 1, 1000);
	peer_expect_nothing(&peer);
	peer_ack(&peer, 1, 1);
	(void)peer_expect(&peer, "A", 1, 1, 1000);
	ck_assert_int_eq(peer_info(&peer).recovery, 3);
	peer_fini(&peer);
}
END_TEST

START_TEST(what_is_no_duplicate_is_not_counted)
{
	ten_in_flight(_i, false, false);
	for (uint32_t i = 0; i < 5; i++) /* they carry data */
		peer_data(&peer, 1 + 10 * i, 1, 10);
	for (uint32_t i = 0; i < 5; i++) { /* they change the window */
		peer.window = 60000 + i;
		peer_ack(&peer, 51, 1);
	}
	ck_assert_int_eq(peer_info(&peer).recovery, 0);
	ck_assert_uint_eq(peer_info(&peer).retransmits_total, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(only_what_is_missing_is_sent_again)
{
	ten_in_flight(_i, true, false);
	struct peer_segment two_holes = { .flags = "A", .seq = 1, .ack = 1, .window = 65535,
					  .sacks = { { 6001, 10001 }, { 1001, 5001 } },
					  .sack_count = 2 };
	peer_send(&peer, &two_holes);
	(void)peer_expect(&peer, "A", 1, 1, 1000);
	(void)peer_expect(&peer, "A", 5001, 1, 1000);
	peer_discard(&peer);
	peer_wait(&peer, 100000);
	peer_sack(&peer, 1, 5001, 6001, 10001);
	peer_ack(&peer, 1, 10001);
	ck_assert_uint_eq(peer_info(&peer).retransmits_total, 2);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_partial_acknowledgment_shows_the_next_loss_without_sack)
{
	ten_in_flight(_i, false, false);
	for (unsigned i = 0; i < 9; i++)
		peer_ack(&peer, 1, 1);
	peer_discard(&peer);
	peer_wait(&peer, 100000);
	peer_discard(&peer);
	peer_ack(&peer, 1, 5001); /* RFC 6582, section 3.2 */
	const struct peer_segment *is = peer_take(&peer);
	ck_assert_uint_eq(is->seq, 5001);
	ck_assert_int_eq(peer_info(&peer).recovery, 3);
	peer_fini(&peer);
}
END_TEST

START_TEST(recovery_ends_when_what_was_sent_before_it_is_acknowledged)
{
	ten_in_flight(_i, true, false);
	peer_sack(&peer, 1, 1, 1001, 10001);
	peer_discard(&peer);
	const uint32_t recovery_point = peer_info(&peer).snd_nxt - peer_info(&peer).iss;
	peer_wait(&peer, 100000);
	peer_ack(&peer, 1, 9001);
	ck_assert_int_eq(peer_info(&peer).recovery, 3);
	peer_ack(&peer, 1, recovery_point);
	ck_assert_int_eq(peer_info(&peer).recovery, 0);
	ck_assert_uint_le(peer_info(&peer).cwnd_bytes, 8000);
	peer_fini(&peer);
}
END_TEST

/* RFC 9937: what arrives is replaced by 0.7 of it. */
START_TEST(prr_leads_the_window_down_while_segments_arrive)
{
	uint32_t sent = 0;

	ten_in_flight(_i, true, false);
	for (uint32_t end = 2001; end <= 10001; end += 1000) {
		peer_sack(&peer, 1, 1, 1001, end);
		while (peer_pending(&peer) != 0) {
			sent += (uint32_t)peer_take(&peer)->size;
		}
	}
	ck_assert_uint_ge(sent, 6000);
	ck_assert_uint_le(sent, 9000);
	ck_assert_uint_eq(ssthresh(), 7000);
	peer_fini(&peer);
}
END_TEST

/* RFC 9937, section 6: less is in flight than may be, and what is sent again arrives. */
START_TEST(prr_goes_on_by_slow_start_when_much_was_lost)
{
	ten_in_flight(_i, true, false);
	peer_sack(&peer, 1, 1, 7001, 10001);
	(void)peer_expect(&peer, "A", 1, 1, 1000); /* as many as have arrived */
	(void)peer_expect(&peer, "A", 1001, 1, 1000);
	(void)peer_expect(&peer, "A", 2001, 1, 1000);
	peer_expect_nothing(&peer);
	peer_wait(&peer, 100000);
	peer_sack(&peer, 1, 1001, 7001, 10001);
	(void)peer_expect(&peer, "A", 3001, 1, 1000); /* and one more */
	(void)peer_expect(&peer, "A", 4001, 1, 1000);
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

/* RFC 6582, section 4: what came twice in the recovery draws duplicates when it is over. */
START_TEST(echoes_of_a_recovery_begin_no_other_without_sack)
{
	ten_in_flight(_i, false, false);
	for (unsigned i = 0; i < 9; i++) {
		peer_ack(&peer, 1, 1);
		peer_discard(&peer);
	}
	ck_assert_int_eq(peer_info(&peer).recovery, 3);
	ck_assert_uint_eq(peer_info(&peer).retransmits_total, 1);
	peer_wait(&peer, 100000);
	peer_ack(&peer, 1, 12001); /* all that was out when it began, and more is by now */
	peer_discard(&peer); /* what is out since then is not lost */
	for (unsigned i = 0; i < 3; i++) {
		peer_ack(&peer, 1, 12001);
		peer_discard(&peer);
	}
	ck_assert_uint_eq(peer_info(&peer).retransmits_total, 1);
	peer_wait(&peer, 100000);
	peer_ack(&peer, 1, 13001);
	ck_assert_int_eq(peer_info(&peer).recovery, 0);
	peer_fini(&peer);
}
END_TEST

/* ---- RACK ------------------------------------------------------------------------------------- */

START_TEST(one_sacked_segment_is_a_loss_after_a_quarter_round_trip)
{
	ten_in_flight(_i, true, false);
	peer_sack(&peer, 1, 1, 9001, 10001);
	peer_discard(&peer);
	ck_assert_uint_eq(peer_info(&peer).retransmits_total, 0);
	peer_wait(&peer, 30000); /* and two ticks of Linux's */
	ck_assert_uint_eq(peer_info(&peer).retransmits_total, 0);
	peer_wait(&peer, 20000);
	ck_assert_uint_ge(peer_info(&peer).retransmits_total, 1);
	ck_assert_uint_eq(peer_take(&peer)->seq, 1);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_lost_retransmission_is_found_by_time)
{
	ten_in_flight(_i, true, false);
	peer_sack(&peer, 1, 1, 1001, 10001);
	const struct peer_segment *is = peer_expect(&peer, "A", 1, 1, 1000);
	ck_assert_uint_eq(is->seq, 1);
	uint32_t sent = 10001;
	for (; peer_pending(&peer) != 0; sent += 1000)
		(void)peer_expect(&peer, "A", sent, 1, 1000);
	ck_assert_uint_gt(sent, 10001);
	peer_wait(&peer, 100000);
	peer_sack(&peer, 1, 1, 1001, sent); /* what was sent with it or after it has arrived */
	peer_wait(&peer, 30000);
	bool is_again = false;
	while (peer_pending(&peer) != 0)
		is_again |= peer_take(&peer)->seq == 1;
	ck_assert(is_again);
	peer_fini(&peer);
}
END_TEST

START_TEST(reordering_that_was_seen_is_waited_for)
{
	ten_in_flight(_i, true, false);
	peer_sack(&peer, 1, 1, 2001, 3001);
	peer_ack(&peer, 1, 3001); /* the first two came after all */
	ck_assert_uint_eq(peer_info(&peer).reordering_seen, 1);
	peer_discard(&peer);
	peer_sack(&peer, 1, 3001, 4001, 9001); /* five, and yet no proof */
	ck_assert_uint_eq(peer_info(&peer).retransmits_total, 0);
	peer_wait(&peer, 40000);
	ck_assert_uint_ge(peer_info(&peer).retransmits_total, 1);
	peer_fini(&peer);
}
END_TEST

/* ---- the loss probe ---------------------------------------------------------------------------- */

static void
one_in_flight(int family)
{
	ten_in_flight(family, true, false);
	for (uint32_t una = 10001; una < 40001;) {
		peer_ack(&peer, 1, una);
		const unsigned count = peer_pending(&peer);
		peer_discard(&peer);
		una += 1000 * count;
		peer_wait(&peer, 100000);
		peer_discard(&peer);
	}
	peer_ack(&peer, 1, 40001);
	peer_write(&peer, 3000);
	for (uint32_t i = 0; i < 3; i++)
		(void)peer_expect(&peer, "A", 40001 + 1000 * i, 1, 1000);
	peer_expect_nothing(&peer);
}

START_TEST(the_last_segment_is_sent_again_after_two_round_trips)
{
	one_in_flight(_i);
	peer_wait(&peer, 195000);
	peer_expect_nothing(&peer);
	peer_wait(&peer, 15000);
	(void)peer_expect(&peer, "PA", 42001, 1, 1000);
	ck_assert_int_eq(peer_info(&peer).recovery, 0);
	peer_wait(&peer, 105000);
	peer_sack(&peer, 1, 40001, 42001, 43001); /* the two before it are lost */
	peer_wait(&peer, 60000);
	(void)peer_expect(&peer, "A", 40001, 1, 1000);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_probe_that_was_needless_costs_nothing)
{
	one_in_flight(_i);
	const uint32_t cwnd = peer_info(&peer).cwnd_bytes;
	peer_wait(&peer, 210000);
	(void)peer_expect(&peer, "PA", 42001, 1, 1000);
	peer_ack(&peer, 1, 43001);
	peer_sack(&peer, 1, 43001, 42001, 43001); /* D-SACK: it came twice */
	ck_assert_uint_ge(peer_info(&peer).cwnd_bytes, cwnd);
	ck_assert_uint_eq(peer_info(&peer).dsack_duplicates, 1);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_probe_that_mended_a_loss_reduces_the_window)
{
	one_in_flight(_i);
	const uint32_t cwnd = peer_info(&peer).cwnd_bytes;
	peer_wait(&peer, 210000);
	(void)peer_expect(&peer, "PA", 42001, 1, 1000);
	peer_wait(&peer, 105000);
	peer_ack(&peer, 1, 43001); /* without a D-SACK: only one of the two came */
	peer_write(&peer, 1000);
	peer_discard(&peer);
	peer_wait(&peer, 100000);
	peer_ack(&peer, 1, 44001);
	ck_assert_uint_lt(peer_info(&peer).cwnd_bytes, cwnd);
	peer_fini(&peer);
}
END_TEST

START_TEST(without_sack_there_is_no_probe)
{
	ten_in_flight(_i, false, false);
	peer_wait(&peer, 150000); /* two round trips are 200 ms, the timeout 300 ms */
	peer_expect_nothing(&peer);
	peer_wait(&peer, 60000);
	(void)peer_expect(&peer, "A", 1, 1, 1000);
	ck_assert_int_eq(peer_info(&peer).recovery, 4);
	peer_fini(&peer);
}
END_TEST

/*
 * The first was sent again after the last, and half of its original has arrived: when the last is
 * sacked RACK has nothing to say, and a probe waits.
 */
START_TEST(a_probe_does_not_repeat_what_was_sacked)
{
	connect_peer(_i, true, true);
	peer_write(&peer, 2000);
	(void)peer_expect(&peer, "A", 1, 1, 1000);
	(void)peer_expect(&peer, "PA", 1001, 1, 1000);
	const uint32_t original = peer.ts_ecr;
	peer_wait(&peer, 210000);
	(void)peer_expect(&peer, "PA", 1001, 1, 1000); /* the first probe */
	peer_wait(&peer, 400000);
	(void)peer_expect(&peer, "A", 1, 1, 1000);
	peer_expect_nothing(&peer);
	peer.ts_ecr = original;
	peer_ack(&peer, 1, 501);
	ck_assert_uint_eq(peer_info(&peer).spurious_timeouts, 1);
	peer_sack(&peer, 1, 501, 1001, 2001);
	peer_expect_nothing(&peer);
	peer_wait(&peer, 3000000);
	for (unsigned i = 0; peer_pending(&peer) != 0 || i == 0; i++)
		ck_assert_uint_eq(peer_take(&peer)->seq, 501);
	peer_ack(&peer, 1, 2001);
	peer_fini(&peer);
}
END_TEST

/* ---- timeouts ---------------------------------------------------------------------------------- */

START_TEST(after_a_timeout_one_segment_is_sent)
{
	ten_in_flight(_i, false, false);
	peer_wait(&peer, 210000);
	(void)peer_expect(&peer, "A", 1, 1, 1000);
	peer_expect_nothing(&peer);
	ck_assert_uint_eq(peer_info(&peer).cwnd_bytes, 1000);
	ck_assert_uint_eq(ssthresh(), 7000);
	peer_fini(&peer);
}
END_TEST

START_TEST(after_a_timeout_slow_start_sends_all_of_it_again)
{
	ten_in_flight(_i, false, false);
	peer_wait(&peer, 210000);
	(void)peer_expect(&peer, "A", 1, 1, 1000);
	peer_wait(&peer, 100000);
	peer_ack(&peer, 1, 1001); /* F-RTO: two new ones tell whether the loss was real */
	(void)peer_expect(&peer, "A", 10001, 1, 1000);
	(void)peer_expect(&peer, "A", 11001, 1, 1000);
	peer_expect_nothing(&peer);
	peer_ack(&peer, 1, 1001); /* a duplicate: it was */
	peer_wait(&peer, 1000);
	uint32_t next = 1001;
	for (; peer_pending(&peer) != 0; next += 1000)
		(void)peer_expect(&peer, "A", next, 1, 1000);
	ck_assert_uint_gt(next, 1001);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_spurious_timeout_is_undone)
{
	ten_in_flight(_i, _i == 0, false);
	peer_wait(&peer, 500000); /* a long delay */
	peer_discard(&peer);
	ck_assert_int_eq(peer_info(&peer).recovery, 4);
	peer_ack(&peer, 1, 1001); /* maybe the retransmission */
	peer_discard(&peer);
	peer_ack(&peer, 1, 3001); /* these were never sent again: the originals arrive */
	ck_assert_uint_eq(peer_info(&peer).spurious_timeouts, 1);
	ck_assert_uint_ge(peer_info(&peer).cwnd_bytes, 10000);
	ck_assert_int_eq(peer_info(&peer).recovery, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(what_was_no_loss_has_its_place_in_time_again)
{
	static _Alignas(16) uint8_t block[4096];
	struct tcp_sent_pool pool;
	struct tcp_flight flight;
	struct arena arena;
	struct tcp_sent *records[4];

	arena_init(&arena, block, sizeof block);
	tcp_sent_pool_init(&pool, &arena, 4);
	tcp_flight_init(&flight);
	for (uint32_t i = 0; i < 4; i++)
		records[i] = tcp_flight_add(&pool, &flight,
					    &(struct seq_range){ 1000 * i, 1000 * i + 1000 }, 1000, 0,
					    i / 2); /* two at a time */
	for (unsigned i = 0; i < 3; i++)
		tcp_flight_mark_lost(&flight, records[i]);
	for (unsigned i = 3; i-- > 0;)
		tcp_flight_unmark_lost(&flight, records[i]);
	const struct tcp_sent *record = TAILQ_FIRST(&flight.by_time);
	for (unsigned i = 0; i < 4; i++, record = TAILQ_NEXT(record, list))
		ck_assert_ptr_eq(record, records[i]);
	tcp_flight_clear(&pool, &flight);
}
END_TEST

START_TEST(a_timestamp_shows_a_spurious_timeout_at_once)
{
	ten_in_flight(_i, true, true);
	const uint32_t original = peer.ts_ecr;
	peer_wait(&peer, 500000);
	peer_discard(&peer);
	ck_assert_int_eq(peer_info(&peer).recovery, 4);
	peer.ts_ecr = original; /* RFC 3522 */
	peer_ack(&peer, 1, 1001);
	ck_assert_uint_eq(peer_info(&peer).spurious_timeouts, 1);
	ck_assert_uint_ge(peer_info(&peer).cwnd_bytes, 10000);
	peer_fini(&peer);
}
END_TEST

/* What was late is acknowledged before the recovery would be over. */
START_TEST(a_timestamp_shows_a_spurious_fast_retransmission_at_once)
{
	ten_in_flight(_i, true, true);
	const uint32_t original = peer.ts_ecr;
	peer_sack(&peer, 1, 1, 1001, 4001);
	peer_discard(&peer);
	ck_assert_int_eq(peer_info(&peer).recovery, 3);
	peer_wait(&peer, 10000);
	peer.ts_ecr = original; /* RFC 3522 */
	peer_ack(&peer, 1, 4001);
	ck_assert_uint_gt(ssthresh(), 1000000);
	ck_assert_int_eq(peer_info(&peer).recovery, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(dsacks_for_all_that_was_sent_again_undo_the_reduction)
{
	ten_in_flight(_i, true, false);
	peer_sack(&peer, 1, 1, 1001, 4001);
	bool is_again = false;
	while (peer_pending(&peer) != 0)
		is_again |= peer_take(&peer)->seq == 1;
	ck_assert(is_again);
	ck_assert_uint_eq(ssthresh(), 7000);
	peer_ack(&peer, 1, 4001); /* it was only late */
	peer_discard(&peer);
	peer_sack(&peer, 1, 4001, 1, 1001); /* and then came twice */
	ck_assert_uint_gt(ssthresh(), 1000000);
	ck_assert_int_eq(peer_info(&peer).recovery, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_peer_that_takes_back_what_it_sacked_gets_it_again)
{
	ten_in_flight(_i, true, false);
	peer_sack(&peer, 1, 1, 1001, 10001);
	peer_discard(&peer);
	peer_wait(&peer, 100000);
	peer_ack(&peer, 1, 1001); /* and nothing of the rest (RFC 2018, section 8) */
	peer_discard(&peer);
	peer_wait(&peer, 60000); /* half a round trip, not a timeout */
	(void)peer_expect(&peer, "A", 1001, 1, 1000);
	uint32_t next = 2001;
	peer_ack(&peer, 1, next);
	for (unsigned rounds = 0; next < 10001 && rounds < 100; rounds++) {
		peer_wait(&peer, 100000);
		while (peer_pending(&peer) != 0) {
			const struct peer_segment *is = peer_take(&peer);
			if (is->seq == next)
				peer_ack(&peer, 1, next += 1000);
		}
	}
	ck_assert_uint_ge(next, 10001);
	peer_fini(&peer);
}
END_TEST

START_TEST(nonsense_in_sack_blocks_is_ignored)
{
	ten_in_flight(_i, true, false);
	peer_sack(&peer, 1, 1, 1001, 50001);      /* never sent */
	peer_sack(&peer, 1, 1, 3001, 2001);       /* backwards */
	peer_sack(&peer, 1, 1, 0x80000000, 2001); /* half the space */
	peer_sack(&peer, 1, 1, 1001, 1001);       /* empty */
	for (uint32_t i = 0; i < 900; i++)        /* crumbs */
		peer_sack(&peer, 1, 1, 1001 + i, 1002 + i);
	ck_assert_uint_eq(peer_info(&peer).sacked_segments, 0);
	ck_assert_uint_eq(peer_info(&peer).retransmits_total, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_part_of_a_super_segment_is_sent_again_alone)
{
	peer_passive(&peer, &(struct peer_config){ .family = families[_i],
						   .mss = 1000,
						   .if_flags = STACK_IF_SEGMENT_TX |
							       STACK_IF_CHECKSUM_TX });
	peer_write(&peer, 10000);
	(void)peer_expect(&peer, "PA", 1, 1, 10000);
	peer_wait(&peer, 20000);
	struct peer_segment holes = { .flags = "A", .seq = 1, .ack = 2001, .window = 65535,
				      .sacks = { { 6001, 10001 }, { 3001, 5001 } },
				      .sack_count = 2 };
	peer_discard(&peer);
	peer_send(&peer, &holes);
	peer_wait(&peer, 20000);
	(void)peer_expect(&peer, "A", 2001, 1, 1000);
	(void)peer_expect(&peer, "A", 5001, 1, 1000);
	peer_fini(&peer);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("loss");
	tcase_add_loop_test(tcase, three_sacked_segments_show_a_loss, 0, 2);
	tcase_add_loop_test(tcase, three_duplicates_show_a_loss_without_sack, 0, 2);
	tcase_add_loop_test(tcase, what_is_no_duplicate_is_not_counted, 0, 2);
	tcase_add_loop_test(tcase, only_what_is_missing_is_sent_again, 0, 2);
	tcase_add_loop_test(tcase, a_partial_acknowledgment_shows_the_next_loss_without_sack, 0, 2);
	tcase_add_loop_test(tcase, recovery_ends_when_what_was_sent_before_it_is_acknowledged, 0,
			    2);
	tcase_add_loop_test(tcase, echoes_of_a_recovery_begin_no_other_without_sack, 0, 2);
	tcase_add_loop_test(tcase, prr_leads_the_window_down_while_segments_arrive, 0, 2);
	tcase_add_loop_test(tcase, prr_goes_on_by_slow_start_when_much_was_lost, 0, 2);
	tcase_add_loop_test(tcase, one_sacked_segment_is_a_loss_after_a_quarter_round_trip, 0, 2);
	tcase_add_loop_test(tcase, a_lost_retransmission_is_found_by_time, 0, 2);
	tcase_add_loop_test(tcase, reordering_that_was_seen_is_waited_for, 0, 2);
	tcase_add_loop_test(tcase, the_last_segment_is_sent_again_after_two_round_trips, 0, 2);
	tcase_add_loop_test(tcase, a_probe_that_was_needless_costs_nothing, 0, 2);
	tcase_add_loop_test(tcase, a_probe_that_mended_a_loss_reduces_the_window, 0, 2);
	tcase_add_loop_test(tcase, a_probe_does_not_repeat_what_was_sacked, 0, 2);
	tcase_add_loop_test(tcase, without_sack_there_is_no_probe, 0, 2);
	tcase_add_loop_test(tcase, after_a_timeout_one_segment_is_sent, 0, 2);
	tcase_add_loop_test(tcase, after_a_timeout_slow_start_sends_all_of_it_again, 0, 2);
	tcase_add_loop_test(tcase, a_spurious_timeout_is_undone, 0, 2);
	tcase_add_test(tcase, what_was_no_loss_has_its_place_in_time_again);
	tcase_add_loop_test(tcase, a_timestamp_shows_a_spurious_timeout_at_once, 0, 2);
	tcase_add_loop_test(tcase, a_timestamp_shows_a_spurious_fast_retransmission_at_once, 0, 2);
	tcase_add_loop_test(tcase, dsacks_for_all_that_was_sent_again_undo_the_reduction, 0, 2);
	tcase_add_loop_test(tcase, a_peer_that_takes_back_what_it_sacked_gets_it_again, 0, 2);
	tcase_add_loop_test(tcase, nonsense_in_sack_blocks_is_ignored, 0, 2);
	tcase_add_loop_test(tcase, a_part_of_a_super_segment_is_sent_again_alone, 0, 2);
	Suite *suite = suite_create("tcp: loss");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
