/*
 * upstream.h - moves the engine's queries over the stack: a datagram with a random port each, matched by its flow; over
 * TCP those that a datagram does not do for (upstream_tcp.h).
 *
 * Glue between two cores, itself without I/O, so that the daemon and the simulator share it.
 */
#ifndef CAIRN_RESOLVER_ITERATE_UPSTREAM_H
#define CAIRN_RESOLVER_ITERATE_UPSTREAM_H

#include "resolver/iterate/engine.h"
#include "resolver/iterate/upstream_tcp.h"

struct upstream {
	struct engine *engine;
	struct stack *stack;
	udp_flow *flows; /* by the index of the engine's query */
	uint32_t flow_count;
	struct upstream_tcp tcp;
	uint64_t tick_at_us; /* when idle connections are looked for next */
	uint64_t open_failures, send_failures;
};

size_t upstream_bytes(const struct engine_limits *limits);
void upstream_init(struct upstream *upstream, struct engine *engine, struct stack *stack, void *block, size_t block_bytes);

/* A STACK_DATAGRAM or STACK_ERROR of one of our flows, a STACK_TCP of one of our connections; others are left alone and false comes back. */
bool upstream_receive(struct upstream *upstream, const struct stack_action *action, uint64_t now_us);

/*
 * Drains the engine's actions: sends and closes flows, and returns true with the next answer for a client, end of a
 * refresh, or fetch from the second level, in *answer; false when nothing is left.
 */
bool upstream_next(struct upstream *upstream, struct engine_action *answer, uint64_t now_us);

/* When to call engine_timeout, and after it upstream_next, at the latest: connections grow idle though nothing happens. */
uint64_t upstream_deadline(const struct upstream *upstream);

/* The end: what connections there are to servers are reset, by frames that the stack still has to give. */
void upstream_leave(struct upstream *upstream, uint64_t now_us);

#endif
