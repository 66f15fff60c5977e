/* Content codings undone (fetch/decode.h), against zlib's own encoder. */
#include "fetch/decode.h"

#include <stdlib.h>
#include <zlib.h>

#include "stack/base/rng.h"
#include "tests/suite.h"

#define CONTENT_BYTES (1u << 20)

static struct decode decode;
static struct arena arena;
static struct failure failure;
static char content[CONTENT_BYTES], coded[2 * CONTENT_BYTES], got[2 * CONTENT_BYTES];

static void
start(const struct codings *codings, struct decode_limits limits)
{
	static uint8_t memory[DECODE_MEMORY_BYTES];
	static const struct codings none = { .count = 0 };
	arena_init(&arena, memory, sizeof memory);
	failure_clear(&failure);
	ck_assert_int_eq(decode_init(&decode, &none, codings, NULL, &limits, &arena, &failure), 0);
}

static size_t
encode(const char *from, size_t bytes, char *into, int window_bits)
{
	z_stream stream = { 0 };
	ck_assert_int_eq(deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY),
			 Z_OK);
	stream.next_in = (z_const Bytef *)(uintptr_t)from;
	stream.avail_in = (uInt)bytes;
	stream.next_out = (Bytef *)into;
	stream.avail_out = sizeof coded;
	ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
	size_t written = stream.total_out;
	deflateEnd(&stream);
	return written;
}

/* In pieces; the octets of content, or the negative error. */
static long
decode_all(size_t bytes, size_t piece)
{
	size_t total = 0;
	for (size_t at = 0; at < bytes; at += piece) {
		int result;
		struct span some;
		decode_give(&decode, span_of(coded + at, piece < bytes - at ? piece : bytes - at));
		while ((result = decode_take(&decode, &some, &failure)) == 1) {
			if (total + some.bytes <= sizeof got)
				memcpy(got + total, some.at, some.bytes);
			total += some.bytes;
		}
		if (result < 0)
			return result;
	}
	int err = decode_end(&decode, &failure);
	return err != 0 ? err : (long)total;
}

static void
fill(struct rng *rng)
{
	for (size_t i = 0; i < sizeof content; i++) /* neither noise nor silence */
		content[i] = (char)('a' + rng_below(rng, 1 + (uint32_t)(i >> 16)));
}

START_TEST(what_zlib_encodes_is_decoded)
{
	static const struct {
		struct codings codings;
		int window_bits;
	} forms[] = {
		{ { { CODING_GZIP }, 1 }, 31 },
		{ { { CODING_DEFLATE }, 1 }, 15 },
		{ { { CODING_DEFLATE }, 1 }, -15 },
		{ { { CODING_DEFLATE }, 1 }, 9 },
	};
	struct rng rng;
	rng_init_number(&rng, suite_seed(1952));
	fill(&rng);
	size_t bytes = encode(content, sizeof content, coded, forms[_i].window_bits);
	for (size_t piece = 1; piece <= bytes * 2; piece = piece * 7 + 1) {
		start(&forms[_i].codings, (struct decode_limits){ 0 });
		ck_assert_int_eq(decode_all(bytes, piece), (long)sizeof content);
		ck_assert_mem_eq(got, content, sizeof content);
		decode_fini(&decode);
	}
	start(&forms[_i].codings, (struct decode_limits){ 0 }); /* the last octet is missing */
	ck_assert_int_eq(decode_all(bytes - 1, 4096), ERR_MALFORMED);
	ck_assert_int_eq(failure.cause, FAILURE_CODING);
	ck_assert_ptr_nonnull(strstr(failure.text, "cut short"));
	decode_fini(&decode);
}
END_TEST

START_TEST(codings_are_undone_from_the_last_one)
{
	struct codings codings = { { CODING_DEFLATE, CODING_GZIP, CODING_GZIP }, 3 };
	struct rng rng;
	rng_init_number(&rng, suite_seed(1951));
	fill(&rng);
	size_t bytes = encode(content, sizeof content, coded, 15);
	bytes = encode(memcpy(got, coded, bytes), bytes, coded, 31);
	bytes = encode(memcpy(got, coded, bytes), bytes, coded, 31);
	start(&codings, (struct decode_limits){ 0 });
	ck_assert_int_eq(decode_all(bytes, 1000), (long)sizeof content);
	ck_assert_mem_eq(got, content, sizeof content);
	decode_fini(&decode);
}
END_TEST

START_TEST(content_is_bounded)
{
	struct codings codings = { { CODING_GZIP }, 1 };
	memset(content, 0, sizeof content);
	size_t bytes = encode(content, sizeof content, coded, 31);
	start(&codings, (struct decode_limits){ .content_bytes_max = sizeof content });
	ck_assert_int_eq(decode_all(bytes, bytes), (long)sizeof content);
	decode_fini(&decode);
	start(&codings, (struct decode_limits){ .content_bytes_max = sizeof content - 1 });
	ck_assert_int_eq(decode_all(bytes, bytes), ERR_TOO_BIG);
	ck_assert_int_eq(failure.cause, FAILURE_SIZE);
	decode_fini(&decode);
}
END_TEST

/* gzip in gzip: some kilobytes become gigabytes. */
START_TEST(a_bomb_is_put_out)
{
	struct codings codings = { { CODING_GZIP, CODING_GZIP }, 2 };
	memset(content, 0, sizeof content);
	size_t member = encode(content, sizeof content, got, 31), inner = 0;
	char *members = malloc(256 * member);
	for (unsigned i = 0; i < 256; i++, inner += member)
		memcpy(members + inner, got, member);
	size_t bytes = encode(members, inner, coded, 31);
	free(members);
	start(&codings, (struct decode_limits){ 0 });
	ck_assert_int_eq(decode_all(bytes, bytes), ERR_TOO_BIG);
	ck_assert_int_eq(failure.cause, FAILURE_SIZE);
	ck_assert_ptr_nonnull(strstr(failure.text, "bomb"));
	ck_assert_uint_le(decode.content_bytes, DECODE_RATIO_FREE_BYTES + DECODE_OUT_BYTES);
	decode_fini(&decode);
}
END_TEST

START_TEST(damage_never_reads_as_whole)
{
	struct codings codings = { { CODING_GZIP }, 1 };
	struct rng rng;
	rng_init_number(&rng, suite_seed(1952));
	for (size_t i = 0; i < sizeof content; i++)
		content[i] = (char)('a' + rng_below(&rng, 20));
	size_t whole = 4096, damaged_count = 0, bytes = encode(content, whole, coded, 31);
	for (size_t at = 10; at < bytes;
	     at++) { /* the head of ten octets has no checksum of its own */
		char kept = coded[at];
		coded[at] = (char)(kept ^ (1 << rng_below(&rng, 8)));
		start(&codings, (struct decode_limits){ 0 });
		long decoded = decode_all(bytes, bytes); /* an unused code may change unseen */
		ck_assert_msg(decoded < 0 ||
				      (decoded == (long)whole && memcmp(got, content, whole) == 0),
			      "octet %zu", at);
		damaged_count += decoded < 0;
		decode_fini(&decode);
		coded[at] = kept;
	}
	ck_assert_uint_ge(damaged_count, (bytes - 10) * 99 / 100);
}
END_TEST

START_TEST(memory_runs_out_cleanly)
{
	static const struct codings none = { .count = 0 };
	struct codings codings = { { CODING_GZIP, CODING_DEFLATE }, 2 };
	struct decode_limits limits = { 0 };
	static uint8_t memory[DECODE_MEMORY_BYTES];
	for (size_t bytes = 0; bytes < 90000; bytes += 997) {
		arena_init(&arena, memory, bytes);
		ck_assert_int_eq(
			decode_init(&decode, &none, &codings, NULL, &limits, &arena, &failure),
			ERR_NO_MEMORY);
		ck_assert_int_eq(failure.cause, FAILURE_MEMORY);
	}
	struct codings unknown = { { CODING_BR }, 1 };
	arena_init(&arena, memory, sizeof memory);
	ck_assert_int_eq(decode_init(&decode, &none, &unknown, NULL, &limits, &arena, &failure),
			 ERR_UNSUPPORTED);
}
END_TEST

START_TEST(the_deepest_stack_fits_its_memory)
{
	struct codings codings = {
		{ CODING_GZIP, CODING_GZIP, CODING_GZIP, CODING_GZIP, CODING_GZIP }, 5
	};
	struct decode_limits limits = { 0 };
	static uint8_t memory[DECODE_MEMORY_BYTES];
	arena_init(&arena, memory, sizeof memory);
	ck_assert_int_eq(decode_init(&decode, &codings, &codings, NULL, &limits, &arena, &failure),
			 0);
	size_t bytes = encode("hello", 5, coded, 31);
	for (unsigned i = 1; i < DECODERS_MAX; i++)
		bytes = encode(memcpy(got, coded, bytes), bytes, coded, 31);
	ck_assert_int_eq(decode_all(bytes, 1), 5);
	ck_assert_mem_eq(got, "hello", 5);
	decode_fini(&decode);
}
END_TEST

static Suite *
decode_suite(void)
{
	Suite *suite = suite_create("decode");
	TCase *tcase = tcase_create("codings");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, what_zlib_encodes_is_decoded, 0, 4);
	tcase_add_test(tcase, codings_are_undone_from_the_last_one);
	tcase_add_test(tcase, content_is_bounded);
	tcase_add_test(tcase, a_bomb_is_put_out);
	tcase_add_test(tcase, damage_never_reads_as_whole);
	tcase_add_test(tcase, memory_runs_out_cleanly);
	tcase_add_test(tcase, the_deepest_stack_fits_its_memory);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(decode_suite());
}
