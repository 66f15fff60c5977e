#include "stack/queue.h"

#include <assert.h>

/* In front of each record; `bytes` counts itself and the padding. */
struct record {
	size_t bytes;
};

static size_t
record_bytes(size_t size)
{
	return sizeof(struct record) + ((size + 7) & ~(size_t)7);
}

void
queue_init(struct queue *queue, void *block, size_t block_bytes)
{
	*queue = (struct queue){ .block = block, .block_bytes = block_bytes & ~(size_t)7 };
}

/*
 * The records lie in one of two ways:
 *
 *     | free | tail ... head | free |          tail <= head, end unused
 *     | ... head | free | tail ... end | - |   head < tail
 *
 * head never catches up with tail from behind, so that equal means empty.
 */
void *
queue_reserve(struct queue *queue, size_t size)
{
	size_t need = record_bytes(size);

	if (queue->head < queue->tail) {
		if (queue->tail - queue->head <= need)
			return NULL;
	} else if (queue->block_bytes - queue->head < need) {
		if (queue->tail <= need)
			return NULL;
		queue->end = queue->head;
		queue->head = 0;
	}
	return queue_pending(queue);
}

void *
queue_pending(struct queue *queue)
{
	return queue->block + queue->head + sizeof(struct record);
}

void
queue_commit(struct queue *queue, size_t size)
{
	struct record *record = (struct record *)(void *)(queue->block + queue->head);

	record->bytes = record_bytes(size);
	queue->head += record->bytes;
	queue->count++;
	assert(queue->head <= queue->block_bytes);
}

size_t
queue_used_bytes(const struct queue *queue)
{
	return queue->head >= queue->tail ? queue->head - queue->tail
					  : queue->block_bytes - queue->tail + queue->head;
}

void *
queue_take(struct queue *queue)
{
	queue->tail += queue->lent;
	queue->lent = 0;
	if (queue->count == 0) {
		queue->head = queue->tail = 0;
		return NULL;
	}
	if (queue->head < queue->tail && queue->tail == queue->end)
		queue->tail = 0;
	struct record *record = (struct record *)(void *)(queue->block + queue->tail);
	queue->lent = record->bytes;
	queue->count--;
	return record + 1;
}
