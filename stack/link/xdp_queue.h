/*
 * xdp_queue.h - an AF_XDP socket on one queue of a device, with the memory (UMEM) its frames lie in.
 *
 * A frame is always in one of these places, and the counts add up to XDP_QUEUE_FRAMES:
 *
 *     free --fill ring--> kernel --receive ring--> lent --> free
 *     free (a copy), lent (in place) --transmit ring--> kernel --completion ring--> free
 *
 * At most XDP_RING_FRAMES are on the way in, so there are always as many for the way out.  Rings are filled and emptied
 * in batches, and the kernel is called only when a ring says that it sleeps (XDP_USE_NEED_WAKEUP).
 *
 * Ownership: open takes memory and a descriptor, close frees them.  Received frames are lent until the next
 *            receive; one of them may be written to and sent from where it lies.
 * Errors:    open returns an errno.  A frame that finds no room on the way out is counted as a failure.
 * Bounds:    XDP_QUEUE_FRAMES frames of a power of two of octets; XDP_KICKS_MAX system calls a flush.
 */
#ifndef CAIRN_STACK_LINK_XDP_QUEUE_H
#define CAIRN_STACK_LINK_XDP_QUEUE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <xdp/xsk.h>

#include "stack/link/link.h"

#define XDP_RING_FRAMES     2048u
#define XDP_QUEUE_FRAMES    (2 * XDP_RING_FRAMES)
#define XDP_HEADROOM_BYTES  256u /* that the kernel keeps free before a received frame: XDP_PACKET_HEADROOM */
#define XDP_FRAME_SHIFT_MIN 11u
#define XDP_FRAME_SHIFT_MAX 12u  /* a page: the kernel takes no more */
#define XDP_KICKS_MAX       (XDP_RING_FRAMES / 32) /* of 32 frames each, in the copying modes */

enum xdp_place { XDP_ELSEWHERE, XDP_LENT };

struct xdp_queue {
	struct xsk_umem *umem;
	struct xsk_socket *socket;
	struct xsk_ring_prod fill, transmit;
	struct xsk_ring_cons receive, completion;
	int fd; /* -1: closed */
	uint8_t *memory;
	unsigned frame_shift;    /* a frame is 1 << frame_shift octets */
	uint32_t inward_count;   /* frames in the fill and receive rings */
	uint32_t unsubmitted;    /* in the transmit ring, not shown to the kernel yet */
	uint32_t free_count, lent_count;
	uint16_t free[XDP_QUEUE_FRAMES], lent[LINK_BATCH_MAX];
	uint8_t places[XDP_QUEUE_FRAMES]; /* enum xdp_place: whether a frame may be sent in place */
	uint64_t overflows, unusable;     /* as the kernel told last */
};

/* What fits into a frame behind the headroom. */
static inline uint32_t
xdp_queue_room(unsigned frame_shift)
{
	return (1u << frame_shift) - XDP_HEADROOM_BYTES;
}

static_assert((1u << XDP_FRAME_SHIFT_MIN) - XDP_HEADROOM_BYTES >= STACK_RX_ROOM_BYTES, "a reply finds its room");

/* Zeros are not a closed queue: this is, for close to be called whatever has happened. */
void xdp_queue_init(struct xdp_queue *queue, unsigned frame_shift);
/* bind_flags: XDP_COPY or XDP_ZEROCOPY. */
int xdp_queue_open(struct xdp_queue *queue, const char *device, uint32_t index, uint16_t bind_flags);
void xdp_queue_close(struct xdp_queue *queue);

/* Takes back what was lent.  Before xdp_queue_receive, once for all queues. */
void xdp_queue_settle(struct xdp_queue *queue);
/* Up to `max` frames, not more than LINK_BATCH_MAX; then gives the kernel new ones to fill. */
size_t xdp_queue_receive(struct xdp_queue *queue, struct link_frame *frames, size_t max);

/* Whether these octets lie in a frame that this queue has lent. */
bool xdp_queue_has_lent(const struct xdp_queue *queue, const uint8_t *bytes);
/* Queues a frame: from where it lies if this queue has lent it, else a copy.  False: there was no room. */
bool xdp_queue_send(struct xdp_queue *queue, const struct link_frame *frame);
/* False: some have to wait, and flush has to be called again. */
bool xdp_queue_flush(struct xdp_queue *queue);

/* Adds what the kernel has dropped since the last call. */
void xdp_queue_count_drops(struct xdp_queue *queue, struct link_stats *stats);

#endif
