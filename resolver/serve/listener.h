/*
 * listener.h - a place where clients are served: a UDP or TCP socket of the kernel, or a port of our own stack.
 *
 * The set is open (TLS and HTTPS are to come), so this is a table of functions.  A listener hands what it
 * hears to worker_query with a buffer to answer into; an answer that took longer goes out by
 * lend and send.  All of one worker's listeners live on its thread.
 *
 * Ownership: the struct that embeds `struct listener` owns its descriptors.  close is asynchronous, as with
 *            libuv: on_close runs when nothing refers to the listener any more, and may free it.
 */
#ifndef CAIRN_RESOLVER_SERVE_LISTENER_H
#define CAIRN_RESOLVER_SERVE_LISTENER_H

#include <stddef.h>
#include <stdint.h>

#include "resolver/serve/endpoint.h"

struct client_source;
struct listener;
struct worker;

struct listener_ops {
	/* A buffer for an answer to this client; NULL when it has gone. Lent until send, or lend for another. */
	uint8_t *(*lend)(struct listener *listener, const struct client_source *source,
			 size_t *room);
	/* Sends what was written into the buffer lent last; 0 octets: there is no answer after all. */
	void (*send)(struct listener *listener, const struct client_source *source, size_t size);
	void (*close)(struct listener *listener, void (*on_close)(struct listener *listener));
};

struct listener {
	const struct listener_ops *ops;
	struct worker *worker;
	struct listener *next; /* of the worker's */
	struct endpoint endpoint;
	enum endpoint_transport transport;
	void (*on_close)(struct listener *listener);
};

#endif
