/* Zones that are kept here, as the resolver uses them: looked into instead of asking, and gone on from. */
#include <string.h>

#include "resolver/zone/kept.h"
#include "tests/resolver/iterate/world.h"
#include "tests/suite.h"

static const char kept_text[] = "@ 3600 SOA ns h 1 2 3 4 300\n"
				"@ NS ns\n"
				"www A 192.0.2.80\n"
				"inside A 10.0.0.1\n"
				"away CNAME www.test.\n"
				"below NS ns.below\n"
				"ns.below A 192.0.2.2\n";

static const struct world_zone root = { ".", ". SOA a b 1 2 3 4 5\n. NS ns.root.\n"
					     "test. NS ns.test.\nns.test. A 192.0.2.2\n"
					     "kept. NS ns.test.\n" };
static const struct world_zone test = { "test.", "test. SOA a b 1 2 3 4 5\ntest. NS ns.test.\nwww.test. A 192.0.2.99\n"
						 "into.test. CNAME www.kept.\n" };
static const struct world_zone below = { "below.kept.", "@ SOA a b 1 2 3 4 5\n@ NS ns\nwww A 192.0.2.77\n" };
static const struct world_zone outside = { "kept.", "@ SOA a b 1 2 3 4 5\n@ NS ns.test.\nwww A 192.0.2.66\n" };

static struct world *world;
static struct kept_zones *kept;
static uint8_t block[1u << 20];
static struct arena arena;
static struct zone_reading reading;

static struct zone *
read_zone(const struct name *apex)
{
	struct zone_builder builder;
	struct zone *zone;
	ck_assert_int_eq(zone_begin(&builder, apex, &arena), 0);
	ck_assert_int_eq(zone_read(&builder, kept_text, strlen(kept_text), &reading), 0);
	ck_assert_int_eq(zone_finish(&builder, &zone), 0);
	return zone;
}

static void
keep(bool for_upstream, bool fallback, bool has_records)
{
	const struct name apex = name_of("kept.");
	const struct kept_zone zone = { .name = &apex, .for_upstream = for_upstream, .fallback = fallback,
					.zone = has_records ? read_zone(&apex) : NULL };
	kept = kept_new(&arena);
	ck_assert_int_eq(kept_add(kept, &zone), 0);
	engine_set_kept(world->engine, kept);
}

static void
setup(void)
{
	world = world_new(suite_seed(21), NULL);
	world_server(world, "192.0.2.1", &root);
	struct world_server *server = world_server(world, "192.0.2.2", &test);
	world_serve(server, &below);
	world_serve(server, &outside);
	arena_init(&arena, block, sizeof block);
}

static void
teardown(void)
{
	world_free(world);
}

START_TEST(its_data_are_given_and_nobody_is_asked)
{
	keep(true, false, true);
	const struct world_result *result = world_resolve(world, "www.kept.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "www.kept.", TYPE_A, "192.0.2.80"));
	result = world_resolve(world, "no.kept.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NXDOMAIN);
	ck_assert(world_has(result, SECTION_AUTHORITY, "kept.", TYPE_SOA, NULL));
	ck_assert_uint_eq(world->sent_count, 0);
}
END_TEST

START_TEST(what_it_said_is_in_the_caches)
{
	keep(true, false, true);
	(void)world_resolve(world, "www.kept.", TYPE_A);
	ck_assert_ptr_nonnull(world_cached(world, "www.kept.", TYPE_A));
}
END_TEST

START_TEST(an_alias_out_of_it_is_followed)
{
	keep(true, false, true);
	const struct world_result *result = world_resolve(world, "away.kept.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "away.kept.", TYPE_CNAME, "www.test."));
	ck_assert(world_has(result, SECTION_ANSWER, "www.test.", TYPE_A, "192.0.2.99"));
}
END_TEST

START_TEST(an_alias_into_it_is_followed)
{
	keep(true, false, true);
	const struct world_result *result = world_resolve(world, "into.test.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "www.kept.", TYPE_A, "192.0.2.80"));
}
END_TEST

START_TEST(a_zone_below_it_is_asked_at_its_servers)
{
	keep(true, false, true);
	const struct world_result *result = world_resolve(world, "www.below.kept.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "www.below.kept.", TYPE_A, "192.0.2.77"));
	ck_assert_uint_eq(world_asked(world, "kept.", 0), 0);
}
END_TEST

START_TEST(its_private_addresses_are_the_operators_own)
{
	keep(true, false, true);
	const struct world_result *result = world_resolve(world, "inside.kept.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "inside.kept.", TYPE_A, "10.0.0.1"));
}
END_TEST

START_TEST(it_goes_before_a_delegation_that_is_known)
{
	ck_assert(world_has(world_resolve(world, "www.kept.", TYPE_A), SECTION_ANSWER, "www.kept.", TYPE_A, "192.0.2.66"));
	keep(true, false, true);
	const struct world_result *result = world_resolve(world, "inside.kept.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "inside.kept.", TYPE_A, "10.0.0.1"));
}
END_TEST

START_TEST(one_that_is_for_clients_alone_is_resolved_at_its_servers)
{
	keep(false, false, true);
	const struct world_result *result = world_resolve(world, "www.kept.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "www.kept.", TYPE_A, "192.0.2.66"));
}
END_TEST

START_TEST(without_records_it_fails_or_its_servers_are_asked)
{
	keep(true, false, false);
	const struct world_result *result = world_resolve(world, "www.kept.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	ck_assert_int_eq(result->ede, EDE_INVALID_DATA);
	ck_assert_uint_eq(world->sent_count, 0);
	keep(true, true, false);
	result = world_resolve(world, "other.kept.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NXDOMAIN);
	ck_assert_uint_gt(world->sent_count, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("zones kept here");
	TCase *tcase = tcase_create("kept");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, its_data_are_given_and_nobody_is_asked);
	tcase_add_test(tcase, what_it_said_is_in_the_caches);
	tcase_add_test(tcase, an_alias_out_of_it_is_followed);
	tcase_add_test(tcase, an_alias_into_it_is_followed);
	tcase_add_test(tcase, a_zone_below_it_is_asked_at_its_servers);
	tcase_add_test(tcase, its_private_addresses_are_the_operators_own);
	tcase_add_test(tcase, it_goes_before_a_delegation_that_is_known);
	tcase_add_test(tcase, one_that_is_for_clients_alone_is_resolved_at_its_servers);
	tcase_add_test(tcase, without_records_it_fails_or_its_servers_are_asked);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
