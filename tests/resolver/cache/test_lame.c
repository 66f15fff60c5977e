#include "resolver/cache/lame.h"

#include <check.h>

#include "tests/suite.h"

#define EPOCH 1u
#define NOW_S 100u

static struct lame_set set;

static void
say_twice(uint64_t pair, uint32_t now_s)
{
	lame_say(&set, pair, EPOCH, now_s);
	lame_say(&set, pair, EPOCH, now_s);
}

static void
forget(void)
{
	set = (struct lame_set){ 0 };
}

START_TEST(the_second_who_says_so_counts)
{
	lame_say(&set, 3, EPOCH, NOW_S);
	ck_assert(!lame_is_said(&set, 3, EPOCH, NOW_S));
	lame_say(&set, 3, EPOCH, NOW_S + 1);
	ck_assert(lame_is_said(&set, 3, EPOCH, NOW_S + LAME_S));
	ck_assert(!lame_is_said(&set, 3, EPOCH, NOW_S + 1 + LAME_S));
	ck_assert(!lame_is_said(&set, 3, EPOCH + 1, NOW_S + 1));
	ck_assert(!lame_is_said(&set, 5, EPOCH, NOW_S + 1));
}
END_TEST

START_TEST(the_oldest_word_makes_room)
{
	for (unsigned i = 0; i <= LAME_WAYS; i++)
		say_twice(2 * i + 1, NOW_S + (i + 2) % LAME_WAYS); /* the third is the oldest */
	for (unsigned i = 0; i <= LAME_WAYS; i++)
		ck_assert(lame_is_said(&set, 2 * i + 1, EPOCH, NOW_S + LAME_WAYS) == (i != 2));
}
END_TEST

/* Who reads while another writes may see the one half of before and the other of after. */
START_TEST(halves_of_two_words_are_of_no_pair)
{
	const uint64_t before = UINT64_C(0x1234567890abcdef), after = UINT64_C(0x0fedcba987654321);

	say_twice(before, NOW_S);
	const struct lame_set old = set;
	forget();
	say_twice(after, NOW_S + 1);
	ck_assert(lame_is_said(&set, after, EPOCH, NOW_S + 1));
	set.words[0].said = old.words[0].said;
	ck_assert(!lame_is_said(&set, before, EPOCH, NOW_S + 1) && !lame_is_said(&set, after, EPOCH, NOW_S + 1));
	forget();
	say_twice(after, NOW_S + 1);
	set.words[0].masked_pair = old.words[0].masked_pair;
	ck_assert(!lame_is_said(&set, before, EPOCH, NOW_S + 1) && !lame_is_said(&set, after, EPOCH, NOW_S + 1));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lame servers");
	TCase *tcase = tcase_create("behaviours");
	tcase_add_checked_fixture(tcase, forget, NULL);
	tcase_add_test(tcase, the_second_who_says_so_counts);
	tcase_add_test(tcase, the_oldest_word_makes_room);
	tcase_add_test(tcase, halves_of_two_words_are_of_no_pair);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
