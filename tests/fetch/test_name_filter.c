/* Which files of a mirror are wanted by their names (fetch/name_filter.h). */
#include "tests/suite.h"

#include "fetch/name_filter.h"

static const struct {
	const char *behaviour, *accept, *reject, *url;
	bool is_wanted;
} cases[] = {
	{ "without lists everything is", NULL, NULL, "http://h/a.txt", true },
	{ "an ending", "jpg,png", NULL, "http://h/x/a.png", true },
	{ "another ending", "jpg,png", NULL, "http://h/x/a.gif", false },
	{ "an ending is of the name, not of the directory", "png", NULL, "http://h/png/a.gif", false },
	{ "the query does not count", "png", NULL, "http://h/a.png?x=gif", true },
	{ "a pattern is for the whole name", "a*.png", NULL, "http://h/ab.png", true },
	{ "a pattern that fits a part", "a*", NULL, "http://h/ba", false },
	{ "one character", "a?", NULL, "http://h/ab", true },
	{ "a set", "[ab]", NULL, "http://h/b", true },
	{ "rejected", NULL, "gif", "http://h/a.gif", false },
	{ "not rejected", NULL, "gif", "http://h/a.png", true },
	{ "accepted and rejected", "*.png", "big*", "http://h/big.png", false },
	{ "no name is an index", "html", NULL, "http://h/a/", true },
	{ "blanks around a word", "jpg, png", NULL, "http://h/a.png", true },
	{ "an empty word fits nothing", ",", NULL, "http://h/a.png", false },
};

static struct url
parse(const char *text)
{
	static _Alignas(8) char memory[4096];
	static struct arena arena;
	struct url url;
	const struct url_context context = { .arena = &arena };
	arena_init(&arena, memory, sizeof memory);
	ck_assert_int_eq(url_parse(&url, span_from_text(text), NULL, &context), 0);
	return url;
}

START_TEST(names_decide)
{
	const struct name_filter filter = { .accept = cases[_i].accept, .reject = cases[_i].reject };
	const struct url url = parse(cases[_i].url);
	ck_assert_msg(name_filter_wants(&filter, &url) == cases[_i].is_wanted, "%s", cases[_i].behaviour);
}
END_TEST

START_TEST(pages_are_known_by_their_names)
{
	const char *const pages[] = { "http://h/", "http://h/a/", "http://h/a.html", "http://h/a.htm?b", "http://h/a.xhtml" };
	for (size_t i = 0; i < COUNT(pages); i++) {
		const struct url url = parse(pages[i]);
		ck_assert_msg(name_filter_is_page(&url), "%s", pages[i]);
	}
	const struct url picture = parse("http://h/a.png");
	ck_assert(!name_filter_is_page(&picture));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("name_filter");
	tcase_add_loop_test(tcase, names_decide, 0, COUNT(cases));
	tcase_add_test(tcase, pages_are_known_by_their_names);
	Suite *suite = suite_create("name_filter");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
