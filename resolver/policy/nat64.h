/*
 * nat64.h - IPv4 addresses inside IPv6 ones (RFC 6052, section 2.2).
 *
 * Bits 64 to 71 are zero, so an IPv4 address behind a prefix of less than 96 bits is written around them.
 *
 * Errors: ERR_MALFORMED for a prefix that is none, or not of 32, 40, 48, 56, 64 or 96 bits.
 */
#ifndef CAIRN_RESOLVER_POLICY_NAT64_H
#define CAIRN_RESOLVER_POLICY_NAT64_H

#include "stack/addr.h"

#define NAT64_WELL_KNOWN "64:ff9b::/96" /* RFC 6052, section 2.1 */

struct nat64 {
	struct ip_addr prefix;
	unsigned prefix_len; /* 0: there is none */
};

int nat64_from_text(struct nat64 *nat64, const char *text);

struct ip_addr nat64_embed(const struct nat64 *nat64, const uint8_t ipv4[4]);
/* False when the address is not of the prefix. */
bool nat64_extract(const struct nat64 *nat64, const struct ip_addr *ipv6, uint8_t ipv4[4]);

#endif
