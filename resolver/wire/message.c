#include "resolver/wire/message.h"

#include "resolver/wire/edns.h"
#include "resolver/wire/group.h"
#include "resolver/wire/rdata.h"
#include "stack/base/arena.h"

#define RCODE_BITS      0xfu
#define TTL_TOP_BIT     0x80000000u
#define RR_BYTES_MIN    11u /* a root owner and no rdata */
#define TYPE_COVERED_AT 18u /* octets of a SIG before its signer's name */

#define POINTER_BITS    0xc000u
#define POINTER_BYTES   2u

/* A record between its owner and its rdata, at which the cursor stands. */
struct record_head {
	uint16_t type, class;
	uint32_t ttl;
	uint16_t rdlength;
};

/* What reading one message needs to know from record to record. */
struct reader {
	struct message *message;
	struct arena *arena;
	struct cursor cursor;
	struct group group;
	enum dns_section section;
	bool is_last; /* the record at hand is the last of the message */
	bool spares_others; /* records whose rdata are broken are left out */

	const struct name *name; /* the owner of the record at hand */
	uint16_t pointer;        /* the pointer that it was, 0: it was none */
	struct group_owner *owner; /* the same among the owners of data, NULL: not looked up */
	struct name space;         /* for `name` */
};

/* Most owners are the very pointer that the record before had, or point to the question. */
static int
owner_read(struct reader *reader)
{
	struct cursor *cursor = &reader->cursor;
	const uint8_t *at = cursor->begin + cursor->pos;
	uint16_t pointer = 0;
	if (cursor_left(cursor) >= POINTER_BYTES && at[0] >= POINTER_BITS >> 8)
		pointer = (uint16_t)(at[0] << 8 | at[1]);
	if (pointer != 0 && pointer == reader->pointer) {
		cursor_skip(cursor, POINTER_BYTES);
		return 0;
	}
	reader->name = &reader->space;
	reader->owner = NULL;
	reader->pointer = pointer;
	return name_read(&reader->space, cursor);
}

static int
head_read(struct record_head *head, struct cursor *cursor)
{
	head->type = cursor_u16(cursor);
	head->class = cursor_u16(cursor);
	head->ttl = cursor_u32(cursor);
	head->rdlength = cursor_u16(cursor);
	if (cursor->err == 0 && head->rdlength > cursor_left(cursor))
		cursor_fail(cursor, ERR_SHORT);
	return cursor->err;
}

static int
questions_read(struct message *message, struct cursor *cursor)
{
	struct question further;
	for (unsigned i = 0; i < message->question_count; i++) {
		struct question *question = i == 0 ? &message->question : &further;
		name_read(&question->qname, cursor);
		question->qtype = cursor_u16(cursor);
		question->qclass = cursor_u16(cursor);
		if (cursor->err != 0)
			return cursor->err;
	}
	return 0;
}

/* ---- records that are no data of a zone ------------------------------------------------------------ */

/* One, in the additional section, at the root (RFC 6891, section 6.1.1). */
static int
opt_read(struct reader *reader, const struct record_head *head)
{
	struct edns *edns = &reader->message->edns;
	uint8_t rcode_high;
	if (reader->section != SECTION_ADDITIONAL || reader->name->size != 1 || edns->present)
		return ERR_MALFORMED;
	int err = edns_read(edns, &reader->cursor, head->class, head->ttl, head->rdlength,
			    &rcode_high);
	if (err != 0)
		return err;
	reader->message->rcode |= (uint16_t)(rcode_high << 4);
	if (edns->options == NULL)
		return 0;
	edns->options = arena_copy(reader->arena, edns->options, edns->options_bytes);
	return edns->options == NULL ? ERR_NO_MEMORY : 0;
}

/* The last record of all (RFC 8945, section 5.1). */
static int
tsig_read(struct reader *reader, const struct record_head *head)
{
	if (reader->section != SECTION_ADDITIONAL || !reader->is_last || head->class != CLASS_ANY)
		return ERR_MALFORMED;
	reader->message->tsig_present = true;
	cursor_skip(&reader->cursor, head->rdlength);
	return reader->cursor.err;
}

/* ---- all others ---------------------------------------------------------------------------------- */

static int
record_read(struct reader *reader)
{
	struct cursor *cursor = &reader->cursor;
	struct record_head head;
	int err = owner_read(reader);
	if (err == 0)
		err = head_read(&head, cursor);
	if (err != 0)
		return err;
	if (head.type == TYPE_OPT)
		return opt_read(reader, &head);
	if (head.type == TYPE_TSIG)
		return tsig_read(reader, &head);

	const uint8_t *rdata = cursor_bytes(cursor, head.rdlength);
	uint16_t covered = TYPE_RRSIG;
	if (head.rdlength >= 2)
		covered = (uint16_t)(rdata[0] << 8 | rdata[1]);
	if (head.type == TYPE_SIG && covered == 0 && head.rdlength >= TYPE_COVERED_AT)
		return 0; /* SIG(0) signs the message, not data (RFC 2931, section 3) */

	if (reader->owner == NULL)
		err = group_owner(&reader->group, reader->name, &reader->owner);
	if (err != 0)
		return err;
	struct group_key key = { reader->owner, reader->section, head.type, head.class };
	uint32_t ttl_s = (head.ttl & TTL_TOP_BIT) != 0 ? 0 : head.ttl;
	return group_add(&reader->group, &key, covered, ttl_s,
			 (uint32_t)cursor->pos - head.rdlength, head.rdlength);
}

static int
records_read(struct reader *reader, const uint16_t counts[SECTIONS])
{
	unsigned left = 0u + counts[0] + counts[1] + counts[2];
	if (left > MESSAGE_RRS_MAX)
		return ERR_TOO_BIG;
	if (left * RR_BYTES_MIN > cursor_left(&reader->cursor))
		return ERR_SHORT;
	group_init(&reader->group, reader->arena, left, reader->spares_others);
	if (reader->message->question_count > 0) {
		reader->name = &reader->message->question.qname;
		reader->pointer = POINTER_BITS | MESSAGE_HEADER_BYTES;
	}
	for (unsigned section = 0; section < SECTIONS; section++) {
		reader->section = (enum dns_section)section;
		for (unsigned i = 0; i < counts[section]; i++) {
			reader->is_last = --left == 0;
			int err = record_read(reader);
			if (err != 0)
				return err;
		}
	}
	return group_write(&reader->group, &reader->cursor, reader->message);
}

static int
message_read_by(struct reader *reader, struct message *message, struct arena *arena, const uint8_t *bytes, size_t size)
{
	reader->message = message;
	reader->arena = arena;
	reader->cursor = cursor_over(bytes, size);
	reader->pointer = 0;
	reader->owner = NULL;
	struct cursor *cursor = &reader->cursor;
	uint16_t counts[SECTIONS];

	message->id = cursor_u16(cursor);
	message->flags = cursor_u16(cursor);
	message->rcode = message->flags & RCODE_BITS;
	message->flags = (uint16_t)(message->flags & ~RCODE_BITS);
	message->question_count = cursor_u16(cursor);
	for (unsigned i = 0; i < SECTIONS; i++) {
		counts[i] = cursor_u16(cursor);
		message->sections[i] = NULL;
		message->rrset_counts[i] = 0;
	}
	message->edns = (struct edns){ .present = false };
	message->tsig_present = false;
	message->answer_is_hollow = false;
	if (size > MESSAGE_BYTES_MAX)
		return ERR_TOO_BIG;
	int err = cursor->err != 0 ? cursor->err : questions_read(message, cursor);
	return err != 0 ? err : records_read(reader, counts);
}

int
message_read(struct message *message, struct arena *arena, const uint8_t *bytes, size_t size)
{
	struct reader reader;
	reader.spares_others = false;
	return message_read_by(&reader, message, arena, bytes, size);
}

int
message_read_sound(struct message *message, struct arena *arena, const uint8_t *bytes, size_t size, uint32_t *broken)
{
	struct reader reader;
	reader.spares_others = true;
	const int err = message_read_by(&reader, message, arena, bytes, size);
	*broken = err == 0 ? reader.group.broken : 0;
	return err;
}

/* ---- walking a set --------------------------------------------------------------------------------- */

void
rdata_first(const struct rrset *rrset, struct rdata_walk *walk)
{
	*walk = (struct rdata_walk){ .at = rrset->rdata, .end = rrset->rdata + rrset->rdata_bytes };
}

bool
rdata_next(struct rdata_walk *walk)
{
	if (walk->end - walk->at < 2)
		return false;
	walk->size = (uint16_t)(walk->at[0] << 8 | walk->at[1]);
	walk->bytes = walk->at + 2;
	if (walk->size > walk->end - walk->bytes)
		return false;
	walk->at = walk->bytes + walk->size;
	return true;
}
