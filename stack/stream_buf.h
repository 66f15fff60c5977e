/*
 * stream_buf.h - the octets of a stream between the program and the segments, in chunks of a pool.
 *
 * A connection's unsent and unacknowledged octets, and its unread and out-of-order ones, lie in
 * chunks that all connections of a stack share: one that holds nothing costs nothing.  A buffer is
 * addressed by sequence number; chunks are linked in order, each covers STREAM_CHUNK_BYTES of the
 * sequence space from a multiple of that, and one that nothing was written to may be missing (a
 * hole of a receiver).  Two hints remember where the buffer was touched, so that what is sent
 * anew and what is sent again both find their place without a walk.
 *
 * What has just arrived can be lent to a buffer instead of written: until it is settled its octets
 * lie where they came, and those that a program reads before then are never copied.  One loan is out
 * at a time; its chunks are kept free for it, so that settling cannot fail.
 *
 * Room at a buffer's end can be lent to be written to in place (stream_room), by readv(2) for one: what was written
 * there becomes the stream's with stream_fill, and was copied once less.
 *
 * Ownership: the pool is lent its block at init and never grows; memory that no chunk was ever
 *            needed for is not touched.
 * Units:     octets; positions are sequence numbers.  All of a buffer lies within 2^31.
 * Errors:    none; stream_write takes less than it was given when the pool is used up.
 * Bounds:    the pool's chunks.  The last STREAM_RESERVE_PERCENT of them are for in-order data of
 *            receivers only, so that a full pool always gets emptied: a program that reads frees
 *            what the peer needs to go on.  What one buffer may hold is its window, the caller's
 *            business.
 */
#ifndef CAIRN_STACK_STREAM_BUF_H
#define CAIRN_STACK_STREAM_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct arena;

#define STREAM_CHUNK_BYTES     4096u /* of data; its header is elsewhere */
#define STREAM_RESERVE_PERCENT 10u
#define STREAM_LOW_PERCENT     25u

struct stream_chunk {
	struct stream_chunk *next;
	uint8_t *bytes;     /* STREAM_CHUNK_BYTES, as aligned as they are large: a page is copied faster than parts of two */
	uint32_t begin_seq; /* of its first octet */
};

struct stream_loan {
	struct stream_buf *to; /* NULL: none is out */
	const uint8_t *bytes;
	uint32_t begin_seq, end_seq;
	uint32_t chunk_count; /* kept free for it */
};

struct stream_pool {
	struct stream_chunk *chunks; /* side by side: who walks along a stream finds the next ones in the cache */
	uint8_t *bytes;              /* of all chunks */
	struct stream_chunk *free; /* those given back; those behind touched_count were never out */
	uint32_t chunk_count, free_count, touched_count;
	struct stream_loan loan;
};

size_t stream_pool_bytes(size_t buffer_bytes);
void stream_pool_init(struct stream_pool *pool, struct arena *arena, size_t buffer_bytes);
/* Less than STREAM_LOW_PERCENT is free: windows should not grow, out-of-order data is refused. */
bool stream_pool_is_low(const struct stream_pool *pool);

/* A chunk for something else than a stream (a receiver's many holes), never from the reserve; NULL. */
struct stream_chunk *stream_chunk_get(struct stream_pool *pool);
void stream_chunk_put(struct stream_pool *pool, struct stream_chunk *chunk);

struct stream_buf {
	struct stream_chunk *first, *last;
	struct stream_chunk *hints[2]; /* touched last, once here and once there; may be NULL */
	uint32_t begin_seq, end_seq;   /* nothing before or behind is held */
	uint32_t chunk_count;
	const struct stream_loan *loan; /* the pool's, when it is out to this buffer */
};

void stream_init(struct stream_buf *buf, uint32_t begin_seq);
/* Frees all chunks: the buffer is empty and begins where it ended. */
void stream_clear(struct stream_pool *pool, struct stream_buf *buf);

enum stream_use { STREAM_IN_ORDER, STREAM_OTHER }; /* STREAM_OTHER keeps out of the reserve */
/* Copies as much as there is room for to `seq` (>= begin_seq); returns how much. */
size_t stream_write(struct stream_pool *pool, struct stream_buf *buf, uint32_t seq,
		    const void *bytes, size_t size, enum stream_use use);
/*
 * Lends room for up to `size` octets behind the buffer's end, in up to *piece_count pieces, each of one chunk; returns how
 * many octets, and tells how many pieces.  stream_fill comes next, before anything else is done to the buffer.
 */
size_t stream_room(struct stream_pool *pool, struct stream_buf *buf, size_t size, enum stream_use use,
		   struct iovec *pieces, size_t *piece_count);
/* The first `size` octets of the room are the stream's now; frees what it did not need. */
void stream_fill(struct stream_pool *pool, struct stream_buf *buf, size_t size);
/*
 * Puts the octets at the buffer's end without a copy: they must stay as they are until stream_settle, and nothing else
 * is written to the buffer before.  False when the pool has no room for them: nothing has changed.
 */
bool stream_write_lent(struct stream_pool *pool, struct stream_buf *buf, const uint8_t *bytes, size_t size);
/* Copies what is left of the loan; nothing when none is out. */
void stream_settle(struct stream_pool *pool);
/* Copies out; the octets must have been written. */
void stream_read(struct stream_buf *buf, uint32_t seq, void *out, size_t size);
/* Lends the longest contiguous piece of `size` octets at `seq`, which must have been written. */
const uint8_t *stream_peek(struct stream_buf *buf, uint32_t seq, size_t size, size_t *piece_bytes);
/* The buffer begins at `seq` (>= begin_seq) now; frees what lies wholly before. */
void stream_drop_before(struct stream_pool *pool, struct stream_buf *buf, uint32_t seq);
/*
 * The buffer ends at `seq` now, if it went on; frees what lies wholly behind (out-of-order data
 * given up under pressure: SACK reneging).
 */
void stream_drop_after(struct stream_pool *pool, struct stream_buf *buf, uint32_t seq);

#endif
