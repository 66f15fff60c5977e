/*
 * scrub.h - what of a classified response may be kept (RFC 2181, section 5.4.1; RFC 5452, section 6).
 *
 * A whitelist: the chain of aliases from the name asked for, the set that answers it, and for
 * something that is not there the SOA and the NSEC or NSEC3 sets that prove it.  All of it lies inside
 * the zone whose server was asked.  Everything else is left behind, counted: NS sets that
 * nobody asked for (CVE-2025-11411), additional records, sets of other names, classes and zones.  Referrals are
 * referral.h's.
 *
 * The sets stay the message's, relinked into new lists; TTLs come out within their limits.
 */
#ifndef CAIRN_RESOLVER_ITERATE_SCRUB_H
#define CAIRN_RESOLVER_ITERATE_SCRUB_H

#include "resolver/iterate/classify.h"

#define SCRUB_ANY_SETS_MAX 24u /* of what a name has, for ANY: fewer than signatures may be checked for one question */

struct scrub_limits {
	uint32_t ttl_min_s, ttl_max_s; /* of what exists */
	uint32_t negative_ttl_max_s;   /* of what does not: RFC 2308, section 5 */
	uint32_t negative_ttl_min_s;
	bool keeps_extras;             /* what stands beside an answer: extras.h */
};

struct scrubbed {
	struct rrset *answer;    /* the aliases in the order in which they are followed, then what answers */
	struct rrset *authority; /* the SOA and the proofs in order of arrival; beside an answer also the extras */
	struct rrset *additional; /* extras */
	uint32_t negative_ttl_s; /* how long the absence is known; 0 without SOA */
	uint32_t dropped;        /* sets left behind */
};

/*
 * Before it is classified: NSEC sets whose next name is not in the zone are taken out of the message (CVE-2026-13321: they
 * would deny what belongs to others); returns how many.
 */
unsigned scrub_foreign_spans(struct message *message, const struct name *zone);

void scrub(struct scrubbed *scrubbed, struct message *message, const struct classified *classified,
           const struct asked *asked, const struct scrub_limits *limits);

/* A TTL within the limits. */
uint32_t scrub_ttl(uint32_t ttl_s, const struct scrub_limits *limits);

#endif
