/*
 * xdp_share.h - queues of a device (xdp_device.h) that one thread serves, as one: every `step`th from the `first` on.
 *
 * Received frames are lent until the next receive, as memory that may be written to; one that is handed to send goes out
 * from where it lies, by the queue that it came by.
 *
 * Ownership: the device is lent and outlives the share.
 * Bounds:    those of the queues; what a device that is full or down has not taken is tried again after a time that doubles,
 *            a second at most.
 */
#ifndef CAIRN_STACK_LINK_XDP_SHARE_H
#define CAIRN_STACK_LINK_XDP_SHARE_H

#include "stack/link/xdp_device.h"

struct xdp_share {
	struct xdp_device *device;
	unsigned first, step;
	unsigned next; /* whose frames come first in the next batch */
	struct link_stats stats;
	uint64_t stats_due_at_us;
	uint64_t retry_at_us, retry_us; /* STACK_NEVER: nothing waits */
};

void xdp_share_init(struct xdp_share *share, struct xdp_device *device, unsigned first, unsigned step);

size_t xdp_share_receive(struct xdp_share *share, struct link_frame *frames, size_t max, uint64_t now_us);
void xdp_share_send(struct xdp_share *share, const struct link_frame *frame);
void xdp_share_flush(struct xdp_share *share, uint64_t now_us);
/* Of the queues, at most `max`; returns their number. */
size_t xdp_share_fds(const struct xdp_share *share, int *fds, size_t max);

/* When flush is to be called though nothing was sent; STACK_NEVER. */
static inline uint64_t
xdp_share_deadline(const struct xdp_share *share)
{
	return share->retry_at_us;
}

#endif
