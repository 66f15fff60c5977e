/*
 * segment.h - a TCP super-segment, and the segments of the MSS that it stands for.
 *
 * Hosts pass up to 64 KB of a stream through their layers in one frame and leave it to the last that
 * handles it to split it (segmentation offload), or merge what has arrived (GRO).  This is that last
 * one for links that model a line: each piece gets the header of the whole, with its own length,
 * IPv4 identification, sequence number and checksum; CWR stays with the first (RFC 3168, section
 * 6.1.2), FIN and PSH with the last.
 *
 * Units:  octets.  The payload of a piece is at most segment_bytes, that of the last may be less.
 * Errors: ERR_SHORT, ERR_UNSUPPORTED: no TCP in IPv4 or IPv6 that begins in this frame.  IPv6
 *         extension headers are not looked behind: who merges segments merges none that have them.
 */
#ifndef CAIRN_STACK_LINK_SEGMENT_H
#define CAIRN_STACK_LINK_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/link/link.h"

/* Where things are in a frame. */
struct segment_layout {
	bool is_ipv6;
	size_t ip_at, tcp_at, data_at;
	size_t end; /* of the payload: a short frame is padded */
};

int segment_layout_read(struct segment_layout *layout, const uint8_t *bytes, size_t size,
                        enum stack_if_kind kind);

/* True when CWR is set, which only the first segment may carry. */
bool segment_has_cwr(const struct segment_layout *layout, const uint8_t *bytes);

/* Pieces of one frame, which the caller keeps, one after the other. */
struct segment_cutter {
	const uint8_t *bytes;
	const struct stack_piece *pieces; /* NULL: the payload is in `bytes` too */
	struct segment_layout layout;
	size_t segment_bytes;
	size_t next_at; /* in the frame: the payload that no piece has had */
	uint16_t index; /* of the next piece */
};

/* The frame's segment_bytes is how large pieces become. */
int segment_cut_begin(struct segment_cutter *cutter, const struct link_frame *frame, enum stack_if_kind kind);

/* The next piece, with its checksum; returns its size, 0 after the last; ERR_SHORT: `room` is too small. */
int segment_cut_next(struct segment_cutter *cutter, uint8_t *out, size_t room);

/* Fills a checksum that was left to the link: the octets from `start` on, the field `offset` behind it. */
void segment_checksum_fill(uint8_t *bytes, size_t size, size_t start, size_t offset);

#endif
