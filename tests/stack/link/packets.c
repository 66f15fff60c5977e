#include "tests/stack/link/packets.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "tests/stack/packet.h"

static struct packet
packet_of(const uint8_t *bytes, size_t size)
{
	struct packet packet = { .size = size };

	if (size > sizeof packet.bytes)
		abort();
	memcpy(packet.bytes, bytes, size);
	return packet;
}

struct packet
packets_udp(const char *source, uint16_t source_port, const char *destination, uint16_t destination_port,
            const void *payload, size_t payload_bytes)
{
	uint8_t bytes[PACKET_BYTES_MAX];
	size_t size =
	        packet_datagram(bytes, source, destination, source_port, destination_port, payload, payload_bytes);
	return packet_of(bytes, size);
}

struct packet
packets_error(const char *source, const char *destination, uint8_t type, const struct packet *quoted)
{
	uint8_t error[PACKET_BYTES_MAX], bytes[PACKET_BYTES_MAX];
	size_t error_bytes = packet_icmp(error, source, destination, type, 0, 0, quoted->bytes, quoted->size);
	const struct packet_spec spec = {
		.source = source,
		.destination = destination,
		.protocol = strchr(source, ':') == NULL ? IPPROTO_ICMP : IPPROTO_ICMPV6,
		.payload = error,
		.payload_bytes = error_bytes,
	};
	size_t size = packet_build(bytes, &spec);
	return packet_of(bytes, size);
}

void
packets_insert_extension(struct packet *packet, uint8_t type, const void *body, size_t body_bytes)
{
	uint8_t *ip = packet->bytes, *extension = ip + 40;
	size_t size = 2 + body_bytes;

	memmove(extension + size, extension, packet->size - 40);
	extension[0] = ip[6];
	extension[1] = type == IPPROTO_FRAGMENT ? 0 : (uint8_t)(size / 8 - 1);
	memcpy(extension + 2, body, body_bytes);
	ip[6] = type;
	packet->size += size;
	ip[4] = (uint8_t)((packet->size - 40) >> 8);
	ip[5] = (uint8_t)(packet->size - 40);
}
