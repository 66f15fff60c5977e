/*
 * suite.h - what every Check program here starts and ends with.
 *
 * Tests that draw random numbers take their seed from suite_seed and name it in their
 * messages; CAIRN_TEST_SEED in the environment repeats a run.
 */
#ifndef CAIRN_TESTS_SUITE_H
#define CAIRN_TESTS_SUITE_H

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Runs the suite, prints Check's summary, frees it; what main returns. */
static inline int
suite_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed_count = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed_count == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A figure of an attack's, for tests/resolver/README.md: what it came to, and what is allowed. */
static inline void
suite_figure(const char *attack, const char *of, uint64_t seen, uint64_t limit)
{
	(void)printf("# %s: %llu %s, %llu allowed\n", attack, (unsigned long long)seen, of, (unsigned long long)limit);
	ck_assert_msg(seen <= limit, "%s: %llu %s, %llu allowed", attack, (unsigned long long)seen, of,
		      (unsigned long long)limit);
}

static inline uint64_t
suite_seed(uint64_t seed_default)
{
	const char *text = getenv("CAIRN_TEST_SEED");
	return text != NULL ? strtoull(text, NULL, 0) : seed_default;
}

#endif
