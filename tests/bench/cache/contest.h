/*
 * contest.h - the caches' own code and an exact LRU of as many octets before the same questions: how many do they answer?
 *
 * Each name has an answer of one to twelve addresses, drawn from its number. On a miss the answer is put, as a server does
 * that has asked for it; time stands still. The LRU has as many octets for entries as the cache has, and an entry costs it
 * what it costs the cache, without what the cache loses to indexes, fixed places and holes.
 *
 * The first half of CONTEST_REQUESTS fills both, hits are counted in the second.
 */
#ifndef CAIRN_TESTS_BENCH_CACHE_CONTEST_H
#define CAIRN_TESTS_BENCH_CACHE_CONTEST_H

#include <stddef.h>

#include "tests/bench/cache/trace.h"

#define CONTEST_REQUESTS 200000u

enum contest_cache {
	CONTEST_STORE, /* cache/store.h: sets, absences and delegations lie there */
	CONTEST_READY, /* cache/ready.h: whole answers */
	CONTEST_CACHES,
};

struct contest {
	enum contest_cache cache;
	const struct trace *trace;
	size_t block_bytes; /* of the cache */
	uint64_t seed;
};

struct contest_result {
	double cache, lru;    /* hits of all questions asked, 0 to 1 */
	uint32_t lru_entries; /* at the end */
};

/* The last of them is the one on which an LRU may be better: what is popular changes all the time. */
#define CONTEST_TRACES 12
extern const struct trace contest_traces[CONTEST_TRACES];
extern const char *const contest_names[CONTEST_CACHES];

/* 0, or ERR_NO_MEMORY. */
int contest_run(const struct contest *contest, struct contest_result *result);

#endif
