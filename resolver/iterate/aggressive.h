/*
 * aggressive.h - answers made of what a signed zone has proved before (RFC 8198; RFC 9077).
 *
 * Validated NSEC and NSEC3 records, and wildcards, are kept as sets that nobody has answered with (TRUST_REFERRAL); of a
 * name that the caches do not know they may show that it is not there, has nothing of the type, or is what a
 * wildcard makes of it.  It is shown by the same code that checks the proofs of servers (validate/denial.h).
 *
 * Nothing is made of records that were not validated or that a wildcard made, in an opt-out span, of a name that no
 * trust anchor counts for, nor about types of which another zone may have to speak (DS, DNSKEY) or that stand for several (ANY,
 * RRSIG).  A wildcard's alias is not followed.
 *
 * Ownership: what is found lies in the arena given.
 * Units:     a TTL is the least of the records used, of the SOA's and its MINIMUM (RFC 9077), and ttl_max_s.
 * Bounds:    cache/spans.h; AGGRESSIVE_DEPTH_MAX labels below a zone with NSEC3, each hashed once to look for it
 *            and once for the proof.
 */
#ifndef CAIRN_RESOLVER_ITERATE_AGGRESSIVE_H
#define CAIRN_RESOLVER_ITERATE_AGGRESSIVE_H

#include "resolver/iterate/engine.h"

#define AGGRESSIVE_DEPTH_MAX  6u
#define AGGRESSIVE_HASHES_MAX (2u * (AGGRESSIVE_DEPTH_MAX + 2u) + 4u)

struct spans;

struct aggressive {
	struct spans *spans;           /* NULL: off */
	const struct anchors *anchors; /* NULL: nothing is validated */
	struct crypto *crypto;
	uint16_t iterations_max;
	uint32_t ttl_max_s;
	uint64_t synthesised;          /* counts */
};

/* Keeps what is of use of an answer that was found to be secure. */
void aggressive_learn(struct aggressive *aggressive, const struct caches *caches, const struct answer *answer,
                      uint32_t now_s);

/*
 * True: rcode and sections of *answer are filled, its security weakened no further, and *tail is where the answer
 * section ends.  Else the arena is as it was.
 */
bool aggressive_find(struct aggressive *aggressive, const struct caches *caches, const struct name *qname, uint16_t qtype,
                     struct arena *arena, struct answer *answer, struct rrset ***tail, uint32_t now_s);

#endif
