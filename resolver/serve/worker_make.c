/* worker_make.c - a worker from its parts, its thread, and its end (worker.h). */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "resolver/serve/listen_own_tcp.h"
#include "resolver/serve/listen_own_udp.h"
#include "resolver/serve/core_config.h"
#include "resolver/serve/memory.h"
#include "resolver/serve/stream.h"
#include "resolver/serve/udp_batch.h"
#include "resolver/serve/worker_priv.h"

#define ARENA_BYTES           (512u * 1024u) /* the largest answer twice over, and more */
#define DESCRIPTORS_OF_A_LOOP 32u
#define TIMER_SLACK_NS        1000ul

uint64_t
worker_descriptors(const struct config *config, size_t endpoint_count)
{
	return config->incoming_num_tcp + 2 * endpoint_count + DESCRIPTORS_OF_A_LOOP;
}

/* The next `size` octets of the block, on a line of the cache of their own; with a NULL block only counts. */
static void *
carve(struct worker *worker, size_t *used, size_t size)
{
	void *at = worker->block != NULL ? (uint8_t *)worker->block + *used : NULL;
	*used += (size + 63) & ~(size_t)63;
	return at;
}

struct places {
	void *stack, *engine, *upstream, *clients, *arena;
	size_t stack_bytes, engine_bytes, upstream_bytes, total_bytes;
};

static struct places
lay_out(struct worker *worker, const struct stack_limits *stack, const struct engine_limits *engine)
{
	size_t used = 0;
	struct places places = {
		.stack_bytes = stack_bytes(stack),
		.engine_bytes = engine_bytes(engine),
		.upstream_bytes = upstream_bytes(engine),
	};
	places.stack = carve(worker, &used, places.stack_bytes);
	places.engine = carve(worker, &used, places.engine_bytes);
	places.upstream = carve(worker, &used, places.upstream_bytes);
	places.clients = carve(worker, &used, clients_bytes(engine->client_count));
	places.arena = carve(worker, &used, ARENA_BYTES);
	places.total_bytes = used;
	return places;
}

/* The cores of this worker, in one block of which only what is used becomes memory. */
static int
make_cores(struct worker *worker, const struct worker_config *config, uint64_t now_us)
{
	struct engine_limits engine_limits = core_config_engine_limits(config->config);
	struct stack_limits limits = core_config_stack_limits(config->config, &engine_limits);

	limits.is_block_clear = true; /* it is reserved below */
	worker->block_bytes = lay_out(worker, &limits, &engine_limits).total_bytes;
	worker->block = memory_reserve(worker->block_bytes);
	if (worker->block == NULL)
		return ERR_NO_MEMORY;
	struct places places = lay_out(worker, &limits, &engine_limits);
	struct engine_config engine_config = core_config_engine(config->config);
	verifiers_configure(&engine_config);
	worker->stack = stack_new(places.stack, places.stack_bytes, &limits, &worker->rng, now_us);
	worker->engine = engine_new(places.engine, places.engine_bytes, &engine_limits,
				    &engine_config, &worker->caches, &worker->rng, now_us);
	if (worker->stack == NULL || worker->engine == NULL)
		return ERR_NO_MEMORY;
	upstream_init(&worker->upstream, worker->engine, worker->stack, places.upstream,
		      places.upstream_bytes);
	worker->crypto = crypto_new();
	worker->hmac = tsig_hmac_new();
	if (worker->crypto == NULL || worker->hmac == NULL)
		return ERR_NO_MEMORY;
	arena_init(&worker->arena, places.arena, ARENA_BYTES);
	clients_init(&worker->clients, places.clients, engine_limits.client_count,
		     &worker->service->policy, worker->engine, &worker->arena, &worker->rng);
	clients_set_hmac(&worker->clients, worker->hmac);
	clients_set_ready(&worker->clients, worker->caches.ready);
	clients_set_underway(&worker->clients, config->underway, config->index, WORKER_WAITING_MAX);
	worker__set_trust(worker, now_us);
	return 0;
}

static int
add_hints(struct worker *worker, const struct root_hints *hints)
{
	for (size_t i = 0; i < hints->count; i++) {
		int err = engine_add_hint(worker->engine, &hints->entries[i].server,
					  &hints->entries[i].addr);
		if (err != 0)
			return err;
	}
	return 0;
}

/* From here on worker__close_handles is right. */
static int
make_loop(struct worker *worker)
{
	int err = uv_loop_init(&worker->loop);
	if (err != 0)
		return err;
	err = mailbox_init(&worker->mailbox, &worker->loop, worker__on_mail, worker);
	if (err != 0) {
		(void)uv_loop_close(&worker->loop);
		return err;
	}
	(void)uv_timer_init(&worker->loop, &worker->engine_timer); /* cannot fail */
	worker->engine_timer.data = worker;
	worker->engine_at_us = ENGINE_NEVER;
	worker->has_loop = true;
	return 0;
}

static int
fail(char error[CONFIG_ERROR_BYTES], const char *what, const char *why)
{
	(void)snprintf(error, CONFIG_ERROR_BYTES, "a worker cannot be made: %s: %s", what, why);
	return ERR_NO_MEMORY;
}

/* The port that a station serves itself. */
static int
listen_on_stack(struct worker *worker, const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	int err = config->do_udp ? listen_own_udp_new(&worker->own_udp, worker, (uint16_t)config->port) : 0;
	if (err != 0)
		return fail(error, "our own UDP", err_text(err));
	worker->listeners = worker->own_udp;
	err = config->do_tcp ? listen_own_tcp_new(&worker->own_tcp, worker, (uint16_t)config->port) : 0;
	if (err != 0)
		return fail(error, "our own TCP", err_text(err));
	if (worker->own_tcp != NULL) {
		worker->own_tcp->next = worker->listeners;
		worker->listeners = worker->own_tcp;
	}
	return 0;
}

/* Clients' datagrams come off a device, too. */
static int
listen_at_door(struct worker *worker, const struct worker_config *config, char error[CONFIG_ERROR_BYTES])
{
	const struct listen_xdp_config xdp = {
		.door = config->door,
		.share = config->index,
		.port = (uint16_t)config->config->port,
	};
	const int err = listen_xdp_new(&worker->xdp, worker, &xdp);
	return err == 0 ? 0 : fail(error, "link xdp", uv_strerror(err));
}

/* The stack on its link, and where it is a station, the port that it serves itself. */
static int
make_shell(struct worker *worker, const struct config *config, uint64_t now_us,
	   char error[CONFIG_ERROR_BYTES])
{
	worker->shell.data = worker;
	worker->shell.on_frames = worker__on_frames;
	network_describe(&worker->network, config, &worker->shell);
	worker->has_shell = true;
	int err = stack_uv_open(&worker->shell, &worker->loop, worker->stack, worker->network.link,
				worker__on_action, worker__on_turn);
	if (err != 0)
		return fail(error, "network", err_text(err));
	err = network_set_up(&worker->network, worker->stack, worker->shell.ifindex, now_us, error);
	worker->network_version = stack_network_version(worker->stack);
	if (err != 0 || network_is_shared(config))
		return err;
	return listen_on_stack(worker, config, error);
}

static int
make_parts(struct worker *worker, const struct worker_config *config,
	   char error[CONFIG_ERROR_BYTES])
{
	uint64_t now_us = uv_hrtime() / 1000;
	int err = make_cores(worker, config, now_us);
	if (err != 0)
		return fail(error, "memory", err_text(err));
	err = add_hints(worker, config->hints);
	if (err != 0)
		return fail(error, "root hints", err_text(err));
	err = config->link != NULL
		      ? network_open_over(&worker->network, config->config, config->link, error)
		      : network_open(&worker->network, config->config, config->plan, config->index,
				     &worker->rng, now_us, error);
	if (err != 0)
		return err;
	err = make_loop(worker);
	if (err != 0)
		return fail(error, "event loop", uv_strerror(err));
	worker->tcp = stream_pool_new(worker, config->config->incoming_num_tcp, &err);
	worker->udp = udp_batch_new();
	worker->verifiers = verifiers_new(&worker->loop, worker__on_verified, worker);
	if (worker->tcp == NULL || worker->udp == NULL || worker->verifiers == NULL)
		return fail(error, "buffers", uv_strerror(UV_ENOMEM));
	if (config->cachedb != NULL) {
		worker->cachedb = cachedb_reader_new(&worker->loop, config->cachedb, &worker->caches, &worker->service->log,
						     worker__on_fetched, worker);
		if (worker->cachedb == NULL)
			return fail(error, "cachedb", uv_strerror(UV_ENOMEM));
	}
	err = make_shell(worker, config->config, now_us, error);
	return err == 0 && config->door != NULL ? listen_at_door(worker, config, error) : err;
}

int
worker_new(struct worker **made, const struct worker_config *config, char error[CONFIG_ERROR_BYTES])
{
	struct worker *worker = calloc(1, sizeof *worker);
	if (worker == NULL)
		return fail(error, "memory", err_text(ERR_NO_MEMORY));
	worker->index = config->index;
	worker->service = config->service;
	worker->caches = *config->caches;
	worker->server = config->server;
	worker->workers = config->workers;
	rng_init(&worker->rng, config->seed);
	querylog_init(&worker->query_log, &worker->service->query_log);
	int err = make_parts(worker, config, error);
	if (err != 0) {
		worker_free(worker);
		return err;
	}
	if (config->config->prime_root)
		engine_prime(worker->engine, worker_now_us(worker));
	*made = worker;
	return 0;
}

int
worker_hold_ports(struct worker *worker, char error[CONFIG_ERROR_BYTES])
{
	return network_hold_ports(&worker->network, uv_hrtime() / 1000, error);
}

static void
run(void *arg)
{
	struct worker *worker = arg;
	/* The system's 50 us, which this thread has else, would make a rest (stack/uv.h) half as long again. */
	(void)prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS, 0, 0, 0);
	(void)uv_run(&worker->loop, UV_RUN_DEFAULT);
	querylog_end(&worker->query_log); /* listeners write lines until they are closed */
}

int
worker_start(struct worker *worker)
{
	int err = uv_thread_create(&worker->thread, run, worker);
	worker->is_started = err == 0;
	return err;
}

void
worker_join(struct worker *worker)
{
	if (worker->is_started)
		(void)uv_thread_join(&worker->thread);
	worker->is_started = false;
}

void
worker_free(struct worker *worker)
{
	worker_join(worker);
	if (worker->has_loop) {
		if (!worker->is_closing)
			worker__close_handles(worker);
		(void)uv_run(&worker->loop,
			     UV_RUN_DEFAULT); /* of a started one there is nothing left to run */
		mailbox_fini(&worker->mailbox);
		int err = uv_loop_close(&worker->loop);
		assert(err == 0);
		(void)err;
	}
	network_close(&worker->network);
	if (worker->tcp != NULL)
		stream_pool_free(worker->tcp);
	udp_batch_free(worker->udp);
	verifiers_free(worker->verifiers);
	crypto_free(worker->crypto);
	tsig_hmac_free(worker->hmac);
	if (worker->block != NULL)
		(void)munmap(worker->block, worker->block_bytes);
	free(worker);
}
