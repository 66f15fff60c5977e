#include "resolver/iterate/rewrite.h"

#include <string.h>

#include "resolver/iterate/budget.h"
#include "resolver/policy/forward.h"
#include "stack/base/arena.h"

/* ---- what is put into an answer ------------------------------------------------------------------------ */

/* A copy with another owner; NULL: the arena is full. */
static struct rrset *
set_copy(const struct rrset *set, const struct name *owner, struct arena *arena)
{
	struct rrset *copy = arena_alloc(arena, sizeof *copy);
	if (copy == NULL)
		return NULL;
	*copy = *set;
	copy->next = NULL;
	copy->owner = name_store(arena, owner);
	copy->rdata = arena_copy(arena, set->rdata, set->rdata_bytes);
	return copy->owner != NULL && copy->rdata != NULL ? copy : NULL;
}

static int
link_set(struct lookup *lookup, struct rrset *set)
{
	if (set == NULL)
		return ERR_NO_MEMORY;
	*lookup->tail = set;
	lookup->tail = &set->next;
	return 0;
}

/* The data of the rule for the type asked for, with all of them for ANY; the zone's SOA tells where they are from. */
static int
link_data(struct lookup *lookup, const struct rpz_hit *hit, struct arena *arena,
	  struct answer *answer)
{
	int err = 0;
	for (const struct rrset *set = hit->sets; set != NULL && err == 0; set = set->next)
		if (set->type == lookup->qtype || lookup->qtype == TYPE_ANY)
			err = link_set(lookup, set_copy(set, lookup->sname, arena));
	if (err != 0 || hit->zone->soa == NULL)
		return err;
	answer->sections[SECTION_ADDITIONAL] =
		set_copy(hit->zone->soa, hit->zone->soa->owner, arena);
	return answer->sections[SECTION_ADDITIONAL] != NULL ? 0 : ERR_NO_MEMORY;
}

static struct rrset *
cname_new(const struct name *owner, const struct name *target, uint32_t ttl_s, struct arena *arena)
{
	uint8_t rdata[2 + NAME_BYTES_MAX] = { 0, target->size };
	memcpy(rdata + 2, target->wire, target->size);
	const struct rrset set = {
		.type = TYPE_CNAME,
		.class = CLASS_IN,
		.rr_count = 1,
		.ttl_s = ttl_s,
		.rdata = rdata,
		.rdata_bytes = 2u + target->size,
		.security = SECURITY_INSECURE,
	};
	return set_copy(&set, owner, arena);
}

/* ---- actions ------------------------------------------------------------------------------------------- */

static enum rewrite
ends(struct answer *answer, uint16_t rcode, int ede, bool is_authoritative)
{
	answer->rcode = rcode;
	answer->ede = ede;
	answer->is_ruled = true;
	answer->authoritative = answer->authoritative || is_authoritative;
	return REWRITE_ENDS;
}

static enum rewrite
no_memory(struct answer *answer)
{
	answer_fail(answer, RCODE_SERVFAIL, EDE_OTHER, "policy: out of memory for the answer");
	return REWRITE_ENDS;
}

static enum rewrite
goes_on_at_alias(struct lookup *lookup, const struct rpz_hit *hit, struct arena *arena,
		 struct answer *answer, bool is_first)
{
	struct name target;
	const int err = rpz_alias_target(hit, lookup->sname, &target);
	if (err == ERR_TOO_BIG)
		return ends(answer, RCODE_YXDOMAIN, EDE_FORGED_ANSWER, true);
	if (err != 0 ||
	    link_set(lookup, cname_new(lookup->sname, &target, hit->alias_ttl_s, arena)) != 0)
		return no_memory(answer);
	if (lookup->qtype == TYPE_CNAME || lookup->qtype == TYPE_ANY)
		return ends(answer, RCODE_NOERROR, EDE_FORGED_ANSWER, true);
	if (++lookup->alias_count > BUDGET_CHAIN_MAX) {
		answer_fail(answer, RCODE_SERVFAIL, EDE_OTHER, "policy: aliases without end");
		return REWRITE_ENDS;
	}
	lookup->sname = name_store(arena, &target);
	if (lookup->sname == NULL)
		return no_memory(answer);
	answer->ede = EDE_FORGED_ANSWER;
	answer->authoritative = answer->authoritative || is_first;
	return REWRITE_ALIAS;
}

static bool
take_note(const struct rpz_hit *hit, struct arena *arena, struct answer *answer)
{
	if (hit->zone->log_name == NULL)
		return true;
	struct policy_note *note = arena_alloc(arena, sizeof *note);
	if (note == NULL)
		return false;
	*note = (struct policy_note){
		.log_name = arena_copy(arena, hit->zone->log_name, strlen(hit->zone->log_name) + 1),
		.trigger = rpz_trigger_to_text(hit->trigger),
		.action = rpz_action_to_text(hit->action),
		.owner = name_store(arena, hit->owner),
	};
	answer->note = note;
	return note->log_name != NULL && note->owner != NULL;
}

/*
 * AA stands where policy gives the end of the answer, as long as nothing of the zone's was seen, or decided before
 * anything was resolved.
 */
enum rewrite
rewrite_apply(struct lookup *lookup, const struct rpz_hit *hit, struct arena *arena,
	      struct answer *answer)
{
	const bool is_ours = hit->trigger != RPZ_RESPONSE_IP;
	const bool is_first = lookup->alias_count == 0 &&
			      (hit->trigger == RPZ_QNAME || hit->trigger == RPZ_CLIENT_IP);

	if (!take_note(hit, arena, answer))
		return no_memory(answer);
	if (hit->action == RPZ_PASSTHRU) {
		lookup->policies = 0;
		return REWRITE_NONE;
	}
	if (answer->security > SECURITY_INSECURE)
		answer->security = SECURITY_INSECURE;
	switch (hit->action) {
	case RPZ_PASSTHRU: break;
	case RPZ_NXDOMAIN:
		answer->hides_recursion = hit->zone->signals_nxdomain;
		return ends(answer, RCODE_NXDOMAIN, hit->zone->ede, is_ours);
	case RPZ_NODATA: return ends(answer, RCODE_NOERROR, hit->zone->ede, is_ours);
	case RPZ_DROP:
		answer->fate = ANSWER_DROPPED;
		return ends(answer, RCODE_NOERROR, hit->zone->ede, false);
	case RPZ_REFUSE: return ends(answer, RCODE_REFUSED, hit->zone->ede, false);
	case RPZ_TCP_ONLY:
		answer->fate = ANSWER_TRUNCATED;
		return ends(answer, RCODE_NOERROR, hit->zone->ede, is_first);
	case RPZ_DATA:
		if (link_data(lookup, hit, arena, answer) != 0)
			return no_memory(answer);
		return ends(answer, RCODE_NOERROR, EDE_FORGED_ANSWER, is_ours);
	case RPZ_ALIAS: return goes_on_at_alias(lookup, hit, arena, answer, is_first);
	}
	return REWRITE_NONE;
}

/* ---- names and servers --------------------------------------------------------------------------------- */

/* The addresses of a name server that came without glue, as far as they are known. */
static void
match_known_addrs(const struct lookup *lookup, const struct caches *caches,
		  const struct name *server, struct arena *arena, struct rpz_hit *hit,
		  uint32_t now_s)
{
	static const uint16_t types[] = { TYPE_A, TYPE_AAAA };
	struct rdata_walk walk;
	struct rrset *set;

	for (unsigned i = 0; i < 2; i++) {
		if (rrset_cache_get(caches->rrsets, server, types[i], CLASS_IN, TRUST_ADDITIONAL,
				    arena, &set, now_s) != 0)
			continue;
		rdata_first(set, &walk);
		while (rdata_next(&walk)) {
			const struct ip_addr addr =
				types[i] == TYPE_A ? addr_ipv4(walk.bytes) : addr_ipv6(walk.bytes);
			rpz_match_addr(lookup->rpz, lookup->policies, RPZ_NSIP, &addr, hit);
		}
	}
}

static void
match_delegation(const struct lookup *lookup, const struct caches *caches,
		 const struct delegation *delegation, struct arena *arena, struct rpz_hit *hit,
		 uint32_t now_s)
{
	for (unsigned i = 0; i < delegation->ns_count; i++) {
		const struct delegation_ns *ns = &delegation->ns[i];
		rpz_match_name(lookup->rpz, lookup->policies, RPZ_NSDNAME, ns->name, hit);
		for (unsigned k = 0; k < ns->addr_count; k++)
			rpz_match_addr(lookup->rpz, lookup->policies, RPZ_NSIP, &ns->addrs[k], hit);
		if (ns->addr_count == 0 && rpz_has(lookup->rpz, lookup->policies, RPZ_NSIP))
			match_known_addrs(lookup, caches, ns->name, arena, hit, now_s);
	}
}

/* The servers of the name's zone and of those above it, but for the root's, as far as they are known. */
static void
match_servers(const struct lookup *lookup, const struct caches *caches, struct arena *arena,
	      struct rpz_hit *hit, uint32_t now_s)
{
	const size_t mark = arena_mark(arena);
	struct delegation delegation;
	struct name name;

	const struct forward_zone *given = forwards_find(lookup->forwards, lookup->sname);
	if (given != NULL && given->is_forward)
		return; /* nobody but the operator's resolvers is asked */
	name_copy(&name, lookup->sname);
	while (delegation_cache_find(caches->delegations, &name, arena, &delegation, now_s) == 0 &&
	       delegation.zone->size > 1) {
		match_delegation(lookup, caches, &delegation, arena, hit, now_s);
		name_strip(&name, delegation.zone, 1);
		arena_rewind(arena, mark);
	}
	arena_rewind(arena, mark);
}

enum rewrite
rewrite_name(struct lookup *lookup, const struct caches *caches, struct arena *arena,
	     struct answer *answer, uint32_t now_s)
{
	enum rewrite rewrite = REWRITE_ALIAS;

	while (rewrite == REWRITE_ALIAS && lookup->policies != 0) {
		struct rpz_hit hit = { .zone = NULL };
		rpz_match_name(lookup->rpz, lookup->policies, RPZ_QNAME, lookup->sname, &hit);
		if (rpz_has(lookup->rpz, lookup->policies, RPZ_NSDNAME) ||
		    rpz_has(lookup->rpz, lookup->policies, RPZ_NSIP))
			match_servers(lookup, caches, arena, &hit, now_s);
		rewrite = hit.zone != NULL ? rewrite_apply(lookup, &hit, arena, answer)
					   : REWRITE_NONE;
	}
	return rewrite;
}

/* ---- answers ------------------------------------------------------------------------------------------- */

static void
match_set(const struct lookup *lookup, const struct rrset *set, struct rpz_hit *hit)
{
	struct rdata_walk walk;

	if (set->class != CLASS_IN || (set->type != TYPE_A && set->type != TYPE_AAAA))
		return;
	rdata_first(set, &walk);
	for (unsigned i = 0; i < set->rr_count && rdata_next(&walk); i++) {
		const struct ip_addr addr =
			set->type == TYPE_A ? addr_ipv4(walk.bytes) : addr_ipv6(walk.bytes);
		rpz_match_addr(lookup->rpz, lookup->policies, RPZ_RESPONSE_IP, &addr, hit);
	}
}

enum rewrite
rewrite_answer(struct lookup *lookup, struct rrset **sets, struct arena *arena,
	       struct answer *answer)
{
	struct rpz_hit hit = { .zone = NULL };
	struct rrset **at = sets;

	if (answer->is_ruled || answer->rcode != RCODE_NOERROR ||
	    !rpz_has(lookup->rpz, lookup->policies, RPZ_RESPONSE_IP))
		return REWRITE_NONE;
	for (; *at != NULL; at = &(*at)->next) {
		match_set(lookup, *at, &hit);
		if (hit.zone != NULL)
			break;
	}
	if (hit.zone == NULL || hit.action == RPZ_PASSTHRU)
		return hit.zone != NULL ? rewrite_apply(lookup, &hit, arena, answer) : REWRITE_NONE;
	lookup->sname = (*at)->owner;
	lookup->tail = at;
	*at = NULL;
	answer->sections[SECTION_AUTHORITY] = answer->sections[SECTION_ADDITIONAL] = NULL;
	return rewrite_apply(lookup, &hit, arena, answer);
}
