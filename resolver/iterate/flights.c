/* Queries from the moment they are sent until they are answered, given up or not wanted any more. */
#include <assert.h>
#include <stdio.h>

#include "resolver/iterate/engine_priv.h"

#define PROBE_RTO_US                                                                               \
	600000u /* of a server that was down: longer would only keep the client waiting */
#define TROUBLE_RTO_US                                                                             \
	400000u /* of a question in trouble: the back-off is for the server's sake, and others are asked next */
#define SENDS_BEFORE_PLAIN                                                                         \
	2u /* unanswered queries with EDNS to a server not known to understand it */

#define SENDS_BEFORE_TCP 3u /* two with EDNS, one without */
#define TCP_RTO_FACTOR   3u /* a handshake comes before the reply */

struct flight *
flight__find(struct engine *engine, engine_query number)
{
	uint32_t index = (uint32_t)number;
	if (index >= engine->query_slots.fresh)
		return NULL;
	struct flight *query = &engine->queries[index];
	return query->generation == number >> 32 && query->stage == FLIGHT_SENT ? query : NULL;
}

static struct flight *
take(struct engine *engine)
{
	bool is_first;
	uint32_t index = slots_take(&engine->query_slots, &is_first);
	if (index == SLOT_NONE)
		return NULL;
	struct flight *query = &engine->queries[index];
	query->generation = is_first || query->generation == UINT32_MAX ? 1 : query->generation + 1;
	return query;
}

void
flight__shown_name(const struct engine *engine, const struct flight *query, struct name *name)
{
	const struct name *sname = engine->tasks[query->task].sname;
	assert(query->qname.size <= sname->size);
	name->size = query->qname.size;
	memcpy(name->wire, sname->wire + (sname->size - name->size), name->size);
}

static bool
wants_edns(const struct cut_server *server, const struct infra_server *infra)
{
	if (server->plain || server->edns_again)
		return !server->plain;
	if (infra->edns == INFRA_EDNS_BROKEN)
		return false;
	return infra->edns == INFRA_EDNS_WORKS || server->sends < SENDS_BEFORE_PLAIN;
}

/* Not one datagram answered, and several sent: perhaps none gets there, or only TCP is served, as others have found. */
static bool
is_deaf_to_udp(const struct cut_server *server, const struct infra_server *infra)
{
	return infra->only_tcp || (server->sends >= SENDS_BEFORE_TCP && infra->srtt_us == 0);
}

static void
link_to_task(struct engine *engine, struct flight *query, struct task *task)
{
	query->task = engine__task_index(engine, task);
	query->next = task->queries;
	task->queries = (uint32_t)(query - engine->queries);
	task->query_count++;
	task->fresh_count++;
	task->cut->servers[query->server].busy = true;
}

static void
unlink_from_task(struct engine *engine, struct flight *query)
{
	struct task *task = &engine->tasks[query->task];
	uint32_t index = (uint32_t)(query - engine->queries);
	uint32_t *at = &task->queries;
	while (*at != index)
		at = &engine->queries[*at].next;
	*at = query->next;
	assert(task->query_count > 0);
	task->query_count--;
}

static void
count_send(struct engine *engine, struct task *task, struct cut_server *server, bool is_tcp)
{
	struct engine_stats *stats = &engine->stats;
	if (server->addr.family == ADDR_IPV4)
		*(is_tcp ? &stats->sent_tcp4 : &stats->sent_udp4) += 1;
	else
		*(is_tcp ? &stats->sent_tcp6 : &stats->sent_udp6) += 1;
	if (task->query_count > 0)
		engine->stats.hedges++;
	if (server->sends > 0)
		engine->stats.retries++;
	server->sends++;
	task->sends++;
	task->asked = true;
	engine__budget(engine, task)->sends++;
	engine__budget(engine, task)->silent++;
	task->silent++;
}

/* How long the reply is waited for; one that is late is listened for all the same. */
static uint32_t
rto_for(const struct cut_server *server, const struct infra_server *infra, bool in_trouble)
{
	uint32_t rto_us = infra->rto_us, usual_us = infra->srtt_us + infra->srtt_us / INFRA_RTO_MARGIN;

	if (server->held && rto_us > PROBE_RTO_US)
		rto_us = PROBE_RTO_US;
	if (in_trouble && rto_us > TROUBLE_RTO_US)
		rto_us = usual_us > TROUBLE_RTO_US ? usual_us : TROUBLE_RTO_US;
	return rto_us;
}

/* Over TCP there is nothing to guess. */
static void
put_cookie(struct engine *engine, struct flight *query, struct cut_server *server)
{
	struct infra_cookie cookie;

	query->cookie_bytes = 0;
	if (!engine->config.send_cookie || !query->edns || query->tcp || server->no_cookie)
		return;
	infra_cookie_get(engine->caches.infra, &query->addr, &cookie, engine->now_us);
	if (server->sends > 0 && cookie.server_bytes == 0) {
		server->no_cookie = true;
		return;
	}
	memcpy(query->cookie, cookie.client, sizeof cookie.client);
	memcpy(query->cookie + sizeof cookie.client, cookie.server, cookie.server_bytes);
	query->cookie_bytes = (uint8_t)(sizeof cookie.client + cookie.server_bytes);
}

/*
 * Before all places are taken, since one that is closed is free only when the driver has heard of it.  Hardly any reply
 * comes as late as that (FLIGHT_HEDGE_VARS), so it is given up as one that has not come: the server that was silent is known
 * as such, and the next question does not wait for it again.
 */
static void
make_room(struct engine *engine)
{
	const struct slots *slots = &engine->query_slots;
	const uint32_t taken = slots->used - engine->closing_count;

	if (engine->oldest_hedged == SLOT_NONE || taken + slots->count / FLIGHT_ROOM_ONE_IN <= slots->count)
		return;
	engine->stats.crowded_out++;
	flight__give_up(engine, &engine->queries[engine->oldest_hedged]);
}

int
flight__send(struct engine *engine, struct task *task, unsigned server_index,
	     const struct name *qname, uint16_t qtype)
{
	struct cut_server *server = &task->cut->servers[server_index];
	struct infra_server infra;
	make_room(engine);
	struct flight *query = take(engine);
	if (query == NULL)
		return ERR_FULL;

	infra_get(engine->caches.infra, &server->addr, &infra, engine->now_us);
	query->sent_at_us = engine->now_us;
	query->stage = FLIGHT_QUEUED;
	query->was_sent = query->hedged = query->late = false;
	query->edns = wants_edns(server, &infra);
	query->proven = (infra.srtt_us != 0 || infra.only_tcp) && infra.timeouts == 0;
	query->edns_known = infra.edns == INFRA_EDNS_WORKS;
	query->caps = engine->config.use_caps_for_id && !server->caps_off && !infra.caps_broken;
	query->server = (uint8_t)server_index;
	query->near_misses = query->resends = 0;
	query->id = rng_u16(engine->rng);
	query->qtype = qtype;
	query->rto_us = rto_for(server, &infra, engine__budget(engine, task)->in_trouble);
	query->addr = server->addr;
	query->port = server->port != 0 ? server->port : engine->config.server_port;
	query->recursion = task->cut->is_forward || task->cut->servers[query->server].to_resolve;
	query->tcp = task->cut->over_tcp || (!server->no_tcp && (server->tcp || is_deaf_to_udp(server, &infra)));
	if (query->tcp)
		query->rto_us = TCP_RTO_FACTOR * query->rto_us;
	put_cookie(engine, query, server);
	name_copy(&query->qname, qname);
	if (query->caps)
		flight_mix_case(&query->qname, engine->rng);

	count_send(engine, task, server, query->tcp);
	link_to_task(engine, query, task);
	wheel_timer_init(&query->timer, TIMER_QUERY);
	uint32_t hedge_us = flight_hedge_us(&infra, engine__budget(engine, task)->in_trouble);
	wheel_arm(&engine->wheel, &query->timer,
		  engine->now_us + (hedge_us < query->rto_us ? hedge_us : query->rto_us));
	engine__todo(engine, ENGINE_SEND, (uint32_t)(query - engine->queries));
	flight__trace(engine, query, TRACE_RESOLVER_QUERY, RCODE_NOERROR, "");
	return 0;
}

void
flight__trace_put(struct engine *engine, const struct flight *query, enum resolver_trace_kind kind, uint16_t rcode,
		  const char *meaning)
{
	struct resolver_trace body = {
		.server = query->addr,
		.qtype = query->qtype,
		.rcode = rcode,
		.is_tcp = query->tcp,
		.took_us = (uint32_t)(engine->now_us - query->sent_at_us),
	};
	(void)snprintf(body.meaning, sizeof body.meaning, "%s", meaning);
	flight__shown_name(engine, query, &body.qname);
	name_copy(&body.zone, engine->tasks[query->task].cut->zone);
	event_put(engine->trace, (uint16_t)kind, 0, engine->now_us, &body, sizeof body);
}

static void
join_hedged(struct engine *engine, struct flight *query)
{
	const uint32_t index = (uint32_t)(query - engine->queries);

	query->older = engine->newest_hedged;
	query->newer = SLOT_NONE;
	if (query->older != SLOT_NONE)
		engine->queries[query->older].newer = index;
	else
		engine->oldest_hedged = index;
	engine->newest_hedged = index;
}

static void
leave_hedged(struct engine *engine, const struct flight *query)
{
	if (query->older != SLOT_NONE)
		engine->queries[query->older].newer = query->newer;
	else
		engine->oldest_hedged = query->newer;
	if (query->newer != SLOT_NONE)
		engine->queries[query->newer].older = query->older;
	else
		engine->newest_hedged = query->older;
}

/* Another server may be asked, but this one still has its time. */
static void
hedge(struct engine *engine, struct flight *query)
{
	struct task *task = &engine->tasks[query->task];
	if (query->hedged)
		return;
	query->hedged = true;
	task->fresh_count--;
	task->cut->servers[query->server].busy = false;
	join_hedged(engine, query);
}

void
flight__late(struct engine *engine, struct flight *query)
{
	hedge(engine, query);
	query->late = true;
}

void
flight__close(struct engine *engine, struct flight *query)
{
	assert(query->stage != FLIGHT_CLOSED);
	flight__late(engine, query);
	leave_hedged(engine, query);
	unlink_from_task(engine, query);
	wheel_disarm(&engine->wheel, &query->timer);
	query->stage = FLIGHT_CLOSED;
	engine->closing_count++;
	engine__todo(engine, ENGINE_CLOSE, (uint32_t)(query - engine->queries));
}

void
flight__close_all(struct engine *engine, struct task *task)
{
	while (task->queries != SLOT_NONE)
		flight__close(engine, &engine->queries[task->queries]);
}

void
flight__close_oldest(struct engine *engine, struct task *task)
{
	uint32_t at = task->queries;
	assert(at != SLOT_NONE);
	while (engine->queries[at].next != SLOT_NONE)
		at = engine->queries[at].next;
	flight__close(engine, &engine->queries[at]);
}

/*
 * A server that has answered others since is not to blame: its reply, or our query, was lost.  Only
 * silence since the query was sent counts against it.
 */
static void
on_late(struct engine *engine, struct flight *query)
{
	struct task *task = &engine->tasks[query->task];
	struct infra_server infra;

	engine->stats.timeouts++;
	engine__budget(engine, task)->in_trouble = true;
	infra_get(engine->caches.infra, &query->addr, &infra, engine->now_us);
	if (!infra.known || infra.heard_at_us <= query->sent_at_us)
		infra_timed_out(engine->caches.infra, &query->addr, engine->now_us);
	task__trouble(task, TROUBLE_TIMEOUT, &query->addr);
	flight__trace(engine, query, TRACE_RESOLVER_LATE, RCODE_NOERROR, "");
	flight__late(engine, query);
	wait__late(engine, task);

	uint64_t linger_us = query->rto_us > FLIGHT_LINGER_US ? query->rto_us : FLIGHT_LINGER_US;
	wheel_arm(&engine->wheel, &query->timer, engine->now_us + linger_us);
}

void
flight__on_timer(struct engine *engine, struct flight *query)
{
	struct task *task = &engine->tasks[query->task];
	uint64_t late_at_us = query->sent_at_us + query->rto_us;
	if (query->late) {
		flight__close(engine, query);
	} else if (engine->now_us < late_at_us) {
		hedge(engine, query);
		wheel_arm(&engine->wheel, &query->timer, late_at_us);
	} else {
		on_late(engine, query);
	}
	task__wake(engine, task);
}

void
flight__give_up(struct engine *engine, struct flight *query)
{
	if (!query->late)
		on_late(engine, query);
	flight__close(engine, query);
	task__wake(engine, &engine->tasks[query->task]);
}
