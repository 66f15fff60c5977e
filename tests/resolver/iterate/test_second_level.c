/* The second level of the caches, as the engine sees it: asked once for each name that is not known, before any server. */
#include "resolver/iterate/engine_priv.h"
#include "tests/resolver/iterate/world.h"
#include "tests/suite.h"

#define SECOND   1000000u
#define HELD_MAX 16u

static const struct world_zone root = { ".", ". 86400 SOA mname. rname. 1 2 3 4 86400\n"
					     ". 86400 NS ns.root.\n"
					     "ns.root. 86400 A 192.0.2.1\n"
					     "test. 86400 NS ns.test.\n"
					     "ns.test. 86400 A 192.0.2.2\n" };

static const struct world_zone test = { "test.", "test. 600 SOA mname. rname. 1 2 3 4 300\n"
						 "test. 3600 NS ns.test.\n"
						 "ns.test. 3600 A 192.0.2.2\n"
						 "www.test. 100 A 192.0.2.80\n"
						 "www.test. 100 MX 1 mail.test.\n"
						 "alias.test. 1000 CNAME www.test.\n" };

/* What the second level does, and was asked. */
struct second {
	bool knows_address, knows_alias, holds; /* holds: answers when the test says so */
	unsigned fetches;
	engine_query held[HELD_MAX];
	struct name names[HELD_MAX];
};

/* "\3www\4test\0" -> 192.0.2.99, as another machine may have found out. */
static void
learn_address(struct world *world)
{
	const struct name owner = name_of("www.test.");
	static const uint8_t rdata[] = { 0, 4, 192, 0, 2, 99 };
	const struct rrset set = { .owner = &owner,
				   .type = TYPE_A,
				   .class = CLASS_IN,
				   .rr_count = 1,
				   .rdata = rdata,
				   .rdata_bytes = sizeof rdata };
	ck_assert_int_eq(rrset_cache_put(world->caches.rrsets, &set, TRUST_ANSWER_AA, 60,
					 (uint32_t)(world->now_us / SECOND)),
			 0);
}

static void
learn_alias(struct world *world)
{
	const struct name owner = name_of("alias.test.");
	static const uint8_t rdata[] = { 0, 10, 3, 'w', 'w', 'w', 4, 't', 'e', 's', 't', 0 };
	const struct rrset set = { .owner = &owner,
				   .type = TYPE_CNAME,
				   .class = CLASS_IN,
				   .rr_count = 1,
				   .rdata = rdata,
				   .rdata_bytes = sizeof rdata };
	ck_assert_int_eq(rrset_cache_put(world->caches.rrsets, &set, TRUST_ANSWER_AA, 60,
					 (uint32_t)(world->now_us / SECOND)),
			 0);
}

static void
on_fetch(struct world *world, const struct engine_action *action)
{
	struct second *second = world->fetch_context;
	const struct name www = name_of("www.test."), alias = name_of("alias.test.");
	bool is_address = name_equal(action->fetch_name, &www) && action->fetch_type == TYPE_A;
	bool is_alias = name_equal(action->fetch_name, &alias);
	bool found = (second->knows_address && is_address) || (second->knows_alias && is_alias);

	ck_assert_uint_lt(second->fetches, HELD_MAX);
	name_copy(&second->names[second->fetches], action->fetch_name);
	second->held[second->fetches++] = action->query;
	if (found && is_address)
		learn_address(world);
	if (found && is_alias)
		learn_alias(world);
	if (!second->holds)
		engine_fetched(world->engine, action->query, found, world->now_us);
}

static struct world *
world_of(struct second *second, bool has_second_level)
{
	struct engine_config config = engine_config_default;
	config.prime_root = false;
	config.second_level = has_second_level;
	struct world *world = world_new(suite_seed(11), &config);
	world->on_fetch = on_fetch;
	world->fetch_context = second;
	world_server(world, "192.0.2.1", &root);
	world_server(world, "192.0.2.2", &test);
	return world;
}

START_TEST(what_it_knows_is_asked_of_no_server)
{
	struct second second = { .knows_address = true };
	struct world *world = world_of(&second, true);
	const struct world_result *result = world_resolve(world, "www.test.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "www.test.", TYPE_A, "192.0.2.99"));
	ck_assert(result->from_cache);
	ck_assert_uint_eq(world->sent_count, 0);
	ck_assert_uint_eq(second.fetches, 1);
	world_resolve(world, "www.test.", TYPE_A); /* out of our own caches */
	ck_assert_uint_eq(second.fetches, 1);
	world_free(world);
}
END_TEST

START_TEST(what_it_does_not_know_is_asked_of_servers)
{
	struct second second = { .knows_address = false };
	struct world *world = world_of(&second, true);
	const struct world_result *result = world_resolve(world, "www.test.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "www.test.", TYPE_A, "192.0.2.80"));
	ck_assert_uint_eq(second.fetches, 1);
	ck_assert(name_equal(&second.names[0], &(struct name){ 10, "\3www\4test" }));
	world_free(world);
}
END_TEST

START_TEST(each_name_of_a_chain_is_asked_for_once)
{
	struct second second = { .knows_alias = true };
	struct world *world = world_of(&second, true);
	const struct world_result *result = world_resolve(world, "alias.test.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "alias.test.", TYPE_CNAME, "www.test."));
	ck_assert(world_has(result, SECTION_ANSWER, "www.test.", TYPE_A, "192.0.2.80"));
	ck_assert_uint_eq(second.fetches, 2);
	ck_assert_uint_eq(world_asked(world, "alias.test.", TYPE_A), 0);
	world_free(world);
	second = (struct second){ .knows_alias = true, .knows_address = true };
	world = world_of(&second, true);
	result = world_resolve(world, "alias.test.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "www.test.", TYPE_A, "192.0.2.99"));
	ck_assert_uint_eq(world->sent_count, 0);
	world_free(world);
}
END_TEST

START_TEST(a_task_waits_for_it_and_those_who_join_with_it)
{
	struct second second = { .holds = true };
	struct world *world = world_of(&second, true);
	unsigned first = world_ask(world, "www.test.", TYPE_A);
	world_run(world, SECOND);
	unsigned joined = world_ask(world, "www.test.", TYPE_A);
	ck_assert_uint_eq(world->sent_count, 0);
	ck_assert_uint_eq(second.fetches, 1);
	learn_address(world);
	engine_fetched(world->engine, second.held[0], true, world->now_us);
	world_run(world, SECOND);
	ck_assert(world->results[first].done && world->results[joined].done);
	ck_assert(world_has(&world->results[joined], SECTION_ANSWER, "www.test.", TYPE_A,
			    "192.0.2.99"));
	world_free(world);
}
END_TEST

START_TEST(what_is_told_twice_or_of_another_time_is_nothing)
{
	struct second second = { .holds = true };
	struct world *world = world_of(&second, true);
	unsigned first = world_ask(world, "www.test.", TYPE_A);
	engine_fetched(world->engine, second.held[0] ^ UINT64_C(1) << 32, true,
		       world->now_us); /* another task's */
	engine_fetched(world->engine, second.held[0] ^ 1, true, world->now_us);
	engine_fetched(world->engine, UINT64_MAX, true, world->now_us);
	ck_assert(!world->results[first].done);
	engine_fetched(world->engine, second.held[0], false, world->now_us);
	world_run(world, SECOND);
	ck_assert(world->results[first].done);
	unsigned second_ask = world_ask(world, "www.test.", TYPE_MX); /* in the same place */
	engine_fetched(world->engine, second.held[0], true, world->now_us);
	ck_assert_uint_eq(second.fetches, 2);
	ck_assert(!world->results[second_ask].done);
	engine_fetched(world->engine, second.held[1], false, world->now_us);
	world_run(world, SECOND);
	ck_assert(world->results[second_ask].done);
	world_free(world);
}
END_TEST

START_TEST(a_driver_that_never_tells_holds_nobody_up_for_ever)
{
	struct second second = { .holds = true };
	struct world *world = world_of(&second, true);
	unsigned first = world_ask(world, "www.test.", TYPE_A);
	world_run(world, 20 * SECOND);
	ck_assert(world->results[first].done);
	world_free(world);
}
END_TEST

START_TEST(without_one_nothing_is_fetched)
{
	struct second second = { .knows_address = true };
	struct world *world = world_of(&second, false);
	const struct world_result *result = world_resolve(world, "www.test.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "www.test.", TYPE_A, "192.0.2.80"));
	ck_assert_uint_eq(second.fetches, 0);
	world_free(world);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: second level");
	TCase *tcase = tcase_create("second level");
	tcase_add_test(tcase, what_it_knows_is_asked_of_no_server);
	tcase_add_test(tcase, what_it_does_not_know_is_asked_of_servers);
	tcase_add_test(tcase, each_name_of_a_chain_is_asked_for_once);
	tcase_add_test(tcase, a_task_waits_for_it_and_those_who_join_with_it);
	tcase_add_test(tcase, what_is_told_twice_or_of_another_time_is_nothing);
	tcase_add_test(tcase, a_driver_that_never_tells_holds_nobody_up_for_ever);
	tcase_add_test(tcase, without_one_nothing_is_fetched);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
