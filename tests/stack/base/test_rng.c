#include "stack/base/rng.h"

#include <string.h>

#include "tests/suite.h"

/* RFC 8439, section 2.3.2. */
START_TEST(the_chacha20_block_is_that_of_the_rfc)
{
	static const uint8_t expected[64] = {
		0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3, 0x20, 0x71, 0xc4,
		0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22, 0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e,
		0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa, 0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2,
		0xb5, 0x12, 0x9c, 0xd1, 0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e,
	};
	uint32_t key[8];
	for (uint32_t i = 0; i < 8; i++)
		key[i] = 0x03020100 + 0x04040404 * i;
	static const uint32_t nonce[3] = { 0x09000000, 0x4a000000, 0 };
	uint8_t out[64];
	rng__chacha20_block(key, 1, nonce, out);
	ck_assert_mem_eq(out, expected, sizeof expected);
}
END_TEST

START_TEST(the_first_output_is_the_key_stream_behind_the_next_key)
{
	uint8_t seed[RNG_SEED_BYTES] = { 0 };
	static const uint32_t key[8], nonce[3];
	struct rng rng;
	rng_init(&rng, seed);
	uint8_t out[RNG_BLOCK_BYTES - 32], stream[RNG_BLOCK_BYTES];
	rng_bytes(&rng, out, sizeof out);
	for (uint32_t i = 0; i < RNG_BLOCK_BYTES / 64; i++)
		rng__chacha20_block(key, i, nonce, stream + 64 * i);
	ck_assert_mem_eq(out, stream + 32, sizeof out);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_run_however_it_is_asked_for)
{
	struct rng a, b;
	rng_init_number(&a, 42);
	rng_init_number(&b, 42);
	uint8_t at_once[2000], in_pieces[2000];
	rng_bytes(&a, at_once, sizeof at_once);
	for (size_t used = 0, piece = 1; used < sizeof in_pieces; used += piece, piece = piece % 97 + 1) {
		if (piece > sizeof in_pieces - used)
			piece = sizeof in_pieces - used;
		rng_bytes(&b, in_pieces + used, piece);
	}
	ck_assert_mem_eq(at_once, in_pieces, sizeof at_once);
	ck_assert_uint_eq(rng_u64(&a), rng_u64(&b));
}
END_TEST

START_TEST(other_seeds_give_other_runs)
{
	struct rng a, b;
	rng_init_number(&a, 1);
	rng_init_number(&b, (uint64_t)1 << 32);
	ck_assert_uint_ne(rng_u64(&a), rng_u64(&b));
}
END_TEST

/* Neither what was given out nor the key that made it is still in memory. */
START_TEST(memory_does_not_tell_earlier_numbers)
{
	struct rng rng;
	rng_init_number(&rng, 7);
	uint32_t first_key[8];
	memcpy(first_key, rng.key, sizeof first_key);
	uint8_t given[16];
	rng_bytes(&rng, given, sizeof given);
	const uint8_t *memory = (const uint8_t *)&rng;
	for (size_t i = 0; i + sizeof given <= sizeof rng; i++)
		ck_assert_mem_ne(memory + i, given, sizeof given);
	for (size_t i = 0; i + sizeof first_key <= sizeof rng; i++)
		ck_assert_mem_ne(memory + i, first_key, sizeof first_key);
}
END_TEST

/*
 * For bounds that do not divide 2^32, and one (3 * 2^30) where the naive remainder would
 * give the lower third twice as often: chi-square over the buckets stays below a value that
 * a uniform source exceeds once in a million runs (11 degrees of freedom: 53).
 */
START_TEST(below_is_uniform)
{
	static const uint32_t bounds[] = { 12, 3u << 30, 1000000007, UINT32_MAX };
	enum { BUCKETS = 12, DRAWS = 120000 };
	uint64_t seed = suite_seed(5);
	struct rng rng;
	rng_init_number(&rng, seed);
	uint32_t count[BUCKETS] = { 0 };
	for (unsigned i = 0; i < DRAWS; i++) {
		uint32_t drawn = rng_below(&rng, bounds[_i]);
		ck_assert_uint_lt(drawn, bounds[_i]);
		count[(uint64_t)drawn * BUCKETS / bounds[_i]]++;
	}
	double chi_square = 0;
	for (unsigned i = 0; i < BUCKETS; i++) {
		double off = (double)count[i] - DRAWS / BUCKETS;
		chi_square += off * off / (DRAWS / BUCKETS);
	}
	ck_assert_msg(chi_square < 53, "seed %llu, bound %u: chi-square %f", (unsigned long long)seed, bounds[_i],
	              chi_square);
}
END_TEST

START_TEST(below_one_is_zero)
{
	struct rng rng;
	rng_init_number(&rng, 1);
	for (unsigned i = 0; i < 100; i++)
		ck_assert_uint_eq(rng_below(&rng, 1), 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("rng");
	tcase_add_test(tcase, the_chacha20_block_is_that_of_the_rfc);
	tcase_add_test(tcase, the_first_output_is_the_key_stream_behind_the_next_key);
	tcase_add_test(tcase, the_same_seed_gives_the_same_run_however_it_is_asked_for);
	tcase_add_test(tcase, other_seeds_give_other_runs);
	tcase_add_test(tcase, memory_does_not_tell_earlier_numbers);
	tcase_add_loop_test(tcase, below_is_uniform, 0, 4);
	tcase_add_test(tcase, below_one_is_zero);
	Suite *suite = suite_create("rng");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
