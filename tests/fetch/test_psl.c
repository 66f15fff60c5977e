/* Public suffixes (fetch/psl.h). */
#include "fetch/psl.h"

#include "tests/suite.h"

START_TEST(suffixes_are_known_when_they_are_asked_for)
{
	struct psl psl;
	psl_init(&psl);
	ck_assert(!psl_is_loaded(&psl)); /* not before */
	const struct cookie_suffixes *suffixes = &psl.suffixes;
	ck_assert(suffixes->is_public_suffix(suffixes->data, SPAN("com")));
	ck_assert(psl_is_loaded(&psl));
	ck_assert(suffixes->is_public_suffix(suffixes->data, SPAN("Co.Uk")));
	ck_assert(!suffixes->is_public_suffix(suffixes->data, SPAN("shop.co.uk")));
	ck_assert(!suffixes->is_public_suffix(suffixes->data, SPAN("example.com")));
	psl_fini(&psl);
	ck_assert(!psl_is_loaded(&psl));
}
END_TEST

static Suite *
psl_suite(void)
{
	Suite *suite = suite_create("psl");
	TCase *tcase = tcase_create("suffixes");
	tcase_add_test(tcase, suffixes_are_known_when_they_are_asked_for);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(psl_suite());
}
