/* Why a set is not secure, as clients are told (RFC 8914): what anybody could have added is no reason. */
#include "resolver/validate/limits.h"
#include "resolver/validate/rrsig.h"
#include "resolver/wire/text.h"
#include "tests/resolver/validate/signer.h"
#include "tests/suite.h"

#define NOW_S     1000000u
#define BEGAN_S   (NOW_S - 1000u)
#define ENDED_S   (NOW_S - 500u)
#define LASTS_S   (NOW_S + 1000u)
#define LATE_S    2000000000u
#define THE_KEY   1u
#define OTHER_KEY 2u

static uint8_t block[1 << 20];
static struct arena arena;
static struct crypto *crypto;
static struct name zone;
static struct rrset keys, set;

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

/* example. A, not signed yet, and the zone's key. */
static void
make_set(uint16_t key_flags)
{
	uint8_t key[SIGNER_RDATA_BYTES];

	ck_assert_int_eq(name_from_text(&zone, "example.", NULL), 0);
	keys = (struct rrset){ .owner = &zone, .type = TYPE_DNSKEY, .class = CLASS_IN, .ttl_s = 300 };
	set = (struct rrset){ .owner = &zone, .type = TYPE_A, .class = CLASS_IN, .ttl_s = 300 };
	(void)signer_key(THE_KEY, key_flags, key);
	signer_add(&arena, &keys, key, sizeof key);
	signer_add(&arena, &set, "\xc0\0\2\1", 4);
}

static const struct {
	const char *behaviour;
	uint16_t key_flags;      /* of THE_KEY, the zone's only one */
	unsigned signers[2];     /* 0: no more */
	uint32_t expires_s[2];
	int ede;
} cases[] = {
	{ "a good signature", SIGNER_ZSK, { THE_KEY }, { LASTS_S }, EDE_NONE },
	{ "no signature", SIGNER_ZSK, { 0 }, { 0 }, EDE_RRSIGS_MISSING },
	{ "one that has expired", SIGNER_ZSK, { THE_KEY }, { ENDED_S }, EDE_SIGNATURE_EXPIRED },
	{ "one of a key that the zone has not", SIGNER_ZSK, { OTHER_KEY }, { LASTS_S }, EDE_DNSKEY_MISSING },
	{ "... which has expired too", SIGNER_ZSK, { OTHER_KEY }, { ENDED_S }, EDE_DNSKEY_MISSING },
	{ "... beside one of the zone's that has expired", SIGNER_ZSK, { OTHER_KEY, THE_KEY }, { ENDED_S, ENDED_S },
	  EDE_SIGNATURE_EXPIRED },
	{ "a revoked key's", SIGNER_KSK_REVOKED, { THE_KEY }, { LASTS_S }, EDE_DNSSEC_BOGUS },
	{ "a revoked key's that has expired", SIGNER_KSK_REVOKED, { THE_KEY }, { ENDED_S }, EDE_DNSSEC_BOGUS },
	{ "one of a key that is no zone's", 0, { THE_KEY }, { LASTS_S }, EDE_NO_ZONE_KEY_BIT },
};

START_TEST(the_reason_is_what_is_wrong_with_the_zone_s_own_signature)
{
	struct verify verify;
	unsigned budget = VALIDATE_SIGNATURES_MAX;

	make_set(cases[_i].key_flags);
	for (unsigned i = 0; i < COUNT(cases[_i].signers) && cases[_i].signers[i] != 0; i++)
		signer_sign(&arena, &set, &zone, cases[_i].signers[i],
			    cases[_i].signers[i] == THE_KEY ? cases[_i].key_flags : SIGNER_ZSK, BEGAN_S, cases[_i].expires_s[i]);
	verify_begin(&verify, &set, &keys, &zone, NULL, crypto, &arena, NOW_S);
	(void)verify_set(&verify, &budget);
	ck_assert_msg(verify.ede == cases[_i].ede, "%s: EDE %d", cases[_i].behaviour, verify.ede);
}
END_TEST

#define HOUR_S 3600u
#define DAY_S  86400u

static const struct {
	const char *behaviour;
	struct verify_skew skew;
	uint32_t before_s, after_s; /* the inception is so long ago, the expiration so far ahead */
	int ede;
} skews[] = {
	{ "a minute after its end", { 60, 60 }, DAY_S, -60u, EDE_NONE },
	{ "a second more", { 60, 60 }, DAY_S, -61u, EDE_SIGNATURE_EXPIRED },
	{ "a minute before its beginning", { 60, 60 }, -60u, DAY_S, EDE_NONE },
	{ "a second earlier", { 60, 60 }, -61u, DAY_S, EDE_SIGNATURE_NOT_YET_VALID },
	{ "no difference is borne", { 0, 0 }, DAY_S, -1u, EDE_SIGNATURE_EXPIRED },
	{ "a tenth of a day", { HOUR_S, DAY_S }, DAY_S - 8640u, -8640u, EDE_SIGNATURE_EXPIRED },
	{ "a tenth of ten days", { HOUR_S, DAY_S }, 10 * DAY_S - DAY_S, -DAY_S + 20000u, EDE_NONE },
	{ "the tenth of a year is cut to the most", { HOUR_S, DAY_S }, 365 * DAY_S, -DAY_S, EDE_NONE },
	{ "... and no more", { HOUR_S, DAY_S }, 365 * DAY_S, -DAY_S - 1u, EDE_SIGNATURE_EXPIRED },
	{ "the tenth of an hour is raised to the least", { HOUR_S, DAY_S }, 2 * HOUR_S, -HOUR_S, EDE_NONE },
	{ "the least goes before the most", { HOUR_S, 60 }, DAY_S, -HOUR_S, EDE_NONE },
};

START_TEST(clocks_may_differ_by_a_tenth_of_a_signature_s_time_within_bounds)
{
	struct verify verify;
	unsigned budget = VALIDATE_SIGNATURES_MAX;

	make_set(SIGNER_ZSK);
	signer_sign(&arena, &set, &zone, THE_KEY, SIGNER_ZSK, LATE_S - skews[_i].before_s, LATE_S + skews[_i].after_s);
	verify_begin(&verify, &set, &keys, &zone, NULL, crypto, &arena, LATE_S);
	verify.skew = skews[_i].skew;
	(void)verify_set(&verify, &budget);
	ck_assert_msg(verify.ede == skews[_i].ede, "%s: EDE %d", skews[_i].behaviour, verify.ede);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("validate: reasons");
	TCase *tcase = tcase_create("of a set");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, the_reason_is_what_is_wrong_with_the_zone_s_own_signature, 0, COUNT(cases));
	tcase_add_loop_test(tcase, clocks_may_differ_by_a_tenth_of_a_signature_s_time_within_bounds, 0, COUNT(skews));
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
