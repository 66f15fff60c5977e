/*
 * rng.h - the one source of unpredictable numbers (ChaCha20, RFC 8439, as a generator).
 *
 * Ids, ports, letter cases, ISNs, hash keys and jitter all come from here.  The
 * shell seeds it from getrandom; a test seeds it from a number that it prints, and
 * the same seed gives the same run.  After each block the key is replaced by
 * generator output, so that a later look at memory does not tell earlier numbers.
 */
#ifndef CAIRN_STACK_BASE_RNG_H
#define CAIRN_STACK_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

#define RNG_SEED_BYTES  32u
#define RNG_BLOCK_BYTES 512u /* generated at once */

struct rng {
	uint32_t key[8];
	uint8_t block[RNG_BLOCK_BYTES];
	size_t used; /* octets of block given out */
};

void rng_init(struct rng *rng, const uint8_t seed[RNG_SEED_BYTES]);
void rng_init_number(struct rng *rng, uint64_t seed); /* tests and simulations only */
void rng_bytes(struct rng *rng, void *out, size_t size);
uint16_t rng_u16(struct rng *rng);
uint32_t rng_u32(struct rng *rng);
uint64_t rng_u64(struct rng *rng);
uint32_t rng_below(struct rng *rng, uint32_t bound); /* uniform in [0, bound); bound > 0 */

/* One ChaCha20 block (RFC 8439, section 2.3), exposed for its test vector. */
void rng__chacha20_block(const uint32_t key[8], uint32_t counter, const uint32_t nonce[3], uint8_t out[64]);

#endif
