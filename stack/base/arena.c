#include "stack/base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ARENA_ALIGN 8u

void
arena_init(struct arena *arena, void *block, size_t block_bytes)
{
	assert(block != NULL || block_bytes == 0);
	*arena = (struct arena){ .block = block, .block_bytes = block_bytes };
}

/* Octets to skip so that the address, not merely the offset, is aligned: the block may be lent unaligned. */
static size_t
arena_padding(const struct arena *arena)
{
	uintptr_t next = (uintptr_t)arena->block + arena->used;
	return (size_t)(-next & (ARENA_ALIGN - 1));
}

static void *
arena_take(struct arena *arena, size_t padding, size_t size)
{
	size_t left = arena->block_bytes - arena->used;
	if (arena->block == NULL || padding > left || size > left - padding)
		return NULL;
	void *taken = arena->block + arena->used + padding;
	arena->used += padding + size;
	return taken;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	return arena_take(arena, arena_padding(arena), size);
}

void *
arena_zalloc(struct arena *arena, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		return NULL;
	void *taken = arena_alloc(arena, count * size);
	if (taken != NULL)
		memset(taken, 0, count * size);
	return taken;
}

void *
arena_copy(struct arena *arena, const void *bytes, size_t size)
{
	void *taken = arena_take(arena, 0, size);
	if (taken != NULL && size != 0)
		memcpy(taken, bytes, size);
	return taken;
}

/* Formats into what is left and then takes what was used, so the text is written once. */
char *
arena_printf(struct arena *arena, const char *format, ...)
{
	if (arena->block == NULL)
		return NULL;
	char *text = (char *)arena->block + arena->used;
	size_t left = arena->block_bytes - arena->used;

	va_list args;
	va_start(args, format);
	int length = vsnprintf(text, left, format, args);
	va_end(args);
	if (length < 0 || (size_t)length >= left)
		return NULL;
	return arena_take(arena, 0, (size_t)length + 1);
}

void
arena_reset(struct arena *arena)
{
	arena->used = 0;
}

void
arena_rewind(struct arena *arena, size_t mark)
{
	assert(mark <= arena->used);
	arena->used = mark;
}
