/* What selective acknowledgments tell the sender (RFC 2018, RFC 2883, RFC 6675, section 3). */
#include "stack/stack_priv.h"

/* ---- delivery -------------------------------------------------------------------------------- */

/* What arrived between the sending of the record and now (draft-ietf-ccwg-bbr's rate sample). */
static void
rate_sample(const struct stack *stack, struct tcb *tcb, const struct tcp_sent *record)
{
	const uint64_t bytes = tcb->delivered_bytes - record->delivered_bytes;
	const uint64_t send_us = record->sent_at_us - record->flight_began_us;
	const uint64_t ack_us = stack->now_us - record->delivered_at_us;
	const uint64_t span_us = send_us > ack_us ? send_us : ack_us;

	tcb->flight_began_us = record->sent_at_us;
	if (span_us == 0 || span_us < tcb->rto.min_rtt_us)
		return;
	const uint64_t rate = bytes * 1000000 / span_us;
	if ((record->flags & TCP_SENT_APP_LIMITED) == 0 || rate > tcb->delivery_rate)
		tcb->delivery_rate = rate;
}

void
tcp__delivered(struct stack *stack, struct tcb *tcb, const struct tcp_sent *record,
	       struct tcp_ack *ack)
{
	const uint32_t size = tcp_sent_size(record);

	ack->delivered_bytes += size;
	tcb->delivered_bytes += size;
	tcb->counters.segments_delivered += record->segments;
	rate_sample(stack, tcb, record);
	tcb->delivered_at_us = stack->now_us;
	rack_delivered(&tcb->rack, record, ack->fack, tcb->rto.min_rtt_us, stack->now_us);
	if (size >= tcb->mss)
		tcb->mtu.passed_at_us = stack->now_us;
	const bool was_sent_again = (record->flags & TCP_SENT_EVER_AGAIN) != 0;
	if (!was_sent_again && seq_le(record->range.end, tcb->recovery.high_seq))
		ack->has_original = true;
	if (record->sent_at_us >= ack->latest_sent_at_us) {
		ack->latest_sent_at_us = record->sent_at_us;
		ack->is_latest_again = was_sent_again;
	}
}

/* ---- blocks ---------------------------------------------------------------------------------- */

/* What we have never sent, or what has long been acknowledged, is nonsense or an attack. */
static bool
is_valid(const struct tcb *tcb, const struct seq_range *block)
{
	return seq_lt(block->begin, block->end) && seq_le(block->end, tcb->snd_nxt) &&
	       seq_gt(block->end, tcb->snd_una);
}

static bool
is_duplicate(const struct tcp_options *options, uint32_t ack)
{
	const struct seq_range *first = &options->sacks[0], *second = &options->sacks[1];

	if (seq_ge(first->begin, first->end))
		return false;
	if (seq_lt(first->begin, ack)) /* RFC 2883, section 4.1 */
		return true;
	return options->sack_count > 1 && seq_ge(first->begin, second->begin) &&
	       seq_le(first->end, second->end);
}

static void
duplicate_receive(struct tcb *tcb, const struct seq_range *block, struct tcp_ack *ack)
{
	struct tcp_recovery *recovery = &tcb->recovery;
	const uint32_t size = seq_range_bytes(block);
	const uint32_t segments = size <= tcb->mss ? 1 : (size - 1) / tcb->mss + 1;

	/* No more than we can have sent twice, and not older than a window. */
	if (seq_gt(block->end, tcb->snd_nxt) ||
	    seq_lt(block->begin, tcb->snd_una - tcb->snd_wnd_max))
		return;
	ack->has_dsack = true;
	tcb->counters.dsack_duplicates += segments;
	rack_on_dsack(&tcb->rack, tcb->snd_nxt);
	if (recovery->can_undo && seq_gt(block->end, recovery->undo_seq))
		recovery->undo_retransmits -= segments < recovery->undo_retransmits
						      ? segments
						      : recovery->undo_retransmits;
	ack->is_dsack_of_probe = recovery->is_tlp_out && recovery->is_tlp_retransmit &&
				 block->end == recovery->tlp_end_seq;
}

/*
 * The part of a record that the block holds, in whole segments: a peer that acknowledges octets cannot
 * make us keep a record of each.  NULL: not even one.
 */
static struct tcp_sent *
cut_to(struct stack *stack, struct tcb *tcb, struct tcp_sent *record, const struct seq_range *block)
{
	struct tcp_sent_pool *pool = &stack->tcp.sent;
	const uint32_t mss = record->segment_bytes;

	if (seq_gt(block->begin, record->range.begin)) {
		const uint32_t before = block->begin - record->range.begin;
		const uint32_t kept = (before + mss - 1) / mss * mss;
		if (kept >= tcp_sent_size(record))
			return NULL;
		record = tcp_flight_cut(pool, &tcb->flight, record, record->range.begin + kept);
	}
	if (record != NULL && seq_lt(block->end, record->range.end)) {
		if (seq_le(block->end, record->range.begin))
			return NULL;
		const uint32_t held = (block->end - record->range.begin) / mss * mss;
		if (held == 0 || tcp_flight_cut(pool, &tcb->flight, record,
						record->range.begin + held) == NULL)
			return NULL;
	}
	return record;
}

static void
mark(struct stack *stack, struct tcb *tcb, struct tcp_sent *record, struct tcp_ack *ack)
{
	ack->has_sacked = true;
	tcp__delivered(stack, tcb, record, ack);
	tcp_flight_mark_sacked(&tcb->flight, record);
	tcp_flight_join(&stack->tcp.sent, &tcb->flight, record);
}

/* Sacked neighbours are one record, so what was told before takes one step. */
static void
block_receive(struct stack *stack, struct tcb *tcb, const struct seq_range *block,
	      struct tcp_ack *ack)
{
	uint32_t seq = block->begin;

	while (seq_lt(seq, block->end)) {
		struct tcp_sent *record = tcp_flight_find(&tcb->flight, seq);
		if (record == NULL || seq_ge(record->range.begin, block->end))
			return;
		seq = record->range.end;
		if ((record->flags & TCP_SENT_SACKED) != 0)
			continue;
		record = cut_to(stack, tcb, record, block);
		if (record == NULL)
			continue;
		seq = record->range.end;
		mark(stack, tcb, record, ack);
	}
}

void
tcp__sack_receive(struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment,
		  struct tcp_ack *ack)
{
	const struct tcp_options *options = &segment->options;
	unsigned first = 0;

	if (!tcb->has_sack || options->sack_count == 0)
		return;
	if (is_duplicate(options, segment->ack)) {
		duplicate_receive(tcb, &options->sacks[0], ack);
		first = 1;
	}
	for (unsigned i = first; i < options->sack_count; i++)
		if (is_valid(tcb, &options->sacks[i]))
			block_receive(stack, tcb, &options->sacks[i], ack);
}

void
tcp__sack_forget(struct tcb *tcb)
{
	for (struct tcp_sent *record = tcp_flight_first(&tcb->flight); record != NULL;
	     record = tcp_flight_after(record))
		if ((record->flags & TCP_SENT_SACKED) != 0)
			tcp_flight_unmark_sacked(&tcb->flight, record);
}
