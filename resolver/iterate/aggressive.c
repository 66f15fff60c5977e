#include "resolver/iterate/aggressive.h"

#include "resolver/cache/spans.h"
#include "resolver/validate/anchors.h"
#include "resolver/validate/denial.h"
#include "resolver/validate/rrsig.h"
#include "stack/base/arena.h"

#define SOA_MINIMUM_BYTES 4u /* the last of its rdata */
#define GONE_MAX          4u /* owners without a record that one search clears out of its way */

/* ---- what is kept ------------------------------------------------------------------------------------------ */

static bool
soa_minimum(const struct rrset *soa, uint32_t *minimum_s)
{
	struct rdata_walk walk;

	rdata_first(soa, &walk);
	if (!rdata_next(&walk) || walk.size < SOA_MINIMUM_BYTES)
		return false;
	struct cursor cursor = cursor_over(walk.bytes + walk.size - SOA_MINIMUM_BYTES, SOA_MINIMUM_BYTES);
	*minimum_s = cursor_u32(&cursor);
	return true;
}

static void
keep(const struct aggressive *aggressive, const struct caches *caches, const struct rrset *set, uint32_t now_s)
{
	const uint32_t ttl_s = set->ttl_s < aggressive->ttl_max_s ? set->ttl_s : aggressive->ttl_max_s;

	(void)rrset_cache_put(caches->rrsets, set, TRUST_REFERRAL, ttl_s, now_s);
}

/*
 * How many labels the signatures count, if they agree: of several, some of which may be anybody's, it is not known here
 * which one held.
 */
static bool
labels_signed(const struct rrset *set, unsigned *labels)
{
	struct rdata_walk walk;
	struct rrsig sig;
	unsigned at = 0;

	for (rdata_first(set, &walk); rdata_next(&walk); at++) {
		if (at < set->rr_count)
			continue;
		if (rrsig_read(&sig, walk.bytes, walk.size) != 0 || (at > set->rr_count && sig.labels != *labels))
			return false;
		*labels = sig.labels;
	}
	return set->sig_count > 0;
}

static bool
is_wildcard(const struct name *owner)
{
	return owner->wire[0] == 1 && owner->wire[1] == '*';
}

/*
 * Not of one whose next name is just after the owner: made for this answer, it denies no other (RFC 4470).  Nor of one with
 * opt-out, which denies none at all (RFC 5155, section 6), but would have every unknown name of the zone hashed.
 */
static bool
denies_others(const struct rrset *set)
{
	struct rdata_walk walk;

	rdata_first(set, &walk);
	if (!rdata_next(&walk) || walk.size <= 2)
		return false;
	return set->type == TYPE_NSEC ? walk.bytes[0] != 1 || walk.bytes[1] != 0 : (walk.bytes[1] & NSEC3_OPT_OUT) == 0;
}

static void
learn_proof(struct aggressive *aggressive, const struct caches *caches, const struct rrset *set, uint32_t now_s)
{
	struct name zone;

	if (set->security != SECURITY_SECURE || !rrset_is_own(set) || !rrset_signer(set, &zone))
		return;
	if (set->type == TYPE_SOA && name_equal(set->owner, &zone))
		keep(aggressive, caches, set, now_s);
	if ((set->type != TYPE_NSEC && set->type != TYPE_NSEC3) || set->rr_count != 1 || !denies_others(set))
		return;
	keep(aggressive, caches, set, now_s);
	spans_add(aggressive->spans, &zone, set->type, set->owner);
}

static int
wildcard_of(const struct name *name, unsigned labels, struct name *wildcard)
{
	struct name encloser;

	name_tail(&encloser, name, labels);
	return name_prepend(wildcard, (const uint8_t *)"*", 1, &encloser);
}

static void
learn_wildcard(const struct aggressive *aggressive, const struct caches *caches, const struct rrset *set, uint32_t now_s)
{
	struct name wildcard;
	unsigned labels;

	if (set->security != SECURITY_SECURE || set->type == TYPE_CNAME || set->type == TYPE_DNAME || set->type == TYPE_NS ||
	    !labels_signed(set, &labels) || labels >= name_labels(set->owner) || is_wildcard(set->owner) ||
	    wildcard_of(set->owner, labels, &wildcard) != 0)
		return;
	struct rrset own = *set;
	own.owner = &wildcard;
	keep(aggressive, caches, &own, now_s);
}

void
aggressive_learn(struct aggressive *aggressive, const struct caches *caches, const struct answer *answer, uint32_t now_s)
{
	if (aggressive->spans == NULL)
		return;
	for (const struct rrset *set = answer->sections[SECTION_AUTHORITY]; set != NULL; set = set->next)
		learn_proof(aggressive, caches, set, now_s);
	for (const struct rrset *set = answer->sections[SECTION_ANSWER]; set != NULL; set = set->next)
		learn_wildcard(aggressive, caches, set, now_s);
}

/* ---- the records that may prove something ---------------------------------------------------------------------- */

struct search {
	struct aggressive *aggressive;
	const struct caches *caches;
	struct arena *arena;
	uint32_t now_s;
	const struct name *qname;
	struct name zone;
	struct rrset *sets;  /* the cover of the name, or of the next closer one, is the first */
	unsigned encloser;   /* labels of the closest encloser */
	bool is_match;       /* the first set is the name's own */
	unsigned hashes;
};

static struct rrset *
get_secure(const struct search *search, const struct name *owner, uint16_t type)
{
	struct rrset *set;

	return rrset_cache_get(search->caches->rrsets, owner, type, CLASS_IN, TRUST_REFERRAL, search->arena, &set,
			       search->now_s) == 0 &&
			       set->security == SECURITY_SECURE
		       ? set
		       : NULL;
}

/* The record whose owner is the last at or before the name. */
static struct rrset *
get_span(const struct search *search, uint16_t type, const struct name *name)
{
	struct spans *spans = search->aggressive->spans;
	struct name owner;

	for (unsigned gone = 0; gone < GONE_MAX && spans_find(spans, &search->zone, type, name, &owner); gone++) {
		struct rrset *set = get_secure(search, &owner, type);
		if (set != NULL)
			return rrset_is_own(set) ? set : NULL;
		spans_drop(spans, &search->zone, type, &owner);
	}
	return NULL;
}

static void
link_once(struct search *search, struct rrset *set)
{
	struct rrset **at = &search->sets;

	if (set == NULL)
		return;
	for (; *at != NULL; at = &(*at)->next)
		if (name_equal((*at)->owner, set->owner))
			return;
	*at = set;
	set->next = NULL;
}

static bool
gather_nsec(struct search *search)
{
	const struct denial denial = { .zone = &search->zone };
	struct rrset *cover = get_span(search, TYPE_NSEC, search->qname);
	struct rdata_walk walk;
	struct name next, wildcard;

	if (cover == NULL)
		return false;
	link_once(search, cover);
	search->is_match = name_equal(cover->owner, search->qname);
	if (search->is_match)
		return true;
	/* Most names that the caches do not know lie behind the nearest span, or below a delegation: no more work for those. */
	if (!denial_nsec_covers(&denial, cover, search->qname))
		return false;
	rdata_first(cover, &walk);
	if (!rdata_next(&walk) || name_from_wire(&next, walk.bytes, walk.size) != 0)
		return false;
	const unsigned of_owner = name_common_labels(cover->owner, search->qname);
	const unsigned of_next = name_common_labels(&next, search->qname);
	search->encloser = of_owner > of_next ? of_owner : of_next;
	if (wildcard_of(search->qname, search->encloser, &wildcard) == 0)
		link_once(search, get_span(search, TYPE_NSEC, &wildcard));
	return true;
}

/* The record at or before the name's hash; `like` has the zone's parameters. */
static struct rrset *
get_hashed(struct search *search, const struct rrset *like, const struct name *name, bool *is_match)
{
	struct denial denial = { .zone = &search->zone, .crypto = search->aggressive->crypto, .hashes = &search->hashes,
				 .iterations_max = search->aggressive->iterations_max };
	struct name owner;

	if (!denial_nsec3_owner(&denial, like, name, &owner))
		return NULL;
	struct rrset *set = get_span(search, TYPE_NSEC3, &owner);
	*is_match = set != NULL && name_equal(set->owner, &owner);
	return set;
}

static bool
gather_nsec3(struct search *search)
{
	const unsigned labels_all = name_labels(search->qname), labels_zone = name_labels(&search->zone);
	const struct rrset *like = get_span(search, TYPE_NSEC3, &search->zone);
	struct rrset *next_closer = NULL;
	struct name name;
	bool is_match = false;

	if (like == NULL || labels_all - labels_zone > AGGRESSIVE_DEPTH_MAX)
		return false;
	for (unsigned labels = labels_all + 1; labels-- > labels_zone;) {
		name_tail(&name, search->qname, labels);
		struct rrset *set = get_hashed(search, like, &name, &is_match);
		if (is_match) {
			search->encloser = labels;
			search->is_match = labels == labels_all;
			link_once(search, next_closer);
			link_once(search, set);
			break;
		}
		next_closer = set;
	}
	if (!is_match)
		return false;
	if (!search->is_match && wildcard_of(search->qname, search->encloser, &name) == 0)
		link_once(search, get_hashed(search, like, &name, &is_match));
	return true;
}

/* ---- what they prove ---------------------------------------------------------------------------------------------- */

static uint32_t
least_ttl(const struct rrset *sets, uint32_t ttl_s)
{
	for (; sets != NULL; sets = sets->next)
		if (sets->ttl_s < ttl_s)
			ttl_s = sets->ttl_s;
	return ttl_s;
}

/* From the closest encloser's wildcard to the name, and the SOA last. */
static bool
answer_absence(const struct search *search, uint16_t rcode, struct answer *answer)
{
	struct rrset *sets = get_secure(search, &search->zone, TYPE_SOA), *next;
	uint32_t ttl_s;

	if (sets == NULL || !soa_minimum(sets, &ttl_s))
		return false;
	sets->next = NULL;
	for (struct rrset *proof = search->sets; proof != NULL; proof = next) {
		next = proof->next;
		proof->next = sets;
		sets = proof;
	}
	ttl_s = least_ttl(sets, ttl_s < search->aggressive->ttl_max_s ? ttl_s : search->aggressive->ttl_max_s);
	for (struct rrset *set = sets; set != NULL; set = set->next)
		set->ttl_s = ttl_s;
	answer->rcode = rcode;
	answer->sections[SECTION_AUTHORITY] = sets;
	return true;
}

/* The wildcard at the closest encloser has the type, and the first set shows that nothing nearer is there. */
static bool
answer_wildcard(struct search *search, struct denial *denial, uint16_t qtype, struct answer *answer, struct rrset ***tail)
{
	struct name wildcard;
	unsigned labels;

	if (search->is_match || wildcard_of(search->qname, search->encloser, &wildcard) != 0 ||
	    denial_of_exact(denial, search->qname, search->encloser) != PROOF_SECURE)
		return false;
	struct rrset *set = get_secure(search, &wildcard, qtype);
	if (set == NULL)
		return false;
	set->owner = name_store(search->arena, search->qname);
	if (set->owner == NULL || !labels_signed(set, &labels) || labels != search->encloser)
		return false;
	search->sets->next = NULL;
	set->ttl_s = search->sets->ttl_s = least_ttl(search->sets, set->ttl_s);
	set->next = NULL;
	**tail = set;
	*tail = &set->next;
	answer->rcode = RCODE_NOERROR;
	answer->sections[SECTION_AUTHORITY] = search->sets;
	return true;
}

static bool
find(struct search *search, uint16_t qtype, struct answer *answer, struct rrset ***tail)
{
	const struct aggressive *aggressive = search->aggressive;

	if (!gather_nsec(search) && (search->sets != NULL || !gather_nsec3(search)))
		return false;
	struct denial denial = { .sets = search->sets, .zone = &search->zone, .crypto = aggressive->crypto,
				 .hashes = &search->hashes, .iterations_max = aggressive->iterations_max };
	if (!search->is_match && denial_of_name(&denial, search->qname) == PROOF_SECURE)
		return answer_absence(search, RCODE_NXDOMAIN, answer);
	if (denial_of_type(&denial, search->qname, qtype) == PROOF_SECURE)
		return answer_absence(search, RCODE_NOERROR, answer);
	return answer_wildcard(search, &denial, qtype, answer, tail);
}

static bool
is_askable(uint16_t qtype)
{
	return qtype != TYPE_ANY && qtype != TYPE_RRSIG && qtype != TYPE_DS && qtype != TYPE_DNSKEY;
}

bool
aggressive_find(struct aggressive *aggressive, const struct caches *caches, const struct name *qname, uint16_t qtype,
		struct arena *arena, struct answer *answer, struct rrset ***tail, uint32_t now_s)
{
	struct search search = { .aggressive = aggressive, .caches = caches, .arena = arena, .now_s = now_s, .qname = qname,
				 .hashes = AGGRESSIVE_HASHES_MAX };

	if (aggressive->spans == NULL || aggressive->anchors == NULL || !is_askable(qtype) ||
	    !spans_zone(aggressive->spans, qname, &search.zone) || anchors_above(aggressive->anchors, qname) == NULL)
		return false;
	const size_t mark = arena_mark(arena);
	if (!find(&search, qtype, answer, tail)) {
		arena_rewind(arena, mark);
		return false;
	}
	aggressive->synthesised++;
	return true;
}
