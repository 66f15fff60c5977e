/*
 * ipv6.h - IPv6 headers and extension headers (RFC 8200; RFC 5095, RFC 7112, RFC 8504).
 *
 * Receiving (ipv6_receive in ip.h) walks the chain of extension headers, at most
 * IPV6_EXTENSIONS_MAX of them and IPV6_EXTENSION_BYTES_MAX octets in all. Unknown options are
 * treated as their two highest bits say (RFC 8200, section 4.2); a routing header with segments
 * left is refused, fragments go to reass.h and atomic fragments are whole packets (RFC 6946). Not
 * done: AH and ESP, jumbograms.
 */
#ifndef CAIRN_STACK_IPV6_H
#define CAIRN_STACK_IPV6_H

#include <stdint.h>

#include "stack/drop.h"
#include "stack/ip.h"

#define IPV6_EXTENSIONS_MAX      8u
#define IPV6_EXTENSION_BYTES_MAX 512u

#define IPV6_NEXT_HOP_OPTIONS 0u
#define IPV6_NEXT_ROUTING     43u
#define IPV6_NEXT_FRAGMENT    44u
#define IPV6_NEXT_NONE        59u
#define IPV6_NEXT_DST_OPTIONS 60u

/* What stands behind the extension headers, fragments aside; false when that cannot be told. */
bool ipv6_upper(const struct ip_packet *packet, uint8_t *protocol, const uint8_t **payload,
		size_t *payload_bytes);

/*
 * Reads the fixed header, and says in *packet what it says, what comes next and where that is.
 * DROP_REASON_COUNT: all is well, as far as it can be told without a look at addresses and extension headers.
 */
enum drop ipv6_header_read(const uint8_t *bytes, size_t size, struct ip_packet *packet);

void ipv6_header_write(const struct ip_send *send, uint8_t *packet,
		       const struct ip_fragment *fragment);

#endif
