#include "tests/bench/dns/load/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "resolver/serve/memory.h"
#include "resolver/serve/worker.h"

#define PATIENCE_S 240

/*
 * As bench has it: no validation, for which threads share nothing but the caches.  Those hold all that is asked, and are no
 * larger, since all of their memory is touched beforehand.  An answer that is late, for the machine had other things to do,
 * is sent all the same: there is nobody here who would ask again.
 */
#define CONFIG                                                                                     \
	"server: { module-config: iterator, do-ip6: no, access-control: " PACKETS_NET " allow, "   \
	"rrset-cache-size: 96m, msg-cache-size: 32m, discard-timeout: 0 }\n"                       \
	"stack: { link: tap, address: " PACKETS_STATION " }\n"

struct run {
	const struct run_work *work;
	struct rng rng;
	struct config config;
	struct service *service;
	struct memory memories[RUN_WORKERS_MAX]; /* one, or with is_apart each its own */
	unsigned memory_count;
	struct root_hints hints;
	void *underway_block;
	struct underway *underway; /* NULL where nothing is shared, as in cairnd with one worker */

	uv_loop_t
		loop; /* never runs while the workers do: letters come back and lie in the mailbox */
	struct mailbox mailbox;
	pthread_barrier_t begin;
	sem_t done;
	struct traffic_plan plan;
	struct traffic *traffic;
	struct worker *workers[RUN_WORKERS_MAX];
	struct worker_order reports[RUN_WORKERS_MAX], stops[RUN_WORKERS_MAX];
	bool is_stuck;
};

static int
fail(char error[CONFIG_ERROR_BYTES], const char *what, int err)
{
	if (err != 0 && error[0] == '\0')
		(void)snprintf(error, CONFIG_ERROR_BYTES, "%s: %s", what, err_text(err));
	return err;
}

/* ---- what workers share ------------------------------------------------------------------------------- */

static int
open_service(struct run *run, char error[CONFIG_ERROR_BYTES])
{
	int err = config_parse(&run->config, "load", CONFIG, strlen(CONFIG), error);

	if (err != 0)
		return err;
	run->config.msg_cache_huge_pages = run->work->has_huge_pages;
	run->config.log_queries = run->config.log_replies = run->work->log_fd >= 0;
	err = service_new(&run->service, &run->config, NULL, &run->rng, error);
	if (err != 0)
		return err;
	if (run->work->log_fd >= 0)
		run->service->query_log.fd = run->work->log_fd;
	run->hints.count = 1;
	run->hints.entries[0].addr =
		addr_ipv4((uint8_t[4]){ PACKETS_ROOT >> 24, PACKETS_ROOT >> 16 & 255,
					PACKETS_ROOT >> 8 & 255, PACKETS_ROOT & 255 });
	return name_from_text(&run->hints.entries[0].server, PACKETS_ROOT_NAME, NULL);
}

/*
 * The kernel gives memory page by page as it is touched for the first time, which threads of a process wait for each other for.
 * A server that has run for a while has that behind it.
 */
static int
open_memory(struct run *run, char error[CONFIG_ERROR_BYTES])
{
	struct memory *memory = &run->memories[run->memory_count];
	const int err = memory_open(memory, &run->config, &run->rng, error);

	if (err != 0)
		return err;
	run->memory_count++;
	return madvise(memory->block, memory->block_bytes, MADV_POPULATE_WRITE) == 0
		       ? 0
		       : ERR_NO_MEMORY;
}

static int
open_shared(struct run *run, char error[CONFIG_ERROR_BYTES])
{
	const unsigned memory_count = run->work->is_apart ? run->work->workers : 1;
	int err = open_service(run, error);

	while (run->memory_count < memory_count && err == 0)
		err = open_memory(run, error);
	if (err != 0 || run->work->workers == memory_count)
		return err;
	run->underway_block = calloc(1, underway_bytes());
	run->underway = underway_new(run->underway_block, underway_bytes(), &run->rng);
	return run->underway != NULL ? 0 : ERR_NO_MEMORY;
}

static void
close_shared(struct run *run)
{
	free(run->underway_block);
	while (run->memory_count > 0)
		memory_close(&run->memories[--run->memory_count]);
	service_free(run->service);
	config_free(&run->config);
}

/* ---- workers ------------------------------------------------------------------------------------------ */

static int
make_worker(struct run *run, unsigned index, char error[CONFIG_ERROR_BYTES])
{
	uint8_t seed[RNG_SEED_BYTES];

	if (!traffic_init(&run->traffic[index], &run->plan, index))
		return ERR_NO_MEMORY;
	rng_bytes(&run->rng, seed, sizeof seed);
	const struct worker_config config = {
		.index = index,
		.config = &run->config,
		.service = run->service,
		.caches = &run->memories[run->work->is_apart ? index : 0].caches,
		.hints = &run->hints,
		.link = &run->traffic[index].link,
		.server = &run->mailbox,
		.underway = run->underway,
		.workers = run->workers,
		.seed = seed,
	};
	return worker_new(&run->workers[index], &config, error);
}

/* False: not all of it has been answered in time, and never will be. */
static bool
wait_until_done(struct run *run)
{
	struct timespec end;

	(void)clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += PATIENCE_S;
	for (unsigned i = 0; i < run->work->workers; i++)
		if (sem_timedwait(&run->done, &end) != 0)
			return false;
	return true;
}

static void
stop_workers(struct run *run)
{
	for (unsigned i = 0; i < run->work->workers; i++) {
		run->reports[i].kind = WORKER_REPORT;
		run->stops[i].kind = WORKER_STOP;
		mailbox_post(worker_mailbox(run->workers[i]), &run->reports[i].letter);
		mailbox_post(worker_mailbox(run->workers[i]), &run->stops[i].letter);
	}
	for (unsigned i = 0; i < run->work->workers; i++)
		worker_join(run->workers[i]);
}

static int
serve(struct run *run, char error[CONFIG_ERROR_BYTES])
{
	for (unsigned i = 0; i < run->work->workers; i++) {
		const int err = worker_start(run->workers[i]);
		if (err != 0)
			return fail(error, "thread", err);
	}
	if (!wait_until_done(run)) {
		(void)snprintf(error, CONFIG_ERROR_BYTES,
			       "some questions have no answer after %d s", PATIENCE_S);
		run->is_stuck = true;
		return ERR_BUDGET;
	}
	stop_workers(run);
	return 0;
}

/* ---- the result --------------------------------------------------------------------------------------- */

static void
add_up(const struct run *run, struct run_result *result)
{
	uint64_t cpu_ns = 0, upstream = 0, waited = 0, begin_ns = UINT64_MAX, end_ns = 0;

	*result = (struct run_result){ .rate = 0 };
	for (unsigned i = 0; i < run->work->workers; i++) {
		const struct traffic *traffic = &run->traffic[i];
		const double answers = (double)traffic->answers;
		begin_ns = traffic->begin_ns < begin_ns ? traffic->begin_ns : begin_ns;
		end_ns = traffic->end_ns > end_ns ? traffic->end_ns : end_ns;
		result->cpu_us[i] = (double)traffic->cpu_ns / 1e3 / answers;
		result->answers += traffic->answers;
		result->wrong += traffic->wrong;
		result->lost += traffic->lost;
		cpu_ns += traffic->cpu_ns;
		upstream += traffic->upstream;
		waited += run->reports[i].report.server.waited;
	}
	result->rate = (double)result->answers * 1e9 / (double)(end_ns - begin_ns);
	result->cpu_mean_us = (double)cpu_ns / 1e3 / (double)result->answers;
	result->upstream = (double)upstream / (double)result->answers;
	result->waited = (double)waited / (double)result->answers;
}

/* ---- a run -------------------------------------------------------------------------------------------- */

static int
make(struct run *run, char error[CONFIG_ERROR_BYTES])
{
	const struct run_work *work = run->work;

	run->plan = (struct traffic_plan){
		.questions = work->questions,
		.warm_count = work->warm_count,
		.count = work->count,
		.workers = work->workers,
		.window = work->window,
		.delay_us = work->delay_us,
		.begin = &run->begin,
		.done = &run->done,
	};
	run->traffic = calloc(work->workers, sizeof *run->traffic);
	if (run->traffic == NULL)
		return ERR_NO_MEMORY;
	int err = open_shared(run, error);
	for (unsigned i = 0; i < work->workers && err == 0; i++)
		err = make_worker(run, i, error);
	return err;
}

static void
unmake(struct run *run)
{
	for (unsigned i = 0; i < run->work->workers; i++) {
		if (run->workers[i] != NULL)
			worker_free(run->workers[i]);
		if (run->traffic != NULL)
			traffic_fini(&run->traffic[i]);
	}
	free(run->traffic);
	close_shared(run);
}

static int
open_mailbox(struct run *run)
{
	return uv_loop_init(&run->loop) == 0 &&
			       mailbox_init(&run->mailbox, &run->loop, NULL, NULL) == 0
		       ? 0
		       : ERR_NO_MEMORY;
}

static void
close_mailbox(struct run *run)
{
	mailbox_close(&run->mailbox);
	(void)uv_run(&run->loop, UV_RUN_DEFAULT);
	mailbox_fini(&run->mailbox);
	(void)uv_loop_close(&run->loop);
}

int
run(const struct run_work *work, struct run_result *result, char error[CONFIG_ERROR_BYTES])
{
	struct run *run = calloc(1, sizeof *run);

	error[0] = '\0';
	if (run == NULL || open_mailbox(run) != 0)
		return fail(error, "event loop", ERR_NO_MEMORY);
	run->work = work;
	rng_init_number(&run->rng, 1);
	(void)pthread_barrier_init(&run->begin, NULL, work->workers);
	(void)sem_init(&run->done, 0, 0);
	int err = fail(error, "workers", make(run, error));
	if (err == 0)
		err = serve(run, error);
	if (run->is_stuck)
		return err; /* the threads still use all of it */
	if (err == 0)
		add_up(run, result);
	unmake(run);
	(void)pthread_barrier_destroy(&run->begin);
	(void)sem_destroy(&run->done);
	close_mailbox(run);
	free(run);
	return err;
}
