#include "tests/sim/resolver.h"

#include <stdio.h>
#include <sys/mman.h>

#include "tests/suite.h"

#define ARENA_BYTES     (256u << 10)
#define PATIENCE_US     30000000u /* longer than any work on a question */
#define RESOLVE_STEP_US 20000u

static const struct engine_limits limits = {
	.task_count = 1024,
	.question_count = 1024,
	.client_count = 2048,
	.query_count = 2048, /* the flows of the host's stack are twice as many */
	.clients_per_task = 100,
	.task_arena_bytes = 128u << 10,
};

static unsigned long long
seed_of(const struct resolver *resolver)
{
	return (unsigned long long)resolver->host->net->seed;
}

/* ---- answers --------------------------------------------------------------------------------- */

static uint32_t
first_ttl(const struct answer *answer)
{
	const struct rrset *set = answer->sections[SECTION_ANSWER];
	if (set == NULL)
		set = answer->sections[SECTION_AUTHORITY];
	return set != NULL ? set->ttl_s : 0;
}

static void
conclude(struct resolver *resolver, struct ask *ask, const struct answer *answer)
{
	ck_assert_msg(!ask->is_done, "%s is answered twice, seed %llu", ask->question.qname,
		      seed_of(resolver));
	ask->is_done = true;
	ask->is_right = zones_answer_is_right(&ask->question, answer);
	ask->from_cache = answer->from_cache;
	ask->rcode = answer->rcode;
	ask->ttl_s = first_ttl(answer);
	ask->took_us = resolver->host->net->now_us - ask->asked_us;
	snprintf(ask->why, sizeof ask->why, "%s", answer->ede_text != NULL ? answer->ede_text : "");
	resolver->done_count++;
}

/* The engine's actions; what it waits for is the host's next time. */
static void
drain(struct resolver *resolver)
{
	struct engine_action action;

	while (upstream_next(&resolver->upstream, &action, resolver->host->net->now_us))
		conclude(resolver, &resolver->asks[action.client - 1], action.answer);
	resolver->host->due_at_us = upstream_deadline(&resolver->upstream);
}

static void
on_action(struct net_node *host, const struct stack_action *action)
{
	struct resolver *resolver = host->data;
	ck_assert(upstream_receive(&resolver->upstream, action, host->net->now_us) ||
		  action->kind == STACK_ERROR);
	drain(resolver);
}

static void
on_due(struct net_node *host)
{
	struct resolver *resolver = host->data;
	engine_timeout(resolver->engine, host->net->now_us);
	drain(resolver);
}

const struct ask *
resolver_ask(struct resolver *resolver, const struct zones_question *asked)
{
	uint64_t now_us = resolver->host->net->now_us;
	struct engine_question question = { .qtype = asked->qtype, .qclass = CLASS_IN };
	struct answer answer;

	ck_assert_uint_lt(resolver->ask_count, RESOLVER_ASKS_MAX);
	struct ask *ask = &resolver->asks[resolver->ask_count++];
	*ask = (struct ask){ .question = *asked, .asked_us = now_us };
	ck_assert_int_eq(name_from_text(&question.qname, asked->qname, NULL), 0);
	arena_reset(&resolver->arena);
	if (engine_cached(resolver->engine, &question, &resolver->arena, &answer, now_us) == 0) {
		conclude(resolver, ask, &answer);
		return ask;
	}
	ck_assert_int_eq(engine_ask(resolver->engine, &question, resolver->ask_count, now_us), 0);
	drain(resolver);
	return ask;
}

const struct ask *
resolver_resolve(struct resolver *resolver, unsigned customer, enum kind kind)
{
	struct net *net = resolver->host->net;
	struct zones_question question;

	zones_question(&question, customer, kind);
	const struct ask *ask = resolver_ask(resolver, &question);
	while (!ask->is_done) {
		net_run(net, RESOLVE_STEP_US);
		ck_assert_msg(net->now_us - ask->asked_us < PATIENCE_US,
			      "%s is never answered, seed %llu", question.qname, seed_of(resolver));
	}
	return ask;
}

/* ---- life ------------------------------------------------------------------------------------ */

/* The next `size` octets of the block; with a NULL block only counts. */
static void *
carve(uint8_t *block, size_t *used, size_t size)
{
	void *at = block != NULL ? block + *used : NULL;
	*used += (size + 63) & ~(size_t)63;
	return at;
}

struct places {
	void *rrsets, *negatives, *delegations, *infra, *engine, *upstream, *arena, *asks;
};

static size_t
lay_out(struct places *places, uint8_t *block)
{
	size_t used = 0;
	places->rrsets = carve(block, &used, RESOLVER_CACHE_BYTES);
	places->negatives = carve(block, &used, RESOLVER_CACHE_BYTES);
	places->delegations = carve(block, &used, RESOLVER_CACHE_BYTES);
	places->infra = carve(block, &used, infra_bytes(RESOLVER_SERVERS));
	places->engine = carve(block, &used, engine_bytes(&limits));
	places->upstream = carve(block, &used, upstream_bytes(&limits));
	places->arena = carve(block, &used, ARENA_BYTES);
	places->asks = carve(block, &used, RESOLVER_ASKS_MAX * sizeof(struct ask));
	return used;
}

static void
add_hints(struct engine *engine)
{
	struct internet_hints hints;
	internet_hints_read(&hints);
	for (unsigned i = 0; i < hints.count; i++)
		ck_assert_int_eq(engine_add_hint(engine, &hints.servers[i], &hints.addrs[i]), 0);
}

void
resolver_start(struct resolver *resolver, struct internet *internet,
	       const struct engine_config *config)
{
	struct net_node *host = internet->edge;
	struct rng *rng = &host->rng;
	struct places places;

	*resolver = (struct resolver){ .host = host, .block_bytes = lay_out(&places, NULL) };
	resolver->block = mmap(NULL, resolver->block_bytes, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ck_assert_ptr_ne(resolver->block, MAP_FAILED);
	lay_out(&places, resolver->block);
	resolver->caches = (struct caches){
		.rrsets = rrset_cache_new(places.rrsets, RESOLVER_CACHE_BYTES, rng),
		.negatives = negative_cache_new(places.negatives, RESOLVER_CACHE_BYTES, rng),
		.delegations = delegation_cache_new(places.delegations, RESOLVER_CACHE_BYTES, rng),
		.infra = infra_new(places.infra, infra_bytes(RESOLVER_SERVERS), RESOLVER_SERVERS,
				   rng),
	};
	resolver->engine = engine_new(places.engine, engine_bytes(&limits), &limits,
				      config != NULL ? config : &engine_config_default,
				      &resolver->caches, rng, host->net->now_us);
	ck_assert_ptr_nonnull(resolver->engine);
	upstream_init(&resolver->upstream, resolver->engine, host->stack, places.upstream,
		      upstream_bytes(&limits));
	arena_init(&resolver->arena, places.arena, ARENA_BYTES);
	resolver->asks = places.asks;
	host->data = resolver;
	host->on_action = on_action;
	host->on_due = on_due;
	add_hints(resolver->engine);
	engine_prime(resolver->engine, host->net->now_us);
	drain(resolver);
}

/* The flows that are open are the stack's, which goes on. */
void
resolver_stop(struct resolver *resolver)
{
	for (uint32_t i = 0; i < resolver->upstream.flow_count; i++)
		if (resolver->upstream.flows[i] != 0)
			udp_close(resolver->host->stack, resolver->upstream.flows[i]);
	resolver->host->due_at_us = NET_NEVER;
	resolver->host->on_action = NULL;
	ck_assert_int_eq(munmap(resolver->block, resolver->block_bytes), 0);
}

/* ---- properties ------------------------------------------------------------------------------ */

uint64_t
resolver_sent(const struct resolver *resolver)
{
	struct engine_stats stats;
	engine_stats(resolver->engine, &stats);
	return stats.sent_udp4 + stats.sent_udp6 + stats.sent_tcp4 + stats.sent_tcp6;
}

void
resolver_expect_idle(struct resolver *resolver)
{
	struct engine_stats stats;
	struct stack_stats stack;

	engine_stats(resolver->engine, &stats);
	stack_stats(resolver->host->stack, &stack);
	ck_assert_msg(stats.tasks == 0 && stats.clients == 0 && stats.queries == 0,
		      "%u tasks, %u clients, %u queries are left, seed %llu", stats.tasks,
		      stats.clients, stats.queries, seed_of(resolver));
	ck_assert_msg(stack.flows_open == 0 && stack.reass_bytes == 0,
		      "%u flows, %u octets of fragments are left, seed %llu", stack.flows_open,
		      stack.reass_bytes, seed_of(resolver));
	ck_assert_uint_eq(resolver->done_count, resolver->ask_count);
	ck_assert_uint_eq(stats.cache_answers + stats.answers, resolver->ask_count);
	ck_assert_uint_eq(stats.questions, stats.answers);
	ck_assert_uint_eq(stats.refused_full, 0);
}
