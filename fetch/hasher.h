/*
 * hasher.h - hash functions by libcrypto, opened when the first is asked for (shell): Digest, --checksum.
 *
 * Errors:    ERR_UNSUPPORTED: no libcrypto, or a function that its policy forbids (MD5 under FIPS).
 */
#ifndef CAIRN_FETCH_HASHER_H
#define CAIRN_FETCH_HASHER_H

#include "fetch/auth.h"

#define HASHER_BYTES_MAX 64u

struct hasher {
	void *library;
	void *context;
};

int hasher_begin(struct hasher *hasher, const char *name); /* as libcrypto names it: "SHA256" */
int hasher_write(struct hasher *hasher, const void *octets, size_t bytes);
/* The octets of the hash, or a negative error; the hasher is closed either way. */
int hasher_end(struct hasher *hasher, uint8_t hash[HASHER_BYTES_MAX]);
void hasher_close(struct hasher *hasher); /* without a result */

extern const struct auth_hash_ops hasher_auth_ops;

#endif
