/*
 * dnskey.h - DNSKEY and DS records (RFC 4034, sections 2 and 5; RFC 5011, section 2.1).
 *
 * Ownership: fields point into the rdata that they were read from.
 * Errors:    ERR_SHORT, ERR_MALFORMED: no such record.
 */
#ifndef CAIRN_RESOLVER_VALIDATE_DNSKEY_H
#define CAIRN_RESOLVER_VALIDATE_DNSKEY_H

#include "resolver/validate/crypto.h"
#include "resolver/wire/message.h"

#define DNSKEY_ZONE    0x0100u /* RFC 4034, section 2.1.1 */
#define DNSKEY_REVOKED 0x0080u /* RFC 5011, section 2.1 */
#define DNSKEY_SEP     0x0001u
#define DNSKEY_PROTOCOL 3u

struct dnskey {
	uint16_t flags;
	uint8_t protocol, algorithm;
	uint16_t tag; /* RFC 4034, appendix B */
	struct crypto_span public_key;
	struct crypto_span rdata;
};

int dnskey_read(struct dnskey *key, const uint8_t *rdata, size_t size);
/* May sign a zone's records: the zone bit, protocol 3, not revoked. */
bool dnskey_signs(const struct dnskey *key);
/* Its size as people tell it: of RSA the modulus. */
unsigned dnskey_bits(const struct dnskey *key);

struct ds {
	uint16_t tag;
	uint8_t algorithm, digest_type;
	struct crypto_span digest;
};

int ds_read(struct ds *ds, const uint8_t *rdata, size_t size);
/* Whether the DS stands for this key of `owner` (RFC 4034, section 5.1.4). */
bool ds_matches(struct crypto *crypto, const struct ds *ds, const struct name *owner, const struct dnskey *key);

/*
 * Which digests of a DS set are to be looked at: with a SHA-2 digest of an algorithm that we know there, SHA-1 is
 * ignored (RFC 4509, section 3).  False in *usable when nothing in the set is known: the zone is
 * insecure (RFC 4035, section 5.2).
 */
struct ds_choice {
	bool usable;
	bool ignore_sha1;
	bool unknown_digest; /* nothing usable because of the digest, else because of the algorithm */
};
void ds_choose(const struct crypto *crypto, const struct rrset *set, struct ds_choice *choice);

/* The algorithms that we know of those in the set, each once, VALIDATE_DS_MAX at most; how many. */
unsigned ds_algorithms(const struct crypto *crypto, const struct rrset *set, uint8_t *algorithms);

#endif
