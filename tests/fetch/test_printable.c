/* A server's octets on a terminal (fetch/printable.h). */
#include "tests/suite.h"

#include <stdbool.h>
#include <string.h>

#include "fetch/printable.h"

static const struct {
	const char *behaviour, *octets, *shown;
	bool is_multiline;
} cases[] = {
	{ "words pass", "plain words", "plain words", false },
	{ "UTF-8 passes", "na\xc3\xafve \xe2\x98\x83 \xf0\x9f\x98\x80",
	  "na\xc3\xafve \xe2\x98\x83 \xf0\x9f\x98\x80", false },
	{ "an escape sequence is shown", "\x1b[2J", "\\x1b[2J", true },
	{ "a line's end in a line is shown", "a\r\nb\tc", "a\\x0d\\x0ab\\x09c", false },
	{ "lines and tabs are lines and tabs", "a\r\nb\tc\n", "a\r\nb\tc\n", true },
	{ "a CR alone would overwrite its line", "good\revil", "good\\x0devil", true },
	{ "a CR before the end of the text is shown", "a\r", "a\\x0d", true },
	{ "CR CR LF is one CR and a line's end", "\r\r\n", "\\x0d\r\n", true },
	{ "DEL and C1 are controls", "\x7f\xc2\x9b", "\\x7f\\u009b", true },
	{ "an override of direction is shown", "exe.\xe2\x80\xaegpj", "exe.\\u202egpj", true },
	{ "octets that are no UTF-8 are shown", "\xff\xc0\xaf\x80", "\\xff\\xc0\\xaf\\x80", true },
	{ "overlong forms are no UTF-8", "\xe0\x80\xaf", "\\xe0\\x80\\xaf", true },
	{ "surrogates are no UTF-8", "\xed\xa0\x80", "\\xed\\xa0\\x80", true },
	{ "a cut character is shown", "a\xe2\x98", "a\\xe2\\x98", true },
	{ "a cut character ends before the next", "\xe2\x98z", "\\xe2\\x98z", true },
};

/* All of it in pieces of piece_bytes, with room for room octets a call. */
static void
write_in_pieces(char *all, size_t all_bytes, const char *octets, bool is_multiline,
		size_t piece_bytes, size_t room)
{
	struct printable printable;
	size_t bytes = strlen(octets), written = 0, taken;
	printable_init(&printable, is_multiline);
	for (size_t at = 0; at < bytes;) {
		size_t piece = bytes - at < piece_bytes ? bytes - at : piece_bytes;
		written += printable_write(&printable, octets + at, piece, &taken, all + written,
					   room);
		ck_assert(written < all_bytes);
		at += taken;
	}
	written += printable_end(&printable, all + written, PRINTABLE_END_BYTES);
	all[written] = '\0';
}

START_TEST(nothing_commands_the_terminal)
{
	char all[256];
	for (size_t piece = 1; piece <= 8; piece++) {
		write_in_pieces(all, sizeof all, cases[_i].octets, cases[_i].is_multiline, piece,
				PRINTABLE_END_BYTES);
		ck_assert_msg(strcmp(all, cases[_i].shown) == 0, "%s, pieces of %zu: %s",
			      cases[_i].behaviour, piece, all);
	}
	write_in_pieces(all, sizeof all, cases[_i].octets, cases[_i].is_multiline, 256, 128);
	ck_assert_msg(strcmp(all, cases[_i].shown) == 0, "%s: %s", cases[_i].behaviour, all);
	if (!cases[_i].is_multiline) {
		printable_text(all, sizeof all, cases[_i].octets, strlen(cases[_i].octets));
		ck_assert_str_eq(all, cases[_i].shown);
	}
}
END_TEST

START_TEST(a_nul_is_shown)
{
	char text[16];
	ck_assert_uint_eq(printable_text(text, sizeof text, "a\0b", 3), 6);
	ck_assert_str_eq(text, "a\\x00b");
}
END_TEST

START_TEST(text_is_cut_before_what_does_not_fit)
{
	char text[6];
	printable_text(text, sizeof text, "abc\x1b", 4);
	ck_assert_str_eq(text, "abc");
	printable_text(text, sizeof text, "abcd\xc3\xa9", 6);
	ck_assert_str_eq(text, "abcd");
	printable_text(text, sizeof text, "a\xe2\x80\xae", 4);
	ck_assert_str_eq(text, "a");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("printable");
	TCase *tcase = tcase_create("printable");
	tcase_add_loop_test(tcase, nothing_commands_the_terminal, 0, COUNT(cases));
	tcase_add_test(tcase, a_nul_is_shown);
	tcase_add_test(tcase, text_is_cut_before_what_does_not_fit);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
