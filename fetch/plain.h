/*
 * plain.h - how many octets a text begins with that stand for themselves, in JSON and on a terminal alike.
 *
 * They are printable ASCII but for " and \, which is nearly all that a journey holds: writers look for the first other
 * octet, copy what comes before it in one go, and think about that one alone.
 */
#ifndef CAIRN_FETCH_PLAIN_H
#define CAIRN_FETCH_PLAIN_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PLAIN_BLOCK_BYTES 16u

/* Sixteen octets that are looked at at once, on any processor that the compiler knows. */
typedef uint8_t plain_block __attribute__((vector_size(PLAIN_BLOCK_BYTES)));
typedef uint64_t plain_words __attribute__((vector_size(PLAIN_BLOCK_BYTES)));

static inline bool
plain_is(uint8_t octet)
{
	return octet >= 0x20 && octet < 0x7f && octet != '"' && octet != '\\';
}

/* How many octets of the block come before the first that is not plain. */
static inline size_t
plain__find(plain_words words)
{
	const plain_block octets = (plain_block)words;
	const plain_words others = (plain_words)((octets - 0x20 >= 0x5f) | (octets == '"') | (octets == '\\'));

	if ((others[0] | others[1]) == 0)
		return PLAIN_BLOCK_BYTES;
	return others[0] != 0 ? (size_t)__builtin_ctzll(le64toh(others[0])) / 8
			      : 8 + (size_t)__builtin_ctzll(le64toh(others[1])) / 8;
}

static inline size_t
plain__block(const char *text)
{
	plain_words words;
	memcpy(&words, text, sizeof words);
	return plain__find(words);
}

/* Of 8 to 15 octets the last eight are looked at too, some of them twice. */
static inline size_t
plain__short(const char *text, size_t bytes)
{
	uint64_t first, last;

	memcpy(&first, text, sizeof first);
	memcpy(&last, text + bytes - sizeof last, sizeof last);
	const size_t found = plain__find((plain_words){ first, last });
	return found < sizeof first ? found : found + bytes - PLAIN_BLOCK_BYTES;
}

static inline size_t
plain_bytes(const char *text, size_t bytes)
{
	size_t at = 0, found;

	for (; bytes - at >= PLAIN_BLOCK_BYTES; at += PLAIN_BLOCK_BYTES) {
		found = plain__block(text + at);
		if (found < PLAIN_BLOCK_BYTES)
			return at + found;
	}
	if (bytes - at >= sizeof(uint64_t))
		return at + plain__short(text + at, bytes - at);
	while (at < bytes && plain_is((uint8_t)text[at]))
		at++;
	return at;
}

#endif
