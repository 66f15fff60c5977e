/*
 * sending.h - a connection that sends to a peer: what the tests of segments and of windows have in common.
 */
#ifndef CAIRN_TESTS_STACK_SENDING_H
#define CAIRN_TESTS_STACK_SENDING_H

#include "tests/stack/peer.h"
#include "tests/suite.h"

static struct peer peer;
static const enum addr_family families[] = { ADDR_IPV4, ADDR_IPV6 };

static inline void
passive(int family)
{
	peer_passive(&peer, &(struct peer_config){ .family = families[family], .mss = 1000 });
}

static inline void
configure(void (*change)(struct tcp_config *config))
{
	struct tcp_config config;

	ck_assert_int_eq(tcp_get_config(peer.host.stack, peer.conn, &config), 0);
	change(&config);
	ck_assert_int_eq(tcp_set_config(peer.host.stack, peer.conn, &config, peer.host.now_us), 0);
}

#endif
