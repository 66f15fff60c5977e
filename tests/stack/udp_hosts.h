/*
 * udp_hosts.h - two hosts with UDP: what the tests of who gets what and of bounds have in common.
 */
#ifndef CAIRN_TESTS_STACK_UDP_HOSTS_H
#define CAIRN_TESTS_STACK_UDP_HOSTS_H

#include <string.h>

#include "tests/stack/host.h"
#include "tests/stack/packet.h"
#include "tests/suite.h"

enum { V4, V6, FAMILIES };
static const char *const us[] = { "192.0.2.1", "2001:db8::1" };
static const char *const peers[] = { "192.0.2.2", "2001:db8::2" };

static struct host a, b;
static struct stack_action action;
static uint8_t packet[PACKET_BYTES_MAX];

static inline void
setup(void)
{
	host_init(&a, &(struct host_config){ .ipv4 = "192.0.2.1/24", .ipv6 = "2001:db8::1/64" });
	host_init(&b, &(struct host_config){
			      .ipv4 = "192.0.2.2/24", .ipv6 = "2001:db8::2/64", .seed = 1 });
}

static inline void
teardown(void)
{
	host_fini(&a);
	host_fini(&b);
}

static udp_flow
open_to(int family, uint16_t local_port, uint64_t user)
{
	struct ip_addr peer = addr_of(peers[family]);
	udp_flow flow = 0;

	ck_assert_int_eq(udp_open(a.stack, &peer, 53, NULL, local_port, user, &flow), 0);
	ck_assert_uint_ne(flow, 0);
	return flow;
}

static inline void
listen_on(struct host *host, const char *local, uint16_t port, uint64_t user)
{
	struct ip_addr addr = { 0 };

	if (local != NULL)
		addr = addr_of(local);
	ck_assert_int_eq(udp_listen(host->stack, &addr, port, user), 0);
}

#endif
