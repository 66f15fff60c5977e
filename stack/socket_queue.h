/*
 * socket_queue.h - datagrams that wait to be read, those of all sockets in one pool of chunks.
 *
 * Ownership: the pool is lent its block at init and never grows; a queue is a list within it.
 * Errors:    a datagram that finds no room is refused whole.
 * Bounds:    the pool's chunks, and what the caller allows each queue (`queue->bytes` counts whole chunks).
 */
#ifndef CAIRN_STACK_SOCKET_QUEUE_H
#define CAIRN_STACK_SOCKET_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/addr.h"

struct arena;

#define DATAGRAM_CHUNK_BYTES 952u /* of payload, beside 72 of what is known of it */
#define DATAGRAM_NONE        UINT32_MAX

/* Where a datagram came from; on an error queue, what became of one that was sent. */
struct datagram {
	struct ip_addr local, remote;
	uint16_t local_port, remote_port;
	uint8_t hop_limit, traffic_class, ifindex;
	uint8_t error;  /* errno; 0: no error */
	uint8_t origin; /* SO_EE_ORIGIN_* */
	uint32_t info;  /* errors: the path MTU */
	uint32_t size;
	uint64_t arrived_us; /* the time of day */
};

struct datagram_chunk {
	uint32_t next;          /* of the same datagram, or in the free list */
	uint32_t next_datagram; /* in a datagram's first chunk: the queue's next one */
	struct datagram datagram;
	uint8_t bytes[DATAGRAM_CHUNK_BYTES];
};

struct datagram_pool {
	struct datagram_chunk *chunks;
	uint32_t chunk_count, free_count, free;
};

struct datagram_queue {
	uint32_t first, last;
	size_t bytes;
};

size_t datagram_pool_bytes(size_t bytes);
void datagram_pool_init(struct datagram_pool *pool, struct arena *arena, size_t bytes);

void datagram_queue_init(struct datagram_queue *queue);
/* What a datagram of this size takes of the pool. */
size_t datagram_cost(size_t size);
bool datagram_put(struct datagram_pool *pool, struct datagram_queue *queue,
		  const struct datagram *datagram, const void *bytes);

/* The oldest, or NULL; lent until it is dropped. */
const struct datagram *datagram_first(const struct datagram_pool *pool,
				      const struct datagram_queue *queue);
/* Copies octets of the oldest from `offset`; returns how many there were. */
size_t datagram_copy(const struct datagram_pool *pool, const struct datagram_queue *queue,
		     size_t offset, void *out, size_t size);
void datagram_drop(struct datagram_pool *pool, struct datagram_queue *queue);
void datagram_clear(struct datagram_pool *pool, struct datagram_queue *queue);

#endif
