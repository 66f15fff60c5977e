/* Step 3 without a query: a zone that is kept here (zone/kept.h) says what its servers would be asked for. */
#include "resolver/iterate/engine_priv.h"
#include "resolver/zone/kept.h"

const struct kept_zone *
task__kept_zone(const struct engine *engine, const struct task *task, const struct delegation *delegation, bool by_operator,
		const struct forward_zone *given)
{
	const struct kept_zone *kept = kept_upstream(engine->kept, task->sname, task->question.qtype);

	if (kept == NULL)
		return NULL;
	/* What it does not have could not be proved: whoever validates has its servers asked. */
	if (kept->zone != NULL && kept->zone->denies_hashed && engine->trust.anchors != NULL)
		return NULL;
	/* It has been looked into, and what it said did not hold: its servers may know better. */
	if (kept->fallback && task->validation.restarts > 0)
		return NULL;
	const unsigned labels = name_labels(kept->name);
	if (!by_operator && name_labels(delegation->zone) > labels)
		return NULL; /* the zone has referred to one below */
	return given != NULL && name_labels(given->name) > labels ? NULL : kept;
}

/* Its servers would be the zone itself: there are none to be asked. */
static enum task_state
set_cut(struct engine *engine, struct task *task, const struct kept_zone *kept)
{
	const struct forward_zone nobody = { .name = kept->name };
	return task__set_given_cut(engine, task, &nobody);
}

enum task_state
task__ask_kept(struct engine *engine, struct task *task, const struct kept_zone *kept)
{
	struct question question = { .qtype = task->question.qtype, .qclass = CLASS_IN };
	struct zone_reply reply;

	const enum task_state state = set_cut(engine, task, kept);
	if (state != TASK_ASK)
		return state;
	if (kept->zone == NULL) {
		task__trouble(task, TROUBLE_EXPIRED, NULL);
		return task__fail(engine, task);
	}
	name_copy(&question.qname, task->sname);
	if (zone_ask(kept->zone, &question, engine->trust.anchors != NULL, &engine->scratch, &reply) != 0) {
		task__trouble(task, TROUBLE_MEMORY, NULL);
		return task__fail(engine, task);
	}
	engine->stats.kept_zones++;
	struct message message = { .flags = DNS_QR | (reply.verdict != ZONE_REFERS ? DNS_AA : 0), .rcode = reply.rcode };
	for (unsigned i = 0; i < SECTIONS; i++)
		message.sections[i] = reply.sections[i];
	return task__hear_kept(engine, task, &message);
}
