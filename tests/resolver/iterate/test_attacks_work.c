/*
 * Work without end that signed zones would have us do, and the purse that ends it (validate/limits.h, iterate/budget.h).  mal. is
 * the attacker's, with a key that is trusted for it; victim. is not.
 */
#include <stdio.h>

#include "resolver/iterate/budget.h"
#include "resolver/iterate/validation.h"
#include "tests/resolver/iterate/signed_world.h"
#include "tests/suite.h"

static struct signed_world sw;

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

static void
spoil(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)server;
	if (query->question.qtype != TYPE_DNSKEY && reply->sections[SECTION_ANSWER] != NULL)
		signed_spoil_last(world, reply->sections[SECTION_ANSWER]);
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
	signed_world_expect_bogus(world_resolve(sw.world, "www.mal.", TYPE_A));
	suite_figure("KeyTrap", "signatures checked for a question", signed_world_work()->verifications, VALIDATE_SIGNATURES_MAX);
	suite_figure("KeyTrap", "queries to the attacker", sw.mal->asked, 3 * (VALIDATION_RESTARTS_MAX + 1));
	const unsigned before = signed_world_work()->verifications;
	signed_world_expect_bogus(world_resolve(sw.world, "www.mal.", TYPE_A));
	ck_assert_uint_eq(signed_world_work()->verifications, before);
	signed_world_expect_good(&sw);
	signed_world_fini(&sw);
}
END_TEST

/* Of proofs of nothing, none of which has a signature that holds. */
static void
add_bad_proofs(struct world *world, const struct signed_zone *zone, struct world_reply *reply)
{
	char owner[32], value[48];

	for (unsigned i = 0; i < VALIDATE_NSEC3_MAX; i++) {
		(void)snprintf(owner, sizeof owner, "p%u.mal.", i);
		(void)snprintf(value, sizeof value, "p%u.mal. A RRSIG NSEC", i + 1);
		struct rrset *proof = world_record(world, owner, TYPE_NSEC, 300, value);
		signed_sign(world, zone, proof);
		signed_spoil_last(world, proof);
		add_bad_signatures(world, proof, VALIDATE_FAILURES_MAX - 1);
		records_append(&reply->sections[SECTION_AUTHORITY], proof);
	}
}

/* Many sets in one answer, the right signature of each behind as many others as are borne. */
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
		signed_spoil_last(world, alias);
		add_bad_signatures(world, alias, VALIDATE_FAILURES_MAX - 2);
		signed_sign(world, signed_zone_of(server), alias);
		records_append(&reply->sections[SECTION_ANSWER], alias);
	}
	add_bad_proofs(world, signed_zone_of(server), reply);
	records_append(&reply->sections[SECTION_ANSWER], world_record(world, target, TYPE_A, 300, "203.0.113.80"));
}

START_TEST(a_chain_of_signed_aliases_is_paid_from_one_purse)
{
	signed_world_init(&sw, 1, NULL, chain_of_traps, NULL);
	signed_world_expect_bogus(world_resolve(sw.world, "c0.mal.", TYPE_A));
	ck_assert_uint_eq(signed_world_work()->verifications, VALIDATE_SIGNATURES_MAX); /* all that there is */
	signed_world_expect_good(&sw);
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
		signed_world_expect_bogus(world_resolve(sw.world, "a.mal.", TYPE_A));
		suite_figure("CAMP with bogus answers", "queries for a question", sw.world->sent_count, BUDGET_SENDS_MAX);
		signed_world_expect_good(&sw);
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
	const struct world_result *result = world_resolve(sw.world, qname, TYPE_A);
	ck_assert_msg(result->rcode == nsec3_traps[_i].rcode, "%s: rcode %u", nsec3_traps[_i].behaviour, result->rcode);
	ck_assert_uint_ne(result->security, SECURITY_SECURE);
	suite_figure(nsec3_traps[_i].behaviour, "NSEC3 hashes for a question", signed_world_work()->nsec3_hashes,
	     nsec3_traps[_i].hashes_max);
	suite_figure(nsec3_traps[_i].behaviour, "signatures checked for a question", signed_world_work()->verifications,
	     VALIDATE_SIGNATURES_MAX);
	signed_world_expect_good(&sw);
	signed_world_fini(&sw);
}
END_TEST

/* ---- checks that the driver makes (iterate/checks.h) ---------------------------------------------------------------------- */

static const struct {
	const char *attack;
	world_habit *before, *after;
	const char *qname;
} elsewhere[] = {
	{ "no attack", NULL, NULL, "www.mal." },
	{ "KeyTrap", trap_keys, trap_signatures, "www.mal." },
	{ "signatures over a chain", chain_of_traps, NULL, "c0.mal." },
	{ "CAMP with bogus answers", bogus_camp, spoil, "a.mal." },
	{ "NSEC3 with eight salts", deny_with_nsec3, NULL, "x.y.z.mal." },
};

struct cost {
	struct signed_work work;
	unsigned sent;
	uint16_t rcode;
	int ede;
};

static struct cost
cost_of(unsigned attack, uint32_t checks_at_once, bool every_algorithm)
{
	struct engine_config config = engine_config_default;

	config.prime_root = false;
	config.harden_algo_downgrade = every_algorithm;
	config.checks_at_once = checks_at_once;
	config.checks_turn_us = 0;
	trap = nsec3_traps[1].trap;
	signed_world_init(&sw, suite_seed(1), &config, elsewhere[attack].before, elsewhere[attack].after);
	const struct world_result *result = world_resolve(sw.world, elsewhere[attack].qname, TYPE_A);
	const struct cost cost = { *signed_world_work(), sw.world->sent_count, result->rcode, result->ede };
	const struct engine_stats stats = signed_world_stats(&sw);
	ck_assert_uint_eq(stats.signatures_elsewhere, checks_at_once > 0 ? stats.signatures : 0);
	signed_world_expect_good(&sw);
	signed_world_fini(&sw);
	return cost;
}

START_TEST(what_is_checked_elsewhere_costs_what_it_costs_here)
{
	for (unsigned every_algorithm = 0; every_algorithm < 2; every_algorithm++) {
		const struct cost here = cost_of((unsigned)_i, 0, every_algorithm), there = cost_of((unsigned)_i, 1, every_algorithm);
		ck_assert_msg(here.work.verifications == there.work.verifications &&
				      here.work.nsec3_hashes == there.work.nsec3_hashes && here.sent == there.sent,
			      "%s: %u and %u signatures, %u and %u hashes, %u and %u queries", elsewhere[_i].attack,
			      here.work.verifications, there.work.verifications, here.work.nsec3_hashes, there.work.nsec3_hashes,
			      here.sent, there.sent);
		ck_assert_uint_eq(here.rcode, there.rcode);
		ck_assert_int_eq(here.ede, there.ede);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: attacks by work");
	TCase *tcase = tcase_create("work");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, keys_of_one_tag_and_signatures_without_end_cost_what_one_question_may);
	tcase_add_test(tcase, a_chain_of_signed_aliases_is_paid_from_one_purse);
	tcase_add_test(tcase, starting_again_opens_no_new_purse);
	tcase_add_loop_test(tcase, hashing_stops_at_the_purse, 0, COUNT(nsec3_traps));
	tcase_add_loop_test(tcase, what_is_checked_elsewhere_costs_what_it_costs_here, 0, COUNT(elsewhere));
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
