/* Sequence numbers compare on a circle: RFC 9293, section 3.4. */
#include "stack/base/rng.h"
#include "stack/seq.h"
#include "tests/suite.h"

static const struct {
	const char *behaviour;
	uint32_t a, b;
	int32_t diff;
} cases[] = {
	{ "equal numbers", 7, 7, 0 },
	{ "one ahead", 8, 7, 1 },
	{ "one behind", 7, 8, -1 },
	{ "ahead across the wrap", 3, 0xfffffffe, 5 },
	{ "behind across the wrap", 0xfffffffe, 3, -5 },
	{ "across the middle of the space", 0x80000000, 0x7fffffff, 1 },
	{ "as far ahead as can be told", 0x7fffffff, 0, INT32_MAX },
	{ "as far behind as can be told", 0, 0x7fffffff, -INT32_MAX },
};

START_TEST(numbers_compare_by_their_distance)
{
	const uint32_t a = cases[_i].a, b = cases[_i].b;
	const int32_t diff = cases[_i].diff;

	ck_assert_msg(seq_diff(a, b) == diff, "%s", cases[_i].behaviour);
	ck_assert_msg(seq_lt(a, b) == (diff < 0), "%s", cases[_i].behaviour);
	ck_assert_msg(seq_le(a, b) == (diff <= 0), "%s", cases[_i].behaviour);
	ck_assert_msg(seq_gt(a, b) == (diff > 0), "%s", cases[_i].behaviour);
	ck_assert_msg(seq_ge(a, b) == (diff >= 0), "%s", cases[_i].behaviour);
	ck_assert_msg(seq_max(a, b) == (diff < 0 ? b : a), "%s", cases[_i].behaviour);
	ck_assert_msg(seq_min(a, b) == (diff < 0 ? a : b), "%s", cases[_i].behaviour);
}
END_TEST

START_TEST(order_survives_any_shift_of_both)
{
	struct rng rng;

	rng_init_number(&rng, suite_seed(1));
	for (unsigned i = 0; i < 10000; i++) {
		const uint32_t shift = rng_u32(&rng), ahead = 1 + rng_below(&rng, INT32_MAX);
		ck_assert(seq_lt(shift, shift + ahead) && !seq_lt(shift + ahead, shift));
		ck_assert(seq_gt(shift + ahead, shift) && !seq_gt(shift, shift + ahead));
		ck_assert(seq_le(shift, shift) && seq_ge(shift, shift));
	}
}
END_TEST

START_TEST(a_range_counts_its_octets_across_the_wrap)
{
	const struct seq_range wraps = { .begin = 0xfffffff0, .end = 0x10 }, nothing = { 5, 5 };

	ck_assert_uint_eq(seq_range_bytes(&wraps), 0x20);
	ck_assert(!seq_range_is_empty(&wraps));
	ck_assert_uint_eq(seq_range_bytes(&nothing), 0);
	ck_assert(seq_range_is_empty(&nothing));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("seq");
	tcase_add_loop_test(tcase, numbers_compare_by_their_distance, 0, COUNT(cases));
	tcase_add_test(tcase, order_survives_any_shift_of_both);
	tcase_add_test(tcase, a_range_counts_its_octets_across_the_wrap);
	Suite *suite = suite_create("seq");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
