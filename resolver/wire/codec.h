/*
 * codec.h - numbers and octets as characters, and back (RFC 4648; private to resolver/wire).
 *
 * Text is written through a writer like everything else; it is not terminated here.  Readers take
 * (text, size) spans, skip white space inside where the form allows it to be split, and write octets.
 * Errors: ERR_MALFORMED; ERR_TOO_BIG for a number above `max`; the writer's own.
 */
#ifndef CAIRN_RESOLVER_WIRE_CODEC_H
#define CAIRN_RESOLVER_WIRE_CODEC_H

#include "stack/base/cursor.h"

void put_char(struct writer *out, char character);
void put_text(struct writer *out, const char *text);
void put_number(struct writer *out, uint64_t number);
void put_hex(struct writer *out, const uint8_t *bytes, size_t size);       /* lower case */
void put_base32hex(struct writer *out, const uint8_t *bytes, size_t size); /* lower case, no padding */
void put_base64(struct writer *out, const uint8_t *bytes, size_t size);
/* One octet of a character-string; `special` are the printing characters that need a backslash. */
void put_escaped(struct writer *out, uint8_t octet, const char *special);
void put_quoted(struct writer *out, const uint8_t *bytes, size_t size);
void put_time(struct writer *out, uint32_t seconds); /* YYYYMMDDHHmmSS (RFC 4034, section 3.2) */

int get_number(const char *text, size_t size, uint64_t max, uint64_t *number); /* decimal */
/* Seconds, also as 1h30m; not more than `max`. */
int get_period(const char *text, size_t size, uint32_t max, uint32_t *seconds);
int get_time(const char *text, size_t size, uint32_t *seconds);                /* either form of RFC 4034 */
int get_hex(const char *text, size_t size, struct writer *out);                /* white space inside */
/* Of these two the bits that pad the last digit are zero (RFC 4648, section 3.5). */
int get_base64(const char *text, size_t size, struct writer *out); /* white space inside */
int get_base32hex(const char *text, size_t size, struct writer *out);
/* A character-string without its quotes: \X and \DDD are undone. */
int get_escaped(const char *text, size_t size, struct writer *out);

bool text_is(const char *text, size_t size, const char *word); /* ignores case */
static inline bool
is_blank(char character)
{
	return character == ' ' || character == '\t' || character == '\n' || character == '\r';
}

#endif
