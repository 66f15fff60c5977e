#include "stack/base/rng.h"

#include <assert.h>
#include <string.h>

#define CHACHA20_BLOCK_BYTES 64u
#define RNG_KEY_BYTES        32u

static_assert(RNG_BLOCK_BYTES % CHACHA20_BLOCK_BYTES == 0, "whole ChaCha20 blocks");

static inline uint32_t
rotate_left(uint32_t x, unsigned bits)
{
	return x << bits | x >> (32 - bits);
}

static inline uint32_t
load_le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void
store_le32(uint8_t *p, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

static inline void
quarter_round(uint32_t s[16], unsigned a, unsigned b, unsigned c, unsigned d) /* RFC 8439, section 2.1 */
{
	s[a] += s[b];
	s[d] = rotate_left(s[d] ^ s[a], 16);
	s[c] += s[d];
	s[b] = rotate_left(s[b] ^ s[c], 12);
	s[a] += s[b];
	s[d] = rotate_left(s[d] ^ s[a], 8);
	s[c] += s[d];
	s[b] = rotate_left(s[b] ^ s[c], 7);
}

void
rng__chacha20_block(const uint32_t key[8], uint32_t counter, const uint32_t nonce[3], uint8_t out[64])
{
	uint32_t start[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
	memcpy(start + 4, key, 8 * sizeof key[0]);
	start[12] = counter;
	memcpy(start + 13, nonce, 3 * sizeof nonce[0]);

	uint32_t s[16];
	memcpy(s, start, sizeof s);
	for (unsigned i = 0; i < 10; i++) {
		quarter_round(s, 0, 4, 8, 12);
		quarter_round(s, 1, 5, 9, 13);
		quarter_round(s, 2, 6, 10, 14);
		quarter_round(s, 3, 7, 11, 15);
		quarter_round(s, 0, 5, 10, 15);
		quarter_round(s, 1, 6, 11, 12);
		quarter_round(s, 2, 7, 8, 13);
		quarter_round(s, 3, 4, 9, 14);
	}
	for (unsigned i = 0; i < 16; i++)
		store_le32(out + 4 * i, s[i] + start[i]);
}

static void
rng_set_key(struct rng *rng, const uint8_t bytes[RNG_KEY_BYTES])
{
	for (unsigned i = 0; i < 8; i++)
		rng->key[i] = load_le32(bytes + 4 * i);
}

void
rng_init(struct rng *rng, const uint8_t seed[RNG_SEED_BYTES])
{
	rng_set_key(rng, seed);
	memset(rng->block, 0, sizeof rng->block);
	rng->used = sizeof rng->block;
}

void
rng_init_number(struct rng *rng, uint64_t seed)
{
	uint8_t bytes[RNG_SEED_BYTES] = { 0 };
	store_le32(bytes, (uint32_t)seed);
	store_le32(bytes + 4, (uint32_t)(seed >> 32));
	rng_init(rng, bytes);
}

/* The first octets of each block are the next key and leave by no other way. */
static void
rng_refill(struct rng *rng)
{
	static const uint32_t nonce[3] = { 0, 0, 0 }; /* each key is used for one block only */
	for (uint32_t i = 0; i < RNG_BLOCK_BYTES / CHACHA20_BLOCK_BYTES; i++)
		rng__chacha20_block(rng->key, i, nonce, rng->block + i * CHACHA20_BLOCK_BYTES);
	rng_set_key(rng, rng->block);
	memset(rng->block, 0, RNG_KEY_BYTES);
	rng->used = RNG_KEY_BYTES;
}

void
rng_bytes(struct rng *rng, void *out, size_t size)
{
	uint8_t *p = out;
	while (size != 0) {
		if (rng->used == sizeof rng->block)
			rng_refill(rng);
		size_t take = sizeof rng->block - rng->used;
		if (take > size)
			take = size;
		memcpy(p, rng->block + rng->used, take);
		memset(rng->block + rng->used, 0, take);
		rng->used += take;
		p += take;
		size -= take;
	}
}

/* The same for a few octets, which the block mostly has: of a constant size this is two moves. */
static inline void
rng_few(struct rng *rng, uint8_t *out, size_t size)
{
	if (sizeof rng->block - rng->used < size) {
		rng_bytes(rng, out, size);
		return;
	}
	memcpy(out, rng->block + rng->used, size);
	memset(rng->block + rng->used, 0, size);
	rng->used += size;
}

uint16_t
rng_u16(struct rng *rng)
{
	uint8_t b[2];
	rng_few(rng, b, sizeof b);
	return (uint16_t)(b[0] | b[1] << 8);
}

uint32_t
rng_u32(struct rng *rng)
{
	uint8_t b[4];
	rng_few(rng, b, sizeof b);
	return load_le32(b);
}

uint64_t
rng_u64(struct rng *rng)
{
	uint64_t low = rng_u32(rng);
	return low | (uint64_t)rng_u32(rng) << 32;
}

/*
 * The high word of random * bound is uniform when the low word's first 2^32 mod bound
 * values are thrown away (Lemire, "Fast random integer generation in an interval").
 */
uint32_t
rng_below(struct rng *rng, uint32_t bound)
{
	assert(bound > 0);
	uint64_t product = (uint64_t)rng_u32(rng) * bound;
	if ((uint32_t)product < bound) {
		uint32_t threshold = -bound % bound;
		while ((uint32_t)product < threshold)
			product = (uint64_t)rng_u32(rng) * bound;
	}
	return (uint32_t)(product >> 32);
}
