/*
 * lookup.h - what the caches say to a question (RFC 1034, section 5.3.3, step 1; RFC 2308; RFC 9520).
 *
 * Follows cached aliases from the name asked for.  Sets that nobody has answered with (glue, referrals) are never
 * given out, nor are failures of a network that is not there any more.  Policy has the first word about each name.  Types that stand for several (ANY, RRSIG) are never known to be complete and always asked.
 *
 * Ownership: sets and names lie in the arena given; what holds before of answer->security is weakened, never raised.
 * Bounds:    BUDGET_CHAIN_MAX aliases, those counted in alias_count before the call included.
 */
#ifndef CAIRN_RESOLVER_ITERATE_LOOKUP_H
#define CAIRN_RESOLVER_ITERATE_LOOKUP_H

#include "resolver/iterate/engine.h"

#define LOOKUP_SOON_PART 10u /* of its TTL that a set still has when it ends soon */

struct aggressive;

enum lookup_result {
	LOOKUP_MISS,   /* nothing is known of sname, which may have moved along cached aliases */
	LOOKUP_ANSWER, /* *answer is complete but for the sets found before */
};

struct lookup {
	const struct name *sname;
	uint16_t qtype;
	struct rrset **tail; /* where the next set of the answer section is linked */
	uint8_t alias_count;
	const struct forwards *forwards; /* what the operator has servers for is not denied from above; NULL: none */
	const struct kept_zones *kept;   /* nor is what it keeps itself; NULL: nothing */
	bool dnssec_ok; /* DO: what a wildcard made is not known without its proof, which is not kept (RFC 4035, section 3.1.3.3) */
	bool for_client; /* that there is no DS is not known without the SOA that says for how long (RFC 2308, section 5) */
	bool checking_disabled; /* what was found to be bogus is no failure */
	bool refreshes; /* what ends soon is not known any more */
	bool ends_soon; /* told back: a set of the answer is in the last part of its time */
	uint32_t over_s; /* told back by lookup_stale: since when the set that answers has ended; 0: it has not */
	const struct rpz *rpz;
	struct aggressive *aggressive; /* what zones have proved before; NULL: only what was asked counts */
	uint32_t policies; /* its zones that have a say (rewrite.h); 0: none, or none any more */
};

enum lookup_result lookup(struct lookup *lookup, const struct caches *caches, struct arena *arena,
                          struct answer *answer, uint32_t now_s);

/* What may stand in for an answer that cannot be had (RFC 8767). */
struct stale_terms {
	uint32_t stale_s;     /* how long after its end */
	uint32_t reply_ttl_s; /* the TTL of what has ended */
	bool renew;           /* what is found counts as ended just now */
};

/*
 * As lookup, with what has ended too, whose TTL is 0: answer->is_stale. Of several things that are known of a name the one
 * counts that ended last; no failure does. True when the answer is complete but for the sets found before.
 */
bool lookup_stale(struct lookup *lookup, const struct caches *caches, const struct stale_terms *terms,
                  struct arena *arena, struct answer *answer, uint32_t now_s);

/* Of an answer that holds both: unchecked, then insecure, then secure. */
static inline uint8_t
lookup_weaker(uint8_t a, uint8_t b)
{
	return a < b ? a : b;
}

/* The DNAME that stands above sname, at or below the cut (RFC 6672, section 3.4.1). ERR_NOT_FOUND; ERR_NO_MEMORY. */
int lookup_dname(const struct caches *caches, const struct name *sname, unsigned cut_labels, struct arena *arena,
                 struct rrset **dname, uint32_t now_s);

/* True when the caches know that a shortened name exists or is empty there (RFC 9156): no need to ask. */
bool lookup_exists(const struct caches *caches, const struct name *name, uint16_t type, struct arena *arena,
                   uint32_t now_s);

/* An answer of failure. */
void answer_fail(struct answer *answer, uint16_t rcode, int ede, const char *ede_text);

#endif
