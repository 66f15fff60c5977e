#include "fetch/glob.h"

#include "stack/base/err.h"
#include "tests/suite.h"

static _Alignas(8) char memory[4096];
static struct arena arena;

static void
start(void)
{
	arena_init(&arena, memory, sizeof memory);
}

static const struct {
	const char *behaviour, *text, *urls; /* one after the other, with spaces */
} cases[] = {
	{ "a text is one URL", "http://h/a", "http://h/a" },
	{ "a set", "http://{a,b,cd}.h/", "http://a.h/ http://b.h/ http://cd.h/" },
	{ "a set of one", "{a}", "a" },
	{ "an empty element", "x{,a}", "x xa" },
	{ "numbers", "f[8-11]", "f8 f9 f10 f11" },
	{ "numbers with leading zeros", "f[08-11]", "f08 f09 f10 f11" },
	{ "numbers with a step", "[1-10:4]", "1 5 9" },
	{ "one number", "[7-7]", "7" },
	{ "letters", "[a-d]", "a b c d" },
	{ "capitals", "[X-Z]", "X Y Z" },
	{ "letters with a step", "[a-g:3]", "a d g" },
	{ "the last pattern changes fastest", "{a,b}[1-2]", "a1 a2 b1 b2" },
	{ "escaped brackets are text", "a\\[1-2\\]\\{b\\}", "a[1-2]{b}" },
	{ "an escaped comma is none", "{a\\,b,c}", "a,b c" },
	{ "other backslashes are text", "http:\\\\h\\a\\,b", "http:\\\\h\\a\\,b" },
	{ "an address is text", "http://[::1]:8[0-1]/", "http://[::1]:80/ http://[::1]:81/" },
	{ "with a zone", "http://[fe80::1%25eth0]/[1-2]",
	  "http://[fe80::1%25eth0]/1 http://[fe80::1%25eth0]/2" },
	{ "at the very beginning", "[2001:db8::1]", "[2001:db8::1]" },
	{ "empty brackets are text", "a[]b", "a[]b" },
};

START_TEST(patterns_stand_for_urls)
{
	struct glob glob;
	char all[512] = "";
	ck_assert_int_eq(glob_parse(&glob, span_from_text(cases[_i].text)), 0);
	for (uint64_t i = 0; i < glob.url_count; i++) {
		struct span url;
		ck_assert_int_eq(glob_url(&glob, i, &arena, &url), 0);
		strncat(all, " ", i == 0 ? 0 : 1);
		strncat(all, url.at, url.bytes);
	}
	ck_assert_msg(strcmp(all, cases[_i].urls) == 0, "%s: %s", cases[_i].behaviour, all);
}
END_TEST

static const struct {
	const char *behaviour, *text;
	size_t column;
} wrong[] = {
	{ "an open brace", "http://{a,b", 8 },
	{ "a brace that was not opened", "a}b", 2 },
	{ "a bracket that was not opened", "a]b", 2 },
	{ "empty braces", "a{}", 2 },
	{ "nested braces", "{a,{b,c}}", 4 },
	{ "a range in a set", "{a,[1-2]}", 4 },
	{ "an open range", "[1-", 1 },
	{ "a range without an end", "[1-]", 1 },
	{ "a range of one", "[1]", 1 },
	{ "a range backwards", "[3-1]", 1 },
	{ "letters backwards", "[c-a]", 1 },
	{ "letters of two cases", "[a-Z]", 1 },
	{ "a letter and a number", "[a-9]", 1 },
	{ "a step of zero", "[1-3:0]", 1 },
	{ "a step without a number", "[1-3:]", 1 },
	{ "a number too large", "[1-99999999999999999999]", 1 },
	{ "something else", "http://h/[x]", 10 },
};

START_TEST(what_is_no_pattern_is_refused_where_it_stands)
{
	struct glob glob;
	ck_assert_msg(glob_parse(&glob, span_from_text(wrong[_i].text)) == ERR_MALFORMED, "%s",
		      wrong[_i].behaviour);
	ck_assert_msg(glob.column == wrong[_i].column, "%s: column %zu", wrong[_i].behaviour,
		      glob.column);
	ck_assert_ptr_nonnull(glob.why);
}
END_TEST

START_TEST(counts_and_parts_have_bounds)
{
	struct glob glob;
	char many[4 * (GLOB_PARTS_MAX + 1) + 1] = "";
	ck_assert_int_eq(glob_parse(&glob, SPAN("[0-18446744073709551614]")), 0);
	ck_assert(glob.url_count == UINT64_MAX);
	ck_assert_int_eq(glob_parse(&glob, SPAN("[0-18446744073709551615]")), ERR_TOO_BIG);
	ck_assert_int_eq(glob_parse(&glob, SPAN("[0-9999999999][0-9999999999]")), ERR_TOO_BIG);
	for (unsigned i = 0; i <= GLOB_PARTS_MAX; i++)
		strcat(many, "{a}");
	ck_assert_int_eq(glob_parse(&glob, span_from_text(many)), ERR_TOO_BIG);
	ck_assert_int_eq(glob_parse(&glob, span_first(span_from_text(many), 3 * GLOB_PARTS_MAX)),
			 0);
}
END_TEST

START_TEST(without_globbing_the_text_is_the_url)
{
	struct glob glob;
	struct span url;
	glob_none(&glob, SPAN("http://h/{a,b}[1-2]\\{"));
	ck_assert_uint_eq(glob.url_count, 1);
	ck_assert_int_eq(glob_url(&glob, 0, &arena, &url), 0);
	ck_assert(span_is(url, "http://h/{a,b}[1-2]\\{"));
}
END_TEST

static const struct {
	const char *name, *filled;
} names[] = {
	{ "#1_#2.txt", "b_03.txt" },
	{ "out", "out" },
	{ "#2#1", "03b" },
	{ "#0", "#0" },
	{ "#3", "#3" },
	{ "a#", "a#" },
	{ "##1", "#b" },
	{ "#12", "#12" },
	{ "#", "#" },
	{ "#01", "b" },
	{ "#1#x", "b#x" },
	{ "", "" },
};

START_TEST(a_name_takes_the_values_of_its_url)
{
	struct glob glob;
	struct span filled;
	ck_assert_int_eq(glob_parse(&glob, SPAN("http://{a,b}/x[01-12]")), 0);
	ck_assert_int_eq(glob_name(&glob, 14, span_from_text(names[_i].name), &arena, &filled), 0);
	ck_assert_msg(span_is(filled, names[_i].filled), "%s: " SPAN_FORMAT, names[_i].name,
		      SPAN_ARGUMENTS(filled));
}
END_TEST

START_TEST(a_small_arena_is_an_error)
{
	struct glob glob;
	struct span url;
	ck_assert_int_eq(glob_parse(&glob, SPAN("http://h/[1-2]")), 0);
	arena_init(&arena, memory, 5);
	ck_assert_int_eq(glob_url(&glob, 0, &arena, &url), ERR_NO_MEMORY);
	ck_assert_uint_eq(arena.used, 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("glob");
	tcase_add_checked_fixture(tcase, start, NULL);
	tcase_add_loop_test(tcase, patterns_stand_for_urls, 0, COUNT(cases));
	tcase_add_loop_test(tcase, what_is_no_pattern_is_refused_where_it_stands, 0, COUNT(wrong));
	tcase_add_test(tcase, counts_and_parts_have_bounds);
	tcase_add_test(tcase, without_globbing_the_text_is_the_url);
	tcase_add_loop_test(tcase, a_name_takes_the_values_of_its_url, 0, COUNT(names));
	tcase_add_test(tcase, a_small_arena_is_an_error);
	Suite *suite = suite_create("glob");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
