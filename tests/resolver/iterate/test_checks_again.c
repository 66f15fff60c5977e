/*
 * A task that waits for a check judges its answer once more (iterate/checks.h): nothing is paid for twice by that, and what is
 * another answer is judged anew.
 */
#include "resolver/iterate/engine_priv.h"
#include "resolver/policy/rpz.h"
#include "tests/resolver/iterate/signed_world.h"
#include "tests/suite.h"

#define KEY_US 156u /* of a check by Ed25519, as checks.c estimates it */

static struct signed_world sw;

static struct engine_config
elsewhere(uint32_t turn_us)
{
	struct engine_config config = engine_config_default;

	config.prime_root = false;
	config.minimal_responses = false;
	config.checks_at_once = 4;
	config.checks_turn_us = turn_us;
	return config;
}

/* ---- hashes ----------------------------------------------------------------------------------------------------------- */

/* No SOA, so that the zone's NS set and an address stand beside; the hash is SHA-1 of mal., without salt or iterations. */
static void
deny_beside_servers(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	static const char hash[] = "d5ep4tgc36ctp7miumh8h9v16gqbr0aj";
	struct rrset *addr = world_record(world, "ns.mal.", TYPE_A, 300, "203.0.113.66");
	char owner[64], value[96];

	if (query->question.qtype != TYPE_MX)
		return;
	world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
	(void)snprintf(owner, sizeof owner, "%s.mal.", hash);
	(void)snprintf(value, sizeof value, "1 0 0 - %s NS SOA RRSIG DNSKEY NSEC3PARAM", hash);
	records_append(&reply->sections[SECTION_AUTHORITY], world_record(world, owner, TYPE_NSEC3, 300, value));
	records_append(&reply->sections[SECTION_AUTHORITY], world_record(world, "mal.", TYPE_NS, 300, "ns.mal."));
	signed_sign(world, signed_zone_of(server), addr);
	records_append(&reply->sections[SECTION_ADDITIONAL], addr);
}

static unsigned
hashes_with(const struct engine_config *config)
{
	signed_world_init(&sw, 1, config, deny_beside_servers, NULL);
	const struct world_result *result = world_resolve(sw.world, "mal.", TYPE_MX);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert(world_has(result, SECTION_ADDITIONAL, "ns.mal.", TYPE_A, NULL));
	ck_assert_uint_eq(signed_world_stats(&sw).signatures, 4); /* the keys, the proof, the servers, the address */
	const unsigned hashes = signed_world_work()->nsec3_hashes;
	signed_world_fini(&sw);
	return hashes;
}

START_TEST(a_proof_is_hashed_for_once_while_what_stands_beside_it_waits)
{
	const struct engine_config there = elsewhere(0);
	struct engine_config here = there;

	here.checks_at_once = 0;
	const unsigned hashes = hashes_with(&here);
	ck_assert_uint_gt(hashes, 0);
	ck_assert_uint_eq(hashes_with(&there), hashes);
}
END_TEST

/* ---- an answer that is not signed --------------------------------------------------------------------------------------- */

/* The root's own, beside which stands an address that mal. has signed. */
static void
tell_signed_beside_unsigned(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	struct rrset *addr = world_record(world, "ns.mal.", TYPE_A, 300, "203.0.113.66");

	(void)server;
	if (query->question.qtype != TYPE_MX)
		return;
	world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
	records_append(&reply->sections[SECTION_ANSWER], world_record(world, "mx.", TYPE_MX, 300, "10 ns.mal."));
	signed_sign(world, &sw.mal_zone, addr);
	records_append(&reply->sections[SECTION_ADDITIONAL], addr);
}

START_TEST(what_is_not_secure_is_not_when_it_has_waited_for_what_stands_beside_it)
{
	const struct engine_config config = elsewhere(0);

	signed_world_init(&sw, 1, &config, NULL, NULL);
	sw.world->servers[0].habit = tell_signed_beside_unsigned;
	const struct world_result *result = world_resolve(sw.world, "mx.", TYPE_MX);
	ck_assert_uint_eq(signed_world_stats(&sw).signatures_elsewhere, 2); /* the keys, the address */
	ck_assert(world_has(result, SECTION_ADDITIONAL, "ns.mal.", TYPE_A, NULL));
	ck_assert_uint_eq(result->security, SECURITY_INSECURE);
	signed_world_fini(&sw);
}
END_TEST

/* ---- another answer --------------------------------------------------------------------------------------------------- */

static void
spoil_the_next(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	const struct name next = name_of("next.mal.");

	(void)server;
	if (!name_equal(&query->question.qname, &next) || query->question.qtype != TYPE_A)
		return;
	world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
	struct rrset *set = world_record(world, "next.mal.", TYPE_A, 300, "203.0.113.81");
	signed_sign(world, signed_zone_of(server), set);
	signed_spoil_last(world, set);
	records_append(&reply->sections[SECTION_ANSWER], set);
}

/* The first answer holds; where a rule of policy about its address leads does not. */
START_TEST(where_policy_leads_is_judged_although_the_answer_was)
{
	static struct rpz_reading reading;
	static uint8_t block[1 << 16];
	static const char rules[] = "32.80.113.0.203.rpz-ip CNAME next.mal.\n";
	const struct engine_config config = elsewhere(0);
	const struct name list = name_of("rpz.test.");
	struct engine_question question = { .qname = name_of("www.mal."), .qtype = TYPE_A, .qclass = CLASS_IN };
	struct rpz_zone *zone;
	struct arena arena;

	signed_world_init(&sw, 1, &config, spoil_the_next, NULL);
	arena_init(&arena, block, sizeof block);
	struct rpz *rpz = rpz_new(&arena);
	ck_assert_int_eq(rpz_zone_add(rpz, &list, &sw.world->dice, &zone), 0);
	ck_assert_int_eq(rpz_zone_read(rpz, zone, rules, sizeof rules - 1, &reading), 0);
	engine_set_rpz(sw.world->engine, rpz);
	ck_assert_uint_eq(world_resolve_as(sw.world, &question)->security, SECURITY_SECURE); /* without a list */
	world_run(sw.world, 301 * UINT64_C(1000000));
	question.policies = rpz_zones_for(rpz, UINT64_MAX);
	const struct world_result *result = world_resolve_as(sw.world, &question);
	ck_assert_uint_ge(world_asked(sw.world, "next.mal.", TYPE_A), 1);
	signed_world_expect_bogus(result);
	signed_world_fini(&sw);
}
END_TEST

/* ---- every algorithm -------------------------------------------------------------------------------------------------- */

/* Of P-256; nobody can sign with it, but the driver says that it holds. */
static const uint8_t second_key[4 + 64] = { 1, 1, 3, ALGORITHM_ECDSAP256SHA256, 4, 2 };

/* A signature of the first key, but for algorithm and key tag (RFC 4034, section 3.1). */
static void
sign_as_by(struct world *world, const struct signed_zone *zone, struct rrset *set, const uint8_t *rdata, size_t rdata_bytes)
{
	struct dnskey key;

	ck_assert_int_eq(dnskey_read(&key, rdata, rdata_bytes), 0);
	signed_sign(world, zone, set);
	uint8_t *bytes = arena_copy(&world->arena, set->rdata, set->rdata_bytes);
	uint8_t *sig = bytes + set->rdata_bytes - (18 + zone->apex.size + 64);
	sig[2] = key.algorithm;
	sig[16] = (uint8_t)(key.tag >> 8);
	sig[17] = (uint8_t)key.tag;
	set->rdata = bytes;
}

static void
sign_by_both(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	struct rrset *set = reply->sections[SECTION_ANSWER];

	if (set == NULL)
		return;
	if (query->question.qtype == TYPE_DNSKEY)
		signer_add(&world->arena, set, second_key, sizeof second_key);
	signed_sign(world, signed_zone_of(server), set);
	sign_as_by(world, signed_zone_of(server), set, second_key, sizeof second_key);
}

static void
vouch_for_second(struct world *world, const struct engine_action *action)
{
	const bool is_second = action->verify->algorithm == ALGORITHM_ECDSAP256SHA256;

	engine_verified(world->engine, action->query, is_second ? CRYPTO_VALID : world_verify(world, action->verify), world->now_us);
}

/* The allowance is good for one, which is made here; the other of the same set waits. */
START_TEST(where_every_algorithm_has_to_have_signed_the_first_is_checked_once)
{
	struct engine_config config = elsewhere(KEY_US);
	const struct name mal = name_of("mal.");

	config.harden_algo_downgrade = true;
	signed_world_init(&sw, 1, &config, sign_by_both, NULL);
	ck_assert_int_eq(anchors_add(&sw.anchors, sw.crypto, &mal, TYPE_DNSKEY, second_key, sizeof second_key), 0);
	sw.world->on_verify = vouch_for_second;
	ck_assert_uint_eq(world_resolve(sw.world, "www.mal.", TYPE_A)->security, SECURITY_SECURE);
	ck_assert_uint_eq(signed_world_stats(&sw).signatures, 4); /* two of the keys, two of the address */
	ck_assert_uint_eq(signed_world_stats(&sw).signatures_elsewhere, 3);
	signed_world_fini(&sw);
}
END_TEST

/* ---- what a check is worth ---------------------------------------------------------------------------------------------- */

/* In microseconds, beside one or two for the digest.  RSA of 2048 and of 4096 bits (RFC 3110, section 2). */
static const struct {
	uint8_t algorithm;
	unsigned key_bytes;
	uint32_t us;
} costs[] = {
	{ ALGORITHM_RSASHA1, 260, 22 },         { ALGORITHM_RSASHA256, 260, 22 }, { ALGORITHM_RSASHA512, 516, 77 },
	{ ALGORITHM_ECDSAP256SHA256, 64, 95 },  { ALGORITHM_ED25519, 32, 156 },   { ALGORITHM_ED448, 57, 281 },
	{ ALGORITHM_ECDSAP384SHA384, 96, 1089 },
};

static struct {
	uint8_t rdata[4 + 516]; /* of a key that nobody can sign with */
	size_t rdata_bytes;
	uint64_t made_before; /* signatures, with the first that the driver had to check */
} dear;

static void
sign_as_by_dear(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	if (query->question.qtype != TYPE_DNSKEY || reply->sections[SECTION_ANSWER] == NULL)
		return;
	signer_add(&world->arena, reply->sections[SECTION_ANSWER], dear.rdata, dear.rdata_bytes);
	sign_as_by(world, signed_zone_of(server), reply->sections[SECTION_ANSWER], dear.rdata, dear.rdata_bytes);
}

static void
note_first(struct world *world, const struct engine_action *action)
{
	if (dear.made_before == 0)
		dear.made_before = signed_world_stats(&sw).signatures;
	engine_verified(world->engine, action->query, CRYPTO_VALID, world->now_us);
}

static bool
is_made_here(uint32_t turn_us)
{
	const struct engine_config config = elsewhere(turn_us);
	const struct name mal = name_of("mal.");

	dear.made_before = 0;
	signed_world_init(&sw, 1, &config, sign_as_by_dear, NULL);
	ck_assert_int_eq(anchors_add(&sw.anchors, sw.crypto, &mal, TYPE_DNSKEY, dear.rdata, dear.rdata_bytes), 0);
	sw.world->on_verify = note_first;
	(void)world_resolve(sw.world, "mal.", TYPE_DNSKEY);
	ck_assert_uint_gt(signed_world_stats(&sw).signatures, 0);
	signed_world_fini(&sw);
	return dear.made_before != 1;
}

START_TEST(an_allowance_is_good_for_what_a_check_of_its_algorithm_takes)
{
	static const uint8_t begin[] = { 1, 1, 3 };

	memcpy(dear.rdata, begin, sizeof begin);
	dear.rdata[3] = costs[_i].algorithm;
	memset(dear.rdata + 4, 3, costs[_i].key_bytes);
	dear.rdata_bytes = 4 + costs[_i].key_bytes;
	ck_assert(!is_made_here(costs[_i].us - 1));
	ck_assert(is_made_here(costs[_i].us + 2));
}
END_TEST

/* ---- scratch ---------------------------------------------------------------------------------------------------------- */

static struct {
	unsigned count;
	size_t used[4];
	engine_query numbers[4];
} lent;

static void
note_scratch(struct world *world, const struct engine_action *action)
{
	ck_assert_uint_lt(lent.count, COUNT(lent.used));
	lent.numbers[lent.count] = action->query;
	lent.used[lent.count++] = arena_mark(&world->engine->scratch);
}

/* Tasks that come up from their line one after the other, with nothing between them. */
START_TEST(what_one_has_lent_is_not_in_the_way_of_the_next)
{
	static const char *const names[] = { "n0.victim.", "n1.victim.", "n2.victim.", "n3.victim." };
	struct engine_config config = elsewhere(0);

	lent.count = 0;
	config.checks_at_once = 1;
	signed_world_init(&sw, 1, &config, NULL, NULL);
	(void)world_resolve(sw.world, "victim.", TYPE_DNSKEY);
	sw.world->on_verify = note_scratch;
	for (unsigned i = 0; i < COUNT(names); i++)
		(void)world_ask(sw.world, names[i], TYPE_A);
	world_run(sw.world, UINT64_C(1000000));
	ck_assert_uint_eq(lent.count, 1);
	sw.world->engine->config.checks_at_once = COUNT(names);
	world_run(sw.world, 2 * (uint64_t)BUDGET_TIME_US); /* they are told of too late */
	ck_assert_uint_eq(lent.count, COUNT(names));
	for (unsigned i = 2; i < COUNT(names); i++)
		ck_assert_uint_eq(lent.used[i], lent.used[1]);
	for (unsigned i = 0; i < COUNT(names); i++)
		engine_verified(sw.world->engine, lent.numbers[i], CRYPTO_VALID, sw.world->now_us);
	signed_world_fini(&sw);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: an answer that is come to again");
	TCase *tcase = tcase_create("again");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_proof_is_hashed_for_once_while_what_stands_beside_it_waits);
	tcase_add_test(tcase, what_is_not_secure_is_not_when_it_has_waited_for_what_stands_beside_it);
	tcase_add_test(tcase, where_policy_leads_is_judged_although_the_answer_was);
	tcase_add_test(tcase, where_every_algorithm_has_to_have_signed_the_first_is_checked_once);
	tcase_add_loop_test(tcase, an_allowance_is_good_for_what_a_check_of_its_algorithm_takes, 0, COUNT(costs));
	tcase_add_test(tcase, what_one_has_lent_is_not_in_the_way_of_the_next);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
