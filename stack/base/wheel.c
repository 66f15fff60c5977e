#include "stack/base/wheel.h"

#include <assert.h>
#include <stddef.h>

/*
 * A slot of level L holds the timers of 64^L ticks and comes up at the first of them.
 * With `now` the current tick, level L holds slots that come up after now and at most
 * 64 slots of its width later, so an index names exactly one moment:
 *
 *	level 0   now+1 .. now+63             fires
 *	level 1   now+64 .. now+4095          comes up early and spreads over level 0
 *	...
 *
 * A timer beyond the last level waits in the farthest slot and is placed again then.
 */
#define SLOT_BITS  6u
#define SLOT_DUE   UINT16_MAX /* timer->slot while it waits in wheel->due */
#define TICKS_MAX  ((uint64_t)1 << (SLOT_BITS * WHEEL_LEVELS))

static_assert(1u << SLOT_BITS == WHEEL_SLOTS, "an index is SLOT_BITS wide");
static_assert(WHEEL_SLOTS == 64, "occupied has a bit a slot");

static void
ring_init(struct wheel_timer *head)
{
	head->prev = head->next = head;
}

static bool
ring_is_empty(const struct wheel_timer *head)
{
	return head->next == head;
}

static void
ring_append(struct wheel_timer *head, struct wheel_timer *timer)
{
	timer->prev = head->prev;
	timer->next = head;
	head->prev->next = timer;
	head->prev = timer;
}

static void
ring_remove(struct wheel_timer *timer)
{
	timer->prev->next = timer->next;
	timer->next->prev = timer->prev;
	timer->prev = timer->next = NULL;
}

/* The tick at which a timer fires: rounded up, for it must not fire before its time. */
static uint64_t
tick_of(uint64_t at_us)
{
	return at_us / WHEEL_TICK_US + (at_us % WHEEL_TICK_US != 0);
}

void
wheel_init(struct wheel *wheel, uint64_t now_us)
{
	*wheel = (struct wheel){ .now_tick = now_us / WHEEL_TICK_US };
	for (unsigned i = 0; i < WHEEL_LEVELS * WHEEL_SLOTS; i++)
		ring_init(&wheel->slots[i]);
	ring_init(&wheel->due);
}

void
wheel_timer_init(struct wheel_timer *timer, uint16_t kind)
{
	*timer = (struct wheel_timer){ .kind = kind };
}

static void
wheel_link(struct wheel *wheel, struct wheel_timer *timer)
{
	uint64_t tick = tick_of(timer->at_us);
	if (tick <= wheel->now_tick)
		tick = wheel->now_tick + 1;
	if (tick - wheel->now_tick >= TICKS_MAX)
		tick = wheel->now_tick + TICKS_MAX - 1;

	unsigned level = 0;
	while (tick - wheel->now_tick >= (uint64_t)1 << (SLOT_BITS * (level + 1)))
		level++;
	uint64_t slot_number = tick >> (SLOT_BITS * level);
	unsigned index = (unsigned)(slot_number % WHEEL_SLOTS);

	timer->slot = (uint16_t)(level * WHEEL_SLOTS + index);
	timer->slot_at_us = (slot_number << (SLOT_BITS * level)) * WHEEL_TICK_US;
	wheel->occupied[level] |= (uint64_t)1 << index;
	ring_append(&wheel->slots[timer->slot], timer);
}

void
wheel_disarm(struct wheel *wheel, struct wheel_timer *timer)
{
	if (!wheel_is_armed(timer))
		return;
	ring_remove(timer);
	if (timer->slot != SLOT_DUE && ring_is_empty(&wheel->slots[timer->slot]))
		wheel->occupied[timer->slot / WHEEL_SLOTS] &= ~((uint64_t)1 << timer->slot % WHEEL_SLOTS);
}

void
wheel_arm(struct wheel *wheel, struct wheel_timer *timer, uint64_t at_us)
{
	if (at_us == WHEEL_NEVER) {
		wheel_disarm(wheel, timer);
		return;
	}
	timer->at_us = at_us;
	if (wheel_is_armed(timer)) {
		bool is_later = timer->slot != SLOT_DUE && at_us >= timer->slot_at_us;
		if (is_later)
			return; /* lazy: its slot comes up first and moves it */
		wheel_disarm(wheel, timer);
	}
	wheel_link(wheel, timer);
}

/* The tick at which the next occupied slot of a level comes up; WHEEL_NEVER if there is none. */
static uint64_t
level_next_tick(const struct wheel *wheel, unsigned level)
{
	uint64_t occupied = wheel->occupied[level];
	if (occupied == 0)
		return WHEEL_NEVER;
	uint64_t first = (wheel->now_tick >> (SLOT_BITS * level)) + 1;
	unsigned turn = (unsigned)(first % WHEEL_SLOTS);
	if (turn != 0)
		occupied = occupied >> turn | occupied << (WHEEL_SLOTS - turn);
	return (first + (unsigned)__builtin_ctzll(occupied)) << (SLOT_BITS * level);
}

static uint64_t
wheel_next_tick(const struct wheel *wheel)
{
	uint64_t next = WHEEL_NEVER;
	for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
		uint64_t tick = level_next_tick(wheel, level);
		if (tick < next)
			next = tick;
	}
	return next;
}

/* Empties one slot that has come up: what is due goes to the due ring, the rest is placed anew. */
static void
slot_come_up(struct wheel *wheel, unsigned level)
{
	unsigned index = (unsigned)(wheel->now_tick >> (SLOT_BITS * level)) % WHEEL_SLOTS;
	if ((wheel->occupied[level] & (uint64_t)1 << index) == 0)
		return;
	struct wheel_timer *head = &wheel->slots[level * WHEEL_SLOTS + index];
	struct wheel_timer moved;
	ring_init(&moved);
	while (!ring_is_empty(head)) { /* set apart first: a far timer may return to this very slot */
		struct wheel_timer *timer = head->next;
		ring_remove(timer);
		ring_append(&moved, timer);
	}
	wheel->occupied[level] &= ~((uint64_t)1 << index);

	while (!ring_is_empty(&moved)) {
		struct wheel_timer *timer = moved.next;
		ring_remove(timer);
		if (tick_of(timer->at_us) <= wheel->now_tick) {
			timer->slot = SLOT_DUE;
			ring_append(&wheel->due, timer);
		} else {
			wheel_link(wheel, timer);
		}
	}
}

static void
wheel_advance(struct wheel *wheel, uint64_t tick)
{
	uint64_t next = wheel_next_tick(wheel);
	while (next <= tick) {
		wheel->now_tick = next;
		for (unsigned level = WHEEL_LEVELS; level-- != 0;)
			if ((next & (((uint64_t)1 << (SLOT_BITS * level)) - 1)) == 0)
				slot_come_up(wheel, level);
		next = wheel_next_tick(wheel);
	}
	wheel->now_tick = tick;
}

struct wheel_timer *
wheel_expire(struct wheel *wheel, uint64_t now_us)
{
	uint64_t tick = now_us / WHEEL_TICK_US;
	if (tick > wheel->now_tick)
		wheel_advance(wheel, tick);
	if (ring_is_empty(&wheel->due))
		return NULL;
	struct wheel_timer *timer = wheel->due.next;
	ring_remove(timer);
	return timer;
}

uint64_t
wheel_deadline(const struct wheel *wheel)
{
	if (!ring_is_empty(&wheel->due))
		return wheel->now_tick * WHEEL_TICK_US;
	uint64_t tick = wheel_next_tick(wheel);
	return tick == WHEEL_NEVER ? WHEEL_NEVER : tick * WHEEL_TICK_US;
}
