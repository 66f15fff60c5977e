/*
 * base64.h - base64 (RFC 4648, section 4), and the forgiving decoding of browsers (Infra Standard, section 7).
 */
#ifndef CAIRN_FETCH_BASE64_H
#define CAIRN_FETCH_BASE64_H

#include "fetch/span.h"

/* Octets that base64_encode writes for `bytes`; no NUL among them. */
#define BASE64_ENCODED_BYTES(bytes) (((bytes) + 2) / 3 * 4)

void base64_encode(struct span octets, char *encoded);

/*
 * White space is passed over and padding may be missing, but not wrong. decoded may be text.at; it takes
 * 3 octets for each 4 at most. ERR_MALFORMED: another character, or a length that no octets have.
 */
int base64_decode_forgiving(struct span text, char *decoded, size_t *decoded_bytes);

#endif
