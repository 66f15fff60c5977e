/* One segment on its way out: its header, its options, what it takes from the send buffer. */
#include "stack/checksum.h"
#include "stack/icmp.h"
#include "stack/stack_priv.h"
#include "stack/trace_priv.h"

/* ---- the packet ------------------------------------------------------------------------------ */

/* A segment without the connection that it is of. */
struct parts {
	struct ip_send *ip;
	struct tcp_header *header;
	const struct tcp_options *options;
	struct stream_buf *stream; /* of the data; NULL: there is none */
	uint32_t data_seq, data_bytes;
	bool may_fragment; /* no DF (IPv4) */
};

static int
packet_send(struct stack *stack, const struct parts *parts)
{
	struct ip_send *ip = parts->ip;
	const size_t header_bytes = TCP_HEADER_BYTES + tcp_options_bytes(parts->options);
	const size_t size = header_bytes + parts->data_bytes;
	const uint32_t copied_bytes = parts->data_bytes - ip->lent.bytes;
	uint8_t *room;

	ip->protocol = IP_PROTOCOL_TCP;
	ip->transport_header_bytes = (uint16_t)header_bytes;
	ip->checksum_offset = TCP_AT_CHECKSUM;
	int err = ip_begin(stack, ip, size, &room);
	if (err != 0)
		return err;
	if (parts->may_fragment)
		ip->dont_fragment = false;
	struct writer w = writer_over(room, header_bytes + copied_bytes);
	parts->header->checksum = 0;
	tcp_header_write(&w, parts->header, parts->options);
	uint8_t *data = writer_reserve(&w, copied_bytes);
	assert(w.err == 0);
	assert(ip->lent.bytes == 0 || ip->checksum_offload);
	if (copied_bytes != 0)
		stream_read(parts->stream, parts->data_seq, data, copied_bytes);

	const uint64_t sum =
		checksum_pseudo(&ip->source, &ip->destination, IP_PROTOCOL_TCP, (uint32_t)size);
	writer_patch_u16(&w, TCP_AT_CHECKSUM,
			 ip->checksum_offload ? checksum_fold(sum)
					      : checksum_finish(checksum_add(sum, room, size)));
	ip_end(stack, ip);
	return 0;
}

/* ---- without a copy -------------------------------------------------------------------------- */

static_assert(STACK_PIECES_MAX >= (65535 + 2 * (STREAM_CHUNK_BYTES - 1)) / STREAM_CHUNK_BYTES,
	      "a super-segment finds room, wherever it begins");

/* A super-segment's data stay in the send buffer, unless somebody wants to see all of the frame. */
static struct ip_lent
data_lent(const struct stack *stack, const struct tcb *tcb, const struct tcp_out *out)
{
	const struct ip_lent none = { 0 };

	if (out->segment_bytes >= out->data_bytes ||
	    (stack->ifs[tcb->hop.ifindex].flags & STACK_IF_GATHER_TX) == 0 || trace__has_frames(stack))
		return none;
	return (struct ip_lent){ .conn = tcp__conn_of(stack, tcb), .seq = out->seq, .bytes = out->data_bytes };
}

size_t
tcp_lent_find(struct stack *stack, const struct ip_lent *lent, struct stack_piece pieces[STACK_PIECES_MAX])
{
	struct tcb *tcb = tcp__get_any(stack, lent->conn);
	size_t count = 0;

	if (tcb == NULL || seq_lt(lent->seq, tcb->send.begin_seq) ||
	    seq_gt(lent->seq + lent->bytes, tcb->send.end_seq))
		return 0;
	for (uint32_t done = 0; done < lent->bytes; count++) {
		struct stack_piece *piece = &pieces[count];
		assert(count < STACK_PIECES_MAX);
		piece->bytes = stream_peek(&tcb->send, lent->seq + done, lent->bytes - done, &piece->size);
		done += (uint32_t)piece->size;
	}
	return count;
}

/* ---- of a connection ------------------------------------------------------------------------- */

/* The pieces that came out of order, the latest first (RFC 2018, section 4), a duplicate before all (RFC 2883). */
static void
sack_blocks(const struct tcb *tcb, struct tcp_options *options)
{
	if (!seq_range_is_empty(&tcb->dsack))
		options->sacks[options->sack_count++] = tcb->dsack;
	/* What came twice is told as what is here as well (RFC 2883, section 4): only then it is known for a duplicate. */
	const unsigned first = options->sack_count;
	for (unsigned i = 0; i < tcb->sack_recent_count; i++) {
		const struct seq_range *piece = seq_set_find(&tcb->holes, tcb->sack_recent[i]);
		bool is_told = piece == NULL || seq_gt(piece->begin, tcb->sack_recent[i]);
		for (unsigned told = first; told < options->sack_count && !is_told; told++)
			is_told = options->sacks[told].begin == piece->begin &&
				  options->sacks[told].end == piece->end;
		if (!is_told && options->sack_count < TCP_SACKS_MAX)
			options->sacks[options->sack_count++] = *piece;
	}
}

uint32_t
tcp__sack_bytes(const struct tcb *tcb)
{
	struct tcp_options options = { .has_timestamps = tcb->has_timestamps };
	const size_t without = tcp_options_bytes(&options);

	if (!tcb->has_sack || (tcb->holes.count == 0 && seq_range_is_empty(&tcb->dsack)))
		return 0;
	sack_blocks(tcb, &options);
	return (uint32_t)(tcp_options_bytes(&options) - without);
}

static struct tcp_options
options_for_syn(const struct stack *stack, const struct tcb *tcb, bool is_answer)
{
	const struct tcp_config *config = &tcb->config;
	struct tcp_options options = {
		.mss = tcb->mss_advertised,
		.sack_permitted = is_answer ? tcb->has_sack : config->sack,
		.has_timestamps = is_answer ? tcb->has_timestamps : config->timestamps,
		.has_wscale = is_answer ? tcb->has_wscale : config->window_scale,
		.wscale = tcb->rcv_wscale,
	};

	if (options.has_timestamps) {
		options.ts_val = tcp__timestamp(stack->now_us, tcb->ts_offset);
		options.ts_ecr = tcb->ts_recent;
	}
	return options;
}

static struct tcp_options
options_for(const struct stack *stack, const struct tcb *tcb)
{
	struct tcp_options options = { 0 };

	if (tcb->has_timestamps) {
		options.has_timestamps = true;
		options.ts_val = tcp__timestamp(stack->now_us, tcb->ts_offset);
		options.ts_ecr = tcb->ts_recent;
	}
	if (tcb->has_sack)
		sack_blocks(tcb, &options);
	return options;
}

static uint16_t
window_field(struct stack *stack, struct tcb *tcb, uint16_t flags)
{
	if ((flags & TCP_RST) != 0)
		return 0;
	if ((flags & TCP_SYN) != 0) { /* not scaled (RFC 7323, section 2.2) */
		const uint32_t window = tcb->rcv_edge - tcb->rcv_nxt;
		return (uint16_t)(window < UINT16_MAX ? window : UINT16_MAX);
	}
	return (uint16_t)(tcp__window_offer(stack, tcb) >> tcb->rcv_wscale);
}

/* The route may be another since the last segment. */
static int
follow_route(struct stack *stack, struct tcb *tcb)
{
	if (tcb->hop_generation == stack->routes.generation)
		return 0;
	int err = tcp__route(stack, &tcb->key.tuple, &tcb->hop);
	if (err == 0)
		tcb->hop_generation = stack->routes.generation;
	return err;
}

static void
note_sent(struct stack *stack, struct tcb *tcb, const struct tcp_out *out, uint16_t flags)
{
	struct tcp_counters *counters = &tcb->counters;

	counters->segments_out++;
	if (out->data_bytes != 0) {
		counters->data_segments_out++;
		counters->bytes_sent += out->data_bytes;
		counters->last_sent_us = stack->now_us;
	}
	if ((flags & TCP_ACK) == 0)
		return;
	/* Whatever was to be acknowledged is. */
	const uint32_t full = tcb->mss_seen != 0 ? tcb->mss_seen : 1u;
	const uint32_t told = (tcb->rcv_nxt - tcb->rcv_acked + full - 1) / full;
	tcb->quick_acks -= (uint8_t)(told < tcb->quick_acks ? told : tcb->quick_acks);
	tcb->rcv_acked = tcb->rcv_nxt;
	tcb->ack_wanted = tcb->ack_now = tcb->ack_pushed = tcb->ack_pushed_twice = false;
	tcb->dsack.begin = tcb->dsack.end;
	wheel_disarm(&stack->wheel, &tcb->ack_timer);
}

static uint16_t
flags_of(struct tcb *tcb, const struct tcp_out *out)
{
	uint16_t flags = out->flags;

	if ((flags & (TCP_SYN | TCP_RST)) != 0)
		return flags;
	if (tcb->ecn_echo)
		flags |= TCP_ECE;
	if (tcb->ecn_cwr && out->is_new) {
		flags |= TCP_CWR;
		tcb->ecn_cwr = false;
	}
	return flags;
}

int
tcp__segment_send(struct stack *stack, struct tcb *tcb, const struct tcp_out *out)
{
	const struct tcp_tuple *tuple = &tcb->key.tuple;
	const uint32_t cause = stack->cause;
	int err = follow_route(stack, tcb);
	if (err != 0)
		return err;
	const uint16_t flags = flags_of(tcb, out);
	const struct tcp_options options =
		(flags & TCP_SYN) != 0
			? options_for_syn(stack, tcb, (flags & TCP_ACK) != 0)
			: options_for(stack, tcb);
	const bool is_capable = tcb->has_ecn && out->is_new && out->data_bytes != 0;
	struct tcp_header header = {
		.source_port = tuple->local_port,
		.destination_port = tuple->remote_port,
		.seq = out->seq,
		.ack = (flags & TCP_ACK) != 0 ? tcb->rcv_nxt : 0,
		.flags = flags,
		.window = window_field(stack, tcb, flags),
	};
	struct ip_send ip = {
		.source = tuple->local,
		.destination = tuple->remote,
		.hop = tcb->hop,
		.hop_limit = tcb->config.hop_limit,
		.traffic_class = (uint8_t)((tcb->config.traffic_class & ~TCP_ECN_MASK) |
					   (is_capable ? TCP_ECN_ECT0 : 0)),
		.segment_bytes = (uint16_t)(out->segment_bytes < out->data_bytes
						    ? out->segment_bytes
						    : 0),
		.lent = data_lent(stack, tcb, out),
	};
	const struct parts parts = {
		.ip = &ip,
		.header = &header,
		.options = &options,
		.stream = &tcb->send,
		.data_seq = out->seq,
		.data_bytes = out->data_bytes,
		.may_fragment = !tcb->config.pmtu_discovery,
	};
	stack->cause = tcb->cause;
	err = packet_send(stack, &parts);
	if (err == 0 && trace__is_on(stack))
		trace__tcp(stack, TRACE_TCP_OUT, tcb, &header, out->data_bytes);
	stack->cause = cause;
	if (err == 0)
		note_sent(stack, tcb, out, flags);
	return err;
}

/*
 * The number of a segment without data: of one beyond the window the peer would take nothing, not even what it
 * acknowledges.  So beyond a window that has shrunk it is the window's end (RFC 9293, section 3.8.6; as Linux), but
 * for what scaling rounds off.
 */
static uint32_t
acceptable_seq(const struct tcb *tcb)
{
	const uint32_t end = tcb->snd_una + tcb->snd_wnd;
	const int32_t unit = (int32_t)(1u << tcb->snd_wscale);

	return seq_diff(tcb->snd_nxt, end) < unit ? tcb->snd_nxt : end;
}

int
tcp__ack_send(struct stack *stack, struct tcb *tcb)
{
	const struct tcp_out out = { .seq = acceptable_seq(tcb), .flags = TCP_ACK };
	return tcp__segment_send(stack, tcb, &out);
}

void
tcp__challenge(struct stack *stack, struct tcb *tcb)
{
	if (tcb->challenged_at_us != 0 &&
	    stack->now_us - tcb->challenged_at_us < TCP_CHALLENGE_US) {
		stack__drop(stack, DROP_TCP_CHALLENGE_RATE);
		return;
	}
	tcb->challenged_at_us = stack->now_us;
	(void)tcp__ack_send(stack, tcb);
}

void
tcp__reset_send(struct stack *stack, struct tcb *tcb)
{
	const struct tcp_out out = { .seq = acceptable_seq(tcb), .flags = TCP_RST | TCP_ACK };
	(void)tcp__segment_send(stack, tcb, &out);
}

/* ---- without a connection -------------------------------------------------------------------- */

void
tcp__bare_send(struct stack *stack, const struct tcp_bare *bare)
{
	const struct tcp_tuple *tuple = bare->tuple;
	struct tcp_header header = {
		.source_port = tuple->local_port,
		.destination_port = tuple->remote_port,
		.seq = bare->seq,
		.ack = bare->ack,
		.flags = bare->flags,
		.window = bare->window,
	};
	struct ip_send ip = {
		.source = tuple->local,
		.destination = tuple->remote,
		.hop_limit = bare->hop_limit,
		.traffic_class = bare->traffic_class,
	};
	const struct parts parts = { .ip = &ip, .header = &header, .options = &bare->options };
	int err = bare->cause != NULL ? icmp__answer_route(stack, bare->cause, &ip)
				      : ip_route_from(stack, &ip, &tuple->local);
	if (err == 0) {
		ip.hop_limit = bare->hop_limit;
		ip.traffic_class = bare->traffic_class;
		err = packet_send(stack, &parts);
	}
	if (err != 0)
		stack__drop(stack, DROP_NO_ROUTE);
	else if (trace__is_on(stack))
		trace__tcp_bare(stack, TRACE_TCP_OUT, stack->cause, tuple, &header, 0);
}

void
tcp__reset_reply(struct stack *stack, const struct tcp_segment *segment)
{
	const struct ip_packet *packet = segment->packet;
	const struct tcp_tuple tuple = {
		.local = packet->destination,
		.remote = packet->source,
		.local_port = segment->header.destination_port,
		.remote_port = segment->header.source_port,
	};
	struct tcp_bare bare = { .tuple = &tuple, .cause = packet, .flags = TCP_RST };

	if ((segment->flags & TCP_RST) != 0)
		return;
	if ((segment->flags & TCP_ACK) != 0) {
		bare.seq = segment->header.ack;
	} else {
		bare.flags |= TCP_ACK;
		bare.ack = tcp_segment_end(segment);
	}
	tcp__bare_send(stack, &bare);
}

/*
 * Whether no program of the kernel's can be meant.  A port that is held for us is nobody else's, and who acknowledges
 * something there had a connection with us, of which he has to hear that it is over (RFC 5961, section 3.2: his
 * challenge to an RST that came behind a loss).  To others such a port stays as silent as its guard.
 */
static bool
is_ours_to_answer(const struct stack *stack, const struct tcp_segment *segment)
{
	const struct port_pool *held = stack->tcp.ports;

	if ((stack->ifs[segment->packet->ifindex].flags & STACK_IF_SHARED) == 0)
		return true;
	if (held == NULL || (segment->flags & TCP_ACK) == 0)
		return false;
	for (uint32_t i = 0; i < held->count; i++)
		if (held->ports[i] == segment->header.destination_port)
			return true;
	return false;
}

void
tcp__reset_answer(struct stack *stack, const struct tcp_segment *segment)
{
	if (is_ours_to_answer(stack, segment))
		tcp__reset_reply(stack, segment);
}
