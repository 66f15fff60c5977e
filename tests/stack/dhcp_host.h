/*
 * dhcp_host.h - what the tests of the DHCP client begin with: a host without an address, and one server.
 *
 * The names are short, since a test program includes this once and speaks of nothing else.
 */
#ifndef CAIRN_TESTS_STACK_DHCP_HOST_H
#define CAIRN_TESTS_STACK_DHCP_HOST_H

#include <string.h>

#include "stack/stack_priv.h"
#include "tests/stack/dhcp_server.h"
#include "tests/suite.h"

#define SECOND_US  1000000ull
#define MINUTE_US  (60 * SECOND_US)
#define HOUR_US    (60 * MINUTE_US)
#define SETTLED_US (10 * SECOND_US) /* exchange and conflict detection */
#define OUTSIDE    "198.51.100.53"

static struct dhcp_net net;
static struct dhcp_server *server;

static inline void
setup(void)
{
	dhcp_net_init(&net);
	server = dhcp_net_server(&net, "192.0.2.1", "192.0.2.77");
}

static inline void
teardown(void)
{
	dhcp_net_fini(&net);
}

static inline struct stack *
stack(void)
{
	return net.lan.hosts[0].stack;
}

static inline const struct dhcp_client *
client(void)
{
	return &stack()->dhcp.clients[net.lan.hosts[0].ifindex];
}

static inline bool
has_addr(const char *text)
{
	const struct ip_addr addr = addr_of(text);
	return ifaddr_is_ours(stack(), net.lan.hosts[0].ifindex, &addr);
}

/* The next hop towards `destination`, as text; "-" for none. */
static inline const char *
next_hop(const char *destination)
{
	static char text[ADDR_TEXT_BYTES];
	struct ip_send send = { .destination = addr_of(destination) };
	return ip_route(stack(), &send) == 0 ? addr_to_text(&send.hop.next_hop, text, sizeof text)
					     : "-";
}

static inline void
assert_addr(const struct ip_addr *addr, const char *text)
{
	char found[ADDR_TEXT_BYTES];
	ck_assert_str_eq(addr->family == ADDR_NONE ? "-" : addr_to_text(addr, found, sizeof found),
			 text);
}

static inline void
bind_client(void)
{
	dhcp_run(&net, SETTLED_US);
	ck_assert(has_addr("192.0.2.77"));
	ck_assert_int_eq(client()->state, DHCP_BOUND);
	dhcp_clear(&net);
}

static inline void
set_link(bool up)
{
	ck_assert_int_eq(stack_if_set_up(stack(), net.lan.hosts[0].ifindex, up, net.lan.now_us), 0);
}

static inline uint64_t
drops(enum drop reason)
{
	return lan_drops(&net.lan, 0, reason);
}

/* The network holds nothing of the lease. */
static inline void
assert_bare(void)
{
	struct stack_stats stats;
	stack_stats(stack(), &stats);
	ck_assert_uint_eq(stats.addrs, 0);
	ck_assert_uint_eq(stats.routes, 0);
	ck_assert_str_eq(next_hop(OUTSIDE), "-");
	ck_assert_uint_eq(stack()->ifs[0].mtu_ipv4, stack()->ifs[0].mtu);
}

/* An ARP reply by which the stranger claims an address. */
static inline void
claim(const char *addr)
{
	uint8_t arp[28] = { 0, 1, 8, 0, 6, 4, 0, 2 };
	memcpy(arp + 8, lan_stranger.octets, 6);
	memcpy(arp + 14, addr_of(addr).octets, 4);
	memcpy(arp + 24, addr_of(addr).octets, 4);
	lan_frame(&net.lan, &ether_broadcast, ETHER_TYPE_ARP, arp, sizeof arp);
}

#endif
