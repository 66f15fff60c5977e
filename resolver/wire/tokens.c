#include "resolver/wire/tokens.h"

#include <string.h>

#include "resolver/wire/codec.h"

struct tokens
tokens_over(const char *text, size_t size)
{
	return (struct tokens){ text, text + size, false };
}

bool
tokens_are_left(struct tokens *tokens)
{
	while (tokens->at < tokens->end && is_blank(*tokens->at))
		tokens->at++;
	return tokens->at < tokens->end;
}

int
token_next(struct tokens *tokens, struct token *token)
{
	if (!tokens_are_left(tokens))
		return ERR_NOT_FOUND;
	const char *at = tokens->at;
	bool in_quotes = *at == '"';
	token->is_quoted = in_quotes;
	token->text = at += in_quotes;

	for (; at < tokens->end; at++) {
		if (*at == '\\') {
			if (++at == tokens->end)
				return ERR_MALFORMED;
		} else if (*at == '"') {
			if (token->is_quoted || !tokens->are_pairs)
				break;
			if (!in_quotes ? at[-1] != '=' : at + 1 < tokens->end && !is_blank(at[1]))
				return ERR_MALFORMED; /* within a key or a value, or after one */
			in_quotes = !in_quotes;
		} else if (!in_quotes && is_blank(*at)) {
			break;
		}
	}
	if (in_quotes && at == tokens->end)
		return ERR_MALFORMED;
	token->size = (size_t)(at - token->text);
	tokens->at = at + token->is_quoted;
	return 0;
}

int
token_copy(const struct token *token, char *text, size_t text_bytes)
{
	if (token->size >= text_bytes)
		return ERR_TOO_BIG;
	memcpy(text, token->text, token->size);
	text[token->size] = '\0';
	return 0;
}
