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

static inline uint64_t
fold_load(const uint8_t *bytes)
{
	uint64_t octets;
	memcpy(&octets, bytes, sizeof octets);
	return fold_u64(octets);
}

/* The last one to seven octets of an input, padded with zeros. */
static inline uint64_t
fold_load_tail(const uint8_t *bytes, size_t size)
{
	uint64_t octets = 0;
	for (size_t i = 0; i < size; i++)
		octets |= (uint64_t)bytes[i] << 8 * i;
	return fold_u64(octets);
}

static inline bool
fold_equal(const uint8_t *a, const uint8_t *b, size_t size)
{
	size_t i = 0;
	for (; size - i >= 8; i += 8)
		if (fold_load(a + i) != fold_load(b + i))
			return false;
	return fold_load_tail(a + i, size - i) == fold_load_tail(b + i, size - i);
}

static inline void
fold_copy(uint8_t *to, const uint8_t *from, size_t size)
{
	size_t i = 0;
	for (; size - i >= 8; i += 8) {
		uint64_t octets = fold_load(from + i);
		memcpy(to + i, &octets, sizeof octets);
	}
	for (; i < size; i++)
		to[i] = fold_u8(from[i]);
}

/*
 * For tables inside one message, with a bound on every chain: not keyed, so never for a
 * table that outlives the message.
 */
static inline uint32_t
fold_hash(const uint8_t *bytes, size_t size, uint64_t seed)
{
	const uint64_t factor = 0x9e3779b97f4a7c15u; /* 2^64 over the golden ratio */
	uint64_t hash = (seed ^ size) * factor;
	size_t i = 0;
	for (; size - i >= 8; i += 8)
		hash = ((hash ^ hash >> 29) ^ fold_load(bytes + i)) * factor;
	hash = ((hash ^ hash >> 29) ^ fold_load_tail(bytes + i, size - i)) * factor;
	return (uint32_t)(hash >> 32);
}

#endif
