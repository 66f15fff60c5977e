/* Header fields, lists and parameters (fetch/field.h). */
#include "fetch/field.h"

#include "tests/suite.h"

static const struct {
	struct span line;
	const char *name, *value; /* NULL: refused */
} lines[] = {
	{ SPAN_LITERAL("Host: a.example"), "Host", "a.example" },
	{ SPAN_LITERAL("X:"), "X", "" },
	{ SPAN_LITERAL("X: \t "), "X", "" },
	{ SPAN_LITERAL("X:a: b \t"), "X", "a: b" },
	{ SPAN_LITERAL("X: \xe4\x1b"), "X", "\xe4\x1b" },
	{ SPAN_LITERAL("!#$%&'*+-.^_`|~9z: v"), "!#$%&'*+-.^_`|~9z", "v" },
	{ SPAN_LITERAL("X : a"), NULL, NULL },
	{ SPAN_LITERAL("X\t: a"), NULL, NULL },
	{ SPAN_LITERAL("X y: a"), NULL, NULL },
	{ SPAN_LITERAL("X\0: a"), NULL, NULL },
	{ SPAN_LITERAL("(X): a"), NULL, NULL },
	{ SPAN_LITERAL("\xc3\xa4: a"), NULL, NULL },
	{ SPAN_LITERAL(": a"), NULL, NULL },
	{ SPAN_LITERAL("X a"), NULL, NULL },
	{ SPAN_LITERAL(""), NULL, NULL },
	{ SPAN_LITERAL("X: a\rb"), NULL, NULL },
	{ SPAN_LITERAL("X: a\0b"), NULL, NULL },
};

START_TEST(a_line_is_a_token_and_a_value)
{
	struct field field;
	const char *why = NULL;
	int err = field_read(lines[_i].line, &field, &why);
	ck_assert_int_eq(err, lines[_i].name != NULL ? 0 : ERR_MALFORMED);
	if (err != 0) {
		ck_assert_ptr_nonnull(why);
		return;
	}
	ck_assert(span_is(field.name, lines[_i].name));
	ck_assert(span_is(field.value, lines[_i].value));
}
END_TEST

START_TEST(lists_go_over_fields_and_around_quotes)
{
	static const struct field all[] = {
		{ SPAN_LITERAL("A"), SPAN_LITERAL("one , ,\"two, \\\", too\" x,") },
		{ SPAN_LITERAL("B"), SPAN_LITERAL("not this") },
		{ SPAN_LITERAL("a"), SPAN_LITERAL("") },
		{ SPAN_LITERAL("a"), SPAN_LITERAL("three,\"four, five") },
	};
	static const char *const expected[] = { "one", "\"two, \\\", too\" x", "three", "\"four",
						"five" };
	struct fields fields = { all, COUNT(all) };
	struct field_elements elements = field_elements(&fields, "A");
	struct span element;
	for (size_t i = 0; i < COUNT(expected); i++) {
		ck_assert(field_elements_next(&elements, &element));
		ck_assert_msg(span_is(element, expected[i]), "%s: " SPAN_FORMAT, expected[i],
			      SPAN_ARGUMENTS(element));
	}
	ck_assert(!field_elements_next(&elements, &element));
	ck_assert(field_has_element(&fields, "a", "THREE") &&
		  !field_has_element(&fields, "a", "not this"));
	ck_assert(span_is(fields_value(&fields, "b"), "not this"));
	ck_assert_ptr_null(fields_value(&fields, "c").at);
}
END_TEST

START_TEST(parameters_are_tokens_or_quoted)
{
	struct span rest = SPAN("; a=b ;c ; ; D = \"e;\\\"f\" ");
	struct parameter parameter;
	char text[16];
	size_t bytes;
	ck_assert_int_eq(field_parameter_next(&rest, &parameter), 1);
	ck_assert(span_is(parameter.name, "a") && span_is(parameter.value, "b"));
	ck_assert_int_eq(field_parameter_next(&rest, &parameter), 1);
	ck_assert(span_is(parameter.name, "c") && parameter.value.at == NULL);
	ck_assert_int_eq(field_parameter_next(&rest, &parameter), 1);
	ck_assert(span_is(parameter.name, "D") && span_is(parameter.value, "\"e;\\\"f\""));
	ck_assert_int_eq(field_unquote(parameter.value, text, sizeof text, &bytes), 0);
	ck_assert(span_is(span_of(text, bytes), "e;\"f"));
	ck_assert_int_eq(field_unquote(parameter.value, text, 3, &bytes), ERR_FULL);
	ck_assert_int_eq(field_parameter_next(&rest, &parameter), 0);

	static const char *const broken[] = {
		";=b", ";a=", ";a=\"b", ";a b", ";a=b c", ";a=\"b\"c"
	};
	for (size_t i = 0; i < COUNT(broken); i++) {
		rest = span_from_text(broken[i]);
		ck_assert_msg(field_parameter_next(&rest, &parameter) == ERR_MALFORMED, "%s",
			      broken[i]);
	}
}
END_TEST

static Suite *
field_suite(void)
{
	Suite *suite = suite_create("field");
	TCase *tcase = tcase_create("fields");
	tcase_add_loop_test(tcase, a_line_is_a_token_and_a_value, 0, COUNT(lines));
	tcase_add_test(tcase, lists_go_over_fields_and_around_quotes);
	tcase_add_test(tcase, parameters_are_tokens_or_quoted);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(field_suite());
}
