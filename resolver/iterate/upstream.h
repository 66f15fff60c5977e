/*
 * upstream.h - moves the engine's queries over the stack: a datagram with a random port each, matched by its flow.
 *
 * Glue between two cores, itself without I/O, so that the daemon and the simulator share it.
 */
#ifndef CAIRN_RESOLVER_ITERATE_UPSTREAM_H
#define CAIRN_RESOLVER_ITERATE_UPSTREAM_H

#include "resolver/iterate/engine.h"

struct upstream {
	struct engine *engine;
	struct stack *stack;
	udp_flow *flows; /* by the index of the engine's query */
	uint32_t flow_count;
	uint64_t open_failures, send_failures;
};

size_t upstream_bytes(const struct engine_limits *limits);
void upstream_init(struct upstream *upstream, struct engine *engine, struct stack *stack, void *block, size_t block_bytes);

/* A STACK_DATAGRAM or STACK_ERROR of one of our flows; others are left alone and false comes back. */
bool upstream_receive(struct upstream *upstream, const struct stack_action *action, uint64_t now_us);

/*
 * Drains the engine's actions: sends and closes flows, and returns true with the next answer for a
 * client in *answer; false when nothing is left.
 */
bool upstream_next(struct upstream *upstream, struct engine_action *answer, uint64_t now_us);

#endif
