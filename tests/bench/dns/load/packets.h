/*
 * packets.h - the datagrams of the load: clients' questions, and what name servers say to a resolver's, as IPv4 packets.
 *
 *	name number n    www<n>.z<n % PACKETS_ZONES>.t<n % PACKETS_TLDS>. A 11.0.0.0 + n
 *	.                10.1.0.1, "ns."; refers to t<n>.
 *	t<n>.            10.2.0.1 + n; refers to z<n>.t<n>.
 *	z<n>.t<n>.       one of PACKETS_HOSTERS, 10.3.0.1 and up
 *	clients          10.4.0.0 and up
 *
 * Made up as they are asked for, so that however many names there are, none of them lies in memory but in the resolver's caches.
 * UDP's checksum is left out (RFC 768 allows it).
 *
 * Bounds: PACKETS_BYTES_MAX a packet.
 */
#ifndef CAIRN_TESTS_BENCH_DNS_LOAD_PACKETS_H
#define CAIRN_TESTS_BENCH_DNS_LOAD_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKETS_BYTES_MAX 512u
#define PACKETS_TLDS      10u
#define PACKETS_ZONES     10000u
#define PACKETS_HOSTERS   64u
#define PACKETS_NAMES_MAX (1u << 24)
#define PACKETS_RESOLVER  0x0a000035u /* PACKETS_STATION */
#define PACKETS_ROOT      0x0a010001u
#define PACKETS_ROOT_NAME "ns."
#define PACKETS_NET       "10.0.0.0/8"
#define PACKETS_STATION   "10.0.0.53/8"

/* A question of client number `client` for the address of a name; returns the packet's octets. */
size_t packets_question(uint8_t packet[PACKETS_BYTES_MAX], uint32_t name, uint16_t id,
			uint32_t client);

/* Of a packet from the resolver: for a name server, for a client, or neither (ICMP about a reply that came too late). */
enum packets_kind { PACKETS_QUERY, PACKETS_ANSWER, PACKETS_OTHER };
enum packets_kind packets_kind(const uint8_t *packet, size_t size);

/* What the name server says to it; 0: nothing. */
size_t packets_reply(uint8_t reply[PACKETS_BYTES_MAX], const uint8_t *query, size_t size);

/* The id of an answer to a client, and whether it is the right one for this name. */
uint16_t packets_answer_id(const uint8_t *answer, size_t size);
bool packets_answer_is_right(const uint8_t *answer, size_t size, uint32_t name);

#endif
