/* Steps 1 and 2: what the caches know, and the servers nearest to the name. */
#include "resolver/iterate/engine_priv.h"
#include "resolver/iterate/extras.h"
#include "resolver/iterate/lookup.h"
#include "resolver/validate/rrsig.h"

/* Behind what was kept before: the aliases and their proofs. */
static enum task_state
found_answer(struct engine *engine, struct task *task, struct rrset *proofs)
{
	struct rrset *absence = task->answer.sections[SECTION_AUTHORITY];

	/* The answer is no better than the aliases that led to it, which another look-up may have found. */
	for (const struct rrset *set = task->chain; set != NULL; set = set->next)
		if (set->security < task->answer.security)
			task->answer.security = set->security;
	task->answer.from_cache = !task->asked;
	if (task->answer.rcode == RCODE_SERVFAIL)
		return TASK_DONE;
	task->answer.sections[SECTION_ANSWER] = task->chain;
	task->validation.absence = task->authority_tail;
	if (proofs != NULL) {
		*task->authority_tail = absence;
		task->answer.sections[SECTION_AUTHORITY] = proofs;
	}
	if (engine__wants_extras(engine, task->question.qtype) && !task->answer.is_ruled)
		extras_from_cache(&task->answer, &engine->caches, &task->arena, engine__now_s(engine));
	if (engine__is_unjudged(engine, &task->question))
		extras_check_unjudged(&task->answer);
	return task->answer.security != SECURITY_UNCHECKED ? TASK_DONE : validation__after_answer(engine, task);
}

/* Once for each name that is looked for; what is asked anew or is due soon is the servers' to answer. */
static enum task_state
fetch(struct engine *engine, struct task *task)
{
	const uint8_t mark = (uint8_t)(task->chain_count + 1u);

	if (!engine->config.second_level || task->refreshes || task->fetched == mark ||
	    forwards_uncached(engine->forwards, task->sname))
		return TASK_CUT;
	task->fetched = mark;
	task->fetch_is_due = true;
	engine->stats.fetches++;
	engine__todo(engine, ENGINE_FETCH, engine__task_index(engine, task));
	return TASK_FETCHING;
}

/*
 * Step 1 of RFC 1034, section 5.3.3: the caches.  DO is no part of what makes questions the same, and who wants it may yet
 * join: so the task looks for what every client can be given, with the proof that a wildcard's set needs.
 */
enum task_state
task__look_up(struct engine *engine, struct task *task)
{
	struct lookup lookup_state = {
		.sname = task->sname,
		.qtype = task->question.qtype,
		.tail = task->chain_tail,
		.alias_count = task->chain_count,
		.forwards = engine->forwards,
		.kept = engine->kept,
		.dnssec_ok = true,
		.for_client = task->clients != SLOT_NONE,
		.refreshes = task->refreshes,
		.checking_disabled = task->question.checking_disabled,
		.aggressive = &engine->aggressive,
		.rpz = engine->rpz,
		.policies = task->policies,
	};

	if (task->priming || task->question.anew || task->validation.skip_cache)
		return TASK_CUT;
	struct rrset *proofs = task->answer.sections[SECTION_AUTHORITY];
	task->answer.sections[SECTION_AUTHORITY] = NULL;
	task->answer.security = SECURITY_SECURE;
	enum lookup_result result = lookup(&lookup_state, &engine->caches, &task->arena,
					   &task->answer, engine__now_s(engine));
	task->policies = lookup_state.policies;
	if (result == LOOKUP_ANSWER)
		return found_answer(engine, task, proofs);
	task->answer.sections[SECTION_AUTHORITY] = proofs;
	task->keep_mark = arena_mark(&task->arena);
	task->chain_tail = lookup_state.tail;
	task->chain_count = lookup_state.alias_count;
	if (task->sname != lookup_state.sname) {
		task->sname = lookup_state.sname;
		qmin_start(&task->qmin, task->sname, engine->config.qname_minimisation);
	}
	return fetch(engine, task);
}

/* The parent speaks about a DS set, not the zone itself (RFC 4035, section 3.1.4.1). */
static void
name_of_cut(const struct task *task, struct name *name)
{
	if (task->question.qtype == TYPE_DS && task->sname->size > 1)
		name_strip(name, task->sname, 1);
	else
		name_copy(name, task->sname);
}

/* A cached DNAME above sname answers as a CNAME would. */
static enum task_state
follow_dname(struct engine *engine, struct task *task, struct rrset *dname)
{
	struct rrset *cname;
	struct name target;
	if (rrset_is_fleeting(dname))
		dname->ttl_s = 0; /* it is here for a moment (learn.c), which nobody else is to keep it for */
	int err = alias_synthesise(&engine->scratch, dname, task->sname, &cname);
	if (err == ERR_TOO_BIG)
		return task__answer(engine, task, RCODE_YXDOMAIN, dname, NULL, NULL);
	if (err != 0 || alias_target(cname, &target) != 0)
		return task__fail(engine, task);
	dname->next = cname;
	if (type_stops_at_alias(task->question.qtype))
		return task__answer(engine, task, RCODE_NOERROR, dname, NULL, NULL);
	return task__restart(engine, task, dname, 1, &target, NULL);
}

/* Where forward-first and stub-first lead: to the stub of that name, the next zone above that has servers, or NULL. */
static const struct forward_zone *
zone_above(const struct engine *engine, const struct forward_zone *zone)
{
	struct name parent;
	if (zone->behind != NULL)
		return zone->behind;
	if (zone->name->size == 1)
		return NULL;
	name_strip(&parent, zone->name, 1);
	return forwards_find(engine->forwards, &parent);
}

/*
 * The zone of the operator's whose servers are to be asked: a forwarder for all below it, a stub as long as no
 * delegation further down is known, nor, with stub-prime, what the zone says itself.
 */
static const struct forward_zone *
given_zone(const struct engine *engine, const struct task *task, const struct name *name,
	   const struct delegation *delegation, bool by_operator)
{
	const struct forward_zone *zone = forwards_find(engine->forwards, name);

	if (zone != NULL && (task->past_given || (task->priming && zone->is_forward)))
		zone = zone_above(engine, zone);
	if (zone == NULL || zone->is_forward || by_operator)
		return zone;
	const unsigned known = name_labels(delegation->zone), given = name_labels(zone->name);
	return known > given || (known == given && zone->prime) ? NULL : zone;
}

/* The zone that is primed before the servers that the operator names for it are asked about anything else; NULL: none. */
static const struct name *
unprimed(const struct engine *engine, const struct forward_zone *zone, bool by_operator)
{
	if (zone != NULL && (zone->is_forward || zone->name->size > 1))
		return zone->prime ? zone->name : NULL;
	return by_operator && engine->config.prime_root ? &name_root : NULL;
}

/*
 * sname is one of the zone's own servers, and none of them came with an address: the zone cannot be asked, but who has delegated
 * it should have told the addresses too (RFC 9471), and may do so to whoever asks for them.
 */
static bool
leads_to_itself(const struct task *task, const struct delegation *delegation)
{
	bool is_server = false;

	for (unsigned i = 0; i < delegation->ns_count; i++) {
		if (delegation->ns[i].addr_count > 0)
			return false;
		is_server |= name_equal(delegation->ns[i].name, task->sname);
	}
	return is_server && name_is_under(task->sname, delegation->zone);
}

/*
 * What is asked anew for the caches shall rest on a zone that is still delegated: near the end of what is known of that, who has
 * delegated it is asked again.  A zone's keys rest on its DS set, which has an end of its own.
 */
static bool
is_to_be_vouched_for(const struct task *task, const struct delegation *delegation)
{
	return task->refreshes && task->question.qtype != TYPE_DNSKEY && delegation->zone->size > 1 &&
	       (uint64_t)delegation->ttl_s * LOOKUP_SOON_PART <= delegation->original_ttl_s;
}

/* The nearest delegation to the name that leads on; false: only the root hints do. */
static bool
find_delegation(struct engine *engine, struct task *task, const struct name *name, struct delegation *delegation)
{
	struct name at = *name;

	while (delegation_cache_find(engine->caches.delegations, &at, &engine->scratch, delegation,
				     engine__now_s(engine)) == 0) {
		const bool is_circular = leads_to_itself(task, delegation);
		if (!is_circular && !is_to_be_vouched_for(task, delegation))
			return true;
		if (is_circular)
			qmin_give_up(&task->qmin); /* of a shorter name we would hear what we know */
		if (delegation->zone->size == 1)
			break;
		name_strip(&at, delegation->zone, 1);
	}
	return false;
}

/*
 * A DNAME speaks for names that nobody has asked about, and a forged one would take all of them with it: where answers are
 * judged only one that has been judged does so from the cache (RFC 6672, section 3.4), and none where the servers' own word is
 * wanted.
 */
static bool
find_dname(struct engine *engine, const struct task *task, const struct delegation *delegation, struct rrset **dname)
{
	return !task->question.anew && !task->validation.skip_cache &&
	       lookup_dname(&engine->caches, task->sname, name_labels(delegation->zone), &engine->scratch, dname,
			    engine__now_s(engine)) == 0 &&
	       ((*dname)->security != SECURITY_UNCHECKED || !engine__validates(engine, &task->question));
}

/* Step 2: the servers nearest to sname. */
enum task_state
task__find_cut(struct engine *engine, struct task *task)
{
	struct delegation delegation;
	struct rrset *dname;
	struct name name;

	signal__on_keys(engine, task);
	name_of_cut(task, &name);
	const bool by_operator = !find_delegation(engine, task, &name, &delegation);
	if (by_operator)
		hints_delegation(&engine->hints, &delegation); /* may be without servers, where all is given */
	const struct forward_zone *zone = given_zone(engine, task, &name, &delegation, by_operator);
	const struct kept_zone *kept = task__kept_zone(engine, task, &delegation, by_operator, zone);
	if (kept != NULL)
		return task__ask_kept(engine, task, kept);
	if (find_dname(engine, task, &delegation, &dname))
		return follow_dname(engine, task, dname);
	const struct name *primed = unprimed(engine, zone, by_operator);
	if (primed != NULL && prime__is_awaited(engine, task, primed))
		return TASK_WAITING;
	if (zone != NULL)
		return task__set_given_cut(engine, task, zone);
	return task__set_cut(engine, task, &delegation, by_operator);
}
