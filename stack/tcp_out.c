/*
 * What to send next: what was lost first, then what is new, as far as the peer's window, the congestion
 * window, Nagle and the pace allow (RFC 9293, section 3.8.6.2.1; RFC 5681); and the acknowledgment, if
 * no data has carried it.
 */
#include "stack/stack_priv.h"
#include "stack/trace_priv.h"

/* What an IP packet of a super-segment may hold; the headers count too. */
#define SUPER_SEGMENT_BYTES (65535u - IPV6_HEADER_BYTES - TCP_HEADER_BYTES_MAX)
/*
 * What is built and not yet with the link, its payload counted wherever it lies: more would have left the cache before
 * the link reads it, and who has little to send would wait behind it.
 */
#define TRANSMIT_BYTES_MAX  (256u << 10)
#define PACE_SLACK_US       1000u /* the wheel's grain: what would be due within it goes at once */
#define PACE_FREE_SEGMENTS  10u   /* the initial window is not spread */

enum hold {
	HOLD_NOT,
	HOLD_DONE,   /* there is nothing more to send */
	HOLD_WINDOW, /* the peer's */
	HOLD_CWND,
	HOLD_SMALL,  /* Nagle, or the program's cork */
	HOLD_PACE,
	HOLD_RECORD, /* the pool of records is used up: an acknowledgment gives ours back */
	HOLD_QUEUE,  /* the transmit queue is full: come again */
};

struct next {
	uint32_t bytes;
	uint32_t segment_bytes; /* of each segment, what SACK blocks leave of the MSS */
	bool has_fin;
};

static uint32_t
min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

bool
tcp__has_unsent(const struct tcb *tcb)
{
	return seq_lt(tcb->snd_nxt, tcb->snd_end) || (tcb->fin_wanted && !tcb->fin_sent);
}

/* At most half of the transmit queue is TCP's: what else is to be sent finds room. */
static bool
queue_is_busy(const struct stack *stack)
{
	const size_t used_bytes = queue_used_bytes(&stack->transmit);
	return used_bytes > stack->transmit.block_bytes / 2 || used_bytes + stack->lent_bytes > TRANSMIT_BYTES_MAX;
}

static uint32_t
usable_window(const struct tcb *tcb)
{
	const int32_t window = seq_diff(tcb->snd_una + tcb->snd_wnd, tcb->snd_nxt);
	return window > 0 ? (uint32_t)window : 0;
}

/* What the congestion window leaves; with nothing in flight one segment may always go. */
static uint32_t
usable_cwnd(const struct tcb *tcb)
{
	const uint32_t flight = tcp__in_flight(tcb);
	const uint32_t usable = tcb->cc.cwnd > flight ? tcb->cc.cwnd - flight : 0;

	return flight == 0 && usable < tcb->mss ? tcb->mss : usable;
}

/* ---- pacing ---------------------------------------------------------------------------------- */

/* RFC 9293 says nothing; as Linux: twice cwnd a round trip in slow start, 1.2 times afterwards. */
uint64_t
tcp__pace_rate(const struct tcb *tcb)
{
	const uint64_t max = tcb->config.pacing_rate_bytes_s;
	const bool is_early = tcb->counters.data_segments_out < PACE_FREE_SEGMENTS;

	if (max == 0 || tcb->rto.srtt_us == 0 || is_early)
		return 0;
	const uint64_t percent = tcb->cc.cwnd < tcb->cc.ssthresh / 2 ? 200 : 120;
	const uint64_t rate = tcb->cc.cwnd * percent / 100 * 1000000 / tcb->rto.srtt_us;
	return rate < max ? rate + 1 : max;
}

static bool
pace_holds(struct stack *stack, struct tcb *tcb)
{
	if (tcb->pace_at_us <= stack->now_us + PACE_SLACK_US)
		return false;
	tcb->send_timer.kind = TIMER_TCP_PACE;
	wheel_arm(&stack->wheel, &tcb->send_timer, tcb->pace_at_us);
	return true;
}

static void
pace_note(const struct stack *stack, struct tcb *tcb, uint32_t bytes)
{
	const uint64_t rate = tcp__pace_rate(tcb);

	if (rate == 0)
		return;
	if (tcb->pace_at_us < stack->now_us)
		tcb->pace_at_us = stack->now_us;
	tcb->pace_at_us += bytes * UINT64_C(1000000) / rate;
}

/* ---- how much -------------------------------------------------------------------------------- */

/* The most that one call to the link may carry: whole segments of mss octets. */
static uint32_t
burst_bytes(const struct stack *stack, const struct tcb *tcb, uint32_t mss)
{
	const uint64_t rate = tcp__pace_rate(tcb);
	uint32_t bytes = SUPER_SEGMENT_BYTES;

	if ((stack->ifs[tcb->hop.ifindex].flags & STACK_IF_SEGMENT_TX) == 0)
		return mss;
	if (rate != 0 && rate / 1000 < bytes) /* a millisecond's worth */
		bytes = (uint32_t)(rate / 1000);
	return bytes < mss ? mss : bytes - bytes % mss;
}

/* RFC 9293, section 3.7.4, with Minshall's change that Linux has: only a small one in flight holds back another. */
static bool
small_is_held(const struct tcb *tcb)
{
	if (tcb->fin_wanted)
		return false;
	if ((tcb->config.cork || tcb->is_more) && !tcb->is_cork_over)
		return true;
	if (tcb->config.no_delay || tcp_flight_is_empty(&tcb->flight))
		return false;
	return seq_gt(tcb->snd_small_end, tcb->snd_una) &&
	       seq_le(tcb->snd_small_end, tcb->snd_nxt);
}

/* Whole segments of `bytes` that fit into `limit`. */
static uint32_t
whole_segments(uint32_t bytes, uint32_t limit, uint32_t mss)
{
	return bytes <= limit ? bytes : limit - limit % mss;
}

static enum hold
next_choose(const struct stack *stack, const struct tcb *tcb, struct next *next)
{
	const uint32_t unsent = tcb->fin_sent ? 0 : tcb->snd_end - tcb->snd_nxt;
	const uint32_t window = usable_window(tcb), quota = usable_cwnd(tcb);
	const uint32_t mss = tcb->mss - tcp__sack_bytes(tcb);
	uint32_t bytes = min_u32(unsent, burst_bytes(stack, tcb, mss));

	next->segment_bytes = mss;
	if (!tcp__has_unsent(tcb))
		return HOLD_DONE;
	if (unsent == 0) { /* FIN alone */
		next->bytes = 0;
		next->has_fin = true;
		return window == 0 ? HOLD_WINDOW : HOLD_NOT;
	}
	bytes = whole_segments(bytes, quota, mss);
	if (bytes == 0)
		return HOLD_CWND;
	bytes = whole_segments(bytes, window, mss);
	/* Half of the largest window that there ever was is worth sending (section 3.8.6.2.1). */
	if (bytes == 0 && window != 0 && window >= tcb->snd_wnd_max / 2 &&
	    tcp_flight_is_empty(&tcb->flight))
		bytes = min_u32(min_u32(unsent, window), mss);
	if (bytes == 0)
		return HOLD_WINDOW;
	if (bytes % mss != 0 && bytes == unsent && small_is_held(tcb)) {
		bytes -= bytes % mss;
		if (bytes == 0)
			return HOLD_SMALL;
	}
	next->bytes = bytes;
	next->has_fin = tcb->fin_wanted && bytes == unsent && bytes < window;
	return HOLD_NOT;
}

/* ---- new data -------------------------------------------------------------------------------- */

struct tcp_sent *
tcp__sent_new(struct stack *stack, struct tcb *tcb, const struct seq_range *range, uint32_t segment_bytes,
	      uint8_t flags)
{
	if (tcp_flight_is_empty(&tcb->flight)) {
		tcb->flight_began_us = tcb->delivered_at_us = stack->now_us;
		tcb->stalled_at_us = 0; /* the wait for the window is over, a new one begins (RFC 5482) */
	}
	struct tcp_sent *record = tcp_flight_add(&stack->tcp.sent, &tcb->flight, range, (uint16_t)segment_bytes,
						 flags, stack->now_us);
	assert(record != NULL); /* its room was looked for before */
	record->delivered_bytes = tcb->delivered_bytes;
	record->delivered_at_us = tcb->delivered_at_us;
	record->flight_began_us = tcb->flight_began_us;
	tcb->snd_nxt = range->end;
	return record;
}

static void
record_new(struct stack *stack, struct tcb *tcb, const struct next *next, bool is_pushed)
{
	const struct seq_range range = { tcb->snd_nxt, tcb->snd_nxt + next->bytes + next->has_fin };
	uint8_t flags = next->has_fin ? TCP_SENT_FIN : 0;

	if (seq_diff(tcb->snd_end, range.end) < (int32_t)tcb->mss && !tcb->is_cwnd_limited)
		flags |= TCP_SENT_APP_LIMITED;
	tcp__sent_new(stack, tcb, &range, next->segment_bytes, flags)->is_pushed = is_pushed;
	tcb->fin_sent |= next->has_fin;
	if (next->bytes % next->segment_bytes != 0)
		tcb->snd_small_end = range.begin + next->bytes;
}

static int
send_new(struct stack *stack, struct tcb *tcb, const struct next *next)
{
	const uint32_t end = tcb->snd_nxt + next->bytes;
	const bool is_pushed = next->bytes != 0 && seq_gt(tcb->snd_push, tcb->snd_nxt) &&
			       seq_le(tcb->snd_push, end);
	const struct tcp_out out = {
		.seq = tcb->snd_nxt,
		.flags = (uint16_t)(TCP_ACK | (is_pushed ? TCP_PSH : 0) |
				    (next->has_fin ? TCP_FIN : 0)),
		.data_bytes = next->bytes,
		.segment_bytes = next->segment_bytes,
		.is_new = true,
	};
	/* It answers what came a moment ago: acknowledgments can wait for answers (as Linux's pingpong). */
	if (next->bytes != 0 && tcb->ack_delay_us != 0 &&
	    stack->now_us - tcb->data_at_us < tcb->ack_delay_us)
		tcb->is_interactive = true;
	int err = tcp__segment_send(stack, tcb, &out);
	if (err == ERR_FULL || err == ERR_TOO_BIG)
		return err;
	if (err != 0) /* as good as lost on the way */
		tcp__soft_error(stack, tcb, TCP_REASON_HOST_UNREACHABLE, true);
	record_new(stack, tcb, next, is_pushed);
	tcp__recovery_on_sent(tcb, next->bytes);
	pace_note(stack, tcb, next->bytes);
	tcb->is_cork_over = false;
	return 0;
}

/* A window that was not used for so long says nothing any more (RFC 5681, section 4.1). */
static void
restart_after_idle(const struct stack *stack, struct tcb *tcb)
{
	const uint64_t idle_us = stack->now_us - tcb->counters.last_sent_us;
	const uint64_t rto_us = rto_base_us(&tcb->rto);

	if (tcb->config.slow_start_after_idle && tcb->counters.data_segments_out != 0 &&
	    tcp_flight_is_empty(&tcb->flight) && idle_us > rto_us)
		cc_on_idle(&tcb->cc, idle_us, rto_us);
}

static enum hold
send_all_new(struct stack *stack, struct tcb *tcb, bool *sent)
{
	struct next next = { 0 };
	enum hold hold;

	if (tcp__has_unsent(tcb))
		restart_after_idle(stack, tcb);
	if (tcp__mtu_probe(stack, tcb))
		*sent = true;
	while ((hold = next_choose(stack, tcb, &next)) == HOLD_NOT) {
		if (pace_holds(stack, tcb))
			return HOLD_PACE;
		if (queue_is_busy(stack))
			return HOLD_QUEUE;
		if (!tcp_flight_has_room(&stack->tcp.sent, &tcb->flight))
			return HOLD_RECORD;
		int err = send_new(stack, tcb, &next);
		if (err == ERR_TOO_BIG) { /* the link cannot split it just now */
			next.bytes = min_u32(next.bytes, next.segment_bytes);
			next.has_fin = false;
			err = send_new(stack, tcb, &next);
		}
		if (err != 0)
			return HOLD_QUEUE;
		*sent = true;
	}
	return hold;
}

/* Whether cwnd was what held us back in this round trip; only then may it grow (RFC 7661, as Linux). */
static void
note_cwnd_use(struct tcb *tcb, enum hold hold)
{
	const uint32_t flight = tcb->flight.sent.bytes;
	const bool is_limited = hold == HOLD_CWND;

	if (seq_lt(tcb->snd_una, tcb->cwnd_usage_seq) && !is_limited &&
	    (tcb->is_cwnd_limited || flight <= tcb->flight_max))
		return;
	tcb->is_cwnd_limited = is_limited;
	tcb->flight_max = flight;
	tcb->cwnd_usage_seq = tcb->snd_nxt;
}

bool
tcp__probe_new(struct stack *stack, struct tcb *tcb)
{
	const uint32_t unsent = tcb->fin_sent ? 0 : tcb->snd_end - tcb->snd_nxt;
	const uint32_t window = usable_window(tcb);
	struct next next = { .segment_bytes = tcb->mss - tcp__sack_bytes(tcb) };

	next.bytes = min_u32(min_u32(unsent, window), next.segment_bytes);
	next.has_fin = tcb->fin_wanted && !tcb->fin_sent && next.bytes == unsent &&
		       next.bytes < window;
	if ((next.bytes == 0 && !next.has_fin) ||
	    !tcp_flight_has_room(&stack->tcp.sent, &tcb->flight))
		return false;
	return send_new(stack, tcb, &next) == 0;
}

/* ---- again ----------------------------------------------------------------------------------- */

static uint32_t
data_of(const struct tcp_sent *record)
{
	return tcp_sent_size(record) - ((record->flags & TCP_SENT_SYN) != 0) -
	       ((record->flags & TCP_SENT_FIN) != 0);
}

static uint16_t
flags_again(const struct tcb *tcb, const struct tcp_sent *record, uint32_t data_bytes)
{
	uint16_t flags = TCP_ACK;

	if ((record->flags & TCP_SENT_SYN) != 0)
		return tcb->state == TCP_STATE_SYN_SENT ? TCP_SYN : TCP_SYN | TCP_ACK;
	if (data_bytes != data_of(record))
		return flags;
	if ((record->flags & TCP_SENT_FIN) != 0)
		flags |= TCP_FIN;
	if (data_bytes != 0 && record->is_pushed)
		flags |= TCP_PSH;
	return flags;
}

static void
note_again(struct stack *stack, struct tcb *tcb, struct tcp_sent *record, uint32_t data_bytes)
{
	struct tcp_recovery *recovery = &tcb->recovery;

	tcp_flight_mark_again(&tcb->flight, record, stack->now_us);
	record->delivered_bytes = tcb->delivered_bytes;
	record->delivered_at_us = tcb->delivered_at_us;
	record->flight_began_us = tcb->flight_began_us;
	if (recovery->retransmitted_at_us == 0) {
		recovery->retransmitted_at_us = stack->now_us;
		recovery->retransmit_ts = tcp__timestamp(stack->now_us, tcb->ts_offset);
	}
	recovery->undo_retransmits += record->segments;
	tcb->counters.retransmits_total += record->segments;
	tcb->counters.bytes_retransmitted += data_bytes;
	tcp__recovery_on_sent(tcb, tcp_sent_size(record));
}

/* The first `most` octets of it; *data_bytes: how much it was. */
static int
send_again(struct stack *stack, struct tcb *tcb, struct tcp_sent *record, uint32_t most,
	   uint32_t mss, uint32_t *data_bytes)
{
	if (data_of(record) > most)
		(void)tcp_flight_cut(&stack->tcp.sent, &tcb->flight, record,
				     record->range.begin + most);
	/* Without a record for the rest a part must do. */
	*data_bytes = min_u32(data_of(record), most);
	const struct tcp_out out = {
		.seq = record->range.begin,
		.flags = flags_again(tcb, record, *data_bytes),
		.data_bytes = *data_bytes,
		.segment_bytes = mss,
	};
	return tcp__segment_send(stack, tcb, &out);
}

int
tcp__retransmit(struct stack *stack, struct tcb *tcb, struct tcp_sent *record)
{
	const bool is_syn = (record->flags & TCP_SENT_SYN) != 0;
	const uint32_t mss = is_syn ? tcb->mss_advertised : tcb->mss - tcp__sack_bytes(tcb);
	const uint32_t burst =
		whole_segments(burst_bytes(stack, tcb, mss), usable_cwnd(tcb), mss);
	uint32_t data_bytes;

	/* The peer has taken its window back: only the first tells it to say so (RFC 9293, section 3.8.6). */
	if (seq_ge(record->range.begin, tcb->snd_una + tcb->snd_wnd) &&
	    record->range.begin != tcb->snd_una)
		return ERR_CLOSED;
	int err = send_again(stack, tcb, record, burst < mss ? mss : burst, mss, &data_bytes);
	if (err == ERR_TOO_BIG) /* the link cannot split it just now */
		err = send_again(stack, tcb, record, mss, mss, &data_bytes);
	if (err == ERR_FULL || err == ERR_TOO_BIG)
		return ERR_FULL;
	if (err != 0)
		tcp__soft_error(stack, tcb, TCP_REASON_HOST_UNREACHABLE, true);
	if (trace__is_on(stack))
		trace__tcp_again(stack, tcb, record);
	note_again(stack, tcb, record, data_bytes);
	return 0;
}

/* The first of all, if it is lost, is what the peer waits for. */
static struct tcp_sent *
next_lost(const struct tcp_flight *flight)
{
	struct tcp_sent *first;

	if (TAILQ_EMPTY(&flight->lost))
		return NULL;
	first = tcp_flight_first(flight);
	if ((first->flags & TCP_SENT_LOST) != 0 && (first->flags & TCP_SENT_AGAIN) == 0)
		return first;
	return TAILQ_FIRST(&flight->lost);
}

static enum hold
send_all_lost(struct stack *stack, struct tcb *tcb, bool *sent)
{
	struct tcp_sent *record;

	while ((record = next_lost(&tcb->flight)) != NULL) {
		if (usable_cwnd(tcb) < min_u32(tcp_sent_size(record), tcb->mss))
			return HOLD_CWND;
		if (queue_is_busy(stack))
			return HOLD_QUEUE;
		const bool is_first = record->range.begin == tcb->snd_una;
		int err = tcp__retransmit(stack, tcb, record);
		if (err != 0)
			return err == ERR_FULL ? HOLD_QUEUE : HOLD_WINDOW;
		if (is_first) /* its timeout counts from now on, as Linux: else the timer would find it on its way */
			tcp__rearm_rto(stack, tcb);
		*sent = true;
	}
	return HOLD_DONE;
}

/* ---- acknowledging --------------------------------------------------------------------------- */

/* Every second full segment (section 3.8.6.3), or each; the program has had its chance to read or to answer. */
static bool
ack_is_due(const struct tcb *tcb)
{
	return tcb->ack_now || (tcb->quick_acks != 0 && !tcb->is_interactive) ||
	       tcb->rcv_nxt - tcb->rcv_acked > tcb->mss_seen;
}

static bool
acknowledge(struct stack *stack, struct tcb *tcb)
{
	if (!tcb->ack_wanted)
		return true;
	if (ack_is_due(tcb))
		return tcp__ack_send(stack, tcb) != ERR_FULL;
	if (!wheel_is_armed(&tcb->ack_timer))
		wheel_arm(&stack->wheel, &tcb->ack_timer, stack->now_us + tcb->ack_delay_us);
	return true;
}

/* ---- all together ---------------------------------------------------------------------------- */

static void
arm_for(struct stack *stack, struct tcb *tcb, enum hold hold, bool sent)
{
	if (sent)
		tcp__arm_on_sent(stack, tcb);
	else if (tcp_flight_is_empty(&tcb->flight) && hold == HOLD_WINDOW)
		tcp__arm_persist(stack, tcb);
	if (hold == HOLD_SMALL && (tcb->config.cork || tcb->is_more) &&
	    !wheel_is_armed(&tcb->send_timer)) {
		tcb->send_timer.kind = TIMER_TCP_CORK;
		wheel_arm(&stack->wheel, &tcb->send_timer, stack->now_us + TCP_CORK_US);
	}
}

static enum tcp_limit
limit_of(const struct tcb *tcb, enum hold hold)
{
	if (hold == HOLD_WINDOW)
		return TCP_LIMIT_WINDOW;
	if (hold == HOLD_DONE && !tcb->is_writable_told)
		return TCP_LIMIT_BUFFER;
	return TCP_LIMIT_PATH;
}

static enum hold
send_data(struct stack *stack, struct tcb *tcb, bool *sent)
{
	struct tcp_recovery *recovery = &tcb->recovery;
	enum hold hold;

	if (recovery->is_new_first) { /* RFC 5682, section 2.1, step 2 (b) */
		recovery->is_new_first = false;
		hold = send_all_new(stack, tcb, sent);
		if (seq_gt(tcb->snd_nxt, recovery->high_seq))
			return hold;
		recovery->is_frto = false; /* there is nothing new that could tell */
	}
	hold = send_all_lost(stack, tcb, sent);
	return hold == HOLD_DONE ? send_all_new(stack, tcb, sent) : hold;
}

/* False: the transmit queue is full, come again. */
static bool
send_all(struct stack *stack, struct tcb *tcb)
{
	bool sent = false;

	tcp__mtu_follow(stack, tcb);
	const enum hold hold = send_data(stack, tcb, &sent);
	note_cwnd_use(tcb, hold);
	arm_for(stack, tcb, hold, sent);
	if (tcp__has_unsent(tcb) || !tcp_flight_is_empty(&tcb->flight))
		tcp__limit_note(stack, tcb, limit_of(tcb, hold));
	tcp__tell_writable(stack, tcb); /* less is unsent than before, or may be (TCP_NOTSENT_LOWAT) */
	return hold != HOLD_QUEUE;
}

void
tcp__output(struct stack *stack, struct tcb *tcb)
{
	bool is_done = true;

	if (tcb->is_aborted) {
		tcp__abort(stack, tcb);
		return;
	}
	switch ((enum tcp_state)tcb->state) {
	case TCP_STATE_CLOSED:
	case TCP_STATE_LISTEN:
	case TCP_STATE_TIME_WAIT:
	case TCP_STATE_SYN_SENT: return;
	case TCP_STATE_SYN_RECEIVED: break;
	case TCP_STATE_ESTABLISHED:
	case TCP_STATE_FIN_WAIT_1:
	case TCP_STATE_FIN_WAIT_2:
	case TCP_STATE_CLOSE_WAIT:
	case TCP_STATE_CLOSING:
	case TCP_STATE_LAST_ACK: is_done = send_all(stack, tcb); break;
	}
	if (!acknowledge(stack, tcb) || !is_done)
		tcp__want_flush(stack, tcb);
}

bool
tcp_flush(struct stack *stack)
{
	struct tcp *tcp = &stack->tcp;
	struct tcb *tcb;
	bool has_worked = false;

	if (!tcp_is_spoken(tcp))
		return false;
	/* Who queues up again meanwhile waits until the frames have left. */
	const uint32_t round = ++tcp->flush_round;
	while (!queue_is_busy(stack) && (tcb = TAILQ_FIRST(&tcp->flushes)) != NULL &&
	       tcb->flush_round != round) {
		TAILQ_REMOVE(&tcp->flushes, tcb, flush_link);
		tcb->is_flush_queued = false;
		tcp__output(stack, tcb);
		has_worked = true;
	}
	return has_worked;
}
