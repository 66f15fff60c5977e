/*
 * hash.h - keyed hashing for every table that a peer can fill (SipHash-1-3).
 *
 * The key is drawn at start from the rng, so that nobody outside can aim at one
 * bucket.  SipHash-1-3 is the variant that hash tables use; test vectors of the
 * reference, both 1-3 and 2-4, are in tests/stack/base.
 */
#ifndef CAIRN_STACK_BASE_HASH_H
#define CAIRN_STACK_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct rng;

struct hash_key {
	uint64_t k0, k1;
};

struct hash_key hash_key_draw(struct rng *rng);
uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t size);
uint64_t hash_bytes_24(const struct hash_key *key, const void *bytes, size_t size); /* SipHash-2-4: tokens that leave us */

/* Two words at once without a buffer, for fixed-size keys (addresses, ports, ids). */
uint64_t hash_u64x2(const struct hash_key *key, uint64_t a, uint64_t b);

#endif
