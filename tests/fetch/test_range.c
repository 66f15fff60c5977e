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

START_TEST(only_a_range_with_a_first_octet_has_one)
{
	uint64_t first;
	ck_assert(range_first_asked(SPAN("4-8"), &first) && first == 4);
	ck_assert(range_first_asked(SPAN("4-"), &first) && first == 4);
	ck_assert(!range_first_asked(SPAN("-4"), &first));
	ck_assert(!range_first_asked(SPAN("0-1,4-8"), &first));
	ck_assert(!range_first_asked(SPAN("4"), &first));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("range");
	TCase *tcase = tcase_create("range");
	tcase_add_loop_test(tcase, a_content_range_says_which_octets_they_are, 0, COUNT(values));
	tcase_add_test(tcase, only_a_range_with_a_first_octet_has_one);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
