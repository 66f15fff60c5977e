/*
 * fold.h - comparing octets without regard to ASCII letter case (RFC 4343), eight at a time.
 *
 * A whole uncompressed name may be folded blindly: its length octets are at most 63 and so
 * are never mistaken for letters, which start at 65.
 */
#ifndef CAIRN_RESOLVER_WIRE_FOLD_H
#define CAIRN_RESOLVER_WIRE_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint8_t
fold_u8(uint8_t octet)
{
	return octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet | 0x20) : octet;
}

/* A-Z to a-z in each of the eight octets; the top bit of an octet keeps it out. */
static inline uint64_t
fold_u64(uint64_t octets)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t low = octets & 0x7f * ones;
	uint64_t above_z = low + (0x7f - 'Z') * ones;
	uint64_t from_a = low + (0x80 - 'A') * ones;
	uint64_t upper = (from_a ^ above_z) & ~octets & 0x80 * ones;
	return octets | upper >> 2;
}

/* Eight octets, the first one least significant; the compiler makes one load of it. */
static inline uint64_t
fold_octets(const uint8_t *p)
{
	return p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
	       (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
	       (uint64_t)p[7] << 56;
}

static inline uint64_t
fold_load(const uint8_t *bytes)
{
	return fold_u64(fold_octets(bytes));
}

/* Eight octets folded on their way: each by itself, so their order in the word does not matter. */
static inline void
fold_copy8(uint8_t *to, const uint8_t *from)
{
	uint64_t octets;
	memcpy(&octets, from, sizeof octets);
	octets = fold_u64(octets);
	memcpy(to, &octets, sizeof octets);
}

/*
 * The last octets of an input of `size`, those that no whole eight are left for, padded with zeros: of one that
 * is long enough they are the upper part of its last eight.
 */
static inline uint64_t
fold_load_tail(const uint8_t *bytes, size_t size)
{
	const size_t left = size % 8;
	if (left == 0)
		return 0;
	if (size >= 8)
		return fold_u64(fold_octets(bytes + size - 8) >> (8 * (8 - left)));
	uint64_t octets = 0;
	for (size_t i = 0; i < left; i++)
		octets |= (uint64_t)bytes[i] << 8 * i;
	return fold_u64(octets);
}

/* Mostly the letter case is the same, and nothing has to be folded. */
static inline bool
fold_equal8(const uint8_t *a, const uint8_t *b)
{
	const uint64_t octets_a = fold_octets(a), octets_b = fold_octets(b);
	return octets_a == octets_b || fold_u64(octets_a) == fold_u64(octets_b);
}

static inline bool
fold_equal(const uint8_t *a, const uint8_t *b, size_t size)
{
	size_t i = 0;
	for (; size - i >= 8; i += 8)
		if (!fold_equal8(a + i, b + i))
			return false;
	if (size >= 8)
		return i == size || fold_equal8(a + size - 8, b + size - 8);
	return fold_load_tail(a, size) == fold_load_tail(b, size);
}

/* `to` may be `from`: folding twice is folding once, so the last eight octets may overlap those before. */
static inline void
fold_copy(uint8_t *to, const uint8_t *from, size_t size)
{
	size_t i = 0;
	for (; size - i >= 8; i += 8)
		fold_copy8(to + i, from + i);
	if (size >= 8 && i < size)
		fold_copy8(to + size - 8, from + size - 8);
	else
		for (; i < size; i++)
			to[i] = fold_u8(from[i]);
}

/*
 * For tables inside one message, with a bound on every chain, and for those that the operator alone fills: hardly
 * keyed, so never for a table that peers fill and that outlives the message.
 */
static inline uint32_t
fold_hash(const uint8_t *bytes, size_t size, uint64_t seed)
{
	const uint64_t factor = 0x9e3779b97f4a7c15u; /* 2^64 over the golden ratio */
	uint64_t hash = (seed ^ size) * factor;
	for (size_t i = 0; size - i >= 8; i += 8)
		hash = ((hash ^ hash >> 29) ^ fold_load(bytes + i)) * factor;
	hash = ((hash ^ hash >> 29) ^ fold_load_tail(bytes, size)) * factor;
	return (uint32_t)(hash >> 32);
}

#endif
