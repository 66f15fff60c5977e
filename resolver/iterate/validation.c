#include "resolver/iterate/validation_priv.h"

#include <stdio.h>

#include "resolver/iterate/extras.h"
#include "resolver/iterate/lookup.h"
#include "resolver/validate/anchors.h"
#include "resolver/wire/text.h"

/* ---- sets ------------------------------------------------------------------------------------------------ */

/* The zone's own keys, by the DS set that its parent gives. */
static enum finding
judge_keys(struct engine *engine, struct task *task, struct rrset *set, struct verify *verify)
{
	const struct rrset *ds;

	switch (validation__find_cut(engine, task, set->owner, &ds)) {
	case CUT_WAIT:     return FINDING_WAIT;
	case CUT_INSECURE: return FINDING_INSECURE;
	case CUT_BOGUS:    return FINDING_BOGUS;
	case CUT_SPENT:    return FINDING_SPENT;
	case CUT_NONE:     return validation__bogus(task, EDE_DNSSEC_BOGUS, "keys at a name that is no zone");
	case CUT_SECURE:   break;
	}
	return validation__verify(engine, task, set, set, set->owner, ds, verify);
}

static enum finding
judge_signed(struct engine *engine, struct task *task, struct rrset *set, const struct name *signer,
	     struct verify *verify)
{
	const struct rrset *keys;

	if (set->type == TYPE_DNSKEY && name_equal(set->owner, signer))
		return judge_keys(engine, task, set, verify);
	if (set->type == TYPE_DS && name_equal(set->owner, signer) && set->owner->size > 1)
		return validation__bogus(task, EDE_DNSSEC_BOGUS, "a DS set signed by the child");
	const enum finding finding = validation__find_keys(engine, task, signer, &keys);
	return finding == FINDING_SECURE ? validation__verify(engine, task, set, keys, signer, NULL, verify) : finding;
}

/* A name that a wildcard made must not be there itself (RFC 4035, section 5.3.4). */
static enum finding
judge_wildcard(struct engine *engine, struct task *task, const struct rrset *set, const struct verify *verify)
{
	struct denial denial;
	struct name zone;

	if (validation__denial_from(engine, task, task->answer.sections[SECTION_AUTHORITY], set->owner, &zone, &denial)) {
		switch (denial_of_exact(&denial, set->owner, verify->labels)) {
		case PROOF_SECURE:   return FINDING_SECURE;
		case PROOF_INSECURE: return FINDING_INSECURE;
		case PROOF_NONE:     break;
		}
	}
	return validation__bogus(task, EDE_NSEC_MISSING, "no proof that only the wildcard is there");
}

static enum finding
judge_set(struct engine *engine, struct task *task, struct rrset *set)
{
	struct verify verify = { 0 };
	struct name signer, name;

	if (set->type == TYPE_RRSIG)
		return FINDING_INSECURE; /* asked for by themselves; nobody signs signatures (RFC 4035, section 2.2) */
	/* The parent vouches for a DS set. */
	name_strip(&name, set->owner, set->type == TYPE_DS && set->owner->size > 1 ? 1 : 0);
	const struct rrset *anchor = anchors_above(engine->trust.anchors, &name);
	if (anchor == NULL)
		return FINDING_INSECURE;
	if (set->type == TYPE_DNSKEY && set->sig_count == 0 && name_equal(set->owner, anchor->owner))
		return validation__bogus(task, EDE_RRSIGS_MISSING, "the keys of a trust anchor's zone are not signed");
	if (!rrset_signer(set, &signer))
		return set->sig_count > 0 ? validation__bogus(task, EDE_DNSSEC_BOGUS, "no signature fits the set")
					  : validation__find_unsigned(engine, task, set->owner, set->type);
	if (name_labels(&signer) < name_labels(anchor->owner))
		return validation__bogus(task, EDE_DNSSEC_BOGUS, "signed from above the trust anchor");
	const enum finding finding = judge_signed(engine, task, set, &signer, &verify);
	if (finding == FINDING_SECURE && verify.is_wildcard)
		return judge_wildcard(engine, task, set, &verify);
	return finding;
}

/* ---- the answer -------------------------------------------------------------------------------------------- */

static bool
is_judged(const struct rrset *set)
{
	return set->security != SECURITY_UNCHECKED;
}

/* SOA, proofs and extras: one that does not verify is not used, and no more than that. */
static enum finding
judge_beside(struct engine *engine, struct task *task, enum dns_section section)
{
	for (struct rrset *set = task->answer.sections[section]; set != NULL; set = set->next) {
		if (is_judged(set) || set->sig_count == 0)
			continue;
		switch (judge_set(engine, task, set)) {
		case FINDING_WAIT:     return FINDING_WAIT;
		case FINDING_SPENT:    /* left as it is, and not used */
		case FINDING_SECURE:   break;
		case FINDING_INSECURE: set->security = SECURITY_INSECURE; break;
		case FINDING_BOGUS:    set->security = SECURITY_BOGUS; break;
		}
	}
	return FINDING_SECURE;
}

static void
keep_judged(struct engine *engine, const struct task *task, const struct rrset *set)
{
	if (engine->config.serve_expired) /* else done when it was learnt */
		negative_cache_remove(engine->caches.negatives, set->owner, set->type, CLASS_IN,
				      engine__now_s(engine));
	learn__set(engine, task, set, 0);
}

/* *worst gets INSECURE when any set is. */
static enum finding
judge_sets(struct engine *engine, struct task *task, enum finding *worst)
{
	const struct rrset *before = NULL;

	for (struct rrset *set = task->answer.sections[SECTION_ANSWER]; set != NULL; before = set, set = set->next) {
		if (before != NULL && before->type == TYPE_DNAME && set->type == TYPE_CNAME &&
		    set->sig_count == 0 && set->owner->size > before->owner->size &&
		    name_is_under(set->owner, before->owner)) {
			set->security = before->security; /* made here, from the DNAME */
		} else if (!is_judged(set)) {
			const enum finding finding = judge_set(engine, task, set);
			if (finding == FINDING_WAIT || finding == FINDING_SPENT)
				return finding;
			if (finding == FINDING_BOGUS) {
				task->validation.culprit = set->owner;
				rrset_cache_remove_below(engine->caches.rrsets, set->owner, set->type, CLASS_IN,
							 TRUST_SECURE, engine__now_s(engine));
				return FINDING_BOGUS;
			}
			if (finding == FINDING_INSECURE)
				set->security = SECURITY_INSECURE;
			keep_judged(engine, task, set);
		}
		if (set->security != SECURITY_SECURE)
			*worst = FINDING_INSECURE;
	}
	return FINDING_SECURE;
}

/* Where the aliases of the answer lead, and whether there is a set that answers. */
static bool
answer_end(const struct task *task, struct name *end)
{
	name_copy(end, &task->question.qname);
	for (const struct rrset *set = task->answer.sections[SECTION_ANSWER]; set != NULL; set = set->next) {
		if (type_answers(set->type, task->question.qtype) && name_equal(set->owner, end))
			return true;
		if (set->type == TYPE_CNAME)
			(void)alias_target(set, end);
	}
	return false;
}

/*
 * The proofs, perhaps those that came with the alias that led here, may show a delegation without DS at the name or
 * above it: then what is absent is not the signed zone's to prove (RFC 4035, section 5.2).
 */
static bool
is_below_unsigned(struct denial *denial, const struct name *end)
{
	struct name name;

	for (unsigned labels = name_labels(denial->zone) + 1u; labels <= name_labels(end); labels++) {
		name_tail(&name, end, labels);
		if (denial_of_ds(denial, &name) == DS_PROOF_DELEGATION)
			return true;
	}
	return false;
}

/* Why there is no proof (RFC 8914, sections 4.7, 4.11 and 4.13): it did not verify, had no signatures, did not fit, was not there. */
static enum finding
not_proved(struct task *task)
{
	int ede = EDE_NSEC_MISSING;

	for (const struct rrset *set = task->answer.sections[SECTION_AUTHORITY]; set != NULL; set = set->next) {
		if (set->type != TYPE_NSEC && set->type != TYPE_NSEC3 && set->type != TYPE_SOA)
			continue;
		if (set->sig_count == 0)
			return validation__bogus(task, EDE_RRSIGS_MISSING, "the proof of absence has no signatures");
		if (set->security == SECURITY_BOGUS)
			return FINDING_BOGUS; /* the reason is known already */
		if (set->type != TYPE_SOA)
			ede = EDE_DNSSEC_BOGUS;
	}
	return validation__bogus(task, ede, "what is absent is not proved to be");
}

static enum finding
judge_proof(struct task *task, struct denial *denial, const struct name *end)
{
	const uint16_t qtype = task->question.qtype;
	enum proof proof = PROOF_NONE;

	if (task->answer.rcode == RCODE_NXDOMAIN) {
		proof = denial_of_name(denial, end);
	} else if (qtype == TYPE_DS && end->size > 1) {
		switch (denial_of_ds(denial, end)) {
		case DS_PROOF_NONE: break;
		case DS_PROOF_DELEGATION:
		case DS_PROOF_NO_CUT: proof = PROOF_SECURE; break;
		case DS_PROOF_NO_NAME: proof = denial_of_type(denial, end, qtype); break; /* a wildcard may make it */
		case DS_PROOF_INSECURE: proof = PROOF_INSECURE; break;
		}
	} else {
		proof = denial_of_type(denial, end, qtype);
	}
	if (denial->too_many_iterations)
		task->answer.ede = EDE_UNSUPPORTED_NSEC3_ITERATIONS;
	switch (proof) {
	case PROOF_SECURE:   return FINDING_SECURE;
	case PROOF_INSECURE: return FINDING_INSECURE;
	case PROOF_NONE:     break;
	}
	if (*denial->hashes == 0)
		return FINDING_SPENT;
	if (qtype != TYPE_DS && is_below_unsigned(denial, end))
		return FINDING_INSECURE;
	return not_proved(task);
}

/* A proof that nobody has had the means to check. */
static bool
has_unjudged_proof(const struct task *task)
{
	for (const struct rrset *set = task->answer.sections[SECTION_AUTHORITY]; set != NULL; set = set->next)
		if ((set->type == TYPE_NSEC || set->type == TYPE_NSEC3) && set->sig_count > 0 && !is_judged(set))
			return true;
	return false;
}

/* A proof that has been checked and does not hold: the reason is known, and not that there was none. */
static bool
has_bogus_proof(const struct task *task)
{
	for (const struct rrset *set = task->answer.sections[SECTION_AUTHORITY]; set != NULL; set = set->next)
		if ((set->type == TYPE_NSEC || set->type == TYPE_NSEC3) && set->security == SECURITY_BOGUS)
			return true;
	return false;
}

static enum finding
judge_absence(struct engine *engine, struct task *task, const struct name *end)
{
	const struct rrset *anchor = anchors_above(engine->trust.anchors, end);
	const int ede = task->validation.ede;
	const char *why = task->validation.why;
	enum finding finding = FINDING_INSECURE;
	struct denial denial;
	struct name zone;

	if (anchor == NULL)
		return FINDING_INSECURE;
	const bool is_proved = validation__denial_from(engine, task, task->answer.sections[SECTION_AUTHORITY], end, &zone, &denial);
	if (is_proved)
		finding = judge_proof(task, &denial, end);
	/* That a name is below an unsigned delegation is nothing to a trust anchor that is closer to it. */
	if (!is_proved || (finding == FINDING_INSECURE && name_labels(&zone) < name_labels(anchor->owner)))
		finding = validation__find_unsigned(engine, task, end, task->question.qtype);
	if (finding == FINDING_BOGUS && has_bogus_proof(task))
		return validation__bogus(task, ede, why);
	return finding == FINDING_BOGUS && has_unjudged_proof(task) ? FINDING_SPENT : finding;
}

/* AD speaks for the authority section too (RFC 4035, section 3.2.3): what is not secure there goes. */
static void
drop_insecure(struct task *task)
{
	struct validation *state = &task->validation;

	for (struct rrset **at = &task->answer.sections[SECTION_AUTHORITY]; *at != NULL;) {
		if ((*at)->security == SECURITY_SECURE) {
			at = &(*at)->next;
			continue;
		}
		if (state->absence == &(*at)->next)
			state->absence = at;
		*at = (*at)->next;
	}
}

static void
keep_absence(struct engine *engine, struct task *task, const struct name *end, enum finding finding)
{
	struct negative negative = {
		.kind = task->answer.rcode == RCODE_NXDOMAIN ? NEGATIVE_NXDOMAIN : NEGATIVE_NODATA,
		.security = finding == FINDING_SECURE ? SECURITY_SECURE : SECURITY_INSECURE,
		.authority = *task->validation.absence,
	};

	if (negative.authority == NULL)
		return; /* nothing says for how long */
	negative.ttl_s = learn__shortest_ttl(negative.authority);
	if (negative.ttl_s > engine->scrub_limits.negative_ttl_max_s)
		negative.ttl_s = engine->scrub_limits.negative_ttl_max_s;
	(void)negative_cache_put(engine->caches.negatives, end, task->question.qtype, CLASS_IN, &negative,
				 engine__now_s(engine));
}

static enum finding
judge_answer(struct engine *engine, struct task *task)
{
	enum finding worst = FINDING_SECURE;
	struct name end;

	enum finding finding = judge_beside(engine, task, SECTION_AUTHORITY);
	if (finding == FINDING_SECURE)
		finding = judge_sets(engine, task, &worst);
	if (finding != FINDING_SECURE)
		return finding;
	if (task->answer.is_ruled || answer_end(task, &end) || task->answer.rcode == RCODE_YXDOMAIN)
		return worst;
	finding = judge_absence(engine, task, &end);
	if (finding == FINDING_BOGUS)
		task->validation.culprit = name_store(&task->arena, &end);
	if (finding == FINDING_SECURE && worst == FINDING_SECURE)
		drop_insecure(task);
	if (finding == FINDING_SECURE || finding == FINDING_INSECURE)
		keep_absence(engine, task, &end, finding);
	return finding == FINDING_SECURE ? worst : finding;
}

/* Once, however often the task has to wait for what stands beside it: the hashes of its proofs are paid for. */
static enum finding
judge_answer_once(struct engine *engine, struct task *task)
{
	struct validation *state = &task->validation;

	if (state->is_answer_judged)
		return state->is_answer_secure ? FINDING_SECURE : FINDING_INSECURE;
	const enum finding finding = judge_answer(engine, task);
	state->is_answer_judged = finding == FINDING_SECURE || finding == FINDING_INSECURE;
	state->is_answer_secure = finding == FINDING_SECURE;
	return finding;
}

/*
 * The answer is judged; what goes with it only as far as there are signatures left to be checked for.  What stands beside a
 * zone's keys is signed with them, so it is only now that it can be.
 */
static enum finding
judge_all(struct engine *engine, struct task *task)
{
	const enum finding finding = judge_answer_once(engine, task);

	if (finding != FINDING_SECURE && finding != FINDING_INSECURE)
		return finding;
	if (task->question.qtype == TYPE_DNSKEY && judge_beside(engine, task, SECTION_AUTHORITY) == FINDING_WAIT)
		return FINDING_WAIT;
	return judge_beside(engine, task, SECTION_ADDITIONAL) == FINDING_WAIT ? FINDING_WAIT : finding;
}

/*
 * What may not go with the answer goes; what was found out of the rest is worth keeping, and takes the place of what may
 * have stood in for it.
 */
static void
keep_extras(struct engine *engine, struct task *task)
{
	static const enum dns_section sections[] = { SECTION_AUTHORITY, SECTION_ADDITIONAL };

	extras_check(&task->answer);
	for (unsigned i = 0; i < 2; i++)
		for (const struct rrset *set = task->answer.sections[sections[i]]; set != NULL; set = set->next)
			if ((set->security == SECURITY_SECURE || engine->config.serve_expired) &&
			    (set->type == TYPE_NS || set->type == TYPE_A || set->type == TYPE_AAAA))
				keep_judged(engine, task, set);
}

/* ---- the state ------------------------------------------------------------------------------------------------ */

/* One bad server shall not stand for all. */
static bool
is_worth_another(struct engine *engine, const struct task *task)
{
	return task->validation.restarts < VALIDATION_RESTARTS_MAX && !budget_is_spent(engine__budget(engine, task), engine->now_us);
}

/* Of the name that did not hold, not of the innocent one that its aliases led to, or came from. */
static void
remember_bogus(struct engine *engine, const struct task *task, const struct negative *negative)
{
	const struct name *name = task->validation.culprit;
	const uint16_t qtype = task->question.qtype;
	struct negative before;

	if (name == NULL)
		return; /* the arena is full */
	if (negative_cache_get(engine->caches.negatives, name, qtype, CLASS_IN, &engine->scratch, &before,
			       engine__now_s(engine)) == 0 &&
	    before.security == SECURITY_UNCHECKED)
		negative_cache_remove(engine->caches.negatives, name, qtype, CLASS_IN, engine__now_s(engine));
	(void)negative_cache_put(engine->caches.negatives, name, qtype, CLASS_IN, negative, engine__now_s(engine));
}

/* To the listener.  What was found in the cache was judged before. */
static void
trace_judged(struct engine *engine, const struct task *task, enum security security)
{
	const struct validation *state = &task->validation;

	if (engine->trace == NULL || (!task->asked && state->signatures == 0 && security != SECURITY_BOGUS))
		return;
	struct resolver_judged body = {
		.qtype = task->question.qtype,
		.security = (uint8_t)security,
		.is_asked_again = security == SECURITY_BOGUS && is_worth_another(engine, task),
		.signatures = state->signatures,
		.took_us = (uint32_t)(engine->now_us - state->began_us),
	};
	if (security == SECURITY_BOGUS && state->why != NULL)
		(void)snprintf(body.why, sizeof body.why, "%s", state->why);
	name_copy(&body.qname, &task->question.qname);
	event_put(engine->trace, TRACE_RESOLVER_JUDGED, 0, engine->now_us, &body, sizeof body);
}

/* What does not hold, who has said it, and why it does not; what is missing for it is told in the words of the task for that. */
static const char *
failure_text(struct task *task)
{
	const struct validation *state = &task->validation;
	char qname[NAME_TEXT_BYTES], type[TYPE_TEXT_BYTES], server[ADDR_TEXT_BYTES] = "";
	const bool is_told = state->answered_by.family != ADDR_NONE;

	name_to_text(&task->question.qname, qname, sizeof qname);
	type_to_text(task->question.qtype, type, sizeof type);
	if (is_told)
		addr_to_text(&state->answered_by, server, sizeof server);
	return arena_printf(&task->arena, "%s %s%s%s: %s", qname, type, is_told ? " from " : "", server,
			    state->why != NULL ? state->why : "not to be validated");
}

static enum task_state
again_or_fail(struct engine *engine, struct task *task)
{
	struct validation *state = &task->validation;
	struct negative negative = {
		.kind = NEGATIVE_FAILURE,
		.epoch = task->epoch,
		/* What stands in for it shall not do so for longer than it must. */
		.ttl_s = state->is_unreachable || task->may_be_stale ? NEGATIVE_FAILURE_TTL_S : engine->config.val_bogus_ttl_s,
	};

	if (is_worth_another(engine, task)) {
		struct validation again = { .skip_cache = true, .restarts = (uint8_t)(state->restarts + 1) };
		memcpy(again.blamed, state->blamed, sizeof again.blamed);
		again.blamed[state->restarts] = state->answered_by;
		task__begin(engine, task);
		task->validation = again;
		return TASK_LOOKUP;
	}
	if (state->has_gaps && !state->is_unreachable)
		(void)validation__bogus(task, EDE_OTHER, "records that break the rules of their type were left out");
	/* What others wait for is a fact to them, not an answer: they have to know that it does not hold. */
	if (engine->config.val_permissive_mode && task->waiters == TASK_NONE) {
		engine->stats.bogus += !state->is_unreachable;
		task->answer.security = SECURITY_INSECURE;
		task->answer.ede = state->ede;
		return TASK_DONE;
	}
	const char *text = failure_text(task);
	engine->stats.bogus += !state->is_unreachable;
	answer_fail(&task->answer, RCODE_SERVFAIL, state->ede, text);
	task->answer.security = SECURITY_BOGUS;
	negative.ede = (uint16_t)(state->ede + 1);
	negative.ede_text = text;
	negative.security = SECURITY_BOGUS;
	remember_bogus(engine, task, &negative);
	return TASK_DONE;
}

bool
validation__blames(const struct task *task, const struct ip_addr *server)
{
	for (unsigned i = 0; i < task->validation.restarts; i++)
		if (addr_equal(&task->validation.blamed[i], server))
			return true;
	return false;
}

enum task_state
validation__after_answer(const struct engine *engine, const struct task *task)
{
	const bool is_wanted = engine__validates(engine, &task->question) && !task->priming &&
			       task->answer.rcode != RCODE_SERVFAIL;
	return is_wanted ? TASK_VALIDATE : TASK_DONE;
}

/* The purse may have been somebody else's: nothing is said about the answer, and nothing remembered of it. */
static enum task_state
spent(struct engine *engine, struct task *task)
{
	task->spent = true;
	task__trouble(task, TROUBLE_BUDGET, NULL);
	return task__fail(engine, task);
}

enum task_state
task__validate(struct engine *engine, struct task *task)
{
	if (!task->validation.is_active) {
		task->validation.began_us = engine->now_us;
		task->validation.is_answer_judged = false;
	}
	task->validation.is_active = true;
	if (budget_is_spent(engine__budget(engine, task), engine->now_us))
		return spent(engine, task);
	if (wait__count(task) > 0)
		return TASK_WAITING;
	switch (judge_all(engine, task)) {
	case FINDING_WAIT:     return check__is_awaited(task) ? TASK_VERIFYING : TASK_WAITING;
	case FINDING_SPENT:    return spent(engine, task);
	case FINDING_BOGUS:
		trace_judged(engine, task, SECURITY_BOGUS);
		return again_or_fail(engine, task);
	case FINDING_SECURE:
		task->answer.security = SECURITY_SECURE;
		aggressive_learn(&engine->aggressive, &engine->caches, &task->answer, engine__now_s(engine));
		break;
	case FINDING_INSECURE: task->answer.security = SECURITY_INSECURE; break;
	}
	trace_judged(engine, task, (enum security)task->answer.security);
	if (engine__wants_extras(engine, task->question.qtype))
		keep_extras(engine, task);
	return TASK_DONE;
}
