/*
 * What goes with the answers of a signed zone: its NS set, judged by keys that may just have come, and of the same time;
 * addresses; the proof that a wildcard has made them.
 */
#include "resolver/iterate/engine_priv.h"
#include "tests/resolver/iterate/proving_zone.h"
#include "tests/suite.h"

#define SECOND    1000000u
#define KEY_TTL_S 3600u /* as long as the delegation's */

static struct signed_world sw;
static uint32_t ns_ttl_s; /* of the set beside the keys */

/* The zone's keys come with its NS set, other answers alone. */
static void
tell_ns_beside_keys(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)server;
	if (query->question.qtype == TYPE_NS)
		reply->sections[SECTION_ANSWER]->ttl_s = ns_ttl_s;
	if (query->question.qtype != TYPE_DNSKEY)
		return;
	reply->sections[SECTION_ANSWER]->ttl_s = KEY_TTL_S;
	records_append(&reply->sections[SECTION_AUTHORITY], world_record(world, "mal.", TYPE_NS, ns_ttl_s, "ns.mal."));
}

static void
begin(struct engine_config config)
{
	config.minimal_responses = config.prime_root = false;
	signed_world_init(&sw, 1, &config, tell_ns_beside_keys, NULL);
}

START_TEST(what_stands_beside_a_zone_s_keys_is_judged_by_them)
{
	ns_ttl_s = 300;
	begin(engine_config_default);
	ck_assert_uint_eq(world_resolve(sw.world, "www.mal.", TYPE_A)->security, SECURITY_SECURE);
	const struct world_result *result = world_cached(sw.world, "mal.", TYPE_DNSKEY);
	ck_assert_ptr_nonnull(result);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert(world_has(result, SECTION_AUTHORITY, "mal.", TYPE_NS, "ns.mal."));
	signed_world_fini(&sw);
}
END_TEST

START_TEST(keys_that_end_soon_are_asked_of_their_zone_alone)
{
	const struct engine_question keys = { .qname = name_of("mal."), .qtype = TYPE_DNSKEY, .qclass = CLASS_IN };
	struct engine_config config = engine_config_default;
	config.prefetch = true;
	ns_ttl_s = 300;
	begin(config);
	world_resolve(sw.world, "www.mal.", TYPE_A);
	world_run(sw.world, UINT64_C(3500) * SECOND);
	const unsigned root_asked = sw.world->servers[0].asked, mal_asked = sw.mal->asked;
	ck_assert(engine_refresh(sw.world->engine, &keys, 0, sw.world->now_us));
	world_run(sw.world, SECOND);
	ck_assert_uint_eq(sw.mal->asked, mal_asked + 1);
	ck_assert_uint_eq(sw.world->servers[0].asked, root_asked);
	world_run(sw.world, 200 * SECOND);
	ck_assert_uint_eq(world_cached(sw.world, "mal.", TYPE_DNSKEY)->security, SECURITY_SECURE);
	signed_world_fini(&sw);
}
END_TEST

/* _i 0: the NS set is of the answer's time, 1: it has been learnt since. */
START_TEST(beside_a_stale_secure_answer_stands_what_is_of_its_time)
{
	struct engine_config config = engine_config_default;
	config.serve_expired = true;
	ns_ttl_s = _i == 0 ? 3600 : 100;
	begin(config);
	world_resolve(sw.world, "www.mal.", TYPE_A);
	world_run(sw.world, 301 * SECOND);
	if (_i == 1)
		world_resolve(sw.world, "mal.", TYPE_NS);
	sw.mal->dead = true;
	const struct world_result *result = world_resolve(sw.world, "www.mal.", TYPE_A);
	ck_assert_int_eq(result->ede, EDE_STALE_ANSWER);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert_uint_eq(world_count(result, SECTION_AUTHORITY), _i == 0);
	signed_world_fini(&sw);
}
END_TEST

/* Additional records are not signed in this world. */
static void
tell_ns_beside_all(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)server, (void)query;
	records_append(&reply->sections[SECTION_AUTHORITY], world_record(world, "mal.", TYPE_NS, 300, "ns.mal."));
	records_append(&reply->sections[SECTION_ADDITIONAL], world_record(world, "ns.mal.", TYPE_A, 300, "203.0.113.66"));
}

/* _i 0: nobody's answers are judged. */
START_TEST(beside_a_signed_answer_that_cd_leaves_unjudged_stand_no_addresses_without_signatures)
{
	const struct engine_question question = {
		.qname = name_of("www.mal."), .qtype = TYPE_A, .qclass = CLASS_IN, .checking_disabled = true,
	};
	const struct engine_trust none = { 0 };
	struct engine_config config = engine_config_default;
	config.minimal_responses = config.prime_root = false;
	signed_world_init(&sw, 1, &config, tell_ns_beside_all, NULL);
	if (_i == 0)
		engine_set_trust(sw.world->engine, &none);
	for (unsigned times = 0; times < 2; times++) { /* of the servers, of the caches */
		const struct world_result *result = world_resolve_as(sw.world, &question);
		ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 1);
		ck_assert_uint_eq(world_count(result, SECTION_AUTHORITY), 1);
		ck_assert_uint_eq(world_count(result, SECTION_ADDITIONAL), _i == 0);
	}
	signed_world_fini(&sw);
}
END_TEST

/* Ghost domains (NDSS 2012): the parent says 3600. _i 0: nobody's answers are judged. */
START_TEST(what_a_zone_says_of_its_servers_lasts_no_longer_than_its_delegation)
{
	static const struct world_zone lasting = { "mal.", "mal. 600 SOA mname. rname. 1 2 3 4 300\n"
							   "mal. 86400 NS ns.mal.\n"
							   "ns.mal. 86400 A 203.0.113.66\n"
							   "www.mal. 86400 A 203.0.113.80\n" };
	const struct engine_trust none = { 0 };
	signed_world_init(&sw, 1, NULL, NULL, NULL);
	world_serve_instead(sw.mal, &lasting);
	if (_i == 0)
		engine_set_trust(sw.world->engine, &none);
	ck_assert_uint_eq(world_resolve(sw.world, "ns.mal.", TYPE_A)->sections[SECTION_ANSWER]->ttl_s, 86400);
	world_resolve(sw.world, "www.mal.", TYPE_A);
	ck_assert_uint_le(world_cached(sw.world, "ns.mal.", TYPE_A)->sections[SECTION_ANSWER]->ttl_s, 3600);
	ck_assert_uint_gt(world_cached(sw.world, "www.mal.", TYPE_A)->sections[SECTION_ANSWER]->ttl_s, 3600);
	signed_world_fini(&sw);
}
END_TEST

static const struct world_zone aliases = { "victim.", "victim. 600 SOA mname. rname. 1 2 3 4 300\n"
						      "victim. 3600 NS ns.victim.\n"
						      "ns.victim. 3600 A 192.0.2.2\n"
						      "alias.victim. 300 CNAME a.wild.mal.\n" };

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
	proving_world_init(&sw, false, prove_with_nsec);
	world_serve_instead(sw.victim, &aliases);
	(void)proving_resolve(&sw, "a.wild.mal.", TYPE_A, false); /* known now, without its proof */
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

static struct engine_action held;

static void
hold(struct world *world, const struct engine_action *action)
{
	(void)world;
	held = *action;
}

/* The task has what it has looked for by then, and waits until a signature of the alias has been checked. */
START_TEST(who_wants_proofs_gets_them_where_others_have_asked_the_same_before)
{
	proving_world_init(&sw, false, prove_with_nsec);
	world_serve_instead(sw.victim, &aliases);
	(void)proving_resolve(&sw, "a.wild.mal.", TYPE_A, false); /* known now, without its proof */
	(void)proving_resolve(&sw, "victim.", TYPE_DNSKEY, false);
	sw.world->engine->config.checks_at_once = 1;
	sw.world->on_verify = hold;
	(void)ask_for("alias.victim.", false);
	world_run(sw.world, SECOND);
	const unsigned wants = ask_for("alias.victim.", true);
	ck_assert_int_eq(held.kind, ENGINE_VERIFY);
	sw.world->on_verify = NULL;
	engine_verified(sw.world->engine, held.query, CRYPTO_VALID, sw.world->now_us);
	world_run(sw.world, SECOND);
	ck_assert_uint_eq(world_asked(sw.world, "alias.victim.", TYPE_A), 1);
	ck_assert(world_has(&sw.world->results[wants], SECTION_ANSWER, "a.wild.mal.", TYPE_A, "203.0.113.99"));
	ck_assert(world_has(&sw.world->results[wants], SECTION_AUTHORITY, "*.wild.mal.", TYPE_NSEC, NULL));
	signed_world_fini(&sw);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: extras");
	TCase *tcase = tcase_create("of a signed zone");

	tcase_add_test(tcase, what_stands_beside_a_zone_s_keys_is_judged_by_them);
	tcase_add_test(tcase, keys_that_end_soon_are_asked_of_their_zone_alone);
	tcase_add_loop_test(tcase, beside_a_stale_secure_answer_stands_what_is_of_its_time, 0, 2);
	tcase_add_loop_test(tcase, beside_a_signed_answer_that_cd_leaves_unjudged_stand_no_addresses_without_signatures, 0, 2);
	tcase_add_loop_test(tcase, what_a_zone_says_of_its_servers_lasts_no_longer_than_its_delegation, 0, 2);
	tcase_add_loop_test(tcase, who_wants_proofs_gets_them_where_others_ask_the_same_at_that_moment, 0, 2);
	tcase_add_test(tcase, who_wants_proofs_gets_them_where_others_have_asked_the_same_before);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
