/*
 * trace_priv.h - how the files of this folder emit the events of trace.h.
 *
 * Each costs one comparison when nobody listens; the work is in trace.c.
 */
#ifndef CAIRN_STACK_TRACE_PRIV_H
#define CAIRN_STACK_TRACE_PRIV_H

#include "stack/stack_priv.h"
#include "stack/trace.h"

static inline bool
trace__is_on(const struct stack *stack)
{
	return stack->trace != NULL;
}

/* Whether somebody sees all that frames consist of. */
static inline bool
trace__has_frames(const struct stack *stack)
{
	return trace__is_on(stack) && !stack->has_no_frames;
}

/*
 * Only when trace__is_on. Those of a flow have the flow's cause, the others the one that is set
 * now.
 */
void trace__frame(struct stack *stack, enum trace_kind kind, unsigned ifindex, const uint8_t *bytes,
		  size_t size);
void trace__drop(struct stack *stack, enum drop reason);
void trace__udp(struct stack *stack, enum trace_kind kind, const struct udp_flow_entry *entry,
		size_t size);
void trace__route(struct stack *stack, const struct ip_addr *destination,
		  const struct ip_addr *source, const struct route_hop *hop);
void trace__error(struct stack *stack, const struct stack_action *action, uint32_t cause);
void trace__icmp(struct stack *stack, enum trace_kind kind, const struct ip_addr *source,
		 const struct ip_addr *destination, uint8_t type, uint8_t code);
void trace__neigh(struct stack *stack, unsigned ifindex, const struct ip_addr *addr,
		  const struct mac_addr *mac, enum trace_neigh_news news);
void trace__tcp_bare(struct stack *stack, enum trace_kind kind, uint32_t cause, const struct tcp_tuple *tuple,
		     const struct tcp_header *header, size_t size);
void trace__tcp(struct stack *stack, enum trace_kind kind, const struct tcb *tcb,
		const struct tcp_header *header, size_t size);
void trace__tcp_again(struct stack *stack, const struct tcb *tcb, const struct tcp_sent *record);
void trace__tcp_state(struct stack *stack, const struct tcb *tcb, enum tcp_state after);
void trace__tcp_timer(struct stack *stack, const struct tcb *tcb, enum timer_kind kind);

#endif
