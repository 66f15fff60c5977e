#include "tests/stack/packet.h"

#include <string.h>

#include "tests/stack/host.h"
#include "tests/suite.h"

static void
put_u16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void
put_u32(uint8_t *at, uint32_t value)
{
	put_u16(at, value >> 16);
	put_u16(at + 2, value & 0xffff);
}

uint16_t
packet_u16(const uint8_t *packet, size_t at)
{
	return (uint16_t)(packet[at] << 8 | packet[at + 1]);
}

uint32_t
packet_u32(const uint8_t *packet, size_t at)
{
	return (uint32_t)packet_u16(packet, at) << 16 | packet_u16(packet, at + 2);
}

size_t
packet_header_bytes(const uint8_t *packet)
{
	return packet[0] >> 4 == 4 ? (packet[0] & 15u) * 4u : 40;
}

/* Word by word, as RFC 1071 begins. */
static uint32_t
sum_words(uint32_t sum, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

static uint32_t
sum_pseudo(const struct ip_addr *source, const struct ip_addr *destination, uint8_t protocol,
	   size_t size)
{
	uint8_t tail[8];
	uint32_t sum = sum_words(0, source->octets, addr_bytes(source));

	put_u32(tail, (uint32_t)size);
	put_u32(tail + 4, protocol);
	sum = sum_words(sum, destination->octets, addr_bytes(destination));
	return sum_words(sum, tail, sizeof tail);
}

size_t
packet_build(uint8_t *out, const struct packet_spec *spec)
{
	const struct ip_addr source = addr_of(spec->source),
			     destination = addr_of(spec->destination);
	const uint8_t hop_limit = spec->hop_limit != 0 ? spec->hop_limit : 64;
	size_t header_bytes = 40;

	memset(out, 0, 60);
	if (source.family == ADDR_IPV4) {
		header_bytes = 20 + spec->options_bytes;
		out[0] = (uint8_t)(0x40 | header_bytes / 4);
		out[1] = spec->traffic_class;
		put_u16(out + 2, (unsigned)(header_bytes + spec->payload_bytes));
		put_u16(out + 4, spec->id);
		put_u16(out + 6, spec->flags_offset);
		out[8] = hop_limit;
		out[9] = spec->protocol;
		memcpy(out + 12, source.octets, 4);
		memcpy(out + 16, destination.octets, 4);
		if (spec->options_bytes != 0)
			memcpy(out + 20, spec->options, spec->options_bytes);
		put_u16(out + 10, ~sum_words(0, out, header_bytes) & 0xffff);
	} else {
		out[0] = (uint8_t)(0x60 | spec->traffic_class >> 4);
		out[1] = (uint8_t)(spec->traffic_class << 4);
		put_u16(out + 4, (unsigned)spec->payload_bytes);
		out[6] = spec->protocol;
		out[7] = hop_limit;
		memcpy(out + 8, source.octets, 16);
		memcpy(out + 24, destination.octets, 16);
	}
	if (spec->payload_bytes != 0)
		memcpy(out + header_bytes, spec->payload, spec->payload_bytes);
	return header_bytes + spec->payload_bytes;
}

size_t
packet_udp(uint8_t *out, const char *source, const char *destination, uint16_t source_port,
	   uint16_t destination_port, const void *payload, size_t size)
{
	const struct ip_addr from = addr_of(source), to = addr_of(destination);

	put_u16(out, source_port);
	put_u16(out + 2, destination_port);
	put_u16(out + 4, (unsigned)(8 + size));
	put_u16(out + 6, 0);
	if (size != 0)
		memcpy(out + 8, payload, size);
	uint32_t sum = ~sum_words(sum_pseudo(&from, &to, 17, 8 + size), out, 8 + size) & 0xffff;
	put_u16(out + 6, sum == 0 ? 0xffff : sum);
	return 8 + size;
}

void
packet_tcp_finish(uint8_t *tcp, size_t size, const char *source, const char *destination)
{
	const struct ip_addr from = addr_of(source), to = addr_of(destination);
	put_u16(tcp + 16, ~sum_words(sum_pseudo(&from, &to, 6, size), tcp, size) & 0xffff);
}

size_t
packet_icmp(uint8_t *out, const char *source, const char *destination, uint8_t type, uint8_t code,
	    uint32_t rest, const void *body, size_t body_bytes)
{
	const struct ip_addr from = addr_of(source), to = addr_of(destination);
	const size_t size = 8 + body_bytes;

	out[0] = type;
	out[1] = code;
	put_u16(out + 2, 0);
	put_u32(out + 4, rest);
	if (body_bytes != 0)
		memcpy(out + 8, body, body_bytes);
	uint32_t sum = from.family == ADDR_IPV6 ? sum_pseudo(&from, &to, 58, size) : 0;
	put_u16(out + 2, ~sum_words(sum, out, size) & 0xffff);
	return size;
}

size_t
packet_datagram(uint8_t *out, const char *source, const char *destination, uint16_t source_port,
		uint16_t destination_port, const void *payload, size_t size)
{
	static uint8_t datagram[PACKET_BYTES_MAX];
	const struct packet_spec spec = {
		.source = source,
		.destination = destination,
		.protocol = 17,
		.payload = datagram,
		.payload_bytes = packet_udp(datagram, source, destination, source_port,
					    destination_port, payload, size),
	};
	return packet_build(out, &spec);
}

size_t
packet_fragment6(uint8_t *out, const char *source, const char *destination, uint8_t next,
		 uint32_t id, size_t offset, bool more, const void *piece, size_t size)
{
	static uint8_t payload[PACKET_BYTES_MAX];
	const struct packet_spec spec = {
		.source = source,
		.destination = destination,
		.protocol = 44,
		.payload = payload,
		.payload_bytes = 8 + size,
	};

	payload[0] = next;
	payload[1] = 0;
	put_u16(payload + 2, (unsigned)(offset | more));
	put_u32(payload + 4, id);
	memcpy(payload + 8, piece, size);
	return packet_build(out, &spec);
}

bool
packet_is_sound(const uint8_t *packet, size_t size)
{
	const bool is_v4 = packet[0] >> 4 == 4;
	const size_t header_bytes = packet_header_bytes(packet);
	const uint8_t protocol = is_v4 ? packet[9] : packet[6];
	const size_t payload_bytes = size - header_bytes;
	const struct ip_addr from = is_v4 ? addr_ipv4(packet + 12) : addr_ipv6(packet + 8);
	const struct ip_addr to = is_v4 ? addr_ipv4(packet + 16) : addr_ipv6(packet + 24);
	uint32_t sum = protocol == 1 ? 0 : sum_pseudo(&from, &to, protocol, payload_bytes);

	if (is_v4 &&
	    (packet_u16(packet, 2) != size || sum_words(0, packet, header_bytes) != 0xffff))
		return false;
	if (!is_v4 && packet_u16(packet, 4) != payload_bytes)
		return false;
	return sum_words(sum, packet + header_bytes, payload_bytes) == 0xffff;
}
