/*
 * url_percent.h - percent-encoding and its sets (WHATWG URL Standard, section 1.3).
 */
#ifndef CAIRN_FETCH_URL_PERCENT_H
#define CAIRN_FETCH_URL_PERCENT_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch/span.h"

enum percent_set {
	PERCENT_C0_CONTROL,
	PERCENT_FRAGMENT,
	PERCENT_QUERY,
	PERCENT_SPECIAL_QUERY,
	PERCENT_PATH,
	PERCENT_USERINFO,
	PERCENT_COMPONENT,
	PERCENT_FORM, /* application/x-www-form-urlencoded */
};

#define PERCENT_ENCODED_BYTES 3u /* "%2F" */

bool percent_set_has(enum percent_set set, char octet);

/* Writes up to PERCENT_ENCODED_BYTES * text.bytes octets; their number. PERCENT_FORM writes a space as +. */
size_t percent_encode(struct span text, enum percent_set set, char *encoded);

/* What is not % and two hexadecimal digits stays as it is. decoded may be text.at; the number of octets. */
size_t percent_decode(struct span text, char *decoded);

bool percent_is_encoded(struct span text, size_t at); /* % and two hexadecimal digits stand there */

int percent_hex_value(char c); /* 0 to 15; -1: no hexadecimal digit */

#endif
