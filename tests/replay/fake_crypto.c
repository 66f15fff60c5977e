/*
 * What `fake-sha1: yes` of a scenario asks for: signatures of algorithms 3, 5, 6 and 7 and DS digests of
 * SHA-1 are good without being looked at, since hardly a library checks them any more.  The linker puts these
 * functions before the validator's own (--wrap); cairnd knows nothing of it.
 */
#include "resolver/validate/dnskey.h"
#include "tests/replay/player.h"

static bool is_faked;

enum crypto_result __real_crypto_verify(struct crypto *crypto, uint8_t algorithm, struct crypto_span key,
					struct crypto_span signed_data, struct crypto_span signature);
bool __real_crypto_knows_algorithm(const struct crypto *crypto, uint8_t algorithm);
bool __real_ds_matches(struct crypto *crypto, const struct ds *ds, const struct name *owner, const struct dnskey *key);

enum crypto_result __wrap_crypto_verify(struct crypto *crypto, uint8_t algorithm, struct crypto_span key,
					struct crypto_span signed_data, struct crypto_span signature);
bool __wrap_crypto_knows_algorithm(const struct crypto *crypto, uint8_t algorithm);
bool __wrap_ds_matches(struct crypto *crypto, const struct ds *ds, const struct name *owner, const struct dnskey *key);

void
fake_crypto_set(bool fake_sha1)
{
	is_faked = fake_sha1;
}

static bool
is_old(uint8_t algorithm)
{
	return is_faked && (algorithm == 3 || algorithm == 5 || algorithm == 6 || algorithm == 7);
}

enum crypto_result
__wrap_crypto_verify(struct crypto *crypto, uint8_t algorithm, struct crypto_span key, struct crypto_span signed_data,
		     struct crypto_span signature)
{
	/* One octet stands for none at all (entry.c). */
	return is_old(algorithm) ? (signature.size > 1 ? CRYPTO_VALID : CRYPTO_INVALID)
				 : __real_crypto_verify(crypto, algorithm, key, signed_data, signature);
}

bool
__wrap_crypto_knows_algorithm(const struct crypto *crypto, uint8_t algorithm)
{
	return is_old(algorithm) || __real_crypto_knows_algorithm(crypto, algorithm);
}

bool
__wrap_ds_matches(struct crypto *crypto, const struct ds *ds, const struct name *owner, const struct dnskey *key)
{
	if (is_faked && ds->digest_type == DIGEST_SHA1)
		return ds->tag == key->tag && ds->algorithm == key->algorithm;
	return __real_ds_matches(crypto, ds, owner, key);
}
