/* What goes into the caches: only what scrub.h has let pass. */
#include "resolver/iterate/engine_priv.h"
#include "resolver/validate/rrsig.h"

#define LEARN_DNAME_GRACE_S 2u /* more than one second and at most two: the caches count whole ones */

/* The CNAME made from a DNAME is made anew for every name: given out alone it could not be validated. */
static bool
is_made(const struct rrset *before, const struct rrset *set)
{
	return before != NULL && before->type == TYPE_DNAME && set->type == TYPE_CNAME;
}

/* For how long the parent's word about the zone holds; 0: it has said nothing that is still known. */
static uint32_t
vouched_s(struct engine *engine, const struct name *zone)
{
	const size_t mark = arena_mark(&engine->scratch);
	struct delegation delegation;
	uint32_t ttl_s = 0;

	if (delegation_cache_find(engine->caches.delegations, zone, &engine->scratch, &delegation, engine__now_s(engine)) == 0 &&
	    name_equal(delegation.zone, zone))
		ttl_s = delegation.ttl_s;
	arena_rewind(&engine->scratch, mark);
	return ttl_s;
}

static bool
is_addr(const struct rrset *set)
{
	return set->type == TYPE_A || set->type == TYPE_AAAA;
}

/*
 * Of the addresses of a zone's servers in the zone itself its parent has told too: what the zone says of them lasts no longer
 * than the delegation, or a server that is not the zone's any more would keep itself alive (ghost domains).
 */
uint32_t
learn__server_s(const struct task *task, const struct rrset *set)
{
	const struct cut *cut = task->cut;

	if (cut->by_operator || set == NULL || !is_addr(set) || !name_is_under(set->owner, cut->zone))
		return 0;
	for (unsigned i = 0; i < cut->ns_count; i++)
		if (name_equal(cut->ns[i].name, set->owner))
			return cut->ttl_s > 0 ? cut->ttl_s : 1; /* 0 says that there is no bound */
	return 0;
}

/*
 * A validated DNAME with a TTL of 0 is kept for a moment, for the names below it that are asked for with the one that brought
 * it: a zone shall not have each of them asked by that (CAMP).  Nobody is given it by itself (lookup.c).
 */
static uint32_t
kept_s(const struct task *task, const struct rrset *set)
{
	const uint32_t server_s = task->cut != NULL ? learn__server_s(task, set) : task->validation.server_s;

	if (set->type == TYPE_DNAME && set->security == SECURITY_SECURE && rrset_is_fleeting(set))
		return LEARN_DNAME_GRACE_S;
	return is_addr(set) && server_s != 0 && server_s < set->ttl_s ? server_s : set->ttl_s;
}

void
learn__set(struct engine *engine, const struct task *task, const struct rrset *set, uint32_t stale_s)
{
	struct rrset_cache *cache = engine->caches.rrsets;
	const enum trust trust = (enum trust)set->trust;
	const uint32_t renewed_s = task->refreshes && set->type == TYPE_NS ? vouched_s(engine, set->owner) : 0;

	if (renewed_s != 0)
		(void)rrset_cache_renew_ns(cache, set, trust, renewed_s < set->ttl_s ? renewed_s : set->ttl_s, stale_s,
					   engine__now_s(engine));
	else
		(void)rrset_cache_offer(cache, set, trust, kept_s(task, set), stale_s, engine__now_s(engine));
}

/* Clients are told of no longer life than the set has here: another answer does not renew it (cache/rrset.h: ghost domains). */
static void
cut_to_cached(struct engine *engine, struct rrset *ns)
{
	const size_t mark = arena_mark(&engine->scratch);
	struct rrset *cached;

	if (rrset_cache_get(engine->caches.rrsets, ns->owner, TYPE_NS, CLASS_IN, TRUST_ADDITIONAL, &engine->scratch,
			    &cached, engine__now_s(engine)) == 0 &&
	    cached->ttl_s < ns->ttl_s)
		ns->ttl_s = cached->ttl_s;
	arena_rewind(&engine->scratch, mark);
}

/* extras.h: the NS set and the addresses that stood beside an answer, with their own rank. */
static void
learn_extras(struct engine *engine, const struct task *task, struct rrset *sets, uint32_t stale_s)
{
	for (; sets != NULL; sets = sets->next) {
		if (sets->type != TYPE_NS && !is_addr(sets))
			continue;
		learn__set(engine, task, sets, stale_s);
		if (sets->type == TYPE_NS)
			cut_to_cached(engine, sets);
		else
			sets->ttl_s = kept_s(task, sets);
	}
}

void
learn__response(struct engine *engine, const struct task *task, const struct scrubbed *scrubbed,
		const struct classified *classified, const struct name *end, uint16_t qtype,
		uint32_t stale_s)
{
	uint32_t now_s = engine__now_s(engine);
	const struct rrset *before = NULL;

	if (forwards_uncached(engine->forwards, end))
		return;
	for (const struct rrset *set = scrubbed->answer; set != NULL;
	     before = set, set = set->next) {
		if (set->rr_count == 0 || is_made(before, set))
			continue;
		learn__set(engine, task, set, stale_s);
		if (stale_s == 0)
			negative_cache_remove(engine->caches.negatives, set->owner, set->type,
					      CLASS_IN, now_s);
	}
	if (classified->response == RESPONSE_ANSWER) {
		learn_extras(engine, task, scrubbed->authority, stale_s);
		learn_extras(engine, task, scrubbed->additional, stale_s);
	}
	if (scrubbed->negative_ttl_s == 0)
		return;
	if (classified->response != RESPONSE_NODATA && classified->response != RESPONSE_NXDOMAIN)
		return;
	struct negative negative = {
		.kind = classified->response == RESPONSE_NXDOMAIN ? NEGATIVE_NXDOMAIN
								  : NEGATIVE_NODATA,
		.ttl_s = scrubbed->negative_ttl_s,
		.stale_s = stale_s,
		.authority = scrubbed->authority,
	};
	negative_cache_put(engine->caches.negatives, end, qtype, CLASS_IN, &negative, now_s);
}

/* For how long all of these hold; UINT32_MAX when there is none. */
uint32_t
learn__shortest_ttl(const struct rrset *sets)
{
	uint32_t ttl_s = UINT32_MAX;
	for (; sets != NULL; sets = sets->next)
		if (sets->ttl_s < ttl_s)
			ttl_s = sets->ttl_s;
	return ttl_s;
}

/* The proofs of a referral, in a list of their own (they stay the message's). */
static struct rrset *
signed_proofs(const struct message *message)
{
	struct rrset *head = NULL, *next, **tail = &head;
	unsigned count = 0;

	for (struct rrset *set = message->sections[SECTION_AUTHORITY]; set != NULL; set = next) {
		next = set->next;
		if ((set->type != TYPE_NSEC && set->type != TYPE_NSEC3) || set->class != CLASS_IN ||
		    set->sig_count == 0 || count == NEGATIVE_PROOFS_MAX)
			continue;
		count++;
		*tail = set;
		tail = &set->next;
		*tail = NULL;
	}
	return head;
}

void
learn__ds(struct engine *engine, struct message *message, const struct name *zone)
{
	const uint32_t now_s = engine__now_s(engine);
	struct negative known;

	for (struct rrset *set = message->sections[SECTION_AUTHORITY]; set != NULL; set = set->next) {
		if (set->type != TYPE_DS || set->class != CLASS_IN || set->rr_count == 0 ||
		    !name_equal(set->owner, zone))
			continue;
		set->trust = TRUST_AUTHORITY_AA;
		set->ttl_s = scrub_ttl(set->ttl_s, &engine->scrub_limits);
		(void)rrset_cache_put(engine->caches.rrsets, set, TRUST_AUTHORITY_AA, set->ttl_s, now_s);
		if (negative_cache_get(engine->caches.negatives, zone, TYPE_DS, CLASS_IN, &engine->scratch, &known, now_s) != 0 ||
		    known.security == SECURITY_UNCHECKED) /* what was judged is not taken back for what was not */
			negative_cache_remove(engine->caches.negatives, zone, TYPE_DS, CLASS_IN, now_s);
		return;
	}
	struct negative negative = { .kind = NEGATIVE_NODATA, .authority = signed_proofs(message) };
	if (negative.authority == NULL)
		return;
	negative.ttl_s = learn__shortest_ttl(negative.authority);
	if (negative.ttl_s > engine->scrub_limits.negative_ttl_max_s)
		negative.ttl_s = engine->scrub_limits.negative_ttl_max_s;
	(void)negative_cache_put(engine->caches.negatives, zone, TYPE_DS, CLASS_IN, &negative, now_s);
}

void
learn__failure(struct engine *engine, const struct task *task, int ede, const char *ede_text)
{
	struct negative negative = {
		.kind = NEGATIVE_FAILURE,
		.ttl_s = NEGATIVE_FAILURE_TTL_S,
		.ede = (uint16_t)(ede + 1),
		.ede_text = ede_text,
		.epoch = task->epoch, /* part of it may be of the network that was */
	};
	negative_cache_put(engine->caches.negatives, task->sname, task->question.qtype, CLASS_IN,
			   &negative, engine__now_s(engine));
}
