/*
 * trace.h - which names are asked for, one after the other: made up from a few numbers and a seed, so that every run is
 * the same.
 *
 * Names are numbers. Those below TRACE_NAMES are asked more than once, by Zipf's law or round and round; those of a scan
 * are asked once and never again.
 *
 * Ownership: the trace is read only; a source has no memory of its own.
 * Bounds:    TRACE_REQUESTS_MAX requests, so numbers below TRACE_NUMBERS_MAX.
 */
#ifndef CAIRN_TESTS_BENCH_CACHE_TRACE_H
#define CAIRN_TESTS_BENCH_CACHE_TRACE_H

#include "stack/base/rng.h"

#define TRACE_NAMES        30000u
#define TRACE_REQUESTS_MAX 200000u
#define TRACE_NUMBERS_MAX  (TRACE_NAMES + TRACE_REQUESTS_MAX)

struct trace {
	const char *what;
	double exponent;       /* of Zipf's law */
	uint32_t scan_every;   /* requests from the start of one scan to that of the next; 0: no scans */
	uint32_t scan_length;  /* requests */
	uint32_t scans_max;    /* 0: no end of them */
	uint32_t loop_length;  /* names that are asked round and round; 0: none */
	uint32_t loop_percent; /* of the requests */
	uint32_t drift_every;  /* requests after which each name takes the next one's place; 0: never */
};

struct trace_source {
	const struct trace *trace;
	struct rng rng;
	double cumulative[TRACE_NAMES];
	uint32_t asked, scanned, looped, drift;
};

void trace_start(struct trace_source *source, const struct trace *trace, uint64_t seed);
uint32_t trace_next(struct trace_source *source);

#endif
