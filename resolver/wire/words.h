/*
 * words.h - numbers with words for them, from IANA's registries (private to resolver/wire).
 */
#ifndef CAIRN_RESOLVER_WIRE_WORDS_H
#define CAIRN_RESOLVER_WIRE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct word {
	uint16_t number;
	const char *text;
};

struct words {
	const struct word *words;
	size_t count;
};

extern const struct words words_classes, words_rcodes, words_opcodes, words_algorithms, words_cert_types,
	words_schemes, words_services, words_protocols;

const char *words_text(const struct words *words, uint16_t number); /* NULL: none */
bool words_number(const struct words *words, const char *text, size_t size, uint16_t *number); /* any case */

#endif
