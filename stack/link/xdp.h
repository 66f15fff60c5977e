/*
 * xdp.h - a station of our own on one of the host's Ethernet devices, whose frames do not pass the host's stack.
 *
 * As link packet (packet.h), which is inside of it, with a way beside: an XDP program on the device (xdp_device.h) gives
 * the frames to our MAC address to AF_XDP sockets, one on each receive queue (xdp_queue.h), and what we send goes out
 * by them.  What that way does not carry takes the packet socket: groups and broadcasts, which the host is to see as
 * well, and TCP segments of more than a frame of our memory, merged or to be split.
 *
 * A received frame is lent as memory that may be written to, and when it is handed to send it goes out from where it
 * lies: a reply can be built in its request.
 *
 * Not done: 802.1Q tags, which many drivers take out of a frame before a program could see them.  A device of the
 * same name that comes after ours was taken away (the capabilities for it are gone by then): the interface stays down.
 *
 * Needs:  CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF at open; the program must have been built with libxdp and libbpf.
 * Errors: the one line says what kernel, driver or device lacks and what to set instead; after success it says
 *         which way was taken, and why no better one.
 * Bounds: XDP_QUEUES_MAX receive queues; XDP_QUEUE_FRAMES frames of memory each.
 */
#ifndef CAIRN_STACK_LINK_XDP_H
#define CAIRN_STACK_LINK_XDP_H

#include <stdint.h>

#include "stack/link/link.h"
#include "stack/link/xdp_mode.h"

#define XDP_QUEUES_MAX (LINK_FDS_MAX - 1) /* one descriptor is the packet socket's */

struct xdp_config {
	const char *device;
	struct mac_addr mac; /* zeros: a random one */
	enum xdp_mode mode;
};

int xdp_open(struct link **link, const struct xdp_config *config, uint64_t now_us, struct link_error *told);

#endif
