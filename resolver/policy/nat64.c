#include "resolver/policy/nat64.h"

#include "stack/base/err.h"

#define RESERVED_OCTET 8u /* bits 64 to 71 */

int
nat64_from_text(struct nat64 *nat64, const char *text)
{
	static const uint8_t lengths[] = { 32, 40, 48, 56, 64, 96 };
	struct nat64 read = { 0 };

	if (addr_prefix_from_text(&read.prefix, &read.prefix_len, text) != 0 ||
	    read.prefix.family != ADDR_IPV6)
		return ERR_MALFORMED;
	for (unsigned i = 0; i < sizeof lengths; i++) {
		if (read.prefix_len == lengths[i]) {
			*nat64 = read;
			return 0;
		}
	}
	return ERR_MALFORMED;
}

/* Where the octets of the IPv4 address stand. */
static void
places(const struct nat64 *nat64, unsigned at[4])
{
	unsigned octet = nat64->prefix_len / 8;
	for (unsigned i = 0; i < 4; i++) {
		octet += octet == RESERVED_OCTET;
		at[i] = octet++;
	}
}

struct ip_addr
nat64_embed(const struct nat64 *nat64, const uint8_t ipv4[4])
{
	uint8_t octets[16] = { 0 };
	unsigned at[4];

	memcpy(octets, nat64->prefix.octets, nat64->prefix_len / 8);
	places(nat64, at);
	for (unsigned i = 0; i < 4; i++)
		octets[at[i]] = ipv4[i];
	return addr_ipv6(octets);
}

bool
nat64_extract(const struct nat64 *nat64, const struct ip_addr *ipv6, uint8_t ipv4[4])
{
	unsigned at[4];

	if (nat64->prefix_len == 0 || !addr_in_prefix(ipv6, &nat64->prefix, nat64->prefix_len) ||
	    (nat64->prefix_len < 96 && ipv6->octets[RESERVED_OCTET] != 0))
		return false;
	places(nat64, at);
	for (unsigned i = 0; i < 4; i++)
		ipv4[i] = ipv6->octets[at[i]];
	return true;
}
