/*
 * traffic.h - a link whose far end is in this process: clients that ask a worker, and the name servers that it asks (packets.h).
 *
 * All of it happens on the worker's thread, in the calls of its link, so there is no other thread that could be the limit and
 * no call of the kernel.  Questions come in batches as large as a link takes; there are never more than `window` unanswered
 * ones.  A name server's reply comes delay_us after its query.
 *
 * First the worker's part of the questions that warm the caches is asked, then all workers wait for each other, then the clocks run
 * for the rest.  Worker i of n has every n-th question, from the i-th on; its thread stays on processor i.
 *
 * Ownership: the plan outlives the traffic; what was counted is to be read when the worker's thread has ended.
 * Bounds:    TRAFFIC_WINDOW_MAX questions, TRAFFIC_REPLIES_MAX replies under way; more of these are lost, and counted.
 */
#ifndef CAIRN_TESTS_BENCH_DNS_LOAD_TRAFFIC_H
#define CAIRN_TESTS_BENCH_DNS_LOAD_TRAFFIC_H

#include <pthread.h>
#include <semaphore.h>

#include "stack/link/link.h"
#include "tests/bench/dns/load/packets.h"

#define TRAFFIC_WINDOW_MAX  4096u
#define TRAFFIC_REPLIES_MAX 8192u

/* What all workers together are asked; read by them, changed by nobody. */
struct traffic_plan {
	const uint32_t *questions;  /* numbers of names */
	uint32_t warm_count, count; /* the first warm the caches */
	unsigned workers, window;
	uint32_t delay_us;
	pthread_barrier_t *begin;
	sem_t *done; /* posted once a worker */
};

struct traffic_reply {
	uint64_t at_us;
	size_t size;
	uint8_t bytes[PACKETS_BYTES_MAX];
};

struct traffic {
	struct link link;
	const struct traffic_plan *plan;
	unsigned worker;
	bool is_pinned, is_measured, is_done;
	uint32_t next; /* question */
	uint32_t asked, unanswered;

	uint32_t names[TRAFFIC_WINDOW_MAX]; /* asked for, by id */
	uint16_t free_ids[TRAFFIC_WINDOW_MAX];
	uint8_t questions[LINK_BATCH_MAX][PACKETS_BYTES_MAX];
	struct traffic_reply *replies; /* a ring in the order of their times */
	uint32_t first_reply, reply_count, lent_count;

	uint64_t answers, wrong, upstream, lost; /* answers, upstream: while it is measured */
	uint64_t cpu_ns, begin_ns, end_ns;       /* of the thread; of the wall clock */
};

/* False: no memory. */
bool traffic_init(struct traffic *traffic, const struct traffic_plan *plan, unsigned worker);
void traffic_fini(struct traffic *traffic);

#endif
