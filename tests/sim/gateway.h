/*
 * gateway.h - a router of the simulated network: forwards bare IP packets between its wires.
 *
 * Longest prefix first, hop limits counted down, packets larger than the next wire refused with
 * "too big" or cut (IPv4 without DF), hop limits used up told with "time exceeded" (RFC 1812,
 * RFC 4443).
 *
 * Bounds: GATEWAY_ROUTES_MAX.
 */
#ifndef CAIRN_TESTS_SIM_GATEWAY_H
#define CAIRN_TESTS_SIM_GATEWAY_H

#include "tests/sim/net.h"

#define GATEWAY_ROUTES_MAX 128u

struct gateway {
	struct net_node *node;
	const char *address[2]; /* IPv4, IPv6: whom its errors come from */
	uint32_t mtu[NET_LINKS_MAX];
	bool is_silent; /* a black hole: says nothing about what it drops */
	bool blocks[2]; /* IPv4, IPv6: all packets vanish; both: the router is down */
	struct {
		struct ip_addr prefix;
		unsigned prefix_len, port;
	} routes[GATEWAY_ROUTES_MAX];
	unsigned route_count;
	uint64_t forwarded, too_big, expired, no_route, fragmented, blocked;
};

void gateway_init(struct gateway *gateway, struct net *net, const char *name, const char *ipv4,
		  const char *ipv6);
unsigned gateway_attach(struct gateway *gateway, struct wire *wire, unsigned end, uint32_t mtu);
void gateway_route(struct gateway *gateway, const char *prefix, unsigned port);

#endif
