/*
 * signer.h - zones' keys and the signatures of them, for tests that make their own (RFC 4034, section 3.1.8.1; RFC 8080).
 *
 * Ed25519, so that a key is a number.  Written apart from resolver/validate, to be a second opinion on it.
 */
#ifndef CAIRN_TESTS_RESOLVER_VALIDATE_SIGNER_H
#define CAIRN_TESTS_RESOLVER_VALIDATE_SIGNER_H

#include "resolver/wire/message.h"
#include "stack/base/arena.h"

#define SIGNER_ALGORITHM    15u
#define SIGNER_RDATA_BYTES  36u
#define SIGNER_KSK          257u
#define SIGNER_ZSK          256u
#define SIGNER_KSK_REVOKED  385u

/* The DNSKEY of this number; returns its key tag. */
uint16_t signer_key(unsigned number, uint16_t flags, uint8_t rdata[SIGNER_RDATA_BYTES]);

/* Adds a record; before any signature. */
void signer_add(struct arena *arena, struct rrset *set, const void *rdata, size_t size);

/* Adds the RRSIG that the key of this number and flags makes. */
void signer_sign(struct arena *arena, struct rrset *set, const struct name *zone, unsigned number, uint16_t flags,
		 uint32_t inception_s, uint32_t expires_s);
/* The same, as if a wildcard with so many labels, without the asterisk, had made the set. */
void signer_sign_as(struct arena *arena, struct rrset *set, const struct name *zone, unsigned number, uint16_t flags,
		    uint32_t inception_s, uint32_t expires_s, unsigned labels);

#endif
