/* Which schemes may be fetched (fetch/proto.h). */
#include "tests/suite.h"

#include "fetch/proto.h"

static const struct {
	const char *behaviour, *list, *scheme;
	bool is_allowed, expected;
} cases[] = {
	{ "nothing said, what is allowed stays so", NULL, "ftp", true, true },
	{ "nothing said, what is not does too", NULL, "ftp", false, false },
	{ "= is this alone", "=https", "https", true, true },
	{ "and no other", "=https", "http", true, false },
	{ "several words of which the first has =", "=https,ftp", "ftp", true, true },
	{ "several words of which the first has =, another scheme", "=https,ftp", "http", true, false },
	{ "a later = forgets what was said", "ftp,=https", "ftp", true, false },
	{ "- takes away", "-http", "http", true, false },
	{ "- leaves the others", "-http", "https", true, true },
	{ "all but", "-all,https", "https", true, true },
	{ "all but, another scheme", "-all,https", "ftp", true, false },
	{ "+ and nothing are the same", "+ftp", "ftp", false, true },
	{ "what is not allowed otherwise may be", "file", "file", false, true },
	{ "case does not matter", "=HTTPS", "https", true, true },
	{ "an unknown scheme allows nothing", "=gopher", "https", true, false },
	{ "a beginning is no scheme", "=https", "http", false, false },
	{ "an empty list says nothing", "", "http", true, true },
};

START_TEST(the_words_are_read_from_left_to_right)
{
	ck_assert_msg(proto_allows(cases[_i].list, span_from_text(cases[_i].scheme), cases[_i].is_allowed) == cases[_i].expected,
		      "%s", cases[_i].behaviour);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("proto");
	tcase_add_loop_test(tcase, the_words_are_read_from_left_to_right, 0, COUNT(cases));
	Suite *suite = suite_create("proto");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
