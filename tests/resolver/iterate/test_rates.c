/* A zone is asked no more than so often a second, whoever asks for its names, and others are not touched by it. */
#include <stdio.h>

#include "tests/resolver/iterate/world.h"
#include "tests/suite.h"

#define SEED      20261129u
#define SECOND_US 1000000u

static const struct world_zone root_zone = { ".", ". 60 SOA ns.root. h.root. 1 1 1 1 1\n"
						  ". 60 NS ns.root.\n"
						  "ns.root. 60 A 192.0.2.1\n"
						  "a. 3600 NS ns.a.\nns.a. 3600 A 192.0.2.2\n"
						  "b. 3600 NS ns.b.\nns.b. 3600 A 192.0.2.3\n" };
static const struct world_zone a_zone = { "a.", "a. 60 SOA ns.a. h.a. 1 1 1 1 1\na. 60 NS ns.a.\nns.a. 60 A 192.0.2.2\n*.a. 60 A 192.0.2.80\n" };
static const struct world_zone b_zone = { "b.", "b. 60 SOA ns.b. h.b. 1 1 1 1 1\nb. 60 NS ns.b.\nns.b. 60 A 192.0.2.3\n*.b. 60 A 192.0.2.81\n" };

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

int
main(void)
{
	Suite *suite = suite_create("iterate: rates");
	TCase *tcase = tcase_create("rates");
	tcase_add_test(tcase, beyond_the_rate_questions_fail_at_once_and_other_zones_are_asked);
	tcase_add_test(tcase, one_in_so_many_is_asked_all_the_same);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
