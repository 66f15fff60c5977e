/*
 * What an acknowledgment means for losses and for cwnd: the states between the first gap and its
 * mending.
 *
 *     OPEN -> DISORDER -> FAST -> OPEN      a gap, a loss (RACK, or three duplicates without SACK)
 *     OPEN -> CWR -> OPEN                   the network says that it is congested (RFC 3168)
 *     any  -> LOSS -> OPEN                  a timeout (RFC 6298), maybe a spurious one (RFC 5682)
 *
 * In FAST and CWR cwnd is led to ssthresh by what arrives (PRR, RFC 9937).  What turns out to have been no loss
 * is undone: everything sent again was a duplicate (D-SACK, RFC 2883, RFC 3708), or the acknowledgment
 * answers the original, as its timestamp shows (Eifel, RFC 3522, RFC 4015).
 */
#include "stack/stack_priv.h"

static uint32_t
min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t
max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

uint32_t
tcp__in_flight(const struct tcb *tcb)
{
	const uint32_t flight = tcp_flight_bytes(&tcb->flight);
	return flight - min_u32(flight, tcb->recovery.duplicate_acks * tcb->mss);
}

void
tcp__recovery_on_sent(struct tcb *tcb, uint32_t bytes)
{
	const uint8_t state = tcb->recovery.state;

	if (state == TCP_RECOVERY_FAST || state == TCP_RECOVERY_CWR)
		tcb->recovery.prr_out += bytes;
}

/* ---- undoing --------------------------------------------------------------------------------- */

static bool
is_answer_to_original(const struct tcb *tcb, const struct tcp_ack *ack)
{
	return ack->has_timestamps && ack->ts_ecr != 0 &&
	       seq_lt(ack->ts_ecr, tcb->recovery.retransmit_ts);
}

static bool
may_undo(const struct tcb *tcb, const struct tcp_ack *ack)
{
	const struct tcp_recovery *recovery = &tcb->recovery;

	if (!recovery->can_undo)
		return false;
	return recovery->retransmitted_at_us == 0 || recovery->undo_retransmits == 0 ||
	       is_answer_to_original(tcb, ack);
}

static void
undo(struct tcb *tcb, bool keeps_losses)
{
	struct tcp_sent *record;

	for (record = keeps_losses ? NULL : tcp_flight_first(&tcb->flight); record != NULL;
	     record = tcp_flight_after(record))
		if ((record->flags & TCP_SENT_LOST) != 0)
			tcp_flight_unmark_lost(&tcb->flight, record);
	cc_undo(&tcb->cc);
	tcb->is_cwnd_limited = false; /* the reduced one limited it */
	tcb->recovery.can_undo = false;
	tcb->ecn_cwr = false;
}

static void
undo_begin(struct tcb *tcb)
{
	struct tcp_recovery *recovery = &tcb->recovery;

	recovery->can_undo = true;
	recovery->undo_seq = tcb->snd_una;
	recovery->undo_retransmits = tcb->flight.again.segments;
	if (tcp_flight_is_empty(&tcb->flight) || tcb->flight.again.segments == 0)
		recovery->retransmitted_at_us = 0;
}

/* ---- entering and leaving -------------------------------------------------------------------- */

static void
enter(struct tcb *tcb, enum tcp_recovery_state state)
{
	tcb->recovery.state = (uint8_t)state;
	tcb->recovery.high_seq = tcb->snd_nxt;
}

static void
prr_begin(struct tcb *tcb, const struct tcp_ack *ack)
{
	struct tcp_recovery *recovery = &tcb->recovery;

	recovery->prr_delivered = recovery->prr_out = 0;
	recovery->recover_fs = max_u32(ack->flight, tcb->mss);
	recovery->is_tlp_out = false;
	cc_enter_recovery(&tcb->cc);
	tcb->ecn_cwr = tcb->has_ecn;
}

static void
enter_fast(struct tcb *tcb, const struct tcp_ack *ack)
{
	if (tcb->recovery.state != TCP_RECOVERY_CWR) { /* reduced already */
		prr_begin(tcb, ack);
		undo_begin(tcb);
		if (ack->has_echo)
			tcb->recovery.can_undo = false;
	}
	enter(tcb, TCP_RECOVERY_FAST);
}

static void
enter_cwr(struct tcb *tcb, const struct tcp_ack *ack)
{
	tcb->recovery.can_undo = false;
	prr_begin(tcb, ack);
	enter(tcb, TCP_RECOVERY_CWR);
}

/* OPEN, or DISORDER as long as something is out of order. */
static void
open_if_in_order(struct tcb *tcb)
{
	const struct tcp_flight *flight = &tcb->flight;
	const bool is_disordered = flight->sacked.segments != 0 || flight->gone.segments != 0 ||
				   tcb->recovery.duplicate_acks != 0;
	const enum tcp_recovery_state state =
		is_disordered ? TCP_RECOVERY_DISORDER : TCP_RECOVERY_OPEN;

	if (tcb->recovery.state != state)
		enter(tcb, state);
	if (state == TCP_RECOVERY_OPEN && flight->again.segments == 0)
		tcb->recovery.retransmitted_at_us = 0;
}

static void
leave_fast(struct tcb *tcb, const struct tcp_ack *ack)
{
	struct tcp_recovery *recovery = &tcb->recovery;

	/* Without SACK the next duplicates may be echoes of this episode (RFC 6582, section 4). */
	if (!tcb->has_sack && tcb->snd_una == recovery->high_seq && !may_undo(tcb, ack))
		return;
	recovery->duplicate_acks = 0;
	if (may_undo(tcb, ack)) {
		undo(tcb, false);
	} else {
		cc_leave_recovery(&tcb->cc);
		rack_on_recovered(&tcb->rack);
		/* D-SACKs for what was sent again may still be on their way (RFC 3708, section 3). */
		recovery->can_undo &= tcb->has_sack;
	}
	open_if_in_order(tcb);
}

static void
leave_if_over(struct tcb *tcb, const struct tcp_ack *ack)
{
	struct tcp_recovery *recovery = &tcb->recovery;

	if (seq_lt(tcb->snd_una, recovery->high_seq))
		return;
	switch ((enum tcp_recovery_state)recovery->state) {
	case TCP_RECOVERY_OPEN:
	case TCP_RECOVERY_DISORDER:
	case TCP_RECOVERY_LOSS: break; /* after_timeout looks itself */
	case TCP_RECOVERY_CWR:
		if (tcb->snd_una == recovery->high_seq)
			break; /* CWR itself is to arrive first */
		cc_leave_recovery(&tcb->cc);
		open_if_in_order(tcb);
		break;
	case TCP_RECOVERY_FAST: leave_fast(tcb, ack); break;
	}
}

/* ---- finding losses -------------------------------------------------------------------------- */

/* Without SACK a duplicate tells that one more segment has arrived, not which (RFC 5681, section 3.2). */
static void
count_duplicate(struct tcb *tcb, struct tcp_ack *ack)
{
	const struct tcp_flight *flight = &tcb->flight;

	if (tcb->has_sack || !ack->is_duplicate)
		return;
	if (tcb->recovery.duplicate_acks + flight->gone.segments >= flight->sent.segments)
		return; /* more than there can be */
	tcb->recovery.duplicate_acks++;
	ack->delivered_bytes += tcb->mss;
}

/* One of what is acknowledged had filled the hole; the others had been counted as duplicates, and as delivered. */
static void
uncount_duplicates(struct tcb *tcb, struct tcp_ack *ack)
{
	uint32_t *duplicates = &tcb->recovery.duplicate_acks;

	if (tcb->has_sack || !ack->is_advance || ack->acked_segments == 0)
		return;
	const uint32_t counted = min_u32(*duplicates, ack->acked_segments - 1);
	*duplicates -= counted;
	ack->delivered_bytes -= min_u32(ack->delivered_bytes, counted * tcb->mss);
}

static void
lose_first(struct stack *stack, struct tcb *tcb)
{
	struct tcp_sent *first = tcp_flight_first(&tcb->flight);

	if (first == NULL || (first->flags & (TCP_SENT_LOST | TCP_SENT_SACKED)) == TCP_SENT_LOST)
		return;
	if (tcp_sent_size(first) > tcb->mss)
		(void)tcp_flight_cut(&stack->tcp.sent, &tcb->flight, first,
				     first->range.begin + tcb->mss);
	tcp_flight_mark_lost(&tcb->flight, first);
}

static void
find_losses(struct stack *stack, struct tcb *tcb, struct tcp_ack *ack)
{
	const uint8_t state = tcb->recovery.state;
	const struct rack_view view = {
		.min_rtt_us = tcb->rto.min_rtt_us,
		.srtt_us = tcb->rto.srtt_us,
		.sacked_segments = tcb->flight.sacked.segments,
		.is_recovering = state == TCP_RECOVERY_FAST || state == TCP_RECOVERY_LOSS,
		.now_us = stack->now_us,
	};
	const uint32_t gone_bytes = tcb->flight.gone.bytes - tcb->flight.again.bytes;

	if (!tcb->has_sack) {
		/* RFC 6582, section 3.2, step 3: only a partial acknowledgment tells. */
		if ((state == TCP_RECOVERY_FAST && ack->is_advance &&
		     seq_lt(tcb->snd_una, tcb->recovery.high_seq)) ||
		    (state < TCP_RECOVERY_FAST &&
		     tcb->recovery.duplicate_acks >= RACK_DUP_SEGMENTS))
			lose_first(stack, tcb);
	} else if (tcb->rack.is_news) {
		tcb->rack.is_news = false;
		const uint64_t wait_us = rack_detect(&tcb->rack, &tcb->flight, &view);
		if (wait_us != 0)
			tcp__arm_reorder(stack, tcb, wait_us);
		else
			tcp__disarm_reorder(stack, tcb);
	}
	ack->lost_bytes = tcb->flight.gone.bytes - tcb->flight.again.bytes - gone_bytes;
}

/* ---- state by state -------------------------------------------------------------------------- */

static void
in_fast(struct stack *stack, struct tcb *tcb, struct tcp_ack *ack)
{
	struct tcp_recovery *recovery = &tcb->recovery;
	const bool can_undo = recovery->can_undo && recovery->retransmitted_at_us != 0;

	count_duplicate(tcb, ack);
	if (can_undo && ack->is_advance && is_answer_to_original(tcb, ack)) {
		/* The original has arrived: reordering. Nothing more is given up meanwhile. */
		if (tcb->flight.again.segments != 0)
			return;
		undo(tcb, false);
		open_if_in_order(tcb);
	} else if (can_undo && ack->has_dsack && recovery->undo_retransmits == 0) {
		undo(tcb, true);
		open_if_in_order(tcb);
	}
	find_losses(stack, tcb, ack);
	if (recovery->state != TCP_RECOVERY_FAST && tcb->flight.gone.segments != 0)
		enter_fast(tcb, ack);
}

static void
undo_timeout(struct tcb *tcb)
{
	undo(tcb, false);
	tcb->counters.spurious_timeouts++;
	tcb->retransmits = 0;
	rto_forget_back_off(&tcb->rto);
	tcb->recovery.is_frto = false;
	open_if_in_order(tcb);
}

/* RFC 5682, section 3.1, with SACK; section 2.1 without.  True: the timeout was spurious, and is undone. */
static bool
frto_step(struct tcb *tcb, const struct tcp_ack *ack)
{
	struct tcp_recovery *recovery = &tcb->recovery;
	const bool is_new_sent = seq_gt(tcb->snd_nxt, recovery->high_seq);

	if (ack->has_original && recovery->can_undo) {
		undo_timeout(tcb);
		return true;
	}
	if (is_new_sent) {
		if (ack->has_sacked || ack->is_duplicate)
			recovery->is_frto = false; /* step 3 (a): the loss was real */
	} else if (ack->is_advance && seq_lt(tcb->snd_una, recovery->high_seq)) {
		recovery->high_seq = tcb->snd_nxt;
		recovery->is_new_first = true; /* step 2 (b) */
	}
	return false;
}

static void
after_timeout(struct stack *stack, struct tcb *tcb, struct tcp_ack *ack)
{
	struct tcp_recovery *recovery = &tcb->recovery;
	const bool is_over = seq_ge(tcb->snd_una, recovery->high_seq);

	if (ack->is_advance && may_undo(tcb, ack) && recovery->retransmitted_at_us != 0) {
		undo_timeout(tcb);
		return;
	}
	if (recovery->is_frto && frto_step(tcb, ack))
		return;
	if (is_over) {
		recovery->can_undo = false;
		recovery->duplicate_acks = 0;
		recovery->is_frto = false;
		rack_on_recovered(&tcb->rack);
		open_if_in_order(tcb);
		return;
	}
	if (!tcb->has_sack) {
		if (seq_gt(tcb->snd_nxt, recovery->high_seq))
			count_duplicate(tcb, ack);
		else if (ack->is_advance)
			recovery->duplicate_acks = 0;
	}
	find_losses(stack, tcb, ack);
}

static void
in_order(struct stack *stack, struct tcb *tcb, struct tcp_ack *ack)
{
	struct tcp_recovery *recovery = &tcb->recovery;

	if (!tcb->has_sack && ack->is_advance)
		recovery->duplicate_acks = 0;
	count_duplicate(tcb, ack);
	if (ack->has_dsack && recovery->can_undo && recovery->undo_retransmits == 0)
		undo(tcb, true);
	find_losses(stack, tcb, ack);
	if (tcb->flight.gone.segments != 0 && !tcp__mtu_on_loss(stack, tcb)) {
		enter_fast(tcb, ack);
		return;
	}
	if (ack->has_echo && recovery->state != TCP_RECOVERY_CWR)
		enter_cwr(tcb, ack);
	else if (recovery->state != TCP_RECOVERY_CWR)
		open_if_in_order(tcb);
}

/* ---- how much may be sent -------------------------------------------------------------------- */

/*
 * PRR replaces what was delivered.  Where ssthresh is at its floor of two segments (RFC 5681, section 3.1) that may leave
 * what is sent again alone in flight, with nothing behind it that tells of its loss (RFC 8985, section 6.2): both may be
 * out, as in RFC 6675.
 */
static uint32_t
window_least(const struct tcb *tcb)
{
	return tcb->cc.ssthresh <= 2 * tcb->mss ? 2 * tcb->mss : tcb->mss;
}

/* RFC 9937, section 6. */
static void
prr(struct tcb *tcb, const struct tcp_ack *ack)
{
	struct tcp_recovery *recovery = &tcb->recovery;
	const uint32_t flight = tcp__in_flight(tcb), ssthresh = tcb->cc.ssthresh;
	int64_t quota;

	if (ack->delivered_bytes == 0)
		return;
	recovery->prr_delivered += ack->delivered_bytes;
	if (flight > ssthresh) {
		/* In whole segments, as Linux: less than one would wait for the next acknowledgment. */
		const uint64_t due = (uint64_t)recovery->prr_delivered * ssthresh;
		const uint64_t unit = (uint64_t)recovery->recover_fs * tcb->mss;
		quota = (int64_t)((due + unit - 1) / unit * tcb->mss) - recovery->prr_out;
	} else {
		quota = (int64_t)recovery->prr_delivered - recovery->prr_out;
		if (quota < ack->delivered_bytes)
			quota = ack->delivered_bytes;
		if (ack->is_advance && ack->lost_bytes == 0)
			quota += tcb->mss; /* things get better: slow start */
		if (quota > ssthresh - flight)
			quota = ssthresh - flight;
	}
	if (quota <= 0)
		quota = recovery->prr_out == 0 ? tcb->mss : 0; /* the first retransmission always goes */
	tcb->cc.cwnd = max_u32(flight + (uint32_t)quota, window_least(tcb));
}

static void
control_cwnd(struct stack *stack, struct tcb *tcb, const struct tcp_ack *ack)
{
	const uint8_t state = tcb->recovery.state;
	const bool is_used = tcb->is_cwnd_limited || (cc_in_slow_start(&tcb->cc) &&
						      tcb->cc.cwnd < 2 * tcb->flight_max);
	const struct cc_ack told = {
		.acked_bytes = ack->delivered_bytes,
		.is_cwnd_limited = is_used,
		.rtt_us = ack->rtt_us,
		.srtt_us = tcb->rto.srtt_us,
		.now_us = stack->now_us,
	};

	if (state == TCP_RECOVERY_FAST || state == TCP_RECOVERY_CWR)
		prr(tcb, ack);
	else if (ack->is_advance && ack->delivered_bytes != 0)
		cc_on_ack(&tcb->cc, &told);
}

/* ---- the loss probe's answer (RFC 8985, section 7.4) ------------------------------------------ */

static void
on_probe_answer(struct tcb *tcb, const struct tcp_ack *ack)
{
	struct tcp_recovery *recovery = &tcb->recovery;

	if (!recovery->is_tlp_out || seq_lt(tcb->snd_una, recovery->tlp_end_seq))
		return;
	if (!recovery->is_tlp_retransmit || ack->is_dsack_of_probe) {
		recovery->is_tlp_out = false;
	} else if (seq_gt(tcb->snd_una, recovery->tlp_end_seq)) {
		/* The probe has mended a loss, and hidden it from congestion control. */
		prr_begin(tcb, ack);
		cc_leave_recovery(&tcb->cc);
		tcb->recovery.can_undo = false;
		open_if_in_order(tcb);
	} else if (ack->is_duplicate && !ack->has_sacked) {
		recovery->is_tlp_out = false; /* the original and the probe have both arrived */
	}
}

/* ---- from outside ---------------------------------------------------------------------------- */

void
tcp__recovery_on_ack(struct stack *stack, struct tcb *tcb, struct tcp_ack *ack)
{
	if (ack->has_echo)
		tcb->recovery.can_undo = false;
	on_probe_answer(tcb, ack);
	uncount_duplicates(tcb, ack);
	leave_if_over(tcb, ack);
	switch ((enum tcp_recovery_state)tcb->recovery.state) {
	case TCP_RECOVERY_OPEN:
	case TCP_RECOVERY_DISORDER:
	case TCP_RECOVERY_CWR:  in_order(stack, tcb, ack); break;
	case TCP_RECOVERY_FAST: in_fast(stack, tcb, ack); break;
	case TCP_RECOVERY_LOSS:
		after_timeout(stack, tcb, ack);
		if (tcb->recovery.state < TCP_RECOVERY_FAST) /* it may show losses as any other does */
			in_order(stack, tcb, ack);
		break;
	}
	control_cwnd(stack, tcb, ack);
}

static void
lose_all(struct stack *stack, struct tcb *tcb)
{
	struct tcp_sent *first = tcp_flight_first(&tcb->flight), *next;
	const bool is_reneged = (first->flags & TCP_SENT_SACKED) != 0;

	if (is_reneged)
		tcp__sack_forget(tcb);
	for (struct tcp_sent *record = first; record != NULL; record = next) {
		next = tcp_flight_after(record);
		if ((record->flags & TCP_SENT_SACKED) != 0)
			continue;
		/* What was sent a moment ago may yet arrive (RFC 8985, section 6.3). */
		if (record != first && tcb->has_sack &&
		    rack_is_young(&tcb->rack, record, stack->now_us))
			continue;
		tcp_flight_mark_lost(&tcb->flight, record);
	}
}

void
tcp__recovery_on_timeout(struct stack *stack, struct tcb *tcb)
{
	struct tcp_recovery *recovery = &tcb->recovery;
	const bool is_new = recovery->state < TCP_RECOVERY_FAST;
	const bool has_reduced = recovery->state >= TCP_RECOVERY_CWR &&
				 seq_gt(recovery->high_seq, tcb->snd_una) &&
				 !(recovery->state == TCP_RECOVERY_LOSS && tcb->retransmits == 0);

	lose_all(stack, tcb);
	recovery->duplicate_acks = 0;
	recovery->is_tlp_out = recovery->is_new_first = false;
	cc_on_timeout(&tcb->cc, !has_reduced);
	if (!has_reduced)
		undo_begin(tcb);
	tcb->ecn_cwr = tcb->has_ecn;
	recovery->is_frto = is_new || tcb->retransmits != 0;
	enter(tcb, TCP_RECOVERY_LOSS);
}

void
tcp__recovery_on_reorder_timeout(struct stack *stack, struct tcb *tcb)
{
	struct tcp_ack ack = { .fack = tcb->rack.fack, .flight = tcp__in_flight(tcb) };

	tcb->rack.is_news = true;
	find_losses(stack, tcb, &ack);
	if (tcb->recovery.state < TCP_RECOVERY_FAST && tcb->flight.gone.segments != 0) {
		enter_fast(tcb, &ack);
		/* No acknowledgment leads PRR on: what was lost may be replaced. */
		tcb->cc.cwnd = max_u32(tcp__in_flight(tcb) + tcb->mss, window_least(tcb));
	}
}
