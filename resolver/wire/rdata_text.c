#include "resolver/wire/text.h"

#include "resolver/wire/codec.h"
#include "resolver/wire/fields.h"
#include "resolver/wire/rdata_types.h"
#include "resolver/wire/words.h"

void
put_separator(struct writer *out)
{
	if (out->pos > 0)
		put_char(out, ' ');
}

void
put_name(struct writer *out, struct cursor *in)
{
	char text[NAME_TEXT_BYTES];
	struct name name;
	if (in->err == 0 && name_from_wire(&name, in->begin + in->pos, cursor_left(in)) != 0)
		cursor_fail(in, ERR_MALFORMED);
	if (in->err != 0)
		return;
	cursor_skip(in, name.size);
	put_text(out, name_to_text(&name, text, sizeof text));
}

static void
put_strings(struct writer *out, struct cursor *in)
{
	while (in->err == 0 && cursor_left(in) > 0) {
		uint8_t size = cursor_u8(in);
		const uint8_t *bytes = cursor_bytes(in, size);
		if (bytes == NULL)
			return;
		put_separator(out);
		put_quoted(out, bytes, size);
	}
}

/* ---- numbers that read as something else ----------------------------------------------------------- */

static void
put_type(struct writer *out, struct cursor *in)
{
	char text[TYPE_TEXT_BYTES];
	put_text(out, type_to_text(cursor_u16(in), text, sizeof text));
}

static void
put_u64(struct writer *out, struct cursor *in, unsigned size)
{
	uint64_t number = 0;
	while (size-- > 0)
		number = number << 8 | cursor_u8(in);
	put_number(out, number);
}

static void
put_word(struct writer *out, const struct words *words, uint16_t number)
{
	const char *word = words_text(words, number);
	if (word != NULL)
		put_text(out, word);
	else
		put_number(out, number);
}

/* Hexadecimal digits, `group` octets between separators. */
static void
put_groups(struct writer *out, struct cursor *in, unsigned size, unsigned group, char separator)
{
	for (unsigned i = 0; i < size; i++) {
		uint8_t octet = cursor_u8(in);
		if (i > 0 && i % group == 0)
			put_char(out, separator);
		put_hex(out, &octet, 1);
	}
}

/* ---- octets with a length, or to the end ----------------------------------------------------------- */

static void
put_sized(struct writer *out, struct cursor *in, size_t size, enum rdata_field field)
{
	const uint8_t *bytes = cursor_bytes(in, size);
	if (bytes == NULL)
		return;
	if (field == FIELD_HEX8 && size == 0)
		put_char(out, '-');
	else if (field == FIELD_HEX8)
		put_hex(out, bytes, size);
	else if (field == FIELD_BASE32_8)
		put_base32hex(out, bytes, size);
	else
		put_quoted(out, bytes, size);
}

static void
put_base64_16(struct writer *out, struct cursor *in)
{
	uint16_t size = cursor_u16(in);
	const uint8_t *bytes = cursor_bytes(in, size);
	put_number(out, size);
	if (bytes == NULL || size == 0)
		return;
	put_separator(out);
	put_base64(out, bytes, size);
}

/* Letters and digits only (RFC 8659, section 4.1); anything else has no text. */
static void
put_tag(struct writer *out, struct cursor *in)
{
	uint8_t size = cursor_u8(in);
	for (; size > 0; size--) {
		uint8_t octet = cursor_u8(in), letter = octet | 0x20;
		if (!(octet >= '0' && octet <= '9') && !(letter >= 'a' && letter <= 'z'))
			cursor_fail(in, ERR_UNSUPPORTED);
		put_char(out, (char)octet);
	}
}

static void
put_rest(struct writer *out, struct cursor *in, enum rdata_field field)
{
	size_t size = cursor_left(in);
	const uint8_t *bytes = cursor_bytes(in, size);
	if (bytes == NULL)
		return;
	if (size == 0 && (field == FIELD_REST_HEX || field == FIELD_REST_BASE64))
		cursor_fail(in, ERR_UNSUPPORTED);
	if (size > 0 || field == FIELD_REST_TEXT || field == FIELD_REST_DATA)
		put_separator(out);
	if (field == FIELD_REST_TEXT)
		put_quoted(out, bytes, size);
	else if (field == FIELD_REST_HEX)
		put_hex(out, bytes, size);
	else if (field == FIELD_REST_DATA && size == 0)
		put_char(out, '-');
	else
		put_base64(out, bytes, size);
}

static void
put_nsap(struct writer *out, struct cursor *in)
{
	put_text(out, "0x");
	put_groups(out, in, (unsigned)cursor_left(in), UINT32_MAX, '\0');
}

/* Format 0 is an AESA in hexadecimal, format 1 an E.164 number in digits. */
static void
put_atma(struct writer *out, struct cursor *in)
{
	uint8_t format = cursor_u8(in);
	if (format == 0) {
		put_groups(out, in, (unsigned)cursor_left(in), UINT32_MAX, '\0');
		return;
	}
	put_char(out, '+');
	do {
		uint8_t digit = cursor_u8(in);
		if (format != 1 || digit < '0' || digit > '9')
			cursor_fail(in, ERR_UNSUPPORTED);
		put_char(out, (char)digit);
	} while (cursor_left(in) > 0);
}

/* ---- fields whose form an octet before them decides ----------------------------------------------- */

static uint8_t
octet_at(const struct cursor *in, size_t at)
{
	return at < in->end ? in->begin[at] : 0;
}

static void
put_gateway(struct writer *out, struct cursor *in, uint8_t kind)
{
	switch (kind) {
	case GATEWAY_NONE: put_char(out, '.'); return;
	case GATEWAY_IPV4: put_ipv4(out, in); return;
	case GATEWAY_IPV6: put_ipv6(out, in); return;
	case GATEWAY_NAME: put_name(out, in); return;
	default: cursor_fail(in, ERR_UNSUPPORTED); return;
	}
}

static void
put_relay(struct writer *out, struct cursor *in)
{
	uint8_t kind = cursor_u8(in);
	put_number(out, kind >> 7); /* discovery optional */
	put_char(out, ' ');
	put_number(out, kind & 0x7fu);
	put_char(out, ' ');
	put_gateway(out, in, kind & 0x7fu);
}

static void
put_a6_suffix(struct writer *out, struct cursor *in)
{
	uint8_t octets[A6_OCTETS] = { 0 }, prefix = cursor_u8(in);
	put_number(out, prefix);
	if (prefix >= A6_OCTETS * 8)
		return;
	size_t size = A6_OCTETS - prefix / 8u;
	cursor_copy(in, octets + A6_OCTETS - size, size);
	octets[prefix / 8] &= (uint8_t)(0xff >> prefix % 8); /* padding, whatever it holds */
	struct cursor suffix = cursor_over(octets, sizeof octets);
	put_char(out, ' ');
	put_ipv6(out, &suffix);
}

static void
put_hip(struct writer *out, struct cursor *in)
{
	uint8_t hit_bytes = cursor_u8(in), algorithm = cursor_u8(in);
	uint16_t key_bytes = cursor_u16(in);
	if (hit_bytes == 0 || key_bytes == 0)
		cursor_fail(in, ERR_UNSUPPORTED); /* no token could stand for it */
	put_number(out, algorithm);
	put_char(out, ' ');
	put_groups(out, in, hit_bytes, UINT32_MAX, '\0');
	put_char(out, ' ');
	const uint8_t *key = cursor_bytes(in, key_bytes);
	if (key != NULL)
		put_base64(out, key, key_bytes);
}

/* ---- the record ----------------------------------------------------------------------------------- */

static void
put_names(struct writer *out, struct cursor *in)
{
	while (in->err == 0 && cursor_left(in) > 0) {
		put_separator(out);
		put_name(out, in);
	}
}

/* Fields that may come to nothing, or to several items, and so see to the blank before them themselves. */
static bool
put_list_field(struct writer *out, struct cursor *in, enum rdata_field field)
{
	switch (field) {
	case FIELD_NAMES:
	case FIELD_A6_NAME: put_names(out, in); return true;
	case FIELD_STRING_MAYBE:
	case FIELD_STRINGS: put_strings(out, in); return true;
	case FIELD_REST_TEXT:
	case FIELD_REST_HEX:
	case FIELD_REST_BASE64:
	case FIELD_REST_BASE64_MAYBE:
	case FIELD_REST_DATA: put_rest(out, in, field); return true;
	case FIELD_BITMAP: put_bitmap(out, in); return true;
	case FIELD_BITMAP_NXT: put_bitmap_nxt(out, in); return true;
	case FIELD_WKS: put_wks(out, in); return true;
	case FIELD_LOC: put_loc(out, in); return true;
	case FIELD_APL: put_apl(out, in); return true;
	case FIELD_SVCPARAMS: put_svcparams(out, in); return true;
	default: return false;
	}
}

static void
put_field(struct writer *out, struct cursor *in, enum rdata_field field)
{
	switch (field) {
	case FIELD_U8:
	case FIELD_ALGORITHM: put_number(out, cursor_u8(in)); return;
	case FIELD_U16: put_number(out, cursor_u16(in)); return;
	case FIELD_U32:
	case FIELD_PERIOD: put_number(out, cursor_u32(in)); return;
	case FIELD_U64: put_u64(out, in, 8); return;
	case FIELD_TIME48: put_u64(out, in, 6); return;
	case FIELD_TYPE: put_type(out, in); return;
	case FIELD_CERT_TYPE: put_word(out, &words_cert_types, cursor_u16(in)); return;
	case FIELD_SCHEME: put_word(out, &words_schemes, cursor_u8(in)); return;
	case FIELD_TIME: put_time(out, cursor_u32(in)); return;
	case FIELD_IPV4: put_ipv4(out, in); return;
	case FIELD_IPV6: put_ipv6(out, in); return;
	case FIELD_EUI48: put_groups(out, in, 6, 1, '-'); return;
	case FIELD_EUI64: put_groups(out, in, 8, 1, '-'); return;
	case FIELD_NODE: put_groups(out, in, 8, 2, ':'); return;
	case FIELD_NAME: put_name(out, in); return;
	case FIELD_STRING:
	case FIELD_HEX8:
	case FIELD_BASE32_8: put_sized(out, in, cursor_u8(in), field); return;
	case FIELD_TAG: put_tag(out, in); return;
	case FIELD_BASE64_16: put_base64_16(out, in); return;
	case FIELD_NSAP: put_nsap(out, in); return;
	case FIELD_ATMA: put_atma(out, in); return;
	case FIELD_GATEWAY: put_gateway(out, in, octet_at(in, 1)); return;
	case FIELD_RELAY: put_relay(out, in); return;
	case FIELD_A6_SUFFIX: put_a6_suffix(out, in); return;
	case FIELD_HIP: put_hip(out, in); return;
	default: cursor_fail(in, ERR_UNSUPPORTED); return; /* opaque */
	}
}

static void
put_fields(struct writer *out, struct cursor *in, const struct rdata_type *type)
{
	for (unsigned i = 0; i < RDATA_FIELDS_MAX && type->fields[i] != FIELD_END && in->err == 0;
	     i++) {
		if (put_list_field(out, in, type->fields[i]))
			continue;
		put_separator(out);
		put_field(out, in, type->fields[i]);
	}
	if (in->err == 0 && cursor_left(in) > 0)
		cursor_fail(in, ERR_MALFORMED);
}

static void
put_opaque(struct writer *out, const uint8_t *bytes, size_t size)
{
	put_text(out, "\\# ");
	put_number(out, size);
	if (size == 0)
		return;
	put_char(out, ' ');
	put_hex(out, bytes, size);
}

int
rdata_to_text(uint16_t type, uint16_t class, const uint8_t *bytes, size_t size, char *text,
	      size_t text_bytes)
{
	struct cursor in = cursor_over(bytes, size);
	struct writer out = writer_over(text, text_bytes);
	put_fields(&out, &in, rdata_type_of(type, class));
	if (in.err != 0) {
		out = writer_over(text, text_bytes);
		put_opaque(&out, bytes, size);
	}
	put_char(&out, '\0');
	if (out.err != 0 && text_bytes > 0)
		text[0] = '\0';
	return out.err;
}
