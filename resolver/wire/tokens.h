/*
 * tokens.h - the words of one record's text (RFC 1035, section 5.1; private to resolver/wire).
 *
 * A token ends at white space or before a quote; one that starts with a quote ends with its partner.
 * Backslashes are kept: what they mean depends on the field.
 * Errors: ERR_NOT_FOUND at the end of the text; ERR_MALFORMED for a quote or backslash left open.
 */
#ifndef CAIRN_RESOLVER_WIRE_TOKENS_H
#define CAIRN_RESOLVER_WIRE_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

struct tokens {
	const char *at, *end;
	/* key=value or key="value" is one token (RFC 9460, section 2.1); else a quote starts the next. */
	bool are_pairs;
};

struct token {
	const char *text; /* without the quotes around it */
	size_t size;
	bool is_quoted;
};

struct tokens tokens_over(const char *text, size_t size);
int token_next(struct tokens *tokens, struct token *token);
bool tokens_are_left(struct tokens *tokens); /* skips white space */

/* The token as a string for those who want one; ERR_TOO_BIG when it does not fit. */
int token_copy(const struct token *token, char *text, size_t text_bytes);

#endif
