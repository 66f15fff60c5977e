#include "resolver/wire/text.h"

#include "resolver/wire/codec.h"
#include "resolver/wire/fields.h"
#include "resolver/wire/rdata_types.h"
#include "resolver/wire/words.h"

/* One record's text being read into one record's octets. */
struct parse {
	struct tokens tokens;
	const struct name *origin;
	struct writer *out;
	size_t start; /* of the rdata in `out` */
};

/* A field that must be there. */
static int
need_token(struct parse *parse, struct token *token)
{
	int err = token_next(&parse->tokens, token);
	return err == ERR_NOT_FOUND ? ERR_MALFORMED : err;
}

static uint8_t
octet_at(const struct parse *parse, size_t at)
{
	return parse->start + at < parse->out->pos ? parse->out->begin[parse->start + at] : 0;
}

/* ---- numbers ------------------------------------------------------------------------------------- */

static int
parse_number(struct parse *parse, unsigned size)
{
	struct token token;
	uint64_t number, max = size == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * size) - 1;
	int err = need_token(parse, &token);
	if (err == 0)
		err = get_number(token.text, token.size, max, &number);
	if (err != 0)
		return err;
	while (size-- > 0)
		writer_u8(parse->out, (uint8_t)(number >> 8 * size));
	return 0;
}

static int
parse_word(struct parse *parse, const struct words *words, unsigned size)
{
	uint16_t number;
	int err = get_word(&parse->tokens, words, size == 1 ? UINT8_MAX : UINT16_MAX, &number);
	if (err != 0)
		return err;
	if (size == 2)
		writer_u8(parse->out, (uint8_t)(number >> 8));
	writer_u8(parse->out, (uint8_t)number);
	return 0;
}

static int
parse_type(struct parse *parse)
{
	struct token token;
	char text[TYPE_TEXT_BYTES];
	uint16_t type;
	int err = need_token(parse, &token);
	if (err == 0 && token_copy(&token, text, sizeof text) != 0)
		err = ERR_MALFORMED;
	if (err == 0)
		err = type_from_text(text, &type);
	if (err == 0)
		writer_u16(parse->out, type);
	return err;
}

static int
parse_seconds(struct parse *parse, enum rdata_field field)
{
	struct token token;
	uint32_t seconds;
	int err = need_token(parse, &token);
	if (err == 0 && field == FIELD_PERIOD)
		err = get_period(token.text, token.size, UINT32_MAX, &seconds);
	else if (err == 0)
		err = get_time(token.text, token.size, &seconds);
	if (err == 0)
		writer_u32(parse->out, seconds);
	return err;
}

/* Octets of two digits each with hyphens between them (RFC 7043, sections 3.2 and 4.2). */
static int
parse_eui(struct parse *parse, size_t size)
{
	struct token token;
	int err = need_token(parse, &token);
	if (err == 0 && token.size != 3 * size - 1)
		err = ERR_MALFORMED;
	for (size_t i = 0; err == 0 && i < token.size; i += 3) {
		if (i + 2 < token.size && token.text[i + 2] != '-')
			return ERR_MALFORMED;
		err = get_hex(token.text + i, 2, parse->out);
	}
	return err;
}

/* Four groups as in an IPv6 address, never "::" (RFC 6742, section 2.1.2; RFC 4291, section 2.2). */
static int
parse_node(struct parse *parse)
{
	struct token token;
	int err = need_token(parse, &token);
	for (unsigned groups = 4; err == 0 && groups > 0; groups--) {
		char digits[] = { '0', '0', '0', '0' };
		const char *colon = memchr(token.text, ':', token.size);
		size_t size = colon != NULL ? (size_t)(colon - token.text) : token.size;
		if (size == 0 || size > sizeof digits || (colon != NULL) != (groups > 1))
			return ERR_MALFORMED;
		memcpy(digits + sizeof digits - size, token.text, size);
		err = get_hex(digits, sizeof digits, parse->out);
		token.text += size + (colon != NULL);
		token.size -= size + (colon != NULL);
	}
	return err;
}

/* ---- names and addresses -------------------------------------------------------------------------- */

int
get_name(const struct token *token, const struct name *origin, struct writer *out)
{
	char text[NAME_TEXT_BYTES];
	struct name name;
	int err = token_copy(token, text, sizeof text);
	if (err == 0)
		err = name_from_text(&name, text, origin);
	if (err == 0)
		writer_bytes(out, name.wire, name.size);
	return err;
}

static int
parse_name(struct parse *parse)
{
	struct token token;
	int err = need_token(parse, &token);
	return err != 0 ? err : get_name(&token, parse->origin, parse->out);
}

static int
parse_address(struct parse *parse, bool is_ipv4)
{
	struct token token;
	int err = need_token(parse, &token);
	if (err != 0)
		return err;
	return is_ipv4 ? get_ipv4(&token, parse->out) : get_ipv6(&token, parse->out);
}

static int
parse_gateway(struct parse *parse, uint8_t kind)
{
	struct token token;
	switch (kind) {
	case GATEWAY_NONE:
		if (need_token(parse, &token) != 0)
			return ERR_MALFORMED;
		return text_is(token.text, token.size, ".") ? 0 : ERR_MALFORMED;
	case GATEWAY_IPV4: return parse_address(parse, true);
	case GATEWAY_IPV6: return parse_address(parse, false);
	case GATEWAY_NAME: return parse_name(parse);
	default: return ERR_MALFORMED;
	}
}

/* The D bit, the type, the relay (RFC 8777, section 4.3.1). */
static int
parse_relay(struct parse *parse)
{
	struct token discovery, kind;
	uint64_t optional, number;
	if (need_token(parse, &discovery) != 0 || need_token(parse, &kind) != 0 ||
	    get_number(discovery.text, discovery.size, 1, &optional) != 0 ||
	    get_number(kind.text, kind.size, 0x7f, &number) != 0)
		return ERR_MALFORMED;
	writer_u8(parse->out, (uint8_t)(optional << 7 | number));
	return parse_gateway(parse, (uint8_t)number);
}

static int
parse_a6_suffix(struct parse *parse)
{
	struct token token;
	uint64_t prefix;
	uint8_t octets[A6_OCTETS];
	struct writer address = writer_over(octets, sizeof octets);
	int err = need_token(parse, &token);
	if (err == 0)
		err = get_number(token.text, token.size, A6_OCTETS * 8, &prefix);
	if (err != 0)
		return err;
	writer_u8(parse->out, (uint8_t)prefix);
	if (prefix == A6_OCTETS * 8)
		return 0;
	err = need_token(parse, &token);
	if (err == 0)
		err = get_ipv6(&token, &address);
	if (err != 0)
		return err;
	octets[prefix / 8] &= (uint8_t)(0xff >> prefix % 8);
	writer_bytes(parse->out, octets + prefix / 8, A6_OCTETS - prefix / 8);
	return 0;
}

/* ---- octets with a length ------------------------------------------------------------------------- */

typedef int octets_reader(const char *text, size_t size, struct writer *out);

/* The octets of a token after their 8-bit length. */
static int
write_sized(struct parse *parse, const struct token *token, octets_reader *read)
{
	size_t length_at = parse->out->pos;
	writer_u8(parse->out, 0);
	int err = read(token->text, token->size, parse->out);
	size_t size = parse->out->pos - length_at - 1;
	if (err != 0 || parse->out->err != 0)
		return err != 0 ? err : parse->out->err;
	if (size > UINT8_MAX)
		return ERR_TOO_BIG;
	parse->out->begin[length_at] = (uint8_t)size;
	return 0;
}

/* Letters and digits (RFC 8659, section 4.1). */
static int
get_tag(const char *text, size_t size, struct writer *out)
{
	for (size_t i = 0; i < size; i++) {
		char letter = (char)(text[i] | 0x20);
		if (!(text[i] >= '0' && text[i] <= '9') && !(letter >= 'a' && letter <= 'z'))
			return ERR_MALFORMED;
	}
	writer_bytes(out, text, size);
	return out->err;
}

static int
parse_sized(struct parse *parse, octets_reader *read)
{
	struct token token;
	int err = need_token(parse, &token);
	return err != 0 ? err : write_sized(parse, &token, read);
}

static int
parse_salt(struct parse *parse)
{
	struct token token;
	int err = need_token(parse, &token);
	if (err == 0 && text_is(token.text, token.size, "-"))
		token.size = 0;
	return err != 0 ? err : write_sized(parse, &token, get_hex);
}

static int
parse_strings(struct parse *parse)
{
	int err = tokens_are_left(&parse->tokens) ? 0 : ERR_MALFORMED;
	while (err == 0 && tokens_are_left(&parse->tokens))
		err = parse_sized(parse, get_escaped);
	return err;
}

static int
parse_base64_16(struct parse *parse)
{
	struct token token;
	uint64_t size;
	int err = need_token(parse, &token);
	if (err == 0)
		err = get_number(token.text, token.size, UINT16_MAX, &size);
	if (err != 0)
		return err;
	writer_u16(parse->out, (uint16_t)size);
	if (size == 0)
		return 0;
	size_t before = parse->out->pos;
	err = need_token(parse, &token);
	if (err == 0)
		err = get_base64(token.text, token.size, parse->out);
	return err == 0 && parse->out->pos - before != size ? ERR_MALFORMED : err;
}

static int
parse_hip(struct parse *parse)
{
	struct writer *out = parse->out;
	size_t head_at = out->pos;
	struct token token;
	uint64_t algorithm;
	uint8_t *head = writer_reserve(out, 4);
	if (head == NULL)
		return out->err;
	int err = need_token(parse, &token);
	if (err == 0)
		err = get_number(token.text, token.size, UINT8_MAX, &algorithm);
	if (err == 0)
		err = need_token(parse, &token);
	if (err == 0)
		err = get_hex(token.text, token.size, out);
	size_t hit_bytes = out->pos - head_at - 4;
	if (err == 0)
		err = need_token(parse, &token);
	if (err == 0)
		err = get_base64(token.text, token.size, out);
	size_t key_bytes = out->pos - head_at - 4 - hit_bytes;
	if (err != 0)
		return err;
	if (hit_bytes > UINT8_MAX || key_bytes > UINT16_MAX)
		return ERR_TOO_BIG;
	head[0] = (uint8_t)hit_bytes;
	head[1] = (uint8_t)algorithm;
	writer_patch_u16(out, head_at + 2, (uint16_t)key_bytes);
	return 0;
}

/* ---- the rest of the record ----------------------------------------------------------------------- */

static int
parse_rest(struct parse *parse, octets_reader *read)
{
	struct tokens *tokens = &parse->tokens;
	if (!tokens_are_left(tokens))
		return ERR_MALFORMED;
	int err = read(tokens->at, (size_t)(tokens->end - tokens->at), parse->out);
	tokens->at = tokens->end;
	return err;
}

static int
parse_rest_text(struct parse *parse)
{
	struct token token;
	int err = need_token(parse, &token);
	return err != 0 ? err : get_escaped(token.text, token.size, parse->out);
}

static int
parse_rest_data(struct parse *parse)
{
	struct tokens before = parse->tokens;
	struct token token;
	if (need_token(parse, &token) != 0)
		return ERR_MALFORMED;
	if (text_is(token.text, token.size, "-"))
		return 0;
	parse->tokens = before;
	return parse_rest(parse, get_base64);
}

static int
parse_names(struct parse *parse)
{
	int err = 0;
	while (err == 0 && tokens_are_left(&parse->tokens))
		err = parse_name(parse);
	return err;
}

/* 0x, digits, and dots between them where one likes (RFC 1706, section 7). */
static int
parse_nsap(struct parse *parse)
{
	struct token token;
	char digits[2] = "";
	unsigned count = 0;
	int err = need_token(parse, &token);
	if (err == 0 && (token.size < 4 || !text_is(token.text, 2, "0x")))
		err = ERR_MALFORMED;
	for (size_t i = 2; err == 0 && i < token.size; i++) {
		if (token.text[i] == '.')
			continue;
		digits[count++ % 2] = token.text[i];
		if (count % 2 == 0)
			err = get_hex(digits, 2, parse->out);
	}
	return err == 0 && count % 2 != 0 ? ERR_MALFORMED : err;
}

/* +digits is an E.164 number, anything else hexadecimal digits, with dots where one likes. */
static int
parse_atma(struct parse *parse)
{
	struct token token;
	char digits[2] = "";
	unsigned count = 0;
	int err = need_token(parse, &token);
	if (err != 0)
		return err;
	bool is_number = token.size > 1 && token.text[0] == '+';
	writer_u8(parse->out, is_number);
	for (size_t i = is_number; err == 0 && i < token.size; i++) {
		if (token.text[i] == '.')
			continue;
		digits[count++ % 2] = token.text[i];
		if (is_number && (token.text[i] < '0' || token.text[i] > '9'))
			err = ERR_MALFORMED;
		else if (is_number)
			writer_u8(parse->out, (uint8_t)token.text[i]);
		else if (count % 2 == 0)
			err = get_hex(digits, 2, parse->out);
	}
	return err == 0 && (count == 0 || (!is_number && count % 2 != 0)) ? ERR_MALFORMED : err;
}

/* ---- the record ----------------------------------------------------------------------------------- */

static int
parse_field(struct parse *parse, enum rdata_field field)
{
	switch (field) {
	case FIELD_U8: return parse_number(parse, 1);
	case FIELD_U16: return parse_number(parse, 2);
	case FIELD_U32: return parse_number(parse, 4);
	case FIELD_TIME48: return parse_number(parse, 6);
	case FIELD_U64: return parse_number(parse, 8);
	case FIELD_TYPE: return parse_type(parse);
	case FIELD_ALGORITHM: return parse_word(parse, &words_algorithms, 1);
	case FIELD_CERT_TYPE: return parse_word(parse, &words_cert_types, 2);
	case FIELD_SCHEME: return parse_word(parse, &words_schemes, 1);
	case FIELD_PERIOD:
	case FIELD_TIME: return parse_seconds(parse, field);
	case FIELD_EUI48: return parse_eui(parse, 6);
	case FIELD_EUI64: return parse_eui(parse, 8);
	case FIELD_NODE: return parse_node(parse);
	case FIELD_IPV4: return parse_address(parse, true);
	case FIELD_IPV6: return parse_address(parse, false);
	case FIELD_NAME: return parse_name(parse);
	case FIELD_NAMES: return parse_names(parse);
	case FIELD_STRING: return parse_sized(parse, get_escaped);
	case FIELD_TAG: return parse_sized(parse, get_tag);
	case FIELD_STRING_MAYBE:
		return tokens_are_left(&parse->tokens) ? parse_sized(parse, get_escaped) : 0;
	case FIELD_STRINGS: return parse_strings(parse);
	case FIELD_HEX8: return parse_salt(parse);
	case FIELD_BASE32_8: return parse_sized(parse, get_base32hex);
	case FIELD_BASE64_16: return parse_base64_16(parse);
	case FIELD_REST_TEXT: return parse_rest_text(parse);
	case FIELD_REST_HEX: return parse_rest(parse, get_hex);
	case FIELD_REST_BASE64: return parse_rest(parse, get_base64);
	case FIELD_REST_BASE64_MAYBE:
		return tokens_are_left(&parse->tokens) ? parse_rest(parse, get_base64) : 0;
	case FIELD_REST_DATA: return parse_rest_data(parse);
	case FIELD_BITMAP: return get_bitmap(&parse->tokens, parse->out);
	case FIELD_BITMAP_NXT: return get_bitmap_nxt(&parse->tokens, parse->out);
	case FIELD_WKS: return get_wks(&parse->tokens, parse->out);
	case FIELD_LOC: return get_loc(&parse->tokens, parse->out);
	case FIELD_APL: return get_apl(&parse->tokens, parse->out);
	case FIELD_SVCPARAMS: return get_svcparams(&parse->tokens, parse->out);
	case FIELD_NSAP: return parse_nsap(parse);
	case FIELD_ATMA: return parse_atma(parse);
	case FIELD_GATEWAY: return parse_gateway(parse, octet_at(parse, 1));
	case FIELD_RELAY: return parse_relay(parse);
	case FIELD_A6_SUFFIX: return parse_a6_suffix(parse);
	case FIELD_A6_NAME: return octet_at(parse, 0) > 0 ? parse_name(parse) : 0;
	case FIELD_HIP: return parse_hip(parse);
	case FIELD_OPTIONS:
	case FIELD_OPAQUE:
	case FIELD_END: return ERR_UNSUPPORTED; /* only \# says it */
	}
	return ERR_UNSUPPORTED;
}

static int
parse_fields(struct parse *parse, const struct rdata_type *type)
{
	int err = 0;
	for (unsigned i = 0; err == 0 && i < RDATA_FIELDS_MAX && type->fields[i] != FIELD_END; i++)
		err = parse_field(parse, type->fields[i]);
	if (err == 0 && tokens_are_left(&parse->tokens))
		err = ERR_MALFORMED;
	return err;
}

/* RFC 3597, section 5: \#, the length, the octets. */
static int
parse_opaque(struct parse *parse)
{
	struct token token;
	uint64_t size;
	int err = need_token(parse, &token);
	if (err == 0)
		err = get_number(token.text, token.size, UINT16_MAX, &size);
	if (err == 0 && size > 0)
		err = parse_rest(parse, get_hex);
	if (err == 0 && tokens_are_left(&parse->tokens))
		err = ERR_MALFORMED;
	return err == 0 && parse->out->pos - parse->start != size ? ERR_MALFORMED : err;
}

static bool
is_opaque(struct tokens tokens)
{
	struct token token;
	return token_next(&tokens, &token) == 0 && !token.is_quoted && token.size == 2 &&
	       token.text[0] == '\\' && token.text[1] == '#';
}

int
rdata_from_text(uint16_t type, uint16_t class, const char *text, const struct name *origin,
		struct writer *out)
{
	struct parse parse = { tokens_over(text, strlen(text)), origin, out, out->pos };
	struct token hash;
	struct rdata_names names;
	int err;

	if (is_opaque(parse.tokens)) {
		(void)token_next(&parse.tokens, &hash);
		err = parse_opaque(&parse);
	} else {
		err = parse_fields(&parse, rdata_type_of(type, CLASS_IN)); /* in what other form would another class write it? */
	}
	if (err != 0 || out->err != 0)
		return err != 0 ? err : out->err;
	if (out->pos - parse.start > UINT16_MAX)
		return ERR_TOO_BIG;
	/* Known types must be in order in the \# form as well. */
	return rdata_names(type, class, out->begin + parse.start, out->pos - parse.start, &names);
}
