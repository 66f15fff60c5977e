/*
 * ipv4.h - IPv4 headers (RFC 791; RFC 1122, section 3.2.1; RFC 6864).
 *
 * Receiving (ipv4_receive in ip.h) checks version, lengths and header checksum, walks the options
 * within the header's bounds, refuses source routes (RFC 7126) and addresses that cannot be,
 * hands fragments to reass.h and everything whole to ip_deliver. The TTL of what has arrived is
 * not looked at (RFC 1122, section 3.2.1.7).
 */
#ifndef CAIRN_STACK_IPV4_H
#define CAIRN_STACK_IPV4_H

#include <stdint.h>

#include "stack/drop.h"
#include "stack/ip.h"

struct stack;

#define IPV4_FLAG_DF     0x4000u
#define IPV4_FLAG_MF     0x2000u
#define IPV4_OFFSET_MASK 0x1fffu /* in units of eight octets */

#define IPV4_OPTION_END  0u
#define IPV4_OPTION_NOP  1u
#define IPV4_OPTION_LSRR 131u
#define IPV4_OPTION_SSRR 137u

struct ipv4_header {
	size_t header_bytes, total_bytes;
	uint16_t id;
	bool more;
	size_t offset; /* octets */
};

/*
 * Reads the fixed part, checks it by itself, and says in *packet what it says and where the payload is.
 * DROP_REASON_COUNT: all is well, as far as it can be told without a look at addresses and options.
 */
enum drop ipv4_header_read(const uint8_t *bytes, size_t size, struct ipv4_header *header, struct ip_packet *packet);

void ipv4_header_write(const struct ip_send *send, uint8_t *packet, const struct ip_fragment *fragment, uint16_t id);

/* The Identification for it. */
uint16_t ipv4_id_draw(struct stack *stack, const struct ip_send *send, const struct ip_fragment *fragment);

#endif
