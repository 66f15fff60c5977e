/* A task from its start to its end. */
#include "resolver/iterate/task.h"

#include <assert.h>

#include "resolver/iterate/engine_priv.h"

uint64_t
task__hash(const struct engine *engine, const struct engine_question *question)
{
	struct name lower;
	name_lower(&lower, &question->qname);
	uint64_t rest = (uint64_t)question->qtype << 17 | (uint64_t)question->qclass << 1 |
			question->checking_disabled;
	uint64_t hash = hash_bytes(&engine->key, lower.wire, lower.size) ^
			hash_u64x2(&engine->key, rest, (uint64_t)question->policies << 1 | 1);
	return hash != 0 ? hash : 1; /* 0 is no question's */
}

static bool
is_same(const struct engine_question *a, const struct engine_question *b)
{
	return a->qtype == b->qtype && a->qclass == b->qclass && a->policies == b->policies &&
	       a->checking_disabled == b->checking_disabled && name_equal(&a->qname, &b->qname);
}

struct task *
task__find(struct engine *engine, const struct engine_question *question, uint64_t hash)
{
	uint32_t at = engine->task_heads[hash & engine->task_mask];
	while (at != 0) {
		struct task *task = &engine->tasks[at - 1];
		if (task->hash == hash && is_same(&task->question, question))
			return task;
		at = task->hash_next;
	}
	return NULL;
}

static void
table_add(struct engine *engine, struct task *task)
{
	uint32_t *head = &engine->task_heads[task->hash & engine->task_mask];
	task->hash_next = *head;
	*head = engine__task_index(engine, task) + 1;
	task->in_table = true;
}

static void
table_remove(struct engine *engine, struct task *task)
{
	uint32_t *at = &engine->task_heads[task->hash & engine->task_mask];
	if (!task->in_table)
		return;
	while (*at != engine__task_index(engine, task) + 1)
		at = &engine->tasks[*at - 1].hash_next;
	*at = task->hash_next;
	task->in_table = false;
}

/* ---- the purse ------------------------------------------------------------------------------------- */

void
task__open_purse(struct engine *engine, struct task *task)
{
	bool is_first;
	task->budget = slots_take(&engine->budget_slots, &is_first);
	assert(task->budget != SLOT_NONE); /* one for each task, and each task holds one */
	task->owns_purse = true;
	*engine__budget(engine, task) = (struct budget){
		.deadline_us = engine->now_us + BUDGET_TIME_US,
		.holders = 1,
		.signatures_left = VALIDATE_SIGNATURES_MAX,
		.hashes_left = VALIDATE_NSEC3_HASHES_MAX,
	};
}

void
task__release_purse(struct engine *engine, struct task *task)
{
	struct budget *budget = engine__budget(engine, task);
	assert(budget->holders > 0);
	if (--budget->holders == 0)
		slots_give(&engine->budget_slots, task->budget);
}

/* ---- start and end --------------------------------------------------------------------------------- */

void
task__begin(struct engine *engine, struct task *task)
{
	arena_reset(&task->arena);
	task->epoch = infra_epoch(engine->caches.infra);
	task->keep_mark = 0;
	task->sname = &task->question.qname;
	task->chain = NULL;
	task->chain_tail = &task->chain;
	task->chain_count = 0;
	task->cut = NULL;
	task->sends = task->referrals = 0;
	task->empties = 0;
	task->awaited_priming = false;
	task->answer = (struct answer){ .ede = EDE_NONE };
	task->authority_tail = &task->answer.sections[SECTION_AUTHORITY];
	task->validation = (struct validation){ .skip_cache = false };
	task->policies = engine->rpz != NULL ? task->question.policies : 0;
	qmin_start(&task->qmin, task->sname, engine->config.qname_minimisation);
	task->state = TASK_LOOKUP;
}

/* A place for a task, without a purse. */
static struct task *
take(struct engine *engine, const struct engine_question *question, uint32_t cause)
{
	bool is_first;
	uint32_t index = slots_take(&engine->task_slots, &is_first);
	if (index == SLOT_NONE)
		return NULL;

	struct task *task = &engine->tasks[index];
	*task = (struct task){
		.cause = cause,
		.question = *question,
		.queries = SLOT_NONE,
		.waiters = TASK_NONE,
		.clients = SLOT_NONE,
		.clients_tail = SLOT_NONE,
	};
	for (unsigned i = 0; i < TASK_WAITS_MAX; i++)
		task->waits[i].child = TASK_NONE;
	arena_init(&task->arena, engine->arenas + (size_t)index * engine->limits.task_arena_bytes,
		   engine->limits.task_arena_bytes);
	return task;
}

struct task *
task__new(struct engine *engine, const struct engine_question *question, uint64_t hash,
	  uint32_t budget, uint8_t depth)
{
	struct task *task = take(engine, question, engine->next_cause + 1);
	if (task == NULL)
		return NULL;
	engine->next_cause++;
	task->hash = hash;
	task->budget = budget;
	task->depth = depth;
	if (budget == SLOT_NONE)
		task__open_purse(engine, task);
	else
		engine__budget(engine, task)->holders++;
	task__begin(engine, task);
	wheel_timer_init(&task->timer, TIMER_TASK);
	wheel_arm(&engine->wheel, &task->timer, engine__budget(engine, task)->deadline_us);
	table_add(engine, task);
	task__wake(engine, task);
	return task;
}

struct task *
task__new_done(struct engine *engine, const struct task *of)
{
	struct task *task = take(engine, &of->question, of->cause);
	if (task == NULL)
		return NULL;
	task->state = TASK_DONE;
	task->budget = of->budget;
	engine__budget(engine, task)->holders++;
	return task;
}

void
task__free(struct engine *engine, struct task *task)
{
	assert(task->state == TASK_DONE && !task->in_table && !task->runnable);
	assert(task->clients == SLOT_NONE && task->waiters == TASK_NONE &&
	       task->queries == SLOT_NONE);
	task__release_purse(engine, task);
	slots_give(&engine->task_slots, engine__task_index(engine, task));
}

/* The task has its answer: it goes to those who wait, and nobody can join any more. */
static void
finish(struct engine *engine, struct task *task)
{
	flight__close_all(engine, task);
	wait__drop_all(engine, task);
	check__leave(engine, task);
	wheel_disarm(&engine->wheel, &task->timer);
	table_remove(engine, task);
	jostle__leave(engine, task);
	if (task->priming)
		prime__failed(engine); /* no answer, or none that helps */
	wait__notify(engine, task, false);
	if (task->answer.rcode == RCODE_SERVFAIL)
		stale__on_failure(engine, task);
	engine__keep_sentinel(engine, &task->question, &task->answer);
	if (task->clients != SLOT_NONE || task->refresh != 0)
		engine__todo(engine, ENGINE_ANSWER, engine__task_index(engine, task));
	else
		task__free(engine, task);
}

/* ---- running --------------------------------------------------------------------------------------- */

void
task__wake(struct engine *engine, struct task *task)
{
	uint32_t index = engine__task_index(engine, task);
	if (task->runnable || task->state == TASK_DONE)
		return;
	task->runnable = true;
	task->runnable_next = TASK_NONE;
	if (engine->runnable == TASK_NONE)
		engine->runnable = index;
	else
		engine->tasks[engine->runnable_tail].runnable_next = index;
	engine->runnable_tail = index;
}

static enum task_state
step(struct engine *engine, struct task *task)
{
	if (task->steps++ == BUDGET_STEPS_MAX) {
		task__trouble(task, TROUBLE_BUDGET, NULL);
		return task__fail(engine, task);
	}
	switch (task->state) { /* numbers: RFC 1034, section 5.3.3 */
	case TASK_LOOKUP:
		return task__look_up(engine,
				     task); /* 1: sname is set, the caches have not been asked */
	case TASK_CUT: return task__find_cut(engine, task); /* 2: no answer known, no servers */
	case TASK_ASK:
		return task__ask(
			engine, task); /* 3: servers are known, none is expected to reply in time */
	case TASK_HEARD: return task__hear(engine, task); /* 4: a response, matched and parsed */
	case TASK_VALIDATE: return task__validate(engine, task); /* can it be trusted? */
	case TASK_WAITING:
	case TASK_FETCHING:
	case TASK_VERIFYING:
	case TASK_DONE: break;
	}
	return task->state;
}

void
task__run(struct engine *engine, struct task *task)
{
	while (!task_rests(task->state)) {
		task->state = step(engine, task);
		if (task->state == TASK_DONE && task->policies != 0)
			task->state = policy__at_end(engine, task);
	}
	if (task->state == TASK_DONE && !task->runnable) {
		report__failure(engine, task);
		finish(engine, task);
	}
}

/* Where a task goes on that was waiting. */
static enum task_state
woken(struct engine *engine, struct task *task)
{
	switch (task->state) {
	case TASK_WAITING:
		if (task->validation.is_active)
			return TASK_VALIDATE;
		return task->cut == NULL ? TASK_CUT : TASK_ASK; /* without servers: their zone was being primed */
	case TASK_FETCHING: return TASK_CUT; /* it takes too long */
	case TASK_VERIFYING: return check__woken(engine, task);
	case TASK_LOOKUP:
	case TASK_CUT:
	case TASK_ASK:
	case TASK_HEARD:
	case TASK_VALIDATE:
	case TASK_DONE: break;
	}
	return task->state;
}

void
task__run_all(struct engine *engine)
{
	while (engine->runnable != TASK_NONE) {
		struct task *task = &engine->tasks[engine->runnable];
		engine->runnable = task->runnable_next;
		task->runnable = false;
		task->state = woken(engine, task);
		arena_reset(&engine->scratch);
		task__run(engine, task);
	}
}

void
task__on_timer(struct engine *engine, struct task *task)
{
	if (!stale__on_timer(engine, task))
		task__wake(engine, task); /* the purse's time is over; task__ask finds that out */
}
