#include "stack/link/faults.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "stack/link/delay.h"
#include "stack/tcp_wire.h"
#include "tests/stack/link/loop.h"
#include "tests/stack/link/super.h"
#include "tests/stack/packet.h"
#include "tests/suite.h"

#define SEED 99u

static struct loop loop;

static struct link *
faults_begin(const struct fault_config *in, const struct fault_config *out)
{
	struct faults_config config = { .in = *in, .out = *out, .seed = SEED };
	void *block = aligned_alloc(64, (faults_bytes() + 63) / 64 * 64);

	loop_init(&loop, STACK_IF_IP);
	return faults_new(block, &loop.link, &config);
}

static void
faults_end(struct link *link)
{
	link->ops->close(link);
	ck_assert_uint_eq(loop.closed_count, 1);
	free(link);
}

static void
send(struct link *link, const void *bytes, size_t size, uint64_t now_us)
{
	struct link_frame frame = { .bytes = bytes, .size = size };
	link->ops->send(link, &frame, now_us);
	link->ops->flush(link, now_us);
}

/* Sends `count` frames that carry their number, one at a time, and counts those that are there at the end. */
static uint64_t
pass(struct link *link, uint32_t count, uint64_t *out_of_order)
{
	struct link_frame frames[LINK_BATCH_MAX];
	uint64_t arrived = 0, now_us = 0;
	uint32_t expected = 0;

	for (uint32_t i = 0; i < count + 1000; i++) {
		now_us += 10;
		if (i < count)
			send(link, &i, sizeof i, now_us);
		else
			link->ops->flush(link, now_us);
		size_t received = link->ops->receive(link, frames, LINK_BATCH_MAX, now_us);
		for (size_t j = 0; j < received; j++) {
			uint32_t number;
			memcpy(&number, frames[j].bytes, sizeof number);
			*out_of_order += number < expected;
			expected = number + 1;
		}
		arrived += received;
	}
	ck_assert_uint_eq(link->ops->deadline(link), STACK_NEVER); /* nothing is left inside */
	return arrived;
}

START_TEST(without_faults_everything_passes_in_order)
{
	uint64_t out_of_order = 0;
	struct link *link = faults_begin(&(struct fault_config){ 0 }, &(struct fault_config){ 0 });
	ck_assert_uint_eq(pass(link, 10000, &out_of_order), 10000);
	ck_assert_uint_eq(out_of_order, 0);
	ck_assert_uint_eq(link->stats.sent_frames, 10000);
	ck_assert_uint_eq(link->stats.received_frames, 10000);
	faults_end(link);
}
END_TEST

START_TEST(both_directions_have_their_own_faults)
{
	uint64_t out_of_order = 0;
	struct fault_config in = { .loss_ppm = 100000, .duplicate_ppm = 50000 };
	struct fault_config out = { .loss_ppm = 200000, .reorder_ppm = 10000, .reorder_us = 100, .delay_us = 50 };
	struct link *link = faults_begin(&in, &out);
	uint64_t arrived = pass(link, 20000, &out_of_order);
	struct faults_stats stats = faults_stats(link);

	ck_assert_uint_eq(stats.out.frames, 20000);
	ck_assert(stats.out.lost > 3600 && stats.out.lost < 4400);
	ck_assert(stats.out.reordered > 100 && stats.out.reordered < 240);
	ck_assert_uint_eq(stats.in.frames, 20000 - stats.out.lost);
	ck_assert(stats.in.lost > 1350 && stats.in.lost < 1850);
	ck_assert_uint_eq(arrived, stats.in.frames - stats.in.lost + stats.in.duplicated);
	/* A frame that is held back passes the next ones; a frame that comes twice follows itself. */
	ck_assert_uint_gt(out_of_order, stats.out.reordered / 2);
	ck_assert_uint_eq(stats.overflows, 0);
	faults_end(link);
}
END_TEST

START_TEST(a_delayed_frame_comes_out_on_time)
{
	struct link_frame frames[LINK_BATCH_MAX];
	struct link *link =
	        faults_begin(&(struct fault_config){ .delay_us = 300 }, &(struct fault_config){ .delay_us = 1000 });
	send(link, "abc", 3, 5000);
	ck_assert_uint_eq(loop.count, 0);
	ck_assert_uint_eq(link->ops->deadline(link), 6000);
	link->ops->flush(link, 5999);
	ck_assert_uint_eq(loop.count, 0);
	link->ops->flush(link, 6000);
	ck_assert_uint_eq(loop.count, 1);
	ck_assert_uint_eq(link->ops->receive(link, frames, LINK_BATCH_MAX, 6000), 0);
	ck_assert_uint_eq(link->ops->deadline(link), 6300);
	ck_assert_uint_eq(link->ops->receive(link, frames, LINK_BATCH_MAX, 6300), 1);
	ck_assert_mem_eq(frames[0].bytes, "abc", 3);
	ck_assert_uint_eq(link->ops->deadline(link), STACK_NEVER);
	faults_end(link);
}
END_TEST

START_TEST(a_corrupted_frame_is_no_longer_vouched_for)
{
	static const uint32_t vouched[] = { STACK_RX_CHECKSUM_OK, STACK_RX_CHECKSUM_PARTIAL };
	struct link_frame frames[LINK_BATCH_MAX];
	struct link *link =
	        faults_begin(&(struct fault_config){ .corrupt_ppm = FAULT_CERTAIN }, &(struct fault_config){ 0 });
	loop.rx_flags = vouched[_i];
	send(link, "abc", 3, 0);
	ck_assert_uint_eq(link->ops->receive(link, frames, LINK_BATCH_MAX, 0), 1);
	ck_assert_mem_ne(frames[0].bytes, "abc", 3);
	ck_assert_uint_eq(frames[0].rx_flags, 0);
	faults_set(link, &(struct fault_config){ 0 }, &(struct fault_config){ 0 });
	send(link, "abc", 3, 1);
	ck_assert_uint_eq(link->ops->receive(link, frames, LINK_BATCH_MAX, 1), 1);
	ck_assert_mem_eq(frames[0].bytes, "abc", 3);
	ck_assert_uint_eq(frames[0].rx_flags, vouched[_i]);
	faults_end(link);
}
END_TEST

START_TEST(checksums_are_not_left_to_the_device)
{
	struct stack_if_config config;
	struct link *link = faults_begin(&(struct fault_config){ 0 }, &(struct fault_config){ 0 });
	link->ops->describe(link, &config);
	ck_assert_str_eq(config.name, "loop");
	ck_assert_uint_eq(config.flags & (STACK_IF_CHECKSUM_TX | STACK_IF_SEGMENT_TX | STACK_IF_GATHER_TX), 0);
	faults_end(link);
}
END_TEST

START_TEST(segments_are_lost_and_not_what_the_host_has_merged_of_them)
{
	const struct super super = { .family = (unsigned)_i, .flags = TCP_ACK, .size = 60 * SUPER_MSS };
	struct link_frame frames[LINK_BATCH_MAX];
	struct link *link = faults_begin(&(struct fault_config){ .loss_ppm = 200000 }, &(struct fault_config){ 0 });
	const struct link_frame whole = super_build(&super);

	loop.rx_flags = STACK_RX_CHECKSUM_PARTIAL;
	loop.link.ops->send(&loop.link, &whole, 0); /* so that it is there to be received */
	const size_t count = link->ops->receive(link, frames, LINK_BATCH_MAX, 0);
	ck_assert_uint_eq(faults_stats(link).in.frames, 60);
	ck_assert_uint_eq(count, 60 - faults_stats(link).in.lost);
	ck_assert(count > 30 && count < 60);
	for (size_t i = 0; i < count; i++) {
		ck_assert(packet_is_sound(frames[i].bytes, frames[i].size));
		ck_assert_uint_eq(frames[i].rx_flags, STACK_RX_CHECKSUM_OK);
		ck_assert_uint_eq(frames[i].segment_bytes, 0);
	}
	faults_end(link);
}
END_TEST

/* As a raw socket gives it. */
START_TEST(what_was_merged_and_does_not_say_so_is_split_too)
{
	const struct super super = { .family = (unsigned)_i, .flags = TCP_ACK, .size = 14000 };
	struct link_frame frames[LINK_BATCH_MAX];
	struct link *link = faults_begin(&(struct fault_config){ 0 }, &(struct fault_config){ 0 });
	struct link_frame whole = super_build(&super);

	whole.segment_bytes = 0;
	loop.link.ops->send(&loop.link, &whole, 0);
	const size_t count = link->ops->receive(link, frames, LINK_BATCH_MAX, 0);
	ck_assert_uint_eq(count, 10);
	ck_assert_uint_eq(faults_stats(link).overflows, 0);
	for (size_t i = 0; i < count; i++)
		ck_assert(packet_is_sound(frames[i].bytes, frames[i].size));
	faults_end(link);
}
END_TEST

START_TEST(more_than_fits_is_lost_and_counted)
{
	struct link *link = faults_begin(&(struct fault_config){ 0 }, &(struct fault_config){ .delay_us = 1000 });
	for (uint32_t i = 0; i < FAULTS_HELD_MAX + 3; i++)
		send(link, "abc", 3, 0);
	static const uint8_t large[FAULTS_FRAME_BYTES + 1];
	send(link, large, sizeof large, 0);
	ck_assert_uint_eq(faults_stats(link).overflows, 4);
	faults_end(link);
}
END_TEST

START_TEST(frames_of_one_moment_keep_their_order)
{
	struct delay delay;
	void *block = malloc(delay_bytes(100, 4));
	delay_init(&delay, block, 100, 4);
	for (unsigned round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 100; i++) {
			struct link_frame frame = { .bytes = (const uint8_t *)&i, .size = sizeof i };
			struct fault_copy copy = { .at_us = 1000 - i / 10 };
			ck_assert_int_eq(delay_put(&delay, &frame, &copy), 0);
		}
		for (uint32_t i = 0; i < 100; i++) {
			struct link_frame frame;
			uint32_t number, expected = 90 - i / 10 * 10 + i % 10;
			ck_assert(delay_take(&delay, 1000, &frame));
			memcpy(&number, frame.bytes, sizeof number);
			ck_assert_uint_eq(number, expected);
		}
		ck_assert_int_eq(delay_put(&delay, &(struct link_frame){ .bytes = (const uint8_t *)"x", .size = 1 },
		                           &(struct fault_copy){ .at_us = 0 }),
		                 ERR_FULL); /* all are lent */
		delay_release(&delay);
	}
	free(block);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("faults");
	tcase_add_test(tcase, without_faults_everything_passes_in_order);
	tcase_add_test(tcase, both_directions_have_their_own_faults);
	tcase_add_test(tcase, a_delayed_frame_comes_out_on_time);
	tcase_add_loop_test(tcase, a_corrupted_frame_is_no_longer_vouched_for, 0, 2);
	tcase_add_test(tcase, checksums_are_not_left_to_the_device);
	tcase_add_loop_test(tcase, segments_are_lost_and_not_what_the_host_has_merged_of_them, 0, 2);
	tcase_add_loop_test(tcase, what_was_merged_and_does_not_say_so_is_split_too, 0, 2);
	tcase_add_test(tcase, more_than_fits_is_lost_and_counted);
	tcase_add_test(tcase, frames_of_one_moment_keep_their_order);
	Suite *suite = suite_create("stack/link/faults");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
