/*
 * Places for the questions that clients wait for (unbound's num-queries-per-thread and jostle-timeout).
 *
 * In the first half of them a question stays to its end.  In the other half the oldest one makes room for a new one when it has
 * been here for longer than jostle_timeout_ms.  So a flood of names that nobody answers for keeps only half of the
 * places from those that are answered quickly, and who takes long still comes to an end in the rest.
 *
 * The age is that of the first client: whoever asks again makes a question no younger (CVE-2026-42534).
 */
#include <assert.h>

#include "resolver/iterate/engine_priv.h"

static struct task *
task_at(struct engine *engine, uint32_t index)
{
	return index != TASK_NONE ? &engine->tasks[index] : NULL;
}

static void
fail(struct answer *answer)
{
	answer_fail(answer, RCODE_SERVFAIL, EDE_NOT_READY, "newer questions needed the room");
	answer->fate = ANSWER_NO_ROOM;
}

/* Its clients are told, if there is anything, what the caches still hold; others that wait for its answer still get it. */
static bool
give_up(struct engine *engine, struct task *task)
{
	if (task->waiters != TASK_NONE) {
		struct task *done = task__new_done(engine, task);
		if (done == NULL)
			return false;
		if (!task->may_be_stale || !stale__give(engine, task, done))
			fail(&done->answer);
		client__move_all(engine, task, done);
		engine__todo(engine, ENGINE_ANSWER, engine__task_index(engine, done));
	} else {
		fail(&task->answer);
		task->state = TASK_DONE;
		task__run(engine, task);
	}
	engine->stats.jostled++;
	return true;
}

bool
jostle__make_room(struct engine *engine)
{
	const uint64_t timeout_us = (uint64_t)engine->config.jostle_timeout_ms * 1000u;
	struct task *oldest = task_at(engine, engine->places.oldest);

	if (engine->places.count < engine->limits.question_count)
		return true;
	return oldest != NULL && engine->now_us - oldest->placed_us > timeout_us && give_up(engine, oldest);
}

void
jostle__enter(struct engine *engine, struct task *task)
{
	struct places *places = &engine->places;

	if (task->place != PLACE_NONE)
		return;
	places->count++;
	task->placed_us = engine->now_us;
	if (places->lasting_count < (engine->limits.question_count + 1) / 2) {
		places->lasting_count++;
		task->place = PLACE_LASTING;
		return;
	}
	const uint32_t index = engine__task_index(engine, task);
	struct task *newest = task_at(engine, places->newest);
	task->place = PLACE_BRIEF;
	task->older = places->newest;
	task->newer = TASK_NONE;
	if (newest != NULL)
		newest->newer = index;
	else
		places->oldest = index;
	places->newest = index;
}

static void
leave_line(struct engine *engine, const struct task *task)
{
	struct task *older = task_at(engine, task->older), *newer = task_at(engine, task->newer);

	if (older != NULL)
		older->newer = task->newer;
	else
		engine->places.oldest = task->newer;
	if (newer != NULL)
		newer->older = task->older;
	else
		engine->places.newest = task->older;
}

void
jostle__leave(struct engine *engine, struct task *task)
{
	switch (task->place) {
	case PLACE_NONE: return;
	case PLACE_LASTING: engine->places.lasting_count--; break;
	case PLACE_BRIEF: leave_line(engine, task); break;
	}
	assert(engine->places.count > 0);
	engine->places.count--;
	task->place = PLACE_NONE;
}
