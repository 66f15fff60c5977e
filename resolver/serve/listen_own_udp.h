/*
 * listen_own_udp.h - clients over our own UDP, when the stack is a station of its own (link packet, tap, xdp).
 *
 * One port on all of the station's addresses, present and future; answers leave from the address that was asked.
 *
 * Ownership: the listener frees itself behind on_close.
 */
#ifndef CAIRN_RESOLVER_SERVE_LISTEN_OWN_UDP_H
#define CAIRN_RESOLVER_SERVE_LISTEN_OWN_UDP_H

#include "resolver/serve/listener.h"
#include "stack/link/link.h"

#define LISTEN_OWN_UDP_USER                                                                          \
	UINT64_C(1) /* `user` of its datagrams; flows of upstream queries have their own */

int listen_own_udp_new(struct listener **listener, struct worker *worker, uint16_t port);
/* The frames of a batch, before the datagrams in them come. */
void listen_own_udp_foresee(struct listener *listener, unsigned ifindex, const struct link_frame *frames, size_t count);
/* A STACK_DATAGRAM without a flow. */
void listen_own_udp_receive(struct listener *listener, const struct stack_action *action,
			  uint64_t now_us);

#endif
