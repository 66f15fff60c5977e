#include "resolver/policy/forward.h"

#include "stack/base/arena.h"
#include "stack/base/err.h"
#include "stack/base/rng.h"
#include "tests/suite.h"

#define ZONES_MAX 4u

static uint8_t block[65536];
static struct arena arena;
static struct forwards forwards;

static void
setup(void)
{
	struct rng rng;
	rng_init_number(&rng, 5);
	arena_init(&arena, block, sizeof block);
	ck_assert_int_eq(forwards_init(&forwards, &arena, ZONES_MAX, &rng), 0);
}

static struct name
name_of(const char *text)
{
	struct name name;
	ck_assert_msg(name_from_text(&name, text, NULL) == 0, "%s", text);
	return name;
}

static int
add(const char *text)
{
	struct name name = name_of(text), host = name_of("ns.host.test.");
	struct forward_zone zone = { .name = &name, .host_count = 1, .hosts = { &host } };
	return forwards_add(&forwards, &zone);
}

static void
assert_zone_of(const char *text, const char *zone_text)
{
	struct name name = name_of(text);
	const struct forward_zone *zone = forwards_find(&forwards, &name);
	ck_assert_msg((zone != NULL) == (zone_text != NULL), "%s", text);
	if (zone_text == NULL)
		return;
	struct name expected = name_of(zone_text), host = name_of("ns.host.test.");
	ck_assert_msg(name_equal_exact(zone->name, &expected), "%s", text);
	ck_assert(name_equal(zone->hosts[0], &host));
}

START_TEST(the_deepest_zone_at_or_above_a_name_counts)
{
	ck_assert_int_eq(add("example."), 0);
	ck_assert_int_eq(add("Corp.Example."), 0);
	assert_zone_of("www.corp.example.", "corp.example.");
	assert_zone_of("CORP.example.", "corp.example.");
	assert_zone_of("www.example.", "example.");
	assert_zone_of("badexample.", NULL);
	assert_zone_of(".", NULL);
	ck_assert_int_eq(add("."), 0);
	assert_zone_of("badexample.", ".");
}
END_TEST

/* Names of every length go before the zones in the arena: UBSan tells when one is not aligned. */
START_TEST(zones_keep_what_they_are_given_behind_names_of_any_length)
{
	static const char *const zones[] = { "a.", "bb.", "ccc.", "dddd." };
	for (unsigned i = 0; i < COUNT(zones); i++)
		ck_assert_int_eq(add(zones[i]), 0);
	for (unsigned i = 0; i < COUNT(zones); i++)
		assert_zone_of(zones[i], zones[i]);
}
END_TEST

START_TEST(a_zone_is_there_once_and_no_more_than_were_announced)
{
	ck_assert_int_eq(add("a."), 0);
	ck_assert_int_eq(add("A."), ERR_EXISTS);
	ck_assert_int_eq(add("b."), 0);
	ck_assert_int_eq(add("c."), 0);
	ck_assert_int_eq(add("d."), 0);
	ck_assert_int_eq(add("e."), ERR_FULL);
}
END_TEST

START_TEST(without_zones_nothing_is_found)
{
	struct name name = name_of("www.example.");
	ck_assert_ptr_null(forwards_find(NULL, &name));
	ck_assert_ptr_null(forwards_find(&forwards, &name));
}
END_TEST

START_TEST(behind_the_forwarders_of_a_name_stands_its_stub)
{
	struct name name = name_of("example."), host = name_of("ns.host.test.");
	struct forward_zone stub = { .name = &name, .host_count = 1, .hosts = { &host } }, forward = stub;
	forward.is_forward = true;
	ck_assert_int_eq(forwards_add(&forwards, _i == 0 ? &stub : &forward), 0);
	ck_assert_int_eq(forwards_add(&forwards, _i == 0 ? &forward : &stub), 0);
	ck_assert_int_eq(forwards_add(&forwards, &stub), ERR_EXISTS);
	ck_assert_int_eq(forwards_add(&forwards, &forward), ERR_EXISTS);
	const struct forward_zone *zone = forwards_find(&forwards, &name);
	ck_assert(zone->is_forward);
	ck_assert_ptr_nonnull(zone->behind);
	ck_assert(!zone->behind->is_forward);
}
END_TEST

START_TEST(what_is_not_to_be_kept_is_said_of_a_zone)
{
	struct name name = name_of("fresh.example."), below = name_of("www.fresh.example."), other = name_of("www.example.");
	struct forward_zone zone = { .name = &name, .no_cache = true };
	ck_assert(!forwards_uncached(NULL, &below));
	ck_assert(!forwards_uncached(&forwards, &below));
	ck_assert_int_eq(add("example."), 0);
	ck_assert_int_eq(forwards_add(&forwards, &zone), 0);
	ck_assert(forwards_uncached(&forwards, &below));
	ck_assert(!forwards_uncached(&forwards, &other));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("policy: forward");
	TCase *tcase = tcase_create("zones");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, the_deepest_zone_at_or_above_a_name_counts);
	tcase_add_test(tcase, zones_keep_what_they_are_given_behind_names_of_any_length);
	tcase_add_test(tcase, a_zone_is_there_once_and_no_more_than_were_announced);
	tcase_add_loop_test(tcase, behind_the_forwarders_of_a_name_stands_its_stub, 0, 2);
	tcase_add_test(tcase, what_is_not_to_be_kept_is_said_of_a_zone);
	tcase_add_test(tcase, without_zones_nothing_is_found);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
