#include "fetch/links_html.h"

#include <stdio.h>

#include "fetch/links_depth.h"
#include "fetch/links_srcset.h"
#include "stack/base/err.h"
#include "tests/suite.h"

static const char letters[] = {
	[LINK_PAGE] = 'p', [LINK_IMAGE] = 'i', [LINK_STYLE] = 's', [LINK_SCRIPT] = 'x',
	[LINK_FONT] = 'f', [LINK_FRAME] = 'r', [LINK_MEDIA] = 'm', [LINK_OTHER] = 'o'
};

static _Alignas(8) char memory[1 << 16];
static struct arena arena;
static const struct links_html_module *module;
static struct failure failure;

static void
start(void)
{
	arena_init(&arena, memory, sizeof memory);
	module = links_html_load(&failure);
	ck_assert_msg(module != NULL, "%s", failure.text);
}

static const struct {
	const char *behaviour, *html, *links; /* "i=a.png p=b.html" */
} cases[] = {
	{ "a link", "<a href=a.html>x</a>", "p=a.html" },
	{ "an image", "<img src=\"a.png\">", "i=a.png" },
	{ "white space around it", "<img src=' a.png\n'>", "i=a.png" },
	{ "capitals", "<IMG SRC=A.PNG>", "i=A.PNG" },
	{ "character references", "<img src=\"a?b&amp;c&#61;d\">", "i=a?b&c=d" },
	{ "an empty one", "<img src=''><a href>", "" },
	{ "candidates of srcset", "<img src=a srcset=\"b 1x, c 2x\">", "i=a i=b i=c" },
	{ "candidates of a picture", "<picture><source srcset='a 480w,b'><img src=c></picture>",
	  "i=a i=b i=c" },
	{ "a style sheet", "<link rel=\"StyleSheet\" href=a.css>", "s=a.css" },
	{ "an alternate style sheet", "<link rel='alternate stylesheet' href=a.css>", "s=a.css" },
	{ "an icon", "<link rel='shortcut icon' href=a.ico>", "i=a.ico" },
	{ "a preload", "<link rel=preload as=font href=a.woff2><link rel=preload href=b>",
	  "f=a.woff2 o=b" },
	{ "a preload of candidates", "<link rel=preload as=image href=a imagesrcset='b 1x, c 2x'>",
	  "i=a i=b i=c" },
	{ "hints that fetch nothing",
	  "<link rel=preconnect href=//h><link rel=dns-prefetch href=//i>", "" },
	{ "the next page", "<link rel=next href=2.html>", "p=2.html" },
	{ "a script", "<script src=a.js></script>", "x=a.js" },
	{ "frames", "<iframe src=a.html></iframe>", "r=a.html" },
	{ "a frame set", "<frameset><frame src=a></frameset>", "r=a" },
	{ "video and sound",
	  "<video src=a poster=b><source src=c><track src=d></video><audio src=e></audio>",
	  "i=b m=a m=c m=d m=e" },
	{ "plug-ins", "<object data=a></object><embed src=b>", "o=a o=b" },
	{ "an image map", "<map><area href=a></map>", "p=a" },
	{ "an image in SVG", "<svg><image href=a /><image xlink:href=b /></svg>", "i=a i=b" },
	{ "a style element", "<style>@import 'a.css'; b{c:url(d.png)}</style>", "s=a.css i=d.png" },
	{ "a style attribute", "<p style=\"background:url('a.png')\">", "i=a.png" },
	{ "with character references", "<p style='background:url(&quot;a b&quot;)'>", "i=a b" },
	{ "a refresh", "<meta http-equiv=refresh content='5; URL=\"a.html\"'>", "p=a.html" },
	{ "a refresh of itself", "<meta http-equiv=refresh content=5>", "" },
	{ "nothing in a comment", "<!-- <img src=a> --><img src=b>", "i=b" },
	{ "nothing in a script", "<script>'<img src=a>'</script><img src=b>", "i=b" },
	{ "nothing in a template", "<template><img src=a></template><img src=b>", "i=b" },
	{ "nothing in a text area", "<textarea><img src=a></textarea>", "" },
	{ "noscript, as there are no scripts", "<noscript><img src=a></noscript>", "i=a" },
	{ "an attribute given twice", "<img src=a src=b>", "i=a" },
	{ "a tag that does not end", "<img src=a><img src=b", "i=a" },
	{ "the order of the document", "<img src=1><a href=2><img src=3></a><img src=4>",
	  "i=1 p=2 i=3 i=4" },
	{ "nothing at all", "", "" },
};

static void
write_links(char *all, size_t all_bytes, const struct links_html *links)
{
	all[0] = '\0';
	for (size_t i = 0; i < links->count; i++) {
		size_t used = strlen(all);
		snprintf(all + used, all_bytes - used, "%s%c=" SPAN_FORMAT, i != 0 ? " " : "",
			 letters[links->list[i].kind], SPAN_ARGUMENTS(links->list[i].reference));
	}
}

START_TEST(pages_refer_to_pages_and_requisites)
{
	struct links_html links;
	struct span html = span_from_text(cases[_i].html);
	char all[512];
	ck_assert_int_eq(module->read(&links, html, &arena), 0);
	write_links(all, sizeof all, &links);
	ck_assert_msg(strcmp(all, cases[_i].links) == 0, "%s: %s", cases[_i].behaviour, all);
	for (size_t i = 0; i < links.count; i++) {
		struct span written = links.list[i].written;
		ck_assert(written.bytes == 0 ||
			  (written.at >= html.at &&
			   written.at + written.bytes <= html.at + html.bytes));
	}
}
END_TEST

START_TEST(what_is_written_can_be_replaced)
{
	static const char html[] =
		"<a href=\" x?y&amp;z \"><img srcset='a 1x,b' style='c:url(\"d\")'>"
		"<p style='c:url(&quot;e&quot;)'>";
	static const char *const written[] = { "x?y&amp;z", "a", "b", "d", "" };
	struct links_html links;
	ck_assert_int_eq(module->read(&links, span_from_text(html), &arena), 0);
	ck_assert_uint_eq(links.count, COUNT(written));
	for (size_t i = 0; i < links.count; i++)
		ck_assert_msg(span_is(links.list[i].written, written[i]), "%zu: " SPAN_FORMAT, i,
			      SPAN_ARGUMENTS(links.list[i].written));
}
END_TEST

START_TEST(a_page_has_a_base_and_may_ask_not_to_be_followed)
{
	struct links_html links;
	ck_assert_int_eq(
		module->read(&links, SPAN("<base target=x><base href=/a/><base href=/b/>"), &arena),
		0);
	ck_assert(span_is(links.base, "/a/"));
	ck_assert(!links.is_nofollow);
	ck_assert_int_eq(module->read(&links,
				      SPAN("<meta name=ROBOTS content='noindex, NoFollow'>"),
				      &arena),
			 0);
	ck_assert_uint_eq(links.base.bytes, 0);
	ck_assert(links.is_nofollow);
}
END_TEST

START_TEST(memory_and_depth_have_bounds)
{
	static char deep[6 * (LINKS_HTML_DEPTH_MAX + 1)];
	struct links_html links;
	for (size_t i = 0; i + 5 <= sizeof deep; i += 5)
		memcpy(deep + i, "<div>", 5);
	ck_assert_int_eq(
		module->read(&links, span_of(deep, 5 * (LINKS_HTML_DEPTH_MAX + 1)), &arena),
		ERR_TOO_BIG);
	ck_assert_int_eq(module->read(&links, span_of(deep, 5 * LINKS_HTML_DEPTH_MAX), &arena), 0);
	arena_init(&arena, memory, 64);
	ck_assert_int_eq(module->read(&links, SPAN("<img src=a><img src=b><img src=c>"), &arena),
			 ERR_NO_MEMORY);
}
END_TEST

/* Every open element is opened again in every paragraph: more than the text pays for. */
START_TEST(a_page_that_multiplies_is_cut_off)
{
	struct links_html links;
	const size_t bytes = 1 << 20;
	char *page = malloc(bytes);
	size_t used = 0;
	ck_assert_ptr_nonnull(page);
	for (unsigned i = 0; i < 900; i++)
		used += (size_t)snprintf(page + used, bytes - used, "<b id=%u>", i);
	while (used + 3 <= bytes) {
		memcpy(page + used, "<p>", 3);
		used += 3;
	}
	ck_assert_int_eq(module->read(&links, span_of(page, used), &arena), ERR_TOO_BIG);
	free(page);
}
END_TEST

static const struct {
	const char *html;
	size_t depth;
} depths[] = {
	{ "", 0 },
	{ "<div><div></div></div>", 2 },
	{ "<div></div><div></div>", 1 },
	{ "<ul><li>a<li>b<li>c</ul>", 1 },
	{ "<p>a<p>b<br><img><input>", 0 },
	{ "<script>for(i=0;i<n;i++)a<b</script>", 1 },
	{ "<!-- <div><div> --><div>", 1 },
	{ "<!-- <div>", 0 },
	{ "<title><b></TITLE><i>", 1 },
	{ "a < b <3 </>", 0 },
	{ "</div></div><div>", 1 },
};

START_TEST(depth_is_counted_without_a_tree)
{
	ck_assert_msg(links_depth(span_from_text(depths[_i].html)) == depths[_i].depth, "%s: %zu",
		      depths[_i].html, links_depth(span_from_text(depths[_i].html)));
}
END_TEST

static const struct {
	const char *srcset, *urls;
} sets[] = {
	{ "a", "a" },
	{ "a 1x, b 2x", "a b" },
	{ " a,, b ", "a b" },
	{ "a,b", "a,b" }, /* a comma may be part of a URL */
	{ "a 1x,b 2x", "a b" },
	{ "a (1x, 2x), b", "a b" },
	{ "data:,x 1x, b", "data:,x b" },
	{ ",,", "" },
	{ "", "" },
};

START_TEST(candidates_are_parted_by_commas)
{
	char all[64] = "";
	struct span rest = span_from_text(sets[_i].srcset), url;
	while (links_srcset_next(&rest, &url)) {
		strncat(all, " ", all[0] != '\0' ? 1 : 0);
		strncat(all, url.at, url.bytes);
	}
	ck_assert_msg(strcmp(all, sets[_i].urls) == 0, "%s: %s", sets[_i].srcset, all);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("links_html");
	tcase_add_checked_fixture(tcase, start, NULL);
	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, pages_refer_to_pages_and_requisites, 0, COUNT(cases));
	tcase_add_test(tcase, what_is_written_can_be_replaced);
	tcase_add_test(tcase, a_page_has_a_base_and_may_ask_not_to_be_followed);
	tcase_add_test(tcase, memory_and_depth_have_bounds);
	tcase_add_test(tcase, a_page_that_multiplies_is_cut_off);
	tcase_add_loop_test(tcase, depth_is_counted_without_a_tree, 0, COUNT(depths));
	tcase_add_loop_test(tcase, candidates_are_parted_by_commas, 0, COUNT(sets));
	Suite *suite = suite_create("links_html");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
