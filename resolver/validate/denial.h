/*
 * denial.h - what NSEC and NSEC3 records prove not to be there (RFC 4035, section 5.4; RFC 5155, section 8;
 * RFC 6840, section 4; RFC 9276).
 *
 * Works on sets that are SECURE already and are of one zone, the signer's; sets of other zones or that were not
 * validated are not looked at.  NSEC3 is tried when there is no NSEC.
 *
 * What a record may not be used for: one of a child's apex says nothing about the parent's DS, one at a delegation
 * nothing but about its DS, and nothing about names below (RFC 6840, sections 4.1 and 4.4); a next name outside of the zone, an
 * owner outside of it, or one that a wildcard has made: no proof at all.
 *
 * Bounds: VALIDATE_NSEC3_MAX records, and one of *hashes for each name hashed; with none left nothing is proved.
 */
#ifndef CAIRN_RESOLVER_VALIDATE_DENIAL_H
#define CAIRN_RESOLVER_VALIDATE_DENIAL_H

#include "resolver/validate/crypto.h"
#include "resolver/wire/message.h"

#define NSEC3_OPT_OUT 0x01u /* the flag of RFC 5155, section 3.1.2.1 */

enum proof {
	PROOF_NONE,     /* nothing of the kind is proved: bogus */
	PROOF_SECURE,   /* it is as was asked */
	PROOF_INSECURE, /* it lies in an opt-out span, or costs too much to find out (RFC 5155, section 9.2; RFC 9276, section 3.2) */
};

/* What the name is, as far as a proof about its DS tells. */
enum ds_proof {
	DS_PROOF_NONE,
	DS_PROOF_DELEGATION, /* a delegation without DS: insecure from here on */
	DS_PROOF_NO_CUT,     /* no delegation: still the same zone */
	DS_PROOF_NO_NAME,    /* the name is not there at all */
	DS_PROOF_INSECURE,   /* opt-out, or too many iterations: whatever is there is insecure */
};

struct denial {
	const struct rrset *sets;  /* the authority section, linked */
	const struct name *zone;
	struct crypto *crypto;
	unsigned *hashes;          /* budget */
	uint16_t iterations_max;   /* of NSEC3; 0: VALIDATE_NSEC3_ITERATIONS_MAX */
	bool too_many_iterations;  /* told back: EDE 27 */
};

/* The name does not exist, nor a wildcard that would make it (RFC 4035, section 5.4; RFC 5155, section 8.4). */
enum proof denial_of_name(struct denial *denial, const struct name *qname);
/* The name, or the wildcard that makes it, has nothing of the type, and is no alias (RFC 5155, sections 8.5 to 8.7). */
enum proof denial_of_type(struct denial *denial, const struct name *qname, uint16_t qtype);
/* qname itself is not there, so that the wildcard with `labels` labels may stand for it (RFC 4035, section 5.3.4). */
enum proof denial_of_exact(struct denial *denial, const struct name *qname, unsigned labels);
/* There is no DS at the name, in the words of the zone above it (RFC 4035, section 5.2; RFC 5155, sections 8.6, 8.9). */
enum ds_proof denial_of_ds(struct denial *denial, const struct name *qname);

/* Whether an NSEC record of the zone says that there is no such name, or that it is an empty non-terminal. */
bool denial_nsec_covers(const struct denial *denial, const struct rrset *set, const struct name *name);

/*
 * The owner in the zone of the NSEC3 record of a name, by the parameters of one that is `like` it; costs a hash.  False: not
 * usable (RFC 9276), or no hashes are left.
 */
bool denial_nsec3_owner(struct denial *denial, const struct rrset *like, const struct name *name, struct name *owner);

/* ---- between the files of this module --------------------------------------------------------------- */

/* Whether a bitmap of types (RFC 4034, section 4.1.2) has the type. */
bool denial__has_type(struct crypto_span bitmap, uint16_t type);

/* Whether the set is a record to be used: secure, of the type, with an owner in the zone. */
bool denial__is_usable(const struct denial *denial, const struct rrset *set, uint16_t type);

enum proof nsec__name(struct denial *denial, const struct name *qname);
enum proof nsec__type(struct denial *denial, const struct name *qname, uint16_t qtype);
enum proof nsec__exact(struct denial *denial, const struct name *qname, unsigned labels);
enum ds_proof nsec__ds(struct denial *denial, const struct name *qname);

enum proof nsec3__name(struct denial *denial, const struct name *qname);
enum proof nsec3__type(struct denial *denial, const struct name *qname, uint16_t qtype);
enum proof nsec3__exact(struct denial *denial, const struct name *qname, unsigned labels);
enum ds_proof nsec3__ds(struct denial *denial, const struct name *qname);

#endif
