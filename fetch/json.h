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

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

/*
 * A member in one call, for what is written a thousand times: `name` is a literal and a word of ours, written as it stands
 * (letters, digits, _ and -), so that its key is put together by the compiler.  text and word are not NULL; a word stands
 * for itself too, octet by octet (plain.h).
 */
#define json_member_uint(json, name, value) json__member_uint((json), JSON__KEY(name), (value))
#define json_member_text(json, name, text)  json__member_text((json), JSON__KEY(name), (text))
#define json_member_word(json, name, word)  json__member_word((json), JSON__KEY(name), (word))
#define json_member_bool(json, name, value) json__member_bool((json), JSON__KEY(name), (value))

/* The same with a name that is no literal. */
void json_field_uint(struct json *json, const char *name, uint64_t value);
void json_field_text(struct json *json, const char *name, const char *text, size_t bytes);

/* Ends a line of NDJSON, outside of every object and array. */
void json_line_end(struct json *json);

/* What was written since the last drain; the buffer is empty again.  At any point of a document. */
const char *json_drain(struct json *json, size_t *bytes);

/* ---- inline, since the compiler knows the keys ------------------------------------------------------ */

#define JSON__KEY(name) ",\"" name "\":", sizeof(",\"" name "\":") - 1

char *json__digits(char *into, uint64_t value); /* JSON_DIGITS_MAX at most; behind the last one */
void json__quoted(struct json *json, const char *text, size_t bytes); /* between quotes, and no comma before it */
void json__member_text(struct json *json, const char *key, size_t key_bytes, const char *text);

/* The key without the comma if it is the first, with that much room behind it; NULL: there is none. */
static inline char *
json__member_begin(struct json *json, const char *key, size_t key_bytes, size_t value_bytes)
{
	const uint64_t level = 1ull << json->depth;
	const size_t comma = (json->has_values & level) != 0 ? 0 : 1;
	char *into = json->text + json->used;

	assert(!json->is_after_key);
	if (json->err == 0 && key_bytes + value_bytes > json->text_bytes - json->used)
		json->err = ERR_FULL;
	if (json->err != 0)
		return NULL;
	json->has_values |= level;
	memcpy(into, key + comma, key_bytes); /* for the first with the NUL behind it, since the length is a constant */
	return into + key_bytes - comma;
}

static inline void
json__member_uint(struct json *json, const char *key, size_t key_bytes, uint64_t value)
{
	char *into = json__member_begin(json, key, key_bytes, JSON_DIGITS_MAX);
	if (into != NULL)
		json->used = (size_t)(json__digits(into, value) - json->text);
}

static inline void
json__member_word(struct json *json, const char *key, size_t key_bytes, const char *word)
{
	const size_t word_bytes = strlen(word);
	char *into = json__member_begin(json, key, key_bytes, word_bytes + 2);

	if (into == NULL)
		return;
	*into++ = '"';
	into = mempcpy(into, word, word_bytes);
	*into++ = '"';
	json->used = (size_t)(into - json->text);
}

static inline void
json__member_bool(struct json *json, const char *key, size_t key_bytes, bool value)
{
	char *into = json__member_begin(json, key, key_bytes, sizeof "false");
	if (into == NULL)
		return;
	memcpy(into, value ? "true\0" : "false", 5); /* of either, since the length is a constant */
	json->used = (size_t)(into - json->text) + (value ? 4 : 5);
}

#endif
