/*
 * listen_udp.h - clients over the kernel's UDP sockets (RFC 1035, section 4.2.1).
 *
 * Ownership: listen_udp_new takes the descriptor, also when it fails; the listener frees itself behind on_close.
 * Bounds:    UDP_TURN_BATCHES batches a turn of the loop, so that no socket starves the others.
 */
#ifndef CAIRN_RESOLVER_SERVE_LISTEN_UDP_H
#define CAIRN_RESOLVER_SERVE_LISTEN_UDP_H

#include "resolver/serve/listener.h"

#define UDP_TURN_BATCHES 4u

/* A negative libuv code, or 0 and a listener that serves. */
int listen_udp_new(struct listener **listener, struct worker *worker,
		   const struct endpoint *endpoint, int fd);

#endif
