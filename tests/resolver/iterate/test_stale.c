/* Answers whose time is over, where better ones cannot be had in time (RFC 8767). */
#include <stdio.h>

#include "resolver/iterate/engine_priv.h"
#include "tests/resolver/iterate/proving_zone.h"
#include "tests/suite.h"

#define SECOND 1000000u

static const struct world_zone root = { ".", ". 86400 SOA mname. rname. 1 2 3 4 86400\n"
					     ". 86400 NS ns.root.\n"
					     "ns.root. 86400 A 192.0.2.1\n"
					     "test. 86400 NS ns.test.\n"
					     "ns.test. 86400 A 192.0.2.2\n" };

static const struct world_zone test = { "test.", "test. 600 SOA mname. rname. 1 2 3 4 300\n"
						 "test. 3600 NS ns.test.\n"
						 "ns.test. 3600 A 192.0.2.2\n"
						 "www.test. 60 A 192.0.2.80\n"
						 "alias.test. 3600 CNAME www.test.\n"
						 "brief.test. 10 A 192.0.2.81\n" };

static const struct world_zone emptied = { "test.", "test. 600 SOA mname. rname. 1 2 3 4 300\n"
						    "test. 3600 NS ns.test.\n"
						    "ns.test. 3600 A 192.0.2.2\n" };

struct stage {
	struct world *world;
	struct world_server *server; /* of test. */
};

/* serve-expired, and www.test. known and over; the server of its zone is dead. */
static struct stage
after_the_end(uint32_t client_timeout_ms, bool ttl_reset)
{
	struct engine_config config = engine_config_default;
	config.prime_root = false;
	config.serve_expired = true;
	config.serve_expired_ttl_s = 3600;
	config.serve_expired_ttl_reset = ttl_reset;
	config.serve_expired_client_timeout_ms = client_timeout_ms;
	struct stage stage = { .world = world_new(suite_seed(8767), &config) };

	world_server(stage.world, "192.0.2.1", &root);
	stage.server = world_server(stage.world, "192.0.2.2", &test);
	ck_assert_uint_eq(world_resolve(stage.world, "alias.test.", TYPE_A)->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(world_resolve(stage.world, "no.test.", TYPE_A)->rcode, RCODE_NXDOMAIN);
	ck_assert_uint_eq(world_resolve(stage.world, "brief.test.", TYPE_A)->rcode, RCODE_NOERROR);
	world_run(stage.world, 400 * SECOND);
	stage.server->dead = true;
	return stage;
}

static void
refresh(struct world *world, const char *qname)
{
	const struct engine_question question = { .qname = name_of(qname), .qtype = TYPE_A, .qclass = CLASS_IN };
	(void)engine_refresh(world->engine, &question, 0, world->now_us);
	world_run(world, 20 * SECOND);
}

static void
check_stale(const struct world_result *result, const char *owner, const char *value, uint32_t ttl_s)
{
	ck_assert_ptr_nonnull(result);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_int_eq(result->ede, EDE_STALE_ANSWER);
	ck_assert(world_has(result, SECTION_ANSWER, owner, TYPE_A, value));
	for (const struct rrset *set = result->sections[SECTION_ANSWER]; set != NULL; set = set->next)
		if (set->type == TYPE_A)
			ck_assert_uint_eq(set->ttl_s, ttl_s);
}

START_TEST(without_the_option_what_has_ended_is_gone)
{
	struct world *world = world_new(suite_seed(8767), NULL);
	world_server(world, "192.0.2.1", &root);
	struct world_server *server = world_server(world, "192.0.2.2", &test);
	world_resolve(world, "www.test.", TYPE_A);
	world_run(world, 61 * SECOND);
	server->dead = true;
	ck_assert_uint_eq(world_resolve(world, "www.test.", TYPE_A)->rcode, RCODE_SERVFAIL);
	world_free(world);
}
END_TEST

START_TEST(a_client_waits_no_longer_than_its_timeout_and_all_get_the_same)
{
	struct stage stage = after_the_end(400, false);
	unsigned first = world_ask(stage.world, "www.test.", TYPE_A);
	unsigned second = world_ask(stage.world, "WWW.test.", TYPE_A);
	world_run(stage.world, 390000);
	ck_assert(!stage.world->results[first].done);
	world_run(stage.world, 20000);
	check_stale(&stage.world->results[first], "www.test.", "192.0.2.80", 30);
	check_stale(&stage.world->results[second], "www.test.", "192.0.2.80", 30);
	/* Who comes while the question is still worked on does not wait again. */
	unsigned late = world_ask(stage.world, "www.test.", TYPE_A);
	check_stale(&stage.world->results[late], "www.test.", "192.0.2.80", 30);
	world_free(stage.world);
}
END_TEST

START_TEST(the_work_goes_on_for_the_cache_when_the_client_has_been_told)
{
	struct stage stage = after_the_end(300, false);
	stage.server->dead = false;
	stage.server->delay_us = 200000; /* a reply takes longer than the client waits */
	check_stale(world_resolve(stage.world, "www.test.", TYPE_A), "www.test.", "192.0.2.80", 30);
	world_run(stage.world, 3 * SECOND);
	const struct world_result *fresh = world_cached(stage.world, "www.test.", TYPE_A);
	ck_assert_ptr_nonnull(fresh);
	ck_assert_int_eq(fresh->ede, EDE_NONE);
	ck_assert_uint_gt(fresh->sections[SECTION_ANSWER]->ttl_s, 50);
	world_free(stage.world);
}
END_TEST

START_TEST(a_failure_is_answered_with_what_was_known_at_once)
{
	struct stage stage = after_the_end(60000, false);
	check_stale(world_resolve(stage.world, "www.test.", TYPE_A), "www.test.", "192.0.2.80", 30);
	/* As long as the failure is remembered nobody is asked, and nobody waits (RFC 9520). */
	const unsigned sent = stage.world->sent_count;
	check_stale(world_cached(stage.world, "www.test.", TYPE_A), "www.test.", "192.0.2.80", 30);
	check_stale(world_resolve(stage.world, "www.test.", TYPE_A), "www.test.", "192.0.2.80", 30);
	ck_assert_uint_eq(stage.world->sent_count, sent);
	world_free(stage.world);
}
END_TEST

START_TEST(a_ttl_does_not_become_longer_than_it_was)
{
	struct stage stage = after_the_end(1800, false);
	check_stale(world_resolve(stage.world, "brief.test.", TYPE_A), "brief.test.", "192.0.2.81", 10);
	world_free(stage.world);
}
END_TEST

START_TEST(an_alias_that_lives_leads_to_what_has_ended)
{
	struct stage stage = after_the_end(1800, false);
	const struct world_result *result = world_resolve(stage.world, "alias.test.", TYPE_A);
	check_stale(result, "www.test.", "192.0.2.80", 30);
	ck_assert(world_has(result, SECTION_ANSWER, "alias.test.", TYPE_CNAME, "www.test."));
	ck_assert_uint_gt(result->sections[SECTION_ANSWER]->ttl_s, 3000);
	world_free(stage.world);
}
END_TEST

START_TEST(an_absence_that_has_ended_says_so)
{
	struct stage stage = after_the_end(1800, false);
	const struct world_result *result = world_resolve(stage.world, "no.test.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NXDOMAIN);
	ck_assert_int_eq(result->ede, EDE_STALE_NXDOMAIN);
	ck_assert(world_has(result, SECTION_AUTHORITY, "test.", TYPE_SOA, NULL));
	ck_assert_uint_eq(result->sections[SECTION_AUTHORITY]->ttl_s, 30);
	world_free(stage.world);
}
END_TEST

START_TEST(the_word_that_ended_last_counts)
{
	struct stage stage = after_the_end(1800, false);
	stage.server->dead = false;
	world_serve_instead(stage.server, &emptied);
	ck_assert_uint_eq(world_resolve(stage.world, "www.test.", TYPE_A)->rcode, RCODE_NXDOMAIN);
	world_run(stage.world, 301 * SECOND);
	stage.server->dead = true;
	ck_assert_uint_eq(world_resolve(stage.world, "www.test.", TYPE_A)->rcode, RCODE_NXDOMAIN);
	world_free(stage.world);
}
END_TEST

START_TEST(what_ended_too_long_ago_stands_in_for_nothing)
{
	struct stage stage = after_the_end(1800, false);
	world_run(stage.world, 3600 * SECOND);
	ck_assert_uint_eq(world_resolve(stage.world, "www.test.", TYPE_A)->rcode, RCODE_SERVFAIL);
	world_free(stage.world);
}
END_TEST

START_TEST(each_failure_gives_more_time_where_that_is_wanted)
{
	for (unsigned reset = 0; reset < 2; reset++) {
		struct stage stage = after_the_end(1800, reset != 0);
		for (unsigned i = 0; i < 4; i++) {
			const struct world_result *result = world_resolve(stage.world, "www.test.", TYPE_A);
			ck_assert_uint_eq(result->rcode, reset != 0 || i < 2 ? RCODE_NOERROR : RCODE_SERVFAIL);
			world_run(stage.world, 1800 * SECOND);
		}
		world_free(stage.world);
	}
}
END_TEST

/* Nobody waits, so it is the refreshing that fails. */
START_TEST(a_refresh_that_fails_gives_more_time_where_that_is_wanted)
{
	for (unsigned reset = 0; reset < 2; reset++) {
		struct stage stage = after_the_end(0, reset != 0);
		for (unsigned i = 0; i < 3; i++) {
			refresh(stage.world, "www.test.");
			world_run(stage.world, 1800 * SECOND);
		}
		if (reset != 0)
			check_stale(world_cached(stage.world, "www.test.", TYPE_A), "www.test.", "192.0.2.80", 30);
		else
			ck_assert_ptr_null(world_cached(stage.world, "www.test.", TYPE_A));
		world_free(stage.world);
	}
}
END_TEST

START_TEST(without_a_timeout_nobody_waits_and_the_cache_is_filled_afterwards)
{
	struct stage stage = after_the_end(0, false);
	stage.server->dead = false;
	check_stale(world_cached(stage.world, "www.test.", TYPE_A), "www.test.", "192.0.2.80", 30);
	refresh(stage.world, "www.test.");
	ck_assert_int_eq(world_cached(stage.world, "www.test.", TYPE_A)->ede, EDE_NONE);
	world_free(stage.world);
}
END_TEST

START_TEST(what_is_asked_anew_leaves_half_of_the_tasks_to_clients)
{
	struct stage stage = after_the_end(0, false);
	char qname[32];
	for (unsigned i = 0; i < stage.world->limits.task_count; i++) {
		(void)snprintf(qname, sizeof qname, "n%u.test.", i);
		const struct engine_question question = { .qname = name_of(qname), .qtype = TYPE_A, .qclass = CLASS_IN };
		(void)engine_refresh(stage.world->engine, &question, 0, stage.world->now_us);
	}
	ck_assert_uint_le(stage.world->engine->task_slots.used, stage.world->limits.task_count / 2);
	world_free(stage.world);
}
END_TEST

START_TEST(without_room_for_what_stands_in_clients_get_what_the_work_comes_to)
{
	struct stage stage = after_the_end(400, false);
	unsigned first = world_ask(stage.world, "www.test.", TYPE_A);
	for (unsigned i = 1; i < stage.world->limits.task_count; i++)
		world_ask(stage.world, "other.test.", (uint16_t)(1000 + i));
	world_run(stage.world, 500000);
	ck_assert(!stage.world->results[first].done);
	world_run(stage.world, 20 * SECOND);
	check_stale(&stage.world->results[first], "www.test.", "192.0.2.80", 30);
	world_free(stage.world);
}
END_TEST

/* www.mal. has two signatures, one of which ends with the half minute, and the other much later. */
static void
sign_for_long_and_for_short(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	struct rrset *set = reply->sections[SECTION_ANSWER];
	const struct signed_zone *zone = signed_zone_of(server);

	if (query->question.qtype != TYPE_A || set == NULL)
		return;
	signed_sign(world, zone, set);
	signer_sign(&world->arena, set, &zone->apex, zone->key, SIGNER_KSK, SIGNED_NOW_S - 86400u, SIGNED_NOW_S + 30u);
}

static void
sign_for_long(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	if (query->question.qtype == TYPE_A && reply->sections[SECTION_ANSWER] != NULL)
		signed_sign(world, signed_zone_of(server), reply->sections[SECTION_ANSWER]);
}

static void
prove_for_short(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	const struct signed_zone *zone = signed_zone_of(server);

	prove_with_nsec(world, server, query, reply);
	for (struct rrset *set = reply->sections[SECTION_AUTHORITY]; set != NULL; set = set->next)
		if (set->type == TYPE_NSEC)
			signer_sign(&world->arena, set, &zone->apex, zone->key, SIGNER_KSK, SIGNED_NOW_S - 86400u, SIGNED_NOW_S + 30u);
}

static struct signed_world sw;

static void
begin_signed(world_habit *habit)
{
	struct engine_config config = engine_config_default;

	config.prime_root = false;
	config.serve_expired = true;
	config.serve_expired_ttl_s = 86400;
	config.serve_expired_client_timeout_ms = 400;
	config.val_sig_skew = (struct verify_skew){ 60, 60 };
	signed_world_init(&sw, suite_seed(8767), &config, habit, NULL);
}

/* _i 0: its signatures are good for long. */
START_TEST(what_is_proved_by_what_has_outlived_a_signature_is_not_authentic_either)
{
	begin_signed(_i == 0 ? prove_with_nsec : prove_for_short);
	ck_assert_uint_eq(proving_resolve(&sw, "c.mal.", TYPE_A, false)->security, SECURITY_SECURE);
	world_run(sw.world, UINT64_C(4000) * SECOND);
	sw.mal->dead = true;
	const struct world_result *result = proving_resolve(&sw, "c.mal.", TYPE_A, false);
	ck_assert_uint_eq(result->rcode, RCODE_NXDOMAIN);
	ck_assert_int_eq(result->ede, EDE_STALE_NXDOMAIN);
	ck_assert_uint_eq(result->security, _i == 0 ? SECURITY_SECURE : SECURITY_INSECURE);
	signed_world_fini(&sw);
}
END_TEST

/* What a wildcard has made is kept without its proof, so nothing stands in where somebody wants that. */
START_TEST(who_wants_proofs_is_given_nothing_without_them_whoever_has_asked_first)
{
	struct engine_question question = { .qname = name_of("a.wild.mal."), .qtype = TYPE_A, .qclass = CLASS_IN };

	begin_signed(prove_with_nsec);
	(void)proving_resolve(&sw, "a.wild.mal.", TYPE_A, false);
	world_run(sw.world, UINT64_C(4000) * SECOND);
	sw.mal->dead = true;
	check_stale(world_resolve_as(sw.world, &question), "a.wild.mal.", "203.0.113.99", 30);
	world_run(sw.world, UINT64_C(100) * SECOND);
	(void)world_ask_as(sw.world, &question);
	question.dnssec_ok = true;
	ck_assert_uint_eq(world_resolve_as(sw.world, &question)->rcode, RCODE_SERVFAIL);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(what_has_outlived_a_signature_stands_in_without_being_authentic)
{
	static const struct {
		world_habit *habit;
		enum security security;
	} cases[] = { { sign_for_long, SECURITY_SECURE }, { sign_for_long_and_for_short, SECURITY_INSECURE } };

	begin_signed(cases[_i].habit);
	ck_assert_uint_eq(world_resolve(sw.world, "www.mal.", TYPE_A)->security, SECURITY_SECURE);
	world_run(sw.world, 400 * SECOND);
	sw.mal->dead = true;
	const struct world_result *result = world_resolve(sw.world, "www.mal.", TYPE_A);
	check_stale(result, "www.mal.", "203.0.113.80", 30);
	ck_assert_uint_eq(result->security, cases[_i].security);
	signed_world_fini(&sw);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: what has ended stands in");
	TCase *tcase = tcase_create("stale");
	tcase_add_test(tcase, without_the_option_what_has_ended_is_gone);
	tcase_add_test(tcase, a_client_waits_no_longer_than_its_timeout_and_all_get_the_same);
	tcase_add_test(tcase, the_work_goes_on_for_the_cache_when_the_client_has_been_told);
	tcase_add_test(tcase, a_failure_is_answered_with_what_was_known_at_once);
	tcase_add_test(tcase, a_ttl_does_not_become_longer_than_it_was);
	tcase_add_test(tcase, an_alias_that_lives_leads_to_what_has_ended);
	tcase_add_test(tcase, an_absence_that_has_ended_says_so);
	tcase_add_test(tcase, the_word_that_ended_last_counts);
	tcase_add_test(tcase, what_ended_too_long_ago_stands_in_for_nothing);
	tcase_add_test(tcase, each_failure_gives_more_time_where_that_is_wanted);
	tcase_add_test(tcase, a_refresh_that_fails_gives_more_time_where_that_is_wanted);
	tcase_add_test(tcase, without_a_timeout_nobody_waits_and_the_cache_is_filled_afterwards);
	tcase_add_test(tcase, what_is_asked_anew_leaves_half_of_the_tasks_to_clients);
	tcase_add_test(tcase, without_room_for_what_stands_in_clients_get_what_the_work_comes_to);
	tcase_add_loop_test(tcase, what_has_outlived_a_signature_stands_in_without_being_authentic, 0, 2);
	tcase_add_loop_test(tcase, what_is_proved_by_what_has_outlived_a_signature_is_not_authentic_either, 0, 2);
	tcase_add_test(tcase, who_wants_proofs_is_given_nothing_without_them_whoever_has_asked_first);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
