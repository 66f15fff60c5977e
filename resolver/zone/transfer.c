#include "resolver/zone/transfer.h"

#include <assert.h>
#include <string.h>

#include "stack/base/arena.h"

/* ---- the query ------------------------------------------------------------------------------------------ */

static uint16_t
qtype_of(enum transfer_kind kind)
{
	switch (kind) {
	case TRANSFER_SOA: return TYPE_SOA;
	case TRANSFER_IXFR: return TYPE_IXFR;
	case TRANSFER_AXFR: break;
	}
	return TYPE_AXFR;
}

/* RFC 1995, section 3: the SOA that is held tells the primary where to begin. */
static void
write_held(struct writer *writer, const struct transfer *transfer)
{
	struct rdata_walk walk;

	rdata_first(transfer->held->soa_set, &walk);
	(void)rdata_next(&walk);
	writer_bytes(writer, transfer->apex.wire, transfer->apex.size);
	writer_u16(writer, TYPE_SOA);
	writer_u16(writer, CLASS_IN);
	writer_u32(writer, transfer->held->soa_set->ttl_s);
	writer_u16(writer, walk.size);
	writer_bytes(writer, walk.bytes, walk.size);
}

static int
write_query(const struct transfer *transfer, uint8_t query[TRANSFER_QUERY_BYTES_MAX])
{
	struct writer writer = writer_over(query, TRANSFER_QUERY_BYTES_MAX);

	writer_u16(&writer, transfer->id);
	writer_u16(&writer, OPCODE_QUERY);
	writer_u16(&writer, 1);
	writer_u16(&writer, 0);
	writer_u16(&writer, transfer->kind == TRANSFER_IXFR);
	writer_u16(&writer, 0);
	writer_bytes(&writer, transfer->apex.wire, transfer->apex.size);
	writer_u16(&writer, qtype_of(transfer->kind));
	writer_u16(&writer, CLASS_IN);
	if (transfer->kind == TRANSFER_IXFR)
		write_held(&writer, transfer);
	assert(writer.err == 0);
	return (int)writer.pos;
}

int
transfer_begin(struct transfer *transfer, enum transfer_kind kind, const struct name *apex, uint32_t held_serial,
	       const struct zone *held, struct arena *arena, uint16_t id, uint8_t query[TRANSFER_QUERY_BYTES_MAX])
{
	assert(kind != TRANSFER_IXFR || held != NULL);
	transfer->kind = kind;
	transfer->state = TRANSFER_AT_BEGIN;
	transfer->id = id;
	transfer->rcode = RCODE_NOERROR;
	transfer->held = kind == TRANSFER_IXFR ? held : NULL;
	transfer->at_serial = kind == TRANSFER_IXFR ? held->soa.serial : held_serial;
	transfer->change_count = transfer->message_count = transfer->record_count = 0;
	transfer->octets = 0;
	transfer->arena = arena;
	transfer->zone = NULL;
	name_copy(&transfer->apex, apex);
	if (kind != TRANSFER_SOA && zone_begin(&transfer->builder, apex, arena) != 0)
		return ERR_NO_MEMORY;
	return write_query(transfer, query);
}

/* ---- records -------------------------------------------------------------------------------------------- */

static enum transfer_result
result_of(int err)
{
	switch (err) {
	case 0: return TRANSFER_GOES_ON;
	case ERR_NO_MEMORY:
	case ERR_FULL:
	case ERR_TOO_BIG: return TRANSFER_TOO_BIG;
	default: /* an open set: whatever else was wrong with it */ return TRANSFER_MALFORMED;
	}
}

static enum transfer_result
put_in(struct transfer *transfer)
{
	return result_of(zone_add(&transfer->builder, &transfer->owner, transfer->type, transfer->ttl_s, transfer->rdata,
				  transfer->rdata_bytes));
}

static enum transfer_result
take_out(struct transfer *transfer)
{
	return result_of(zone_remove(&transfer->builder, &transfer->owner, transfer->type, transfer->rdata,
				     transfer->rdata_bytes));
}

static enum transfer_result
finish(struct transfer *transfer)
{
	transfer->state = TRANSFER_AT_END;
	const enum transfer_result result = result_of(zone_finish(&transfer->builder, &transfer->zone));
	if (result != TRANSFER_GOES_ON)
		return result;
	return transfer->zone->soa.serial == transfer->serial ? TRANSFER_COMPLETE : TRANSFER_MALFORMED;
}

/* The SOA in front, of which the whole has another copy behind; changes bring it themselves. */
static enum transfer_result
on_first(struct transfer *transfer, bool is_soa, uint32_t serial)
{
	if (!is_soa)
		return TRANSFER_MALFORMED;
	transfer->serial = serial;
	if (transfer->kind == TRANSFER_SOA) {
		transfer->state = TRANSFER_AT_END;
		return serial_is_newer(serial, transfer->at_serial) ? TRANSFER_NEWER : TRANSFER_CURRENT;
	}
	if (transfer->kind == TRANSFER_IXFR && !serial_is_newer(serial, transfer->at_serial)) {
		transfer->state = TRANSFER_AT_END;
		return TRANSFER_CURRENT;
	}
	transfer->state = TRANSFER_AT_SECOND;
	return TRANSFER_GOES_ON;
}

/* An SOA of the version that is held begins a list of changes (RFC 1995, section 4). */
static enum transfer_result
on_second(struct transfer *transfer, bool is_soa, uint32_t serial)
{
	if (transfer->kind == TRANSFER_IXFR && is_soa && serial == transfer->at_serial) {
		transfer->state = TRANSFER_TAKES_OUT;
		const enum transfer_result result = result_of(zone_add_all(&transfer->builder, transfer->held));
		return result == TRANSFER_GOES_ON ? take_out(transfer) : result;
	}
	transfer->state = TRANSFER_IN_WHOLE;
	const enum transfer_result result = put_in(transfer);
	if (result != TRANSFER_GOES_ON || !is_soa)
		return result;
	return serial == transfer->serial ? finish(transfer) : TRANSFER_MALFORMED;
}

static enum transfer_result
in_whole(struct transfer *transfer, bool is_soa, uint32_t serial)
{
	const enum transfer_result result = put_in(transfer);
	if (result != TRANSFER_GOES_ON || !is_soa)
		return result;
	return serial == transfer->serial ? finish(transfer) : TRANSFER_MALFORMED;
}

/* The SOA of the next version ends what is taken out. */
static enum transfer_result
in_taking(struct transfer *transfer, bool is_soa, uint32_t serial)
{
	if (!is_soa)
		return take_out(transfer);
	if (!serial_is_newer(serial, transfer->at_serial) || serial_is_newer(serial, transfer->serial))
		return TRANSFER_MALFORMED;
	transfer->at_serial = serial;
	transfer->state = TRANSFER_PUTS_IN;
	return put_in(transfer);
}

/* The SOA of the version that has been reached ends it all, or begins the next list. */
static enum transfer_result
in_putting(struct transfer *transfer, bool is_soa, uint32_t serial)
{
	if (!is_soa)
		return put_in(transfer);
	if (serial != transfer->at_serial)
		return TRANSFER_MALFORMED;
	if (serial == transfer->serial)
		return finish(transfer);
	if (++transfer->change_count == TRANSFER_CHANGES_MAX)
		return TRANSFER_TOO_BIG;
	transfer->state = TRANSFER_TAKES_OUT;
	return take_out(transfer);
}

static enum transfer_result
on_record(struct transfer *transfer)
{
	const bool is_soa = transfer->type == TYPE_SOA && name_equal(&transfer->owner, &transfer->apex);
	struct soa soa = { .serial = 0 };

	if (is_soa && rdata_soa(transfer->rdata, transfer->rdata_bytes, &soa) != 0)
		return TRANSFER_MALFORMED;
	transfer->record_count++;
	switch (transfer->state) {
	case TRANSFER_AT_BEGIN: return on_first(transfer, is_soa, soa.serial);
	case TRANSFER_AT_SECOND: return on_second(transfer, is_soa, soa.serial);
	case TRANSFER_IN_WHOLE: return in_whole(transfer, is_soa, soa.serial);
	case TRANSFER_TAKES_OUT: return in_taking(transfer, is_soa, soa.serial);
	case TRANSFER_PUTS_IN: return in_putting(transfer, is_soa, soa.serial);
	case TRANSFER_AT_END: break;
	}
	return TRANSFER_MALFORMED; /* something behind the end */
}

/* ---- messages ------------------------------------------------------------------------------------------- */

/* Records of a class that is not IN are no zone's; nor is an OPT in this section. */
static int
read_record(struct transfer *transfer, struct cursor *c)
{
	struct writer rdata = writer_over(transfer->rdata, sizeof transfer->rdata);

	int err = name_read(&transfer->owner, c);
	transfer->type = cursor_u16(c);
	const uint16_t class = cursor_u16(c);
	const uint32_t ttl_s = cursor_u32(c);
	const uint16_t rdlength = cursor_u16(c);
	if (err != 0 || c->err != 0)
		return err != 0 ? err : c->err;
	if (class != CLASS_IN || type_is_meta(transfer->type))
		return ERR_MALFORMED;
	transfer->ttl_s = ttl_s >> 31 == 0 ? ttl_s : 0; /* RFC 2181, section 8 */
	err = rdata_read(c, transfer->type, class, rdlength, &rdata);
	transfer->rdata_bytes = rdata.pos;
	return err != 0 ? err : c->err;
}

/* The header, and the question that all but the first message may leave out (RFC 5936, section 2.2.1). */
static enum transfer_result
read_head(struct transfer *transfer, struct cursor *c, uint16_t *answer_count)
{
	struct name qname;
	const uint16_t id = cursor_u16(c), flags = cursor_u16(c), question_count = cursor_u16(c);

	*answer_count = cursor_u16(c);
	(void)cursor_u32(c);
	if (c->err != 0 || id != transfer->id || (flags & DNS_QR) == 0 || DNS_OPCODE(flags) != OPCODE_QUERY || question_count > 1)
		return TRANSFER_MALFORMED;
	transfer->rcode = flags & 0xfu;
	if (transfer->rcode != RCODE_NOERROR)
		return TRANSFER_REFUSED;
	if ((flags & DNS_TC) != 0)
		return TRANSFER_MALFORMED;
	if (question_count == 1) {
		const int err = name_read(&qname, c);
		const uint16_t qtype = cursor_u16(c), qclass = cursor_u16(c);
		if (err != 0 || c->err != 0 || !name_equal(&qname, &transfer->apex) || qtype != qtype_of(transfer->kind) ||
		    qclass != CLASS_IN)
			return TRANSFER_MALFORMED;
	}
	return *answer_count == 0 && transfer->state == TRANSFER_AT_BEGIN ? TRANSFER_REFUSED : TRANSFER_GOES_ON;
}

enum transfer_result
transfer_receive(struct transfer *transfer, const uint8_t *bytes, size_t size)
{
	struct cursor c = cursor_over(bytes, size);
	uint16_t answer_count;

	transfer->message_count++;
	transfer->octets += size;
	if (transfer->octets > TRANSFER_BYTES_MAX)
		return TRANSFER_TOO_BIG;
	enum transfer_result result = read_head(transfer, &c, &answer_count);
	for (; answer_count > 0 && result == TRANSFER_GOES_ON; answer_count--) {
		if (read_record(transfer, &c) != 0)
			return TRANSFER_MALFORMED;
		result = on_record(transfer);
	}
	return result;
}
