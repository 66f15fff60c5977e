/*
 * run.h - workers as cairnd makes them, under traffic (traffic.h) until all of it is answered, and what that took.
 *
 * Everything is made anew for a run, so it begins with empty caches.  No socket is opened and no thread but the workers' does
 * anything meanwhile.
 *
 * Bounds: RUN_WORKERS_MAX workers.
 */
#ifndef CAIRN_TESTS_BENCH_DNS_LOAD_RUN_H
#define CAIRN_TESTS_BENCH_DNS_LOAD_RUN_H

#include "resolver/serve/config.h"
#include "resolver/serve/underway.h"
#include "tests/bench/dns/load/traffic.h"

#define RUN_WORKERS_MAX UNDERWAY_WORKERS_MAX

struct run_work {
	const uint32_t *questions;
	uint32_t warm_count, count;
	unsigned workers, window;
	uint32_t delay_us;
	bool has_huge_pages; /* msg-cache-huge-pages */
	int log_fd; /* where log-queries and log-replies go; -1: neither is on */
	bool is_apart; /* each worker has caches of its own: what so many cost each other that share nothing but the machine */
};

struct run_result {
	double rate;                    /* answers a second, until the last worker is done */
	double cpu_us[RUN_WORKERS_MAX]; /* an answer, of each worker's thread */
	double cpu_mean_us;             /* of all answers */
	double upstream, waited;        /* an answer; waited: for another worker */
	uint64_t answers, wrong, lost;
};

/* Nonzero with a line in `error`. */
int run(const struct run_work *work, struct run_result *result, char error[CONFIG_ERROR_BYTES]);

#endif
