#include "fetch/crawl.h"

#include <stdio.h>

#include "tests/suite.h"

#define URLS_MAX 16u

static _Alignas(8) char memory[1 << 16];
static struct arena arena;
static struct crawl crawl;
static const struct hash_key key = { 1, 2 };

static struct url
parse(const char *text)
{
	struct url url;
	const struct url_context context = { .arena = &arena };
	ck_assert_int_eq(url_parse(&url, span_from_text(text), NULL, &context), 0);
	return url;
}

static void
begin(struct crawl_settings settings, const char *start)
{
	arena_init(&arena, memory, sizeof memory);
	settings.product = SPAN("cairn-fetch");
	ck_assert_int_eq(crawl_init(&crawl, &settings, &key, &arena, NULL, URLS_MAX), 0);
	struct url url = parse(start);
	ck_assert_int_eq(crawl_start(&crawl, &url), 0);
}

static int
link_to(uint32_t from, const char *base_text, enum link_kind kind, const char *reference)
{
	struct url base = parse(base_text);
	return crawl_link(&crawl, from, &base,
			  &(struct link){ .kind = kind, .reference = span_from_text(reference) });
}

/* The URLs of all that may be fetched now, without giving a robots.txt. */
static const char *
fetch_all(void)
{
	static char all[1024];
	struct crawl_action action;
	all[0] = '\0';
	while ((action = crawl_next(&crawl)).kind != CRAWL_NOTHING) {
		size_t used = strlen(all);
		snprintf(all + used, sizeof all - used, "%s%s" SPAN_FORMAT, used != 0 ? " " : "",
			 action.kind == CRAWL_FETCH_ROBOTS ? "?" : "", SPAN_ARGUMENTS(action.url));
	}
	return all;
}

START_TEST(names_that_are_not_wanted_are_fetched_for_their_links_alone)
{
	begin((struct crawl_settings){ .has_requisites = true, .level_max = 9, .ignores_robots = true, .names = { .accept = "png" } },
	      "http://h/");
	ck_assert_str_eq(fetch_all(), "http://h/");
	ck_assert_int_eq(link_to(0, "http://h/", LINK_IMAGE, "a.gif"), 0);
	ck_assert_int_eq(link_to(0, "http://h/", LINK_IMAGE, "a.png"), 0);
	ck_assert_int_eq(link_to(0, "http://h/", LINK_PAGE, "a.pdf"), 0);
	ck_assert_int_eq(link_to(0, "http://h/", LINK_PAGE, "b.png"), 0);
	ck_assert_int_eq(link_to(0, "http://h/", LINK_PAGE, "b.html"), 0);
	ck_assert_int_eq(link_to(0, "http://h/", LINK_PAGE, "c/"), 0);
	ck_assert_str_eq(fetch_all(), "http://h/a.png http://h/b.png http://h/b.html http://h/c/");
}
END_TEST

START_TEST(a_page_with_three_images_is_four_requests)
{
	begin((struct crawl_settings){ .has_requisites = true }, "http://h/a/");
	ck_assert_str_eq(fetch_all(), "http://h/a/");
	ck_assert_int_eq(link_to(0, "http://h/a/", LINK_IMAGE, "1.png"), 0);
	ck_assert_int_eq(link_to(0, "http://h/a/", LINK_IMAGE, "/2.png"), 0);
	ck_assert_int_eq(link_to(0, "http://h/a/", LINK_IMAGE, "https://cdn/3.png#x"), 0);
	ck_assert_int_eq(link_to(0, "http://h/a/", LINK_IMAGE, "1.png#y"), 0);
	ck_assert_int_eq(link_to(0, "http://h/a/", LINK_PAGE, "b"), 0);
	ck_assert_str_eq(fetch_all(), "http://h/a/1.png http://h/2.png https://cdn/3.png");
	ck_assert_str_eq(fetch_all(), "");
}
END_TEST

START_TEST(requisites_of_requisites_are_at_the_depth_of_the_page)
{
	begin((struct crawl_settings){ .has_requisites = true }, "http://h/");
	fetch_all();
	link_to(0, "http://h/", LINK_STYLE, "a.css");
	ck_assert_str_eq(fetch_all(), "http://h/a.css");
	link_to(1, "http://h/a.css", LINK_IMAGE, "b.png");
	ck_assert_str_eq(fetch_all(), "http://h/b.png");
	ck_assert_uint_eq(crawl.entries[2].depth, 0);
	ck_assert_uint_eq(crawl.entries[2].from, 1);
}
END_TEST

START_TEST(pages_are_followed_down_to_a_level)
{
	begin((struct crawl_settings){ .level_max = 1, .ignores_robots = true }, "http://h/");
	fetch_all();
	link_to(0, "http://h/", LINK_PAGE, "a");
	link_to(0, "http://h/", LINK_IMAGE, "a.png"); /* nobody asked for requisites */
	ck_assert_str_eq(fetch_all(), "http://h/a");
	link_to(1, "http://h/a", LINK_PAGE, "b");
	ck_assert_str_eq(fetch_all(), "");
}
END_TEST

static const struct {
	const char *behaviour;
	struct crawl_settings settings;
	const char *reference, *fetched;
} pages[] = {
	{ "a page of the host", { .level_max = 1 }, "/x", "http://h/x" },
	{ "of another host", { .level_max = 1 }, "http://i/", "" },
	{ "when hosts are spanned",
	  { .level_max = 1, .spans_hosts = true },
	  "http://i/",
	  "http://i/" },
	{ "of the host by https", { .level_max = 1 }, "https://h/x", "https://h/x" },
	{ "below the directory", { .level_max = 1, .no_parent = true }, "c/d", "http://h/a/c/d" },
	{ "above it", { .level_max = 1, .no_parent = true }, "../c", "" },
	{ "beside it", { .level_max = 1, .no_parent = true }, "/ab", "" },
	{ "a scheme that is not fetched", { .level_max = 1 }, "mailto:a@b", "" },
	{ "a file", { .level_max = 1 }, "file:///etc/passwd", "" },
	{ "what is no URL", { .level_max = 1 }, "http://[", "" },
	{ "itself", { .level_max = 1 }, "#top", "" },
};

START_TEST(pages_are_chosen_by_the_settings)
{
	struct crawl_settings settings = pages[_i].settings;
	settings.ignores_robots = true;
	begin(settings, "http://h/a/b");
	fetch_all();
	ck_assert_int_eq(link_to(0, "http://h/a/b", LINK_PAGE, pages[_i].reference), 0);
	const char *fetched = fetch_all();
	ck_assert_msg(strcmp(fetched, pages[_i].fetched) == 0, "%s: %s", pages[_i].behaviour,
		      fetched);
}
END_TEST

START_TEST(a_site_is_asked_before_its_pages_are_followed)
{
	begin((struct crawl_settings){ .level_max = 9, .has_requisites = true },
	      "http://h/private/");
	ck_assert_str_eq(fetch_all(), "http://h/private/"); /* the user named it */
	link_to(0, "http://h/private/", LINK_PAGE, "/private/a");
	link_to(0, "http://h/private/", LINK_PAGE, "/b");
	link_to(0, "http://h/private/", LINK_IMAGE, "c.png"); /* shown with the page */
	ck_assert_str_eq(fetch_all(), "?http://h/robots.txt http://h/private/c.png");
	ck_assert_int_eq(crawl_robots(&crawl, 0, SPAN("User-agent: *\nDisallow: /private\n")), 0);
	ck_assert_str_eq(fetch_all(), "http://h/b");
	ck_assert_uint_eq(crawl.refused_count, 1);
	link_to(2, "http://h/b", LINK_PAGE, "d");
	ck_assert_str_eq(fetch_all(), "http://h/d"); /* asked once */
}
END_TEST

START_TEST(each_origin_has_a_file_of_its_own)
{
	begin((struct crawl_settings){ .level_max = 1, .spans_hosts = true }, "http://h/");
	fetch_all();
	link_to(0, "http://h/", LINK_PAGE, "/a");
	link_to(0, "http://h/", LINK_PAGE, "http://h:81/a");
	link_to(0, "http://h/", LINK_PAGE, "https://h/a");
	ck_assert_str_eq(fetch_all(),
			 "?http://h/robots.txt ?http://h:81/robots.txt ?https://h/robots.txt");
	ck_assert_int_eq(crawl_robots(&crawl, 1, SPAN("")), 0);
	ck_assert_str_eq(fetch_all(), "http://h:81/a");
}
END_TEST

START_TEST(what_a_redirect_led_to_is_not_fetched_again)
{
	begin((struct crawl_settings){ .level_max = 1, .ignores_robots = true }, "http://h/old");
	fetch_all();
	struct url final = parse("http://h/new");
	ck_assert_int_eq(crawl_seen(&crawl, 0, &final), 0);
	link_to(0, "http://h/new", LINK_PAGE, "new");
	link_to(0, "http://h/new", LINK_PAGE, "old");
	ck_assert_str_eq(fetch_all(), "");
	ck_assert_uint_eq(crawl_find(&crawl, &final), 1);
}
END_TEST

START_TEST(urls_have_a_bound_and_what_is_over_is_counted)
{
	char reference[8];
	begin((struct crawl_settings){ .level_max = 1, .ignores_robots = true }, "http://h/");
	for (unsigned i = 1; i < URLS_MAX; i++) {
		snprintf(reference, sizeof reference, "%u", i);
		ck_assert_int_eq(link_to(0, "http://h/", LINK_PAGE, reference), 0);
	}
	ck_assert_int_eq(link_to(0, "http://h/", LINK_PAGE, "x"), ERR_FULL);
	ck_assert_int_eq(link_to(0, "http://h/", LINK_PAGE, "1"), 0);
	ck_assert_uint_eq(crawl.dropped_count, 1);
}
END_TEST

START_TEST(links_that_are_not_wanted_take_no_memory)
{
	begin((struct crawl_settings){ .level_max = 1 }, "http://h/");
	struct url base = parse("http://h/");
	size_t used = arena.used;
	static const struct link links[] = {
		{ .kind = LINK_PAGE, .reference = SPAN_LITERAL("http://other/") },
		{ .kind = LINK_IMAGE, .reference = SPAN_LITERAL("a.png") },
		{ .kind = LINK_PAGE, .reference = SPAN_LITERAL("#x") },
		{ .kind = LINK_PAGE, .reference = SPAN_LITERAL("http://[") },
	};
	for (size_t i = 0; i < COUNT(links); i++)
		ck_assert_int_eq(crawl_link(&crawl, 0, &base, &links[i]), 0);
	ck_assert_uint_eq(arena.used - used, 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("crawl");
	tcase_add_test(tcase, names_that_are_not_wanted_are_fetched_for_their_links_alone);
	tcase_add_test(tcase, a_page_with_three_images_is_four_requests);
	tcase_add_test(tcase, requisites_of_requisites_are_at_the_depth_of_the_page);
	tcase_add_test(tcase, pages_are_followed_down_to_a_level);
	tcase_add_loop_test(tcase, pages_are_chosen_by_the_settings, 0, COUNT(pages));
	tcase_add_test(tcase, a_site_is_asked_before_its_pages_are_followed);
	tcase_add_test(tcase, each_origin_has_a_file_of_its_own);
	tcase_add_test(tcase, what_a_redirect_led_to_is_not_fetched_again);
	tcase_add_test(tcase, urls_have_a_bound_and_what_is_over_is_counted);
	tcase_add_test(tcase, links_that_are_not_wanted_take_no_memory);
	Suite *suite = suite_create("crawl");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
