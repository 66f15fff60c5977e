/* The acknowledgment field (RFC 9293, section 3.10.7.4, fifth; RFC 5961, section 5). */
#include "stack/stack_priv.h"

/* ---- what left the flight -------------------------------------------------------------------- */

static void
records_take(struct stack *stack, struct tcb *tcb, struct tcp_ack *ack)
{
	struct tcp_flight *flight = &tcb->flight;
	struct tcp_sent *record;

	while ((record = tcp_flight_first(flight)) != NULL &&
	       seq_lt(record->range.begin, tcb->snd_una)) {
		if (seq_gt(record->range.end, tcb->snd_una)) { /* a part of a super-segment */
			struct tcp_sent part = *record;
			tcp_flight_trim(flight, record, tcb->snd_una);
			part.range.end = tcb->snd_una;
			part.segments -= record->segments;
			if ((record->flags & TCP_SENT_SACKED) == 0)
				tcp__delivered(stack, tcb, &part, ack);
			ack->acked_segments += part.segments;
			return;
		}
		if ((record->flags & TCP_SENT_SACKED) == 0)
			tcp__delivered(stack, tcb, record, ack);
		ack->acked_segments += record->segments;
		tcp_flight_remove(&stack->tcp.sent, flight, record);
	}
}

/* 0: it echoes nothing that we can have sent. */
uint64_t
tcp__echo_rtt_us(const struct stack *stack, const struct tcb *tcb, uint32_t ts_ecr)
{
	const uint32_t rtt_ms = tcp__timestamp(stack->now_us, tcb->ts_offset) - ts_ecr;

	if (ts_ecr == 0 || rtt_ms >= RTO_MAX_US / 1000)
		return 0;
	return rtt_ms == 0 ? 1000 : (uint64_t)rtt_ms * 1000;
}

/*
 * RFC 6298; RFC 7323, section 4.  It was the latest of what has arrived that drew the acknowledgment: those
 * before may have been acknowledged already, and only that was lost.  If it was sent twice (Karn) the peer's
 * echo tells which of the two, unless a D-SACK says that both have arrived.
 */
static void
rtt_take(const struct stack *stack, struct tcb *tcb, struct tcp_ack *ack)
{
	if (ack->delivered_bytes != 0 && !ack->is_latest_again) {
		ack->rtt_us = stack->now_us - ack->latest_sent_at_us;
		ack->rtt_us += ack->rtt_us == 0;
	} else if (ack->is_advance && !ack->has_dsack && ack->has_timestamps) {
		ack->rtt_us = tcp__echo_rtt_us(stack, tcb, ack->ts_ecr);
	}
	if (ack->rtt_us == 0)
		return;
	rto_sample(&tcb->rto, ack->rtt_us, stack->now_us);
	/* Not before: on a path slower than the timeout all would be sent twice, and nothing ever measured (Karn). */
	rto_forget_back_off(&tcb->rto);
}

/* ---- the window ------------------------------------------------------------------------------ */

/* False: nothing new about it. */
static bool
window_take(struct tcb *tcb, const struct tcp_segment *segment)
{
	const uint32_t before = tcb->snd_wnd;

	/*
	 * Segments may arrive in another order: the newest says what counts.  Who sends something
	 * again says his newest with an old number, so acknowledgments come first (as Linux).
	 */
	if (seq_lt(segment->ack, tcb->snd_wl2) ||
	    (segment->ack == tcb->snd_wl2 && seq_lt(segment->seq, tcb->snd_wl1)))
		return false;
	tcb->snd_wnd = segment->window;
	tcb->snd_wl1 = segment->seq;
	tcb->snd_wl2 = segment->ack;
	if (tcb->snd_wnd > tcb->snd_wnd_max)
		tcb->snd_wnd_max = tcb->snd_wnd;
	return tcb->snd_wnd != before;
}

/* ---- the states that our FIN leads through ---------------------------------------------------- */

static bool
is_fin_acknowledged(const struct tcb *tcb)
{
	return tcb->fin_sent && tcb->snd_una == tcb->snd_end + 1;
}

/* False: the connection is over. */
static bool
closing_step(struct stack *stack, struct tcb *tcb)
{
	if (!is_fin_acknowledged(tcb))
		return true;
	switch ((enum tcp_state)tcb->state) {
	case TCP_STATE_FIN_WAIT_1:
		tcp__set_state(stack, tcb, TCP_STATE_FIN_WAIT_2);
		tcp__arm_fin_wait_2(stack, tcb);
		return true;
	case TCP_STATE_CLOSING: tcp__time_wait_enter(stack, tcb); return false;
	case TCP_STATE_LAST_ACK: tcp__end(stack, tcb, TCP_REASON_NONE); return false;
	case TCP_STATE_CLOSED:
	case TCP_STATE_LISTEN:
	case TCP_STATE_SYN_SENT:
	case TCP_STATE_SYN_RECEIVED:
	case TCP_STATE_ESTABLISHED:
	case TCP_STATE_FIN_WAIT_2:
	case TCP_STATE_CLOSE_WAIT:
	case TCP_STATE_TIME_WAIT: break;
	}
	return true;
}

/* ---- the acknowledgment ---------------------------------------------------------------------- */

/* SYN-RECEIVED: the handshake is over, or the acknowledgment is nonsense. */
static bool
handshake_end(struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment)
{
	if (seq_le(segment->ack, tcb->snd_una) || seq_gt(segment->ack, tcb->snd_nxt)) {
		stack__drop(stack, DROP_TCP_ACK_UNSENT);
		tcp__reset_reply(stack, segment);
		return false;
	}
	tcb->snd_wnd = tcb->snd_wnd_max = segment->window;
	tcb->snd_wl1 = segment->seq;
	tcb->snd_wl2 = segment->ack;
	tcp__established(stack, tcb);
	return true;
}

static bool
is_acceptable(struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment)
{
	/* RFC 5961, section 5.2: older than any window, or than the connection, is no old segment but a guess. */
	const uint64_t acked_bytes = tcb->counters.bytes_acked;
	const uint32_t oldest = acked_bytes < tcb->snd_wnd_max ? (uint32_t)acked_bytes : tcb->snd_wnd_max;
	if (seq_lt(segment->ack, tcb->snd_una - oldest)) {
		stack__drop(stack, DROP_TCP_ACK_OLD);
		tcp__challenge(stack, tcb);
		return false;
	}
	if (seq_gt(segment->ack, tcb->snd_nxt)) {
		stack__drop(stack, DROP_TCP_ACK_UNSENT);
		tcp__challenge(stack, tcb);
		return false;
	}
	return true;
}

/*
 * RFC 7323, section 4.3: what came in order last is what is echoed.  Not of one whose acknowledgment is a guess:
 * a clock far ahead would shut the peer out (PAWS).
 */
static void
timestamp_take(const struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment)
{
	if (!tcb->has_timestamps || !segment->options.has_timestamps ||
	    seq_gt(segment->seq, tcb->rcv_acked))
		return;
	tcb->ts_recent = segment->options.ts_val;
	tcb->ts_recent_at_us = stack->now_us;
}

static bool
is_duplicate(const struct tcb *tcb, const struct tcp_segment *segment, bool is_window_news)
{
	return segment->ack == tcb->snd_una && segment->data_bytes == 0 && !is_window_news &&
	       (segment->flags & (TCP_SYN | TCP_FIN)) == 0 && !tcp_flight_is_empty(&tcb->flight);
}

static void
una_advance(struct stack *stack, struct tcb *tcb, uint32_t seq, struct tcp_ack *ack)
{
	ack->is_advance = true;
	tcb->counters.bytes_acked += seq - tcb->snd_una;
	tcb->snd_una = seq;
	records_take(stack, tcb, ack);
	tcb->retransmits = 0;
	tcb->stalled_at_us = 0;
	tcb->soft_reason = TCP_REASON_NONE;
	rack_on_ack(&tcb->rack, seq);
}

/* The peer has not acknowledged what it had said to have: it has thrown it away (RFC 2018, section 8). */
static bool
has_reneged(const struct tcb *tcb)
{
	const struct tcp_sent *first = tcp_flight_first(&tcb->flight);
	return first != NULL && (first->flags & TCP_SENT_SACKED) != 0;
}

static void
timers_follow(struct stack *stack, struct tcb *tcb, const struct tcp_ack *ack)
{
	if (tcp_flight_is_empty(&tcb->flight)) {
		if (ack->is_advance)
			wheel_disarm(&stack->wheel, &tcb->loss_timer);
	} else if (has_reneged(tcb)) {
		tcp__arm_reneged(stack, tcb);
	} else if (ack->is_advance || !wheel_is_armed(&tcb->loss_timer)) {
		tcp__arm_on_ack(stack, tcb);
	} else {
		tcp__probe_follow(stack, tcb);
	}
}

static void
acknowledged(struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment,
	     struct tcp_ack *ack)
{
	tcp__sack_receive(stack, tcb, segment, ack);
	if (seq_gt(segment->ack, tcb->snd_una))
		una_advance(stack, tcb, segment->ack, ack);
	rtt_take(stack, tcb, ack);
	if (ack->flight != 0 || ack->is_advance || ack->has_dsack)
		tcp__recovery_on_ack(stack, tcb, ack);
	timers_follow(stack, tcb, ack);
	tcp__mtu_on_ack(stack, tcb);
}

bool
tcp__ack_receive(struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment)
{
	if (tcb->state == TCP_STATE_SYN_RECEIVED && !handshake_end(stack, tcb, segment))
		return false;
	if (!is_acceptable(stack, tcb, segment))
		return false;
	timestamp_take(stack, tcb, segment);
	const bool is_old = seq_lt(segment->ack, tcb->snd_una);
	const bool is_window_news = !is_old && window_take(tcb, segment);
	struct tcp_ack ack = {
		.fack = tcb->rack.fack,
		.flight = tcp__in_flight(tcb),
		.is_duplicate = is_duplicate(tcb, segment, is_window_news),
		/* One that was overtaken on the way may tell of what was answered long ago. */
		.has_echo = tcb->has_ecn && !is_old && (segment->flags & TCP_ECE) != 0,
		.has_timestamps = tcb->has_timestamps && segment->options.has_timestamps,
		.ts_ecr = segment->options.ts_ecr,
	};

	tcb->probes = 0; /* it lives */
	if (!is_old)
		tcb->counters.last_ack_us = stack->now_us;
	acknowledged(stack, tcb, segment, &ack);
	tcp__send_buffer_freed(stack, tcb);
	if (tcp__has_unsent(tcb) || !TAILQ_EMPTY(&tcb->flight.lost))
		tcp__want_flush(stack, tcb);
	else if (tcp_flight_is_empty(&tcb->flight))
		tcp__limit_note(stack, tcb, TCP_LIMIT_NONE);
	return closing_step(stack, tcb);
}
