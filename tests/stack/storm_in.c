/* storm_in.c - what goes into a stack in a storm: packets from likely to absurd, replies to what it asked, its own packets. */
#include <string.h>

#include "stack/checksum.h"
#include "stack/ether_wire.h"
#include "stack/ip.h"
#include "tests/stack/storm_priv.h"

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
const uint16_t storm__ports[STORM_PORTS] = { 53, 5353, 67, 68, 1024, 0, 4000, 4001 };

uint8_t
storm__pick(struct storm *storm, size_t count)
{
	return (uint8_t)(cursor_u8(&storm->script) % count);
}

struct ip_addr
storm__addr_at(bool is_v6, size_t index)
{
	struct ip_addr addr;
	REQUIRE(addr_from_text(&addr, is_v6 ? addrs6[index] : addrs4[index]) == 0);
	return addr;
}

struct ip_addr
storm__pick_addr(struct storm *storm, bool is_v6)
{
	return storm__addr_at(is_v6, storm__pick(storm, ADDRS));
}

/* In a block of its own size: a sanitizer sees any octet read behind it. */
static void
frame_receive(struct storm *storm, unsigned ifindex, const uint8_t *bytes, size_t size)
{
	const uint8_t flags = cursor_u8(&storm->script);
	uint8_t *copy = malloc(size != 0 ? size : 1);
	/* A device says rarely that it has looked. */
	const uint32_t rx_flags =
		(flags < 16 ? flags & (STACK_RX_CHECKSUM_OK | STACK_RX_CHECKSUM_PARTIAL) : 0) |
		(flags & STACK_RX_LENT);

	REQUIRE(copy != NULL);
	if (size != 0)
		memcpy(copy, bytes, size);
	storm->counts->packets++;
	stack_receive(storm->stack, ifindex, copy, size, rx_flags, storm->now_us);
	stack_settle(storm->stack);
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
	uint16_t source_port = storm__ports[storm__pick(storm, STORM_PORTS)],
		 destination_port = storm__ports[storm__pick(storm, STORM_PORTS)];
	struct ip_addr local;
	uint16_t local_port;

	if (udp_local(storm->stack, storm->flows[storm__pick(storm, FLOWS)], &local, &local_port) == 0 &&
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
		  is_v6 ? types6[storm__pick(storm, sizeof types6)] : types4[storm__pick(storm, sizeof types4)]);
	writer_u8(&w, storm__pick(storm, 8));
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
	const unsigned count = counts[storm__pick(storm, sizeof counts)];
	uint8_t first = protocol;
	uint8_t *link = &first;

	for (unsigned i = 0; i < count; i++) {
		const uint8_t type = count == 10 ? 60 : types[storm__pick(storm, sizeof types)];
		const uint8_t eights = type == 44 ? 0 : storm__pick(storm, 3);
		uint8_t *header = writer_reserve(w, 8u * (eights + 1u));
		*link = type;
		memset(header, 0, 8u * (eights + 1u)); /* options: Pad1 */
		if (storm__pick(storm, 2) != 0 || type == 44)
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

	switch (storm__pick(storm, 4)) {
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
		*protocol = storm__pick(storm, 2) != 0 ? cursor_u8(&storm->script)
			    : is_v6             ? IP_PROTOCOL_ICMPV6
						: IP_PROTOCOL_ICMP;
		size = storm__pick(storm, 64);
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
	return storm__pick(storm, 2) != 0 ? storm__addr_at(is_v6, own[ifindex][is_v6]) : storm__pick_addr(storm, is_v6);
}

/* An IP packet in `out`; returns its octets. */
static size_t
packet_write(struct storm *storm, unsigned ifindex, uint8_t *out, bool is_v6)
{
	uint8_t upper[1500], protocol = 0;
	struct ip_addr from = storm__pick_addr(storm, is_v6), to = pick_destination(storm, ifindex, is_v6);
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
	const size_t options_bytes = variant < 32 ? storm__pick(storm, 11) * 4u : 0;
	const unsigned flags_offset = variant > 224 ? cursor_u16(&storm->script) & 0x3fffu
				      : variant > 192
					      ? storm__pick(storm, 40) | (unsigned)storm__pick(storm, 2) << 13
					      : 0x4000u;
	writer_u8(&w, (uint8_t)(4 << 4 | (20 + options_bytes) / 4));
	writer_u8(&w, 0);
	writer_u16(&w, (uint16_t)(20 + options_bytes + upper_bytes));
	writer_u16(&w, storm__pick(storm, 3));
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
	const unsigned count = storm__pick(storm, 8) > 5 ? storm__pick(storm, 5) : 0;

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

void
storm__step_packet(struct storm *storm, unsigned ifindex)
{
	static const struct mac_addr peers[] = { { { 2, 0, 0, 0, 0, 9 } },
						 { { 2, 0, 0, 0, 0, 8 } } };
	uint8_t frame[PACKET_MAX + 32];
	const struct stack_if_config *config = &storm__ifs[ifindex];
	const bool is_v6 = storm__pick(storm, 2) != 0;
	size_t header_bytes = 0;

	if (config->kind == STACK_IF_ETHER) {
		struct writer w = writer_over(frame, 32);
		const uint8_t to = storm__pick(storm, 4);
		const struct ip_addr group = storm__addr_at(is_v6, is_v6 ? 7 : 8);
		const struct ether_header header = {
			.destination = to == 0   ? ether_broadcast
				       : to == 1 ? ether_multicast(&group)
						 : config->mac,
			.source = peers[storm__pick(storm, 2)],
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
	memcpy(out + 16, storm__pick_addr(storm, false).octets, 4);
	writer_u8(&w, DHCP_OPTION_TYPE);
	writer_u8(&w, 1);
	writer_u8(&w, types[storm__pick(storm, sizeof types)]);
	writer_bytes(&w, server, sizeof server);
	writer_u8(&w, DHCP_OPTION_LEASE);
	writer_u8(&w, 4);
	writer_u32(&w, cursor_u8(&storm->script) * 8u);
	if (storm__pick(storm, 4) == 0) {
		writer_u8(&w, DHCP_OPTION_ROUTES);
		writer_u8(&w, 8);
		cursor_copy(&storm->script, writer_reserve(&w, 8), 8);
	}
	if (storm__pick(storm, 4) == 0)
		cursor_copy(&storm->script, writer_reserve(&w, 40), 40);
	writer_u8(&w, DHCP_OPTION_END);
	return w.pos;
}

void
storm__step_dhcp(struct storm *storm)
{
	const struct stack_if_config *config = &storm__ifs[IF_LEARNER];
	const struct ip_addr from = storm__addr_at(false, 3), everybody = storm__addr_at(false, 7);
	uint8_t frame[1024];
	struct writer w = writer_over(frame, 64);
	const bool is_broadcast = storm__pick(storm, 2) != 0;
	const struct ip_addr to = is_broadcast ? everybody : storm__pick_addr(storm, false);
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

void
storm__step_arp(struct storm *storm, unsigned ifindex)
{
	const struct stack_if_config *config = &storm__ifs[ifindex];
	uint8_t frame[64];
	struct writer w = writer_over(frame, sizeof frame);
	const struct mac_addr peer = { { 2, 0, 0, 0, 0, (uint8_t)(8 + storm__pick(storm, 2)) } };
	const struct ether_header header = { .destination = storm__pick(storm, 2) != 0 ? ether_broadcast
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
	writer_u16(&w, (uint16_t)(1 + storm__pick(storm, 3)));
	writer_bytes(&w, peer.octets, 6);
	writer_bytes(&w, storm__pick_addr(storm, false).octets, 4);
	writer_bytes(&w, config->mac.octets, 6);
	writer_bytes(&w, storm__pick_addr(storm, false).octets, 4);
	size_t size = w.pos - header_bytes;
	damage(storm, frame + header_bytes, &size);
	frame_receive(storm, ifindex, frame, header_bytes + size);
}

void
storm__step_raw(struct storm *storm, unsigned ifindex)
{
	const size_t wanted = cursor_u8(&storm->script);
	const size_t size =
		wanted < cursor_left(&storm->script) ? wanted : cursor_left(&storm->script);
	frame_receive(storm, ifindex, cursor_bytes(&storm->script, size), size);
}

/* What the stack sent comes back to it, a little different. */
void
storm__step_reflect(struct storm *storm, unsigned ifindex)
{
	uint8_t frame[PACKET_MAX];
	size_t size = storm->sent_bytes;

	memcpy(frame, storm->sent, size);
	damage(storm, frame, &size);
	frame_receive(storm, ifindex, frame, size);
}
