/*
 * xdp.h - a station of our own on one of the host's Ethernet devices, whose frames do not pass the host's stack.
 *
 * As link packet (packet.h), which is inside of it, with a way beside: an XDP program on the device (xdp_steer.h) gives
 * the frames to our MAC address to AF_XDP sockets, one on each receive queue (xdp_queue.h), and what we send goes out
 * by them.  What that way does not carry takes the packet socket: groups and broadcasts, which the host is to see as
 * well, and TCP segments of more than a frame of our memory, merged or to be split.
 *
 * Three ways for a frame to get to a socket, the best that kernel and driver have or the one that is asked for:
 *
 *     zero-copy   the driver writes into our memory and sends from it
 *     native      the driver runs the program, the kernel copies
 *     generic     the kernel runs the program, for every driver, later and with more work
 *
 * The program goes with the process, however that ends: it is attached by a bpf_link, a descriptor.
 *
 * A received frame is lent as memory that may be written to, and when it is handed to send it goes out from where it
 * lies: a reply can be built in its request.
 *
 * Not done: the host's own addresses (link raw has them): that takes their changes and those of the guarded ports in maps
 * of the program.  802.1Q tags, which many drivers take out of a frame before a program could see them.  A device of the
 * same name that comes after ours was taken away (the capabilities for it are gone by then): the interface stays down.
 *
 * What a process that has just gone had of the device is waited for, up to a second.
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

#define XDP_QUEUES_MAX (LINK_FDS_MAX - 1) /* one descriptor is the packet socket's */

enum xdp_mode { XDP_MODE_AUTO, XDP_MODE_ZERO_COPY, XDP_MODE_NATIVE, XDP_MODE_GENERIC };

struct xdp_config {
	const char *device;
	struct mac_addr mac; /* zeros: a random one */
	enum xdp_mode mode;
};

#define XDP_IS_BUILT CAIRN_HAS_XDP /* 0: xdp_open says XDP_ABSENT */
#define XDP_ABSENT "link xdp is not in this program: it was built without libxdp and libbpf (Debian: libxdp-dev, libbpf-dev)"

int xdp_open(struct link **link, const struct xdp_config *config, uint64_t now_us, struct link_error *told);

#endif
