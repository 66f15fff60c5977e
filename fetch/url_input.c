#include "fetch/url_priv.h"
#include "fetch/utf8.h"

/* Room for what no octet of the input pays for: an address, slashes of a path, a drive letter. */
#define OUT_SPARE_BYTES 64u

static struct span
strip_c0_control_or_space(struct span text)
{
	while (text.bytes != 0 && (uint8_t)text.at[0] <= ' ')
		text = span_from(text, 1);
	while (text.bytes != 0 && (uint8_t)text.at[text.bytes - 1] <= ' ')
		text.bytes--;
	return text;
}

static bool
is_tab_or_newline(uint32_t code_point)
{
	return code_point == '\t' || code_point == '\n' || code_point == '\r';
}

/* What the parser would see, into `clean` unless it is NULL; its size, and whether that is not simply text. */
static size_t
clean_input(struct span text, char *clean, bool *has_tabs, bool *has_changed)
{
	size_t used = 0;
	*has_tabs = false;
	*has_changed = false;
	for (size_t at = 0; at < text.bytes;) {
		size_t begin = at;
		char encoded[UTF8_ENCODED_BYTES];
		uint32_t code_point = utf8_next(text.at, text.bytes, &at);
		if (is_tab_or_newline(code_point)) {
			*has_tabs = *has_changed = true;
			continue;
		}
		size_t bytes = utf8_encode(code_point, encoded);
		*has_changed |= bytes != at - begin || memcmp(encoded, text.at + begin, bytes) != 0;
		if (clean != NULL)
			memcpy(clean + used, encoded, bytes);
		used += bytes;
	}
	return used;
}

int
url__open(struct url_parser *parser, struct span text)
{
	struct arena *arena = parser->context->arena;
	bool has_tabs, has_changed;
	struct span stripped = strip_c0_control_or_space(text);
	if (stripped.bytes != text.bytes)
		url__warn(parser, URL_ERROR_INVALID_URL_UNIT);

	size_t clean_bytes = clean_input(stripped, NULL, &has_tabs, &has_changed);
	if (has_tabs)
		url__warn(parser, URL_ERROR_INVALID_URL_UNIT);
	parser->input = stripped;
	if (has_changed) {
		char *clean = arena_alloc(arena, clean_bytes);
		if (clean == NULL)
			return ERR_NO_MEMORY;
		clean_input(stripped, clean, &has_tabs, &has_changed);
		parser->input = span_of(clean, clean_bytes);
	}

	size_t base_bytes = parser->base != NULL ? parser->base->path.bytes : 0;
	if (clean_bytes > SIZE_MAX / 8 || base_bytes > SIZE_MAX / 8)
		return ERR_NO_MEMORY;
	parser->out_bytes = PERCENT_ENCODED_BYTES * clean_bytes + base_bytes + OUT_SPARE_BYTES;
	parser->out = arena_alloc(arena, parser->out_bytes);
	return parser->out != NULL ? 0 : ERR_NO_MEMORY;
}

struct span
url__until(const struct url_parser *parser, const char *octets)
{
	struct span rest = url__rest(parser);
	for (size_t i = 0; i < rest.bytes; i++) {
		bool is_backslash = rest.at[i] == '\\' && url__is_special(parser);
		if (is_backslash || (rest.at[i] != '\0' && strchr(octets, rest.at[i]) != NULL))
			return span_first(rest, i);
	}
	return rest;
}

void
url__append(struct url_parser *parser, struct span text)
{
	assert(text.bytes <= parser->out_bytes - parser->out_used);
	if (text.bytes != 0)
		memcpy(parser->out + parser->out_used, text.at, text.bytes);
	parser->out_used += text.bytes;
}

/* URL code points (section 4.3): what may stand in a URL unencoded. */
static bool
is_url_code_point(uint32_t code_point)
{
	if (code_point < 0x80) {
		char c = span_lower((char)code_point);
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		       (c != '\0' && strchr("!$&'()*+,-./:;=?@_~", c) != NULL);
	}
	bool is_noncharacter =
		(code_point & 0xfffe) == 0xfffe || (code_point >= 0xfdd0 && code_point <= 0xfdef);
	return code_point >= 0xa0 && !is_noncharacter;
}

void
url__check_units(const struct url_parser *parser, struct span text)
{
	if (parser->context->report == NULL)
		return;
	for (size_t at = 0; at < text.bytes;) {
		if (percent_is_encoded(text, at)) {
			at += PERCENT_ENCODED_BYTES;
			continue;
		}
		if (!is_url_code_point(utf8_next(text.at, text.bytes, &at)))
			url__warn(parser, URL_ERROR_INVALID_URL_UNIT);
	}
}

void
url__append_encoded(struct url_parser *parser, struct span text, enum percent_set set)
{
	assert(text.bytes <= (parser->out_bytes - parser->out_used) / PERCENT_ENCODED_BYTES);
	url__check_units(parser, text);
	parser->out_used += percent_encode(text, set, parser->out + parser->out_used);
}

struct span
url__out_from(const struct url_parser *parser, size_t at)
{
	return span_of(parser->out + at, parser->out_used - at);
}
