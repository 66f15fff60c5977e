#include "stack/rack.h"

void
rack_init(struct rack *rack, uint32_t seq)
{
	*rack = (struct rack){ .end_seq = seq, .fack = seq, .window_factor = 1 };
}

/* Of two segments that were sent at the same time the later octets were sent later. */
static bool
is_sent_after(uint64_t a_us, uint32_t a_end, uint64_t b_us, uint32_t b_end)
{
	return a_us > b_us || (a_us == b_us && seq_gt(a_end, b_end));
}

void
rack_delivered(struct rack *rack, const struct tcp_sent *record, uint32_t fack,
	       uint64_t min_rtt_us, uint64_t now_us)
{
	const uint64_t rtt_us = now_us - record->sent_at_us;
	const bool was_sent_again = (record->flags & TCP_SENT_EVER_AGAIN) != 0;

	if (seq_gt(record->range.end, rack->fack))
		rack->fack = record->range.end;
	if (seq_lt(record->range.end, fack) && !was_sent_again)
		rack->reordering_seen = true;
	/* Too fast for the retransmission: it was the original that arrived (step 2). */
	if (was_sent_again && rtt_us < min_rtt_us)
		return;
	rack->is_news = true;
	rack->rtt_us = rtt_us; /* of what arrived last, whenever it was sent */
	if (rack->has_sample && !is_sent_after(record->sent_at_us, record->range.end,
					       rack->sent_at_us, rack->end_seq))
		return;
	rack->has_sample = true;
	rack->sent_at_us = record->sent_at_us;
	rack->end_seq = record->range.end;
}

void
rack_on_dsack(struct rack *rack, uint32_t snd_nxt)
{
	rack->reordering_seen = true;
	rack->window_rounds = RACK_WINDOW_ROUNDS;
	if (rack->has_dsack_round)
		return;
	rack->has_dsack_round = true;
	rack->dsack_round = snd_nxt;
	if (rack->window_factor < RACK_WINDOW_FACTOR_MAX)
		rack->window_factor++;
}

void
rack_on_ack(struct rack *rack, uint32_t una)
{
	if (rack->has_dsack_round && seq_ge(una, rack->dsack_round))
		rack->has_dsack_round = false;
}

void
rack_on_recovered(struct rack *rack)
{
	if (rack->window_rounds == 0)
		return;
	if (--rack->window_rounds == 0)
		rack->window_factor = 1;
}

static uint64_t
reordering_window_us(const struct rack *rack, const struct rack_view *view)
{
	if (!rack->reordering_seen &&
	    (view->is_recovering || view->sacked_segments >= RACK_DUP_SEGMENTS))
		return 0;
	const uint64_t window_us = view->min_rtt_us / 4 * rack->window_factor;
	return window_us < view->srtt_us ? window_us : view->srtt_us;
}

uint64_t
rack_detect(const struct rack *rack, struct tcp_flight *flight, const struct rack_view *view)
{
	const uint64_t wait_us = rack->rtt_us + reordering_window_us(rack, view);
	struct tcp_sent *record;

	if (!rack->has_sample)
		return 0;
	/* The oldest first: the one that is not due yet is due before all behind it. */
	while ((record = TAILQ_FIRST(&flight->by_time)) != NULL) {
		if (!is_sent_after(rack->sent_at_us, rack->end_seq, record->sent_at_us,
				   record->range.end))
			return 0;
		const uint64_t due_us = record->sent_at_us + wait_us;
		if (due_us > view->now_us)
			return due_us - view->now_us;
		tcp_flight_mark_lost(flight, record);
	}
	return 0;
}

bool
rack_is_young(const struct rack *rack, const struct tcp_sent *record, uint64_t now_us)
{
	return rack->has_sample && record->sent_at_us + rack->rtt_us > now_us;
}

uint64_t
tlp_timeout_us(uint64_t srtt_us, uint32_t flight_segments)
{
	if (srtt_us == 0)
		return 1000000; /* RFC 8985, section 7.2: 1 s without a sample */
	return 2 * srtt_us + (flight_segments == 1 ? TLP_MAX_ACK_DELAY_US : TLP_PTO_SLACK_US);
}
