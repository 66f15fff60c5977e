/*
 * cursor.h - the one way to read a peer's bytes and to write our own.
 *
 * A cursor reads big-endian (network order) fields into host-order values; a
 * writer does the reverse.  The error sticks: after the first read past the end
 * every further read gives zeros and every further write is ignored, so a parser
 * reads its fields in a row and looks at `err` once.
 *
 * Ownership: both borrow the bytes; a cursor never writes, a writer never frees.
 * Units:     octets.  Positions count from `begin`, the start of the whole input,
 *            which is what DNS compression pointers (RFC 1035, section 4.1.4) need.
 * Errors:    ERR_SHORT (cursor), ERR_FULL (writer), or what *_fail was given.
 */
#ifndef CAIRN_STACK_BASE_CURSOR_H
#define CAIRN_STACK_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "stack/base/err.h"

struct cursor {
	const uint8_t *begin;
	size_t pos; /* next octet to read */
	size_t end; /* first octet that may not be read */
	int err;
};

struct writer {
	uint8_t *begin;
	size_t pos;
	size_t end;
	int err;
};

static inline struct cursor
cursor_over(const void *bytes, size_t size)
{
	return (struct cursor){ .begin = bytes, .pos = 0, .end = size, .err = 0 };
}

static inline void
cursor_fail(struct cursor *c, int err)
{
	if (c->err == 0)
		c->err = err;
	c->pos = c->end;
}

static inline size_t
cursor_left(const struct cursor *c)
{
	return c->end - c->pos;
}

/* True when `size` more octets are there; else the error is set. */
static inline bool
cursor_has(struct cursor *c, size_t size)
{
	if (c->err == 0 && size <= c->end - c->pos)
		return true;
	cursor_fail(c, ERR_SHORT);
	return false;
}

static inline uint8_t
cursor_u8(struct cursor *c)
{
	if (!cursor_has(c, 1))
		return 0;
	return c->begin[c->pos++];
}

static inline uint16_t
cursor_u16(struct cursor *c)
{
	if (!cursor_has(c, 2))
		return 0;
	const uint8_t *p = c->begin + c->pos;
	c->pos += 2;
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
cursor_u32(struct cursor *c)
{
	if (!cursor_has(c, 4))
		return 0;
	const uint8_t *p = c->begin + c->pos;
	c->pos += 4;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Lends `size` octets of the input; NULL, with the error set, when they are not there. */
static inline const uint8_t *
cursor_bytes(struct cursor *c, size_t size)
{
	if (!cursor_has(c, size))
		return NULL;
	const uint8_t *p = c->begin + c->pos;
	c->pos += size;
	return p;
}

static inline void
cursor_skip(struct cursor *c, size_t size)
{
	(void)cursor_bytes(c, size);
}

/* Copies `size` octets out; zeros when they are not there. */
static inline void
cursor_copy(struct cursor *c, void *out, size_t size)
{
	const uint8_t *p = cursor_bytes(c, size);
	if (p != NULL)
		memcpy(out, p, size);
	else
		memset(out, 0, size);
}

/*
 * A cursor over the next `size` octets, same origin, and the parent moves past
 * them: a length-prefixed field can then never read its neighbour.
 */
static inline struct cursor
cursor_sub(struct cursor *c, size_t size)
{
	struct cursor sub = *c;
	if (cursor_bytes(c, size) == NULL) {
		sub.pos = sub.end = c->end;
		sub.err = c->err;
		return sub;
	}
	sub.end = c->pos;
	return sub;
}

static inline struct writer
writer_over(void *bytes, size_t size)
{
	return (struct writer){ .begin = bytes, .pos = 0, .end = size, .err = 0 };
}

static inline void
writer_fail(struct writer *w, int err)
{
	if (w->err == 0)
		w->err = err;
	w->end = w->pos;
}

/* Reserves `size` octets and lends them for writing; NULL, with the error set, when there is no room. */
static inline uint8_t *
writer_reserve(struct writer *w, size_t size)
{
	if (w->err != 0 || size > w->end - w->pos) {
		writer_fail(w, ERR_FULL);
		return NULL;
	}
	uint8_t *p = w->begin + w->pos;
	w->pos += size;
	return p;
}

static inline void
writer_u8(struct writer *w, uint8_t value)
{
	uint8_t *p = writer_reserve(w, 1);
	if (p != NULL)
		*p = value;
}

static inline void
writer_u16(struct writer *w, uint16_t value)
{
	uint8_t *p = writer_reserve(w, 2);
	if (p == NULL)
		return;
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static inline void
writer_u32(struct writer *w, uint32_t value)
{
	uint8_t *p = writer_reserve(w, 4);
	if (p == NULL)
		return;
	p[0] = (uint8_t)(value >> 24);
	p[1] = (uint8_t)(value >> 16);
	p[2] = (uint8_t)(value >> 8);
	p[3] = (uint8_t)value;
}

static inline void
writer_bytes(struct writer *w, const void *bytes, size_t size)
{
	uint8_t *p = writer_reserve(w, size);
	if (p != NULL && size != 0)
		memcpy(p, bytes, size);
}

/* Overwrites the 16-bit field at `pos`, which has been written before: lengths and counts. */
static inline void
writer_patch_u16(struct writer *w, size_t pos, uint16_t value)
{
	if (w->err != 0 || pos + 2 > w->pos)
		return;
	w->begin[pos] = (uint8_t)(value >> 8);
	w->begin[pos + 1] = (uint8_t)value;
}

#endif
