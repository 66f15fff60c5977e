/*
 * delay.h - frames that are under way: copied in, each with the time when it comes out.
 *
 * Used by the links that simulate a line (`wire`, `faults`) beside the fault model, which says
 * when. Frames come out in order of their time, and of their coming in where that is equal.
 *
 * Ownership: lives in the block that the caller lends; what delay_take lends is the caller's until
 *            delay_release.
 * Bounds:    slot_count frames of slot_bytes each; ERR_FULL and ERR_TOO_BIG beyond.
 */
#ifndef CAIRN_STACK_LINK_DELAY_H
#define CAIRN_STACK_LINK_DELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/link/fault_model.h"
#include "stack/link/link.h"

struct delay_slot {
	struct link_frame frame; /* bytes: the slot's own */
	uint64_t at_us, order;
	uint32_t next; /* in the list of free or of lent slots */
};

struct delay {
	uint8_t *bytes; /* slot_count * slot_bytes */
	struct delay_slot *slots;
	uint32_t *heap; /* slots under way, the next to come out first */
	uint32_t slot_count, heap_count;
	size_t slot_bytes;
	uint32_t free_first, lent_first;
	uint64_t order; /* frames ever put in */
};

size_t delay_bytes(uint32_t slot_count, size_t slot_bytes);

/* The block is aligned to 8 and holds delay_bytes. */
void delay_init(struct delay *delay, void *block, uint32_t slot_count, size_t slot_bytes);

/*
 * Copies a frame in as the fault model has decided: when it comes out and what is damaged.  A damaged frame
 * loses what the host has said of its checksum, or nobody would notice.
 */
int delay_put(struct delay *delay, const struct link_frame *frame, const struct fault_copy *copy);

/* The next frame that is due, lent; false when there is none. */
bool delay_take(struct delay *delay, uint64_t now_us, struct link_frame *frame);
void delay_release(struct delay *delay); /* all that were lent */

/* When the next frame comes out; STACK_NEVER. */
uint64_t delay_deadline(const struct delay *delay);

#endif
