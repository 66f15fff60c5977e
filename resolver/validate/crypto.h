/*
 * crypto.h - the signatures and digests of DNSSEC, by libcrypto (RFC 8624; RFC 5702, 6605, 8080, 4509, 6605).
 *
 * Algorithms 5, 7, 8, 10, 13, 14, 15, 16; digests 1, 2, 4.  What this libcrypto refuses by its policy (SHA-1,
 * on some systems) counts as unknown, and zones that have nothing else are insecure and not bogus.
 *
 * Ownership: a crypto holds the fetched algorithms and contexts of one thread; crypto_new allocates, the rest does not
 *            (libcrypto itself does).
 * Errors:    enum crypto_result; a key that is no key is CRYPTO_INVALID.
 * Bounds:    the RSA limits of limits.h.
 */
#ifndef CAIRN_RESOLVER_VALIDATE_CRYPTO_H
#define CAIRN_RESOLVER_VALIDATE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crypto;

#define CRYPTO_DIGEST_BYTES_MAX 48u
#define CRYPTO_SHA1_BYTES       20u

enum dnssec_algorithm {
	ALGORITHM_RSASHA1 = 5, ALGORITHM_RSASHA1_NSEC3_SHA1 = 7, ALGORITHM_RSASHA256 = 8, ALGORITHM_RSASHA512 = 10,
	ALGORITHM_ECDSAP256SHA256 = 13, ALGORITHM_ECDSAP384SHA384 = 14, ALGORITHM_ED25519 = 15, ALGORITHM_ED448 = 16,
};

enum ds_digest { DIGEST_SHA1 = 1, DIGEST_SHA256 = 2, DIGEST_SHA384 = 4 };

enum crypto_result { CRYPTO_VALID, CRYPTO_INVALID, CRYPTO_UNSUPPORTED };

struct crypto *crypto_new(void); /* NULL: libcrypto gives nothing */
void crypto_free(struct crypto *crypto);

bool crypto_knows_algorithm(const struct crypto *crypto, uint8_t algorithm);
bool crypto_knows_digest(const struct crypto *crypto, uint8_t digest);

struct crypto_span {
	const uint8_t *bytes;
	size_t size;
};

/* One signature: `key` is the public key field of a DNSKEY, `signature` that of an RRSIG. */
enum crypto_result crypto_verify(struct crypto *crypto, uint8_t algorithm, struct crypto_span key,
				 struct crypto_span signed_data, struct crypto_span signature);

/* The digest of the two spans in a row; its size, or 0 when the digest is unknown. */
size_t crypto_digest(struct crypto *crypto, uint8_t digest, struct crypto_span first, struct crypto_span second,
		     uint8_t out[CRYPTO_DIGEST_BYTES_MAX]);

/* RFC 5155, section 5; false when SHA-1 is not to be had. */
bool crypto_nsec3_hash(struct crypto *crypto, struct crypto_span name, struct crypto_span salt, unsigned iterations,
		       uint8_t out[CRYPTO_SHA1_BYTES]);

#endif
