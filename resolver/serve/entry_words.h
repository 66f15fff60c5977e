/*
 * entry_words.h - an option's entry of two words: "192.0.2.0/24 allow", "home.arpa. nodefault"; or "192.0.2.1@5353".
 */
#ifndef CAIRN_RESOLVER_SERVE_ENTRY_WORDS_H
#define CAIRN_RESOLVER_SERVE_ENTRY_WORDS_H

#include "stack/addr.h"

#define ENTRY_WORD_BYTES_MAX 1280u /* a presented name and some */

struct entry_words {
	char first[ENTRY_WORD_BYTES_MAX], second[ENTRY_WORD_BYTES_MAX];
};

/* False unless there are exactly two. */
bool entry_words_split(struct entry_words *words, const char *text);

/* ADDRESS[@PORT]; the port is 0 where none is said. */
bool entry_addr_read(const char *text, struct ip_addr *addr, uint16_t *port);

#endif
