/*
 * event.h - typed trace events of every layer, in one bounded ring.
 *
 * A layer that does something worth seeing puts a small struct of its own into the
 * ring with the time and a cause (the number of the request or task on whose behalf
 * it happened).  The kinds and their structs live with the layer: stack/trace.h,
 * resolver/trace.h.  Nobody listening costs one comparison with NULL.
 *
 * Ownership: the ring is lent its block; event_next lends the record until the next
 *            event_put.
 * Bounds:    when the ring is full the oldest records go, counted in `lost_count`.
 * Units:     microseconds of the loop's clock.
 */
#ifndef CAIRN_STACK_BASE_EVENT_H
#define CAIRN_STACK_BASE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENT_BODY_BYTES_MAX 1024u

struct event {
	uint64_t at_us;
	uint32_t cause; /* 0: nobody's */
	uint16_t kind;  /* layer << 8 | kind within the layer */
	uint16_t body_bytes;
	/* the layer's struct follows, aligned to 8 */
};

struct event_ring {
	uint8_t *block;
	size_t block_bytes; /* a multiple of 8 */
	size_t head, tail;  /* octets ever written, octets ever dropped or taken */
	uint64_t put_count, lost_count;
};

void event_ring_init(struct event_ring *ring, void *block, size_t block_bytes);

/* Copies the body in.  Does nothing when ring is NULL. */
void event_put(struct event_ring *ring, uint16_t kind, uint32_t cause, uint64_t at_us, const void *body,
               size_t body_bytes);

/* The oldest record and its body, removed; NULL when there is none. */
const struct event *event_next(struct event_ring *ring, const void **body);

#endif
