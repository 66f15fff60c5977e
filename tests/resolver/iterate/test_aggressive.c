/*
 * Answers out of what a signed zone has proved before (RFC 8198), and what they cost; the queries that its server gets are
 * counted.  Where nothing is to be concluded: test_aggressive_limits.c.
 */
#include "resolver/iterate/aggressive.h"

#include <stdio.h>

#include "tests/resolver/iterate/proving_zone.h"
#include "tests/suite.h"

#define FLOOD 500u

static struct signed_world sw;

/* Three records in a circle: the first spans *.mal., the apex f5.mal. and b1.mal., the last a0.mal. */
static void
prove_with_three_hashes(struct world *world, struct world_server *server, const struct query *query,
			struct world_reply *reply)
{
	static const char *const hashes[] = { "00000000000000000000000000000000", "d5ep4tgc36ctp7miumh8h9v16gqbr0aj",
					      "q0000000000000000000000000000000" };
	const unsigned count = (query->question.qname.wire[1] | 0x20) == 'a' ? 3 : 2; /* letters come mixed */
	char owner[64], value[128];

	(void)server;
	if (query->question.qtype == TYPE_DNSKEY)
		return;
	world_reply_clear(reply, DNS_AA, RCODE_NXDOMAIN);
	proving_add_soa(world, reply);
	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(owner, sizeof owner, "%s.mal.", hashes[i]);
		(void)snprintf(value, sizeof value, "1 0 0 - %s %s", hashes[(i + 1) % 3], i == 1 ? "NS SOA RRSIG DNSKEY" : "A RRSIG");
		records_append(&reply->sections[SECTION_AUTHORITY], world_record(world, owner, TYPE_NSEC3, PROVING_TTL_S, value));
	}
}

/* Random names below mal.; how many queries its server got after the first `warm` of them. */
static unsigned
flood(unsigned warm, uint16_t proof_type)
{
	unsigned asked_before = 0;
	char qname[32];

	for (unsigned i = 0; i < FLOOD; i++) {
		if (i == warm)
			asked_before = sw.mal->asked;
		(void)snprintf(qname, sizeof qname, "%c%08x.mal.", 'a' + (int)(i * 7 % 26), i * 2654435761u);
		proving_expect_absent(proving_resolve(&sw, qname, TYPE_A, false), RCODE_NXDOMAIN, proof_type);
	}
	return sw.mal->asked - asked_before;
}

START_TEST(a_flood_of_random_names_ends_at_the_cache)
{
	proving_world_init(&sw, true, prove_with_nsec);
	suite_figure("random subdomains (RFC 8198)", "queries to the zone's server for 500 names", flood(0, TYPE_NSEC),
		     2 * PROVING_SPANS);
	ck_assert_uint_ge(signed_world_stats(&sw).synthesised, FLOOD - PROVING_SPANS);
	signed_world_fini(&sw);

	proving_world_init(&sw, true, prove_with_nsec);
	ck_assert_uint_eq(flood(26, TYPE_NSEC), 0);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(hashed_spans_end_it_too)
{
	proving_world_init(&sw, true, prove_with_nsec3);
	ck_assert_uint_eq(flood(1, TYPE_NSEC3), 0);
	ck_assert_uint_eq(signed_world_stats(&sw).synthesised, FLOOD - 1);
	/* Too deep to be hashed for: asked. */
	const unsigned before = sw.mal->asked;
	(void)proving_resolve(&sw, "a.b.c.d.e.f.g.h.mal.", TYPE_A, false);
	ck_assert_uint_gt(sw.mal->asked, before);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(a_record_whose_time_is_over_is_not_in_the_way_of_others)
{
	proving_world_init(&sw, true, prove_with_three_hashes);
	proving_expect_absent(proving_resolve(&sw, "a0.mal.", TYPE_A, false), RCODE_NXDOMAIN, TYPE_NSEC3);
	world_run(sw.world, (PROVING_TTL_S + 1) * 1000000ull);
	proving_expect_absent(proving_resolve(&sw, "f5.mal.", TYPE_A, false), RCODE_NXDOMAIN, TYPE_NSEC3);
	const unsigned before = sw.mal->asked;
	proving_expect_absent(proving_resolve(&sw, "b1.mal.", TYPE_A, false), RCODE_NXDOMAIN, TYPE_NSEC3);
	ck_assert_uint_eq(sw.mal->asked, before);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(switched_off_each_name_is_asked)
{
	proving_world_init(&sw, false, prove_with_nsec);
	ck_assert_uint_ge(flood(0, TYPE_NSEC), FLOOD);
	ck_assert_uint_eq(signed_world_stats(&sw).synthesised, 0);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(a_known_wildcard_answers_for_other_names)
{
	proving_world_init(&sw, true, prove_with_nsec);
	ck_assert(world_has(proving_resolve(&sw, "a.wild.mal.", TYPE_A, false), SECTION_ANSWER, "a.wild.mal.", TYPE_A, "203.0.113.99"));
	(void)proving_resolve(&sw, "b.wild.mal.", TYPE_AAAA, false);
	const unsigned before = sw.mal->asked;

	const struct world_result *result = proving_resolve(&sw, "c.d.wild.mal.", TYPE_A, false);
	ck_assert(world_has(result, SECTION_ANSWER, "c.d.wild.mal.", TYPE_A, "203.0.113.99"));
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert(world_has(result, SECTION_AUTHORITY, "*.wild.mal.", TYPE_NSEC, NULL));
	ck_assert_uint_eq(result->sections[SECTION_ANSWER]->sig_count, 1);
	proving_expect_absent(proving_resolve(&sw, "e.wild.mal.", TYPE_MX, false), RCODE_NOERROR, TYPE_NSEC);
	ck_assert_uint_eq(sw.mal->asked, before);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(a_name_that_is_there_lacks_what_its_record_does_not_list)
{
	proving_world_init(&sw, true, prove_with_nsec);
	(void)proving_resolve(&sw, "www.mal.", TYPE_AAAA, false);
	const unsigned before = sw.mal->asked;
	proving_expect_absent(proving_resolve(&sw, "www.mal.", TYPE_MX, false), RCODE_NOERROR, TYPE_NSEC);
	ck_assert_uint_eq(sw.mal->asked, before);
	ck_assert(world_has(proving_resolve(&sw, "www.mal.", TYPE_A, false), SECTION_ANSWER, "www.mal.", TYPE_A, "203.0.113.80"));
	signed_world_fini(&sw);
}
END_TEST

START_TEST(a_client_gets_no_ds_with_the_soa_that_says_for_how_long)
{
	proving_world_init(&sw, true, prove_with_nsec);
	(void)proving_resolve(&sw, "x.sub.mal.", TYPE_A, false); /* its referral has proved it, without */
	proving_expect_absent(proving_resolve(&sw, "sub.mal.", TYPE_DS, false), RCODE_NOERROR, TYPE_NSEC);
	const unsigned before = sw.mal->asked;
	proving_expect_absent(proving_resolve(&sw, "sub.mal.", TYPE_DS, false), RCODE_NOERROR, TYPE_NSEC);
	ck_assert_uint_eq(sw.mal->asked, before);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(a_name_that_a_wildcard_makes_has_no_ds)
{
	proving_world_init(&sw, true, prove_with_nsec);
	const struct world_result *result = proving_resolve(&sw, "a.wild.mal.", TYPE_DS, false);
	proving_expect_absent(result, RCODE_NOERROR, TYPE_NSEC);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	signed_world_fini(&sw);
}
END_TEST

static uint64_t
hits(void)
{
	struct cache_stats stats;

	rrset_cache_stats(sw.world->caches.rrsets, &stats);
	return stats.hits;
}

/* What is secure with opt-out is a name that is there: other names would cost a hash each, for nothing. */
START_TEST(in_a_zone_with_opt_out_nothing_is_looked_for)
{
	proving_world_init(&sw, true, prove_with_opt_out);
	proving_expect_absent(proving_resolve(&sw, "mal.", TYPE_MX, false), RCODE_NOERROR, TYPE_NSEC3);
	const uint64_t before = hits();
	ck_assert_ptr_null(world_cached(sw.world, "b.mal.", TYPE_A));
	ck_assert_uint_eq(hits(), before);
	signed_world_fini(&sw);
}
END_TEST

/* It is what most names are that the caches do not know, and there is nothing to be proved about them. */
START_TEST(of_a_name_outside_the_nearest_span_no_more_is_looked_for)
{
	static const char *const names[] = { "o.mal.", "x.sub.mal." }; /* behind it; below a delegation */

	proving_world_init(&sw, true, prove_with_nsec);
	(void)proving_resolve(&sw, _i == 0 ? "a.mal." : "t.mal.", TYPE_A, false);
	const uint64_t before = hits();
	ck_assert_ptr_null(world_cached(sw.world, names[_i], TYPE_A));
	ck_assert_uint_eq(hits() - before, 1);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(it_lasts_no_longer_than_the_soa_allows)  /* RFC 9077 */
{
	proving_world_init(&sw, true, prove_with_nsec);
	(void)proving_resolve(&sw, "a.mal.", TYPE_A, false);
	world_run(sw.world, 100 * 1000000ull);
	const struct world_result *result = proving_resolve(&sw, "b.mal.", TYPE_A, false);
	ck_assert_uint_eq(signed_world_stats(&sw).synthesised, 1);
	ck_assert_uint_le(result->sections[SECTION_AUTHORITY]->ttl_s, PROVING_MINIMUM_S);
	world_run(sw.world, PROVING_MINIMUM_S * 1000000ull);
	const unsigned before = sw.mal->asked;
	(void)proving_resolve(&sw, "c.mal.", TYPE_A, false);
	ck_assert_uint_gt(sw.mal->asked, before);
	signed_world_fini(&sw);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: aggressive use of proofs");
	TCase *tcase = tcase_create("aggressive");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_flood_of_random_names_ends_at_the_cache);
	tcase_add_test(tcase, hashed_spans_end_it_too);
	tcase_add_test(tcase, a_record_whose_time_is_over_is_not_in_the_way_of_others);
	tcase_add_test(tcase, switched_off_each_name_is_asked);
	tcase_add_test(tcase, a_known_wildcard_answers_for_other_names);
	tcase_add_test(tcase, a_name_that_is_there_lacks_what_its_record_does_not_list);
	tcase_add_test(tcase, a_client_gets_no_ds_with_the_soa_that_says_for_how_long);
	tcase_add_test(tcase, a_name_that_a_wildcard_makes_has_no_ds);
	tcase_add_test(tcase, in_a_zone_with_opt_out_nothing_is_looked_for);
	tcase_add_loop_test(tcase, of_a_name_outside_the_nearest_span_no_more_is_looked_for, 0, 2);
	tcase_add_test(tcase, it_lasts_no_longer_than_the_soa_allows);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
