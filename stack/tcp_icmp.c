/*
 * What routers and hosts say about our segments (RFC 9293, section 3.9.2.2; RFC 5461; RFC 5927): believed only
 * when the sequence number that they quote is in flight.
 *
 * Hard errors end a connection that is being opened and nothing else; all others are told as soft
 * errors, and are the reason given if the connection then times out.
 */
#include "stack/stack_priv.h"
#include "stack/trace_priv.h"

static enum tcp_reason
reason_of(enum stack_error error)
{
	switch (error) {
	case STACK_ERROR_NET_UNREACHABLE:  return TCP_REASON_NET_UNREACHABLE;
	case STACK_ERROR_HOST_UNREACHABLE:
	case STACK_ERROR_TIME_EXCEEDED:    return TCP_REASON_HOST_UNREACHABLE;
	case STACK_ERROR_PORT_UNREACHABLE: return TCP_REASON_REFUSED;
	case STACK_ERROR_PROHIBITED:       return TCP_REASON_PROHIBITED;
	case STACK_ERROR_TOO_BIG:          break;
	}
	return TCP_REASON_NONE;
}

/* What was too big is cut and sent again; that is no congestion (RFC 1191, section 6.5; RFC 8201, section 5.4). */
static void
segment_anew(struct stack *stack, struct tcb *tcb)
{
	struct tcp_recovery *recovery = &tcb->recovery;
	bool is_any = false;

	if (tcb->state < TCP_STATE_ESTABLISHED)
		return;
	tcp__mtu_follow(stack, tcb);
	for (struct tcp_sent *record = tcp_flight_first(&tcb->flight); record != NULL;
	     record = tcp_flight_after(record)) {
		const unsigned done = TCP_SENT_SACKED;
		if ((record->flags & done) != 0 || record->segment_bytes <= tcb->mss ||
		    tcp_sent_size(record) <= tcb->mss)
			continue;
		tcp_flight_mark_lost(&tcb->flight, record);
		is_any = true;
	}
	if (!is_any)
		return;
	if (recovery->state != TCP_RECOVERY_LOSS) {
		recovery->state = TCP_RECOVERY_LOSS;
		recovery->high_seq = tcb->snd_nxt;
		recovery->can_undo = recovery->is_frto = false;
	}
	tcp__want_flush(stack, tcb);
}

/* In shared mode it is the kernel that says so of a neighbour, from the address that we share. */
static bool
is_own_word(const struct tcb *tcb, const struct tcp_icmp *icmp)
{
	return icmp->router.family == ADDR_NONE || addr_equal(&icmp->router, &tcb->key.tuple.local);
}

static void
trace_heard(struct stack *stack, const struct tcb *tcb, const struct tcp_icmp *icmp)
{
	struct stack_action said = { .remote = tcb->key.tuple.remote, .error = icmp->error, .mtu = icmp->mtu };

	if (!is_own_word(tcb, icmp))
		said.router = icmp->router;
	trace__error(stack, &said, tcb->cause);
}

static enum drop
connection_heard(struct stack *stack, struct tcb *tcb, const struct tcp_icmp *icmp)
{
	/* RFC 5927, section 4.1. */
	if (seq_lt(icmp->seq, tcb->snd_una) || seq_ge(icmp->seq, tcb->snd_nxt))
		return DROP_ICMP_STALE;
	if (icmp->error == STACK_ERROR_TOO_BIG &&
	    !icmp_mtu_learn(stack, &tcb->key.tuple.remote, tcb->hop.ifindex, icmp->mtu, icmp->packet_bytes))
		return DROP_ICMP_UNMATCHED;
	if (trace__is_on(stack))
		trace_heard(stack, tcb, icmp);
	if (icmp->error == STACK_ERROR_TOO_BIG) {
		segment_anew(stack, tcb);
		return DROP_REASON_COUNT;
	}
	const enum tcp_reason reason = reason_of(icmp->error);
	if (icmp->error == STACK_ERROR_PORT_UNREACHABLE && tcb->state < TCP_STATE_ESTABLISHED)
		tcp__end(stack, tcb, reason);
	else
		tcp__soft_error(stack, tcb, reason, is_own_word(tcb, icmp));
	return DROP_REASON_COUNT;
}

enum drop
tcp_icmp_heard(struct stack *stack, const struct tcp_icmp *icmp)
{
	struct tcp_key *key = tcp_is_spoken(&stack->tcp) ? tcp__find(stack, &icmp->tuple) : NULL;

	switch (key == NULL ? TCP_KEY_FREE : (enum tcp_key_kind)key->kind) {
	case TCP_KEY_FREE:
	case TCP_KEY_TIME_WAIT: break;
	case TCP_KEY_TCB:
		return connection_heard(stack, (struct tcb *)(void *)key, icmp);
	case TCP_KEY_SYN: return tcp__syn_icmp(stack, (struct tcp_syn *)(void *)key, icmp);
	}
	return DROP_ICMP_UNMATCHED;
}
