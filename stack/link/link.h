/*
 * link.h - what every device behind a stack can do.
 *
 * A link moves frames (Ethernet) or packets (bare IP) between a stack's interface and
 * something: the host's network through raw sockets (link/raw.h), a device with a MAC address of
 * our own (link/packet.h, link/tap.h), another stack in memory (link/wire.h), or
 * another link that it wraps (link/faults.h, link/capture.h).  The set is open, so this
 * is a table of functions; the driver of all is stack/uv.h or the simulator.
 *
 * Batches both ways: receive fills an array that the link lends until the next receive; send
 * copies or queues, and flush pushes out what is queued with one system call where that can be.
 *
 * Ownership: the struct that embeds `struct link` owns its descriptors; close frees them.  A
 *            wrapper owns the link inside it from its own open on: closing the outermost closes all.
 * Errors:    ERR_*, with a line for the operator in struct link_error where a device is opened;
 *            what is lost on the way out (a full queue, ENOBUFS, EPERM of a firewall) is counted
 *            in stats, not an error, as on any network.
 */
#ifndef CAIRN_STACK_LINK_LINK_H
#define CAIRN_STACK_LINK_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "stack/stack.h"

#define LINK_BATCH_MAX 64u
#define LINK_FDS_MAX   8u

struct link_frame {
	const uint8_t *bytes;
	size_t size;
	uint32_t rx_flags;                        /* received: STACK_RX_* */
	uint16_t checksum_start, checksum_offset; /* sent: as in struct stack_action */
	/*
	 * Of a TCP super-segment, else 0: the payload of each segment that it is made of.  Sent, on a link
	 * that describes itself with STACK_IF_SEGMENT_TX: the link splits it.  Received: merged on the way.
	 */
	uint16_t segment_bytes;
	uint16_t segment_start; /* sent: where the payload begins */
	/* Sent, on a link with STACK_IF_GATHER_TX: all the payload, if it does not stand at `bytes`. */
	const struct stack_piece *pieces;
	size_t piece_count, pieces_bytes;
};

/* What a STACK_TRANSMIT action asks of the link. */
static inline struct link_frame
link_frame_of(const struct stack_action *action)
{
	return (struct link_frame){
		.bytes = action->bytes,
		.size = action->size,
		.checksum_start = action->checksum_start,
		.checksum_offset = action->checksum_offset,
		.segment_bytes = action->segment_bytes,
		.segment_start = action->segment_start,
		.pieces = action->pieces,
		.piece_count = action->piece_count,
		.pieces_bytes = action->pieces_bytes,
	};
}

struct link_stats {
	uint64_t received_frames, sent_frames;
	uint64_t send_failures;     /* refused or lost by the host: ENOBUFS, EPERM, EMSGSIZE, no route */
	uint64_t receive_overflows; /* the host's queue towards us was full */
	uint64_t receive_unusable;  /* cut short by our buffer, or several datagrams merged into one */
};

/* Why an open failed, as one line: what was tried, the system's words, the capability it takes. */
struct link_error {
	char text[200];
};

struct link;

struct link_ops {
	const char *name;
	/* What stack_if_add should be told: kind, MAC, MTU, flags. */
	void (*describe)(const struct link *link, struct stack_if_config *config);
	/* Up to `max` frames; returns their number, 0 when there are none now. */
	size_t (*receive)(struct link *link, struct link_frame *frames, size_t max, uint64_t now_us);
	void (*send)(struct link *link, const struct link_frame *frame, uint64_t now_us);
	void (*flush)(struct link *link, uint64_t now_us);
	/* Descriptors to watch for reading; returns their number (0: in memory only). */
	size_t (*fds)(const struct link *link, int fds[LINK_FDS_MAX]);
	/* When receive, flush and sync should be called though no descriptor is readable; STACK_NEVER. */
	uint64_t (*deadline)(const struct link *link);
	/*
	 * Links that follow the host (raw: addresses and routes; packet: its device): bring the stack up to
	 * date.  Called once before the first receive, then when sync_fd is readable and at the deadline.
	 * May be NULL, both together; sync_fd may be -1.
	 */
	int (*sync)(struct link *link, struct stack *stack, unsigned ifindex, uint64_t now_us);
	int (*sync_fd)(const struct link *link);
	void (*close)(struct link *link);
};

struct link {
	const struct link_ops *ops;
	struct link_stats stats;
};

#endif
