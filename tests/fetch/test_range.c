/* Content-Range and Range (fetch/range.h; RFC 9110, section 14). */
#include "tests/suite.h"

#include "fetch/range.h"

static const struct {
	const char *value;
	bool is_read, is_unsatisfied, has_total;
	uint64_t first, last, total;
} values[] = {
	{ "bytes 0-4/9", true, false, true, 0, 4, 9 },
	{ "Bytes 5-8/*", true, false, false, 5, 8, 0 },
	{ "bytes */9", true, true, true, 0, 0, 9 },
	{ "bytes */*", false, false, false, 0, 0, 0 },
	{ "bytes 4-0/9", false, false, false, 0, 0, 0 },
	{ "bytes 0-9/9", false, false, false, 0, 0, 0 },
	{ "bytes 0-4", false, false, false, 0, 0, 0 },
	{ "bytes -4/9", false, false, false, 0, 0, 0 },
	{ "bytes 0-4/+9", false, false, false, 0, 0, 0 },
	{ "lines 0-4/9", false, false, false, 0, 0, 0 },
	{ "bytes 0-99999999999999999999/*", false, false, false, 0, 0, 0 },
	{ "bytes 0-9223372036854775808/*", false, false, false, 0, 0, 0 },
	{ "", false, false, false, 0, 0, 0 },
};

START_TEST(a_content_range_says_which_octets_they_are)
{
	struct content_range range;
	bool is_read = content_range_read(span_from_text(values[_i].value), &range);
	ck_assert_msg(is_read == values[_i].is_read, "%s", values[_i].value);
	if (!is_read)
		return;
	ck_assert_int_eq(range.is_unsatisfied, values[_i].is_unsatisfied);
	ck_assert_int_eq(range.has_total, values[_i].has_total);
	ck_assert_uint_eq(range.first, values[_i].first);
	ck_assert_uint_eq(range.last, values[_i].last);
	ck_assert_uint_eq(range.total, values[_i].total);
}
END_TEST

START_TEST(one_range_is_read_and_no_other_text)
{
	struct range range;
	ck_assert(range_read(SPAN("4-8"), &range) && range.first == 4 && range.has_last && range.last == 8);
	ck_assert(range_read(SPAN("4-"), &range) && range.first == 4 && !range.has_last);
	ck_assert(range_read(SPAN("-4"), &range) && range.is_suffix && range.suffix_bytes == 4);
	ck_assert(!range_read(SPAN("0-1,4-8"), &range));
	ck_assert(!range_read(SPAN("8-4"), &range));
	ck_assert(!range_read(SPAN("4"), &range));
	ck_assert(!range_read(SPAN("-"), &range));
	ck_assert(!range_read(SPAN(""), &range));
}
END_TEST

static const struct {
	const char *asked, *given;
	enum range_fit fit;
} fits[] = {
	{ "4-8", "bytes 4-8/*", RANGE_FITS },
	{ "4-8", "bytes 4-8/20", RANGE_FITS },
	{ "4-8", "bytes 4-6/7", RANGE_FITS }, /* the representation ends there */
	{ "4-8", "bytes 4-6/20", RANGE_SHORT },
	{ "4-8", "bytes 4-6/*", RANGE_SHORT },
	{ "4-8", "bytes 4-9/20", RANGE_OTHER },
	{ "4-8", "bytes 0-8/9", RANGE_OTHER },
	{ "4-", "bytes 4-8/9", RANGE_FITS },
	{ "4-", "bytes 4-8/20", RANGE_SHORT },
	{ "4-", "bytes 4-8/*", RANGE_SHORT }, /* nothing says that this was all */
	{ "4-", "bytes 5-8/9", RANGE_OTHER },
	{ "-4", "bytes 5-8/9", RANGE_FITS },
	{ "-4", "bytes 0-2/3", RANGE_FITS },
	{ "-4", "bytes 5-7/9", RANGE_SHORT },
	{ "-4", "bytes 4-8/9", RANGE_OTHER },
	{ "-4", "bytes 4-7/9", RANGE_OTHER },
	{ "-4", "bytes 5-8/*", RANGE_FITS },
	{ "-4", "bytes 5-6/*", RANGE_SHORT },
	{ "-0", "bytes 8-8/9", RANGE_OTHER },
	{ "0-", "bytes 0-9223372036854775807/*", RANGE_SHORT },
};

START_TEST(a_part_is_compared_with_what_was_asked_for)
{
	struct range asked;
	struct content_range part;
	ck_assert(range_read(span_from_text(fits[_i].asked), &asked));
	ck_assert(content_range_read(span_from_text(fits[_i].given), &part));
	ck_assert_msg(range_fit(&asked, &part) == fits[_i].fit, "%s of %s", fits[_i].asked, fits[_i].given);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("range");
	TCase *tcase = tcase_create("range");
	tcase_add_loop_test(tcase, a_content_range_says_which_octets_they_are, 0, COUNT(values));
	tcase_add_test(tcase, one_range_is_read_and_no_other_text);
	tcase_add_loop_test(tcase, a_part_is_compared_with_what_was_asked_for, 0, COUNT(fits));
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
