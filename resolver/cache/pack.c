#include "resolver/cache/pack.h"

#include <assert.h>

#include "stack/base/arena.h"

void
pack_init(struct pack *pack)
{
	pack->span_count = 0;
	pack->scratch_used = 0;
	pack->err = 0;
}

void
pack_lent(struct pack *pack, const void *bytes, size_t size)
{
	if (pack->err != 0 || pack->span_count == PACK_SPANS_MAX) {
		pack->err = ERR_TOO_BIG;
		return;
	}
	pack->spans[pack->span_count++] = (struct store_span){ bytes, size };
}

/* Scratch that follows scratch grows the same piece. */
static uint8_t *
pack_reserve(struct pack *pack, size_t size)
{
	if (pack->err != 0 || size > PACK_SCRATCH_BYTES - pack->scratch_used) {
		pack->err = ERR_TOO_BIG;
		return NULL;
	}
	uint8_t *at = pack->scratch + pack->scratch_used;
	struct store_span *last = pack->span_count != 0 ? &pack->spans[pack->span_count - 1] : NULL;
	if (last != NULL && last->size != 0 && (const uint8_t *)last->bytes + last->size == at)
		last->size += size;
	else
		pack_lent(pack, at, size);
	pack->scratch_used += size;
	return pack->err == 0 ? at : NULL;
}

void
pack_u8(struct pack *pack, uint8_t value)
{
	uint8_t *at = pack_reserve(pack, 1);
	if (at != NULL)
		*at = value;
}

void
pack_u16(struct pack *pack, uint16_t value)
{
	uint8_t *at = pack_reserve(pack, 2);
	if (at == NULL)
		return;
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

void
pack_u32(struct pack *pack, uint32_t value)
{
	pack_u16(pack, (uint16_t)(value >> 16));
	pack_u16(pack, (uint16_t)value);
}

void
pack_copy(struct pack *pack, const void *bytes, size_t size)
{
	uint8_t *at = pack_reserve(pack, size);
	if (at != NULL)
		memcpy(at, bytes, size);
}

void
pack_name(struct pack *pack, const struct name *name)
{
	pack_lent(pack, name, 1u + name->size);
}

void
pack_rrset(struct pack *pack, const struct rrset *rrset)
{
	pack_u16(pack, rrset->type);
	pack_u16(pack, rrset->class);
	pack_u16(pack, rrset->rr_count);
	pack_u16(pack, rrset->sig_count);
	pack_u8(pack, rrset->trust);
	pack_u8(pack, rrset->security);
	pack_u32(pack, rrset->rdata_bytes);
	pack_name(pack, rrset->owner);
	pack_lent(pack, rrset->rdata, rrset->rdata_bytes);
}

const struct name *
unpack_name(struct cursor *cursor)
{
	struct cursor ahead = *cursor;
	size_t size = 1u + cursor_u8(&ahead);
	return (const struct name *)(const void *)cursor_bytes(cursor, size);
}

struct rrset *
unpack_rrset(struct cursor *cursor, struct arena *arena, uint32_t ttl_s)
{
	struct rrset *rrset = arena_zalloc(arena, 1, sizeof *rrset);
	if (rrset == NULL)
		return NULL;
	rrset->type = cursor_u16(cursor);
	rrset->class = cursor_u16(cursor);
	rrset->rr_count = cursor_u16(cursor);
	rrset->sig_count = cursor_u16(cursor);
	rrset->trust = cursor_u8(cursor);
	rrset->security = cursor_u8(cursor);
	rrset->rdata_bytes = cursor_u32(cursor);
	rrset->ttl_s = ttl_s;
	rrset->owner = unpack_name(cursor);
	rrset->rdata = cursor_bytes(cursor, rrset->rdata_bytes);
	assert(cursor->err == 0); /* only pack_rrset wrote it */
	return rrset;
}
