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
#include <stddef.h>
#include <stdint.h>

struct arena {
	uint8_t *block;
	size_t block_bytes;
	size_t used;
};

void arena_init(struct arena *arena, void *block, size_t block_bytes);
void *arena_alloc(struct arena *arena, size_t size);                   /* aligned to 8, not cleared */
void *arena_zalloc(struct arena *arena, size_t count, size_t size);    /* cleared; count * size checked */
void *arena_copy(struct arena *arena, const void *bytes, size_t size); /* unaligned is enough for octets */
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
void arena_reset(struct arena *arena);

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

/* A mark and the way back to it, for work that is thrown away half-way. */
static inline size_t
arena_mark(const struct arena *arena)
{
	return arena->used;
}
void arena_rewind(struct arena *arena, size_t mark);

#endif
