/*
 * wheel.h - many timers, O(1) to arm and to disarm (a hierarchical timing wheel).
 *
 * Timers are embedded in what they time.  Re-arming to a later time is lazy: the
 * timer stays in its slot and moves when the slot comes up, so a timer that is
 * pushed back on every packet costs one store.
 *
 * Ownership: the wheel links timers that the caller owns; disarm before freeing.
 * Units:     microseconds of the loop's monotonic clock; slots are 1024 us wide, so
 *            a timer fires at its time or up to 1024 us after, never before.
 * Bounds:    5 levels of 64 slots reach 12 days ahead; farther timers cascade.
 */
#ifndef CAIRN_STACK_BASE_WHEEL_H
#define CAIRN_STACK_BASE_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHEEL_LEVELS  5u
#define WHEEL_SLOTS   64u
#define WHEEL_TICK_US 1024u
#define WHEEL_NEVER   UINT64_MAX

struct wheel_timer {
	struct wheel_timer *prev, *next; /* NULL when not armed */
	uint64_t at_us;                  /* when it is due */
	uint64_t slot_at_us;             /* when the slot that holds it comes up */
	uint16_t slot;                   /* level * WHEEL_SLOTS + index */
	uint16_t kind;                   /* the owner's: what the timer means */
};

struct wheel {
	uint64_t now_tick;
	uint64_t occupied[WHEEL_LEVELS]; /* a bit a slot, so empty ones cost nothing */
	struct wheel_timer slots[WHEEL_LEVELS * WHEEL_SLOTS]; /* heads of rings */
	struct wheel_timer due;                               /* head of the ring of expired timers */
};

void wheel_init(struct wheel *wheel, uint64_t now_us);
void wheel_timer_init(struct wheel_timer *timer, uint16_t kind);
void wheel_arm(struct wheel *wheel, struct wheel_timer *timer, uint64_t at_us); /* WHEEL_NEVER disarms */
void wheel_disarm(struct wheel *wheel, struct wheel_timer *timer);

static inline bool
wheel_is_armed(const struct wheel_timer *timer)
{
	return timer->next != NULL;
}

/*
 * Returns one timer that is due, disarmed, or NULL.  All that are due at now_us
 * are set apart before the first is returned, so one re-armed at once by its
 * handler waits for the next call with a later time.
 */
struct wheel_timer *wheel_expire(struct wheel *wheel, uint64_t now_us);

/*
 * When wheel_expire should next be called: never later than the slot in which the earliest
 * timer fires, so who keeps to it is late by less than WHEEL_TICK_US; it may be earlier (a
 * slot that only spreads, a timer pushed back lazily).  WHEEL_NEVER when nothing is armed.
 */
uint64_t wheel_deadline(const struct wheel *wheel);

#endif
