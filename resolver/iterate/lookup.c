#include "resolver/iterate/lookup.h"

#include "resolver/iterate/aggressive.h"
#include "resolver/iterate/cname.h"
#include "resolver/iterate/rewrite.h"
#include "resolver/policy/forward.h"
#include "resolver/validate/rrsig.h"
#include "resolver/zone/kept.h"
#include "stack/base/arena.h"

void
answer_fail(struct answer *answer, uint16_t rcode, int ede, const char *ede_text)
{
	*answer = (struct answer){ .rcode = rcode, .ede = ede, .ede_text = ede_text };
}

static void
answer_negative(struct answer *answer, const struct negative *negative)
{
	if (negative->kind == NEGATIVE_FAILURE) {
		/* That it did not validate says more than that it was known. */
		const bool is_bogus = negative->security == SECURITY_BOGUS && negative->ede > 0;
		answer_fail(answer, RCODE_SERVFAIL, is_bogus ? negative->ede - 1 : EDE_CACHED_ERROR,
			    negative->ede_text);
		answer->security = negative->security;
		return;
	}
	answer->rcode = negative->kind == NEGATIVE_NXDOMAIN ? RCODE_NXDOMAIN : RCODE_NOERROR;
	answer->security = lookup_weaker(answer->security, negative->security);
	answer->sections[SECTION_AUTHORITY] = negative->authority;
}

static void
link_set(struct lookup *lookup, struct rrset *set)
{
	*lookup->tail = set;
	lookup->tail = &set->next;
	set->next = NULL;
}

static bool
ends_soon(const struct rrset *set)
{
	return (uint64_t)set->ttl_s * LOOKUP_SOON_PART <= set->original_ttl_s;
}

/* A cached CNAME at sname: sname moves to its target. */
static int
follow_alias(struct lookup *lookup, const struct caches *caches, struct arena *arena,
	     struct answer *answer, uint32_t now_s)
{
	struct rrset *set;
	struct name target;
	int err = rrset_cache_get(caches->rrsets, lookup->sname, TYPE_CNAME, CLASS_IN, TRUST_ANSWER,
				  arena, &set, now_s);
	if (err == 0)
		err = alias_target(set, &target);
	if (err != 0)
		return err;
	const struct name *sname = name_store(arena, &target);
	if (sname == NULL)
		return ERR_NO_MEMORY;
	if ((lookup->dnssec_ok && rrset_is_expanded(set)) || (lookup->refreshes && ends_soon(set)))
		return ERR_NOT_FOUND;
	lookup->ends_soon |= ends_soon(set);
	answer->security = lookup_weaker(answer->security, set->security);
	link_set(lookup, set);
	lookup->sname = sname;
	return 0;
}

/* In a zone whose servers the operator names, or that is kept here, such as one below a name that the world does not have. */
static bool
is_given(const struct lookup *lookup)
{
	const struct forward_zone *zone = forwards_find(lookup->forwards, lookup->sname);
	const struct kept_zone *kept = kept_upstream(lookup->kept, lookup->sname, lookup->qtype);
	return (zone != NULL && zone->name->size > 1) || (kept != NULL && kept->name->size > 1);
}

/* A delegation has told it: enough for the chain of trust, but no answer. */
static bool
is_without_soa(const struct negative *negative)
{
	const struct rrset *set = negative->authority;
	while (set != NULL && set->type != TYPE_SOA)
		set = set->next;
	return set == NULL;
}

/*
 * What is known not to be there: this very question, or a name above it, below which then nothing is (RFC 8020).  The
 * latter must have been proved: a forged NXDOMAIN shall not take a whole tree away.
 */
static bool
find_negative(const struct lookup *lookup, const struct caches *caches, struct arena *arena,
	      struct negative *negative, uint32_t now_s)
{
	if (negative_cache_get(caches->negatives, lookup->sname, lookup->qtype, CLASS_IN, arena,
			       negative, now_s) != 0)
		return !is_given(lookup) &&
		       negative_cache_get_cut(caches->negatives, lookup->sname, CLASS_IN,
					      SECURITY_SECURE, arena, negative, now_s) == 0;
	if (lookup->checking_disabled && negative->security == SECURITY_BOGUS)
		return false;
	if (lookup->for_client && lookup->qtype == TYPE_DS && negative->kind == NEGATIVE_NODATA && is_without_soa(negative))
		return false;
	return negative->kind != NEGATIVE_FAILURE || negative->epoch == infra_epoch(caches->infra);
}

/* Where policy has a say that looks at servers, or the operator names them, they have to be asked. */
static bool
may_conclude(const struct lookup *lookup)
{
	return lookup->aggressive != NULL && lookup->policies == 0 && !lookup->refreshes && !is_given(lookup);
}

enum lookup_result
lookup(struct lookup *lookup, const struct caches *caches, struct arena *arena,
       struct answer *answer, uint32_t now_s)
{
	struct negative negative;
	struct rrset *set;

	for (;;) {
		if (lookup->policies != 0 && rewrite_name(lookup, caches, arena, answer, now_s) == REWRITE_ENDS)
			return LOOKUP_ANSWER;
		if (forwards_uncached(lookup->forwards, lookup->sname))
			return LOOKUP_MISS;
		if (rrset_cache_get(caches->rrsets, lookup->sname, lookup->qtype, CLASS_IN,
				    TRUST_ANSWER, arena, &set, now_s) == 0) {
			const bool is_of_a_moment = set->type == TYPE_DNAME && rrset_is_fleeting(set);
			if ((lookup->dnssec_ok && rrset_is_expanded(set)) || (lookup->refreshes && ends_soon(set)) || is_of_a_moment)
				return LOOKUP_MISS;
			lookup->ends_soon |= ends_soon(set);
			link_set(lookup, set);
			answer->rcode = RCODE_NOERROR;
			answer->security = lookup_weaker(answer->security, set->security);
			return LOOKUP_ANSWER;
		}
		/* Of a DS the parent speaks (RFC 4035, section 3.1.4.1), and the alias may be the child's. */
		if (type_stops_at_alias(lookup->qtype) || lookup->qtype == TYPE_DS ||
		    follow_alias(lookup, caches, arena, answer, now_s) != 0)
			break;
		if (++lookup->alias_count > BUDGET_CHAIN_MAX) {
			answer_fail(answer, RCODE_SERVFAIL, EDE_OTHER, "aliases without end");
			return LOOKUP_ANSWER;
		}
	}
	if (!find_negative(lookup, caches, arena, &negative, now_s))
		return may_conclude(lookup) && aggressive_find(lookup->aggressive, caches, lookup->sname, lookup->qtype, arena,
							       answer, &lookup->tail, now_s)
			       ? LOOKUP_ANSWER
			       : LOOKUP_MISS;
	answer_negative(answer, &negative);
	return LOOKUP_ANSWER;
}

int
lookup_dname(const struct caches *caches, const struct name *sname, unsigned cut_labels,
	     struct arena *arena, struct rrset **dname, uint32_t now_s)
{
	unsigned labels = name_labels(sname);
	while (labels > 0 && --labels >= cut_labels) {
		struct name owner;
		name_tail(&owner, sname, labels);
		int err = rrset_cache_get(caches->rrsets, &owner, TYPE_DNAME, CLASS_IN,
					  TRUST_ANSWER, arena, dname, now_s);
		if (err != ERR_NOT_FOUND)
			return err;
	}
	return ERR_NOT_FOUND;
}

bool
lookup_exists(const struct caches *caches, const struct name *name, uint16_t type,
	      struct arena *arena, uint32_t now_s)
{
	struct negative negative;
	struct rrset *set;
	size_t mark = arena_mark(arena);
	bool exists = rrset_cache_get(caches->rrsets, name, type, CLASS_IN, TRUST_ANSWER, arena,
				      &set, now_s) == 0 ||
		      (negative_cache_get(caches->negatives, name, type, CLASS_IN, arena, &negative,
					  now_s) == 0 &&
		       negative.kind == NEGATIVE_NODATA);
	arena_rewind(arena, mark);
	return exists;
}
