/*
 * addr.h - IPv4 and IPv6 addresses as one value (RFC 791, RFC 4291).
 *
 * Octets are in network order, as they stand on the wire; an IPv4 address fills the
 * first four and the rest is zero, so that two equal addresses are equal octet for octet.
 * IPv4-mapped IPv6 addresses are not folded: ::ffff:a.b.c.d on the wire is refused.
 */
#ifndef CAIRN_STACK_ADDR_H
#define CAIRN_STACK_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ADDR_TEXT_BYTES 46u /* INET6_ADDRSTRLEN, with the final NUL */
#define MAC_BYTES       6u

enum addr_family { ADDR_NONE = 0, ADDR_IPV4 = 4, ADDR_IPV6 = 6 };

struct ip_addr {
	uint8_t octets[16];
	uint8_t family; /* enum addr_family */
};

struct mac_addr {
	uint8_t octets[MAC_BYTES];
};

static inline bool
addr_equal(const struct ip_addr *a, const struct ip_addr *b)
{
	return a->family == b->family && memcmp(a->octets, b->octets, sizeof a->octets) == 0;
}

static inline size_t
addr_bytes(const struct ip_addr *addr)
{
	return addr->family == ADDR_IPV4 ? 4 : addr->family == ADDR_IPV6 ? 16 : 0;
}

struct ip_addr addr_ipv4(const uint8_t octets[4]);
struct ip_addr addr_ipv6(const uint8_t octets[16]);

/* The solicited-node multicast address of an IPv6 address (RFC 4291, section 2.7.1). */
struct ip_addr addr_solicited_node(const struct ip_addr *addr);

bool addr_is_unspecified(const struct ip_addr *addr);  /* 0.0.0.0, :: and no address at all */
bool addr_is_loopback(const struct ip_addr *addr);     /* 127.0.0.0/8, ::1 */
bool addr_is_link_local(const struct ip_addr *addr);   /* 169.254.0.0/16 (RFC 3927), fe80::/10 */
bool addr_is_of_link(const struct ip_addr *addr);      /* link-local, or a group of one link or host: ff01::/16, ff02::/16, 224.0.0.0/24 */
bool addr_is_broadcast(const struct ip_addr *addr);    /* 255.255.255.255; a subnet's needs its route */
bool addr_is_multicast(const struct ip_addr *addr);    /* 224.0.0.0/4, ff00::/8 and 255.255.255.255 */
bool addr_is_ipv4_mapped(const struct ip_addr *addr);  /* ::ffff:0:0/96 (RFC 4291, section 2.5.5.2) */
bool addr_is_private(const struct ip_addr *addr);      /* RFC 1918 */
bool addr_is_unique_local(const struct ip_addr *addr); /* fc00::/7 (RFC 4193) */

/* How many leading bits two addresses share; 0 across families (RFC 6724, section 2.2). */
unsigned addr_common_bits(const struct ip_addr *a, const struct ip_addr *b);
/* Looks at the first prefix_len bits of `prefix` only. */
bool addr_in_prefix(const struct ip_addr *addr, const struct ip_addr *prefix, unsigned prefix_len);

/* "192.0.2.1", "2001:db8::1" (RFC 5952).  A result of ERR_MALFORMED leaves *addr alone.  text_bytes >= ADDR_TEXT_BYTES for to_text. */
int addr_from_text(struct ip_addr *addr, const char *text);
/* Whether any bit behind the first prefix_len is set: an address in a network, not the network's own. */
bool addr_has_host_bits(const struct ip_addr *addr, unsigned prefix_len);

/* "192.0.2.0/24"; a bare address is a host prefix.  Bits behind the prefix are kept: an interface's own
 * address is written the same way. */
int addr_prefix_from_text(struct ip_addr *prefix, unsigned *prefix_len, const char *text);
const char *addr_to_text(const struct ip_addr *addr, char *text, size_t text_bytes);

#endif
