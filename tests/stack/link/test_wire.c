/* The wire: frames come out in order and in time, as its model says, within its bounds. */
#include <stdlib.h>
#include <string.h>

#include "stack/link/wire.h"
#include "stack/tcp_wire.h"
#include "tests/stack/link/super.h"
#include "tests/stack/packet.h"
#include "tests/suite.h"

#define FRAMES_MAX 32u

static struct wire wire;
static void *block;
static struct link_frame frames[LINK_BATCH_MAX];

static void
wire_make(uint32_t end_count, const struct fault_config *faults)
{
	struct wire_config config = { .kind = STACK_IF_ETHER,
		                      .mtu = 1500,
		                      .end_count = end_count,
		                      .frames_max = FRAMES_MAX,
		                      .if_flags = STACK_IF_CHECKSUM_TX | STACK_IF_SEGMENT_TX,
		                      .seed = suite_seed(1) };
	if (faults != NULL)
		config.faults = *faults;
	free(block);
	block = malloc(wire_bytes(&config));
	ck_assert_int_eq(wire_init(&wire, block, wire_bytes(&config) - 1, &config), ERR_SHORT);
	ck_assert_int_eq(wire_init(&wire, block, wire_bytes(&config), &config), 0);
}

static void
teardown(void)
{
	free(block);
	block = NULL;
}

static void
send_number(unsigned end, uint32_t number, size_t size, uint64_t now_us)
{
	uint8_t bytes[2000] = { 0 };
	const struct link_frame frame = { .bytes = bytes, .size = size };
	struct link *link = wire_link(&wire, end);

	memcpy(bytes, &number, sizeof number);
	link->ops->send(link, &frame, now_us);
	link->ops->flush(link, now_us);
}

static size_t
receive(unsigned end, uint64_t now_us)
{
	struct link *link = wire_link(&wire, end);
	return link->ops->receive(link, frames, COUNT(frames), now_us);
}

static uint32_t
number_of(const struct link_frame *frame)
{
	uint32_t number;
	memcpy(&number, frame->bytes, sizeof number);
	return number;
}

static uint64_t
deadline(unsigned end)
{
	const struct link *link = wire_link(&wire, end);
	return link->ops->deadline(link);
}

START_TEST(a_frame_reaches_every_other_end_and_not_its_sender)
{
	wire_make(3, NULL);
	send_number(0, 7, 100, 10);
	ck_assert_uint_eq(receive(0, 10), 0);
	for (unsigned end = 1; end < 3; end++) {
		ck_assert_uint_eq(deadline(end), 10);
		ck_assert_uint_eq(receive(end, 9), 0);
		ck_assert_uint_eq(receive(end, 10), 1);
		ck_assert_uint_eq(frames[0].size, 100);
		ck_assert_uint_eq(number_of(&frames[0]), 7);
		ck_assert_uint_eq(deadline(end), STACK_NEVER);
	}
}
END_TEST

START_TEST(frames_of_one_moment_keep_their_order)
{
	uint32_t expected = 0;

	wire_make(2, &(struct fault_config){ .delay_us = 500 });
	for (uint32_t round = 0; round < 50; round++) {
		for (uint32_t i = 0; i < 20; i++)
			send_number(0, round * 20 + i, 60 + i, round * 1000);
		ck_assert_uint_eq(deadline(1), round * 1000 + 500);
		size_t count = receive(1, round * 1000 + 500);
		ck_assert_uint_eq(count, 20);
		for (size_t i = 0; i < count; i++)
			ck_assert_uint_eq(number_of(&frames[i]), expected++);
	}
}
END_TEST

START_TEST(frames_come_out_by_their_time_whatever_the_model_does)
{
	const uint64_t seed = suite_seed(1);
	uint64_t now_us = 0, seen = 0;

	wire_make(2, &(struct fault_config){ .delay_us = 300,
	                                     .jitter_us = 400,
	                                     .reorder_ppm = 300000,
	                                     .reorder_us = 2000,
	                                     .duplicate_ppm = 100000,
	                                     .loss_ppm = 100000 });
	for (uint32_t i = 0; i < 5000; i++) {
		send_number(0, i, 60, i * 200);
		while (deadline(1) <= i * 200) {
			ck_assert_uint_ge(deadline(1), now_us);
			now_us = deadline(1);
			seen += receive(1, now_us);
		}
	}
	ck_assert_msg(seen > 4500 && seen < 5500, "%llu, seed %llu", (unsigned long long)seen,
	              (unsigned long long)seed);
	const struct fault_stats *stats = &wire.ends[0].faults.stats;
	ck_assert(stats->lost > 0 && stats->duplicated > 0 && stats->reordered > 0);
}
END_TEST

START_TEST(a_corrupted_frame_differs_in_one_bit)
{
	static const uint8_t zeros[100];

	wire_make(2, &(struct fault_config){ .corrupt_ppm = FAULT_CERTAIN });
	for (unsigned i = 0; i < 100; i++) {
		unsigned bits = 0;
		struct link *link = wire_link(&wire, 0);
		link->ops->send(link, &(struct link_frame){ .bytes = zeros, .size = sizeof zeros }, i);
		ck_assert_uint_eq(receive(1, i), 1);
		for (size_t at = 0; at < sizeof zeros; at++)
			bits += (unsigned)__builtin_popcount(frames[0].bytes[at]);
		ck_assert_uint_eq(bits, 1);
	}
}
END_TEST

START_TEST(too_many_frames_and_too_large_ones_are_counted)
{
	wire_make(2, NULL);
	for (uint32_t i = 0; i < FRAMES_MAX + 5; i++)
		send_number(0, i, 60, 0);
	ck_assert_uint_eq(receive(1, 0), FRAMES_MAX);
	ck_assert_uint_eq(wire_link(&wire, 1)->stats.receive_overflows, 5);
	ck_assert_uint_eq(receive(1, 0), 0);
	send_number(0, 1, 1522, 0);
	send_number(0, 1, 1523, 0);
	ck_assert_uint_eq(wire_link(&wire, 0)->stats.send_failures, 1);
	ck_assert_uint_eq(receive(1, 0), 1);
}
END_TEST

START_TEST(what_is_lent_stays_until_the_next_receive)
{
	wire_make(2, NULL);
	for (uint32_t i = 0; i < 10; i++)
		send_number(0, i, 60, 0);
	ck_assert_uint_eq(receive(1, 0), 10);
	for (uint32_t i = 100; i < 100 + FRAMES_MAX; i++) /* takes every slot that is free */
		send_number(0, i, 60, 0);
	for (uint32_t i = 0; i < 10; i++)
		ck_assert_uint_eq(number_of(&frames[i]), i);
}
END_TEST

START_TEST(a_cut_end_neither_hears_nor_is_heard)
{
	wire_make(3, &(struct fault_config){ .delay_us = 100 });
	send_number(0, 1, 60, 0);
	wire_cut(&wire, 1, true);
	send_number(1, 2, 60, 0);
	send_number(0, 3, 60, 0);
	ck_assert_uint_eq(receive(1, 1000), 0);
	ck_assert_uint_eq(receive(0, 1000), 0);
	ck_assert_uint_eq(receive(2, 1000), 2);
	wire_cut(&wire, 1, false);
	send_number(0, 4, 60, 1000);
	ck_assert_uint_eq(receive(1, 1100), 1);
}
END_TEST

START_TEST(an_end_splits_what_its_stack_leaves_to_it)
{
	const struct super super = { .family = (unsigned)_i, .flags = TCP_ACK, .size = 20 * SUPER_MSS + 1,
		                     .is_ethernet = true, .has_work = true };
	struct stack_if_config config;
	wire_make(2, NULL);
	struct link *link = wire_link(&wire, 0);
	const struct link_frame whole = super_build(&super);
	link->ops->describe(link, &config);
	ck_assert_uint_eq(config.flags, STACK_IF_CHECKSUM_TX | STACK_IF_SEGMENT_TX);
	link->ops->send(link, &whole, 0);
	ck_assert_uint_eq(receive(1, 0), 21);
	ck_assert_uint_eq(link->stats.sent_frames, 21);
	for (unsigned i = 0; i < 21; i++)
		ck_assert(packet_is_sound(frames[i].bytes + 14, frames[i].size - 14));
}
END_TEST

START_TEST(an_end_takes_a_payload_from_its_pieces)
{
	const struct super super = { .family = (unsigned)_i, .flags = TCP_ACK, .size = 20 * SUPER_MSS + 1,
		                     .is_ethernet = true, .has_work = true };
	struct stack_piece pieces[4];
	static const size_t ends[] = { 1, SUPER_MSS, SUPER_MSS + 7, 20 * SUPER_MSS + 1 };
	size_t at = 0, payload_at = 0;

	wire_make(2, NULL);
	struct link_frame split = super_build(&super);
	for (unsigned i = 0; i < 4; at = ends[i++])
		pieces[i] = (struct stack_piece){ super_data + at, ends[i] - at };
	split.size = split.segment_start;
	split.pieces = pieces;
	split.piece_count = 4;
	split.pieces_bytes = super.size;
	wire_link(&wire, 0)->ops->send(wire_link(&wire, 0), &split, 0);
	ck_assert_uint_eq(receive(1, 0), 21);
	for (unsigned i = 0; i < 21; i++) {
		const size_t size = i < 20 ? SUPER_MSS : 1;
		ck_assert(packet_is_sound(frames[i].bytes + 14, frames[i].size - 14));
		ck_assert_uint_eq(frames[i].size, split.segment_start + size);
		ck_assert_mem_eq(frames[i].bytes + split.segment_start, super_data + payload_at, size);
		payload_at += size;
	}
}
END_TEST

START_TEST(an_end_fills_a_checksum_that_is_left_to_it)
{
	const struct super super = { .family = (unsigned)_i, .flags = TCP_ACK, .size = 500,
		                     .is_ethernet = true, .has_work = true };
	wire_make(2, NULL);
	struct link *link = wire_link(&wire, 0);
	struct link_frame one = super_build(&super);
	one.segment_bytes = one.segment_start = 0;
	link->ops->send(link, &one, 0);
	ck_assert_uint_eq(receive(1, 0), 1);
	ck_assert(packet_is_sound(frames[0].bytes + 14, frames[0].size - 14));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("wire");
	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, a_frame_reaches_every_other_end_and_not_its_sender);
	tcase_add_test(tcase, frames_of_one_moment_keep_their_order);
	tcase_add_test(tcase, frames_come_out_by_their_time_whatever_the_model_does);
	tcase_add_test(tcase, a_corrupted_frame_differs_in_one_bit);
	tcase_add_test(tcase, too_many_frames_and_too_large_ones_are_counted);
	tcase_add_test(tcase, what_is_lent_stays_until_the_next_receive);
	tcase_add_test(tcase, a_cut_end_neither_hears_nor_is_heard);
	tcase_add_loop_test(tcase, an_end_splits_what_its_stack_leaves_to_it, 0, 2);
	tcase_add_loop_test(tcase, an_end_takes_a_payload_from_its_pieces, 0, 2);
	tcase_add_loop_test(tcase, an_end_fills_a_checksum_that_is_left_to_it, 0, 2);
	Suite *suite = suite_create("wire");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
