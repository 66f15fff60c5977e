/*
 * Answers out of what a signed zone has proved before (RFC 8198).  mal. is here a zone like others, whose server proves
 * with NSEC or NSEC3 as it should; what it is asked is counted.
 */
#include "resolver/iterate/aggressive.h"

#include <stdio.h>

#include "resolver/policy/forward.h"
#include "resolver/zone/kept.h"
#include "resolver/policy/rpz.h"
#include "tests/resolver/iterate/signed_world.h"
#include "tests/suite.h"

#define FLOOD         500u
#define PROOF_TTL_S   3600u
#define SOA_MINIMUM_S 300u

static struct signed_world sw;

/* ---- a zone with NSEC -------------------------------------------------------------------------------------- */

/* wild.mal. is an empty non-terminal; sub.mal. is delegated and not signed. */
static const struct {
	const char *owner, *value;
} chain[] = {
	{ "mal.", "ns.mal. NS SOA RRSIG NSEC DNSKEY" },
	{ "ns.mal.", "sub.mal. A RRSIG NSEC" },
	{ "sub.mal.", "*.wild.mal. NS RRSIG NSEC" },
	{ "*.wild.mal.", "www.mal. A RRSIG NSEC" },
	{ "www.mal.", "mal. A RRSIG NSEC" },
};

static unsigned
span_of(const struct name *qname)
{
	unsigned last = 0;
	for (unsigned i = 0; i < COUNT(chain); i++) {
		const struct name owner = name_of(chain[i].owner);
		if (name_compare(&owner, qname) <= 0)
			last = i;
	}
	return last;
}

static void
add_soa(struct world *world, struct world_reply *reply)
{
	records_append(&reply->sections[SECTION_AUTHORITY],
		       world_record(world, "mal.", TYPE_SOA, PROOF_TTL_S, "mname. rname. 1 2 3 4 300"));
}

/* The asterisk is not counted among the labels that are signed (RFC 4034, section 3.1.3). */
static void
add_nsec(struct world *world, const struct world_server *server, struct world_reply *reply, unsigned i)
{
	struct rrset *set = world_record(world, chain[i].owner, TYPE_NSEC, PROOF_TTL_S, chain[i].value);

	signed_sign_as(world, signed_zone_of(server), set, name_labels(set->owner) - (chain[i].owner[0] == '*'));
	records_append(&reply->sections[SECTION_AUTHORITY], set);
}

static void
answer_by_wildcard(struct world *world, const struct world_server *server, const struct query *query,
		   struct world_reply *reply)
{
	char owner[NAME_TEXT_BYTES];

	name_to_text(&query->question.qname, owner, sizeof owner);
	struct rrset *set = world_record(world, owner, TYPE_A, 300, "203.0.113.99");
	signed_sign_as(world, signed_zone_of(server), set, 2);
	records_append(&reply->sections[SECTION_ANSWER], set);
}

static void
prove_with_nsec(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	const struct name *qname = &query->question.qname;
	const struct name wild = name_of("wild.mal."), sub = name_of("sub.mal."), apex = name_of("mal.");
	const unsigned span = span_of(qname);
	const struct name owner = name_of(chain[span].owner);
	const bool is_there = name_equal(&owner, qname);

	if (!name_is_under(qname, &apex) || query->question.qtype == TYPE_DNSKEY ||
	    (is_there && reply->sections[SECTION_ANSWER] != NULL))
		return;
	if (name_is_under(qname, &sub) && !(is_there && query->question.qtype == TYPE_DS)) {
		world_reply_clear(reply, 0, RCODE_NOERROR);
		records_append(&reply->sections[SECTION_AUTHORITY], world_record(world, "sub.mal.", TYPE_NS, 300, "ns.sub.mal."));
		add_nsec(world, server, reply, span);
		records_append(&reply->sections[SECTION_ADDITIONAL],
			       world_record(world, "ns.sub.mal.", TYPE_A, 300, "203.0.113.67"));
		return;
	}
	const bool is_wild = name_is_under(qname, &wild) && !name_equal(qname, &wild);
	const bool is_empty = is_there || is_wild || name_equal(qname, &wild);
	world_reply_clear(reply, DNS_AA, is_empty ? RCODE_NOERROR : RCODE_NXDOMAIN);
	if (is_wild && query->question.qtype == TYPE_A)
		answer_by_wildcard(world, server, query, reply);
	else
		add_soa(world, reply);
	add_nsec(world, server, reply, span);
	if (!is_empty && span != 0)
		add_nsec(world, server, reply, 0);
}

/* ---- a zone with NSEC3: of one record, a circle of its apex alone --------------------------------------------- */

static unsigned nsec3_flags;
static bool has_second_signature;

static void
prove_with_nsec3(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	/* SHA-1 of mal. in base32hex, without salt or iterations. */
	static const char *const hash = "d5ep4tgc36ctp7miumh8h9v16gqbr0aj";
	const struct name apex = name_of("mal.");
	char owner[64], value[128];

	(void)server;
	if (query->question.qtype == TYPE_DNSKEY)
		return;
	world_reply_clear(reply, DNS_AA, name_equal(&query->question.qname, &apex) ? RCODE_NOERROR : RCODE_NXDOMAIN);
	add_soa(world, reply);
	(void)snprintf(owner, sizeof owner, "%s.mal.", hash);
	(void)snprintf(value, sizeof value, "1 %u 0 - %s NS SOA RRSIG DNSKEY NSEC3PARAM", nsec3_flags, hash);
	records_append(&reply->sections[SECTION_AUTHORITY], world_record(world, owner, TYPE_NSEC3, PROOF_TTL_S, value));
}

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
	add_soa(world, reply);
	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(owner, sizeof owner, "%s.mal.", hashes[i]);
		(void)snprintf(value, sizeof value, "1 0 0 - %s %s", hashes[(i + 1) % 3], i == 1 ? "NS SOA RRSIG DNSKEY" : "A RRSIG");
		records_append(&reply->sections[SECTION_AUTHORITY], world_record(world, owner, TYPE_NSEC3, PROOF_TTL_S, value));
	}
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static void
begin(bool is_aggressive, world_habit *proves)
{
	struct engine_config config = engine_config_default;

	config.prime_root = false;
	config.aggressive_nsec = is_aggressive;
	signed_world_init(&sw, 1, &config, proves, NULL);
}

static const struct world_result *
resolve(const char *qname, uint16_t qtype, bool checking_disabled)
{
	const struct engine_question question = { .qname = name_of(qname), .qtype = qtype, .qclass = CLASS_IN,
						  .dnssec_ok = true, .checking_disabled = checking_disabled };
	return world_resolve_as(sw.world, &question);
}

static void
expect_absent(const struct world_result *result, uint16_t rcode, uint16_t proof_type)
{
	ck_assert_uint_eq(result->rcode, rcode);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 0);
	unsigned soas = 0, proofs = 0;
	for (const struct rrset *set = result->sections[SECTION_AUTHORITY]; set != NULL; set = set->next) {
		soas += set->type == TYPE_SOA;
		proofs += set->type == proof_type;
		ck_assert_uint_ge(set->sig_count, 1);
	}
	ck_assert_uint_eq(soas, 1);
	ck_assert_uint_ge(proofs, 1);
	ck_assert_uint_eq(world_count(result, SECTION_AUTHORITY), soas + proofs);
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
		expect_absent(resolve(qname, TYPE_A, false), RCODE_NXDOMAIN, proof_type);
	}
	return sw.mal->asked - asked_before;
}

START_TEST(a_flood_of_random_names_ends_at_the_cache)
{
	begin(true, prove_with_nsec);
	suite_figure("random subdomains (RFC 8198)", "queries to the zone's server for 500 names", flood(0, TYPE_NSEC),
		     2 * COUNT(chain));
	ck_assert_uint_ge(signed_world_stats(&sw).synthesised, FLOOD - COUNT(chain));
	signed_world_fini(&sw);

	begin(true, prove_with_nsec);
	ck_assert_uint_eq(flood(26, TYPE_NSEC), 0);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(hashed_spans_end_it_too)
{
	nsec3_flags = 0;
	begin(true, prove_with_nsec3);
	ck_assert_uint_eq(flood(1, TYPE_NSEC3), 0);
	ck_assert_uint_eq(signed_world_stats(&sw).synthesised, FLOOD - 1);
	/* Too deep to be hashed for: asked. */
	const unsigned before = sw.mal->asked;
	(void)resolve("a.b.c.d.e.f.g.h.mal.", TYPE_A, false);
	ck_assert_uint_gt(sw.mal->asked, before);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(a_record_whose_time_is_over_is_not_in_the_way_of_others)
{
	begin(true, prove_with_three_hashes);
	expect_absent(resolve("a0.mal.", TYPE_A, false), RCODE_NXDOMAIN, TYPE_NSEC3);
	world_run(sw.world, (PROOF_TTL_S + 1) * 1000000ull);
	expect_absent(resolve("f5.mal.", TYPE_A, false), RCODE_NXDOMAIN, TYPE_NSEC3);
	const unsigned before = sw.mal->asked;
	expect_absent(resolve("b1.mal.", TYPE_A, false), RCODE_NXDOMAIN, TYPE_NSEC3);
	ck_assert_uint_eq(sw.mal->asked, before);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(nothing_is_concluded_in_an_opt_out_span)
{
	nsec3_flags = 1;
	begin(true, prove_with_nsec3);
	(void)resolve("a.mal.", TYPE_A, false);
	const unsigned before = sw.mal->asked;
	ck_assert_uint_ne(resolve("b.mal.", TYPE_A, false)->security, SECURITY_SECURE);
	ck_assert_uint_gt(sw.mal->asked, before);
	ck_assert_uint_eq(signed_world_stats(&sw).synthesised, 0);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(switched_off_each_name_is_asked)
{
	begin(false, prove_with_nsec);
	ck_assert_uint_ge(flood(0, TYPE_NSEC), FLOOD);
	ck_assert_uint_eq(signed_world_stats(&sw).synthesised, 0);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(a_known_wildcard_answers_for_other_names)
{
	begin(true, prove_with_nsec);
	ck_assert(world_has(resolve("a.wild.mal.", TYPE_A, false), SECTION_ANSWER, "a.wild.mal.", TYPE_A, "203.0.113.99"));
	(void)resolve("b.wild.mal.", TYPE_AAAA, false);
	const unsigned before = sw.mal->asked;

	const struct world_result *result = resolve("c.d.wild.mal.", TYPE_A, false);
	ck_assert(world_has(result, SECTION_ANSWER, "c.d.wild.mal.", TYPE_A, "203.0.113.99"));
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert(world_has(result, SECTION_AUTHORITY, "*.wild.mal.", TYPE_NSEC, NULL));
	ck_assert_uint_eq(result->sections[SECTION_ANSWER]->sig_count, 1);
	expect_absent(resolve("e.wild.mal.", TYPE_MX, false), RCODE_NOERROR, TYPE_NSEC);
	ck_assert_uint_eq(sw.mal->asked, before);
	signed_world_fini(&sw);
}
END_TEST

static unsigned
ask_for(const char *qname, bool dnssec_ok)
{
	const struct engine_question question = {
		.qname = name_of(qname), .qtype = TYPE_A, .qclass = CLASS_IN, .dnssec_ok = dnssec_ok,
	};
	return world_ask_as(sw.world, &question);
}

/* RFC 4035, section 3.1.3.3: it has to see that the name itself is not there, whoever has asked before it. */
START_TEST(who_wants_proofs_gets_them_where_others_ask_the_same_at_that_moment)
{
	static const struct world_zone aliases = { "victim.", "victim. 600 SOA mname. rname. 1 2 3 4 300\n"
							      "victim. 3600 NS ns.victim.\n"
							      "ns.victim. 3600 A 192.0.2.2\n"
							      "alias.victim. 300 CNAME a.wild.mal.\n" };
	begin(false, prove_with_nsec);
	world_serve_instead(sw.victim, &aliases);
	(void)resolve("a.wild.mal.", TYPE_A, false); /* known now, without its proof */
	const bool is_first = _i == 0;
	const unsigned first = ask_for("alias.victim.", is_first), second = ask_for("alias.victim.", !is_first);
	world_run(sw.world, 5 * 1000000u);
	ck_assert_uint_eq(world_asked(sw.world, "alias.victim.", TYPE_A), 1);
	const struct world_result *wants = &sw.world->results[is_first ? first : second],
				  *other = &sw.world->results[is_first ? second : first];
	ck_assert(world_has(wants, SECTION_ANSWER, "a.wild.mal.", TYPE_A, "203.0.113.99"));
	ck_assert(world_has(wants, SECTION_AUTHORITY, "*.wild.mal.", TYPE_NSEC, NULL));
	ck_assert(world_has(other, SECTION_ANSWER, "a.wild.mal.", TYPE_A, "203.0.113.99"));
	ck_assert_uint_eq(wants->security, SECURITY_SECURE);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(a_name_that_is_there_lacks_what_its_record_does_not_list)
{
	begin(true, prove_with_nsec);
	(void)resolve("www.mal.", TYPE_AAAA, false);
	const unsigned before = sw.mal->asked;
	expect_absent(resolve("www.mal.", TYPE_MX, false), RCODE_NOERROR, TYPE_NSEC);
	ck_assert_uint_eq(sw.mal->asked, before);
	ck_assert(world_has(resolve("www.mal.", TYPE_A, false), SECTION_ANSWER, "www.mal.", TYPE_A, "203.0.113.80"));
	signed_world_fini(&sw);
}
END_TEST

START_TEST(a_delegation_says_nothing_about_what_is_below_it)
{
	begin(true, prove_with_nsec);
	(void)resolve("t.mal.", TYPE_A, false); /* the span that begins at sub.mal. */
	expect_absent(resolve("u.mal.", TYPE_A, false), RCODE_NXDOMAIN, TYPE_NSEC);
	const unsigned before = sw.mal->asked;
	ck_assert_uint_eq(resolve("x.sub.mal.", TYPE_A, false)->rcode, RCODE_SERVFAIL); /* its server is silent */
	ck_assert_uint_gt(sw.mal->asked, before);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(a_client_gets_no_ds_with_the_soa_that_says_for_how_long)
{
	begin(true, prove_with_nsec);
	(void)resolve("x.sub.mal.", TYPE_A, false); /* its referral has proved it, without */
	expect_absent(resolve("sub.mal.", TYPE_DS, false), RCODE_NOERROR, TYPE_NSEC);
	const unsigned before = sw.mal->asked;
	expect_absent(resolve("sub.mal.", TYPE_DS, false), RCODE_NOERROR, TYPE_NSEC);
	ck_assert_uint_eq(sw.mal->asked, before);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(a_name_that_a_wildcard_makes_has_no_ds)
{
	begin(true, prove_with_nsec);
	const struct world_result *result = resolve("a.wild.mal.", TYPE_DS, false);
	expect_absent(result, RCODE_NOERROR, TYPE_NSEC);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	signed_world_fini(&sw);
}
END_TEST

static void
answer_with_signatures(struct world *world, struct world_server *server, const struct query *query,
		       struct world_reply *reply)
{
	(void)server;
	if (query->question.qtype != TYPE_RRSIG)
		return;
	world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
	records_append(&reply->sections[SECTION_ANSWER],
		       world_record(world, "www.mal.", TYPE_RRSIG, 300, "A 13 2 300 20300101000000 20200101000000 1 mal. AAAA"));
}

START_TEST(signatures_are_given_though_nobody_signs_them)
{
	struct engine_config config = engine_config_default;

	config.prime_root = false;
	signed_world_init(&sw, 1, &config, NULL, answer_with_signatures);
	const struct world_result *result = resolve("www.mal.", TYPE_RRSIG, false);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(result->security, SECURITY_INSECURE);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 1);
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
	nsec3_flags = 1;
	begin(true, prove_with_nsec3);
	expect_absent(resolve("mal.", TYPE_MX, false), RCODE_NOERROR, TYPE_NSEC3);
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

	begin(true, prove_with_nsec);
	(void)resolve(_i == 0 ? "a.mal." : "t.mal.", TYPE_A, false);
	const uint64_t before = hits();
	ck_assert_ptr_null(world_cached(sw.world, names[_i], TYPE_A));
	ck_assert_uint_eq(hits() - before, 1);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(it_lasts_no_longer_than_the_soa_allows)  /* RFC 9077 */
{
	begin(true, prove_with_nsec);
	(void)resolve("a.mal.", TYPE_A, false);
	world_run(sw.world, 100 * 1000000ull);
	const struct world_result *result = resolve("b.mal.", TYPE_A, false);
	ck_assert_uint_eq(signed_world_stats(&sw).synthesised, 1);
	ck_assert_uint_le(result->sections[SECTION_AUTHORITY]->ttl_s, SOA_MINIMUM_S);
	world_run(sw.world, SOA_MINIMUM_S * 1000000ull);
	const unsigned before = sw.mal->asked;
	(void)resolve("c.mal.", TYPE_A, false);
	ck_assert_uint_gt(sw.mal->asked, before);
	signed_world_fini(&sw);
}
END_TEST

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
	struct rrset *set = world_record(world, owner, TYPE_NSEC, PROOF_TTL_S, "zz.mal. A RRSIG NSEC");
	signed_sign_as(world, signed_zone_of(server), set, 2);
	if (has_second_signature)
		signed_sign_as(world, signed_zone_of(server), set, 3);
	records_append(&reply->sections[SECTION_AUTHORITY], set);
}

START_TEST(a_record_that_a_wildcard_made_spans_nothing)
{
	has_second_signature = _i == 1;
	begin(true, prove_with_a_wildcards_record);
	(void)resolve("a.mal.", TYPE_A, false); /* that there is no *.mal. is known */
	(void)resolve("a.wild.mal.", TYPE_AAAA, false);
	const unsigned before = sw.mal->asked;
	const struct world_result *result = resolve("b.wild.mal.", TYPE_A, false);
	ck_assert(world_has(result, SECTION_ANSWER, "b.wild.mal.", TYPE_A, "203.0.113.99"));
	ck_assert_uint_gt(sw.mal->asked, before);
	result = resolve("xx.mal.", TYPE_A, false); /* after www.mal., of whose span nothing is known yet */
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

	begin(true, prove_with_nsec);
	(void)resolve("a.mal.", TYPE_A, false);
	if (_i < 2) {
		ck_assert_int_eq(forwards_init(&forwards, &sw.arena, 1, &sw.world->rng), 0);
		ck_assert_int_eq(forwards_add(&forwards, &zone), 0);
		engine_set_forwards(sw.world->engine, &forwards);
	} else {
		ck_assert_int_eq(anchors_add_insecure(&sw.anchors, &own), 0);
	}
	const unsigned before = sw.mal->asked;
	(void)resolve(names[_i % 2], TYPE_A, false);
	ck_assert_uint_gt(sw.mal->asked, before);
	ck_assert_uint_eq(signed_world_stats(&sw).synthesised, 0);
	(void)resolve("c.mal.", TYPE_A, false);
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

	begin(true, prove_with_nsec);
	arena_init(&arena, block, sizeof block);
	(void)resolve("a.mal.", TYPE_A, false);
	ck_assert_int_eq(zone_begin(&builder, &apex, &arena), 0);
	ck_assert_int_eq(zone_read(&builder, text, sizeof text - 1, &reading), 0);
	ck_assert_int_eq(zone_finish(&builder, &zone), 0);
	struct kept_zones *kept = kept_new(&arena);
	const struct kept_zone added = { .name = &apex, .for_upstream = true, .zone = zone };
	ck_assert_int_eq(kept_add(kept, &added), 0);
	engine_set_kept(sw.world->engine, kept);
	/* It is not signed and nobody has said that it need not be: that is another matter than whether it is there. */
	ck_assert_uint_eq(resolve("www.b.mal.", TYPE_A, false)->rcode, RCODE_SERVFAIL);
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

	begin(true, prove_with_nsec);
	arena_init(&arena, block, sizeof block);
	struct rpz *rpz = rpz_new(&arena);
	ck_assert_int_eq(rpz_zone_add(rpz, &list, &sw.world->dice, &zone), 0);
	ck_assert_int_eq(rpz_zone_read(rpz, zone, rules, sizeof rules - 1, &reading), 0);
	engine_set_rpz(sw.world->engine, rpz);
	(void)resolve("a.mal.", TYPE_A, false);
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
	begin(true, prove_with_nsec);
	(void)resolve("a.mal.", TYPE_A, false);
	(void)resolve("mal.", TYPE_SOA, true);
	const unsigned before = sw.mal->asked;
	(void)resolve("b.mal.", TYPE_A, false);
	ck_assert_uint_gt(sw.mal->asked, before);
	ck_assert_uint_eq(signed_world_stats(&sw).synthesised, 0);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(what_was_not_validated_proves_nothing)
{
	begin(true, prove_with_nsec);
	(void)resolve("a.mal.", TYPE_A, true);
	const unsigned before = sw.mal->asked;
	(void)resolve("b.mal.", TYPE_A, true);
	ck_assert_uint_gt(sw.mal->asked, before);
	ck_assert_uint_eq(signed_world_stats(&sw).synthesised, 0);
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
	tcase_add_test(tcase, nothing_is_concluded_in_an_opt_out_span);
	tcase_add_test(tcase, switched_off_each_name_is_asked);
	tcase_add_test(tcase, a_known_wildcard_answers_for_other_names);
	tcase_add_loop_test(tcase, who_wants_proofs_gets_them_where_others_ask_the_same_at_that_moment, 0, 2);
	tcase_add_test(tcase, a_name_that_is_there_lacks_what_its_record_does_not_list);
	tcase_add_test(tcase, a_delegation_says_nothing_about_what_is_below_it);
	tcase_add_test(tcase, a_client_gets_no_ds_with_the_soa_that_says_for_how_long);
	tcase_add_test(tcase, a_name_that_a_wildcard_makes_has_no_ds);
	tcase_add_test(tcase, signatures_are_given_though_nobody_signs_them);
	tcase_add_test(tcase, in_a_zone_with_opt_out_nothing_is_looked_for);
	tcase_add_loop_test(tcase, of_a_name_outside_the_nearest_span_no_more_is_looked_for, 0, 2);
	tcase_add_test(tcase, it_lasts_no_longer_than_the_soa_allows);
	tcase_add_loop_test(tcase, a_record_that_a_wildcard_made_spans_nothing, 0, 2);
	tcase_add_loop_test(tcase, where_the_operator_has_a_word_the_servers_are_asked, 0, 4);
	tcase_add_test(tcase, what_is_kept_here_is_not_denied_by_the_zone_above);
	tcase_add_test(tcase, under_response_policy_the_servers_are_asked);
	tcase_add_test(tcase, an_unchecked_record_in_the_place_of_a_checked_one_proves_nothing);
	tcase_add_test(tcase, what_was_not_validated_proves_nothing);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
