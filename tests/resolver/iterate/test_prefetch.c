/* What is asked for near the end of its time is asked anew, in the background. */
#include "resolver/iterate/engine_priv.h"
#include "tests/resolver/iterate/world.h"
#include "tests/suite.h"

#define SECOND 1000000u

static const struct world_zone root = { ".", ". 86400 SOA mname. rname. 1 2 3 4 86400\n"
					     ". 86400 NS ns.root.\n"
					     "ns.root. 86400 A 192.0.2.1\n"
					     "test. 86400 NS ns.test.\n"
					     "ns.test. 86400 A 192.0.2.2\n"
					     "due. 1000 NS ns.due.\n"
					     "ns.due. 1000 A 192.0.2.3\n" };

static const struct world_zone root_without_due = { ".", ". 86400 SOA mname. rname. 1 2 3 4 86400\n"
							 ". 86400 NS ns.root.\n" };

static const struct world_zone due = { "due.", "due. 600 SOA mname. rname. 1 2 3 4 300\n"
					       "due. 1000 NS ns.due.\n"
					       "www.due. 1000 A 192.0.2.90\n" };

static const struct world_zone test = { "test.", "test. 600 SOA mname. rname. 1 2 3 4 300\n"
						 "test. 3600 NS ns.test.\n"
						 "ns.test. 3600 A 192.0.2.2\n"
						 "www.test. 100 A 192.0.2.80\n"
						 "alias.test. 1000 CNAME www.test.\n" };

/* Asks as a shell does; true when the caches had the answer. */
static bool
ask(struct world *world, const char *qname)
{
	const struct engine_question question = { .qname = name_of(qname), .qtype = TYPE_A, .qclass = CLASS_IN };
	struct answer answer;

	if (engine_cached(world->engine, &question, &world->arena, &answer, world->now_us) != 0)
		return false;
	if (answer.refresh_due)
		(void)engine_refresh(world->engine, &question, 0, world->now_us);
	world_run(world, SECOND);
	return true;
}

static struct world *
world_of(bool prefetch)
{
	struct engine_config config = engine_config_default;
	config.prime_root = false;
	config.prefetch = prefetch;
	struct world *world = world_new(suite_seed(10), &config);
	world_server(world, "192.0.2.1", &root);
	world_server(world, "192.0.2.2", &test);
	world_server(world, "192.0.2.3", &due);
	ck_assert_uint_eq(world_resolve(world, "www.test.", TYPE_A)->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(world_resolve(world, "alias.test.", TYPE_A)->rcode, RCODE_NOERROR);
	return world;
}

START_TEST(what_is_asked_for_in_the_last_tenth_of_its_time_does_not_end)
{
	struct world *world = world_of(true);
	world_run(world, 88 * SECOND);
	ck_assert(ask(world, "www.test."));
	ck_assert_uint_eq(world_asked(world, "www.test.", TYPE_A), 1);
	world_run(world, 3 * SECOND);
	ck_assert(ask(world, "www.test."));
	ck_assert_uint_eq(world_asked(world, "www.test.", TYPE_A), 2);
	/* Once is enough, and it lives beyond its first end. */
	ck_assert(ask(world, "www.test."));
	world_run(world, 20 * SECOND);
	ck_assert(ask(world, "www.test."));
	ck_assert_uint_eq(world_asked(world, "www.test.", TYPE_A), 2);
	world_free(world);
}
END_TEST

START_TEST(of_a_chain_only_what_ends_is_asked_for)
{
	struct world *world = world_of(true);
	const unsigned asked = world_asked(world, "alias.test.", TYPE_A);
	world_run(world, 92 * SECOND);
	ck_assert(ask(world, "alias.test."));
	ck_assert_uint_eq(world_asked(world, "www.test.", TYPE_A), 2);
	ck_assert_uint_eq(world_asked(world, "alias.test.", TYPE_A), asked);
	world_free(world);
}
END_TEST

START_TEST(what_nobody_asks_for_ends)
{
	struct world *world = world_of(true);
	world_run(world, 101 * SECOND);
	ck_assert(!ask(world, "www.test."));
	ck_assert_uint_eq(world_asked(world, "www.test.", TYPE_A), 1);
	world_free(world);
}
END_TEST

START_TEST(without_the_option_nothing_is_asked_that_is_known)
{
	struct world *world = world_of(false);
	world_run(world, 95 * SECOND);
	ck_assert(ask(world, "www.test."));
	ck_assert_uint_eq(world_asked(world, "www.test.", TYPE_A), 1);
	world_free(world);
}
END_TEST

START_TEST(a_server_that_is_dead_costs_the_client_nothing)
{
	struct world *world = world_of(true);
	world_run(world, 92 * SECOND);
	world->servers[1].dead = true;
	ck_assert(ask(world, "www.test."));
	world_run(world, 5 * SECOND);
	ck_assert(ask(world, "www.test."));
	world_free(world);
}
END_TEST

/* www.due. is known, and has as little time left as the delegation of its zone. */
static struct world *
near_the_end_of_due(void)
{
	struct world *world = world_of(true);
	ck_assert_uint_eq(world_resolve(world, "www.due.", TYPE_A)->rcode, RCODE_NOERROR);
	world_run(world, 950 * SECOND);
	return world;
}

START_TEST(near_the_end_of_a_delegation_its_parent_is_asked_again)
{
	struct world *world = near_the_end_of_due();
	const unsigned asked = world->servers[0].asked;
	ck_assert(ask(world, "www.due."));
	ck_assert_uint_eq(world->servers[0].asked, asked + 1);
	world_run(world, 100 * SECOND); /* beyond the first end of both */
	ck_assert(ask(world, "www.due."));
	world_resolve(world, "other.due.", TYPE_A);
	ck_assert_uint_eq(world->servers[0].asked, asked + 1);
	world_free(world);
}
END_TEST

/* Ghost domains (NDSS 2012): whoever keeps asking keeps no zone alive. */
START_TEST(what_its_parent_has_removed_is_not_kept_by_asking)
{
	struct world *world = near_the_end_of_due();
	world_serve_instead(&world->servers[0], &root_without_due);
	ck_assert(ask(world, "www.due."));
	world_run(world, 60 * SECOND);
	ck_assert_uint_eq(world_resolve(world, "www.due.", TYPE_A)->rcode, RCODE_NXDOMAIN);
	world_free(world);
}
END_TEST

static bool
refresh(struct world *world, uint64_t number)
{
	const struct engine_question question = { .qname = name_of("www.test."), .qtype = TYPE_A, .qclass = CLASS_IN };

	return engine_refresh(world->engine, &question, number, world->now_us);
}

START_TEST(who_refreshes_is_told_that_it_is_over)
{
	struct world *world = world_of(true);
	world_run(world, 92 * SECOND);
	ck_assert(refresh(world, 7));
	ck_assert(!refresh(world, 8)); /* it is at it already */
	ck_assert_uint_eq(world->refreshed, 0);
	world_run(world, SECOND);
	ck_assert_uint_eq(world->refreshed, 7);
	ck_assert_uint_eq(world_asked(world, "www.test.", TYPE_A), 2);
	world_free(world);
}
END_TEST

START_TEST(who_refreshes_in_vain_is_told_too)
{
	struct world *world = world_of(true);
	world_run(world, 92 * SECOND);
	world->servers[1].dead = true;
	ck_assert(refresh(world, 7));
	world_run(world, 60 * SECOND);
	ck_assert_uint_eq(world->refreshed, 7);
	world_free(world);
}
END_TEST

/* A client whose question meets the refresh has its answer, then who refreshes is told. */
START_TEST(a_refresh_that_a_client_has_joined_ends_once)
{
	struct world *world = world_of(true);
	world_run(world, 92 * SECOND);
	ck_assert(refresh(world, 7));
	const unsigned result = world_ask(world, "www.test.", TYPE_A);
	world_run(world, SECOND);
	ck_assert_uint_eq(world->results[result].rcode, RCODE_NOERROR);
	ck_assert_uint_eq(world->refreshed, 7);
	ck_assert_uint_eq(world_asked(world, "www.test.", TYPE_A), 2);
	world_free(world);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: prefetch");
	TCase *tcase = tcase_create("prefetch");
	tcase_add_test(tcase, what_is_asked_for_in_the_last_tenth_of_its_time_does_not_end);
	tcase_add_test(tcase, of_a_chain_only_what_ends_is_asked_for);
	tcase_add_test(tcase, what_nobody_asks_for_ends);
	tcase_add_test(tcase, without_the_option_nothing_is_asked_that_is_known);
	tcase_add_test(tcase, a_server_that_is_dead_costs_the_client_nothing);
	tcase_add_test(tcase, near_the_end_of_a_delegation_its_parent_is_asked_again);
	tcase_add_test(tcase, what_its_parent_has_removed_is_not_kept_by_asking);
	tcase_add_test(tcase, who_refreshes_is_told_that_it_is_over);
	tcase_add_test(tcase, who_refreshes_in_vain_is_told_too);
	tcase_add_test(tcase, a_refresh_that_a_client_has_joined_ends_once);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
