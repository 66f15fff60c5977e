#include "fetch/json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fetch/plain.h"
#include "fetch/utf8.h"

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

static void __attribute__((noinline)) /* what it needs of the stack is not set up for each string */
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

/* The octets that texts have most of but for plain ones, without a decoder; NULL: another. */
static const char *
short_escape(char octet)
{
	switch (octet) {
	case '\n': return "\\n";
	case '"': return "\\\"";
	default: return NULL;
	}
}

/* What is not plain, of which there is some. */
static void
append_other(struct json *json, const char *text, size_t bytes, size_t *at)
{
	const char *escape = short_escape(text[*at]);

	if (escape == NULL) {
		append_code_point(json, utf8_next(text, bytes, at));
		return;
	}
	append(json, escape, 2);
	(*at)++;
}

/* Up to the last octets of a text, which are no whole block, or of the room, while nothing in it is rare. */
static size_t
append_blocks(struct json *json, const char *text, size_t bytes)
{
	char *into = json->text + json->used, *const limit = json->text + json->text_bytes;
	size_t at = 0;

	while (bytes - at >= PLAIN_BLOCK_BYTES && (size_t)(limit - into) > PLAIN_BLOCK_BYTES) {
		const size_t plain = plain__block(text + at);
		memcpy(into, text + at, PLAIN_BLOCK_BYTES); /* what is not plain of it is written over */
		into += plain;
		at += plain;
		if (plain == PLAIN_BLOCK_BYTES)
			continue;
		const char *escape = short_escape(text[at]);
		if (escape == NULL)
			break;
		memcpy(into, escape, 2);
		into += 2;
		at++;
	}
	json->used = (size_t)(into - json->text);
	return at;
}

void
json__quoted(struct json *json, const char *text, size_t bytes)
{
	if (json->err == 0 && bytes + 2 > json->text_bytes - json->used)
		json->err = ERR_FULL; /* nothing becomes shorter */
	append_octet(json, '"');
	for (size_t at = 0; at < bytes && json->err == 0;) {
		at += append_blocks(json, text + at, bytes - at);
		const size_t plain = plain_bytes(text + at, bytes - at);
		append(json, text + at, plain);
		at += plain;
		if (at < bytes)
			append_other(json, text, bytes, &at);
	}
	append_octet(json, '"');
}

void
json_key(struct json *json, const char *name)
{
	assert(!json->is_after_key);
	begin_value(json);
	json__quoted(json, name, strlen(name));
	append_octet(json, ':');
	json->is_after_key = true;
}

void
json_string(struct json *json, const char *text, size_t bytes)
{
	begin_value(json);
	json__quoted(json, text, bytes);
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

static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
			    "4950515253545556575859606162636465666768697071727374757677787980818283848586878889909192939495969798"
			    "99";

static unsigned
digits_of(uint64_t value)
{
	unsigned count = 1;

	for (; value >= 10000; value /= 10000)
		count += 4;
	return count + (value >= 10) + (value >= 100) + (value >= 1000);
}

/* Most of what a journey holds is numbers: two digits at once, at a tenth of what printf takes. */
char *
json__digits(char *into, uint64_t value)
{
	char *const end = into + digits_of(value);
	char *at = end;

	for (; value >= 100; value /= 100)
		memcpy(at -= 2, pairs + value % 100 * 2, 2);
	if (value >= 10)
		memcpy(at - 2, pairs + value * 2, 2);
	else
		at[-1] = (char)('0' + value);
	return end;
}

static void
append_digits(struct json *json, uint64_t value)
{
	char digits[JSON_DIGITS_MAX];
	append(json, digits, (size_t)(json__digits(digits, value) - digits));
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
