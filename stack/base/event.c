#include "stack/base/event.h"

#include <assert.h>
#include <string.h>

/*
 * A record is a header and its body, padded to whole headers.  The block is a whole number
 * of headers too, so at its end there is always room for one: a record that would not fit
 * before the end leaves a header there that says "go on at the start".
 */
#define EVENT_UNIT_BYTES sizeof(struct event)
#define EVENT_WRAP       UINT16_MAX /* body_bytes of such a header; beyond EVENT_BODY_BYTES_MAX */

static_assert(sizeof(struct event) == 16, "the body must start aligned to 8");
static_assert(EVENT_BODY_BYTES_MAX < EVENT_WRAP, "a wrap must not look like a body");

void
event_ring_init(struct event_ring *ring, void *block, size_t block_bytes)
{
	assert(((uintptr_t)block & 7) == 0);
	*ring = (struct event_ring){
		.block = block,
		.block_bytes = block_bytes - block_bytes % EVENT_UNIT_BYTES,
	};
}

static struct event *
event_at(const struct event_ring *ring, size_t octets)
{
	return (struct event *)(void *)(ring->block + octets % ring->block_bytes);
}

static size_t
event_to_end(const struct event_ring *ring, size_t octets)
{
	return ring->block_bytes - octets % ring->block_bytes;
}

static size_t
event_record_bytes(size_t body_bytes)
{
	return EVENT_UNIT_BYTES + (body_bytes + EVENT_UNIT_BYTES - 1) / EVENT_UNIT_BYTES * EVENT_UNIT_BYTES;
}

/* Takes the oldest record off the ring, passing over a wrap; NULL when there is none. */
static struct event *
event_take(struct event_ring *ring)
{
	if (ring->tail == ring->head)
		return NULL;
	if (event_at(ring, ring->tail)->body_bytes == EVENT_WRAP)
		ring->tail += event_to_end(ring, ring->tail);
	if (ring->tail == ring->head)
		return NULL;
	struct event *event = event_at(ring, ring->tail);
	ring->tail += event_record_bytes(event->body_bytes);
	return event;
}

static void
event_make_room(struct event_ring *ring, size_t size)
{
	while (ring->block_bytes - (ring->head - ring->tail) < size)
		if (event_take(ring) != NULL)
			ring->lost_count++;
}

void
event_put(struct event_ring *ring, uint16_t kind, uint32_t cause, uint64_t at_us, const void *body,
          size_t body_bytes)
{
	if (ring == NULL)
		return;
	assert(body_bytes <= EVENT_BODY_BYTES_MAX);
	ring->put_count++;
	size_t record_bytes = event_record_bytes(body_bytes);
	if (record_bytes > ring->block_bytes) {
		ring->lost_count++;
		return;
	}

	size_t to_end = event_to_end(ring, ring->head);
	if (to_end < record_bytes) {
		event_make_room(ring, to_end);
		event_at(ring, ring->head)->body_bytes = EVENT_WRAP;
		ring->head += to_end;
	}
	event_make_room(ring, record_bytes);
	struct event *event = event_at(ring, ring->head);
	*event = (struct event){
		.at_us = at_us, .cause = cause, .kind = kind, .body_bytes = (uint16_t)body_bytes
	};
	if (body_bytes != 0)
		memcpy(event + 1, body, body_bytes);
	ring->head += record_bytes;
}

const struct event *
event_next(struct event_ring *ring, const void **body)
{
	struct event *event = event_take(ring);
	*body = event != NULL ? event + 1 : NULL;
	if (event == NULL) {
		ring->head = 0; /* who keeps up uses little of the block: memory that was never touched is none yet */
		ring->tail = 0;
	}
	return event;
}
