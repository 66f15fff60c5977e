/*
 * json_read.h - reads a flat JSON object (RFC 8259): one line of NDJSON, a member at a time.
 *
 * Strings are decoded to UTF-8; half of a surrogate pair reads as U+FFFD, and \u0000 is an octet like
 * others. Values that are objects or arrays are checked and skipped.
 *
 * Ownership: decoded strings lie in the arena; everything else points into the input.
 * Errors:    json_read_next gives ERR_MALFORMED with reader.why, ERR_NO_MEMORY, ERR_TOO_BIG (depth).
 */
#ifndef CAIRN_FETCH_JSON_READ_H
#define CAIRN_FETCH_JSON_READ_H

#include "fetch/span.h"
#include "stack/base/arena.h"
#include "stack/base/err.h"

#define JSON_READ_DEPTH_MAX 32u /* of values that are skipped */

enum json_kind {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_NESTED, /* an object or array */
};

struct json_reader {
	struct span text;
	size_t at;
	struct arena *arena;
	bool is_open; /* inside of the object */
	bool has_member;
	const char *why; /* after an error: what is wrong, in words */
};

struct json_member {
	struct span key;
	enum json_kind kind;
	struct span value; /* a string decoded, anything else as it is written */
};

void json_read_init(struct json_reader *reader, struct span text, struct arena *arena);

/* 1: a member; 0: the object is over, and nothing but white space follows it; negative: ERR_*. */
int json_read_next(struct json_reader *reader, struct json_member *member);

#endif
