/* What the caches hold of an answer although its time is over (RFC 8767, section 4). */
#include "resolver/iterate/cname.h"
#include "resolver/iterate/rewrite.h"
#include "resolver/validate/rrsig.h"
#include "stack/base/arena.h"

enum known { KNOWN_NOTHING, KNOWN_ANSWER, KNOWN_ALIAS, KNOWN_ABSENCE };

struct search {
	struct lookup *lookup;
	const struct caches *caches;
	const struct stale_terms *terms;
	struct arena *arena;
	struct answer *answer;
	uint32_t now_s;
};

/* What is known of sname. */
struct finding {
	enum known known;
	uint32_t expired_s; /* of the latest word so far */
	struct rrset *set;
	struct negative negative;
};

static void
find_set(const struct search *search, uint16_t type, enum known known, struct finding *finding)
{
	struct rrset *set;
	uint32_t expired_s;

	if (rrset_cache_get_stale(search->caches->rrsets, search->lookup->sname, type, CLASS_IN, TRUST_ANSWER,
				  search->terms->stale_s, search->arena, &set, &expired_s, search->now_s) != 0 ||
	    (finding->known != KNOWN_NOTHING && expired_s >= finding->expired_s))
		return;
	/* What a wildcard made is not known without its proof, which is not kept (CVE-2026-46582). */
	if (search->lookup->dnssec_ok && rrset_is_expanded(set))
		return;
	finding->known = known;
	finding->expired_s = expired_s;
	finding->set = set;
}

static void
find_absence(const struct search *search, struct finding *finding)
{
	struct negative negative;
	uint32_t expired_s;

	if (negative_cache_get_stale(search->caches->negatives, search->lookup->sname, search->lookup->qtype, CLASS_IN,
				     search->terms->stale_s, search->arena, &negative, &expired_s, search->now_s) != 0 ||
	    (finding->known != KNOWN_NOTHING && expired_s >= finding->expired_s))
		return;
	finding->known = KNOWN_ABSENCE;
	finding->expired_s = expired_s;
	finding->negative = negative;
}

static void
find_latest(const struct search *search, struct finding *finding)
{
	const uint16_t qtype = search->lookup->qtype;

	*finding = (struct finding){ .known = KNOWN_NOTHING };
	find_set(search, qtype, KNOWN_ANSWER, finding);
	if (!type_stops_at_alias(qtype) && qtype != TYPE_DS)
		find_set(search, TYPE_CNAME, KNOWN_ALIAS, finding);
	find_absence(search, finding);
}

static void
renew(const struct search *search, const struct finding *finding)
{
	if (finding->known == KNOWN_ABSENCE)
		negative_cache_renew(search->caches->negatives, search->lookup->sname, search->lookup->qtype, CLASS_IN,
				     search->now_s);
	else
		rrset_cache_renew(search->caches->rrsets, search->lookup->sname, finding->set->type, CLASS_IN, search->now_s);
}

static void
take_set(struct search *search, struct rrset *set)
{
	search->answer->security = lookup_weaker(search->answer->security, set->security);
	set->next = NULL;
	*search->lookup->tail = set;
	search->lookup->tail = &set->next;
}

static void
take_absence(struct search *search, const struct negative *negative)
{
	struct answer *answer = search->answer;

	answer->rcode = negative->kind == NEGATIVE_NXDOMAIN ? RCODE_NXDOMAIN : RCODE_NOERROR;
	answer->security = lookup_weaker(answer->security, negative->security);
	answer->sections[SECTION_AUTHORITY] = negative->authority;
}

/* False: the alias leads nowhere, or there is no room. */
static bool
follow(struct search *search, struct rrset *alias)
{
	struct name target;

	if (alias_target(alias, &target) != 0)
		return false;
	search->lookup->sname = name_store(search->arena, &target);
	take_set(search, alias);
	return search->lookup->sname != NULL;
}

static bool
has_ended(const struct finding *finding)
{
	return (finding->known == KNOWN_ABSENCE ? finding->negative.ttl_s : finding->set->ttl_s) == 0;
}

bool
lookup_stale(struct lookup *lookup, const struct caches *caches, const struct stale_terms *terms, struct arena *arena,
	     struct answer *answer, uint32_t now_s)
{
	struct search search = { lookup, caches, terms, arena, answer, now_s };
	struct finding finding;

	for (; lookup->alias_count <= BUDGET_CHAIN_MAX; lookup->alias_count++) {
		if (lookup->policies != 0 && rewrite_name(lookup, caches, arena, answer, now_s) == REWRITE_ENDS)
			return true;
		find_latest(&search, &finding);
		if (finding.known == KNOWN_NOTHING)
			return false;
		answer->is_stale |= has_ended(&finding);
		if (terms->renew)
			renew(&search, &finding);
		if (finding.known == KNOWN_ALIAS) {
			if (!follow(&search, finding.set))
				return false;
			continue;
		}
		lookup->over_s = finding.expired_s;
		if (finding.known == KNOWN_ANSWER)
			take_set(&search, finding.set);
		else
			take_absence(&search, &finding.negative);
		return true;
	}
	return false;
}
