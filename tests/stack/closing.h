/*
 * closing.h - a connection that a peer has opened, to be closed: what the tests of closing and of TIME-WAIT have in common.
 */
#ifndef CAIRN_TESTS_STACK_CLOSING_H
#define CAIRN_TESTS_STACK_CLOSING_H

#include <string.h>

#include "stack/stack_priv.h"
#include "tests/stack/peer.h"
#include "tests/suite.h"

static struct peer peer;
static const enum addr_family families[] = { ADDR_IPV4, ADDR_IPV6 };

static inline void
passive(int family)
{
	peer_passive(&peer, &(struct peer_config){ .family = families[family], .timestamps = true });
}

static inline void
shut(void)
{
	ck_assert_int_eq(tcp_shutdown(peer.host.stack, peer.conn, peer.host.now_us), 0);
}

static inline void
close_conn(void)
{
	tcp_close(peer.host.stack, peer.conn, peer.host.now_us);
}

#endif
