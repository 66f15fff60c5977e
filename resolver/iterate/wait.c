/*
 * The graph of tasks that wait for each other's answers.  Edges lead from a task to the one it waits for; each lies in a
 * place of the waiting task, and those to one task form a list through these places, so that
 * adding and removing an edge costs the same however many there are.
 */
#include <assert.h>

#include "resolver/iterate/engine_priv.h"

#define SEARCH_TASKS_MAX                                                                           \
	64u /* tasks still to be looked at in a search; more, and the edge is taken for a circle */

static struct task_wait *
wait_at(struct engine *engine, uint32_t at)
{
	return &engine->tasks[at / TASK_WAITS_MAX].waits[at % TASK_WAITS_MAX];
}

/* True when `from` waits, through others, for `to`. */
static bool
leads_to(struct engine *engine, struct task *from, const struct task *to)
{
	struct task *stack[SEARCH_TASKS_MAX];
	unsigned depth = 0;

	engine->visit++;
	stack[depth++] = from;
	while (depth > 0) {
		struct task *task = stack[--depth];
		if (task == to)
			return true;
		if (task->visit == engine->visit)
			continue;
		task->visit = engine->visit;
		for (unsigned i = 0; i < TASK_WAITS_MAX; i++) {
			if (task->waits[i].child == TASK_NONE)
				continue;
			if (depth == SEARCH_TASKS_MAX)
				return true;
			stack[depth++] = &engine->tasks[task->waits[i].child];
		}
	}
	return false;
}

bool
wait__add(struct engine *engine, struct task *parent, unsigned ns, enum addr_family family,
	  struct task *child)
{
	unsigned place = 0;
	while (place < TASK_WAITS_MAX && parent->waits[place].child != TASK_NONE)
		place++;
	assert(place < TASK_WAITS_MAX);
	if (leads_to(engine, child, parent)) {
		engine->stats.cycles++;
		return false;
	}

	uint32_t at = engine__task_index(engine, parent) * TASK_WAITS_MAX + place;
	parent->waits[place] = (struct task_wait){
		.child = engine__task_index(engine, child),
		.ns = (uint8_t)ns,
		.family = (uint8_t)family,
		.prev = TASK_NONE,
		.next = child->waiters,
	};
	if (child->waiters != TASK_NONE)
		wait_at(engine, child->waiters)->prev = at;
	child->waiters = at;
	return true;
}

static void
drop(struct engine *engine, struct task_wait *wait)
{
	struct task *child = &engine->tasks[wait->child];
	if (wait->prev == TASK_NONE)
		child->waiters = wait->next;
	else
		wait_at(engine, wait->prev)->next = wait->next;
	if (wait->next != TASK_NONE)
		wait_at(engine, wait->next)->prev = wait->prev;
	wait->child = TASK_NONE;
}

void
wait__drop_all(struct engine *engine, struct task *parent)
{
	for (unsigned i = 0; i < TASK_WAITS_MAX; i++) {
		if (parent->waits[i].child != TASK_NONE)
			drop(engine, &parent->waits[i]);
	}
}

unsigned
wait__count(const struct task *parent)
{
	unsigned count = 0;
	for (unsigned i = 0; i < TASK_WAITS_MAX; i++)
		count += parent->waits[i].child != TASK_NONE;
	return count;
}

void
wait__notify(struct engine *engine, struct task *child, bool only_budget)
{
	uint32_t next;
	for (uint32_t at = child->waiters; at != TASK_NONE; at = next) {
		struct task_wait *wait = wait_at(engine, at);
		struct task *parent = &engine->tasks[at / TASK_WAITS_MAX];
		next = wait->next;
		if (only_budget && parent->budget != child->budget)
			continue;
		task__on_addrs(engine, parent, wait, child);
		drop(engine, wait);
		task__wake(engine, parent);
	}
}

void
wait__late(struct engine *engine, const struct task *child)
{
	for (uint32_t at = child->waiters; at != TASK_NONE; at = wait_at(engine, at)->next)
		task__wake(engine, &engine->tasks[at / TASK_WAITS_MAX]);
}
