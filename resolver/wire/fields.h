/*
 * fields.h - the fields of rdata that have a language of their own (private to resolver/wire).
 *
 * Of each pair, put_ writes the text of the octets at the cursor, up to its end, items separated by single blanks, and
 * sets the cursor's error when they have no text: the record then reads as \# (RFC 3597, section 5).
 * get_ reads the remaining tokens of a record and writes octets.
 */
#ifndef CAIRN_RESOLVER_WIRE_FIELDS_H
#define CAIRN_RESOLVER_WIRE_FIELDS_H

#include "resolver/wire/name.h"
#include "resolver/wire/tokens.h"

struct words;

/* A blank in front of every item but the first. */
void put_separator(struct writer *out);

void put_ipv4(struct writer *out, struct cursor *in);
void put_ipv6(struct writer *out, struct cursor *in);
void put_name(struct writer *out, struct cursor *in); /* own form: no pointers */
int get_ipv4(const struct token *token, struct writer *out);
int get_ipv6(const struct token *token, struct writer *out);
int get_name(const struct token *token, const struct name *origin, struct writer *out);
/* One token: a word of the table, or a number of at most `max`. */
int get_word(struct tokens *tokens, const struct words *words, uint16_t max, uint16_t *number);

void put_loc(struct writer *out, struct cursor *in); /* RFC 1876 */
int get_loc(struct tokens *tokens, struct writer *out);

void put_apl(struct writer *out, struct cursor *in); /* RFC 3123 */
int get_apl(struct tokens *tokens, struct writer *out);

void put_svcparams(struct writer *out, struct cursor *in); /* RFC 9460 */
int get_svcparams(struct tokens *tokens, struct writer *out);

void put_bitmap(struct writer *out, struct cursor *in); /* RFC 4034, section 4.1.2 */
int get_bitmap(struct tokens *tokens, struct writer *out);
void put_bitmap_nxt(struct writer *out, struct cursor *in); /* RFC 2535, section 5.2 */
int get_bitmap_nxt(struct tokens *tokens, struct writer *out);
void put_wks(struct writer *out, struct cursor *in); /* RFC 1035, section 3.4.2 */
int get_wks(struct tokens *tokens, struct writer *out);

#endif
