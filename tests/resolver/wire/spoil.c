#include "tests/resolver/wire/spoil.h"

#include <string.h>

#include "tests/resolver/wire/anatomy.h"

#define HEADER_BYTES 12u

struct spoilt {
	struct rng *rng;
	uint8_t *bytes;
	size_t size, room;
	struct anatomy anatomy; /* before the change at hand */
};

static size_t
below(struct spoilt *spoilt, size_t bound)
{
	return rng_below(spoilt->rng, (uint32_t)bound);
}

/* A length or a count is most dangerous a little off, at its ends, and at powers of two. */
static uint16_t
near(struct spoilt *spoilt, uint16_t value)
{
	static const uint16_t edges[] = { 0,   1,   2,    63,    64,     127,    128,    192,
					  255, 256, 4096, 16383, 0x7fff, 0x8000, 0xfffe, 0xffff };
	if (below(spoilt, 3) == 0)
		return edges[below(spoilt, sizeof edges / sizeof edges[0])];
	return (uint16_t)(value + below(spoilt, 9) - 4);
}

static void
put_u16(struct spoilt *spoilt, size_t at, uint16_t value)
{
	if (at + 2 > spoilt->size)
		return;
	spoilt->bytes[at] = (uint8_t)(value >> 8);
	spoilt->bytes[at + 1] = (uint8_t)value;
}

/* ---- anywhere ------------------------------------------------------------------------------------ */

static void
flip_bit(struct spoilt *spoilt)
{
	if (spoilt->size > 0)
		spoilt->bytes[below(spoilt, spoilt->size)] ^= (uint8_t)(1u << below(spoilt, 8));
}

static void
change_octet(struct spoilt *spoilt)
{
	static const uint8_t edges[] = { 0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xff };
	if (spoilt->size == 0)
		return;
	uint8_t octet =
		below(spoilt, 2) ? edges[below(spoilt, sizeof edges)] : (uint8_t)below(spoilt, 256);
	spoilt->bytes[below(spoilt, spoilt->size)] = octet;
}

static void
cut_off(struct spoilt *spoilt)
{
	if (spoilt->size > 0)
		spoilt->size = below(spoilt, spoilt->size);
}

static void
take_out(struct spoilt *spoilt)
{
	if (spoilt->size == 0)
		return;
	size_t at = below(spoilt, spoilt->size), left = spoilt->size - at;
	size_t count = 1 + below(spoilt, left < 8 ? left : 8);
	memmove(spoilt->bytes + at, spoilt->bytes + at + count, left - count);
	spoilt->size -= count;
}

static void
put_in(struct spoilt *spoilt)
{
	size_t at = below(spoilt, spoilt->size + 1), count = 1 + below(spoilt, 8);
	if (spoilt->size + count > spoilt->room)
		return;
	memmove(spoilt->bytes + at + count, spoilt->bytes + at, spoilt->size - at);
	rng_bytes(spoilt->rng, spoilt->bytes + at, count);
	spoilt->size += count;
}

static void
copy_within(struct spoilt *spoilt)
{
	if (spoilt->size == 0)
		return;
	size_t from = below(spoilt, spoilt->size), to = below(spoilt, spoilt->size);
	size_t left = spoilt->size - (from > to ? from : to);
	memmove(spoilt->bytes + to, spoilt->bytes + from, 1 + below(spoilt, left < 64 ? left : 64));
}

/* ---- where it hurts ------------------------------------------------------------------------------ */

static void
change_count(struct spoilt *spoilt)
{
	size_t at = 4 + 2 * below(spoilt, 4);
	if (at + 2 <= spoilt->size)
		put_u16(spoilt, at, near(spoilt, anatomy_u16(spoilt->bytes, at)));
}

static void
change_flags(struct spoilt *spoilt)
{
	put_u16(spoilt, 2, rng_u16(spoilt->rng));
}

static const struct anatomy_record *
some_record(struct spoilt *spoilt)
{
	if (spoilt->anatomy.count == 0)
		return NULL;
	return &spoilt->anatomy.records[below(spoilt, spoilt->anatomy.count)];
}

static void
change_rdlength(struct spoilt *spoilt)
{
	const struct anatomy_record *record = some_record(spoilt);
	if (record != NULL)
		put_u16(spoilt, record->rdata_at - 2, near(spoilt, record->rdlength));
}

/* A type that is known more often than not: its rdata are then those of another. */
static void
change_type(struct spoilt *spoilt)
{
	const struct anatomy_record *record = some_record(spoilt);
	if (record == NULL)
		return;
	uint16_t type = below(spoilt, 4) ? (uint16_t)(1 + below(spoilt, 68)) : rng_u16(spoilt->rng);
	put_u16(spoilt, record->type_at, below(spoilt, 8) ? type : 250);
}

static void
change_class_or_ttl(struct spoilt *spoilt)
{
	static const uint16_t classes[] = { 1, 3, 254, 255, 0 };
	const struct anatomy_record *record = some_record(spoilt);
	if (record == NULL)
		return;
	if (below(spoilt, 2))
		put_u16(spoilt, record->type_at + 2, classes[below(spoilt, 5)]);
	else
		put_u16(spoilt, record->type_at + 4, near(spoilt, 0));
}

/* Somewhere where a name may begin: the question, an owner, the rdata. */
static size_t
some_name(struct spoilt *spoilt)
{
	const struct anatomy_record *record = some_record(spoilt);
	if (record == NULL || below(spoilt, 4) == 0)
		return HEADER_BYTES;
	return below(spoilt, 2) ? record->owner_at : record->rdata_at + below(spoilt, 8);
}

/* Backwards, to itself, forwards, into the header, out of the message. */
static void
change_pointer(struct spoilt *spoilt)
{
	size_t at = some_name(spoilt), target = below(spoilt, spoilt->size + 16);
	if (below(spoilt, 4) == 0)
		target = at + below(spoilt, 5) - 2;
	put_u16(spoilt, at, (uint16_t)(0xc000 | (target & 0x3fff)));
}

static void
change_label(struct spoilt *spoilt)
{
	size_t at = some_name(spoilt);
	if (at < spoilt->size)
		spoilt->bytes[at] = (uint8_t)near(spoilt, spoilt->bytes[at]);
}

/* A record once more at the end: twice an OPT, a TSIG not at the end, a duplicate in a set. */
static void
repeat_record(struct spoilt *spoilt)
{
	const struct anatomy_record *record = some_record(spoilt);
	if (record == NULL || record->rdata_at + record->rdlength > spoilt->size)
		return;
	size_t size = record->rdata_at + record->rdlength - record->owner_at;
	if (spoilt->size + size > spoilt->room)
		return;
	memcpy(spoilt->bytes + spoilt->size, spoilt->bytes + record->owner_at, size);
	spoilt->size += size;
	put_u16(spoilt, 10, (uint16_t)(anatomy_u16(spoilt->bytes, 10) + 1));
}

size_t
spoil(struct rng *rng, uint8_t *bytes, size_t size, size_t room)
{
	static void (*const changes[])(struct spoilt *) = {
		flip_bit,       change_octet,    cut_off,       take_out,
		put_in,         copy_within,     flip_bit,      change_count,
		change_flags,   change_rdlength, change_type,   change_class_or_ttl,
		change_pointer, change_label,    repeat_record, change_rdlength,
	};
	struct spoilt spoilt; /* not cleared: the anatomy is large */
	spoilt.rng = rng;
	spoilt.bytes = bytes;
	spoilt.size = size;
	spoilt.room = room;
	unsigned count = rng_below(rng, 2) ? 1 : 1 + rng_below(rng, 4);
	while (count-- > 0) {
		anatomy_read(&spoilt.anatomy, spoilt.bytes, spoilt.size);
		changes[rng_below(rng, sizeof changes / sizeof changes[0])](&spoilt);
	}
	return spoilt.size;
}
