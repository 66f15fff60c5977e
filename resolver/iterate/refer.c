/*
 * What the caches have to say to a question that they cannot answer: who can, as far as they know (RFC 1034, section 4.3.2,
 * step 3b, for data of others).
 *
 * The zone's own NS set is given where it is known, since it may be signed; else what its parent has said, with the addresses
 * beside it.  With DO also the DS set, or the proof that there is none (RFC 4035, section 3.1.4.1).
 */
#include <assert.h>

#include "resolver/iterate/engine_priv.h"
#include "resolver/iterate/lookup.h"

struct referring {
	struct engine *engine;
	struct arena *arena;
	struct answer *answer;
	struct rrset **tail; /* of the section that is being filled */
	uint32_t now_s;
};

static void
link_set(struct referring *referring, struct rrset *set, uint8_t security)
{
	struct answer *answer = referring->answer;

	set->next = NULL;
	*referring->tail = set;
	referring->tail = &set->next;
	answer->security = lookup_weaker(answer->security, security);
}

/* A set without records of which none is longer than a name. */
static struct rrset *
set_new(struct arena *arena, const struct name *owner, uint16_t type, uint32_t ttl_s, size_t rdata_bytes_max)
{
	struct rrset *set = arena_alloc(arena, sizeof *set);
	uint8_t *rdata = arena_alloc(arena, rdata_bytes_max);

	if (set == NULL || rdata == NULL)
		return NULL;
	*set = (struct rrset){ .owner = owner, .type = type, .class = CLASS_IN, .ttl_s = ttl_s,
			       .original_ttl_s = ttl_s, .security = SECURITY_INSECURE, .rdata = rdata };
	return set;
}

static void
set_add(struct rrset *set, const uint8_t *bytes, size_t size)
{
	uint8_t *at = (uint8_t *)(uintptr_t)set->rdata + set->rdata_bytes; /* set_new's */

	assert(size <= NAME_BYTES_MAX);
	at[0] = 0;
	at[1] = (uint8_t)size;
	memcpy(at + 2, bytes, size);
	set->rdata_bytes += (uint32_t)(2 + size);
	set->rr_count++;
}

static struct rrset *
ns_of(const struct delegation *delegation, struct arena *arena)
{
	struct rrset *set = set_new(arena, delegation->zone, TYPE_NS, delegation->ttl_s,
				    delegation->ns_count * (2u + NAME_BYTES_MAX));

	for (unsigned i = 0; set != NULL && i < delegation->ns_count; i++)
		set_add(set, delegation->ns[i].name->wire, delegation->ns[i].name->size);
	return set;
}

static int
add_glue(struct referring *referring, const struct delegation *delegation, const struct delegation_ns *ns,
	 enum addr_family family)
{
	const uint16_t type = family == ADDR_IPV4 ? TYPE_A : TYPE_AAAA;
	struct rrset *set = set_new(referring->arena, ns->name, type, delegation->ttl_s,
				    DELEGATION_ADDRS_MAX * (2u + sizeof ns->addrs[0].octets));

	if (set == NULL)
		return ERR_NO_MEMORY;
	for (unsigned i = 0; i < ns->addr_count; i++)
		if (ns->addrs[i].family == family)
			set_add(set, ns->addrs[i].octets, addr_bytes(&ns->addrs[i]));
	if (set->rr_count > 0)
		link_set(referring, set, referring->answer->security); /* nobody vouches for additional data */
	return 0;
}

static int
add_all_glue(struct referring *referring, const struct delegation *delegation)
{
	int err = 0;

	referring->tail = &referring->answer->sections[SECTION_ADDITIONAL];
	for (unsigned i = 0; i < delegation->ns_count && err == 0; i++) {
		err = add_glue(referring, delegation, &delegation->ns[i], ADDR_IPV4);
		if (err == 0)
			err = add_glue(referring, delegation, &delegation->ns[i], ADDR_IPV6);
	}
	return err;
}

/* As it came with the referral, or as it was asked for since. */
static void
add_ds(struct referring *referring, const struct delegation *delegation)
{
	const struct caches *caches = &referring->engine->caches;
	const struct name *zone = delegation->zone;
	struct negative negative;
	struct rrset *set;

	if (rrset_cache_get(caches->rrsets, zone, TYPE_DS, CLASS_IN, TRUST_ANSWER, referring->arena, &set,
			    referring->now_s) == 0) {
		link_set(referring, set, set->security);
		return;
	}
	if (delegation->ds != NULL) {
		link_set(referring, delegation->ds, SECURITY_INSECURE);
		return;
	}
	if (negative_cache_get(caches->negatives, zone, TYPE_DS, CLASS_IN, referring->arena, &negative,
			       referring->now_s) != 0 ||
	    negative.kind != NEGATIVE_NODATA)
		return;
	for (struct rrset *next; negative.authority != NULL; negative.authority = next) {
		next = negative.authority->next;
		if (negative.authority->type == TYPE_NSEC || negative.authority->type == TYPE_NSEC3)
			link_set(referring, negative.authority, negative.security);
	}
}

/* The zone's own NS set nearest to the name, at or below the delegation; NULL: there is none. */
static struct rrset *
own_ns(const struct referring *referring, const struct name *name, unsigned labels_min)
{
	struct rrset *set;
	struct name zone;

	for (unsigned labels = name_labels(name) + 1u; labels-- > labels_min;) {
		name_tail(&zone, name, labels);
		if (rrset_cache_get(referring->engine->caches.rrsets, &zone, TYPE_NS, CLASS_IN, TRUST_ADDITIONAL,
				    referring->arena, &set, referring->now_s) == 0)
			return set->security != SECURITY_BOGUS ? set : NULL;
	}
	return NULL;
}

/* Left unchecked is only what could be judged: a signed set, if anybody wants to know. */
static void
settle_security(const struct referring *referring, const struct engine_question *question, const struct rrset *ns)
{
	struct answer *answer = referring->answer;

	if (answer->security == SECURITY_UNCHECKED && (ns->sig_count == 0 || !engine__validates(referring->engine, question)))
		answer->security = SECURITY_INSECURE;
}

static int
refer(struct referring *referring, const struct engine_question *question, const struct name *name)
{
	struct answer *answer = referring->answer;
	struct delegation delegation;
	int err = delegation_cache_find(referring->engine->caches.delegations, name, referring->arena, &delegation,
					referring->now_s);
	if (err != 0)
		return err;
	struct rrset *ns = own_ns(referring, name, name_labels(delegation.zone));
	const bool is_own = ns != NULL;

	if (!is_own)
		ns = ns_of(&delegation, referring->arena);
	if (ns == NULL)
		return ERR_NO_MEMORY;
	referring->tail = &answer->sections[SECTION_AUTHORITY];
	link_set(referring, ns, ns->security);
	if (question->dnssec_ok && name_equal(ns->owner, delegation.zone))
		add_ds(referring, &delegation);
	settle_security(referring, question, ns);
	if (!is_own)
		return add_all_glue(referring, &delegation);
	extras_addrs_from_cache(answer, &referring->engine->caches, referring->arena, referring->now_s);
	return 0;
}

int
engine_refer(struct engine *engine, const struct engine_question *question, struct arena *arena, struct answer *answer,
	     uint64_t now_us)
{
	struct referring referring = { engine, arena, answer, NULL, (uint32_t)(now_us / 1000000u) };
	struct lookup from = engine__lookup_of(engine, question, answer);

	if (lookup(&from, &engine->caches, arena, answer, referring.now_s) == LOOKUP_ANSWER ||
	    (answer->security == SECURITY_UNCHECKED && engine__validates(engine, question)))
		return ERR_NOT_FOUND; /* what is known is an answer, but whether it holds is not */
	answer->is_referral = true;
	if (question->qtype != TYPE_DS)
		return refer(&referring, question, from.sname);
	if (from.sname->size == 1)
		return ERR_NOT_FOUND;
	struct name parent; /* which has it, and not the zone itself (RFC 4035, section 3.1.4.1) */
	name_strip(&parent, from.sname, 1);
	return refer(&referring, question, &parent);
}
