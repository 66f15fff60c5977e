/*
 * Zones whose servers the operator names are asked first who serves them: the root (RFC 8109), at the start and before its
 * set ends, or when a question needs it; and stubs with stub-prime, when a question needs them.
 *
 * Such a question waits, but not for longer than a reply is expected to take: then what the operator has named serves.
 */
#include "resolver/iterate/engine_priv.h"

#define PRIME_RETRY_MIN_S 10u /* after a failure, doubling ... */
#define PRIME_RETRY_MAX_S 3600u

static void
arm(struct engine *engine, uint32_t wait_s)
{
	wheel_arm(&engine->wheel, &engine->prime_timer,
		  engine->now_us + (uint64_t)wait_s * 1000000u);
}

/* What remains of the root's delegation, which another worker may have brought; 0: nothing. */
static uint32_t
root_ttl(struct engine *engine)
{
	struct delegation delegation;
	size_t mark = arena_mark(&engine->scratch);
	int err = delegation_cache_find(engine->caches.delegations, &name_root, &engine->scratch,
					&delegation, engine__now_s(engine));
	arena_rewind(&engine->scratch, mark);
	return err == 0 ? delegation.ttl_s : 0;
}

/* The task that asks the zone: one that runs, or a new one with its own purse.  NULL: there is no room. */
static struct task *
task_for(struct engine *engine, const struct name *zone)
{
	struct engine_question question = { .qtype = TYPE_NS, .qclass = CLASS_IN };

	name_copy(&question.qname, zone);
	const uint64_t hash = task__hash(engine, &question);
	struct task *task = task__find(engine, &question, hash);
	return task != NULL ? task : task__new(engine, &question, hash, SLOT_NONE, 0);
}

static struct task *
ask_root(struct engine *engine)
{
	struct task *task = task_for(engine, &name_root);

	if (task == NULL) {
		prime__failed(engine);
	} else if (!task->priming) {
		task->priming = true;
		engine->stats.primes++;
	}
	return task;
}

/* Forwarders are asked about everything: nobody needs the root. */
static bool
is_all_forwarded(const struct engine *engine)
{
	const struct forward_zone *zone = forwards_find(engine->forwards, &name_root);

	return zone != NULL && zone->is_forward && !zone->first;
}

/* Renewed with a tenth of its time to go, unless somebody else has done it. */
void
prime__on_timer(struct engine *engine)
{
	uint32_t ttl_s = root_ttl(engine);
	if (!engine->config.prime_root || !engine->primes_ahead || is_all_forwarded(engine))
		return; /* switched off since; or it was the time after a failure, which is over */
	if (ttl_s > engine->primed_ttl_s / 8 && ttl_s > 1) {
		if (engine->primed_ttl_s == 0)
			engine->primed_ttl_s = ttl_s;
		arm(engine, ttl_s - ttl_s / 10);
		return;
	}
	(void)ask_root(engine);
}

static bool
has_just_failed(const struct engine *engine)
{
	return engine->prime_wait_s > 0 && wheel_is_armed(&engine->prime_timer);
}

bool
prime__is_awaited(struct engine *engine, struct task *task, const struct name *zone)
{
	const bool is_root = zone->size == 1;
	const bool is_itself = task->question.qtype == TYPE_NS && name_equal(task->sname, zone);

	if (task->awaited_priming || is_itself || (is_root && has_just_failed(engine)))
		return false;
	task->awaited_priming = true;
	struct task *priming = is_root ? ask_root(engine) : task_for(engine, zone);
	return priming != NULL && wait__add(engine, task, 0, ADDR_NONE, priming);
}

static void
heard_root(struct engine *engine, struct task *task, struct delegation *delegation)
{
	if (!engine->config.prime_root || !hints_complete(&engine->hints, delegation))
		return;
	delegation_cache_put(engine->caches.delegations, delegation, UINT32_MAX,
			     engine__now_s(engine));
	engine->primed_ttl_s = root_ttl(engine);
	engine->prime_wait_s = 0;
	task->priming = false;
	wheel_disarm(&engine->wheel, &engine->prime_timer);
	if (engine->primed_ttl_s > 0 && engine->primes_ahead)
		arm(engine, engine->primed_ttl_s - engine->primed_ttl_s / 10);
}

/*
 * Whoever waits goes on at once: who the servers are need not be validated, what they say will be.  Of a stub those alone are
 * believed that the operator names: whom they have named does not renew itself.
 */
void
prime__heard(struct engine *engine, struct task *task, struct delegation *delegation)
{
	const struct forward_zone *stub = forwards_find(engine->forwards, delegation->zone);

	if (delegation->zone->size == 1)
		heard_root(engine, task, delegation);
	else if (stub != NULL && stub->prime && task->cut->by_operator && name_equal(stub->name, delegation->zone))
		delegation_cache_put(engine->caches.delegations, delegation, UINT32_MAX, engine__now_s(engine));
	else
		return;
	wait__notify(engine, task, false);
}

void
prime__failed(struct engine *engine)
{
	uint32_t wait_s = engine->prime_wait_s * 2;
	if (wait_s < PRIME_RETRY_MIN_S)
		wait_s = PRIME_RETRY_MIN_S;
	if (wait_s > PRIME_RETRY_MAX_S)
		wait_s = PRIME_RETRY_MAX_S;
	engine->prime_wait_s = wait_s;
	arm(engine, wait_s);
}
