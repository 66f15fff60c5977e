#include "tests/stack/peer.h"

#include <string.h>

#include "tests/stack/packet.h"
#include "tests/suite.h"

#define PEER_PORT  8080u
#define STACK_PORT 8080u
#define PEER_ISS   1000000u
#define TS_START   5000u

static const char letters[] = "FSRPAUEW"; /* from the lowest bit */

static const struct stack_limits limits = {
	.flow_count = 4,
	.listener_count = 4,
	.addr_count = 8,
	.route_count = 8,
	.neigh_count = 8,
	.pmtu_count = 8,
	.reass_bytes = 256u << 10,
	.transmit_bytes = 1u << 20,
	.receive_bytes = 256u << 10,
	.tcp_count = 16,
	.tcp_buffer_bytes = 24u << 20,
	.tcp_sent_count = 8192,
	.tcp_syn_count = 8,
	.tcp_time_wait_count = 8,
};

static const char *
stack_text(const struct peer *peer)
{
	return peer->family == ADDR_IPV6 ? "2001:db8::1" : "192.0.2.1";
}

static const char *
peer_text(const struct peer *peer)
{
	return peer->family == ADDR_IPV6 ? "2001:db8::2" : "192.0.2.2";
}

struct tcp_config
peer_tcp(void)
{
	return tcp_config_default;
}

void
peer_init(struct peer *peer, const struct peer_config *config)
{
	memset(peer, 0, sizeof *peer);
	peer->family = config->family != 0 ? config->family : ADDR_IPV4;
	peer->peer_port = PEER_PORT;
	peer->stack_port = STACK_PORT;
	peer->peer_iss = PEER_ISS;
	peer->window = config->window != 0 ? config->window : 65535;
	peer->ts_val = TS_START;
	host_init(&peer->host,
		  &(struct host_config){
			  .ipv4 = "192.0.2.1/24",
			  .ipv6 = "2001:db8::1/64",
			  .mtu = config->mtu,
			  .if_flags = config->if_flags,
			  .limits = config->limits != NULL ? config->limits : &limits,
		  });
}

void
peer_fini(struct peer *peer)
{
	for (unsigned i = 0; i < PEER_LOG; i++)
		free(peer->kept[i]);
	host_fini(&peer->host);
}

/* ---- writing --------------------------------------------------------------------------------- */

static void
put(uint8_t *at, uint32_t value, unsigned octets)
{
	while (octets-- != 0) {
		at[octets] = (uint8_t)value;
		value >>= 8;
	}
}

static size_t
options_write(uint8_t *at, const struct peer_segment *segment)
{
	size_t size = 0;

	if (segment->mss != 0) {
		put(at, 0x0204, 2);
		put(at + 2, segment->mss, 2);
		size = 4;
	}
	if (segment->sack_permitted) {
		put(at + size, 0x01010402, 4);
		size += 4;
	}
	if (segment->has_timestamps) {
		put(at + size, 0x0101080a, 4);
		put(at + size + 4, segment->ts_val, 4);
		put(at + size + 8, segment->ts_ecr, 4);
		size += 12;
	}
	if (segment->has_wscale) {
		put(at + size, 0x01030300u | segment->wscale, 4);
		size += 4;
	}
	if (segment->extra_bytes != 0)
		memcpy(at + size, segment->extra_options, segment->extra_bytes);
	size += segment->extra_bytes;
	if (segment->sack_count != 0) {
		put(at + size, 0x01010500u | (2 + 8 * segment->sack_count), 4);
		size += 4;
	}
	return size;
}

static unsigned
flags_read(const char *text)
{
	unsigned flags = 0;

	for (; *text != '\0'; text++) {
		const char *letter = strchr(letters, *text);
		if (letter == NULL)
			ck_abort_msg("flag %c", *text);
		flags |= 1u << (letter - letters);
	}
	return flags;
}

void
peer_send(struct peer *peer, const struct peer_segment *segment)
{
	static uint8_t tcp[PACKET_BYTES_MAX], packet[PACKET_BYTES_MAX];
	const unsigned flags = flags_read(segment->flags);
	size_t header = 20 + options_write(tcp + 20, segment);

	for (unsigned i = 0; i < segment->sack_count; i++, header += 8) {
		put(tcp + header, peer->stack_iss + segment->sacks[i].begin, 4);
		put(tcp + header + 4, peer->stack_iss + segment->sacks[i].end, 4);
	}
	put(tcp, peer->peer_port, 2);
	put(tcp + 2, peer->stack_port, 2);
	put(tcp + 4, peer->peer_iss + segment->seq, 4);
	put(tcp + 8, (flags & 0x10) != 0 ? peer->stack_iss + segment->ack : segment->ack, 4);
	put(tcp + 12, (uint32_t)(header / 4 << 12 | flags), 2);
	put(tcp + 14, segment->window, 2);
	put(tcp + 16, 0, 4);
	if (segment->data != NULL)
		memcpy(tcp + header, segment->data, segment->size);
	else
		memset(tcp + header, 0, segment->size);
	packet_tcp_finish(tcp, header + segment->size, peer_text(peer), stack_text(peer));
	size_t size = packet_build(packet, &(struct packet_spec){
						   .source = peer_text(peer),
						   .destination = stack_text(peer),
						   .protocol = 6,
						   .traffic_class = segment->traffic_class,
						   .payload = tcp,
						   .payload_bytes = header + segment->size,
					   });
	uint8_t *exact = malloc(size);
	ck_assert_ptr_nonnull(exact);
	memcpy(exact, packet, size);
	host_receive(&peer->host, exact, size);
	free(exact);
}

static struct peer_segment
plain(const struct peer *peer, const char *flags, uint32_t seq, uint32_t ack)
{
	return (struct peer_segment){
		.flags = flags,
		.seq = seq,
		.ack = ack,
		.window = peer->window,
		.has_timestamps = peer->has_timestamps,
		.ts_val = peer->ts_val,
		.ts_ecr = peer->ts_ecr,
	};
}

void
peer_flags(struct peer *peer, const char *flags, uint32_t seq, uint32_t ack)
{
	const struct peer_segment segment = plain(peer, flags, seq, ack);
	peer_send(peer, &segment);
}

void
peer_ack(struct peer *peer, uint32_t seq, uint32_t ack)
{
	peer_flags(peer, "A", seq, ack);
}

void
peer_data(struct peer *peer, uint32_t seq, uint32_t ack, size_t size)
{
	struct peer_segment segment = plain(peer, "PA", seq, ack);
	segment.size = size;
	peer_send(peer, &segment);
}

void
peer_sack(struct peer *peer, uint32_t seq, uint32_t ack, uint32_t begin, uint32_t end)
{
	struct peer_segment segment = plain(peer, "A", seq, ack);
	segment.sacks[0] = (struct peer_sack){ begin, end };
	segment.sack_count = 1;
	peer_send(peer, &segment);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void
option_read(struct peer *peer, const uint8_t *at, struct peer_segment *segment)
{
	switch (at[0]) {
	case 2: segment->mss = packet_u16(at, 2); break;
	case 3:
		segment->has_wscale = true;
		segment->wscale = at[2];
		break;
	case 4: segment->sack_permitted = true; break;
	case 5:
		segment->sack_count = (at[1] - 2u) / 8;
		for (unsigned i = 0; i < segment->sack_count; i++)
			segment->sacks[i] =
				(struct peer_sack){ packet_u32(at, 2 + 8 * i) - peer->peer_iss,
						    packet_u32(at, 6 + 8 * i) - peer->peer_iss };
		break;
	case 8:
		segment->has_timestamps = true;
		segment->ts_val = peer->ts_ecr = packet_u32(at, 2);
		segment->ts_ecr = packet_u32(at, 6);
		break;
	default: ck_abort_msg("option %u", at[0]);
	}
}

static void
segment_read(struct peer *peer, const uint8_t *packet, size_t size, struct peer_segment *segment)
{
	const uint8_t *tcp = packet + packet_header_bytes(packet);
	const size_t header = (size_t)(tcp[12] >> 4) * 4;
	const unsigned flags = tcp[13];
	unsigned count = 0;

	peer->stack_port = packet_u16(tcp, 0);
	if ((flags & 2) != 0) {
		peer->stack_iss = packet_u32(tcp, 4);
		peer->has_stack_iss = true;
	}
	*segment = (struct peer_segment){
		.seq = packet_u32(tcp, 4) - peer->stack_iss,
		.ack = (flags & 0x10) != 0 ? packet_u32(tcp, 8) - peer->peer_iss : 0,
		.window = packet_u16(tcp, 14),
		.size = size - (size_t)(tcp - packet) - header,
		.data = tcp + header,
		.traffic_class = (uint8_t)(packet[0] >> 4 == 4 ? packet[1]
							       : packet_u16(packet, 0) >> 4),
		.dont_fragment = packet[0] >> 4 == 6 || (packet[6] & 0x40) != 0,
		.at_us = peer->host.now_us,
	};
	for (const char *order = "SFRPAEW"; *order != '\0'; order++)
		if ((flags & 1u << (strchr(letters, *order) - letters)) != 0)
			segment->flag_text[count++] = *order;
	for (size_t at = 20; at < header && tcp[at] != 0; at += tcp[at] == 1 ? 1 : tcp[at + 1])
		if (tcp[at] != 1)
			option_read(peer, tcp + at, segment);
	segment->flags = segment->flag_text;
}

/* A test may play several peers, by their ports: the others' segments are not looked at. */
static bool
is_for_peer(const struct peer *peer, const uint8_t *packet)
{
	return packet_u16(packet, packet_header_bytes(packet) + 2) == peer->peer_port;
}

static void
drain(struct peer *peer)
{
	struct stack_action action;

	while (stack_next(peer->host.stack, &action)) {
		if (action.kind == STACK_TCP && action.conn == peer->listener)
			peer->listener_events |= action.events;
		else if (action.kind == STACK_TCP)
			peer->events |= action.events;
		if (action.kind != STACK_TRANSMIT || !is_for_peer(peer, action.bytes))
			continue;
		const unsigned at = peer->log_head % PEER_LOG;
		ck_assert_uint_lt(peer->log_head - peer->log_tail, PEER_LOG);
		free(peer->kept[at]);
		peer->kept[at] = malloc(action.size);
		ck_assert_ptr_nonnull(peer->kept[at]);
		memcpy(peer->kept[at], action.bytes, action.size);
		if (action.checksum_start == 0)
			ck_assert(packet_is_sound(action.bytes, action.size));
		segment_read(peer, peer->kept[at], action.size, &peer->log[at]);
		peer->log[at].flags = peer->log[at].flag_text;
		peer->log_head++;
	}
}

const struct peer_segment *
peer_take(struct peer *peer)
{
	drain(peer);
	if (peer->log_head == peer->log_tail)
		ck_abort_msg("the stack says nothing");
	struct peer_segment *segment = &peer->log[peer->log_tail++ % PEER_LOG];
	segment->flags = segment->flag_text;
	return segment;
}

/* PSH is the sender's choice (RFC 9293, section 3.9.1.2): a test that names none accepts it. */
static bool
flags_fit(const char *wanted, const char *is)
{
	char without[9];
	unsigned count = 0;

	if (strcmp(wanted, is) == 0)
		return true;
	for (; *is != '\0'; is++)
		if (*is != 'P')
			without[count++] = *is;
	without[count] = '\0';
	return strcmp(wanted, without) == 0;
}

const struct peer_segment *
peer_expect(struct peer *peer, const char *flags, uint32_t seq, uint32_t ack, size_t size)
{
	const struct peer_segment *is = peer_take(peer);

	if (!flags_fit(flags, is->flags) || is->seq != seq || is->ack != ack || is->size != size)
		ck_abort_msg("expected %s seq %u ack %u size %zu, it is %s seq %u ack %u size %zu "
			     "(%u left)",
			     flags, seq, ack, size, is->flags, is->seq, is->ack, is->size,
			     peer->log_head - peer->log_tail);
	return is;
}

unsigned
peer_pending(struct peer *peer)
{
	drain(peer);
	return peer->log_head - peer->log_tail;
}

void
peer_expect_nothing(struct peer *peer)
{
	if (peer_pending(peer) == 0)
		return;
	const struct peer_segment *is = peer_take(peer);
	ck_abort_msg("expected nothing, there is %s seq %u ack %u size %zu", is->flags, is->seq,
		     is->ack, is->size);
}

void
peer_discard(struct peer *peer)
{
	drain(peer);
	peer->log_tail = peer->log_head;
}

void
peer_wait(struct peer *peer, uint64_t for_us)
{
	struct host *host = &peer->host;
	const uint64_t end_us = host->now_us + for_us;

	drain(peer);
	for (;;) {
		const uint64_t at_us = stack_deadline(host->stack);
		if (at_us > end_us)
			break;
		if (at_us > host->now_us)
			host->now_us = at_us;
		stack_timeout(host->stack, host->now_us);
		drain(peer);
	}
	peer->ts_val += (uint32_t)((end_us - host->now_us) / 1000);
	host->now_us = end_us;
	peer->ts_val = TS_START + (uint32_t)((end_us - HOST_START_US) / 1000);
}

/* ---- handshakes ------------------------------------------------------------------------------ */

struct peer_segment
peer_syn(const struct peer *peer, const struct peer_config *config)
{
	const uint16_t mss = config->mss == 0 ? PEER_MSS : config->mss == 1 ? 0 : config->mss;

	return (struct peer_segment){
		.flags = config->ecn ? "SEW" : "S",
		.window = peer->window,
		.mss = mss,
		.sack_permitted = !config->no_sack,
		.has_wscale = !config->no_wscale,
		.wscale = config->wscale,
		.has_timestamps = config->timestamps,
		.ts_val = peer->ts_val,
		.ts_ecr = peer->ts_ecr,
	};
}

void
peer_listen(struct peer *peer, const struct peer_config *config)
{
	const struct ip_addr any = { 0 };

	peer_init(peer, config);
	ck_assert_int_eq(tcp_listen(peer->host.stack, &any, STACK_PORT, 4,
				    config->has_tcp ? &config->tcp : NULL, 1, &peer->listener),
			 0);
}

void
peer_passive(struct peer *peer, const struct peer_config *config)
{
	peer_listen(peer, config);
	const struct peer_segment syn = peer_syn(peer, config);
	peer_send(peer, &syn);
	peer->has_timestamps = peer_take(peer)->has_timestamps;
	peer_ack(peer, 1, 1);
	ck_assert_int_eq(tcp_accept(peer->host.stack, peer->listener, 2, &peer->conn), 0);
	peer_expect_nothing(peer);
	peer->events = 0;
}

void
peer_open(struct peer *peer, const struct peer_config *config)
{
	peer_init(peer, config);
	const struct ip_addr remote = addr_of(peer_text(peer));
	ck_assert_int_eq(tcp_open(peer->host.stack, &remote, PEER_PORT, NULL, 0,
				  config->has_tcp ? &config->tcp : NULL, 2, peer->host.now_us,
				  &peer->conn),
			 0);
}

void
peer_active(struct peer *peer, const struct peer_config *config)
{
	peer_open(peer, config);
	(void)peer_take(peer);
	struct peer_segment syn = peer_syn(peer, config);
	syn.flags = config->ecn ? "SAE" : "SA";
	syn.ack = 1;
	syn.ts_ecr = peer->ts_ecr;
	peer_send(peer, &syn);
	peer->has_timestamps = config->timestamps;
	(void)peer_expect(peer, "A", 1, 1, 0);
	peer_expect_nothing(peer);
	peer->events = 0;
}

/* ---- the program ----------------------------------------------------------------------------- */

void
peer_write(struct peer *peer, size_t size)
{
	static const uint8_t zeros[65536];

	for (size_t taken; size != 0; size -= taken) {
		const size_t part = size < sizeof zeros ? size : sizeof zeros;
		ck_assert_int_eq(tcp_send(peer->host.stack, peer->conn, zeros, part, 0,
					  peer->host.now_us, &taken),
				 0);
	}
	drain(peer);
}

size_t
peer_read(struct peer *peer)
{
	static uint8_t bytes[65536];
	size_t got, total = 0;

	while (tcp_receive(peer->host.stack, peer->conn, bytes, sizeof bytes, peer->host.now_us,
			   &got) == 0 &&
	       got != 0)
		total += got;
	drain(peer);
	return total;
}

struct tcp_conn_info
peer_info(const struct peer *peer)
{
	struct tcp_conn_info info;

	ck_assert_int_eq(tcp_info(peer->host.stack, peer->conn, &info), 0);
	return info;
}

enum tcp_state
peer_state(const struct peer *peer)
{
	struct tcp_conn_info info;
	uint32_t place = 0;

	if (tcp_info(peer->host.stack, peer->conn, &info) == 0 && info.state != TCP_STATE_CLOSED)
		return info.state;
	/* Closed by the program, or in TIME-WAIT: found by its ports. */
	while (tcp_info_next(peer->host.stack, &place, &info))
		if (info.remote_port == peer->peer_port && info.state != TCP_STATE_LISTEN &&
		    info.state != TCP_STATE_CLOSED)
			return info.state;
	return TCP_STATE_CLOSED;
}
