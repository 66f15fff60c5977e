/*
 * packet.h - packets made by hand, with right checksums unless a test damages them afterwards.
 *
 * Written apart from the stack's own writers, so that an error there is not made twice: sums are
 * taken word by word, fields are put one by one.
 */
#ifndef CAIRN_TESTS_STACK_PACKET_H
#define CAIRN_TESTS_STACK_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/addr.h"

#define PACKET_BYTES_MAX 65600u

struct packet_spec {
	const char *source, *destination; /* their family makes the packet's */
	uint8_t protocol;                 /* IPv6: the first next header */
	uint8_t hop_limit;                /* 0: 64 */
	uint8_t traffic_class;
	uint16_t id;                      /* IPv4 */
	uint16_t flags_offset;            /* IPv4: the whole field */
	const uint8_t *options;           /* IPv4: a multiple of 4 */
	size_t options_bytes;
	const void *payload;
	size_t payload_bytes;
};

/* Returns the size.  out holds PACKET_BYTES_MAX. */
size_t packet_build(uint8_t *out, const struct packet_spec *spec);

/* What goes into the payload; both return the size. */
size_t packet_udp(uint8_t *out, const char *source, const char *destination, uint16_t source_port,
		  uint16_t destination_port, const void *payload, size_t size);
size_t packet_icmp(uint8_t *out, const char *source, const char *destination, uint8_t type,
		   uint8_t code, uint32_t rest, const void *body, size_t body_bytes);

/* Puts the checksum into a TCP segment of `size` octets whose field is zero. */
void packet_tcp_finish(uint8_t *tcp, size_t size, const char *source, const char *destination);

/* A whole UDP packet. */
size_t packet_datagram(uint8_t *out, const char *source, const char *destination,
		       uint16_t source_port, uint16_t destination_port, const void *payload,
		       size_t size);

/* A fragment of an IPv6 packet: the fragment header in front of a piece of its payload. */
size_t packet_fragment6(uint8_t *out, const char *source, const char *destination, uint8_t next,
			uint32_t id, size_t offset, bool more, const void *piece, size_t size);

/* Fields of what the stack sends. */
uint16_t packet_u16(const uint8_t *packet, size_t at);
uint32_t packet_u32(const uint8_t *packet, size_t at);
/* The header length of IPv4, 40 for IPv6. */
size_t packet_header_bytes(const uint8_t *packet);
/* True when header and transport checksum are right (UDP, TCP, ICMP, ICMPv6; whole packets only). */
bool packet_is_sound(const uint8_t *packet, size_t size);

#endif
