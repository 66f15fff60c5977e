#include "tests/resolver/wire/anatomy.h"

#include <string.h>

#define HEADER_BYTES  12u
#define POINTERS_MAX  300u
#define RR_HEAD_BYTES 10u /* type, class, TTL, RDLENGTH */

void
anatomy_name(struct anatomy_name *name, const uint8_t *bytes, size_t size, size_t at)
{
	size_t run = at, limit = size;
	*name = (struct anatomy_name){ .is_broken = true, .end = at };
	while (at < size) {
		uint8_t label = bytes[at];
		if (label < 0x40) {
			if (at + 1 + label > size || name->size + label + 1u > 255)
				return;
			memcpy(name->wire + name->size, bytes + at, label + 1u);
			name->size += label + 1u;
			at += label + 1u;
			name->goes_forward |= at > limit;
			if (name->pointers == 0)
				name->end = at;
			if (label == 0) {
				name->is_broken = false;
				return;
			}
			continue;
		}
		if (label < 0xc0 || at + 2 > size || name->pointers == POINTERS_MAX)
			return;
		if (name->pointers++ == 0)
			name->end = at + 2;
		size_t from = at;
		at = anatomy_u16(bytes, at) & 0x3fffu;
		name->goes_forward |= at >= run || from + 2 > limit;
		limit = run;
		name->is_in_header |= at < HEADER_BYTES;
		run = at;
	}
}

static bool
record_read(struct anatomy_record *record, const uint8_t *bytes, size_t size, size_t at)
{
	struct anatomy_name owner;
	anatomy_name(&owner, bytes, size, at);
	if (owner.is_broken || owner.end + RR_HEAD_BYTES > size)
		return false;
	record->owner_at = at;
	record->type_at = owner.end;
	record->type = anatomy_u16(bytes, owner.end);
	record->class = anatomy_u16(bytes, owner.end + 2);
	record->rdlength = anatomy_u16(bytes, owner.end + 8);
	record->rdata_at = owner.end + RR_HEAD_BYTES;
	return record->rdata_at + record->rdlength <= size;
}

void
anatomy_read(struct anatomy *anatomy, const uint8_t *bytes, size_t size)
{
	size_t at = HEADER_BYTES;
	anatomy->count = anatomy->question_count = 0;
	anatomy->end = at;
	anatomy->is_whole = false;
	if (size < HEADER_BYTES)
		return;
	for (unsigned left = anatomy_u16(bytes, 4); left > 0; left--) {
		struct anatomy_name qname;
		anatomy_name(&qname, bytes, size, at);
		if (qname.is_broken || qname.end + 4 > size)
			return;
		if (anatomy->question_count < sizeof anatomy->questions_at / sizeof(size_t))
			anatomy->questions_at[anatomy->question_count++] = at;
		at = anatomy->end = qname.end + 4;
	}
	for (unsigned section = 1; section < 4; section++) {
		for (unsigned left = anatomy_u16(bytes, 4 + 2 * (size_t)section); left > 0;
		     left--) {
			struct anatomy_record *record = &anatomy->records[anatomy->count];
			if (anatomy->count == ANATOMY_RECORDS_MAX ||
			    !record_read(record, bytes, size, at))
				return;
			record->section = section;
			anatomy->count++;
			at = anatomy->end = record->rdata_at + record->rdlength;
		}
	}
	anatomy->is_whole = true;
}
