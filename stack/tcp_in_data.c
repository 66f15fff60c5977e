/* The text of a segment, and FIN (RFC 9293, section 3.10.7.4, seventh and eighth). */
#include "stack/stack_priv.h"

#define HOLES_OF_CHUNK (STREAM_CHUNK_BYTES / sizeof(struct seq_range))
#define LEND_BYTES_MIN 1024u /* a shorter text is copied as quickly as it is lent */

/* ---- acknowledging --------------------------------------------------------------------------- */

/* As Linux: at the start and after a pause each segment is acknowledged, so that slow start gets its clock. */
static void
want_ack(struct stack *stack, struct tcb *tcb)
{
	const uint64_t idle_us = stack->now_us - tcb->data_at_us;

	if (tcb->ack_delay_us == 0) {
		tcb->ack_delay_us = TCP_ACK_DELAY_US;
		if (tcb->config.quick_ack)
			tcb->quick_acks = TCP_QUICK_ACKS_MAX;
	} else if (idle_us > rto_base_us(&tcb->rto) && tcb->config.quick_ack) {
		tcb->quick_acks = TCP_QUICK_ACKS_MAX;
	}
	tcb->data_at_us = stack->now_us;
	tcb->ack_wanted = true;
	tcp__want_flush(stack, tcb);
}

/* With the data that the segment may have set free, as soon as it is over. */
static void
ack_soon(struct stack *stack, struct tcb *tcb)
{
	tcb->ack_wanted = tcb->ack_now = true;
	tcp__want_flush(stack, tcb);
}

/* What is out of order is told segment by segment: the peer counts (RFC 5681, section 4.2). */
static void
ack_at_once(struct stack *stack, struct tcb *tcb)
{
	tcb->ack_wanted = tcb->ack_now = true;
	if (tcp__ack_send(stack, tcb) == ERR_FULL)
		tcp__want_flush(stack, tcb);
}

/* ---- out of order ---------------------------------------------------------------------------- */

/* The piece that grew last comes first among the blocks that are told (RFC 2018, section 4). */
static void
sack_note(struct tcb *tcb, uint32_t seq)
{
	unsigned kept = 1;
	uint32_t before[TCP_SACKS_MAX];
	const unsigned count = tcb->sack_recent_count;
	const struct seq_range *piece = seq_set_find(&tcb->holes, seq);

	for (unsigned i = 0; i < count; i++)
		before[i] = tcb->sack_recent[i];
	tcb->sack_recent[0] = piece->begin;
	for (unsigned i = 0; i < count && kept < TCP_SACKS_MAX; i++)
		if (seq_lt(before[i], piece->begin) || seq_ge(before[i], piece->end))
			tcb->sack_recent[kept++] = before[i];
	tcb->sack_recent_count = (uint8_t)kept;
}

/* The few places in the tcb are used up: a chunk of the pool has more. */
static bool
holes_grow(struct stack *stack, struct tcb *tcb)
{
	if (tcb->holes_chunk != NULL)
		return false;
	tcb->holes_chunk = stream_chunk_get(&stack->tcp.streams);
	if (tcb->holes_chunk == NULL)
		return false;
	seq_set_move(&tcb->holes, (struct seq_range *)(void *)tcb->holes_chunk->bytes,
		     HOLES_OF_CHUNK);
	return true;
}

static void
holes_shrink(struct stack *stack, struct tcb *tcb)
{
	if (tcb->holes_chunk == NULL || tcb->holes.count != 0)
		return;
	seq_set_move(&tcb->holes, tcb->holes_small, TCP_HOLES_SMALL);
	stream_chunk_put(&stack->tcp.streams, tcb->holes_chunk);
	tcb->holes_chunk = NULL;
}

static void
hole_add(struct stack *stack, struct tcb *tcb, const struct seq_range *range)
{
	struct seq_range whole, duplicate;
	int err = seq_set_add(&tcb->holes, range, &whole, &duplicate);

	if (err == ERR_FULL && holes_grow(stack, tcb))
		err = seq_set_add(&tcb->holes, range, &whole, &duplicate);
	if (err != 0) {
		stack__drop(stack, DROP_TCP_HOLES);
		return;
	}
	if (tcb->counters.hole_since_us == 0)
		tcb->counters.hole_since_us = stack->now_us;
	if (!seq_range_is_empty(&duplicate) && tcb->has_sack)
		tcb->dsack = duplicate;
	sack_note(tcb, range->begin);
}

static void
out_of_order(struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment, bool has_fin)
{
	struct seq_range range = { segment->seq, segment->seq };

	/* Under pressure the memory is for what is in order: only that can be read and freed. */
	if (segment->data_bytes != 0 && stream_pool_is_low(&stack->tcp.streams)) {
		stack__drop(stack, DROP_TCP_MEMORY);
	} else {
		range.end += (uint32_t)stream_write(&stack->tcp.streams, &tcb->receive, segment->seq,
						    segment->data, segment->data_bytes,
						    STREAM_OTHER);
		range.end += has_fin && range.end == segment->seq + segment->data_bytes;
		if (!seq_range_is_empty(&range))
			hole_add(stack, tcb, &range);
	}
	ack_at_once(stack, tcb);
}

/* ---- in order -------------------------------------------------------------------------------- */

static void
note_filled(struct tcb *tcb, uint64_t now_us)
{
	struct tcp_counters *counters = &tcb->counters;
	counters->hole_us += now_us - counters->hole_since_us;
	counters->hole_since_us = 0;
}

/* What had come before its time follows on. */
static void
holes_fill(struct stack *stack, struct tcb *tcb)
{
	const struct seq_range *first = seq_set_find(&tcb->holes, tcb->rcv_nxt);

	if (tcb->holes.count == 0)
		return;
	if (first != NULL && seq_le(first->begin, tcb->rcv_nxt))
		tcb->rcv_nxt = first->end;
	seq_set_drop_before(&tcb->holes, tcb->rcv_nxt);
	if (tcb->holes.count == 0) {
		tcb->sack_recent_count = 0;
		note_filled(tcb, stack->now_us);
	}
	holes_shrink(stack, tcb);
}

static void
throw_away(struct stack *stack, struct tcb *tcb)
{
	tcb->rcv_read = tcb->is_fin_received ? tcb->rcv_fin_seq : tcb->rcv_nxt;
	stream_drop_before(&stack->tcp.streams, &tcb->receive, tcb->rcv_read);
}

void
tcp__fin_receive(struct stack *stack, struct tcb *tcb)
{
	tcb->is_fin_received = true;
	tcb->rcv_nxt = tcb->rcv_fin_seq + 1;
	tcb->rcv_edge = seq_max(tcb->rcv_edge, tcb->rcv_nxt); /* a full window had no place for FIN */
	tcb->ack_wanted = tcb->ack_now = true;
	tcp__want_flush(stack, tcb);
	tcp__tell(stack, tcb, TCP_EVENT_PEER_CLOSED | TCP_EVENT_READABLE);
	switch ((enum tcp_state)tcb->state) {
	case TCP_STATE_ESTABLISHED: tcp__set_state(stack, tcb, TCP_STATE_CLOSE_WAIT); break;
	case TCP_STATE_FIN_WAIT_1:  tcp__set_state(stack, tcb, TCP_STATE_CLOSING); break;
	case TCP_STATE_FIN_WAIT_2:
		(void)tcp__ack_send(stack, tcb);
		tcp__time_wait_enter(stack, tcb);
		break;
	case TCP_STATE_CLOSED:
	case TCP_STATE_LISTEN:
	case TCP_STATE_SYN_SENT:
	case TCP_STATE_SYN_RECEIVED:
	case TCP_STATE_CLOSE_WAIT:
	case TCP_STATE_CLOSING:
	case TCP_STATE_LAST_ACK:
	case TCP_STATE_TIME_WAIT: break;
	}
}

/* The first part of what is new in order that had come before its time (RFC 2883, section 4). */
static void
duplicate_note(struct tcb *tcb, uint32_t begin, uint32_t end)
{
	const struct seq_range *piece = seq_set_find(&tcb->holes, begin);

	if (!tcb->has_sack || !seq_range_is_empty(&tcb->dsack) || piece == NULL ||
	    seq_ge(piece->begin, end))
		return;
	tcb->dsack.begin = seq_max(piece->begin, begin);
	tcb->dsack.end = seq_min(piece->end, end);
}

/* Octets taken from the segment: lent, where that saves the copy, or copied. */
static size_t
keep(struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment)
{
	struct stream_pool *pool = &stack->tcp.streams;

	if ((segment->packet->rx_flags & STACK_RX_LENT) != 0 && segment->data_bytes >= LEND_BYTES_MIN &&
	    tcb->holes.count == 0 && tcb->receive.end_seq == tcb->rcv_nxt &&
	    stream_write_lent(pool, &tcb->receive, segment->data, segment->data_bytes))
		return segment->data_bytes;
	return stream_write(pool, &tcb->receive, tcb->rcv_nxt, segment->data, segment->data_bytes, STREAM_IN_ORDER);
}

static void
in_order(struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment)
{
	const uint32_t before = tcb->rcv_nxt;
	const size_t taken = keep(stack, tcb, segment);

	if (taken < segment->data_bytes) { /* the rest comes again; the peer should not take us for dead meanwhile */
		stack__drop(stack, DROP_TCP_MEMORY);
		ack_soon(stack, tcb);
	}
	tcb->rcv_nxt += (uint32_t)taken;
	duplicate_note(tcb, before, tcb->rcv_nxt);
	holes_fill(stack, tcb);
	/* A FIN that came before its time has counted as an octet. */
	if (tcb->has_fin && seq_gt(tcb->rcv_nxt, tcb->rcv_fin_seq))
		tcb->rcv_nxt = tcb->rcv_fin_seq;
	tcb->counters.bytes_received += tcb->rcv_nxt - before;
	if (tcb->rcv_nxt != before) {
		tcp__window_on_data(stack, tcb, segment);
		want_ack(stack, tcb);
		if (tcb->is_deaf)
			throw_away(stack, tcb);
		else
			tcp__tell(stack, tcb, TCP_EVENT_READABLE);
	}
}

/* ---- the segment ----------------------------------------------------------------------------- */

static bool
is_receiving(const struct tcb *tcb)
{
	return tcb->state == TCP_STATE_ESTABLISHED || tcb->state == TCP_STATE_FIN_WAIT_1 ||
	       tcb->state == TCP_STATE_FIN_WAIT_2;
}

/* Cuts off what was received before and what lies beyond the window. */
static void
trim(struct stack *stack, struct tcb *tcb, struct tcp_segment *segment)
{
	const uint32_t end = segment->seq + segment->data_bytes;

	if (seq_lt(segment->seq, tcb->rcv_nxt)) {
		const uint32_t old = tcb->rcv_nxt - segment->seq;
		const uint32_t cut = old < segment->data_bytes ? old : segment->data_bytes;
		if (tcb->has_sack) {
			tcb->dsack.begin = segment->seq;
			tcb->dsack.end = segment->seq + cut;
		}
		segment->seq += cut;
		segment->data += cut;
		segment->data_bytes -= cut;
	}
	if (seq_gt(end, tcb->rcv_edge)) {
		stack__drop(stack, DROP_TCP_WINDOW);
		segment->data_bytes = seq_gt(tcb->rcv_edge, segment->seq)
					      ? tcb->rcv_edge - segment->seq
					      : 0;
		segment->flags &= (uint16_t)~TCP_FIN;
	}
}

/* RFC 3168, section 6.1.3. */
static void
congestion_note(struct tcb *tcb, const struct tcp_segment *segment)
{
	if (!tcb->has_ecn)
		return;
	if ((segment->flags & TCP_CWR) != 0)
		tcb->ecn_echo = false;
	if (segment->is_ce)
		tcb->ecn_echo = true;
	/* The sender should know soon; one that has just reduced its window waits for it. */
	tcb->ack_now |= segment->is_ce || (segment->flags & TCP_CWR) != 0;
}

/* Where the stream ends does not change; a peer that says so twice differently is broken or forged. */
static bool
fin_take(struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment)
{
	const uint32_t end = segment->seq + segment->data_bytes;

	if ((segment->flags & TCP_FIN) == 0)
		return true;
	if (tcb->has_fin && tcb->rcv_fin_seq != end) {
		stack__drop(stack, DROP_TCP_FIN_MOVED);
		return false;
	}
	tcb->has_fin = true;
	tcb->rcv_fin_seq = end;
	return true;
}

/* The program has closed, or shut both directions: what comes now nobody will read (RFC 9293, section 3.6.1). */
static bool
is_for_nobody(struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment)
{
	const uint32_t end = segment->seq + segment->data_bytes;
	const bool is_shut = tcb->is_detached || (tcb->is_deaf && tcb->fin_wanted);

	if (!is_shut || segment->data_bytes == 0 || seq_le(end, tcb->rcv_nxt))
		return false;
	stack__drop(stack, DROP_TCP_CLOSED);
	tcp__reset_reply(stack, segment);
	tcp__end(stack, tcb, tcb->is_detached ? TCP_REASON_ABORTED : TCP_REASON_RESET);
	return true;
}

void
tcp__data_receive(struct stack *stack, struct tcb *tcb, struct tcp_segment *segment)
{
	const bool has_text = segment->data_bytes != 0;

	if (!has_text && (segment->flags & TCP_FIN) == 0)
		return;
	if (!is_receiving(tcb)) {
		stack__drop(stack, DROP_TCP_AFTER_FIN);
		return;
	}
	if (is_for_nobody(stack, tcb, segment))
		return;
	tcb->counters.data_segments_in += has_text;
	congestion_note(tcb, segment);
	trim(stack, tcb, segment);
	if (!fin_take(stack, tcb, segment))
		return;
	const bool has_fin = (segment->flags & TCP_FIN) != 0, had_holes = tcb->holes.count != 0;
	if (seq_gt(segment->seq, tcb->rcv_nxt)) {
		tcb->counters.segments_out_of_order++;
		out_of_order(stack, tcb, segment, has_fin);
	} else if (segment->data_bytes != 0 || has_fin) {
		in_order(stack, tcb, segment);
		if (tcb->has_fin && tcb->rcv_nxt == tcb->rcv_fin_seq)
			tcp__fin_receive(stack, tcb);
		else if (had_holes)
			ack_soon(stack, tcb); /* a hole is filled, or another is still there */
	} else {
		ack_at_once(stack, tcb); /* nothing of it was new, or nothing found room */
	}
}
