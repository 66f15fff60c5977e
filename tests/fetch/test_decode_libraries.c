/* br and zstd undone (fetch/decode_libraries.h), against the encoders of their own libraries. */
#include "fetch/decode_libraries.h"

#include <brotli/encode.h>
#include <zstd.h>

#include "stack/base/rng.h"
#include "tests/suite.h"

#define CONTENT_BYTES (1u << 20)

static struct decode decode;
static struct failure failure;
static char content[CONTENT_BYTES], coded[2 * CONTENT_BYTES], got[2 * CONTENT_BYTES];

static void
start(enum coding coding)
{
	static uint8_t memory[DECODE_MEMORY_BYTES];
	static const struct codings none = { .count = 0 };
	struct codings codings = { { coding }, 1 };
	struct decode_limits limits = { 0 };
	struct arena arena;
	arena_init(&arena, memory, sizeof memory);
	failure_clear(&failure);
	ck_assert_int_eq(
		decode_init(&decode, &none, &codings, &decode_libraries, &limits, &arena, &failure),
		0);
}

static size_t
encode(enum coding coding)
{
	size_t bytes = sizeof coded;
	if (coding == CODING_ZSTD)
		return ZSTD_compress(coded, sizeof coded, content, sizeof content, 3);
	ck_assert(BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, sizeof content,
					(const uint8_t *)content, &bytes, (uint8_t *)coded));
	return bytes;
}

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

static const enum coding codings[] = { CODING_BR, CODING_ZSTD };

START_TEST(what_the_library_encodes_is_decoded)
{
	struct rng rng;
	rng_init_number(&rng, suite_seed(7932));
	for (size_t i = 0; i < sizeof content; i++)
		content[i] = (char)('a' + rng_below(&rng, 1 + (uint32_t)(i >> 15)));
	size_t bytes = encode(codings[_i]);
	for (size_t piece = 7; piece <= bytes * 2; piece = piece * 9 + 1) {
		start(codings[_i]);
		ck_assert_int_eq(decode_all(bytes, piece), (long)sizeof content);
		ck_assert_mem_eq(got, content, sizeof content);
		decode_fini(&decode);
	}
}
END_TEST

START_TEST(what_is_cut_or_goes_on_is_a_failure)
{
	memset(content, 'x', sizeof content);
	size_t bytes = encode(codings[_i]);
	for (size_t cut = 1; cut < bytes; cut++) {
		start(codings[_i]);
		ck_assert_int_eq(decode_all(cut, cut), ERR_MALFORMED);
		ck_assert_int_eq(failure.cause, FAILURE_CODING);
		decode_fini(&decode);
	}
	memcpy(coded + bytes, "junk", 4);
	start(codings[_i]);
	ck_assert_int_eq(decode_all(bytes + 4, bytes + 4), ERR_MALFORMED);
	decode_fini(&decode);
}
END_TEST

/* RFC 9659: a window of 128 MiB (log 27) is refused, whatever the content. */
START_TEST(a_large_window_of_zstd_is_refused)
{
	static const char frame[] = "\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00";
	memcpy(coded, frame, sizeof frame);
	start(CODING_ZSTD);
	ck_assert_int_lt(decode_all(sizeof frame - 1, sizeof frame - 1), 0);
	decode_fini(&decode);
	coded[5] = 0x68; /* 8 MiB */
	start(CODING_ZSTD);
	ck_assert_int_eq(decode_all(sizeof frame - 1, sizeof frame - 1), 0);
	decode_fini(&decode);
}
END_TEST

START_TEST(what_is_installed_is_offered)
{
	char text[DECODE_ACCEPT_BYTES];
	decode_accept_encoding(text);
	ck_assert_str_eq(text, "gzip, deflate, br, zstd");
	ck_assert_ptr_null(decode__library("libcairn-none.so.9", CODING_BR, &failure));
	ck_assert_ptr_nonnull(strstr(failure.text, "br needs libcairn-none.so.9"));
}
END_TEST

static Suite *
decode_libraries_suite(void)
{
	Suite *suite = suite_create("decode_libraries");
	TCase *tcase = tcase_create("codings");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, what_the_library_encodes_is_decoded, 0, COUNT(codings));
	tcase_add_loop_test(tcase, what_is_cut_or_goes_on_is_a_failure, 0, COUNT(codings));
	tcase_add_test(tcase, a_large_window_of_zstd_is_refused);
	tcase_add_test(tcase, what_is_installed_is_offered);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(decode_libraries_suite());
}
