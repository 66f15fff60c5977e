/*
 * Text and its acknowledgment (RFC 9293, sections 3.8.6 and 3.10.7.4): order, overlap, duplicates, windows,
 * delayed acknowledgments, super-segments.
 */
#include <string.h>

#include "tests/stack/peer.h"
#include "tests/suite.h"

static struct peer peer;
static const enum addr_family families[] = { ADDR_IPV4, ADDR_IPV6 };

static void
passive(int family)
{
	peer_passive(&peer, &(struct peer_config){ .family = families[family] });
}

/* Text with a pattern, so that every octet tells its place. */
static void
text(uint32_t seq, size_t size)
{
	static uint8_t bytes[65536];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)((seq + i) * 7);
	peer_send(&peer, &(struct peer_segment){ .flags = "A",
						 .seq = seq,
						 .ack = 1,
						 .window = 65535,
						 .size = size,
						 .data = bytes });
}

/* All that may be read is the pattern from `seq` on; returns how much. */
static size_t
read_text(uint32_t seq)
{
	static uint8_t bytes[65536];
	size_t got, total = 0;

	while (tcp_receive(peer.host.stack, peer.conn, bytes, sizeof bytes, peer.host.now_us,
			   &got) == 0 &&
	       got != 0) {
		for (size_t i = 0; i < got; i++)
			ck_assert_uint_eq(bytes[i], (uint8_t)((seq + total + i) * 7));
		total += got;
	}
	return total;
}

/* ---- order ----------------------------------------------------------------------------------- */

START_TEST(text_is_read_in_order_however_it_comes)
{
	passive(_i);
	text(201, 100);
	text(101, 100);
	text(301, 50);
	ck_assert_uint_eq(read_text(1), 0);
	text(1, 100);
	ck_assert_uint_eq(read_text(1), 350);
	peer_fini(&peer);
}
END_TEST

/* Nothing is urgent (RFC 6093): the octets stay where they are in the stream. */
START_TEST(urgent_octets_are_octets_like_others)
{
	passive(_i);
	peer_send(&peer, &(struct peer_segment){
				 .flags = "PAU", .seq = 1, .ack = 1, .window = 65535, .size = 3, .data = "\x07\x0e\x15" });
	text(4, 100);
	ck_assert_uint_eq(read_text(1), 103);
	peer_fini(&peer);
}
END_TEST

START_TEST(what_is_out_of_order_is_acknowledged_at_once)
{
	passive(_i);
	for (uint32_t i = 1; i <= 4; i++) {
		text(1 + 200 * i, 100);
		const struct peer_segment *is = peer_expect(&peer, "A", 1, 1, 0);
		ck_assert_uint_eq(is->sack_count, i < 4 ? i : 4);
		/* The latest piece first (RFC 2018, section 4). */
		for (uint32_t block = 0; block < is->sack_count; block++) {
			ck_assert_uint_eq(is->sacks[block].begin, 1 + 200 * (i - block));
			ck_assert_uint_eq(is->sacks[block].end, 101 + 200 * (i - block));
		}
	}
	text(1, 200);
	(void)peer_expect(&peer, "A", 1, 301, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(what_waits_behind_a_hole_is_timed)
{
	passive(_i);
	peer_wait(&peer, 1000);
	ck_assert_uint_eq(tcp_hole_us(peer.host.stack, peer.conn), 0);
	text(101, 100);
	peer_wait(&peer, 5000);
	text(301, 100); /* a second hole is the same wait */
	peer_wait(&peer, 2000);
	text(1, 100);
	peer_wait(&peer, 1000);
	text(201, 100);
	ck_assert_uint_eq(tcp_hole_us(peer.host.stack, peer.conn), 8000);
	peer_wait(&peer, 9000);
	ck_assert_uint_eq(tcp_hole_us(peer.host.stack, peer.conn), 8000);
	peer_fini(&peer);
}
END_TEST

START_TEST(neighbouring_pieces_become_one_block)
{
	passive(_i);
	text(101, 100);
	text(301, 100);
	text(201, 100);
	peer_expect(&peer, "A", 1, 1, 0);
	peer_expect(&peer, "A", 1, 1, 0);
	const struct peer_segment *is = peer_expect(&peer, "A", 1, 1, 0);
	ck_assert_uint_eq(is->sack_count, 1);
	ck_assert_uint_eq(is->sacks[0].begin, 101);
	ck_assert_uint_eq(is->sacks[0].end, 401);
	peer_fini(&peer);
}
END_TEST

START_TEST(pieces_that_overlap_are_taken_once)
{
	passive(_i);
	text(51, 100);
	text(101, 100);
	text(1, 75);
	text(150, 100);
	ck_assert_uint_eq(read_text(1), 249);
	text(200, 100);
	ck_assert_uint_eq(read_text(250), 50);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_duplicate_is_told_in_a_dsack)
{
	passive(_i);
	text(1, 100);
	peer_discard(&peer);
	text(1, 100);
	const struct peer_segment *is = peer_expect(&peer, "A", 1, 101, 0);
	ck_assert_uint_eq(is->sack_count, 1);
	ck_assert_uint_eq(is->sacks[0].begin, 1);
	ck_assert_uint_eq(is->sacks[0].end, 101);
	text(301, 100);
	is = peer_expect(&peer, "A", 1, 101, 0);
	ck_assert_uint_eq(is->sack_count, 1); /* it is told once */
	text(301, 100);
	is = peer_expect(&peer, "A", 1, 101, 0); /* RFC 2883, section 4.1.1: and then the piece */
	ck_assert_uint_eq(is->sack_count, 2);
	ck_assert_uint_eq(is->sacks[0].begin, 301);
	ck_assert_uint_eq(is->sacks[0].end, 401);
	ck_assert_uint_eq(is->sacks[1].begin, 301);
	ck_assert_uint_eq(is->sacks[1].end, 401);
	ck_assert_uint_eq(read_text(1), 100);
	peer_fini(&peer);
}
END_TEST

START_TEST(text_beyond_the_window_is_cut_off)
{
	passive(_i);
	const uint32_t edge = peer_info(&peer).rcv_nxt + peer_info(&peer).rcv_wnd - peer.peer_iss;
	text(edge - 100, 200);
	const struct peer_segment *is = peer_expect(&peer, "A", 1, 1, 0);
	ck_assert_uint_eq(is->sacks[0].begin, edge - 100);
	ck_assert_uint_eq(is->sacks[0].end, edge);
	ck_assert_uint_eq(stack_drops(peer.host.stack, DROP_TCP_WINDOW), 1);
	peer_fini(&peer);
}
END_TEST

START_TEST(hundreds_of_holes_are_kept_and_too_many_are_refused)
{
	passive(_i);
	for (uint32_t i = 1; i <= 600; i++)
		text(1 + 20 * i, 10);
	ck_assert_uint_eq(stack_drops(peer.host.stack, DROP_TCP_HOLES), 600 - 512);
	peer_discard(&peer);
	for (uint32_t i = 0; i < 512; i++) {
		text(1 + 20 * i, 10);
		text(11 + 20 * i, 10);
	}
	text(1 + 20 * 512, 20);
	ck_assert_uint_eq(read_text(1), 20 * 513);
	ck_assert_uint_eq(peer_info(&peer).out_of_order_bytes, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_segment_may_be_as_large_as_ip_allows)
{
	struct tcp_config tcp = peer_tcp();

	tcp.receive_buffer_bytes = 1 << 20;
	peer_passive(&peer, &(struct peer_config){
				    .family = families[_i], .tcp = tcp, .has_tcp = true });
	peer_write(&peer, 1); /* the window is larger than its first 65535 from here on */
	peer_discard(&peer);
	text(1, 65000);
	(void)peer_expect(&peer, "A", 2, 65001, 0);
	text(65001, 65000);
	(void)peer_expect(&peer, "A", 2, 130001, 0);
	ck_assert_uint_eq(read_text(1), 130000);
	peer_fini(&peer);
}
END_TEST

/* ---- acknowledging (RFC 9293, section 3.8.6.3; RFC 5681, section 4.2) ------------------------- */

static void
without_quick_acks(int family)
{
	struct tcp_config tcp = peer_tcp();

	tcp.quick_ack = false;
	peer_passive(&peer, &(struct peer_config){
				    .family = families[family], .tcp = tcp, .has_tcp = true });
}

START_TEST(an_acknowledgment_is_delayed_40_ms)
{
	without_quick_acks(_i);
	text(1, 100);
	peer_wait(&peer, 38000);
	peer_expect_nothing(&peer);
	peer_wait(&peer, 4000);
	(void)peer_expect(&peer, "A", 1, 101, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(every_second_full_segment_is_acknowledged_at_once)
{
	without_quick_acks(_i);
	for (uint32_t i = 0; i < 6; i++) {
		text(1 + 1000 * i, 1000);
		if (i % 2 == 1)
			(void)peer_expect(&peer, "A", 1, 1 + 1000 * (i + 1), 0);
		peer_expect_nothing(&peer);
	}
	peer_fini(&peer);
}
END_TEST

START_TEST(the_first_segments_are_acknowledged_at_once_as_linux_does)
{
	passive(_i);
	for (uint32_t i = 0; i < 10; i++) {
		text(1 + 1000 * i, 1000);
		(void)peer_expect(&peer, "A", 1, 1 + 1000 * (i + 1), 0);
	}
	peer_fini(&peer);
}
END_TEST

START_TEST(an_answer_carries_the_acknowledgment)
{
	without_quick_acks(_i);
	text(1, 100);
	ck_assert_uint_eq(read_text(1), 100);
	peer_write(&peer, 50);
	(void)peer_expect(&peer, "PA", 1, 101, 50);
	peer_wait(&peer, 100000);
	ck_assert_uint_eq(peer_pending(&peer), 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_batch_is_acknowledged_once)
{
	struct stack_action action;

	passive(_i);
	for (uint32_t i = 0; i < 8; i++) {
		peer.host.rx_flags = i < 7 ? STACK_RX_MORE : 0;
		text(1 + 1000 * i, 1000);
		if (i < 7)
			while (stack_next(peer.host.stack, &action)) /* only what has come is told */
				ck_assert_int_eq(action.kind, STACK_TCP);
	}
	(void)peer_expect(&peer, "A", 1, 8001, 0);
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_batch_ends_with_a_frame_that_is_refused_too)
{
	struct stack_action action;
	bool is_sent = false;

	passive(_i);
	peer.host.rx_flags = STACK_RX_MORE;
	text(1, 1000);
	stack_receive(peer.host.stack, 1000, (const uint8_t *)"x", 1, 0, peer.host.now_us); /* no such interface */
	while (stack_next(peer.host.stack, &action))
		is_sent |= action.kind == STACK_TRANSMIT;
	ck_assert(is_sent);
	ck_assert_uint_eq(stack_drops(peer.host.stack, DROP_INTERFACE_DOWN), 1);
	peer_fini(&peer);
}
END_TEST

/* ---- the window ------------------------------------------------------------------------------ */

START_TEST(the_window_closes_and_opens_with_what_is_read)
{
	uint32_t seq = 1, window = 64240;

	peer_passive(&peer, &(struct peer_config){ .family = families[_i], .no_wscale = true });
	if (_i == 1)
		window = 64800;
	while (window != 0) {
		const uint32_t size = window < 1000 ? window : 1000;
		text(seq, size);
		seq += size;
		peer_wait(&peer, 50000);
		window = peer_take(&peer)->window;
		peer_discard(&peer);
	}
	ck_assert_uint_ge(seq, 60000); /* no silly window: it closes a little early */
	text(seq, 1); /* a probe of the closed window is answered */
	const struct peer_segment *is = peer_take(&peer);
	ck_assert_uint_eq(is->window, 0);
	ck_assert_uint_ge(read_text(1), 60000);
	is = peer_take(&peer); /* the update is sent without being asked for */
	ck_assert_uint_ge(is->window, 32000);
	peer_fini(&peer);
}
END_TEST

START_TEST(the_window_is_never_taken_back)
{
	uint32_t edge = 0;

	peer_passive(&peer, &(struct peer_config){ .family = families[_i] });
	for (uint32_t i = 0; i < 60; i++) {
		text(1 + 1000 * i, 1000);
		peer_wait(&peer, 50000);
		const struct peer_segment *is = peer_take(&peer);
		ck_assert_uint_ge(is->ack + (is->window << 8), edge);
		edge = is->ack + (is->window << 8);
		peer_discard(&peer);
	}
	peer_fini(&peer);
}
END_TEST

START_TEST(the_receive_buffer_grows_with_a_program_that_reads)
{
	uint32_t seq = 1, largest = 0;

	peer_passive(&peer, &(struct peer_config){ .family = families[_i], .timestamps = true });
	for (unsigned round = 0; round < 12 && largest < 1u << 20; round++) {
		const struct tcp_conn_info info = peer_info(&peer);
		largest = info.rcv_wnd > largest ? info.rcv_wnd : largest;
		/* All that the window allows, each round trip. */
		for (uint32_t left = info.rcv_wnd; left >= 1448; left -= 1448, seq += 1448) {
			peer_data(&peer, seq, 1, 1448);
			ck_assert_uint_eq(peer_read(&peer), 1448);
			peer_discard(&peer);
		}
		peer_wait(&peer, 20000);
		peer_discard(&peer);
	}
	ck_assert_uint_ge(largest, 1u << 20);
	ck_assert_uint_le(largest, 8u << 20);
	peer_fini(&peer);
}
END_TEST

START_TEST(what_is_lent_is_what_was_sent)
{
	const uint8_t *bytes;
	size_t size, total = 0;

	passive(_i);
	text(1, 10000);
	text(10001, 10000);
	while (tcp_peek(peer.host.stack, peer.conn, total, &bytes, &size) == 0) {
		ck_assert_uint_ne(size, 0);
		for (size_t i = 0; i < size; i++)
			ck_assert_uint_eq(bytes[i], (uint8_t)((1 + total + i) * 7));
		total += size;
	}
	ck_assert_uint_eq(total, 20000);
	ck_assert_int_eq(tcp_consume(peer.host.stack, peer.conn, 15000, peer.host.now_us), 0);
	ck_assert_int_eq(tcp_consume(peer.host.stack, peer.conn, 5001, peer.host.now_us),
			 ERR_TOO_BIG);
	ck_assert_uint_eq(read_text(15001), 5000);
	peer_fini(&peer);
}
END_TEST

START_TEST(text_nobody_wants_is_thrown_away_and_acknowledged)
{
	passive(_i);
	ck_assert_int_eq(tcp_shutdown_receive(peer.host.stack, peer.conn), 0);
	for (uint32_t i = 0; i < 100; i++) {
		text(1 + 1000 * i, 1000);
		peer_wait(&peer, 50000);
		(void)peer_expect(&peer, "A", 1, 1 + 1000 * (i + 1), 0);
	}
	ck_assert_uint_eq(read_text(1), 0);
	peer_fini(&peer);
}
END_TEST

/* Without a word the peer would take us for dead, while other connections' programs leave their data unread. */
START_TEST(text_that_finds_no_memory_is_answered)
{
	struct stack_limits limits = host_limits;
	uint32_t seq = 1;

	limits.tcp_count = 8;
	limits.tcp_syn_count = 4;
	limits.tcp_buffer_bytes = 32u << 10;
	peer_passive(&peer, &(struct peer_config){ .family = families[_i], .limits = &limits });
	for (; seq < 1 + 60000; seq += 1000)
		text(seq, 1000);
	peer_discard(&peer);
	const uint32_t taken = peer_info(&peer).rcv_nxt - peer_info(&peer).irs;
	ck_assert_uint_lt(taken, 40000);
	text(taken, 1000);
	(void)peer_expect(&peer, "A", 1, taken, 0);
	ck_assert_uint_eq(read_text(1), taken - 1);
	text(taken, 1000);
	peer_wait(&peer, 50000);
	(void)peer_expect(&peer, "A", 1, taken + 1000, 0);
	peer_fini(&peer);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("data");
	tcase_add_loop_test(tcase, text_is_read_in_order_however_it_comes, 0, 2);
	tcase_add_loop_test(tcase, urgent_octets_are_octets_like_others, 0, 2);
	tcase_add_loop_test(tcase, what_is_out_of_order_is_acknowledged_at_once, 0, 2);
	tcase_add_loop_test(tcase, what_waits_behind_a_hole_is_timed, 0, 2);
	tcase_add_loop_test(tcase, neighbouring_pieces_become_one_block, 0, 2);
	tcase_add_loop_test(tcase, pieces_that_overlap_are_taken_once, 0, 2);
	tcase_add_loop_test(tcase, a_duplicate_is_told_in_a_dsack, 0, 2);
	tcase_add_loop_test(tcase, text_beyond_the_window_is_cut_off, 0, 2);
	tcase_add_loop_test(tcase, hundreds_of_holes_are_kept_and_too_many_are_refused, 0, 2);
	tcase_add_loop_test(tcase, a_segment_may_be_as_large_as_ip_allows, 0, 2);
	tcase_add_loop_test(tcase, an_acknowledgment_is_delayed_40_ms, 0, 2);
	tcase_add_loop_test(tcase, every_second_full_segment_is_acknowledged_at_once, 0, 2);
	tcase_add_loop_test(tcase, the_first_segments_are_acknowledged_at_once_as_linux_does, 0, 2);
	tcase_add_loop_test(tcase, an_answer_carries_the_acknowledgment, 0, 2);
	tcase_add_loop_test(tcase, a_batch_is_acknowledged_once, 0, 2);
	tcase_add_loop_test(tcase, a_batch_ends_with_a_frame_that_is_refused_too, 0, 2);
	tcase_add_loop_test(tcase, the_window_closes_and_opens_with_what_is_read, 0, 2);
	tcase_add_loop_test(tcase, the_window_is_never_taken_back, 0, 2);
	tcase_add_loop_test(tcase, the_receive_buffer_grows_with_a_program_that_reads, 0, 2);
	tcase_add_loop_test(tcase, what_is_lent_is_what_was_sent, 0, 2);
	tcase_add_loop_test(tcase, text_nobody_wants_is_thrown_away_and_acknowledged, 0, 2);
	tcase_add_loop_test(tcase, text_that_finds_no_memory_is_answered, 0, 2);
	Suite *suite = suite_create("tcp: data");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
