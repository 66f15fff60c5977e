/*
 * utf8.h - code points from and to UTF-8 (RFC 3629; Encoding Standard, section 8.1.1).
 *
 * Decoding never fails: what is no UTF-8 gives U+FFFD once for each longest beginning of a
 * sequence, as browsers do, so that two programs see the same number of characters.
 */
#ifndef CAIRN_FETCH_UTF8_H
#define CAIRN_FETCH_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT    0xfffdu
#define UTF8_CODE_POINT_MAX 0x10ffffu
#define UTF8_ENCODED_BYTES  4u /* of one code point, at most */

/* The code point at text[*at], and moves *at past its octets; *at < bytes. */
uint32_t utf8_next(const char *text, size_t bytes, size_t *at);

bool utf8_is_valid(const char *text, size_t bytes);

/* Writes 1 to 4 octets and returns their number; surrogates and what lies above U+10FFFF are written as U+FFFD. */
size_t utf8_encode(uint32_t code_point, char encoded[UTF8_ENCODED_BYTES]);

#endif
