/* What the work on a question came to: an answer, an alias to go on with, the next cut, or a failure with its reason. */
#include "resolver/iterate/engine_priv.h"
#include "resolver/iterate/lookup.h"

struct rrset *
outcome__keep_set(struct arena *arena, const struct rrset *set)
{
	struct rrset *kept = arena_alloc(arena, sizeof *kept);
	if (kept == NULL)
		return NULL;
	*kept = *set;
	kept->next = NULL;
	kept->owner = name_store(arena, set->owner);
	kept->rdata = arena_copy(arena, set->rdata, set->rdata_bytes);
	return kept->owner != NULL && kept->rdata != NULL ? kept : NULL;
}

/* Copies a list of sets behind *tail; NULL: the arena is full. */
struct rrset **
outcome__keep_sets(struct arena *arena, struct rrset **tail, const struct rrset *sets)
{
	for (; sets != NULL; sets = sets->next) {
		*tail = outcome__keep_set(arena, sets);
		if (*tail == NULL)
			return NULL;
		tail = &(*tail)->next;
	}
	return tail;
}

void
task__leave_cut(struct engine *engine, struct task *task)
{
	flight__close_all(engine, task);
	wait__drop_all(engine, task);
	task->cut = NULL;
	arena_rewind(&task->arena, task->keep_mark);
}

enum task_state
task__answer(struct engine *engine, struct task *task, uint16_t rcode, const struct rrset *answer,
	     const struct rrset *authority, const struct rrset *additional)
{
	task__leave_cut(engine, task);
	task->validation.absence = task->authority_tail;
	if (outcome__keep_sets(&task->arena, task->chain_tail, answer) == NULL ||
	    outcome__keep_sets(&task->arena, task->authority_tail, authority) == NULL ||
	    outcome__keep_sets(&task->arena, &task->answer.sections[SECTION_ADDITIONAL], additional) == NULL) {
		task__trouble(task, TROUBLE_MEMORY, NULL);
		return task__fail(engine, task);
	}
	task->answer.rcode = rcode;
	task->answer.from_cache = !task->asked;
	task->answer.sections[SECTION_ANSWER] = task->chain;
	if (engine__is_unjudged(engine, &task->question))
		extras_check_unjudged(&task->answer);
	return validation__after_answer(engine, task);
}

enum task_state
task__restart(struct engine *engine, struct task *task, const struct rrset *aliases,
	      unsigned alias_count, const struct name *end, const struct rrset *proofs)
{
	task__leave_cut(engine, task);
	if (task->chain_count + alias_count > BUDGET_CHAIN_MAX) {
		task__trouble(task, TROUBLE_LOOP, NULL);
		return task__fail(engine, task);
	}
	struct rrset **tail = outcome__keep_sets(&task->arena, task->chain_tail, aliases);
	struct rrset **proofs_tail = outcome__keep_sets(&task->arena, task->authority_tail, proofs);
	const struct name *sname = name_store(&task->arena, end);
	if (tail == NULL || proofs_tail == NULL || sname == NULL) {
		task__trouble(task, TROUBLE_MEMORY, NULL);
		return task__fail(engine, task);
	}
	task->chain_tail = tail;
	task->authority_tail = proofs_tail;
	task->chain_count = (uint8_t)(task->chain_count + alias_count);
	task->sname = sname;
	task->keep_mark = arena_mark(&task->arena);
	task->sends = task->referrals = 0;
	task->empties = 0;
	task->awaited_priming = false;
	qmin_start(&task->qmin, sname, engine->config.qname_minimisation);
	return TASK_LOOKUP;
}

enum task_state
task__set_cut(struct engine *engine, struct task *task, const struct delegation *delegation,
	      bool by_operator)
{
	task__leave_cut(engine, task);
	task->cut = cut_new(&task->arena, delegation, &engine->policy);
	if (task->cut == NULL) {
		task__trouble(task, TROUBLE_MEMORY, NULL);
		return task__fail(engine, task);
	}
	task->cut->by_operator = by_operator;
	qmin_at_cut(&task->qmin, task->sname, task->cut->zone_labels);
	task__known_addrs(engine, task);
	return TASK_ASK;
}

enum task_state
task__set_given_cut(struct engine *engine, struct task *task, const struct forward_zone *zone)
{
	task__leave_cut(engine, task);
	task->cut = cut_new_given(&task->arena, zone, &engine->policy);
	if (task->cut == NULL) {
		task__trouble(task, TROUBLE_MEMORY, NULL);
		return task__fail(engine, task);
	}
	if (zone->is_forward)
		qmin_give_up(&task->qmin); /* who resolves for us has to see it all */
	else
		qmin_at_cut(&task->qmin, task->sname, task->cut->zone_labels);
	task__known_addrs(engine, task);
	return TASK_ASK;
}

/* forward-first, stub-first: without an answer from them the ordinary way is gone. */
static bool
goes_past_given(struct engine *engine, struct task *task)
{
	if (task->cut == NULL || !task->cut->by_operator || task->past_given || task->spent)
		return false;
	const struct forward_zone *zone = forwards_find(engine->forwards, task->sname);
	return zone != NULL && zone->first && name_equal(zone->name, task->cut->zone);
}

void
task__trouble(struct task *task, enum trouble trouble, const struct ip_addr *server)
{
	task->trouble = trouble;
	task->trouble_server = server != NULL ? *server : (struct ip_addr){ .family = ADDR_NONE };
}

static const char *
trouble_text(struct task *task)
{
	char zone[NAME_TEXT_BYTES] = ".", server[ADDR_TEXT_BYTES] = "";
	struct arena *arena = &task->arena;

	if (task->cut != NULL)
		name_to_text(task->cut->zone, zone, sizeof zone);
	if (task->trouble_server.family != ADDR_NONE)
		addr_to_text(&task->trouble_server, server, sizeof server);
	switch (task->trouble) {
	case TROUBLE_TIMEOUT: return arena_printf(arena, "no reply from %s for %s", server, zone);
	case TROUBLE_UNREACHABLE:
		return arena_printf(arena, "%s for %s cannot be reached", server, zone);
	case TROUBLE_NO_ADDR: return arena_printf(arena, "no server of %s has an address", zone);
	case TROUBLE_BUDGET: return arena_printf(arena, "too much work at %s", zone);
	case TROUBLE_LOOP:
		return arena_printf(arena, "aliases or referrals without end at %s", zone);
	case TROUBLE_EXPIRED: return arena_printf(arena, "no records of %s that still hold", zone);
	case TROUBLE_FULL: return "too many queries are under way";
	case TROUBLE_RATE: return arena_printf(arena, "too many queries a second to %s", zone);
	case TROUBLE_MEMORY: return "the answer is too large";
	case TROUBLE_NONE: return NULL;
	case TROUBLE_RESPONSE: break;
	}
	return arena_printf(arena, "%s from %s for %s", response_text(task->response), server,
			    zone);
}

static int
trouble_ede(const struct task *task)
{
	switch (task->trouble) {
	case TROUBLE_TIMEOUT:
	case TROUBLE_NO_ADDR: return EDE_NO_REACHABLE_AUTHORITY;
	case TROUBLE_UNREACHABLE: return EDE_NETWORK_ERROR;
	case TROUBLE_RATE: return EDE_RATE_LIMITED;
	case TROUBLE_EXPIRED: return EDE_INVALID_DATA;
	case TROUBLE_RESPONSE:
		return task->response == RESPONSE_TRUNCATED || task->response == RESPONSE_LOOP
			       ? EDE_OTHER
			       : EDE_NO_REACHABLE_AUTHORITY;
	case TROUBLE_BUDGET:
	case TROUBLE_LOOP:
	case TROUBLE_FULL:
	case TROUBLE_MEMORY:
	case TROUBLE_NONE: break;
	}
	return EDE_OTHER;
}

/*
 * The purse was somebody else's, and there are others here who have not spent theirs: they shall not pay for
 * it, else one question could make another's name servers unresolvable.
 */
static bool
goes_on_with_new_purse(struct engine *engine, struct task *task)
{
	if (!task->spent || task->owns_purse)
		return false;
	wait__notify(engine, task, true);
	return task->clients != SLOT_NONE || task->waiters != TASK_NONE;
}

static enum task_state
start_again(struct engine *engine, struct task *task)
{
	task__leave_cut(engine, task);
	task__release_purse(engine, task);
	task__open_purse(engine, task);
	stale__arm(engine, task);
	task->depth = 0;
	task->steps = task->silent = 0;
	task->redos = 0;
	task->spent = false;
	task->trouble = TROUBLE_NONE;
	task__begin(engine, task);
	return TASK_LOOKUP;
}

enum task_state
task__fail(struct engine *engine, struct task *task)
{
	if (goes_past_given(engine, task)) {
		task->past_given = true;
		task->trouble = TROUBLE_NONE;
		task__leave_cut(engine, task);
		qmin_start(&task->qmin, task->sname, engine->config.qname_minimisation);
		return TASK_CUT;
	}
	int ede = trouble_ede(task);
	const char *text = trouble_text(task);

	answer_fail(&task->answer, RCODE_SERVFAIL, ede, text);
	engine->stats.budget_exceeded += task->spent;
	if (goes_on_with_new_purse(engine, task))
		return start_again(engine, task);
	bool is_ours = task->trouble == TROUBLE_MEMORY || task->trouble == TROUBLE_FULL || task->trouble == TROUBLE_RATE;
	if (!is_ours && (!task->spent || task->owns_purse))
		learn__failure(engine, task, ede, text);
	return TASK_DONE;
}
