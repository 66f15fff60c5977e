/* The root's own NS set, asked for at the start and before it ends (RFC 8109). */
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

static void
ask(struct engine *engine)
{
	struct engine_question question = { .qname = name_root,
					    .qtype = TYPE_NS,
					    .qclass = CLASS_IN };
	uint64_t hash = task__hash(engine, &question);
	if (task__find(engine, &question, hash) != NULL)
		return;
	struct task *task = task__new(engine, &question, hash, SLOT_NONE, 0);
	if (task == NULL) {
		prime__failed(engine);
		return;
	}
	task->priming = true;
	engine->stats.primes++;
}

/* Renewed with a tenth of its time to go, unless somebody else has done it. */
void
prime__on_timer(struct engine *engine)
{
	uint32_t ttl_s = root_ttl(engine);
	if (!engine->config.prime_root)
		return; /* switched off since */
	if (ttl_s > engine->primed_ttl_s / 8 && ttl_s > 1) {
		if (engine->primed_ttl_s == 0)
			engine->primed_ttl_s = ttl_s;
		arm(engine, ttl_s - ttl_s / 10);
		return;
	}
	ask(engine);
}

void
prime__heard(struct engine *engine, struct delegation *delegation)
{
	if (!engine->config.prime_root || !hints_complete(&engine->hints, delegation))
		return;
	delegation_cache_put(engine->caches.delegations, delegation, UINT32_MAX,
			     engine__now_s(engine));
	engine->primed_ttl_s = root_ttl(engine);
	engine->prime_wait_s = 0;
	if (engine->primed_ttl_s > 0)
		arm(engine, engine->primed_ttl_s - engine->primed_ttl_s / 10);
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
