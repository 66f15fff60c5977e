#include "stack/trace.h"

#include <string.h>

#include "stack/trace_priv.h"

void
stack_trace(struct stack *stack, struct event_ring *ring)
{
	stack->trace = ring;
}

void
stack_cause(struct stack *stack, uint32_t cause)
{
	stack->cause = cause;
}

static void
put(struct stack *stack, enum trace_kind kind, uint32_t cause, const void *body, size_t body_bytes)
{
	event_put(stack->trace, (uint16_t)kind, cause, stack->now_us, body, body_bytes);
}

void
trace__frame(struct stack *stack, enum trace_kind kind, unsigned ifindex, const uint8_t *bytes,
	     size_t size)
{
	_Alignas(struct trace_frame) uint8_t body[EVENT_BODY_BYTES_MAX];
	const size_t kept = size < TRACE_FRAME_BYTES_MAX ? size : TRACE_FRAME_BYTES_MAX;
	const struct trace_frame frame = {
		.size = (uint32_t)size,
		.ifindex = (uint16_t)ifindex,
		.is_ether = stack->ifs[ifindex].kind == STACK_IF_ETHER,
	};

	static_assert(sizeof frame + TRACE_FRAME_BYTES_MAX <= EVENT_BODY_BYTES_MAX, "it fits");
	memcpy(body, &frame, sizeof frame);
	if (kept != 0)
		memcpy(body + sizeof frame, bytes, kept);
	put(stack, kind, kind == TRACE_FRAME_OUT ? stack->cause : 0, body, sizeof frame + kept);
}

void
trace__drop(struct stack *stack, enum drop reason)
{
	const struct trace_drop body = { .reason = reason };
	put(stack, TRACE_DROP, 0, &body, sizeof body);
}

void
trace__udp(struct stack *stack, enum trace_kind kind, const struct udp_flow_entry *entry,
	   size_t size)
{
	const struct trace_udp body = {
		.local = entry->local,
		.remote = entry->remote,
		.local_port = entry->local_port,
		.remote_port = entry->remote_port,
		.size = (uint32_t)size,
	};
	put(stack, kind, entry->cause, &body, sizeof body);
}

void
trace__route(struct stack *stack, const struct ip_addr *destination, const struct ip_addr *source,
	     const struct route_hop *hop)
{
	const struct trace_route body = {
		.destination = *destination,
		.source = *source,
		.next_hop = hop->next_hop,
		.ifindex = hop->ifindex,
	};
	put(stack, TRACE_ROUTE, stack->cause, &body, sizeof body);
}

void
trace__error(struct stack *stack, const struct stack_action *action, uint32_t cause)
{
	const struct trace_error body = {
		.remote = action->remote,
		.router = action->router,
		.error = action->error,
		.mtu = action->mtu,
	};
	put(stack, TRACE_ERROR, cause, &body, sizeof body);
}

void
trace__icmp(struct stack *stack, enum trace_kind kind, const struct ip_addr *source,
	    const struct ip_addr *destination, uint8_t type, uint8_t code)
{
	const struct trace_icmp body = {
		.source = *source,
		.destination = *destination,
		.type = type,
		.code = code,
	};
	put(stack, kind, kind == TRACE_ICMP_OUT ? stack->cause : 0, &body, sizeof body);
}

void
trace__neigh(struct stack *stack, unsigned ifindex, const struct ip_addr *addr,
	     const struct mac_addr *mac, enum trace_neigh_news news)
{
	struct trace_neigh body = { .addr = *addr, .news = (uint8_t)news, .ifindex = ifindex };

	if (mac != NULL)
		body.mac = *mac;
	put(stack, TRACE_NEIGH, 0, &body, sizeof body);
}
