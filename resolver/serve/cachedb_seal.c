#include "resolver/serve/cachedb_seal.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define PREFIX       "cairn1:" /* changes with anything that a reader has to know */
#define PREFIX_BYTES (sizeof PREFIX - 1)
#define DIGEST_BYTES 32u

static_assert(CACHEDB_KEY_BYTES == PREFIX_BYTES + 32, "two hashes of 64 bits");

static void
digest(const void *secret, size_t secret_bytes, const void *bytes, size_t size,
       uint8_t out[DIGEST_BYTES])
{
	unsigned out_bytes = DIGEST_BYTES;
	const void *made =
		HMAC(EVP_sha256(), secret, (int)secret_bytes, bytes, size, out, &out_bytes);
	assert(made != NULL && out_bytes == DIGEST_BYTES);
	(void)made;
}

void
cachedb_seal_init(struct cachedb_seal *seal, const char *secret_seed, uint64_t basis)
{
	uint8_t label[10] = "s.", names[DIGEST_BYTES];
	for (unsigned i = 0; i < 8; i++)
		label[2 + i] = (uint8_t)(basis >> (56 - 8 * i));
	digest(secret_seed, strlen(secret_seed), label, sizeof label, seal->secret);
	label[0] = 'n';
	digest(secret_seed, strlen(secret_seed), label, sizeof label, names);
	struct cursor cursor = cursor_over(names, sizeof names);
	for (unsigned i = 0; i < 2; i++) {
		seal->names[i].k0 = (uint64_t)cursor_u32(&cursor) << 32;
		seal->names[i].k0 |= cursor_u32(&cursor);
		seal->names[i].k1 = (uint64_t)cursor_u32(&cursor) << 32;
		seal->names[i].k1 |= cursor_u32(&cursor);
	}
}

void
cachedb_seal_key(const struct cachedb_seal *seal, enum record_kind kind, const uint8_t *key,
		 size_t key_bytes, char text[CACHEDB_KEY_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t octets[1 + STORE_KEY_BYTES_MAX];
	assert(key_bytes <= STORE_KEY_BYTES_MAX);
	octets[0] = (uint8_t)kind;
	memcpy(octets + 1, key, key_bytes);
	memcpy(text, PREFIX, PREFIX_BYTES);
	char *to = text + PREFIX_BYTES;
	for (unsigned i = 0; i < 2; i++) {
		uint64_t hash = hash_bytes_24(&seal->names[i], octets, 1 + key_bytes);
		for (unsigned shift = 64; shift > 0; shift -= 4)
			*to++ = digits[hash >> (shift - 4) & 15];
	}
}

static void
seal_of(const struct cachedb_seal *seal, const char key[CACHEDB_KEY_BYTES], const uint8_t *body,
	size_t body_bytes, uint8_t out[DIGEST_BYTES])
{
	uint8_t octets[CACHEDB_KEY_BYTES + RECORD_BYTES_MAX];
	memcpy(octets, key, CACHEDB_KEY_BYTES);
	memcpy(octets + CACHEDB_KEY_BYTES, body, body_bytes);
	digest(seal->secret, sizeof seal->secret, octets, CACHEDB_KEY_BYTES + body_bytes, out);
}

size_t
cachedb_seal_write(const struct cachedb_seal *seal, enum record_kind kind,
		   const char key[CACHEDB_KEY_BYTES], const struct store_record *record,
		   const struct record_clock *clock, uint8_t value[CACHEDB_VALUE_BYTES_MAX])
{
	uint8_t out[DIGEST_BYTES];
	if (!record_lasts(kind, record, clock))
		return 0;
	struct writer writer = writer_over(value, CACHEDB_VALUE_BYTES_MAX);
	(void)writer_reserve(&writer, CACHEDB_SEAL_BYTES);
	record_write(&writer, record, clock);
	assert(writer.err == 0);
	seal_of(seal, key, value + CACHEDB_SEAL_BYTES, writer.pos - CACHEDB_SEAL_BYTES, out);
	memcpy(value, out, CACHEDB_SEAL_BYTES);
	return writer.pos;
}

int
cachedb_seal_read(const struct cachedb_seal *seal, enum record_kind kind,
		  const char key[CACHEDB_KEY_BYTES], const uint8_t *value, size_t value_bytes,
		  struct store_record *record, const struct record_clock *clock)
{
	uint8_t out[DIGEST_BYTES];
	if (value_bytes <= CACHEDB_SEAL_BYTES || value_bytes > CACHEDB_VALUE_BYTES_MAX)
		return ERR_SHORT;
	struct cursor cursor = cursor_over(value, value_bytes);
	const uint8_t *sealed = cursor_bytes(&cursor, CACHEDB_SEAL_BYTES);
	seal_of(seal, key, value + cursor.pos, cursor_left(&cursor), out);
	if (CRYPTO_memcmp(sealed, out, CACHEDB_SEAL_BYTES) != 0)
		return ERR_MALFORMED;
	int err = record_read(&cursor, kind, record, clock);
	return err == 0 && cursor_left(&cursor) > 0 ? ERR_MALFORMED : err;
}
