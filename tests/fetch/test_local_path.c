#include "fetch/local_path.h"

#include "tests/suite.h"

static _Alignas(8) char memory[8192];
static struct arena arena;

static void
start(void)
{
	arena_init(&arena, memory, sizeof memory);
}

static struct span
path_of(const char *text)
{
	struct url url;
	struct span path;
	const struct url_context context = { .arena = &arena };
	ck_assert_int_eq(url_parse(&url, span_from_text(text), NULL, &context), 0);
	ck_assert_int_eq(local_path_of(&url, &arena, &path), 0);
	return path;
}

static const struct {
	const char *behaviour, *url, *path;
} cases[] = {
	{ "a file", "http://h/a/b.html", "h/a/b.html" },
	{ "a directory", "http://h/a/", "h/a/index.html" },
	{ "the root", "http://h", "h/index.html" },
	{ "a query", "http://h/a?b=c&d", "h/a?b=c&d" },
	{ "a query of a directory", "http://h/?b", "h/index.html?b" },
	{ "an empty query", "http://h/a?", "h/a?" },
	{ "a slash in a query", "http://h/a?b/c", "h/a?b%2Fc" },
	{ "a fragment is not part of it", "http://h/a#b", "h/a" },
	{ "a port", "http://h:8080/a", "h+8080/a" },
	{ "an IPv6 address", "http://[2001:db8::1]:81/a", "2001:db8::1+81/a" },
	{ "credentials are not part of it", "http://u:p@h/a", "h/a" },
	{ "encoded letters", "http://h/%61%20b", "h/a b" },
	{ "beyond ASCII", "http://h/%C3%A9", "h/\xc3\xa9" },
	{ "what is no UTF-8", "http://h/%ff", "h/%FF" },
	{ "an encoded slash", "http://h/a%2fb", "h/a%2Fb" },
	{ "an encoded backslash", "http://h/a%5cb", "h/a%5Cb" },
	{ "an encoded percent sign", "http://h/a%2541", "h/a%2541" },
	{ "a way out", "http://h/..%2f..%2fetc", "h/%2E.%2F..%2Fetc" },
	{ "a hidden file", "http://h/.htaccess", "h/%2Ehtaccess" },
	{ "an option", "http://h/-rf", "h/%2Drf" },
	{ "a control character", "http://h/a%1b%5b2J", "h/a%1B[2J" },
	{ "NUL", "http://h/a%00b", "h/a%00b" },
	{ "a direction override", "http://h/%e2%80%aea", "h/%E2%80%AEa" },
	{ "an empty segment", "http://h/a//b", "h/a/%2F/b" },
};

static const struct {
	const char *behaviour, *path;
	bool has_host;
	uint64_t directories;
	const char *cut;
} cuts[] = {
	{ "nothing is cut", "h/a/b", true, 0, "h/a/b" },
	{ "the host", "h/a/b", false, 0, "a/b" },
	{ "a directory, the host stays", "h/a/b/c", true, 1, "h/b/c" },
	{ "both", "h/a/b/c", false, 1, "b/c" },
	{ "all directories", "h/a/b/c", true, 2, "h/c" },
	{ "the file's name stays", "h/a/b/c", false, 9, "c" },
	{ "the file's name stays below the host", "h/c", true, UINT64_MAX, "h/c" },
};

START_TEST(directories_are_left_out_of_a_path)
{
	struct span path = span_from_text(cuts[_i].path);
	ck_assert_int_eq(local_path_cut(&path, cuts[_i].has_host, cuts[_i].directories, &arena), 0);
	ck_assert_msg(span_is(path, cuts[_i].cut), "%s: " SPAN_FORMAT, cuts[_i].behaviour, SPAN_ARGUMENTS(path));
}
END_TEST

START_TEST(a_url_has_a_place)
{
	struct span path = path_of(cases[_i].url);
	ck_assert_msg(span_is(path, cases[_i].path), "%s: " SPAN_FORMAT, cases[_i].behaviour,
		      SPAN_ARGUMENTS(path));
}
END_TEST

START_TEST(long_names_stay_apart)
{
	char a[400] = "http://h/", b[400];
	memset(a + 9, 'x', 300);
	strcpy(b, a);
	b[308] = 'y';
	struct span path_a = path_of(a), path_b = path_of(b);
	ck_assert_uint_eq(path_a.bytes, 2 + LOCAL_PATH_NAME_BYTES_MAX);
	ck_assert_uint_eq(path_b.bytes, 2 + LOCAL_PATH_NAME_BYTES_MAX);
	ck_assert(!span_equals(path_a, path_b));
	ck_assert(span_equals(path_a, path_of(a)));
}
END_TEST

START_TEST(long_names_are_cut_between_characters)
{
	char text[1000] = "http://h/";
	for (unsigned i = 0; i < 100; i++)
		strcat(text, "%E2%98%83");
	struct span path = path_of(text);
	ck_assert_uint_le(path.bytes, 2 + LOCAL_PATH_NAME_BYTES_MAX);
	struct span snow = span_first(path, path.bytes - 17);
	ck_assert_uint_eq((snow.bytes - 2) % 3, 0);
}
END_TEST

static const struct {
	const char *from, *to, *reference;
} references[] = {
	{ "h/a.html", "h/b.html", "b.html" },
	{ "h/a.html", "h/a.html", "a.html" },
	{ "h/a/b.html", "h/c.png", "../c.png" },
	{ "h/a.html", "h/b/c.png", "b/c.png" },
	{ "h/a/b/c", "i/d", "../../../i/d" },
	{ "h/ab/c", "h/ad/e", "../ad/e" },
	{ "h/a", "h/b?c&d'e(f)", "b%3Fc%26d%27e%28f%29" },
	{ "h/a", "h/%2Ex", "%252Ex" },
	{ "h/a", "h/\xc3\xa9", "%C3%A9" },
};

START_TEST(files_refer_to_each_other)
{
	struct span reference;
	ck_assert_int_eq(local_path_reference(span_from_text(references[_i].from),
					      span_from_text(references[_i].to), &arena,
					      &reference),
			 0);
	ck_assert_msg(span_is(reference, references[_i].reference), "%s to %s: " SPAN_FORMAT,
		      references[_i].from, references[_i].to, SPAN_ARGUMENTS(reference));
}
END_TEST

START_TEST(a_small_arena_is_an_error)
{
	static _Alignas(8) char small[64];
	struct url url;
	struct span path;
	const struct url_context context = { .arena = &arena };
	ck_assert_int_eq(url_parse(&url, SPAN("http://example.org/a/b/c/d/e"), NULL, &context), 0);
	for (size_t bytes = 0; bytes < 49; bytes++) { /* 28 of the URL and 21 of the path */
		struct arena little;
		arena_init(&little, small, bytes);
		ck_assert_int_eq(local_path_of(&url, &little, &path), ERR_NO_MEMORY);
		ck_assert_uint_eq(little.used, 0);
		ck_assert_int_eq(
			local_path_reference(
				SPAN("a/b"),
				SPAN("c/ddddddddddddddddddddddddddddddddddddddddddddddddddd"),
				&little, &path),
			ERR_NO_MEMORY);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("local_path");
	tcase_add_checked_fixture(tcase, start, NULL);
	tcase_add_loop_test(tcase, directories_are_left_out_of_a_path, 0, COUNT(cuts));
	tcase_add_loop_test(tcase, a_url_has_a_place, 0, COUNT(cases));
	tcase_add_test(tcase, long_names_stay_apart);
	tcase_add_test(tcase, long_names_are_cut_between_characters);
	tcase_add_loop_test(tcase, files_refer_to_each_other, 0, COUNT(references));
	tcase_add_test(tcase, a_small_arena_is_an_error);
	Suite *suite = suite_create("local_path");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
