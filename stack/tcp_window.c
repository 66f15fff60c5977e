/*
 * The receive window: how much is offered, when the program's reading is worth a segment, and how the
 * buffer grows with the path (RFC 9293, section 3.8.6.2.2; dynamic right-sizing as Linux has it).
 */
#include "stack/stack_priv.h"

#define RATE_SEGMENTS 10u /* what a sender may send in its first round trip (RFC 6928) */

static uint32_t
min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t
round_up(uint32_t window, uint8_t wscale)
{
	const uint32_t unit = 1u << wscale;
	return (window + unit - 1) & ~(unit - 1);
}

uint32_t
tcp__window_initial(const struct tcp_config *config, uint32_t mss, bool has_wscale, uint8_t *wscale)
{
	uint32_t window = min_u32(config->receive_buffer_bytes, UINT16_MAX);
	uint32_t largest = config->receive_buffer_bytes_max;

	if (window > mss)
		window -= window % mss;
	*wscale = 0;
	if (largest < config->receive_buffer_bytes)
		largest = config->receive_buffer_bytes;
	while (has_wscale && *wscale < TCP_WSCALE_MAX && largest >> *wscale > UINT16_MAX)
		++*wscale;
	return window;
}

static uint32_t
buffer_bytes(const struct tcb *tcb)
{
	return min_u32(tcb->receive_limit, (uint32_t)UINT16_MAX << tcb->rcv_wscale);
}

/* Without scaling the window lines up with the peer's segments, so that it never ends in a small one. */
static uint32_t
unscaled(uint32_t window, uint32_t room, uint32_t mss)
{
	if (window + mss <= room || window > room)
		return room - room % mss;
	return window;
}

uint32_t
tcp__window_could_be(const struct stack *stack, const struct tcb *tcb)
{
	const uint32_t full = buffer_bytes(tcb), unread = tcp__unread(tcb);
	const uint32_t mss = min_u32(tcb->mss_seen, full);
	const uint32_t window = tcb->rcv_edge - tcb->rcv_nxt;
	uint32_t room = full > unread ? full - unread : 0;

	/* Silly window syndrome: rather nothing than a little. */
	if (room < full / 2) {
		room &= ~((1u << tcb->rcv_wscale) - 1);
		if (room < full / 16 || room < mss)
			return 0;
	}
	if (stream_pool_is_low(&stack->tcp.streams)) {
		/*
		 * Who has read all gets a segment more, from the reserve: two hosts full of what they
		 * want to send would wait for each other for ever.
		 */
		const uint32_t least = unread == 0 ? mss : 0;
		room = min_u32(room, window < least ? least : window);
	}
	return tcb->rcv_wscale != 0 || mss == 0 ? round_up(room, tcb->rcv_wscale)
						: unscaled(window, room, mss);
}

uint32_t
tcp__window_offer(struct stack *stack, struct tcb *tcb)
{
	const uint32_t window = tcb->rcv_edge - tcb->rcv_nxt;
	uint32_t offer = tcp__window_could_be(stack, tcb);

	/* What was offered is not taken back (RFC 9293, section 3.8.6: SHLD-14). */
	if (offer < window)
		offer = round_up(window, tcb->rcv_wscale);
	offer = min_u32(offer, (uint32_t)UINT16_MAX << tcb->rcv_wscale);
	tcb->rcv_edge = tcb->rcv_nxt + offer;
	return offer;
}

/* ---- autotuning ------------------------------------------------------------------------------ */

/* How long a round trip takes, seen from a host that only receives. */
static void
rtt_measure(const struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment)
{
	struct tcp_receive_rate *rate = &tcb->rate;
	uint64_t rtt_us = 0;

	if (tcb->has_timestamps && segment->options.has_timestamps) {
		const uint32_t now_ts = tcp__timestamp(stack->now_us, tcb->ts_offset);
		if (segment->options.ts_ecr == 0 || segment->data_bytes < tcb->mss_seen)
			return;
		rtt_us = (uint64_t)(now_ts - segment->options.ts_ecr) * 1000;
		if (rtt_us == 0)
			rtt_us = 1000;
	} else if (rate->rtt_began_us == 0 || seq_ge(tcb->rcv_nxt, rate->rtt_seq)) {
		/* A window takes a round trip to be filled, or longer. */
		if (rate->rtt_began_us != 0)
			rtt_us = stack->now_us - rate->rtt_began_us + 1;
		rate->rtt_seq = tcb->rcv_edge;
		rate->rtt_began_us = stack->now_us;
	}
	if (rtt_us == 0 || rtt_us > RTO_MAX_US)
		return;
	rate->rtt_us = rate->rtt_us == 0 || rtt_us < rate->rtt_us
			       ? rtt_us
			       : rate->rtt_us - rate->rtt_us / 8 + rtt_us / 8;
}

/* What the peer's full segments carry, so that every second one is acknowledged. */
static void
mss_measure(struct tcb *tcb, const struct tcp_segment *segment)
{
	const bool is_pushed = (segment->flags & TCP_PSH) != 0;

	if (segment->data_bytes >= tcb->mss_seen) {
		tcb->mss_seen = (uint16_t)min_u32(segment->data_bytes, tcb->mss_advertised);
		tcb->ack_pushed |= is_pushed; /* the end of a write: more may be long in coming */
		return;
	}
	tcb->ack_pushed_twice |= tcb->ack_pushed;
	tcb->ack_pushed = true;
}

void
tcp__window_on_data(struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment)
{
	mss_measure(tcb, segment);
	rtt_measure(stack, tcb, segment);
}

/* The program reads faster than the window lets the peer send: twice what it read, and a little more. */
static void
buffer_grow(const struct stack *stack, struct tcb *tcb, uint32_t read_bytes)
{
	const uint32_t max = tcb->config.receive_buffer_bytes_max, space = tcb->rate.space;
	uint64_t wanted = 2 * (uint64_t)read_bytes + 16u * tcb->mss_advertised;

	wanted += 2 * (wanted * (read_bytes - space) / space);
	if (wanted > max)
		wanted = max;
	if (wanted > tcb->receive_limit && !stream_pool_is_low(&stack->tcp.streams))
		tcb->receive_limit = (uint32_t)wanted;
}

static void
rate_measure(const struct stack *stack, struct tcb *tcb)
{
	struct tcp_receive_rate *rate = &tcb->rate;
	const uint32_t read_bytes = tcb->rcv_read - rate->read_seq;

	if (rate->space == 0)
		rate->space = min_u32(tcb->receive_limit, RATE_SEGMENTS * tcb->mss_advertised);
	if (rate->rtt_us == 0 || stack->now_us - rate->began_us < rate->rtt_us)
		return;
	if (read_bytes > rate->space) {
		buffer_grow(stack, tcb, read_bytes);
		rate->space = read_bytes;
	}
	rate->read_seq = tcb->rcv_read;
	rate->began_us = stack->now_us;
}

/* As Linux: what was delayed is acknowledged when the program has read it all, unless it is to answer. */
static bool
read_wants_ack(const struct tcb *tcb)
{
	if (!tcb->ack_wanted)
		return false;
	if (tcb->rcv_nxt - tcb->rcv_acked > tcb->mss_seen)
		return true;
	return tcp__unread(tcb) == 0 &&
	       (tcb->ack_pushed_twice || (tcb->ack_pushed && !tcb->is_interactive));
}

void
tcp__window_on_read(struct stack *stack, struct tcb *tcb)
{
	const uint32_t window = tcb->rcv_edge - tcb->rcv_nxt;

	rate_measure(stack, tcb);
	if (tcb->is_fin_received)
		return; /* the peer sends no more */
	bool is_due = read_wants_ack(tcb);
	/* Worth a segment of its own when the window becomes twice as large. */
	if (!is_due && window <= buffer_bytes(tcb) / 2) {
		const uint32_t offer = tcp__window_could_be(stack, tcb);
		is_due = offer != 0 && offer >= 2 * window;
	}
	if (!is_due)
		return;
	tcb->ack_wanted = tcb->ack_now = true;
	tcp__want_flush(stack, tcb);
}
