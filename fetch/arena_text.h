/*
 * arena_text.h - text of unknown length, written into what is left of an arena.
 *
 *     struct arena_text text = arena_text_begin(arena);
 *     arena_text_put(&text, SPAN("../"));
 *     err = arena_text_end(&text, arena, &span);
 *
 * Between begin and end nothing else is taken from the arena.
 *
 * Ownership: the span of arena_text_end lives as long as what was taken from the arena.
 * Errors:    ERR_NO_MEMORY, once, from arena_text_end; until then what has no room is left out.
 */
#ifndef CAIRN_FETCH_ARENA_TEXT_H
#define CAIRN_FETCH_ARENA_TEXT_H

#include "fetch/span.h"
#include "stack/base/arena.h"
#include "stack/base/err.h"

struct arena_text {
	char *octets;
	size_t bytes, bytes_max;
	bool is_full; /* something had no room */
};

static inline struct arena_text
arena_text_begin(const struct arena *arena)
{
	struct arena_text text = { 0 };
	text.octets = arena_rest(arena, &text.bytes_max);
	return text;
}

static inline void
arena_text_put(struct arena_text *text, struct span octets)
{
	if (octets.bytes > text->bytes_max - text->bytes) {
		text->is_full = true;
		return;
	}
	if (octets.bytes != 0)
		memcpy(text->octets + text->bytes, octets.at, octets.bytes);
	text->bytes += octets.bytes;
}

static inline int
arena_text_end(const struct arena_text *text, struct arena *arena, struct span *span)
{
	if (text->is_full)
		return ERR_NO_MEMORY;
	arena_keep(arena, text->bytes);
	*span = span_of(text->octets, text->bytes);
	return 0;
}

#endif
