#include "resolver/serve/worker.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "resolver/serve/listen_own_tcp.h"
#include "resolver/serve/listen_stack.h"
#include "resolver/serve/listen_tcp.h"
#include "resolver/serve/listen_udp.h"
#include "resolver/serve/querylog.h"
#include "resolver/serve/sizing.h"
#include "resolver/serve/stream.h"
#include "resolver/serve/udp_batch.h"

#define TRUST_CLOCK_US         10000000u
#define ARENA_BYTES           (512u * 1024u) /* the largest answer twice over, and more */
#define ANSWERS_A_TURN        4096u
#define DESCRIPTORS_OF_A_LOOP 32u

struct worker {
	unsigned index;
	const struct service *service;
	struct caches caches;
	struct mailbox *server;

	uv_thread_t thread;
	bool is_started, is_closing;
	uv_loop_t loop;
	bool has_loop;
	struct mailbox mailbox;
	uv_timer_t engine_timer;
	uint64_t engine_at_us; /* what it is armed for */

	struct rng rng;
	struct network network;
	struct stack *stack;
	uint32_t network_version; /* of what is concluded from failures */
	struct stack_uv shell;
	bool has_shell;
	struct engine *engine;
	struct crypto *crypto;
	uint64_t trust_at_us; /* when the wall clock is looked at again */
	struct upstream upstream;

	struct clients clients;
	struct arena arena;
	struct udp_batch *udp;
	struct stream_pool *tcp;
	struct listener *listeners;
	struct listener *own, *own_tcp; /* among them: clients over our own stack, where it is a station */

	void *block;
	size_t block_bytes;
};

/* ---- for listeners ------------------------------------------------------------------------------------------- */

uv_loop_t *
worker_loop(struct worker *worker)
{
	return &worker->loop;
}

uint64_t
worker_now_us(struct worker *worker)
{
	return stack_uv_now_us(&worker->shell);
}

struct udp_batch *
worker_udp_batch(struct worker *worker)
{
	return worker->udp;
}

struct stream_pool *
worker_streams(struct worker *worker)
{
	return worker->tcp;
}

struct stack *
worker_stack(struct worker *worker)
{
	return worker->stack;
}

const struct service *
worker_service(const struct worker *worker)
{
	return worker->service;
}

struct server_stats *
worker_stats(struct worker *worker)
{
	return &worker->clients.stats;
}

struct mailbox *
worker_mailbox(struct worker *worker)
{
	return &worker->mailbox;
}

static void
log_outcome(const struct service *service, const struct client_source *source,
	    const struct client_outcome *outcome)
{
	if (outcome->informs != NULL)
		querylog_inform(&service->query_log, source, outcome);
	if (outcome->note != NULL)
		querylog_policy(&service->query_log, source, outcome);
	if (outcome->fate != CLIENT_REPLIES)
		return;
	if (service->log_replies)
		querylog_reply(&service->query_log, source, outcome);
	if (service->log_servfail && outcome->rcode == RCODE_SERVFAIL)
		querylog_servfail(&service->query_log, outcome);
}

enum client_fate
worker_query(struct worker *worker, const struct client_source *source, const uint8_t *bytes,
	     size_t size, uint8_t *reply, size_t reply_max, uint64_t now_us, size_t *reply_bytes)
{
	struct client_outcome outcome;
	client_query(&worker->clients, source, bytes, size, reply, reply_max, now_us, &outcome);
	if (worker->service->log_queries)
		querylog_query(&worker->service->query_log, source, outcome.question);
	log_outcome(worker->service, source, &outcome);
	*reply_bytes = outcome.reply_bytes;
	return outcome.fate;
}

/* ---- a turn ------------------------------------------------------------------------------------------------------ */

/* An answer of the engine goes to the client that waited for it, if that is still there. */
static void
deliver(struct worker *worker, const struct engine_action *action, uint64_t now_us)
{
	const struct client_source *source = client_source_of(&worker->clients, action->client);
	struct listener *listener = source->listener;
	size_t room = 0;
	uint8_t *reply = listener != NULL ? listener->ops->lend(listener, source, &room) : NULL;
	if (reply == NULL) {
		client_drop(&worker->clients, action->client);
		return;
	}
	struct client_outcome outcome;
	client_answer(&worker->clients, action->client, action->answer, reply, room, now_us,
		      &outcome);
	if (outcome.fate == CLIENT_PENDS)
		return;
	log_outcome(worker->service, source, &outcome);
	listener->ops->send(listener, source,
			    outcome.fate == CLIENT_REPLIES ? outcome.reply_bytes : 0);
}

static void
on_engine_timer(uv_timer_t *timer)
{
	struct worker *worker = timer->data;
	worker->engine_at_us =
		ENGINE_NEVER; /* it only ends the loop's sleep: the turn does the rest */
}

static void
arm_engine_timer(struct worker *worker, uint64_t at_us)
{
	if (at_us == worker->engine_at_us)
		return;
	worker->engine_at_us = at_us;
	if (at_us == ENGINE_NEVER) {
		(void)uv_timer_stop(&worker->engine_timer);
		return;
	}
	uint64_t at_ms = at_us / 1000 + (at_us % 1000 != 0), now_ms = uv_now(&worker->loop);
	(void)uv_timer_start(&worker->engine_timer, on_engine_timer,
			     at_ms > now_ms ? at_ms - now_ms : 0, 0);
}

/*
 * What the engine validates with.  The wall clock may be set while we run (a machine that has just started), so
 * its distance from ours is measured again and again.
 */
static void
set_trust(struct worker *worker, uint64_t now_us)
{
	const struct engine_trust trust = {
		.anchors = worker->service->trust.anchors,
		.crypto = worker->crypto,
		.wall_offset_s = (int64_t)time(NULL) - (int64_t)(now_us / 1000000u),
		.override_s = worker->service->trust.override_s,
	};
	engine_set_trust(worker->engine, &trust);
	clients_set_clock(&worker->clients, trust.wall_offset_s);
	engine_set_forwards(worker->engine, worker->service->forwards);
	engine_set_rpz(worker->engine, worker->service->policy.rpz);
	engine_set_rebind(worker->engine, worker->service->rebind);
	engine_set_not_asked(worker->engine, worker->service->not_asked);
	engine_set_client_strings(worker->engine, worker->service->strings);
	worker->trust_at_us = now_us + TRUST_CLOCK_US;
}

static void
on_turn(struct stack_uv *shell, uint64_t now_us)
{
	struct worker *worker = shell->data;
	struct engine_action action;
	unsigned answers_left = ANSWERS_A_TURN;
	if (worker->own_tcp != NULL)
		listen_own_tcp_turn(worker->own_tcp);
	bool is_behind = stream_own_turn(worker->tcp);
	uint32_t network_version = stack_network_version(worker->stack);
	if (network_version != worker->network_version)
		infra_network_changed(worker->caches.infra, now_us);
	worker->network_version = network_version;
	if (now_us >= worker->trust_at_us)
		set_trust(worker, now_us);
	if (engine_deadline(worker->engine) <= now_us)
		engine_timeout(worker->engine, now_us);
	while (answers_left > 0 && upstream_next(&worker->upstream, &action, now_us)) {
		deliver(worker, &action, now_us);
		answers_left--;
	}
	udp_batch_flush(worker->udp);
	stream_pool_flush(worker->tcp);
	if (!worker->is_closing)
		arm_engine_timer(worker, answers_left > 0 && !is_behind ? upstream_deadline(&worker->upstream) : 0);
}

static void
on_action(struct stack_uv *shell, const struct stack_action *action, uint64_t now_us)
{
	struct worker *worker = shell->data;
	if (upstream_receive(&worker->upstream, action, now_us))
		return;
	if (action->kind == STACK_DATAGRAM && action->user == LISTEN_STACK_USER &&
	    action->flow == 0)
		listen_stack_receive(worker->own, action, now_us);
	else if (action->kind == STACK_TCP)
		stream_own_receive(worker->tcp, action);
}

/* ---- listeners ------------------------------------------------------------------------------------------------------ */

int
worker_listen(struct worker *worker, const struct worker_socket *socket)
{
	struct listener *listener = NULL;
	int err = socket->transport == ENDPOINT_UDP
			  ? listen_udp_new(&listener, worker, &socket->endpoint, socket->fd)
			  : listen_tcp_new(&listener, worker, &socket->endpoint, socket->fd);
	if (err != 0)
		return err;
	listener->next = worker->listeners;
	worker->listeners = listener;
	return 0;
}

/* Unlinks a listener and starts to close it. */
static void
shut_listener(struct worker *worker, struct listener **at)
{
	struct listener *listener = *at;
	*at = listener->next;
	clients_forget_listener(&worker->clients, listener);
	if (listener == worker->own_tcp)
		worker->own_tcp = NULL;
	listener->ops->close(listener, NULL);
}

static void
shut_endpoint(struct worker *worker, const struct worker_socket *socket)
{
	struct listener **at = &worker->listeners;
	while (*at != NULL) {
		if ((*at)->transport == socket->transport &&
		    endpoint_equal(&(*at)->endpoint, &socket->endpoint))
			shut_listener(worker, at);
		else
			at = &(*at)->next;
	}
}

/* ---- orders ------------------------------------------------------------------------------------------------------------ */

static void
reconfigure(struct worker *worker, const struct worker_order *order)
{
	worker->service = order->service;
	clients_set_policy(&worker->clients, &order->service->policy);
	engine_configure(worker->engine, &order->engine);
	set_trust(worker, worker_now_us(worker));
	for (size_t i = 0; i < order->shut_count; i++)
		shut_endpoint(worker, &order->shut[i]);
	for (size_t i = 0; i < order->open_count; i++) {
		int err = worker_listen(worker, &order->open[i]);
		char text[ENDPOINT_TEXT_BYTES];
		if (err != 0)
			log_error(&order->service->log, "cannot watch %s: %s",
				  endpoint_to_text(&order->open[i].endpoint, text, sizeof text),
				  uv_strerror(err));
	}
}

static void
report(struct worker *worker, struct worker_report *report)
{
	const struct udp_batch_stats *udp = udp_batch_stats(worker->udp);
	report->server = worker->clients.stats;
	report->server.udp_cut = udp->cut;
	report->server.udp_receive_errors = udp->receive_errors;
	report->server.udp_send_failures = udp->send_failures;
	engine_stats(worker->engine, &report->engine);
	report->upstream_tcp = worker->upstream.tcp.stats;
	report->upstream.open_failures = worker->upstream.open_failures;
	report->upstream.send_failures = worker->upstream.send_failures;
	report->host.sync_failures = worker->shell.sync_failures;
	report->host.guard_renew_failures = worker->network.guard.renew_failures;
	stack_stats(worker->stack, &report->stack);
	for (unsigned i = 0; i < DROP_REASON_COUNT; i++)
		report->drops[i] = stack_drops(worker->stack, i);
	report->link = worker->network.link->stats;
}

/* Everything that the loop still watches is closed; the loop ends when all of it is. */
static void
close_handles(struct worker *worker)
{
	worker->is_closing = true;
	while (worker->listeners != NULL)
		shut_listener(worker, &worker->listeners);
	if (worker->tcp != NULL)
		stream_pool_close(worker->tcp);
	uv_close((uv_handle_t *)&worker->engine_timer, NULL);
	mailbox_close(&worker->mailbox);
	if (worker->has_shell)
		stack_uv_close(&worker->shell, NULL);
}

static void
on_mail(uv_async_t *async)
{
	struct worker *worker = async->data;
	struct letter *letter;
	while (!worker->is_closing && (letter = mailbox_take(&worker->mailbox)) != NULL) {
		struct worker_order *order = (struct worker_order *)letter;
		switch (order->kind) {
		case WORKER_RECONFIGURE: reconfigure(worker, order); break;
		case WORKER_REPORT: report(worker, &order->report); break;
		case WORKER_STOP: close_handles(worker); break;
		}
		mailbox_post(worker->server, letter);
	}
}

/* ---- life ----------------------------------------------------------------------------------------------------------------- */

struct engine_config
worker_engine_config(const struct config *config)
{
	struct engine_config engine = engine_config_default;
	engine.do_ip4 = config->do_ip4;
	engine.do_ip6 = config->do_ip6;
	if (config->do_nat64)
		(void)nat64_from_text(&engine.nat64, config->nat64_prefix); /* service_new has tried it */
	engine.qname_minimisation = config->qname_minimisation;
	engine.use_caps_for_id = config->use_caps_for_id;
	engine.send_cookie = config->send_cookie;
	engine.zone_rate = (struct rate_limit){ config->ratelimit, config->ratelimit_factor, config->ratelimit_backoff };
	engine.disable_edns_do = config->disable_edns_do;
	engine.error_reporting = config->dns_error_reporting;
	engine.harden_glue = config->harden_glue;
	engine.prime_root = config->prime_root;
	engine.do_not_query_localhost = config->do_not_query_localhost;
	engine.minimal_responses = config->minimal_responses;
	engine.cache_min_ttl_s = config->cache_min_ttl;
	engine.cache_max_ttl_s = config->cache_max_ttl;
	engine.cache_max_negative_ttl_s = config->cache_max_negative_ttl;
	engine.cache_min_negative_ttl_s = config->cache_min_negative_ttl;
	engine.prefetch = config->prefetch;
	engine.serve_expired = config->serve_expired;
	engine.serve_expired_ttl_reset = config->serve_expired_ttl_reset;
	engine.serve_expired_ttl_s = config->serve_expired_ttl != 0 ? config->serve_expired_ttl : UINT32_MAX;
	engine.serve_expired_reply_ttl_s = config->serve_expired_reply_ttl;
	engine.serve_expired_client_timeout_ms = config->serve_expired_client_timeout;
	engine.edns_udp_bytes = (uint16_t)config->edns_buffer_size;
	return engine;
}

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
	struct engine_limits engine_limits = sizing_engine(config->config);
	struct stack_limits limits = sizing_stack(config->config, &engine_limits);
	worker->block_bytes = lay_out(worker, &limits, &engine_limits).total_bytes;
	void *block = mmap(NULL, worker->block_bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (block == MAP_FAILED)
		return ERR_NO_MEMORY;
	worker->block = block;
	struct places places = lay_out(worker, &limits, &engine_limits);
	struct engine_config engine_config = worker_engine_config(config->config);
	worker->stack = stack_new(places.stack, places.stack_bytes, &limits, &worker->rng, now_us);
	worker->engine = engine_new(places.engine, places.engine_bytes, &engine_limits,
				    &engine_config, &worker->caches, &worker->rng, now_us);
	if (worker->stack == NULL || worker->engine == NULL)
		return ERR_NO_MEMORY;
	upstream_init(&worker->upstream, worker->engine, worker->stack, places.upstream,
		      places.upstream_bytes);
	worker->crypto = crypto_new();
	if (worker->crypto == NULL)
		return ERR_NO_MEMORY;
	arena_init(&worker->arena, places.arena, ARENA_BYTES);
	clients_init(&worker->clients, places.clients, engine_limits.client_count,
		     &worker->service->policy, worker->engine, &worker->arena, &worker->rng);
	set_trust(worker, now_us);
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

/* From here on close_handles is right. */
static int
make_loop(struct worker *worker)
{
	int err = uv_loop_init(&worker->loop);
	if (err != 0)
		return err;
	err = mailbox_init(&worker->mailbox, &worker->loop, on_mail, worker);
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
	int err = config->do_udp ? listen_stack_new(&worker->own, worker, (uint16_t)config->port) : 0;
	if (err != 0)
		return fail(error, "our own UDP", err_text(err));
	worker->listeners = worker->own;
	err = config->do_tcp ? listen_own_tcp_new(&worker->own_tcp, worker, (uint16_t)config->port) : 0;
	if (err != 0)
		return fail(error, "our own TCP", err_text(err));
	if (worker->own_tcp != NULL) {
		worker->own_tcp->next = worker->listeners;
		worker->listeners = worker->own_tcp;
	}
	return 0;
}

/* The stack on its link, and where it is a station, the port that it serves itself. */
static int
make_shell(struct worker *worker, const struct config *config, uint64_t now_us,
	   char error[CONFIG_ERROR_BYTES])
{
	worker->shell.data = worker;
	network_describe(&worker->network, config, &worker->shell);
	worker->has_shell = true;
	int err = stack_uv_open(&worker->shell, &worker->loop, worker->stack, worker->network.link,
				on_action, on_turn);
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
	err = network_open(&worker->network, config->config, config->plan, config->index,
			   &worker->rng, now_us, error);
	if (err != 0)
		return err;
	err = make_loop(worker);
	if (err != 0)
		return fail(error, "event loop", uv_strerror(err));
	worker->tcp = stream_pool_new(worker, config->config->incoming_num_tcp, &err);
	worker->udp = udp_batch_new();
	if (worker->tcp == NULL || worker->udp == NULL)
		return fail(error, "buffers", uv_strerror(UV_ENOMEM));
	return make_shell(worker, config->config, now_us, error);
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
	rng_init(&worker->rng, config->seed);
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

static void
run(void *arg)
{
	struct worker *worker = arg;
	(void)uv_run(&worker->loop, UV_RUN_DEFAULT);
}

int
worker_start(struct worker *worker)
{
	int err = uv_thread_create(&worker->thread, run, worker);
	worker->is_started = err == 0;
	return err;
}

void
worker_free(struct worker *worker)
{
	if (worker->is_started)
		(void)uv_thread_join(&worker->thread);
	if (worker->has_loop) {
		if (!worker->is_closing)
			close_handles(worker);
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
	crypto_free(worker->crypto);
	if (worker->block != NULL)
		(void)munmap(worker->block, worker->block_bytes);
	free(worker);
}
