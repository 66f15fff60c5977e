/* What the caches keep is asked for again at least as often as what an LRU of as many octets would keep. */
#include "tests/bench/cache/contest.h"
#include "tests/suite.h"

#define BLOCK_BYTES    (256u << 10)
#define TRACES_ABOVE   (CONTEST_TRACES - 1)
#define DRIFT_WORSE_BY 0.06 /* what was popular has its bit for a while */

static struct contest_result
run(enum contest_cache cache, unsigned trace)
{
	const struct contest contest = {
		.cache = cache, .trace = &contest_traces[trace], .block_bytes = BLOCK_BYTES, .seed = suite_seed(1),
	};
	struct contest_result result;

	ck_assert_int_eq(contest_run(&contest, &result), 0);
	printf("%s, %s: %.4f, LRU %.4f\n", contest_names[cache], contest.trace->what, result.cache, result.lru);
	return result;
}

START_TEST(no_less_is_answered_than_by_an_lru)
{
	const struct contest_result result = run((enum contest_cache)(_i / TRACES_ABOVE), (unsigned)_i % TRACES_ABOVE);
	ck_assert_double_ge(result.cache, result.lru);
}
END_TEST

START_TEST(what_is_popular_no_more_makes_room)
{
	const struct contest_result result = run((enum contest_cache)_i, TRACES_ABOVE);
	ck_assert_double_ge(result.cache, result.lru - DRIFT_WORSE_BY);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("eviction");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, no_less_is_answered_than_by_an_lru, 0, CONTEST_CACHES * TRACES_ABOVE);
	tcase_add_loop_test(tcase, what_is_popular_no_more_makes_room, 0, CONTEST_CACHES);
	Suite *suite = suite_create("cache: eviction");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
