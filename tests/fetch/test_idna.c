#include "fetch/idna.h"

#include "fetch/idna_icu.h"
#include "stack/base/err.h"
#include "tests/suite.h"

#define LABEL_31 "abcdefghijklmnopqrstuvwxyz01234"
#define LABEL_63 LABEL_31 "-" LABEL_31

static const struct {
	const char *behaviour, *domain;
	bool is_strict;
} names[] = {
	{ "letters, digits and hyphens", "a-1.example", true },
	{ "the root's dot", "example.", true },
	{ "a label of 63", LABEL_63 ".example", true },
	{ "a label of 64", LABEL_63 "x.example", false },
	{ "a name of 253", LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_31 "." LABEL_31 "xx",
	  false },
	{ "an empty name", "", false },
	{ "the root alone", ".", false },
	{ "an empty label", "a..b", false },
	{ "an underscore", "_dmarc.example", false },
	{ "a hyphen in front", "-a.example", false },
	{ "a hyphen behind", "a-.example", false },
	{ "hyphens at the third place", "ab--c.example", false },
	{ "where only xn may have them", "XN--c.example", true },
	{ "beyond ASCII", "\xc3\xa9.example", false },
};

START_TEST(strict_names_are_those_of_hosts)
{
	ck_assert_msg(idna_is_strict_ascii(span_from_text(names[_i].domain)) == names[_i].is_strict,
		      "%s", names[_i].behaviour);
}
END_TEST

START_TEST(the_longest_name_has_253_octets)
{
	char name[255];
	for (size_t i = 0; i < sizeof name; i++)
		name[i] = i % 50 == 49 ? '.' : 'a';
	ck_assert(idna_is_strict_ascii(span_of(name, 253)));
	ck_assert(!idna_is_strict_ascii(span_of(name, 254)));
}
END_TEST

static const struct {
	const char *behaviour, *domain, *mapped;
} maps[] = {
	{ "what has not changed stays", "a\xc3\x9f\xe2\x98\x83", "a\xc3\x9f\xe2\x98\x83" },
	{ "palochka", "\xd3\x80", "\xd3\x8f" },
	{ "the first Georgian capital", "\xe1\x82\xa0", "\xe2\xb4\x80" },
	{ "the last of them", "\xe1\x83\x85", "\xe2\xb4\xa5" },
	{ "a filler vanishes",
	  "a\xe1\x85\x9f"
	  "b",
	  "ab" },
	{ "capital sharp s", "\xe1\xba\x9e", "\xc3\x9f" },
	{ "a compatibility ideograph", "\xf0\xaf\xa1\xa8", "\xe3\x9b\xbc" },
};

START_TEST(changes_of_the_mapping_are_made_beforehand)
{
	char mapped[64];
	size_t bytes = idna_premap(span_from_text(maps[_i].domain), mapped);
	ck_assert_msg(span_is(span_of(mapped, bytes), maps[_i].mapped), "%s", maps[_i].behaviour);
}
END_TEST

static struct idna_icu icu;

static void
start(void)
{
	idna_icu_init(&icu);
}

static void
stop(void)
{
	idna_icu_fini(&icu);
}

START_TEST(tables_are_opened_when_they_are_needed)
{
	char ascii[64];
	size_t bytes;
	bool is_strict;
	ck_assert(!icu.has_tried && icu.uts46 == NULL);
	ck_assert_int_eq(icu.idna.ops->to_ascii(&icu.idna,
						SPAN("b\xc3\xbc"
						     "cher.example"),
						ascii, sizeof ascii, &bytes, &is_strict),
			 0);
	ck_assert(icu.has_tried && icu.uts46 != NULL);
	ck_assert(span_is(span_of(ascii, bytes), "xn--bcher-kva.example"));
	ck_assert(is_strict);
}
END_TEST

START_TEST(a_result_that_does_not_fit_is_an_error)
{
	char ascii[8];
	size_t bytes;
	bool is_strict;
	ck_assert_int_eq(icu.idna.ops->to_ascii(&icu.idna,
						SPAN("b\xc3\xbc"
						     "cher.example"),
						ascii, sizeof ascii, &bytes, &is_strict),
			 ERR_NO_MEMORY);
}
END_TEST

START_TEST(without_a_library_each_name_is_refused)
{
	char ascii[64];
	size_t bytes;
	bool is_strict;
	icu.has_tried = true; /* as after no version was found */
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(icu.idna.ops->to_ascii(&icu.idna, SPAN("\xc3\xbc"), ascii,
							sizeof ascii, &bytes, &is_strict),
				 ERR_UNSUPPORTED);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("idna");
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_loop_test(tcase, strict_names_are_those_of_hosts, 0, COUNT(names));
	tcase_add_test(tcase, the_longest_name_has_253_octets);
	tcase_add_loop_test(tcase, changes_of_the_mapping_are_made_beforehand, 0, COUNT(maps));
	tcase_add_test(tcase, tables_are_opened_when_they_are_needed);
	tcase_add_test(tcase, a_result_that_does_not_fit_is_an_error);
	tcase_add_test(tcase, without_a_library_each_name_is_refused);
	Suite *suite = suite_create("idna");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
