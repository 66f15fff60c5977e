/* Questions that several workers are at: one has the claim, and who waits is told. Then many threads at once. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "resolver/serve/underway.h"
#include "resolver/wire/name.h"
#include "stack/base/rng.h"
#include "tests/suite.h"

#define THREADS   4u
#define QUESTIONS 3u
#define STEPS     20000u

static void *block;
static struct underway *underway;

static void
setup(void)
{
	struct rng rng;

	rng_init_number(&rng, suite_seed(3));
	block = calloc(1, underway_bytes());
	ck_assert_ptr_null(underway_new(block, underway_bytes() - 1, &rng));
	underway = underway_new(block, underway_bytes(), &rng);
	ck_assert_ptr_nonnull(underway);
}

static void
teardown(void)
{
	free(block);
}

static uint64_t
hash_of(const char *text, uint16_t qtype)
{
	struct name qname;
	ck_assert_int_eq(name_from_text(&qname, text, NULL), 0);
	return underway_hash(underway, &qname, qtype);
}

START_TEST(one_has_the_claim_and_another_is_told)
{
	const uint64_t hash = hash_of("www.example.", 1);

	ck_assert_int_eq(underway_claim(underway, hash, 5), UNDERWAY_MINE);
	ck_assert_int_eq(underway_claim(underway, hash, 5), UNDERWAY_NOBODYS);
	ck_assert_int_eq(underway_claim(underway, hash, 63), UNDERWAY_OTHERS);
	ck_assert_int_eq(underway_claim(underway, hash, 0), UNDERWAY_OTHERS);
	ck_assert(underway_stands(underway, hash, 0));
	ck_assert(!underway_stands(underway, hash, 5));
	ck_assert_uint_eq(underway_release(underway, hash), UINT64_C(1) << 63 | 1);
	ck_assert(!underway_stands(underway, hash, 0));
	ck_assert_int_eq(underway_claim(underway, hash, 0), UNDERWAY_MINE);
	ck_assert_uint_eq(underway_release(underway, hash), 0);
}
END_TEST

START_TEST(who_does_not_wait_is_not_told)
{
	const uint64_t hash = hash_of("www.example.", 1), other = hash ^ 1u << 20;

	ck_assert_int_eq(underway_claim_or_leave(underway, hash, 5), UNDERWAY_MINE);
	ck_assert_int_eq(underway_claim_or_leave(underway, hash, 5), UNDERWAY_NOBODYS);
	ck_assert_int_eq(underway_claim_or_leave(underway, hash, 6), UNDERWAY_OTHERS);
	ck_assert_int_eq(underway_claim_or_leave(underway, other, 6), UNDERWAY_NOBODYS);
	ck_assert_int_eq(underway_claim(underway, hash, 7), UNDERWAY_OTHERS);
	ck_assert_uint_eq(underway_release(underway, hash), UINT64_C(1) << 7);
}
END_TEST

START_TEST(letter_case_makes_no_other_question_but_type_does)
{
	ck_assert_uint_eq(hash_of("www.example.", 1), hash_of("wWw.EXAMPLE.", 1));
	ck_assert_uint_ne(hash_of("www.example.", 1), hash_of("www.example.", 28));
	ck_assert_uint_ne(hash_of("www.example.", 1), hash_of("ww2.example.", 1));
}
END_TEST

START_TEST(questions_of_one_place_do_not_wait_for_each_other)
{
	const uint64_t hash = hash_of("www.example.", 1), other = hash ^ 1u << 20; /* the place is of the upper half */

	ck_assert_int_eq(underway_claim(underway, hash, 1), UNDERWAY_MINE);
	ck_assert_int_eq(underway_claim(underway, other, 2), UNDERWAY_NOBODYS);
	ck_assert_uint_eq(underway_release(underway, hash), 0);
}
END_TEST

/* ---- threads ------------------------------------------------------------------------------------------ */

static _Atomic unsigned at_it[QUESTIONS], told[THREADS];
static uint64_t hashes[QUESTIONS];

struct thread {
	pthread_t thread;
	struct rng rng;
	unsigned worker, claims, waits, wrong;
};

static void
resolve(struct thread *thread, unsigned question)
{
	thread->wrong += atomic_fetch_add(&at_it[question], 1) != 0;
	thread->claims++;
	if (rng_below(&thread->rng, 4) == 0)
		(void)sched_yield();
	atomic_fetch_sub(&at_it[question], 1);
	for (uint64_t others = underway_release(underway, hashes[question]); others != 0; others &= others - 1)
		atomic_store(&told[__builtin_ctzll(others)], 1);
}

/* As a loop does: it looks only when it was told.  Who is not told waits for ever. */
static void
wait_for_others(struct thread *thread, unsigned question)
{
	thread->waits++;
	do {
		while (atomic_exchange(&told[thread->worker], 0) == 0)
			(void)sched_yield();
	} while (underway_stands(underway, hashes[question], thread->worker));
}

static void *
work(void *data)
{
	struct thread *thread = data;

	for (unsigned step = 0; step < STEPS; step++) {
		const unsigned question = rng_below(&thread->rng, QUESTIONS);
		switch (underway_claim(underway, hashes[question], thread->worker)) {
		case UNDERWAY_MINE: resolve(thread, question); break;
		case UNDERWAY_OTHERS: wait_for_others(thread, question); break;
		case UNDERWAY_NOBODYS: break; /* it has gone meanwhile */
		}
	}
	return NULL;
}

START_TEST(nobody_is_forgotten_and_no_two_have_a_claim)
{
	static const char *const names[QUESTIONS] = { "a.example.", "b.example.", "c.example." };
	struct thread threads[THREADS];
	unsigned waits = 0;

	for (unsigned i = 0; i < QUESTIONS; i++)
		hashes[i] = hash_of(names[i], 1);
	for (unsigned i = 0; i < THREADS; i++) {
		threads[i] = (struct thread){ .worker = i };
		rng_init_number(&threads[i].rng, suite_seed(10) + i);
		ck_assert_int_eq(pthread_create(&threads[i].thread, NULL, work, &threads[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		(void)pthread_join(threads[i].thread, NULL);
		ck_assert_uint_eq(threads[i].wrong, 0);
		ck_assert_uint_gt(threads[i].claims, 0);
		waits += threads[i].waits;
	}
	ck_assert_uint_gt(waits, 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("underway");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, one_has_the_claim_and_another_is_told);
	tcase_add_test(tcase, who_does_not_wait_is_not_told);
	tcase_add_test(tcase, letter_case_makes_no_other_question_but_type_does);
	tcase_add_test(tcase, questions_of_one_place_do_not_wait_for_each_other);
	tcase_add_test(tcase, nobody_is_forgotten_and_no_two_have_a_claim);
	Suite *suite = suite_create("serve: questions underway");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
