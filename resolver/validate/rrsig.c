#include "resolver/validate/rrsig.h"

#include <stdlib.h>
#include <string.h>

#include "resolver/validate/limits.h"
#include "resolver/wire/rdata.h"
#include "stack/base/arena.h"

#define RRSIG_FIXED_BYTES 18u
#define RR_FIXED_BYTES    10u /* type, class, TTL, rdlength */

int
rrsig_read(struct rrsig *sig, const uint8_t *rdata, size_t size)
{
	struct cursor c = cursor_over(rdata, size);

	sig->covered = cursor_u16(&c);
	sig->algorithm = cursor_u8(&c);
	sig->labels = cursor_u8(&c);
	sig->original_ttl_s = cursor_u32(&c);
	sig->expires_s = cursor_u32(&c);
	sig->inception_s = cursor_u32(&c);
	sig->tag = cursor_u16(&c);
	if (c.err != 0)
		return c.err;
	int err = name_from_wire(&sig->signer, rdata + c.pos, size - c.pos);
	if (err != 0)
		return err;
	cursor_skip(&c, sig->signer.size);
	sig->rdata_head = (struct crypto_span){ rdata, c.pos };
	sig->signature.size = cursor_left(&c);
	sig->signature.bytes = cursor_bytes(&c, sig->signature.size);
	return c.err;
}

/* ---- form and time (RFC 4035, section 5.3.1) -------------------------------------------------------- */

/* Labels of an owner as RRSIGs count them: without the root, without an asterisk in front. */
static unsigned
signed_labels(const struct name *owner)
{
	const bool is_asterisk = owner->size > 2 && owner->wire[0] == 1 && owner->wire[1] == '*';
	return name_labels(owner) - (is_asterisk ? 1 : 0);
}

/* The labels may not be fewer than the signer's: a wildcard above its own zone is no wildcard (four vendors, 2026). */
static bool
has_right_form(const struct rrset *set, const struct rrsig *sig)
{
	return sig->covered == set->type && name_is_under(set->owner, &sig->signer) &&
	       sig->labels <= signed_labels(set->owner) && sig->labels >= name_labels(&sig->signer);
}

static uint32_t
skew_for(const struct verify_skew *skew, uint32_t lasts_s)
{
	const uint32_t tenth_s = lasts_s / 10, most_s = tenth_s < skew->max_s ? tenth_s : skew->max_s;

	return most_s > skew->min_s ? most_s : skew->min_s;
}

/* RFC 4034, section 3.1.5: serial number arithmetic. */
static int
time_ede(const struct rrsig *sig, uint32_t now_s, const struct verify_skew *skew)
{
	const uint32_t lasts_s = sig->expires_s - sig->inception_s;

	if (now_s == VERIFY_ANY_TIME)
		return EDE_NONE;
	if ((int32_t)lasts_s < 0)
		return EDE_SIGNATURE_EXPIRED_BEFORE_VALID;
	const uint32_t skew_s = skew_for(skew, lasts_s);
	if ((int32_t)(now_s - skew_s - sig->expires_s) > 0)
		return EDE_SIGNATURE_EXPIRED;
	if ((int32_t)(now_s + skew_s - sig->inception_s) < 0)
		return EDE_SIGNATURE_NOT_YET_VALID;
	return EDE_NONE;
}

/* The i-th RRSIG of the set; they stand behind its records. */
static bool
sig_at(const struct rrset *set, unsigned index, struct rrsig *sig)
{
	struct rdata_walk walk;
	unsigned at = 0;

	for (rdata_first(set, &walk); rdata_next(&walk); at++)
		if (at == set->rr_count + index)
			return rrsig_read(sig, walk.bytes, walk.size) == 0;
	return false;
}

bool
rrset_signer(const struct rrset *set, struct name *signer)
{
	struct rrsig sig;

	for (unsigned i = 0; i < set->sig_count; i++) {
		if (sig_at(set, i, &sig) && has_right_form(set, &sig)) {
			name_copy(signer, &sig.signer);
			return true;
		}
	}
	return false;
}

bool
rrset_is_expanded(const struct rrset *set)
{
	struct rrsig sig;

	for (unsigned i = 0; i < set->sig_count; i++)
		if (sig_at(set, i, &sig) && has_right_form(set, &sig) && sig.labels < signed_labels(set->owner))
			return true;
	return false;
}

bool
rrset_is_own(const struct rrset *set)
{
	struct rrsig sig;

	for (unsigned i = 0; i < set->sig_count; i++)
		if (!sig_at(set, i, &sig) || sig.labels != signed_labels(set->owner))
			return false;
	return set->sig_count > 0;
}

bool
rrset_is_fleeting(const struct rrset *set)
{
	struct rrsig sig;

	for (unsigned i = 0; i < set->sig_count; i++)
		if (sig_at(set, i, &sig) && has_right_form(set, &sig))
			return sig.original_ttl_s == 0;
	return false;
}

bool
rrset_outlives_a_sig(const struct rrset *set, const struct verify_skew *skew, uint32_t now_s)
{
	struct rrsig sig;

	for (unsigned i = 0; i < set->sig_count; i++)
		if (!sig_at(set, i, &sig) || time_ede(&sig, now_s, skew) == EDE_SIGNATURE_EXPIRED)
			return true;
	return false;
}

/* ---- what was signed (RFC 4034, section 3.1.8.1) ----------------------------------------------------- */

static int
canonical_order(const void *left, const void *right)
{
	const struct crypto_span *a = left, *b = right;
	const size_t common = a->size < b->size ? a->size : b->size;
	int order = memcmp(a->bytes, b->bytes, common);
	return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
}

/* The records in canonical form and order; how many, or 0 when the arena is full. */
static unsigned
canonical_records(const struct rrset *set, struct arena *arena, struct crypto_span **records)
{
	struct rdata_walk walk;
	unsigned count = 0;

	*records = arena_zalloc(arena, set->rr_count, sizeof **records);
	if (*records == NULL)
		return 0;
	for (rdata_first(set, &walk); count < set->rr_count && rdata_next(&walk); count++) {
		uint8_t *bytes = arena_copy(arena, walk.bytes, walk.size);
		if (bytes == NULL)
			return 0;
		rdata_canonicalise(set->type, set->class, bytes, walk.size);
		(*records)[count] = (struct crypto_span){ bytes, walk.size };
	}
	qsort(*records, count, sizeof **records, canonical_order);
	return count;
}

/* RFC 4035, section 5.3.2: a name that came from a wildcard is signed as the wildcard. */
static void
signed_owner(const struct rrset *set, const struct rrsig *sig, struct name *owner)
{
	const unsigned labels = signed_labels(set->owner);

	if (sig->labels < labels) {
		struct name parent;
		name_tail(&parent, set->owner, sig->labels);
		(void)name_prepend(owner, (const uint8_t *)"*", 1, &parent); /* shorter than it was: it fits */
		name_lower(owner, owner);
		return;
	}
	name_lower(owner, set->owner);
}

static bool
build_signed_data(struct verify *verify)
{
	const struct rrset *set = verify->set;
	const struct rrsig *sig = &verify->sig;
	struct crypto_span *records;
	struct name owner, signer;
	const unsigned count = canonical_records(set, verify->arena, &records);
	size_t room_bytes;

	if (count == 0)
		return false;
	signed_owner(set, sig, &owner);
	name_lower(&signer, &sig->signer);
	uint8_t *room = arena_rest(verify->arena, &room_bytes);
	struct writer w = writer_over(room, room_bytes);
	writer_bytes(&w, sig->rdata_head.bytes, RRSIG_FIXED_BYTES);
	writer_bytes(&w, signer.wire, signer.size);
	for (unsigned i = 0; i < count; i++) {
		if (i > 0 && canonical_order(&records[i - 1], &records[i]) == 0)
			continue; /* RFC 4034, section 6.3: duplicates are signed once */
		writer_bytes(&w, owner.wire, owner.size);
		writer_u16(&w, set->type);
		writer_u16(&w, set->class);
		writer_u32(&w, sig->original_ttl_s);
		writer_u16(&w, (uint16_t)records[i].size);
		writer_bytes(&w, records[i].bytes, records[i].size);
	}
	if (w.err != 0)
		return false;
	arena_keep(verify->arena, w.pos);
	verify->signed_data = (struct crypto_span){ room, w.pos };
	return true;
}

/* ---- the walk over signatures and keys ----------------------------------------------------------------- */

void
verify_begin(struct verify *verify, const struct rrset *set, const struct rrset *keys, const struct name *zone,
	     const struct rrset *ds, struct crypto *crypto, struct arena *arena, uint32_t now_s)
{
	*verify = (struct verify){
		.set = set, .keys = keys, .zone = zone, .ds = ds, .crypto = crypto, .arena = arena, .now_s = now_s,
		.skew = { VALIDATE_SKEW_S, VALIDATE_SKEW_S },
		.ede = set->sig_count == 0 ? EDE_RRSIGS_MISSING : EDE_DNSKEY_MISSING,
	};
}

/* With a DS set: does one of it stand for the key? */
static bool
is_anchored(const struct verify *verify, const struct dnskey *key)
{
	struct rdata_walk walk;
	struct ds_choice choice;
	struct ds ds;
	unsigned at = 0;

	if (verify->ds == NULL)
		return true;
	ds_choose(verify->crypto, verify->ds, &choice);
	for (rdata_first(verify->ds, &walk);
	     at < verify->ds->rr_count && at < VALIDATE_DS_MAX && rdata_next(&walk); at++) {
		if (ds_read(&ds, walk.bytes, walk.size) != 0 ||
		    (choice.ignore_sha1 && ds.digest_type == DIGEST_SHA1))
			continue;
		if (ds_matches(verify->crypto, &ds, verify->zone, key))
			return true;
	}
	return false;
}

static bool
may_sign(const struct verify *verify, const struct dnskey *key)
{
	struct dnskey unrevoked = *key;

	if (verify->takes_revoked)
		unrevoked.flags &= (uint16_t)~DNSKEY_REVOKED;
	return dnskey_signs(&unrevoked);
}

/* The next key of the signature's tag and algorithm that may sign. */
static bool
next_of_tag(struct verify *verify, struct dnskey *key)
{
	struct rdata_walk walk;
	unsigned at = 0;

	for (rdata_first(verify->keys, &walk);
	     at < verify->keys->rr_count && at < VALIDATE_KEYS_MAX && rdata_next(&walk); at++) {
		if (at < verify->key_index || dnskey_read(key, walk.bytes, walk.size) != 0 ||
		    key->tag != verify->sig.tag || key->algorithm != verify->sig.algorithm)
			continue;
		verify->key_index = at + 1;
		if (may_sign(verify, key))
			return true;
		verify->ede = (key->flags & DNSKEY_ZONE) == 0 ? EDE_NO_ZONE_KEY_BIT : EDE_DNSSEC_BOGUS;
	}
	return false;
}

/* The next key that may have made the signature. */
static bool
next_key(struct verify *verify, struct dnskey *key)
{
	while (next_of_tag(verify, key)) {
		if (verify->keys_of_tag++ == VALIDATE_KEYS_PER_TAG_MAX)
			return false;
		if (is_anchored(verify, key))
			return true;
	}
	return false;
}

/* The signature is no use at this time. */
static void
note_late(struct verify *verify, int ede)
{
	struct dnskey key;

	if (verify->sigs_late == VALIDATE_SIGS_PER_RRSET_MAX)
		return;
	verify->sigs_late++;
	verify->key_index = 0;
	if (next_of_tag(verify, &key))
		verify->ede = ede;
}

/* The next RRSIG whose form and times are right; false after the last. */
static bool
next_sig(struct verify *verify)
{
	while (verify->sig_index < verify->set->sig_count && verify->sigs_tried < VALIDATE_SIGS_PER_RRSET_MAX &&
	       verify->failures < VALIDATE_FAILURES_MAX) {
		struct rrsig *sig = &verify->sig;
		if (!sig_at(verify->set, verify->sig_index++, sig) || !has_right_form(verify->set, sig) ||
		    !name_equal(&sig->signer, verify->zone) ||
		    (verify->algorithm != 0 && verify->algorithm != sig->algorithm))
			continue;
		const int ede = time_ede(sig, verify->now_s, &verify->skew);
		if (ede != EDE_NONE) {
			note_late(verify, ede);
			continue;
		}
		if (!crypto_knows_algorithm(verify->crypto, sig->algorithm)) {
			verify->ede = EDE_UNSUPPORTED_DNSKEY_ALGORITHM;
			continue;
		}
		verify->sigs_tried++;
		verify->key_index = verify->keys_of_tag = 0;
		verify->signed_data = (struct crypto_span){ 0 };
		return true;
	}
	return false;
}

static uint64_t
hash_span(const struct hash_key *key, struct crypto_span span)
{
	return hash_bytes(key, span.bytes, span.size);
}

uint64_t
verify_job_hash(const struct verify_job *job, const struct hash_key *key)
{
	const uint64_t signer = hash_u64x2(key, hash_span(key, job->key), job->algorithm);
	const uint64_t said = hash_u64x2(key, hash_span(key, job->signed_data), hash_span(key, job->signature));

	return hash_u64x2(key, signer, said);
}

bool
verify_next(struct verify *verify, struct verify_job *job, unsigned *budget)
{
	struct dnskey key;

	while (!verify->secure) {
		if (!verify->is_sig_ready && !next_sig(verify))
			return false;
		verify->is_sig_ready = true;
		if (verify->failures == VALIDATE_FAILURES_MAX || !next_key(verify, &key)) {
			verify->is_sig_ready = false;
			continue;
		}
		if (*budget == 0 || (verify->signed_data.bytes == NULL && !build_signed_data(verify))) {
			verify->ede = EDE_OTHER; /* too much work */
			return false;
		}
		(*budget)--;
		*job = (struct verify_job){
			.algorithm = key.algorithm,
			.key = key.public_key,
			.signed_data = verify->signed_data,
			.signature = verify->sig.signature,
		};
		return true;
	}
	return false;
}

static uint32_t
smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Until the RRSIG expires; after that, until it has by the signer's clock as well. */
static uint32_t
remains_s(const struct verify *verify)
{
	const struct rrsig *sig = &verify->sig;
	const int32_t by_ours_s = (int32_t)(sig->expires_s - verify->now_s);

	if (verify->now_s == VERIFY_ANY_TIME)
		return INT32_MAX;
	if (by_ours_s > 0)
		return (uint32_t)by_ours_s;
	return skew_for(&verify->skew, sig->expires_s - sig->inception_s) + sig->expires_s - verify->now_s;
}

void
verify_result(struct verify *verify, enum crypto_result result)
{
	const struct rrsig *sig = &verify->sig;

	if (result == CRYPTO_UNSUPPORTED) {
		verify->ede = EDE_UNSUPPORTED_DNSKEY_ALGORITHM;
		return;
	}
	if (result == CRYPTO_INVALID) {
		verify->failures++;
		verify->ede = EDE_DNSSEC_BOGUS;
		return;
	}
	verify->secure = true;
	verify->ede = EDE_NONE;
	verify->labels = sig->labels;
	verify->is_wildcard = sig->labels < signed_labels(verify->set->owner);
	verify->ttl_s_max = smaller(sig->original_ttl_s, remains_s(verify));
}

bool
verify_set(struct verify *verify, unsigned *budget)
{
	struct verify_job job;

	while (verify_next(verify, &job, budget))
		verify_result(verify, crypto_verify(verify->crypto, job.algorithm, job.key, job.signed_data,
						    job.signature));
	return verify->secure;
}
