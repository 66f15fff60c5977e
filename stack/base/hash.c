#include "stack/base/hash.h"

#include "stack/base/rng.h"

/* SipHash-c-d (Aumasson and Bernstein, 2012): c rounds a word, d rounds at the end. */
struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
rotate_left(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline struct sip
sip_begin(const struct hash_key *key)
{
	return (struct sip){ /* "somepseudorandomlygeneratedbytes" */
		.v0 = key->k0 ^ 0x736f6d6570736575u,
		.v1 = key->k1 ^ 0x646f72616e646f6du,
		.v2 = key->k0 ^ 0x6c7967656e657261u,
		.v3 = key->k1 ^ 0x7465646279746573u,
	};
}

static inline void
sip_rounds(struct sip *s, unsigned count)
{
	while (count-- != 0) {
		s->v0 += s->v1;
		s->v1 = rotate_left(s->v1, 13) ^ s->v0;
		s->v0 = rotate_left(s->v0, 32);
		s->v2 += s->v3;
		s->v3 = rotate_left(s->v3, 16) ^ s->v2;
		s->v0 += s->v3;
		s->v3 = rotate_left(s->v3, 21) ^ s->v0;
		s->v2 += s->v1;
		s->v1 = rotate_left(s->v1, 17) ^ s->v2;
		s->v2 = rotate_left(s->v2, 32);
	}
}

static inline void
sip_word(struct sip *s, uint64_t word, unsigned rounds)
{
	s->v3 ^= word;
	sip_rounds(s, rounds);
	s->v0 ^= word;
}

static inline uint64_t
sip_end(struct sip *s, unsigned rounds)
{
	s->v2 ^= 0xff;
	sip_rounds(s, rounds);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* Eight octets, least significant first; the compiler makes one load of it. */
static inline uint64_t
load_le64(const uint8_t *p)
{
	return p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
	       (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
	       (uint64_t)p[7] << 56;
}

/* The last `left` octets of an input of `size`, fewer than eight, that ends at `end`. */
static inline uint64_t
load_tail(const uint8_t *end, size_t left, size_t size)
{
	if (left == 0)
		return 0;
	if (size >= 8)
		return load_le64(end - 8) >> (8 * (8 - left));
	uint64_t word = 0;
	for (size_t i = 0; i < left; i++)
		word |= (uint64_t)*(end - left + i) << (8 * i);
	return word;
}

/* Inlined into each of its callers, where the rounds are constants and no loops are left of them. */
static inline __attribute__((always_inline)) uint64_t
sip_hash(const struct hash_key *key, const void *bytes, size_t size, unsigned c, unsigned d)
{
	struct sip s = sip_begin(key);
	const uint8_t *p = bytes;
	size_t left = size;
	for (; left >= 8; left -= 8, p += 8)
		sip_word(&s, load_le64(p), c);
	sip_word(&s, load_tail(p + left, left, size) | (uint64_t)size << 56, c);
	return sip_end(&s, d);
}

struct hash_key
hash_key_draw(struct rng *rng)
{
	struct hash_key key;
	key.k0 = rng_u64(rng);
	key.k1 = rng_u64(rng);
	return key;
}

uint64_t
hash_bytes(const struct hash_key *key, const void *bytes, size_t size)
{
	return sip_hash(key, bytes, size, 1, 3);
}

uint64_t
hash_bytes_24(const struct hash_key *key, const void *bytes, size_t size)
{
	return sip_hash(key, bytes, size, 2, 4);
}

uint64_t
hash_u64x2(const struct hash_key *key, uint64_t a, uint64_t b)
{
	struct sip s = sip_begin(key);
	sip_word(&s, a, 1);
	sip_word(&s, b, 1);
	sip_word(&s, (uint64_t)16 << 56, 1); /* the length, as hash_bytes over sixteen octets has it */
	return sip_end(&s, 3);
}
