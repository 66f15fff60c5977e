#include "fetch/json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fetch/utf8.h"

#define BLOCK_BYTES 16u
#define DIGITS_MAX  20u

static_assert(JSON_DEPTH_MAX < 64, "has_values has a bit for each depth");

void
json_init(struct json *json, char *text, size_t text_bytes)
{
	*json = (struct json){ .text = text, .text_bytes = text_bytes };
}

static void
append(struct json *json, const char *text, size_t bytes)
{
	if (json->err == 0 && bytes > json->text_bytes - json->used)
		json->err = ERR_FULL;
	if (json->err != 0)
		return;
	memcpy(json->text + json->used, text, bytes);
	json->used += bytes;
}

static void
append_octet(struct json *json, char octet)
{
	if (json->used < json->text_bytes && json->err == 0)
		json->text[json->used++] = octet;
	else
		json->err = json->err != 0 ? json->err : ERR_FULL;
}

/* What stands between a value and the one before it. */
static void
begin_value(struct json *json)
{
	if (json->is_after_key)
		json->is_after_key = false;
	else if ((json->has_values & 1ull << json->depth) != 0 && json->depth > 0)
		append_octet(json, ',');
	json->has_values |= 1ull << json->depth;
}

static void
open_level(struct json *json, const char *bracket)
{
	begin_value(json);
	append(json, bracket, 1);
	if (json->depth == JSON_DEPTH_MAX) {
		json->err = json->err != 0 ? json->err : ERR_TOO_BIG;
		return;
	}
	json->depth++;
	json->has_values &= ~(1ull << json->depth);
}

static void
close_level(struct json *json, const char *bracket)
{
	assert(!json->is_after_key);
	if (json->err != 0)
		return; /* the levels may no longer agree */
	assert(json->depth > 0);
	json->depth--;
	append(json, bracket, 1);
}

void
json_object_begin(struct json *json)
{
	open_level(json, "{");
}

void
json_object_end(struct json *json)
{
	close_level(json, "}");
}

void
json_array_begin(struct json *json)
{
	open_level(json, "[");
}

void
json_array_end(struct json *json)
{
	close_level(json, "]");
}

/* Zero-width and direction marks reorder what a terminal shows; U+2028 and U+2029 end lines in JavaScript. */
static bool
is_escaped(uint32_t code_point)
{
	return code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f) ||
	       code_point == 0x061c || (code_point >= 0x200b && code_point <= 0x200f) ||
	       (code_point >= 0x2028 && code_point <= 0x202e) ||
	       (code_point >= 0x2066 && code_point <= 0x2069) || code_point == 0xfeff;
}

static void
append_code_point(struct json *json, uint32_t code_point)
{
	char text[8];
	int bytes;
	switch (code_point) {
	case '"': append(json, "\\\"", 2); return;
	case '\\': append(json, "\\\\", 2); return;
	case '\n': append(json, "\\n", 2); return;
	case '\r': append(json, "\\r", 2); return;
	case '\t': append(json, "\\t", 2); return;
	default: break;
	}
	if (is_escaped(code_point))
		bytes = snprintf(text, sizeof text, "\\u%04x", (unsigned)code_point & 0xffffu);
	else
		bytes = (int)utf8_encode(code_point, text);
	append(json, text, (size_t)bytes);
}

/* Printable ASCII that stands for itself, which is nearly all there is: a bit for each octet. */
static bool
is_plain(uint8_t octet)
{
	static const uint64_t plain[4] = { 0xfffffffb00000000, 0x7fffffffefffffff, 0, 0 }; /* but for " \\ and DEL */
	return (plain[octet >> 6] >> (octet & 63) & 1) != 0;
}

/* Without a branch between the octets, so that a compiler looks at all of them at once. */
static bool
are_plain(const char *text)
{
	uint8_t others = 0;
	for (unsigned i = 0; i < BLOCK_BYTES; i++) {
		uint8_t octet = (uint8_t)text[i];
		others |= (uint8_t)((uint8_t)(octet - 0x20) >= 0x5f) | (uint8_t)(octet == '"') | (uint8_t)(octet == '\\');
	}
	return others == 0;
}

/* What the text begins with that is plain, looked at and copied in one go; there is room for it. */
static size_t
append_plain(struct json *json, const char *text, size_t bytes)
{
	char *into = json->text + json->used;
	size_t at = 0;

	for (; bytes - at >= BLOCK_BYTES && are_plain(text + at); at += BLOCK_BYTES)
		memcpy(into + at, text + at, BLOCK_BYTES);
	for (; at < bytes && is_plain((uint8_t)text[at]); at++)
		into[at] = text[at];
	json->used += at;
	return at;
}

static void
append_quoted(struct json *json, const char *text, size_t bytes)
{
	append_octet(json, '"');
	for (size_t at = 0; at < bytes;) {
		if (json->err == 0 && bytes - at > json->text_bytes - json->used)
			json->err = ERR_FULL; /* nothing becomes shorter */
		if (json->err != 0)
			return;
		at += append_plain(json, text + at, bytes - at);
		if (at < bytes)
			append_code_point(json, utf8_next(text, bytes, &at));
	}
	append_octet(json, '"');
}

void
json_key(struct json *json, const char *name)
{
	assert(!json->is_after_key);
	begin_value(json);
	append_quoted(json, name, strlen(name));
	append_octet(json, ':');
	json->is_after_key = true;
}

void
json_string(struct json *json, const char *text, size_t bytes)
{
	begin_value(json);
	append_quoted(json, text, bytes);
}

static void
append_literal(struct json *json, const char *literal)
{
	begin_value(json);
	append(json, literal, strlen(literal));
}

void
json_text(struct json *json, const char *text)
{
	if (text == NULL)
		append_literal(json, "null");
	else
		json_string(json, text, strlen(text));
}

/* Most of what a journey holds is numbers: by hand, at a tenth of what printf takes.  Behind the last digit. */
static char *
put_digits(char *into, uint64_t value)
{
	uint64_t above = 10; /* the smallest number with a digit more */
	unsigned count = 1;

	for (; count < DIGITS_MAX && value >= above; count++)
		above = count + 1 < DIGITS_MAX ? above * 10 : UINT64_MAX;
	for (unsigned at = count; at > 0; value /= 10)
		into[--at] = (char)('0' + value % 10);
	return into + count;
}

static void
append_digits(struct json *json, uint64_t value)
{
	char digits[DIGITS_MAX];
	append(json, digits, (size_t)(put_digits(digits, value) - digits));
}

void
json_int(struct json *json, int64_t value)
{
	begin_value(json);
	if (value < 0)
		append_octet(json, '-');
	append_digits(json, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void
json_uint(struct json *json, uint64_t value)
{
	begin_value(json);
	append_digits(json, value);
}

void
json_decimal(struct json *json, uint64_t value, unsigned decimals)
{
	char text[40];
	uint64_t unit = 1;
	assert(decimals <= 9);
	for (unsigned i = 0; i < decimals; i++)
		unit *= 10;
	if (decimals == 0)
		snprintf(text, sizeof text, "%" PRIu64, value);
	else
		snprintf(text, sizeof text, "%" PRIu64 ".%0*" PRIu64, value / unit, (int)decimals,
			 value % unit);
	append_literal(json, text);
}

void
json_bool(struct json *json, bool value)
{
	append_literal(json, value ? "true" : "false");
}

void
json_null(struct json *json)
{
	append_literal(json, "null");
}

/* ---- members in one call ------------------------------------------------------------------------------ */

/* `,"name":`, with that much room behind it; NULL: there is none. */
static char *
begin_member(struct json *json, const char *name, size_t name_bytes, size_t value_bytes)
{
	const uint64_t level = 1ull << json->depth;
	char *into = json->text + json->used;

	assert(!json->is_after_key);
	if (json->err == 0 && name_bytes + value_bytes + 4 > json->text_bytes - json->used)
		json->err = ERR_FULL;
	if (json->err != 0)
		return NULL;
	if ((json->has_values & level) != 0)
		*into++ = ',';
	json->has_values |= level;
	*into++ = '"';
	into = mempcpy(into, name, name_bytes);
	*into++ = '"';
	*into++ = ':';
	return into;
}

void
json__member_uint(struct json *json, const char *name, size_t name_bytes, uint64_t value)
{
	char *into = begin_member(json, name, name_bytes, DIGITS_MAX);
	if (into != NULL)
		json->used = (size_t)(put_digits(into, value) - json->text);
}

void
json__member_text(struct json *json, const char *name, size_t name_bytes, const char *text)
{
	char *into = begin_member(json, name, name_bytes, 0);
	if (into == NULL)
		return;
	json->used = (size_t)(into - json->text);
	append_quoted(json, text, strlen(text));
}

void
json_line_end(struct json *json)
{
	assert(json->depth == 0 || json->err != 0);
	append_octet(json, '\n');
}

const char *
json_drain(struct json *json, size_t *bytes)
{
	*bytes = json->used;
	json->used = 0;
	return json->text;
}
