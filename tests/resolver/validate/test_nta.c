/* Negative trust anchors (RFC 7646): each for a while, and as many as there is room for. */
#include <check.h>
#include <stdio.h>

#include "resolver/validate/nta.h"
#include "tests/suite.h"

static struct name
name_of(const char *text)
{
	struct name name;
	ck_assert_int_eq(name_from_text(&name, text, NULL), 0);
	return name;
}

START_TEST(each_ends_at_its_time)
{
	struct nta_list list = { 0 };
	const struct name early = name_of("early.example"), late = name_of("late.example");
	struct name ended;

	ck_assert_uint_eq(nta_deadline(&list), NTA_NEVER);
	ck_assert_int_eq(nta_add(&list, &late, 200), 0);
	ck_assert_int_eq(nta_add(&list, &early, 100), 0);
	ck_assert_uint_eq(nta_deadline(&list), 100);
	ck_assert(!nta_expire(&list, 99, &ended));
	ck_assert(nta_expire(&list, 100, &ended));
	ck_assert(name_equal(&ended, &early));
	ck_assert(!nta_expire(&list, 100, &ended));
	ck_assert_uint_eq(nta_deadline(&list), 200);
}
END_TEST

START_TEST(one_for_the_same_zone_begins_anew)
{
	struct nta_list list = { 0 };
	const struct name zone = name_of("Zone.example"), same = name_of("zone.EXAMPLE");

	ck_assert_int_eq(nta_add(&list, &zone, 100), 0);
	ck_assert_int_eq(nta_add(&list, &same, 300), 0);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_uint_eq(nta_deadline(&list), 300);
}
END_TEST

START_TEST(what_is_taken_out_is_gone)
{
	struct nta_list list = { 0 };
	const struct name zone = name_of("zone.example");

	ck_assert_int_eq(nta_remove(&list, &zone), ERR_NOT_FOUND);
	ck_assert_int_eq(nta_add(&list, &zone, 100), 0);
	ck_assert_int_eq(nta_remove(&list, &zone), 0);
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

START_TEST(beyond_its_places_there_is_none)
{
	struct nta_list list = { 0 };
	char text[32];

	for (unsigned i = 0; i <= NTA_MAX; i++) {
		(void)snprintf(text, sizeof text, "n%u.example", i);
		const struct name zone = name_of(text);
		ck_assert_int_eq(nta_add(&list, &zone, 100 + i), i < NTA_MAX ? 0 : ERR_FULL);
	}
	ck_assert_uint_eq(list.count, NTA_MAX);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("nta");
	tcase_add_test(tcase, each_ends_at_its_time);
	tcase_add_test(tcase, one_for_the_same_zone_begins_anew);
	tcase_add_test(tcase, what_is_taken_out_is_gone);
	tcase_add_test(tcase, beyond_its_places_there_is_none);
	Suite *suite = suite_create("validate: negative trust anchors");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
