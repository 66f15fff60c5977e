#include "resolver/iterate/upstream.h"

#include <assert.h>

#define UPSTREAM_TICK_US 1000000u

size_t
upstream_bytes(const struct engine_limits *limits)
{
	return upstream_tcp_bytes(limits->query_count) +
	       (size_t)limits->query_count * sizeof(udp_flow);
}

void
upstream_init(struct upstream *upstream, struct engine *engine, struct stack *stack, void *block,
	      size_t block_bytes)
{
	*upstream = (struct upstream){
		.engine = engine,
		.stack = stack,
		.flow_count =
			(uint32_t)((block_bytes - upstream_tcp_bytes(0)) / (sizeof(udp_flow) + 1)),
	};
	upstream->flows = block;
	memset(block, 0, upstream->flow_count * sizeof(udp_flow));
	upstream_tcp_init(&upstream->tcp, engine, stack, upstream->flows + upstream->flow_count,
			  upstream->flow_count);
}

static udp_flow *
flow_of(struct upstream *upstream, engine_query query)
{
	uint32_t index = (uint32_t)query;
	return index < upstream->flow_count ? &upstream->flows[index] : NULL;
}

bool
upstream_receive(struct upstream *upstream, const struct stack_action *action, uint64_t now_us)
{
	if (action->kind == STACK_TCP)
		return upstream_tcp_receive(&upstream->tcp, action, now_us);
	udp_flow *flow = flow_of(upstream, action->user);
	if (action->flow == 0 || flow == NULL || *flow != action->flow)
		return false;
	if (action->kind == STACK_DATAGRAM)
		engine_receive(upstream->engine, action->user, action->bytes, action->size, now_us);
	else if (action->kind == STACK_ERROR)
		engine_failed(upstream->engine, action->user, action->error, now_us);
	else
		return false;
	return true;
}

/* Without a route the server is out of reach; all else is a shortage of ours, for which no server is to blame. */
static void
not_sent(struct upstream *upstream, const struct engine_action *action, int err, uint64_t now_us)
{
	if (err == ERR_NO_ROUTE)
		engine_failed(upstream->engine, action->query, STACK_ERROR_NET_UNREACHABLE, now_us);
	else
		engine_unsent(upstream->engine, action->query, now_us);
}

static void
send_tcp(struct upstream *upstream, const struct engine_action *action, uint64_t now_us)
{
	const int err = upstream_tcp_send(&upstream->tcp, action, now_us);

	if (err == 0)
		return;
	upstream->open_failures++;
	not_sent(upstream, action, err, now_us);
}

static void
send_udp(struct upstream *upstream, const struct engine_action *action, udp_flow *flow,
	 uint64_t now_us)
{
	int err = udp_open(upstream->stack, &action->server, action->server_port, NULL, 0,
			   action->query, flow);
	if (err != 0) {
		*flow = 0;
		upstream->open_failures++;
		not_sent(upstream, action, err, now_us);
		return;
	}
	err = udp_send(upstream->stack, *flow, action->bytes, action->size, now_us);
	if (err != 0) {
		upstream->send_failures++;
		not_sent(upstream, action, err, now_us);
	}
}

static void
send(struct upstream *upstream, const struct engine_action *action, uint64_t now_us)
{
	udp_flow *flow = flow_of(upstream, action->query);

	assert(flow != NULL);
	*flow = 0;
	if (action->transport == ENGINE_TCP)
		send_tcp(upstream, action, now_us);
	else
		send_udp(upstream, action, flow, now_us);
}

bool
upstream_next(struct upstream *upstream, struct engine_action *answer, uint64_t now_us)
{
	struct engine_action action;
	if (now_us >= upstream->tick_at_us) {
		upstream->tick_at_us = now_us + UPSTREAM_TICK_US;
		upstream_tcp_tick(&upstream->tcp, now_us);
	}
	while (engine_next(upstream->engine, &action)) {
		udp_flow *flow;
		switch (action.kind) {
		case ENGINE_SEND: send(upstream, &action, now_us); break;
		case ENGINE_CLOSE:
			flow = flow_of(upstream, action.query);
			assert(flow != NULL);
			if (action.transport == ENGINE_TCP)
				upstream_tcp_forget(&upstream->tcp, action.query, now_us);
			else if (*flow != 0)
				udp_close(upstream->stack, *flow);
			*flow = 0;
			break;
		case ENGINE_ANSWER:
		case ENGINE_REFRESHED:
		case ENGINE_FETCH:
		case ENGINE_VERIFY: *answer = action; return true;
		}
	}
	return false;
}

uint64_t
upstream_deadline(const struct upstream *upstream)
{
	const uint64_t engine_us = engine_deadline(upstream->engine);
	return upstream->tcp.conn_count > 0 && upstream->tick_at_us < engine_us ? upstream->tick_at_us : engine_us;
}

void
upstream_leave(struct upstream *upstream, uint64_t now_us)
{
	upstream_tcp_leave(&upstream->tcp, now_us);
}
