/*
 * rrsig.h - is a set signed by one of these keys? (RFC 4034, sections 3 and 6; RFC 4035, section 5.3)
 *
 * A small state machine, so that the signatures may be checked elsewhere (another thread): verify_begin, then
 * verify_next gives one signature to check at a time and verify_result takes what came of it, until the
 * verdict is there.  verify_set does all of it at once.
 *
 * Of a set's RRSIGs those are tried whose form and times are right (RFC 4035, section 5.3.1: owner, class, type,
 * labels, signer, inception and expiration), with each key of that tag and algorithm.  One that
 * verifies is enough (RFC 6840, section 5.11 asks for no more).  That one has expired is told as the reason only if a key
 * could have made it: anybody can add one that has.
 *
 * Ownership: set and keys are the caller's and must live until the verdict; signed data lies in the arena.
 * Units:     now_s is the wall clock's seconds since 1970, for comparing with RRSIG times only (RFC 1982).
 * Bounds:    limits.h: signatures a set, keys a tag, failures; the budget is counted down by verify_next.
 */
#ifndef CAIRN_RESOLVER_VALIDATE_RRSIG_H
#define CAIRN_RESOLVER_VALIDATE_RRSIG_H

#include "resolver/answer.h"
#include "resolver/validate/dnskey.h"
#include "stack/base/hash.h"

struct arena;

#define VERIFY_ANY_TIME UINT32_MAX /* as now_s: whatever the times in the RRSIGs are (val-override-date: -1) */

struct rrsig {
	uint16_t covered;
	uint8_t algorithm, labels;
	uint32_t original_ttl_s, expires_s, inception_s;
	uint16_t tag;
	struct name signer;
	struct crypto_span signature;
	struct crypto_span rdata_head; /* all before the signature, as it is signed but for the signer's case */
};

int rrsig_read(struct rrsig *sig, const uint8_t *rdata, size_t size);

/* The signer of the set's first RRSIG that could be right for it; false: there is none. */
bool rrset_signer(const struct rrset *set, struct name *signer);

/*
 * Whether a wildcard made the set, as far as one of its RRSIGs says: it counts fewer labels than the owner has (RFC 4035,
 * section 5.3.4).  A second one that anybody may have put beside it does not hide that.
 */
bool rrset_is_expanded(const struct rrset *set);

/*
 * Whether no wildcard can have made the set: every RRSIG counts the labels that its owner has.  Of several, some of which may be
 * anybody's, it is not known here which one held.
 */
bool rrset_is_own(const struct rrset *set);

/* Whether its zone has signed it with a TTL of 0: it is for the question at hand (RFC 1035, section 3.2.1). */
bool rrset_is_fleeting(const struct rrset *set);

/*
 * By how much our clock may differ from the signer's: a tenth of the time that a signature is good for, at most max_s, at least
 * min_s, which goes before.
 */
struct verify_skew {
	uint32_t min_s, max_s;
};

/*
 * Whether one of the set's RRSIGs has run out since it was verified.  Of several it is not known here which one held, so
 * each has to be good still; a set without any (a CNAME that a DNAME made) rests on others.
 */
bool rrset_outlives_a_sig(const struct rrset *set, const struct verify_skew *skew, uint32_t now_s);

struct verify_job {
	uint8_t algorithm;
	struct crypto_span key, signed_data, signature;
};

/* Of all that it is about: what holds for one holds for no other. */
uint64_t verify_job_hash(const struct verify_job *job, const struct hash_key *key);

struct verify {
	const struct rrset *set;
	const struct rrset *keys;   /* DNSKEY set of the zone; secure, or the set itself while it is primed */
	const struct name *zone;    /* whose keys they are */
	const struct rrset *ds;     /* not NULL: only keys that one of these DS stands for count (the zone's own DNSKEY set) */
	struct crypto *crypto;
	struct arena *arena;
	uint32_t now_s;
	uint8_t algorithm;          /* set after verify_begin: only signatures by this one count; 0: any */
	struct verify_skew skew;    /* set after verify_begin, or VALIDATE_SKEW_S */
	bool takes_revoked;         /* set after verify_begin: a revoked key signs its own revocation (RFC 5011, section 2.1) */

	struct rrsig sig;           /* being tried */
	unsigned sig_index, key_index, keys_of_tag;
	unsigned sigs_tried, sigs_late, failures;
	bool is_sig_ready;
	struct crypto_span signed_data;

	bool secure;                /* the verdict */
	bool is_wildcard;           /* expanded from a wildcard: that the name itself is not there has to be proved */
	uint8_t labels;             /* of the RRSIG: the wildcard's, without the asterisk */
	uint32_t ttl_s_max;         /* RFC 4035, section 5.3.3: what remains of the signature, and the original TTL */
	int ede;                    /* not secure: why */
};

void verify_begin(struct verify *verify, const struct rrset *set, const struct rrset *keys, const struct name *zone,
		  const struct rrset *ds, struct crypto *crypto, struct arena *arena, uint32_t now_s);
/* True: *job has to be checked, at the cost of one of *budget.  False: the verdict is in verify->secure. */
bool verify_next(struct verify *verify, struct verify_job *job, unsigned *budget);
void verify_result(struct verify *verify, enum crypto_result result);

/* All at once. */
bool verify_set(struct verify *verify, unsigned *budget);

#endif
