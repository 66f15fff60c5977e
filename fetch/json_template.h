/*
 * json_template.h - a line of JSON, or the first members of an object, of which only the values change from one to the next.
 *
 * Keys and punctuation are put together once; a line is then copies of what stands between the values, and the values, at
 * a third of what it takes member by member (json.h).  They stand as they are: braces, commas and newlines are the template's.
 *
 *     json_template_begin(&line);
 *     json_template_add(&line, "{\"status\":");
 *     json_template_add_value(&line, STATUS, true);
 *     json_template_add(&line, "}\n");
 *     json_template_write(&json, &line, values);
 *
 * Ownership: a template holds copies; values are lent for the call.
 * Errors:    sticky, in is_full, while it is put together; writing such a template is ERR_FULL of the json, as is a want of room.
 * Bounds:    JSON_TEMPLATE_BYTES of constants, JSON_TEMPLATE_VALUES_MAX places for values.
 */
#ifndef CAIRN_FETCH_JSON_TEMPLATE_H
#define CAIRN_FETCH_JSON_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fetch/json.h"

#define JSON_TEMPLATE_BYTES      512u
#define JSON_TEMPLATE_VALUES_MAX 32u
#define JSON_TEMPLATE_BLOCK      16u /* constants are copied by so many, beyond their end */

struct json_value {
	const char *text; /* NULL: number is the value */
	uint64_t number;  /* of a text, its octets */
	bool is_plain;    /* a text known to be (plain.h), which spares a look */
};

struct json_template {
	char text[JSON_TEMPLATE_BYTES + JSON_TEMPLATE_BLOCK];
	size_t text_bytes;
	struct json_place {
		uint16_t at; /* of the constants; they go on behind the value */
		uint8_t value;
		bool is_quoted;
	} places[JSON_TEMPLATE_VALUES_MAX];
	unsigned place_count;
	bool is_full;
};

void json_template_begin(struct json_template *line);
void json_template_add(struct json_template *line, const char *text);
void json_template_add_bytes(struct json_template *line, const char *text, size_t bytes);
/* A place for values[value].  A text that is not quoted stands inside of a string, and has to be plain. */
void json_template_add_value(struct json_template *line, unsigned value, bool is_quoted);

void json_template_write(struct json *json, const struct json_template *line, const struct json_value *values);

#endif
