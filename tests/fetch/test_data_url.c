#include "fetch/data_url.h"

#include "fetch/base64.h"
#include "tests/suite.h"

#define PLAIN "text/plain;charset=US-ASCII"

static const struct {
	const char *behaviour, *url, *type, *content; /* type NULL: malformed */
} cases[] = {
	{ "nothing but the comma", "data:,", PLAIN, "" },
	{ "plain content", "data:,X", PLAIN, "X" },
	{ "a type", "data:text/html,<p>", "text/html", "<p>" },
	{ "the first comma counts", "data:text/html,a,b", "text/html", "a,b" },
	{ "percent-encoding", "data:,a%20b%2C", PLAIN, "a b," },
	{ "a % alone", "data:,100%", PLAIN, "100%" },
	{ "a query is content", "data:,a?b", PLAIN, "a?b" },
	{ "a fragment is not", "data:,a#b", PLAIN, "a" },
	{ "as a path with a host", "data://test/,X", PLAIN, "X" },
	{ "a type in capitals", "data:TEXT/HTML;Charset=UTF-8,x", "text/html;charset=UTF-8", "x" },
	{ "parameters alone", "data:;charset=x,X", "text/plain;charset=x", "X" },
	{ "a type that is none", "data:text,X", PLAIN, "X" },
	{ "a type of nothing", "data: ,X", PLAIN, "X" },
	{ "spaces around a type", "data: image/gif ,X", "image/gif", "X" },
	{ "a quoted value", "data:a/b;c=\"d e\",X", "a/b;c=\"d e\"", "X" },
	{ "base64", "data:;base64,WA==", PLAIN, "X" },
	{ "base64 without padding", "data:;base64,WA", PLAIN, "X" },
	{ "base64 in capitals with spaces", "data:text/html;  BASE64,WA", "text/html", "X" },
	{ "base64 with white space inside", "data:;base64,W%20A%0A", PLAIN, "X" },
	{ "base64 that is encoded", "data:;base64,%57%41%3d%3D", PLAIN, "X" },
	{ "base64 not at the end is a parameter", "data:;base64;x=y,WA", "text/plain;x=y", "WA" },
	{ "base64 without a semicolon is no type", "data:base64,WA", PLAIN, "WA" },
	{ "no comma", "data:text/html", NULL, NULL },
	{ "a comma in the fragment only", "data:text/html#,X", NULL, NULL },
	{ "base64 of one digit", "data:;base64,W", NULL, NULL },
	{ "base64 with another character", "data:;base64,W*", NULL, NULL },
	{ "base64 with too much padding", "data:;base64,WA===", NULL, NULL },
	{ "base64 with too little", "data:;base64,WA=", NULL, NULL },
	{ "base64 with padding inside", "data:;base64,WA==WA==", NULL, NULL },
};

START_TEST(a_data_url_holds_its_content)
{
	static _Alignas(8) char memory[4096];
	struct arena arena;
	struct url url;
	struct data_url data;
	const struct url_context context = { .arena = &arena };
	arena_init(&arena, memory, sizeof memory);
	ck_assert_int_eq(url_parse(&url, span_from_text(cases[_i].url), NULL, &context), 0);
	int err = data_url_open(&data, &url, &arena);
	if (cases[_i].type == NULL) {
		ck_assert_msg(err == ERR_MALFORMED, "%s", cases[_i].behaviour);
		return;
	}
	ck_assert_msg(err == 0, "%s", cases[_i].behaviour);
	ck_assert_msg(span_is(data.type.whole, cases[_i].type), "%s: " SPAN_FORMAT,
		      cases[_i].behaviour, SPAN_ARGUMENTS(data.type.whole));
	ck_assert_msg(span_is(data.content, cases[_i].content), "%s", cases[_i].behaviour);
}
END_TEST

static const struct {
	const char *text, *whole; /* NULL: malformed */
} types[] = {
	{ "text/html", "text/html" },
	{ " \t\r\ntext/html \n", "text/html" },
	{ "text/html ;charset=utf-8", "text/html;charset=utf-8" },
	{ "a/b; c = d", "a/b" }, /* a space in the name: no token */
	{ "a/b; c= d", "a/b;c=\" d\"" },
	{ "a/b;c=d;c=e;C=f", "a/b;c=d" },
	{ "a/b;c=", "a/b" },
	{ "a/b;c=\"\"", "a/b;c=\"\"" },
	{ "a/b;c=\"d\\\"e\\\\\"", "a/b;c=\"d\\\"e\\\\\"" },
	{ "a/b;c=\"d;e\"x;f=g", "a/b;c=\"d;e\";f=g" },
	{ "a/b;c=\"d", "a/b;c=d" },
	{ "a/b;;;c=d;", "a/b;c=d" },
	{ "a/b;c", "a/b" },
	{ "a/b;c=d\x01;e=f", "a/b;e=f" },
	{ "a", NULL },
	{ "a/", NULL },
	{ "/b", NULL },
	{ "a b/c", NULL },
	{ "a/b c", NULL },
	{ "", NULL },
};

START_TEST(a_media_type_is_normalised)
{
	static _Alignas(8) char memory[512];
	struct arena arena;
	struct mime_type type;
	arena_init(&arena, memory, sizeof memory);
	int err = mime_type_parse(&type, span_from_text(types[_i].text), &arena);
	if (types[_i].whole == NULL) {
		ck_assert_int_eq(err, ERR_MALFORMED);
		return;
	}
	ck_assert_int_eq(err, 0);
	ck_assert_msg(span_is(type.whole, types[_i].whole), "<%s> is " SPAN_FORMAT, types[_i].text,
		      SPAN_ARGUMENTS(type.whole));
	ck_assert(span_starts(type.whole, type.essence));
	ck_assert_uint_eq(span_find(type.whole, ';'), type.essence.bytes);
}
END_TEST

START_TEST(base64_comes_back)
{
	static const struct {
		const char *octets, *encoded; /* RFC 4648, section 10 */
	} vectors[] = { { "", "" },
			{ "f", "Zg==" },
			{ "fo", "Zm8=" },
			{ "foo", "Zm9v" },
			{ "foob", "Zm9vYg==" },
			{ "fooba", "Zm9vYmE=" },
			{ "foobar", "Zm9vYmFy" } };
	for (size_t i = 0; i < COUNT(vectors); i++) {
		char encoded[16], decoded[16];
		size_t bytes = BASE64_ENCODED_BYTES(strlen(vectors[i].octets));
		base64_encode(span_from_text(vectors[i].octets), encoded);
		ck_assert(span_is(span_of(encoded, bytes), vectors[i].encoded));
		ck_assert_int_eq(base64_decode_forgiving(span_of(encoded, bytes), decoded, &bytes),
				 0);
		ck_assert(span_is(span_of(decoded, bytes), vectors[i].octets));
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("data_url");
	tcase_add_loop_test(tcase, a_data_url_holds_its_content, 0, COUNT(cases));
	tcase_add_loop_test(tcase, a_media_type_is_normalised, 0, COUNT(types));
	tcase_add_test(tcase, base64_comes_back);
	Suite *suite = suite_create("data_url");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
