/*
 * TIME-WAIT: what a connection leaves behind, in a few octets, so that its last segments find somebody and no
 * later connection takes them for its own (RFC 9293, section 3.6.1; RFC 6191; RFC 1337).
 */
#include "stack/stack_priv.h"

#define NEXT_ISS_GAP  65537u   /* beyond what the old connection can have sent unscaled (RFC 6191, as Linux) */
#define REUSE_AFTER_US 1000000u /* the peer's clock has moved on by then */

static void
forget(struct stack *stack, struct tcp_time_wait *entry)
{
	struct tcp *tcp = &stack->tcp;

	tcp__remove(stack, &entry->key);
	wheel_disarm(&stack->wheel, &entry->timer);
	TAILQ_REMOVE(&tcp->aged_time_waits, entry, link);
	TAILQ_INSERT_HEAD(&tcp->free_time_waits, entry, link);
	tcp->time_waits_used--;
}

static void
arm(struct stack *stack, struct tcp_time_wait *entry)
{
	wheel_arm(&stack->wheel, &entry->timer,
		  stack->now_us + entry->time_wait_ms * UINT64_C(1000));
}

/* The oldest makes room: it has waited longest. */
static struct tcp_time_wait *
entry_new(struct stack *stack)
{
	struct tcp *tcp = &stack->tcp;

	if (tcp->time_wait_count == 0)
		return NULL; /* a stack without TIME-WAIT */
	if (tcp->time_waits_used == tcp->time_wait_count) {
		stack__drop(stack, DROP_TCP_TIME_WAIT_FULL);
		forget(stack, TAILQ_FIRST(&tcp->aged_time_waits));
	}
	struct tcp_time_wait *entry = TAILQ_FIRST(&tcp->free_time_waits);
	if (entry != NULL)
		TAILQ_REMOVE(&tcp->free_time_waits, entry, link);
	else
		entry = &tcp->time_waits[tcp->time_waits_touched++];
	TAILQ_INSERT_TAIL(&tcp->aged_time_waits, entry, link);
	tcp->time_waits_used++;
	return entry;
}

static void
entry_fill(struct tcp_time_wait *entry, const struct tcb *tcb)
{
	entry->key.tuple = tcb->key.tuple;
	entry->snd_nxt = tcb->snd_nxt;
	entry->rcv_nxt = tcb->rcv_nxt;
	entry->rcv_wnd = tcb->rcv_edge - tcb->rcv_nxt;
	entry->rcv_wscale = tcb->rcv_wscale;
	entry->has_timestamps = tcb->has_timestamps;
	entry->ts_recent = tcb->ts_recent;
	entry->ts_recent_at_us = tcb->ts_recent_at_us;
	entry->ts_offset = tcb->ts_offset;
	entry->challenged_at_us = 0;
	entry->time_wait_ms = tcb->config.time_wait_ms;
	entry->cause = tcb->cause;
	wheel_timer_init(&entry->timer, TIMER_TCP_TIME_WAIT);
}

void
tcp__time_wait_enter(struct stack *stack, struct tcb *tcb)
{
	struct tcp_time_wait *entry = tcb->config.time_wait_ms == 0 ? NULL : entry_new(stack);

	tcp__set_state(stack, tcb, TCP_STATE_TIME_WAIT);
	tcp__remove(stack, &tcb->key);
	if (entry != NULL) {
		entry_fill(entry, tcb);
		entry->entered_at_us = stack->now_us;
		tcp__insert(stack, &entry->key, TCP_KEY_TIME_WAIT);
		arm(stack, entry);
	}
	tcp__end(stack, tcb, TCP_REASON_NONE);
}

void
tcp__time_wait_timeout(struct stack *stack, struct tcp_time_wait *entry)
{
	forget(stack, entry);
}

bool
tcp__time_wait_reuse(struct stack *stack, struct tcp_time_wait *entry, uint32_t *iss)
{
	if (!entry->has_timestamps || stack->now_us - entry->ts_recent_at_us < REUSE_AFTER_US)
		return false;
	*iss = entry->snd_nxt + NEXT_ISS_GAP;
	forget(stack, entry);
	return true;
}

/* ---- segments -------------------------------------------------------------------------------- */

static void
answer(struct stack *stack, struct tcp_time_wait *entry, const struct tcp_segment *segment)
{
	struct tcp_bare bare = {
		.tuple = &entry->key.tuple,
		.cause = segment->packet,
		.seq = entry->snd_nxt,
		.ack = entry->rcv_nxt,
		.flags = TCP_ACK,
		.window = tcp__window_field(entry->rcv_wnd, entry->rcv_wscale),
	};
	const bool is_empty = tcp_segment_end(segment) == segment->seq ||
			      (segment->flags & TCP_SYN) != 0;
	const uint32_t cause = stack->cause;

	if (is_empty && entry->challenged_at_us != 0 &&
	    stack->now_us - entry->challenged_at_us < TCP_CHALLENGE_US) {
		stack__drop(stack, DROP_TCP_CHALLENGE_RATE);
		return;
	}
	entry->challenged_at_us = stack->now_us;
	if (entry->has_timestamps) {
		bare.options.has_timestamps = true;
		bare.options.ts_val = tcp__timestamp(stack->now_us, entry->ts_offset);
		bare.options.ts_ecr = entry->ts_recent;
	}
	stack->cause = entry->cause;
	tcp__bare_send(stack, &bare);
	stack->cause = cause;
}

static bool
is_old_clock(const struct tcp_time_wait *entry, const struct tcp_segment *segment)
{
	return entry->has_timestamps && segment->options.has_timestamps &&
	       seq_lt(segment->options.ts_val, entry->ts_recent);
}

/* RFC 9293, section 3.10.7.4, MAY-2; RFC 6191, section 2: newer by its number or by its clock. */
static bool
is_new_connection(const struct tcp_time_wait *entry, const struct tcp_segment *segment)
{
	if ((segment->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) != TCP_SYN ||
	    is_old_clock(entry, segment))
		return false;
	if (seq_gt(segment->seq, entry->rcv_nxt))
		return true;
	return entry->has_timestamps && segment->options.has_timestamps &&
	       seq_gt(segment->options.ts_val, entry->ts_recent);
}

static void
connection_follows(struct stack *stack, struct tcp_time_wait *entry, struct tcp_segment *segment)
{
	struct tcb *listener = tcp__listener_find(stack, &entry->key.tuple);

	segment->iss = entry->snd_nxt + NEXT_ISS_GAP;
	segment->iss += segment->iss == 0;
	if (listener == NULL) {
		answer(stack, entry, segment);
		return;
	}
	forget(stack, entry);
	tcp__listen_receive(stack, listener, segment);
}

void
tcp__time_wait_receive(struct stack *stack, struct tcp_time_wait *entry, struct tcp_segment *segment)
{
	if (is_new_connection(entry, segment)) {
		connection_follows(stack, entry, segment);
		return;
	}
	if ((segment->flags & TCP_RST) != 0) {
		/* RFC 5961, section 3.2; an old one is harmless then (RFC 1337). */
		stack__drop(stack, DROP_TCP_RESET_INEXACT);
		if (segment->seq == entry->rcv_nxt)
			forget(stack, entry);
		return;
	}
	stack__drop(stack, DROP_TCP_SEQUENCE);
	if ((segment->flags & (TCP_SYN | TCP_ACK)) == 0)
		return; /* RFC 9293, section 3.10.7.4, fifth */
	if (segment->seq == entry->rcv_nxt && tcp_segment_end(segment) == segment->seq &&
	    !is_old_clock(entry, segment))
		return; /* a last acknowledgment: nothing to say to it */
	/* The peer's FIN again: our acknowledgment was lost, and the time begins anew. */
	if ((segment->flags & TCP_FIN) != 0)
		arm(stack, entry);
	/*
	 * Unless that acknowledgment is still to leave: it is also the answer to what the FIN has overtaken on the way
	 * of a turn, and a second one would find nobody.
	 */
	if (entry->entered_at_us == stack->now_us && (segment->flags & TCP_SYN) == 0)
		return;
	answer(stack, entry, segment);
}
