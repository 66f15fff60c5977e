/* What policy makes of a task: at the servers of a cut, and of its answer (rewrite.h). */
#include "resolver/iterate/cname.h"
#include "resolver/iterate/engine_priv.h"
#include "resolver/iterate/rewrite.h"

static struct lookup
lookup_of(const struct engine *engine, const struct task *task)
{
	return (struct lookup){
		.sname = task->sname,
		.qtype = task->question.qtype,
		.tail = task->chain_tail,
		.alias_count = task->chain_count,
		.forwards = engine->forwards,
		.kept = engine->kept,
		.rpz = engine->rpz,
		.policies = task->policies,
	};
}

/* The chain now ends at policy's alias, and so does what is kept. */
static enum task_state
go_on(struct engine *engine, struct task *task, const struct lookup *lookup)
{
	task->chain_tail = lookup->tail;
	task->chain_count = lookup->alias_count;
	task->sname = lookup->sname;
	task->keep_mark = arena_mark(&task->arena);
	task->sends = task->referrals = 0;
	task->empties = 0;
	task->answer.rcode = RCODE_NOERROR;
	qmin_start(&task->qmin, task->sname, engine->config.qname_minimisation);
	return TASK_LOOKUP;
}

/* A failure has no records. */
static void
give_chain(struct task *task)
{
	if (task->answer.rcode != RCODE_SERVFAIL)
		task->answer.sections[SECTION_ANSWER] = task->chain;
}

static void
match_cut(const struct engine *engine, const struct task *task, struct rpz_hit *hit)
{
	const struct cut *cut = task->cut;

	for (unsigned i = 0; i < cut->ns_count; i++)
		rpz_match_name(engine->rpz, task->policies, RPZ_NSDNAME, cut->ns[i].name, hit);
	for (unsigned i = 0; i < cut->server_count; i++)
		rpz_match_addr(engine->rpz, task->policies, RPZ_NSIP, &cut->servers[i].addr, hit);
}

bool
policy__at_cut(struct engine *engine, struct task *task, enum task_state *next)
{
	struct rpz_hit hit = { .zone = NULL };

	if (task->cut->by_operator || task->cut->zone_labels == 0)
		return false; /* the operator has named them, and nobody can do without the root */
	match_cut(engine, task, &hit);
	if (hit.zone == NULL)
		return false;
	if (hit.action != RPZ_PASSTHRU)
		task__leave_cut(engine, task);
	struct lookup lookup = lookup_of(engine, task);
	switch (rewrite_apply(&lookup, &hit, &task->arena, &task->answer)) {
	case REWRITE_NONE: task->policies = 0; return false;
	case REWRITE_ALIAS: *next = go_on(engine, task, &lookup); return true;
	case REWRITE_ENDS: break;
	}
	task->answer.from_cache = !task->asked;
	give_chain(task);
	task->validation.absence = task->authority_tail;
	*next = validation__after_answer(engine, task);
	return true;
}

bool
policy__cuts_chain(struct engine *engine, const struct task *task, struct rrset *sets,
		   const struct name **end, unsigned *alias_count)
{
	struct name target;

	*alias_count = 0;
	for (struct rrset *set = sets; set != NULL; set = set->next) {
		struct rpz_hit hit = { .zone = NULL };
		if (set->type != TYPE_CNAME || alias_target(set, &target) != 0)
			continue;
		++*alias_count;
		rpz_match_name(engine->rpz, task->policies, RPZ_QNAME, &target, &hit);
		if (hit.zone == NULL)
			continue;
		set->next = NULL;
		*end = name_store(&engine->scratch, &target);
		return *end != NULL;
	}
	return false;
}

enum task_state
policy__at_end(struct engine *engine, struct task *task)
{
	struct lookup lookup = lookup_of(engine, task);
	const enum rewrite rewrite =
		rewrite_answer(&lookup, &task->chain, &task->arena, &task->answer);

	task->policies = lookup.policies;
	if (rewrite == REWRITE_NONE)
		return TASK_DONE;
	give_chain(task);
	task->authority_tail = &task->answer.sections[SECTION_AUTHORITY];
	task->validation.is_active = false;
	if (rewrite == REWRITE_ENDS)
		return TASK_DONE;
	task->answer.sections[SECTION_ANSWER] = NULL;
	return go_on(engine, task, &lookup);
}
