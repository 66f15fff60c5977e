/* Servers as they are: dead, slow, lame. The zone test. has two servers, one of them bad. */
#include "resolver/iterate/budget.h"
#include "tests/resolver/iterate/servers.h"
#include "tests/suite.h"

/* ---- dead and slow -------------------------------------------------------------------------------- */

START_TEST(a_dead_server_costs_one_timeout_at_most_and_is_avoided_then)
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct servers s = servers_of(seed);
		static const char *const names[] = { "www.test.", "mail.test.", "a.test.",
						     "b.test.",   "c.test.",    "d.test.",
						     "e.test.",   "f.test." };
		s.bad->dead = true;
		for (unsigned i = 0; i < COUNT(names); i++) {
			const struct world_result *result =
				world_resolve(s.world, names[i], TYPE_A);
			ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
			ck_assert_uint_lt(result->took_us, 700000);
		}
		ck_assert_uint_le(s.bad->asked, 4);
		world_free(s.world);
	}
}
END_TEST

START_TEST(when_nobody_replies_the_client_is_told_so_within_its_time)
{
	struct servers s = servers_of(1);
	s.single->dead = true;
	const struct world_result *result = world_resolve(s.world, "www.single.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	ck_assert_int_eq(result->ede, EDE_NO_REACHABLE_AUTHORITY);
	ck_assert_str_eq(result->ede_text, "no reply from 203.0.113.4 for single.");
	ck_assert_uint_le(result->took_us, 8100000);
	ck_assert_uint_le(s.single->asked, 6);
	world_free(s.world);
}
END_TEST

START_TEST(a_server_gets_as_many_queries_as_the_operator_grants)
{
	struct servers s = servers_of(1);
	struct engine_config config = engine_config_default;

	s.single->dead = true;
	config.outbound_msg_retry = 2;
	engine_configure(s.world->engine, &config);
	ck_assert_uint_eq(world_resolve(s.world, "www.single.", TYPE_A)->rcode, RCODE_SERVFAIL);
	ck_assert_uint_eq(s.single->asked, 2);
	world_free(s.world);
}
END_TEST

/* Asks single. of its dead server without a moment passing; returns how many queries that took. */
static unsigned
give_up_all(struct engine *engine, uint64_t now_us)
{
	struct engine_action action;
	unsigned sent = 0;

	for (unsigned turns = 0; turns < 1000 && engine_next(engine, &action); turns++) {
		if (action.kind == ENGINE_ANSWER) {
			ck_assert_uint_eq(action.answer->rcode, RCODE_SERVFAIL);
			return sent;
		}
		if (action.kind != ENGINE_SEND)
			continue;
		sent++;
		engine_timed_out(engine, action.query, now_us);
		engine_timed_out(engine, action.query, now_us); /* it is over already */
	}
	ck_abort_msg("no answer after %u queries", sent);
}

START_TEST(what_the_driver_gives_up_needs_no_time)
{
	struct servers s = servers_of(1);
	struct engine_question question = { .qname = name_of("www.single."), .qtype = TYPE_A, .qclass = CLASS_IN };

	world_resolve(s.world, "www.single.", TYPE_A); /* the way there is known */
	question.qname = name_of("other.single.");
	ck_assert_int_eq(engine_ask(s.world->engine, &question, 0, s.world->now_us), 0);
	const unsigned sent = give_up_all(s.world->engine, s.world->now_us);
	ck_assert_uint_ge(sent, 2);
	ck_assert_uint_le(sent, 6);
	ck_assert_uint_eq(servers_stats(&s).timeouts, sent);
	world_free(s.world);
}
END_TEST

START_TEST(a_failure_is_cached_and_grows)
{
	struct servers s = servers_of(1);
	s.single->dead = true;
	world_resolve(s.world, "www.single.", TYPE_A);
	unsigned sent = s.world->sent_count;
	const struct world_result *result = world_cached(s.world, "www.single.", TYPE_A);
	ck_assert_ptr_nonnull(result);
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	ck_assert_int_eq(result->ede, EDE_CACHED_ERROR);
	ck_assert_str_eq(result->ede_text, "no reply from 203.0.113.4 for single.");
	world_run(s.world, 6000000);
	ck_assert_uint_eq(s.world->sent_count, sent);
	ck_assert_ptr_null(world_cached(s.world, "www.single.", TYPE_A));
	world_resolve(s.world, "www.single.", TYPE_A);
	world_run(s.world, 6000000);
	ck_assert_ptr_nonnull(
		world_cached(s.world, "www.single.", TYPE_A)); /* now for ten seconds */
	world_free(s.world);
}
END_TEST

START_TEST(a_failure_is_forgotten_when_the_network_has_changed)
{
	struct servers s = servers_of(1);
	s.single->dead = true;
	world_resolve(s.world, "www.single.", TYPE_A);
	ck_assert_ptr_nonnull(world_cached(s.world, "www.single.", TYPE_A));
	s.single->dead = false;
	infra_network_changed(s.world->caches.infra, s.world->now_us);
	ck_assert_ptr_null(world_cached(s.world, "www.single.", TYPE_A));
	const struct world_result *result = world_resolve(s.world, "www.single.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_lt(result->took_us, 100000);
	world_free(s.world);
}
END_TEST

START_TEST(a_failure_that_began_before_a_change_is_not_held_against_the_name)
{
	struct servers s = servers_of(1);
	s.single->dead = true;
	world_ask(s.world, "www.single.", TYPE_A);
	world_run(s.world, 1000000);
	infra_network_changed(s.world->caches.infra, s.world->now_us);
	const struct world_result *result = world_resolve(s.world, "www.single.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	ck_assert_ptr_null(world_cached(s.world, "www.single.", TYPE_A));
	world_free(s.world);
}
END_TEST

START_TEST(another_name_of_a_dead_zone_costs_less)
{
	struct servers s = servers_of(1);
	s.single->dead = true;
	world_resolve(s.world, "www.single.", TYPE_A);
	unsigned asked = s.single->asked;
	const struct world_result *result = world_resolve(s.world, "ftp.single.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	ck_assert_uint_le(s.single->asked - asked, 2);
	ck_assert_uint_lt(result->took_us, 3000000);
	world_free(s.world);
}
END_TEST

START_TEST(a_server_that_comes_back_is_used_within_seconds)
{
	struct servers s = servers_of(1);
	s.single->dead = true;
	world_resolve(s.world, "www.single.", TYPE_A);
	s.single->dead = false;
	world_run(s.world, 3000000);
	const struct world_result *result = world_resolve(s.world, "ftp.single.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_lt(result->took_us, 100000);
	world_free(s.world);
}
END_TEST

START_TEST(a_late_reply_is_still_taken)
{
	struct servers s = servers_of(1);
	s.single->delay_us = 250000; /* 500 ms there and back, later than the first time-out */
	const struct world_result *result = world_resolve(s.world, "www.single.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_lt(result->took_us, 520000);
	ck_assert_uint_le(s.single->asked, 3);
	world_free(s.world);
}
END_TEST

/* Meanwhile another question has shown that the shorter name exists, so more of it has been asked. */
START_TEST(a_late_reply_to_a_shorter_name_changes_nothing)
{
	struct servers s = servers_of(1);
	world_resolve(s.world, "www.single.", TYPE_A);
	s.single->delay_us = 40000;
	unsigned at = world_ask(s.world, "deep.sub.single.", TYPE_AAAA);
	s.single->delay_us = 5000;
	world_resolve(s.world, "sub.single.", TYPE_A);
	s.single->delay_us = 300000;
	world_run(s.world, 100000);
	ck_assert(!s.world->results[at].done);
	ck_assert_uint_gt(world_asked(s.world, "deep.sub.single.", TYPE_AAAA), 0);
	world_run(s.world, 2000000);
	ck_assert(world_has(&s.world->results[at], SECTION_ANSWER, "deep.sub.single.", TYPE_AAAA,
			    "2001:db8::80"));
	world_free(s.world);
}
END_TEST

START_TEST(when_one_is_late_a_server_of_the_other_family_is_asked)
{
	for (uint64_t seed = 0; seed < 10; seed++) {
		struct servers s = servers_of(seed);
		s.dual4->dead = seed % 2 == 0;
		s.dual6->dead = !s.dual4->dead;
		const struct world_result *result = world_resolve(s.world, "www.dual.", TYPE_A);
		ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
		ck_assert_uint_lt(result->took_us, 350000);
		ck_assert_uint_le(s.dual4->asked + s.dual6->asked, 2);
		world_free(s.world);
	}
}
END_TEST

START_TEST(a_lost_reply_of_a_known_server_is_asked_for_again_soon)
{
	struct servers s = servers_of(1);
	world_resolve(s.world, "www.single.", TYPE_A);
	for (unsigned i = 0; i < 8; i++) /* the variance of the first sample settles */
		world_resolve(s.world, i % 2 != 0 ? "www.single." : "ftp.single.",
			      (uint16_t)(TYPE_TXT + 100 + i));
	s.single->dead = true;
	unsigned at = world_ask(s.world, "mail.single.", TYPE_A);
	world_run(s.world, 15000);
	s.single->dead = false;
	world_run(s.world, 2000000);
	ck_assert(s.world->results[at].done);
	ck_assert_uint_lt(s.world->results[at].took_us, 100000);
	world_free(s.world);
}
END_TEST

START_TEST(the_network_says_unreachable_and_the_next_server_is_asked_at_once)
{
	struct engine_question question = { .qname = name_of("www.dual."),
					    .qtype = TYPE_A,
					    .qclass = CLASS_IN };
	struct engine_action action;
	for (uint64_t seed = 0; seed < 10; seed++) {
		struct servers s = servers_of(seed);
		world_resolve(s.world, "nothing.dual.", TYPE_A);
		uint64_t start_us = s.world->now_us;
		ck_assert_int_eq(engine_ask(s.world->engine, &question, 0, start_us), 0);
		ck_assert(engine_next(s.world->engine, &action));
		ck_assert_int_eq(action.kind, ENGINE_SEND);
		struct ip_addr first = action.server;
		engine_failed(s.world->engine, action.query, STACK_ERROR_NET_UNREACHABLE, start_us);
		ck_assert(engine_next(s.world->engine, &action));
		ck_assert_int_eq(action.kind, ENGINE_SEND);
		ck_assert(!addr_equal(&action.server, &first));
		engine_failed(s.world->engine, action.query, STACK_ERROR_NET_UNREACHABLE, start_us);
		/* Forged errors? The queries are still listened for, then it is over. */
		ck_assert(!engine_next(s.world->engine, &action));
		bool answered = false;
		while (!answered) {
			uint64_t at_us = engine_deadline(s.world->engine);
			ck_assert_uint_lt(at_us, start_us + 8200000);
			engine_timeout(s.world->engine, at_us);
			while (engine_next(s.world->engine, &action)) {
				if (action.kind != ENGINE_ANSWER)
					continue;
				answered = true;
				ck_assert_int_eq(action.answer->ede, EDE_NETWORK_ERROR);
			}
			s.world->now_us = at_us;
		}
		world_free(s.world);
	}
}
END_TEST

/* ---- lame and refusing ---------------------------------------------------------------------------- */

static void
refuse(struct world *world, struct world_server *server, const struct query *query,
       struct world_reply *reply)
{
	(void)world, (void)query;
	const uint16_t *rcode = server->context;
	for (unsigned i = 0; i < SECTIONS; i++)
		reply->sections[i] = NULL;
	reply->flags = DNS_QR;
	reply->rcode = *rcode;
}

static void
refer_up(struct world *world, struct world_server *server, const struct query *query,
	 struct world_reply *reply)
{
	static const struct record ns = { ".", TYPE_NS, 60, "a.root-servers.net." };
	(void)server, (void)query;
	reply->flags = DNS_QR;
	reply->sections[SECTION_ANSWER] = NULL;
	reply->sections[SECTION_AUTHORITY] = records_set(&world->arena, &ns, 1);
}

static void
answer_from_cache(struct world *world, struct world_server *server, const struct query *query,
		  struct world_reply *reply)
{
	(void)world, (void)server, (void)query;
	reply->flags = DNS_QR | DNS_RA;
}

static void
answer_nothing(struct world *world, struct world_server *server, const struct query *query,
	       struct world_reply *reply)
{
	(void)world, (void)server, (void)query;
	for (unsigned i = 0; i < SECTIONS; i++)
		reply->sections[i] = NULL;
	reply->flags = DNS_QR;
}

static const uint16_t refused = RCODE_REFUSED, servfail = RCODE_SERVFAIL, notauth = RCODE_NOTAUTH;
static const struct {
	const char *behaviour;
	world_habit *habit;
	const uint16_t *context;
} lame[] = {
	{ "REFUSED", refuse, &refused },
	{ "SERVFAIL", refuse, &servfail },
	{ "NOTAUTH", refuse, &notauth },
	{ "an upward referral", refer_up, NULL },
	{ "answers of a cache", answer_from_cache, NULL },
	{ "nothing", answer_nothing, NULL },
};

START_TEST(a_lame_server_is_left_for_the_other_at_once_and_remembered)
{
	for (uint64_t seed = 0; seed < 10; seed++) {
		struct servers s = servers_of(seed);
		static const char *const names[] = { "www.test.", "mail.test.", "a.test.",
						     "b.test.",   "c.test.",    "d.test.",
						     "e.test.",   "f.test.",    "g.test.",
						     "h.test.",   "i.test.",    "j.test.",
						     "k.test.",   "l.test.",    "m.test." };
		s.bad->habit = lame[_i].habit;
		s.bad->context = (void *)(uintptr_t)lame[_i].context;
		for (unsigned i = 0; i < COUNT(names); i++) {
			const struct world_result *result =
				world_resolve(s.world, names[i], TYPE_A);
			ck_assert_msg(result->rcode == (i < 8 ? RCODE_NOERROR : RCODE_NXDOMAIN),
				      "%s: %s", lame[_i].behaviour, names[i]);
			ck_assert_uint_lt(result->took_us, 40000);
		}
		ck_assert_msg(s.bad->asked <= 3, "%s: asked %u times", lame[_i].behaviour,
			      s.bad->asked);
		world_free(s.world);
	}
}
END_TEST

START_TEST(a_zone_with_lame_servers_only_fails_with_the_reason)
{
	struct servers s = servers_of(1);
	s.single->habit = refuse;
	s.single->context = (void *)(uintptr_t)&refused;
	const struct world_result *result = world_resolve(s.world, "www.single.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	ck_assert_int_eq(result->ede, EDE_NO_REACHABLE_AUTHORITY);
	ck_assert_str_eq(result->ede_text, "REFUSED from 203.0.113.4 for single.");
	ck_assert_uint_lt(result->took_us, 40000);
	ck_assert_uint_eq(s.single->asked, 1);
	/* Lame or not: when it answers again, it is used again. */
	world_resolve(s.world, "ftp.single.", TYPE_A);
	s.single->habit = NULL;
	ck_assert_uint_eq(world_resolve(s.world, "mail.single.", TYPE_A)->rcode, RCODE_NOERROR);
	world_free(s.world);
}
END_TEST

/* NOERROR and nothing else, about whole names. */
static void
shrugs(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)world;
	(void)server;
	(void)query;
	reply->flags |= DNS_AA;
	reply->rcode = RCODE_NOERROR;
	reply->sections[SECTION_ANSWER] = reply->sections[SECTION_AUTHORITY] = NULL;
}

START_TEST(one_server_that_says_nothing_does_not_stand_for_all)
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct servers s = servers_of(seed);
		s.bad->habit = shrugs;
		const struct world_result *result = world_resolve(s.world, "www.test.", TYPE_A);
		ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
		ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 1);
		world_free(s.world);
	}
}
END_TEST

START_TEST(where_nobody_says_more_nothing_is_the_answer)
{
	struct servers s = servers_of(1);
	s.single->habit = shrugs;
	const struct world_result *result = world_resolve(s.world, "www.single.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 0);
	ck_assert_uint_le(world_asked(s.world, "www.single.", TYPE_A), 1 + BUDGET_EMPTIES_MAX);
	world_free(s.world);
}
END_TEST

/* dual. has one server of each family; a name is asked of one that is nearer, but of the family less wanted. */
START_TEST(the_preferred_family_is_asked_as_long_as_it_replies)
{
	static const char *const names[] = { "www.dual.", "a.dual.", "b.dual.", "c.dual.", "d.dual.", "e.dual.", "f.dual." };

	for (unsigned i = 0; i < 2; i++) {
		struct servers s = servers_of(1);
		struct world_server *wanted = i == 0 ? s.dual4 : s.dual6, *other = i == 0 ? s.dual6 : s.dual4;
		struct engine_config config = engine_config_default;

		config.preferred = wanted->addr.family;
		engine_configure(s.world->engine, &config);
		wanted->delay_us = 100000;
		for (unsigned n = 0; n < COUNT(names); n++)
			(void)world_resolve(s.world, names[n], TYPE_A);
		ck_assert_uint_ge(wanted->asked, COUNT(names));
		ck_assert_uint_eq(other->asked, 0);
		wanted->dead = true;
		ck_assert_uint_eq(world_resolve(s.world, "www.dual.", TYPE_AAAA)->rcode, RCODE_NOERROR);
		ck_assert_uint_gt(other->asked, 0);
		world_free(s.world);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: servers");
	TCase *tcase = tcase_create("servers");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_dead_server_costs_one_timeout_at_most_and_is_avoided_then);
	tcase_add_test(tcase, when_nobody_replies_the_client_is_told_so_within_its_time);
	tcase_add_test(tcase, a_server_gets_as_many_queries_as_the_operator_grants);
	tcase_add_test(tcase, what_the_driver_gives_up_needs_no_time);
	tcase_add_test(tcase, a_failure_is_cached_and_grows);
	tcase_add_test(tcase, a_failure_is_forgotten_when_the_network_has_changed);
	tcase_add_test(tcase, a_failure_that_began_before_a_change_is_not_held_against_the_name);
	tcase_add_test(tcase, another_name_of_a_dead_zone_costs_less);
	tcase_add_test(tcase, a_server_that_comes_back_is_used_within_seconds);
	tcase_add_test(tcase, a_late_reply_is_still_taken);
	tcase_add_test(tcase, a_late_reply_to_a_shorter_name_changes_nothing);
	tcase_add_test(tcase, when_one_is_late_a_server_of_the_other_family_is_asked);
	tcase_add_test(tcase, a_lost_reply_of_a_known_server_is_asked_for_again_soon);
	tcase_add_test(tcase, the_network_says_unreachable_and_the_next_server_is_asked_at_once);
	tcase_add_loop_test(tcase, a_lame_server_is_left_for_the_other_at_once_and_remembered, 0,
			    COUNT(lame));
	tcase_add_test(tcase, a_zone_with_lame_servers_only_fails_with_the_reason);
	tcase_add_test(tcase, one_server_that_says_nothing_does_not_stand_for_all);
	tcase_add_test(tcase, where_nobody_says_more_nothing_is_the_answer);
	tcase_add_test(tcase, the_preferred_family_is_asked_as_long_as_it_replies);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
