/*
 * tap.h - a virtual Ethernet: the stack is at one end, a device of the host's at the other.
 *
 * The device is made at open, or taken over when it exists (`ip tuntap add ... user ...` makes one
 * that an ordinary user may open), and goes at close unless it is persistent.  The host gives its
 * end an address, bridges it or routes through it, as with any device; the stack has a MAC address
 * of its own.
 *
 * Frames stand behind a virtio_net_hdr: checksums are left unfilled and TCP segments of up to 64 KB
 * unsplit, both ways.  A TAP device has no batches: a frame is a system call.
 *
 * Needs:  CAP_NET_ADMIN to make a device and to set it up; nothing for one that is ours and up
 *         already.
 * Bounds: LINK_BATCH_MAX frames a call of receive.
 */
#ifndef CAIRN_STACK_LINK_TAP_H
#define CAIRN_STACK_LINK_TAP_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/link/link.h"

struct tap_config {
	const char *device;  /* "cairn0"; "cairn%d" has the kernel count; NULL: that */
	struct mac_addr mac; /* of the stack's end; zeros: a random one */
	uint16_t vlan;       /* 802.1Q id of the stack's frames; 0: untagged */
	bool leaves_down;    /* the host's end is set up by somebody else */
};

int tap_open(struct link **link, const struct tap_config *config, struct link_error *error);

#endif
