/* What others try with us, and the bounds that hold (budget.h). mal. is the attacker's, victim. is not. */
#include <stdio.h>

#include "resolver/iterate/engine_priv.h"
#include "tests/resolver/iterate/attack_world.h"
#include "tests/suite.h"

/* ---- forged replies ------------------------------------------------------------------------------- */

/* Before the true reply come forged ones, as many as the context says, with the forger's address in them. */
struct forgery {
	unsigned count;
	bool right_id, other_name, no_sense;
	struct world_reply replies[64];
	uint8_t raw[64];
};

static void
forge(struct world *world, struct world_server *server, const struct query *query,
      struct world_reply *reply)
{
	struct forgery *forgery = server->context;
	for (unsigned i = 0; !server->over_tcp && i < forgery->count; i++) { /* a connection is nobody else's */
		struct world_reply *forged = &forgery->replies[i];
		*forged = (struct world_reply){ .id = query->id, .question = query->question };
		if (!forgery->right_id)
			forged->id ^= (uint16_t)(1 + i);
		if (forgery->other_name)
			forged->question.qname = name_of("other.victim.");
		world_reply_clear(forged, DNS_AA, RCODE_NOERROR);
		struct rrset *set = world_record(world, "www.victim.", TYPE_A, 86400, "203.0.113.66");
		records_append(&forged->sections[SECTION_ANSWER], set);
		if (forgery->no_sense) { /* the true header and question, and then rubbish */
			forged->raw = forgery->raw;
			forged->raw_bytes = sizeof forgery->raw;
			struct writer writer = writer_over(forgery->raw, sizeof forgery->raw);
			writer_u16(&writer, query->id);
			writer_u16(&writer, DNS_QR | DNS_AA);
			writer_u16(&writer, 1);
			writer_u16(&writer, 9);
			writer_u32(&writer, 0);
			writer_bytes(&writer, query->question.qname.wire,
				     query->question.qname.size);
			writer_u16(&writer, query->question.qtype);
			writer_u16(&writer, CLASS_IN);
			while (writer.pos < sizeof forgery->raw)
				writer_u8(&writer, 0xee);
		}
		forged->before = reply->before;
		reply->before = forged;
	}
}

static const struct {
	const char *behaviour;
	struct forgery forgery;
	unsigned asked_max;
} forgeries[] = {
	{ "one wrong id", { .count = 1 }, 1 },
	{ "two wrong ids, and the query is sent anew", { .count = 2 }, 1 + BUDGET_REDOS_MAX },
	{ "a flood of wrong ids", { .count = 60 }, 1 + BUDGET_REDOS_MAX },
	{ "the right id and another name",
	  { .count = 60, .right_id = true, .other_name = true },
	  1 + BUDGET_REDOS_MAX },
	{ "nonsense with all the right marks",
	  { .count = 1, .right_id = true, .no_sense = true },
	  2 },
};

START_TEST(forged_replies_are_ignored_and_the_true_one_is_taken)
{
	for (uint64_t seed = 0; seed < 10; seed++) {
		struct attack attack = attack_of(seed, NULL);
		struct forgery forgery = forgeries[_i].forgery;
		attack.victim->habit = forge;
		attack.victim->context = &forgery;
		const struct world_result *result =
			world_resolve(attack.world, "www.victim.", TYPE_A);
		ck_assert_msg(result->rcode == RCODE_NOERROR, "%s", forgeries[_i].behaviour);
		ck_assert(world_has(result, SECTION_ANSWER, "www.victim.", TYPE_A, "192.0.2.80"));
		ck_assert(
			!world_has(result, SECTION_ANSWER, "www.victim.", TYPE_A, "203.0.113.66"));
		suite_figure(forgeries[_i].behaviour, "queries to the victim", attack.victim->asked, forgeries[_i].asked_max);
		ck_assert(forgery.no_sense ? stats_of(&attack).malformed > 0
					   : stats_of(&attack).mismatched > 0);
		world_free(attack.world);
	}
}
END_TEST

START_TEST(ids_are_drawn_anew_for_every_query)
{
	struct attack attack = attack_of(3, NULL);
	struct forgery forgery = { .count = 2 };
	attack.victim->habit = forge;
	attack.victim->context = &forgery;
	world_resolve(attack.world, "www.victim.", TYPE_A);
	const struct world *world = attack.world;
	ck_assert_uint_gt(world->sent_count, 2);
	for (unsigned i = 1; i < world->sent_count; i++)
		ck_assert_uint_ne(world->log[i].id, world->log[i - 1].id);
	world_free(attack.world);
}
END_TEST

/* ---- poison --------------------------------------------------------------------------------------- */

static void
poison(struct world *world, struct world_server *server, const struct query *query,
       struct world_reply *reply)
{
	char qname[NAME_TEXT_BYTES];
	(void)server;
	name_to_text(&query->question.qname, qname, sizeof qname);
	world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
	struct rrset **sections = reply->sections;
	records_append(&sections[SECTION_ANSWER],
		       world_record(world, qname, TYPE_CNAME, 60, "good.victim."));
	records_append(&sections[SECTION_ANSWER],
		       world_record(world, "good.victim.", TYPE_A, 86400, "203.0.113.66"));
	records_append(&sections[SECTION_ANSWER],
		       world_record(world, "www.victim.", TYPE_A, 86400, "203.0.113.66"));
	records_append(&sections[SECTION_AUTHORITY],
		       world_record(world, "victim.", TYPE_NS, 86400, "ns.mal."));
	records_append(&sections[SECTION_AUTHORITY], world_record(world, ".", TYPE_NS, 86400, "ns.mal."));
	records_append(&sections[SECTION_AUTHORITY],
		       world_record(world, "victim.", TYPE_SOA, 86400, "mname. rname. 1 2 3 4 86400"));
	records_append(&sections[SECTION_ADDITIONAL],
		       world_record(world, "ns.victim.", TYPE_A, 86400, "203.0.113.66"));
	records_append(&sections[SECTION_ADDITIONAL],
		       world_record(world, "ns.root.", TYPE_A, 86400, "203.0.113.66"));
}

START_TEST(an_attackers_server_speaks_for_its_own_zone_only)
{
	struct attack attack = attack_of(1, poison);
	const struct world_result *result = world_resolve(attack.world, "trap.mal.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "good.victim.", TYPE_A, "192.0.2.81"));
	ck_assert(!world_has(result, SECTION_ANSWER, "good.victim.", TYPE_A, "203.0.113.66"));
	result = world_resolve(attack.world, "www.victim.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "www.victim.", TYPE_A, "192.0.2.80"));
	result = world_resolve(attack.world, "ns.victim.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "ns.victim.", TYPE_A, "192.0.2.2"));
	ck_assert_uint_ge(stats_of(&attack).dropped_sets, 6);
	world_free(attack.world);
}
END_TEST

static void
refer_aside(struct world *world, struct world_server *server, const struct query *query,
	    struct world_reply *reply)
{
	(void)server, (void)query;
	world_reply_clear(reply, 0, RCODE_NOERROR);
	records_append(&reply->sections[SECTION_AUTHORITY],
		       world_record(world, "victim.", TYPE_NS, 86400, "ns.mal."));
	records_append(&reply->sections[SECTION_ADDITIONAL],
		       world_record(world, "ns.mal.", TYPE_A, 86400, "203.0.113.66"));
}

START_TEST(a_referral_to_somebody_elses_zone_is_none)
{
	struct attack attack = attack_of(1, refer_aside);
	ck_assert_uint_eq(world_resolve(attack.world, "trap.mal.", TYPE_A)->rcode, RCODE_SERVFAIL);
	const struct world_result *result = world_resolve(attack.world, "www.victim.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "www.victim.", TYPE_A, "192.0.2.80"));
	world_free(attack.world);
}
END_TEST

/* ---- more work than one question is worth --------------------------------------------------------- */

/* NXNSAttack: a delegation to hundreds of servers without addresses, all in the victim's zone. */
static void
delegate_to_victim(struct world *world, struct world_server *server, const struct query *query,
		   struct world_reply *reply)
{
	struct record records[200];
	char owner[NAME_TEXT_BYTES];
	static char names[200][64];
	name_to_text(&query->question.qname, owner, sizeof owner);
	world_reply_clear(reply, 0, RCODE_NOERROR);
	for (unsigned i = 0; i < 40; i++) {
		snprintf(names[i], sizeof names[i], "n%u-%u.victim.", server->asked, i);
		records[i] = (struct record){ owner, TYPE_NS, 3600, names[i] };
	}
	records_append(&reply->sections[SECTION_AUTHORITY],
		       records_set(&world->arena, records, 40));
}

START_TEST(a_delegation_to_many_names_of_a_victim_costs_the_victim_few_queries)
{
	for (uint64_t seed = 0; seed < 10; seed++) {
		struct attack attack = attack_of(seed, delegate_to_victim);
		world_resolve(attack.world, "www.victim.", TYPE_A);
		unsigned asked = attack.victim->asked;
		const struct world_result *result =
			world_resolve(attack.world, "w.trap.mal.", TYPE_A);
		ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
		suite_figure("NXNSAttack", "queries to the victim", attack.victim->asked - asked, BUDGET_NS_WITHOUT_ADDR_MAX);
		ck_assert_uint_lt(result->took_us, 1000000);
		world_free(attack.world);
	}
}
END_TEST

/* Every name is delegated to servers whose names are delegated again, each to three more. */
static void
delegate_to_more(struct world *world, struct world_server *server, const struct query *query,
		 struct world_reply *reply)
{
	struct record records[3];
	char owner[NAME_TEXT_BYTES], names[3][64];
	struct name cut;
	unsigned labels = name_labels(&query->question.qname);
	name_tail(&cut, &query->question.qname, labels < 2 ? labels : 2);
	name_to_text(&cut, owner, sizeof owner);
	world_reply_clear(reply, 0, RCODE_NOERROR);
	for (unsigned i = 0; i < 3; i++) {
		snprintf(names[i], sizeof names[i], "ns.t%u-%u.mal.", server->asked, i);
		records[i] = (struct record){ owner, TYPE_NS, 3600, names[i] };
	}
	records_append(&reply->sections[SECTION_AUTHORITY], records_set(&world->arena, records, 3));
}

START_TEST(delegations_without_end_stop_at_the_purse)
{
	for (uint64_t seed = 0; seed < 10; seed++) {
		struct attack attack = attack_of(seed, delegate_to_more);
		const struct world_result *result =
			world_resolve(attack.world, "www.trap.mal.", TYPE_A);
		ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
		suite_figure("delegations without end", "queries", attack.world->sent_count, BUDGET_SENDS_MAX);
		suite_figure("delegations without end", "queries to the attacker", attack.mal->asked, BUDGET_SUBTASKS_MAX + 2);
		world_free(attack.world);
	}
}
END_TEST

/* A referral one label down with glue to the same server, over and over. */
static void
delegate_downward(struct world *world, struct world_server *server, const struct query *query,
		  struct world_reply *reply)
{
	char owner[NAME_TEXT_BYTES], ns[NAME_TEXT_BYTES + 4];
	(void)server;
	name_to_text(&query->question.qname, owner, sizeof owner);
	snprintf(ns, sizeof ns, "n.%s", owner);
	world_reply_clear(reply, 0, RCODE_NOERROR);
	records_append(&reply->sections[SECTION_AUTHORITY], world_record(world, owner, TYPE_NS, 3600, ns));
	records_append(&reply->sections[SECTION_ADDITIONAL],
		       world_record(world, ns, TYPE_A, 3600, "203.0.113.66"));
}

START_TEST(referrals_downward_stop_after_so_many_cuts)
{
	struct attack attack = attack_of(1, delegate_downward);
	char qname[NAME_TEXT_BYTES] = "";
	for (unsigned i = 0; i < 100; i++)
		strcat(qname, "x.");
	strcat(qname, "mal.");
	const struct world_result *result = world_resolve(attack.world, qname, TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	suite_figure("iDNS, referrals downward", "queries to the attacker", attack.mal->asked, BUDGET_REFERRALS_MAX);
	world_free(attack.world);
}
END_TEST

/* ---- circles -------------------------------------------------------------------------------------- */

static const char *const circles[] = { "www.a.", "www.b.",    "www.x.",
				       "www.z.", "www.self.", "ns.self." };

START_TEST(servers_that_need_each_other_end_at_once)
{
	for (uint64_t seed = 0; seed < 5; seed++) {
		struct attack attack = attack_of(seed, NULL);
		const struct world_result *result =
			world_resolve(attack.world, circles[_i], TYPE_A);
		ck_assert_msg(result->rcode == RCODE_SERVFAIL, "%s", circles[_i]);
		ck_assert_uint_lt(result->took_us, 200000);
		suite_figure("TsuNAME", "queries", attack.world->sent_count, 8);
		ck_assert_uint_gt(stats_of(&attack).cycles, 0);
		/* and are not tried again for a while */
		unsigned sent = attack.world->sent_count;
		ck_assert_uint_eq(world_resolve(attack.world, circles[_i], TYPE_A)->rcode,
				  RCODE_SERVFAIL);
		ck_assert_uint_eq(attack.world->sent_count, sent);
		world_free(attack.world);
	}
}
END_TEST

START_TEST(questions_that_wait_for_each_other_do_not_wait_for_ever)
{
	for (uint64_t seed = 0; seed < 5; seed++) {
		struct attack attack = attack_of(seed, NULL);
		for (unsigned i = 0; i < COUNT(circles); i++)
			world_ask(attack.world, circles[i], TYPE_A);
		world_ask(attack.world, "ns.a.", TYPE_A);
		world_ask(attack.world, "ns.b.", TYPE_A);
		world_run(attack.world, 1000000);
		ck_assert_uint_eq(attack.world->done_count, COUNT(circles) + 2);
		world_free(attack.world);
	}
}
END_TEST

START_TEST(a_circle_with_a_way_out_is_left_by_it)
{
	for (uint64_t seed = 0; seed < 10; seed++) {
		struct attack attack = attack_of(seed, NULL);
		const struct world_result *result = world_resolve(attack.world, "www.p.", TYPE_A);
		ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
		ck_assert(world_has(result, SECTION_ANSWER, "www.p.", TYPE_A, "192.0.2.82"));
		world_free(attack.world);
	}
}
END_TEST

/* ---- aliases -------------------------------------------------------------------------------------- */

/* c5.mal. leads to c6.mal. in an answer of its own, up to the number of the context, which has an address. */
static void
alias_on(struct world *world, struct world_server *server, const struct query *query,
	 struct world_reply *reply)
{
	char owner[NAME_TEXT_BYTES], next[32];
	unsigned number = 0, last = *(unsigned *)server->context;
	name_to_text(&query->question.qname, owner, sizeof owner);
	world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
	sscanf(owner + 1, "%u", &number);
	snprintf(next, sizeof next, "c%u.mal.", number + 1);
	records_append(&reply->sections[SECTION_ANSWER],
		       number < last ? world_record(world, owner, TYPE_CNAME, 60, next)
				     : world_record(world, owner, TYPE_A, 60, "192.0.2.9"));
}

START_TEST(a_chain_over_many_answers_is_as_long_as_one_in_one_answer)
{
	for (unsigned last = BUDGET_CHAIN_MAX; last <= BUDGET_CHAIN_MAX + 1; last++) {
		struct attack attack = attack_of(1, alias_on);
		attack.mal->context = &last;
		const struct world_result *result = world_resolve(attack.world, "c0.mal.", TYPE_A);
		bool sound = last == BUDGET_CHAIN_MAX;
		ck_assert_uint_eq(result->rcode, sound ? RCODE_NOERROR : RCODE_SERVFAIL);
		ck_assert_uint_eq(world_count(result, SECTION_ANSWER),
				  sound ? BUDGET_CHAIN_MAX + 1 : 0);
		suite_figure("CAMP, a chain of aliases", "queries to the attacker", attack.mal->asked, BUDGET_CHAIN_MAX + 1);
		/* The caches say the same. */
		result = world_cached(attack.world, "c0.mal.", TYPE_A);
		ck_assert_ptr_nonnull(result);
		ck_assert_uint_eq(result->rcode, sound ? RCODE_NOERROR : RCODE_SERVFAIL);
		world_free(attack.world);
	}
}
END_TEST

static void
alias_around(struct world *world, struct world_server *server, const struct query *query,
	     struct world_reply *reply)
{
	char owner[NAME_TEXT_BYTES];
	(void)server;
	name_to_text(&query->question.qname, owner, sizeof owner);
	world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
	records_append(
		&reply->sections[SECTION_ANSWER],
		world_record(world, owner, TYPE_CNAME, 60, (owner[0] | 0x20) == 'a' ? "b.mal." : "a.mal."));
}

START_TEST(aliases_in_a_circle_end_and_are_not_asked_again)
{
	struct attack attack = attack_of(1, alias_around);
	const struct world_result *result = world_resolve(attack.world, "a.mal.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	ck_assert_uint_le(attack.mal->asked, 2);
	result = world_cached(attack.world, "a.mal.", TYPE_A);
	ck_assert_ptr_nonnull(result);
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	world_free(attack.world);
}
END_TEST

/* ---- others shall not pay ------------------------------------------------------------------------- */

static void
delegate_to_good(struct world *world, struct world_server *server, const struct query *query,
		 struct world_reply *reply)
{
	(void)server, (void)query;
	world_reply_clear(reply, 0, RCODE_NOERROR);
	records_append(&reply->sections[SECTION_AUTHORITY],
		       world_record(world, "trap.mal.", TYPE_NS, 60, "good.victim."));
}

/* The look-up of good.victim. is begun with the attacker's purse, which is spent while it lasts. */
static struct attack
spent_purse(bool joined)
{
	struct attack attack = attack_of(1, delegate_to_good);
	struct engine_question question = { .qname = name_of("good.victim."),
					    .qtype = TYPE_A,
					    .qclass = CLASS_IN };
	attack.victim->dead = true;
	world_ask(attack.world, "www.trap.mal.", TYPE_A);
	world_run(attack.world, 100000);
	struct engine *engine = attack.world->engine;
	struct task *task = task__find(engine, &question, task__hash(engine, &question));
	ck_assert_ptr_nonnull(task);
	ck_assert_uint_eq(task->depth, 1);
	if (joined)
		world_ask(attack.world, "good.victim.", TYPE_A);
	attack.world->engine->budgets[task->budget].sends = BUDGET_SENDS_MAX;
	attack.victim->dead = false;
	world_run(attack.world, 2000000);
	return attack;
}

START_TEST(a_question_that_joined_another_does_not_pay_for_it)
{
	struct attack attack = spent_purse(true);
	ck_assert_uint_eq(attack.world->results[0].rcode, RCODE_SERVFAIL);
	ck_assert_uint_eq(attack.world->results[1].rcode, RCODE_NOERROR);
	ck_assert(world_has(&attack.world->results[1], SECTION_ANSWER, "good.victim.", TYPE_A,
			    "192.0.2.81"));
	world_free(attack.world);
}
END_TEST

START_TEST(a_spent_purse_leaves_no_failure_behind_for_others)
{
	struct attack attack = spent_purse(false);
	ck_assert_uint_eq(attack.world->results[0].rcode, RCODE_SERVFAIL);
	ck_assert_ptr_null(world_cached(attack.world, "good.victim.", TYPE_A));
	ck_assert_uint_eq(world_resolve(attack.world, "good.victim.", TYPE_A)->rcode,
			  RCODE_NOERROR);
	world_free(attack.world);
}
END_TEST

START_TEST(a_domain_that_its_parent_removed_ends_with_the_parents_word)
{
	static const struct world_zone ghost = { "ghost.mal.",
						 "@ 86400 SOA mname. rname. 1 2 3 4 86400\n"
						 "@ 86400 NS ns\n"
						 "ns 86400 A 203.0.113.67\n"
						 "www 10 A 203.0.113.80\n" };
	static const struct world_zone with = { "mal.", "@ 600 SOA mname. rname. 1 2 3 4 300\n"
							"ghost 120 NS ns.ghost\n"
							"ns.ghost 120 A 203.0.113.67\n" };
	static const struct world_zone without = { "mal.",
						   "@ 600 SOA mname. rname. 1 2 3 4 300\n" };
	struct attack attack = attack_of(1, NULL);
	world_serve_instead(attack.mal, &with);
	world_server(attack.world, "203.0.113.67", &ghost);

	ck_assert_uint_eq(world_resolve(attack.world, "www.ghost.mal.", TYPE_A)->rcode,
			  RCODE_NOERROR);
	world_serve_instead(attack.mal, &without);
	/* The owner of the ghost asks for its NS set and its server, to keep them in the caches. */
	for (unsigned i = 0; i < 30; i++) {
		world_resolve(attack.world, "ghost.mal.", TYPE_NS);
		world_resolve(attack.world, "ns.ghost.mal.", TYPE_A);
		world_resolve(attack.world, "www.ghost.mal.", TYPE_A);
		world_run(attack.world, 10000000);
	}
	ck_assert_uint_eq(world_resolve(attack.world, "www.ghost.mal.", TYPE_A)->rcode,
			  RCODE_NXDOMAIN);
	world_free(attack.world);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: attacks");
	TCase *tcase = tcase_create("attacks");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, forged_replies_are_ignored_and_the_true_one_is_taken, 0,
			    COUNT(forgeries));
	tcase_add_test(tcase, ids_are_drawn_anew_for_every_query);
	tcase_add_test(tcase, an_attackers_server_speaks_for_its_own_zone_only);
	tcase_add_test(tcase, a_referral_to_somebody_elses_zone_is_none);
	tcase_add_test(tcase, a_delegation_to_many_names_of_a_victim_costs_the_victim_few_queries);
	tcase_add_test(tcase, delegations_without_end_stop_at_the_purse);
	tcase_add_test(tcase, referrals_downward_stop_after_so_many_cuts);
	tcase_add_loop_test(tcase, servers_that_need_each_other_end_at_once, 0, COUNT(circles));
	tcase_add_test(tcase, questions_that_wait_for_each_other_do_not_wait_for_ever);
	tcase_add_test(tcase, a_circle_with_a_way_out_is_left_by_it);
	tcase_add_test(tcase, a_chain_over_many_answers_is_as_long_as_one_in_one_answer);
	tcase_add_test(tcase, aliases_in_a_circle_end_and_are_not_asked_again);
	tcase_add_test(tcase, a_question_that_joined_another_does_not_pay_for_it);
	tcase_add_test(tcase, a_spent_purse_leaves_no_failure_behind_for_others);
	tcase_add_test(tcase, a_domain_that_its_parent_removed_ends_with_the_parents_word);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
