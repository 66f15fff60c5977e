/*
 * Where nothing is concluded from what a signed zone has proved (RFC 8198): the proof does not reach so far, nobody has checked
 * it, or the operator has a word.  The servers are asked then.
 */
#include "resolver/policy/forward.h"
#include "resolver/policy/rpz.h"
#include "resolver/zone/kept.h"
#include "tests/resolver/iterate/proving_zone.h"
#include "tests/suite.h"

static struct signed_world sw;

START_TEST(nothing_is_concluded_in_an_opt_out_span)
{
	proving_world_init(&sw, true, prove_with_opt_out);
	(void)proving_resolve(&sw, "a.mal.", TYPE_A, false);
	const unsigned before = sw.mal->asked;
	ck_assert_uint_ne(proving_resolve(&sw, "b.mal.", TYPE_A, false)->security, SECURITY_SECURE);
	ck_assert_uint_gt(sw.mal->asked, before);
	ck_assert_uint_eq(signed_world_stats(&sw).synthesised, 0);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(a_delegation_says_nothing_about_what_is_below_it)
{
	proving_world_init(&sw, true, prove_with_nsec);
	(void)proving_resolve(&sw, "t.mal.", TYPE_A, false); /* the span that begins at sub.mal. */
	proving_expect_absent(proving_resolve(&sw, "u.mal.", TYPE_A, false), RCODE_NXDOMAIN, TYPE_NSEC);
	const unsigned before = sw.mal->asked;
	ck_assert_uint_eq(proving_resolve(&sw, "x.sub.mal.", TYPE_A, false)->rcode, RCODE_SERVFAIL); /* its server is silent */
	ck_assert_uint_gt(sw.mal->asked, before);
	signed_world_fini(&sw);
}
END_TEST

static bool has_second_signature;

/* A wildcard's own record under the name that was asked for, for which its signature holds: its span is not that name's. */
static void
prove_with_a_wildcards_record(struct world *world, struct world_server *server, const struct query *query,
			      struct world_reply *reply)
{
	const struct name apex = name_of("mal.");
	char owner[NAME_TEXT_BYTES];

	if (query->question.qtype == TYPE_DNSKEY)
		return;
	prove_with_nsec(world, server, query, reply);
	if (query->question.qtype != TYPE_AAAA || name_equal(&query->question.qname, &apex))
		return;
	name_to_text(&query->question.qname, owner, sizeof owner);
	struct rrset *set = world_record(world, owner, TYPE_NSEC, PROVING_TTL_S, "zz.mal. A RRSIG NSEC");
	signed_sign_as(world, signed_zone_of(server), set, 2);
	if (has_second_signature)
		signed_sign_as(world, signed_zone_of(server), set, 3);
	records_append(&reply->sections[SECTION_AUTHORITY], set);
}

START_TEST(a_record_that_a_wildcard_made_spans_nothing)
{
	has_second_signature = _i == 1;
	proving_world_init(&sw, true, prove_with_a_wildcards_record);
	(void)proving_resolve(&sw, "a.mal.", TYPE_A, false); /* that there is no *.mal. is known */
	(void)proving_resolve(&sw, "a.wild.mal.", TYPE_AAAA, false);
	const unsigned before = sw.mal->asked;
	const struct world_result *result = proving_resolve(&sw, "b.wild.mal.", TYPE_A, false);
	ck_assert(world_has(result, SECTION_ANSWER, "b.wild.mal.", TYPE_A, "203.0.113.99"));
	ck_assert_uint_gt(sw.mal->asked, before);
	result = proving_resolve(&sw, "xx.mal.", TYPE_A, false); /* after www.mal., of whose span nothing is known yet */
	ck_assert_uint_eq(result->rcode, RCODE_NXDOMAIN);
	ck_assert_uint_eq(signed_world_stats(&sw).synthesised, 0);
	signed_world_fini(&sw);
}
END_TEST

/* One name has a stub's servers, another nobody vouches for. */
START_TEST(where_the_operator_has_a_word_the_servers_are_asked)
{
	static const char *const names[] = { "b.mal.", "x.b.mal." };
	const struct name own = name_of("b.mal.");
	const struct forward_zone zone = { .name = &own, .addr_count = 1, .addrs = { { addr_of("203.0.113.66"), 0 } } };
	struct forwards forwards;

	proving_world_init(&sw, true, prove_with_nsec);
	(void)proving_resolve(&sw, "a.mal.", TYPE_A, false);
	if (_i < 2) {
		ck_assert_int_eq(forwards_init(&forwards, &sw.arena, 1, &sw.world->rng), 0);
		ck_assert_int_eq(forwards_add(&forwards, &zone), 0);
		engine_set_forwards(sw.world->engine, &forwards);
	} else {
		ck_assert_int_eq(anchors_add_insecure(&sw.anchors, &own), 0);
	}
	const unsigned before = sw.mal->asked;
	(void)proving_resolve(&sw, names[_i % 2], TYPE_A, false);
	ck_assert_uint_gt(sw.mal->asked, before);
	ck_assert_uint_eq(signed_world_stats(&sw).synthesised, 0);
	(void)proving_resolve(&sw, "c.mal.", TYPE_A, false);
	ck_assert_uint_eq(signed_world_stats(&sw).synthesised, 1);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(what_is_kept_here_is_not_denied_by_the_zone_above)
{
	static struct zone_reading reading;
	static const char text[] = "@ SOA ns h 1 2 3 4 300\nwww A 203.0.113.80\n";
	const struct name apex = name_of("b.mal.");
	static uint8_t block[64u << 10];
	struct zone_builder builder;
	struct arena arena;
	struct zone *zone;

	proving_world_init(&sw, true, prove_with_nsec);
	arena_init(&arena, block, sizeof block);
	(void)proving_resolve(&sw, "a.mal.", TYPE_A, false);
	ck_assert_int_eq(zone_begin(&builder, &apex, &arena), 0);
	ck_assert_int_eq(zone_read(&builder, text, sizeof text - 1, &reading), 0);
	ck_assert_int_eq(zone_finish(&builder, &zone), 0);
	struct kept_zones *kept = kept_new(&arena);
	const struct kept_zone added = { .name = &apex, .for_upstream = true, .zone = zone };
	ck_assert_int_eq(kept_add(kept, &added), 0);
	engine_set_kept(sw.world->engine, kept);
	/* It is not signed and nobody has said that it need not be: that is another matter than whether it is there. */
	ck_assert_uint_eq(proving_resolve(&sw, "www.b.mal.", TYPE_A, false)->rcode, RCODE_SERVFAIL);
	ck_assert_uint_ge(signed_world_stats(&sw).kept_zones, 1);
	ck_assert_uint_eq(signed_world_stats(&sw).synthesised, 0);
	signed_world_fini(&sw);
}
END_TEST

/* A list may have a word about the servers, or about addresses that an answer would bring. */
START_TEST(under_response_policy_the_servers_are_asked)
{
	static struct rpz_reading reading;
	static uint8_t block[1 << 16];
	static const char rules[] = "bad.test CNAME .\n";
	const struct name list = name_of("rpz.test.");
	struct engine_question question = { .qname = name_of("b.mal."), .qtype = TYPE_A, .qclass = CLASS_IN };
	struct rpz_zone *zone;
	struct arena arena;

	proving_world_init(&sw, true, prove_with_nsec);
	arena_init(&arena, block, sizeof block);
	struct rpz *rpz = rpz_new(&arena);
	ck_assert_int_eq(rpz_zone_add(rpz, &list, &sw.world->dice, &zone), 0);
	ck_assert_int_eq(rpz_zone_read(rpz, zone, rules, sizeof rules - 1, &reading), 0);
	engine_set_rpz(sw.world->engine, rpz);
	(void)proving_resolve(&sw, "a.mal.", TYPE_A, false);
	const unsigned before = sw.mal->asked;
	question.policies = rpz_zones_for(rpz, UINT64_MAX);
	ck_assert_uint_ne(question.policies, 0);
	ck_assert_uint_eq(world_resolve_as(sw.world, &question)->rcode, RCODE_NXDOMAIN);
	ck_assert_uint_gt(sw.mal->asked, before);
	ck_assert_uint_eq(signed_world_stats(&sw).synthesised, 0);
	signed_world_fini(&sw);
}
END_TEST

/* Whatever has taken the place of a record since, with CD, is nobody's word. */
START_TEST(an_unchecked_record_in_the_place_of_a_checked_one_proves_nothing)
{
	proving_world_init(&sw, true, prove_with_nsec);
	(void)proving_resolve(&sw, "a.mal.", TYPE_A, false);
	(void)proving_resolve(&sw, "mal.", TYPE_SOA, true);
	const unsigned before = sw.mal->asked;
	(void)proving_resolve(&sw, "b.mal.", TYPE_A, false);
	ck_assert_uint_gt(sw.mal->asked, before);
	ck_assert_uint_eq(signed_world_stats(&sw).synthesised, 0);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(what_was_not_validated_proves_nothing)
{
	proving_world_init(&sw, true, prove_with_nsec);
	(void)proving_resolve(&sw, "a.mal.", TYPE_A, true);
	const unsigned before = sw.mal->asked;
	(void)proving_resolve(&sw, "b.mal.", TYPE_A, true);
	ck_assert_uint_gt(sw.mal->asked, before);
	ck_assert_uint_eq(signed_world_stats(&sw).synthesised, 0);
	signed_world_fini(&sw);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: where proofs are not used for other names");
	TCase *tcase = tcase_create("aggressive");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, nothing_is_concluded_in_an_opt_out_span);
	tcase_add_test(tcase, a_delegation_says_nothing_about_what_is_below_it);
	tcase_add_loop_test(tcase, a_record_that_a_wildcard_made_spans_nothing, 0, 2);
	tcase_add_loop_test(tcase, where_the_operator_has_a_word_the_servers_are_asked, 0, 4);
	tcase_add_test(tcase, what_is_kept_here_is_not_denied_by_the_zone_above);
	tcase_add_test(tcase, under_response_policy_the_servers_are_asked);
	tcase_add_test(tcase, an_unchecked_record_in_the_place_of_a_checked_one_proves_nothing);
	tcase_add_test(tcase, what_was_not_validated_proves_nothing);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
