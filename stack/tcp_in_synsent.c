/* SYN-SENT (RFC 9293, section 3.10.7.3), and what a peer's SYN brings. */
#include "stack/stack_priv.h"

void
tcp__take_syn(struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment)
{
	const struct tcp_options *options = &segment->options;
	const struct tcp_config *config = &tcb->config;
	const uint32_t window = tcb->rcv_edge - tcb->rcv_nxt; /* our SYN has offered it */

	tcb->irs = segment->seq;
	tcb->rcv_nxt = tcb->rcv_read = tcb->rcv_acked = segment->seq + 1;
	stream_init(&tcb->receive, tcb->rcv_nxt);
	if (options->mss != 0)
		tcb->mss_peer = options->mss < TCP_MSS_MIN ? TCP_MSS_MIN : options->mss;
	tcb->has_sack = config->sack && options->sack_permitted;
	tcb->has_wscale = config->window_scale && options->has_wscale;
	tcb->has_timestamps = config->timestamps && options->has_timestamps;
	if (tcb->has_timestamps) {
		tcb->ts_recent = options->ts_val;
		tcb->ts_recent_at_us = stack->now_us;
	}
	tcb->snd_wscale = tcb->has_wscale ? options->wscale : 0;
	if (!tcb->has_wscale)
		tcb->rcv_wscale = 0;
	tcb->rcv_edge = tcb->rcv_nxt + window;
	/* Full segments carry timestamps too. */
	const uint32_t mss = tcb->mss_advertised - (tcb->has_timestamps ? 12u : 0u);
	tcb->receive_limit -= tcb->receive_limit > mss ? tcb->receive_limit % mss : 0;
	tcb->snd_wnd = tcb->snd_wnd_max = segment->window;
	tcb->snd_wl1 = segment->seq;
	tcb->snd_wl2 = segment->ack;
}

/* How full segments look until the first comes, as Linux guesses. */
static void
guess_mss_seen(struct tcb *tcb)
{
	uint32_t guess = tcb->mss_advertised < tcb->mss_peer ? tcb->mss_advertised : tcb->mss_peer;

	if (guess > TCP_MSS_DEFAULT_IPV4)
		guess = TCP_MSS_DEFAULT_IPV4;
	tcb->mss_seen = (uint16_t)guess;
}

/* Both have sent a SYN (section 3.5, figure 8). */
static void
simultaneous_open(struct stack *stack, struct tcb *tcb, struct tcp_segment *segment)
{
	struct tcp_sent *syn = tcp_flight_first(&tcb->flight);

	tcb->has_ecn = false; /* RFC 3168, section 6.1.1: a crossed SYN agrees to nothing */
	tcp__take_syn(stack, tcb, segment);
	guess_mss_seen(tcb);
	tcp__set_state(stack, tcb, TCP_STATE_SYN_RECEIVED);
	(void)tcp__retransmit(stack, tcb, syn); /* now as SYN-ACK */
	tcp__arm_rto(stack, tcb);
}

/* Of a SYN that was sent again only a timestamp tells which one is answered (Karn). */
static void
sample_take(const struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment, const struct tcp_sent *syn)
{
	const bool is_again = (syn->flags & TCP_SENT_EVER_AGAIN) != 0;
	const uint64_t echo_us = tcb->has_timestamps ? tcp__echo_rtt_us(stack, tcb, segment->options.ts_ecr) : 0;

	if (!is_again || echo_us != 0)
		rto_sample(&tcb->rto, is_again ? echo_us : stack->now_us - syn->sent_at_us, stack->now_us);
}

static void
answered(struct stack *stack, struct tcb *tcb, struct tcp_segment *segment)
{
	tcp__take_syn(stack, tcb, segment);
	guess_mss_seen(tcb);
	tcb->has_ecn = tcb->config.ecn && (segment->flags & (TCP_ECE | TCP_CWR)) == TCP_ECE &&
		       tcb->retransmits == 0;
	struct tcp_sent *syn = tcp_flight_first(&tcb->flight);
	sample_take(stack, tcb, segment, syn);
	tcp_flight_remove(&stack->tcp.sent, &tcb->flight, syn);
	tcb->counters.segments_delivered++;
	tcb->snd_una = segment->ack;
	wheel_disarm(&stack->wheel, &tcb->loss_timer);
	tcp__established(stack, tcb);
	tcb->ack_wanted = tcb->ack_now = true;
	/* Data or FIN that came with it. */
	segment->seq++;
	segment->flags &= (uint16_t)~TCP_SYN;
	tcp__data_receive(stack, tcb, segment);
}

/*
 * The peer still has an earlier connection of these ports (RFC 9293, section 3.5.1): the RST ends that, if its own has
 * not, and the SYN would wait a second for its next chance.  As Linux does.
 */
static void
half_open_met(struct stack *stack, struct tcb *tcb, struct tcp_segment *segment)
{
	stack__drop(stack, DROP_TCP_ACK_UNSENT);
	tcp__reset_reply(stack, segment);
	tcp__arm_syn_soon(stack, tcb);
}

void
tcp__synsent_receive(struct stack *stack, struct tcb *tcb, struct tcp_segment *segment)
{
	const bool has_ack = (segment->flags & TCP_ACK) != 0;

	if (has_ack &&
	    (seq_le(segment->ack, tcb->iss) || seq_gt(segment->ack, tcb->snd_nxt))) {
		half_open_met(stack, tcb, segment);
		return;
	}
	if ((segment->flags & TCP_RST) != 0) {
		if (has_ack)
			tcp__end(stack, tcb, TCP_REASON_REFUSED);
		else
			stack__drop(stack, DROP_TCP_RESET_INEXACT);
		return;
	}
	if ((segment->flags & TCP_SYN) == 0) {
		stack__drop(stack, DROP_TCP_SEQUENCE);
		return;
	}
	if (has_ack)
		answered(stack, tcb, segment);
	else
		simultaneous_open(stack, tcb, segment);
}
