/* A zone is asked no more than so often a second, whoever asks for its names, and others are not touched by it. */
#include <stdio.h>

#include "resolver/policy/rate_zones.h"
#include "stack/base/arena.h"
#include "stack/base/rng.h"
#include "tests/resolver/iterate/world.h"
#include "tests/suite.h"

#define SEED      20261129u
#define SECOND_US 1000000u

static const struct world_zone root_zone = { ".", ". 60 SOA ns.root. h.root. 1 1 1 1 1\n"
						  ". 60 NS ns.root.\n"
						  "ns.root. 60 A 192.0.2.1\n"
						  "a. 3600 NS ns.a.\nns.a. 3600 A 192.0.2.2\n"
						  "b. 3600 NS ns.b.\nns.b. 3600 A 192.0.2.3\n" };
static const struct world_zone a_zone = { "a.", "a. 60 SOA ns.a. h.a. 1 1 1 1 1\na. 60 NS ns.a.\n"
						"ns.a. 60 A 192.0.2.2\n*.a. 60 A 192.0.2.80\n" };
static const struct world_zone b_zone = { "b.", "b. 60 SOA ns.b. h.b. 1 1 1 1 1\nb. 60 NS ns.b.\n"
						"ns.b. 60 A 192.0.2.3\n*.b. 60 A 192.0.2.81\n" };

static struct world *
world_with_rate(uint32_t per_s, uint32_t factor)
{
	struct engine_config config = engine_config_default;
	config.prime_root = false;
	config.zone_rate = (struct rate_limit){ .per_s = per_s, .factor = factor };
	struct world *world = world_new(suite_seed(SEED), &config);
	world_server(world, "192.0.2.1", &root_zone);
	world_server(world, "192.0.2.2", &a_zone);
	world_server(world, "192.0.2.3", &b_zone);
	return world;
}

/* Asks for so many names of the zone at once; how many have an answer. */
static unsigned
answered(struct world *world, const char *zone, unsigned count, int *ede)
{
	char qname[32];
	unsigned first = world->result_count, good = 0;
	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(qname, sizeof qname, "n%u.%s", first + i, zone);
		world_ask(world, qname, TYPE_A);
	}
	world_run(world, SECOND_US / 2);
	for (unsigned i = 0; i < count; i++) {
		const struct world_result *result = &world->results[first + i];
		good += result->done && result->rcode == RCODE_NOERROR;
		if (result->rcode != RCODE_NOERROR)
			*ede = result->ede;
	}
	return good;
}

START_TEST(beyond_the_rate_questions_fail_at_once_and_other_zones_are_asked)
{
	struct engine_stats stats;
	int ede = EDE_NONE;
	struct world *world = world_with_rate(10, 0);
	ck_assert_uint_eq(answered(world, "a.", 100, &ede), 10);
	ck_assert_int_eq(ede, EDE_RATE_LIMITED);
	ck_assert_uint_eq(answered(world, "b.", 10, &ede), 10);
	engine_stats(world->engine, &stats);
	ck_assert_uint_eq(stats.rate_limited, 90);
	world_run(world, 2 * SECOND_US);
	ck_assert_uint_eq(answered(world, "a.", 5, &ede), 5); /* nothing is remembered against it */
	world_free(world);
}
END_TEST

START_TEST(one_in_so_many_is_asked_all_the_same)
{
	int ede = EDE_NONE;
	struct world *world = world_with_rate(10, 10);
	ck_assert_uint_eq(answered(world, "a.", 110, &ede), 10 + 10);
	world_free(world);
}
END_TEST

static void
make_zones(struct rate_zones *zones, uint32_t count_max)
{
	static uint8_t block[4096];
	static struct arena arena;
	struct rng rng;

	arena_init(&arena, block, sizeof block);
	rng_init_number(&rng, suite_seed(SEED));
	ck_assert_int_eq(rate_zones_init(zones, &arena, count_max, &rng), 0);
}

static const struct {
	const char *behaviour;
	const char *name; /* of the limit */
	enum rate_scope scope;
	uint32_t per_s, of_all_per_s;
	unsigned of_a, of_b; /* questions of 50 that are answered */
} limits[] = {
	{ "a zone's own limit, and the others have that of all", "A.", RATE_OF_ZONE, 5, 20, 5, 20 },
	{ "a zone's own limit though there is none for all", "a.", RATE_OF_ZONE, 5, 0, 5, 50 },
	{ "a zone without a limit", "a.", RATE_OF_ZONE, 0, 20, 50, 20 },
	{ "of what is below a name", ".", RATE_BELOW, 5, 20, 5, 5 },
	{ "what is below a name is not the zone itself", "a.", RATE_BELOW, 5, 20, 20, 20 },
};

START_TEST(a_zone_may_have_a_limit_of_its_own)
{
	struct rate_zones zones;
	struct name name;
	int ede;
	struct world *world = world_with_rate(limits[_i].of_all_per_s, 0);

	make_zones(&zones, 1);
	ck_assert_int_eq(name_from_text(&name, limits[_i].name, NULL), 0);
	ck_assert_int_eq(rate_zones_add(&zones, &name, limits[_i].scope, limits[_i].per_s), 0);
	ck_assert_int_eq(rate_zones_add(&zones, &name, limits[_i].scope, 1), ERR_EXISTS);
	engine_set_rate_zones(world->engine, &zones);
	unsigned good = answered(world, "a.", 50, &ede);
	ck_assert_msg(good == limits[_i].of_a, "%s: %u of a.", limits[_i].behaviour, good);
	good = answered(world, "b.", 50, &ede);
	ck_assert_msg(good == limits[_i].of_b, "%s: %u of b.", limits[_i].behaviour, good);
	world_free(world);
}
END_TEST

/* The root itself denies the names: each is a question to it. */
static const struct {
	const char *behaviour;
	enum rate_scope scope;
	uint32_t per_s, of_all_per_s;
	bool is_limited;
} of_root[] = {
	{ "not by the limit of all", RATE_BELOW, 1000, 5, false },
	{ "nor by that of what is below it", RATE_BELOW, 5, 1000, false },
	{ "by its own", RATE_OF_ZONE, 5, 1000, true },
	{ "by its own though there is none for all", RATE_OF_ZONE, 5, 0, true },
};

START_TEST(the_root_has_a_limit_where_it_is_given_one)
{
	struct rate_zones zones;
	char qname[32];
	unsigned good = 0;
	struct world *world = world_with_rate(of_root[_i].of_all_per_s, 0);

	make_zones(&zones, 1);
	ck_assert_int_eq(rate_zones_add(&zones, &name_root, of_root[_i].scope, of_root[_i].per_s), 0);
	engine_set_rate_zones(world->engine, &zones);
	world->config.prime_root = true; /* what the hints say is the operator's */
	engine_configure(world->engine, &world->config);
	engine_prime(world->engine, world->now_us);
	world_run(world, 2 * SECOND_US);
	for (unsigned i = 0; i < 50; i++) {
		(void)snprintf(qname, sizeof qname, "nowhere%u.", i);
		world_ask(world, qname, TYPE_A);
	}
	world_run(world, SECOND_US / 2);
	for (unsigned i = 0; i < 50; i++)
		good += world->results[i].done && world->results[i].rcode == RCODE_NXDOMAIN;
	ck_assert_msg(good == (of_root[_i].is_limited ? of_root[_i].per_s : 50), "%s: %u", of_root[_i].behaviour, good);
	world_free(world);
}
END_TEST

/* For a zone its own, else the nearest above. */
START_TEST(the_nearest_limit_counts)
{
	static const struct { const char *name; enum rate_scope scope; uint32_t per_s; } entries[] = {
		{ "example.", RATE_BELOW, 1 }, { "sub.example.", RATE_BELOW, 2 }, { "sub.example.", RATE_OF_ZONE, 3 },
		{ ".", RATE_BELOW, 4 },
	};
	static const struct { const char *zone; uint32_t per_s; } found[] = {
		{ "sub.example.", 3 }, { "x.sub.example.", 2 }, { "x.y.Sub.Example.", 2 }, { "other.example.", 1 },
		{ "example.", 4 }, { "badexample.", 4 }, { ".", 9 },
	};
	struct rate_zones zones;
	struct name name;

	make_zones(&zones, 3);
	for (unsigned i = 0; i < COUNT(entries); i++) {
		ck_assert_int_eq(name_from_text(&name, entries[i].name, NULL), 0);
		ck_assert_int_eq(rate_zones_add(&zones, &name, entries[i].scope, entries[i].per_s), 0);
	}
	ck_assert_int_eq(name_from_text(&name, "one.too.many.", NULL), 0);
	ck_assert_int_eq(rate_zones_add(&zones, &name, RATE_BELOW, 1), ERR_FULL);
	for (unsigned i = 0; i < COUNT(found); i++) {
		ck_assert_int_eq(name_from_text(&name, found[i].zone, NULL), 0);
		ck_assert_msg(rate_zones_find(&zones, &name, 9) == found[i].per_s, "%s", found[i].zone);
	}
	ck_assert_uint_eq(rate_zones_find(NULL, &name, 9), 9);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: rates");
	TCase *tcase = tcase_create("rates");
	tcase_add_test(tcase, beyond_the_rate_questions_fail_at_once_and_other_zones_are_asked);
	tcase_add_test(tcase, one_in_so_many_is_asked_all_the_same);
	tcase_add_loop_test(tcase, a_zone_may_have_a_limit_of_its_own, 0, COUNT(limits));
	tcase_add_loop_test(tcase, the_root_has_a_limit_where_it_is_given_one, 0, COUNT(of_root));
	tcase_add_test(tcase, the_nearest_limit_counts);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
