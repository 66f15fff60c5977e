/*
 * peer.h - another host on the wire of a net, in the same loop: a resolver and servers for tests of fetch/ (stack/link/wire.h).
 *
 * The net has 192.0.2.2 and 2001:db8::2, the peer 192.0.2.1 and 2001:db8::1; what goes to other addresses vanishes.
 * The peer answers questions over UDP and TCP on port 53 as told, echoes what comes to TCP port 7 until the client ends its
 * direction, and refuses all else.
 */
#ifndef CAIRN_TESTS_FETCH_PEER_H
#define CAIRN_TESTS_FETCH_PEER_H

#include "fetch/names.h"
#include "fetch/net.h"
#include "stack/base/rng.h"
#include "stack/link/wire.h"

struct peer {
	struct net *net;
	struct wire wire;
	void *wire_block, *stack_block;
	struct stack *stack;
	unsigned ifindex;
	struct rng rng;
	struct net_timer timer;

	/* How its resolver behaves. */
	bool has_resolver;
	unsigned silent_count;   /* questions that it does not answer yet */
	bool is_truncating;      /* over UDP */
	bool refuses_edns;
	bool lies_about_id;      /* before each right reply comes one with another id */
	const uint8_t *https; /* the rdata of every name's HTTPS record, its length in front; NULL: there is none */
	size_t https_bytes;
	uint16_t rcode;
	int ede;                 /* with rcode; EDE_NONE: none */

	unsigned udp_count, tcp_count; /* questions that came */
};

void peer_open(struct peer *peer, bool has_resolver);
void peer_close(struct peer *peer);
/* The peer's resolver. */
struct names *peer_names(struct peer *peer);
/* Runs the loop until *is_done, for ten seconds at most. */
void peer_run(struct peer *peer, const bool *is_done);

#endif
