#include "resolver/iterate/engine.h"

#include <assert.h>

#include "resolver/iterate/engine_priv.h"
#include "resolver/iterate/extras.h"
#include "resolver/iterate/sentinel.h"
#include "resolver/iterate/lookup.h"
#include "resolver/iterate/rewrite.h"
#include "resolver/validate/anchors.h"

const struct engine_limits engine_limits_default = {
	.task_count = 16384,
	.question_count = 16384,
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
	.send_cookie = true,
	.harden_glue = true,
	.iter_scrub_promiscuous = true,
	.root_key_sentinel = true,
	.aggressive_nsec = true,
	.prime_root = true,
	.do_not_query_localhost = true,
	.minimal_responses = true,
	.cache_min_ttl_s = 0,
	.cache_max_ttl_s = 86400,
	.cache_max_negative_ttl_s = NEGATIVE_TTL_MAX_S,
	.serve_expired_ttl_s = 86400,
	.serve_expired_reply_ttl_s = 30,
	.serve_expired_client_timeout_ms = 1800,
	.jostle_timeout_ms = 200,
	.val_bogus_ttl_s = 60,
	.val_sig_skew = { VALIDATE_SKEW_S, VALIDATE_SKEW_S },
	.outbound_msg_retry = BUDGET_SENDS_PER_SERVER,
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
	uint32_t todos = power_of_two(2 * queries + 3 * tasks + 1);
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
	engine->zone_rates.keys = carve(block, &used, 1, rate_table_bytes());
	engine->spans = carve(block, &used, 1, sizeof *engine->spans);
	engine->arenas = carve(block, &used, tasks, limits->task_arena_bytes);
	return used;
}

size_t
engine_bytes(const struct engine_limits *limits)
{
	struct engine engine;
	return lay_out(&engine, NULL, limits);
}

/* What it may conclude from follows the configuration and the anchors. */
static void
set_aggressive(struct engine *engine)
{
	engine->aggressive.spans = engine->config.aggressive_nsec ? engine->spans : NULL;
	engine->aggressive.anchors = engine->trust.anchors;
	engine->aggressive.crypto = engine->trust.crypto;
	engine->aggressive.iterations_max = engine->trust.nsec3_iterations_max;
	engine->aggressive.ttl_max_s = engine->config.cache_max_negative_ttl_s;
}

static void
count_rates(struct engine *engine)
{
	if (engine->counts_rates)
		return;
	memset(engine->zone_rates.keys, 0, rate_table_bytes());
	rate_table_init(&engine->zone_rates, engine->zone_rates.keys, engine->rng);
	engine->counts_rates = true;
}

void
engine_configure(struct engine *engine, const struct engine_config *config)
{
	engine->config = *config;
	if (config->zone_rate.per_s != 0)
		count_rates(engine);
	engine->policy = (struct cut_policy){
		.ip4 = config->do_ip4,
		.ip6 = config->do_ip6,
		.no_loopback = config->do_not_query_localhost,
		.over_tcp = config->tcp_upstream,
		.own_glue_alone = config->harden_unverified_glue,
		.not_asked = engine->policy.not_asked,
		.nat64 = config->nat64,
	};
	engine->scrub_limits = (struct scrub_limits){
		.ttl_min_s = config->cache_min_ttl_s,
		.ttl_max_s = config->cache_max_ttl_s,
		.negative_ttl_max_s = config->cache_max_negative_ttl_s,
		.negative_ttl_min_s = config->cache_min_negative_ttl_s,
		.keeps_extras = !config->minimal_responses,
	};
	set_aggressive(engine);
}

struct engine *
engine_new(void *block, size_t block_bytes, const struct engine_limits *limits,
	   const struct engine_config *config, const struct caches *caches, struct rng *rng,
	   uint64_t now_us)
{
	struct engine *engine = block;
	if (block_bytes < engine_bytes(limits))
		return NULL;

	assert(limits->task_count <= TASK_INDEX_MASK);
	*engine = (struct engine){
		.limits = *limits,
		.caches = *caches,
		.rng = rng,
		.key = hash_key_draw(rng),
		.now_us = now_us,
		.runnable = TASK_NONE,
		.oldest_hedged = SLOT_NONE,
		.newest_hedged = SLOT_NONE,
		.lent_task = TASK_NONE,
		.places = { .oldest = TASK_NONE, .newest = TASK_NONE },
		.checks = { .good = { TASK_NONE, TASK_NONE }, .bad = { TASK_NONE, TASK_NONE } },
	};
	lay_out(engine, block, limits);
	engine_configure(engine, config);
	engine_begin_turn(engine);
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
	spans_init(engine->spans, engine->key);
	return engine;
}

void
engine_set_trust(struct engine *engine, const struct engine_trust *trust)
{
	engine->trust = *trust;
	if (trust->anchors != NULL && trust->anchors->count == 0)
		engine->trust.anchors = NULL; /* nobody is trusted: nothing is validated */
	set_aggressive(engine);
}

void
engine_set_forwards(struct engine *engine, const struct forwards *forwards)
{
	engine->forwards = forwards;
}

void
engine_set_kept(struct engine *engine, const struct kept_zones *kept)
{
	engine->kept = kept;
}

void
engine_set_rpz(struct engine *engine, const struct rpz *rpz)
{
	engine->rpz = rpz;
}

void
engine_set_client_strings(struct engine *engine, const struct client_strings *strings)
{
	engine->strings = strings;
}

void
engine_set_rate_zones(struct engine *engine, const struct rate_zones *zones)
{
	engine->rate_zones = zones;
	if (zones != NULL)
		count_rates(engine);
}

void
engine_set_not_asked(struct engine *engine, const struct prefixes *not_asked)
{
	engine->policy.not_asked = not_asked;
}

void
engine_set_rebind(struct engine *engine, const struct rebind *rebind)
{
	engine->rebind = rebind;
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
void
engine__enter(struct engine *engine, uint64_t now_us)
{
	engine->now_us = now_us;
	engine->missed = 0;
	if (engine->lent_task != TASK_NONE)
		task__free(engine, &engine->tasks[engine->lent_task]);
	engine->lent_task = TASK_NONE;
}

void
engine__keep_sentinel(struct engine *engine, const struct engine_question *question, struct answer *answer)
{
	if (!engine->config.root_key_sentinel || !sentinel_withholds(engine->trust.anchors, question, answer))
		return;
	answer_fail(answer, RCODE_SERVFAIL, EDE_OTHER, "root key sentinel (RFC 8509)");
	engine->stats.sentinels++;
}

struct lookup
engine__lookup_of(const struct engine *engine, const struct engine_question *question, struct answer *answer)
{
	*answer = (struct answer){ .ede = EDE_NONE, .from_cache = true, .security = SECURITY_SECURE };
	return (struct lookup){
		.sname = &question->qname,
		.qtype = question->qtype,
		.tail = &answer->sections[SECTION_ANSWER],
		.forwards = engine->forwards,
		.kept = engine->kept,
		.dnssec_ok = question->dnssec_ok,
		.checking_disabled = question->checking_disabled,
		.rpz = engine->rpz,
		.policies = engine->rpz != NULL ? question->policies : 0,
	};
}

/* Failures that are remembered are answers here. */
static int
from_caches(struct engine *engine, const struct engine_question *question, struct arena *arena,
	    struct answer *answer, uint64_t now_us)
{
	const uint32_t now_s = (uint32_t)(now_us / 1000000u);
	engine->missed = 0;
	struct lookup from = engine__lookup_of(engine, question, answer);
	from.aggressive = &engine->aggressive;
	from.for_client = true;
	do {
		if (lookup(&from, &engine->caches, arena, answer, now_s) == LOOKUP_MISS) {
			/* An alias that was found is found again by the task, which keeps it, and so is a policy. */
			bool knows_nothing = from.sname == &question->qname && question->policies == 0;
			engine->missed = knows_nothing ? task__hash(engine, question) : 0;
			return ERR_NOT_FOUND;
		}
		if (answer->security == SECURITY_UNCHECKED && engine__validates(engine, question))
			return ERR_NOT_FOUND; /* a task has to find out whether it can be trusted */
	} while (from.policies != 0 &&
		 rewrite_answer(&from, &answer->sections[SECTION_ANSWER], arena, answer) == REWRITE_ALIAS);
	if (engine__wants_extras(engine, question->qtype) && !answer->is_ruled)
		extras_from_cache(answer, &engine->caches, arena, now_s);
	if (engine__is_unjudged(engine, question))
		extras_check_unjudged(answer);
	answer->from_cache = true;
	answer->refresh_due = from.ends_soon && engine->config.prefetch;
	return 0;
}

/* What has ended stands in for a failure, or, when nobody shall wait, for what has to be asked for. */
static int
from_caches_or_stale(struct engine *engine, const struct engine_question *question,
		     struct arena *arena, struct answer *answer, uint64_t now_us)
{
	struct answer stale;
	const int err = from_caches(engine, question, arena, answer, now_us);
	const bool stands_in = err == 0 ? answer->rcode == RCODE_SERVFAIL
					: engine->config.serve_expired_client_timeout_ms == 0;

	if (!engine->config.serve_expired || !stands_in ||
	    !stale__find(engine, question, arena, &stale, (uint32_t)(now_us / 1000000u)))
		return err;
	*answer = stale;
	answer->refresh_due = err != 0; /* what has just failed is left alone (RFC 9520) */
	engine->stats.stale_answers++;
	return 0;
}

int
engine_cached(struct engine *engine, const struct engine_question *question, struct arena *arena,
	      struct answer *answer, uint64_t now_us)
{
	const int err = from_caches_or_stale(engine, question, arena, answer, now_us);
	if (err == 0)
		engine__keep_sentinel(engine, question, answer);
	engine->stats.cache_answers += err == 0;
	return err;
}

/* `missed`: what engine_cached knew nothing about a moment ago need not be looked for in the caches again. */
static int
join(struct engine *engine, const struct engine_question *question, uint64_t client, uint64_t missed)
{
	uint64_t hash = task__hash(engine, question);
	struct task *task = task__find(engine, question, hash);

	/* Nobody makes room for who cannot come in. */
	if (engine->client_slots.used == engine->limits.client_count ||
	    (task != NULL && task->client_count >= engine->limits.clients_per_task))
		return ERR_FULL;
	if ((task == NULL || task->place == PLACE_NONE) && !jostle__make_room(engine))
		return ERR_FULL;
	if (task != NULL) {
		int err = client__add(engine, task, client);
		if (err == 0) {
			engine->stats.joined++;
			task->question.dnssec_ok |= question->dnssec_ok; /* for what may stand in (stale.c) */
			jostle__enter(engine, task);
			stale__on_join(engine, task);
		}
		return err;
	}
	task = task__new(engine, question, hash, SLOT_NONE, 0);
	if (task == NULL)
		return ERR_FULL;
	if (hash == missed && !engine->config.second_level)
		task->state = TASK_CUT;
	jostle__enter(engine, task);
	stale__on_join(engine, task);
	return client__add(engine, task, client);
}

int
engine_ask(struct engine *engine, const struct engine_question *question, uint64_t client,
	   uint64_t now_us)
{
	uint64_t missed = engine->missed;
	engine__enter(engine, now_us);
	if (question->qclass != CLASS_IN)
		return ERR_UNSUPPORTED;
	engine->stats.questions++;
	int err = join(engine, question, client, missed);
	if (err != 0)
		engine->stats.refused_full++;
	task__run_all(engine);
	return err;
}

bool
engine_refresh(struct engine *engine, const struct engine_question *question, uint64_t refresh, uint64_t now_us)
{
	engine__enter(engine, now_us);
	uint64_t hash = task__hash(engine, question);
	if (engine->task_slots.used >= engine->limits.task_count / 2 ||
	    task__find(engine, question, hash) != NULL)
		return false;
	struct task *task = task__new(engine, question, hash, SLOT_NONE, 0);
	if (task == NULL)
		return false;
	task->may_be_stale = engine->config.serve_expired;
	task->refreshes = true;
	task->refresh = refresh;
	engine->stats.refreshes++;
	task__run_all(engine);
	return true;
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
	engine__enter(engine, now_us);
	engine->primes_ahead = true;
	prime__on_timer(engine);
	task__run_all(engine);
}

void
engine_timeout(struct engine *engine, uint64_t now_us)
{
	struct wheel_timer *timer;
	engine__enter(engine, now_us);
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

void
engine_stats(const struct engine *engine, struct engine_stats *stats)
{
	*stats = engine->stats;
	stats->synthesised = engine->aggressive.synthesised;
	stats->tasks = engine->task_slots.used;
	stats->clients = engine->client_slots.used;
	stats->queries = engine->query_slots.used;
	stats->signatures_waiting = engine->checks.in_line + engine->checks.elsewhere;
}
