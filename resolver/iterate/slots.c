#include "resolver/iterate/slots.h"

#include <assert.h>

void
slots_init(struct slots *slots, uint32_t *next, uint32_t count)
{
	*slots = (struct slots){ .next = next, .free = SLOT_NONE, .count = count };
}

uint32_t
slots_take(struct slots *slots, bool *is_first)
{
	uint32_t slot = slots->free;
	*is_first = slot == SLOT_NONE;
	if (!*is_first)
		slots->free = slots->next[slot];
	else if (slots->fresh < slots->count)
		slot = slots->fresh++;
	else
		return SLOT_NONE;
	slots->used++;
	return slot;
}

void
slots_give(struct slots *slots, uint32_t slot)
{
	assert(slot < slots->fresh);
	assert(slots->used > 0);
	slots->next[slot] = slots->free;
	slots->free = slot;
	slots->used--;
}
