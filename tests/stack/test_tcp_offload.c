/*
 * TCP over links that split and merge its segments: what is handed over in one piece counts, is lost and goes
 * again by segments.
 */
#include <string.h>

#include "stack/link/segment.h"
#include "stack/stack_priv.h"
#include "stack/tcp.h"
#include "stack/trace.h"
#include "tests/stack/packet.h"
#include "tests/stack/pair.h"
#include "tests/suite.h"

#define MSS          1460u
#define FLAGS        (STACK_IF_SEGMENT_TX | STACK_IF_CHECKSUM_TX)
#define GATHER       (FLAGS | STACK_IF_GATHER_TX)
#define TEN_MORE     20000u /* more than ten segments */
#define WINDOW_BYTES 600000u /* more than the link is handed at once */

/* Two stations of an Ethernet that hands super-segments on unsplit, unless the test splits them. */
struct offload {
	struct host a, b;
	tcp_conn conn, listener, accepted;
	uint32_t mss;
	size_t received;
	bool has_super; /* the last that A has sent of TCP */
	size_t data_bytes;
	uint32_t seq;
	uint8_t frame[STACK_FRAME_MAX];
	size_t frame_bytes;
	unsigned frames_a; /* of TCP that carry data */
};

static struct offload offload;

static void
host_begin(struct host *host, const char *ipv4, const char *ipv6, uint8_t number, uint32_t if_flags)
{
	host_init(host, &(struct host_config){ .ipv4 = ipv4,
					       .ipv6 = ipv6,
					       .if_flags = if_flags,
					       .kind = STACK_IF_ETHER,
					       .mac = { { 0x02, 0, 0, 0, 0, number } },
					       .limits = &pair_limits,
					       .seed = number });
}

/* As a link writes it that gathers. */
static void
keep_frame(const struct stack_action *action)
{
	offload.frame_bytes = action->size;
	memcpy(offload.frame, action->bytes, action->size);
	for (size_t i = 0; i < action->piece_count; offload.frame_bytes += action->pieces[i++].size)
		memcpy(offload.frame + offload.frame_bytes, action->pieces[i].bytes, action->pieces[i].size);
}

/* The next frame of TCP data that A sends is kept; everything before goes to B. */
static bool
next_of_a(void)
{
	struct stack_action action;
	struct segment_layout layout;

	while (stack_next(offload.a.stack, &action)) {
		if (action.kind != STACK_TRANSMIT)
			continue;
		if (segment_layout_read(&layout, action.bytes, action.size + action.pieces_bytes, STACK_IF_ETHER) == 0 &&
		    layout.end != layout.data_at) {
			offload.has_super = action.segment_bytes != 0;
			offload.data_bytes = layout.end - layout.data_at;
			offload.seq = packet_u32(action.bytes, layout.tcp_at + 4);
			offload.frames_a++;
			keep_frame(&action);
			return true;
		}
		stack_receive(offload.b.stack, offload.b.ifindex, action.bytes, action.size,
			      STACK_RX_CHECKSUM_PARTIAL, offload.b.now_us);
	}
	return false;
}

static void
all_of_b(void)
{
	static uint8_t read[65536];
	struct stack_action action;
	size_t got;

	while (stack_next(offload.b.stack, &action)) {
		if (action.kind == STACK_TRANSMIT)
			stack_receive(offload.a.stack, offload.a.ifindex, action.bytes, action.size,
				      STACK_RX_CHECKSUM_PARTIAL, offload.a.now_us);
		while (offload.accepted != 0 &&
		       tcp_receive(offload.b.stack, offload.accepted, read, sizeof read,
				   offload.b.now_us, &got) == 0 &&
		       got != 0)
			offload.received += got;
	}
}

static void
pass_time(uint64_t for_us)
{
	offload.a.now_us += for_us;
	offload.b.now_us += for_us;
	stack_timeout(offload.a.stack, offload.a.now_us);
	stack_timeout(offload.b.stack, offload.b.now_us);
}

/* What A has to send reaches B, until both are quiet. */
static void
pass_all(void)
{
	for (bool is_busy = true; is_busy;) {
		is_busy = next_of_a();
		if (is_busy)
			stack_receive(offload.b.stack, offload.b.ifindex, offload.frame, offload.frame_bytes,
				      STACK_RX_CHECKSUM_PARTIAL, offload.b.now_us);
		all_of_b();
	}
}

static void
connect_over(const char *to, uint32_t mss, uint32_t if_flags)
{
	const struct ip_addr any = { 0 }, remote = addr_of(to);
	struct tcp_config config = tcp_config_default;

	config.timestamps = false; /* a segment is mss octets */
	offload = (struct offload){ .mss = mss };
	host_begin(&offload.a, "192.0.2.1/24", "2001:db8::1/64", 1, if_flags);
	host_begin(&offload.b, "192.0.2.2/24", "2001:db8::2/64", 2, if_flags);
	ck_assert_int_eq(tcp_listen(offload.b.stack, &any, 80, 4, &config, 0, &offload.listener), 0);
	ck_assert_int_eq(tcp_open(offload.a.stack, &remote, 80, NULL, 0, &config, 0, offload.a.now_us,
				  &offload.conn),
			 0);
	for (unsigned i = 0; i < 4; i++) {
		pass_all();
		pass_time(1000);
	}
	ck_assert_int_eq(tcp_accept(offload.b.stack, offload.listener, 0, &offload.accepted), 0);
}

static void
connect_with(uint32_t if_flags)
{
	connect_over("192.0.2.2", MSS, if_flags);
}

static void
connect_over_family(int is_ipv6, uint32_t if_flags)
{
	if (is_ipv6)
		connect_over("2001:db8::2", MSS - 20, if_flags);
	else
		connect_with(if_flags);
}

static void
connect_both(void)
{
	connect_with(FLAGS);
}

static void
disconnect(void)
{
	host_fini(&offload.a);
	host_fini(&offload.b);
}

static void
write_some(size_t size)
{
	static const uint8_t zeros[TEN_MORE];
	size_t taken;

	ck_assert_int_eq(tcp_send(offload.a.stack, offload.conn, zeros, size, 0, offload.a.now_us, &taken), 0);
	ck_assert_uint_eq(taken, size);
}

static struct tcp_conn_info
info_of_a(void)
{
	struct tcp_conn_info info;
	ck_assert_int_eq(tcp_info(offload.a.stack, offload.conn, &info), 0);
	return info;
}

/* Hands B the segments from..to of the super-segment that is kept, as a device does that splits. */
static void
pass_segments(unsigned from, unsigned to)
{
	const struct link_frame frame = { .bytes = offload.frame, .size = offload.frame_bytes, .segment_bytes = (uint16_t)offload.mss };
	struct segment_cutter cutter;
	uint8_t piece[2048];

	ck_assert_int_eq(segment_cut_begin(&cutter, &frame, STACK_IF_ETHER), 0);
	for (unsigned i = 0; i < to; i++) {
		int size = segment_cut_next(&cutter, piece, sizeof piece);
		ck_assert_int_gt(size, 0);
		if (i >= from)
			stack_receive(offload.b.stack, offload.b.ifindex, piece, (size_t)size, 0,
				      offload.b.now_us);
	}
}

START_TEST(the_initial_window_is_one_super_segment_of_ten)
{
	connect_both();
	write_some(TEN_MORE);
	ck_assert(next_of_a());
	ck_assert(offload.has_super);
	ck_assert_uint_eq(offload.data_bytes, 10 * MSS);
	ck_assert_uint_eq(info_of_a().unacked_segments, 10);
	ck_assert(!next_of_a());
	disconnect();
}
END_TEST

static void
write_all_that_fits(void)
{
	static const uint8_t zeros[65536];
	size_t taken;

	while (tcp_send(offload.a.stack, offload.conn, zeros, sizeof zeros, 0, offload.a.now_us, &taken) == 0)
		;
}

START_TEST(of_a_large_window_no_more_is_built_than_the_link_soon_takes)
{
	connect_with(_i == 1 ? GATHER : FLAGS);
	for (unsigned i = 0; i < 100 && info_of_a().cwnd_bytes < WINDOW_BYTES; i++) {
		write_all_that_fits();
		pass_all();
		pass_time(1000);
	}
	ck_assert_uint_ge(info_of_a().cwnd_bytes, WINDOW_BYTES);
	write_all_that_fits();
	ck_assert_uint_ge(info_of_a().not_sent_bytes, WINDOW_BYTES);
	ck_assert(next_of_a());
	const size_t waiting_bytes = queue_used_bytes(&offload.a.stack->transmit) + offload.a.stack->lent_bytes;
	ck_assert_uint_gt(waiting_bytes, STACK_FRAME_MAX);
	ck_assert_uint_le(waiting_bytes, (256u << 10) + STACK_FRAME_MAX);
	pass_all();
	ck_assert_uint_eq(info_of_a().not_sent_bytes, 0);
	ck_assert_uint_eq(offload.a.stack->lent_bytes, 0);
	disconnect();
}
END_TEST

/* ---- payloads in pieces ---------------------------------------------------------------------- */

/* The next frame of A's of TCP data; what came before it is lost. */
static bool
next_super(struct stack_action *action)
{
	while (stack_next(offload.a.stack, action))
		if (action->kind == STACK_TRANSMIT && action->segment_bytes != 0)
			return true;
	return false;
}

START_TEST(a_link_that_gathers_gets_the_payload_from_where_it_was_written)
{
	static uint8_t bytes[10 * MSS], gathered[10 * MSS];
	struct stack_action action;
	size_t taken, at = 0;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i % 251);
	connect_with(GATHER);
	ck_assert_int_eq(tcp_send(offload.a.stack, offload.conn, bytes, sizeof bytes, 0, offload.a.now_us, &taken), 0);
	ck_assert(next_super(&action));
	ck_assert_uint_eq(action.size, action.segment_start); /* no padding between them */
	ck_assert_uint_eq(action.pieces_bytes, sizeof bytes);
	ck_assert_uint_le(action.piece_count, STACK_PIECES_MAX);
	for (size_t i = 0; i < action.piece_count; at += action.pieces[i++].size)
		memcpy(gathered + at, action.pieces[i].bytes, action.pieces[i].size);
	ck_assert_uint_eq(at, sizeof bytes);
	ck_assert_mem_eq(gathered, bytes, sizeof bytes);
	disconnect();
}
END_TEST

START_TEST(what_the_peer_gives_up_before_it_was_sent_is_not_sent)
{
	struct stack_action action;

	connect_with(GATHER);
	write_some(10 * MSS);
	ck_assert(tcp_flush(offload.a.stack));
	ck_assert_uint_eq(offload.a.stack->transmit.count, 1);
	tcp_abort(offload.b.stack, offload.accepted, offload.b.now_us);
	all_of_b();
	ck_assert(!next_super(&action));
	ck_assert_uint_eq(stack_drops(offload.a.stack, DROP_TCP_OVERTAKEN), 1);
	ck_assert_uint_eq(offload.a.stack->lent_bytes, 0);
	disconnect();
}
END_TEST

/* RFC 5961, section 3.2: only the very next number resets; ahead of it B would ask first, and A's data would be missing. */
static void
expect_data_then_reset(void)
{
	const uint64_t sent = offload.b.stack->stats.sent_frames;

	tcp_abort(offload.a.stack, offload.conn, offload.a.now_us);
	ck_assert_uint_eq(tcp_poll(offload.a.stack, offload.conn), 0); /* the number means nothing any more */
	pass_all();
	ck_assert_uint_eq(offload.received, 10 * offload.mss);
	ck_assert_int_eq(tcp_reason_of(offload.b.stack, offload.accepted), TCP_REASON_RESET);
	ck_assert_uint_eq(offload.b.stack->stats.sent_frames, sent + 1); /* the data's acknowledgment */
	ck_assert_uint_eq(stack_drops(offload.a.stack, DROP_TCP_OVERTAKEN), 0);
	ck_assert_uint_eq(offload.a.stack->tcp.tcbs_used, 0);
	disconnect();
}

START_TEST(what_is_queued_when_a_program_aborts_leaves_before_the_reset)
{
	connect_over_family(_i, GATHER);
	write_some(10 * offload.mss);
	ck_assert(tcp_flush(offload.a.stack));
	ck_assert_uint_eq(offload.a.stack->lent_bytes, 10 * offload.mss);
	expect_data_then_reset();
}
END_TEST

START_TEST(what_is_to_be_sent_again_when_a_program_aborts_leaves_before_the_reset)
{
	connect_over_family(_i, GATHER);
	write_some(10 * offload.mss);
	ck_assert(next_of_a());
	pass_segments(0, 4);
	pass_segments(6, 10);
	all_of_b();
	ck_assert(tcp_flush(offload.a.stack));
	ck_assert_uint_eq(offload.a.stack->lent_bytes, 2 * offload.mss);
	expect_data_then_reset();
}
END_TEST

/* Also where its number means nothing any more. */
static struct tcp_conn_info
the_one_of_a(void)
{
	struct tcp_conn_info info;
	uint32_t place = 0;

	ck_assert(tcp_info_next(offload.a.stack, &place, &info));
	return info;
}

/* However long the link takes, and though an acknowledgment arms timers again. */
START_TEST(no_timer_sends_while_a_reset_waits)
{
	connect_over_family(_i % 2, GATHER);
	write_some(TEN_MORE);
	ck_assert(next_of_a());
	pass_segments(0, 4);
	all_of_b();
	ck_assert(tcp_flush(offload.a.stack));
	const uint64_t sent = the_one_of_a().segments_out;
	ck_assert_uint_gt(offload.a.stack->lent_bytes, 0);
	tcp_abort(offload.a.stack, offload.conn, offload.a.now_us);
	if (_i / 2 == 1) {
		pass_segments(4, 10);
		all_of_b();
	}
	for (unsigned i = 0; i < 20; i++)
		pass_time(100000);
	ck_assert_uint_eq(the_one_of_a().segments_out, sent);
	ck_assert_uint_eq(offload.a.stack->tcp.tcbs_used, 1);
	pass_all();
	ck_assert_uint_eq(stack_drops(offload.a.stack, DROP_TCP_OVERTAKEN), 0);
	ck_assert_uint_eq(offload.a.stack->tcp.tcbs_used, 0);
	disconnect();
}
END_TEST

/* For the program it is over: a connection of the same name may follow, and what was queued of the first goes no more. */
START_TEST(who_has_aborted_may_open_the_same_again_at_once)
{
	connect_over_family(_i, GATHER);
	const struct tcp_conn_info before = info_of_a();
	write_some(10 * offload.mss);
	ck_assert(tcp_flush(offload.a.stack));
	tcp_abort(offload.a.stack, offload.conn, offload.a.now_us);
	ck_assert_int_eq(tcp_open(offload.a.stack, &before.remote, 80, NULL, before.local_port, NULL, 0, offload.a.now_us, &offload.conn), 0);
	ck_assert_uint_eq(offload.a.stack->tcp.tcbs_used, 1);
	pass_all();
	pass_all(); /* what A says to B's challenge */
	ck_assert_int_eq(tcp_reason_of(offload.b.stack, offload.accepted), TCP_REASON_RESET);
	ck_assert_uint_eq(offload.received, 0);
	ck_assert_uint_eq(offload.a.stack->lent_bytes, 0);
	disconnect();
}
END_TEST

/* Only what was queued is waited for: what the window held back is thrown away. */
START_TEST(a_program_that_aborts_sends_nothing_more)
{
	connect_over_family(_i, GATHER);
	write_some(TEN_MORE);
	ck_assert(tcp_flush(offload.a.stack));
	ck_assert_uint_gt(info_of_a().not_sent_bytes, 0);
	expect_data_then_reset();
}
END_TEST

START_TEST(what_a_closed_connection_has_to_send_is_sent)
{
	struct stack_action action;

	connect_with(GATHER);
	write_some(9 * MSS);
	ck_assert(tcp_flush(offload.a.stack));
	tcp_close(offload.a.stack, offload.conn, offload.a.now_us);
	ck_assert(next_super(&action));
	ck_assert_uint_eq(action.pieces_bytes, 9 * MSS);
	disconnect();
}
END_TEST

START_TEST(who_looks_at_frames_sees_them_whole)
{
	static uint64_t block[8192];
	struct stack_action action;
	struct event_ring ring;

	event_ring_init(&ring, block, sizeof block);
	connect_with(GATHER);
	stack_trace(offload.a.stack, &ring);
	stack_trace_frames(offload.a.stack, _i == 1);
	write_some(10 * MSS);
	ck_assert(next_super(&action));
	ck_assert_uint_eq(action.pieces_bytes, _i == 1 ? 0 : 10 * MSS);
	disconnect();
}
END_TEST

/* ---- on arrival ------------------------------------------------------------------------------ */

START_TEST(a_super_segment_that_arrives_whole_is_acknowledged_once)
{
	struct stack_action action;
	unsigned acks = 0;

	connect_both();
	write_some(10 * MSS);
	ck_assert(next_of_a());
	stack_receive(offload.b.stack, offload.b.ifindex, offload.frame, offload.frame_bytes,
		      STACK_RX_CHECKSUM_PARTIAL, offload.b.now_us);
	while (stack_next(offload.b.stack, &action))
		acks += action.kind == STACK_TRANSMIT;
	ck_assert_uint_eq(acks, 1);
	disconnect();
}
END_TEST

static void
receive_lent(void)
{
	struct stack_action action;

	stack_receive(offload.b.stack, offload.b.ifindex, offload.frame, offload.frame_bytes,
		      STACK_RX_CHECKSUM_PARTIAL | STACK_RX_LENT, offload.b.now_us);
	while (stack_next(offload.b.stack, &action))
		;
}

/* The program reads while the link still holds the frame: from there, and what it leaves is kept. */
START_TEST(what_is_read_from_a_lent_frame_is_not_copied)
{
	static uint8_t octets[8 * MSS], read[8 * MSS];
	const uint8_t *piece;
	size_t size;

	connect_both();
	for (size_t i = 0; i < sizeof octets; i++)
		octets[i] = (uint8_t)(i * 7);
	ck_assert_int_eq(tcp_send(offload.a.stack, offload.conn, octets, sizeof octets, 0, offload.a.now_us, &size), 0);
	ck_assert(next_of_a());
	receive_lent();
	ck_assert_int_eq(tcp_peek(offload.b.stack, offload.accepted, 0, &piece, &size), 0);
	ck_assert_uint_eq(size, sizeof octets);
	ck_assert(piece > offload.frame && piece + size <= offload.frame + offload.frame_bytes);
	ck_assert_mem_eq(piece, octets, size);
	ck_assert_int_eq(tcp_consume(offload.b.stack, offload.accepted, 5000, offload.b.now_us), 0);
	stack_settle(offload.b.stack);
	memset(offload.frame, 0, sizeof offload.frame);
	ck_assert_int_eq(tcp_receive(offload.b.stack, offload.accepted, read, sizeof read, offload.b.now_us, &size), 0);
	ck_assert_uint_eq(size, sizeof octets - 5000);
	ck_assert_mem_eq(read, octets + 5000, size);
	disconnect();
}
END_TEST

/* The connection is gone before the frame. */
START_TEST(a_connection_may_end_while_a_frame_is_lent_to_it)
{
	connect_both();
	write_some(8 * MSS);
	ck_assert(next_of_a());
	receive_lent();
	const struct stream_pool *streams = &offload.b.stack->tcp.streams;
	tcp_abort(offload.b.stack, offload.accepted, offload.b.now_us);
	stack_settle(offload.b.stack);
	ck_assert_uint_eq(streams->free_count, streams->chunk_count);
	disconnect();
}
END_TEST

START_TEST(of_a_super_segment_only_the_lost_segments_go_again)
{
	connect_both();
	write_some(10 * MSS);
	ck_assert(next_of_a());
	const uint32_t seq = offload.seq;
	pass_segments(0, 4);
	pass_segments(6, 10);
	all_of_b();
	ck_assert(next_of_a());
	ck_assert_uint_eq(offload.seq, seq + 4 * MSS);
	ck_assert_uint_eq(offload.data_bytes, 2 * MSS); /* neighbours go together */
	ck_assert_uint_eq(info_of_a().retransmits_total, 2);
	stack_receive(offload.b.stack, offload.b.ifindex, offload.frame, offload.frame_bytes,
		      STACK_RX_CHECKSUM_PARTIAL, offload.b.now_us);
	all_of_b();
	ck_assert_uint_eq(offload.received, 10 * MSS);
	ck_assert_uint_eq(info_of_a().send_queue_bytes, 0);
	disconnect();
}
END_TEST

/*
 * What waits for its neighbour's address has lost the way to the link that would split it, so the stack refuses
 * it (ERR_TOO_BIG): retransmissions go on in single segments, and in super-segments once it is known.
 */
START_TEST(what_was_refused_as_too_big_goes_again_in_segments)
{
	connect_both();
	write_some(TEN_MORE);
	ck_assert(next_of_a());
	const uint32_t seq = offload.seq;
	pass_segments(7, 10);
	/* Behind the same socket there may be another network by now: the neighbours are forgotten. */
	ck_assert_int_eq(stack_if_set_up(offload.a.stack, offload.a.ifindex, false, offload.a.now_us), 0);
	ck_assert_int_eq(stack_if_set_up(offload.a.stack, offload.a.ifindex, true, offload.a.now_us), 0);
	all_of_b();         /* three segments are sacked: the seven before are lost */
	offload.frames_a = 0;
	ck_assert(!next_of_a()); /* the question for B's address, and no segment */
	ck_assert_uint_gt(info_of_a().retransmits_total, 0);
	all_of_b();
	ck_assert(next_of_a());
	ck_assert(!offload.has_super);
	ck_assert_uint_eq(offload.data_bytes, MSS);
	ck_assert_uint_eq(offload.seq, seq);
	stack_receive(offload.b.stack, offload.b.ifindex, offload.frame, offload.frame_bytes, 0, offload.b.now_us);
	for (unsigned i = 0; i < 400 && offload.received < TEN_MORE; i++) {
		pass_all();
		pass_time(10000);
	}
	ck_assert_uint_eq(offload.received, TEN_MORE);
	disconnect();
}
END_TEST

START_TEST(a_link_that_fills_no_checksum_gets_no_super_segments)
{
	struct host host;
	struct stack_if_config config = { .name = "test", .kind = STACK_IF_IP, .mtu = 1500,
					  .flags = STACK_IF_SEGMENT_TX };
	unsigned ifindex;

	host_init(&host, &(struct host_config){ .ipv4 = "192.0.2.1/24", .limits = &pair_limits });
	ck_assert_int_eq(stack_if_add(host.stack, &config, &ifindex), 0);
	ck_assert_int_eq(stack_if_set_up(host.stack, ifindex, true, host.now_us), 0);
	host.ifindex = ifindex;
	host_addr(&host, "198.51.100.1/24", STACK_ADDR_NO_DAD);
	const struct ip_addr remote = addr_of("198.51.100.2");
	struct stack_action action;
	tcp_conn conn;
	ck_assert_int_eq(tcp_open(host.stack, &remote, 80, NULL, 0, NULL, 0, host.now_us, &conn), 0);
	host_expect(&host, STACK_TRANSMIT, &action);
	ck_assert(packet_is_sound(action.bytes, action.size)); /* its checksum is there */
	ck_assert_uint_eq(action.checksum_start, 0);
	host_fini(&host);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("offload");
	tcase_add_test(tcase, the_initial_window_is_one_super_segment_of_ten);
	tcase_add_loop_test(tcase, of_a_large_window_no_more_is_built_than_the_link_soon_takes, 0, 2);
	tcase_add_test(tcase, a_link_that_gathers_gets_the_payload_from_where_it_was_written);
	tcase_add_test(tcase, what_the_peer_gives_up_before_it_was_sent_is_not_sent);
	tcase_add_loop_test(tcase, what_is_queued_when_a_program_aborts_leaves_before_the_reset, 0, 2);
	tcase_add_loop_test(tcase, what_is_to_be_sent_again_when_a_program_aborts_leaves_before_the_reset, 0, 2);
	tcase_add_loop_test(tcase, a_program_that_aborts_sends_nothing_more, 0, 2);
	tcase_add_loop_test(tcase, no_timer_sends_while_a_reset_waits, 0, 4);
	tcase_add_loop_test(tcase, who_has_aborted_may_open_the_same_again_at_once, 0, 2);
	tcase_add_test(tcase, what_a_closed_connection_has_to_send_is_sent);
	tcase_add_loop_test(tcase, who_looks_at_frames_sees_them_whole, 0, 2);
	tcase_add_test(tcase, a_super_segment_that_arrives_whole_is_acknowledged_once);
	tcase_add_test(tcase, what_is_read_from_a_lent_frame_is_not_copied);
	tcase_add_test(tcase, a_connection_may_end_while_a_frame_is_lent_to_it);
	tcase_add_test(tcase, of_a_super_segment_only_the_lost_segments_go_again);
	tcase_add_test(tcase, what_was_refused_as_too_big_goes_again_in_segments);
	tcase_add_test(tcase, a_link_that_fills_no_checksum_gets_no_super_segments);
	Suite *suite = suite_create("tcp: offload");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
