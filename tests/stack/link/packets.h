/*
 * packets.h - whole IP packets for tests of the links, written without the stack under test.
 */
#ifndef CAIRN_TESTS_STACK_LINK_PACKETS_H
#define CAIRN_TESTS_STACK_LINK_PACKETS_H

#include <stddef.h>
#include <stdint.h>

#include "stack/addr.h"

#define PACKET_BYTES_MAX 2048u

struct packet {
	uint8_t bytes[PACKET_BYTES_MAX];
	size_t size;
};

struct ip_addr packet_addr(const char *text); /* aborts when it is none */

/* A UDP datagram with its checksum; the family is that of the addresses. */
struct packet packet_udp(const char *source, uint16_t source_port, const char *destination,
                         uint16_t destination_port, const void *payload, size_t payload_bytes);

/* An ICMP or ICMPv6 error from `source` to the sender of `quoted`, which it quotes whole. */
struct packet packet_error(const char *source, uint8_t type, uint8_t code, const struct packet *quoted);

/* Puts an IPv6 extension header behind the IPv6 header; body_bytes is a multiple of 8 less 2. */
void packet_insert_extension(struct packet *packet, uint8_t type, const void *body, size_t body_bytes);

/* Ports of a UDP packet without extension headers, and its payload. */
uint16_t packet_source_port(const uint8_t *packet);
uint16_t packet_destination_port(const uint8_t *packet);
const uint8_t *packet_payload(const uint8_t *packet, size_t *payload_bytes);

#endif
