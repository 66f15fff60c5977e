/*
 * What the store keeps, compared with an exact LRU of the same number of entries: names asked by Zipf's law, the
 * same between scans of names that are asked once, and a working set that moves.  Prints the hit ratios.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "resolver/cache/entry.h"
#include "resolver/cache/store.h"
#include "stack/base/arena.h"
#include "stack/base/rng.h"

#define NAMES       30000u /* asked more than once */
#define REQUESTS    200000u
#define NUMBERS     (NAMES + REQUESTS)
#define BLOCK_BYTES 400000u
#define VALUE_BYTES 40u

/* ---- an exact LRU --------------------------------------------------------------------------------- */

struct lru {
	uint32_t capacity, count;
	uint32_t prev[NUMBERS + 1],
		next[NUMBERS + 1]; /* ring with NUMBERS as head; newest behind it */
	bool there[NUMBERS];
};

static void
lru_unlink(struct lru *lru, uint32_t number)
{
	lru->next[lru->prev[number]] = lru->next[number];
	lru->prev[lru->next[number]] = lru->prev[number];
}

static bool
lru_ask(struct lru *lru, uint32_t number)
{
	bool hit = lru->there[number];
	if (hit) {
		lru_unlink(lru, number);
	} else if (lru->count == lru->capacity) {
		uint32_t oldest = lru->prev[NUMBERS];
		lru_unlink(lru, oldest);
		lru->there[oldest] = false;
	} else {
		lru->count++;
	}
	lru->there[number] = true;
	lru->next[number] = lru->next[NUMBERS];
	lru->prev[number] = NUMBERS;
	lru->prev[lru->next[number]] = number;
	lru->next[NUMBERS] = number;
	return hit;
}

/* ---- traces --------------------------------------------------------------------------------------- */

struct trace {
	const char *what;
	double exponent;
	uint32_t scan_every, scan_length; /* requests; 0: no scans */
	uint32_t drift_every;             /* the popular names change slowly; 0: never */
	double worse_by_at_most;
};

static const struct trace traces[] = {
	{ "Zipf 0.8", 0.8, 0, 0, 0, 0.005 },
	{ "Zipf 1.0", 1.0, 0, 0, 0, 0.005 },
	{ "Zipf 1.2", 1.2, 0, 0, 0, 0.005 },
	{ "Zipf 0.9, scans of half the cache", 0.9, 10000, 2000, 0, 0.005 },
	{ "Zipf 1.0, scans of the whole cache", 1.0, 20000, 5000, 0, 0.005 },
	{ "Zipf 1.0, drifting", 1.0, 0, 0, 20, 0.01 },
};

struct source {
	struct rng rng;
	double cumulative[NAMES];
	uint32_t asked, once, drift;
};

static void
source_init(struct source *source, const struct trace *trace)
{
	*source = (struct source){ .once = NAMES };
	rng_init_number(&source->rng, 42);
	double sum = 0;
	for (uint32_t i = 0; i < NAMES; i++)
		source->cumulative[i] = sum += pow(i + 1, -trace->exponent);
}

static uint32_t
source_zipf(struct source *source)
{
	double at = rng_u32(&source->rng) / 4294967296.0 * source->cumulative[NAMES - 1];
	uint32_t low = 0, high = NAMES - 1;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (source->cumulative[middle] <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint32_t
source_next(struct source *source, const struct trace *trace)
{
	uint32_t asked = source->asked++;
	if (trace->scan_every != 0 && asked % trace->scan_every < trace->scan_length)
		return source->once++;
	if (trace->drift_every != 0 && asked % trace->drift_every == 0)
		source->drift++;
	return (source_zipf(source) + source->drift) % NAMES;
}

/* ---- the comparison ------------------------------------------------------------------------------- */

static bool
store_ask(struct store *store, uint32_t number)
{
	static const uint8_t value[VALUE_BYTES];
	uint8_t memory[64];
	struct arena arena;
	struct store_found found;
	arena_init(&arena, memory, sizeof memory);
	if (store_get(store, (const uint8_t *)&number, sizeof number, 0, 0, &arena, &found, 1) == 0)
		return true;
	struct store_span span = { value, sizeof value };
	struct store_put put = { .value = &span, .span_count = 1, .ttl_s = 1000 };
	ck_assert_int_eq(store_put(store, (const uint8_t *)&number, sizeof number, &put, 1), 0);
	return false;
}

START_TEST(it_keeps_no_less_than_an_lru)
{
	const struct trace *trace = &traces[_i];
	static struct source source;
	static struct lru lru;
	struct rng rng;
	rng_init_number(&rng, 1);
	void *block = calloc(1, BLOCK_BYTES);
	struct store *store = store_new(block, BLOCK_BYTES, sizeof *store, &rng);
	struct cache_stats stats;
	store_stats(store, &stats);
	lru.capacity =
		(uint32_t)(stats.bytes_max / (entry_units(4, VALUE_BYTES) * ENTRY_UNIT_BYTES));
	lru.prev[NUMBERS] = lru.next[NUMBERS] = NUMBERS;

	source_init(&source, trace);
	unsigned lru_hits = 0, store_hits = 0;
	for (unsigned i = 0; i < REQUESTS; i++) {
		uint32_t number = source_next(&source, trace);
		lru_hits += lru_ask(&lru, number);
		store_hits += store_ask(store, number);
	}
	double lru_ratio = (double)lru_hits / REQUESTS, store_ratio = (double)store_hits / REQUESTS;
	printf("%-36s %u entries: store %.4f, LRU %.4f\n", trace->what, lru.capacity, store_ratio,
	       lru_ratio);
	ck_assert_double_ge(store_ratio, lru_ratio - trace->worse_by_at_most);
	free(block);
}
END_TEST

static Suite *
eviction_suite(void)
{
	Suite *suite = suite_create("eviction");
	TCase *quality = tcase_create("quality");
	tcase_set_timeout(quality, 60);
	tcase_add_loop_test(quality, it_keeps_no_less_than_an_lru, 0,
			    (int)(sizeof traces / sizeof traces[0]));
	suite_add_tcase(suite, quality);
	return suite;
}

int
main(void)
{
	SRunner *runner = srunner_create(eviction_suite());
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
