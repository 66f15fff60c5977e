/*
 * What a zone's signatures hold for, and what stands beside them (RFC 4035, section 5.3).  mal. is the attacker's, with a key that
 * is trusted for it; victim. is not.
 */
#include "tests/resolver/iterate/signed_world.h"
#include "tests/suite.h"

static struct signed_world sw;

START_TEST(what_is_signed_rightly_is_secure)
{
	signed_world_init(&sw, 1, NULL, NULL, NULL);
	const struct world_result *result = world_resolve(sw.world, "www.mal.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert_uint_eq(signed_world_work()->verifications, 2);
	signed_world_expect_good(&sw);
	signed_world_fini(&sw);
}
END_TEST

static void
answer_with_servers(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)server;
	if (query->question.qtype == TYPE_DNSKEY)
		return;
	world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
	records_append(&reply->sections[SECTION_ANSWER], world_record(world, "mal.", TYPE_NS, 300, "ns.mal."));
}

static void
add_an_address(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)server;
	if (query->question.qtype != TYPE_DNSKEY)
		records_append(&reply->sections[SECTION_ADDITIONAL], world_record(world, "ns.mal.", TYPE_A, 300, "203.0.113.13"));
}

START_TEST(beside_a_secure_answer_stands_only_what_is_secure)
{
	static const uint16_t qtypes[] = { TYPE_NS, TYPE_ANY };

	signed_world_init(&sw, 1, NULL, answer_with_servers, add_an_address);
	const struct world_result *result = world_resolve(sw.world, "mal.", qtypes[_i]);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert(world_has(result, SECTION_ANSWER, "mal.", TYPE_NS, "ns.mal."));
	ck_assert_uint_eq(world_count(result, SECTION_ADDITIONAL), 0);
	signed_world_fini(&sw);
}
END_TEST

/* RRSIG labels fewer than the signer's: a wildcard above the zone (CVE-2026-44690, -52688, -11721). */
static void
sign_as_wildcard_above(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	if (query->question.qtype != TYPE_DNSKEY && reply->sections[SECTION_ANSWER] != NULL)
		signed_sign_as(world, signed_zone_of(server), reply->sections[SECTION_ANSWER], 0);
}

START_TEST(a_wildcard_above_its_own_zone_is_none)
{
	signed_world_init(&sw, 1, NULL, sign_as_wildcard_above, NULL);
	signed_world_expect_bogus(world_resolve(sw.world, "www.mal.", TYPE_A));
	ck_assert_uint_le(signed_world_work()->verifications, 3); /* the keys; the form alone refuses the rest */
	signed_world_expect_good(&sw);
	signed_world_fini(&sw);
}
END_TEST

/* Data that others would take, in the attacker's signed answer: his signatures are worth nothing outside of his zone. */
static void
poison_signed(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	if (query->question.qtype == TYPE_DNSKEY)
		return;
	struct rrset *set = world_record(world, "good.victim.", TYPE_A, 86400, "203.0.113.66");
	signed_sign(world, signed_zone_of(server), set);
	records_append(&reply->sections[SECTION_ANSWER], set);
	set = world_record(world, "victim.", TYPE_DNSKEY, 86400, "257 3 15 AAAA");
	signed_sign(world, signed_zone_of(server), set);
	records_append(&reply->sections[SECTION_AUTHORITY], set);
}

START_TEST(a_zone_signs_for_itself_alone)
{
	signed_world_init(&sw, 1, NULL, poison_signed, NULL);
	(void)world_resolve(sw.world, "www.mal.", TYPE_A);
	const struct world_result *result = world_resolve(sw.world, "good.victim.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "good.victim.", TYPE_A, "192.0.2.81"));
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	signed_world_fini(&sw);
}
END_TEST

/* Signed by a zone above the trust anchor, whose keys nobody knows: that makes nothing insecure that was secure. */
static void
sign_from_above(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	const struct signed_zone above = { .apex = name_root, .key = SIGNED_MAL_KEY };

	(void)server;
	if (query->question.qtype != TYPE_A)
		return;
	struct rrset *set = world_record(world, "www.mal.", TYPE_A, 300, "203.0.113.66");
	signed_sign(world, &above, set);
	reply->sections[SECTION_ANSWER] = set;
}

START_TEST(who_is_above_the_trust_anchor_signs_in_vain)
{
	signed_world_init(&sw, 1, NULL, NULL, sign_from_above);
	const struct world_result *result = world_resolve(sw.world, "www.mal.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	ck_assert_int_eq(result->ede, EDE_DNSSEC_BOGUS);
	signed_world_expect_good(&sw);
	signed_world_fini(&sw);
}
END_TEST

/* Who is on the way may change the TTL, which is not signed in the place where it stands (RFC 4035, section 5.3.3). */
static void
give_long_life(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)world;
	(void)server;
	(void)query;
	for (struct rrset *set = reply->sections[SECTION_ANSWER]; set != NULL; set = set->next)
		set->ttl_s = 86400;
}

START_TEST(what_is_signed_lives_no_longer_than_its_signature_says)
{
	signed_world_init(&sw, 1, NULL, NULL, give_long_life);
	for (unsigned i = 0; i < 2; i++) { /* from its server, and from the cache */
		const struct world_result *result = world_resolve(sw.world, "www.mal.", TYPE_A);
		ck_assert_uint_eq(result->security, SECURITY_SECURE);
		ck_assert_uint_le(result->sections[SECTION_ANSWER]->ttl_s, 300);
	}
	signed_world_fini(&sw);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: attacks by signatures");
	TCase *tcase = tcase_create("signatures");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, what_is_signed_rightly_is_secure);
	tcase_add_loop_test(tcase, beside_a_secure_answer_stands_only_what_is_secure, 0, 2);
	tcase_add_test(tcase, a_wildcard_above_its_own_zone_is_none);
	tcase_add_test(tcase, a_zone_signs_for_itself_alone);
	tcase_add_test(tcase, who_is_above_the_trust_anchor_signs_in_vain);
	tcase_add_test(tcase, what_is_signed_lives_no_longer_than_its_signature_says);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
