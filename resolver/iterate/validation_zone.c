/* What validation rests on: keys, DS sets, proofs, and which zones are signed. */
#include "resolver/iterate/validation_priv.h"

#include "resolver/validate/anchors.h"

enum finding
validation__bogus(struct task *task, int ede, const char *why)
{
	task->validation.ede = ede;
	task->validation.why = why;
	return FINDING_BOGUS;
}

/* What a task for a fact has failed with; a failure of the network proves nothing. */
enum finding
validation__fact_failed(struct task *task, const struct validation_fact *fact, int ede_default)
{
	const bool is_unreachable = fact->security != SECURITY_BOGUS;

	task->validation.is_unreachable = is_unreachable;
	task->validation.restarts = VALIDATION_RESTARTS_MAX; /* the task for it has tried again already */
	task->validation.answered_by.family = ADDR_NONE;     /* whoever gave the answer is not to blame */
	return validation__bogus(task, is_unreachable || fact->ede == EDE_NONE ? ede_default : fact->ede, fact->ede_text);
}

/* ---- facts: DNSKEY and DS sets ------------------------------------------------------------------------ */

static bool
is_fact(const struct validation_fact *fact, const struct name *name, uint16_t type)
{
	return fact->name != NULL && fact->type == type && name_equal(fact->name, name);
}

/* Validated before, by whichever task. */
static bool
cached_fact(struct engine *engine, const struct name *name, uint16_t type, struct validation_fact *fact)
{
	struct negative negative;
	struct rrset *set;

	*fact = (struct validation_fact){ .name = name, .type = type, .ede = EDE_NONE };
	if (rrset_cache_get(engine->caches.rrsets, name, type, CLASS_IN, TRUST_ANSWER, &engine->scratch, &set,
			    engine__now_s(engine)) == 0) {
		fact->set = set;
		fact->security = set->security;
		return set->security != SECURITY_UNCHECKED;
	}
	if (negative_cache_get(engine->caches.negatives, name, type, CLASS_IN, &engine->scratch, &negative,
			       engine__now_s(engine)) != 0 ||
	    negative.kind == NEGATIVE_FAILURE)
		return false;
	fact->rcode = negative.kind == NEGATIVE_NXDOMAIN ? RCODE_NXDOMAIN : RCODE_NOERROR;
	fact->authority = negative.authority;
	fact->security = negative.security;
	return negative.security != SECURITY_UNCHECKED;
}

/* The task for a fact: one that runs, or a new one that pays from the same purse. */
static struct task *
fact_task(struct engine *engine, struct task *task, const struct name *name, uint16_t type)
{
	struct budget *budget = engine__budget(engine, task);
	struct engine_question question = { .qtype = type, .qclass = CLASS_IN };

	name_copy(&question.qname, name);
	uint64_t hash = task__hash(engine, &question);
	struct task *child = task__find(engine, &question, hash);
	if (child != NULL)
		return child;
	if (budget->subtasks >= BUDGET_SUBTASKS_MAX)
		return NULL;
	child = task__new(engine, &question, hash, task->budget, task->depth);
	if (child != NULL)
		budget->subtasks++;
	return child;
}

/* False: it is being asked for (*failed: it cannot be). */
bool
validation__get_fact(struct engine *engine, struct task *task, const struct name *name, uint16_t type,
	 struct validation_fact *fact, bool *failed)
{
	*failed = false;
	if (is_fact(&task->validation.fact, name, type)) {
		*fact = task->validation.fact;
		return true;
	}
	if (cached_fact(engine, name, type, fact))
		return true;
	struct task *child = fact_task(engine, task, name, type);
	*failed = child == NULL || child == task ||
		  !wait__add(engine, task, 0, ADDR_NONE, child);
	return false;
}

void
validation__heard(struct task *task, const struct task *child)
{
	struct validation_fact *fact = &task->validation.fact;
	const struct answer *answer = &child->answer;

	if (child->spent && child->budget != task->budget)
		return; /* not its fault: once more, from our own purse */
	*fact = (struct validation_fact){
		.name = name_store(&task->arena, &child->question.qname),
		.type = child->question.qtype,
		.rcode = answer->rcode,
		.security = answer->security,
		.ede = answer->ede,
	};
	if (answer->ede_text != NULL)
		fact->ede_text = arena_printf(&task->arena, "%s", answer->ede_text);
	for (const struct rrset *set = answer->sections[SECTION_ANSWER]; set != NULL; set = set->next)
		if (set->type == fact->type && name_equal(set->owner, &child->question.qname))
			fact->set = outcome__keep_set(&task->arena, set);
	struct rrset *authority = NULL;
	const bool is_whole = fact->set != NULL ||
			      outcome__keep_sets(&task->arena, &authority, answer->sections[SECTION_AUTHORITY]) != NULL;
	fact->authority = authority;
	if (!is_whole || fact->name == NULL)
		fact->name = NULL; /* the arena is full: better unknown than half known */
}

/* ---- proofs -------------------------------------------------------------------------------------------- */

/*
 * The proofs that may be used about the name, ready for denial.h; false when there is none.  Beside them may
 * stand those of zones that aliases have led through: the nearest zone above the name counts.
 */
bool
validation__denial_from(struct engine *engine, struct task *task, const struct rrset *authority, const struct name *name,
	    struct name *zone, struct denial *denial)
{
	struct name signer;
	bool is_found = false;

	for (const struct rrset *set = authority; set != NULL; set = set->next) {
		if ((set->type != TYPE_NSEC && set->type != TYPE_NSEC3) || set->security != SECURITY_SECURE ||
		    !rrset_signer(set, &signer) || !name_is_under(name, &signer))
			continue;
		if (is_found && name_labels(&signer) <= name_labels(zone))
			continue;
		name_copy(zone, &signer);
		is_found = true;
	}
	*denial = (struct denial){
		.sets = authority,
		.zone = zone,
		.crypto = engine->trust.crypto,
		.hashes = &engine__budget(engine, task)->hashes_left,
		.iterations_max = engine->trust.nsec3_iterations_max,
	};
	return is_found;
}

/* ---- zones ---------------------------------------------------------------------------------------------- */

static enum cut_finding
cut_of_absent_ds(struct engine *engine, struct task *task, const struct validation_fact *fact, const struct name *zone)
{
	struct denial denial;
	struct name signer;

	if (!validation__denial_from(engine, task, fact->authority, zone, &signer, &denial))
		return CUT_NONE; /* secure for another reason than a proof: a type at an apex that is asked above */
	switch (denial_of_ds(&denial, zone)) {
	case DS_PROOF_DELEGATION:
	case DS_PROOF_INSECURE: return CUT_INSECURE;
	case DS_PROOF_NO_CUT:
	case DS_PROOF_NO_NAME:  return CUT_NONE;
	case DS_PROOF_NONE:     break;
	}
	if (*denial.hashes == 0)
		return CUT_SPENT;
	(void)validation__bogus(task, EDE_NSEC_MISSING, "that there is no DS set is not proved");
	return CUT_BOGUS;
}

/* Whether the zone is signed, with its DS set, or not to be validated. */
enum cut_finding
validation__find_cut(struct engine *engine, struct task *task, const struct name *zone, const struct rrset **ds)
{
	struct validation_fact fact;
	struct ds_choice choice;
	bool failed;

	*ds = anchors_at(engine->trust.anchors, zone);
	if (*ds != NULL)
		return CUT_SECURE;
	if (!validation__get_fact(engine, task, zone, TYPE_DS, &fact, &failed)) {
		return failed ? CUT_SPENT : CUT_WAIT;
	}
	if (fact.rcode == RCODE_SERVFAIL || fact.security == SECURITY_BOGUS ||
	    fact.security == SECURITY_UNCHECKED) {
		(void)validation__fact_failed(task, &fact, EDE_DNSSEC_INDETERMINATE);
		return CUT_BOGUS;
	}
	if (fact.security != SECURITY_SECURE)
		return CUT_INSECURE;
	if (fact.set == NULL)
		return cut_of_absent_ds(engine, task, &fact, zone);
	ds_choose(engine->trust.crypto, fact.set, &choice);
	if (!choice.usable)
		return CUT_INSECURE; /* RFC 4035, section 5.2 */
	*ds = fact.set;
	return CUT_SECURE;
}

/* The task asks for the zone's keys itself, and there are none: it would wait for its own answer. */
static bool
is_without_keys(const struct task *task, const struct name *zone)
{
	if (task->question.qtype != TYPE_DNSKEY || !name_equal(&task->question.qname, zone))
		return false;
	for (const struct rrset *set = task->answer.sections[SECTION_ANSWER]; set != NULL; set = set->next)
		if (set->type == TYPE_DNSKEY && name_equal(set->owner, zone))
			return false;
	return true;
}

static enum finding
no_keys(struct task *task)
{
	task->validation.labels_done = 0;
	return validation__bogus(task, EDE_DNSKEY_MISSING, "the zone has no keys");
}

enum finding
validation__find_keys(struct engine *engine, struct task *task, const struct name *zone, const struct rrset **keys)
{
	struct validation_fact fact;
	bool failed;

	if (is_without_keys(task, zone))
		return no_keys(task);
	if (!validation__get_fact(engine, task, zone, TYPE_DNSKEY, &fact, &failed))
		return failed ? FINDING_SPENT : FINDING_WAIT;
	if (fact.rcode == RCODE_SERVFAIL)
		return validation__fact_failed(task, &fact, EDE_DNSKEY_MISSING);
	if (fact.security == SECURITY_INSECURE)
		return FINDING_INSECURE;
	if (fact.set == NULL || fact.security != SECURITY_SECURE)
		return no_keys(task);
	*keys = fact.set;
	return FINDING_SECURE;
}

/* The answer has told that it is of this zone, which is signed. */
static bool
is_told_zone(const struct task *task, const struct name *owner, const struct name *zone)
{
	return task->validation.told_labels == name_labels(zone) + 1u && name_equal(task->sname, owner);
}

static enum finding
unsigned_in_signed_zone(struct task *task)
{
	task->validation.labels_done = 0;
	return validation__bogus(task, EDE_RRSIGS_MISSING, "signatures are missing");
}

/* A validated DNAME of the answer says that nothing lies below it, no zone either (RFC 6672, section 2.4). */
static bool
is_below_dname(const struct task *task, const struct name *owner)
{
	for (const struct rrset *set = task->answer.sections[SECTION_ANSWER]; set != NULL; set = set->next)
		if (set->type == TYPE_DNAME && set->security == SECURITY_SECURE && set->owner->size < owner->size &&
		    name_is_under(owner, set->owner))
			return true;
	return false;
}

/*
 * Data without signatures: insecure if a delegation without DS lies above it.  First the nearest cut that iteration
 * knows is looked at, then every name from there down, in case one server serves parent and child.
 */
enum finding
validation__find_unsigned(struct engine *engine, struct task *task, const struct name *owner, uint16_t type)
{
	struct validation *state = &task->validation;
	const unsigned labels = name_labels(owner) - (type == TYPE_DS && owner->size > 1 ? 1 : 0);
	const struct rrset *ds, *keys;
	struct delegation delegation;
	struct name zone;

	if (is_below_dname(task, owner))
		return unsigned_in_signed_zone(task);
	if (state->labels_done == 0) {
		name_tail(&zone, owner, labels);
		const struct rrset *anchor = anchors_above(engine->trust.anchors, &zone);
		if (anchor == NULL)
			return FINDING_INSECURE; /* a DS set above the anchor */
		const enum finding finding = validation__find_keys(engine, task, anchor->owner, &keys);
		if (finding != FINDING_SECURE)
			return finding; /* whatever is not there, nobody could prove it */
		if (is_told_zone(task, owner, anchor->owner))
			return unsigned_in_signed_zone(task);
		unsigned first = name_labels(anchor->owner) + 1;
		if (delegation_cache_find(engine->caches.delegations, &zone, &engine->scratch, &delegation,
					  engine__now_s(engine)) == 0 &&
		    name_labels(delegation.zone) > first)
			first = name_labels(delegation.zone);
		state->labels_done = (uint8_t)(first - 1);
	}
	while (state->labels_done < labels) {
		name_tail(&zone, owner, state->labels_done + 1u);
		switch (validation__find_cut(engine, task, &zone, &ds)) {
		case CUT_INSECURE: state->labels_done = 0; return FINDING_INSECURE;
		case CUT_BOGUS:    state->labels_done = 0; return FINDING_BOGUS;
		case CUT_WAIT:     return FINDING_WAIT;
		case CUT_SPENT:    return FINDING_SPENT;
		case CUT_SECURE:
			if (is_without_keys(task, &zone))
				return no_keys(task);
			if (is_told_zone(task, owner, &zone))
				return unsigned_in_signed_zone(task);
			break;
		case CUT_NONE:     break;
		}
		state->labels_done++;
	}
	return unsigned_in_signed_zone(task);
}
