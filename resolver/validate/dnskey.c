#include "resolver/validate/dnskey.h"

#include <string.h>

#include "resolver/validate/limits.h"
#include "stack/base/cursor.h"

/* Not used for validation; their keys are told of like others (RFC 2536, section 2). */
#define ALGORITHM_DSA            3
#define ALGORITHM_DSA_NSEC3_SHA1 6
#define DSA_FIXED_BYTES          21u /* T and Q */

/* RFC 4034, appendix B: a sum of 16-bit words, the carry added once. */
static uint16_t
key_tag(const uint8_t *rdata, size_t size)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < size; i++)
		sum += (i & 1) != 0 ? rdata[i] : (uint32_t)rdata[i] << 8;
	return (uint16_t)(sum + (sum >> 16));
}

int
dnskey_read(struct dnskey *key, const uint8_t *rdata, size_t size)
{
	struct cursor c = cursor_over(rdata, size);

	key->flags = cursor_u16(&c);
	key->protocol = cursor_u8(&c);
	key->algorithm = cursor_u8(&c);
	key->public_key.size = cursor_left(&c);
	key->public_key.bytes = cursor_bytes(&c, key->public_key.size);
	key->rdata = (struct crypto_span){ rdata, size };
	if (c.err != 0)
		return c.err;
	key->tag = key_tag(rdata, size);
	return 0;
}

bool
dnskey_signs(const struct dnskey *key)
{
	return (key->flags & DNSKEY_ZONE) != 0 && (key->flags & DNSKEY_REVOKED) == 0 &&
	       key->protocol == DNSKEY_PROTOCOL;
}

/* RFC 3110, section 2: the exponent's size in one octet or three, the exponent, the modulus. */
static unsigned
rsa_bits(struct cursor c)
{
	size_t exponent_bytes = cursor_u8(&c);

	if (exponent_bytes == 0)
		exponent_bytes = cursor_u16(&c);
	cursor_skip(&c, exponent_bytes);
	return (unsigned)cursor_left(&c) * 8;
}

unsigned
dnskey_bits(const struct dnskey *key)
{
	const unsigned octets = (unsigned)key->public_key.size;

	switch (key->algorithm) {
	case ALGORITHM_RSASHA1:
	case ALGORITHM_RSASHA1_NSEC3_SHA1:
	case ALGORITHM_RSASHA256:
	case ALGORITHM_RSASHA512:
		return rsa_bits(cursor_over(key->public_key.bytes, key->public_key.size));
	case ALGORITHM_DSA:
	case ALGORITHM_DSA_NSEC3_SHA1: return octets > DSA_FIXED_BYTES ? (octets - DSA_FIXED_BYTES) / 3 * 8 : 0; /* P, G, Y */
	case ALGORITHM_ECDSAP256SHA256:
	case ALGORITHM_ECDSAP384SHA384: return octets * 4; /* two coordinates */
	}
	return octets * 8;
}

int
ds_read(struct ds *ds, const uint8_t *rdata, size_t size)
{
	struct cursor c = cursor_over(rdata, size);

	ds->tag = cursor_u16(&c);
	ds->algorithm = cursor_u8(&c);
	ds->digest_type = cursor_u8(&c);
	ds->digest.size = cursor_left(&c);
	ds->digest.bytes = cursor_bytes(&c, ds->digest.size);
	return c.err;
}

bool
ds_matches(struct crypto *crypto, const struct ds *ds, const struct name *owner, const struct dnskey *key)
{
	uint8_t digest[CRYPTO_DIGEST_BYTES_MAX];
	struct name lower;

	if (ds->tag != key->tag || ds->algorithm != key->algorithm)
		return false;
	name_lower(&lower, owner);
	const struct crypto_span name = { lower.wire, lower.size };
	const size_t size = crypto_digest(crypto, ds->digest_type, name, key->rdata, digest);
	return size != 0 && size == ds->digest.size && memcmp(digest, ds->digest.bytes, size) == 0;
}

void
ds_choose(const struct crypto *crypto, const struct rrset *set, struct ds_choice *choice)
{
	struct rdata_walk walk;
	struct ds ds;
	unsigned i = 0;

	*choice = (struct ds_choice){ 0 };
	for (rdata_first(set, &walk); i < set->rr_count && rdata_next(&walk); i++) {
		if (ds_read(&ds, walk.bytes, walk.size) != 0 ||
		    !crypto_knows_algorithm(crypto, ds.algorithm))
			continue;
		if (!crypto_knows_digest(crypto, ds.digest_type)) {
			choice->unknown_digest = true;
			continue;
		}
		choice->usable = true;
		choice->ignore_sha1 |= ds.digest_type != DIGEST_SHA1;
	}
}

unsigned
ds_algorithms(const struct crypto *crypto, const struct rrset *set, uint8_t *algorithms)
{
	struct rdata_walk walk;
	struct ds ds;
	unsigned i = 0, count = 0;

	for (rdata_first(set, &walk); i < set->rr_count && count < VALIDATE_DS_MAX && rdata_next(&walk); i++)
		if (ds_read(&ds, walk.bytes, walk.size) == 0 && crypto_knows_algorithm(crypto, ds.algorithm) &&
		    memchr(algorithms, ds.algorithm, count) == NULL)
			algorithms[count++] = ds.algorithm;
	return count;
}
