#include "fetch/utf8.h"

#include <stdbool.h>
#include <string.h>

#include "tests/suite.h"

static const struct {
	const char *behaviour, *octets;
	uint32_t code_points[6];
	size_t count;
} cases[] = {
	{ "ASCII is itself", "a~", { 'a', '~' }, 2 },
	{ "two octets", "\xc3\xa9", { 0xe9 }, 1 },
	{ "three octets", "\xe2\x98\x83", { 0x2603 }, 1 },
	{ "four octets", "\xf0\x9f\x92\xa9", { 0x1f4a9 }, 1 },
	{ "the last code point", "\xf4\x8f\xbf\xbf", { 0x10ffff }, 1 },
	{ "a tail without a head", "\x80z", { 0xfffd, 'z' }, 2 },
	{ "an overlong slash", "\xc0\xaf", { 0xfffd, 0xfffd }, 2 },
	{ "an overlong three-octet form", "\xe0\x80\xaf", { 0xfffd, 0xfffd, 0xfffd }, 3 },
	{ "a surrogate", "\xed\xa0\x80", { 0xfffd, 0xfffd, 0xfffd }, 3 },
	{ "above U+10FFFF", "\xf4\x90\x80\x80", { 0xfffd, 0xfffd, 0xfffd, 0xfffd }, 4 },
	{ "a sequence cut short is replaced once",
	  "\xf0\x9f\x92"
	  "a",
	  { 0xfffd, 'a' },
	  2 },
	{ "a sequence cut by the end", "a\xe2\x98", { 'a', 0xfffd }, 2 },
	{ "a head inside a sequence starts anew", "\xe2\xc3\xa9", { 0xfffd, 0xe9 }, 2 },
};

START_TEST(octets_are_decoded_as_browsers_do)
{
	const char *octets = cases[_i].octets;
	size_t at = 0, count = 0;
	while (at < strlen(octets)) {
		uint32_t code_point = utf8_next(octets, strlen(octets), &at);
		ck_assert_msg(count < cases[_i].count && code_point == cases[_i].code_points[count],
			      "%s: U+%04X", cases[_i].behaviour, code_point);
		count++;
	}
	ck_assert_msg(count == cases[_i].count, "%s", cases[_i].behaviour);
}
END_TEST

START_TEST(every_code_point_comes_back)
{
	uint32_t wrong = 0;
	for (uint32_t code_point = 0; code_point <= UTF8_CODE_POINT_MAX; code_point++) {
		char encoded[UTF8_ENCODED_BYTES];
		size_t at = 0, bytes = utf8_encode(code_point, encoded);
		uint32_t back = utf8_next(encoded, bytes, &at);
		bool is_surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
		if (back != (is_surrogate ? UTF8_REPLACEMENT : code_point) || at != bytes)
			wrong = code_point;
	}
	ck_assert_msg(wrong == 0, "U+%04X", wrong);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("utf8");
	tcase_add_loop_test(tcase, octets_are_decoded_as_browsers_do, 0, COUNT(cases));
	tcase_add_test(tcase, every_code_point_comes_back);
	Suite *suite = suite_create("utf8");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
