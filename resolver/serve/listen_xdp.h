/*
 * listen_xdp.h - clients' UDP questions taken off a device before the host's stack sees them (stack/link/xdp_door.h), beside
 * the kernel's sockets for the same addresses (listen_udp.h).
 *
 * No listener by itself: a question counts as one of the kernel's listener for its address, which it would have come to
 * otherwise.  What can be answered at once goes back in the frame of its question; what takes longer, or is larger than
 * frame or device take whole, goes out by that listener, whose routes and neighbours are the kernel's.
 *
 * The door is told which addresses this worker serves: those of its listeners at the port, and for one of a whole family all
 * that the host has, as the worker's stack mirrors them; in every turn in which something of that has changed.
 *
 * Ownership: link and door are the server's and outlive it; close is asynchronous, and frees it in the loop.
 * Errors:    frames that are no questions are drops with their reasons (stack/drop.h), told with the stack's.
 * Bounds:    XDP_TURN_BATCHES batches a turn of the loop, LISTEN_XDP_ADDRS_MAX addresses; the device's MTU is read once in
 *            LISTEN_XDP_MTU_US, as long as questions come.
 */
#ifndef CAIRN_RESOLVER_SERVE_LISTEN_XDP_H
#define CAIRN_RESOLVER_SERVE_LISTEN_XDP_H

#include <stdint.h>

#include "stack/drop.h"
#include "stack/link/xdp_door.h"

#define XDP_TURN_BATCHES     4u
#define LISTEN_XDP_ADDRS_MAX XDP_DOOR_ADDRS_MAX
#define LISTEN_XDP_MTU_US    1000000u

struct listen_xdp;
struct worker;

struct listen_xdp_config {
	struct xdp_door *door;
	unsigned share; /* of the door: this worker's queues, if it has any */
	uint16_t port;
};

struct listen_xdp_stats {
	uint64_t received, replied; /* frames taken; of them those that went back as replies */
	uint64_t by_socket;         /* answers that were ready at once, and too large for the frame */
	uint64_t send_failures, overflows;
	uint64_t addrs;             /* of the door, now; told by the first worker alone */
	uint64_t addr_failures;     /* times that the door had no room for all */
};

/* A negative libuv code, or 0. */
int listen_xdp_new(struct listen_xdp **listen, struct worker *worker, const struct listen_xdp_config *config);
void listen_xdp_close(struct listen_xdp *listen);

/* A listener of the worker has come, or is about to go. */
void listen_xdp_renew(struct listen_xdp *listen);
/* In every turn of the loop. */
void listen_xdp_turn(struct listen_xdp *listen, uint64_t now_us);

struct listen_xdp_stats listen_xdp_stats(const struct listen_xdp *listen);
uint64_t listen_xdp_drops(const struct listen_xdp *listen, enum drop reason);

#endif
