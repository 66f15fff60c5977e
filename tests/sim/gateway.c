#include "tests/sim/gateway.h"

#include <string.h>

#include "tests/stack/packet.h"
#include "tests/suite.h"

static struct ip_addr
address_at(const uint8_t *packet, bool is_destination)
{
	return packet[0] >> 4 == 4 ? addr_ipv4(packet + (is_destination ? 16 : 12))
				   : addr_ipv6(packet + (is_destination ? 24 : 8));
}

static void
port_send(struct gateway *gateway, unsigned port, const uint8_t *packet, size_t size)
{
	struct link *link = gateway->node->links[port];
	link->ops->send(link, &(struct link_frame){ .bytes = packet, .size = size },
			gateway->node->net->now_us);
}

/* An ICMP error about the packet, back to where it came from. */
static void
complain(struct gateway *gateway, unsigned port, const uint8_t *packet, size_t size, uint8_t type,
	 uint8_t code, uint32_t rest)
{
	static uint8_t message[PACKET_BYTES_MAX], error[PACKET_BYTES_MAX];
	const bool is_v4 = packet[0] >> 4 == 4;
	const size_t quote_max = is_v4 ? 28 : 1232;
	struct ip_addr to = address_at(packet, false);
	char text[ADDR_TEXT_BYTES];

	if (gateway->is_silent)
		return;
	addr_to_text(&to, text, sizeof text);
	const struct packet_spec spec = {
		.source = gateway->address[!is_v4],
		.destination = text,
		.protocol = is_v4 ? 1 : 58,
		.payload = message,
		.payload_bytes = packet_icmp(message, gateway->address[!is_v4], text, type, code,
					     rest, packet, size < quote_max ? size : quote_max),
	};
	port_send(gateway, port, error, packet_build(error, &spec));
}

/* RFC 791: each piece has the header of the whole. */
static void
fragment_send(struct gateway *gateway, unsigned port, const uint8_t *packet, size_t size)
{
	static uint8_t piece[PACKET_BYTES_MAX];
	const size_t piece_max = (gateway->mtu[port] - 20) & ~(size_t)7;
	const uint16_t flags_offset = packet_u16(packet, 6);
	struct ip_addr from = address_at(packet, false), to = address_at(packet, true);
	char from_text[ADDR_TEXT_BYTES], to_text[ADDR_TEXT_BYTES];

	gateway->fragmented++;
	addr_to_text(&from, from_text, sizeof from_text);
	addr_to_text(&to, to_text, sizeof to_text);
	for (size_t at = 20; at < size; at += piece_max) {
		const size_t bytes = size - at < piece_max ? size - at : piece_max;
		const bool more = at + bytes < size || (flags_offset & 0x2000) != 0;
		const struct packet_spec spec = {
			.source = from_text,
			.destination = to_text,
			.protocol = packet[9],
			.hop_limit = packet[8],
			.id = packet_u16(packet, 4),
			.flags_offset = (uint16_t)(((flags_offset & 0x1fff) + (at - 20) / 8) |
						   (more ? 0x2000 : 0)),
			.payload = packet + at,
			.payload_bytes = bytes,
		};
		port_send(gateway, port, piece, packet_build(piece, &spec));
	}
}

/* Counts the hop limit down; a checksum goes up by what the field goes down (RFC 1624). */
static void
hop_count(uint8_t *packet)
{
	if (packet[0] >> 4 == 6) {
		packet[7]--;
		return;
	}
	packet[8]--;
	uint32_t sum = packet_u16(packet, 10) + 0x100u;
	sum = (sum & 0xffff) + (sum >> 16);
	packet[10] = (uint8_t)(sum >> 8);
	packet[11] = (uint8_t)sum;
}

static bool
route_find(const struct gateway *gateway, const struct ip_addr *to, unsigned *port)
{
	int best = -1;

	for (unsigned i = 0; i < gateway->route_count; i++) {
		if (!addr_in_prefix(to, &gateway->routes[i].prefix,
				    gateway->routes[i].prefix_len) ||
		    (int)gateway->routes[i].prefix_len <= best)
			continue;
		best = (int)gateway->routes[i].prefix_len;
		*port = gateway->routes[i].port;
	}
	return best >= 0;
}

static void
forward(struct net_node *node, unsigned in, const struct link_frame *frame)
{
	struct gateway *gateway = node->data;
	static uint8_t packet[PACKET_BYTES_MAX];
	const bool is_v4 = frame->size > 0 && frame->bytes[0] >> 4 == 4;
	unsigned out = 0;

	if (frame->size < (is_v4 ? 20u : 40u))
		return;
	if (gateway->blocks[!is_v4]) {
		gateway->blocked++;
		return;
	}
	memcpy(packet, frame->bytes, frame->size);
	struct ip_addr to = address_at(packet, true);
	if (!route_find(gateway, &to, &out)) {
		gateway->no_route++;
	} else if (packet[is_v4 ? 8 : 7] <= 1) {
		gateway->expired++;
		complain(gateway, in, packet, frame->size, is_v4 ? 11 : 3, 0, 0);
	} else if (frame->size <= gateway->mtu[out]) {
		gateway->forwarded++;
		hop_count(packet);
		port_send(gateway, out, packet, frame->size);
	} else if (is_v4 && (packet[6] & 0x40) == 0) {
		hop_count(packet);
		fragment_send(gateway, out, packet, frame->size);
	} else {
		gateway->too_big++;
		complain(gateway, in, packet, frame->size, is_v4 ? 3 : 2, is_v4 ? 4 : 0,
			 gateway->mtu[out]);
	}
}

void
gateway_init(struct gateway *gateway, struct net *net, const char *name, const char *ipv4,
	     const char *ipv6)
{
	*gateway = (struct gateway){ .address = { ipv4, ipv6 } };
	gateway->node = net_node(net, name, forward);
	gateway->node->data = gateway;
}

unsigned
gateway_attach(struct gateway *gateway, struct wire *wire, unsigned end, uint32_t mtu)
{
	const unsigned port = net_attach(gateway->node, wire, end);
	gateway->mtu[port] = mtu;
	return port;
}

void
gateway_route(struct gateway *gateway, const char *prefix, unsigned port)
{
	ck_assert_uint_lt(gateway->route_count, GATEWAY_ROUTES_MAX);
	ck_assert_int_eq(addr_prefix_from_text(&gateway->routes[gateway->route_count].prefix,
					       &gateway->routes[gateway->route_count].prefix_len,
					       prefix),
			 0);
	gateway->routes[gateway->route_count++].port = port;
}
