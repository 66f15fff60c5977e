/*
 * The path MTU of a connection: what the cache and the interface say (RFC 1191, RFC 8201), and a search of
 * its own when large segments vanish without a word (RFC 4821).
 *
 * As long as nothing vanishes the search sleeps.  After BLACK_HOLE_TIMEOUTS in a row segments become small.
 * If small ones vanish too it was not their size, and they are large again; else one that is larger is tried
 * now and then, with data that is to be sent anyway: first, and more than once, as large as before, since
 * chance may have taken three in a row.
 */
#include "stack/stack_priv.h"

#define BLACK_HOLE_TIMEOUTS 3u
#define NEW_HOLE_TIMEOUTS   5u /* where as large ones passed a moment ago: more likely it is mere loss */
#define RECENT_US           60000000u
#define NO_HOLE_TIMEOUTS    7u /* it is not the size */
#define FULL_PROBES         3u /* of the whole size, before smaller ones are tried */
#define SEARCH_BASE_BYTES   1024u      /* RFC 4821, section 7.2 */
#define SEARCH_STEP_BYTES   16u        /* found closely enough */
#define SEARCH_AGAIN_US     600000000u /* section 7.3: the path may have become better */

static uint32_t
headers(const struct tcb *tcb)
{
	return (tcb->key.tuple.remote.family == ADDR_IPV4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES) +
	       TCP_HEADER_BYTES;
}

static uint32_t
options_bytes(const struct tcb *tcb)
{
	return tcb->has_timestamps ? 12 : 0;
}

/* RFC 9293, section 3.7.1; and half of a small window, so that two are under way (as Linux). */
static uint32_t
mss_for(const struct tcb *tcb, uint32_t packet_bytes)
{
	uint32_t mss = packet_bytes - headers(tcb), half = tcb->snd_wnd_max;

	if (mss > tcb->mss_peer)
		mss = tcb->mss_peer;
	if (tcb->config.mss_max != 0 && mss > tcb->config.mss_max)
		mss = tcb->config.mss_max;
	if (mss < TCP_MSS_MIN)
		mss = TCP_MSS_MIN;
	mss -= options_bytes(tcb);
	if (half > TCP_MSS_DEFAULT_IPV4)
		half /= 2;
	return half != 0 && half < mss && half >= TCP_MSS_MIN ? half : mss;
}

static void
mss_set(struct tcb *tcb)
{
	const uint32_t mss = mss_for(tcb, tcb->mtu.current);

	if (mss == tcb->mss)
		return;
	tcb->mss = mss;
	if (tcb->cc.ops != NULL)
		cc_set_mss(&tcb->cc, mss);
}

static uint32_t
path_mtu(struct stack *stack, const struct tcb *tcb)
{
	const struct iface *iface = &stack->ifs[tcb->hop.ifindex];
	const struct ip_addr *remote = &tcb->key.tuple.remote;
	bool dont_fragment;

	return pmtu_get(&stack->pmtu, &stack->hash_key, remote,
			remote->family == ADDR_IPV6 ? iface->mtu_ipv6
						    : iface->mtu_ipv4, stack->now_us,
			&dont_fragment);
}

void
tcp__mtu_init(struct stack *stack, struct tcb *tcb)
{
	tcb->mtu = (struct tcp_mtu){ .path = path_mtu(stack, tcb) };
	tcb->mtu.current = tcb->mtu.path;
	tcb->mss = 0;
	mss_set(tcb);
}

void
tcp__mtu_follow(struct stack *stack, struct tcb *tcb)
{
	struct tcp_mtu *mtu = &tcb->mtu;
	const uint32_t path = path_mtu(stack, tcb);

	if (path != mtu->path) {
		mtu->path = path;
		if (mtu->search_high == 0 || mtu->current > path)
			mtu->current = path;
		if (mtu->search_high > path)
			mtu->search_high = path;
		if (mtu->probe_bytes > path)
			mtu->probe_bytes = 0; /* its data will arrive, but in pieces */
	}
	mss_set(tcb);
}

/* ---- the search ------------------------------------------------------------------------------ */

/* By half each time, down to what passes everywhere (section 7.7). */
static void
shrink(struct tcb *tcb, uint32_t floor)
{
	struct tcp_mtu *mtu = &tcb->mtu;
	uint32_t smaller = mtu->current / 2;

	if (mtu->search_high == 0) {
		mtu->search_high = mtu->path;
		mtu->full_probes = 0;
	}
	if (mtu->current > SEARCH_BASE_BYTES)
		smaller = SEARCH_BASE_BYTES;
	if (smaller < floor)
		smaller = floor;
	if (smaller < mtu->current)
		mtu->current = smaller;
	mtu->search_low = mtu->current;
}

static uint32_t
timeouts_needed(const struct stack *stack, const struct tcb *tcb)
{
	const uint64_t passed_at_us = tcb->mtu.passed_at_us;
	const bool is_recent = passed_at_us != 0 && stack->now_us - passed_at_us < RECENT_US;

	return is_recent ? NEW_HOLE_TIMEOUTS : BLACK_HOLE_TIMEOUTS;
}

void
tcp__mtu_on_timeout(struct stack *stack, struct tcb *tcb)
{
	struct tcp_mtu *mtu = &tcb->mtu;
	const uint32_t floor =
		tcb->key.tuple.remote.family == ADDR_IPV4 ? IPV4_MTU_MIN : IPV6_MTU_MIN;

	const struct tcp_sent *first = tcp_flight_first(&tcb->flight);

	if (!tcb->config.mtu_probing || tcb->retransmits + 1u < timeouts_needed(stack, tcb) ||
	    tcp_sent_size(first) + headers(tcb) + options_bytes(tcb) <= floor)
		return; /* so small a packet passes everywhere: it is not the size */
	mtu->probe_bytes = 0;
	if (tcb->retransmits + 1u >= NO_HOLE_TIMEOUTS) {
		mtu->current = mtu->path;
		mtu->search_high = 0;
	} else {
		shrink(tcb, floor);
		mtu->probed_at_us = stack->now_us;
	}
	mss_set(tcb);
}

static uint32_t
probe_size(const struct tcp_mtu *mtu)
{
	if (mtu->full_probes < FULL_PROBES)
		return mtu->search_high;
	return (mtu->search_low + mtu->search_high) / 2;
}

static bool
is_probe_due(const struct stack *stack, struct tcb *tcb)
{
	struct tcp_mtu *mtu = &tcb->mtu;

	if (mtu->search_high == 0 || mtu->probe_bytes != 0)
		return false;
	if (mtu->search_high - mtu->search_low < SEARCH_STEP_BYTES) {
		if (stack->now_us - mtu->probed_at_us < SEARCH_AGAIN_US)
			return false;
		mtu->search_high = mtu->path;
		if (mtu->search_high - mtu->search_low < SEARCH_STEP_BYTES)
			return false;
	}
	return tcb->recovery.state == TCP_RECOVERY_OPEN && tcp__sack_bytes(tcb) == 0;
}

bool
tcp__mtu_probe(struct stack *stack, struct tcb *tcb)
{
	struct tcp_mtu *mtu = &tcb->mtu;

	if (!is_probe_due(stack, tcb))
		return false;
	const uint32_t size = probe_size(mtu);
	const uint32_t mss = mss_for(tcb, size);
	const uint32_t unsent = tcb->fin_sent ? 0 : tcb->snd_end - tcb->snd_nxt;
	const uint32_t window_end = tcb->snd_una + tcb->snd_wnd;
	/* One more must follow, so that its loss is found without a timeout (section 7.4). */
	const uint32_t needed = mss + tcb->mss, flight = tcp__in_flight(tcb);
	if (mss <= tcb->mss || unsent < needed ||
	    seq_diff(window_end, tcb->snd_nxt) < (int32_t)needed ||
	    (flight != 0 && flight + needed > tcb->cc.cwnd) ||
	    !tcp_flight_has_room(&stack->tcp.sent, &tcb->flight))
		return false;
	const struct tcp_out out = {
		.seq = tcb->snd_nxt,
		.flags = TCP_ACK,
		.data_bytes = mss,
		.segment_bytes = mss,
		.is_new = true,
	};
	const struct seq_range range = { tcb->snd_nxt, tcb->snd_nxt + mss };
	if (tcp__segment_send(stack, tcb, &out) != 0)
		return false;
	(void)tcp__sent_new(stack, tcb, &range, mss, TCP_SENT_PROBE);
	mtu->probe_bytes = size;
	mtu->probe_end_seq = range.end;
	mtu->probed_at_us = stack->now_us;
	if (mtu->full_probes < FULL_PROBES)
		mtu->full_probes++;
	return true;
}

void
tcp__mtu_on_ack(struct stack *stack, struct tcb *tcb)
{
	struct tcp_mtu *mtu = &tcb->mtu;

	(void)stack;
	if (mtu->probe_bytes == 0 || seq_lt(tcb->snd_una, mtu->probe_end_seq))
		return;
	mtu->search_low = mtu->current = mtu->probe_bytes;
	mtu->probe_bytes = 0;
	mss_set(tcb);
}

bool
tcp__mtu_on_loss(struct stack *stack, struct tcb *tcb)
{
	struct tcp_mtu *mtu = &tcb->mtu;
	struct tcp_sent *first = tcp_flight_first(&tcb->flight);

	(void)stack;
	if (mtu->probe_bytes == 0 || (first->flags & TCP_SENT_PROBE) == 0 ||
	    (first->flags & TCP_SENT_LOST) == 0 ||
	    tcb->flight.gone.bytes != tcp_sent_size(first))
		return false;
	if (mtu->full_probes >= FULL_PROBES)
		mtu->search_high = mtu->probe_bytes - 1;
	mtu->probe_bytes = 0;
	return true;
}
