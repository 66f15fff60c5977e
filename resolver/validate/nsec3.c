/* NSEC3 (RFC 5155, section 8; RFC 9276). */
#include "resolver/validate/denial.h"

#include <string.h>

#include "resolver/validate/limits.h"
#include "stack/base/cursor.h"

#define NSEC3_SHA1       1u
#define NSEC3_LABEL      32u /* characters of base32hex for 20 octets */

struct nsec3 {
	uint8_t hash[CRYPTO_SHA1_BYTES]; /* of the owner */
	const uint8_t *next;
	bool opt_out;
	uint16_t iterations;
	struct crypto_span salt, types;
};

/* The records of the answer that may be used, all with the parameters of the first (RFC 5155, section 8.2). */
struct chain {
	struct denial *denial;
	struct nsec3 records[VALIDATE_NSEC3_MAX];
	unsigned count;
	bool too_costly;
};

/* The first label of the owner, base32hex without padding (RFC 4648, section 7), into 20 octets. */
static bool
owner_hash(const struct name *owner, uint8_t hash[CRYPTO_SHA1_BYTES])
{
	uint64_t bits = 0;
	unsigned bit_count = 0, at = 0;

	if (owner->wire[0] != NSEC3_LABEL)
		return false;
	for (unsigned i = 1; i <= NSEC3_LABEL; i++) {
		const uint8_t c = owner->wire[i];
		unsigned value;
		if (c >= '0' && c <= '9')
			value = c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'v')
			value = (unsigned)((c | 0x20) - 'a') + 10;
		else
			return false;
		bits = bits << 5 | value;
		bit_count += 5;
		if (bit_count >= 8) {
			bit_count -= 8;
			hash[at++] = (uint8_t)(bits >> bit_count);
		}
	}
	return at == CRYPTO_SHA1_BYTES;
}

static bool
nsec3_read(const struct denial *denial, const struct rrset *set, struct nsec3 *nsec3)
{
	struct rdata_walk walk;
	struct name parent;

	if (!denial__is_usable(denial, set, TYPE_NSEC3) || set->rr_count != 1)
		return false;
	rdata_first(set, &walk);
	if (!rdata_next(&walk))
		return false;
	struct cursor c = cursor_over(walk.bytes, walk.size);
	const uint8_t algorithm = cursor_u8(&c), flags = cursor_u8(&c);
	nsec3->iterations = cursor_u16(&c);
	nsec3->salt.size = cursor_u8(&c);
	nsec3->salt.bytes = cursor_bytes(&c, nsec3->salt.size);
	const uint8_t next_bytes = cursor_u8(&c);
	nsec3->next = cursor_bytes(&c, next_bytes);
	nsec3->types.size = cursor_left(&c);
	nsec3->types.bytes = cursor_bytes(&c, nsec3->types.size);
	nsec3->opt_out = (flags & NSEC3_OPT_OUT) != 0;
	name_strip(&parent, set->owner, 1);
	return c.err == 0 && algorithm == NSEC3_SHA1 && (flags & ~NSEC3_OPT_OUT) == 0 &&
	       next_bytes == CRYPTO_SHA1_BYTES && name_equal(&parent, denial->zone) &&
	       owner_hash(set->owner, nsec3->hash);
}

static bool
same_parameters(const struct nsec3 *a, const struct nsec3 *b)
{
	return a->iterations == b->iterations && a->salt.size == b->salt.size &&
	       memcmp(a->salt.bytes, b->salt.bytes, a->salt.size) == 0;
}

static unsigned
iterations_max(const struct denial *denial)
{
	return denial->iterations_max != 0 ? denial->iterations_max : VALIDATE_NSEC3_ITERATIONS_MAX;
}

static void
chain_read(struct chain *chain, struct denial *denial)
{
	struct nsec3 nsec3;

	*chain = (struct chain){ .denial = denial };
	for (const struct rrset *set = denial->sets; set != NULL; set = set->next) {
		if (!nsec3_read(denial, set, &nsec3))
			continue;
		if (nsec3.iterations > iterations_max(denial)) {
			chain->too_costly = denial->too_many_iterations = true;
			return;
		}
		if (chain->count > 0 && !same_parameters(&nsec3, &chain->records[0]))
			continue;
		if (chain->count == VALIDATE_NSEC3_MAX) {
			chain->count = 0; /* more than an honest answer has */
			return;
		}
		chain->records[chain->count++] = nsec3;
	}
}

static bool
hash_name(const struct chain *chain, const struct name *name, uint8_t hash[CRYPTO_SHA1_BYTES])
{
	struct name lower;

	if (chain->count == 0 || *chain->denial->hashes == 0)
		return false;
	(*chain->denial->hashes)--;
	name_lower(&lower, name);
	const struct crypto_span span = { lower.wire, lower.size };
	return crypto_nsec3_hash(chain->denial->crypto, span, chain->records[0].salt,
				 chain->records[0].iterations, hash);
}

static const struct nsec3 *
find_match(const struct chain *chain, const struct name *name)
{
	uint8_t hash[CRYPTO_SHA1_BYTES];

	if (!hash_name(chain, name, hash))
		return NULL;
	for (unsigned i = 0; i < chain->count; i++)
		if (memcmp(chain->records[i].hash, hash, sizeof hash) == 0)
			return &chain->records[i];
	return NULL;
}

static bool
is_between(const struct nsec3 *nsec3, const uint8_t hash[CRYPTO_SHA1_BYTES])
{
	const bool after_owner = memcmp(nsec3->hash, hash, CRYPTO_SHA1_BYTES) < 0;
	const bool before_next = memcmp(hash, nsec3->next, CRYPTO_SHA1_BYTES) < 0;
	const bool is_last = memcmp(nsec3->next, nsec3->hash, CRYPTO_SHA1_BYTES) <= 0;
	return is_last ? after_owner || before_next : after_owner && before_next;
}

static const struct nsec3 *
find_cover(const struct chain *chain, const struct name *name)
{
	uint8_t hash[CRYPTO_SHA1_BYTES];

	if (!hash_name(chain, name, hash))
		return NULL;
	for (unsigned i = 0; i < chain->count; i++)
		if (is_between(&chain->records[i], hash))
			return &chain->records[i];
	return NULL;
}

/* As owner_hash reads it. */
static void
hash_label(const uint8_t hash[CRYPTO_SHA1_BYTES], uint8_t label[NSEC3_LABEL])
{
	uint32_t bits = 0;
	unsigned bit_count = 0, at = 0;

	for (unsigned i = 0; i < CRYPTO_SHA1_BYTES; i++) {
		bits = bits << 8 | hash[i];
		for (bit_count += 8; bit_count >= 5; bit_count -= 5)
			label[at++] = (uint8_t)"0123456789abcdefghijklmnopqrstuv"[bits >> (bit_count - 5) & 31u];
	}
}

bool
denial_nsec3_owner(struct denial *denial, const struct rrset *like, const struct name *name, struct name *owner)
{
	struct chain chain = { .denial = denial };
	uint8_t hash[CRYPTO_SHA1_BYTES], label[NSEC3_LABEL];

	if (!nsec3_read(denial, like, &chain.records[0]) || chain.records[0].iterations > iterations_max(denial))
		return false;
	chain.count = 1;
	if (!hash_name(&chain, name, hash))
		return false;
	hash_label(hash, label);
	return name_prepend(owner, label, sizeof label, denial->zone) == 0;
}

/* ---- the closest encloser proof (RFC 5155, section 8.3) ------------------------------------------------ */

struct encloser {
	unsigned labels;           /* of the closest encloser */
	const struct nsec3 *cover; /* of the next closer name */
};

/* A name that exists and may speak for what is below it: no DNAME, and no delegation. */
static bool
may_enclose(const struct nsec3 *nsec3)
{
	return !denial__has_type(nsec3->types, TYPE_DNAME) &&
	       (!denial__has_type(nsec3->types, TYPE_NS) || denial__has_type(nsec3->types, TYPE_SOA));
}

static bool
find_encloser(const struct chain *chain, const struct name *qname, struct encloser *encloser)
{
	const unsigned zone_labels = name_labels(chain->denial->zone);
	struct name name, next_closer;

	for (unsigned labels = name_labels(qname); labels-- > zone_labels;) {
		name_tail(&name, qname, labels);
		const struct nsec3 *match = find_match(chain, &name);
		if (match == NULL)
			continue;
		if (!may_enclose(match))
			return false;
		name_tail(&next_closer, qname, labels + 1);
		*encloser = (struct encloser){ labels, find_cover(chain, &next_closer) };
		return encloser->cover != NULL;
	}
	return false;
}

static const struct nsec3 *
match_wildcard(const struct chain *chain, const struct name *qname, unsigned labels, bool cover)
{
	struct name parent, wildcard;

	name_tail(&parent, qname, labels);
	if (name_prepend(&wildcard, (const uint8_t *)"*", 1, &parent) != 0)
		return NULL;
	return cover ? find_cover(chain, &wildcard) : find_match(chain, &wildcard);
}

/* ---- the proofs ------------------------------------------------------------------------------------------ */

enum proof
nsec3__name(struct denial *denial, const struct name *qname)
{
	struct chain chain;
	struct encloser encloser;

	chain_read(&chain, denial);
	if (chain.too_costly)
		return PROOF_INSECURE;
	if (!find_encloser(&chain, qname, &encloser) ||
	    match_wildcard(&chain, qname, encloser.labels, true) == NULL)
		return PROOF_NONE;
	return encloser.cover->opt_out ? PROOF_INSECURE : PROOF_SECURE;
}

static bool
lacks(const struct denial *denial, const struct nsec3 *nsec3, uint16_t qtype)
{
	if (denial__has_type(nsec3->types, qtype) || denial__has_type(nsec3->types, TYPE_CNAME))
		return false;
	if (qtype == TYPE_DS) /* of a child's apex taken for the parent's word: no (RFC 5155, section 8.6) */
		return !denial__has_type(nsec3->types, TYPE_SOA) || denial->zone->size == 1;
	return !denial__has_type(nsec3->types, TYPE_NS) || denial__has_type(nsec3->types, TYPE_SOA);
}

enum proof
nsec3__type(struct denial *denial, const struct name *qname, uint16_t qtype)
{
	struct chain chain;
	struct encloser encloser;

	chain_read(&chain, denial);
	if (chain.too_costly)
		return PROOF_INSECURE;
	const struct nsec3 *match = find_match(&chain, qname);
	if (match != NULL)
		return lacks(denial, match, qtype) ? PROOF_SECURE : PROOF_NONE;
	if (!find_encloser(&chain, qname, &encloser))
		return PROOF_NONE;
	match = match_wildcard(&chain, qname, encloser.labels, false);
	if (match != NULL && !lacks(denial, match, qtype))
		return PROOF_NONE;
	/*
	 * Of a name in an opt-out span nothing is said but that it is not signed: an unsigned delegation, or a name above
	 * one that has nothing itself (RFC 5155, sections 7.1, 8.6 and 9.2, and erratum 3441).
	 */
	if (encloser.cover->opt_out)
		return PROOF_INSECURE;
	return match != NULL ? PROOF_SECURE : PROOF_NONE;
}

enum proof
nsec3__exact(struct denial *denial, const struct name *qname, unsigned labels)
{
	struct chain chain;
	struct name next_closer;

	chain_read(&chain, denial);
	if (chain.too_costly)
		return PROOF_INSECURE;
	if (labels >= name_labels(qname))
		return PROOF_NONE;
	name_tail(&next_closer, qname, labels + 1); /* RFC 5155, section 8.8 */
	const struct nsec3 *cover = find_cover(&chain, &next_closer);
	if (cover == NULL)
		return PROOF_NONE;
	return cover->opt_out ? PROOF_INSECURE : PROOF_SECURE;
}

enum ds_proof
nsec3__ds(struct denial *denial, const struct name *qname)
{
	struct chain chain;
	struct encloser encloser;

	chain_read(&chain, denial);
	if (chain.too_costly)
		return DS_PROOF_INSECURE;
	const struct nsec3 *match = find_match(&chain, qname);
	if (match != NULL) {
		if (denial__has_type(match->types, TYPE_DS) || denial__has_type(match->types, TYPE_CNAME) ||
		    denial__has_type(match->types, TYPE_SOA))
			return DS_PROOF_NONE;
		return denial__has_type(match->types, TYPE_NS) ? DS_PROOF_DELEGATION : DS_PROOF_NO_CUT;
	}
	if (!find_encloser(&chain, qname, &encloser))
		return DS_PROOF_NONE;
	return encloser.cover->opt_out ? DS_PROOF_INSECURE : DS_PROOF_NO_NAME;
}
