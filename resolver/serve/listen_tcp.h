/*
 * listen_tcp.h - clients over the kernel's TCP sockets (RFC 7766): accepting them; the rest is stream.h.
 *
 * Ownership: listen_tcp_new takes the descriptor, also when it fails; the listener frees itself behind on_close,
 *            when all of its connections are being closed.
 * Bounds:    TCP_TURN_ACCEPTS a turn; the pool's places.  Without a free place the backlog waits.
 */
#ifndef CAIRN_RESOLVER_SERVE_LISTEN_TCP_H
#define CAIRN_RESOLVER_SERVE_LISTEN_TCP_H

#include "resolver/serve/listener.h"

#define TCP_TURN_ACCEPTS 16u

/* A negative libuv code, or 0 and a listener that serves. */
int listen_tcp_new(struct listener **listener, struct worker *worker,
		   const struct endpoint *endpoint, int fd);

#endif
