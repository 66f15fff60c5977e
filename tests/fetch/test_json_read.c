#include "fetch/json_read.h"

#include "tests/suite.h"

static _Alignas(8) char memory[4096];
static struct arena arena;
static struct json_reader reader;
static struct json_member member;

static void
start(void)
{
	arena_init(&arena, memory, sizeof memory);
}

START_TEST(members_come_in_order_with_their_kinds)
{
	static const char text[] = " { \"a\" : \"x\" ,\"b\":null,\"c\":true,\"d\":-1.5e3,"
				   "\"e\":{\"f\":[\"}\\\"\",{}]},\"g\":[] } \r\n";
	static const struct {
		const char *key, *value;
		enum json_kind kind;
	} expected[] = {
		{ "a", "x", JSON_STRING },
		{ "b", "null", JSON_NULL },
		{ "c", "true", JSON_BOOL },
		{ "d", "-1.5e3", JSON_NUMBER },
		{ "e", "{\"f\":[\"}\\\"\",{}]}", JSON_NESTED },
		{ "g", "[]", JSON_NESTED },
	};
	json_read_init(&reader, span_from_text(text), &arena);
	for (size_t i = 0; i < COUNT(expected); i++) {
		ck_assert_int_eq(json_read_next(&reader, &member), 1);
		ck_assert(span_is(member.key, expected[i].key));
		ck_assert(span_is(member.value, expected[i].value));
		ck_assert_int_eq(member.kind, (int)expected[i].kind);
	}
	ck_assert_int_eq(json_read_next(&reader, &member), 0);
}
END_TEST

START_TEST(an_empty_object_has_no_members)
{
	json_read_init(&reader, SPAN("{}"), &arena);
	ck_assert_int_eq(json_read_next(&reader, &member), 0);
}
END_TEST

static const struct {
	const char *behaviour, *text, *value;
	size_t bytes;
} strings[] = {
	{ "escapes", "{\"k\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "\"\\/\b\f\n\r\t", 8 },
	{ "a code point", "{\"k\":\"\\u00e9\\u2603\"}", "\xc3\xa9\xe2\x98\x83", 5 },
	{ "a surrogate pair", "{\"k\":\"\\uD83D\\uDca9\"}", "\xf0\x9f\x92\xa9", 4 },
	{ "the first half of a pair", "{\"k\":\"\\ud83dx\"}", "\xef\xbf\xbdx", 4 },
	{ "the second half", "{\"k\":\"\\udca9\"}", "\xef\xbf\xbd", 3 },
	{ "two first halves", "{\"k\":\"\\ud83d\\ud83d\\udca9\"}", "\xef\xbf\xbd\xf0\x9f\x92\xa9",
	  7 },
	{ "NUL", "{\"k\":\"a\\u0000b\"}", "a\0b", 3 },
	{ "UTF-8 as it is", "{\"k\":\"\xe2\x98\x83\"}", "\xe2\x98\x83", 3 },
};

START_TEST(strings_are_decoded)
{
	json_read_init(&reader, span_from_text(strings[_i].text), &arena);
	ck_assert_int_eq(json_read_next(&reader, &member), 1);
	ck_assert_msg(span_equals(member.value, span_of(strings[_i].value, strings[_i].bytes)),
		      "%s", strings[_i].behaviour);
	ck_assert_int_eq(json_read_next(&reader, &member), 0);
}
END_TEST

static const char *const malformed[] = {
	"",
	"x",
	"[]",
	"\"a\"",
	"{",
	"{\"a\"",
	"{\"a\":",
	"{\"a\":1",
	"{\"a\":1,",
	"{\"a\":1 \"b\":2}",
	"{a:1}",
	"{\"a\" 1}",
	"{\"a\":}",
	"{\"a\":nul}",
	"{\"a\":\"x}",
	"{\"a\":\"\\x\"}",
	"{\"a\":\"\\u12\"}",
	"{\"a\":\"x\ny\"}",
	"{\"a\":[}",
	"{\"a\":[1}",
	"{\"a\":{]}",
	"{} x",
	"{\"a\":1}}",
	"{\"a\":\"\\",
	"{\"a\":\"\\\"",
	"{\"a\":[\"",
	"{\"a\":--}x",
};

START_TEST(what_is_no_object_is_refused_with_a_reason)
{
	int read;
	json_read_init(&reader, span_from_text(malformed[_i]), &arena);
	while ((read = json_read_next(&reader, &member)) == 1)
		continue;
	ck_assert_msg(read == ERR_MALFORMED, "<%s>", malformed[_i]);
	ck_assert_ptr_nonnull(reader.why);
}
END_TEST

START_TEST(depth_and_memory_have_bounds)
{
	json_read_init(&reader, SPAN("{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["), &arena);
	ck_assert_int_eq(json_read_next(&reader, &member), ERR_TOO_BIG);
	arena_init(&arena, memory, 8);
	json_read_init(&reader, SPAN("{\"abcdefghijkl\":1}"), &arena);
	ck_assert_int_eq(json_read_next(&reader, &member), ERR_NO_MEMORY);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("json_read");
	tcase_add_checked_fixture(tcase, start, NULL);
	tcase_add_test(tcase, members_come_in_order_with_their_kinds);
	tcase_add_test(tcase, an_empty_object_has_no_members);
	tcase_add_loop_test(tcase, strings_are_decoded, 0, COUNT(strings));
	tcase_add_loop_test(tcase, what_is_no_object_is_refused_with_a_reason, 0, COUNT(malformed));
	tcase_add_test(tcase, depth_and_memory_have_bounds);
	Suite *suite = suite_create("json_read");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
