/* Trust anchors that follow their zone (RFC 5011): the states, the times, and the file that they are kept in. */
#include "resolver/validate/autotrust.h"

#include <stdio.h>
#include <string.h>

#include "stack/base/arena.h"
#include "stack/base/rng.h"
#include "tests/resolver/validate/signer.h"
#include "tests/suite.h"

#define DAY_S      86400u
#define START_S    1700000000u
#define TTL_S      172800u
#define TAKEN_KEYS 6u

static const struct autotrust_rules rules = { AUTOTRUST_ADD_HOLDDOWN_S, AUTOTRUST_DEL_HOLDDOWN_S, 366 * DAY_S,
					      AUTOTRUST_QUERY_S_MIN };
static uint8_t memory[1 << 20], scratch_memory[1 << 19];
static struct arena arena, scratch;
static struct autotrust trust;
static struct autotrust_reader reader;
static struct crypto *crypto;
static struct rng rng;
static struct name zone;
static uint64_t now_s;

static void
set_up(void)
{
	arena_init(&arena, memory, sizeof memory);
	arena_init(&scratch, scratch_memory, sizeof scratch_memory);
	rng_init_number(&rng, suite_seed(1));
	crypto = crypto_new();
	ck_assert_int_eq(name_from_text(&zone, "example.", NULL), 0);
	now_s = START_S;
}

static void
tear_down(void)
{
	crypto_free(crypto);
}

/* ---- a zone's DNSKEY set ------------------------------------------------------------------------------------------- */

struct keys {
	unsigned numbers[TAKEN_KEYS]; /* 0 ends them */
};

#define REVOKED 1000u /* added to a number: with the REVOKE bit */
#define ZSK     2000u /* without the SEP bit */

static uint16_t
flags_of(unsigned number)
{
	return number >= ZSK ? SIGNER_ZSK : number >= REVOKED ? SIGNER_KSK_REVOKED : SIGNER_KSK;
}

static const struct rrset *
make_set(struct keys keys, struct keys signers)
{
	struct rrset *set = arena_zalloc(&arena, 1, sizeof *set);
	uint8_t rdata[SIGNER_RDATA_BYTES];

	*set = (struct rrset){ .owner = &zone, .type = TYPE_DNSKEY, .class = CLASS_IN, .ttl_s = TTL_S };
	for (unsigned i = 0; keys.numbers[i] != 0; i++) {
		(void)signer_key(keys.numbers[i] % REVOKED, flags_of(keys.numbers[i]), rdata);
		signer_add(&arena, set, rdata, sizeof rdata);
	}
	for (unsigned i = 0; signers.numbers[i] != 0; i++)
		signer_sign(&arena, set, &zone, signers.numbers[i] % REVOKED, flags_of(signers.numbers[i]),
			    (uint32_t)now_s - DAY_S, (uint32_t)now_s + 20 * DAY_S);
	return set;
}

#define KEYS(...) ((struct keys){ { __VA_ARGS__ } })

static enum autotrust_news
hear(const struct rrset *set)
{
	const struct autotrust_means means = { &rules, crypto, &scratch, &rng, (uint32_t)now_s };
	return autotrust_hear(&trust, set, &means, now_s);
}

static enum autotrust_news
hear_after(unsigned days, struct keys keys, struct keys signers)
{
	now_s += (uint64_t)days * DAY_S;
	arena_reset(&arena);
	return hear(make_set(keys, signers));
}

/* ---- what became of a key --------------------------------------------------------------------------------------------- */

static enum autotrust_state
state_of(unsigned number)
{
	uint8_t rdata[SIGNER_RDATA_BYTES];

	(void)signer_key(number % REVOKED, flags_of(number), rdata);
	for (unsigned i = 0; i < trust.key_count; i++)
		if (trust.keys[i].type == TYPE_DNSKEY && memcmp(trust.keys[i].rdata + 4, rdata + 4, sizeof rdata - 4) == 0)
			return trust.keys[i].state;
	return AUTOTRUST_START;
}

static unsigned
anchors_of(const struct autotrust *of)
{
	static uint8_t block[1 << 17];
	struct arena anchors_arena;
	struct anchors anchors;

	arena_init(&anchors_arena, block, sizeof block);
	anchors_init(&anchors, &anchors_arena);
	ck_assert_int_eq(autotrust_anchors(of, &anchors, crypto), 0);
	const struct rrset *set = anchors_at(&anchors, &zone);
	return set != NULL ? set->rr_count : 0;
}

static int
read_text(const char *text)
{
	return autotrust_read(&trust, &reader, text, strlen(text));
}

/* The operator's file: the key of this number, as DNSKEY. */
static void
start_with(unsigned number)
{
	uint8_t rdata[SIGNER_RDATA_BYTES];
	char fields[200], text[300];

	(void)signer_key(number % REVOKED, flags_of(number), rdata);
	ck_assert_int_ge(rdata_to_text(TYPE_DNSKEY, CLASS_IN, rdata, sizeof rdata, fields, sizeof fields), 0);
	(void)snprintf(text, sizeof text, "example. 3600 IN DNSKEY %s ; a remark\n", fields);
	ck_assert_int_eq(read_text(text), 0);
}

/* With a success behind it. */
static void
running_with(unsigned number)
{
	start_with(number);
	ck_assert_int_eq(hear_after(0, KEYS(number), KEYS(number)), AUTOTRUST_TAKEN);
}

/* ---- the states ---------------------------------------------------------------------------------------------------------- */

START_TEST(a_new_key_is_trusted_after_the_hold_down)
{
	running_with(1);
	ck_assert_int_eq(hear_after(1, KEYS(1, 2), KEYS(1)), AUTOTRUST_TAKEN);
	ck_assert_int_eq(state_of(2), AUTOTRUST_ADDPEND);
	ck_assert_uint_eq(anchors_of(&trust), 1);
	ck_assert_int_eq(hear_after(29, KEYS(1, 2), KEYS(1)), AUTOTRUST_TAKEN);
	ck_assert_int_eq(state_of(2), AUTOTRUST_ADDPEND);
	ck_assert(!trust.has_changed);
	ck_assert_int_eq(hear_after(1, KEYS(1, 2), KEYS(1)), AUTOTRUST_TAKEN);
	ck_assert_int_eq(state_of(2), AUTOTRUST_VALID);
	ck_assert(trust.has_changed);
	ck_assert_uint_eq(anchors_of(&trust), 2);
}
END_TEST

START_TEST(a_key_seen_once_is_not_trusted_however_long_ago)
{
	running_with(1);
	(void)hear_after(1, KEYS(1, 2), KEYS(1));
	ck_assert_int_eq(hear_after(300, KEYS(2), KEYS(2)), AUTOTRUST_REFUSED);
	ck_assert_int_eq(state_of(2), AUTOTRUST_ADDPEND);
	ck_assert_uint_eq(trust.failed_count, 1);
}
END_TEST

START_TEST(who_was_away_for_the_end_of_the_roll_takes_the_key_that_was_in_every_set)
{
	running_with(1);
	(void)hear_after(1, KEYS(1, 2), KEYS(1));
	(void)hear_after(1, KEYS(1, 2), KEYS(1));
	ck_assert_int_eq(hear_after(40, KEYS(2), KEYS(2)), AUTOTRUST_TAKEN);
	ck_assert_int_eq(state_of(2), AUTOTRUST_VALID);
	ck_assert_int_eq(state_of(1), AUTOTRUST_MISSING);
}
END_TEST

START_TEST(a_new_key_that_goes_away_has_to_wait_again)
{
	running_with(1);
	(void)hear_after(1, KEYS(1, 2), KEYS(1));
	(void)hear_after(20, KEYS(1), KEYS(1));
	ck_assert_uint_eq(trust.key_count, 1);
	(void)hear_after(1, KEYS(1, 2), KEYS(1));
	(void)hear_after(20, KEYS(1, 2), KEYS(1));
	ck_assert_int_eq(state_of(2), AUTOTRUST_ADDPEND);
}
END_TEST

START_TEST(a_new_key_does_not_vouch_for_itself)
{
	running_with(1);
	(void)hear_after(1, KEYS(1, 2), KEYS(1, 2));
	ck_assert_int_eq(hear_after(1, KEYS(1, 2, 3), KEYS(2)), AUTOTRUST_REFUSED);
	ck_assert_int_eq(hear_after(1, KEYS(1, 2, 3), KEYS(3)), AUTOTRUST_REFUSED);
	ck_assert_uint_eq(trust.key_count, 2);
	ck_assert_uint_eq(trust.failed_count, 2);
}
END_TEST

START_TEST(a_key_without_the_sep_bit_becomes_no_anchor)
{
	running_with(1);
	for (unsigned i = 0; i < 5; i++)
		(void)hear_after(20, KEYS(1, ZSK + 9), KEYS(1));
	ck_assert_uint_eq(trust.key_count, 1);
}
END_TEST

START_TEST(a_revoked_key_is_no_anchor_from_then_on)
{
	running_with(1);
	for (unsigned i = 0; i < 4; i++)
		(void)hear_after(15, KEYS(1, 2), KEYS(1));
	ck_assert_uint_eq(anchors_of(&trust), 2);
	ck_assert_int_eq(hear_after(1, KEYS(REVOKED + 1, 2), KEYS(REVOKED + 1, 2)), AUTOTRUST_TAKEN);
	ck_assert_int_eq(state_of(1), AUTOTRUST_REVOKED);
	ck_assert(trust.has_changed);
	ck_assert_uint_eq(anchors_of(&trust), 1);
	/* Nor does it come back, or vouch for anything. */
	ck_assert_int_eq(hear_after(1, KEYS(1, 2), KEYS(2)), AUTOTRUST_TAKEN);
	ck_assert_int_eq(state_of(1), AUTOTRUST_REVOKED);
	ck_assert_int_eq(hear_after(1, KEYS(1, 2), KEYS(1)), AUTOTRUST_REFUSED);
}
END_TEST

START_TEST(a_revocation_that_the_key_has_not_signed_is_none)
{
	running_with(1);
	for (unsigned i = 0; i < 4; i++)
		(void)hear_after(15, KEYS(1, 2), KEYS(1));
	(void)hear_after(1, KEYS(REVOKED + 1, 2), KEYS(2));
	ck_assert_int_eq(state_of(1), AUTOTRUST_VALID);
	ck_assert_uint_eq(anchors_of(&trust), 2);
	ck_assert_int_eq(hear_after(1, KEYS(1, 2), KEYS(1)), AUTOTRUST_TAKEN);
	ck_assert_int_eq(state_of(1), AUTOTRUST_VALID);
}
END_TEST

START_TEST(a_revocation_needs_no_other_signature)
{
	running_with(1);
	for (unsigned i = 0; i < 4; i++)
		(void)hear_after(15, KEYS(1, 2), KEYS(1));
	ck_assert_int_eq(hear_after(1, KEYS(REVOKED + 1), KEYS(REVOKED + 1)), AUTOTRUST_REFUSED);
	ck_assert_int_eq(state_of(1), AUTOTRUST_REVOKED);
	ck_assert_uint_eq(anchors_of(&trust), 1);
}
END_TEST

START_TEST(a_revoked_key_is_forgotten_when_it_was_not_seen_for_the_remove_hold_down)
{
	running_with(1);
	for (unsigned i = 0; i < 4; i++)
		(void)hear_after(15, KEYS(1, 2), KEYS(1));
	(void)hear_after(1, KEYS(REVOKED + 1, 2), KEYS(REVOKED + 1, 2));
	(void)hear_after(29, KEYS(REVOKED + 1, 2), KEYS(2));
	(void)hear_after(29, KEYS(2), KEYS(2));
	ck_assert_int_eq(state_of(1), AUTOTRUST_REVOKED);
	(void)hear_after(1, KEYS(2), KEYS(2));
	ck_assert_uint_eq(trust.key_count, 1);
}
END_TEST

START_TEST(a_zone_that_has_revoked_all_its_keys_has_no_trust_point_any_more)
{
	running_with(1);
	ck_assert_int_eq(hear_after(1, KEYS(REVOKED + 1), KEYS(REVOKED + 1)), AUTOTRUST_OVER);
	ck_assert(trust.is_revoked && trust.has_changed);
	ck_assert_uint_eq(anchors_of(&trust), 0);
	ck_assert_uint_eq(autotrust_deadline(&trust), AUTOTRUST_NEVER);
	ck_assert_int_eq(hear_after(1, KEYS(1), KEYS(1)), AUTOTRUST_NOTHING);
}
END_TEST

START_TEST(a_missing_key_stays_an_anchor_and_comes_back)
{
	running_with(1);
	for (unsigned i = 0; i < 4; i++)
		(void)hear_after(15, KEYS(1, 2), KEYS(1));
	(void)hear_after(1, KEYS(2), KEYS(2));
	ck_assert_int_eq(state_of(1), AUTOTRUST_MISSING);
	ck_assert_uint_eq(anchors_of(&trust), 2);
	(void)hear_after(365, KEYS(2), KEYS(2));
	ck_assert_int_eq(state_of(1), AUTOTRUST_MISSING);
	ck_assert_int_eq(hear_after(1, KEYS(2), KEYS(2)), AUTOTRUST_TAKEN);
	ck_assert_uint_eq(trust.key_count, 1);
	ck_assert(trust.has_changed);
}
END_TEST

START_TEST(a_missing_key_still_vouches_for_the_set)
{
	running_with(1);
	ck_assert_int_eq(hear_after(1, KEYS(ZSK + 9), KEYS(1)), AUTOTRUST_TAKEN);
	ck_assert_int_eq(state_of(1), AUTOTRUST_MISSING);
	ck_assert_int_eq(hear_after(400, KEYS(ZSK + 9, 2), KEYS(1)), AUTOTRUST_TAKEN);
	ck_assert_int_eq(state_of(1), AUTOTRUST_MISSING); /* the only one: it stays */
	ck_assert_int_eq(state_of(2), AUTOTRUST_ADDPEND);
	ck_assert_uint_eq(anchors_of(&trust), 1);
}
END_TEST

START_TEST(more_keys_than_there_is_room_for_are_not_tracked)
{
	running_with(1);
	struct rrset *set = arena_zalloc(&arena, 1, sizeof *set);
	uint8_t rdata[SIGNER_RDATA_BYTES];

	*set = (struct rrset){ .owner = &zone, .type = TYPE_DNSKEY, .class = CLASS_IN, .ttl_s = TTL_S };
	for (unsigned i = 1; i <= 100; i++) {
		(void)signer_key(i, SIGNER_KSK, rdata);
		signer_add(&arena, set, rdata, sizeof rdata);
	}
	signer_sign(&arena, set, &zone, 1, SIGNER_KSK, (uint32_t)now_s - DAY_S, (uint32_t)now_s + DAY_S);
	ck_assert_int_eq(hear(set), AUTOTRUST_TAKEN);
	ck_assert_uint_eq(trust.key_count, AUTOTRUST_KEYS_MAX);
}
END_TEST

/* ---- how it starts ----------------------------------------------------------------------------------------------------------- */

START_TEST(a_ds_record_is_a_way_in)
{
	uint8_t rdata[SIGNER_RDATA_BYTES], digest[CRYPTO_DIGEST_BYTES_MAX];
	char text[300];
	const uint16_t tag = signer_key(1, SIGNER_KSK, rdata);
	const size_t size = crypto_digest(crypto, DIGEST_SHA256, (struct crypto_span){ zone.wire, zone.size },
					  (struct crypto_span){ rdata, sizeof rdata }, digest);
	int used = snprintf(text, sizeof text, "example. IN DS %u 15 2 ", tag);

	for (size_t i = 0; i < size; i++)
		used += snprintf(text + used, sizeof text - (size_t)used, "%02x", digest[i]);
	(void)snprintf(text + used, sizeof text - (size_t)used, "\n");
	ck_assert_int_eq(read_text(text), 0);
	ck_assert(!autotrust_is_writable(&trust));
	ck_assert_int_eq(hear_after(0, KEYS(1, 2), KEYS(2)), AUTOTRUST_REFUSED);
	ck_assert_int_eq(hear_after(0, KEYS(1, 2), KEYS(1)), AUTOTRUST_TAKEN);
	ck_assert_int_eq(state_of(1), AUTOTRUST_VALID);
	ck_assert_int_eq(state_of(2), AUTOTRUST_ADDPEND);
	ck_assert(autotrust_is_writable(&trust));
	ck_assert_uint_eq(anchors_of(&trust), 1);
}
END_TEST

START_TEST(a_zone_key_is_a_way_in_and_goes)
{
	start_with(ZSK + 9);
	ck_assert_int_eq(hear_after(0, KEYS(ZSK + 9, 1), KEYS(ZSK + 9)), AUTOTRUST_TAKEN);
	ck_assert_int_eq(state_of(1), AUTOTRUST_VALID);
	ck_assert_uint_eq(trust.key_count, 1);
}
END_TEST

START_TEST(a_key_that_is_missing_from_the_start_is_no_way_in)
{
	start_with(1);
	ck_assert_int_eq(hear_after(0, KEYS(2), KEYS(1)), AUTOTRUST_TAKEN);
	ck_assert_int_eq(state_of(1), AUTOTRUST_MISSING);
	ck_assert_int_eq(state_of(2), AUTOTRUST_ADDPEND);
}
END_TEST

START_TEST(nothing_is_learnt_from_no_set_or_another_zones)
{
	struct name other;

	running_with(1);
	const struct autotrust before = trust;
	ck_assert_int_eq(hear(NULL), AUTOTRUST_NOTHING);
	struct rrset set = *make_set(KEYS(2), KEYS(2));
	ck_assert_int_eq(name_from_text(&other, "other.", NULL), 0);
	set.owner = &other;
	ck_assert_int_eq(hear(&set), AUTOTRUST_NOTHING);
	ck_assert_mem_eq(&trust.keys[0], &before.keys[0], sizeof trust.keys[0]);
	ck_assert_uint_eq(trust.key_count, before.key_count);
	ck_assert_uint_eq(trust.failed_count, 0);
}
END_TEST

/* ---- the times (RFC 5011, section 2.3) ------------------------------------------------------------------------------------------ */

static const struct {
	const char *behaviour;
	uint32_t ttl_s, expires_s, query_s, retry_s;
} intervals[] = {
	{ "half the TTL, and a tenth", 172800, 30 * DAY_S, 86400, 17280 },
	{ "half of what remains of the signature", 172800, 100000, 50000, 10000 },
	{ "an hour at least", 60, 30 * DAY_S, 3600, 3600 },
	{ "15 days and one day at most", 604800 * 8, 90 * DAY_S, 15 * DAY_S, DAY_S },
};

START_TEST(the_set_is_asked_for_again_after)
{
	struct rrset set = { .owner = &zone, .type = TYPE_DNSKEY, .class = CLASS_IN, .ttl_s = intervals[_i].ttl_s };
	uint8_t rdata[SIGNER_RDATA_BYTES];

	start_with(1);
	(void)signer_key(1, SIGNER_KSK, rdata);
	signer_add(&arena, &set, rdata, sizeof rdata);
	signer_sign(&arena, &set, &zone, 1, SIGNER_KSK, (uint32_t)now_s - DAY_S, (uint32_t)now_s + intervals[_i].expires_s);
	for (unsigned i = 0; i < 100; i++) {
		ck_assert_int_eq(hear(&set), AUTOTRUST_TAKEN);
		ck_assert_msg(trust.query_interval_s == intervals[_i].query_s, "%s", intervals[_i].behaviour);
		ck_assert_msg(trust.retry_s == intervals[_i].retry_s, "%s", intervals[_i].behaviour);
		const uint64_t wait_s = autotrust_deadline(&trust) - now_s;
		ck_assert_uint_le(wait_s, intervals[_i].query_s);
		ck_assert_uint_ge(wait_s, intervals[_i].query_s - intervals[_i].query_s / 10);
		autotrust_ask(&trust, &rules, &rng, now_s);
		ck_assert_uint_le(autotrust_deadline(&trust) - now_s, intervals[_i].retry_s);
	}
}
END_TEST

START_TEST(a_clock_that_is_set_back_ends_no_hold_down)
{
	running_with(1);
	(void)hear_after(1, KEYS(1, 2), KEYS(1));
	now_s -= 100 * DAY_S;
	ck_assert_int_eq(hear_after(0, KEYS(1, 2), KEYS(1)), AUTOTRUST_TAKEN);
	ck_assert_int_eq(state_of(2), AUTOTRUST_ADDPEND);
}
END_TEST

/* ---- the file ---------------------------------------------------------------------------------------------------------------------- */

static char text[AUTOTRUST_TEXT_BYTES_MAX], damaged[AUTOTRUST_TEXT_BYTES_MAX];

/* A key of each kind that a file holds. */
static size_t
write_state(void)
{
	running_with(1);
	for (unsigned i = 0; i < 4; i++)
		(void)hear_after(15, KEYS(1, 2, 3), KEYS(1));
	(void)hear_after(1, KEYS(REVOKED + 1, 2, 4), KEYS(REVOKED + 1, 2));
	const int size = autotrust_write(&trust, text, sizeof text);
	ck_assert_int_gt(size, 0);
	return (size_t)size;
}

START_TEST(a_state_that_was_written_is_read_as_it_was)
{
	const size_t size = write_state();
	const struct autotrust before = trust;

	ck_assert_int_eq(autotrust_read(&trust, &reader, text, size), 0);
	ck_assert_uint_eq(trust.key_count, before.key_count);
	ck_assert_uint_eq(trust.queried_s, before.queried_s);
	ck_assert_uint_eq(trust.succeeded_s, before.succeeded_s);
	ck_assert_uint_eq(trust.next_query_s, before.next_query_s);
	ck_assert_uint_eq(trust.query_interval_s, before.query_interval_s);
	ck_assert_int_eq(state_of(1), AUTOTRUST_REVOKED);
	ck_assert_int_eq(state_of(2), AUTOTRUST_VALID);
	ck_assert_int_eq(state_of(3), AUTOTRUST_MISSING);
	ck_assert_int_eq(state_of(4), AUTOTRUST_ADDPEND);
	ck_assert_uint_eq(anchors_of(&trust), 2);
}
END_TEST

START_TEST(a_zone_without_trust_point_stays_one)
{
	running_with(1);
	(void)hear_after(1, KEYS(REVOKED + 1), KEYS(REVOKED + 1));
	const int size = autotrust_write(&trust, text, sizeof text);
	ck_assert_int_gt(size, 0);
	ck_assert_int_eq(autotrust_read(&trust, &reader, text, (size_t)size), 0);
	ck_assert(trust.is_revoked);
	ck_assert_uint_eq(anchors_of(&trust), 0);
}
END_TEST

/* Whatever a damaged file is read as: no key is trusted that was not trusted before. */
static void
check_damaged(size_t size, const struct autotrust *whole, const char *what, size_t at)
{
	if (autotrust_read(&trust, &reader, damaged, size) != 0) {
		ck_assert_ptr_nonnull(reader.why);
		return;
	}
	for (unsigned i = 0; i < trust.key_count; i++) {
		const struct autotrust_key *key = &trust.keys[i];
		bool was_anchor = key->state != AUTOTRUST_VALID && key->state != AUTOTRUST_MISSING;
		for (unsigned j = 0; j < whole->key_count; j++)
			was_anchor |= whole->keys[j].rdata_bytes == key->rdata_bytes &&
				      memcmp(whole->keys[j].rdata, key->rdata, key->rdata_bytes) == 0 &&
				      (whole->keys[j].state == AUTOTRUST_VALID || whole->keys[j].state == AUTOTRUST_MISSING);
		ck_assert_msg(was_anchor, "%s at %zu: a key is trusted that was not", what, at);
	}
}

START_TEST(a_file_that_is_cut_short_brings_no_new_anchor)
{
	const size_t size = write_state();
	const struct autotrust whole = trust;

	memcpy(damaged, text, size);
	for (size_t cut = 0; cut < size; cut++)
		check_damaged(cut, &whole, "cut", cut);
}
END_TEST

START_TEST(a_file_with_a_wrong_octet_brings_no_new_anchor)
{
	const size_t size = write_state();
	const struct autotrust whole = trust;

	memcpy(damaged, text, size);
	for (size_t at = 0; at < size; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			damaged[at] = (char)(text[at] ^ 1 << bit);
			check_damaged(size, &whole, "bit", at);
		}
		damaged[at] = text[at];
	}
}
END_TEST

#define FIELDS ";;id: example. 1\n;;last_queried: 1 ;;x\n;;last_success: 1\n;;next_probe_time: 1\n"
#define REST   ";;query_failed: 0\n;;query_interval: 5400\n;;retry_time: 3600\n"
#define RECORD "example. 3600 IN DNSKEY 257 3 15 AAAA"
#define STATE  " ;{id = 1040 (ksk), size = 24b} ;;state=2 [  VALID  ] ;;count=0 ;;lastchange=1 ;;x\n"

static const struct {
	const char *behaviour, *text, *why;
} refusals[] = {
	{ "an empty file", "", "has no key that is an anchor" },
	{ "remarks alone", "; nothing\n\n", "has no key that is an anchor" },
	{ "a state without keys", FIELDS REST, "has no key that is an anchor" },
	{ "a field that is not there", FIELDS RECORD STATE, "ends before the state is complete" },
	{ "a field twice", FIELDS REST ";;retry_time: 1\n" RECORD STATE, "is there twice" },
	{ "a field nobody knows", FIELDS REST ";;colour: 1\n" RECORD STATE, "is no field of a trust anchor's state" },
	{ "a number that is none", ";;last_queried: yesterday\n", "has no number, or one that cannot be" },
	{ "a time beyond 32 bits", ";;last_queried: 4294967296\n", "has no number, or one that cannot be" },
	{ "a record without its state", FIELDS REST RECORD "\n", "is a record without its state" },
	{ "a key with another id", FIELDS REST "example. 3600 IN DNSKEY 257 3 15 AAAB" STATE,
	  "is a key that does not have the id that it is said to have" },
	{ "a state by another name", FIELDS REST RECORD " ;{id = 1040 } ;;state=2 [ ADDPEND ] ;;count=0 ;;lastchange=1\n",
	  "is a record whose state is missing or cannot be" },
	{ "keys of two zones", "a. IN DNSKEY 257 3 15 AAAA\nb. IN DNSKEY 257 3 15 AAAA\n",
	  "is of another zone than what stands before: a file is of one zone" },
	{ "all revoked, and a key that is not", ";;REVOKED\n" FIELDS REST RECORD STATE,
	  "says that all is revoked, and has a key that is not" },
	{ "revoked keys for a start", "example. IN DNSKEY 385 3 15 AAAA\n", "has no key that is an anchor" },
	{ "a record that is none", "example. IN DNSKEY 257 three 15 AAAA\n", NULL },
	{ "a last line without its end", FIELDS REST RECORD " ;{id = 1040 } ;;state=2 [  VALID  ] ;;count=0 ;;lastchange=1",
	  "ends before the state is complete" },
};

START_TEST(a_damaged_file_is_refused_with_its_reason)
{
	ck_assert_msg(read_text(refusals[_i].text) < 0, "%s", refusals[_i].behaviour);
	ck_assert_msg(reader.why != NULL && (refusals[_i].why == NULL || strcmp(reader.why, refusals[_i].why) == 0),
		      "%s: %s", refusals[_i].behaviour, reader.why);
	ck_assert_uint_gt(reader.line, 0);
}
END_TEST

START_TEST(what_unbound_has_written_is_read)
{
	ck_assert_int_eq(read_text("; autotrust trust anchor file\n" FIELDS REST RECORD STATE), 0);
	ck_assert_int_eq(trust.keys[0].state, AUTOTRUST_VALID);
	ck_assert_uint_eq(trust.query_interval_s, 5400);
}
END_TEST

static Suite *
autotrust_suite(void)
{
	Suite *suite = suite_create("autotrust");
	TCase *states = tcase_create("states"), *file = tcase_create("file");

	tcase_add_checked_fixture(states, set_up, tear_down);
	tcase_add_test(states, a_new_key_is_trusted_after_the_hold_down);
	tcase_add_test(states, a_key_seen_once_is_not_trusted_however_long_ago);
	tcase_add_test(states, who_was_away_for_the_end_of_the_roll_takes_the_key_that_was_in_every_set);
	tcase_add_test(states, a_new_key_that_goes_away_has_to_wait_again);
	tcase_add_test(states, a_new_key_does_not_vouch_for_itself);
	tcase_add_test(states, a_key_without_the_sep_bit_becomes_no_anchor);
	tcase_add_test(states, a_revoked_key_is_no_anchor_from_then_on);
	tcase_add_test(states, a_revocation_that_the_key_has_not_signed_is_none);
	tcase_add_test(states, a_revocation_needs_no_other_signature);
	tcase_add_test(states, a_revoked_key_is_forgotten_when_it_was_not_seen_for_the_remove_hold_down);
	tcase_add_test(states, a_zone_that_has_revoked_all_its_keys_has_no_trust_point_any_more);
	tcase_add_test(states, a_missing_key_stays_an_anchor_and_comes_back);
	tcase_add_test(states, a_missing_key_still_vouches_for_the_set);
	tcase_add_test(states, more_keys_than_there_is_room_for_are_not_tracked);
	tcase_add_test(states, a_ds_record_is_a_way_in);
	tcase_add_test(states, a_zone_key_is_a_way_in_and_goes);
	tcase_add_test(states, a_key_that_is_missing_from_the_start_is_no_way_in);
	tcase_add_test(states, nothing_is_learnt_from_no_set_or_another_zones);
	tcase_add_loop_test(states, the_set_is_asked_for_again_after, 0, COUNT(intervals));
	tcase_add_test(states, a_clock_that_is_set_back_ends_no_hold_down);
	suite_add_tcase(suite, states);
	tcase_add_checked_fixture(file, set_up, tear_down);
	tcase_add_test(file, a_state_that_was_written_is_read_as_it_was);
	tcase_add_test(file, a_zone_without_trust_point_stays_one);
	tcase_add_test(file, a_file_that_is_cut_short_brings_no_new_anchor);
	tcase_add_test(file, a_file_with_a_wrong_octet_brings_no_new_anchor);
	tcase_add_loop_test(file, a_damaged_file_is_refused_with_its_reason, 0, COUNT(refusals));
	tcase_add_test(file, what_unbound_has_written_is_read);
	tcase_set_timeout(file, 60);
	suite_add_tcase(suite, file);
	return suite;
}

int
main(void)
{
	return suite_run(autotrust_suite());
}
