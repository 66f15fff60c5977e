/* Super-segments: each piece is the segment that the sender meant, with its own header. */
#include "stack/link/segment.h"

#include <string.h>

#include "stack/tcp_wire.h"
#include "tests/stack/link/super.h"
#include "tests/stack/packet.h"
#include "tests/suite.h"

#define MSS SUPER_MSS

static uint8_t piece[2048];

static enum stack_if_kind
kind_of(const struct super *super)
{
	return super->is_ethernet ? STACK_IF_ETHER : STACK_IF_IP;
}

START_TEST(pieces_make_up_the_whole)
{
	const struct super super = { .family = (unsigned)_i / 3, .flags = TCP_ACK, .size = 3500,
		                     .is_ethernet = _i % 3 != 0, .has_vlan = _i % 3 == 2 };
	const struct link_frame whole = super_build(&super);
	struct segment_cutter cutter;
	size_t done = 0;
	int size;

	ck_assert_int_eq(segment_cut_begin(&cutter, &whole, kind_of(&super)), 0);
	while ((size = segment_cut_next(&cutter, piece, sizeof piece)) > 0) {
		const size_t ip = cutter.layout.ip_at, tcp = cutter.layout.tcp_at, at = cutter.layout.data_at;
		const size_t data_bytes = (size_t)size - at;
		ck_assert_mem_eq(piece, whole.bytes, ip);
		ck_assert(packet_is_sound(piece + ip, (size_t)size - ip));
		ck_assert_uint_eq(data_bytes, done < 3000 ? MSS : 500);
		ck_assert_mem_eq(piece + at, super_data + done, data_bytes);
		ck_assert_uint_eq(packet_u32(piece, tcp + 4), SUPER_SEQ + (uint32_t)done);
		ck_assert_mem_eq(piece + tcp + TCP_HEADER_BYTES, whole.bytes + tcp + TCP_HEADER_BYTES, SUPER_OPTIONS);
		if (super.family == 0)
			ck_assert_uint_eq(packet_u16(piece, ip + 4), (uint16_t)(SUPER_ID + done / MSS));
		done += data_bytes;
	}
	ck_assert_int_eq(size, 0);
	ck_assert_uint_eq(done, 3500);
}
END_TEST

START_TEST(cwr_is_the_first_segments_fin_and_push_the_lasts)
{
	const struct super super = { .family = (unsigned)_i, .size = 3500,
		                     .flags = TCP_ACK | TCP_CWR | TCP_PSH | TCP_FIN | TCP_ECE };
	static const uint16_t expected[] = { TCP_ACK | TCP_ECE | TCP_CWR, TCP_ACK | TCP_ECE, TCP_ACK | TCP_ECE,
		                             TCP_ACK | TCP_ECE | TCP_PSH | TCP_FIN };
	const struct link_frame whole = super_build(&super);
	struct segment_cutter cutter;

	ck_assert_int_eq(segment_cut_begin(&cutter, &whole, STACK_IF_IP), 0);
	ck_assert(segment_has_cwr(&cutter.layout, whole.bytes));
	for (size_t i = 0; i < COUNT(expected); i++) {
		ck_assert_int_gt(segment_cut_next(&cutter, piece, sizeof piece), 0);
		ck_assert_uint_eq(piece[cutter.layout.tcp_at + 13], expected[i]);
	}
	ck_assert_int_eq(segment_cut_next(&cutter, piece, sizeof piece), 0);
}
END_TEST

START_TEST(padding_is_no_payload)
{
	const struct super super = { .flags = TCP_ACK, .size = 1, .is_ethernet = true };
	struct link_frame whole = super_build(&super);
	struct segment_cutter cutter;

	whole.size += 6;
	ck_assert_int_eq(segment_cut_begin(&cutter, &whole, STACK_IF_ETHER), 0);
	ck_assert_int_eq(segment_cut_next(&cutter, piece, sizeof piece), (int)whole.size - 6);
	ck_assert_int_eq(segment_cut_next(&cutter, piece, sizeof piece), 0);
}
END_TEST

START_TEST(what_is_no_tcp_segment_or_cut_short_is_refused)
{
	const struct super super = { .family = (unsigned)_i, .flags = TCP_ACK, .size = 3500 };
	struct link_frame whole = super_build(&super);
	uint8_t bytes[4096];
	struct segment_layout layout;
	struct segment_cutter cutter;
	const size_t protocol_at = _i == 0 ? 9 : 6, headers = _i == 0 ? 20 : 40;

	memcpy(bytes, whole.bytes, whole.size);
	for (size_t size = 0; size < whole.size; size++)
		ck_assert_int_lt(segment_layout_read(&layout, bytes, size, STACK_IF_IP), 0);
	ck_assert_int_eq(segment_layout_read(&layout, bytes, whole.size, STACK_IF_IP), 0);
	ck_assert_uint_eq(layout.data_at, headers + TCP_HEADER_BYTES + SUPER_OPTIONS);
	bytes[protocol_at] = 17;
	ck_assert_int_eq(segment_layout_read(&layout, bytes, whole.size, STACK_IF_IP), ERR_UNSUPPORTED);
	bytes[protocol_at] = 6;
	bytes[0] = 0x55;
	ck_assert_int_lt(segment_layout_read(&layout, bytes, whole.size, STACK_IF_IP), 0);
	whole = super_build(&super);
	whole.segment_bytes = 0;
	ck_assert_int_eq(segment_cut_begin(&cutter, &whole, STACK_IF_IP), ERR_UNSUPPORTED);
	whole.segment_bytes = 4000;
	ck_assert_int_eq(segment_cut_begin(&cutter, &whole, STACK_IF_IP), 0);
	ck_assert_int_eq(segment_cut_next(&cutter, piece, sizeof piece), ERR_SHORT); /* no room for a piece */
}
END_TEST

START_TEST(a_checksum_left_to_the_link_is_filled)
{
	const struct super super = { .family = (unsigned)_i, .flags = TCP_ACK, .size = 501, .has_work = true };
	const struct link_frame whole = super_build(&super);
	uint8_t bytes[1024];

	memcpy(bytes, whole.bytes, whole.size);
	ck_assert(!packet_is_sound(bytes, whole.size));
	segment_checksum_fill(bytes, whole.size, whole.checksum_start, whole.checksum_offset);
	ck_assert(packet_is_sound(bytes, whole.size));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("segment");
	tcase_add_loop_test(tcase, pieces_make_up_the_whole, 0, 6);
	tcase_add_loop_test(tcase, cwr_is_the_first_segments_fin_and_push_the_lasts, 0, 2);
	tcase_add_test(tcase, padding_is_no_payload);
	tcase_add_loop_test(tcase, what_is_no_tcp_segment_or_cut_short_is_refused, 0, 2);
	tcase_add_loop_test(tcase, a_checksum_left_to_the_link_is_filled, 0, 2);
	Suite *suite = suite_create("stack/link/segment");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
