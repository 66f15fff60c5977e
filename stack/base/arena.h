/*
 * arena.h - memory that is freed all at once (one arena a resolution).
 *
 * A bump allocator over one block that the caller lends; nothing is freed singly.
 * Ownership: the block stays the caller's; what arena_alloc returns lives until
 *            arena_reset or until arena_rewind goes back before it.
 * Errors:    NULL when the block is used up; the arena stays usable for less.
 */
#ifndef CAIRN_STACK_BASE_ARENA_H
#define CAIRN_STACK_BASE_ARENA_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ARENA_ALIGN 8u

struct arena {
	uint8_t *block;
	size_t block_bytes;
	size_t used;
	bool is_clear; /* what was never taken is all zeros */
};

void arena_init(struct arena *arena, void *block, size_t block_bytes);
/*
 * The block is all zeros, as mmap gives it: clearing what is taken from it would make memory of what may never be
 * used.  Until the arena is reset or rewound; nothing is written to its rest before it is taken.
 */
void arena_init_clear(struct arena *arena, void *block, size_t block_bytes);
void *arena_zalloc(struct arena *arena, size_t count, size_t size); /* cleared; count * size checked */
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline void *
arena_take(struct arena *arena, size_t padding, size_t size)
{
	size_t left = arena->block_bytes - arena->used;
	if (arena->block == NULL || padding > left || size > left - padding)
		return NULL;
	void *taken = arena->block + arena->used + padding;
	arena->used += padding + size;
	return taken;
}

/* Aligned to ARENA_ALIGN, not cleared.  The address is, not merely the offset: the block may be lent unaligned. */
static inline void *
arena_alloc(struct arena *arena, size_t size)
{
	uintptr_t next = (uintptr_t)arena->block + arena->used;
	return arena_take(arena, (size_t)(-next & (ARENA_ALIGN - 1)), size);
}

/* Unaligned, which is enough for octets. */
static inline void *
arena_copy(struct arena *arena, const void *bytes, size_t size)
{
	void *taken = arena_take(arena, 0, size);
	if (taken != NULL && size != 0)
		memcpy(taken, bytes, size);
	return taken;
}

static inline void
arena_reset(struct arena *arena)
{
	arena->used = 0;
	arena->is_clear = false;
}

/*
 * The unused rest (unaligned), for writing what has no known size yet; arena_keep then takes
 * its first `size` octets.  Nothing else may be allocated in between.
 */
static inline void *
arena_rest(const struct arena *arena, size_t *rest_bytes)
{
	*rest_bytes = arena->block_bytes - arena->used;
	return arena->block + arena->used;
}

static inline void
arena_keep(struct arena *arena, size_t size)
{
	assert(size <= arena->block_bytes - arena->used);
	arena->used += size;
}

/* Of its block it may use so much, which is no less than it does: for who deals memory out. */
static inline void
arena_allow(struct arena *arena, size_t block_bytes)
{
	assert(block_bytes >= arena->used);
	arena->block_bytes = block_bytes;
}

/* A mark and the way back to it, for work that is thrown away half-way. */
static inline size_t
arena_mark(const struct arena *arena)
{
	return arena->used;
}
void arena_rewind(struct arena *arena, size_t mark);

#endif
