/*
 * ldns_words.h - texts of records word by word, and whether two say the same.
 *
 * RFCs leave some room: leading zeros, quotes around values, escapes of what needs none, 32 bits of
 * a time.  What both may write as they like is no difference.
 */
#ifndef CAIRN_TESTS_RESOLVER_WIRE_LDNS_WORDS_H
#define CAIRN_TESTS_RESOLVER_WIRE_LDNS_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_BYTES 300000u /* of 65535 octets, each escaped, and quotes and blanks around them */

/* Types whose rdata end in key=value (RFC 9460, section 2.1). */
bool has_pairs(uint16_t type);

/*
 * The next word from `at` up to a blank outside quotes, which stand at its start or, where there are
 * pairs, behind an equals sign; NULL: no more.
 */
const char *next_word(uint16_t type, const char *at, const char **end);
unsigned word_count(uint16_t type, const char *text);

/* The seconds that 14 digits tell, of which 32 bits count (RFC 4034, section 3.1.5). */
bool is_time(const char *text, size_t size, uint32_t *seconds);

bool is_same_text(uint16_t type, const char *a, const char *b);

#endif
