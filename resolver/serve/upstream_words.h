/*
 * upstream_words.h - edns-client-string and its option code made into policy/client_string.h.
 *
 * Ownership: it lies in the arena given.
 * Errors:    a negative ERR_* and one line in `error` with file, line and reason.
 */
#ifndef CAIRN_RESOLVER_SERVE_UPSTREAM_WORDS_H
#define CAIRN_RESOLVER_SERVE_UPSTREAM_WORDS_H

#include "resolver/policy/client_string.h"
#include "resolver/serve/config.h"

/* *strings is NULL without any. */
int upstream_words_build(struct client_strings **strings, struct arena *arena, const struct config *config,
			 char error[CONFIG_ERROR_BYTES]);

#endif
