/*
 * host.h - a host on Cairn's stack inside a program: a link, a stack, a table of sockets, and the waiting that the
 * BSD calls need (stack/bsd.h; RFC 1122).
 *
 * The thread that calls drives everything: while a call waits, or cairn_host_turn runs, frames are received, timers
 * expire and what is queued leaves.  A program that computes for long without either keeps its peers waiting.
 * A program with a loop of its own drives the parts itself (stack/uv.h, stack/socket.h).
 *
 * Ownership: the host owns the link from cairn_host_open on, also where that fails.  cairn_host_close ends what is
 *            open and frees all of it.
 * Units:     microseconds of the monotonic clock.
 * Errors:    a negative ERR_* and one line in struct link_error.
 * Bounds:    the limits in the configuration; HOST_ADDRS_MAX; HOST_CLOSE_US for what is still to be delivered at the end.
 */
#ifndef CAIRN_STACK_HOST_H
#define CAIRN_STACK_HOST_H

#include "stack/bsd.h"
#include "stack/link/link.h"

#define HOST_ADDRS_MAX 8u
#define HOST_CLOSE_US  2000000u

struct cairn_host;

/* As many connections and flows as socket_limits_default has descriptors, and 16 MiB of what they carry. */
extern const struct stack_limits cairn_host_limits_default;

struct cairn_host_config {
	const char *addrs[HOST_ADDRS_MAX];    /* "192.0.2.1/24", "2001:db8::1/64"; up to the first NULL */
	const char *gateways[HOST_ADDRS_MAX]; /* of 0.0.0.0/0 and ::/0; up to the first NULL */
	bool dhcp, slaac;                     /* addresses and gateways by RFC 2131; by RFC 4862 */
	const struct stack_limits *limits;         /* NULL: cairn_host_limits_default */
	const struct socket_limits *socket_limits; /* NULL: socket_limits_default */
};

int cairn_host_open(struct cairn_host **host, struct link *link, const struct cairn_host_config *config,
                    struct link_error *error);
/* For stack/bsd.h; lent until cairn_host_close. */
struct cairn *cairn_host_calls(struct cairn_host *host);
/* For the tables of stack/stack.h and stack/tcp.h. */
struct stack *cairn_host_stack(struct cairn_host *host);
/*
 * Waits until something can be sent to `peer`: there is a route, and an address of ours that nobody has objected to
 * (RFC 5227, RFC 4862).  ERR_NO_ROUTE when timeout_ms have passed first.
 */
int cairn_host_await(struct cairn_host *host, const struct ip_addr *peer, unsigned timeout_ms);
/* What is due now, without waiting. */
void cairn_host_turn(struct cairn_host *host);
/* Sockets that are still open are closed; then, for at most HOST_CLOSE_US, what was sent is delivered. */
void cairn_host_close(struct cairn_host *host);

#endif
