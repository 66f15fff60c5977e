#include "fetch/rewrite.h"

#include "stack/base/err.h"
#include "tests/suite.h"

#define DOCUMENT "<a href=one><img src=\"two\"><p>three"

static struct span
part(struct span document, const char *text)
{
	const char *at = memmem(document.at, document.bytes, text, strlen(text));
	ck_assert_ptr_nonnull(at);
	return span_of(at, strlen(text));
}

static const char *
rewritten(struct span document, struct replacement *list, size_t count)
{
	static char all[256];
	struct rewrite rewrite;
	struct span piece;
	all[0] = '\0';
	rewrite_init(&rewrite, document, list, count);
	while (rewrite_next(&rewrite, &piece))
		strncat(all, piece.at, piece.bytes);
	return all;
}

START_TEST(references_are_replaced_in_any_order)
{
	struct span document = SPAN(DOCUMENT);
	struct replacement list[] = { { part(document, "two"), SPAN("2") },
				      { part(document, "one"), SPAN("longer") } };
	ck_assert_str_eq(rewritten(document, list, 2), "<a href=longer><img src=\"2\"><p>three");
}
END_TEST

START_TEST(without_replacements_the_document_stays)
{
	ck_assert_str_eq(rewritten(SPAN(DOCUMENT), NULL, 0), DOCUMENT);
	ck_assert_str_eq(rewritten(SPAN(""), NULL, 0), "");
}
END_TEST

START_TEST(the_ends_may_be_replaced)
{
	struct span document = SPAN(DOCUMENT);
	struct replacement list[] = { { part(document, "three"), SPAN("") },
				      { part(document, "<a "), SPAN("<b ") } };
	ck_assert_str_eq(rewritten(document, list, 2), "<b href=one><img src=\"two\"><p>");
}
END_TEST

START_TEST(what_has_no_place_or_is_taken_is_left_out)
{
	struct span document = SPAN(DOCUMENT);
	struct replacement list[] = { { { NULL, 0 }, SPAN("x") },
				      { part(document, "img src"), SPAN("y") },
				      { part(document, "mg"), SPAN("z") } };
	ck_assert_str_eq(rewritten(document, list, 3), "<a href=one><y=\"two\"><p>three");
}
END_TEST

START_TEST(a_url_is_quoted_for_its_place)
{
	static _Alignas(8) char memory[128];
	struct arena arena;
	struct span quoted, href = SPAN("http://h/a'b(c)?d&e=`");
	arena_init(&arena, memory, sizeof memory);
	ck_assert_int_eq(rewrite_quote(href, true, &arena, &quoted), 0);
	ck_assert(span_is(quoted, "http://h/a%27b%28c%29?d&amp;e=%60"));
	arena_reset(&arena);
	ck_assert_int_eq(rewrite_quote(href, false, &arena, &quoted), 0);
	ck_assert(span_is(quoted, "http://h/a%27b%28c%29?d&e=%60"));
	arena_init(&arena, memory, 32);
	ck_assert_int_eq(rewrite_quote(href, true, &arena, &quoted), ERR_NO_MEMORY);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("rewrite");
	tcase_add_test(tcase, references_are_replaced_in_any_order);
	tcase_add_test(tcase, without_replacements_the_document_stays);
	tcase_add_test(tcase, the_ends_may_be_replaced);
	tcase_add_test(tcase, what_has_no_place_or_is_taken_is_left_out);
	tcase_add_test(tcase, a_url_is_quoted_for_its_place);
	Suite *suite = suite_create("rewrite");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
