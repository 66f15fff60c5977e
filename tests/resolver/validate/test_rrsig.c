/* Which signatures count, and over what (RFC 4034, sections 3 and 6; RFC 4035, section 5.3; RFC 4509; RFC 6840). */
#include <stdio.h>
#include <string.h>

#include "resolver/validate/limits.h"
#include "resolver/validate/rrsig.h"
#include "tests/resolver/validate/signed_text.h"
#include "tests/resolver/validate/signer.h"
#include "tests/suite.h"

#define NOW_S     1800000000u
#define BEGAN_S   (NOW_S - 1000u)
#define LASTS_S   (NOW_S + 1000u)
#define THE_KEY   1u
#define OTHER_KEY 2u

static uint8_t block[4 << 20];
static struct arena arena;
static struct crypto *crypto;
static struct name zone, owner;
static struct rrset keys, set;

static void
name_set(struct name *name, const char *text)
{
	ck_assert_int_eq(name_from_text(name, text, NULL), 0);
}

/* www.example. A, not signed yet, and the zone's key. */
static void
setup(void)
{
	uint8_t key[SIGNER_RDATA_BYTES];

	arena_init(&arena, block, sizeof block);
	crypto = crypto_new();
	name_set(&zone, "example.");
	name_set(&owner, "www.example.");
	keys = (struct rrset){ .owner = &zone, .type = TYPE_DNSKEY, .class = CLASS_IN, .ttl_s = 300 };
	set = (struct rrset){ .owner = &owner, .type = TYPE_A, .class = CLASS_IN, .ttl_s = 300 };
	(void)signer_key(THE_KEY, SIGNER_ZSK, key);
	signer_add(&arena, &keys, key, sizeof key);
	signer_add(&arena, &set, "\xc0\0\2\1", 4);
}

static void
teardown(void)
{
	crypto_free(crypto);
}

static void
sign(const struct name *signer)
{
	signer_sign(&arena, &set, signer, THE_KEY, SIGNER_ZSK, BEGAN_S, LASTS_S);
}

/* Returns how many signatures were checked. */
static unsigned
is_secure_at(bool *secure, const struct rrset *ds, uint32_t now_s)
{
	unsigned budget = VALIDATE_SIGNATURES_MAX;
	struct verify verify;

	verify_begin(&verify, &set, &keys, &zone, ds, crypto, &arena, now_s);
	*secure = verify_set(&verify, &budget);
	return VALIDATE_SIGNATURES_MAX - budget;
}

static bool
is_secure(void)
{
	bool secure;

	(void)is_secure_at(&secure, NULL, NOW_S);
	return secure;
}

/* ---- whose ------------------------------------------------------------------------------------------------------ */

START_TEST(a_zone_signs_what_is_its_own)
{
	sign(&zone);
	ck_assert(is_secure());
}
END_TEST

START_TEST(a_zone_that_is_not_above_signs_in_vain)
{
	name_set(&owner, "www.victim.");
	sign(&zone);
	ck_assert(!is_secure());
}
END_TEST

START_TEST(a_signature_in_another_zones_name_is_none)
{
	sign(&name_root);
	ck_assert(!is_secure());
}
END_TEST

/* The tag is a sum: what the protocol loses the key's last but one octet gets, and the algorithm stays. */
START_TEST(a_key_of_another_protocol_is_none)
{
	uint8_t *rdata = (uint8_t *)keys.rdata + 2; /* behind the length */
	struct dnskey before, after;
	bool secure;

	sign(&zone);
	ck_assert_int_eq(dnskey_read(&before, rdata, SIGNER_RDATA_BYTES), 0);
	ck_assert_uint_lt(rdata[SIGNER_RDATA_BYTES - 2], UINT8_MAX);
	rdata[2]--;
	rdata[SIGNER_RDATA_BYTES - 2]++;
	ck_assert_int_eq(dnskey_read(&after, rdata, SIGNER_RDATA_BYTES), 0);
	ck_assert_uint_eq(before.tag, after.tag);
	ck_assert_uint_eq(is_secure_at(&secure, NULL, NOW_S), 0); /* it is not even tried (RFC 4034, section 2.1.2) */
	ck_assert(!secure);
}
END_TEST

/* Two words of a key change places: its tag is the same (RFC 4034, appendix B). */
START_TEST(of_the_keys_with_one_tag_few_are_tried)
{
	const struct rdata_walk real = { .bytes = keys.rdata + 2, .size = SIGNER_RDATA_BYTES };
	uint8_t twin[SIGNER_RDATA_BYTES];
	bool secure;

	sign(&zone);
	keys.rr_count = 0;
	keys.rdata_bytes = 0;
	for (unsigned i = 0; i < 2 * VALIDATE_KEYS_PER_TAG_MAX; i++) {
		memcpy(twin, real.bytes, sizeof twin);
		memcpy(twin + 4, real.bytes + 6 + 2 * (size_t)i, 2);
		memcpy(twin + 6 + 2 * (size_t)i, real.bytes + 4, 2);
		signer_add(&arena, &keys, twin, sizeof twin);
	}
	signer_add(&arena, &keys, real.bytes, real.size);
	ck_assert_uint_eq(is_secure_at(&secure, NULL, NOW_S), VALIDATE_KEYS_PER_TAG_MAX);
	ck_assert(!secure);
}
END_TEST

/* Signs with one octet of the signature wrong. */
static void
sign_wrongly(void)
{
	sign(&zone);
	((uint8_t *)set.rdata)[set.rdata_bytes - 1] ^= 1;
}

/* One may be wrong: a key with the same tag, or a set in the midst of a roll. More are somebody's work to cause work. */
START_TEST(a_set_is_left_when_its_signatures_keep_failing)
{
	const struct rrset is_unsigned = set;
	bool secure;

	for (unsigned i = 0; i < VALIDATE_FAILURES_MAX - 1; i++)
		sign_wrongly();
	sign(&zone);
	ck_assert_uint_eq(is_secure_at(&secure, NULL, NOW_S), VALIDATE_FAILURES_MAX);
	ck_assert(secure);
	set = is_unsigned;
	for (unsigned i = 0; i < VALIDATE_FAILURES_MAX; i++)
		sign_wrongly();
	sign(&zone);
	ck_assert_uint_lt(set.sig_count - 1, VALIDATE_SIGS_PER_RRSET_MAX); /* it is not that which ends it */
	ck_assert_uint_eq(is_secure_at(&secure, NULL, NOW_S), VALIDATE_FAILURES_MAX);
	ck_assert(!secure);
}
END_TEST

/* A verdict that is remembered holds for what was checked: not for other data with the same signature, or by another key. */
/* Each is looked for among all keys of the zone: _i 0, there are as many before the right one as are borne; 1, one more. */
START_TEST(of_signatures_by_nobody_few_are_looked_at)
{
	for (unsigned i = 0; i < VALIDATE_SIGS_PER_RRSET_MAX - 1 + (unsigned)_i; i++)
		signer_sign(&arena, &set, &zone, OTHER_KEY, SIGNER_ZSK, BEGAN_S, LASTS_S);
	sign(&zone);
	ck_assert(is_secure() == (_i == 0));
}
END_TEST

START_TEST(of_signatures_out_of_date_few_are_looked_at)
{
	unsigned budget = VALIDATE_SIGNATURES_MAX;
	struct verify verify;

	for (unsigned i = 0; i < VALIDATE_SIGS_PER_RRSET_MAX - 1 + (unsigned)_i; i++)
		signer_sign(&arena, &set, &zone, OTHER_KEY, SIGNER_ZSK, BEGAN_S - 172800u, BEGAN_S - 86400u);
	signer_sign(&arena, &set, &zone, THE_KEY, SIGNER_ZSK, BEGAN_S - 172800u, BEGAN_S - 86400u);
	verify_begin(&verify, &set, &keys, &zone, NULL, crypto, &arena, NOW_S);
	ck_assert(!verify_set(&verify, &budget));
	ck_assert_uint_eq(budget, VALIDATE_SIGNATURES_MAX);
	ck_assert_int_eq(verify.ede, _i == 0 ? EDE_SIGNATURE_EXPIRED : EDE_DNSKEY_MISSING);
	sign(&zone); /* one that is good counts behind any number of them */
	ck_assert(is_secure());
}
END_TEST

START_TEST(a_check_is_known_by_each_of_its_parts)
{
	static const struct crypto_span one = { (const uint8_t *)"one", 3 }, other = { (const uint8_t *)"other", 5 };
	const struct verify_job job = { ALGORITHM_ED25519, one, one, one };
	struct verify_job others[] = { job, job, job, job, { ALGORITHM_ED25519, one, one, other }, { ALGORITHM_ED25519, one, other, one } };
	const struct hash_key key = { 1, 2 };

	others[0].algorithm = ALGORITHM_ED448;
	others[1].key = other;
	others[2].signed_data = other;
	others[3].signature = other;
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_ne(verify_job_hash(&others[i], &key), verify_job_hash(&job, &key));
	ck_assert_uint_ne(verify_job_hash(&others[4], &key), verify_job_hash(&others[5], &key));
}
END_TEST

/* A signature that nobody has made, put in front, hides neither from caches nor from proofs what a wildcard has made. */
START_TEST(a_second_signature_does_not_hide_a_wildcard)
{
	struct rrset beside = set;

	ck_assert(!rrset_is_own(&set)); /* without any nothing says so */
	sign(&zone);
	ck_assert(rrset_is_own(&set) && !rrset_is_expanded(&set));
	signer_sign_as(&arena, &set, &zone, OTHER_KEY, SIGNER_ZSK, BEGAN_S, LASTS_S, 1);
	ck_assert(!rrset_is_own(&set) && rrset_is_expanded(&set));
	signer_sign_as(&arena, &beside, &zone, THE_KEY, SIGNER_ZSK, BEGAN_S, LASTS_S, 1);
	ck_assert(!rrset_is_own(&beside) && rrset_is_expanded(&beside));
}
END_TEST

/* ---- of the DS set --------------------------------------------------------------------------------------------------- */

static void
add_ds(struct rrset *ds, unsigned key_number, uint8_t digest_type)
{
	uint8_t key[SIGNER_RDATA_BYTES], rdata[4 + CRYPTO_DIGEST_BYTES_MAX];
	const uint16_t tag = signer_key(THE_KEY, SIGNER_ZSK, key);

	(void)signer_key(key_number, SIGNER_ZSK, key); /* another key's digest under THE_KEY's tag */
	struct writer w = writer_over(rdata, sizeof rdata);
	writer_u16(&w, tag);
	writer_u8(&w, SIGNER_ALGORITHM);
	writer_u8(&w, digest_type);
	const size_t digest_bytes = crypto_digest(crypto, digest_type, (struct crypto_span){ zone.wire, zone.size },
						  (struct crypto_span){ key, sizeof key }, rdata + 4);
	signer_add(&arena, ds, rdata, 4 + digest_bytes);
}

static const struct {
	const char *behaviour;
	struct { unsigned key; uint8_t digest; } records[2];
	bool secure;
} ds_cases[] = {
	{ "a key that the DS stands for", { { THE_KEY, DIGEST_SHA256 } }, true },
	{ "a key that it does not stand for", { { OTHER_KEY, DIGEST_SHA256 } }, false },
	{ "SHA-1 where there is nothing else", { { THE_KEY, DIGEST_SHA1 } }, true },
	{ "SHA-1 beside better (RFC 4509, section 3)", { { OTHER_KEY, DIGEST_SHA256 }, { THE_KEY, DIGEST_SHA1 } }, false },
	{ "one of two", { { OTHER_KEY, DIGEST_SHA256 }, { THE_KEY, DIGEST_SHA384 } }, true },
};

START_TEST(the_ds_set_says_which_keys_count)
{
	struct rrset ds = { .owner = &zone, .type = TYPE_DS, .class = CLASS_IN, .ttl_s = 300 };
	bool secure;

	sign(&zone);
	for (unsigned i = 0; i < COUNT(ds_cases[_i].records) && ds_cases[_i].records[i].key != 0; i++)
		add_ds(&ds, ds_cases[_i].records[i].key, ds_cases[_i].records[i].digest);
	(void)is_secure_at(&secure, &ds, NOW_S);
	ck_assert_msg(secure == ds_cases[_i].secure, "%s", ds_cases[_i].behaviour);
}
END_TEST

/* ---- over what --------------------------------------------------------------------------------------------------------- */

START_TEST(a_record_that_is_there_twice_was_signed_once)
{
	sign(&zone);
	const struct rrset once = set;
	uint8_t *twice = arena_alloc(&arena, once.rdata_bytes + 6);
	memcpy(twice, once.rdata, 6);
	memcpy(twice + 6, once.rdata, once.rdata_bytes);
	set.rdata = twice;
	set.rdata_bytes += 6;
	set.rr_count++;
	ck_assert(is_secure());
}
END_TEST

START_TEST(letters_of_owner_and_signer_do_not_matter)
{
	sign(&zone);
	name_set(&owner, "WWW.eXample.");
	uint8_t *signer = (uint8_t *)set.rdata + set.rdata_bytes - 64 - zone.size; /* before the signature */
	ck_assert_int_eq(signer[1], 'e');
	signer[1] = 'E';
	ck_assert(is_secure());
}
END_TEST

/* RFC 4034, section 6.2, as RFC 6840, section 5.1 has it: the names of these types are signed in lower case, no others. */
static const struct {
	const char *lower, *upper; /* the same rdata in other letters */
	bool is_same;
} letters[] = {
	{ "NS a.example.", "NS A.example.", true },
	{ "MD a.example.", "MD A.example.", true },
	{ "MF a.example.", "MF A.example.", true },
	{ "CNAME a.example.", "CNAME A.example.", true },
	{ "SOA a.example. b.example. 1 2 3 4 5", "SOA A.example. B.example. 1 2 3 4 5", true },
	{ "MB a.example.", "MB A.example.", true },
	{ "MG a.example.", "MG A.example.", true },
	{ "MR a.example.", "MR A.example.", true },
	{ "PTR a.example.", "PTR A.example.", true },
	{ "MINFO a.example. b.example.", "MINFO A.example. B.example.", true },
	{ "MX 1 a.example.", "MX 1 A.example.", true },
	{ "RP a.example. b.example.", "RP A.example. B.example.", true },
	{ "AFSDB 1 a.example.", "AFSDB 1 A.example.", true },
	{ "RT 1 a.example.", "RT 1 A.example.", true },
	{ "PX 1 a.example. b.example.", "PX 1 A.example. B.example.", true },
	{ "NXT a.example. A", "NXT A.example. A", true },
	{ "SRV 1 2 3 a.example.", "SRV 1 2 3 A.example.", true },
	{ "NAPTR 1 2 u sip regexp a.example.", "NAPTR 1 2 u sip regexp A.example.", true },
	{ "KX 1 a.example.", "KX 1 A.example.", true },
	{ "DNAME a.example.", "DNAME A.example.", true },
	{ "NAPTR 1 2 u sip regexp .", "NAPTR 1 2 u sip REGEXP .", false },
	{ "HINFO a b", "HINFO A b", false },
	{ "TXT a", "TXT A", false },
	{ "NSEC a.example. A", "NSEC A.example. A", false },
	{ "HTTPS 0 a.example.", "HTTPS 0 A.example.", false },
	{ "SVCB 0 a.example.", "SVCB 0 A.example.", false },
	{ "CAA 0 issue a.example", "CAA 0 issue A.example", false },
	{ "LP 1 a.example.", "LP 1 A.example.", false },
};

START_TEST(letters_in_rdata_matter_as_the_type_has_it)
{
	char line[128];
	struct rrset other = { .rr_count = 0 };

	set = (struct rrset){ .rr_count = 0 };
	(void)snprintf(line, sizeof line, "www.example. 300 %s", letters[_i].lower);
	signed_text_append(&arena, &set, line);
	const uint32_t record_bytes = set.rdata_bytes;
	sign(&zone);
	ck_assert_msg(is_secure(), "%s", letters[_i].lower);
	(void)snprintf(line, sizeof line, "www.example. 300 %s", letters[_i].upper);
	signed_text_append(&arena, &other, line);
	ck_assert_uint_eq(other.rdata_bytes, record_bytes);
	ck_assert_int_ne(memcmp(set.rdata, other.rdata, record_bytes), 0);
	memcpy((uint8_t *)set.rdata, other.rdata, record_bytes);
	ck_assert_msg(is_secure() == letters[_i].is_same, "%s", letters[_i].upper);
}
END_TEST

/* ---- when ---------------------------------------------------------------------------------------------------------------- */

START_TEST(the_times_go_on_after_the_32_bits)
{
	bool secure;

	signer_sign(&arena, &set, &zone, THE_KEY, SIGNER_ZSK, UINT32_MAX - 1000, 2000);
	(void)is_secure_at(&secure, NULL, UINT32_MAX - 500);
	ck_assert(secure);
	(void)is_secure_at(&secure, NULL, 500);
	ck_assert(secure);
	(void)is_secure_at(&secure, NULL, 2000 + VALIDATE_SKEW_S + 1);
	ck_assert(!secure);
	(void)is_secure_at(&secure, NULL, UINT32_MAX - 1000 - VALIDATE_SKEW_S - 1);
	ck_assert(!secure);
}
END_TEST

static const struct {
	const char *behaviour;
	struct verify_skew skew;
	uint32_t late_s; /* after the end */
	bool is_secure;
	uint32_t ttl_s_max;
} ends[] = {
	{ "before the end, until then", { 60, 60 }, -5u, true, 5 },
	{ "a tenth of the time that it lasts", { 0, 86400 }, 10, true, 190 },
	{ "at most", { 0, 100 }, 10, true, 90 },
	{ "at least", { 250, 100 }, 10, true, 240 },
	{ "no longer than the TTL that was signed", { 600, 600 }, 10, true, 300 },
	{ "in the last second", { 60, 60 }, 60, true, 0 },
	{ "after it", { 60, 60 }, 61, false, 0 },
	{ "no skew", { 0, 0 }, 0, true, 0 },
};

START_TEST(what_has_ended_is_kept_while_the_skew_lasts)
{
	unsigned budget = VALIDATE_SIGNATURES_MAX;
	struct verify verify;

	sign(&zone);
	verify_begin(&verify, &set, &keys, &zone, NULL, crypto, &arena, LASTS_S + ends[_i].late_s);
	verify.skew = ends[_i].skew;
	ck_assert_msg(verify_set(&verify, &budget) == ends[_i].is_secure, "%s", ends[_i].behaviour);
	if (ends[_i].is_secure)
		ck_assert_msg(verify.ttl_s_max == ends[_i].ttl_s_max, "%s: %u", ends[_i].behaviour, verify.ttl_s_max);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("validate: rrsig");
	TCase *tcase = tcase_create("rrsig");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_zone_signs_what_is_its_own);
	tcase_add_test(tcase, a_zone_that_is_not_above_signs_in_vain);
	tcase_add_test(tcase, a_signature_in_another_zones_name_is_none);
	tcase_add_test(tcase, a_key_of_another_protocol_is_none);
	tcase_add_test(tcase, of_the_keys_with_one_tag_few_are_tried);
	tcase_add_test(tcase, a_set_is_left_when_its_signatures_keep_failing);
	tcase_add_loop_test(tcase, of_signatures_by_nobody_few_are_looked_at, 0, 2);
	tcase_add_loop_test(tcase, of_signatures_out_of_date_few_are_looked_at, 0, 2);
	tcase_add_test(tcase, a_check_is_known_by_each_of_its_parts);
	tcase_add_test(tcase, a_second_signature_does_not_hide_a_wildcard);
	tcase_add_loop_test(tcase, the_ds_set_says_which_keys_count, 0, (int)COUNT(ds_cases));
	tcase_add_test(tcase, a_record_that_is_there_twice_was_signed_once);
	tcase_add_test(tcase, letters_of_owner_and_signer_do_not_matter);
	tcase_add_loop_test(tcase, letters_in_rdata_matter_as_the_type_has_it, 0, (int)COUNT(letters));
	tcase_add_test(tcase, the_times_go_on_after_the_32_bits);
	tcase_add_loop_test(tcase, what_has_ended_is_kept_while_the_skew_lasts, 0, (int)COUNT(ends));
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
