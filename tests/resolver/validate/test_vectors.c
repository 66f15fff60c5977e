/*
 * The examples of the RFCs that define the algorithms: a key, the DS that stands for it, a set and its signature.
 */
#include <string.h>

#include "resolver/validate/limits.h"
#include "resolver/validate/rrsig.h"
#include "resolver/wire/rdata.h"
#include "stack/base/arena.h"
#include "tests/resolver/validate/signed_text.h"
#include "tests/suite.h"

static const struct vector {
	const char *rfc;
	uint32_t now_s; /* in the middle of the signature's life */
	const char *key, *ds, *set, *sig;
} vectors[] = {
	{ "RFC 6605, section 6.1", 1283000000,
	  "example.net. 3600 IN DNSKEY 257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+"
	  "e+MAnLr+Wi9xMWyQLc8NAA==",
	  "example.net. 3600 IN DS 55648 13 2 b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17",
	  "www.example.net. 3600 IN A 192.0.2.1",
	  "www.example.net. 3600 IN RRSIG A 13 3 3600 20100909100439 20100812100439 55648 example.net. "
	  "qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==" },
	{ "RFC 8080, section 6.1", 1439000000,
	  "example.com. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=",
	  "example.com. 3600 IN DS 3613 15 2 3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b",
	  "example.com. 3600 IN MX 10 mail.example.com.",
	  "example.com. 3600 IN RRSIG MX 15 2 3600 1440021600 1438207200 3613 example.com. "
	  "oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==" },
};

static uint8_t block[1 << 20];
static struct arena arena;
static struct crypto *crypto;

static void
setup(void)
{
	arena_init(&arena, block, sizeof block);
	crypto = crypto_new();
	ck_assert_ptr_nonnull(crypto);
}

static void
teardown(void)
{
	crypto_free(crypto);
}

struct signed_set {
	struct rrset keys, ds, set;
};

static void
vector_read(const struct vector *vector, struct signed_set *read)
{
	*read = (struct signed_set){ 0 };
	signed_text_append(&arena, &read->keys, vector->key);
	signed_text_append(&arena, &read->ds, vector->ds);
	signed_text_append(&arena, &read->set, vector->set);
	signed_text_append(&arena, &read->set, vector->sig);
}

START_TEST(the_ds_stands_for_the_key)
{
	struct signed_set read;
	struct rdata_walk key_walk, ds_walk;
	struct dnskey key;
	struct ds ds;

	vector_read(&vectors[_i], &read);
	rdata_first(&read.keys, &key_walk);
	rdata_first(&read.ds, &ds_walk);
	ck_assert(rdata_next(&key_walk) && rdata_next(&ds_walk));
	ck_assert_int_eq(dnskey_read(&key, key_walk.bytes, key_walk.size), 0);
	ck_assert_int_eq(ds_read(&ds, ds_walk.bytes, ds_walk.size), 0);
	ck_assert_msg(ds_matches(crypto, &ds, read.keys.owner, &key), "%s", vectors[_i].rfc);
}
END_TEST

static struct verify
verify_now(const struct signed_set *read, uint32_t now_s)
{
	struct verify verify;
	unsigned budget = 10;

	verify_begin(&verify, &read->set, &read->keys, read->keys.owner, NULL, crypto, &arena, now_s);
	(void)verify_set(&verify, &budget);
	return verify;
}

START_TEST(the_signature_is_right)
{
	struct signed_set read;

	vector_read(&vectors[_i], &read);
	const struct verify verify = verify_now(&read, vectors[_i].now_s);
	ck_assert_msg(verify.secure && !verify.is_wildcard && verify.ede == EDE_NONE, "%s: EDE %d", vectors[_i].rfc,
		      verify.ede);
}
END_TEST

START_TEST(before_and_after_its_time_a_signature_is_nothing)
{
	struct signed_set read;

	vector_read(&vectors[_i], &read);
	ck_assert_int_eq(verify_now(&read, vectors[_i].now_s + 90 * 86400).ede, EDE_SIGNATURE_EXPIRED);
	ck_assert_int_eq(verify_now(&read, vectors[_i].now_s - 90 * 86400).ede, EDE_SIGNATURE_NOT_YET_VALID);
	const struct verify any = verify_now(&read, VERIFY_ANY_TIME); /* val-override-date: -1 */
	ck_assert(any.secure && any.ttl_s_max > VALIDATE_SKEW_S);
}
END_TEST

START_TEST(one_other_bit_makes_it_bogus)
{
	struct signed_set read;

	vector_read(&vectors[_i], &read);
	uint8_t *rdata = arena_copy(&arena, read.set.rdata, read.set.rdata_bytes);
	rdata[3] ^= 1; /* of the record */
	read.set.rdata = rdata;
	const struct verify verify = verify_now(&read, vectors[_i].now_s);
	ck_assert(!verify.secure);
	ck_assert_int_eq(verify.ede, EDE_DNSSEC_BOGUS);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("validate: vectors");
	TCase *tcase = tcase_create("of the RFCs");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, the_ds_stands_for_the_key, 0, (int)COUNT(vectors));
	tcase_add_loop_test(tcase, the_signature_is_right, 0, (int)COUNT(vectors));
	tcase_add_loop_test(tcase, before_and_after_its_time_a_signature_is_nothing, 0, (int)COUNT(vectors));
	tcase_add_loop_test(tcase, one_other_bit_makes_it_bogus, 0, (int)COUNT(vectors));
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
