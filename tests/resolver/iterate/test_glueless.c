/* Delegations that name servers without their addresses, some of which are dead (RFC 1034, section 5.3.3, step 2). */
#include "tests/resolver/iterate/world.h"
#include "tests/suite.h"

#define SEEDS 20u

static const char root_text[] = ". 86400 SOA mname. rname. 1 2 3 4 86400\n"
				". 86400 NS ns.root.\n"
				"ns.root. 86400 A 192.0.2.1\n"
				"hosts. 3600 NS ns.hosts.\n"
				"ns.hosts. 3600 A 192.0.2.2\n"
				"four. 3600 NS a.four.hosts.\n"
				"four. 3600 NS b.four.hosts.\n"
				"four. 3600 NS c.four.hosts.\n"
				"six. 3600 NS a.six.hosts.\n"
				"six. 3600 NS b.six.hosts.\n"
				"six. 3600 NS c.six.hosts.\n";
static const struct world_zone root = { ".", root_text };

static const char hosts_text[] = "hosts. 600 SOA mname. rname. 1 2 3 4 300\n"
				 "a.four.hosts. 300 A 192.0.2.10\n"
				 "b.four.hosts. 300 A 192.0.2.11\n"
				 "c.four.hosts. 300 A 192.0.2.12\n"
				 "a.six.hosts. 300 AAAA 2001:db8::10\n"
				 "b.six.hosts. 300 AAAA 2001:db8::11\n"
				 "c.six.hosts. 300 AAAA 2001:db8::12\n";
static const struct world_zone hosts = { "hosts.", hosts_text };

static const char four_text[] = "four. 600 SOA mname. rname. 1 2 3 4 300\n"
				"www.four. 300 A 192.0.2.80\n";
static const struct world_zone four = { "four.", four_text };
static const char six_text[] = "six. 600 SOA mname. rname. 1 2 3 4 300\n"
			       "www.six. 300 A 192.0.2.81\n";
static const struct world_zone six = { "six.", six_text };

static const struct {
	const char *what, *qname, *servers[3];
	const struct world_zone *zone;
} hosters[] = {
	{ "servers with IPv4 alone", "www.four.", { "192.0.2.10", "192.0.2.11", "192.0.2.12" }, &four },
	{ "servers with IPv6 alone",
	  "www.six.",
	  { "2001:db8::10", "2001:db8::11", "2001:db8::12" },
	  &six },
};

/* dead: one bit a server of the hoster. */
static struct world *
world_of(uint64_t seed, unsigned hoster, unsigned dead)
{
	struct world *world = world_new(suite_seed(seed), NULL);
	world_server(world, "192.0.2.1", &root);
	world_server(world, "192.0.2.2", &hosts);
	for (unsigned i = 0; i < 3; i++)
		world_server(world, hosters[hoster].servers[i], hosters[hoster].zone)->dead = (dead >> i & 1) != 0;
	return world;
}

/*
 * A silence of the first server is one wait.  The search for the second must not be another: which family its
 * name has nobody knows, so that both are looked for at once.
 */
START_TEST(behind_a_dead_server_the_next_is_found_whatever_its_family)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct world *world = world_of(seed, (unsigned)_i, 1u << seed % 3);
		const struct world_result *result = world_resolve(world, hosters[_i].qname, TYPE_A);
		ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
		ck_assert_msg(result->took_us < 600000, "%s: %llu us, seed %llu", hosters[_i].what,
			      (unsigned long long)result->took_us, (unsigned long long)world->seed);
		world_free(world);
	}
}
END_TEST

START_TEST(behind_two_dead_servers_the_third_is_found)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct world *world = world_of(seed, (unsigned)_i, 7u & ~(1u << seed % 3));
		const struct world_result *result = world_resolve(world, hosters[_i].qname, TYPE_A);
		ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
		ck_assert_msg(result->took_us < 900000, "%s: %llu us, seed %llu", hosters[_i].what,
			      (unsigned long long)result->took_us, (unsigned long long)world->seed);
		world_free(world);
	}
}
END_TEST

/* The second family costs a query a server, and only where something was silent. */
START_TEST(where_nobody_is_silent_one_family_of_one_server_is_looked_for)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct world *world = world_of(seed, 0, 0);
		world_resolve(world, "www.four.", TYPE_A);
		/* four. and hosts. of the root; four.hosts. and the A below it; the name itself */
		ck_assert_uint_eq(world->sent_count, 5);
		world_free(world);
	}
}
END_TEST

/* A zone that does not know its own server's address, in three ways, and another that hangs on that server. */
static const struct {
	const char *what, *text;
} forgetful[] = {
	{ "no such name", "forgetful. 600 SOA mname. rname. 1 2 3 4 300\n" },
	{ "no address", "forgetful. 600 SOA mname. rname. 1 2 3 4 300\n"
			"ns.forgetful. 600 TXT nothing\n" },
	{ "delegated to nowhere", "forgetful. 600 SOA mname. rname. 1 2 3 4 300\n"
				  "ns.forgetful. 600 NS gone.forgetful.\n" },
};

static const struct world_zone parent = { ".", ". 86400 SOA mname. rname. 1 2 3 4 86400\n"
					       ". 86400 NS ns.root.\n"
					       "ns.root. 86400 A 192.0.2.1\n"
					       "forgetful. 3600 NS ns.forgetful.\n"
					       "ns.forgetful. 3600 A 192.0.2.20\n"
					       "hangs. 3600 NS ns.forgetful.\n" };
static const struct world_zone hangs = { "hangs.", "hangs. 600 SOA mname. rname. 1 2 3 4 300\n"
						   "www.hangs. 300 A 192.0.2.80\n" };

START_TEST(the_parents_word_for_an_address_is_the_last_resort)
{
	const struct world_zone zone = { "forgetful.", forgetful[_i].text };
	struct world *world = world_new(suite_seed(1), NULL);

	world_server(world, "192.0.2.1", &parent);
	world_serve(world_server(world, "192.0.2.20", &zone), &hangs);
	world_resolve(world, "ns.forgetful.", TYPE_A); /* the delegation with its glue is in the cache */
	const struct world_result *result = world_resolve(world, "www.hangs.", TYPE_A);
	ck_assert_msg(world_has(result, SECTION_ANSWER, "www.hangs.", TYPE_A, "192.0.2.80"), "%s", forgetful[_i].what);
	/* It is nobody's answer. */
	ck_assert_uint_eq(world_count(world_resolve(world, "ns.forgetful.", TYPE_A), SECTION_ANSWER), 0);
	world_free(world);
}
END_TEST

static const struct world_zone mindful = { "forgetful.", "forgetful. 600 SOA mname. rname. 1 2 3 4 300\n"
							 "forgetful. 600 NS ns.forgetful.\n"
							 "ns.forgetful. 600 A 192.0.2.21\n"
							 "www.forgetful. 600 A 192.0.2.81\n" };

START_TEST(the_glue_of_the_zone_that_a_server_lies_in_is_its_address)
{
	struct world *world = world_new(suite_seed(1), NULL);

	world_server(world, "192.0.2.1", &parent);
	world_serve(world_server(world, "192.0.2.20", &mindful), &hangs);
	world_resolve(world, "www.forgetful.", TYPE_A);
	ck_assert_uint_eq(world_resolve(world, "www.hangs.", TYPE_A)->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(world_asked(world, "ns.forgetful.", 0), 0);
	world_free(world);
}
END_TEST

/* The server has moved, and its parent does not know yet. */
START_TEST(where_such_glue_does_not_help_the_address_is_asked_for)
{
	struct world *world = world_new(suite_seed(1), NULL);

	world_server(world, "192.0.2.1", &parent);
	world_server(world, "192.0.2.20", &mindful);
	world_serve(world_server(world, "192.0.2.21", &mindful), &hangs);
	world_resolve(world, "www.forgetful.", TYPE_A);
	ck_assert_uint_eq(world_resolve(world, "www.hangs.", TYPE_A)->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(world_asked(world, "ns.forgetful.", TYPE_A), 1);
	world_free(world);
}
END_TEST

/* A delegation that leaves out the glue without which nobody gets there (RFC 9471). */
static const struct world_zone careless = { ".", ". 86400 SOA mname. rname. 1 2 3 4 86400\n"
						 ". 86400 NS ns.root.\n"
						 "ns.root. 86400 A 192.0.2.1\n"
						 "bare. 3600 NS ns.bare.\n"
						 "ns.bare. 3600 A 192.0.2.30\n" };
static const struct world_zone bare = { "bare.", "bare. 600 SOA mname. rname. 1 2 3 4 300\n"
						 "bare. 600 NS ns.bare.\n"
						 "ns.bare. 600 A 192.0.2.30\n"
						 "www.bare. 300 A 192.0.2.80\n"
						 "ftp.bare. 300 A 192.0.2.81\n" };

static void
leave_out_glue(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)world, (void)server, (void)query;
	reply->sections[SECTION_ADDITIONAL] = NULL;
}

static void
leave_out_glue_unless_asked(struct world *world, struct world_server *server, const struct query *query,
			    struct world_reply *reply)
{
	const struct name name = name_of("ns.bare.");

	if (!name_equal(&reply->question.qname, &name))
		leave_out_glue(world, server, query, reply);
}

/* As some parents do, it takes the glue for an answer. */
static void
answer_with_glue(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	const struct name name = name_of("ns.bare.");

	leave_out_glue(world, server, query, reply);
	if (!name_equal(&reply->question.qname, &name))
		return;
	world_reply_clear(reply, DNS_QR, RCODE_NOERROR);
	reply->sections[SECTION_ANSWER] = world_record(world, "ns.bare.", TYPE_A, 3600, "192.0.2.30");
}

static world_habit *const careless_habits[] = { leave_out_glue_unless_asked, answer_with_glue };

START_TEST(the_address_of_a_server_in_its_own_zone_is_asked_for_where_the_zone_was_delegated)
{
	struct world *world = world_new(suite_seed(1), NULL);

	world_server(world, "192.0.2.1", &careless)->habit = careless_habits[_i];
	world_server(world, "192.0.2.30", &bare);
	ck_assert_uint_eq(world_resolve(world, "www.bare.", TYPE_A)->rcode, RCODE_NOERROR);
	ck_assert_uint_le(world->sent_count, 4);
	unsigned sent = world->sent_count;
	ck_assert_uint_eq(world_resolve(world, "ftp.bare.", TYPE_A)->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(world->sent_count, sent + 1); /* the way is known now */
	world_free(world);
}
END_TEST

START_TEST(a_delegation_whose_glue_is_nowhere_fails_at_once)
{
	struct world *world = world_new(suite_seed(1), NULL);

	world_server(world, "192.0.2.1", &careless)->habit = leave_out_glue;
	world_server(world, "192.0.2.30", &bare);
	const struct world_result *result = world_resolve(world, "www.bare.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	ck_assert_uint_le(world->sent_count, 3); /* for the name, and for both families of its server's address */
	ck_assert_uint_lt(result->took_us, 100000);
	world_free(world);
}
END_TEST

/* ---- harden-unverified-glue: the keeper of two zones has moved, and their parent does not know ------------------- */

static const struct world_zone outdated = { ".", ". 86400 SOA mname. rname. 1 2 3 4 86400\n"
						 "keeper. 3600 NS ns.keeper.\n"
						 "kept. 3600 NS ns.keeper.\n"
						 "ns.keeper. 3600 A 192.0.2.40\n" };
static const struct world_zone keeper = { "keeper.", "keeper. 600 SOA mname. rname. 1 2 3 4 300\n"
						     "ns.keeper. 600 A 192.0.2.41\n" };
static const struct world_zone nobody = { "keeper.", "keeper. 600 SOA mname. rname. 1 2 3 4 300\n" };
static const struct world_zone old = { "kept.", "kept. 600 SOA mname. rname. 1 2 3 4 300\nwww.kept. 300 TXT old\n" };
static const struct world_zone new = { "kept.", "kept. 600 SOA mname. rname. 1 2 3 4 300\nwww.kept. 300 TXT new\n" };

static const struct {
	const char *behaviour;
	bool is_hardened;
	const struct world_zone *keeper;
	const char *answer;
} verified[] = {
	{ "glue of a sibling is believed", false, &keeper, "old" },
	{ "hardened, its own zone is asked", true, &keeper, "new" },
	{ "hardened, and its own zone does not know", true, &nobody, "old" },
};

START_TEST(glue_of_another_zone_is_verified_where_it_is_to_be)
{
	struct engine_config config = engine_config_default;
	config.prime_root = false;
	config.harden_unverified_glue = verified[_i].is_hardened;
	struct world *world = world_new(suite_seed(1), &config);

	world_server(world, "192.0.2.1", &outdated);
	world_serve(world_server(world, "192.0.2.40", verified[_i].keeper), &old);
	world_server(world, "192.0.2.41", &new);
	ck_assert_msg(world_has(world_resolve(world, "www.kept.", TYPE_TXT), SECTION_ANSWER, "www.kept.", TYPE_TXT,
				verified[_i].answer),
		      "%s", verified[_i].behaviour);
	world_free(world);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("glueless");
	tcase_add_loop_test(tcase, behind_a_dead_server_the_next_is_found_whatever_its_family, 0,
			    (int)COUNT(hosters));
	tcase_add_loop_test(tcase, behind_two_dead_servers_the_third_is_found, 0, (int)COUNT(hosters));
	tcase_add_test(tcase, where_nobody_is_silent_one_family_of_one_server_is_looked_for);
	tcase_add_loop_test(tcase, the_parents_word_for_an_address_is_the_last_resort, 0, (int)COUNT(forgetful));
	tcase_add_test(tcase, the_glue_of_the_zone_that_a_server_lies_in_is_its_address);
	tcase_add_test(tcase, where_such_glue_does_not_help_the_address_is_asked_for);
	tcase_add_loop_test(tcase, the_address_of_a_server_in_its_own_zone_is_asked_for_where_the_zone_was_delegated, 0,
			    (int)COUNT(careless_habits));
	tcase_add_test(tcase, a_delegation_whose_glue_is_nowhere_fails_at_once);
	tcase_add_loop_test(tcase, glue_of_another_zone_is_verified_where_it_is_to_be, 0, (int)COUNT(verified));
	Suite *suite = suite_create("iterate: glueless");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
