/*
 * digest_field.h - the digest that a server gives of what it sends: Repr-Digest, Content-Digest (RFC 9530), and the Digest
 * that was before them (RFC 3230).
 *
 * Each field is a list of algorithms with what they made of the octets; the strongest of those that are active (RFC 9530,
 * section 5) and known here is read. Others, and what is malformed, say nothing.
 */
#ifndef CAIRN_FETCH_DIGEST_FIELD_H
#define CAIRN_FETCH_DIGEST_FIELD_H

#include <stdint.h>

#include "fetch/span.h"

#define DIGEST_BYTES_MAX 64u

struct digest {
	const char *function; /* as libcrypto names it: "SHA256" */
	size_t bytes;
	uint8_t octets[DIGEST_BYTES_MAX];
};

/* False: there is none. */
bool digest_field_read(struct span value, struct digest *digest);

#endif
