/*
 * packets.h - whole IP packets for tests of the links, as values (made by tests/stack/packet.h).
 */
#ifndef CAIRN_TESTS_STACK_LINK_PACKETS_H
#define CAIRN_TESTS_STACK_LINK_PACKETS_H

#include <stddef.h>
#include <stdint.h>

#define PACKETS_BYTES_MAX 2048u

struct packet {
	uint8_t bytes[PACKETS_BYTES_MAX];
	size_t size;
};

/* A UDP datagram with its checksum; the family is that of the addresses. */
struct packet packets_udp(const char *source, uint16_t source_port, const char *destination,
                          uint16_t destination_port, const void *payload, size_t payload_bytes);

/* An ICMP or ICMPv6 error from `source` to `destination`, which sent what it quotes whole. */
struct packet packets_error(const char *source, const char *destination, uint8_t type, const struct packet *quoted);

/* Puts an IPv6 extension header behind the IPv6 header; body_bytes is a multiple of 8 less 2. */
void packets_insert_extension(struct packet *packet, uint8_t type, const void *body, size_t body_bytes);

#endif
