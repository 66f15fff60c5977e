/* Where signatures are checked (checks.h). */
#include "resolver/iterate/checks.h"

#include <assert.h>

#include "resolver/iterate/engine_priv.h"

#define RSA_SMALL_BYTES      264u /* a modulus of 2048 bits with its exponent (RFC 3110, section 2) */
#define DIGESTED_BYTES_PER_US 500u

/* ---- what it costs ---------------------------------------------------------------------------------------- */

static uint32_t
mathematics_us(const struct verify_job *job)
{
	switch ((enum dnssec_algorithm)job->algorithm) {
	case ALGORITHM_RSASHA1:
	case ALGORITHM_RSASHA1_NSEC3_SHA1:
	case ALGORITHM_RSASHA256:
	case ALGORITHM_RSASHA512: return job->key.size <= RSA_SMALL_BYTES ? 22 : 77;
	case ALGORITHM_ECDSAP256SHA256: return 95;
	case ALGORITHM_ED25519: return 156;
	case ALGORITHM_ED448: return 281;
	case ALGORITHM_ECDSAP384SHA384: break;
	}
	return 1089; /* as the dearest one there is */
}

static uint32_t
cost_us(const struct verify_job *job)
{
	return mathematics_us(job) + (uint32_t)(job->signed_data.size / DIGESTED_BYTES_PER_US);
}

/* Whether it is made here, and then out of this turn's allowance. */
static bool
is_for_here(struct engine *engine, const struct verify *verify, const struct verify_job *job)
{
	struct checks *checks = &engine->checks;

	if (engine->config.checks_at_once == 0)
		return true;
	const uint32_t us = cost_us(job);
	if (verify->failures > 0 || us > checks->left_us)
		return false;
	checks->left_us -= us;
	return true;
}

void
engine_begin_turn(struct engine *engine)
{
	engine->checks.left_us = engine->config.checks_turn_us;
}

/* ---- what came of it -------------------------------------------------------------------------------------- */

static const struct verdict *
find_verdict(const struct engine *engine, const struct task *task, const struct verify_job *job)
{
	const struct verdict *verdict = task->validation.verdicts;

	if (verdict == NULL)
		return NULL;
	const uint64_t id = verify_job_hash(job, &engine->key);
	while (verdict != NULL && verdict->id != id)
		verdict = verdict->next;
	return verdict;
}

/* A place for a verdict, which counts once it is linked; NULL: the arena is full. */
static struct verdict *
new_verdict(const struct engine *engine, struct task *task, const struct verify_job *job)
{
	struct verdict *verdict = arena_alloc(&task->arena, sizeof *verdict);

	if (verdict != NULL)
		verdict->id = verify_job_hash(job, &engine->key);
	return verdict;
}

static void
keep_verdict(struct task *task, struct verdict *verdict, enum crypto_result result)
{
	verdict->result = result;
	verdict->next = task->validation.verdicts;
	task->validation.verdicts = verdict;
}

/* ---- here -------------------------------------------------------------------------------------------------- */

static void
pay(struct engine *engine, struct task *task)
{
	engine__budget(engine, task)->signatures_left--;
	task->validation.signatures++;
	engine->stats.signatures++;
}

/*
 * One that verifies settles its set, unless every algorithm has to have signed; any other is come to again if the next one is
 * checked elsewhere.  Without room for that it is then made, and paid for, once more.
 */
static enum crypto_result
check_here(struct engine *engine, struct task *task, const struct verify_job *job)
{
	pay(engine, task);
	const enum crypto_result result =
		crypto_verify(engine->trust.crypto, job->algorithm, job->key, job->signed_data, job->signature);
	const bool settles = result == CRYPTO_VALID && !engine->config.harden_algo_downgrade;
	struct verdict *verdict = settles || engine->config.checks_at_once == 0 ? NULL : new_verdict(engine, task, job);
	if (verdict != NULL)
		keep_verdict(task, verdict, result);
	return result;
}

/* ---- elsewhere --------------------------------------------------------------------------------------------- */

static struct task *
task_at(struct engine *engine, uint32_t index)
{
	return index != TASK_NONE ? &engine->tasks[index] : NULL;
}

static struct check_line *
line_of(struct engine *engine, enum check_place place)
{
	assert(place == CHECK_IN_LINE_GOOD || place == CHECK_IN_LINE_BAD);
	return place == CHECK_IN_LINE_GOOD ? &engine->checks.good : &engine->checks.bad;
}

static void
line_up(struct engine *engine, struct task *task, enum check_place place)
{
	struct check_line *line = line_of(engine, place);
	struct task *last = task_at(engine, line->last);
	const uint32_t index = engine__task_index(engine, task);

	assert(task->check.place == CHECK_NONE);
	task->check = (struct task_check){ .place = place, .before = line->last, .after = TASK_NONE };
	if (last != NULL)
		last->check.after = index;
	else
		line->first = index;
	line->last = index;
	engine->checks.in_line++;
}

static void
leave_line(struct engine *engine, const struct task_check *check)
{
	struct check_line *line = line_of(engine, check->place);
	struct task *before = task_at(engine, check->before), *after = task_at(engine, check->after);

	if (before != NULL)
		before->check.after = check->after;
	else
		line->first = check->after;
	if (after != NULL)
		after->check.before = check->before;
	else
		line->last = check->before;
	engine->checks.in_line--;
}

void
check__leave(struct engine *engine, struct task *task)
{
	if (task->check.place == CHECK_IN_LINE_GOOD || task->check.place == CHECK_IN_LINE_BAD)
		leave_line(engine, &task->check);
	task->check.place = CHECK_NONE;
}

/* It is the task's turn.  False: what it will come to could not be kept. */
static bool
lend(struct engine *engine, struct task *task, const struct verify_job *job)
{
	struct checks *checks = &engine->checks;
	struct verdict *verdict = new_verdict(engine, task, job);

	if (verdict == NULL)
		return false;
	pay(engine, task);
	engine->stats.signatures_elsewhere++;
	task->check = (struct task_check){
		.place = CHECK_ELSEWHERE,
		.number = ++checks->count << TASK_INDEX_BITS | engine__task_index(engine, task),
		.awaited = verdict,
	};
	checks->elsewhere++;
	checks->lent = *job;
	checks->is_lent = true;
	return true;
}

static enum checked
check(struct engine *engine, struct task *task, const struct verify *verify, const struct verify_job *job,
      enum crypto_result *result)
{
	const struct verdict *known = find_verdict(engine, task, job);

	if (known != NULL) {
		*result = known->result;
		return CHECKED;
	}
	if (engine__budget(engine, task)->signatures_left == 0)
		return CHECKED_SPENT;
	if (is_for_here(engine, verify, job)) {
		*result = check_here(engine, task, job);
		return CHECKED;
	}
	if (!engine->checks.is_lending) {
		line_up(engine, task, verify->failures == 0 ? CHECK_IN_LINE_GOOD : CHECK_IN_LINE_BAD);
		return CHECKED_WAIT;
	}
	if (lend(engine, task, job))
		return CHECKED_WAIT;
	*result = check_here(engine, task, job);
	return CHECKED;
}

enum checked
check__set(struct engine *engine, struct task *task, struct verify *verify)
{
	struct verify_job job;
	enum crypto_result result;

	for (unsigned one = 1; verify_next(verify, &job, &one); one = 1) { /* paid for below */
		const enum checked checked = check(engine, task, verify, &job, &result);
		if (checked != CHECKED)
			return checked;
		verify_result(verify, result);
	}
	return !verify->secure && engine__budget(engine, task)->signatures_left == 0 ? CHECKED_SPENT : CHECKED;
}

bool
check__is_awaited(const struct task *task)
{
	return task->check.place != CHECK_NONE;
}

enum task_state
check__woken(struct engine *engine, struct task *task)
{
	if (!budget_is_spent(engine__budget(engine, task), engine->now_us))
		return TASK_VERIFYING;
	check__leave(engine, task);
	return TASK_VALIDATE; /* where it is found out that there is no time left */
}

static struct task *
first_in_line(struct engine *engine)
{
	struct task *good = task_at(engine, engine->checks.good.first);

	return good != NULL ? good : task_at(engine, engine->checks.bad.first);
}

static bool
has_room(const struct engine *engine)
{
	return engine->config.checks_at_once == 0 || engine->checks.elsewhere < engine->config.checks_at_once;
}

/* On to the signature that it has waited for, unless something has changed meanwhile. */
static void
resume(struct engine *engine, struct task *task)
{
	struct checks *checks = &engine->checks;

	check__leave(engine, task);
	task->state = TASK_VALIDATE;
	arena_reset(&engine->scratch);
	checks->is_lent = false;
	checks->is_lending = true;
	task__run(engine, task);
	checks->is_lending = false;
}

bool
check__next(struct engine *engine, struct engine_action *action)
{
	struct checks *checks = &engine->checks;
	struct task *task;

	while (has_room(engine) && (task = first_in_line(engine)) != NULL) {
		resume(engine, task);
		if (!checks->is_lent) {
			task__run_all(engine);
			continue;
		}
		assert(engine->runnable == TASK_NONE); /* running it would overwrite what is lent */
		*action = (struct engine_action){
			.kind = ENGINE_VERIFY,
			.query = task->check.number,
			.cause = task->cause,
			.verify = &checks->lent,
		};
		return true;
	}
	return false;
}

void
engine_verified(struct engine *engine, engine_query number, enum crypto_result result, uint64_t now_us)
{
	const uint32_t index = (uint32_t)number & TASK_INDEX_MASK;

	engine__enter(engine, now_us);
	if (engine->checks.elsewhere == 0 || index >= engine->limits.task_count)
		return;
	engine->checks.elsewhere--;
	struct task *task = &engine->tasks[index];
	if (task->check.place != CHECK_ELSEWHERE || task->check.number != number)
		return; /* it could not wait so long */
	keep_verdict(task, task->check.awaited, result);
	check__leave(engine, task);
	task->state = TASK_VALIDATE;
	task__wake(engine, task);
	task__run_all(engine);
}
