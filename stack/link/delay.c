#include "stack/link/delay.h"

#include <assert.h>
#include <string.h>

#define NONE UINT32_MAX

size_t
delay_bytes(uint32_t slot_count, size_t slot_bytes)
{
	return slot_count * (sizeof(struct delay_slot) + sizeof(uint32_t) + slot_bytes);
}

void
delay_init(struct delay *delay, void *block, uint32_t slot_count, size_t slot_bytes)
{
	*delay = (struct delay){ .slots = block,
		                 .slot_count = slot_count,
		                 .slot_bytes = slot_bytes,
		                 .free_first = slot_count == 0 ? NONE : 0,
		                 .lent_first = NONE };
	delay->heap = (uint32_t *)(void *)(delay->slots + slot_count);
	delay->bytes = (uint8_t *)(delay->heap + slot_count);
	for (uint32_t i = 0; i < slot_count; i++)
		delay->slots[i].next = i + 1 < slot_count ? i + 1 : NONE;
}

/* ---- the heap: the smallest at_us at index 0 --------------------------------------------------- */

static bool
comes_before(const struct delay *delay, uint32_t i, uint32_t j)
{
	const struct delay_slot *a = &delay->slots[delay->heap[i]], *b = &delay->slots[delay->heap[j]];
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void
swap(struct delay *delay, uint32_t i, uint32_t j)
{
	uint32_t slot = delay->heap[i];
	delay->heap[i] = delay->heap[j];
	delay->heap[j] = slot;
}

static void
heap_put(struct delay *delay, uint32_t slot)
{
	uint32_t i = delay->heap_count++;

	delay->heap[i] = slot;
	for (; i > 0 && comes_before(delay, i, (i - 1) / 2); i = (i - 1) / 2)
		swap(delay, i, (i - 1) / 2);
}

static uint32_t
heap_take(struct delay *delay)
{
	uint32_t slot = delay->heap[0], i = 0;

	delay->heap[0] = delay->heap[--delay->heap_count];
	for (;;) {
		uint32_t least = i;
		for (uint32_t child = 2 * i + 1; child <= 2 * i + 2; child++)
			if (child < delay->heap_count && comes_before(delay, child, least))
				least = child;
		if (least == i)
			return slot;
		swap(delay, i, least);
		i = least;
	}
}

/* ---- frames ------------------------------------------------------------------------------------ */

int
delay_put(struct delay *delay, const struct link_frame *frame, const struct fault_copy *copy)
{
	uint32_t i = delay->free_first;

	if (frame->size > delay->slot_bytes)
		return ERR_TOO_BIG;
	if (i == NONE)
		return ERR_FULL;
	struct delay_slot *slot = &delay->slots[i];
	uint8_t *bytes = delay->bytes + i * delay->slot_bytes;
	delay->free_first = slot->next;
	memcpy(bytes, frame->bytes, frame->size);
	slot->frame = *frame;
	slot->frame.bytes = bytes;
	slot->frame.rx_flags &= ~STACK_RX_WRITABLE; /* a slot has less room */
	slot->at_us = copy->at_us;
	slot->order = delay->order++;
	if (copy->corrupt_xor != 0) {
		assert(copy->corrupt_at < frame->size);
		bytes[copy->corrupt_at] ^= copy->corrupt_xor;
		slot->frame.rx_flags &= ~(STACK_RX_CHECKSUM_OK | STACK_RX_CHECKSUM_PARTIAL);
	}
	heap_put(delay, i);
	return 0;
}

uint64_t
delay_deadline(const struct delay *delay)
{
	return delay->heap_count == 0 ? STACK_NEVER : delay->slots[delay->heap[0]].at_us;
}

bool
delay_take(struct delay *delay, uint64_t now_us, struct link_frame *frame)
{
	if (delay->heap_count == 0 || delay_deadline(delay) > now_us)
		return false;
	uint32_t i = heap_take(delay);
	delay->slots[i].next = delay->lent_first;
	delay->lent_first = i;
	*frame = delay->slots[i].frame;
	return true;
}

void
delay_release(struct delay *delay)
{
	while (delay->lent_first != NONE) {
		uint32_t i = delay->lent_first;
		delay->lent_first = delay->slots[i].next;
		delay->slots[i].next = delay->free_first;
		delay->free_first = i;
	}
}
