/*
 * field.h - header fields: their lines, lists, parameters (RFC 9110, sections 5 and 5.6).
 *
 * A field line becomes a name and a value, both spans of the input.  What may stand in either is what
 * RFC 9110 lets stand: a name is a token directly before the colon, a value has no CR, LF or NUL.
 *
 * Ownership: everything borrows the octets that were read; nothing is copied but by field_unquote.
 * Errors:    ERR_MALFORMED, with the reason in words.
 */
#ifndef CAIRN_FETCH_FIELD_H
#define CAIRN_FETCH_FIELD_H

#include "fetch/span.h"
#include "stack/base/err.h"

struct field {
	struct span name, value;
};

/* The fields of one section, in the order received. */
struct fields {
	const struct field *at;
	size_t count;
};

bool field_is_token_octet(char c);          /* tchar, RFC 9110, section 5.6.2 */
size_t field_token_bytes(struct span text); /* of the token that it begins with; 0: of none */
bool field_is_token(struct span text);      /* 1*tchar */
bool field_is_value(struct span text);      /* no CR, LF, NUL: what may be sent and received */

/* A line without its end; *why says what is wrong with it. */
int field_read(struct span line, struct field *field, const char **why);

/* The next field of that name after `after` (NULL: the first); NULL when there is none. */
const struct field *fields_find(const struct fields *fields, const char *name,
				const struct field *after);
/* The value of the first field of that name; `at` is NULL when there is none. */
struct span fields_value(const struct fields *fields, const char *name);

/*
 * Takes the next element off a comma-separated list (RFC 9110, section 5.6.1): trimmed, empty
 * elements skipped, commas inside quoted strings left alone.  False at the end.
 */
bool field_list_next(struct span *rest, struct span *element);

/* The elements of all fields of one name, as if their values were joined by commas. */
struct field_elements {
	const struct fields *fields;
	const char *name;
	const struct field *field;
	struct span rest;
};
struct field_elements field_elements(const struct fields *fields, const char *name);
bool field_elements_next(struct field_elements *elements, struct span *element);
bool field_has_element(const struct fields *fields, const char *name, const char *element);

/*
 * Takes the next `; name=value` off (RFC 9110, section 5.6.6).  The value is a token, or a quoted string
 * with its quotes, for field_unquote; `at` is NULL when there was no "=".  1: one; 0: the end;
 * ERR_MALFORMED: neither.
 */
struct parameter {
	struct span name, value;
};
int field_parameter_next(struct span *rest, struct parameter *parameter);

/* A token as it is, a quoted string without quotes and backslashes; the octets written.  ERR_FULL. */
int field_unquote(struct span value, char *into, size_t into_bytes, size_t *bytes);

#endif
