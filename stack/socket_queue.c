#include "stack/socket_queue.h"

#include <assert.h>
#include <string.h>

#include "stack/base/arena.h"

size_t
datagram_pool_bytes(size_t bytes)
{
	return bytes / sizeof(struct datagram_chunk) * sizeof(struct datagram_chunk) + 8;
}

void
datagram_pool_init(struct datagram_pool *pool, struct arena *arena, size_t bytes)
{
	const uint32_t count = (uint32_t)(bytes / sizeof(struct datagram_chunk));

	*pool = (struct datagram_pool){
		.chunks = arena_zalloc(arena, count, sizeof *pool->chunks),
		.chunk_count = count,
		.free_count = count,
		.free = count == 0 ? DATAGRAM_NONE : 0,
	};
	for (uint32_t i = 0; i < count; i++)
		pool->chunks[i].next = i + 1 < count ? i + 1 : DATAGRAM_NONE;
}

void
datagram_queue_init(struct datagram_queue *queue)
{
	*queue = (struct datagram_queue){ .first = DATAGRAM_NONE, .last = DATAGRAM_NONE };
}

/* An empty datagram takes a chunk too. */
static uint32_t
chunks_for(size_t size)
{
	return size == 0 ? 1 : (uint32_t)((size + DATAGRAM_CHUNK_BYTES - 1) / DATAGRAM_CHUNK_BYTES);
}

size_t
datagram_cost(size_t size)
{
	return (size_t)chunks_for(size) * sizeof(struct datagram_chunk);
}

static uint32_t
chunk_take(struct datagram_pool *pool)
{
	const uint32_t index = pool->free;

	assert(index != DATAGRAM_NONE);
	pool->free = pool->chunks[index].next;
	pool->free_count--;
	pool->chunks[index].next = DATAGRAM_NONE;
	return index;
}

bool
datagram_put(struct datagram_pool *pool, struct datagram_queue *queue,
	     const struct datagram *datagram, const void *bytes)
{
	const uint8_t *from = bytes;
	size_t left = datagram->size;

	if (chunks_for(left) > pool->free_count)
		return false;
	const uint32_t first = chunk_take(pool);
	pool->chunks[first].datagram = *datagram;
	pool->chunks[first].next_datagram = DATAGRAM_NONE;
	for (uint32_t index = first;; index = pool->chunks[index].next) {
		const size_t piece = left < DATAGRAM_CHUNK_BYTES ? left : DATAGRAM_CHUNK_BYTES;
		if (piece != 0)
			memcpy(pool->chunks[index].bytes, from, piece);
		from += piece;
		left -= piece;
		if (left == 0)
			break;
		pool->chunks[index].next = chunk_take(pool);
	}
	if (queue->first == DATAGRAM_NONE)
		queue->first = first;
	else
		pool->chunks[queue->last].next_datagram = first;
	queue->last = first;
	queue->bytes += datagram_cost(datagram->size);
	return true;
}

const struct datagram *
datagram_first(const struct datagram_pool *pool, const struct datagram_queue *queue)
{
	return queue->first == DATAGRAM_NONE ? NULL : &pool->chunks[queue->first].datagram;
}

size_t
datagram_copy(const struct datagram_pool *pool, const struct datagram_queue *queue, size_t offset,
	      void *out, size_t size)
{
	const struct datagram *datagram = datagram_first(pool, queue);
	uint8_t *to = out;

	if (datagram == NULL || offset >= datagram->size)
		return 0;
	if (size > datagram->size - offset)
		size = datagram->size - offset;
	uint32_t index = queue->first;
	for (; offset >= DATAGRAM_CHUNK_BYTES; offset -= DATAGRAM_CHUNK_BYTES)
		index = pool->chunks[index].next;
	for (size_t left = size; left > 0; index = pool->chunks[index].next) {
		const size_t room = DATAGRAM_CHUNK_BYTES - offset;
		const size_t piece = left < room ? left : room;
		memcpy(to, pool->chunks[index].bytes + offset, piece);
		to += piece;
		left -= piece;
		offset = 0;
	}
	return size;
}

void
datagram_drop(struct datagram_pool *pool, struct datagram_queue *queue)
{
	uint32_t index = queue->first;

	if (index == DATAGRAM_NONE)
		return;
	queue->bytes -= datagram_cost(pool->chunks[index].datagram.size);
	queue->first = pool->chunks[index].next_datagram;
	if (queue->first == DATAGRAM_NONE)
		queue->last = DATAGRAM_NONE;
	while (index != DATAGRAM_NONE) {
		const uint32_t next = pool->chunks[index].next;
		pool->chunks[index].next = pool->free;
		pool->free = index;
		pool->free_count++;
		index = next;
	}
}

void
datagram_clear(struct datagram_pool *pool, struct datagram_queue *queue)
{
	while (queue->first != DATAGRAM_NONE)
		datagram_drop(pool, queue);
}
