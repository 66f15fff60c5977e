/*
 * listen_own_tcp.h - clients over our own TCP, when the stack is a station of its own (link packet, tap, xdp; RFC 7766).
 *
 * One port on all of the station's addresses, present and future.  Its connections live in the worker's pool beside
 * those of the kernel's sockets (stream.h), with the same bounds.
 *
 * Ownership: the listener frees itself behind on_close.
 * Bounds:    TCP_TURN_ACCEPTS a turn; the pool's places.  Without a free place the backlog of LISTEN_OWN_BACKLOG waits.
 */
#ifndef CAIRN_RESOLVER_SERVE_LISTEN_OWN_TCP_H
#define CAIRN_RESOLVER_SERVE_LISTEN_OWN_TCP_H

#include "resolver/serve/listener.h"

#define LISTEN_OWN_BACKLOG    256u
#define LISTEN_OWN_SEND_BYTES    65536u /* of a connection: an answer of the largest size */
#define LISTEN_OWN_RECEIVE_BYTES 8192u

int listen_own_tcp_new(struct listener **listener, struct worker *worker, uint16_t port);
/* Once a turn of the loop: takes the connections that wait. */
void listen_own_tcp_turn(struct listener *listener);

#endif
