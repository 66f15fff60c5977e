#include "resolver/iterate/engine.h"

#include <assert.h>

#include "resolver/iterate/engine_priv.h"
#include "resolver/iterate/lookup.h"

const struct engine_limits engine_limits_default = {
	.task_count = 16384,
	.client_count = 65536,
	.query_count = 32768,
	.clients_per_task = 100,
	.task_arena_bytes = 128u << 10,
};

const struct engine_config engine_config_default = {
	.do_ip4 = true,
	.do_ip6 = true,
	.qname_minimisation = true,
	.use_caps_for_id = true,
	.harden_glue = true,
	.prime_root = true,
	.do_not_query_localhost = true,
	.cache_min_ttl_s = 0,
	.cache_max_ttl_s = 86400,
	.cache_max_negative_ttl_s = NEGATIVE_TTL_MAX_S,
	.edns_udp_bytes = EDNS_UDP_BYTES,
	.server_port = 53,
};

/* ---- memory ----------------------------------------------------------------------------------------- */

static uint32_t
power_of_two(uint32_t at_least)
{
	uint32_t n = 1;
	while (n < at_least)
		n *= 2;
	return n;
}

/* The next `count` things of `size` octets of the block; with a NULL block only counts. */
static void *
carve(uint8_t *block, size_t *used, size_t count, size_t size)
{
	void *at = block != NULL ? block + *used : NULL;
	*used += (count * size + 63) & ~(size_t)63;
	return at;
}

/* One description for how much is needed and where it lies; what is touched often lies in front. */
static size_t
lay_out(struct engine *engine, uint8_t *block, const struct engine_limits *limits)
{
	uint32_t tasks = limits->task_count, queries = limits->query_count,
		 clients = limits->client_count;
	uint32_t todos = power_of_two(2 * queries + tasks + 1);
	size_t used = 0;

	carve(block, &used, 1, sizeof *engine);
	engine->task_mask = power_of_two(tasks) - 1;
	engine->client_mask = power_of_two(clients) - 1;
	engine->todo_mask = todos - 1;
	engine->task_heads = carve(block, &used, engine->task_mask + 1, sizeof *engine->task_heads);
	engine->client_heads =
		carve(block, &used, engine->client_mask + 1, sizeof *engine->client_heads);
	engine->task_slots.next = carve(block, &used, tasks, sizeof(uint32_t));
	engine->budget_slots.next = carve(block, &used, tasks, sizeof(uint32_t));
	engine->query_slots.next = carve(block, &used, queries, sizeof(uint32_t));
	engine->client_slots.next = carve(block, &used, clients, sizeof(uint32_t));
	engine->todos = carve(block, &used, todos, sizeof *engine->todos);
	engine->tasks = carve(block, &used, tasks, sizeof *engine->tasks);
	engine->budgets = carve(block, &used, tasks, sizeof *engine->budgets);
	engine->queries = carve(block, &used, queries, sizeof *engine->queries);
	engine->clients = carve(block, &used, clients, sizeof *engine->clients);
	engine->scratch.block = carve(block, &used, 1, ENGINE_SCRATCH_BYTES);
	engine->arenas = carve(block, &used, tasks, limits->task_arena_bytes);
	return used;
}

size_t
engine_bytes(const struct engine_limits *limits)
{
	struct engine engine;
	return lay_out(&engine, NULL, limits);
}

void
engine_configure(struct engine *engine, const struct engine_config *config)
{
	engine->config = *config;
	engine->policy = (struct cut_policy){ config->do_ip4, config->do_ip6, config->do_not_query_localhost };
	engine->scrub_limits = (struct scrub_limits){ config->cache_min_ttl_s, config->cache_max_ttl_s,
						      config->cache_max_negative_ttl_s };
}

struct engine *
engine_new(void *block, size_t block_bytes, const struct engine_limits *limits,
	   const struct engine_config *config, const struct caches *caches, struct rng *rng,
	   uint64_t now_us)
{
	struct engine *engine = block;
	if (block_bytes < engine_bytes(limits))
		return NULL;

	*engine = (struct engine){
		.limits = *limits,
		.caches = *caches,
		.rng = rng,
		.key = hash_key_draw(rng),
		.now_us = now_us,
		.runnable = TASK_NONE,
		.lent_task = TASK_NONE,
	};
	engine_configure(engine, config);
	lay_out(engine, block, limits);
	arena_init(&engine->scratch, engine->scratch.block, ENGINE_SCRATCH_BYTES);
	slots_init(&engine->task_slots, engine->task_slots.next, limits->task_count);
	slots_init(&engine->budget_slots, engine->budget_slots.next, limits->task_count);
	slots_init(&engine->query_slots, engine->query_slots.next, limits->query_count);
	slots_init(&engine->client_slots, engine->client_slots.next, limits->client_count);
	memset(engine->task_heads, 0, ((size_t)engine->task_mask + 1) * sizeof *engine->task_heads);
	memset(engine->client_heads, 0,
	       ((size_t)engine->client_mask + 1) * sizeof *engine->client_heads);
	wheel_init(&engine->wheel, now_us);
	wheel_timer_init(&engine->prime_timer, TIMER_PRIME);
	hints_init(&engine->hints);
	return engine;
}

void
engine_trace(struct engine *engine, struct event_ring *ring)
{
	engine->trace = ring;
}

int
engine_add_hint(struct engine *engine, const struct name *server, const struct ip_addr *addr)
{
	return hints_add(&engine->hints, server, addr);
}

/* ---- entries ---------------------------------------------------------------------------------------- */

/* What was lent by the entry before ends here. */
static void
enter(struct engine *engine, uint64_t now_us)
{
	engine->now_us = now_us;
	if (engine->lent_task != TASK_NONE)
		task__free(engine, &engine->tasks[engine->lent_task]);
	engine->lent_task = TASK_NONE;
}

int
engine_cached(struct engine *engine, const struct engine_question *question, struct arena *arena,
	      struct answer *answer, uint64_t now_us)
{
	*answer = (struct answer){ .ede = EDE_NONE, .from_cache = true };
	struct lookup from = {
		.sname = &question->qname,
		.qtype = question->qtype,
		.tail = &answer->sections[SECTION_ANSWER],
	};
	if (lookup(&from, &engine->caches, arena, answer, (uint32_t)(now_us / 1000000u)) ==
	    LOOKUP_MISS)
		return ERR_NOT_FOUND;
	answer->from_cache = true;
	engine->stats.cache_answers++;
	return 0;
}

static int
join(struct engine *engine, const struct engine_question *question, uint64_t client)
{
	struct task *task = task__find(engine, question);
	if (task != NULL) {
		engine->stats.joined++;
		return client__add(engine, task, client);
	}
	if (engine->client_slots.used == engine->limits.client_count)
		return ERR_FULL;
	task = task__new(engine, question, SLOT_NONE, 0);
	return task != NULL ? client__add(engine, task, client) : ERR_FULL;
}

int
engine_ask(struct engine *engine, const struct engine_question *question, uint64_t client,
	   uint64_t now_us)
{
	enter(engine, now_us);
	if (question->qclass != CLASS_IN)
		return ERR_UNSUPPORTED;
	engine->stats.questions++;
	int err = join(engine, question, client);
	if (err != 0)
		engine->stats.refused_full++;
	task__run_all(engine);
	return err;
}

void
engine_forget(struct engine *engine, uint64_t id)
{
	struct client *client = client__find(engine, id);
	if (client != NULL)
		client__remove(engine, client);
}

void
engine_prime(struct engine *engine, uint64_t now_us)
{
	enter(engine, now_us);
	if (engine->config.prime_root)
		prime__on_timer(engine);
	task__run_all(engine);
}

/* Sends the same question to the same server again, with another id, port and letter case. */
static void
redo(struct engine *engine, struct flight *query)
{
	struct task *task = &engine->tasks[query->task];
	unsigned server = query->server;
	uint16_t qtype = query->qtype;
	struct name qname;

	name_copy(&qname, &query->qname);
	flight__close(engine, query);
	if (budget_is_spent(engine__budget(engine, task), engine->now_us) ||
	    flight__send(engine, task, server, &qname, qtype) != 0)
		task__wake(engine, task);
}

/*
 * A datagram on the query's flow that is not its reply (RFC 5452, section 9): a forger tries, who has found the port.
 * Another query takes its place, a few times; a forger who keeps up shall not stop the work either.
 */
static void
on_near_miss(struct engine *engine, struct flight *query)
{
	struct task *task = &engine->tasks[query->task];
	engine->stats.mismatched++;
	if (++query->near_misses < FLIGHT_NEAR_MISSES || task->redos == BUDGET_REDOS_MAX)
		return;
	task->redos++;
	redo(engine, query);
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
	const struct name *sname = engine->tasks[query->task].sname;
	size_t name_bytes = query->qname.size;
	uint8_t *copy = arena_copy(&engine->scratch, bytes, size);
	if (copy != NULL && size >= MESSAGE_HEADER_BYTES + name_bytes)
		memcpy(copy + MESSAGE_HEADER_BYTES, sname->wire + (sname->size - name_bytes),
		       name_bytes);
	return copy;
}

static void
on_reply(struct engine *engine, struct flight *query, const uint8_t *bytes, size_t size)
{
	struct task *task = &engine->tasks[query->task];
	struct message message;

	infra_heard(engine->caches.infra, &query->addr,
		    (uint32_t)(engine->now_us - query->sent_at_us), engine->now_us);
	engine__budget(engine, task)->received_bytes += (uint32_t)size;
	arena_reset(&engine->scratch);
	if (query->caps)
		bytes = unmix(engine, query, bytes, size);
	if (bytes == NULL || message_read(&message, &engine->scratch, bytes, size) != 0) {
		engine->stats.malformed++;
		flight__late(engine, query); /* perhaps forged: the true reply may still come */
		task__wake(engine, task);
		return;
	}
	engine->heard = (struct heard){ .query = query, .message = &message };
	task->state = TASK_HEARD;
	task__run(engine, task);
}

void
engine_receive(struct engine *engine, engine_query number, const uint8_t *bytes, size_t size,
	       uint64_t now_us)
{
	enter(engine, now_us);
	struct flight *query = flight__find(engine, number);
	if (query == NULL) {
		engine->stats.unexpected++;
		return;
	}
	engine->stats.received++;
	switch (flight_match(query, bytes, size)) {
	case MATCH_YES: on_reply(engine, query, bytes, size); break;
	case MATCH_CASE: on_other_case(engine, query); break;
	case MATCH_NO: on_near_miss(engine, query); break;
	}
	task__run_all(engine);
}

void
engine_failed(struct engine *engine, engine_query number, enum stack_error error, uint64_t now_us)
{
	enter(engine, now_us);
	struct flight *query = flight__find(engine, number);
	if (query == NULL || error == STACK_ERROR_TOO_BIG)
		return;
	struct task *task = &engine->tasks[query->task];
	engine->stats.unreachable++;
	infra_unreachable(engine->caches.infra, &query->addr, now_us);
	/* The network's word cannot be proved either: the query stays open, but nothing more is sent there. */
	task->cut->servers[query->server].useless = true;
	task__trouble(task, TROUBLE_UNREACHABLE, &query->addr);
	flight__late(engine, query);
	task__wake(engine, task);
	task__run_all(engine);
}

void
engine_timeout(struct engine *engine, uint64_t now_us)
{
	struct wheel_timer *timer;
	enter(engine, now_us);
	while ((timer = wheel_expire(&engine->wheel, now_us)) != NULL) {
		switch ((enum engine_timer)timer->kind) {
		case TIMER_QUERY:
			flight__on_timer(engine, (struct flight *)((char *)timer -
								   offsetof(struct flight, timer)));
			break;
		case TIMER_TASK:
			task__on_timer(engine, (struct task *)((char *)timer -
							       offsetof(struct task, timer)));
			break;
		case TIMER_PRIME: prime__on_timer(engine); break;
		}
	}
	task__run_all(engine);
}

uint64_t
engine_deadline(const struct engine *engine)
{
	return wheel_deadline(&engine->wheel);
}

/* ---- actions ---------------------------------------------------------------------------------------- */

void
engine__todo(struct engine *engine, enum engine_action_kind kind, uint32_t index)
{
	assert(engine->todo_tail - engine->todo_head <= engine->todo_mask);
	engine->todos[engine->todo_tail++ & engine->todo_mask] = (struct todo){ kind, index };
}

static void
set_query_action(struct engine *engine, struct engine_action *action, enum engine_action_kind kind,
		 const struct flight *query)
{
	*action = (struct engine_action){
		.kind = kind,
		.query = (uint64_t)query->generation << 32 | (uint32_t)(query - engine->queries),
		.transport = ENGINE_UDP,
		.server = query->addr,
		.server_port = engine->config.server_port,
		.cause = engine->tasks[query->task].cause,
	};
}

static bool
next_send(struct engine *engine, struct flight *query, struct engine_action *action)
{
	if (query->stage != FLIGHT_QUEUED)
		return false; /* closed before it left */
	query->stage = FLIGHT_SENT;
	query->was_sent = true;
	set_query_action(engine, action, ENGINE_SEND, query);
	action->bytes = engine->datagram;
	action->size = flight_write(query, engine->config.edns_udp_bytes, engine->datagram);
	return true;
}

static bool
next_close(struct engine *engine, struct flight *query, struct engine_action *action)
{
	assert(query->stage == FLIGHT_CLOSED);
	set_query_action(engine, action, ENGINE_CLOSE, query);
	slots_give(&engine->query_slots, (uint32_t)(query - engine->queries));
	return query->was_sent;
}

/* One client of the answered task a call; with the last one the task is over. */
static bool
next_answer(struct engine *engine, struct task *task, struct engine_action *action)
{
	if (task->clients == SLOT_NONE) { /* the clients have gone meanwhile */
		engine->todo_head++;
		task__free(engine, task);
		return false;
	}
	struct client *client = &engine->clients[task->clients];
	*action = (struct engine_action){
		.kind = ENGINE_ANSWER,
		.cause = task->cause,
		.client = client->id,
		.answer = &task->answer,
		.question = &task->question,
	};
	client__remove(engine, client);
	engine->stats.answers++;
	engine->stats.servfails += task->answer.rcode == RCODE_SERVFAIL;
	if (task->clients == SLOT_NONE) {
		engine->todo_head++;
		engine->lent_task = engine__task_index(engine, task);
	}
	return true;
}

bool
engine_next(struct engine *engine, struct engine_action *action)
{
	enter(engine, engine->now_us);
	while (engine->todo_head != engine->todo_tail) {
		struct todo todo = engine->todos[engine->todo_head & engine->todo_mask];
		bool is_due = false;
		switch (todo.kind) {
		case ENGINE_SEND:
			engine->todo_head++;
			is_due = next_send(engine, &engine->queries[todo.index], action);
			break;
		case ENGINE_CLOSE:
			engine->todo_head++;
			is_due = next_close(engine, &engine->queries[todo.index], action);
			break;
		case ENGINE_ANSWER:
			is_due = next_answer(engine, &engine->tasks[todo.index], action);
			break;
		}
		if (is_due)
			return true;
	}
	return false;
}

void
engine_stats(const struct engine *engine, struct engine_stats *stats)
{
	*stats = engine->stats;
	stats->tasks = engine->task_slots.used;
	stats->clients = engine->client_slots.used;
	stats->queries = engine->query_slots.used;
}
