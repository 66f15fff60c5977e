/*
 * rewrite.h - what policy (policy/rpz.h) makes of a question on its way to an answer.
 *
 * Three moments: before a name is looked up, by the name and the servers known for it; when a task reaches a
 * cut, by the servers found there (policy.c); when the answer is there and judged, by the addresses in it.  What is
 * bogus stays a failure, whatever policy would have said of it (CVE-2026-50243).  The caches see nothing of all this.
 *
 * Ownership: what is linked into an answer is a copy in the arena given: zones may be read anew while tasks run.
 * Bounds:    an alias of policy's counts as one of the chain: BUDGET_CHAIN_MAX.
 */
#ifndef CAIRN_RESOLVER_ITERATE_REWRITE_H
#define CAIRN_RESOLVER_ITERATE_REWRITE_H

#include "resolver/iterate/lookup.h"
#include "resolver/policy/rpz.h"

enum rewrite {
	REWRITE_NONE,  /* resolution goes on; passthru has set lookup->policies to 0 */
	REWRITE_ENDS,  /* *answer is complete */
	REWRITE_ALIAS, /* a CNAME was linked at lookup->tail, and lookup->sname is its target */
};

/* Applies what has matched to lookup->sname. */
enum rewrite rewrite_apply(struct lookup *lookup, const struct rpz_hit *hit, struct arena *arena, struct answer *answer);

/* Of sname, and of each target of an alias that policy itself makes: REWRITE_NONE or REWRITE_ENDS. */
enum rewrite rewrite_name(struct lookup *lookup, const struct caches *caches, struct arena *arena, struct answer *answer,
			  uint32_t now_s);

/* Of the addresses in the answer's sets; *sets is cut off where policy goes on. */
enum rewrite rewrite_answer(struct lookup *lookup, struct rrset **sets, struct arena *arena, struct answer *answer);

#endif
