/*
 * A segment arrives (RFC 9293, section 3.10.7): whose it is, and the checks in the RFC's order, with
 * those of RFC 7323 (PAWS) and RFC 5961.
 */
#include "stack/checksum.h"
#include "stack/stack_priv.h"
#include "stack/trace_priv.h"

/* ---- before anybody's state ------------------------------------------------------------------ */

static bool
checksum_is_right(const struct stack *stack, const struct ip_packet *packet, uint16_t checksum)
{
	if ((packet->rx_flags & (STACK_RX_CHECKSUM_OK | STACK_RX_CHECKSUM_PARTIAL)) != 0)
		return true;
	const uint64_t sum = checksum_pseudo(&packet->source, &packet->destination, IP_PROTOCOL_TCP,
					     (uint32_t)packet->payload_bytes);
	if (checksum_fold(checksum_add(sum, packet->payload, packet->payload_bytes)) ==
	    CHECKSUM_GOOD)
		return true;
	/* A local peer leaves the rest of the sum to a device that there is none of. */
	return (stack->ifs[packet->ifindex].flags & STACK_IF_LOCAL_PEERS) != 0 &&
	       checksum == checksum_fold(sum);
}

static enum drop
segment_read(const struct stack *stack, const struct ip_packet *packet, struct tcp_segment *segment)
{
	struct cursor c = cursor_over(packet->payload, packet->payload_bytes);

	if (packet->kind != ROUTE_LOCAL)
		return DROP_TCP_NOT_UNICAST; /* RFC 9293, section 3.9.2.3 */
	if (tcp_header_read(&c, &segment->header, &segment->options) != 0)
		return DROP_TCP_HEADER;
	if (!checksum_is_right(stack, packet, segment->header.checksum))
		return DROP_TCP_CHECKSUM;
	segment->packet = packet;
	segment->seq = segment->header.seq;
	segment->ack = segment->header.ack;
	segment->flags = segment->header.flags;
	segment->window = segment->header.window;
	segment->iss = 0;
	segment->data_bytes = (uint32_t)cursor_left(&c);
	segment->data = cursor_bytes(&c, segment->data_bytes);
	segment->is_ce = (packet->traffic_class & TCP_ECN_MASK) == TCP_ECN_CE;
	return DROP_REASON_COUNT;
}

static void
to_nobody(struct stack *stack, const struct tcp_tuple *tuple, struct tcp_segment *segment)
{
	struct tcb *listener = tcp__listener_find(stack, tuple);

	if (listener != NULL) {
		tcp__listen_receive(stack, listener, segment);
		return;
	}
	stack__drop(stack, DROP_TCP_NO_CONNECTION);
	tcp__reset_answer(stack, segment);
}

/* Whose segment it is; of nobody's, what is going on. */
static uint32_t
cause_of(const struct stack *stack, const struct tcp_key *key)
{
	switch (key == NULL ? TCP_KEY_FREE : (enum tcp_key_kind)key->kind) {
	case TCP_KEY_FREE:      break;
	case TCP_KEY_TCB:       return ((const struct tcb *)(const void *)key)->cause;
	case TCP_KEY_SYN:       return ((const struct tcp_syn *)(const void *)key)->cause;
	case TCP_KEY_TIME_WAIT: return ((const struct tcp_time_wait *)(const void *)key)->cause;
	}
	return stack->cause;
}

void
tcp_segment_receive(struct stack *stack, const struct ip_packet *packet)
{
	struct tcp_segment segment;
	const enum drop drop = segment_read(stack, packet, &segment);

	if (drop != DROP_REASON_COUNT) {
		stack__drop(stack, drop);
		return;
	}
	const struct tcp_tuple tuple = {
		.local = packet->destination,
		.remote = packet->source,
		.local_port = segment.header.destination_port,
		.remote_port = segment.header.source_port,
	};
	struct tcp_key *key = tcp__find(stack, &tuple);
	if (trace__is_on(stack))
		trace__tcp_bare(stack, TRACE_TCP_IN, cause_of(stack, key), &tuple, &segment.header, segment.data_bytes);
	switch (key == NULL ? TCP_KEY_FREE : (enum tcp_key_kind)key->kind) {
	case TCP_KEY_FREE: to_nobody(stack, &tuple, &segment); break;
	case TCP_KEY_TCB:
		tcp__segment_receive(stack, (struct tcb *)(void *)key, &segment);
		break;
	case TCP_KEY_SYN:
		tcp__syn_receive(stack, (struct tcp_syn *)(void *)key, &segment);
		break;
	case TCP_KEY_TIME_WAIT:
		tcp__time_wait_receive(stack, (struct tcp_time_wait *)(void *)key, &segment);
		break;
	}
}

/* ---- first: PAWS and the sequence number ----------------------------------------------------- */

bool
tcp__paws_rejects(const struct stack *stack, const struct tcb *tcb,
		  const struct tcp_segment *segment)
{
	if (!tcb->has_timestamps || !segment->options.has_timestamps)
		return false;
	if (stack->now_us - tcb->ts_recent_at_us > TCP_PAWS_IDLE_US)
		return false; /* the peer's clock may have gone round (RFC 7323, section 5.5) */
	return seq_lt(segment->options.ts_val, tcb->ts_recent);
}

/*
 * RFC 9293, section 3.4, table 6, with two more: an empty segment right behind the window is acceptable, since a
 * peer that has filled the window acknowledges from there; and what probes a closed window is, for its
 * acknowledgment and a bare FIN (section 3.10.7.4, first): its text is cut off.
 */
static bool
is_in_window(const struct tcb *tcb, const struct tcp_segment *segment)
{
	const uint32_t end = tcp_segment_end(segment);
	const bool is_closed = tcb->rcv_nxt == tcb->rcv_edge;

	/* Not for RST: there is nothing to be lenient about (RFC 5961, section 3.2, erratum 4845). */
	if ((segment->flags & TCP_RST) != 0 && !is_closed)
		return seq_ge(segment->seq, tcb->rcv_nxt) && seq_lt(segment->seq, tcb->rcv_edge);
	if (end == segment->seq)
		return seq_ge(segment->seq, tcb->rcv_nxt) && seq_le(segment->seq, tcb->rcv_edge);
	return (seq_lt(segment->seq, tcb->rcv_edge) || (is_closed && segment->seq == tcb->rcv_nxt)) &&
	       seq_gt(end, tcb->rcv_nxt);
}

/* An old segment once more: the acknowledgment says so (RFC 2883), and goes at once. */
static void
answer_duplicate(struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment)
{
	const uint32_t end = segment->seq + segment->data_bytes;

	if (tcp_segment_end(segment) == segment->seq || (segment->flags & TCP_SYN) != 0) {
		tcp__challenge(stack, tcb); /* may be an answer to our answer: not without end */
		return;
	}
	if (tcb->has_sack && segment->data_bytes != 0 && seq_lt(segment->seq, tcb->rcv_nxt)) {
		tcb->dsack.begin = segment->seq;
		tcb->dsack.end = seq_min(end, tcb->rcv_nxt);
	}
	if (tcb->config.quick_ack)
		tcb->quick_acks = TCP_QUICK_ACKS_MAX; /* our acknowledgments were lost or late */
	(void)tcp__ack_send(stack, tcb);
}

/*
 * An acknowledgment that a later one has overtaken, to whose numbers nothing is wrong: no half-open connection that
 * the answer would have to find out (RFC 7323, section 5.3, R1).
 */
static bool
is_overtaken(const struct tcb *tcb, const struct tcp_segment *segment)
{
	return (segment->flags & TCP_ACK) != 0 && tcp_segment_end(segment) == segment->seq &&
	       seq_le(segment->seq, tcb->rcv_nxt) && seq_le(segment->ack, tcb->snd_una) &&
	       seq_ge(segment->ack, tcb->snd_una - tcb->snd_wnd_max);
}

static bool
sequence_check(struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment)
{
	const bool is_reset = (segment->flags & TCP_RST) != 0;
	const bool is_old_clock = !is_reset && tcp__paws_rejects(stack, tcb, segment);

	if (!is_old_clock && is_in_window(tcb, segment))
		return true;
	stack__drop(stack, is_old_clock ? DROP_TCP_PAWS : DROP_TCP_SEQUENCE);
	if (!is_reset && !(is_old_clock && is_overtaken(tcb, segment)))
		answer_duplicate(stack, tcb, segment);
	return false;
}

/* ---- second: RST; fourth: SYN ---------------------------------------------------------------- */

static void
reset_receive(struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment)
{
	enum tcp_reason reason = TCP_REASON_RESET;

	/* RFC 5961, section 3.2: only the exact number ends it; who guessed gets to hear nothing new. */
	if (segment->seq != tcb->rcv_nxt) {
		stack__drop(stack, DROP_TCP_RESET_INEXACT);
		tcp__challenge(stack, tcb);
		return;
	}
	if (tcb->state == TCP_STATE_SYN_RECEIVED)
		reason = TCP_REASON_REFUSED;
	else if (tcb->state == TCP_STATE_CLOSING || tcb->state == TCP_STATE_LAST_ACK)
		reason = TCP_REASON_NONE; /* both had closed */
	tcp__end(stack, tcb, reason);
}

/* Simultaneous open: the peer's SYN-ACK repeats the SYN that we have, and acknowledges ours. */
static bool
is_crossed_syn_ack(const struct tcb *tcb, const struct tcp_segment *segment)
{
	return tcb->state == TCP_STATE_SYN_RECEIVED &&
	       (segment->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == (TCP_SYN | TCP_ACK) &&
	       segment->seq == tcb->irs && segment->ack == tcb->snd_nxt;
}

/* ---- the segment of a connection ------------------------------------------------------------- */

static void
synchronized_receive(struct stack *stack, struct tcb *tcb, struct tcp_segment *segment)
{
	if (is_crossed_syn_ack(tcb, segment)) {
		segment->seq++;
		segment->flags &= (uint16_t)~TCP_SYN;
	} else {
		segment->window <<= tcb->snd_wscale; /* of a SYN it is never scaled */
	}
	if (!sequence_check(stack, tcb, segment))
		return;
	if ((segment->flags & TCP_RST) != 0) {
		reset_receive(stack, tcb, segment);
		return;
	}
	if ((segment->flags & TCP_SYN) != 0) { /* RFC 5961, section 4.2 */
		stack__drop(stack, DROP_TCP_SYN_INSIDE);
		tcp__challenge(stack, tcb);
		return;
	}
	if ((segment->flags & TCP_ACK) == 0) {
		stack__drop(stack, DROP_TCP_NO_ACK);
		return;
	}
	tcb->counters.last_received_us = stack->now_us;
	if (!tcp__ack_receive(stack, tcb, segment))
		return;
	/* Sixth, URG: not done (RFC 6093 discourages it). */
	tcp__data_receive(stack, tcb, segment);
}

void
tcp__segment_receive(struct stack *stack, struct tcb *tcb, struct tcp_segment *segment)
{
	const uint32_t cause = stack->cause;

	stack->cause = tcb->cause;
	tcb->counters.segments_in++;
	if (tcb->state == TCP_STATE_SYN_SENT)
		tcp__synsent_receive(stack, tcb, segment);
	else
		synchronized_receive(stack, tcb, segment);
	stack->cause = cause;
}
