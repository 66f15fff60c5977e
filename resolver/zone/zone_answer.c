/* zone_answer.c - what a zone's authority says (zone.h; RFC 1034, section 4.3.2). */
#include <assert.h>
#include <string.h>

#include "resolver/zone/zone_priv.h"
#include "stack/base/arena.h"

/* One question about one name on its way through the zone. */
struct asking {
	const struct zone *zone;
	uint16_t qtype;
	bool with_proofs;
	struct arena *arena;
	struct zone_reply *reply;
	unsigned aliases;
};

/* ---- names and sets ------------------------------------------------------------------------------------- */

uint32_t
zone__at_or_behind(const struct zone *zone, const struct name *name)
{
	uint32_t low = 0, high = zone->node_count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (name_compare(zone->nodes[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct zone_node *
zone__node(const struct zone *zone, const struct name *name)
{
	const uint32_t at = zone__at_or_behind(zone, name);
	return at < zone->node_count && name_equal(zone->nodes[at].name, name) ? &zone->nodes[at] : NULL;
}

const struct rrset *
zone__set(const struct zone_node *node, uint16_t type)
{
	const struct rrset *set = node->sets;
	while (set != NULL && set->type != type)
		set = set->next;
	return set;
}

int
zone__put(struct zone_reply *reply, enum dns_section section, const struct rrset *set, const struct name *owner,
	  struct arena *arena)
{
	struct rrset **end = &reply->sections[section];
	struct rrset *copy = arena_alloc(arena, sizeof *copy);

	if (copy == NULL)
		return ERR_NO_MEMORY;
	*copy = *set;
	copy->next = NULL;
	if (owner != NULL)
		copy->owner = owner;
	while (*end != NULL)
		end = &(*end)->next;
	*end = copy;
	return 0;
}

/* The name has records, or one below it has (RFC 8020). */
static bool
exists(const struct zone *zone, const struct name *name)
{
	const uint32_t at = zone__at_or_behind(zone, name);
	return at < zone->node_count && name_is_under(zone->nodes[at].name, name);
}

/* ---- what is not there ---------------------------------------------------------------------------------- */

static int
deny(const struct asking *asking, const struct name *name)
{
	return asking->with_proofs ? zone__deny(asking->zone, name, asking->arena, asking->reply) : 0;
}

static int
answer_negative(const struct asking *asking, uint16_t rcode)
{
	asking->reply->rcode = rcode;
	return zone__put(asking->reply, SECTION_AUTHORITY, asking->zone->negative_soa, NULL, asking->arena);
}

static int
answer_nodata(const struct asking *asking, const struct name *name)
{
	const int err = answer_negative(asking, RCODE_NOERROR);
	return err == 0 ? deny(asking, name) : err;
}

/* RFC 4035, section 3.1.3.2: that the name is not there, and that no wildcard stands for it. */
static int
answer_nxdomain(const struct asking *asking, const struct name *name, const struct name *wildcard)
{
	int err = answer_negative(asking, RCODE_NXDOMAIN);
	if (err == 0)
		err = deny(asking, name);
	return err == 0 ? deny(asking, wildcard) : err;
}

/* ---- zones below ---------------------------------------------------------------------------------------- */

/* The addresses that the zone has for servers of the zone below: without them some could not be reached (RFC 9471). */
static int
put_glue(const struct asking *asking, const struct rrset *ns)
{
	static const uint16_t types[] = { TYPE_A, TYPE_AAAA };
	struct rdata_walk walk;
	struct name server;
	int err = 0;

	rdata_first(ns, &walk);
	for (unsigned i = 0; i < ns->rr_count && rdata_next(&walk) && err == 0; i++) {
		if (rdata_target(TYPE_NS, walk.bytes, walk.size, &server) != 0 ||
		    !name_is_under(&server, asking->zone->apex))
			continue;
		const struct zone_node *node = zone__node(asking->zone, &server);
		for (unsigned t = 0; node != NULL && t < 2 && err == 0; t++) {
			const struct rrset *set = zone__set(node, types[t]);
			if (set != NULL)
				err = zone__put(asking->reply, SECTION_ADDITIONAL, set, NULL, asking->arena);
		}
	}
	return err;
}

/* RFC 4035, section 3.1.4: beside the NS set the DS set, or the proof that there is none. */
static int
answer_referral(const struct asking *asking, const struct zone_node *cut, const struct rrset *ns)
{
	struct zone_reply *reply = asking->reply;
	const struct rrset *ds = zone__set(cut, TYPE_DS);

	reply->below = cut->name;
	if (asking->aliases > 0) { /* where the aliases lead is for others to say */
		reply->verdict = ZONE_ALIASES;
		return 0;
	}
	reply->verdict = ZONE_REFERS;
	int err = zone__put(reply, SECTION_AUTHORITY, ns, NULL, asking->arena);
	if (err == 0 && ds != NULL)
		err = zone__put(reply, SECTION_AUTHORITY, ds, NULL, asking->arena);
	else if (err == 0)
		err = deny(asking, cut->name);
	return err == 0 ? put_glue(asking, ns) : err;
}

/* ---- aliases -------------------------------------------------------------------------------------------- */

/* On to the target: the next name to look for in *name, or NULL at the end. */
static int
follow(struct asking *asking, const struct name *target, const struct name **name)
{
	struct zone_reply *reply = asking->reply;
	const struct name *kept = name_store(asking->arena, target);

	*name = NULL;
	if (kept == NULL)
		return ERR_NO_MEMORY;
	reply->alias = kept;
	if (++asking->aliases > ZONE_ALIASES_MAX || !name_is_under(kept, asking->zone->apex))
		reply->verdict = ZONE_ALIASES; /* who resolves has a bound for circles of its own */
	else
		*name = kept;
	return 0;
}

static int
follow_cname(struct asking *asking, const struct rrset *cname, const struct name *owner, const struct name **name)
{
	struct rdata_walk walk;
	struct name target;

	rdata_first(cname, &walk);
	*name = NULL;
	const int err = zone__put(asking->reply, SECTION_ANSWER, cname, owner, asking->arena);
	if (err != 0 || asking->qtype == TYPE_CNAME || !rdata_next(&walk) ||
	    rdata_target(TYPE_CNAME, walk.bytes, walk.size, &target) != 0)
		return err;
	return follow(asking, &target, name);
}

/* The CNAME that the DNAME makes (RFC 6672, section 3.1). */
static int
put_synthesised(const struct asking *asking, const struct rrset *dname, const struct name *owner,
		const struct name *target)
{
	uint8_t *rdata = arena_alloc(asking->arena, 2u + target->size);
	if (rdata == NULL)
		return ERR_NO_MEMORY;
	rdata[0] = 0;
	rdata[1] = target->size;
	memcpy(rdata + 2, target->wire, target->size);
	const struct rrset cname = { .owner = owner, .type = TYPE_CNAME, .class = CLASS_IN, .rr_count = 1,
				     .ttl_s = dname->ttl_s, .rdata = rdata, .rdata_bytes = 2u + target->size };
	return zone__put(asking->reply, SECTION_ANSWER, &cname, NULL, asking->arena);
}

static int
follow_dname(struct asking *asking, const struct rrset *dname, const struct name *owner, const struct name **name)
{
	struct rdata_walk walk;
	struct name target;

	rdata_first(dname, &walk);
	*name = NULL;
	int err = zone__put(asking->reply, SECTION_ANSWER, dname, NULL, asking->arena);
	if (err != 0 || !rdata_next(&walk) || rdata_target(TYPE_DNAME, walk.bytes, walk.size, &target) != 0)
		return err;
	if (name_substitute(&target, owner, dname->owner, &target) != 0) {
		asking->reply->rcode = RCODE_YXDOMAIN;
		return 0;
	}
	err = put_synthesised(asking, dname, owner, &target);
	return err == 0 && asking->qtype != TYPE_CNAME ? follow(asking, &target, name) : err;
}

/* ---- a name --------------------------------------------------------------------------------------------- */

/* ANY is answered with all that there is, within a bound; so is RRSIG, which stand with what they cover. */
static int
put_all(const struct asking *asking, const struct zone_node *node, const struct name *owner)
{
	unsigned count = 0;
	int err = 0;
	for (const struct rrset *set = node->sets; set != NULL && count < ZONE_ANY_SETS_MAX && err == 0; set = set->next, count++)
		err = zone__put(asking->reply, SECTION_ANSWER, set, owner, asking->arena);
	return err;
}

/* What the node has for the type under this owner; *name goes on if it is an alias. */
static int
answer_from(struct asking *asking, const struct zone_node *node, const struct name *owner, const struct name **name)
{
	const struct rrset *set = zone__set(node, asking->qtype);
	const struct rrset *cname = zone__set(node, TYPE_CNAME);

	*name = NULL;
	if (asking->qtype == TYPE_ANY || asking->qtype == TYPE_RRSIG)
		return put_all(asking, node, owner);
	if (set != NULL)
		return zone__put(asking->reply, SECTION_ANSWER, set, owner, asking->arena);
	if (cname != NULL)
		return follow_cname(asking, cname, owner, name);
	return answer_nodata(asking, node->name);
}

/* RFC 4592: the wildcard right below the nearest name that is there. */
static int
answer_wildcard(struct asking *asking, const struct name *closest, const struct name *owner, const struct name **name)
{
	static const uint8_t star[] = { '*' };
	struct name wildcard;

	*name = NULL;
	if (name_prepend(&wildcard, star, 1, closest) != 0)
		name_copy(&wildcard, closest); /* none fits there, and no name is below */
	const struct zone_node *node = zone__node(asking->zone, &wildcard);
	if (node == NULL)
		return exists(asking->zone, &wildcard) ? answer_nodata(asking, &wildcard)
						       : answer_nxdomain(asking, owner, &wildcard);
	const int err = answer_from(asking, node, owner, name);
	return err == 0 ? deny(asking, owner) : err; /* RFC 4035, section 3.1.3.3 */
}

/* From the apex down to the name, as far as it is there and this zone's; *name is the next one of a chain, NULL the end. */
static int
answer_name(struct asking *asking, const struct name **name)
{
	const struct zone *zone = asking->zone;
	const struct name *owner = *name;
	const unsigned labels = name_labels(owner);
	struct name at, closest;

	name_copy(&closest, zone->apex);
	for (unsigned i = name_labels(zone->apex); i <= labels; i++) {
		name_tail(&at, owner, i);
		const struct zone_node *node = zone__node(zone, &at);
		if (node == NULL && !exists(zone, &at))
			return answer_wildcard(asking, &closest, owner, name);
		name_copy(&closest, &at);
		if (node == NULL)
			continue;
		const struct rrset *ns = i > name_labels(zone->apex) ? zone__set(node, TYPE_NS) : NULL;
		const struct rrset *dname = zone__set(node, TYPE_DNAME);
		*name = NULL;
		if (ns != NULL && (i < labels || asking->qtype != TYPE_DS))
			return answer_referral(asking, node, ns);
		if (i == labels)
			return answer_from(asking, node, owner, name);
		if (dname != NULL)
			return follow_dname(asking, dname, owner, name);
	}
	*name = NULL;
	return answer_nodata(asking, owner); /* nothing but names below it */
}

int
zone_ask(const struct zone *zone, const struct question *question, bool with_proofs, struct arena *arena,
	 struct zone_reply *reply)
{
	struct asking asking = { .zone = zone, .qtype = question->qtype, .with_proofs = with_proofs, .arena = arena,
				 .reply = reply };
	const struct name *name = name_store(arena, &question->qname);
	int err = name != NULL ? 0 : ERR_NO_MEMORY;

	assert(name_is_under(&question->qname, zone->apex));
	*reply = (struct zone_reply){ .verdict = ZONE_ANSWERS, .rcode = RCODE_NOERROR };
	while (name != NULL && err == 0)
		err = answer_name(&asking, &name);
	return err;
}
