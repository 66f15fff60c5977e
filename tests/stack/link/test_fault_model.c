#include "stack/link/fault_model.h"

#include <check.h>
#include <stdlib.h>
#include "tests/suite.h"

#define FRAMES 100000u
#define SEED   20260701u

/* Sends FRAMES frames of 100 octets, 10 us apart, and leaves what the model counted. */
static struct fault_model
after_many(const struct fault_config *config)
{
	struct fault_model model;
	fault_model_init(&model, config, SEED);
	for (uint64_t i = 0; i < FRAMES; i++)
		(void)fault_model_judge(&model, 100, i * 10);
	return model;
}

/* Six standard deviations of a binomial share of FRAMES. */
static void
assert_share(uint64_t count, uint32_t ppm)
{
	double p = ppm / 1e6, expected = FRAMES * p, slack_squared = 36.0 * FRAMES * p * (1 - p);
	double off = (double)count - expected;
	ck_assert_msg(off * off <= slack_squared, "%llu of %u is not %u ppm (seed %u)",
	              (unsigned long long)count, FRAMES, ppm, SEED);
}

START_TEST(a_perfect_line_changes_nothing)
{
	struct fault_model model;
	fault_model_init(&model, &(struct fault_config){ 0 }, SEED);
	for (uint64_t i = 0; i < 1000; i++) {
		struct fault_fate fate = fault_model_judge(&model, 1500, i);
		ck_assert_uint_eq(fate.copy_count, 1);
		ck_assert_uint_eq(fate.copies[0].at_us, i);
		ck_assert_uint_eq(fate.copies[0].corrupt_xor, 0);
	}
}
END_TEST

START_TEST(each_fault_strikes_as_often_as_told)
{
	struct fault_model model = after_many(&(struct fault_config){ .loss_ppm = 100000,
	                                                              .duplicate_ppm = 20000,
	                                                              .corrupt_ppm = 5000,
	                                                              .reorder_ppm = 30000,
	                                                              .reorder_us = 50 });
	ck_assert_uint_eq(model.stats.frames, FRAMES);
	assert_share(model.stats.lost, 100000);
	assert_share(model.stats.duplicated, 18000); /* of the nine tenths that are not lost */
	assert_share(model.stats.corrupted, 4500);
	assert_share(model.stats.reordered, 27540); /* and each duplicate on its own */
}
END_TEST

START_TEST(bursts_of_loss_have_the_mean_length_and_keep_the_share)
{
	struct fault_config config = { .loss_ppm = 50000, .loss_burst = 8 };
	struct fault_model model;
	fault_model_init(&model, &config, SEED);
	uint64_t bursts = 0;
	bool lost_before = false;
	for (uint64_t i = 0; i < FRAMES; i++) {
		bool lost = fault_model_judge(&model, 100, i).copy_count == 0;
		bursts += lost && !lost_before;
		lost_before = lost;
	}
	double mean = (double)model.stats.lost / (double)bursts;
	ck_assert_msg(mean > 7.0 && mean < 9.0, "mean burst %f", mean);
	ck_assert_msg(model.stats.lost > 4000 && model.stats.lost < 6000, "lost %llu",
	              (unsigned long long)model.stats.lost);
}
END_TEST

START_TEST(certain_loss_loses_everything)
{
	struct fault_config config = { .loss_ppm = FAULT_CERTAIN, .loss_burst = _i == 0 ? 0 : 5 };
	struct fault_model model = after_many(&config);
	ck_assert_uint_eq(model.stats.lost, FRAMES);
}
END_TEST

START_TEST(delay_with_jitter_keeps_the_order)
{
	struct fault_config config = { .delay_us = 1000, .jitter_us = 500 };
	struct fault_model model;
	fault_model_init(&model, &config, SEED);
	uint64_t before_us = 0, wait_us_max = 0;
	for (uint64_t i = 0; i < 10000; i++) {
		uint64_t at_us = fault_model_judge(&model, 100, i * 10).copies[0].at_us;
		ck_assert_uint_ge(at_us, before_us);
		ck_assert_uint_ge(at_us, i * 10 + 1000);
		ck_assert_uint_le(at_us, i * 10 + 1500);
		if (at_us - i * 10 > wait_us_max)
			wait_us_max = at_us - i * 10;
		before_us = at_us;
	}
	ck_assert_uint_gt(wait_us_max, 1490);
}
END_TEST

START_TEST(a_reordered_frame_is_overtaken_by_the_next)
{
	struct fault_config config = { .delay_us = 100, .reorder_ppm = FAULT_CERTAIN, .reorder_us = 50 };
	struct fault_model model;
	fault_model_init(&model, &config, SEED);
	ck_assert_uint_eq(fault_model_judge(&model, 100, 0).copies[0].at_us, 150);
	config.reorder_ppm = 0;
	fault_model_set(&model, &config);
	ck_assert_uint_eq(fault_model_judge(&model, 100, 10).copies[0].at_us, 110);
}
END_TEST

START_TEST(the_rate_makes_frames_wait_and_the_queue_is_bounded)
{
	/* 1 Mbit/s: 125 octets take a millisecond; two of them may wait. */
	struct fault_config config = { .rate_bits_s = 1000000, .queue_bytes_max = 250 };
	struct fault_model model;
	fault_model_init(&model, &config, SEED);
	ck_assert_uint_eq(fault_model_judge(&model, 125, 0).copies[0].at_us, 1000);
	ck_assert_uint_eq(fault_model_judge(&model, 125, 0).copies[0].at_us, 2000);
	ck_assert_uint_eq(fault_model_judge(&model, 125, 0).copies[0].at_us, 3000);
	ck_assert_uint_eq(fault_model_judge(&model, 125, 0).copy_count, 0);
	ck_assert_uint_eq(model.stats.queue_full, 1);
	ck_assert_uint_eq(fault_model_judge(&model, 125, 1000).copies[0].at_us, 4000);
	ck_assert_uint_eq(fault_model_judge(&model, 125, 9000).copies[0].at_us, 10000);
}
END_TEST

START_TEST(a_frame_larger_than_the_path_vanishes)
{
	struct fault_config config = { .size_max = 1400 };
	struct fault_model model;
	fault_model_init(&model, &config, SEED);
	ck_assert_uint_eq(fault_model_judge(&model, 1400, 0).copy_count, 1);
	ck_assert_uint_eq(fault_model_judge(&model, 1401, 0).copy_count, 0);
	ck_assert_uint_eq(model.stats.oversize, 1);
}
END_TEST

START_TEST(corruption_flips_one_bit_of_one_copy)
{
	struct fault_config config = { .corrupt_ppm = FAULT_CERTAIN, .duplicate_ppm = FAULT_CERTAIN };
	struct fault_model model;
	fault_model_init(&model, &config, SEED);
	for (uint64_t i = 0; i < 1000; i++) {
		struct fault_fate fate = fault_model_judge(&model, 40, i);
		ck_assert_uint_eq(fate.copy_count, 2);
		unsigned hit = fate.copies[0].corrupt_xor == 0 ? 1 : 0;
		uint8_t bit = fate.copies[hit].corrupt_xor;
		ck_assert_uint_eq(fate.copies[1 - hit].corrupt_xor, 0);
		ck_assert_uint_ne(bit, 0);
		ck_assert_uint_eq(bit & (bit - 1), 0);
		ck_assert_uint_lt(fate.copies[hit].corrupt_at, 40);
	}
}
END_TEST

START_TEST(the_same_seed_gives_the_same_fate)
{
	struct fault_config config = { .loss_ppm = 200000,
		                       .duplicate_ppm = 200000,
		                       .corrupt_ppm = 200000,
		                       .reorder_ppm = 200000,
		                       .reorder_us = 300,
		                       .delay_us = 20,
		                       .jitter_us = 90 };
	struct fault_model first, second;
	fault_model_init(&first, &config, SEED);
	fault_model_init(&second, &config, SEED);
	for (uint64_t i = 0; i < 10000; i++) {
		struct fault_fate a = fault_model_judge(&first, 100, i);
		struct fault_fate b = fault_model_judge(&second, 100, i);
		ck_assert_uint_eq(a.copy_count, b.copy_count);
		for (unsigned copy = 0; copy < a.copy_count; copy++) {
			ck_assert_uint_eq(a.copies[copy].at_us, b.copies[copy].at_us);
			ck_assert_uint_eq(a.copies[copy].corrupt_at, b.copies[copy].corrupt_at);
			ck_assert_uint_eq(a.copies[copy].corrupt_xor, b.copies[copy].corrupt_xor);
		}
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("fault_model");
	tcase_add_test(tcase, a_perfect_line_changes_nothing);
	tcase_add_test(tcase, each_fault_strikes_as_often_as_told);
	tcase_add_test(tcase, bursts_of_loss_have_the_mean_length_and_keep_the_share);
	tcase_add_loop_test(tcase, certain_loss_loses_everything, 0, 2);
	tcase_add_test(tcase, delay_with_jitter_keeps_the_order);
	tcase_add_test(tcase, a_reordered_frame_is_overtaken_by_the_next);
	tcase_add_test(tcase, the_rate_makes_frames_wait_and_the_queue_is_bounded);
	tcase_add_test(tcase, a_frame_larger_than_the_path_vanishes);
	tcase_add_test(tcase, corruption_flips_one_bit_of_one_copy);
	tcase_add_test(tcase, the_same_seed_gives_the_same_fate);
	Suite *suite = suite_create("stack/link/fault_model");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
