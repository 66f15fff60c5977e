/*
 * json.h - writes JSON (RFC 8259) and newline-delimited JSON into a buffer that the caller lends.
 *
 * Values are written in the order in which they are to stand; commas, colons and quotes are the
 * writer's business.  Output is ASCII for what could steer a terminal: C0, DEL and C1 controls,
 * line separators and the marks that change the direction of text are written as \uXXXX.  Octets
 * that are no UTF-8 read as U+FFFD.
 *
 *     json_object_begin(&json);
 *     json_key(&json, "status"), json_uint(&json, 200);
 *     json_object_end(&json);
 *     json_line_end(&json);
 *
 * Ownership: json_drain lends what was written since the last one; the loan ends with the next call.
 * Errors:    sticky, in json.err: ERR_FULL (the buffer), ERR_TOO_BIG (the depth).  After one nothing
 *            more is written, so a document is made in a row and looked at once.
 */
#ifndef CAIRN_FETCH_JSON_H
#define CAIRN_FETCH_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/base/err.h"

#define JSON_DEPTH_MAX  32u
#define JSON_DIGITS_MAX 20u /* of a uint64_t */

struct json {
	char *text;
	size_t text_bytes;
	size_t used;
	unsigned depth;
	uint64_t
		has_values; /* bit n: something stands at depth n, so a comma goes before the next */
	bool is_after_key;
	int err;
};

void json_init(struct json *json, char *text, size_t text_bytes);

void json_object_begin(struct json *json);
void json_object_end(struct json *json);
void json_array_begin(struct json *json);
void json_array_end(struct json *json);

void json_key(struct json *json, const char *name); /* inside an object; one value follows */

void json_string(struct json *json, const char *text, size_t bytes);
void json_text(struct json *json, const char *text); /* terminated; NULL is written as null */
void json_int(struct json *json, int64_t value);
void json_uint(struct json *json, uint64_t value);
/* value / 10^decimals, exactly: json_decimal(json, 12345, 3) is 12.345; decimals <= 9. */
void json_decimal(struct json *json, uint64_t value, unsigned decimals);
void json_bool(struct json *json, bool value);
void json_null(struct json *json);

/* Ends a line of NDJSON, outside of every object and array. */
void json_line_end(struct json *json);

/* What was written since the last drain; the buffer is empty again.  At any point of a document. */
const char *json_drain(struct json *json, size_t *bytes);

/* ---- for json_template.h ----------------------------------------------------------------------------- */

char *json__digits(char *into, uint64_t value); /* JSON_DIGITS_MAX at most; behind the last one */
void json__quoted(struct json *json, const char *text, size_t bytes); /* between quotes, and no comma before it */

#endif
