#include "resolver/iterate/extras.h"

#include "resolver/wire/rdata.h"

bool
extras_is_ns(const struct rrset *set, const struct classified *classified, const struct asked *asked)
{
	return set->type == TYPE_NS && set->class == CLASS_IN && set->rr_count > 0 &&
	       name_is_under(set->owner, asked->zone) && name_is_under(classified->chain.end, set->owner);
}

static bool
is_addr(const struct rrset *set)
{
	return (set->type == TYPE_A || set->type == TYPE_AAAA) && set->class == CLASS_IN && set->rr_count > 0;
}

static bool
names(const struct rrset *sets, const struct name *name)
{
	struct rdata_walk walk;
	struct name target;

	for (; sets != NULL; sets = sets->next) {
		if (sets->type != TYPE_NS && sets->type != TYPE_MX && sets->type != TYPE_SRV)
			continue;
		rdata_first(sets, &walk);
		for (uint32_t i = 0; i < sets->rr_count && rdata_next(&walk); i++)
			if (rdata_target(sets->type, walk.bytes, walk.size, &target) == 0 && name_equal(&target, name))
				return true;
	}
	return false;
}

static bool
has_set(const struct rrset *sets, const struct name *owner, uint16_t type)
{
	for (; sets != NULL; sets = sets->next)
		if (sets->type == type && name_equal(sets->owner, owner))
			return true;
	return false;
}

struct rrset *
extras_of_reply(struct message *message, const struct scrubbed *scrubbed, const struct classified *classified,
		const struct asked *asked, const struct scrub_limits *limits)
{
	struct rrset *head = NULL, **tail = &head, *next;
	unsigned count = 0;

	for (struct rrset *set = message->sections[SECTION_ADDITIONAL]; set != NULL; set = next) {
		next = set->next;
		if (count == EXTRAS_ADDRS_MAX || !is_addr(set) || !name_is_under(set->owner, asked->zone) ||
		    has_set(scrubbed->answer, set->owner, set->type) ||
		    (!names(scrubbed->answer, set->owner) && !names(scrubbed->authority, set->owner)))
			continue;
		set->trust = classified->authoritative ? TRUST_ADDITIONAL_AA : TRUST_ADDITIONAL;
		set->ttl_s = scrub_ttl(set->ttl_s, limits);
		*tail = set;
		tail = &set->next;
		*tail = NULL;
		count++;
	}
	return head;
}

/* ---- from the caches ------------------------------------------------------------------------------------- */

struct gathering {
	struct answer *answer;
	const struct caches *caches;
	struct arena *arena;
	uint32_t stale_s, over_s, now_s;
	struct rrset **tail; /* of the additional section */
	unsigned count;
};

static bool
get(const struct gathering *gathering, const struct name *name, uint16_t type, enum trust at_least, struct rrset **set)
{
	struct rrset_cache *cache = gathering->caches->rrsets;
	uint32_t expired_s;

	if (gathering->stale_s == 0)
		return rrset_cache_get(cache, name, type, CLASS_IN, at_least, gathering->arena, set, gathering->now_s) == 0;
	if (rrset_cache_get_stale(cache, name, type, CLASS_IN, at_least, gathering->stale_s, gathering->arena, set,
				  &expired_s, gathering->now_s) != 0)
		return false;
	const bool is_of_its_time = expired_s > 0 || (*set)->original_ttl_s - (*set)->ttl_s >= gathering->over_s;
	return is_of_its_time || gathering->answer->security != SECURITY_SECURE;
}

static void
gather_addrs(struct gathering *gathering, const struct name *name)
{
	static const uint16_t types[] = { TYPE_A, TYPE_AAAA };
	const struct answer *answer = gathering->answer;
	struct rrset *set;

	for (unsigned i = 0; i < 2 && gathering->count < EXTRAS_ADDRS_MAX; i++) {
		if (has_set(answer->sections[SECTION_ANSWER], name, types[i]) ||
		    has_set(answer->sections[SECTION_ADDITIONAL], name, types[i]) ||
		    !get(gathering, name, types[i], TRUST_ADDITIONAL, &set))
			continue;
		set->next = NULL;
		*gathering->tail = set;
		gathering->tail = &set->next;
		gathering->count++;
	}
}

static void
gather_targets(struct gathering *gathering, const struct rrset *sets)
{
	struct rdata_walk walk;
	struct name target;

	for (; sets != NULL; sets = sets->next) {
		if (sets->type != TYPE_NS && sets->type != TYPE_MX && sets->type != TYPE_SRV)
			continue;
		rdata_first(sets, &walk);
		for (uint32_t i = 0; i < sets->rr_count && rdata_next(&walk); i++)
			if (rdata_target(sets->type, walk.bytes, walk.size, &target) == 0)
				gather_addrs(gathering, &target);
	}
}

/* The NS set nearest to the name. */
static struct rrset *
find_ns(const struct gathering *gathering, const struct name *name)
{
	struct rrset *set;
	struct name zone;

	for (unsigned labels = name_labels(name) + 1u; labels-- > 0;) {
		name_tail(&zone, name, labels);
		if (get(gathering, &zone, TYPE_NS, TRUST_REFERRAL, &set)) {
			set->next = NULL;
			return set;
		}
	}
	return NULL;
}

static bool
may_stand(const struct answer *answer, const struct rrset *set)
{
	return answer->security == SECURITY_SECURE ? set->security == SECURITY_SECURE : set->security != SECURITY_BOGUS;
}

void
extras_from_stale(struct answer *answer, const struct caches *caches, struct arena *arena, uint32_t stale_s, uint32_t over_s,
		  uint32_t now_s)
{
	const struct rrset *last = answer->sections[SECTION_ANSWER];
	struct gathering gathering = {
		answer, caches, arena, stale_s, over_s, now_s, &answer->sections[SECTION_ADDITIONAL], 0,
	};

	if (last == NULL || answer->rcode != RCODE_NOERROR || answer->sections[SECTION_AUTHORITY] != NULL)
		return;
	while (last->next != NULL)
		last = last->next;
	struct rrset *ns = last->type != TYPE_NS ? find_ns(&gathering, last->owner) : NULL;
	if (ns != NULL && may_stand(answer, ns))
		answer->sections[SECTION_AUTHORITY] = ns;
	gather_targets(&gathering, answer->sections[SECTION_ANSWER]);
	gather_targets(&gathering, answer->sections[SECTION_AUTHORITY]);
	extras_check(answer);
}

void
extras_from_cache(struct answer *answer, const struct caches *caches, struct arena *arena, uint32_t now_s)
{
	extras_from_stale(answer, caches, arena, 0, 0, now_s);
}

void
extras_addrs_from_cache(struct answer *answer, const struct caches *caches, struct arena *arena, uint32_t now_s)
{
	struct gathering gathering = { answer, caches, arena, 0, 0, now_s, &answer->sections[SECTION_ADDITIONAL], 0 };

	gather_targets(&gathering, answer->sections[SECTION_ANSWER]);
	gather_targets(&gathering, answer->sections[SECTION_AUTHORITY]);
	extras_check(answer);
}

static void
check_section(const struct answer *answer, struct rrset **at, bool of_ns_alone)
{
	while (*at != NULL) {
		if ((of_ns_alone && (*at)->type != TYPE_NS) || may_stand(answer, *at))
			at = &(*at)->next;
		else
			*at = (*at)->next;
	}
}

void
extras_check(struct answer *answer)
{
	check_section(answer, &answer->sections[SECTION_AUTHORITY], true);
	check_section(answer, &answer->sections[SECTION_ADDITIONAL], false);
}

void
extras_check_unjudged(struct answer *answer)
{
	const struct rrset *last = answer->sections[SECTION_ANSWER];
	struct rrset **at = &answer->sections[SECTION_ADDITIONAL];

	while (last != NULL && last->next != NULL)
		last = last->next;
	if (last == NULL || last->sig_count == 0)
		return;
	while (*at != NULL) {
		if ((*at)->sig_count > 0)
			at = &(*at)->next;
		else
			*at = (*at)->next;
	}
}
