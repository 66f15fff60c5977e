#include "stack/udp_frame.h"

#include <assert.h>
#include <string.h>

#include "stack/ether_wire.h"
#include "stack/ipv4.h"
#include "stack/ipv6.h"
#include "stack/udp.h"

static size_t
header_bytes(const struct udp_frame *frame)
{
	return frame->destination.family == ADDR_IPV4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
}

/* ---- in ---------------------------------------------------------------------------------------- */

static enum drop
ether_read(struct cursor *c, struct ether_header *header)
{
	const int err = ether_header_read(c, header);

	if (err != 0)
		return err == ERR_SHORT ? DROP_FRAME_SHORT : DROP_ETHER_TYPE;
	if (c->pos != ETHER_HEADER_BYTES) /* a reply has no tag */
		return DROP_ETHER_VLAN;
	if (!mac_is_station(&header->source) || !mac_is_station(&header->destination))
		return DROP_ETHER_NOT_OURS;
	return DROP_REASON_COUNT;
}

static enum drop
ipv4_read(const struct cursor *c, struct ip_packet *packet)
{
	struct ipv4_header header = { 0 };
	const enum drop drop = ipv4_header_read(c->begin + c->pos, cursor_left(c), &header, packet);

	if (drop != DROP_REASON_COUNT)
		return drop;
	if (header.header_bytes != IPV4_HEADER_BYTES)
		return DROP_IPV4_OPTIONS;
	return header.more || header.offset != 0 ? DROP_FRAGMENT_REFUSED : DROP_REASON_COUNT;
}

static enum drop
packet_read(const struct cursor *c, uint16_t type, struct ip_packet *packet)
{
	switch (type) {
	case ETHER_TYPE_IPV4: return ipv4_read(c, packet);
	case ETHER_TYPE_IPV6: return ipv6_header_read(c->begin + c->pos, cursor_left(c), packet);
	default:              return DROP_ETHER_TYPE;
	}
}

/* "This network" (RFC 1122, section 3.2.1.3 (a) and (b)) is nobody that an answer could go to. */
static bool
is_of_this_network(const struct ip_addr *addr)
{
	return addr->family == ADDR_IPV4 ? addr->octets[0] == 0 : addr_is_unspecified(addr);
}

/* RFC 1122, section 3.2.1.3; RFC 4291, sections 2.5.2, 2.5.3, 2.5.5.2 and 2.7. */
static enum drop
addresses_check(const struct ip_packet *packet)
{
	const struct ip_addr *both[] = { &packet->source, &packet->destination };

	for (unsigned i = 0; i < 2; i++)
		if (is_of_this_network(both[i]) || addr_is_multicast(both[i]) || addr_is_loopback(both[i]) ||
		    addr_is_ipv4_mapped(both[i]))
			return i == 0 ? DROP_IP_SOURCE : DROP_IP_NOT_OURS;
	return addr_equal(both[0], both[1]) ? DROP_IP_SOURCE : DROP_REASON_COUNT;
}

enum drop
udp_frame_read(struct udp_frame *frame, const uint8_t *bytes, size_t size, bool has_local_peers)
{
	struct cursor c = cursor_over(bytes, size);
	struct ether_header ether;
	struct ip_packet packet = { .ifindex = 0 };
	struct udp_header udp;

	enum drop drop = ether_read(&c, &ether);
	if (drop == DROP_REASON_COUNT)
		drop = packet_read(&c, ether.type, &packet);
	if (drop == DROP_REASON_COUNT)
		drop = addresses_check(&packet);
	if (drop == DROP_REASON_COUNT && packet.protocol != IP_PROTOCOL_UDP)
		drop = DROP_IP_PROTOCOL;
	if (drop == DROP_REASON_COUNT)
		drop = udp__datagram_read(&packet, has_local_peers, &udp);
	if (drop != DROP_REASON_COUNT)
		return drop;
	if (udp.source_port == 0) /* RFC 768: none to reply to */
		return DROP_UDP_LENGTH;
	*frame = (struct udp_frame){
		.source = packet.source,
		.destination = packet.destination,
		.source_port = udp.source_port,
		.destination_port = udp.destination_port,
		.payload = packet.payload + UDP_HEADER_BYTES,
		.payload_bytes = udp.payload_bytes,
	};
	return DROP_REASON_COUNT;
}

/* ---- out --------------------------------------------------------------------------------------- */

size_t
udp_frame_reply_max(const struct udp_frame *frame, uint32_t mtu, size_t room)
{
	const size_t headers = header_bytes(frame) + UDP_HEADER_BYTES;
	const size_t packet_max = mtu < room - ETHER_HEADER_BYTES ? mtu : room - ETHER_HEADER_BYTES;

	assert(room >= ETHER_FRAME_BYTES_MIN);
	return packet_max > headers ? packet_max - headers : 0;
}

static void
mac_swap(uint8_t *bytes)
{
	uint8_t destination[MAC_BYTES];

	memcpy(destination, bytes, MAC_BYTES);
	memcpy(bytes, bytes + MAC_BYTES, MAC_BYTES);
	memcpy(bytes + MAC_BYTES, destination, MAC_BYTES);
}

size_t
udp_frame_turn(const struct udp_frame *frame, uint8_t *bytes, const void *payload, size_t size, uint16_t id)
{
	const struct ip_send send = { .source = frame->destination,
		                      .destination = frame->source,
		                      .protocol = IP_PROTOCOL_UDP };
	const struct ip_fragment whole = { .bytes = UDP_HEADER_BYTES + size };
	uint8_t *packet = bytes + ETHER_HEADER_BYTES;
	const size_t frame_bytes = ETHER_HEADER_BYTES + header_bytes(frame) + whole.bytes;

	mac_swap(bytes);
	udp__datagram_write(&send, packet + header_bytes(frame), frame->destination_port, frame->source_port, payload, size);
	if (frame->source.family == ADDR_IPV4)
		ipv4_header_write(&send, packet, &whole, id);
	else
		ipv6_header_write(&send, packet, &whole);
	if (frame_bytes >= ETHER_FRAME_BYTES_MIN)
		return frame_bytes;
	memset(bytes + frame_bytes, 0, ETHER_FRAME_BYTES_MIN - frame_bytes);
	return ETHER_FRAME_BYTES_MIN;
}
