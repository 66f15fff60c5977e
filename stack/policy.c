#include "stack/policy.h"

/* RFC 6724, section 2.1; longest prefixes first. */
static const struct {
	uint8_t prefix[16];
	uint8_t prefix_len, precedence, label;
} policies[] = {
	{ { [15] = 1 }, 128, 50, 0 },   { { [10] = 0xff, [11] = 0xff }, 96, 35, 4 },
	{ { 0 }, 96, 1, 3 },            { { 0x20, 0x01 }, 32, 5, 5 },
	{ { 0x20, 0x02 }, 16, 30, 2 },  { { 0x3f, 0xfe }, 16, 1, 12 },
	{ { 0xfe, 0xc0 }, 10, 1, 11 },  { { 0xfc }, 7, 3, 13 },
};
static const struct addr_policy policy_ipv4 = { .precedence = 35, .label = 4 };
static const struct addr_policy policy_other = { .precedence = 40, .label = 1 };

struct addr_policy
addr_policy_of(const struct ip_addr *addr)
{
	if (addr->family == ADDR_IPV4)
		return policy_ipv4;
	for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
		const struct ip_addr prefix = addr_ipv6(policies[i].prefix);
		if (addr_in_prefix(addr, &prefix, policies[i].prefix_len))
			return (struct addr_policy){ policies[i].precedence, policies[i].label };
	}
	return policy_other;
}

unsigned
addr_scope_of(const struct ip_addr *addr)
{
	if (addr->family == ADDR_IPV6 && addr->octets[0] == 0xff)
		return addr->octets[1] & 0x0f;
	if (addr_is_link_local(addr) || addr_is_loopback(addr))
		return SCOPE_LINK;
	if (addr->family == ADDR_IPV6 && addr->octets[0] == 0xfe &&
	    (addr->octets[1] & 0xc0) == 0xc0)
		return SCOPE_SITE;
	return SCOPE_GLOBAL;
}
