/* A URL without its password, however it was written. */
#include <stdlib.h>

#include "fetch/url_shown.h"
#include "tests/suite.h"

static const struct {
	const char *written, *shown;
	bool is_no_url;
} cases[] = {
	{ "http://host/", "http://host/", false },
	{ "http://user:secret@host:80/a@b", "http://host:80/a@b", false },
	{ "http://user:sec@ret@host/", "http://host/", false },
	{ "user:secret@host/?to=http://a@b/", "host/?to=http://a@b/", false },
	{ "host:80/a@b", "host:80/a@b", false },
	{ "host?a@b", "host?a@b", false },
	{ "http:user:secret@host/", "host/", false },
	{ "http:/user:secret@host/", "http:/host/", false },
	{ "http:\\\\user:secret@host\\a@b", "http:\\\\host\\a@b", false },
	{ "http:///user:secret@host/", "http:///host/", false },
	{ "//user:secret@host/", "//host/", false },
	{ "http:\t//user:secret@host/", "http:\\x09//host/", false },
	{ "http:/\t/user:secret@host/", "http:/\\x09/host/", false },
	{ "ftp://user:secret@[2001:db8::1]:21/a;type=i", "ftp://[2001:db8::1]:21/a;type=i", false },
	{ "data:text/plain,a@b", "data:text/plain,a@b", false },
	{ "http://user:sec/ret@host/", "http://host/", true },
	{ "http://user:se\x1b?cret@host/\x1b", "http://host/\\x1b", true },
	{ "", "", false },
};

START_TEST(what_is_shown_has_no_password)
{
	char text[256];
	url_shown_as_written(cases[_i].written, !cases[_i].is_no_url, text, sizeof text);
	ck_assert_str_eq(text, cases[_i].shown);
}
END_TEST

static const struct {
	const char *written, *shown;
} urls[] = {
	{ "http:\\\\user:secret@host\\a@b", "http://host/a@b" },
	{ "http://user@host:8080/?a=b@c#d@e", "http://host:8080/?a=b@c#d@e" },
	{ "http://:secret@host/", "http://host/" },
	{ "http://host/@user", "http://host/@user" },
	{ "data:text/plain,a@b", "data:text/plain,a@b" },
};

START_TEST(a_url_is_shown_without_its_password)
{
	uint8_t block[4096];
	char text[256];
	struct arena arena;
	struct url url;
	struct url_context context = { .arena = &arena };

	arena_init(&arena, block, sizeof block);
	ck_assert_int_eq(url_parse(&url, span_from_text(urls[_i].written), NULL, &context), 0);
	url_shown(&url, text, sizeof text);
	ck_assert_str_eq(text, urls[_i].shown);
}
END_TEST

START_TEST(what_has_no_room_is_cut)
{
	char text[8];
	url_shown_as_written("http://user:secret@host.example/", true, text, sizeof text);
	ck_assert_str_eq(text, "http://");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("url_shown");
	tcase_add_loop_test(tcase, what_is_shown_has_no_password, 0, (int)COUNT(cases));
	tcase_add_loop_test(tcase, a_url_is_shown_without_its_password, 0, (int)COUNT(urls));
	tcase_add_test(tcase, what_has_no_room_is_cut);
	Suite *suite = suite_create("fetch: URL, shown");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
