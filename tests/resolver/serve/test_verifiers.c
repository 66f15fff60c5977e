/* Signatures of P-384, the dearest there are, checked beside a loop (serve/verifiers.h). */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <string.h>

#include "resolver/serve/verifiers.h"
#include "tests/suite.h"

#define COORDINATE_BYTES 48u
#define DER_BYTES_MAX    128u

/* What is signed, and with what. */
static struct signed_text {
	uint8_t text[64];
	uint8_t key[1 + 2 * COORDINATE_BYTES]; /* behind an octet that DNSKEY leaves out */
	uint8_t signature[2 * COORDINATE_BYTES];
} right;

static struct told {
	uv_loop_t loop;
	struct verifiers *verifiers;
	uv_idle_t idle;
	unsigned count, turns;
	enum crypto_result results[VERIFIERS_MAX];
} told;

static void
sign(void)
{
	uint8_t der[DER_BYTES_MAX];
	size_t size = sizeof der, key_bytes = 0;
	EVP_PKEY *key = EVP_EC_gen("P-384");
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	memset(right.text, 0x5a, sizeof right.text);
	ck_assert(key != NULL && context != NULL);
	ck_assert_int_eq(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, right.key, sizeof right.key, &key_bytes), 1);
	ck_assert_uint_eq(key_bytes, sizeof right.key);
	ck_assert_int_eq(EVP_DigestSignInit(context, NULL, EVP_sha384(), NULL, key), 1);
	ck_assert_int_eq(EVP_DigestSign(context, der, &size, right.text, sizeof right.text), 1);
	const uint8_t *at = der;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)size);
	ck_assert_ptr_nonnull(pair);
	BN_bn2binpad(ECDSA_SIG_get0_r(pair), right.signature, COORDINATE_BYTES);
	BN_bn2binpad(ECDSA_SIG_get0_s(pair), right.signature + COORDINATE_BYTES, COORDINATE_BYTES);
	ECDSA_SIG_free(pair);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
}

static void
on_done(void *data, engine_query check, enum crypto_result result)
{
	ck_assert_ptr_eq(data, &told);
	ck_assert_uint_lt(check, VERIFIERS_MAX);
	told.results[check] = result;
	if (++told.count == VERIFIERS_MAX)
		uv_close((uv_handle_t *)&told.idle, NULL);
}

static void
on_idle(uv_idle_t *idle)
{
	(void)idle;
	told.turns++;
}

/* The one who asks has no more of it afterwards: what is checked is a copy. */
static bool
begin(engine_query check, bool is_right)
{
	struct signed_text lent = right;

	if (!is_right)
		lent.signature[0] ^= 1;
	const struct verify_job job = {
		.algorithm = ALGORITHM_ECDSAP384SHA384,
		.key = { lent.key + 1, sizeof lent.key - 1 },
		.signed_data = { lent.text, sizeof lent.text },
		.signature = { lent.signature, sizeof lent.signature },
	};
	const bool has_begun = verifiers_begin(told.verifiers, check, &job);
	memset(&lent, 0, sizeof lent);
	return has_begun;
}

static void
set_up(void)
{
	sign();
	told = (struct told){ .count = 0 };
	ck_assert_int_eq(uv_loop_init(&told.loop), 0);
	told.verifiers = verifiers_new(&told.loop, on_done, &told);
	ck_assert_ptr_nonnull(told.verifiers);
	ck_assert_int_eq(uv_idle_init(&told.loop, &told.idle), 0);
	ck_assert_int_eq(uv_idle_start(&told.idle, on_idle), 0);
}

static void
tear_down(void)
{
	ck_assert_int_eq(uv_run(&told.loop, UV_RUN_DEFAULT), 0);
	ck_assert_int_eq(uv_loop_close(&told.loop), 0);
	verifiers_free(told.verifiers);
}

START_TEST(each_check_is_told_of_with_what_came_of_it)
{
	for (unsigned i = 0; i < VERIFIERS_MAX; i++)
		ck_assert(begin(i, i % 3 != 0));
	ck_assert(!begin(VERIFIERS_MAX, true)); /* no more at once */
	ck_assert_int_eq(uv_run(&told.loop, UV_RUN_DEFAULT), 0);
	ck_assert_uint_eq(told.count, VERIFIERS_MAX);
	for (unsigned i = 0; i < VERIFIERS_MAX; i++)
		ck_assert_int_eq(told.results[i], i % 3 != 0 ? CRYPTO_VALID : CRYPTO_INVALID);
	told.count = 0;
	ck_assert(begin(1, true));
	ck_assert_int_eq(uv_run(&told.loop, UV_RUN_DEFAULT), 0);
	ck_assert_uint_eq(told.count, 1);
}
END_TEST

/* Were they checked on the loop there would be a turn for each, or fewer. */
START_TEST(the_loop_turns_meanwhile)
{
	for (unsigned i = 0; i < VERIFIERS_MAX; i++)
		ck_assert(begin(i, true));
	ck_assert_int_eq(uv_run(&told.loop, UV_RUN_DEFAULT), 0);
	ck_assert_uint_eq(told.count, VERIFIERS_MAX);
	ck_assert_uint_gt(told.turns, 2 * VERIFIERS_MAX);
}
END_TEST

START_TEST(nobody_is_told_after_the_end)
{
	for (unsigned i = 0; i < VERIFIERS_MAX; i++)
		ck_assert(begin(i, true));
	verifiers_close(told.verifiers);
	uv_close((uv_handle_t *)&told.idle, NULL);
	ck_assert_int_eq(uv_run(&told.loop, UV_RUN_DEFAULT), 0);
	ck_assert_uint_eq(told.count, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("serve: signatures beside the loop");
	TCase *tcase = tcase_create("verifiers");
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, each_check_is_told_of_with_what_came_of_it);
	tcase_add_test(tcase, the_loop_turns_meanwhile);
	tcase_add_test(tcase, nobody_is_told_after_the_end);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
