/*
 * batch.h - many frames a system call: recvmmsg and sendmmsg over memory taken once.
 *
 * The kernel's word on checksums is kept with each frame: a local peer's is not filled in, a
 * verified one need not be verified again.  It stands in a virtio_net_hdr before the frame
 * (PACKET_VNET_HDR, IFF_VNET_HDR: Ethernet) or beside it (PACKET_AUXDATA: bare packets, whose
 * sockets have no such header). Several datagrams that the host has merged into one (UDP_SEGMENT)
 * are not taken where the header tells of it, since they could not be told apart from one large
 * datagram.
 *
 * Ownership: init takes memory, fini frees it.  Received frames are lent until the next
 *            batch_rx_begin.
 * Bounds:    LINK_BATCH_MAX frames each way; a received frame larger than its slot is counted as
 *            unusable, a frame to send that is larger as a failure.
 */
#ifndef CAIRN_STACK_LINK_BATCH_H
#define CAIRN_STACK_LINK_BATCH_H

#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "stack/link/link.h"

/*
 * Of large frames few are read in a turn, of which this is what the turn before came to: so much stays in a
 * processor's cache, and the first of them are acknowledged while the peer still sends.
 */
#define BATCH_TURN_BYTES    (1u << 19)
#define BATCH_VLAN_BYTES    4u  /* room before a frame, for the 802.1Q tag that the kernel took out */
#define BATCH_CONTROL_BYTES 64u /* one control message: packet info or auxiliary data */

struct batch_control {
	uint64_t words[BATCH_CONTROL_BYTES / 8];
};

/* ---- in ---------------------------------------------------------------------------------------- */

struct batch_rx {
	uint8_t *block;
	size_t slot_count, slot_bytes;
	size_t used; /* slots filled since batch_rx_begin */
	size_t turn_slots, turn_bytes; /* slots to be filled till the next one, at most; octets that are in them */
	bool is_ethernet; /* frames come with a header, and with a 802.1Q tag beside them */
	struct virtio_net_hdr headers[LINK_BATCH_MAX];
	struct iovec iovs[LINK_BATCH_MAX][2];
	struct batch_control controls[LINK_BATCH_MAX];
	struct mmsghdr messages[LINK_BATCH_MAX];
};

/*
 * LINK_BATCH_MAX slots at most.  The sockets to be read have PACKET_AUXDATA set and, for Ethernet,
 * PACKET_VNET_HDR.
 */
int batch_rx_init(struct batch_rx *rx, size_t slot_count, size_t slot_bytes, bool is_ethernet);
void batch_rx_fini(struct batch_rx *rx);
void batch_rx_begin(struct batch_rx *rx);

/* Reads up to `max` frames of a packet socket into the free slots; returns how many went to `frames`. */
size_t batch_rx_read(struct batch_rx *rx, int fd, struct link_frame *frames, size_t max, struct link_stats *stats);

/* What a virtio_net_hdr says of the frame behind it: STACK_RX_*. */
uint32_t batch_rx_flags(const struct virtio_net_hdr *header);
/* Of a frame of several TCP segments: the payload of each; else 0. */
uint16_t batch_rx_segment_bytes(const struct virtio_net_hdr *header);
/* True when the frame is what a peer has sent, however large (merged TCP segments too). */
bool batch_is_usable(const struct virtio_net_hdr *header);

/* ---- out --------------------------------------------------------------------------------------- */

struct batch_message {
	struct virtio_net_hdr header;
	struct iovec iovs[2]; /* the header, for sockets that take one; the frame */
	union {
		struct sockaddr_in ipv4;
		struct sockaddr_in6 ipv6;
	} to;
	struct batch_control control;
};

struct batch_tx {
	uint8_t *block;
	size_t slot_bytes;
	size_t count; /* waiting to be sent */
	bool has_header;
	struct batch_message slots[LINK_BATCH_MAX];
	struct mmsghdr messages[LINK_BATCH_MAX];
};

int batch_tx_init(struct batch_tx *tx, size_t slot_bytes, bool has_header);
void batch_tx_fini(struct batch_tx *tx);

static inline bool
batch_tx_is_full(const struct batch_tx *tx)
{
	return tx->count == LINK_BATCH_MAX;
}

/* Copies a frame in; not when full.  NULL, with the failure counted, when it is larger than a slot. */
struct msghdr *batch_tx_put(struct batch_tx *tx, const struct link_frame *frame, struct link_stats *stats);

/* Sends what waits.  What the host refuses is counted and left out; the rest goes. */
void batch_tx_flush(struct batch_tx *tx, int fd, struct link_stats *stats);

/*
 * Sends what waits and then a frame from where it lies: one of many segments is worth a system call and
 * not worth a copy.  Only with has_header.
 */
void batch_tx_large(struct batch_tx *tx, int fd, const struct link_frame *frame, struct link_stats *stats);

#define BATCH_TX_IOVS (2 + STACK_PIECES_MAX)

/* What the device is to do with a frame of Ethernet, fill its checksum, split it: `header`. Then what to write; how many. */
size_t batch_tx_iovs(struct iovec iovs[BATCH_TX_IOVS], struct virtio_net_hdr *header, const struct link_frame *frame);

#endif
