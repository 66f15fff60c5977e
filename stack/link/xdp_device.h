/*
 * xdp_device.h - a device of the host's whose frames an XDP program sorts: AF_XDP sockets on its receive queues and the
 * program that feeds them, in the best way that can be had (xdp_mode.h).
 *
 * Which frames the sockets get is the rule's (xdp_steer.h).  The program goes with the process, however that ends: it is
 * attached by a bpf_link, a descriptor.  What a process that has just gone had of the device is waited for, up to a second.
 *
 * Ownership: open takes memory and descriptors, close frees them; of a device that could not be opened there is nothing left.
 *            The rule is read by open only.  Each queue belongs to one thread; no two share anything that is written to.
 * Needs:     CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF at open.
 * Errors:    the one line says what kernel, driver or device lacks and what to set instead; after success it says
 *            which way was taken, and why no better one.
 * Bounds:    config.queues_max receive queues; XDP_QUEUE_FRAMES frames of memory each.
 */
#ifndef CAIRN_STACK_LINK_XDP_DEVICE_H
#define CAIRN_STACK_LINK_XDP_DEVICE_H

#include <stdint.h>

#include "stack/link/link.h"
#include "stack/link/xdp_mode.h"
#include "stack/link/xdp_queue.h"
#include "stack/link/xdp_steer.h"

#define XDP_NAME_BYTES 16u

struct xdp_device_config {
	const char *name;
	uint32_t mtu; /* the device's: decides how large the frames of our memory are */
	enum xdp_mode mode;
	unsigned queues_max;
	const struct xdp_steer_rule *rule;
};

struct xdp_device {
	char name[XDP_NAME_BYTES];
	uint32_t ifindex; /* the host's number */
	unsigned frame_shift;
	int sockets_fd, program_fd, attachment_fd;
	unsigned queue_count;
	struct xdp_queue *queues;
};

/* Zeros are not a closed device: this is. */
void xdp_device_init(struct xdp_device *device);
int xdp_device_open(struct xdp_device *device, const struct xdp_device_config *config, struct link_error *told);
void xdp_device_close(struct xdp_device *device);

/* The largest frame that the sockets take. */
static inline uint32_t
xdp_device_room(const struct xdp_device *device)
{
	return xdp_queue_room(device->frame_shift);
}

#endif
