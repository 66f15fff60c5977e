#include "tests/stack/storm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stack/base/cursor.h"
#include "stack/base/rng.h"
#include "stack/checksum.h"
#include "stack/dhcp_wire.h"
#include "stack/drop.h"
#include "stack/ether_wire.h"
#include "stack/ip.h"
#include "stack/stack.h"

#define ACTIONS_MAX 4000u /* of one step: more is a storm that feeds itself */
#define FLOWS       8u
#define PACKET_MAX  4096u

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: violated: %s\n", __FILE__, __LINE__, #condition);  \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static const struct stack_limits limits = {
	.flow_count = FLOWS,
	.listener_count = 4,
	.addr_count = 8,
	.route_count = 8,
	.neigh_count = 8,
	.pmtu_count = 8,
	.reass_bytes = 1u << 18,
	.transmit_bytes = 1u << 17,
	.receive_bytes = 1u << 17,
};

/* The interfaces of the stack under test. */
enum { IF_LINE, IF_STATION, IF_SHARED, IF_LEARNER, IF_COUNT };

static const struct stack_if_config if_configs[IF_COUNT] = {
	[IF_LINE] = { .name = "line", .kind = STACK_IF_IP, .mtu = 1500 },
	[IF_STATION] = { .name = "station",
			 .kind = STACK_IF_ETHER,
			 .mac = { { 2, 0, 0, 0, 0, 1 } },
			 .mtu = 1500,
			 .vlan = 5 },
	[IF_SHARED] = { .name = "shared",
			.kind = STACK_IF_IP,
			.mtu = 1280,
			.flags = STACK_IF_SHARED | STACK_IF_LOCAL_PEERS | STACK_IF_CHECKSUM_TX },
	[IF_LEARNER] = { .name = "learner",
			 .kind = STACK_IF_ETHER,
			 .mac = { { 2, 0, 0, 0, 0, 2 } },
			 .mtu = 1500,
			 .flags = STACK_IF_SLAAC | STACK_IF_DHCP },
};

/* What packets come from and go to. */
static const char *const addrs4[] = {
	"192.0.2.1", "192.0.2.2",   "198.51.100.1", "198.51.100.2",
	"10.0.0.1",  "203.0.113.7", "192.0.2.255",  "255.255.255.255",
	"224.0.0.1", "0.0.0.0",     "127.0.0.1",    "198.51.100.254",
};
static const char *const addrs6[] = {
	"2001:db8::1",   "2001:db8::2",     "2001:db8:1::1",  "2001:db8:1::2", "fd00::1",
	"2001:db8:9::7", "ff02::1",         "ff02::1:ff00:1", "fe80::2",       "::",
	"::1",           "fe80::ff:fe00:2",
};
#define ADDRS (sizeof addrs4 / sizeof addrs4[0])
static const uint16_t ports[] = { 53, 5353, 67, 68, 1024, 0, 4000, 4001 };
#define PORTS (sizeof ports / sizeof ports[0])

struct storm {
	struct cursor script;
	struct stack *stack;
	struct rng rng;
	uint64_t now_us;
	udp_flow flows[FLOWS];
	uint8_t sent[PACKET_MAX]; /* the last IP packet that the stack sent */
	size_t sent_bytes;
	uint8_t asked[DHCP_SENT_BYTES]; /* the last message of the DHCP client */
	struct storm_counts *counts;
};

static uint8_t
pick(struct storm *storm, size_t count)
{
	return (uint8_t)(cursor_u8(&storm->script) % count);
}

static struct ip_addr
addr_at(bool is_v6, size_t index)
{
	struct ip_addr addr;
	REQUIRE(addr_from_text(&addr, is_v6 ? addrs6[index] : addrs4[index]) == 0);
	return addr;
}

static struct ip_addr
pick_addr(struct storm *storm, bool is_v6)
{
	return addr_at(is_v6, pick(storm, ADDRS));
}

/* ---- what comes out -------------------------------------------------------------------------- */

static void
ipv4_look(const uint8_t *bytes, size_t size, bool is_padded)
{
	const size_t header_bytes = (bytes[0] & 15u) * 4u;
	const size_t total = (size_t)(bytes[2] << 8 | bytes[3]);

	REQUIRE(size >= IPV4_HEADER_BYTES && header_bytes == IPV4_HEADER_BYTES);
	REQUIRE(total >= header_bytes && (is_padded ? total <= size : total == size));
	REQUIRE(checksum_fold(checksum_add(0, bytes, header_bytes)) == CHECKSUM_GOOD);
	/* Loopback and the unspecified address stay at home; only DHCP speaks as nobody. */
	REQUIRE(bytes[12] != 127 || bytes[16] == 127);
	REQUIRE(bytes[12] < 224);
}

static void
ipv6_look(const uint8_t *bytes, size_t size, bool is_padded)
{
	const size_t total = IPV6_HEADER_BYTES + (size_t)(bytes[4] << 8 | bytes[5]);

	REQUIRE(size >= IPV6_HEADER_BYTES);
	REQUIRE(is_padded ? total <= size : total == size);
	REQUIRE(bytes[8] != 0xff);
	if (bytes[6] != IP_PROTOCOL_ICMPV6)
		return;
	const struct ip_addr from = addr_ipv6(bytes + 8), to = addr_ipv6(bytes + 24);
	uint64_t sum = checksum_pseudo(&from, &to, IP_PROTOCOL_ICMPV6,
				       (uint32_t)(total - IPV6_HEADER_BYTES));
	sum = checksum_add(sum, bytes + IPV6_HEADER_BYTES, total - IPV6_HEADER_BYTES);
	REQUIRE(checksum_fold(sum) == CHECKSUM_GOOD);
}

/* Only the DHCP client speaks as nobody, and what it says is kept to be answered. */
static void
dhcp_look(struct storm *storm, const uint8_t *bytes, size_t size)
{
	static const uint8_t nobody[4];
	const bool is_dhcp = size >= 28u + DHCP_SENT_BYTES && bytes[9] == IP_PROTOCOL_UDP &&
			     bytes[21] == DHCP_CLIENT_PORT && bytes[23] == DHCP_SERVER_PORT;

	REQUIRE(is_dhcp || memcmp(bytes + 12, nobody, sizeof nobody) != 0);
	if (is_dhcp)
		memcpy(storm->asked, bytes + 28, sizeof storm->asked);
}

static void
packet_look(struct storm *storm, const uint8_t *bytes, size_t size, bool is_padded)
{
	REQUIRE(size > 0 && size <= PACKET_MAX);
	if (bytes[0] >> 4 == 4) {
		ipv4_look(bytes, size, is_padded);
		dhcp_look(storm, bytes, size);
	} else {
		ipv6_look(bytes, size, is_padded);
	}
	memcpy(storm->sent, bytes, size);
	storm->sent_bytes = size;
}

static void
frame_look(struct storm *storm, const struct stack_action *action)
{
	REQUIRE(action->ifindex < IF_COUNT);
	const struct stack_if_config *config = &if_configs[action->ifindex];
	const bool offload = (config->flags & STACK_IF_CHECKSUM_TX) != 0;

	REQUIRE(action->checksum_start == 0 || offload);
	REQUIRE(action->checksum_start + action->checksum_offset +
			(action->checksum_start != 0 ? 2u : 0) <=
		action->size);
	if (config->kind == STACK_IF_IP) {
		REQUIRE(action->size <= config->mtu);
		packet_look(storm, action->bytes, action->size, false);
		return;
	}
	struct cursor c = cursor_over(action->bytes, action->size);
	struct ether_header header;
	REQUIRE(ether_header_read(&c, &header) == 0);
	REQUIRE(action->size >= ETHER_FRAME_BYTES_MIN && cursor_left(&c) <= config->mtu);
	REQUIRE(mac_equal(&header.source, &config->mac) && header.vlan == config->vlan);
	if (header.type == ETHER_TYPE_ARP)
		return;
	REQUIRE(header.type == ETHER_TYPE_IPV4 || header.type == ETHER_TYPE_IPV6);
	REQUIRE((c.begin[c.pos] >> 4 == 4) == (header.type == ETHER_TYPE_IPV4));
	packet_look(storm, c.begin + c.pos, cursor_left(&c), true);
}

static bool
is_own_flow(const struct storm *storm, udp_flow flow)
{
	for (size_t i = 0; i < FLOWS; i++)
		if (storm->flows[i] == flow)
			return true;
	return false;
}

static void
action_look(struct storm *storm, const struct stack_action *action)
{
	switch (action->kind) {
	case STACK_TRANSMIT:
		storm->counts->frames++;
		frame_look(storm, action);
		break;
	case STACK_DATAGRAM:
		storm->counts->datagrams++;
		REQUIRE(action->flow == 0 || is_own_flow(storm, action->flow));
		REQUIRE(action->local_port != 0 && action->local.family == action->remote.family);
		REQUIRE(action->size <= 65527);
		break;
	case STACK_ERROR:
		storm->counts->errors++;
		REQUIRE(action->flow == 0 || is_own_flow(storm, action->flow));
		REQUIRE(action->error >= STACK_ERROR_NET_UNREACHABLE &&
			action->error <= STACK_ERROR_TIME_EXCEEDED);
		REQUIRE(action->flow == 0 || action->error != STACK_ERROR_TOO_BIG ||
			action->mtu >=
				(action->remote.family == ADDR_IPV4 ? IPV4_MTU_MIN : IPV6_MTU_MIN));
		break;
	case STACK_ECHO: storm->counts->echoes++; break;
	case STACK_TCP:  break;
	}
}

static void
drain(struct storm *storm)
{
	struct stack_action action;
	struct stack_stats stats;
	unsigned count = 0;

	while (stack_next(storm->stack, &action)) {
		REQUIRE(++count < ACTIONS_MAX);
		action_look(storm, &action);
	}
	stack_stats(storm->stack, &stats);
	REQUIRE(stats.flows_open <= limits.flow_count && stats.neighbours <= limits.neigh_count);
	REQUIRE(stats.addrs <= limits.addr_count && stats.routes <= limits.route_count);
	REQUIRE(stats.reass_bytes <= limits.reass_bytes);
}

/* ---- what goes in ---------------------------------------------------------------------------- */

/* In a block of its own size: a sanitizer sees any octet read behind it. */
static void
frame_receive(struct storm *storm, unsigned ifindex, const uint8_t *bytes, size_t size)
{
	const uint8_t flags = cursor_u8(&storm->script);
	uint8_t *copy = malloc(size != 0 ? size : 1);
	/* A device says rarely that it has looked. */
	const uint32_t rx_flags =
		flags < 16 ? flags & (STACK_RX_CHECKSUM_OK | STACK_RX_CHECKSUM_PARTIAL) : 0;

	REQUIRE(copy != NULL);
	if (size != 0)
		memcpy(copy, bytes, size);
	storm->counts->packets++;
	stack_receive(storm->stack, ifindex, copy, size, rx_flags, storm->now_us);
	free(copy);
}

static void
transport_checksum(uint8_t *upper, size_t size, uint8_t protocol, const struct ip_addr *from,
		   const struct ip_addr *to)
{
	const size_t at = protocol == IP_PROTOCOL_UDP ? 6 : 2;
	uint64_t sum = 0;

	if ((protocol != IP_PROTOCOL_UDP && protocol != IP_PROTOCOL_ICMP &&
	     protocol != IP_PROTOCOL_ICMPV6) ||
	    size < at + 2)
		return;
	upper[at] = upper[at + 1] = 0;
	if (protocol != IP_PROTOCOL_ICMP)
		sum = checksum_pseudo(from, to, protocol, (uint32_t)size);
	const uint16_t checksum = checksum_finish(checksum_add(sum, upper, size));
	upper[at] = (uint8_t)(checksum >> 8);
	upper[at + 1] = (uint8_t)checksum;
}

/*
 * Ports, or the 4-tuple of an open flow turned round; then a length, and a payload of the
 * script's.
 */
static size_t
udp_write(struct storm *storm, uint8_t *out, struct ip_addr *from, const struct ip_addr *to)
{
	struct writer w = writer_over(out, 600);
	const size_t payload_bytes = cursor_u8(&storm->script) * 2u;
	uint16_t source_port = ports[pick(storm, PORTS)],
		 destination_port = ports[pick(storm, PORTS)];
	struct ip_addr local;
	uint16_t local_port;

	if (udp_local(storm->stack, storm->flows[pick(storm, FLOWS)], &local, &local_port) == 0 &&
	    addr_equal(&local, to))
		destination_port = local_port;
	(void)from;
	writer_u16(&w, source_port);
	writer_u16(&w, destination_port);
	writer_u16(&w, (uint16_t)(8 + payload_bytes));
	writer_u16(&w, 0);
	memset(writer_reserve(&w, payload_bytes), 0x5a, payload_bytes);
	return w.pos;
}

/* A message whose body is the script's, or what the stack sent last: an error about it. */
static size_t
icmp_write(struct storm *storm, uint8_t *out, bool is_v6)
{
	static const uint8_t types4[] = { 0, 3, 3, 8, 11, 5, 12 };
	static const uint8_t types6[] = { 1, 2, 3, 4, 128, 129, 133, 134, 135, 136, 137, 130 };
	struct writer w = writer_over(out, 1400);
	const uint8_t what = cursor_u8(&storm->script);
	size_t body_bytes = storm->sent_bytes < 1300 ? storm->sent_bytes : 1300;

	writer_u8(&w,
		  is_v6 ? types6[pick(storm, sizeof types6)] : types4[pick(storm, sizeof types4)]);
	writer_u8(&w, pick(storm, 8));
	writer_u16(&w, 0);
	writer_u32(&w, what < 200 ? cursor_u16(&storm->script) : cursor_u32(&storm->script));
	if ((what & 1) != 0) {
		writer_bytes(&w, storm->sent, body_bytes);
		return w.pos;
	}
	body_bytes = cursor_u8(&storm->script);
	body_bytes =
		body_bytes < cursor_left(&storm->script) ? body_bytes : cursor_left(&storm->script);
	writer_bytes(&w, cursor_bytes(&storm->script, body_bytes), body_bytes);
	return w.pos;
}

/* Some extension headers in front of `protocol`; returns the first next header. */
static uint8_t
extensions_write(struct storm *storm, struct writer *w, uint8_t protocol)
{
	static const uint8_t types[] = { 0, 60, 43, 44, 44, 59, 60, 0 };
	static const uint8_t counts[16] = { [10] = 1, 1, 2, 3, 4, 10 };
	const unsigned count = counts[pick(storm, sizeof counts)];
	uint8_t first = protocol;
	uint8_t *link = &first;

	for (unsigned i = 0; i < count; i++) {
		const uint8_t type = count == 10 ? 60 : types[pick(storm, sizeof types)];
		const uint8_t eights = type == 44 ? 0 : pick(storm, 3);
		uint8_t *header = writer_reserve(w, 8u * (eights + 1u));
		*link = type;
		memset(header, 0, 8u * (eights + 1u)); /* options: Pad1 */
		if (pick(storm, 2) != 0 || type == 44)
			cursor_copy(&storm->script, header, 8);
		header[0] = protocol;
		header[1] = eights;
		link = &header[0];
	}
	return first;
}

static size_t
upper_write(struct storm *storm, uint8_t *out, bool is_v6, uint8_t *protocol, struct ip_addr *from,
	    const struct ip_addr *to)
{
	size_t size;

	switch (pick(storm, 4)) {
	case 0:
	case 1:
		*protocol = IP_PROTOCOL_UDP;
		size = udp_write(storm, out, from, to);
		break;
	case 2:
		*protocol = is_v6 ? IP_PROTOCOL_ICMPV6 : IP_PROTOCOL_ICMP;
		size = icmp_write(storm, out, is_v6);
		break;
	default:
		*protocol = pick(storm, 2) != 0 ? cursor_u8(&storm->script)
			    : is_v6             ? IP_PROTOCOL_ICMPV6
						: IP_PROTOCOL_ICMP;
		size = pick(storm, 64);
		cursor_copy(&storm->script, out, size);
		break;
	}
	transport_checksum(out, size, *protocol, from, to);
	return size;
}

/* An own address of the interface as often as any other. */
static struct ip_addr
pick_destination(struct storm *storm, unsigned ifindex, bool is_v6)
{
	static const uint8_t own[IF_COUNT][2] = {
		[IF_LINE] = { 0, 0 },
		[IF_STATION] = { 2, 2 },
		[IF_SHARED] = { 4, 0 },
		[IF_LEARNER] = { 0, 11 },
	};
	return pick(storm, 2) != 0 ? addr_at(is_v6, own[ifindex][is_v6]) : pick_addr(storm, is_v6);
}

/* An IP packet in `out`; returns its octets. */
static size_t
packet_write(struct storm *storm, unsigned ifindex, uint8_t *out, bool is_v6)
{
	uint8_t upper[1500], protocol = 0;
	struct ip_addr from = pick_addr(storm, is_v6), to = pick_destination(storm, ifindex, is_v6);
	const uint8_t variant = cursor_u8(&storm->script);
	struct writer w = writer_over(out, PACKET_MAX);
	const size_t upper_bytes = upper_write(storm, upper, is_v6, &protocol, &from, &to);
	const uint8_t hop_limit = (variant & 3) == 0 ? cursor_u8(&storm->script) : 255;

	if (is_v6) {
		writer_u32(&w, 6u << 28);
		writer_u16(&w, 0);
		writer_u8(&w, 0);
		writer_u8(&w, hop_limit);
		writer_bytes(&w, from.octets, 16);
		writer_bytes(&w, to.octets, 16);
		out[6] = extensions_write(storm, &w, protocol);
		writer_bytes(&w, upper, upper_bytes);
		writer_patch_u16(&w, 4, (uint16_t)(w.pos - IPV6_HEADER_BYTES));
		return w.pos;
	}
	const size_t options_bytes = variant < 32 ? pick(storm, 11) * 4u : 0;
	const unsigned flags_offset = variant > 224 ? cursor_u16(&storm->script) & 0x3fffu
				      : variant > 192
					      ? pick(storm, 40) | (unsigned)pick(storm, 2) << 13
					      : 0x4000u;
	writer_u8(&w, (uint8_t)(4 << 4 | (20 + options_bytes) / 4));
	writer_u8(&w, 0);
	writer_u16(&w, (uint16_t)(20 + options_bytes + upper_bytes));
	writer_u16(&w, pick(storm, 3));
	writer_u16(&w, (uint16_t)flags_offset);
	writer_u8(&w, hop_limit);
	writer_u8(&w, protocol);
	writer_u16(&w, 0);
	writer_bytes(&w, from.octets, 4);
	writer_bytes(&w, to.octets, 4);
	cursor_copy(&storm->script, writer_reserve(&w, options_bytes), options_bytes);
	writer_bytes(&w, upper, upper_bytes);
	writer_patch_u16(&w, 10, checksum_finish(checksum_add(0, out, 20 + options_bytes)));
	return w.pos;
}

static void
damage(struct storm *storm, uint8_t *bytes, size_t *size)
{
	const unsigned count = pick(storm, 8) > 5 ? pick(storm, 5) : 0;

	for (unsigned i = 0; i < count && *size != 0; i++) {
		const size_t at = cursor_u16(&storm->script) % *size;
		bytes[at] ^= cursor_u8(&storm->script);
	}
	if (count == 4)
		*size = cursor_u16(&storm->script) % (*size + 1);
	if (count == 3 && *size >= 20 &&
	    bytes[0] >> 4 == 4) { /* and the header looks right again */
		bytes[10] = bytes[11] = 0;
		const uint16_t checksum = checksum_finish(checksum_add(0, bytes, 20));
		bytes[10] = (uint8_t)(checksum >> 8);
		bytes[11] = (uint8_t)checksum;
	}
}

static void
step_packet(struct storm *storm, unsigned ifindex)
{
	static const struct mac_addr peers[] = { { { 2, 0, 0, 0, 0, 9 } },
						 { { 2, 0, 0, 0, 0, 8 } } };
	uint8_t frame[PACKET_MAX + 32];
	const struct stack_if_config *config = &if_configs[ifindex];
	const bool is_v6 = pick(storm, 2) != 0;
	size_t header_bytes = 0;

	if (config->kind == STACK_IF_ETHER) {
		struct writer w = writer_over(frame, 32);
		const uint8_t to = pick(storm, 4);
		const struct ip_addr group = addr_at(is_v6, is_v6 ? 7 : 8);
		const struct ether_header header = {
			.destination = to == 0   ? ether_broadcast
				       : to == 1 ? ether_multicast(&group)
						 : config->mac,
			.source = peers[pick(storm, 2)],
			.vlan = config->vlan,
			.type = is_v6 ? ETHER_TYPE_IPV6 : ETHER_TYPE_IPV4,
		};
		ether_header_write(&w, &header);
		header_bytes = w.pos;
	}
	size_t size = packet_write(storm, ifindex, frame + header_bytes, is_v6);
	damage(storm, frame + header_bytes, &size);
	frame_receive(storm, ifindex, frame, header_bytes + size);
}

/* A server's answer to what the DHCP client said last, with options that may be anything. */
static size_t
dhcp_write_reply(struct storm *storm, uint8_t *out)
{
	static const uint8_t types[] = { DHCP_OFFER, DHCP_OFFER, DHCP_ACK, DHCP_ACK, DHCP_NAK };
	static const uint8_t server[] = { DHCP_OPTION_SERVER_ID, 4, 198, 51, 100, 2 };
	struct writer w = writer_over(out, 600);

	writer_bytes(&w, storm->asked, 240);
	out[0] = 2;
	memcpy(out + 16, pick_addr(storm, false).octets, 4);
	writer_u8(&w, DHCP_OPTION_TYPE);
	writer_u8(&w, 1);
	writer_u8(&w, types[pick(storm, sizeof types)]);
	writer_bytes(&w, server, sizeof server);
	writer_u8(&w, DHCP_OPTION_LEASE);
	writer_u8(&w, 4);
	writer_u32(&w, cursor_u8(&storm->script) * 8u);
	if (pick(storm, 4) == 0) {
		writer_u8(&w, DHCP_OPTION_ROUTES);
		writer_u8(&w, 8);
		cursor_copy(&storm->script, writer_reserve(&w, 8), 8);
	}
	if (pick(storm, 4) == 0)
		cursor_copy(&storm->script, writer_reserve(&w, 40), 40);
	writer_u8(&w, DHCP_OPTION_END);
	return w.pos;
}

static void
step_dhcp(struct storm *storm)
{
	const struct stack_if_config *config = &if_configs[IF_LEARNER];
	const struct ip_addr from = addr_at(false, 3), everybody = addr_at(false, 7);
	uint8_t frame[1024];
	struct writer w = writer_over(frame, 64);
	const bool is_broadcast = pick(storm, 2) != 0;
	const struct ip_addr to = is_broadcast ? everybody : pick_addr(storm, false);
	const struct ether_header header = {
		.destination = is_broadcast ? ether_broadcast : config->mac,
		.source = { { 2, 0, 0, 0, 0, 9 } },
		.type = ETHER_TYPE_IPV4,
	};

	ether_header_write(&w, &header);
	const size_t ip_at = w.pos, udp_at = ip_at + IPV4_HEADER_BYTES;
	const size_t udp_bytes = 8 + dhcp_write_reply(storm, frame + udp_at + 8);
	writer_u16(&w, 0x4500);
	writer_u16(&w, (uint16_t)(IPV4_HEADER_BYTES + udp_bytes));
	writer_u32(&w, 0);
	writer_u16(&w, 64 << 8 | IP_PROTOCOL_UDP);
	writer_u16(&w, 0);
	writer_bytes(&w, from.octets, 4);
	writer_bytes(&w, to.octets, 4);
	writer_patch_u16(&w, ip_at + 10,
			 checksum_finish(checksum_add(0, frame + ip_at, IPV4_HEADER_BYTES)));
	writer_u16(&w, DHCP_SERVER_PORT);
	writer_u16(&w, DHCP_CLIENT_PORT);
	writer_u16(&w, (uint16_t)udp_bytes);
	writer_u16(&w, 0);
	transport_checksum(frame + udp_at, udp_bytes, IP_PROTOCOL_UDP, &from, &to);
	size_t size = IPV4_HEADER_BYTES + udp_bytes;
	damage(storm, frame + ip_at, &size);
	frame_receive(storm, IF_LEARNER, frame, ip_at + size);
}

static void
step_arp(struct storm *storm, unsigned ifindex)
{
	const struct stack_if_config *config = &if_configs[ifindex];
	uint8_t frame[64];
	struct writer w = writer_over(frame, sizeof frame);
	const struct mac_addr peer = { { 2, 0, 0, 0, 0, (uint8_t)(8 + pick(storm, 2)) } };
	const struct ether_header header = { .destination = pick(storm, 2) != 0 ? ether_broadcast
										: config->mac,
					     .source = peer,
					     .vlan = config->vlan,
					     .type = ETHER_TYPE_ARP };

	if (config->kind != STACK_IF_ETHER)
		return;
	ether_header_write(&w, &header);
	const size_t header_bytes = w.pos;
	writer_u16(&w, 1);
	writer_u16(&w, ETHER_TYPE_IPV4);
	writer_u16(&w, 6 << 8 | 4);
	writer_u16(&w, (uint16_t)(1 + pick(storm, 3)));
	writer_bytes(&w, peer.octets, 6);
	writer_bytes(&w, pick_addr(storm, false).octets, 4);
	writer_bytes(&w, config->mac.octets, 6);
	writer_bytes(&w, pick_addr(storm, false).octets, 4);
	size_t size = w.pos - header_bytes;
	damage(storm, frame + header_bytes, &size);
	frame_receive(storm, ifindex, frame, header_bytes + size);
}

static void
step_raw(struct storm *storm, unsigned ifindex)
{
	const size_t wanted = cursor_u8(&storm->script);
	const size_t size =
		wanted < cursor_left(&storm->script) ? wanted : cursor_left(&storm->script);
	frame_receive(storm, ifindex, cursor_bytes(&storm->script, size), size);
}

/* What the stack sent comes back to it, a little different. */
static void
step_reflect(struct storm *storm, unsigned ifindex)
{
	uint8_t frame[PACKET_MAX];
	size_t size = storm->sent_bytes;

	memcpy(frame, storm->sent, size);
	damage(storm, frame, &size);
	frame_receive(storm, ifindex, frame, size);
}

/* ---- programs and changes -------------------------------------------------------------------- */

static void
step_program(struct storm *storm)
{
	static const uint8_t payload[3000];
	const bool is_v6 = pick(storm, 2) != 0;
	struct ip_addr remote = pick_addr(storm, is_v6), any = { 0 };
	udp_flow *flow = &storm->flows[pick(storm, FLOWS)];
	const uint16_t port = ports[pick(storm, PORTS)];

	switch (pick(storm, 6)) {
	case 0:
	case 1:
		udp_close(storm->stack, *flow);
		*flow = 0;
		(void)udp_open(storm->stack, &remote, port, NULL, ports[pick(storm, PORTS)], 7,
			       flow);
		break;
	case 2:
	case 3:
		(void)udp_send(storm->stack, *flow, payload,
			       cursor_u16(&storm->script) % sizeof payload, storm->now_us);
		break;
	case 4:
		(void)stack_echo_send(storm->stack, &remote, 1, pick(storm, 4),
				      cursor_u8(&storm->script), payload,
				      cursor_u8(&storm->script) * 8u, storm->now_us);
		break;
	case 5:
		if (pick(storm, 2) != 0)
			(void)udp_listen(storm->stack, &any, port, 1);
		else
			(void)udp_unlisten(storm->stack, &any, port);
		break;
	}
}

static void
step_change(struct storm *storm, unsigned ifindex)
{
	const bool is_v6 = pick(storm, 2) != 0;
	struct stack_addr addr = { .addr = pick_addr(storm, is_v6), .flags = pick(storm, 16) };
	struct stack_route route = { .prefix = pick_addr(storm, is_v6),
				     .ifindex = (uint8_t)ifindex };

	addr.prefix_len = cursor_u8(&storm->script);
	route.prefix_len = pick(storm, is_v6 ? 129 : 33);
	if (pick(storm, 2) != 0)
		route.gateway = pick_addr(storm, is_v6);
	switch (pick(storm, 8)) {
	case 0:
	case 1: (void)stack_addr_add(storm->stack, ifindex, &addr, storm->now_us); break;
	case 2: (void)stack_addr_del(storm->stack, ifindex, &addr.addr); break;
	case 3:
	case 4: (void)stack_route_add(storm->stack, &route); break;
	case 5: (void)stack_route_del(storm->stack, &route); break;
	case 6: stack_route_flush(storm->stack, ifindex); break;
	case 7:
		(void)stack_if_set_up(storm->stack, ifindex, false, storm->now_us);
		drain(storm);
		(void)stack_if_set_up(storm->stack, ifindex, true, storm->now_us);
		break;
	}
}

static void
step_time(struct storm *storm)
{
	const uint8_t how = cursor_u8(&storm->script);
	const uint64_t deadline = stack_deadline(storm->stack);

	if (how < 128 && deadline != STACK_NEVER && deadline > storm->now_us)
		storm->now_us = deadline;
	else
		storm->now_us += (uint64_t)1 << (how % 32);
	stack_timeout(storm->stack, storm->now_us);
}

static void
step(struct storm *storm)
{
	const uint8_t what = cursor_u8(&storm->script);
	const unsigned ifindex = pick(storm, IF_COUNT);

	storm->counts->steps++;
	switch (what % 18) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
	case 5:
	case 6: step_packet(storm, ifindex); break;
	case 7: step_arp(storm, ifindex); break;
	case 8: step_raw(storm, ifindex); break;
	case 9: step_reflect(storm, ifindex); break;
	case 10:
	case 11:
	case 12: step_program(storm); break;
	case 13: step_change(storm, ifindex); break;
	case 14:
	case 15: step_dhcp(storm); break;
	default: step_time(storm); break;
	}
	drain(storm);
}

/* ---- the stack ------------------------------------------------------------------------------- */

static void
host_addr_add(struct storm *storm, unsigned ifindex, const char *text, uint8_t prefix_len)
{
	struct stack_addr addr = { .prefix_len = prefix_len, .flags = STACK_ADDR_NO_DAD };
	REQUIRE(addr_from_text(&addr.addr, text) == 0);
	REQUIRE(stack_addr_add(storm->stack, ifindex, &addr, storm->now_us) == 0);
}

static void
host_make(struct storm *storm, void *block, size_t block_bytes)
{
	const struct ip_addr any = { 0 };

	rng_init_number(&storm->rng, 1);
	storm->stack = stack_new(block, block_bytes, &limits, &storm->rng, storm->now_us);
	REQUIRE(storm->stack != NULL);
	for (unsigned i = 0; i < IF_COUNT; i++) {
		unsigned ifindex;
		REQUIRE(stack_if_add(storm->stack, &if_configs[i], &ifindex) == 0 && ifindex == i);
		REQUIRE(stack_if_set_up(storm->stack, i, true, storm->now_us) == 0);
	}
	host_addr_add(storm, IF_LINE, "192.0.2.1", 24);
	host_addr_add(storm, IF_LINE, "2001:db8::1", 64);
	host_addr_add(storm, IF_STATION, "198.51.100.1", 24);
	host_addr_add(storm, IF_STATION, "2001:db8:1::1", 64);
	host_addr_add(storm, IF_SHARED, "10.0.0.1", 8);
	for (int is_v6 = 0; is_v6 < 2; is_v6++) {
		struct stack_route route = { .prefix = addr_at(is_v6, 9),
					     .gateway = addr_at(is_v6, is_v6 ? 3 : 11),
					     .ifindex = IF_STATION };
		REQUIRE(stack_route_add(storm->stack, &route) == 0);
		for (size_t i = 0; i < 4; i++) {
			struct ip_addr remote = addr_at(is_v6, i == 3 ? 5 : 1 + i);
			(void)udp_open(storm->stack, &remote, 53, NULL, (uint16_t)(4000 + i % 2), i,
				       &storm->flows[4 * is_v6 + (int)i]);
		}
	}
	REQUIRE(udp_listen(storm->stack, &any, 53, 1) == 0);
}

void
storm_run(const uint8_t *script, size_t size, struct storm_counts *counts)
{
	struct storm_counts unwanted = { 0 };
	struct storm storm = { .script = cursor_over(script, size), .now_us = 1000000 };
	const size_t block_bytes = (stack_bytes(&limits) + 63) & ~(size_t)63;
	void *block = aligned_alloc(64, block_bytes);

	REQUIRE(block != NULL);
	storm.counts = counts != NULL ? counts : &unwanted;
	host_make(&storm, block, block_bytes);
	for (unsigned i = 0; i < STORM_STEPS_MAX && cursor_left(&storm.script) > 0; i++)
		step(&storm);
	for (unsigned i = 0; i < DROP_REASON_COUNT; i++)
		storm.counts->drops[i] += stack_drops(storm.stack, i);
	free(block);
}
