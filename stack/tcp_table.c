/* Pools and look-ups of TCP: whom a segment is for. */
#include "stack/tcp_priv.h"

#include <string.h>

#include "stack/addr_hash.h"
#include "stack/share.h"
#include "stack/stack_priv.h"

/* ---- room ------------------------------------------------------------------------------------ */

static uint32_t
chain_count(const struct stack_limits *limits)
{
	const uint64_t entry_count = (uint64_t)limits->tcp_count + limits->tcp_syn_count +
				     limits->tcp_time_wait_count;
	uint32_t count = 1;

	while (count < entry_count)
		count *= 2;
	return count;
}

size_t
tcp_bytes(const struct stack_limits *limits)
{
	if (limits->tcp_count == 0)
		return 0;
	return chain_count(limits) * sizeof(struct tcp_key *) +
	       limits->tcp_count * sizeof(struct tcb) +
	       limits->tcp_syn_count * sizeof(struct tcp_syn) +
	       limits->tcp_time_wait_count * sizeof(struct tcp_time_wait) +
	       tcp_sent_bytes(limits->tcp_sent_count) +
	       stream_pool_bytes(limits->tcp_buffer_bytes) + 64;
}

void
tcp_init(struct tcp *tcp, struct arena *arena, const struct stack_limits *limits, struct rng *rng)
{
	*tcp = (struct tcp){ 0 };
	if (limits->tcp_count == 0)
		return;
	const uint32_t chains = chain_count(limits);
	tcp->chains = arena_zalloc(arena, chains, sizeof *tcp->chains);
	tcp->chain_mask = chains - 1;
	tcp->tcbs = arena_zalloc(arena, limits->tcp_count, sizeof *tcp->tcbs);
	tcp->tcb_count = limits->tcp_count;
	tcp->syns = arena_zalloc(arena, limits->tcp_syn_count, sizeof *tcp->syns);
	tcp->syn_count = limits->tcp_syn_count;
	tcp->time_waits =
		arena_zalloc(arena, limits->tcp_time_wait_count, sizeof *tcp->time_waits);
	tcp->time_wait_count = limits->tcp_time_wait_count;
	tcp_sent_pool_init(&tcp->sent, arena, limits->tcp_sent_count);
	stream_pool_init(&tcp->streams, arena, limits->tcp_buffer_bytes);
	tcp_secret_draw(&tcp->secret, rng);
	memset(tcp->cookies_spent[0], 0xff, sizeof tcp->cookies_spent[0]); /* 0 would be one of this set */

	TAILQ_INIT(&tcp->free_tcbs);
	TAILQ_INIT(&tcp->free_syns);
	TAILQ_INIT(&tcp->free_time_waits);
	TAILQ_INIT(&tcp->aged_time_waits);
	TAILQ_INIT(&tcp->events);
	TAILQ_INIT(&tcp->flushes);
	TAILQ_INIT(&tcp->starved);
	TAILQ_INIT(&tcp->orphans);
}

/* ---- by the 4-tuple -------------------------------------------------------------------------- */

static struct tcp_key **
chain_of(const struct stack *stack, const struct tcp_tuple *tuple)
{
	const uint64_t ports = (uint64_t)tuple->remote_port << 16 | tuple->local_port;
	const uint64_t hash = addr_hash_with(&stack->hash_key, &tuple->remote, ports);

	return &stack->tcp.chains[hash & stack->tcp.chain_mask];
}

static bool
tuple_equal(const struct tcp_tuple *a, const struct tcp_tuple *b)
{
	return a->remote_port == b->remote_port && a->local_port == b->local_port &&
	       addr_equal(&a->remote, &b->remote) && addr_equal(&a->local, &b->local);
}

struct tcp_key *
tcp__find(const struct stack *stack, const struct tcp_tuple *tuple)
{
	struct tcp_key *key = *chain_of(stack, tuple);

	while (key != NULL && !tuple_equal(&key->tuple, tuple))
		key = key->next;
	return key;
}

void
tcp__insert(struct stack *stack, struct tcp_key *key, enum tcp_key_kind kind)
{
	struct tcp_key **chain = chain_of(stack, &key->tuple);

	assert(key->kind == TCP_KEY_FREE);
	key->kind = (uint8_t)kind;
	key->next = *chain;
	*chain = key;
}

void
tcp__remove(struct stack *stack, struct tcp_key *key)
{
	struct tcp_key **link = chain_of(stack, &key->tuple);

	if (key->kind == TCP_KEY_FREE)
		return;
	while (*link != key)
		link = &(*link)->next;
	*link = key->next;
	key->kind = TCP_KEY_FREE;
}

/* ---- listeners ------------------------------------------------------------------------------- */

static struct tcp_key **
listener_chain(struct stack *stack, uint16_t port)
{
	return &stack->tcp.listeners[port % TCP_LISTENER_CHAINS];
}

static bool
is_named(const struct tcp_key *key, const struct ip_addr *local, uint16_t port)
{
	return key->tuple.local_port == port && addr_equal(&key->tuple.local, local);
}

int
tcp__listener_check(const struct stack *stack, const struct ip_addr *local, uint16_t port,
		    const struct tcp_config *config)
{
	uint32_t count = 0;

	for (const struct tcp_key *key = stack->tcp.listeners[port % TCP_LISTENER_CHAINS]; key != NULL; key = key->next) {
		if (!is_named(key, local, port))
			continue;
		if (!config->share_port || !((const struct tcb *)(const void *)key)->config.share_port)
			return ERR_IN_USE;
		count++;
	}
	return count < SHARE_MAX ? 0 : ERR_FULL;
}

void
tcp__listener_add(struct stack *stack, struct tcb *listener)
{
	struct tcp_key **head = listener_chain(stack, listener->key.tuple.local_port);

	listener->key.next = *head;
	*head = &listener->key;
}

void
tcp__listener_remove(struct stack *stack, struct tcb *listener)
{
	struct tcp_key **link = listener_chain(stack, listener->key.tuple.local_port);

	while (*link != &listener->key)
		link = &(*link)->next;
	*link = listener->key.next;
}

/* Of those that share this one's name. */
static struct tcb *
listener_of_peer(const struct stack *stack, struct tcb *best, const struct tcp_tuple *tuple)
{
	const struct tcp_tuple name = best->key.tuple;
	const uint64_t peer = share_peer(&stack->hash_key, &tuple->remote, tuple->remote_port, tuple->local_port);
	uint64_t best_weight = 0;

	for (struct tcp_key *key = &best->key; key != NULL; key = key->next) {
		struct tcb *listener = (struct tcb *)(void *)key;
		const uint64_t weight = share_weight(peer, (uint32_t)(listener - stack->tcp.tcbs));
		if (!is_named(key, &name.local, name.local_port) || weight < best_weight)
			continue;
		best_weight = weight;
		best = listener;
	}
	return best;
}

/* How well a listener's name fits an address; 0: not at all. */
static int
rank_of(const struct ip_addr *bound, const struct ip_addr *local)
{
	if (bound->family == ADDR_NONE)
		return 1;
	if (addr_equal(bound, local))
		return 3;
	return bound->family == local->family && addr_is_unspecified(bound) ? 2 : 0;
}

struct tcb *
tcp__listener_find(const struct stack *stack, const struct tcp_tuple *tuple)
{
	struct tcp_key *best = NULL;
	int best_rank = 0;
	bool is_one_of_many = false; /* perhaps: then the others are looked at */

	for (struct tcp_key *key = stack->tcp.listeners[tuple->local_port % TCP_LISTENER_CHAINS]; key != NULL;
	     key = key->next) {
		const int rank = key->tuple.local_port == tuple->local_port ? rank_of(&key->tuple.local, &tuple->local) : 0;
		is_one_of_many |= rank == best_rank && rank != 0;
		if (rank <= best_rank)
			continue;
		best_rank = rank;
		best = key;
	}
	struct tcb *listener = (struct tcb *)(void *)best;
	return is_one_of_many ? listener_of_peer(stack, listener, tuple) : listener;
}

/* ---- by number ------------------------------------------------------------------------------- */

struct tcb *
tcp__get_any(const struct stack *stack, tcp_conn conn)
{
	const uint32_t index = (uint32_t)conn;
	struct tcb *tcb;

	if (index >= stack->tcp.tcb_count)
		return NULL;
	tcb = &stack->tcp.tcbs[index];
	return (tcb->generation & 1) != 0 && tcb->generation == conn >> 32 ? tcb : NULL;
}

struct tcb *
tcp__get(const struct stack *stack, tcp_conn conn)
{
	struct tcb *tcb = tcp__get_any(stack, conn);
	return tcb != NULL && !tcb->is_detached ? tcb : NULL;
}

tcp_conn
tcp__conn_of(const struct stack *stack, const struct tcb *tcb)
{
	return (tcp_conn)tcb->generation << 32 | (uint32_t)(tcb - stack->tcp.tcbs);
}

/* ---- taking and giving back ------------------------------------------------------------------ */

bool
tcp__tcb_is_left(const struct stack *stack)
{
	return stack->tcp.tcbs_used < stack->tcp.tcb_count || !TAILQ_EMPTY(&stack->tcp.orphans);
}

static struct tcb *
tcb_take(struct tcp *tcp)
{
	struct tcb *tcb = TAILQ_FIRST(&tcp->free_tcbs);

	assert(tcp->tcbs_used < tcp->tcb_count);
	tcp->tcbs_used++;
	if (tcb == NULL)
		return &tcp->tcbs[tcp->tcbs_touched++];
	TAILQ_REMOVE(&tcp->free_tcbs, tcb, accept_link);
	return tcb;
}

struct tcb *
tcp__tcb_new(struct stack *stack)
{
	if (!tcp__tcb_is_left(stack))
		return NULL;
	if (stack->tcp.tcbs_used == stack->tcp.tcb_count)
		tcp__orphan_abort(stack);
	struct tcb *tcb = tcb_take(&stack->tcp);
	const uint32_t generation = tcb->generation + 1;
	memset(tcb, 0, sizeof *tcb);
	tcb->generation = generation;
	return tcb;
}

void
tcp__tcb_free(struct stack *stack, struct tcb *tcb)
{
	struct tcp *tcp = &stack->tcp;

	assert(tcb->key.kind == TCP_KEY_FREE && (tcb->generation & 1) != 0);
	if (tcb->is_event_queued)
		TAILQ_REMOVE(&tcp->events, tcb, event_link);
	if (tcb->is_flush_queued)
		TAILQ_REMOVE(&tcp->flushes, tcb, flush_link);
	if (tcb->is_memory_queued)
		TAILQ_REMOVE(&tcp->starved, tcb, memory_link);
	if (tcb->is_orphan_queued)
		TAILQ_REMOVE(&tcp->orphans, tcb, accept_link);
	tcb->is_event_queued = tcb->is_flush_queued = false;
	tcb->is_memory_queued = tcb->is_orphan_queued = false;
	tcb->generation++; /* even: the number never means an open connection again */
	TAILQ_INSERT_HEAD(&tcp->free_tcbs, tcb, accept_link);
	tcp->tcbs_used--;
}

struct tcp_syn *
tcp__syn_new(struct stack *stack, struct tcb *listener)
{
	struct tcp *tcp = &stack->tcp;
	struct tcp_syn *syn = TAILQ_FIRST(&tcp->free_syns);

	if (tcp->syns_used == tcp->syn_count)
		return NULL;
	if (syn != NULL)
		TAILQ_REMOVE(&tcp->free_syns, syn, link);
	else
		syn = &tcp->syns[tcp->syns_touched++];
	tcp->syns_used++;
	memset(syn, 0, sizeof *syn);
	syn->listener = listener;
	TAILQ_INSERT_TAIL(&listener->accepts.syns, syn, link);
	listener->accepts.syn_count++;
	return syn;
}

void
tcp__syn_free(struct stack *stack, struct tcp_syn *syn)
{
	tcp__remove(stack, &syn->key);
	wheel_disarm(&stack->wheel, &syn->timer);
	TAILQ_REMOVE(&syn->listener->accepts.syns, syn, link);
	syn->listener->accepts.syn_count--;
	TAILQ_INSERT_HEAD(&stack->tcp.free_syns, syn, link);
	stack->tcp.syns_used--;
}
