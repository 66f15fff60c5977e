/*
 * cachedb_seal.h - what is kept of a record in a place where others can write too: under which key, and sealed.
 *
 * The key is a keyed hash of kind, name and type (SipHash-2-4, twice), so the server learns no names.  The value is the record
 * (cache/record.h) behind sixteen octets of HMAC-SHA256 over key and record: whoever does not know the secret-seed can take
 * records away, or show an old one again, whose end is told in it and sealed with it, but can make none.  Both rest on
 * basis.h too: machines with other trust anchors or forwarders do not believe each other.
 *
 * Errors: ERR_SHORT, ERR_MALFORMED.
 */
#ifndef CAIRN_RESOLVER_SERVE_CACHEDB_SEAL_H
#define CAIRN_RESOLVER_SERVE_CACHEDB_SEAL_H

#include "resolver/cache/record.h"

#define CACHEDB_SEED_BYTES   512u /* of secret-seed, with a NUL */
#define CACHEDB_SECRET_BYTES 32u
#define CACHEDB_KEY_BYTES    39u /* "cairn1:" and 32 hexadecimal digits */
#define CACHEDB_SEAL_BYTES   16u
#define CACHEDB_VALUE_BYTES_MAX (CACHEDB_SEAL_BYTES + RECORD_BYTES_MAX)

struct cachedb_seal {
	uint8_t secret[CACHEDB_SECRET_BYTES];
	struct hash_key names[2];
};

void cachedb_seal_init(struct cachedb_seal *seal, const char *secret_seed, uint64_t basis);
void cachedb_seal_key(const struct cachedb_seal *seal, enum record_kind kind, const uint8_t *key, size_t key_bytes,
                      char text[CACHEDB_KEY_BYTES]);

/* The value's size; 0: the record is not one that lasts. */
size_t cachedb_seal_write(const struct cachedb_seal *seal, enum record_kind kind, const char key[CACHEDB_KEY_BYTES],
                          const struct store_record *record, const struct record_clock *clock,
                          uint8_t value[CACHEDB_VALUE_BYTES_MAX]);
/* The record is lent from the value. */
int cachedb_seal_read(const struct cachedb_seal *seal, enum record_kind kind, const char key[CACHEDB_KEY_BYTES],
                      const uint8_t *value, size_t value_bytes, struct store_record *record,
                      const struct record_clock *clock);

#endif
