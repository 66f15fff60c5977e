#include "resolver/wire/name.h"

#include <assert.h>

#include "resolver/wire/fold.h"
#include "stack/base/arena.h"

/* RFC 1035, section 4.1.4; the types 0x40 and 0x80 are no labels (RFC 6891, section 5). */
#define LABEL_TYPE_MASK    0xc0u
#define LABEL_TYPE_POINTER 0xc0u
#define LABEL_OFFSET_MASK  0x3fu

const struct name name_root = { .size = 1, .wire = { 0 } };

/* Offsets of the labels, first label first; returns how many. */
static unsigned
label_offsets(const struct name *name, uint8_t offsets[NAME_LABELS_MAX])
{
	unsigned count = 0;
	for (unsigned at = 0; name->wire[at] != 0; at += 1u + name->wire[at])
		offsets[count++] = (uint8_t)at;
	return count;
}

/*
 * A pointer leads to a prior occurrence of a name: it may only go to before the run of labels that it
 * ends, and there the input ends with that run's start.  So every jump moves towards the start, a
 * loop cannot be written, and no octet is read twice.  The first 12 octets of a message are its
 * header: no name starts there.
 */
static int
follow_pointer(struct cursor *cursor, size_t *pos, size_t *run)
{
	if (cursor->end - *pos < 2)
		return ERR_SHORT;
	const uint8_t *at = cursor->begin + *pos;
	size_t target = (at[0] & LABEL_OFFSET_MASK) << 8 | at[1];
	if (target >= *run || target < NAME_POINTER_MIN)
		return ERR_MALFORMED;
	cursor->end = *run;
	*pos = *run = target;
	return 0;
}

/* Moves *pos over the labels of a run, which may be `room` octets at most, to what ends it. */
static int
pass_labels(const struct cursor *cursor, size_t *pos, size_t room)
{
	const size_t start = *pos;
	for (;;) {
		if (*pos >= cursor->end)
			return ERR_SHORT;
		size_t label = cursor->begin[*pos];
		if (label == 0 || label > NAME_LABEL_MAX)
			return 0;
		*pos += 1 + label;
		if (*pos > cursor->end)
			return ERR_SHORT;
		if (*pos - start > room)
			return ERR_TOO_BIG;
	}
}

static int
read_labels(struct name *name, struct cursor cursor, size_t *after)
{
	size_t pos = cursor.pos, run = pos, used = 0;
	unsigned pointers = 0;

	for (;;) {
		const size_t start = pos;
		int err = pass_labels(&cursor, &pos, NAME_BYTES_MAX - 1 - used);
		if (err != 0)
			return err;
		memcpy(name->wire + used, cursor.begin + start, pos - start);
		used += pos - start;
		uint8_t end = cursor.begin[pos];
		if (end == 0)
			break;
		if ((end & LABEL_TYPE_MASK) != LABEL_TYPE_POINTER || pointers == NAME_POINTERS_MAX)
			return ERR_MALFORMED;
		if (pointers++ == 0)
			*after = pos + 2;
		err = follow_pointer(&cursor, &pos, &run);
		if (err != 0)
			return err;
	}
	if (pointers == 0)
		*after = pos + 1;
	name->wire[used] = 0;
	name->size = (uint8_t)(used + 1);
	return 0;
}

int
name_read(struct name *name, struct cursor *cursor)
{
	size_t after = cursor->pos;
	int err = cursor->err != 0 ? cursor->err : read_labels(name, *cursor, &after);
	if (err != 0) {
		*name = name_root;
		cursor_fail(cursor, err);
		return cursor->err;
	}
	cursor->pos = after;
	return 0;
}

int
name_from_wire(struct name *name, const uint8_t *wire, size_t wire_bytes)
{
	size_t at = 0;
	while (at < wire_bytes && wire[at] != 0) {
		if (wire[at] > NAME_LABEL_MAX)
			return ERR_MALFORMED;
		at += 1u + wire[at];
	}
	if (at >= wire_bytes)
		return ERR_SHORT;
	if (at >= NAME_BYTES_MAX)
		return ERR_TOO_BIG;
	name->size = (uint8_t)(at + 1);
	memcpy(name->wire, wire, name->size);
	return 0;
}

void
name_copy(struct name *to, const struct name *from)
{
	uint8_t size = from->size;
	memmove(to->wire, from->wire, size);
	to->size = size;
}

const struct name *
name_store(struct arena *arena, const struct name *name)
{
	return arena_copy(arena, name, 1u + name->size);
}

void
name_lower(struct name *to, const struct name *from)
{
	fold_copy(to->wire, from->wire, from->size);
	to->size = from->size;
}

bool
name_equal(const struct name *a, const struct name *b)
{
	return a->size == b->size && fold_equal(a->wire, b->wire, a->size);
}

bool
name_equal_exact(const struct name *a, const struct name *b)
{
	return a->size == b->size && memcmp(a->wire, b->wire, a->size) == 0;
}

bool
name_is_under(const struct name *name, const struct name *zone)
{
	if (zone->size > name->size)
		return false;
	unsigned start = (unsigned)name->size - zone->size, at = 0;
	while (at < start)
		at += 1u + name->wire[at];
	return at == start && fold_equal(name->wire + start, zone->wire, zone->size);
}

/* Labels are ordered as octet strings in lower case; a label that ends first comes first. */
static int
compare_labels(const uint8_t *a, const uint8_t *b)
{
	unsigned shorter = a[0] < b[0] ? a[0] : b[0];
	for (unsigned i = 1; i <= shorter; i++) {
		int difference = fold_u8(a[i]) - fold_u8(b[i]);
		if (difference != 0)
			return difference;
	}
	return a[0] - b[0];
}

int
name_compare(const struct name *a, const struct name *b)
{
	uint8_t a_at[NAME_LABELS_MAX], b_at[NAME_LABELS_MAX];
	unsigned a_count = label_offsets(a, a_at), b_count = label_offsets(b, b_at);

	while (a_count > 0 && b_count > 0) {
		int order = compare_labels(a->wire + a_at[--a_count], b->wire + b_at[--b_count]);
		if (order != 0)
			return order < 0 ? -1 : 1;
	}
	return (a_count > 0) - (b_count > 0);
}

unsigned
name_labels(const struct name *name)
{
	unsigned count = 0;
	for (unsigned at = 0; name->wire[at] != 0; at += 1u + name->wire[at])
		count++;
	return count;
}

unsigned
name_common_labels(const struct name *a, const struct name *b)
{
	uint8_t a_at[NAME_LABELS_MAX], b_at[NAME_LABELS_MAX];
	unsigned a_count = label_offsets(a, a_at), b_count = label_offsets(b, b_at), common = 0;

	while (a_count > 0 && b_count > 0 &&
	       compare_labels(a->wire + a_at[--a_count], b->wire + b_at[--b_count]) == 0)
		common++;
	return common;
}

void
name_strip(struct name *to, const struct name *name, unsigned count)
{
	unsigned at = 0;
	for (; count > 0 && name->wire[at] != 0; count--)
		at += 1u + name->wire[at];
	uint8_t size = (uint8_t)(name->size - at);
	memmove(to->wire, name->wire + at, size);
	to->size = size;
}

void
name_tail(struct name *to, const struct name *name, unsigned count)
{
	unsigned labels = name_labels(name);
	name_strip(to, name, labels > count ? labels - count : 0);
}

int
name_prepend(struct name *to, const uint8_t *label, size_t label_bytes, const struct name *name)
{
	if (label_bytes == 0 || label_bytes > NAME_LABEL_MAX)
		return ERR_MALFORMED;
	if (name->size + label_bytes + 1 > NAME_BYTES_MAX)
		return ERR_TOO_BIG;
	uint8_t size = (uint8_t)(name->size + label_bytes + 1);
	memmove(to->wire + label_bytes + 1, name->wire, name->size);
	to->wire[0] = (uint8_t)label_bytes;
	memcpy(to->wire + 1, label, label_bytes);
	to->size = size;
	return 0;
}

int
name_substitute(struct name *to, const struct name *name, const struct name *owner,
		const struct name *target)
{
	assert(name_is_under(name, owner));
	size_t kept = (size_t)name->size - owner->size;
	if (kept + target->size > NAME_BYTES_MAX)
		return ERR_TOO_BIG;
	struct name built;
	memcpy(built.wire, name->wire, kept);
	memcpy(built.wire + kept, target->wire, target->size);
	built.size = (uint8_t)(kept + target->size);
	name_copy(to, &built);
	return 0;
}
