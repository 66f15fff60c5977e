#include "resolver/validate/crypto.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#include "resolver/validate/limits.h"
#include "stack/base/cursor.h"

enum { SHA1, SHA256, SHA384, SHA512, HASHES };

struct crypto {
	EVP_MD *hashes[HASHES]; /* NULL: this libcrypto does not give it */
	EVP_MD_CTX *verifying, *digesting; /* apart: a context that has verified does not go back to mere digests */
};

#define EC_POINT_UNCOMPRESSED 0x04u
#define EC_COORDINATE_MAX     48u
#define EC_DER_MAX            (2u * (EC_COORDINATE_MAX + 3u) + 4u)
#define ED25519_KEY_BYTES     32u
#define ED448_KEY_BYTES       57u

/* What each algorithm is made of. */
struct scheme {
	enum { SCHEME_NONE, SCHEME_RSA, SCHEME_EC, SCHEME_ED } kind;
	int hash;               /* of RSA and EC */
	const char *name;       /* group or key type */
	size_t key_bytes;       /* EC: both coordinates; ED: the key */
	unsigned rsa_bits_min;
};

static const struct scheme schemes[] = {
	[ALGORITHM_RSASHA1] = { SCHEME_RSA, SHA1, "RSA", 0, VALIDATE_RSA_BITS_MIN },
	[ALGORITHM_RSASHA1_NSEC3_SHA1] = { SCHEME_RSA, SHA1, "RSA", 0, VALIDATE_RSA_BITS_MIN },
	[ALGORITHM_RSASHA256] = { SCHEME_RSA, SHA256, "RSA", 0, VALIDATE_RSA_BITS_MIN },
	[ALGORITHM_RSASHA512] = { SCHEME_RSA, SHA512, "RSA", 0, 1024 },
	[ALGORITHM_ECDSAP256SHA256] = { SCHEME_EC, SHA256, "P-256", 64, 0 },
	[ALGORITHM_ECDSAP384SHA384] = { SCHEME_EC, SHA384, "P-384", 96, 0 },
	[ALGORITHM_ED25519] = { SCHEME_ED, 0, "ED25519", ED25519_KEY_BYTES, 0 },
	[ALGORITHM_ED448] = { SCHEME_ED, 0, "ED448", ED448_KEY_BYTES, 0 },
};

static const struct scheme *
scheme_of(uint8_t algorithm)
{
	static const struct scheme none = { .kind = SCHEME_NONE };
	return algorithm < sizeof schemes / sizeof schemes[0] ? &schemes[algorithm] : &none;
}

/* ---- the thread's own --------------------------------------------------------------------------- */

struct crypto *
crypto_new(void)
{
	static const char *const names[HASHES] = { "SHA1", "SHA256", "SHA384", "SHA512" };
	struct crypto *crypto = OPENSSL_zalloc(sizeof *crypto);

	if (crypto == NULL)
		return NULL;
	crypto->verifying = EVP_MD_CTX_new();
	crypto->digesting = EVP_MD_CTX_new();
	if (crypto->verifying == NULL || crypto->digesting == NULL) {
		crypto_free(crypto);
		return NULL;
	}
	for (int i = 0; i < HASHES; i++)
		crypto->hashes[i] = EVP_MD_fetch(NULL, names[i], NULL);
	ERR_clear_error();
	return crypto;
}

void
crypto_free(struct crypto *crypto)
{
	if (crypto == NULL)
		return;
	for (int i = 0; i < HASHES; i++)
		EVP_MD_free(crypto->hashes[i]);
	EVP_MD_CTX_free(crypto->verifying);
	EVP_MD_CTX_free(crypto->digesting);
	OPENSSL_free(crypto);
}

bool
crypto_knows_algorithm(const struct crypto *crypto, uint8_t algorithm)
{
	const struct scheme *scheme = scheme_of(algorithm);
	switch (scheme->kind) {
	case SCHEME_NONE: return false;
	case SCHEME_RSA:
	case SCHEME_EC:   return crypto->hashes[scheme->hash] != NULL;
	case SCHEME_ED:   break;
	}
	return true;
}

static EVP_MD *
digest_hash(const struct crypto *crypto, uint8_t digest)
{
	switch (digest) {
	case DIGEST_SHA1:   return crypto->hashes[SHA1];
	case DIGEST_SHA256: return crypto->hashes[SHA256];
	case DIGEST_SHA384: return crypto->hashes[SHA384];
	}
	return NULL;
}

bool
crypto_knows_digest(const struct crypto *crypto, uint8_t digest)
{
	return digest_hash(crypto, digest) != NULL;
}

/* ---- keys ----------------------------------------------------------------------------------------- */

static EVP_PKEY *
key_from_params(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

	if (context != NULL && params != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
	    EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	return key;
}

static EVP_PKEY *
rsa_from_numbers(const BIGNUM *modulus, const BIGNUM *exponent)
{
	EVP_PKEY *key = NULL;
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;

	if (build != NULL && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
		params = OSSL_PARAM_BLD_to_param(build);
	if (params != NULL)
		key = key_from_params("RSA", params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	return key;
}

/* RFC 3110, section 2: the exponent's length in one octet or three, the exponent, the modulus. */
static EVP_PKEY *
rsa_key(const struct scheme *scheme, struct crypto_span span)
{
	struct cursor c = cursor_over(span.bytes, span.size);
	size_t exponent_bytes = cursor_u8(&c);
	if (exponent_bytes == 0)
		exponent_bytes = cursor_u16(&c);
	const uint8_t *exponent = cursor_bytes(&c, exponent_bytes);
	const size_t modulus_bytes = cursor_left(&c);
	const uint8_t *modulus = cursor_bytes(&c, modulus_bytes);

	if (c.err != 0 || exponent_bytes == 0 || exponent_bytes > VALIDATE_RSA_EXPONENT_BYTES_MAX ||
	    modulus_bytes > VALIDATE_RSA_BITS_MAX / 8)
		return NULL;
	BIGNUM *n = BN_bin2bn(modulus, (int)modulus_bytes, NULL), *e = BN_bin2bn(exponent, (int)exponent_bytes, NULL);
	EVP_PKEY *key = NULL;
	if (n != NULL && e != NULL && BN_is_odd(n) && BN_is_odd(e) && !BN_is_one(e) &&
	    BN_num_bits(n) >= (int)scheme->rsa_bits_min)
		key = rsa_from_numbers(n, e);
	BN_free(n);
	BN_free(e);
	return key;
}

/* RFC 6605, section 4: the coordinates in a row. */
static EVP_PKEY *
ec_key(const struct scheme *scheme, struct crypto_span span)
{
	uint8_t point[1 + 2 * EC_COORDINATE_MAX] = { EC_POINT_UNCOMPRESSED };
	char group[8];

	if (span.size != scheme->key_bytes)
		return NULL;
	memcpy(point + 1, span.bytes, span.size);
	memcpy(group, scheme->name, strlen(scheme->name) + 1);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + span.size),
		OSSL_PARAM_construct_end(),
	};
	return key_from_params("EC", params);
}

/* ---- signatures ------------------------------------------------------------------------------------ */

/* An INTEGER of DER: no leading zeros but one before a top bit that is set. */
static void
der_integer(struct writer *w, const uint8_t *bytes, size_t size)
{
	while (size > 1 && bytes[0] == 0) {
		bytes++;
		size--;
	}
	const size_t pad = bytes[0] >> 7;
	writer_u8(w, 0x02);
	writer_u8(w, (uint8_t)(size + pad));
	if (pad != 0)
		writer_u8(w, 0);
	writer_bytes(w, bytes, size);
}

/* RFC 6605, section 4: r and s in a row; libcrypto wants DER.  Its octets are less than 128 in number. */
static size_t
ec_signature(struct crypto_span raw, uint8_t der[EC_DER_MAX])
{
	struct writer w = writer_over(der, EC_DER_MAX);
	const size_t half = raw.size / 2;

	writer_u8(&w, 0x30);
	writer_u8(&w, 0);
	der_integer(&w, raw.bytes, half);
	der_integer(&w, raw.bytes + half, half);
	if (w.err != 0)
		return 0;
	der[1] = (uint8_t)(w.pos - 2);
	return w.pos;
}

static enum crypto_result
verify_with(struct crypto *crypto, EVP_PKEY *key, const EVP_MD *hash, struct crypto_span signed_data,
	    struct crypto_span signature)
{
	int good = EVP_MD_CTX_reset(crypto->verifying);

	if (good == 1)
		good = EVP_DigestVerifyInit_ex(crypto->verifying, NULL, hash == NULL ? NULL : EVP_MD_get0_name(hash), NULL,
					       NULL, key, NULL);
	if (good == 1)
		good = EVP_DigestVerify(crypto->verifying, signature.bytes, signature.size, signed_data.bytes,
					signed_data.size);
	ERR_clear_error();
	return good == 1 ? CRYPTO_VALID : CRYPTO_INVALID;
}

enum crypto_result
crypto_verify(struct crypto *crypto, uint8_t algorithm, struct crypto_span key_span, struct crypto_span signed_data,
	      struct crypto_span signature)
{
	const struct scheme *scheme = scheme_of(algorithm);
	const EVP_MD *hash = scheme->kind == SCHEME_ED ? NULL : crypto->hashes[scheme->hash];
	uint8_t der[EC_DER_MAX];
	EVP_PKEY *key = NULL;

	if (!crypto_knows_algorithm(crypto, algorithm))
		return CRYPTO_UNSUPPORTED;
	if (scheme->kind == SCHEME_RSA) {
		key = rsa_key(scheme, key_span);
	} else if (scheme->kind == SCHEME_EC && signature.size == scheme->key_bytes) {
		key = ec_key(scheme, key_span);
		signature = (struct crypto_span){ der, ec_signature(signature, der) };
	} else if (scheme->kind == SCHEME_ED && key_span.size == scheme->key_bytes) {
		key = EVP_PKEY_new_raw_public_key_ex(NULL, scheme->name, NULL, key_span.bytes, key_span.size);
	}
	if (key == NULL) {
		ERR_clear_error();
		return CRYPTO_INVALID;
	}
	enum crypto_result result = verify_with(crypto, key, hash, signed_data, signature);
	EVP_PKEY_free(key);
	return result;
}

/* ---- digests ---------------------------------------------------------------------------------------- */

static size_t
digest_two(struct crypto *crypto, const EVP_MD *hash, struct crypto_span first, struct crypto_span second,
	   uint8_t *out)
{
	unsigned size = 0;
	if (EVP_DigestInit_ex2(crypto->digesting, hash, NULL) != 1 ||
	    EVP_DigestUpdate(crypto->digesting, first.bytes, first.size) != 1 ||
	    EVP_DigestUpdate(crypto->digesting, second.bytes, second.size) != 1 ||
	    EVP_DigestFinal_ex(crypto->digesting, out, &size) != 1) {
		ERR_clear_error();
		return 0;
	}
	return size;
}

size_t
crypto_digest(struct crypto *crypto, uint8_t digest, struct crypto_span first, struct crypto_span second,
	      uint8_t out[CRYPTO_DIGEST_BYTES_MAX])
{
	const EVP_MD *hash = digest_hash(crypto, digest);
	return hash == NULL ? 0 : digest_two(crypto, hash, first, second, out);
}

bool
crypto_nsec3_hash(struct crypto *crypto, struct crypto_span name, struct crypto_span salt, unsigned iterations,
		  uint8_t out[CRYPTO_SHA1_BYTES])
{
	const EVP_MD *hash = crypto->hashes[SHA1];

	if (hash == NULL || digest_two(crypto, hash, name, salt, out) != CRYPTO_SHA1_BYTES)
		return false;
	for (; iterations > 0; iterations--) {
		const struct crypto_span last = { out, CRYPTO_SHA1_BYTES };
		if (digest_two(crypto, hash, last, salt, out) != CRYPTO_SHA1_BYTES)
			return false;
	}
	return true;
}
