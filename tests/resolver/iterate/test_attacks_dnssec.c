/*
 * What signed zones try with us: work without end (validate/limits.h), and proofs that prove something else. mal. is the
 * attacker's, with a key that is trusted for it; victim. is not.
 */
#include <stdio.h>

#include "resolver/iterate/budget.h"
#include "resolver/iterate/validation.h"
#include "tests/resolver/iterate/signed_world.h"
#include "tests/suite.h"

static struct signed_world sw;

static const struct world_result *
resolve(const char *qname, uint16_t qtype)
{
	return world_resolve(sw.world, qname, qtype);
}

static const struct world_result *
resolve_with_cd(const char *qname, uint16_t qtype)
{
	const struct engine_question question = { .qname = name_of(qname), .qtype = qtype, .qclass = CLASS_IN,
						  .dnssec_ok = true, .checking_disabled = true };
	return world_resolve_as(sw.world, &question);
}

/* Whatever the attacker does: others' names are answered, at once and validated. */
static void
expect_good(void)
{
	const struct world_result *result = resolve("good.victim.", TYPE_A);

	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert_uint_lt(result->took_us, 100000);
}

static void
expect_bogus(const struct world_result *result)
{
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 0);
}

START_TEST(what_is_signed_rightly_is_secure)
{
	signed_world_init(&sw, 1, NULL, NULL, NULL);
	const struct world_result *result = resolve("www.mal.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert_uint_eq(signed_world_work()->verifications, 2);
	expect_good();
	signed_world_fini(&sw);
}
END_TEST

/* ---- what nobody has signed beside what the zone has ------------------------------------------------------------------ */

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
	const struct world_result *result = resolve("mal.", qtypes[_i]);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert(world_has(result, SECTION_ANSWER, "mal.", TYPE_NS, "ns.mal."));
	ck_assert_uint_eq(world_count(result, SECTION_ADDITIONAL), 0);
	signed_world_fini(&sw);
}
END_TEST

/* ---- KeyTrap (CVE-2023-50387) --------------------------------------------------------------------------------------- */

#define TRAP_KEYS 60u

/* The words of a key in another order: no key of anybody's, with the same tag (RFC 4034, appendix B). */
static void
add_keys_of_one_tag(struct world *world, struct rrset *set)
{
	uint8_t rdata[SIGNER_RDATA_BYTES], shuffled[SIGNER_RDATA_BYTES];

	(void)signer_key(SIGNED_MAL_KEY, SIGNER_KSK, rdata);
	for (unsigned i = 1; i <= TRAP_KEYS; i++) {
		memcpy(shuffled, rdata, sizeof rdata);
		const unsigned a = 4 + 2 * (i % 16), b = 4 + 2 * ((i / 16 + i + 1) % 16);
		memcpy(shuffled + a, rdata + b, 2);
		memcpy(shuffled + b, rdata + a, 2);
		signer_add(&world->arena, set, shuffled, sizeof shuffled);
	}
}

/* The signature with another end, again and again. */
static void
add_bad_signatures(struct world *world, struct rrset *set, unsigned count)
{
	struct rdata_walk walk;
	uint8_t rdata[256];

	rdata_first(set, &walk);
	while (rdata_next(&walk))
		;
	const size_t size = walk.size;
	memcpy(rdata, walk.bytes, size); /* the last one's */
	for (unsigned i = 0; i < count; i++) {
		rdata[size - 1] = (uint8_t)(rdata[size - 1] + 1);
		rdata[size - 2] = (uint8_t)i;
		signer_add(&world->arena, set, rdata, size);
		set->rr_count--;
		set->sig_count++;
	}
}

static void
trap_keys(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)server;
	if (query->question.qtype == TYPE_DNSKEY)
		add_keys_of_one_tag(world, reply->sections[SECTION_ANSWER]);
}

/* The last signature with another last octet. */
static void
spoil_last(struct world *world, struct rrset *set)
{
	uint8_t *bytes = arena_copy(&world->arena, set->rdata, set->rdata_bytes);

	bytes[set->rdata_bytes - 1] ^= 1;
	set->rdata = bytes;
}

static void
spoil(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)server;
	if (query->question.qtype != TYPE_DNSKEY && reply->sections[SECTION_ANSWER] != NULL)
		spoil_last(world, reply->sections[SECTION_ANSWER]);
}

static void
trap_signatures(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	spoil(world, server, query, reply);
	if (query->question.qtype != TYPE_DNSKEY && reply->sections[SECTION_ANSWER] != NULL)
		add_bad_signatures(world, reply->sections[SECTION_ANSWER], 100);
}

START_TEST(keys_of_one_tag_and_signatures_without_end_cost_what_one_question_may)
{
	signed_world_init(&sw, 1, NULL, trap_keys, trap_signatures);
	expect_bogus(resolve("www.mal.", TYPE_A));
	suite_figure("KeyTrap", "signatures checked for a question", signed_world_work()->verifications, VALIDATE_SIGNATURES_MAX);
	suite_figure("KeyTrap", "queries to the attacker", sw.mal->asked, 3 * (VALIDATION_RESTARTS_MAX + 1));
	const unsigned before = signed_world_work()->verifications;
	expect_bogus(resolve("www.mal.", TYPE_A));
	ck_assert_uint_eq(signed_world_work()->verifications, before);
	expect_good();
	signed_world_fini(&sw);
}
END_TEST

/* Many sets in one answer, the right signature of each behind three others. */
static void
chain_of_traps(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	char owner[32], target[32];

	if (query->question.qtype == TYPE_DNSKEY || !name_is_under(&query->question.qname, &signed_zone_of(server)->apex))
		return;
	world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
	for (unsigned i = 0; i < BUDGET_CHAIN_MAX; i++) {
		(void)snprintf(owner, sizeof owner, "c%u.mal.", i);
		(void)snprintf(target, sizeof target, "c%u.mal.", i + 1);
		struct rrset *alias = world_record(world, owner, TYPE_CNAME, 300, target);
		signed_sign(world, signed_zone_of(server), alias);
		spoil_last(world, alias);
		add_bad_signatures(world, alias, 2);
		signed_sign(world, signed_zone_of(server), alias);
		records_append(&reply->sections[SECTION_ANSWER], alias);
	}
	records_append(&reply->sections[SECTION_ANSWER], world_record(world, target, TYPE_A, 300, "203.0.113.80"));
}

START_TEST(a_chain_of_signed_aliases_is_paid_from_one_purse)
{
	signed_world_init(&sw, 1, NULL, chain_of_traps, NULL);
	expect_bogus(resolve("c0.mal.", TYPE_A));
	suite_figure("signatures over a chain", "signatures checked for a question", signed_world_work()->verifications,
	     VALIDATE_SIGNATURES_MAX);
	expect_good();
	signed_world_fini(&sw);
}
END_TEST

/* ---- CAMP with a validator that starts again (CVE-2026-50045) ---------------------------------------------------------- */

/* Each alias is bogus, so that it is asked for again, and delegated to servers without addresses, which have to be found. */
static void
bogus_camp(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	static char names[8][48];
	struct record servers[8];
	char owner[NAME_TEXT_BYTES], target[64];
	struct name cut;
	const unsigned labels = name_labels(&query->question.qname);

	if (query->question.qtype == TYPE_DNSKEY)
		return;
	name_to_text(&query->question.qname, owner, sizeof owner);
	world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
	if (labels > 2) {
		name_tail(&cut, &query->question.qname, 2);
		name_to_text(&cut, owner, sizeof owner);
		for (unsigned i = 0; i < 8; i++) {
			(void)snprintf(names[i], sizeof names[i], "ns%u.z%u-%u.mal.", i, server->asked, i);
			servers[i] = (struct record){ owner, TYPE_NS, 3600, names[i] };
		}
		reply->flags = DNS_QR;
		records_append(&reply->sections[SECTION_AUTHORITY], records_set(&world->arena, servers, 8));
		return;
	}
	(void)snprintf(target, sizeof target, "w.t%u.mal.", server->asked);
	records_append(&reply->sections[SECTION_ANSWER], world_record(world, owner, TYPE_CNAME, 0, target));
}

START_TEST(starting_again_opens_no_new_purse)
{
	for (uint64_t seed = 0; seed < 5; seed++) {
		signed_world_init(&sw, suite_seed(seed), NULL, bogus_camp, spoil);
		expect_bogus(resolve("a.mal.", TYPE_A));
		suite_figure("CAMP with bogus answers", "queries for a question", sw.world->sent_count, BUDGET_SENDS_MAX);
		expect_good();
		signed_world_fini(&sw);
	}
}
END_TEST

/* ---- NSEC3 (CVE-2023-50868) ---------------------------------------------------------------------------------------------- */

struct nsec3_trap {
	unsigned iterations, records;
};
static struct nsec3_trap trap;

/* A name is not there, say records whose hashes are nobody's, each with a salt of its own. */
static void
deny_with_nsec3(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	char owner[64], value[128];

	(void)server;
	if (query->question.qtype == TYPE_DNSKEY)
		return;
	world_reply_clear(reply, DNS_AA, RCODE_NXDOMAIN);
	records_append(&reply->sections[SECTION_AUTHORITY],
		       world_record(world, "mal.", TYPE_SOA, 300, "mname. rname. 1 2 3 4 300"));
	for (unsigned i = 0; i < trap.records; i++) {
		(void)snprintf(owner, sizeof owner, "%c0p9mhaveqvm6t7vbl5lop2u3t2rp3to.mal.", "0123456789abcdefghijklmnopqrstuv"[i]);
		(void)snprintf(value, sizeof value, "1 0 %u aabb%02x 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG", trap.iterations, i);
		records_append(&reply->sections[SECTION_AUTHORITY], world_record(world, owner, TYPE_NSEC3, 300, value));
	}
}

static void
make_deep(char qname[NAME_TEXT_BYTES])
{
	qname[0] = '\0';
	for (unsigned i = 0; i < 120; i++)
		strcat(qname, "x.");
	strcat(qname, "mal.");
}

static const struct {
	const char *behaviour;
	struct nsec3_trap trap;
	uint16_t rcode;
	unsigned hashes_max;
} nsec3_traps[] = {
	{ "50 iterations over a name of 120 labels", { 50, 1 }, RCODE_SERVFAIL, VALIDATE_NSEC3_HASHES_MAX },
	{ "eight records with eight salts", { 50, 8 }, RCODE_SERVFAIL, VALIDATE_NSEC3_HASHES_MAX },
	{ "more records than are looked at", { 1, 20 }, RCODE_SERVFAIL, VALIDATE_NSEC3_HASHES_MAX },
	{ "more iterations than are done: insecure, RFC 9276", { 51, 1 }, RCODE_NXDOMAIN, 0 },
	{ "65535 iterations", { 65535, 8 }, RCODE_NXDOMAIN, 0 },
};

START_TEST(hashing_stops_at_the_purse)
{
	char qname[NAME_TEXT_BYTES];

	signed_world_init(&sw, 1, NULL, deny_with_nsec3, NULL);
	trap = nsec3_traps[_i].trap;
	make_deep(qname);
	const struct world_result *result = resolve(qname, TYPE_A);
	ck_assert_msg(result->rcode == nsec3_traps[_i].rcode, "%s: rcode %u", nsec3_traps[_i].behaviour, result->rcode);
	ck_assert_uint_ne(result->security, SECURITY_SECURE);
	suite_figure(nsec3_traps[_i].behaviour, "NSEC3 hashes for a question", signed_world_work()->nsec3_hashes,
	     nsec3_traps[_i].hashes_max);
	suite_figure(nsec3_traps[_i].behaviour, "signatures checked for a question", signed_world_work()->verifications,
	     VALIDATE_SIGNATURES_MAX);
	expect_good();
	signed_world_fini(&sw);
}
END_TEST

/* ---- the same bug, four vendors (2026) ------------------------------------------------------------------------------------ */

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
	expect_bogus(resolve("www.mal.", TYPE_A));
	ck_assert_uint_le(signed_world_work()->verifications, 3); /* the keys; the form alone refuses the rest */
	expect_good();
	signed_world_fini(&sw);
}
END_TEST

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
	const struct world_result *result = resolve(nsec_case->qname, TYPE_A);
	ck_assert_msg(result->rcode == nsec_case->rcode, "%s: rcode %u", nsec_case->behaviour, result->rcode);
	ck_assert_uint_ne(result->security, SECURITY_SECURE);
	/* Nor is anything concluded for a name of the victim's that the span would hold. */
	ck_assert_uint_eq(resolve("www.victim.", TYPE_A)->rcode, RCODE_NOERROR);
	expect_good();
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
	spoil_last(world, nsec);
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
	ck_assert_uint_eq(resolve("b.mal.", TYPE_A)->security, SECURITY_SECURE);
	ck_assert_uint_eq(resolve("c.mal.", TYPE_A)->security, SECURITY_SECURE);
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
	expect_bogus(resolve("x.mal.", TYPE_A));
	has_proof = true;
	const struct world_result *result = resolve("y.mal.", TYPE_A);
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
	ck_assert_uint_eq(resolve("x.mal.", TYPE_A)->security, SECURITY_SECURE);
	world_run(sw.world, 400000000);
	sw.mal->dead = true;
	ck_assert_uint_eq(resolve("y.mal.", TYPE_A)->rcode, RCODE_SERVFAIL);
	sw.mal->dead = false;
	has_proof = false; /* x.mal. has come to be there: the wildcard is no answer any more */
	world_run(sw.world, 120000000);
	expect_bogus(resolve("z.mal.", TYPE_A));
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
	expect_bogus(resolve("www.sub.mal.", TYPE_A));
	expect_good();
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
	ck_assert_uint_eq(resolve("www.mal.", TYPE_A)->security, SECURITY_SECURE);
	lies = true;
	ck_assert_uint_eq(resolve_with_cd("www.mal.", TYPE_TXT)->rcode, RCODE_NXDOMAIN);
	const struct world_result *result = resolve("www.mal.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	expect_bogus(resolve("www.mal.", TYPE_AAAA)); /* and is no denial for who wants it checked */
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
		const struct world_result *result = resolve("www.mal.", TYPE_A);
		ck_assert_uint_eq(result->rcode, RCODE_NXDOMAIN);
		ck_assert_uint_eq(result->security, SECURITY_INSECURE);
		ck_assert_int_ne(result->ede, EDE_NONE);
	}
	expect_good();
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
	(void)resolve("www.mal.", TYPE_A);
	const struct world_result *result = resolve("good.victim.", TYPE_A);
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
	const struct world_result *result = resolve("www.mal.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	ck_assert_int_eq(result->ede, EDE_DNSSEC_BOGUS);
	expect_good();
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
		const struct world_result *result = resolve("www.mal.", TYPE_A);
		ck_assert_uint_eq(result->security, SECURITY_SECURE);
		ck_assert_uint_le(result->sections[SECTION_ANSWER]->ttl_s, 300);
	}
	signed_world_fini(&sw);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: attacks of signed zones");
	TCase *tcase = tcase_create("attacks");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, what_is_signed_rightly_is_secure);
	tcase_add_loop_test(tcase, beside_a_secure_answer_stands_only_what_is_secure, 0, 2);
	tcase_add_test(tcase, keys_of_one_tag_and_signatures_without_end_cost_what_one_question_may);
	tcase_add_test(tcase, a_chain_of_signed_aliases_is_paid_from_one_purse);
	tcase_add_test(tcase, starting_again_opens_no_new_purse);
	tcase_add_loop_test(tcase, hashing_stops_at_the_purse, 0, COUNT(nsec3_traps));
	tcase_add_test(tcase, a_wildcard_above_its_own_zone_is_none);
	tcase_add_loop_test(tcase, a_span_proves_what_lies_in_it_and_in_its_zone, 0, COUNT(nsec_cases));
	tcase_add_test(tcase, what_was_not_validated_denies_nothing);
	tcase_add_test(tcase, a_wildcard_needs_its_proof_across_an_alias_too);
	tcase_add_test(tcase, a_wildcard_that_has_ended_answers_for_no_other_name);
	tcase_add_loop_test(tcase, a_childs_apex_does_not_deny_the_parents_ds, 0, 2);
	tcase_add_test(tcase, an_unchecked_denial_drives_out_nothing_that_was_checked);
	tcase_add_test(tcase, in_permissive_mode_what_is_bogus_is_given_as_insecure_each_time);
	tcase_add_test(tcase, a_zone_signs_for_itself_alone);
	tcase_add_test(tcase, who_is_above_the_trust_anchor_signs_in_vain);
	tcase_add_test(tcase, what_is_signed_lives_no_longer_than_its_signature_says);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
