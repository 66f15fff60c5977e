#include "tests/sim/tcp_watch.h"

#include <stdarg.h>
#include <string.h>

#include "stack/checksum.h"
#include "stack/ether_wire.h"
#include "stack/ipv6.h"
#include "stack/link/segment.h"
#include "tests/stack/packet.h"
#include "tests/suite.h"

#define IPV4_FRAGMENT_BITS 0x3fffu /* MF and the offset */

/* A segment as it was seen. */
struct seen {
	struct ip_addr source, destination;
	struct tcp_header header;
	struct tcp_options options;
	uint32_t data_bytes;
	bool is_sound;
	bool is_fragment;

	/* Who has sent it, and what is known of them. */
	struct watch *watch;
	unsigned sender;
	struct watch_flow *flow;
	struct watch_side *own, *other;
};

static uint32_t
space_of(const struct seen *seen)
{
	return seen->data_bytes + ((seen->header.flags & TCP_SYN) != 0) +
	       ((seen->header.flags & TCP_FIN) != 0);
}

static uint32_t
end_of(const struct seen *seen)
{
	return seen->header.seq + space_of(seen);
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool
read_segment(struct cursor *c, struct seen *seen)
{
	const size_t size = cursor_left(c);
	const uint8_t *segment = c->begin + c->pos;
	const uint64_t sum =
		checksum_pseudo(&seen->source, &seen->destination, IP_PROTOCOL_TCP, (uint32_t)size);

	seen->is_sound = checksum_fold(checksum_add(sum, segment, size)) == CHECKSUM_GOOD;
	if (tcp_header_read(c, &seen->header, &seen->options) != 0)
		return false;
	seen->data_bytes = (uint32_t)cursor_left(c);
	return true;
}

static bool
read_ipv4(const uint8_t *packet, size_t size, struct seen *seen)
{
	if (size < IPV4_HEADER_BYTES || packet[9] != IP_PROTOCOL_TCP)
		return false;
	const size_t header_bytes = (size_t)(packet[0] & 15) * 4, total = packet_u16(packet, 2);
	if (header_bytes < IPV4_HEADER_BYTES || total < header_bytes || total > size ||
	    checksum_fold(checksum_add(0, packet, header_bytes)) != CHECKSUM_GOOD)
		return false;
	seen->source = addr_ipv4(packet + 12);
	seen->destination = addr_ipv4(packet + 16);
	seen->is_fragment = (packet_u16(packet, 6) & IPV4_FRAGMENT_BITS) != 0;
	struct cursor c = cursor_over(packet + header_bytes, total - header_bytes);
	return seen->is_fragment || read_segment(&c, seen);
}

static bool
read_ipv6(const uint8_t *packet, size_t size, struct seen *seen)
{
	seen->is_fragment = size >= IPV6_HEADER_BYTES && packet[6] == IPV6_NEXT_FRAGMENT;
	if (seen->is_fragment)
		return true;
	if (size < IPV6_HEADER_BYTES || packet[6] != IP_PROTOCOL_TCP)
		return false;
	const size_t payload_bytes = packet_u16(packet, 4);
	if (payload_bytes > size - IPV6_HEADER_BYTES)
		return false;
	seen->source = addr_ipv6(packet + 8);
	seen->destination = addr_ipv6(packet + 24);
	struct cursor c = cursor_over(packet + IPV6_HEADER_BYTES, payload_bytes);
	return read_segment(&c, seen);
}

/* False: not TCP, or too damaged for anybody to tell. */
static bool
read_frame(const struct watch *watch, const struct link_frame *frame, struct seen *seen)
{
	const size_t skip = watch->kind == STACK_IF_ETHER ? ETHER_HEADER_BYTES : 0;

	*seen = (struct seen){ 0 };
	if (frame->size <= skip)
		return false;
	const uint8_t *packet = frame->bytes + skip;
	switch (packet[0] >> 4) {
	case 4: return read_ipv4(packet, frame->size - skip, seen);
	case 6: return read_ipv6(packet, frame->size - skip, seen);
	default: return false;
	}
}

/* ---- connections ----------------------------------------------------------------------------- */

static void
find_flow(struct watch *watch, unsigned sender, struct seen *seen)
{
	const uint16_t ports[2] = {
		sender == 0 ? seen->header.source_port : seen->header.destination_port,
		sender == 0 ? seen->header.destination_port : seen->header.source_port,
	};
	unsigned i = 0;

	while (i < watch->flow_count && memcmp(watch->flows[i].ports, ports, sizeof ports) != 0)
		i++;
	HOLDS(i < WATCH_FLOWS_MAX, "more connections than can be watched");
	if (i == watch->flow_count)
		watch->flows[watch->flow_count++] =
			(struct watch_flow){ .ports = { ports[0], ports[1] } };
	seen->watch = watch;
	seen->sender = sender;
	seen->flow = &watch->flows[i];
	seen->own = &seen->flow->sides[sender];
	seen->other = &seen->flow->sides[!sender];
}

static void
log_segment(const struct seen *seen, const char *what)
{
	static const char letters[] = "FSRPAUEC";
	const struct tcp_options *options = &seen->options;
	FILE *log = seen->watch->log;
	char flags[sizeof letters] = "", *flag = flags;

	if (log == NULL)
		return;
	for (unsigned i = 0; letters[i] != '\0'; i++)
		if ((seen->header.flags >> i & 1) != 0)
			*flag++ = letters[i];
	*flag = '\0';
	fprintf(log, "%10llu %u %s %u:%u %-4s seq %u+%u ack %u win %u",
		(unsigned long long)seen->watch->net->now_us, seen->sender, what,
		seen->flow->ports[0], seen->flow->ports[1], flags,
		seen->header.seq - seen->own->iss, seen->data_bytes,
		seen->header.ack - seen->other->iss, seen->header.window);
	for (unsigned i = 0; i < options->sack_count; i++)
		fprintf(log, " sack %u-%u", options->sacks[i].begin - seen->other->iss,
			options->sacks[i].end - seen->other->iss);
	if (options->mss != 0)
		fprintf(log, " mss %u", options->mss);
	if (options->has_wscale)
		fprintf(log, " wscale %u", options->wscale);
	if (options->has_timestamps)
		fprintf(log, " ts %u %u", options->ts_val, options->ts_ecr);
	fputc('\n', log);
}

/* The first objection counts. */
__attribute__((format(printf, 2, 3))) static void
object(const struct seen *seen, const char *format, ...)
{
	struct watch *watch = seen->watch;
	char why[160];
	va_list arguments;

	if (watch->objection[0] != '\0')
		return;
	va_start(arguments, format);
	vsnprintf(why, sizeof why, format, arguments);
	va_end(arguments);
	snprintf(watch->objection, sizeof watch->objection,
		 "host %u, ports %u %u, flags %02x seq %u+%u ack %u (iss %u): %s; %llu us, seed "
		 "%llu",
		 seen->sender, seen->flow->ports[0], seen->flow->ports[1], seen->header.flags,
		 seen->header.seq - seen->own->iss, seen->data_bytes,
		 seen->header.ack - seen->other->iss, seen->own->iss, why,
		 (unsigned long long)watch->net->now_us, (unsigned long long)watch->net->seed);
	HOLDS(watch->is_patient, "%s", watch->objection);
}

static uint32_t
edge_of(const struct seen *seen)
{
	const bool is_scaled = (seen->header.flags & TCP_SYN) == 0 && seen->own->has_wscale &&
			       seen->other->has_wscale;
	return seen->header.ack +
	       ((uint32_t)seen->header.window << (is_scaled ? seen->own->wscale : 0));
}

/* ---- what a host sends ----------------------------------------------------------------------- */

static void
begin_side(const struct seen *seen)
{
	const bool is_answer = (seen->header.flags & TCP_ACK) != 0;
	const uint16_t mss_default = seen->source.family == ADDR_IPV4 ? 536 : 1220;
	const struct watch_side before = *seen->own;

	seen->flow->is_doubtful = is_answer && before.has_syn;
	if (!is_answer)
		*seen->other = (struct watch_side){ 0 };
	seen->other->has_heard = seen->other->has_edge = false;
	*seen->own = (struct watch_side){
		.has_syn = true,
		.iss = seen->header.seq,
		.end = seen->header.seq,
		.mss = seen->options.mss != 0 ? seen->options.mss : mss_default,
		.has_wscale = seen->options.has_wscale,
		.wscale = seen->options.wscale,
		.has_heard = is_answer && before.has_heard,
		.heard_end = before.heard_end,
	};
}

static void
check_size(const struct seen *seen)
{
	const size_t options_bytes = seen->header.header_bytes - TCP_HEADER_BYTES;

	if (seen->data_bytes != 0 && seen->data_bytes + options_bytes > seen->other->mss)
		object(seen, "larger than the peer's MSS of %u", seen->other->mss);
}

/* A FIN may come behind a full window, and one octet may probe a closed one. */
static void
check_window(const struct seen *seen)
{
	const uint32_t heard = seen->own->has_edge ? seen->own->heard_edge : seen->own->iss + 1;
	const uint32_t edge = seen->watch->has_fragments ? seen->other->edge : heard;
	const uint32_t data_end = seen->header.seq + seen->data_bytes;

	if (seen->data_bytes == 0 || seq_le(data_end, edge))
		return;
	seen->watch->sent[seen->sender].probes++;
	if (seen->data_bytes != 1)
		object(seen, "%u octets beyond the window", data_end - edge);
}

static void
check_sacks(const struct seen *seen, uint32_t arrived)
{
	for (unsigned i = 0; i < seen->options.sack_count; i++) {
		const uint32_t begin = seen->options.sacks[i].begin,
			       end = seen->options.sacks[i].end;
		if (seq_ge(begin, end) || seq_gt(end, arrived))
			object(seen, "SACK of [%u, %u), which has not come",
			       begin - seen->other->iss, end - seen->other->iss);
		else if (i != 0 && seq_le(begin, seen->header.ack)) /* the first may be a D-SACK */
			object(seen, "SACK of what is acknowledged");
	}
}

static void
check_ack(const struct seen *seen)
{
	const struct watch_side *own = seen->own;
	const uint32_t ack = seen->header.ack, edge = edge_of(seen);
	const uint32_t arrived = seen->watch->has_fragments ? seen->other->end : own->heard_end;

	if (seq_gt(ack, arrived))
		object(seen, "acknowledges %u octets that have not come", ack - arrived);
	if (own->has_acked && seq_lt(ack, own->acked))
		object(seen, "the acknowledgment goes back by %u", own->acked - ack);
	if (own->has_acked && seq_lt(edge, own->edge))
		object(seen, "the window shrinks by %u", own->edge - edge);
	check_sacks(seen, arrived);
}

/* A segment that says nothing new, and that nothing has asked for. */
static void
check_idle(const struct seen *seen)
{
	struct watch_side *own = seen->own;
	const bool is_pure = space_of(seen) == 0;
	const bool is_probe = seen->header.seq != own->end; /* of keepalive or the window */
	const bool says_new = !own->has_acked || seen->header.ack != own->acked ||
			      edge_of(seen) != own->edge || seen->options.sack_count != 0;

	seen->watch->sent[seen->sender].pure_acks += is_pure;
	if (!is_pure || is_probe || says_new || seen->watch->has_fragments)
		return;
	if (own->asks != 0 && own->asked_at_us == seen->watch->net->now_us) {
		own->asks--;
		return;
	}
	if (++own->idle_acks > WATCH_IDLE_ACKS_MAX)
		object(seen, "an acknowledgment storm");
}

static void
check_timestamps(const struct seen *seen)
{
	struct watch_side *own = seen->own;

	if (!seen->options.has_timestamps)
		return;
	if (own->has_timestamps && seq_lt(seen->options.ts_val, own->ts_val))
		object(seen, "timestamps go back by %u", own->ts_val - seen->options.ts_val);
	own->has_timestamps = true;
	own->ts_val = seen->options.ts_val;
}

static void
remember_sent(const struct seen *seen)
{
	struct watch_side *own = seen->own;

	own->end = seq_max(own->end, end_of(seen));
	if ((seen->header.flags & TCP_ACK) == 0)
		return;
	own->has_acked = true;
	own->acked = seen->header.ack;
	own->edge = edge_of(seen);
}

static void
judge(const struct seen *seen)
{
	const bool begins = (seen->header.flags & TCP_SYN) != 0 &&
			    (!seen->own->has_syn || seen->own->iss != seen->header.seq);

	if (!seen->is_sound)
		object(seen, "a wrong checksum");
	if (begins)
		begin_side(seen);
	if (!seen->own->has_syn)
		return; /* of a connection that the other side has begun anew */
	if (seen->other->has_syn && seen->own->has_heard && !seen->flow->is_doubtful &&
	    (seen->header.flags & TCP_ACK) != 0) {
		check_size(seen);
		check_window(seen);
		check_ack(seen);
		check_idle(seen);
	}
	if (!seen->flow->is_doubtful)
		check_timestamps(seen);
	remember_sent(seen);
}

static void
watch_sent(struct watch *watch, unsigned side, const struct link_frame *frame)
{
	struct watch_counts *counts = &watch->sent[side];
	struct seen seen;

	if (!read_frame(watch, frame, &seen))
		return;
	if (seen.is_fragment) {
		counts->fragments++;
		if (watch->log != NULL)
			fprintf(watch->log, "%10llu %u sent a fragment of %zu\n",
				(unsigned long long)watch->net->now_us, side, frame->size);
		watch->has_fragments = true;
		return;
	}
	find_flow(watch, side, &seen);
	counts->segments++;
	counts->data_bytes += seen.data_bytes;
	if ((seen.header.flags & TCP_RST) != 0)
		counts->resets++;
	else
		judge(&seen);
	log_segment(&seen, "sent");
}

/* ---- what arrives ---------------------------------------------------------------------------- */

/* Answers that tell nothing new come at once, or something is wrong. */
static void
ask(struct watch_side *hearer, uint64_t now_us)
{
	if (hearer->asked_at_us != now_us)
		hearer->asks = 0;
	hearer->asked_at_us = now_us;
	hearer->asks++;
}

/* It was sent on the connection that is watched now: not a late segment of one before. */
static bool
belongs(const struct seen *seen)
{
	const struct watch_side *sender = seen->own;

	return sender->has_syn && seq_ge(seen->header.seq, sender->iss) &&
	       seq_le(end_of(seen), sender->end);
}

static void
hear(const struct seen *seen, struct watch_side *hearer)
{
	const uint32_t end = end_of(seen), edge = edge_of(seen);

	hearer->heard_end = hearer->has_heard ? seq_max(hearer->heard_end, end) : end;
	hearer->has_heard = true;
	if ((seen->header.flags & TCP_ACK) == 0 || seq_gt(edge, seen->own->edge))
		return;
	hearer->heard_edge = hearer->has_edge ? seq_max(hearer->heard_edge, edge) : edge;
	hearer->has_edge = true;
}

static void
watch_heard(struct watch *watch, unsigned side, const struct link_frame *frame)
{
	struct seen seen;

	if (!read_frame(watch, frame, &seen))
		return;
	watch->has_fragments = watch->has_fragments || seen.is_fragment;
	if (seen.is_fragment || !seen.is_sound)
		return;
	find_flow(watch, !side, &seen);
	log_segment(&seen, "heard");
	const bool is_reset = (seen.header.flags & TCP_RST) != 0;
	if (space_of(&seen) != 0 || seen.header.seq != seen.other->acked || is_reset)
		ask(seen.other, watch->net->now_us);
	if (!is_reset && belongs(&seen))
		hear(&seen, seen.other);
}

/* ---- the link between ------------------------------------------------------------------------ */

static struct watch_tap *
tap_of(const struct link *link)
{
	return (struct watch_tap *)(uintptr_t)link; /* its first member */
}

static void
tap_describe(const struct link *link, struct stack_if_config *config)
{
	const struct watch_tap *tap = tap_of(link);
	tap->inside->ops->describe(tap->inside, config);
}

static size_t
tap_receive(struct link *link, struct link_frame *frames, size_t max, uint64_t now_us)
{
	struct watch_tap *tap = tap_of(link);
	const size_t count = tap->inside->ops->receive(tap->inside, frames, max, now_us);

	for (size_t i = 0; i < count; i++)
		watch_heard(tap->watch, tap->side, &frames[i]);
	return count;
}

/* What the line is to finish is looked at as it will be. */
static void
watch_sent_unfinished(struct watch *watch, unsigned side, const struct link_frame *frame)
{
	struct link_frame piece = { .bytes = watch->piece, .size = frame->size };
	struct segment_cutter cutter;
	int size;

	if (segment_cut_begin(&cutter, frame, watch->kind) != 0) {
		ck_assert_uint_le(frame->size, sizeof watch->piece);
		memcpy(watch->piece, frame->bytes, frame->size);
		segment_checksum_fill(watch->piece, frame->size, frame->checksum_start,
				      frame->checksum_offset);
		watch_sent(watch, side, &piece);
		return;
	}
	while ((size = segment_cut_next(&cutter, watch->piece, sizeof watch->piece)) > 0) {
		piece.size = (size_t)size;
		watch_sent(watch, side, &piece);
	}
}

static void
tap_send(struct link *link, const struct link_frame *frame, uint64_t now_us)
{
	struct watch_tap *tap = tap_of(link);

	if (frame->checksum_start != 0)
		watch_sent_unfinished(tap->watch, tap->side, frame);
	else
		watch_sent(tap->watch, tap->side, frame);
	tap->inside->ops->send(tap->inside, frame, now_us);
}

static void
tap_flush(struct link *link, uint64_t now_us)
{
	struct watch_tap *tap = tap_of(link);
	tap->inside->ops->flush(tap->inside, now_us);
}

static size_t
tap_fds(const struct link *link, int fds[LINK_FDS_MAX])
{
	const struct watch_tap *tap = tap_of(link);
	return tap->inside->ops->fds(tap->inside, fds);
}

static uint64_t
tap_deadline(const struct link *link)
{
	const struct watch_tap *tap = tap_of(link);
	return tap->inside->ops->deadline(tap->inside);
}

static void
tap_close(struct link *link)
{
	struct watch_tap *tap = tap_of(link);
	tap->inside->ops->close(tap->inside);
}

static const struct link_ops tap_ops = {
	.name = "watch",
	.describe = tap_describe,
	.receive = tap_receive,
	.send = tap_send,
	.flush = tap_flush,
	.fds = tap_fds,
	.deadline = tap_deadline,
	.close = tap_close,
};

void
watch_init(struct watch *watch, struct net *net, struct net_node *const hosts[2])
{
	*watch = (struct watch){ .net = net };
	for (unsigned side = 0; side < 2; side++) {
		struct stack_if_config config;
		struct net_node *host = hosts[side];
		ck_assert_uint_eq(host->link_count, 1);
		host->links[0]->ops->describe(host->links[0], &config);
		watch->kind = config.kind;
		watch->taps[side] = (struct watch_tap){
			.link = { .ops = &tap_ops },
			.inside = host->links[0],
			.watch = watch,
			.side = side,
		};
		host->links[0] = &watch->taps[side].link;
	}
}
