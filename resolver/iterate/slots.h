/*
 * slots.h - the free places of a fixed array, the one freed last first.
 *
 * So what is in use stays where the caches are warm; and a place that no load has needed
 * yet is never touched, so arrays may be generous in address space.
 */
#ifndef CAIRN_RESOLVER_ITERATE_SLOTS_H
#define CAIRN_RESOLVER_ITERATE_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#define SLOT_NONE UINT32_MAX

struct slots {
	uint32_t *next; /* of the free list, one a place; lent */
	uint32_t free;  /* head of the list */
	uint32_t fresh; /* the first place that was never taken */
	uint32_t count, used;
};

void slots_init(struct slots *slots, uint32_t *next, uint32_t count);
/* SLOT_NONE when all are taken. *is_first tells that the place holds nothing yet, not even zeros. */
uint32_t slots_take(struct slots *slots, bool *is_first);
void slots_give(struct slots *slots, uint32_t slot);

#endif
