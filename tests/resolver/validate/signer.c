#include "tests/resolver/validate/signer.h"

#include <check.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/wire/rdata.h"
#include "stack/base/cursor.h"

#define SECRET_BYTES    32u
#define SIGNATURE_BYTES 64u
#define DATA_BYTES_MAX  65536u

static EVP_PKEY *
key_pair(unsigned number)
{
	uint8_t secret[SECRET_BYTES] = { (uint8_t)(number >> 8), (uint8_t)number, 0x5e };
	EVP_PKEY *pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, sizeof secret);

	ck_assert_ptr_nonnull(pair);
	return pair;
}

uint16_t
signer_key(unsigned number, uint16_t flags, uint8_t rdata[SIGNER_RDATA_BYTES])
{
	struct writer w = writer_over(rdata, SIGNER_RDATA_BYTES);
	EVP_PKEY *pair = key_pair(number);
	size_t size = SIGNER_RDATA_BYTES - 4;
	uint32_t sum = 0;

	writer_u16(&w, flags);
	writer_u8(&w, 3);
	writer_u8(&w, SIGNER_ALGORITHM);
	ck_assert_int_eq(EVP_PKEY_get_raw_public_key(pair, rdata + 4, &size), 1);
	EVP_PKEY_free(pair);
	for (size_t i = 0; i < SIGNER_RDATA_BYTES; i += 2) /* RFC 4034, appendix B */
		sum += (uint32_t)(rdata[i] << 8 | rdata[i + 1]);
	return (uint16_t)(sum + (sum >> 16));
}

void
signer_add(struct arena *arena, struct rrset *set, const void *rdata, size_t size)
{
	uint8_t *bytes = arena_alloc(arena, set->rdata_bytes + 2 + size);

	ck_assert_ptr_nonnull(bytes);
	struct writer w = writer_over(bytes, set->rdata_bytes + 2 + size);
	writer_bytes(&w, set->rdata, set->rdata_bytes);
	writer_u16(&w, (uint16_t)size);
	writer_bytes(&w, rdata, size);
	set->rdata = bytes;
	set->rdata_bytes = (uint32_t)w.pos;
	set->rr_count++;
}

static int
canonical_order(const void *left, const void *right)
{
	const struct rdata_walk *a = left, *b = right;
	const int order = memcmp(a->bytes, b->bytes, a->size < b->size ? a->size : b->size);

	return order != 0 ? order : (int)a->size - (int)b->size;
}

static void
put_records(struct writer *w, struct arena *arena, const struct rrset *set, unsigned labels)
{
	struct rdata_walk *records = arena_zalloc(arena, set->rr_count, sizeof *records), walk;
	struct name owner, above;
	unsigned count = 0;

	name_lower(&owner, set->owner);
	if (labels < name_labels(&owner)) {
		name_tail(&above, &owner, labels);
		ck_assert_int_eq(name_prepend(&owner, (const uint8_t *)"*", 1, &above), 0);
	}
	for (rdata_first(set, &walk); count < set->rr_count && rdata_next(&walk); count++) {
		uint8_t *copy = arena_copy(arena, walk.bytes, walk.size);
		rdata_canonicalise(set->type, set->class, copy, walk.size);
		records[count] = walk;
		records[count].bytes = copy;
	}
	qsort(records, count, sizeof *records, canonical_order);
	for (unsigned i = 0; i < count; i++) {
		writer_bytes(w, owner.wire, owner.size);
		writer_u16(w, set->type);
		writer_u16(w, set->class);
		writer_u32(w, set->ttl_s);
		writer_u16(w, records[i].size);
		writer_bytes(w, records[i].bytes, records[i].size);
	}
}

void
signer_sign(struct arena *arena, struct rrset *set, const struct name *zone, unsigned number, uint16_t flags,
	    uint32_t inception_s, uint32_t expires_s)
{
	signer_sign_as(arena, set, zone, number, flags, inception_s, expires_s, name_labels(set->owner));
}

void
signer_sign_as(struct arena *arena, struct rrset *set, const struct name *zone, unsigned number, uint16_t flags,
	       uint32_t inception_s, uint32_t expires_s, unsigned labels)
{
	uint8_t key[SIGNER_RDATA_BYTES], signature[SIGNATURE_BYTES], *data = malloc(DATA_BYTES_MAX);
	struct writer w = writer_over(data, DATA_BYTES_MAX);
	EVP_PKEY *pair = key_pair(number);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t size = sizeof signature;

	writer_u16(&w, set->type);
	writer_u8(&w, SIGNER_ALGORITHM);
	writer_u8(&w, (uint8_t)labels);
	writer_u32(&w, set->ttl_s);
	writer_u32(&w, expires_s);
	writer_u32(&w, inception_s);
	writer_u16(&w, signer_key(number, flags, key));
	writer_bytes(&w, zone->wire, zone->size);
	const size_t head_bytes = w.pos;
	put_records(&w, arena, set, labels);
	ck_assert_int_eq(w.err, 0);
	ck_assert_int_eq(EVP_DigestSignInit(context, NULL, NULL, NULL, pair), 1);
	ck_assert_int_eq(EVP_DigestSign(context, signature, &size, data, w.pos), 1);
	w.pos = head_bytes;
	writer_bytes(&w, signature, size);
	signer_add(arena, set, data, w.pos);
	set->rr_count--;
	set->sig_count++;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(pair);
	free(data);
}
