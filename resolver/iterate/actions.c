/* What the engine wants done, in the order in which it was decided. */
#include <assert.h>

#include "resolver/iterate/engine_priv.h"

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
		.transport = query->tcp ? ENGINE_TCP : ENGINE_UDP,
		.server = query->addr,
		.server_port = query->port,
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
	const struct flight_edns edns = {
		.udp_bytes = engine->config.edns_udp_bytes,
		.no_dnssec = engine->config.disable_edns_do,
		.string_option = engine->strings != NULL ? engine->strings->option : 0,
		.string = client_strings_find(engine->strings, &query->addr),
	};
	action->size = flight_write(query, &edns, engine->datagram);
	return true;
}

static bool
next_close(struct engine *engine, struct flight *query, struct engine_action *action)
{
	assert(query->stage == FLIGHT_CLOSED);
	set_query_action(engine, action, ENGINE_CLOSE, query);
	slots_give(&engine->query_slots, (uint32_t)(query - engine->queries));
	engine->closing_count--;
	return query->was_sent;
}

/* Nobody waits for the answered task any more; who had it refresh the caches is told. */
static bool
end_answered(struct engine *engine, struct task *task, struct engine_action *action)
{
	const uint64_t refresh = task->refresh;

	engine->todo_head++;
	task__free(engine, task);
	*action = (struct engine_action){ .kind = ENGINE_REFRESHED, .client = refresh };
	return refresh != 0;
}

/* One client of the answered task a call; with the last one the task is over. */
static bool
next_answer(struct engine *engine, struct task *task, struct engine_action *action)
{
	if (task->clients == SLOT_NONE) /* there were none, or they have gone meanwhile */
		return end_answered(engine, task, action);
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
	if (task->clients == SLOT_NONE && task->refresh == 0) {
		engine->todo_head++;
		engine->lent_task = engine__task_index(engine, task);
	}
	return true;
}

/* The number tells this fetch from those of tasks that had the place before, and from earlier ones of this task. */
static engine_query
fetch_number(const struct engine *engine, const struct task *task)
{
	return ((uint64_t)task->cause << 32 | engine__task_index(engine, task)) ^ (uint64_t)task->fetched << TASK_INDEX_BITS;
}

static bool
next_fetch(struct engine *engine, struct task *task, struct engine_action *action)
{
	if (!task->fetch_is_due || task->state != TASK_FETCHING)
		return false; /* it went on meanwhile */
	task->fetch_is_due = false;
	*action = (struct engine_action){
		.kind = ENGINE_FETCH,
		.query = fetch_number(engine, task),
		.cause = task->cause,
		.fetch_name = task->sname,
		.fetch_type = task->question.qtype,
		.question = &task->question,
	};
	return true;
}

void
engine_fetched(struct engine *engine, engine_query fetch, bool found, uint64_t now_us)
{
	engine__enter(engine, now_us);
	const uint32_t index = (uint32_t)fetch & TASK_INDEX_MASK;
	struct task *task = index < engine->limits.task_count ? &engine->tasks[index] : NULL;
	if (task == NULL || task->state != TASK_FETCHING || fetch_number(engine, task) != fetch)
		return;
	engine->stats.fetched += found;
	task->state = found ? TASK_LOOKUP : TASK_CUT;
	task__wake(engine, task);
	task__run_all(engine);
}

static bool
next_todo(struct engine *engine, struct engine_action *action)
{
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
		case ENGINE_FETCH:
			engine->todo_head++;
			is_due = next_fetch(engine, &engine->tasks[todo.index], action);
			break;
		case ENGINE_REFRESHED: /* comes behind the answers of its task */
		case ENGINE_ANSWER:
			is_due = next_answer(engine, &engine->tasks[todo.index], action);
			break;
		case ENGINE_VERIFY: break; /* has lines of its own (checks.h) */
		}
		if (is_due)
			return true;
	}
	return false;
}

/* A check comes last: whatever it costs to lend it, nothing that is decided waits for that. */
bool
engine_next(struct engine *engine, struct engine_action *action)
{
	engine__enter(engine, engine->now_us);
	return next_todo(engine, action) || check__next(engine, action) || next_todo(engine, action);
}
