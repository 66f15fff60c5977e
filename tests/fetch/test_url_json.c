#include "fetch/url_json.h"

#include "fetch/idna_icu.h"
#include "tests/suite.h"

static const struct {
	const char *behaviour, *line, *answer;
} cases[] = {
	{ "every part", "{\"input\":\"http://u:p@H:81/a/../b?c#d\"}",
	  "{\"input\":\"http://u:p@H:81/a/../b?c#d\",\"base\":null,\"href\":\"http://u:p@h:81/"
	  "b?c#d\","
	  "\"origin\":\"http://h:81\",\"protocol\":\"http:\",\"username\":\"u\",\"password\":\"p\","
	  "\"host\":\"h:81\",\"hostname\":\"h\",\"port\":\"81\",\"pathname\":\"/"
	  "b\",\"search\":\"?c\","
	  "\"hash\":\"#d\",\"warnings\":[\"invalid-credentials\"]}\n" },
	{ "parts that are empty", "{\"input\":\"mailto:a@b?#\",\"base\":null}",
	  "{\"input\":\"mailto:a@b?#\",\"base\":null,\"href\":\"mailto:a@b?#\",\"origin\":\"null\","
	  "\"protocol\":\"mailto:\",\"username\":\"\",\"password\":\"\",\"host\":\"\",\"hostname\":"
	  "\"\","
	  "\"port\":\"\",\"pathname\":\"a@b\",\"search\":\"\",\"hash\":\"\",\"warnings\":[]}\n" },
	{ "a base, and members that are none of ours",
	  "{\"href\":1,\"base\":\"https://h/a\",\"x\":[{}],\"input\":\"b\"}",
	  "{\"input\":\"b\",\"base\":\"https://h/a\",\"href\":\"https://h/b\",\"origin\":\"https://"
	  "h\","
	  "\"protocol\":\"https:\",\"username\":\"\",\"password\":\"\",\"host\":\"h\",\"hostname\":"
	  "\"h\","
	  "\"port\":\"\",\"pathname\":\"/b\",\"search\":\"\",\"hash\":\"\",\"warnings\":[]}\n" },
	{ "a failure", "{\"input\":\"http:\\\\\\\\1.2.3.4.5/\"}",
	  "{\"input\":\"http:\\\\\\\\1.2.3.4.5/\",\"base\":null,\"failure\":true,"
	  "\"error\":\"IPv4-too-many-parts\",\"reason\":\"the IPv4 address has more than four "
	  "parts\","
	  "\"warnings\":[\"special-scheme-missing-following-solidus\"]}\n" },
	{ "a base that is none", "{\"input\":\"a\",\"base\":\"b\"}",
	  "{\"input\":\"a\",\"base\":\"b\",\"failure\":true,\"error\":\"base\",\"reason\":\"the "
	  "base is no "
	  "URL\",\"warnings\":[]}\n" },
	{ "a line that is no JSON", "http://h/",
	  "{\"failure\":true,\"error\":\"json\",\"reason\":\"the line is no JSON object\"}\n" },
	{ "a line without input", "{\"base\":\"http://h/\"}",
	  "{\"failure\":true,\"error\":\"json\",\"reason\":\"the object has no "
	  "\\\"input\\\"\"}\n" },
	{ "an input that is no string", "{\"input\":5}",
	  "{\"failure\":true,\"error\":\"json\",\"reason\":\"\\\"input\\\" and \\\"base\\\" have "
	  "to be "
	  "strings\"}\n" },
};

START_TEST(a_line_is_answered_with_a_line)
{
	static _Alignas(8) char memory[8192];
	static char text[2048];
	struct arena arena;
	struct idna_icu icu;
	struct json json;
	size_t bytes;
	arena_init(&arena, memory, sizeof memory);
	idna_icu_init(&icu);
	json_init(&json, text, sizeof text);
	url_json_answer(&json, span_from_text(cases[_i].line), &arena, &icu.idna);
	const char *answer = json_drain(&json, &bytes);
	ck_assert_int_eq(json.err, 0);
	ck_assert_msg(span_is(span_of(answer, bytes), cases[_i].answer), "%s: %.*s",
		      cases[_i].behaviour, (int)bytes, answer);
	ck_assert_uint_eq(arena.used, 0);
	idna_icu_fini(&icu);
}
END_TEST

START_TEST(missing_tables_and_memory_are_named)
{
	static _Alignas(8) char memory[512];
	static char text[1024];
	struct arena arena;
	struct json json;
	size_t bytes;
	arena_init(&arena, memory, sizeof memory);
	json_init(&json, text, sizeof text);
	url_json_answer(&json, SPAN("{\"input\":\"http://\xe2\x98\x83/\"}"), &arena, NULL);
	const char *answer = json_drain(&json, &bytes);
	ck_assert_ptr_nonnull(memmem(answer, bytes, "\"error\":\"unsupported\"", 21));
	arena_init(&arena, memory, 64);
	url_json_write(&json, SPAN("http://example.org/a/b/c/d/e/f/g/h"), NULL, &arena, NULL);
	answer = json_drain(&json, &bytes);
	ck_assert_ptr_nonnull(memmem(answer, bytes, "\"error\":\"memory\"", 16));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("url_json");
	tcase_add_loop_test(tcase, a_line_is_answered_with_a_line, 0, COUNT(cases));
	tcase_add_test(tcase, missing_tables_and_memory_are_named);
	Suite *suite = suite_create("url_json");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
