/*
 * endpoint.h - where clients are served: the entries of `interface`, and the kernel sockets behind them.
 *
 * An entry is ADDRESS[%DEVICE][@PORT]: 192.0.2.1, ::, ::1@5353, fe80::1%eth0.  IPv6 sockets are IPv6 only, so that
 * 0.0.0.0 and :: stand side by side.  Datagrams are never sent with "don't fragment" set from a
 * forged path MTU (IP_PMTUDISC_OMIT where the kernel has it).
 *
 * Ownership: endpoint_open's descriptors are the caller's.
 * Errors:    a negative ERR_* and one line in `error`: what could not be done with which address and port, who is in
 *            the way where that can be found out, and what would help.
 */
#ifndef CAIRN_RESOLVER_SERVE_ENDPOINT_H
#define CAIRN_RESOLVER_SERVE_ENDPOINT_H

#include <sys/socket.h>

#include "resolver/serve/config.h"
#include "stack/addr.h"

#define ENDPOINTS_MAX       256u
#define ENDPOINT_TEXT_BYTES (ADDR_TEXT_BYTES + 24u) /* "[ADDRESS%SCOPE]:PORT" */

enum endpoint_transport { ENDPOINT_UDP, ENDPOINT_TCP };

struct endpoint {
	struct ip_addr addr;
	uint16_t port;
	uint32_t scope; /* interface index of a link-local address */
	unsigned line;  /* in the configuration; 0: a default */
};

struct endpoint_options {
	bool reuse_port; /* several sockets on one port: one a worker */
	bool freebind;
	uint64_t receive_bytes, send_bytes; /* 0: the system's */
};

/* All entries of `interface`, each once, in their order. */
int endpoints_from_config(struct endpoint endpoints[ENDPOINTS_MAX], size_t *count,
			  const struct config *config, char error[CONFIG_ERROR_BYTES]);

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
const char *endpoint_to_text(const struct endpoint *endpoint, char *text, size_t text_bytes);

/* Whether the host has the address now. */
bool endpoint_is_here(const struct endpoint *endpoint);

/* Returns the length of what was written to *to. */
socklen_t endpoint_to_sockaddr(const struct ip_addr *addr, uint16_t port, uint32_t scope,
			       struct sockaddr_storage *to);
/* False when it is neither IPv4 nor IPv6.  A mapped IPv6 address stays one. */
bool endpoint_from_sockaddr(const struct sockaddr_storage *from, struct ip_addr *addr,
			    uint16_t *port, uint32_t *scope);

/* A bound socket, non-blocking; a TCP one listens. */
int endpoint_open(const struct endpoint *endpoint, enum endpoint_transport transport,
		  const struct endpoint_options *options, int *fd, char error[CONFIG_ERROR_BYTES]);

#endif
