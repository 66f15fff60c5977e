#include "fetch/robots.h"

#include <stdlib.h>

#include "tests/suite.h"

#define ALL "User-agent: *\n"

static const struct {
	const char *behaviour, *text, *target;
	bool is_allowed;
} cases[] = {
	{ "a site without a file", "", "/a", true },
	{ "a rule", ALL "Disallow: /a\n", "/a", false },
	{ "what begins like it", ALL "Disallow: /a\n", "/abc?d", false },
	{ "something else", ALL "Disallow: /a\n", "/b/a", true },
	{ "all of it", ALL "Disallow: /\n", "/", false },
	{ "an empty rule says nothing", ALL "Disallow:\n", "/a", true },
	{ "the file itself", ALL "Disallow: /\n", "/robots.txt", true },
	{ "the longest rule wins", ALL "Disallow: /a\nAllow: /a/b\n", "/a/b/c", true },
	{ "whatever the order", ALL "Allow: /a/b\nDisallow: /a\n", "/a/c", false },
	{ "of two as long the one that allows", ALL "Disallow: /a\nAllow: /a\n", "/a", true },
	{ "a group of our own", ALL "Disallow: /\nUser-agent: cairn-fetch\nDisallow: /x\n", "/a",
	  true },
	{ "which counts alone", ALL "Disallow: /a\nUser-agent: cairn-fetch\nDisallow: /x\n", "/x",
	  false },
	{ "in any case, with a version", "user-AGENT: Cairn-Fetch/2.0\nDISALLOW: /x\n", "/x",
	  false },
	{ "another product whose name is longer", "User-agent: cairn-fetcher\nDisallow: /\n", "/a",
	  true },
	{ "groups for us are one",
	  "User-agent: cairn-fetch\nDisallow: /a\nUser-agent: b\nDisallow: /b\n"
	  "User-agent: cairn-fetch\nDisallow: /c\n",
	  "/c", false },
	{ "and others are not",
	  "User-agent: cairn-fetch\nDisallow: /a\nUser-agent: b\nDisallow: /b\n", "/b", true },
	{ "names may share rules", "User-agent: b\nUser-agent: cairn-fetch\nDisallow: /a\n", "/a",
	  false },
	{ "lines of no group do not part them",
	  "User-agent: b\nSitemap: http://h/\nUser-agent: cairn-fetch\nDisallow: /a\n", "/a",
	  false },
	{ "rules before any group", "Disallow: /a\n" ALL "Disallow: /b\n", "/a", true },
	{ "* stands for anything", ALL "Disallow: /*.gif\n", "/a/b.gif?c", false },
	{ "also for nothing", ALL "Disallow: /a*b\n", "/ab", false },
	{ "$ is the end", ALL "Disallow: /*.gif$\n", "/a.gif?b", true },
	{ "and there it matches", ALL "Disallow: /*.gif$\n", "/a.gif.gif", false },
	{ "$ without *", ALL "Disallow: /a$\n", "/a", false },
	{ "and something behind it", ALL "Disallow: /a$\n", "/ab", true },
	{ "$ in the middle is itself", ALL "Disallow: /a$b\n", "/a$bc", false },
	{ "several of them", ALL "Disallow: /a*b*c\n", "/axbxxc", false },
	{ "in another order", ALL "Disallow: /a*b*c\n", "/axcxb", true },
	{ "encoded letters are letters", ALL "Disallow: /%61b\n", "/a%62", false },
	{ "an encoded slash is none", ALL "Disallow: /a/b\n", "/a%2Fb", true },
	{ "but itself, in either case", ALL "Disallow: /a%2fb\n", "/a%2Fb", false },
	{ "beyond ASCII", ALL "Disallow: /\xc3\xa9\n", "/%C3%A9", false },
	{ "a query", ALL "Disallow: /*?\n", "/a?b", false },
	{ "comments", ALL "Disallow: /a # not b\n# Disallow: /b\n", "/b", true },
	{ "in front of which spaces go", ALL "Disallow:/a #x\n", "/a", false },
	{ "CR LF", "User-agent: *\r\nDisallow: /a\r\n", "/a", false },
	{ "CR alone", "User-agent: *\rDisallow: /a\r", "/a", false },
	{ "a last line without an end", ALL "Disallow: /a", "/a", false },
	{ "a byte order mark", "\xef\xbb\xbf" ALL "Disallow: /a\n", "/a", false },
	{ "lines that are none", "hello\n" ALL ":\n: x\nDisallow /b\nDisallow: /a\n", "/a", false },
};

START_TEST(a_site_allows_or_forbids)
{
	bool is_allowed = robots_allows(span_from_text(cases[_i].text), SPAN("cairn-fetch"),
					span_from_text(cases[_i].target));
	ck_assert_msg(is_allowed == cases[_i].is_allowed, "%s", cases[_i].behaviour);
}
END_TEST

START_TEST(only_the_first_500_kib_are_read)
{
	const size_t bytes = ROBOTS_BYTES_MAX + 64;
	char *text = malloc(bytes);
	static const char rule[] = "\nDisallow: /abc\n";
	size_t begin = (size_t)ROBOTS_BYTES_MAX - (sizeof rule - 1);
	memset(text, '#', bytes);
	memcpy(text, ALL, sizeof ALL - 1);
	memcpy(text + begin, rule, sizeof rule - 1);
	ck_assert(!robots_allows(span_of(text, bytes), SPAN("x"), SPAN("/abc")));
	memcpy(text + begin, "####", 4);
	memcpy(text + begin + 4, rule, sizeof rule - 1); /* cut, it would forbid more */
	ck_assert(robots_allows(span_of(text, bytes), SPAN("x"), SPAN("/abc")));
	free(text);
}
END_TEST

static const struct {
	const char *text;
	uint32_t delay_ms;
} delays[] = {
	{ "", 0 },
	{ ALL "Crawl-delay: 2\n", 2000 },
	{ ALL "Crawl-delay: 0.5\n", 500 },
	{ ALL "Crawl-delay: 2\nUser-agent: cairn-fetch\nCrawl-delay: 1\n", 1000 },
	{ ALL "Crawl-delay: 999999\n", ROBOTS_DELAY_MS_MAX },
	{ ALL "Crawl-delay: -1\n", 0 },
	{ ALL "Crawl-delay: x\n", 0 },
	{ "User-agent: b\nCrawl-delay: 3\n", 0 },
};

START_TEST(a_site_may_ask_for_time)
{
	ck_assert_uint_eq(robots_delay_ms(span_from_text(delays[_i].text), SPAN("cairn-fetch")),
			  delays[_i].delay_ms);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("robots");
	tcase_add_loop_test(tcase, a_site_allows_or_forbids, 0, COUNT(cases));
	tcase_add_test(tcase, only_the_first_500_kib_are_read);
	tcase_add_loop_test(tcase, a_site_may_ask_for_time, 0, COUNT(delays));
	Suite *suite = suite_create("robots");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
