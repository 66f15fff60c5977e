#include "fetch/json_read.h"

#include "fetch/url_percent.h"
#include "fetch/utf8.h"

#define ESCAPE_DIGITS 4u

void
json_read_init(struct json_reader *reader, struct span text, struct arena *arena)
{
	*reader = (struct json_reader){ .text = text, .arena = arena };
}

static int
malformed(struct json_reader *reader, const char *why)
{
	reader->why = why;
	return ERR_MALFORMED;
}

static char
peek(const struct json_reader *reader) /* NUL at the end, which no JSON has */
{
	return reader->at < reader->text.bytes ? reader->text.at[reader->at] : '\0';
}

static void
skip_space(struct json_reader *reader)
{
	while (peek(reader) != '\0' && strchr(" \t\r\n", peek(reader)) != NULL)
		reader->at++;
}

static bool
take(struct json_reader *reader, char c)
{
	skip_space(reader);
	if (peek(reader) != c || c == '\0')
		return false;
	reader->at++;
	return true;
}

/* Four hexadecimal digits behind \u; UINT32_MAX when they are not there. */
static uint32_t
read_unit(struct json_reader *reader)
{
	uint32_t unit = 0;
	for (unsigned i = 0; i < ESCAPE_DIGITS; i++) {
		int digit = percent_hex_value(peek(reader));
		if (digit < 0)
			return UINT32_MAX;
		unit = unit << 4 | (uint32_t)digit;
		reader->at++;
	}
	return unit;
}

/* A code point in one or two \uXXXX (RFC 8259, section 7); a half pair is itself, which utf8_encode replaces. */
static uint32_t
read_escaped_code_point(struct json_reader *reader)
{
	uint32_t high = read_unit(reader);
	if (high < 0xd800 || high > 0xdbff)
		return high;
	size_t behind = reader->at;
	if (span_starts(span_from(reader->text, behind), SPAN("\\u"))) {
		reader->at += 2;
		uint32_t low = read_unit(reader);
		if (low >= 0xdc00 && low <= 0xdfff)
			return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	}
	reader->at = behind;
	return high;
}

static int
read_escape(struct json_reader *reader, uint32_t *code_point)
{
	static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	char letter = peek(reader);
	const char *known = letter != '\0' ? strchr(letters, letter) : NULL;
	if (known != NULL) {
		reader->at++;
		*code_point = (uint8_t)meanings[known - letters];
		return 0;
	}
	if (letter != 'u')
		return malformed(reader, "a backslash is followed by no escape");
	reader->at++;
	*code_point = read_escaped_code_point(reader);
	return *code_point == UINT32_MAX ? malformed(reader, "\\u lacks four hexadecimal digits")
					 : 0;
}

/* Behind the opening quote. Decoded a string is never longer than written. */
static int
read_string(struct json_reader *reader, struct span *string)
{
	size_t end = reader->at, used = 0;
	while (end < reader->text.bytes && reader->text.at[end] != '"')
		end += reader->text.at[end] == '\\' ? 2 : 1;
	if (end >= reader->text.bytes)
		return malformed(reader, "a string has no end");
	char *text = arena_alloc(reader->arena, end - reader->at + 1);
	if (text == NULL)
		return ERR_NO_MEMORY;
	while (reader->at < end) {
		char c = reader->text.at[reader->at++];
		uint32_t code_point;
		if ((uint8_t)c < 0x20)
			return malformed(reader, "a control character stands in a string");
		if (c != '\\') {
			text[used++] = c;
			continue;
		}
		int err = read_escape(reader, &code_point);
		if (err != 0)
			return err;
		char encoded[UTF8_ENCODED_BYTES];
		size_t bytes = utf8_encode(code_point, encoded);
		memcpy(text + used, encoded, bytes);
		used += bytes;
	}
	reader->at++;
	*string = span_of(text, used);
	return 0;
}

static int
skip_string(struct json_reader *reader)
{
	size_t mark = arena_mark(reader->arena);
	struct span string;
	int err = read_string(reader, &string);
	arena_rewind(reader->arena, mark);
	return err;
}

/* Brackets and strings of a nested value have to agree; what stands between them is not looked at. */
static int
skip_nested(struct json_reader *reader)
{
	char closing[JSON_READ_DEPTH_MAX];
	unsigned depth = 0;
	do {
		char c = peek(reader);
		if (c == '\0')
			return malformed(reader, "an object or array has no end");
		reader->at++;
		if (c == '"') {
			int err = skip_string(reader);
			if (err != 0)
				return err;
		} else if (c == '{' || c == '[') {
			if (depth == JSON_READ_DEPTH_MAX)
				return ERR_TOO_BIG;
			closing[depth++] = c == '{' ? '}' : ']';
		} else if (c == '}' || c == ']') {
			if (closing[--depth] != c)
				return malformed(reader, "brackets do not agree");
		}
	} while (depth > 0);
	return 0;
}

static bool
is_number(struct span text)
{
	if (text.bytes == 0 || (text.at[0] != '-' && (text.at[0] < '0' || text.at[0] > '9')))
		return false;
	for (size_t i = 1; i < text.bytes; i++) {
		if (strchr("0123456789+-.eE", text.at[i]) == NULL)
			return false;
	}
	return true;
}

static int
read_literal(struct json_reader *reader, struct json_member *member)
{
	size_t begin = reader->at;
	while (peek(reader) != '\0' && strchr(" \t\r\n,]}", peek(reader)) == NULL)
		reader->at++;
	member->value = span_of(reader->text.at + begin, reader->at - begin);
	if (span_is(member->value, "null"))
		member->kind = JSON_NULL;
	else if (span_is(member->value, "true") || span_is(member->value, "false"))
		member->kind = JSON_BOOL;
	else if (is_number(member->value))
		member->kind = JSON_NUMBER;
	else
		return malformed(reader, "a value is missing or none that JSON has");
	return 0;
}

static int
read_value(struct json_reader *reader, struct json_member *member)
{
	size_t begin;
	skip_space(reader);
	switch (peek(reader)) {
	case '"':
		reader->at++;
		member->kind = JSON_STRING;
		return read_string(reader, &member->value);
	case '{':
	case '[':
		begin = reader->at;
		member->kind = JSON_NESTED;
		int err = skip_nested(reader);
		member->value = span_of(reader->text.at + begin, reader->at - begin);
		return err;
	default: return read_literal(reader, member);
	}
}

static int
read_end(struct json_reader *reader)
{
	skip_space(reader);
	return reader->at == reader->text.bytes ? 0
						: malformed(reader, "something follows the object");
}

int
json_read_next(struct json_reader *reader, struct json_member *member)
{
	if (!reader->is_open) {
		if (!take(reader, '{'))
			return malformed(reader, "the line is no JSON object");
		reader->is_open = true;
	}
	if (take(reader, '}'))
		return read_end(reader);
	if (reader->has_member && !take(reader, ','))
		return malformed(reader, "a comma is missing between two members");
	reader->has_member = true;
	if (!take(reader, '"'))
		return malformed(reader, "a member has no name");
	int err = read_string(reader, &member->key);
	if (err != 0)
		return err;
	if (!take(reader, ':'))
		return malformed(reader, "a name has no value");
	err = read_value(reader, member);
	return err != 0 ? err : 1;
}
