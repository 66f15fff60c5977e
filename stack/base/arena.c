#include "stack/base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
arena_init(struct arena *arena, void *block, size_t block_bytes)
{
	assert(block != NULL || block_bytes == 0);
	*arena = (struct arena){ .block = block, .block_bytes = block_bytes };
}

void
arena_init_clear(struct arena *arena, void *block, size_t block_bytes)
{
	arena_init(arena, block, block_bytes);
	arena->is_clear = true;
}

void *
arena_zalloc(struct arena *arena, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		return NULL;
	void *taken = arena_alloc(arena, count * size);
	if (taken != NULL && !arena->is_clear)
		memset(taken, 0, count * size);
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
arena_rewind(struct arena *arena, size_t mark)
{
	assert(mark <= arena->used);
	arena->used = mark;
	arena->is_clear = false;
}
