/*
 * Listeners: SYNs that are kept until the handshake is over, SYN cookies when they are too many, and the queue
 * of what is established (RFC 9293, section 3.10.7.2; RFC 4987).
 */
#include <string.h>

#include "stack/stack_priv.h"
#include "stack/trace_priv.h"

#define COOKIES_ACCEPTED_US (2u * TCP_COOKIE_PERIOD_US)

/* ---- SYN-ACK --------------------------------------------------------------------------------- */

static struct tcp_options
syn_ack_options(const struct stack *stack, const struct tcp_syn *syn)
{
	return (struct tcp_options){
		.mss = syn->mss_advertised,
		.sack_permitted = syn->has_sack,
		.has_wscale = syn->has_wscale,
		.wscale = syn->rcv_wscale,
		.has_timestamps = syn->has_timestamps,
		.ts_val = tcp__timestamp(stack->now_us, syn->ts_offset),
		.ts_ecr = syn->ts_recent,
	};
}

static void
syn_ack_send(struct stack *stack, struct tcp_syn *syn, const struct ip_packet *packet)
{
	const struct tcp_config *config = &syn->listener->config;
	const struct tcp_bare bare = {
		.tuple = &syn->key.tuple,
		.cause = packet,
		.seq = syn->iss,
		.ack = syn->irs + 1,
		.flags = TCP_SYN | TCP_ACK | (syn->has_ecn ? TCP_ECE : 0),
		.window = (uint16_t)syn->rcv_wnd,
		.hop_limit = config->hop_limit,
		.traffic_class = config->traffic_class,
		.options = syn_ack_options(stack, syn),
	};
	const uint32_t cause = stack->cause;

	stack->cause = syn->cause;
	tcp__bare_send(stack, &bare);
	stack->cause = cause;
	syn->sent_at_us = stack->now_us;
}

static void
syn_arm(struct stack *stack, struct tcp_syn *syn)
{
	uint64_t wait_us = RTO_INITIAL_US;

	for (unsigned i = 0; i < syn->timeouts && wait_us < RTO_MAX_US; i++)
		wait_us *= 2;
	wheel_arm(&stack->wheel, &syn->timer,
		  stack->now_us + (wait_us < RTO_MAX_US ? wait_us : RTO_MAX_US));
}

/* TCP_DEFER_ACCEPT: the program wants to hear of a connection with its first data, or after so long. */
static bool
is_deferred(const struct stack *stack, const struct tcp_syn *syn)
{
	const uint64_t wait_us = syn->listener->config.defer_accept_s * UINT64_C(1000000);
	return stack->now_us - syn->began_at_us < wait_us;
}

void
tcp__syn_timeout(struct stack *stack, struct tcp_syn *syn)
{
	/* The peer is there, and its data awaited: as Linux, it is asked once more when that has been long enough. */
	const bool is_waiting = syn->is_acknowledged && is_deferred(stack, syn);

	if (!syn->is_acknowledged && syn->timeouts >= syn->listener->config.synack_retries) {
		tcp__syn_free(stack, syn);
		return;
	}
	syn->timeouts++;
	if (!is_waiting) {
		syn->is_acknowledged = false;
		if (syn->retransmits < UINT8_MAX)
			syn->retransmits++;
		syn_ack_send(stack, syn, NULL);
	}
	syn_arm(stack, syn);
}

/* ---- cookies that are spent -------------------------------------------------------------------- */

/*
 * A cookie begins one connection: a late segment from the beginning of one that has ended would otherwise begin it
 * anew (RFC 4987, section 3.6), and the program hear the same data twice.  A new cookie equals one of these once in
 * a thousand million.
 */
static bool
cookie_is_spent(const struct tcp *tcp, uint32_t cookie)
{
	const uint32_t *spent = tcp->cookies_spent[cookie % TCP_COOKIE_SETS];

	for (unsigned i = 0; i < TCP_COOKIE_WAYS; i++)
		if (spent[i] == cookie)
			return true;
	return false;
}

static void
cookie_spend(struct tcp *tcp, uint32_t cookie)
{
	uint32_t *spent = tcp->cookies_spent[cookie % TCP_COOKIE_SETS];

	memmove(spent + 1, spent, (TCP_COOKIE_WAYS - 1) * sizeof *spent);
	spent[0] = cookie;
}

/* ---- SYN ------------------------------------------------------------------------------------- */

/* What a SYN and the listener agree on. */
static void
agree(struct stack *stack, struct tcp_syn *syn, const struct tcp_segment *segment)
{
	const struct tcp_config *config = &syn->listener->config;
	const struct tcp_options *options = &segment->options;
	const enum addr_family family = segment->packet->source.family;
	const struct route_hop in = { .ifindex = segment->packet->ifindex };
	const uint16_t setup = TCP_ECE | TCP_CWR; /* RFC 3168, section 6.1.1 */

	syn->irs = segment->seq;
	syn->window = segment->header.window;
	syn->mss_peer = options->mss;
	syn->mss_advertised = tcp__mss_of_link(stack, &in, family, config);
	syn->has_sack = config->sack && options->sack_permitted;
	syn->has_wscale = config->window_scale && options->has_wscale;
	syn->has_timestamps = config->timestamps && options->has_timestamps;
	syn->has_ecn = (config->ecn || config->ecn_if_asked) && (segment->flags & setup) == setup;
	syn->snd_wscale = syn->has_wscale ? options->wscale : 0;
	syn->ts_recent = syn->has_timestamps ? options->ts_val : 0;
	syn->ts_offset = tcp_timestamp_offset(&stack->tcp.secret, &syn->key.tuple);
	const uint32_t mss = syn->mss_advertised - (syn->has_timestamps ? 12u : 0u);
	syn->rcv_wnd = tcp__window_initial(config, mss, syn->has_wscale, &syn->rcv_wscale);
}

static struct tcp_tuple
tuple_of(const struct tcp_segment *segment)
{
	return (struct tcp_tuple){
		.local = segment->packet->destination,
		.remote = segment->packet->source,
		.local_port = segment->header.destination_port,
		.remote_port = segment->header.source_port,
	};
}

/* Nothing is kept: all that matters travels in our sequence number and timestamp. */
static void
cookie_send(struct stack *stack, struct tcb *listener, const struct tcp_segment *segment)
{
	struct tcp_syn syn = { .key.tuple = tuple_of(segment), .listener = listener };

	agree(stack, &syn, segment);
	if (!syn.has_timestamps)
		syn.has_sack = syn.has_wscale = syn.has_ecn = false;
	const struct tcp_cookie_facts facts = {
		.mss = syn.mss_peer != 0 ? syn.mss_peer
		       : segment->packet->source.family == ADDR_IPV4 ? TCP_MSS_DEFAULT_IPV4
								     : TCP_MSS_DEFAULT_IPV6,
		.has_timestamps = syn.has_timestamps,
		.sack_permitted = syn.has_sack,
		.has_wscale = syn.has_wscale,
		.wscale = syn.snd_wscale,
		.ecn = syn.has_ecn,
	};
	const uint32_t cookie =
		tcp_cookie_make(&stack->tcp.secret, &syn.key.tuple, syn.irs, &facts, stack->now_us);
	if (cookie_is_spent(&stack->tcp, cookie)) { /* the SYN of that connection, late */
		stack__drop(stack, DROP_TCP_COOKIE_SPENT);
		return;
	}
	struct tcp_options options = syn_ack_options(stack, &syn);
	options.ts_val = tcp_cookie_timestamp(options.ts_val, &facts);
	const struct tcp_bare bare = {
		.tuple = &syn.key.tuple,
		.cause = segment->packet,
		.seq = cookie,
		.ack = syn.irs + 1,
		.flags = TCP_SYN | TCP_ACK | (syn.has_ecn ? TCP_ECE : 0),
		.window = (uint16_t)syn.rcv_wnd,
		.hop_limit = listener->config.hop_limit,
		.traffic_class = listener->config.traffic_class,
		.options = options,
	};
	listener->accepts.cookies_until_us = stack->now_us + COOKIES_ACCEPTED_US;
	stack__drop(stack, DROP_TCP_SYN_COOKIE);
	tcp__bare_send(stack, &bare);
}

static bool
accept_queue_is_full(const struct tcb *listener)
{
	return listener->accepts.count > listener->accepts.backlog;
}

static void
syn_arrived(struct stack *stack, struct tcb *listener, const struct tcp_segment *segment)
{
	struct tcp_syn *syn = NULL;

	if (accept_queue_is_full(listener)) {
		stack__drop(stack, DROP_TCP_BACKLOG);
		return;
	}
	if (listener->accepts.syn_count <= listener->accepts.backlog)
		syn = tcp__syn_new(stack, listener);
	if (syn == NULL) {
		cookie_send(stack, listener, segment);
		return;
	}
	syn->key.tuple = tuple_of(segment);
	syn->cause = stack->cause;
	syn->began_at_us = stack->now_us;
	wheel_timer_init(&syn->timer, TIMER_TCP_SYN_ACK);
	agree(stack, syn, segment);
	syn->iss = segment->iss != 0
			   ? segment->iss
			   : tcp_isn(&stack->tcp.secret, &syn->key.tuple, stack->now_us);
	tcp__insert(stack, &syn->key, TCP_KEY_SYN);
	syn_ack_send(stack, syn, segment->packet);
	syn_arm(stack, syn);
}

/* ---- the acknowledgment of a SYN-ACK ---------------------------------------------------------- */

/* The connection begins; NULL: there is no room for it. The SYN is not needed any more. */
static struct tcb *
child_new(struct stack *stack, const struct tcp_syn *syn)
{
	struct tcb *listener = syn->listener;
	struct tcb *tcb = tcp__tcb_new(stack);
	const struct seq_range range = { syn->iss, syn->iss + 1 };

	if (tcb == NULL)
		return NULL;
	if (tcp__route(stack, &syn->key.tuple, &tcb->hop) != 0) {
		tcp__tcb_free(stack, tcb);
		return NULL;
	}
	tcp__start(stack, tcb, &syn->key.tuple, &listener->config, syn->iss);
	tcb->listener = listener;
	tcb->was_passive = true;
	tcb->cause = syn->cause;
	tcb->irs = syn->irs;
	tcb->rcv_nxt = tcb->rcv_read = tcb->rcv_acked = syn->irs + 1;
	tcb->rcv_edge = tcb->rcv_nxt + syn->rcv_wnd;
	const uint32_t mss = syn->mss_advertised - (syn->has_timestamps ? 12u : 0u);
	tcb->receive_limit -= tcb->receive_limit > mss ? tcb->receive_limit % mss : 0;
	tcb->rcv_wscale = syn->rcv_wscale;
	tcb->snd_wscale = syn->snd_wscale;
	tcb->snd_wnd = tcb->snd_wnd_max = syn->window;
	tcb->snd_wl1 = syn->irs;
	if (syn->mss_peer != 0)
		tcb->mss_peer = syn->mss_peer < TCP_MSS_MIN ? TCP_MSS_MIN : syn->mss_peer;
	tcb->mss_advertised = syn->mss_advertised;
	tcb->mss_seen = (uint16_t)(tcb->mss_peer < TCP_MSS_DEFAULT_IPV4 ? tcb->mss_peer
									 : TCP_MSS_DEFAULT_IPV4);
	tcb->has_timestamps = syn->has_timestamps;
	tcb->has_sack = syn->has_sack;
	tcb->has_wscale = syn->has_wscale;
	tcb->has_ecn = syn->has_ecn;
	tcb->ts_recent = syn->ts_recent;
	tcb->ts_recent_at_us = stack->now_us;
	tcb->ts_offset = syn->ts_offset;
	tcb->retransmits = syn->retransmits;
	stream_init(&tcb->receive, tcb->rcv_nxt);
	(void)tcp_flight_add(&stack->tcp.sent, &tcb->flight, &range, tcb->mss_advertised,
			     (uint8_t)(TCP_SENT_SYN |
				       (syn->retransmits != 0 ? TCP_SENT_EVER_AGAIN : 0)),
			     syn->sent_at_us);
	tcb->snd_nxt = syn->iss + 1;
	tcp__set_state(stack, tcb, TCP_STATE_SYN_RECEIVED);
	return tcb;
}

/*
 * The segment that acknowledged our SYN is the connection's first.  A connection that it does not establish would
 * be in SYN-RECEIVED without a timer, and known to nobody.
 */
static void
child_receive(struct stack *stack, struct tcb *tcb, struct tcp_segment *segment)
{
	tcp__insert(stack, &tcb->key, TCP_KEY_TCB);
	tcp__segment_receive(stack, tcb, segment);
	if (tcb->state != TCP_STATE_SYN_RECEIVED)
		return;
	tcb->is_detached = true;
	tcp__end(stack, tcb, TCP_REASON_ABORTED);
}

enum cookie {
	COOKIE_NONE,  /* not one, or too old */
	COOKIE_SPENT,
	COOKIE_GOOD,
};

/* Whether it acknowledges a cookie that we have sent lately, in answer to the peer's SYN of this number. */
static enum cookie
cookie_look(struct stack *stack, const struct tcb *listener, const struct tcp_segment *segment, uint32_t peer_isn,
	   struct tcp_cookie_facts *facts)
{
	const struct tcp_tuple tuple = tuple_of(segment);

	*facts = (struct tcp_cookie_facts){ .has_timestamps = segment->options.has_timestamps };
	if (stack->now_us >= listener->accepts.cookies_until_us ||
	    !tcp_cookie_check(&stack->tcp.secret, &tuple, peer_isn, segment->ack - 1, segment->options.ts_ecr, facts,
			      stack->now_us))
		return COOKIE_NONE;
	return cookie_is_spent(&stack->tcp, segment->ack - 1) ? COOKIE_SPENT : COOKIE_GOOD;
}

/* The connection that the cookie stands for begins. */
static void
cookie_take(struct stack *stack, struct tcb *listener, struct tcp_segment *segment, uint32_t peer_isn,
	    const struct tcp_cookie_facts *facts)
{
	struct tcp_syn syn = { .key.tuple = tuple_of(segment), .listener = listener };
	struct tcp_segment request = *segment;

	if (accept_queue_is_full(listener)) {
		stack__drop(stack, DROP_TCP_BACKLOG);
		return;
	}
	request.seq = peer_isn;
	request.flags = TCP_SYN | (facts->ecn ? TCP_ECE | TCP_CWR : 0);
	request.options.mss = facts->mss;
	request.options.sack_permitted = facts->sack_permitted;
	request.options.has_wscale = facts->has_wscale;
	request.options.wscale = facts->wscale;
	agree(stack, &syn, &request);
	syn.iss = segment->ack - 1;
	syn.sent_at_us = stack->now_us; /* not known: no sample but the timestamp's */
	struct tcb *tcb = child_new(stack, &syn);
	if (tcb == NULL) {
		stack__drop(stack, DROP_TCP_FULL);
		return;
	}
	cookie_spend(&stack->tcp, syn.iss);
	tcp_flight_first(&tcb->flight)->flags |= TCP_SENT_EVER_AGAIN;
	child_receive(stack, tcb, segment);
}

static void
cookie_receive(struct stack *stack, struct tcb *listener, struct tcp_segment *segment)
{
	const bool is_expected = stack->now_us < listener->accepts.cookies_until_us;
	const bool is_bare = segment->data_bytes == 0 && (segment->flags & TCP_FIN) == 0;
	struct tcp_cookie_facts facts;
	const enum cookie cookie = cookie_look(stack, listener, segment, segment->seq - 1, &facts);

	if (cookie == COOKIE_GOOD) {
		cookie_take(stack, listener, segment, segment->seq - 1, &facts);
		return;
	}
	stack__drop(stack, cookie == COOKIE_SPENT ? DROP_TCP_COOKIE_SPENT : DROP_TCP_NO_CONNECTION);
	/* Data behind a first segment that was lost waits for that to come again. */
	if (!is_expected || is_bare || cookie == COOKIE_SPENT)
		tcp__reset_reply(stack, segment);
}

void
tcp__listen_receive(struct stack *stack, struct tcb *listener, struct tcp_segment *segment)
{
	const uint16_t flags = segment->flags;

	if ((flags & TCP_RST) != 0)
		stack__drop(stack, DROP_TCP_NO_CONNECTION);
	else if ((flags & TCP_ACK) != 0 && (flags & TCP_SYN) == 0)
		cookie_receive(stack, listener, segment);
	else if ((flags & TCP_ACK) != 0) {
		stack__drop(stack, DROP_TCP_NO_CONNECTION);
		tcp__reset_reply(stack, segment);
	} else if ((flags & (TCP_SYN | TCP_FIN)) == TCP_SYN)
		syn_arrived(stack, listener, segment);
	else
		stack__drop(stack, DROP_TCP_NO_CONNECTION);
}

/* ---- SYN-RECEIVED ---------------------------------------------------------------------------- */

static void
syn_challenge(struct stack *stack, struct tcp_syn *syn, const struct tcp_segment *segment)
{
	struct tcp_bare bare = {
		.tuple = &syn->key.tuple,
		.cause = segment->packet,
		.seq = syn->iss + 1,
		.ack = syn->irs + 1,
		.flags = TCP_ACK,
		.window = tcp__window_field(syn->rcv_wnd, syn->rcv_wscale),
	};

	if (syn->challenged_at_us != 0 &&
	    stack->now_us - syn->challenged_at_us < TCP_CHALLENGE_US) {
		stack__drop(stack, DROP_TCP_CHALLENGE_RATE);
		return;
	}
	syn->challenged_at_us = stack->now_us;
	if (syn->has_timestamps) {
		bare.options.has_timestamps = true;
		bare.options.ts_val = tcp__timestamp(stack->now_us, syn->ts_offset);
		bare.options.ts_ecr = syn->ts_recent;
	}
	tcp__bare_send(stack, &bare);
}

static bool
syn_sequence_check(struct stack *stack, struct tcp_syn *syn, const struct tcp_segment *segment)
{
	const uint32_t begin = syn->irs + 1, edge = begin + syn->rcv_wnd;
	const uint32_t end = tcp_segment_end(segment);
	const bool is_reset = (segment->flags & TCP_RST) != 0;
	const bool is_old_clock = !is_reset && syn->has_timestamps &&
				  segment->options.has_timestamps &&
				  seq_lt(segment->options.ts_val, syn->ts_recent);
	/* Right behind the window only what is empty, as of a connection. */
	const bool is_inside = seq_ge(end, begin) && seq_ge(segment->seq, begin) &&
			       (seq_lt(segment->seq, edge) ||
				(segment->seq == edge && end == edge && !is_reset));

	if (is_inside && !is_old_clock)
		return true;
	stack__drop(stack, is_old_clock ? DROP_TCP_PAWS : DROP_TCP_SEQUENCE);
	if (!is_reset)
		syn_challenge(stack, syn, segment);
	return false;
}

/* A SYN was answered with a cookie and kept when it came again: the peer may have heard either answer. */
static void
acknowledges_other(struct stack *stack, struct tcp_syn *syn, struct tcp_segment *segment)
{
	struct tcb *listener = syn->listener;
	const uint32_t peer_isn = syn->irs;
	struct tcp_cookie_facts facts;

	if (cookie_look(stack, listener, segment, peer_isn, &facts) == COOKIE_GOOD) {
		if (accept_queue_is_full(listener)) {
			stack__drop(stack, DROP_TCP_BACKLOG); /* the SYN-ACK comes again, and with it the answer */
			return;
		}
		tcp__syn_free(stack, syn);
		cookie_take(stack, listener, segment, peer_isn, &facts);
		return;
	}
	stack__drop(stack, DROP_TCP_ACK_UNSENT);
	tcp__reset_reply(stack, segment);
}

static void
syn_acknowledged(struct stack *stack, struct tcp_syn *syn, struct tcp_segment *segment)
{
	const bool is_bare = segment->data_bytes == 0 && (segment->flags & TCP_FIN) == 0;

	if (segment->ack != syn->iss + 1) {
		acknowledges_other(stack, syn, segment);
		return;
	}
	if (is_bare && is_deferred(stack, syn)) {
		syn->is_acknowledged = true;
		return;
	}
	if (accept_queue_is_full(syn->listener)) {
		stack__drop(stack, DROP_TCP_BACKLOG); /* the SYN-ACK comes again, and with it the answer */
		return;
	}
	struct tcb *tcb = child_new(stack, syn);
	if (tcb == NULL) {
		stack__drop(stack, DROP_TCP_FULL);
		return;
	}
	tcp__syn_free(stack, syn);
	child_receive(stack, tcb, segment);
}

void
tcp__syn_receive(struct stack *stack, struct tcp_syn *syn, struct tcp_segment *segment)
{
	const uint16_t flags = segment->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN);

	if (flags == TCP_SYN && segment->seq == syn->irs) { /* once more: ours was lost */
		syn_ack_send(stack, syn, segment->packet);
		return;
	}
	if (!syn_sequence_check(stack, syn, segment))
		return;
	if ((flags & TCP_RST) != 0) {
		stack__drop(stack, DROP_TCP_RESET_INEXACT);
		if (segment->seq == syn->irs + 1)
			tcp__syn_free(stack, syn);
		else
			syn_challenge(stack, syn, segment);
		return;
	}
	if ((flags & TCP_SYN) != 0) { /* back to LISTEN (RFC 9293, section 3.10.7.4, fourth) */
		stack__drop(stack, DROP_TCP_SYN_INSIDE);
		tcp__reset_reply(stack, segment);
		tcp__syn_free(stack, syn);
		return;
	}
	if ((flags & TCP_ACK) == 0) {
		stack__drop(stack, DROP_TCP_NO_ACK);
		return;
	}
	syn_acknowledged(stack, syn, segment);
}

enum drop
tcp__syn_icmp(struct stack *stack, struct tcp_syn *syn, const struct tcp_icmp *icmp)
{
	if (icmp->seq != syn->iss)
		return DROP_ICMP_UNMATCHED;
	if (icmp->error == STACK_ERROR_PORT_UNREACHABLE)
		tcp__syn_free(stack, syn); /* nobody there who wanted a connection */
	return DROP_REASON_COUNT;
}

/* ---- the end --------------------------------------------------------------------------------- */

void
tcp__listen_close(struct stack *stack, struct tcb *listener)
{
	struct tcp_syn *syn;
	struct tcb *tcb;

	tcp__listener_remove(stack, listener);
	while ((syn = TAILQ_FIRST(&listener->accepts.syns)) != NULL)
		tcp__syn_free(stack, syn);
	while ((tcb = TAILQ_FIRST(&listener->accepts.queue)) != NULL) {
		TAILQ_REMOVE(&listener->accepts.queue, tcb, accept_link);
		tcb->listener = NULL;
		tcp_abort(stack, tcp__conn_of(stack, tcb), stack->now_us);
	}
	tcp__set_state(stack, listener, TCP_STATE_CLOSED);
	tcp__tcb_free(stack, listener);
}
