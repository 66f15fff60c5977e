#include "resolver/wire/message.h"

#include <assert.h>

#include "resolver/wire/fold.h"
#include "resolver/wire/rdata.h"
#include "resolver/wire/rdata_types.h"

#define POINTER            0xc000u /* RFC 1035, section 4.1.4 */
#define POINTER_BYTES      2u
#define OFFSET_MAX         0x3fffu /* what 14 bits reach */
#define RCODE_BITS         0xfu
#define RECORD_FIXED_BYTES 10u /* type, class, TTL and length: between owner and rdata */
#define FLAGS_AT           2u
#define COUNTS_AT          4u

static_assert(RENDER_NAMES_MAX < UINT8_MAX, "a slot holds an index and one");

/* A name taken apart: where its labels start and the hash from each to the root. */
struct suffixes {
	unsigned count;
	uint8_t at[NAME_LABELS_MAX];
	uint32_t hashes[NAME_LABELS_MAX];
};

static void
suffixes_of(struct suffixes *suffixes, const uint8_t *wire)
{
	unsigned count = 0;
	for (unsigned at = 0; wire[at] != 0; at += 1u + wire[at])
		suffixes->at[count++] = (uint8_t)at;
	suffixes->count = count;
	uint32_t hash = 0;
	while (count-- > 0) {
		const uint8_t *label = wire + suffixes->at[count];
		hash = fold_hash(label, 1u + *label, hash);
		suffixes->hashes[count] = hash;
	}
}

/* ---- the names written so far -------------------------------------------------------------------- */

/* Compares uncompressed labels with those at `offset` of our own message, whose pointers are known to be good. */
static bool
is_name_at(const struct render *render, size_t offset, const uint8_t *wire)
{
	const uint8_t *message = render->writer.begin;
	for (;;) {
		while (message[offset] >= POINTER >> 8)
			offset = (size_t)(message[offset] << 8 | message[offset + 1]) & OFFSET_MAX;
		if (message[offset] != *wire)
			return false;
		if (*wire == 0)
			return true;
		if (!fold_equal(message + offset + 1, wire + 1, *wire))
			return false;
		offset += 1u + *wire;
		wire += 1u + *wire;
	}
}

/* Offset of the name; 0 when it was not written, or not remembered. */
static uint16_t
find_name(const struct render *render, uint32_t hash, const uint8_t *wire)
{
	for (uint32_t probe = 0; probe < RENDER_PROBES_MAX; probe++) {
		uint8_t slot = render->slots[(hash + probe) % RENDER_SLOTS];
		if (slot == 0)
			return 0;
		uint16_t offset = render->names[slot - 1].offset;
		if (render->names[slot - 1].hash == hash && is_name_at(render, offset, wire))
			return offset;
	}
	return 0;
}

static void
remember_name(struct render *render, uint32_t hash, size_t offset)
{
	if (offset > OFFSET_MAX || render->name_count == RENDER_NAMES_MAX)
		return;
	for (uint32_t probe = 0; probe < RENDER_PROBES_MAX; probe++) {
		uint8_t *slot = &render->slots[(hash + probe) % RENDER_SLOTS];
		if (*slot != 0)
			continue;
		render->names[render->name_count].hash = hash;
		render->names[render->name_count].offset = (uint16_t)offset;
		*slot = ++render->name_count;
		return;
	}
}

/*
 * Takes back the names after the first `count`.  A slot that holds the youngest name was the first free
 * one when it was filled, so going from young to old leaves no hole in front of an older name.
 */
static void
forget_names(struct render *render, uint8_t count)
{
	for (; render->name_count > count; render->name_count--) {
		uint32_t hash = render->names[render->name_count - 1].hash;
		for (uint32_t probe = 0; probe < RENDER_PROBES_MAX; probe++) {
			uint8_t *slot = &render->slots[(hash + probe) % RENDER_SLOTS];
			if (*slot == render->name_count)
				*slot = 0;
		}
	}
}

/* Most answers name nothing but the qname: there is no table until another name comes. */
static void
open_index(struct render *render)
{
	struct suffixes suffixes;
	if (render->is_indexed)
		return;
	render->is_indexed = true;
	memset(render->slots, 0, sizeof render->slots);
	if (render->qname_bytes == 0)
		return;
	suffixes_of(&suffixes, render->writer.begin + RENDER_QNAME_AT);
	for (unsigned i = 0; i < suffixes.count; i++)
		remember_name(render, suffixes.hashes[i], RENDER_QNAME_AT + suffixes.at[i]);
}

/* ---- names --------------------------------------------------------------------------------------- */

static void
write_compressed(struct render *render, const uint8_t *wire)
{
	struct writer *writer = &render->writer;
	struct suffixes suffixes;
	uint16_t target = 0;
	unsigned whole = 0;

	open_index(render);
	suffixes_of(&suffixes, wire);
	for (; whole < suffixes.count; whole++) {
		target = find_name(render, suffixes.hashes[whole], wire + suffixes.at[whole]);
		if (target != 0)
			break;
	}
	size_t start = writer->pos;
	size_t last = suffixes.at[suffixes.count - 1];
	size_t labels = target != 0 ? suffixes.at[whole] : last + 1 + wire[last];
	writer_bytes(writer, wire, labels);
	if (target != 0)
		writer_u16(writer, (uint16_t)(POINTER | target));
	else
		writer_u8(writer, 0);
	for (unsigned i = 0; i < whole && writer->err == 0; i++)
		remember_name(render, suffixes.hashes[i], start + suffixes.at[i]);
}

static bool
is_qname(const struct render *render, const uint8_t *wire, size_t size)
{
	return size == render->qname_bytes &&
	       fold_equal(wire, render->writer.begin + RENDER_QNAME_AT, size);
}

static void
write_name(struct render *render, const uint8_t *wire, size_t size)
{
	if (size == 1)
		writer_u8(&render->writer, 0);
	else if (is_qname(render, wire, size))
		writer_u16(&render->writer, (uint16_t)(POINTER | RENDER_QNAME_AT));
	else
		write_compressed(render, wire);
}

/* ---- records ------------------------------------------------------------------------------------- */

/* The names of RFC 1035's types are compressed, everything else is copied (RFC 3597, section 4). */
static void
write_rdata(struct render *render, uint16_t type, uint16_t class, const struct rdata_walk *rdata)
{
	struct rdata_names names;
	size_t copied = 0;
	if (rdata_names(type, class, rdata->bytes, rdata->size, &names) != 0)
		names.count = 0;
	for (unsigned i = 0; i < names.count; i++) {
		writer_bytes(&render->writer, rdata->bytes + copied, names.at[i].offset - copied);
		write_name(render, rdata->bytes + names.at[i].offset, names.at[i].size);
		copied = (size_t)names.at[i].offset + names.at[i].size;
	}
	writer_bytes(&render->writer, rdata->bytes + copied, rdata->size - copied);
}

static void
put_u16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void
write_record(struct render *render, const struct rrset *rrset, uint16_t type, uint32_t ttl_s,
	     const struct rdata_walk *rdata)
{
	struct writer *writer = &render->writer;
	size_t length_at = writer->pos + RECORD_FIXED_BYTES - 2;
	uint8_t *fixed = writer_reserve(writer, RECORD_FIXED_BYTES);
	if (fixed == NULL)
		return;
	put_u16(fixed, type);
	put_u16(fixed + 2, rrset->class);
	put_u16(fixed + 4, (uint16_t)(ttl_s >> 16));
	put_u16(fixed + 6, (uint16_t)ttl_s);
	put_u16(fixed + 8, rdata->size);
	if ((rdata_type_of(type, rrset->class)->flags & RDATA_COMPRESS) == 0) {
		writer_bytes(writer, rdata->bytes, rdata->size);
		return;
	}
	write_rdata(render, type, rrset->class, rdata);
	writer_patch_u16(writer, length_at, (uint16_t)(writer->pos - length_at - 2));
}

/* The owner of a set's second and later records: whatever the first one came to. */
static void
repeat_owner(struct render *render, const struct name *owner, size_t first_at)
{
	const uint8_t *first = render->writer.begin + first_at;
	if (*first >= POINTER >> 8)
		writer_bytes(&render->writer, first, POINTER_BYTES);
	else if (owner->size > 1 && first_at <= OFFSET_MAX)
		writer_u16(&render->writer, (uint16_t)(POINTER | first_at));
	else
		write_name(render, owner->wire, owner->size);
}

/* Those from number `first` on: signatures come behind the data. */
static void
write_records(struct render *render, const struct rrset *rrset, uint32_t ttl_s, unsigned first,
	      unsigned record_count)
{
	struct rdata_walk rdata;
	size_t first_at = render->writer.pos;
	rdata_first(rrset, &rdata);
	for (unsigned i = 0; i < first + record_count && render->writer.err == 0 && rdata_next(&rdata);
	     i++) {
		if (i < first)
			continue;
		if (i == first)
			write_name(render, rrset->owner->wire, rrset->owner->size);
		else
			repeat_owner(render, rrset->owner, first_at);
		write_record(render, rrset, i < rrset->rr_count ? rrset->type : TYPE_RRSIG, ttl_s,
			     &rdata);
	}
}

static int
write_whole(struct render *render, enum dns_section section, const struct rrset *rrset, uint32_t ttl_s,
	    unsigned first, unsigned record_count)
{
	const struct writer before = render->writer;
	const uint8_t name_count = render->name_count;
	const bool is_indexed = render->is_indexed;
	for (unsigned later = section + 2; later < 4; later++)
		assert(render->counts[later] == 0); /* sections are written in order */

	write_records(render, rrset, ttl_s, first, record_count);
	if (render->writer.err != 0) {
		forget_names(render, name_count);
		render->is_indexed = is_indexed;
		render->writer = before;
		return ERR_FULL;
	}
	render->counts[section + 1] = (uint16_t)(render->counts[section + 1] + record_count);
	return 0;
}

int
render_rrset(struct render *render, enum dns_section section, const struct rrset *rrset,
	     uint32_t ttl_s, bool with_sigs)
{
	return write_whole(render, section, rrset, ttl_s, 0, rrset->rr_count + (with_sigs ? rrset->sig_count : 0u));
}

int
render_sigs(struct render *render, enum dns_section section, const struct rrset *rrset, uint32_t ttl_s)
{
	return write_whole(render, section, rrset, ttl_s, rrset->rr_count, rrset->sig_count);
}

/* ---- the message around them --------------------------------------------------------------------- */

void
render_begin(struct render *render, uint8_t *bytes, size_t size, uint16_t id, uint16_t flags,
	     uint16_t rcode, size_t reserve)
{
	assert(size >= MESSAGE_HEADER_BYTES);
	if (size > MESSAGE_BYTES_MAX)
		size = MESSAGE_BYTES_MAX;
	if (reserve > size - MESSAGE_HEADER_BYTES)
		reserve = size - MESSAGE_HEADER_BYTES;
	render->writer = writer_over(bytes, size - reserve);
	memset(render->counts, 0, sizeof render->counts);
	render->flags = flags;
	render->rcode = rcode;
	render->qname_bytes = 0;
	render->is_indexed = false;
	render->name_count = 0;
	render->reserved = reserve;
	writer_u16(&render->writer, id);
	memset(writer_reserve(&render->writer, MESSAGE_HEADER_BYTES - 2), 0,
	       MESSAGE_HEADER_BYTES - 2);
}

int
render_question(struct render *render, const struct question *question)
{
	const struct writer before = render->writer;
	assert(before.pos == RENDER_QNAME_AT);
	writer_bytes(&render->writer, question->qname.wire, question->qname.size);
	writer_u16(&render->writer, question->qtype);
	writer_u16(&render->writer, question->qclass);
	if (render->writer.err != 0) {
		render->writer = before;
		return ERR_FULL;
	}
	render->qname_bytes = question->qname.size;
	render->counts[0] = 1;
	return 0;
}

int
render_edns(struct render *render, const struct edns *edns)
{
	struct writer *writer = &render->writer;
	const struct writer before = *writer;
	writer->end += render->reserved;
	edns_write(writer, edns, render->rcode);
	if (writer->err != 0) {
		*writer = before;
		return ERR_FULL;
	}
	render->reserved = 0;
	render->counts[3]++;
	return 0;
}

int
render_finish(struct render *render)
{
	struct writer *writer = &render->writer;
	if (writer->err != 0)
		return writer->err;
	put_u16(writer->begin + FLAGS_AT,
		(uint16_t)((render->flags & ~RCODE_BITS) | (render->rcode & RCODE_BITS)));
	for (unsigned i = 0; i < 4; i++)
		put_u16(writer->begin + COUNTS_AT + 2 * i, render->counts[i]);
	return (int)writer->pos;
}
