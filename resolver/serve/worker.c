#include "resolver/serve/worker_priv.h"

#include <string.h>
#include <time.h>

#include "resolver/serve/listen_own_tcp.h"
#include "resolver/serve/listen_own_udp.h"
#include "resolver/serve/listen_tcp.h"
#include "resolver/serve/listen_udp.h"
#include "resolver/serve/stream.h"
#include "resolver/serve/udp_batch.h"

#define TRUST_CLOCK_US   10000000u
#define ANSWERS_A_TURN   4096u
#define REST_QUERIES_MIN 24u
#define REST_QUERIES_MAX 128u
#define REST_US          100u
#define KEYS_CLIENT      UINT64_MAX /* who has the engine ask for WORKER_ASK_KEYS; clients' own numbers are small */

/* ---- for listeners ------------------------------------------------------------------------------------------- */

const struct clients *
worker_clients(const struct worker *worker)
{
	return &worker->clients;
}

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

struct listener *
worker_listeners(struct worker *worker)
{
	return worker->listeners;
}

struct rng *
worker_rng(struct worker *worker)
{
	return &worker->rng;
}

struct mailbox *
worker_mailbox(struct worker *worker)
{
	return &worker->mailbox;
}

const char *
worker_told(const struct worker *worker)
{
	return worker->network.told.text;
}

static void
log_outcome(struct worker *worker, const struct client_source *source, const struct client_outcome *outcome)
{
	const struct service *service = worker->service;
	if (outcome->informs != NULL)
		querylog_inform(&worker->query_log, source, outcome);
	if (outcome->note != NULL)
		querylog_policy(&worker->query_log, source, outcome);
	if (outcome->fate != CLIENT_REPLIES)
		return;
	if (service->log_replies)
		querylog_reply(&worker->query_log, source, outcome);
	if (service->log_servfail && outcome->rcode == RCODE_SERVFAIL)
		querylog_servfail(&worker->query_log, outcome);
}

enum client_fate
worker_query(struct worker *worker, const struct client_source *source, const uint8_t *bytes,
	     size_t size, uint8_t *reply, size_t reply_max, uint64_t now_us, size_t *reply_bytes)
{
	struct client_outcome outcome;
	worker->turn_queries++;
	client_query(&worker->clients, source, bytes, size, reply, reply_max, now_us, &outcome);
	if (worker->service->log_queries)
		querylog_query(&worker->query_log, source, outcome.question);
	log_outcome(worker, source, &outcome);
	if (outcome.refused_signature != TSIG_GOOD)
		querylog_signature(&worker->query_log, source, &outcome, now_us);
	if (outcome.has_notified)
		mailbox_knock(worker->server);
	*reply_bytes = outcome.reply_bytes;
	return outcome.fate;
}

/* ---- a zone's keys, for the main thread (validate/autotrust.h) -------------------------------------------------- */

static bool
copy_keys(struct worker_keys *keys, const struct answer *answer)
{
	for (const struct rrset *set = answer->sections[SECTION_ANSWER]; set != NULL; set = set->next) {
		if (set->type != TYPE_DNSKEY || !name_equal(set->owner, &keys->zone) ||
		    set->rdata_bytes > sizeof keys->rdata)
			continue;
		keys->set = *set;
		keys->set.owner = &keys->zone;
		keys->set.rdata = keys->rdata;
		memcpy(keys->rdata, set->rdata, set->rdata_bytes);
		return true;
	}
	return false;
}

/* answer NULL: it could not even be asked. */
static void
tell_keys(struct worker *worker, const struct answer *answer)
{
	struct worker_order *order = worker->asking;

	worker->asking = NULL;
	order->keys->is_there = answer != NULL && copy_keys(order->keys, answer);
	mailbox_post(worker->server, &order->letter);
}

static void
ask_keys(struct worker *worker, struct worker_order *order)
{
	const struct engine_question question = {
		.qname = order->keys->zone, .qtype = TYPE_DNSKEY, .qclass = CLASS_IN,
		.dnssec_ok = true, .checking_disabled = true, .anew = true,
	};

	worker->asking = order;
	if (engine_ask(worker->engine, &question, KEYS_CLIENT, worker_now_us(worker)) != 0)
		tell_keys(worker, NULL);
}

/* ---- a turn ------------------------------------------------------------------------------------------------------ */

/* The engine's answer, or with NULL what is looked for again, goes to the client that waited for it, if that is still there. */
static void
deliver(struct worker *worker, uint64_t client, const struct answer *answer, uint64_t now_us)
{
	const struct client_source *source = client_source_of(&worker->clients, client);
	struct listener *listener = source->listener;
	size_t room = 0;
	uint8_t *reply = listener != NULL ? listener->ops->lend(listener, source, &room) : NULL;
	if (reply == NULL) {
		client_drop(&worker->clients, client);
		return;
	}
	struct client_outcome outcome;
	if (answer != NULL)
		client_answer(&worker->clients, client, answer, reply, room, now_us, &outcome);
	else
		client_again(&worker->clients, client, reply, room, now_us, &outcome);
	if (outcome.fate == CLIENT_PENDS)
		return;
	log_outcome(worker, source, &outcome);
	listener->ops->send(listener, source,
			    outcome.fate == CLIENT_REPLIES ? outcome.reply_bytes : 0);
}

/* ---- other workers (underway.h) -------------------------------------------------------------------------------- */

/* What has waited for them. */
static void
take_up(struct worker *worker, unsigned *answers_left, uint64_t now_us)
{
	uint64_t client;
	while (*answers_left > 0 && (client = clients_due(&worker->clients, now_us)) != 0) {
		deliver(worker, client, NULL, now_us);
		--*answers_left;
	}
}

/* What waits for us. */
static void
tell_others(struct worker *worker)
{
	uint64_t others = clients_to_tell(&worker->clients) & ~(UINT64_C(1) << worker->index);
	for (; others != 0 && !worker->is_closing; others &= others - 1)
		mailbox_knock(&worker->workers[__builtin_ctzll(others)]->mailbox);
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
void
worker__set_trust(struct worker *worker, uint64_t now_us)
{
	const struct engine_trust trust = {
		.anchors = worker->anchors != NULL ? worker->anchors : worker->service->trust.anchors,
		.crypto = worker->crypto,
		.wall_offset_s = (int64_t)time(NULL) - (int64_t)(now_us / 1000000u),
		.override_s = worker->service->trust.override_s,
		.nsec3_iterations_max = worker->service->trust.nsec3_iterations_max,
	};
	engine_set_trust(worker->engine, &trust);
	clients_set_clock(&worker->clients, trust.wall_offset_s);
	engine_set_forwards(worker->engine, worker->service->forwards);
	engine_set_kept(worker->engine, worker->service->policy.kept);
	engine_set_rpz(worker->engine, worker->service->policy.rpz);
	engine_set_rebind(worker->engine, worker->service->rebind);
	engine_set_not_asked(worker->engine, worker->service->not_asked);
	engine_set_rate_zones(worker->engine, worker->service->rate_zones);
	engine_set_client_strings(worker->engine, worker->service->strings);
	worker->trust_at_us = now_us + TRUST_CLOCK_US;
}

/* ---- the second level of the caches ---------------------------------------------------------------------------- */

void
worker__on_fetched(void *data, engine_query fetch, bool found)
{
	struct worker *worker = data;
	engine_fetched(worker->engine, fetch, found, worker_now_us(worker));
}

static void
fetch(struct worker *worker, const struct engine_action *action, uint64_t now_us)
{
	if (worker->cachedb == NULL ||
	    !cachedb_fetch(worker->cachedb, action->query, action->fetch_name, action->fetch_type))
		engine_fetched(worker->engine, action->query, false, now_us);
}

/* ---- signatures that take long ---------------------------------------------------------------------------------- */

void
worker__on_verified(void *data, engine_query check, enum crypto_result result)
{
	struct worker *worker = data;
	engine_verified(worker->engine, check, result, worker_now_us(worker));
}

static void
verify(struct worker *worker, const struct engine_action *action, uint64_t now_us)
{
	const struct verify_job *job = action->verify;
	if (!verifiers_begin(worker->verifiers, action->query, job))
		engine_verified(worker->engine, action->query,
				crypto_verify(worker->crypto, job->algorithm, job->key, job->signed_data, job->signature), now_us);
}

static uint64_t
deadline(const struct worker *worker, uint64_t now_us)
{
	const uint64_t of_engine_us = upstream_deadline(&worker->upstream), of_clients_us = clients_deadline(&worker->clients);
	const uint64_t of_log_us = worker->query_log.used > 0 ? now_us + QUERYLOG_RETRY_US : ENGINE_NEVER;
	const uint64_t of_core_us = of_engine_us < of_clients_us ? of_engine_us : of_clients_us;
	return of_log_us < of_core_us ? of_log_us : of_core_us;
}

/*
 * A system call, a wake-up and a client's train of segments (udp_batch.h) cost much the same for one datagram as for
 * many.  So when many ask, what they ask next may gather for a moment.  Few are answered at once; and what a turn finds
 * very many of has gathered while the one before was at work.
 */
static uint32_t
rest_us(const struct worker *worker)
{
	return worker->turn_queries >= REST_QUERIES_MIN && worker->turn_queries < REST_QUERIES_MAX ? REST_US : 0;
}

void
worker__on_turn(struct stack_uv *shell, uint64_t now_us)
{
	struct worker *worker = shell->data;
	struct engine_action action;
	unsigned answers_left = ANSWERS_A_TURN;
	engine_begin_turn(worker->engine);
	if (worker->own_tcp != NULL)
		listen_own_tcp_turn(worker->own_tcp);
	bool is_behind = stream_own_turn(worker->tcp);
	uint32_t network_version = stack_network_version(worker->stack);
	if (network_version != worker->network_version)
		infra_network_changed(worker->caches.infra, now_us);
	worker->network_version = network_version;
	if (now_us >= worker->trust_at_us)
		worker__set_trust(worker, now_us);
	if (engine_deadline(worker->engine) <= now_us)
		engine_timeout(worker->engine, now_us);
	take_up(worker, &answers_left, now_us);
	while (answers_left > 0 && upstream_next(&worker->upstream, &action, now_us)) {
		if (action.kind == ENGINE_FETCH)
			fetch(worker, &action, now_us);
		else if (action.kind == ENGINE_VERIFY)
			verify(worker, &action, now_us);
		else if (action.kind == ENGINE_REFRESHED)
			clients_refreshed(&worker->clients, action.client);
		else if (action.client == KEYS_CLIENT)
			tell_keys(worker, action.answer);
		else
			deliver(worker, action.client, action.answer, now_us);
		answers_left--;
	}
	tell_others(worker);
	if (worker->xdp != NULL)
		listen_xdp_turn(worker->xdp, now_us);
	udp_batch_flush(worker->udp);
	stream_pool_flush(worker->tcp);
	querylog_flush(&worker->query_log);
	if (!worker->is_closing)
		arm_engine_timer(worker, answers_left > 0 && !is_behind ? deadline(worker, now_us) : 0);
	shell->rest_us = answers_left > 0 && !is_behind ? rest_us(worker) : 0;
	worker->clients.stats.rests += shell->rest_us != 0;
	worker->turn_queries = 0;
}

void
worker__on_frames(struct stack_uv *shell, const struct link_frame *frames, size_t count)
{
	struct worker *worker = shell->data;
	if (worker->own_udp != NULL)
		listen_own_udp_foresee(worker->own_udp, shell->ifindex, frames, count);
}

void
worker__on_action(struct stack_uv *shell, const struct stack_action *action, uint64_t now_us)
{
	struct worker *worker = shell->data;
	if (upstream_receive(&worker->upstream, action, now_us))
		return;
	if (action->kind == STACK_DATAGRAM && action->user == LISTEN_OWN_UDP_USER &&
	    action->flow == 0 && worker->own_udp != NULL)
		listen_own_udp_receive(worker->own_udp, action, now_us);
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
	if (worker->xdp != NULL)
		listen_xdp_renew(worker->xdp);
	return 0;
}

/* Unlinks a listener and starts to close it. */
static void
shut_listener(struct worker *worker, struct listener **at)
{
	struct listener *listener = *at;
	*at = listener->next;
	if (worker->xdp != NULL)
		listen_xdp_renew(worker->xdp);
	clients_forget_listener(&worker->clients, listener);
	if (listener == worker->own_udp)
		worker->own_udp = NULL;
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
	worker->anchors = NULL;
	clients_set_policy(&worker->clients, &order->service->policy);
	struct engine_config config = order->engine;
	verifiers_configure(&config);
	engine_configure(worker->engine, &config);
	if (worker->cachedb != NULL)
		cachedb_reader_seal(worker->cachedb, order->seal);
	worker__set_trust(worker, worker_now_us(worker));
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
	report->server.udp_messages = udp->messages;
	report->server.udp_send_failures = udp->send_failures;
	report->server.log_lost = worker->query_log.lost;
	engine_stats(worker->engine, &report->engine);
	report->upstream_tcp = worker->upstream.tcp.stats;
	if (worker->cachedb != NULL)
		report->cachedb = cachedb_reader_stats(worker->cachedb);
	report->upstream.open_failures = worker->upstream.open_failures;
	report->upstream.send_failures = worker->upstream.send_failures;
	report->host.sync_failures = worker->shell.sync_failures;
	report->host.guard_ports = worker->network.guard.pool.count;
	report->host.guard_renew_failures = worker->network.guard.renew_failures;
	stack_stats(worker->stack, &report->stack);
	for (unsigned i = 0; i < DROP_REASON_COUNT; i++)
		report->drops[i] = stack_drops(worker->stack, i);
	report->link = worker->network.link->stats;
	if (worker->xdp == NULL)
		return;
	report->xdp = listen_xdp_stats(worker->xdp);
	for (unsigned i = 0; i < DROP_REASON_COUNT; i++)
		report->drops[i] += listen_xdp_drops(worker->xdp, i);
}

static void
trust(struct worker *worker, const struct worker_order *order)
{
	worker->anchors = order->anchors;
	worker__set_trust(worker, worker_now_us(worker));
}

/* Everything that the loop still watches is closed; the loop ends when all of it is. */
void
worker__close_handles(struct worker *worker)
{
	worker->is_closing = true;
	if (worker->xdp != NULL)
		listen_xdp_close(worker->xdp);
	worker->xdp = NULL;
	while (worker->listeners != NULL)
		shut_listener(worker, &worker->listeners);
	if (worker->tcp != NULL)
		stream_pool_close(worker->tcp);
	if (worker->cachedb != NULL)
		cachedb_reader_close(worker->cachedb);
	worker->cachedb = NULL;
	if (worker->verifiers != NULL)
		verifiers_close(worker->verifiers);
	uv_close((uv_handle_t *)&worker->engine_timer, NULL);
	mailbox_close(&worker->mailbox);
	if (worker->has_shell) {
		upstream_leave(&worker->upstream, worker_now_us(worker));
		stack_uv_close(&worker->shell, NULL);
	}
}

void
worker__on_mail(uv_async_t *async)
{
	struct worker *worker = async->data;
	struct letter *letter;
	clients_told(&worker->clients); /* there may be no letter: then another worker has knocked */
	while (!worker->is_closing && (letter = mailbox_take(&worker->mailbox)) != NULL) {
		struct worker_order *order = (struct worker_order *)letter;
		switch (order->kind) {
		case WORKER_RECONFIGURE: reconfigure(worker, order); break;
		case WORKER_REPORT: report(worker, &order->report); break;
		case WORKER_TRUST: trust(worker, order); break;
		case WORKER_ASK_KEYS: ask_keys(worker, order); continue; /* it goes back with the answer */
		case WORKER_STOP: worker__close_handles(worker); break;
		}
		mailbox_post(worker->server, letter);
	}
}
