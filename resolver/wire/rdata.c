#include "resolver/wire/rdata.h"

#include <assert.h>

#include "resolver/wire/fold.h"
#include "resolver/wire/rdata_types.h"

#define LOC_BYTES       16u /* of version 0, the only one there is (RFC 1876, section 2) */
#define BITMAP_MAX      32u
#define RDATA_BYTES_MAX 65535u

/* ---- passing over one field, checking it ---------------------------------------------------------- */

/* Of the fields that always have the same number of octets; 0: of the others. */
static const uint8_t fixed_bytes[] = {
	[FIELD_U8] = 1,    [FIELD_ALGORITHM] = 1, [FIELD_SCHEME] = 1, [FIELD_U16] = 2,
	[FIELD_TYPE] = 2,  [FIELD_CERT_TYPE] = 2, [FIELD_U32] = 4,    [FIELD_PERIOD] = 4,
	[FIELD_TIME] = 4,  [FIELD_IPV4] = 4,      [FIELD_TIME48] = 6, [FIELD_EUI48] = 6,
	[FIELD_U64] = 8,   [FIELD_EUI64] = 8,     [FIELD_NODE] = 8,   [FIELD_IPV6] = 16,
	[FIELD_HIP] = 0, /* the last of all */
};

static void
pass_strings(struct cursor *c)
{
	do
		cursor_skip(c, cursor_u8(c));
	while (c->err == 0 && cursor_left(c) > 0);
}

/* Code, length, value to the end: EDNS options and SvcParams are both such lists. */
static void
pass_options(struct cursor *c)
{
	while (c->err == 0 && cursor_left(c) > 0) {
		cursor_skip(c, 2);
		cursor_skip(c, cursor_u16(c));
	}
}

/* Windows ascend, each has 1 to 32 octets (RFC 4034, section 4.1.2). */
static void
pass_bitmap(struct cursor *c)
{
	int last = -1;
	while (c->err == 0 && cursor_left(c) > 0) {
		int window = cursor_u8(c);
		uint8_t size = cursor_u8(c);
		if (c->err == 0 && (window <= last || size == 0 || size > BITMAP_MAX))
			cursor_fail(c, ERR_MALFORMED);
		cursor_skip(c, size);
		last = window;
	}
}

static void
pass_apl(struct cursor *c)
{
	while (c->err == 0 && cursor_left(c) > 0) {
		cursor_skip(c, 3);                    /* family, prefix */
		cursor_skip(c, cursor_u8(c) & 0x7fu); /* the top bit negates */
	}
}

static void
pass_a6_suffix(struct cursor *c)
{
	uint8_t prefix = cursor_u8(c);
	if (prefix > A6_OCTETS * 8)
		cursor_fail(c, ERR_MALFORMED);
	else
		cursor_skip(c, A6_OCTETS - prefix / 8u);
}

static void
pass_hip(struct cursor *c)
{
	uint8_t hit_bytes = cursor_u8(c);
	cursor_skip(c, 1);
	uint16_t key_bytes = cursor_u16(c);
	cursor_skip(c, (size_t)hit_bytes + key_bytes);
}

/* A gateway that is a name is passed as one; an unknown kind of gateway has no length: the rest. */
static void
pass_gateway(struct cursor *c, uint8_t kind)
{
	if (kind == GATEWAY_IPV4)
		cursor_skip(c, 4);
	else if (kind == GATEWAY_IPV6)
		cursor_skip(c, 16);
	else if (kind > GATEWAY_NAME)
		cursor_skip(c, cursor_left(c));
}

static void
pass_loc(struct cursor *c)
{
	size_t size = cursor_left(c);
	if (cursor_u8(c) == 0 && size != LOC_BYTES)
		cursor_fail(c, ERR_MALFORMED);
	else
		cursor_skip(c, cursor_left(c));
}

/* A tag (RFC 8659, section 4.1) and a hash (RFC 5155, section 3.2) have an octet at least. */
static void
pass_not_empty(struct cursor *c)
{
	uint8_t size = cursor_u8(c);
	if (size == 0)
		cursor_fail(c, ERR_MALFORMED);
	cursor_skip(c, size);
}

static uint8_t
octet_at(const struct cursor *c, size_t at)
{
	return at < c->end ? c->begin[at] : 0;
}

/* A field of no fixed size; `start` is where the rdata begins: some take their form from an octet there. */
static void
pass_field(struct cursor *c, size_t start, enum rdata_field field)
{
	switch (field) {
	case FIELD_STRING:
	case FIELD_HEX8: cursor_skip(c, cursor_u8(c)); return;
	case FIELD_BASE64_16: cursor_skip(c, cursor_u16(c)); return;
	case FIELD_STRING_MAYBE:
		if (cursor_left(c) > 0)
			cursor_skip(c, cursor_u8(c));
		return;
	case FIELD_STRINGS: pass_strings(c); return;
	case FIELD_BASE32_8:
	case FIELD_TAG: pass_not_empty(c); return;
	case FIELD_BITMAP: pass_bitmap(c); return;
	case FIELD_APL: pass_apl(c); return;
	case FIELD_LOC: pass_loc(c); return;
	case FIELD_OPTIONS:
	case FIELD_SVCPARAMS: pass_options(c); return;
	case FIELD_A6_SUFFIX: pass_a6_suffix(c); return;
	case FIELD_HIP: pass_hip(c); return;
	case FIELD_GATEWAY: pass_gateway(c, octet_at(c, start + 1)); return;
	case FIELD_RELAY:
		cursor_skip(c, 1);
		pass_gateway(c, octet_at(c, start + 1) & 0x7fu);
		return;
	case FIELD_WKS:
	case FIELD_NSAP:
	case FIELD_ATMA:
		cursor_skip(c, 1); /* at least the protocol, the authority or the format */
		cursor_skip(c, cursor_left(c));
		return;
	case FIELD_REST_TEXT:
	case FIELD_REST_HEX:
	case FIELD_REST_BASE64:
	case FIELD_REST_BASE64_MAYBE:
	case FIELD_REST_DATA:
	case FIELD_BITMAP_NXT:
	case FIELD_OPAQUE: cursor_skip(c, cursor_left(c)); return;
	case FIELD_NAME: /* names_in_field has seen to these */
	case FIELD_NAMES:
	case FIELD_A6_NAME:
	case FIELD_U8: /* and fixed_bytes to these */
	case FIELD_ALGORITHM:
	case FIELD_SCHEME:
	case FIELD_U16:
	case FIELD_TYPE:
	case FIELD_CERT_TYPE:
	case FIELD_U32:
	case FIELD_PERIOD:
	case FIELD_TIME:
	case FIELD_IPV4:
	case FIELD_TIME48:
	case FIELD_EUI48:
	case FIELD_U64:
	case FIELD_EUI64:
	case FIELD_NODE:
	case FIELD_IPV6:
	case FIELD_END: return;
	}
}

/* How many names end this field; its octets before them are passed over first. */
static unsigned
names_in_field(const struct cursor *c, size_t start, enum rdata_field field)
{
	if (field == FIELD_NAME)
		return 1;
	if (field == FIELD_NAMES)
		return cursor_left(c) > 0 ? UINT16_MAX : 0;
	if (field == FIELD_A6_NAME)
		return octet_at(c, start) > 0;
	if (field == FIELD_GATEWAY)
		return octet_at(c, start + 1) == GATEWAY_NAME;
	if (field == FIELD_RELAY)
		return (octet_at(c, start + 1) & 0x7fu) == GATEWAY_NAME;
	return 0;
}

/* ---- from a message ------------------------------------------------------------------------------ */

static void
read_names(struct cursor *c, unsigned count, struct writer *out)
{
	struct name name;
	while (count-- > 0 && c->err == 0) {
		if (name_read(&name, c) == 0)
			writer_bytes(out, name.wire, name.size);
		if (cursor_left(c) == 0)
			return;
	}
}

static void
read_fields(struct cursor *c, const struct rdata_type *type, struct writer *out)
{
	size_t start = c->pos, copied = start;

	for (unsigned i = 0; i < RDATA_FIELDS_MAX && type->fields[i] != FIELD_END; i++) {
		const enum rdata_field field = type->fields[i];
		if (fixed_bytes[field] != 0) {
			cursor_skip(c, fixed_bytes[field]);
			continue;
		}
		unsigned names = names_in_field(c, start, field);
		pass_field(c, start, field);
		if (names == 0 || c->err != 0)
			continue;
		writer_bytes(out, c->begin + copied, c->pos - copied);
		read_names(c, names, out);
		copied = c->pos;
	}
	if (c->err == 0)
		writer_bytes(out, c->begin + copied, c->pos - copied);
	if (c->err == 0 && cursor_left(c) > 0)
		cursor_fail(c, ERR_MALFORMED);
}

int
rdata_read(struct cursor *cursor, uint16_t type, uint16_t class, size_t rdlength,
	   struct writer *out)
{
	struct cursor rdata = cursor_sub(cursor, rdlength);
	size_t before = out->pos;
	if (rdata.err != 0)
		return rdata.err;
	if (rdlength == 0 && (class == CLASS_ANY || class == CLASS_NONE))
		return 0; /* a deletion or a prerequisite: no rdata at all (RFC 2136, section 2.4) */
	read_fields(&rdata, rdata_type_of(type, class), out);
	if (rdata.err != 0) {
		cursor_fail(cursor, rdata.err);
		return rdata.err;
	}
	if (out->pos - before > RDATA_BYTES_MAX)
		writer_fail(out, ERR_TOO_BIG);
	return out->err;
}

/* ---- our own form -------------------------------------------------------------------------------- */

static void
note_name(struct cursor *c, struct rdata_names *names)
{
	size_t at = c->pos;
	uint8_t label;
	while ((label = cursor_u8(c)) != 0) {
		if (label > NAME_LABEL_MAX)
			cursor_fail(c, ERR_MALFORMED);
		cursor_skip(c, label);
	}
	if (c->pos - at > NAME_BYTES_MAX)
		cursor_fail(c, ERR_TOO_BIG);
	if (c->err != 0 || names->count == sizeof names->at / sizeof names->at[0])
		return;
	names->at[names->count].offset = (uint16_t)at;
	names->at[names->count].size = (uint16_t)(c->pos - at);
	names->count++;
}

int
rdata_names(uint16_t type, uint16_t class, const uint8_t *bytes, size_t size,
	    struct rdata_names *names)
{
	const struct rdata_type *described = rdata_type_of(type, class);
	struct cursor c = cursor_over(bytes, size);

	names->count = 0;
	names->compressible = (described->flags & RDATA_COMPRESS) != 0;
	names->lowercase = (described->flags & RDATA_FOLD) != 0;
	for (unsigned i = 0; i < RDATA_FIELDS_MAX && described->fields[i] != FIELD_END; i++) {
		const enum rdata_field field = described->fields[i];
		if (fixed_bytes[field] != 0) {
			cursor_skip(&c, fixed_bytes[field]);
			continue;
		}
		unsigned count = names_in_field(&c, 0, field);
		pass_field(&c, 0, field);
		while (count-- > 0) {
			note_name(&c, names);
			if (cursor_left(&c) == 0)
				break;
		}
	}
	if (cursor_left(&c) > 0)
		cursor_fail(&c, ERR_MALFORMED);
	return c.err;
}

void
rdata_canonicalise(uint16_t type, uint16_t class, uint8_t *bytes, size_t size)
{
	struct rdata_names names;
	if ((rdata_type_of(type, class)->flags & RDATA_FOLD) == 0)
		return;
	if (rdata_names(type, class, bytes, size, &names) != 0)
		return;
	for (unsigned i = 0; i < names.count; i++) {
		uint8_t *name = bytes + names.at[i].offset;
		fold_copy(name, name, names.at[i].size);
	}
}

int
rdata_target(uint16_t type, const uint8_t *bytes, size_t size, struct name *target)
{
	size_t offset = 0;
	switch (type) {
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_DNAME:
	case TYPE_PTR: break;
	case TYPE_MX:
	case TYPE_SVCB:
	case TYPE_HTTPS: offset = 2; break; /* after the preference or priority */
	case TYPE_SRV: offset = 6; break;   /* after priority, weight and port */
	default: return ERR_NOT_FOUND;
	}
	if (size < offset)
		return ERR_SHORT;
	return name_from_wire(target, bytes + offset, size - offset);
}

int
rdata_soa(const uint8_t *bytes, size_t size, struct soa *soa)
{
	struct rdata_names names;
	int err = rdata_names(TYPE_SOA, CLASS_IN, bytes, size, &names);
	if (err != 0)
		return err;
	assert(names.count == 2);
	struct cursor c = cursor_over(bytes, size);
	cursor_skip(&c, (size_t)names.at[0].size + names.at[1].size);
	soa->serial = cursor_u32(&c);
	soa->refresh_s = cursor_u32(&c);
	soa->retry_s = cursor_u32(&c);
	soa->expire_s = cursor_u32(&c);
	soa->minimum_s = cursor_u32(&c);
	return c.err;
}
