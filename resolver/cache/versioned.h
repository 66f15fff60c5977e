/*
 * versioned.h - words that are read without a lock while somebody may write them (a sequence lock; internal to resolver/cache).
 *
 * Beside the words stands their version, which is odd while somebody writes.  Who reads takes the version, copies, and looks at
 * it again: if it was odd or is another one by now, what was copied is torn.  Readers write nothing.
 *
 * Locking: one writes at a time, which the caller sees to.
 */
#ifndef CAIRN_RESOLVER_CACHE_VERSIONED_H
#define CAIRN_RESOLVER_CACHE_VERSIONED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Acquire, so that the second look at the version comes after; a plain load on most machines. */
static inline uint64_t
word_load(const _Atomic uint64_t *word)
{
	return atomic_load_explicit(word, memory_order_acquire);
}

/* Release, so that whoever sees what was written sees the odd version, too. */
static inline void
word_store(_Atomic uint64_t *word, uint64_t value)
{
	atomic_store_explicit(word, value, memory_order_release);
}

static inline bool
version_is_odd(uint64_t version)
{
	return version % 2 != 0;
}

/* The second look. */
static inline bool
version_is_still(const _Atomic uint64_t *version, uint64_t before)
{
	return atomic_load_explicit(version, memory_order_relaxed) == before;
}

#endif
