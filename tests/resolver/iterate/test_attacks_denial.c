/*
 * Proofs of absence that signed zones would have us take for more than they say (RFC 4035, section 5.4; RFC 6840, section 4).  mal.
 * is the attacker's, with a key that is trusted for it; victim. is not.
 */
#include "tests/resolver/iterate/signed_world.h"
#include "tests/suite.h"

static struct signed_world sw;

static const struct world_result *
resolve_with_cd(const char *qname, uint16_t qtype)
{
	const struct engine_question question = { .qname = name_of(qname), .qtype = qtype, .qclass = CLASS_IN,
						  .dnssec_ok = true, .checking_disabled = true };
	return world_resolve_as(sw.world, &question);
}

/* A proof of absence that the habit of a test makes: NXDOMAIN with these NSEC records. */
struct nsec_case {
	const char *behaviour, *qname, *owner, *value;
	uint16_t rcode;
};

static const struct nsec_case nsec_cases[] = {
	{ "a next name in somebody else's zone (CVE-2026-13321)", "b.mal.", "a.mal.", "www.victim. A RRSIG NSEC", RCODE_SERVFAIL },
	{ "a next name above the zone", "b.mal.", "a.mal.", ". A RRSIG NSEC", RCODE_SERVFAIL },
	{ "a span that does not hold the name", "b.mal.", "c.mal.", "d.mal. A RRSIG NSEC", RCODE_SERVFAIL },
	{ "a delegation's record for what lies below it: no secure word", "x.b.mal.", "b.mal.", "c.mal. NS RRSIG NSEC",
	  RCODE_NXDOMAIN },
	{ "a DNAME's record for what lies below it", "x.b.mal.", "b.mal.", "c.mal. DNAME RRSIG NSEC",
	  RCODE_SERVFAIL },
};
static const struct nsec_case *nsec_case;

static void
deny_with_nsec(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)server;
	if (query->question.qtype == TYPE_DNSKEY)
		return;
	world_reply_clear(reply, DNS_AA, RCODE_NXDOMAIN);
	struct rrset **authority = &reply->sections[SECTION_AUTHORITY];
	records_append(authority, world_record(world, "mal.", TYPE_SOA, 300, "mname. rname. 1 2 3 4 300"));
	records_append(authority, world_record(world, nsec_case->owner, TYPE_NSEC, 300, nsec_case->value));
	records_append(authority, world_record(world, "mal.", TYPE_NSEC, 300, "a.mal. NS SOA RRSIG NSEC DNSKEY"));
}

START_TEST(a_span_proves_what_lies_in_it_and_in_its_zone)
{
	struct engine_config config = engine_config_default;

	config.prime_root = false;
	config.qname_minimisation = false;
	nsec_case = &nsec_cases[_i];
	signed_world_init(&sw, 1, &config, deny_with_nsec, NULL);
	const struct world_result *result = world_resolve(sw.world, nsec_case->qname, TYPE_A);
	ck_assert_msg(result->rcode == nsec_case->rcode, "%s: rcode %u", nsec_case->behaviour, result->rcode);
	ck_assert_uint_ne(result->security, SECURITY_SECURE);
	/* Nor is anything concluded for a name of the victim's that the span would hold. */
	ck_assert_uint_eq(world_resolve(sw.world, "www.victim.", TYPE_A)->rcode, RCODE_NOERROR);
	signed_world_expect_good(&sw);
	signed_world_fini(&sw);
}
END_TEST

/* NSEC records without a right signature, beside an answer that is right. */
static void
slip_in_nsec(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	if (query->question.qtype == TYPE_DNSKEY || !name_is_under(&query->question.qname, &signed_zone_of(server)->apex))
		return;
	struct rrset *nsec = world_record(world, "a.mal.", TYPE_NSEC, 300, "zz.mal. A RRSIG NSEC");
	signed_sign(world, signed_zone_of(server), nsec);
	signed_spoil_last(world, nsec);
	records_append(&reply->sections[SECTION_AUTHORITY], nsec);
}

START_TEST(what_was_not_validated_denies_nothing)
{
	static const struct world_zone wide = { "mal.", "mal. 600 SOA mname. rname. 1 2 3 4 300\n"
							"mal. 3600 NS ns.mal.\n"
							"ns.mal. 3600 A 203.0.113.66\n"
							"b.mal. 300 A 203.0.113.81\n"
							"c.mal. 300 A 203.0.113.82\n" };
	signed_world_init(&sw, 1, NULL, NULL, slip_in_nsec);
	world_serve_instead(sw.mal, &wide);
	ck_assert_uint_eq(world_resolve(sw.world, "b.mal.", TYPE_A)->security, SECURITY_SECURE);
	ck_assert_uint_eq(world_resolve(sw.world, "c.mal.", TYPE_A)->security, SECURITY_SECURE);
	signed_world_fini(&sw);
}
END_TEST

/* *.mal. is an alias into the victim's zone; that the name itself is not there is not proved (CVE-2026-52686). */
static bool has_proof;

static void
expand_wildcard(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	char owner[NAME_TEXT_BYTES];

	if (query->question.qtype == TYPE_DNSKEY || !name_is_under(&query->question.qname, &signed_zone_of(server)->apex))
		return;
	name_to_text(&query->question.qname, owner, sizeof owner);
	world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
	struct rrset *alias = world_record(world, owner, TYPE_CNAME, 60, "www.victim.");
	signed_sign_as(world, signed_zone_of(server), alias, 1);
	records_append(&reply->sections[SECTION_ANSWER], alias);
	if (has_proof)
		records_append(&reply->sections[SECTION_AUTHORITY],
			       world_record(world, "mal.", TYPE_NSEC, 60, "zz.mal. NS SOA RRSIG NSEC DNSKEY"));
}

START_TEST(a_wildcard_needs_its_proof_across_an_alias_too)
{
	signed_world_init(&sw, 1, NULL, expand_wildcard, NULL);
	has_proof = false;
	signed_world_expect_bogus(world_resolve(sw.world, "x.mal.", TYPE_A));
	has_proof = true;
	const struct world_result *result = world_resolve(sw.world, "y.mal.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert(world_has(result, SECTION_ANSWER, "www.victim.", TYPE_A, "192.0.2.80"));
	signed_world_fini(&sw);
}
END_TEST

/* What a wildcard has made, and that has ended, stands in for its own name alone (CVE-2026-46582). */
START_TEST(a_wildcard_that_has_ended_answers_for_no_other_name)
{
	struct engine_config config = engine_config_default;

	config.prime_root = false;
	config.serve_expired = true;
	config.serve_expired_client_timeout_ms = 1800;
	config.serve_expired_ttl_s = 86400;
	signed_world_init(&sw, 1, &config, expand_wildcard, NULL);
	has_proof = true;
	ck_assert_uint_eq(world_resolve(sw.world, "x.mal.", TYPE_A)->security, SECURITY_SECURE);
	world_run(sw.world, 400000000);
	sw.mal->dead = true;
	ck_assert_uint_eq(world_resolve(sw.world, "y.mal.", TYPE_A)->rcode, RCODE_SERVFAIL);
	sw.mal->dead = false;
	has_proof = false; /* x.mal. has come to be there: the wildcard is no answer any more */
	world_run(sw.world, 120000000);
	signed_world_expect_bogus(world_resolve(sw.world, "z.mal.", TYPE_A));
	signed_world_fini(&sw);
}
END_TEST

/* The child's apex denies the DS set of the parent's delegation (CVE-2026-10723). */
static void
deny_ds_as_child(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	const struct signed_zone child = { .apex = name_of("sub.mal."), .key = SIGNED_MAL_KEY };

	(void)server;
	if (query->question.qtype != TYPE_DS)
		return;
	world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
	struct rrset *soa = world_record(world, "sub.mal.", TYPE_SOA, 300, "mname. rname. 1 2 3 4 300");
	struct rrset *nsec = world_record(world, "sub.mal.", TYPE_NSEC, 300, "a.sub.mal. NS SOA RRSIG NSEC DNSKEY");
	signed_sign(world, &child, soa);
	signed_sign(world, &child, nsec);
	records_append(&reply->sections[SECTION_AUTHORITY], soa);
	records_append(&reply->sections[SECTION_AUTHORITY], nsec);
}

/* The same record in the parent's name: with SOA in it, it is the child's all the same (RFC 6840, section 4.4). */
static void
deny_ds_as_parent(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)server;
	if (query->question.qtype != TYPE_DS)
		return;
	world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
	records_append(&reply->sections[SECTION_AUTHORITY],
		       world_record(world, "mal.", TYPE_SOA, 300, "mname. rname. 1 2 3 4 300"));
	records_append(&reply->sections[SECTION_AUTHORITY],
		       world_record(world, "sub.mal.", TYPE_NSEC, 300, "a.sub.mal. NS SOA RRSIG NSEC DNSKEY"));
}

/* Data of sub.mal. without signatures, which only a delegation without DS would allow. */
static void
strip(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)world, (void)server;
	if (query->question.qtype == TYPE_A)
		reply->sections[SECTION_ANSWER] = world_record(world, "www.sub.mal.", TYPE_A, 300, "203.0.113.83");
}

START_TEST(a_childs_apex_does_not_deny_the_parents_ds)
{
	signed_world_init(&sw, 1, NULL, _i == 0 ? deny_ds_as_child : deny_ds_as_parent, strip);
	signed_world_expect_bogus(world_resolve(sw.world, "www.sub.mal.", TYPE_A));
	signed_world_expect_good(&sw);
	signed_world_fini(&sw);
}
END_TEST

/* What a client wants unchecked drives out nothing that was checked. */
static bool lies;

static void
lie(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)world, (void)server;
	if (!lies || query->question.qtype == TYPE_DNSKEY)
		return;
	world_reply_clear(reply, DNS_AA, RCODE_NXDOMAIN);
	records_append(&reply->sections[SECTION_AUTHORITY],
		       world_record(world, "mal.", TYPE_SOA, 300, "mname. rname. 1 2 3 4 300"));
}

START_TEST(an_unchecked_denial_drives_out_nothing_that_was_checked)
{
	signed_world_init(&sw, 1, NULL, NULL, lie);
	lies = false;
	ck_assert_uint_eq(world_resolve(sw.world, "www.mal.", TYPE_A)->security, SECURITY_SECURE);
	lies = true;
	ck_assert_uint_eq(resolve_with_cd("www.mal.", TYPE_TXT)->rcode, RCODE_NXDOMAIN);
	const struct world_result *result = world_resolve(sw.world, "www.mal.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	signed_world_expect_bogus(world_resolve(sw.world, "www.mal.", TYPE_AAAA)); /* and is no denial for who wants it checked */
	signed_world_fini(&sw);
}
END_TEST

START_TEST(in_permissive_mode_what_is_bogus_is_given_as_insecure_each_time)
{
	signed_world_init(&sw, 1, NULL, NULL, lie);
	struct engine_config config = sw.world->config;
	config.val_permissive_mode = true;
	engine_configure(sw.world->engine, &config);
	lies = true;
	for (unsigned i = 0; i < 2; i++) {
		const struct world_result *result = world_resolve(sw.world, "www.mal.", TYPE_A);
		ck_assert_uint_eq(result->rcode, RCODE_NXDOMAIN);
		ck_assert_uint_eq(result->security, SECURITY_INSECURE);
		ck_assert_int_ne(result->ede, EDE_NONE);
	}
	signed_world_expect_good(&sw);
	signed_world_fini(&sw);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: attacks by denial");
	TCase *tcase = tcase_create("denial");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_span_proves_what_lies_in_it_and_in_its_zone, 0, COUNT(nsec_cases));
	tcase_add_test(tcase, what_was_not_validated_denies_nothing);
	tcase_add_test(tcase, a_wildcard_needs_its_proof_across_an_alias_too);
	tcase_add_test(tcase, a_wildcard_that_has_ended_answers_for_no_other_name);
	tcase_add_loop_test(tcase, a_childs_apex_does_not_deny_the_parents_ds, 0, 2);
	tcase_add_test(tcase, an_unchecked_denial_drives_out_nothing_that_was_checked);
	tcase_add_test(tcase, in_permissive_mode_what_is_bogus_is_given_as_insecure_each_time);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
