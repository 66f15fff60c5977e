/* The timers of TCP: each in one place, with what it does when it is due. */
#include "stack/stack_priv.h"
#include "stack/trace_priv.h"

#define ORPHAN_RETRIES     8u        /* of a connection that no program waits for, as Linux */
#define SHRUNK_WINDOW_US   120000000u /* RFC 9293, section 3.8.6: how long a peer may keep its window shut */
#define RENEGED_US_MIN     10000u
#define TICK_US            4000u
#define SYN_SOON_US        2000u /* TCP_TIMEOUT_MIN of Linux */

/* ---- arming ---------------------------------------------------------------------------------- */

static void
arm_loss(struct stack *stack, struct tcb *tcb, enum timer_kind kind, uint64_t at_us)
{
	if (kind != TIMER_TCP_PERSIST)
		tcb->persist_backoff = 0;
	tcb->loss_timer.kind = (uint16_t)kind;
	wheel_arm(&stack->wheel, &tcb->loss_timer, at_us);
}

static bool
is_armed(const struct tcb *tcb, enum timer_kind kind)
{
	return wheel_is_armed(&tcb->loss_timer) && tcb->loss_timer.kind == kind;
}

/* The user timeout is kept to the moment (RFC 5482). */
static uint64_t
clamp_to_user_timeout(const struct stack *stack, const struct tcb *tcb, uint64_t wait_us)
{
	const uint64_t user_us = (uint64_t)tcb->config.user_timeout_ms * 1000;

	if (user_us == 0 || tcb->stalled_at_us == 0)
		return wait_us;
	const uint64_t end_us = tcb->stalled_at_us + user_us;
	const uint64_t left_us = end_us > stack->now_us ? end_us - stack->now_us : 1;
	return left_us < wait_us ? left_us : wait_us;
}

void
tcp__arm_rto(struct stack *stack, struct tcb *tcb)
{
	const uint64_t wait_us =
		clamp_to_user_timeout(stack, tcb, rto_timeout_us(&tcb->rto));
	arm_loss(stack, tcb, TIMER_TCP_RTO, stack->now_us + wait_us);
}

void
tcp__rearm_rto(struct stack *stack, struct tcb *tcb)
{
	if (!is_armed(tcb, TIMER_TCP_REORDER))
		tcp__arm_rto(stack, tcb);
}

/* The first retransmission alone: a stranger who guesses makes us send one SYN early, not many. */
void
tcp__arm_syn_soon(struct stack *stack, struct tcb *tcb)
{
	const uint64_t at_us = stack->now_us + SYN_SOON_US;

	if (tcb->retransmits == 0 && tcb->loss_timer.at_us > at_us)
		arm_loss(stack, tcb, TIMER_TCP_RTO, at_us);
}

static bool
may_probe(const struct tcb *tcb)
{
	const uint8_t state = tcb->recovery.state;

	return tcb->has_sack && tcb->retransmits == 0 && tcb->state >= TCP_STATE_ESTABLISHED &&
	       (state == TCP_RECOVERY_OPEN || state == TCP_RECOVERY_CWR) &&
	       tcb->flight.sacked.segments == 0 && !tcb->recovery.is_tlp_out;
}

/* RFC 8985, section 7.2: in place of the retransmission timeout if that would come first. */
static void
arm_probe(struct stack *stack, struct tcb *tcb, uint64_t rto_at_us)
{
	const uint64_t pto_us = tlp_timeout_us(tcb->rto.srtt_us, tcb->flight.sent.segments);
	const uint64_t at_us = stack->now_us + pto_us;

	arm_loss(stack, tcb, TIMER_TCP_PROBE, at_us < rto_at_us ? at_us : rto_at_us);
}

void
tcp__arm_on_ack(struct stack *stack, struct tcb *tcb)
{
	const uint64_t rto_us = clamp_to_user_timeout(stack, tcb, rto_timeout_us(&tcb->rto));

	if (is_armed(tcb, TIMER_TCP_REORDER))
		return;
	if (may_probe(tcb))
		arm_probe(stack, tcb, stack->now_us + rto_us);
	else
		arm_loss(stack, tcb, TIMER_TCP_RTO, stack->now_us + rto_us);
}

void
tcp__arm_on_sent(struct stack *stack, struct tcb *tcb)
{
	const struct tcp_sent *first = tcp_flight_first(&tcb->flight);
	const bool is_armed_for_loss =
		is_armed(tcb, TIMER_TCP_RTO) || is_armed(tcb, TIMER_TCP_REORDER);

	if (may_probe(tcb) && !is_armed(tcb, TIMER_TCP_REORDER)) {
		const uint64_t rto_at_us = first->sent_at_us + rto_timeout_us(&tcb->rto);
		arm_probe(stack, tcb, rto_at_us > stack->now_us ? rto_at_us : stack->now_us);
	} else if (!is_armed_for_loss) {
		tcp__arm_rto(stack, tcb);
	}
}

void
tcp__probe_follow(struct stack *stack, struct tcb *tcb)
{
	if (is_armed(tcb, TIMER_TCP_PROBE) && !may_probe(tcb))
		tcp__arm_rto(stack, tcb);
}

void
tcp__arm_reorder(struct stack *stack, struct tcb *tcb, uint64_t wait_us)
{
	/* As late as Linux with its 250 ticks a second, which scripts count on. */
	const uint64_t ticks_us = (wait_us + TICK_US - 1) / TICK_US * TICK_US + 2 * TICK_US;

	arm_loss(stack, tcb, TIMER_TCP_REORDER, stack->now_us + ticks_us);
}

void
tcp__disarm_reorder(struct stack *stack, struct tcb *tcb)
{
	if (is_armed(tcb, TIMER_TCP_REORDER))
		wheel_disarm(&stack->wheel, &tcb->loss_timer);
}

void
tcp__arm_reneged(struct stack *stack, struct tcb *tcb)
{
	const uint64_t half_us = tcb->rto.srtt_us / 2;
	const uint64_t wait_us = half_us > RENEGED_US_MIN ? half_us : RENEGED_US_MIN;

	arm_loss(stack, tcb, TIMER_TCP_RTO, stack->now_us + wait_us);
}

static uint64_t
persist_us(const struct tcb *tcb)
{
	uint64_t wait_us = rto_base_us(&tcb->rto);

	if (wait_us < RTO_MIN_US)
		wait_us = RTO_MIN_US;
	for (unsigned i = 0; i < tcb->persist_backoff && wait_us < RTO_MAX_US; i++)
		wait_us *= 2;
	return wait_us < RTO_MAX_US ? wait_us : RTO_MAX_US;
}

void
tcp__arm_persist(struct stack *stack, struct tcb *tcb)
{
	if (wheel_is_armed(&tcb->loss_timer))
		return;
	arm_loss(stack, tcb, TIMER_TCP_PERSIST,
		 stack->now_us + clamp_to_user_timeout(stack, tcb, persist_us(tcb)));
}

void
tcp__arm_keepalive(struct stack *stack, struct tcb *tcb)
{
	if (tcb->state == TCP_STATE_FIN_WAIT_2 && tcb->is_detached)
		return; /* the same timer counts the orphan's end */
	if (!tcb->config.keepalive || tcb->state < TCP_STATE_ESTABLISHED) {
		wheel_disarm(&stack->wheel, &tcb->life_timer);
		return;
	}
	tcb->life_timer.kind = TIMER_TCP_KEEPALIVE;
	wheel_arm(&stack->wheel, &tcb->life_timer,
		  stack->now_us + tcb->config.keepalive_idle_s * UINT64_C(1000000));
}

void
tcp__arm_fin_wait_2(struct stack *stack, struct tcb *tcb)
{
	if (!tcb->is_detached)
		return; /* half-closed: the program still reads, for as long as it likes */
	tcb->life_timer.kind = TIMER_TCP_FIN_WAIT_2;
	wheel_arm(&stack->wheel, &tcb->life_timer,
		  stack->now_us + tcb->config.fin_wait_2_ms * UINT64_C(1000));
}

void
tcp__disarm(struct stack *stack, struct tcb *tcb)
{
	wheel_disarm(&stack->wheel, &tcb->loss_timer);
	wheel_disarm(&stack->wheel, &tcb->ack_timer);
	wheel_disarm(&stack->wheel, &tcb->send_timer);
	wheel_disarm(&stack->wheel, &tcb->life_timer);
}

/* ---- giving up ------------------------------------------------------------------------------- */

static uint32_t
retries_max(const struct tcb *tcb)
{
	const uint32_t retries = tcb->config.retries;

	/* In SYN-RECEIVED it has opened actively too: what a listener keeps is a struct tcp_syn. */
	if (tcb->state == TCP_STATE_SYN_SENT || tcb->state == TCP_STATE_SYN_RECEIVED)
		return tcb->config.syn_retries;
	return tcb->is_detached && retries > ORPHAN_RETRIES ? ORPHAN_RETRIES : retries;
}

/* R2 of RFC 9293, section 3.8.3, or the program's own limit. */
static bool
is_hopeless(const struct stack *stack, const struct tcb *tcb, uint32_t attempts)
{
	const uint64_t user_us = (uint64_t)tcb->config.user_timeout_ms * 1000;

	if (user_us != 0 && tcb->stalled_at_us != 0)
		return stack->now_us - tcb->stalled_at_us >= user_us;
	return attempts >= retries_max(tcb);
}

/* What a router said meanwhile is the better reason (RFC 5461). */
static void
give_up(struct stack *stack, struct tcb *tcb)
{
	const enum tcp_reason reason = tcb->soft_reason;
	tcp__end(stack, tcb, reason != TCP_REASON_NONE ? reason : TCP_REASON_TIMED_OUT);
}

static void
count_up(uint8_t *count)
{
	if (*count < UINT8_MAX)
		++*count;
}

/* ---- retransmission -------------------------------------------------------------------------- */

/* The peer has shut a window that was open: what is in flight asks it, for long unless the program has said how long. */
static bool
is_window_shrunk(const struct stack *stack, const struct tcb *tcb)
{
	return tcb->config.user_timeout_ms == 0 && tcb->snd_wnd == 0 && tcb->state >= TCP_STATE_ESTABLISHED && !tcb->is_detached &&
	       stack->now_us - tcb->counters.last_received_us < SHRUNK_WINDOW_US;
}

static void
rto_due(struct stack *stack, struct tcb *tcb)
{
	struct tcp_sent *first = tcp_flight_first(&tcb->flight);

	if (first == NULL)
		return;
	const bool is_shrunk = is_window_shrunk(stack, tcb);
	if (!is_shrunk && is_hopeless(stack, tcb, tcb->retransmits)) {
		give_up(stack, tcb);
		return;
	}
	if (tcb->state >= TCP_STATE_ESTABLISHED) {
		tcp__mtu_on_timeout(stack, tcb);
		tcp__recovery_on_timeout(stack, tcb);
	}
	if (tcb->stalled_at_us == 0)
		tcb->stalled_at_us = stack->now_us;
	(void)tcp__retransmit(stack, tcb, first);
	if (!is_shrunk)
		count_up(&tcb->retransmits);
	rto_back_off(&tcb->rto);
	tcp__arm_rto(stack, tcb);
	tcp__want_flush(stack, tcb);
}

/* RFC 8985, section 7.3: something new if there is something, else the last once more. */
static void
probe_due(struct stack *stack, struct tcb *tcb)
{
	struct tcp_recovery *recovery = &tcb->recovery;
	struct tcp_sent *last = tcp_flight_last(&tcb->flight);
	bool is_sent;

	if (last == NULL)
		return;
	if (!may_probe(tcb)) { /* what was learned since it was armed tells more than a probe would */
		tcp__arm_rto(stack, tcb);
		return;
	}
	recovery->is_tlp_retransmit = false;
	is_sent = tcp__probe_new(stack, tcb);
	if (!is_sent) {
		if (tcp_sent_size(last) > tcb->mss) {
			const uint32_t tail = tcp_sent_size(last) % tcb->mss;
			struct tcp_sent *cut =
				tcp_flight_cut(&stack->tcp.sent, &tcb->flight, last,
					       last->range.end - (tail != 0 ? tail : tcb->mss));
			last = cut != NULL ? cut : last;
		}
		is_sent = tcp__retransmit(stack, tcb, last) == 0;
		recovery->is_tlp_retransmit = is_sent;
	}
	if (is_sent) {
		recovery->is_tlp_out = true;
		recovery->tlp_end_seq = tcb->snd_nxt;
	}
	tcp__arm_rto(stack, tcb);
}

static void
reorder_due(struct stack *stack, struct tcb *tcb)
{
	tcp__recovery_on_reorder_timeout(stack, tcb);
	if (!wheel_is_armed(&tcb->loss_timer))
		tcp__arm_rto(stack, tcb);
	tcp__want_flush(stack, tcb);
}

/* An old octet, which the peer must answer with what it expects and how much it takes. */
static void
old_octet_send(struct stack *stack, struct tcb *tcb)
{
	const struct tcp_out out = { .seq = tcb->snd_una - 1, .flags = TCP_ACK };
	(void)tcp__segment_send(stack, tcb, &out);
}

/* A program may be kept waiting by a peer that answers; without one its answers count for nothing. */
static bool
persist_is_hopeless(const struct stack *stack, const struct tcb *tcb)
{
	return is_hopeless(stack, tcb, tcb->is_detached ? tcb->persist_backoff : tcb->probes);
}

/* RFC 9293, section 3.8.6.1: as long as the peer answers and a program waits, for ever. */
static void
persist_due(struct stack *stack, struct tcb *tcb)
{
	if (!tcp_flight_is_empty(&tcb->flight) || !tcp__has_unsent(tcb)) {
		tcb->persist_backoff = 0;
		return;
	}
	if (persist_is_hopeless(stack, tcb)) {
		if (tcb->is_detached)
			tcp__reset_send(stack, tcb); /* the peer may well be there */
		give_up(stack, tcb);
		return;
	}
	if (tcb->stalled_at_us == 0)
		tcb->stalled_at_us = stack->now_us;
	if (tcp__probe_new(stack, tcb)) { /* there was a little room */
		tcp__arm_rto(stack, tcb);
		return;
	}
	old_octet_send(stack, tcb);
	count_up(&tcb->probes);
	count_up(&tcb->persist_backoff);
	tcp__arm_persist(stack, tcb);
}

/* ---- the others ------------------------------------------------------------------------------ */

static void
ack_due(struct stack *stack, struct tcb *tcb)
{
	if (!tcb->ack_wanted)
		return;
	tcb->is_interactive = false; /* it did not answer in time */
	if (tcp__ack_send(stack, tcb) == 0)
		return;
	tcb->ack_now = true;
	tcp__want_flush(stack, tcb);
}

static uint64_t
idle_since_us(const struct tcb *tcb)
{
	const struct tcp_counters *counters = &tcb->counters;
	return counters->last_received_us > counters->last_sent_us ? counters->last_received_us
								   : counters->last_sent_us;
}

static bool
keepalive_is_hopeless(const struct stack *stack, const struct tcb *tcb)
{
	const uint64_t user_us = (uint64_t)tcb->config.user_timeout_ms * 1000;

	if (user_us != 0) /* RFC 5482, section 4.2 */
		return tcb->probes != 0 && stack->now_us - idle_since_us(tcb) >= user_us;
	return tcb->probes >= tcb->config.keepalive_count;
}

/* RFC 9293, section 3.8.4. */
static void
keepalive_due(struct stack *stack, struct tcb *tcb)
{
	const uint64_t idle_us = tcb->config.keepalive_idle_s * UINT64_C(1000000);
	const uint64_t due_us = idle_since_us(tcb) + idle_us;

	if (!tcp_flight_is_empty(&tcb->flight) || tcp__has_unsent(tcb)) {
		tcp__arm_keepalive(stack, tcb); /* retransmission finds out by itself */
		return;
	}
	if (due_us > stack->now_us) {
		wheel_arm(&stack->wheel, &tcb->life_timer, due_us);
		return;
	}
	if (keepalive_is_hopeless(stack, tcb)) {
		tcp__reset_send(stack, tcb);
		give_up(stack, tcb);
		return;
	}
	old_octet_send(stack, tcb);
	count_up(&tcb->probes);
	wheel_arm(&stack->wheel, &tcb->life_timer,
		  stack->now_us + tcb->config.keepalive_interval_s * UINT64_C(1000000));
}

static void
cork_due(struct stack *stack, struct tcb *tcb)
{
	tcb->is_cork_over = true;
	tcp__want_flush(stack, tcb);
}

/* ---- which ----------------------------------------------------------------------------------- */

static void
due(struct stack *stack, struct tcb *tcb, enum timer_kind kind)
{
	const uint32_t cause = stack->cause;

	if (tcb->is_aborted)
		return; /* it sends nothing more but its RST, and that has its turn */
	stack->cause = tcb->cause;
	if (trace__is_on(stack))
		trace__tcp_timer(stack, tcb, kind);
	/* What is sent again may have become too big: another connection has heard of it. */
	if (tcb->state >= TCP_STATE_ESTABLISHED && tcb->state < TCP_STATE_TIME_WAIT)
		tcp__mtu_follow(stack, tcb);
	switch ((unsigned)kind) {
	case TIMER_TCP_RTO:        rto_due(stack, tcb); break;
	case TIMER_TCP_PROBE:      probe_due(stack, tcb); break;
	case TIMER_TCP_REORDER:    reorder_due(stack, tcb); break;
	case TIMER_TCP_PERSIST:    persist_due(stack, tcb); break;
	case TIMER_TCP_ACK:        ack_due(stack, tcb); break;
	case TIMER_TCP_PACE:       tcp__want_flush(stack, tcb); break;
	case TIMER_TCP_CORK:       cork_due(stack, tcb); break;
	case TIMER_TCP_KEEPALIVE:  keepalive_due(stack, tcb); break;
	case TIMER_TCP_FIN_WAIT_2: tcp__end(stack, tcb, TCP_REASON_NONE); break;
	}
	stack->cause = cause;
}

void
tcp_timeout(struct stack *stack, struct wheel_timer *timer)
{
	const enum timer_kind kind = timer->kind;

	switch ((unsigned)kind) {
	case TIMER_TCP_RTO:
	case TIMER_TCP_PROBE:
	case TIMER_TCP_REORDER:
	case TIMER_TCP_PERSIST:
		due(stack, TIMER_OWNER(timer, struct tcb, loss_timer), kind);
		break;
	case TIMER_TCP_ACK: due(stack, TIMER_OWNER(timer, struct tcb, ack_timer), kind); break;
	case TIMER_TCP_PACE:
	case TIMER_TCP_CORK: due(stack, TIMER_OWNER(timer, struct tcb, send_timer), kind); break;
	case TIMER_TCP_KEEPALIVE:
	case TIMER_TCP_FIN_WAIT_2:
		due(stack, TIMER_OWNER(timer, struct tcb, life_timer), kind);
		break;
	case TIMER_TCP_SYN_ACK:
		tcp__syn_timeout(stack, TIMER_OWNER(timer, struct tcp_syn, timer));
		break;
	case TIMER_TCP_TIME_WAIT:
		tcp__time_wait_timeout(stack, TIMER_OWNER(timer, struct tcp_time_wait, timer));
		break;
	}
}
