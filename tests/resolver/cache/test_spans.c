#include "resolver/cache/spans.h"

#include <stdio.h>
#include <string.h>

#include "stack/base/rng.h"
#include "tests/suite.h"

static struct spans spans;

static struct name
name_of(const char *text)
{
	struct name name;
	ck_assert_int_eq(name_from_text(&name, text, NULL), 0);
	return name;
}

static void
begin(void)
{
	struct rng rng;
	rng_init_number(&rng, suite_seed(1));
	spans_init(&spans, hash_key_draw(&rng));
}

static void
add(const char *zone, uint16_t type, const char *owner)
{
	const struct name zone_name = name_of(zone), owner_name = name_of(owner);
	spans_add(&spans, &zone_name, type, &owner_name);
}

/* The owner found, "" for none. */
static const char *
found(const char *zone, uint16_t type, const char *name)
{
	static char text[NAME_TEXT_BYTES];
	const struct name zone_name = name_of(zone), asked = name_of(name);
	struct name owner;
	return spans_find(&spans, &zone_name, type, &asked, &owner) ? name_to_text(&owner, text, sizeof text) : "";
}

static const char *
zone_of(const char *name)
{
	static char text[NAME_TEXT_BYTES];
	const struct name asked = name_of(name);
	struct name zone;
	return spans_zone(&spans, &asked, &zone) ? name_to_text(&zone, text, sizeof text) : "";
}

static void
fill(void)
{
	begin();
	add("example.", TYPE_NSEC, "m.example.");
	add("example.", TYPE_NSEC, "example.");
	add("sub.example.", TYPE_NSEC, "sub.example.");
	add("example.", TYPE_NSEC, "Z.example.");
	add("example.", TYPE_NSEC3, "b.example.");
	add("example.", TYPE_NSEC, "M.EXAMPLE.");
	add("other.", TYPE_NSEC3, "k.other.");
}

static const struct {
	const char *behaviour, *zone;
	uint16_t type;
	const char *name, *owner;
} cases[] = {
	{ "an owner finds itself", "example.", TYPE_NSEC, "m.example.", "m.example." },
	{ "a name finds the owner before it", "example.", TYPE_NSEC, "n.example.", "m.example." },
	{ "what is below an owner comes after it (RFC 4034, section 6.1)", "example.", TYPE_NSEC, "x.m.example.", "m.example." },
	{ "letter case does not matter", "EXAMPLE.", TYPE_NSEC, "zz.example.", "Z.example." },
	{ "the zone below has owners of its own", "sub.example.", TYPE_NSEC, "x.sub.example.", "sub.example." },
	{ "they are not the zone's above", "example.", TYPE_NSEC, "x.sub.example.", "m.example." },
	{ "NSEC3 is another chain", "example.", TYPE_NSEC3, "c.example.", "b.example." },
	{ "hashes go in a circle", "example.", TYPE_NSEC3, "a.example.", "b.example." },
	{ "in a zone without owners there is none", "com.", TYPE_NSEC, "a.com.", "" },
	{ "of the other type there is none", "other.", TYPE_NSEC, "z.other.", "" },
};

START_TEST(a_name_finds_its_span)
{
	fill();
	ck_assert_uint_eq(spans.count, 6);
	const char *owner = found(cases[_i].zone, cases[_i].type, cases[_i].name);
	ck_assert_msg(strcmp(owner, cases[_i].owner) == 0, "%s: %s", cases[_i].behaviour, owner);
}
END_TEST

START_TEST(a_name_finds_the_nearest_zone_with_owners)
{
	fill();
	ck_assert_str_eq(zone_of("a.b.example."), "example.");
	ck_assert_str_eq(zone_of("x.sub.example."), "sub.example.");
	ck_assert_str_eq(zone_of("sub.example."), "sub.example.");
	ck_assert_str_eq(zone_of("x.other."), "other.");
	ck_assert_str_eq(zone_of("com."), "");
}
END_TEST

START_TEST(an_owner_outside_or_too_long_is_not_kept)
{
	char text[200] = "";
	begin();
	add("example.", TYPE_NSEC, "a.com.");
	for (unsigned i = 0; i < 60; i++)
		strcat(text, "x.");
	strcat(text, "example.");
	add("example.", TYPE_NSEC, text);
	ck_assert_uint_eq(spans.count, 0);
}
END_TEST

static void
drop(const char *zone, uint16_t type, const char *owner)
{
	const struct name zone_name = name_of(zone), owner_name = name_of(owner);
	spans_drop(&spans, &zone_name, type, &owner_name);
}

START_TEST(an_owner_that_is_dropped_leaves_the_others_and_its_place)
{
	char owner[64];
	fill();
	drop("example.", TYPE_NSEC3, "m.example.");
	drop("example.", TYPE_NSEC, "n.example.");
	ck_assert_uint_eq(spans.count, 6);
	drop("EXAMPLE.", TYPE_NSEC, "m.example.");
	ck_assert_str_eq(found("example.", TYPE_NSEC, "n.example."), "example.");
	ck_assert_str_eq(found("example.", TYPE_NSEC, "zz.example."), "Z.example.");
	drop("other.", TYPE_NSEC3, "k.other.");
	ck_assert_str_eq(zone_of("x.other."), "");
	ck_assert_str_eq(found("other.", TYPE_NSEC3, "k.other."), "");
	ck_assert_uint_eq(spans.count, 4);

	begin();
	for (unsigned i = 0; i < SPANS_MAX; i++) {
		(void)snprintf(owner, sizeof owner, "n%05u.example.", i);
		add("example.", TYPE_NSEC, owner);
	}
	for (unsigned i = 0; i < SPANS_MAX; i += 2) {
		(void)snprintf(owner, sizeof owner, "n%05u.example.", i);
		drop("example.", TYPE_NSEC, owner);
	}
	ck_assert_uint_eq(spans.count, SPANS_MAX / 2);
	for (unsigned i = 1; i < SPANS_MAX; i += 2) {
		(void)snprintf(owner, sizeof owner, "n%05u.example.", i);
		ck_assert_str_eq(found("example.", TYPE_NSEC, owner), owner);
	}
	for (unsigned i = 0; i < SPANS_MAX; i += 2) {
		(void)snprintf(owner, sizeof owner, "o%05u.example.", i);
		add("example.", TYPE_NSEC, owner);
		ck_assert_str_eq(found("example.", TYPE_NSEC, owner), owner);
	}
	ck_assert_uint_eq(spans.count, SPANS_MAX);
	for (unsigned i = 1; i < SPANS_MAX; i += 2) {
		(void)snprintf(owner, sizeof owner, "n%05u.example.", i);
		ck_assert_str_eq(found("example.", TYPE_NSEC, owner), owner);
	}
}
END_TEST

START_TEST(full_means_that_what_was_of_no_use_goes)
{
	char owner[64];
	begin();
	add("example.", TYPE_NSEC, "example.");
	ck_assert_str_eq(found("example.", TYPE_NSEC, "example."), "example.");
	for (unsigned i = 0; i < SPANS_MAX + 100; i++) {
		(void)snprintf(owner, sizeof owner, "n%05u.zone%u.", i, i % 7);
		add(owner + 7, TYPE_NSEC, owner);
	}
	ck_assert_uint_eq(spans.count, SPANS_MAX);
	ck_assert_str_eq(found("example.", TYPE_NSEC, "a.example."), "example.");
	ck_assert_str_ne(found("zone0.", TYPE_NSEC, "n00000.zone0."), "n00000.zone0.");
	(void)snprintf(owner, sizeof owner, "n%05u.zone%u.", SPANS_MAX, SPANS_MAX % 7);
	ck_assert_str_eq(found(owner + 7, TYPE_NSEC, owner), owner);
	for (unsigned i = 1; i < spans.count; i++) /* each place once */
		ck_assert_uint_ne(spans.order[i], spans.order[i - 1]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cache: spans");
	TCase *tcase = tcase_create("spans");
	tcase_add_loop_test(tcase, a_name_finds_its_span, 0, COUNT(cases));
	tcase_add_test(tcase, a_name_finds_the_nearest_zone_with_owners);
	tcase_add_test(tcase, an_owner_outside_or_too_long_is_not_kept);
	tcase_add_test(tcase, an_owner_that_is_dropped_leaves_the_others_and_its_place);
	tcase_add_test(tcase, full_means_that_what_was_of_no_use_goes);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
