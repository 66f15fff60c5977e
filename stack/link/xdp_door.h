/*
 * xdp_door.h - datagrams to one UDP port of the host's own addresses, taken off a device before the host's stack sees them.
 *
 * The host keeps its addresses, and the port's socket: the XDP program (xdp_steer.h) takes plain datagrams to the port off the
 * device's queues, and of them those to the addresses that every thread with a queue has named (xdp_door_set_addrs), since any
 * of them may be given such a datagram; everything else comes to the socket as ever.  What is taken does not pass the
 * host's packet filter.
 *
 * The queues are dealt out to `share_count` threads, each of which has a link for its own.  Its frames are Ethernet, with
 * room for a reply in their place (STACK_RX_WRITABLE), which goes out by the queue that the question came by.
 *
 * Not done: tags of VLANs that the driver takes out of a frame before the program sees it (`ethtool -K DEVICE rxvlan off`); a
 * device whose MAC address changes, or that goes and comes again: its datagrams come to the host's socket from then on.
 *
 * Ownership: open takes memory and descriptors, close frees them and ends every link.
 * Threads:   a link belongs to one; the addresses may be set by all, under a lock.
 * Needs:     as xdp_device.h, at open.
 * Errors:    as xdp_device.h; ERR_FULL of xdp_door_set_addrs: what it could not name comes to the host's socket.
 * Bounds:    XDP_DOOR_ADDRS_MAX addresses; LINK_FDS_MAX receive queues a thread, XDP_DOOR_QUEUES_MAX in all.
 */
#ifndef CAIRN_STACK_LINK_XDP_DOOR_H
#define CAIRN_STACK_LINK_XDP_DOOR_H

#include <stdint.h>

#include "stack/link/link.h"
#include "stack/link/xdp_mode.h"

#define XDP_DOOR_ADDRS_MAX  1024u
#define XDP_DOOR_QUEUES_MAX 64u

struct xdp_door;

struct xdp_door_config {
	const char *device;
	uint16_t port;
	enum xdp_mode mode;
	unsigned share_count;
};

int xdp_door_open(struct xdp_door **door, const struct xdp_door_config *config, struct link_error *told);
void xdp_door_close(struct xdp_door *door); /* NULL is nothing */

/*
 * The queues of one thread; NULL: there are fewer queues than threads, and none is left for this one.  Lent.  Its MTU is
 * that of the device when it is asked to describe itself, 0 when that has gone.
 */
struct link *xdp_door_link(struct xdp_door *door, unsigned share);
/* The host's number of the device, which link-local addresses belong to. */
uint32_t xdp_door_ifindex(const struct xdp_door *door);

/* From now on this thread, which has a link, serves these addresses and no others. */
int xdp_door_set_addrs(struct xdp_door *door, unsigned share, const struct ip_addr *addrs, size_t count);
/* How many are taken off the device. */
size_t xdp_door_addr_count(struct xdp_door *door);

#endif
