/*
 * stream_buf.h - the octets of a stream between the program and the segments, in chunks of one pool.
 *
 * A connection's unsent and unacknowledged octets, and its unread and out-of-order ones, lie in chunks
 * that all connections of a stack share: one that holds nothing costs nothing.  A buffer is
 * addressed by sequence number; chunks are linked in order, each covers STREAM_CHUNK_BYTES of it, and one that
 * nothing has been written to may be missing (a hole of a receiver).
 *
 * Ownership: the pool is lent its block at init and never grows.
 * Units:     octets; positions are sequence numbers.
 * Errors:    ERR_FULL: the pool is used up, or the share that one buffer may have; what was written before counts.
 * Bounds:    the pool's chunks; the last STREAM_RESERVE_PERCENT of them are for in-order data of receivers
 *            only (stream_reserve), so that a full pool always gets emptied: a program that reads
 *            frees what the peer needs to go on.
 */
#ifndef CAIRN_STACK_STREAM_BUF_H
#define CAIRN_STACK_STREAM_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define STREAM_CHUNK_BYTES     4096u /* of data; a header of 16 octets is before it */
#define STREAM_RESERVE_PERCENT 10u

struct stream_chunk {
	struct stream_chunk *next;
	uint32_t begin_seq; /* of its first octet */
	uint32_t unused;
	uint8_t bytes[STREAM_CHUNK_BYTES];
};

struct stream_pool {
	struct stream_chunk *chunks, *free;
	uint32_t chunk_count, free_count;
};

size_t stream_pool_bytes(size_t buffer_bytes);
void stream_pool_init(struct stream_pool *pool, struct arena *arena, size_t buffer_bytes);
/* Under pressure windows stop to grow and out-of-order data is refused. */
bool stream_pool_is_low(const struct stream_pool *pool);

struct stream_buf {
	struct stream_chunk *first, *last, *hint; /* hint: the chunk that was touched last */
	uint32_t begin_seq;                       /* nothing before it is held */
	uint32_t chunk_count;
};

void stream_init(struct stream_buf *buf, uint32_t begin_seq);
/* Frees all chunks. */
void stream_clear(struct stream_pool *pool, struct stream_buf *buf);

enum stream_use { STREAM_IN_ORDER, STREAM_OTHER }; /* STREAM_OTHER keeps out of the reserve */
/* Copies as much as there is room for to `seq` (>= begin_seq); returns how much. */
size_t stream_write(struct stream_pool *pool, struct stream_buf *buf, uint32_t seq, const void *bytes, size_t size,
                    enum stream_use use);
/* Copies out; the octets must have been written. */
void stream_read(const struct stream_buf *buf, uint32_t seq, void *out, size_t size);
/* Lends the longest contiguous piece at `seq`, at most `size` octets. */
const uint8_t *stream_peek(const struct stream_buf *buf, uint32_t seq, size_t size, size_t *piece_bytes);
/* Frees what lies wholly before `seq`. */
void stream_drop_before(struct stream_pool *pool, struct stream_buf *buf, uint32_t seq);
/* Frees chunks wholly at or after `seq` (out-of-order data given up under pressure: SACK reneging). */
void stream_drop_after(struct stream_pool *pool, struct stream_buf *buf, uint32_t seq);

#endif
