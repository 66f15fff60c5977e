#include "packets.h"

#include <netinet/in.h>
#include <stdlib.h>

struct ip_addr
packet_addr(const char *text)
{
	struct ip_addr addr;
	if (addr_from_text(&addr, text) != 0)
		abort();
	return addr;
}

static void
put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t
sum(uint32_t so_far, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		so_far += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
	return so_far;
}

static uint16_t
fold(uint32_t total)
{
	while (total > 0xffff)
		total = (total >> 16) + (total & 0xffff);
	return (uint16_t)~total;
}

static size_t
header_bytes(const uint8_t *packet)
{
	return packet[0] >> 4 == 4 ? 4u * (packet[0] & 15) : 40u;
}

/* The header of a packet whose payload of `size` octets stands behind it already. */
static void
put_ip(struct packet *packet, const struct ip_addr *source, const struct ip_addr *destination, uint8_t protocol,
       size_t size)
{
	uint8_t *ip = packet->bytes;

	if (source->family == ADDR_IPV4) {
		ip[0] = 0x45;
		put16(ip + 2, 20 + size);
		ip[6] = 0x40; /* don't fragment */
		ip[8] = 64;
		ip[9] = protocol;
		memcpy(ip + 12, source->octets, 4);
		memcpy(ip + 16, destination->octets, 4);
		put16(ip + 10, fold(sum(0, ip, 20)));
	} else {
		ip[0] = 0x60;
		put16(ip + 4, size);
		ip[6] = protocol;
		ip[7] = 64;
		memcpy(ip + 8, source->octets, 16);
		memcpy(ip + 24, destination->octets, 16);
	}
	packet->size = header_bytes(ip) + size;
}

static uint16_t
transport_checksum(const struct ip_addr *source, const struct ip_addr *destination, uint8_t protocol,
                   const uint8_t *bytes, size_t size)
{
	uint32_t total = protocol + (uint32_t)size;
	total = sum(total, source->octets, 16);
	total = sum(total, destination->octets, 16);
	return fold(sum(total, bytes, size));
}

struct packet
packet_udp(const char *source, uint16_t source_port, const char *destination, uint16_t destination_port,
           const void *payload, size_t payload_bytes)
{
	struct ip_addr from = packet_addr(source), to = packet_addr(destination);
	struct packet packet = { .size = 0 };
	uint8_t *udp = packet.bytes + (from.family == ADDR_IPV4 ? 20 : 40);

	put16(udp, source_port);
	put16(udp + 2, destination_port);
	put16(udp + 4, 8 + payload_bytes);
	memcpy(udp + 8, payload, payload_bytes);
	put16(udp + 6, transport_checksum(&from, &to, IPPROTO_UDP, udp, 8 + payload_bytes));
	put_ip(&packet, &from, &to, IPPROTO_UDP, 8 + payload_bytes);
	return packet;
}

static struct ip_addr
source_of(const struct packet *packet)
{
	return packet->bytes[0] >> 4 == 4 ? addr_ipv4(packet->bytes + 12) : addr_ipv6(packet->bytes + 8);
}

struct packet
packet_error(const char *source, uint8_t type, uint8_t code, const struct packet *quoted)
{
	struct ip_addr from = packet_addr(source), to = source_of(quoted);
	struct packet packet = { .size = 0 };
	bool is_ipv4 = from.family == ADDR_IPV4;
	uint8_t *icmp = packet.bytes + (is_ipv4 ? 20 : 40);
	size_t size = 8 + quoted->size;

	icmp[0] = type;
	icmp[1] = code;
	memcpy(icmp + 8, quoted->bytes, quoted->size);
	put16(icmp + 2, is_ipv4 ? fold(sum(0, icmp, size))
	                        : transport_checksum(&from, &to, IPPROTO_ICMPV6, icmp, size));
	put_ip(&packet, &from, &to, is_ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, size);
	return packet;
}

void
packet_insert_extension(struct packet *packet, uint8_t type, const void *body, size_t body_bytes)
{
	uint8_t *ip = packet->bytes, *extension = ip + 40;
	size_t size = 2 + body_bytes;

	memmove(extension + size, extension, packet->size - 40);
	extension[0] = ip[6];
	extension[1] = type == IPPROTO_FRAGMENT ? 0 : (uint8_t)(size / 8 - 1);
	memcpy(extension + 2, body, body_bytes);
	ip[6] = type;
	packet->size += size;
	put16(ip + 4, packet->size - 40);
}

uint16_t
packet_source_port(const uint8_t *packet)
{
	const uint8_t *udp = packet + header_bytes(packet);
	return (uint16_t)(udp[0] << 8 | udp[1]);
}

uint16_t
packet_destination_port(const uint8_t *packet)
{
	const uint8_t *udp = packet + header_bytes(packet);
	return (uint16_t)(udp[2] << 8 | udp[3]);
}

const uint8_t *
packet_payload(const uint8_t *packet, size_t *payload_bytes)
{
	const uint8_t *udp = packet + header_bytes(packet);
	*payload_bytes = (size_t)(udp[4] << 8 | udp[5]) - 8;
	return udp + 8;
}
