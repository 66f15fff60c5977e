#include "fetch/links_css.h"

#include <stdio.h>

#include "stack/base/err.h"
#include "tests/suite.h"

/* One letter a kind, as the tests write it. */
static const char letters[] = {
	[LINK_PAGE] = 'p', [LINK_IMAGE] = 'i',  [LINK_STYLE] = 's',
	[LINK_FONT] = 'f', [LINK_SCRIPT] = 'x', [LINK_OTHER] = 'o',
};

static const struct {
	const char *behaviour, *css, *links; /* "i=a.png s=b.css" */
} cases[] = {
	{ "an unquoted url()", "a { background: url(a.png) }", "i=a.png" },
	{ "white space around it", "a{b:url(  a.png\n )}", "i=a.png" },
	{ "a quoted one", "a{b:url(\"a b.png\")}", "i=a b.png" },
	{ "in single quotes", "a{b:url( 'a)b.png' )}", "i=a)b.png" },
	{ "in capitals", "a{b:URL(a)}", "i=a" },
	{ "two of them", "a{b:url(a),url(b)}", "i=a i=b" },
	{ "a name that ends in url", "a{b:my-url(a)}", "" },
	{ "url without a parenthesis", "a{b:url (a)}", "" },
	{ "an escaped name", "a{b:\\75 r\\6c(a)}", "i=a" },
	{ "a letter escaped as itself", "a{b:u\\rl(a)}", "i=a" },
	{ "escapes in it", "a{b:url(a\\)\\20 b\\\"c)}", "i=a) b\"c" },
	{ "a code point escaped", "a{b:url(\"\\2603 x\")}", "i=\xe2\x98\x83x" },
	{ "NUL escaped", "a{b:url(\\0 x)}", "i=\xef\xbf\xbdx" },
	{ "a string over two lines", "a{b:url(\"a\\\nb\")}", "i=ab" },
	{ "a newline breaks a string", "a{b:url(\"a\nb; c:url(d)}", "i=d" },
	{ "an open string at the end", "@import \"a.css", "s=a.css" },
	{ "an open url() at the end", "a{b:url(a", "i=a" },
	{ "a backslash at the end", "a{b:url(\"a\\", "i=a" },
	{ "a space inside breaks it", "a{b:url(a b); c:url(d)}", "i=d" },
	{ "so does a parenthesis", "a{b:url(a(b); c:url(d)}", "i=d" },
	{ "a quote too", "a{b:url(a\"b); c:url(d)}", "i=d" },
	{ "an empty one", "a{b:url()}", "i=" },
	{ "a comment", "/* url(a) */ a{b:url(b)} /* url(c)", "i=b" },
	{ "no comment inside of url()", "a{b:url(/*x*/a)}", "i=/*x*/a" },
	{ "url( in a string", "a::before{content:\"url(a)\"}", "" },
	{ "a hash of that name", "#url(a){}", "" },
	{ "@import with a string", "@import 'a.css'; a{b:url(c)}", "s=a.css i=c" },
	{ "@import with url()", "@IMPORT url(a.css) screen;", "s=a.css" },
	{ "and conditions", "@import url(\"a\") supports(background: url(b)) x;", "s=a i=b" },
	{ "a string behind another rule", "@charset \"utf-8\"; @layer a;", "" },
	{ "@namespace", "@namespace url(http://www.w3.org/1999/xhtml); a{b:url(c)}", "i=c" },
	{ "a font",
	  "@font-face{font-family:x;src:url(a.woff2) format(\"woff2\"),url(b)} c{d:url(e)}",
	  "f=a.woff2 f=b i=e" },
	{ "a font inside of @media", "@media print{@font-face{src:url(a)} b{c:url(d)}}",
	  "f=a i=d" },
	{ "image-set", "a{b:image-set(\"a.png\" 1x, url(b.png) 2x, \"c\" type(\"image/avif\"))}",
	  "i=a.png i=b.png i=c" },
	{ "a string behind image-set", "a{b:image-set(\"a\");content:\"c\"}", "i=a" },
	{ "closing brackets without opening ones", "}})))a{b:url(c)}", "i=c" },
	{ "a data: URL", "a{b:url(data:image/png;base64,iVBO/+=)}",
	  "i=data:image/png;base64,iVBO/+=" },
	{ "nothing", "", "" },
};

START_TEST(style_sheets_refer_to_resources)
{
	static _Alignas(8) char memory[4096];
	struct arena arena;
	struct links_css links;
	struct link link;
	char all[512] = "";
	int read;
	arena_init(&arena, memory, sizeof memory);
	links_css_init(&links, span_from_text(cases[_i].css), &arena);
	while ((read = links_css_next(&links, &link)) == 1) {
		size_t used = strlen(all);
		snprintf(all + used, sizeof all - used, "%s%c=" SPAN_FORMAT, used != 0 ? " " : "",
			 letters[link.kind], SPAN_ARGUMENTS(link.reference));
		ck_assert(link.written.at >= links.text.at);
		ck_assert(link.written.at + link.written.bytes <= links.text.at + links.text.bytes);
	}
	ck_assert_int_eq(read, 0);
	ck_assert_msg(strcmp(all, cases[_i].links) == 0, "%s: %s", cases[_i].behaviour, all);
}
END_TEST

START_TEST(what_is_written_can_be_replaced)
{
	static _Alignas(8) char memory[256];
	static const char css[] = "a{b:url( 'x\\20y' )}";
	struct arena arena;
	struct links_css links;
	struct link link;
	arena_init(&arena, memory, sizeof memory);
	links_css_init(&links, span_from_text(css), &arena);
	ck_assert_int_eq(links_css_next(&links, &link), 1);
	ck_assert(span_is(link.reference, "x y"));
	ck_assert(span_is(link.written, "x\\20y"));
	ck_assert_ptr_eq(link.written.at, css + 10);
}
END_TEST

START_TEST(only_escapes_take_memory)
{
	static _Alignas(8) char memory[8];
	struct arena arena;
	struct links_css links;
	struct link link;
	arena_init(&arena, memory, sizeof memory);
	links_css_init(&links, SPAN("a{b:url(plain.png);c:url(x\\20y)}"), &arena);
	ck_assert_int_eq(links_css_next(&links, &link), 1);
	ck_assert_uint_eq(arena.used, 0);
	ck_assert_int_eq(links_css_next(&links, &link), ERR_NO_MEMORY);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("links_css");
	tcase_add_loop_test(tcase, style_sheets_refer_to_resources, 0, COUNT(cases));
	tcase_add_test(tcase, what_is_written_can_be_replaced);
	tcase_add_test(tcase, only_escapes_take_memory);
	Suite *suite = suite_create("links_css");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
