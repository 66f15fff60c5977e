/* Keys that would cost more than they are worth (validate/limits.h): RSA of other shapes than zones have. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
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

/* RFC 8017, section 9.2, of SHA-256: what an exponent of 1 leaves as it is, so that everybody can sign. */
START_TEST(an_exponent_of_one_is_none)
{
	static const uint8_t head[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
					0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };
	static const uint8_t text[] = "www.example.";
	uint8_t key[2 + 256], signature[256], digest[CRYPTO_DIGEST_BYTES_MAX];
	struct crypto *crypto = crypto_new();
	const struct crypto_span data = { text, sizeof text }, nothing = { text, 0 };

	memset(key, 0xff, sizeof key);
	key[0] = 1; /* octets of the exponent, which is ... */
	key[1] = 1;
	memset(signature, 0xff, sizeof signature);
	signature[0] = 0;
	signature[1] = 1;
	uint8_t *end = signature + sizeof signature - sizeof head - 32;
	end[-1] = 0;
	memcpy(end, head, sizeof head);
	ck_assert_uint_eq(crypto_digest(crypto, DIGEST_SHA256, data, nothing, digest), 32);
	memcpy(end + sizeof head, digest, 32);
	ck_assert_int_eq(crypto_verify(crypto, ALGORITHM_RSASHA256, (struct crypto_span){ key, sizeof key }, data,
				       (struct crypto_span){ signature, sizeof signature }), CRYPTO_INVALID);
	crypto_free(crypto);
}
END_TEST

static const struct {
	const char *behaviour;
	uint8_t algorithm;
	const char *hash;
	unsigned bits;
	enum crypto_result result;
} sizes[] = {
	{ "RSA with SHA-512 from 1024 bits (RFC 5702, section 2.2)", ALGORITHM_RSASHA512, "SHA512", 1024, CRYPTO_VALID },
	{ "... and not below", ALGORITHM_RSASHA512, "SHA512", 1016, CRYPTO_INVALID },
	{ "with SHA-256 from 512", ALGORITHM_RSASHA256, "SHA256", 512, CRYPTO_VALID },
	{ "up to 4096", ALGORITHM_RSASHA256, "SHA256", 4096, CRYPTO_VALID },
};

/* A key of libcrypto's in the form of RFC 3110, and its signature over the text. */
static void
make_signature(unsigned bits, const char *hash, struct crypto_span text, uint8_t *key, size_t *key_bytes, uint8_t *signature,
	       size_t *signature_bytes)
{
	EVP_PKEY *pair = EVP_RSA_gen(bits);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	BIGNUM *modulus = NULL;

	ck_assert_ptr_nonnull(pair);
	ck_assert_int_eq(EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_RSA_N, &modulus), 1);
	memcpy(key, "\3\1\0\1", 4); /* 65537 */
	*key_bytes = 4 + (size_t)BN_bn2bin(modulus, key + 4);
	ck_assert_int_eq(EVP_DigestSignInit_ex(context, NULL, hash, NULL, NULL, pair, NULL), 1);
	ck_assert_int_eq(EVP_DigestSign(context, signature, signature_bytes, text.bytes, text.size), 1);
	BN_free(modulus);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(pair);
}

START_TEST(keys_have_the_size_that_their_algorithm_wants)
{
	static const uint8_t text[] = "www.example.";
	uint8_t key[4 + 512], signature[512];
	size_t key_bytes, signature_bytes = sizeof signature;
	struct crypto *crypto = crypto_new();
	const struct crypto_span data = { text, sizeof text };

	make_signature(sizes[_i].bits, sizes[_i].hash, data, key, &key_bytes, signature, &signature_bytes);
	ck_assert_msg(crypto_verify(crypto, sizes[_i].algorithm, (struct crypto_span){ key, key_bytes }, data,
				    (struct crypto_span){ signature, signature_bytes }) == sizes[_i].result, "%s",
		      sizes[_i].behaviour);
	crypto_free(crypto);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("crypto: limits");
	TCase *tcase = tcase_create("RSA");
	tcase_add_loop_test(tcase, a_key_of_another_shape_costs_nothing, 0, COUNT(shapes));
	tcase_add_test(tcase, an_exponent_of_one_is_none);
	tcase_add_loop_test(tcase, keys_have_the_size_that_their_algorithm_wants, 0, COUNT(sizes));
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
