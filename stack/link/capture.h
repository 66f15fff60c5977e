/*
 * capture.h - a link whose packets are also written down, for Wireshark (link/pcapng.h).
 *
 * Wraps any link and writes what passes, in both directions, with its direction and the time of the
 * loop's turn.  Packets are gathered in memory and written at most CAPTURE_WRITE_US later; a reader
 * at the other end of a pipe sees them while they come.  A file that takes no more (a slow pipe, a
 * full disk) costs packets in the capture, counted, and never delays the link.
 *
 * Frames to be sent show the checksum as the stack leaves it: where the device fills it in, it is
 * not there yet.
 *
 * Ownership: owns the link inside and closes it; a descriptor that is lent stays open, and is made
 *            non-blocking unless it is a file; one that was opened by path is closed.
 * Bounds:    CAPTURE_BUFFER_BYTES in memory.
 * Errors:    a descriptor that refuses for good (EPIPE, ENOSPC) ends the capture, not the link:
 *            capture_stats tells.  Whoever lends a pipe ignores SIGPIPE.
 */
#ifndef CAIRN_STACK_LINK_CAPTURE_H
#define CAIRN_STACK_LINK_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#include "stack/link/link.h"

#define CAPTURE_BUFFER_BYTES (512u * 1024u) /* several frames of the largest size */
#define CAPTURE_WRITE_US     100000u

struct capture_config {
	const char *path;        /* created, or emptied; NULL: fd */
	int fd;
	const char *application; /* who has written it; for the reader */
	uint64_t wall_us;        /* microseconds since 1970 at open; 0: ask the clock */
};

struct capture_stats {
	uint64_t packets, lost; /* written or to be written; not written */
	int write_errno;        /* why nothing more is written; 0 */
};

int capture_open(struct link **link, struct link *inside, const struct capture_config *config, uint64_t now_us,
                 struct link_error *error);

/* A line that goes with the next packet, in either direction; the last one said counts.  Copied. */
void capture_comment(struct link *link, const char *text);

struct capture_stats capture_stats(const struct link *link);

#endif
