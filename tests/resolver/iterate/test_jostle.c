/* Who keeps a place when there are more questions than places. */
#include <stdio.h>

#include "resolver/iterate/engine_priv.h"
#include "tests/resolver/iterate/world.h"
#include "tests/suite.h"

#define PLACES     4u
#define TIMEOUT_US 200000u

static const char root_text[] = ". 86400 SOA mname. rname. 1 2 3 4 86400\n"
				". 86400 NS ns.root.\n"
				"slow. 3600 NS ns.slow.\n"
				"ns.slow. 3600 A 192.0.2.2\n"
				"quick. 3600 NS ns.quick.\n"
				"ns.quick. 3600 A 192.0.2.3\n"
				"hosted. 3600 NS ns.far.slow.\n";
static const struct world_zone root = { ".", root_text };
static const char slow_text[] = "slow. 600 SOA mname. rname. 1 2 3 4 300\n"
				"slow. 3600 NS ns.slow.\n"
				"ns.slow. 3600 A 192.0.2.2\n"
				"ns.far.slow. 3600 A 192.0.2.4\n";
static const struct world_zone slow = { "slow.", slow_text };
static const char quick_text[] = "quick. 600 SOA mname. rname. 1 2 3 4 300\n"
				 "www.quick. 300 A 192.0.2.80\n";
static const struct world_zone quick = { "quick.", quick_text };
static const char hosted_text[] = "hosted. 600 SOA mname. rname. 1 2 3 4 300\n"
				  "www.hosted. 300 A 192.0.2.81\n";
static const struct world_zone hosted = { "hosted.", hosted_text };

struct stage {
	struct world *world;
	struct world_server *slow;
	unsigned first; /* result of the first of the questions that fill the places, which follow each other */
};

static struct stage
empty_places(void)
{
	struct stage stage = { .world = world_new(suite_seed(4), NULL) };

	world_server(stage.world, "192.0.2.1", &root);
	stage.slow = world_server(stage.world, "192.0.2.2", &slow);
	world_server(stage.world, "192.0.2.3", &quick);
	world_server(stage.world, "192.0.2.4", &hosted);
	stage.world->engine->limits.question_count = PLACES;
	stage.slow->dead = true;
	return stage;
}

static void
ask_one_after_the_other(struct stage *stage, const char *const *qnames, unsigned count)
{
	stage->first = stage->world->result_count;
	for (unsigned i = 0; i < count; i++) {
		world_ask(stage->world, qnames[i], TYPE_A);
		world_run(stage->world, 1000);
	}
}

/* PLACES questions wait for a server that does not answer. */
static struct stage
all_places_taken(void)
{
	static const char *const qnames[PLACES] = { "n0.slow.", "n1.slow.", "n2.slow.", "n3.slow." };
	struct stage stage = empty_places();

	ask_one_after_the_other(&stage, qnames, PLACES);
	return stage;
}

static uint64_t
jostled(const struct world *world)
{
	struct engine_stats stats;
	engine_stats(world->engine, &stats);
	return stats.jostled;
}

START_TEST(nobody_makes_room_before_its_time)
{
	const struct engine_question question = { .qname = name_of("www.quick."), .qtype = TYPE_A, .qclass = CLASS_IN };
	struct stage stage = all_places_taken();
	ck_assert_int_eq(engine_ask(stage.world->engine, &question, 1, stage.world->now_us), ERR_FULL);
	ck_assert_uint_eq(jostled(stage.world), 0);
	world_run(stage.world, 60000000);
	ck_assert_uint_eq(stage.world->engine->places.count, 0);
	world_free(stage.world);
}
END_TEST

START_TEST(a_new_question_takes_the_place_of_the_oldest_that_is_not_lasting)
{
	struct stage stage = all_places_taken();
	const struct world_result *results = &stage.world->results[stage.first];
	world_run(stage.world, TIMEOUT_US + 10000);
	ck_assert_uint_eq(world_resolve(stage.world, "www.quick.", TYPE_A)->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(jostled(stage.world), 1);
	for (unsigned i = 0; i < PLACES; i++)
		ck_assert_msg(results[i].done == (i == PLACES / 2), "question %u", i);
	ck_assert_uint_eq(results[PLACES / 2].rcode, RCODE_SERVFAIL);
	ck_assert_int_eq(results[PLACES / 2].ede, EDE_NOT_READY);
	ck_assert_uint_eq(results[PLACES / 2].fate, ANSWER_NO_ROOM);
	world_run(stage.world, 60000000);
	ck_assert_uint_eq(stage.world->engine->places.count, 0);
	world_free(stage.world);
}
END_TEST

START_TEST(nobody_makes_room_for_who_cannot_come_in)
{
	const struct engine_question question = { .qname = name_of("www.quick."), .qtype = TYPE_A, .qclass = CLASS_IN };
	struct stage stage = all_places_taken();
	const uint32_t clients = stage.world->engine->limits.client_count;
	world_run(stage.world, TIMEOUT_US + 10000);
	stage.world->engine->limits.client_count = PLACES;
	ck_assert_int_eq(engine_ask(stage.world->engine, &question, 1, stage.world->now_us), ERR_FULL);
	ck_assert_uint_eq(jostled(stage.world), 0);
	stage.world->engine->limits.client_count = clients;
	world_run(stage.world, 60000000);
	world_free(stage.world);
}
END_TEST

START_TEST(the_lasting_half_stays_to_its_end_whatever_comes)
{
	struct stage stage = all_places_taken();
	const struct world_result *results = &stage.world->results[stage.first];
	char qname[32];
	for (unsigned i = 0; i < 6; i++) {
		world_run(stage.world, TIMEOUT_US + 10000);
		(void)snprintf(qname, sizeof qname, "m%u.slow.", i);
		world_ask(stage.world, qname, TYPE_A);
		ck_assert_uint_eq(stage.world->engine->places.count, PLACES);
	}
	for (unsigned i = 0; i < PLACES; i++)
		ck_assert_msg(results[i].done == (i >= PLACES / 2), "question %u", i);
	ck_assert_uint_eq(jostled(stage.world), 6);
	world_run(stage.world, 60000000);
	world_free(stage.world);
}
END_TEST

START_TEST(asking_again_makes_no_question_younger)
{
	struct stage stage = all_places_taken();
	const char *const oldest = "n2.slow.";
	for (unsigned i = 0; i < 3; i++) {
		world_run(stage.world, TIMEOUT_US / 2);
		world_ask(stage.world, oldest, TYPE_A);
	}
	world_ask(stage.world, "www.quick.", TYPE_A);
	ck_assert(stage.world->results[stage.first + 2].done);
	ck_assert_uint_eq(jostled(stage.world), 1);
	world_run(stage.world, 60000000);
	world_free(stage.world);
}
END_TEST

START_TEST(what_another_question_needs_is_still_found_out)
{
	static const char *const qnames[PLACES] = { "www.hosted.", "n1.slow.", "ns.far.slow.", "n3.slow." };
	struct stage stage = empty_places();
	struct world *world = stage.world;
	ask_one_after_the_other(&stage, qnames, PLACES);
	const struct world_result *results = &world->results[stage.first];
	world_run(world, TIMEOUT_US + 10000);
	world_ask(world, "www.quick.", TYPE_A);
	world_run(world, 1000);
	ck_assert(results[2].done);
	ck_assert_uint_eq(results[2].fate, ANSWER_NO_ROOM);
	ck_assert(!results[0].done);
	stage.slow->dead = false;
	world_run(world, 60000000);
	ck_assert_uint_eq(results[0].rcode, RCODE_NOERROR);
	ck_assert_uint_eq(world->engine->places.count, 0);
	world_free(world);
}
END_TEST

/* RFC 8767, section 5: better than no answer, whoever else waits for a better one. */
START_TEST(who_makes_room_is_told_what_the_caches_still_hold)
{
	static const char *const qnames[PLACES] = { "www.hosted.", "n1.slow.", "ns.far.slow.", "n3.slow." };
	struct stage stage = empty_places();
	struct world *world = stage.world;
	struct engine_config config = world->config;
	config.serve_expired = true;
	config.serve_expired_client_timeout_ms = 60000;
	engine_configure(world->engine, &config);
	stage.slow->dead = false;
	ck_assert_uint_eq(world_resolve(world, "ns.far.slow.", TYPE_A)->rcode, RCODE_NOERROR);
	world_run(world, 3601u * 1000000u);
	stage.slow->dead = true;
	ask_one_after_the_other(&stage, qnames, PLACES);
	const struct world_result *results = &world->results[stage.first];
	world_run(world, TIMEOUT_US + 10000);
	world_ask(world, "www.quick.", TYPE_A);
	world_run(world, 1000);
	ck_assert_uint_eq(jostled(world), 1);
	ck_assert(results[2].done);
	ck_assert_uint_eq(results[2].rcode, RCODE_NOERROR);
	ck_assert_int_eq(results[2].ede, EDE_STALE_ANSWER);
	ck_assert_uint_ne(results[2].fate, ANSWER_NO_ROOM);
	world_run(world, 60000000);
	world_free(world);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: places for questions");
	TCase *tcase = tcase_create("jostle");
	tcase_add_test(tcase, nobody_makes_room_before_its_time);
	tcase_add_test(tcase, a_new_question_takes_the_place_of_the_oldest_that_is_not_lasting);
	tcase_add_test(tcase, nobody_makes_room_for_who_cannot_come_in);
	tcase_add_test(tcase, the_lasting_half_stays_to_its_end_whatever_comes);
	tcase_add_test(tcase, asking_again_makes_no_question_younger);
	tcase_add_test(tcase, what_another_question_needs_is_still_found_out);
	tcase_add_test(tcase, who_makes_room_is_told_what_the_caches_still_hold);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
