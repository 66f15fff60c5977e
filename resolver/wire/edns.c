#include "resolver/wire/edns.h"

/*
 *        TTL of an OPT record            RFC 6891, section 6.1.3
 *   +--------+--------+--+---------------+
 *   | rcode  | version|DO|       Z       |
 *   +--------+--------+--+---------------+
 */
int
edns_read(struct edns *edns, struct cursor *cursor, uint16_t class, uint32_t ttl, uint16_t rdlength,
	  uint8_t *rcode_high)
{
	struct cursor options = cursor_sub(cursor, rdlength);
	edns->present = true;
	edns->version = (uint8_t)(ttl >> 16);
	edns->dnssec_ok = (ttl & EDNS_DO) != 0;
	edns->udp_bytes = class < EDNS_UDP_BYTES_MIN ? EDNS_UDP_BYTES_MIN : class;
	edns->options_bytes = rdlength;
	edns->options = rdlength > 0 ? options.begin + options.pos : NULL;
	*rcode_high = (uint8_t)(ttl >> 24);

	while (options.err == 0 && cursor_left(&options) > 0) {
		cursor_skip(&options, 2);
		cursor_skip(&options, cursor_u16(&options));
	}
	if (options.err != 0) {
		edns->options_bytes = 0; /* whoever answers FORMERR still looks at what is there */
		edns->options = NULL;
		cursor_fail(cursor, options.err);
	}
	return cursor->err;
}

void
edns_write(struct writer *writer, const struct edns *edns, uint16_t rcode)
{
	writer_u8(writer, 0); /* the root */
	writer_u16(writer, TYPE_OPT);
	writer_u16(writer, edns->udp_bytes);
	writer_u8(writer, (uint8_t)(rcode >> 4));
	writer_u8(writer, edns->version);
	writer_u16(writer, edns->dnssec_ok ? EDNS_DO : 0);
	writer_u16(writer, edns->options_bytes);
	writer_bytes(writer, edns->options, edns->options_bytes);
}

bool
edns_find(const struct edns *edns, uint16_t code, const uint8_t **value, uint16_t *value_bytes)
{
	struct cursor options = cursor_over(edns->options, edns->options_bytes);
	while (cursor_left(&options) > 0) {
		uint16_t found = cursor_u16(&options);
		*value_bytes = cursor_u16(&options);
		*value = cursor_bytes(&options, *value_bytes);
		if (options.err == 0 && found == code)
			return true;
	}
	return false;
}

/* A record: the first OPT is read, what else there is passed over. */
static void
pass_record(struct edns *edns, struct cursor *cursor)
{
	struct name owner;
	uint8_t rcode_high;

	name_read(&owner, cursor);
	const uint16_t type = cursor_u16(cursor), class = cursor_u16(cursor);
	const uint32_t ttl = cursor_u32(cursor);
	const uint16_t rdlength = cursor_u16(cursor);
	if (type == TYPE_OPT && !edns->present)
		(void)edns_read(edns, cursor, class, ttl, rdlength, &rcode_high);
	else
		cursor_skip(cursor, rdlength);
}

bool
message_edns(struct edns *edns, const uint8_t *bytes, size_t size)
{
	struct cursor cursor = cursor_over(bytes, size);
	struct name qname;

	*edns = (struct edns){ .present = false };
	cursor_skip(&cursor, 4);
	const unsigned questions = cursor_u16(&cursor);
	const unsigned records = (unsigned)cursor_u16(&cursor) + cursor_u16(&cursor) + cursor_u16(&cursor);
	for (unsigned i = 0; i < questions && cursor.err == 0; i++) {
		name_read(&qname, &cursor);
		cursor_skip(&cursor, 4);
	}
	for (unsigned i = 0; i < records && cursor.err == 0; i++)
		pass_record(edns, &cursor);
	return cursor.err == 0 && edns->present;
}
