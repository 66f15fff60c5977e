/* Keys that would cost more than they are worth (validate/limits.h): RSA of other shapes than zones have. */
#include <string.h>
#include <time.h>

#include "resolver/validate/crypto.h"
#include "resolver/validate/limits.h"
#include "stack/base/cursor.h"
#include "tests/suite.h"

#define TIMES 100u

static const struct {
	const char *behaviour;
	unsigned exponent_bytes, modulus_bits;
} shapes[] = {
	{ "an exponent as large as the modulus", 256, 2048 },
	{ "an exponent of six octets", 6, 2048 },
	{ "a modulus of 8192 bits", 3, 8192 },
	{ "a modulus of 16384 bits, and an exponent to match", 2048, 16384 },
	{ "a modulus of 256 bits", 3, 256 },
	{ "no exponent", 0, 2048 },
	{ "no modulus", 3, 0 },
};

START_TEST(a_key_of_another_shape_costs_nothing)
{
	static uint8_t key[8192], signature[4096];
	struct writer w = writer_over(key, sizeof key);
	struct crypto *crypto = crypto_new();
	struct timespec begin, end;

	writer_u8(&w, 0);
	writer_u16(&w, (uint16_t)shapes[_i].exponent_bytes);
	const size_t size = shapes[_i].exponent_bytes + shapes[_i].modulus_bits / 8;
	memset(key + w.pos, 0xa5, size);
	memset(signature, 0x5a, sizeof signature);
	const struct crypto_span key_span = { key, w.pos + size }, data = { signature, 64 },
				 signed_with = { signature, shapes[_i].modulus_bits / 8 };
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	for (unsigned i = 0; i < TIMES; i++)
		ck_assert_msg(crypto_verify(crypto, ALGORITHM_RSASHA256, key_span, data, signed_with) == CRYPTO_INVALID, "%s",
			      shapes[_i].behaviour);
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	const int64_t took_us = (end.tv_sec - begin.tv_sec) * 1000000 + (end.tv_nsec - begin.tv_nsec) / 1000;
	suite_figure(shapes[_i].behaviour, "us of the processor for a signature", (uint64_t)took_us / TIMES, 500);
	crypto_free(crypto);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("crypto: limits");
	TCase *tcase = tcase_create("RSA");
	tcase_add_loop_test(tcase, a_key_of_another_shape_costs_nothing, 0, COUNT(shapes));
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
