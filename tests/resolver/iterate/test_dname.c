/* What a validated DNAME says of names that nobody has asked about (RFC 6672, sections 2.4 and 3.4). */
#include "tests/resolver/iterate/signed_world.h"
#include "tests/suite.h"

static const struct world_zone zone = { "mal.", "mal. 600 SOA mname. rname. 1 2 3 4 300\n"
						"mal. 3600 NS ns.mal.\n"
						"ns.mal. 3600 A 203.0.113.66\n"
						"old.mal. 300 DNAME new.mal.\n"
						"a.new.mal. 300 A 203.0.113.81\n"
						"b.new.mal. 300 A 203.0.113.82\n"
						"back.new.mal. 300 CNAME c.old.mal.\n" };

static const struct world_zone fleeting = { "mal.", "mal. 600 SOA mname. rname. 1 2 3 4 300\n"
						    "mal. 3600 NS ns.mal.\n"
						    "ns.mal. 3600 A 203.0.113.66\n"
						    "old.mal. 0 DNAME new.mal.\n"
						    "a.new.mal. 300 A 203.0.113.81\n"
						    "b.new.mal. 300 A 203.0.113.82\n" };

static struct signed_world sw;

static void
begin(world_habit *after)
{
	signed_world_init(&sw, 1, NULL, NULL, after);
	world_serve_instead(sw.mal, &zone);
}

START_TEST(a_validated_dname_answers_for_all_names_below_it)
{
	begin(NULL);
	const struct world_result *result = world_resolve(sw.world, "a.old.mal.", TYPE_A);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert(world_has(result, SECTION_ANSWER, "a.new.mal.", TYPE_A, "203.0.113.81"));
	result = world_resolve(sw.world, "b.old.mal.", TYPE_A);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert(world_has(result, SECTION_ANSWER, "old.mal.", TYPE_DNAME, "new.mal."));
	ck_assert(world_has(result, SECTION_ANSWER, "b.old.mal.", TYPE_CNAME, "b.new.mal."));
	ck_assert_uint_eq(world_asked(sw.world, "b.old.mal.", 0), 0);
	result = world_resolve(sw.world, "a.old.mal.", TYPE_A);
	ck_assert(result->from_cache);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 3);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(one_that_nobody_has_judged_answers_for_no_other_name)
{
	const struct engine_question unjudged = {
		.qname = name_of("a.old.mal."), .qtype = TYPE_A, .qclass = CLASS_IN, .checking_disabled = true,
	};
	begin(NULL);
	world_resolve_as(sw.world, &unjudged);
	ck_assert_uint_eq(world_resolve(sw.world, "b.old.mal.", TYPE_A)->security, SECURITY_SECURE);
	ck_assert_uint_eq(world_asked(sw.world, "b.old.mal.", TYPE_A), 1);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(with_a_ttl_of_zero_it_answers_for_other_names_for_a_moment)
{
	begin(NULL);
	world_serve_instead(sw.mal, &fleeting);
	world_resolve(sw.world, "a.old.mal.", TYPE_A);
	ck_assert_ptr_null(world_cached(sw.world, "old.mal.", TYPE_DNAME));
	const struct world_result *result = world_resolve(sw.world, "b.old.mal.", TYPE_A);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert_uint_eq(world_asked(sw.world, "b.old.mal.", 0), 0);
	ck_assert(world_has(result, SECTION_ANSWER, "b.new.mal.", TYPE_A, "203.0.113.82"));
	ck_assert_uint_eq(result->sections[SECTION_ANSWER]->type, TYPE_DNAME);
	ck_assert_uint_eq(result->sections[SECTION_ANSWER]->ttl_s, 0);
	ck_assert_uint_eq(result->sections[SECTION_ANSWER]->next->ttl_s, 0);
	world_run(sw.world, 2000000);
	world_resolve(sw.world, "b.old.mal.", TYPE_A);
	ck_assert_uint_eq(world_asked(sw.world, "b.old.mal.", TYPE_A), 1);
	signed_world_fini(&sw);
}
END_TEST

/* One alias at a time, and below the DNAME one as somebody forges it who cannot sign. */
static void
forge_below(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	const struct name forged = name_of("c.old.mal."), *qname = &query->question.qname;
	struct rrset *last = reply->sections[SECTION_ANSWER];

	(void)server;
	if (query->question.qtype != TYPE_A || last == NULL)
		return;
	if (name_equal(qname, &forged)) {
		world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
		records_append(&reply->sections[SECTION_ANSWER],
			       world_record(world, "c.old.mal.", TYPE_CNAME, 300, "www.victim."));
		return;
	}
	if (last->type == TYPE_DNAME)
		last = last->next;
	last->next = NULL;
	reply->sections[SECTION_AUTHORITY] = NULL;
	reply->rcode = RCODE_NOERROR;
}

START_TEST(what_is_unsigned_below_it_is_bogus_without_another_question)
{
	begin(forge_below);
	const struct world_result *result = world_resolve(sw.world, "back.old.mal.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	ck_assert_int_eq(result->ede, EDE_RRSIGS_MISSING);
	ck_assert_uint_ge(world_asked(sw.world, "c.old.mal.", TYPE_A), 1);
	ck_assert_uint_eq(world_asked(sw.world, "old.mal.", TYPE_DS), 0);
	ck_assert_uint_eq(world_asked(sw.world, "c.old.mal.", TYPE_DS), 0);
	signed_world_fini(&sw);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: DNAME");
	TCase *tcase = tcase_create("of a signed zone");

	tcase_add_test(tcase, a_validated_dname_answers_for_all_names_below_it);
	tcase_add_test(tcase, one_that_nobody_has_judged_answers_for_no_other_name);
	tcase_add_test(tcase, with_a_ttl_of_zero_it_answers_for_other_names_for_a_moment);
	tcase_add_test(tcase, what_is_unsigned_below_it_is_bogus_without_another_question);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
