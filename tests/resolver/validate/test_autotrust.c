/* Trust anchors that follow their zone (RFC 5011): the states and the times. */
#include <stdio.h>
#include <string.h>

#include "tests/resolver/validate/autotrust_subject.h"
#include "tests/suite.h"

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

/* RFC 5011, section 2.2: the time alone is not enough, a set that is vouched for has to have it afterwards. */
START_TEST(a_new_key_is_not_trusted_by_the_time_alone)
{
	running_with(1);
	(void)hear_after(1, KEYS(1, 2), KEYS(1));
	(void)hear_after(1, KEYS(1, 2), KEYS(1));
	ck_assert_int_eq(hear_after(40, KEYS(2), KEYS(2)), AUTOTRUST_REFUSED);
	ck_assert_int_eq(state_of(2), AUTOTRUST_ADDPEND);
	ck_assert_uint_eq(anchors_of(&trust), 1);
	ck_assert_int_eq(hear_after(1, KEYS(1, 2), KEYS(1)), AUTOTRUST_TAKEN);
	ck_assert_int_eq(state_of(2), AUTOTRUST_VALID);
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

START_TEST(a_new_key_that_its_zone_revokes_is_not_trusted)
{
	running_with(1);
	(void)hear_after(1, KEYS(1, 2), KEYS(1));
	ck_assert_int_eq(hear_after(20, KEYS(1, REVOKED + 2), KEYS(1, REVOKED + 2)), AUTOTRUST_TAKEN);
	ck_assert_int_eq(state_of(2), AUTOTRUST_START);
	ck_assert_int_eq(hear_after(20, KEYS(1, REVOKED + 2), KEYS(1)), AUTOTRUST_TAKEN);
	ck_assert_int_eq(state_of(2), AUTOTRUST_START);
	ck_assert_uint_eq(anchors_of(&trust), 1);
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
	ck_assert_uint_eq(autotrust_deadline(&trust, now_s), AUTOTRUST_NEVER);
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

	*set = (struct rrset){ .owner = &zone, .type = TYPE_DNSKEY, .class = CLASS_IN, .ttl_s = SUBJECT_TTL_S };
	for (unsigned i = 1; i <= 100; i++) {
		(void)signer_key(i, SIGNER_KSK, rdata);
		signer_add(&arena, set, rdata, sizeof rdata);
	}
	signer_sign(&arena, set, &zone, 1, SIGNER_KSK, (uint32_t)now_s - SUBJECT_DAY_S, (uint32_t)now_s + SUBJECT_DAY_S);
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
	{ "half the TTL, and a tenth", 172800, 30 * SUBJECT_DAY_S, 86400, 17280 },
	{ "half of what remains of the signature", 172800, 100000, 50000, 10000 },
	{ "an hour at least", 60, 30 * SUBJECT_DAY_S, 3600, 3600 },
	{ "15 days and one day at most", 604800 * 8, 90 * SUBJECT_DAY_S, 15 * SUBJECT_DAY_S, SUBJECT_DAY_S },
};

START_TEST(the_set_is_asked_for_again_after)
{
	struct rrset set = { .owner = &zone, .type = TYPE_DNSKEY, .class = CLASS_IN, .ttl_s = intervals[_i].ttl_s };
	uint8_t rdata[SIGNER_RDATA_BYTES];

	start_with(1);
	(void)signer_key(1, SIGNER_KSK, rdata);
	signer_add(&arena, &set, rdata, sizeof rdata);
	signer_sign(&arena, &set, &zone, 1, SIGNER_KSK, (uint32_t)now_s - SUBJECT_DAY_S, (uint32_t)now_s + intervals[_i].expires_s);
	for (unsigned i = 0; i < 100; i++) {
		ck_assert_int_eq(hear(&set), AUTOTRUST_TAKEN);
		ck_assert_msg(trust.query_interval_s == intervals[_i].query_s, "%s", intervals[_i].behaviour);
		ck_assert_msg(trust.retry_s == intervals[_i].retry_s, "%s", intervals[_i].behaviour);
		const uint64_t wait_s = autotrust_deadline(&trust, now_s) - now_s;
		ck_assert_uint_le(wait_s, intervals[_i].query_s);
		ck_assert_uint_ge(wait_s, intervals[_i].query_s - intervals[_i].query_s / 10);
		autotrust_ask(&trust, &rules, &rng, now_s);
		ck_assert_uint_le(autotrust_deadline(&trust, now_s) - now_s, intervals[_i].retry_s);
	}
}
END_TEST

START_TEST(a_clock_that_is_set_back_ends_no_hold_down)
{
	running_with(1);
	(void)hear_after(1, KEYS(1, 2), KEYS(1));
	now_s -= 100 * SUBJECT_DAY_S;
	ck_assert_int_eq(hear_after(0, KEYS(1, 2), KEYS(1)), AUTOTRUST_TAKEN);
	ck_assert_int_eq(state_of(2), AUTOTRUST_ADDPEND);
}
END_TEST

/* A machine that has started in a year to come, and then learnt the time. */
START_TEST(what_a_clock_that_was_ahead_has_said_counts_as_now)
{
	running_with(1);
	now_s += 3000 * (uint64_t)SUBJECT_DAY_S;
	(void)hear_after(1, KEYS(1, 2), KEYS(1));
	now_s -= 3000 * (uint64_t)SUBJECT_DAY_S;
	ck_assert_uint_le(autotrust_deadline(&trust, now_s), now_s);
	(void)hear_after(0, KEYS(1, 2), KEYS(1));
	(void)hear_after(29, KEYS(1, 2), KEYS(1));
	ck_assert_int_eq(state_of(2), AUTOTRUST_ADDPEND);
	(void)hear_after(1, KEYS(1, 2), KEYS(1));
	ck_assert_int_eq(state_of(2), AUTOTRUST_VALID);
}
END_TEST

static Suite *
autotrust_suite(void)
{
	Suite *suite = suite_create("autotrust");
	TCase *states = tcase_create("states");

	tcase_add_checked_fixture(states, set_up, tear_down);
	tcase_add_test(states, a_new_key_is_trusted_after_the_hold_down);
	tcase_add_test(states, a_key_seen_once_is_not_trusted_however_long_ago);
	tcase_add_test(states, a_new_key_is_not_trusted_by_the_time_alone);
	tcase_add_test(states, a_new_key_that_goes_away_has_to_wait_again);
	tcase_add_test(states, a_new_key_that_its_zone_revokes_is_not_trusted);
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
	tcase_add_test(states, what_a_clock_that_was_ahead_has_said_counts_as_now);
	suite_add_tcase(suite, states);
	return suite;
}

int
main(void)
{
	return suite_run(autotrust_suite());
}
