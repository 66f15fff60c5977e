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
	engine__enter(engine, engine->now_us);
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
