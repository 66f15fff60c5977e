/*
 * queue.h - a bounded queue of records of any size, each contiguous, in one ring of octets.
 *
 * Frames for the link and datagrams for the program wait in one of these.  A record is built
 * in place: queue_reserve lends the room, queue_commit puts in what was used of it, and a record that is
 * not wanted after all is simply not committed.  The oldest record is lent by queue_take
 * until the next queue_take.  When everything has been taken the queue starts again at
 * the front of its block, so that an idle queue stays within the same few cache lines.
 *
 * Ownership: the block is lent for the life of the queue.
 * Bounds:    the block; when it is full queue_reserve returns NULL and the newest is refused.
 */
#ifndef CAIRN_STACK_QUEUE_H
#define CAIRN_STACK_QUEUE_H

#include <stddef.h>
#include <stdint.h>

struct queue {
	uint8_t *block;
	size_t block_bytes;
	size_t head;  /* where the next record goes */
	size_t tail;  /* the oldest record; equal to head: empty */
	size_t lent;  /* octets of the record that queue_take lent last, 0: none */
	size_t end;   /* when head < tail: where the records after tail stop */
	size_t count; /* committed and not taken */
};

void queue_init(struct queue *queue, void *block, size_t block_bytes);

/* Room for a record of up to `size` octets, aligned to 8; NULL when there is none. */
void *queue_reserve(struct queue *queue, size_t size);
void *queue_pending(struct queue *queue); /* what was reserved last */
void queue_commit(struct queue *queue, size_t size);

/* Octets that records take, with what lies unused at the end of the block. */
size_t queue_used_bytes(const struct queue *queue);

/* The oldest record, or NULL. */
void *queue_take(struct queue *queue);

#endif
