/* Pieces of sequence space: merging, bounds, and a bitmap as the model. */
#include <string.h>

#include "stack/base/err.h"
#include "stack/base/rng.h"
#include "stack/seq_set.h"
#include "tests/suite.h"

#define PIECES_MAX 8u
#define BASE       0xffffff00u /* the tests' pieces lie on both sides of the wrap */

static struct seq_range pieces[PIECES_MAX];
static struct seq_set set;
static struct seq_range whole, duplicate;

static void
setup(void)
{
	seq_set_init(&set, pieces, PIECES_MAX);
}

static int
add(uint32_t begin, uint32_t end)
{
	const struct seq_range range = { BASE + begin, BASE + end };
	return seq_set_add(&set, &range, &whole, &duplicate);
}

static void
expect_piece(uint32_t at, uint32_t begin, uint32_t end)
{
	ck_assert_uint_lt(at, set.count);
	ck_assert_uint_eq(set.ranges[at].begin, BASE + begin);
	ck_assert_uint_eq(set.ranges[at].end, BASE + end);
}

START_TEST(pieces_lie_in_order_whatever_order_they_come_in)
{
	ck_assert_int_eq(add(500, 600), 0); /* beyond the wrap */
	ck_assert_int_eq(add(100, 200), 0);
	ck_assert_int_eq(add(300, 400), 0);
	ck_assert_uint_eq(set.count, 3);
	expect_piece(0, 100, 200);
	expect_piece(1, 300, 400);
	expect_piece(2, 500, 600);
}
END_TEST

/* Added to [100, 200), [300, 400). */
static const struct {
	const char *behaviour;
	uint32_t begin, end;
	uint32_t whole_begin, whole_end;
	uint32_t duplicate_begin, duplicate_end; /* equal: none */
	uint32_t count;
} additions[] = {
	{ "apart, before", 10, 20, 10, 20, 0, 0, 3 },
	{ "apart, between", 220, 240, 220, 240, 0, 0, 3 },
	{ "apart, behind", 500, 510, 500, 510, 0, 0, 3 },
	{ "touching from below", 50, 100, 50, 200, 0, 0, 2 },
	{ "touching from above", 200, 250, 100, 250, 0, 0, 2 },
	{ "filling the hole", 200, 300, 100, 400, 0, 0, 1 },
	{ "overlapping the hole's ends", 150, 350, 100, 400, 150, 200, 1 },
	{ "touching one and overlapping the next", 200, 350, 100, 400, 300, 350, 1 },
	{ "overlapping one and touching the next", 150, 300, 100, 400, 150, 200, 1 },
	{ "the same again", 100, 200, 100, 200, 100, 200, 2 },
	{ "within", 120, 130, 100, 200, 120, 130, 2 },
	{ "around one", 50, 250, 50, 250, 100, 200, 2 },
	{ "around all", 50, 450, 50, 450, 100, 200, 1 },
	{ "one more octet below", 99, 101, 99, 200, 100, 101, 2 },
	{ "one more octet above", 199, 201, 100, 201, 199, 200, 2 },
};

START_TEST(an_addition_joins_what_it_meets_and_tells_what_was_there)
{
	const char *behaviour = additions[_i].behaviour;

	ck_assert(add(100, 200) == 0 && add(300, 400) == 0);
	ck_assert_msg(add(additions[_i].begin, additions[_i].end) == 0, "%s", behaviour);
	ck_assert_msg(whole.begin == BASE + additions[_i].whole_begin &&
			      whole.end == BASE + additions[_i].whole_end,
		      "%s", behaviour);
	if (additions[_i].duplicate_begin == additions[_i].duplicate_end)
		ck_assert_msg(seq_range_is_empty(&duplicate), "%s", behaviour);
	else
		ck_assert_msg(duplicate.begin == BASE + additions[_i].duplicate_begin &&
				      duplicate.end == BASE + additions[_i].duplicate_end,
			      "%s", behaviour);
	ck_assert_msg(set.count == additions[_i].count, "%s", behaviour);
}
END_TEST

START_TEST(a_full_set_refuses_a_new_piece_and_takes_what_joins)
{
	for (uint32_t i = 0; i < PIECES_MAX; i++)
		ck_assert_int_eq(add(100 * i, 100 * i + 50), 0);
	const struct seq_set before = set;
	ck_assert_int_eq(add(5000, 5001), ERR_FULL);
	ck_assert_int_eq(add(60, 70), ERR_FULL);
	ck_assert_mem_eq(&before, &set, sizeof set);
	ck_assert_int_eq(add(50, 60), 0);
	ck_assert_int_eq(add(150, 200), 0);
	ck_assert_uint_eq(set.count, PIECES_MAX - 1);
	ck_assert_int_eq(add(5000, 5001), 0);
}
END_TEST

START_TEST(a_larger_array_takes_over)
{
	struct seq_range larger[PIECES_MAX * 2];

	for (uint32_t i = 0; i < PIECES_MAX; i++)
		ck_assert_int_eq(add(100 * i, 100 * i + 50), 0);
	seq_set_move(&set, larger, COUNT(larger));
	memset(pieces, 0xff, sizeof pieces);
	ck_assert_int_eq(add(5000, 5001), 0);
	for (uint32_t i = 0; i < PIECES_MAX; i++)
		expect_piece(i, 100 * i, 100 * i + 50);
	expect_piece(PIECES_MAX, 5000, 5001);
}
END_TEST

START_TEST(an_empty_set_gives_nothing_away)
{
	ck_assert_ptr_null(seq_set_find(&set, BASE));
	seq_set_drop_before(&set, BASE);
	seq_set_drop_after(&set, BASE);
	ck_assert_uint_eq(set.count, 0);
}
END_TEST

/* ---- the model ------------------------------------------------------------------------------- */

#define SPACE 256u

static bool model[SPACE];

static bool
piece_is(const struct seq_range *piece, uint32_t base, uint32_t begin, uint32_t end)
{
	return piece->begin == base + begin && piece->end == base + end;
}

/* Each run of the model is a piece, in order, and found by each of its octets. */
static bool
holds_the_runs(uint32_t base)
{
	uint32_t at = 0;

	for (uint32_t begin = 0, end; begin < SPACE; begin = end) {
		for (end = begin + 1; end < SPACE && model[end] == model[begin]; end++)
			;
		if (!model[begin])
			continue;
		if (at == set.count || !piece_is(&set.ranges[at], base, begin, end))
			return false;
		for (uint32_t i = begin; i < end; i++)
			if (seq_set_find(&set, base + i) != &set.ranges[at])
				return false;
		at++;
	}
	return at == set.count;
}

/* From outside, the next piece is found. */
static bool
finds_the_next(uint32_t base)
{
	const struct seq_range *next = NULL;

	for (uint32_t i = SPACE; i-- > 0;) {
		const struct seq_range *found = seq_set_find(&set, base + i);
		if (model[i])
			next = found;
		if (found != next)
			return false;
	}
	return true;
}

static bool
model_would_need_a_piece(uint32_t begin, uint32_t end)
{
	for (uint32_t i = begin == 0 ? 0 : begin - 1; i <= end && i < SPACE; i++)
		if (model[i])
			return false;
	return true;
}

static void
check_addition(struct rng *rng, uint32_t base, unsigned long long seed)
{
	const uint32_t begin = rng_below(rng, SPACE), room = SPACE - begin;
	const uint32_t end =
		begin + 1 + rng_below(rng, rng_below(rng, 8) == 0 ? room : 1 + (room - 1) / 16);
	const struct seq_range range = { base + begin, base + end };
	const uint32_t count_before = set.count;
	uint32_t first = begin, last;

	if (seq_set_add(&set, &range, &whole, &duplicate) == ERR_FULL) {
		ck_assert_msg(count_before == set.max && model_would_need_a_piece(begin, end),
			      "seed %llu", seed);
		return;
	}
	while (first < end && !model[first])
		first++;
	for (last = first; last < end && model[last]; last++)
		;
	if (first == end)
		ck_assert_msg(seq_range_is_empty(&duplicate), "seed %llu", seed);
	else
		ck_assert_msg(piece_is(&duplicate, base, first, last),
			      "[%u, %u) was there, seed %llu", first, last, seed);
	memset(&model[begin], true, end - begin);
	ck_assert_msg(whole.begin == seq_set_find(&set, base + begin)->begin, "seed %llu", seed);
	ck_assert_msg(whole.end == seq_set_find(&set, base + begin)->end, "seed %llu", seed);
}

START_TEST(a_set_holds_what_a_bitmap_holds)
{
	const unsigned long long seed = suite_seed(11);
	unsigned full_count = 0;
	struct rng rng;

	rng_init_number(&rng, seed);
	for (unsigned round = 0; round < 400; round++) {
		const uint32_t base = round % 2 == 0 ? rng_u32(&rng) : 0u - rng_below(&rng, SPACE);
		memset(model, 0, sizeof model);
		seq_set_init(&set, pieces, 1 + rng_below(&rng, PIECES_MAX));
		for (unsigned step = 0; step < 60; step++) {
			const uint32_t cut = rng_below(&rng, SPACE + 1);
			switch (rng_below(&rng, 8)) {
			case 0:
				seq_set_drop_before(&set, base + cut);
				memset(model, 0, cut);
				break;
			case 1:
				seq_set_drop_after(&set, base + cut);
				memset(&model[cut], 0, SPACE - cut);
				break;
			default: check_addition(&rng, base, seed); break;
			}
			full_count += set.count == set.max;
			ck_assert_msg(holds_the_runs(base) && finds_the_next(base),
				      "round %u, step %u, seed %llu", round, step, seed);
		}
	}
	ck_assert_uint_gt(full_count, 100);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("seq_set");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, pieces_lie_in_order_whatever_order_they_come_in);
	tcase_add_loop_test(tcase, an_addition_joins_what_it_meets_and_tells_what_was_there, 0,
			    COUNT(additions));
	tcase_add_test(tcase, a_full_set_refuses_a_new_piece_and_takes_what_joins);
	tcase_add_test(tcase, a_larger_array_takes_over);
	tcase_add_test(tcase, an_empty_set_gives_nothing_away);
	tcase_add_test(tcase, a_set_holds_what_a_bitmap_holds);
	Suite *suite = suite_create("seq_set");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
