#include "stack/trace.h"

#include <string.h>

#include "stack/trace_priv.h"

void
stack_trace(struct stack *stack, struct event_ring *ring)
{
	stack->trace = ring;
}

void
stack_trace_frames(struct stack *stack, bool is_wanted)
{
	stack->has_no_frames = !is_wanted;
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

	if (stack->has_no_frames)
		return;
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

/* ---- TCP ------------------------------------------------------------------------------------- */

static struct trace_tcp
segment_of(const struct tcp_tuple *tuple)
{
	return (struct trace_tcp){
		.local = tuple->local,
		.remote = tuple->remote,
		.local_port = tuple->local_port,
		.remote_port = tuple->remote_port,
	};
}

static void
segment_put(struct stack *stack, enum trace_kind kind, uint32_t cause,
	    const struct tcp_tuple *tuple, const struct tcp_header *header, size_t size)
{
	struct trace_tcp body = segment_of(tuple);

	body.seq = header->seq;
	body.ack = header->ack;
	body.flags = header->flags;
	body.window = header->window;
	body.size = (uint32_t)size;
	put(stack, kind, cause, &body, sizeof body);
}

void
trace__tcp_bare(struct stack *stack, enum trace_kind kind, uint32_t cause, const struct tcp_tuple *tuple,
		const struct tcp_header *header, size_t size)
{
	segment_put(stack, kind, cause, tuple, header, size);
}

void
trace__tcp(struct stack *stack, enum trace_kind kind, const struct tcb *tcb,
	   const struct tcp_header *header, size_t size)
{
	segment_put(stack, kind, tcb->cause, &tcb->key.tuple, header, size);
}

void
trace__tcp_again(struct stack *stack, const struct tcb *tcb, const struct tcp_sent *record)
{
	struct trace_tcp body = segment_of(&tcb->key.tuple);

	body.seq = record->range.begin;
	body.size = tcp_sent_size(record);
	put(stack, TRACE_TCP_AGAIN, tcb->cause, &body, sizeof body);
}

void
trace__tcp_state(struct stack *stack, const struct tcb *tcb, enum tcp_state after)
{
	const struct tcp_tuple *tuple = &tcb->key.tuple;
	const struct trace_tcp_state body = {
		.local = tuple->local,
		.remote = tuple->remote,
		.local_port = tuple->local_port,
		.remote_port = tuple->remote_port,
		.before = tcb->state,
		.after = (uint8_t)after,
	};
	put(stack, TRACE_TCP_STATE, tcb->cause, &body, sizeof body);
}

void
trace__tcp_timer(struct stack *stack, const struct tcb *tcb, enum timer_kind kind)
{
	static const char names[][sizeof((struct trace_tcp_timer *)NULL)->name] = {
		"rto", "probe", "reorder", "persist", "ack", "pace", "cork", "keepalive", "fin_wait_2",
	};
	const struct tcp_tuple *tuple = &tcb->key.tuple;
	struct trace_tcp_timer body = {
		.local = tuple->local,
		.remote = tuple->remote,
		.local_port = tuple->local_port,
		.remote_port = tuple->remote_port,
	};

	static_assert(sizeof names / sizeof names[0] == TIMER_TCP_FIN_WAIT_2 - TIMER_TCP_RTO + 1,
		      "a name for each timer of a connection");
	memcpy(body.name, names[kind - TIMER_TCP_RTO], sizeof body.name);
	put(stack, TRACE_TCP_TIMER, tcb->cause, &body, sizeof body);
}
