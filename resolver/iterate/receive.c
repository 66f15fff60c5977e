/* What comes in on the flows of our queries: replies, what only looks like them, and errors of the network. */
#include "resolver/iterate/engine_priv.h"

/* Sends the same question to the same server again, with another id, port and letter case. */
static void
redo(struct engine *engine, struct flight *query)
{
	struct task *task = &engine->tasks[query->task];
	unsigned server = query->server;
	uint16_t qtype = query->qtype;
	struct name qname;

	flight__shown_name(engine, query, &qname);
	flight__close(engine, query);
	if (budget_is_spent(engine__budget(engine, task), engine->now_us) ||
	    flight__send(engine, task, server, &qname, qtype) != 0)
		task__wake(engine, task);
}

/*
 * A datagram on the query's flow that is not its reply (RFC 5452, section 9): a forger tries, who has found the port.
 * Another query takes its place, over TCP, where there is nothing to guess; a forger who keeps up shall not stop the
 * work either.
 */
static void
on_near_miss(struct engine *engine, struct flight *query)
{
	struct task *task = &engine->tasks[query->task];
	engine->stats.mismatched++;
	if (++query->near_misses < FLIGHT_NEAR_MISSES || query->late ||
	    task->redos == BUDGET_REDOS_MAX)
		return;
	task->redos++;
	task->cut->servers[query->server].tcp = true;
	redo(engine, query);
}

/* Over UDP it may still be forged, over TCP it is the server that does not know what it was asked (RFC 7766, section 7). */
static void
on_other_question(struct engine *engine, struct flight *query)
{
	struct task *task = &engine->tasks[query->task];
	struct cut_server *server = &task->cut->servers[query->server];

	engine->stats.mismatched++;
	if (query->tcp) {
		server->useless = true;
		task__trouble(task, TROUBLE_RESPONSE, &query->addr);
		task->response = RESPONSE_MALFORMED;
		flight__close(engine, query);
		task__wake(engine, task);
	} else if (!query->late && task->redos < BUDGET_REDOS_MAX) {
		task->redos++;
		server->tcp = true;
		redo(engine, query);
	}
}

/* All is right but the letter case: a server that does not repeat it, if it happens twice. */
static void
on_other_case(struct engine *engine, struct flight *query)
{
	struct cut_server *server = &engine->tasks[query->task].cut->servers[query->server];
	engine->stats.mismatched++;
	if (server->caps_suspect) {
		server->caps_off = true;
		engine->stats.caps_fallbacks++;
		infra_caps_broken(engine->caches.infra, &query->addr, engine->now_us);
	}
	server->caps_suspect = true;
	redo(engine, query);
}

/*
 * Names in the reply point to the question in it: with the letters there as they were before they were
 * mixed, no mixed case gets into the caches.
 */
static const uint8_t *
unmix(struct engine *engine, const struct flight *query, const uint8_t *bytes, size_t size)
{
	struct name shown;
	uint8_t *copy = arena_copy(&engine->scratch, bytes, size);
	flight__shown_name(engine, query, &shown);
	if (copy != NULL && size >= MESSAGE_HEADER_BYTES + shown.size)
		memcpy(copy + MESSAGE_HEADER_BYTES, shown.wire, shown.size);
	return copy;
}

/* What is wrong with its cookie costs a reply a query of its own; a second time over TCP, where none is needed. */
static bool
may_redo(struct flight *query, struct task *task)
{
	if (query->late || task->redos == BUDGET_REDOS_MAX)
		return false;
	if (task->redos++ > 0)
		task->cut->servers[query->server].tcp = true;
	return true;
}

static void
learn_alive(struct engine *engine, const struct flight *query)
{
	struct task *task = &engine->tasks[query->task];
	struct budget *budget = engine__budget(engine, task);

	if (query->tcp)
		infra_heard_tcp(engine->caches.infra, &query->addr, engine->now_us);
	else
		infra_heard(engine->caches.infra, &query->addr,
			    (uint32_t)(engine->now_us - query->sent_at_us), engine->now_us);
	budget->silent -= budget->silent > 0;
	task->silent -= task->silent > 0;
}

/* True: the reply is not to be looked at any further. */
static bool
refuses_cookie(struct engine *engine, struct flight *query, const struct message *message)
{
	struct task *task = &engine->tasks[query->task];
	const uint8_t *server_cookie;
	size_t server_cookie_bytes;

	query->cookie_came = false;
	switch (flight_judge_cookie(query, &message->edns, &server_cookie, &server_cookie_bytes)) {
	case FLIGHT_COOKIE_NONE: return false;
	case FLIGHT_COOKIE_WRONG:
		engine->stats.cookies_wrong++;
		task->cut->servers[query->server].tcp = true; /* somebody knows all but the cookie */
		if (may_redo(query, task))
			redo(engine, query);
		return true;
	case FLIGHT_COOKIE_MISSING: /* another server behind the same address, or a forger */
		engine->stats.cookies_missing++;
		task->cut->servers[query->server].tcp = true;
		if (!may_redo(query, task))
			return false; /* as it would be without cookies */
		redo(engine, query);
		return true;
	case FLIGHT_COOKIE_RIGHT: break;
	}
	query->cookie_came = true;
	infra_cookie_learn(engine->caches.infra, &query->addr, server_cookie, server_cookie_bytes, engine->now_us);
	if (message->rcode != RCODE_BADCOOKIE || !may_redo(query, task))
		return false;
	engine->stats.cookies_wrong++;
	redo(engine, query);
	return true;
}

static void
on_reply(struct engine *engine, struct flight *query, const uint8_t *bytes, size_t size)
{
	struct task *task = &engine->tasks[query->task];
	struct message message;
	uint32_t broken;

	engine__budget(engine, task)->received_bytes += (uint32_t)size;
	arena_reset(&engine->scratch);
	if (query->caps)
		bytes = unmix(engine, query, bytes, size);
	if (bytes == NULL || message_read_sound(&message, &engine->scratch, bytes, size, &broken) != 0) {
		engine->stats.malformed++;
		learn_alive(engine, query);
		flight__late(engine, query); /* perhaps forged: the true reply may still come */
		task__wake(engine, task);
		return;
	}
	engine->stats.broken_records += broken;
	if (refuses_cookie(engine, query, &message))
		return;
	learn_alive(engine, query);
	engine->heard = (struct heard){ .query = query, .message = &message, .broken = broken };
	task->state = TASK_HEARD;
	task__run(engine, task);
}

void
engine_receive(struct engine *engine, engine_query number, const uint8_t *bytes, size_t size,
	       uint64_t now_us)
{
	engine__enter(engine, now_us);
	struct flight *query = flight__find(engine, number);
	if (query == NULL) {
		engine->stats.unexpected++;
		return;
	}
	engine->stats.received++;
	switch (flight_match(query, bytes, size)) {
	case MATCH_YES: on_reply(engine, query, bytes, size); break;
	case MATCH_CASE: on_other_case(engine, query); break;
	case MATCH_OTHER: on_other_question(engine, query); break;
	case MATCH_NO: on_near_miss(engine, query); break;
	}
	task__run_all(engine);
}

/*
 * A server that cannot be reached by a datagram is no use.  One whose connection failed may still answer datagrams, and
 * nothing is known against it elsewhere.
 */
static void
on_failed(struct engine *engine, struct flight *query)
{
	struct task *task = &engine->tasks[query->task];
	struct cut_server *server = &task->cut->servers[query->server];

	engine->stats.unreachable++;
	task__trouble(task, TROUBLE_UNREACHABLE, &query->addr);
	if (query->tcp) {
		server->no_tcp = true;
		server->useless = server->useless || task->cut->over_tcp;
		flight__close(engine, query);
	} else {
		infra_unreachable(engine->caches.infra, &query->addr, engine->now_us);
		server->useless = true;
		/* The network's word cannot be proved either: the query stays open, but nothing more is sent there. */
		flight__late(engine, query);
	}
	task__wake(engine, task);
}

void
engine_failed(struct engine *engine, engine_query number, enum stack_error error, uint64_t now_us)
{
	engine__enter(engine, now_us);
	struct flight *query = flight__find(engine, number);
	if (query == NULL || error == STACK_ERROR_TOO_BIG)
		return;
	on_failed(engine, query);
	task__run_all(engine);
}

void
engine_lost(struct engine *engine, engine_query number, uint64_t now_us)
{
	engine__enter(engine, now_us);
	struct flight *query = flight__find(engine, number);
	if (query == NULL)
		return;
	if (query->resends++ < FLIGHT_RESENDS_MAX) {
		engine->stats.resent++;
		query->stage = FLIGHT_QUEUED;
		engine__todo(engine, ENGINE_SEND, (uint32_t)(query - engine->queries));
		return;
	}
	on_failed(engine, query);
	task__run_all(engine);
}

uint32_t
engine_srtt_us(const struct engine *engine, const struct ip_addr *server, uint64_t now_us)
{
	struct infra_server infra;

	infra_get(engine->caches.infra, server, &infra, now_us);
	return infra.srtt_us;
}

void
engine_unsent(struct engine *engine, engine_query number, uint64_t now_us)
{
	engine__enter(engine, now_us);
	struct flight *query = flight__find(engine, number);
	if (query == NULL)
		return;
	struct task *task = &engine->tasks[query->task];
	engine->stats.unsent++;
	task__trouble(task, TROUBLE_FULL, NULL);
	flight__close(engine, query);
	task__wake(engine, task);
	task__run_all(engine);
}

void
engine_timed_out(struct engine *engine, engine_query number, uint64_t now_us)
{
	engine__enter(engine, now_us);
	struct flight *query = flight__find(engine, number);
	if (query == NULL)
		return;
	flight__give_up(engine, query);
	task__run_all(engine);
}
