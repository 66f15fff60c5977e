#include "resolver/wire/fields.h"

#include "resolver/wire/codec.h"

#define SVCPARAMS_MAX   64u
#define SVCVALUE_MAX    4096u
#define SVC_KEY_INVALID 65535u

enum svc_key {
	SVC_MANDATORY = 0,
	SVC_ALPN = 1,
	SVC_NO_DEFAULT_ALPN = 2,
	SVC_PORT = 3,
	SVC_IPV4HINT = 4,
	SVC_ECH = 5,
	SVC_IPV6HINT = 6,
	SVC_DOHPATH = 7,
	SVC_OHTTP = 8,
};

/* IANA's registry: RFC 9460, section 14.3.2; RFC 9848; RFC 9461; RFC 9540. */
static const char *const key_words[] = {
	"mandatory", "alpn",     "no-default-alpn", "port",  "ipv4hint",
	"ech",       "ipv6hint", "dohpath",         "ohttp",
};
#define KEY_WORDS (sizeof key_words / sizeof key_words[0])

/* ---- to text ------------------------------------------------------------------------------------- */

static void
put_key(struct writer *out, uint16_t key)
{
	if (key < KEY_WORDS) {
		put_text(out, key_words[key]);
		return;
	}
	put_text(out, "key");
	put_number(out, key);
}

static void
put_mandatory(struct writer *out, struct cursor *value)
{
	do {
		put_key(out, cursor_u16(value));
		if (cursor_left(value) > 0)
			put_char(out, ',');
	} while (value->err == 0 && cursor_left(value) > 0);
}

/* Commas and backslashes inside an id are escaped twice: for the list and for the string around it. */
static void
put_alpn(struct writer *out, struct cursor *value)
{
	do {
		uint8_t size = cursor_u8(value);
		const uint8_t *id = cursor_bytes(value, size);
		if (id == NULL || size == 0) {
			cursor_fail(value, ERR_MALFORMED);
			return;
		}
		for (size_t i = 0; i < size; i++) {
			if (id[i] == ',' || id[i] == '\\')
				put_text(out, "\\\\");
			put_escaped(out, id[i], "\"\\");
		}
		if (cursor_left(value) > 0)
			put_char(out, ',');
	} while (cursor_left(value) > 0);
}

static void
put_hints(struct writer *out, struct cursor *value,
	  void (*put_one)(struct writer *, struct cursor *))
{
	do {
		put_one(out, value);
		if (cursor_left(value) > 0)
			put_char(out, ',');
	} while (value->err == 0 && cursor_left(value) > 0);
}

static void
put_value(struct writer *out, uint16_t key, struct cursor *value)
{
	switch (key) {
	case SVC_MANDATORY: put_mandatory(out, value); return;
	case SVC_ALPN: put_alpn(out, value); return;
	case SVC_PORT: put_number(out, cursor_u16(value)); return;
	case SVC_IPV4HINT: put_hints(out, value, put_ipv4); return;
	case SVC_IPV6HINT: put_hints(out, value, put_ipv6); return;
	case SVC_ECH:
		if (cursor_left(value) == 0)
			cursor_fail(value, ERR_MALFORMED);
		put_base64(out, value->begin + value->pos, cursor_left(value));
		cursor_skip(value, cursor_left(value));
		return;
	default:
		while (cursor_left(value) > 0)
			put_escaped(out, cursor_u8(value), "\"\\");
		return;
	}
}

static bool
is_string(uint16_t key)
{
	return key == SVC_ALPN || key == SVC_DOHPATH || key >= KEY_WORDS;
}

void
put_svcparams(struct writer *out, struct cursor *in)
{
	int last = -1;
	while (in->err == 0 && cursor_left(in) > 0) {
		uint16_t key = cursor_u16(in), size = cursor_u16(in);
		struct cursor value = cursor_sub(in, size);
		bool has_no_value = key == SVC_NO_DEFAULT_ALPN || key == SVC_OHTTP;
		if ((int)key <= last || key == SVC_KEY_INVALID || (has_no_value && size > 0)) {
			cursor_fail(
				in,
				ERR_MALFORMED); /* RFC 9460, section 2.2: in strictly ascending order */
			return;
		}
		last = key;
		put_separator(out);
		put_key(out, key);
		if (has_no_value || (size == 0 && key >= KEY_WORDS))
			continue;
		put_text(out, is_string(key) ? "=\"" : "=");
		put_value(out, key, &value);
		if (is_string(key))
			put_char(out, '"');
		if (value.err != 0 || cursor_left(&value) > 0)
			cursor_fail(in, ERR_MALFORMED);
	}
}

/* ---- from text ----------------------------------------------------------------------------------- */

struct param {
	uint16_t key;
	bool has_value;
	const char *value; /* without its quotes, escapes kept */
	size_t size;
};

/* In small letters only (RFC 9460, section 2.1). */
static int
get_key(const char *text, size_t size, uint16_t *key)
{
	uint64_t number;
	for (uint16_t word = 0; word < KEY_WORDS; word++) {
		if (size == strlen(key_words[word]) && memcmp(text, key_words[word], size) == 0) {
			*key = word;
			return 0;
		}
	}
	if (size < 4 || memcmp(text, "key", 3) != 0 || (text[3] == '0' && size > 4) ||
	    get_number(text + 3, size - 3, SVC_KEY_INVALID - 1, &number) != 0)
		return ERR_MALFORMED;
	*key = (uint16_t)number;
	return 0;
}

static int
get_param(struct tokens *tokens, struct param *param)
{
	struct token token;
	int err = token_next(tokens, &token);
	if (err != 0 || token.is_quoted)
		return ERR_MALFORMED;
	const char *equals = memchr(token.text, '=', token.size);
	size_t key_size = equals != NULL ? (size_t)(equals - token.text) : token.size;
	err = get_key(token.text, key_size, &param->key);
	param->has_value = equals != NULL;
	param->value = equals != NULL ? equals + 1 : token.text;
	param->size = equals != NULL ? token.size - key_size - 1 : 0;
	if (param->size > 0 && param->value[0] == '"') { /* the closing one ends the token */
		param->value++;
		param->size -= 2;
	}
	return err;
}

/* The part of a list that starts at *at, which moves on to the next; false when there is none. */
static bool
next_part(const struct param *param, size_t *at, struct token *part)
{
	if (*at > param->size)
		return false;
	const char *text = param->value + *at;
	const char *comma = memchr(text, ',', param->size - *at);
	size_t size = comma != NULL ? (size_t)(comma - text) : param->size - *at;
	*part = (struct token){ text, size, false };
	*at += size + 1;
	return true;
}

static int
get_mandatory(const struct param *param, struct writer *out)
{
	uint16_t keys[SVCPARAMS_MAX];
	unsigned count = 0;
	struct token part;
	for (size_t at = 0; next_part(param, &at, &part);) {
		if (count == SVCPARAMS_MAX || get_key(part.text, part.size, &keys[count]) != 0)
			return ERR_MALFORMED;
		uint16_t key = keys[count];
		unsigned place = count++;
		for (; place > 0 && keys[place - 1] > key; place--)
			keys[place] = keys[place - 1];
		keys[place] = key;
		if (key == SVC_MANDATORY || (place > 0 && keys[place - 1] == key))
			return ERR_MALFORMED; /* RFC 9460, section 8 */
	}
	for (unsigned i = 0; i < count; i++)
		writer_u16(out, keys[i]);
	return 0;
}

/* The string's escapes are undone first, then the list's (RFC 9460, appendix A.1). */
static int
get_alpn(const struct param *param, struct writer *out)
{
	uint8_t octets[SVCVALUE_MAX];
	struct writer list = writer_over(octets, sizeof octets);
	int err = get_escaped(param->value, param->size, &list);
	if (err != 0)
		return err == ERR_FULL ? ERR_TOO_BIG : err;
	for (size_t at = 0; at <= list.pos; at++) {
		size_t length_at = out->pos;
		writer_u8(out, 0);
		for (; at < list.pos && octets[at] != ','; at++) {
			if (octets[at] == '\\' && ++at == list.pos)
				return ERR_MALFORMED;
			writer_u8(out, octets[at]);
		}
		size_t size = out->pos - length_at - 1;
		if (out->err != 0)
			return out->err;
		if (size == 0 || size > UINT8_MAX)
			return ERR_MALFORMED;
		out->begin[length_at] = (uint8_t)size;
	}
	return 0;
}

static int
get_hints(const struct param *param, int (*get_one)(const struct token *, struct writer *),
	  struct writer *out)
{
	struct token part;
	int err = 0;
	for (size_t at = 0; err == 0 && next_part(param, &at, &part);)
		err = get_one(&part, out);
	return err;
}

static int
get_value(const struct param *param, struct writer *out)
{
	uint64_t port;
	int err;
	switch (param->key) {
	case SVC_MANDATORY: return get_mandatory(param, out);
	case SVC_ALPN: return get_alpn(param, out);
	case SVC_NO_DEFAULT_ALPN:
	case SVC_OHTTP: return param->has_value ? ERR_MALFORMED : 0;
	case SVC_PORT:
		err = get_number(param->value, param->size, UINT16_MAX, &port);
		if (err == 0)
			writer_u16(out, (uint16_t)port);
		return err;
	case SVC_IPV4HINT: return get_hints(param, get_ipv4, out);
	case SVC_IPV6HINT: return get_hints(param, get_ipv6, out);
	case SVC_ECH:
		return param->size == 0 ? ERR_MALFORMED
					: get_base64(param->value, param->size, out);
	default: return get_escaped(param->value, param->size, out);
	}
}

static const struct param *
find_param(const struct param *params, unsigned count, uint16_t key)
{
	for (unsigned i = 0; i < count; i++)
		if (params[i].key == key)
			return &params[i];
	return NULL;
}

/* What a record promises it must have (RFC 9460, sections 7.1.1 and 8). */
static int
check_params(const struct param *params, unsigned count, const uint8_t *mandatory,
	     size_t mandatory_bytes)
{
	if (find_param(params, count, SVC_NO_DEFAULT_ALPN) != NULL &&
	    find_param(params, count, SVC_ALPN) == NULL)
		return ERR_MALFORMED;
	struct cursor keys = cursor_over(mandatory, mandatory_bytes);
	while (cursor_left(&keys) > 0)
		if (find_param(params, count, cursor_u16(&keys)) == NULL)
			return ERR_MALFORMED;
	return 0;
}

static int
write_params(const struct param *params, unsigned count, struct writer *out)
{
	const uint8_t *mandatory = NULL;
	size_t mandatory_bytes = 0;
	for (unsigned i = 0; i < count; i++) {
		writer_u16(out, params[i].key);
		size_t length_at = out->pos;
		writer_u16(out, 0);
		int err = get_value(&params[i], out);
		size_t size = out->pos - length_at - 2;
		if (err != 0 || out->err != 0)
			return err != 0 ? err : out->err;
		if (size > UINT16_MAX)
			return ERR_TOO_BIG;
		writer_patch_u16(out, length_at, (uint16_t)size);
		if (params[i].key == SVC_MANDATORY) {
			mandatory = out->begin + length_at + 2;
			mandatory_bytes = size;
		}
	}
	return check_params(params, count, mandatory, mandatory_bytes);
}

int
get_svcparams(struct tokens *tokens, struct writer *out)
{
	struct param params[SVCPARAMS_MAX];
	unsigned count = 0;
	tokens->are_pairs = true;
	while (tokens_are_left(tokens)) {
		struct param param;
		if (count == SVCPARAMS_MAX)
			return ERR_TOO_BIG;
		int err = get_param(tokens, &param);
		if (err != 0)
			return err;
		unsigned place = count++;
		for (; place > 0 && params[place - 1].key > param.key; place--)
			params[place] = params[place - 1];
		params[place] = param;
		if (place > 0 && params[place - 1].key == param.key)
			return ERR_MALFORMED;
	}
	return write_params(params, count, out);
}
