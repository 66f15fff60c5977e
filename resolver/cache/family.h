/*
 * family.h - whether a whole address family is silent (internal to resolver/cache).
 *
 * A host without IPv6 towards the Internet must find that out once, not with each of ten thousand
 * servers; and when a line comes back, what was held against servers meanwhile must go at once.
 * A family is silent when exchanges over FAMILY_PREFIXES different prefixes (/24, /48) have failed
 * since the last reply over it.  It is then down for FAMILY_HOLD_MIN_US, doubling; afterwards one
 * in FAMILY_PROBE_ONE_IN questions may try it until something is heard or fails.  What is heard
 * after a silence starts a new epoch, and what was noted against a server in an older one is void.
 *
 * Units:   microseconds of the monotonic clock.
 * Locking: its own; readers look at atomics alone.
 */
#ifndef CAIRN_RESOLVER_CACHE_FAMILY_H
#define CAIRN_RESOLVER_CACHE_FAMILY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "resolver/cache/infra.h"

#define FAMILY_PREFIXES     4u
#define FAMILY_HOLD_MIN_US  1000000u
#define FAMILY_HOLD_MAX_US  8000000u
#define FAMILY_PROBE_ONE_IN 8u

struct family {
	pthread_mutex_t lock;
	_Atomic uint32_t epoch;
	_Atomic uint32_t failed; /* different prefixes since the last reply, up to FAMILY_PREFIXES */
	_Atomic uint64_t down_until_us;
	_Atomic uint32_t asked; /* while silent, for the probes */
	uint32_t hold_us;       /* 0: not down since the last reply */
	uint64_t prefixes[FAMILY_PREFIXES];
};

void family_init(struct family *family);
void family_heard(struct family *family);
void family_failed(struct family *family, uint64_t prefix, uint64_t now_us);
enum infra_health family_health(struct family *family, uint64_t now_us);
void family_forget(struct family *family); /* the network has changed */

static inline uint32_t
family_epoch(const struct family *family)
{
	return atomic_load_explicit(&family->epoch, memory_order_acquire);
}

#endif
