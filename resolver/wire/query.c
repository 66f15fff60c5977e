#include "resolver/wire/edns.h"
#include "resolver/wire/message.h"

#define QUERY_ADDITIONAL_MAX 4u /* OPT and a signature; a little more is not worth refusing */
#define RCODE_BITS           0xfu

static int
question_read(struct query *query, struct cursor *cursor)
{
	size_t start = cursor->pos;
	name_read(&query->question.qname, cursor);
	query->question.qtype = cursor_u16(cursor);
	query->question.qclass = cursor_u16(cursor);
	query->question_bytes = cursor->err == 0 ? (uint16_t)(cursor->pos - start) : 0;
	return cursor->err;
}

/* A record of the additional section: the OPT is read, others are passed over. */
static int
additional_read(struct query *query, struct cursor *cursor)
{
	struct name owner;
	uint8_t rcode_high;
	name_read(&owner, cursor);
	uint16_t type = cursor_u16(cursor), class = cursor_u16(cursor);
	uint32_t ttl = cursor_u32(cursor);
	uint16_t rdlength = cursor_u16(cursor);
	if (query->tsig_present)
		return ERR_MALFORMED; /* nothing follows a TSIG (RFC 8945, section 5.1) */
	if (type == TYPE_OPT) {
		if (query->edns.present || owner.size != 1)
			return ERR_MALFORMED; /* RFC 6891, section 6.1.1 */
		return edns_read(&query->edns, cursor, class, ttl, rdlength, &rcode_high);
	}
	query->tsig_present = type == TYPE_TSIG;
	cursor_skip(cursor, rdlength);
	return cursor->err;
}

/* IXFR brings the SOA that the client has (RFC 1995, section 3); no other query has anything there. */
static int
authority_skip(const struct query *query, struct cursor *cursor, unsigned count)
{
	struct name owner;
	if (count == 0)
		return 0;
	if (count > 1 || query->question.qtype != TYPE_IXFR)
		return ERR_MALFORMED;
	name_read(&owner, cursor);
	cursor_skip(cursor, 8);
	cursor_skip(cursor, cursor_u16(cursor));
	return cursor->err;
}

int
query_read(struct query *query, const uint8_t *bytes, size_t size)
{
	struct cursor cursor = cursor_over(bytes, size);

	query->id = cursor_u16(&cursor);
	query->flags = (uint16_t)(cursor_u16(&cursor) & ~RCODE_BITS);
	uint16_t questions = cursor_u16(&cursor), answers = cursor_u16(&cursor),
		 authorities = cursor_u16(&cursor), additionals = cursor_u16(&cursor);
	query->question_bytes = 0;
	query->edns = (struct edns){ .present = false };
	query->tsig_present = false;
	if (cursor.err != 0 || size > MESSAGE_BYTES_MAX)
		return ERR_SHORT;
	if ((query->flags & DNS_QR) != 0)
		return ERR_MALFORMED; /* an answer to an answer could go on for ever */
	if (DNS_OPCODE(query->flags) == OPCODE_NOTIFY && questions == 1)
		(void)question_read(query, &cursor); /* who expects one wants to know of what (RFC 1996, section 3.7) */
	if (DNS_OPCODE(query->flags) != OPCODE_QUERY)
		return RCODE_NOTIMP;
	if (questions != 1 || question_read(query, &cursor) != 0)
		return RCODE_FORMERR;
	if (answers != 0 || additionals > QUERY_ADDITIONAL_MAX ||
	    authority_skip(query, &cursor, authorities) != 0)
		return RCODE_FORMERR;
	for (unsigned i = 0; i < additionals; i++)
		if (additional_read(query, &cursor) != 0)
			return RCODE_FORMERR;
	return query->edns.present && query->edns.version > 0 ? RCODE_BADVERS : RCODE_NOERROR;
}
