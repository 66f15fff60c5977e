#include "fetch/json_template.h"

#include <assert.h>
#include <string.h>

#define DIGIT_MAX 9u

void
json_template_begin(struct json_template *line)
{
	line->text_bytes = 0;
	line->place_count = 0;
	line->is_full = false;
}

void
json_template_add_bytes(struct json_template *line, const char *text, size_t bytes)
{
	if (line->is_full || bytes > JSON_TEMPLATE_BYTES - line->text_bytes) {
		line->is_full = true;
		return;
	}
	memcpy(line->text + line->text_bytes, text, bytes);
	line->text_bytes += bytes;
}

void
json_template_add(struct json_template *line, const char *text)
{
	json_template_add_bytes(line, text, strlen(text));
}

void
json_template_add_value(struct json_template *line, unsigned value, bool is_quoted)
{
	assert(value <= UINT8_MAX);
	if (line->is_full || line->place_count == JSON_TEMPLATE_VALUES_MAX) {
		line->is_full = true;
		return;
	}
	line->places[line->place_count++] = (struct json_place){
		.at = (uint16_t)line->text_bytes, .value = (uint8_t)value, .is_quoted = is_quoted
	};
}

/* Most constants are shorter than a block: a call of memcpy would take longer. */
static char *
put_constant(char *into, const char *text, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += JSON_TEMPLATE_BLOCK)
		memcpy(into + at, text + at, JSON_TEMPLATE_BLOCK);
	return into + bytes;
}

static char *
put_quoted(struct json *json, char *into, const struct json_value *value)
{
	if (value->is_plain) {
		*into++ = '"';
		into = mempcpy(into, value->text, value->number);
		*into++ = '"';
		return into;
	}
	json->used = (size_t)(into - json->text);
	json__quoted(json, value->text, value->number);
	return json->text + json->used;
}

static char *
put_value(struct json *json, char *into, const struct json_value *value, bool is_quoted)
{
	if (value->text == NULL && value->number <= DIGIT_MAX) { /* most parts of a verdict */
		*into = (char)('0' + value->number);
		return into + 1;
	}
	if (value->text == NULL)
		return json__digits(into, value->number);
	if (is_quoted)
		return put_quoted(json, into, value);
	assert(value->is_plain);
	return mempcpy(into, value->text, value->number);
}

/* The most that a value, the constant before it and what the copies of that write behind it can be; json__quoted looks itself. */
static size_t
room_for(const struct json_value *value, size_t constant_bytes)
{
	const size_t plain_bytes = value->is_plain ? value->number + 2 : 0;
	return constant_bytes + JSON_TEMPLATE_BLOCK + (value->text == NULL ? JSON_DIGITS_MAX : plain_bytes);
}

void
json_template_write(struct json *json, const struct json_template *line, const struct json_value *values)
{
	char *into = json->text + json->used, *const limit = json->text + json->text_bytes;
	size_t at = 0;

	assert(!json->is_after_key);
	if (line->is_full && json->err == 0)
		json->err = ERR_FULL;
	for (unsigned i = 0; i < line->place_count && json->err == 0; i++) {
		const struct json_place *place = &line->places[i];
		const struct json_value *value = &values[place->value];
		if (room_for(value, place->at - at) > (size_t)(limit - into)) {
			json->err = ERR_FULL;
			return;
		}
		into = put_constant(into, line->text + at, place->at - at);
		into = put_value(json, into, value, place->is_quoted);
		at = place->at;
	}
	if (json->err == 0 && line->text_bytes - at + JSON_TEMPLATE_BLOCK > (size_t)(limit - into))
		json->err = ERR_FULL;
	if (json->err != 0)
		return;
	into = put_constant(into, line->text + at, line->text_bytes - at);
	json->used = (size_t)(into - json->text);
	json->has_values |= 1ull << json->depth;
}
