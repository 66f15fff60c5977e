/* File names from servers (fetch/disposition.h, fetch/file_name.h). */
#include "fetch/disposition.h"

#include "fetch/utf8.h"
#include "stack/base/rng.h"
#include "tests/suite.h"

#define NAME_300 NAME_100 NAME_100 NAME_100
#define NAME_100                                                                                   \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
	"890123456789"

static const struct {
	const char *value, *name; /* NULL: none */
} fields[] = {
	{ "attachment; filename=a.txt", "a.txt" },
	{ "inline;FileName = \"a b.txt\"", "a b.txt" },
	{ "attachment; filename=\"a\\\"b;c.txt\"; x=y", "a\"b;c.txt" },
	{ "attachment; filename=my file.txt ; x=y", "my file.txt" },
	{ "attachment; filename*=UTF-8''na%C3%AFve.txt", "na\xc3\xafve.txt" },
	{ "attachment; filename=a.txt; filename*=utf-8'en'b.txt", "b.txt" },
	{ "attachment; filename*=utf-8''b.txt; filename=a.txt", "b.txt" },
	{ "attachment; filename*=iso-8859-1''%e4.txt", "\xc3\xa4.txt" },
	{ "attachment; filename=a.txt; filename*=utf-8''%ff.txt", "a.txt" },
	{ "attachment; filename=a.txt; filename*=koi8-r''b.txt", "a.txt" },
	{ "attachment; filename=a.txt; filename*=utf-8''b%2", "a.txt" },
	{ "attachment; filename=a.txt; filename*=utf-8'b.txt", "a.txt" },
	{ "attachment; filename=a.txt; filename*=utf-8''b c", "a.txt" },
	{ "attachment; filename=%41.txt", "%41.txt" },
	{ "attachment; filename=\"\xe4.txt\"", "\xc3\xa4.txt" },
	{ "attachment; filename=\"\xc3\xa4.txt\"", "\xc3\xa4.txt" },
	{ "attachment; filename=\"../../evil\"", "evil" },
	{ "attachment; filename=\"..\\\\..\\\\evil\"", "evil" },
	{ "attachment; filename*=utf-8''..%2f..%5Cevil", "evil" },
	{ "attachment; filename*=utf-8''a%00b%0a%1b%7f%c2%9b.txt", "ab.txt" },
	{ "attachment; filename*=utf-8''%e2%80%aegpj.exe", "gpj.exe" },
	{ "attachment; filename=\".bashrc\"", "bashrc" },
	{ "attachment; filename=\"-rf\"", "rf" },
	{ "attachment; filename=\" . -x \"", "x" },
	{ "attachment; filename=\"..\"", NULL },
	{ "attachment; filename=\"a/\"", NULL },
	{ "attachment; filename=\"\"", NULL },
	{ "attachment; filename=", NULL },
	{ "attachment; filename", NULL },
	{ "attachment; filename=\"a.txt", "a.txt" }, /* the quote that never ends */
	{ "attachment", NULL },
	{ "filename=a.txt", NULL }, /* the type itself is no parameter */
	{ "", NULL },
	{ ";;;=;\"", NULL },
	{ "attachment; filename=" NAME_300 ".tar.gz",
	  NAME_100 NAME_100 "0123456789012345678901234567890123456789012345678901"
			    ".gz" },
};

START_TEST(a_name_is_read_and_made_safe)
{
	char name[FILE_NAME_BYTES_MAX + 1] = "untouched";
	struct span value = span_from_text(fields[_i].value);
	int err = disposition_file_name(value, name);
	ck_assert_msg(err == (fields[_i].name != NULL ? 0 : ERR_NOT_FOUND), "%s: %s",
		      fields[_i].value, name);
	ck_assert_msg(err != 0 || strcmp(name, fields[_i].name) == 0, "%s: %s", fields[_i].value,
		      name);
}
END_TEST

static void
check_safe(const char *name, const char *from)
{
	size_t bytes = strlen(name);
	ck_assert_msg(bytes >= 1 && bytes <= FILE_NAME_BYTES_MAX, "%s", from);
	ck_assert_msg(strpbrk(name, "/\\\r\n\t\x1b\x7f") == NULL, "%s", from);
	ck_assert_msg(strchr(".- ", name[0]) == NULL, "%s", from);
}

START_TEST(no_name_leaves_its_directory)
{
	static const char *const parts[] = { "..",
					     "/",
					     "\\",
					     ".",
					     "-",
					     "a",
					     "\xe2\x80\xae",
					     " ",
					     "\x80",
					     "\xc2\x85",
					     "\n",
					     "\"",
					     "\\\"",
					     ";",
					     "=",
					     "filename*=utf-8''",
					     "%2f",
					     "%2e",
					     "%00",
					     "filename=",
					     NAME_100,
					     ".gz" };
	struct rng rng;
	rng_init_number(&rng, suite_seed(6266));
	for (unsigned i = 0; i < 20000; i++) {
		char text[2048] = "attachment; filename=", name[FILE_NAME_BYTES_MAX + 1];
		for (unsigned part = rng_below(&rng, 12); part > 0; part--)
			strcat(text, parts[rng_below(&rng, COUNT(parts))]);
		if (disposition_file_name(span_from_text(text), name) == 0)
			check_safe(name, text);
		if (file_name_safe(span_from_text(text), name) == 0)
			check_safe(name, text);
	}
}
END_TEST

START_TEST(a_long_name_is_cut_between_characters)
{
	char text[400] = "", name[FILE_NAME_BYTES_MAX + 1];
	for (unsigned i = 0; i < 130; i++)
		strcat(text, "\xc3\xa4");
	ck_assert_int_eq(file_name_safe(span_from_text(text), name), 0);
	ck_assert_uint_eq(strlen(name), 254);
	ck_assert_int_eq(strncmp(name, text, 254), 0);
}
END_TEST

START_TEST(what_only_looks_like_utf8_is_none)
{
	static const char *const bad[] = { "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
					   "a\x80", "\xe2\x82", "\xef\xbf" };
	ck_assert(utf8_is_valid("\xef\xbf\xbd\xe2\x82\xac", 6));
	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_msg(!utf8_is_valid(bad[i], strlen(bad[i])), "%zu", i);
}
END_TEST

static Suite *
disposition_suite(void)
{
	Suite *suite = suite_create("disposition");
	TCase *tcase = tcase_create("names");
	tcase_add_loop_test(tcase, a_name_is_read_and_made_safe, 0, COUNT(fields));
	tcase_add_test(tcase, no_name_leaves_its_directory);
	tcase_add_test(tcase, a_long_name_is_cut_between_characters);
	tcase_add_test(tcase, what_only_looks_like_utf8_is_none);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(disposition_suite());
}
