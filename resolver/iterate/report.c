/*
 * Telling the keepers of a zone what is wrong with it (RFC 9567): a query whose name says it, for an agent that the
 * zone's servers have named.
 *
 *	_er.1.www.example.com.7._er.agent.example.     QTYPE, QNAME and the extended error (RFC 8914)
 *
 * It is a question like any other, in the background and from a purse of its own; that its answer is cached keeps it from
 * being asked again for every client.
 */
#include <stdio.h>

#include "resolver/iterate/engine_priv.h"

#define ER_LABEL       "_er"
#define ER_LABEL_BYTES 3u

void
report__learn_agent(struct task *task, const struct message *message)
{
	const uint8_t *value;
	uint16_t value_bytes;

	task->agent.size = 0;
	if (!edns_find(&message->edns, EDNS_REPORT_CHANNEL, &value, &value_bytes))
		return;
	if (name_from_wire(&task->agent, value, value_bytes) != 0 ||
	    task->agent.size != value_bytes || value_bytes == 1)
		task->agent.size = 0; /* the root is nobody's agent (RFC 9567, section 5) */
}

static bool
is_report(const struct name *name)
{
	return name->wire[0] == ER_LABEL_BYTES &&
	       memcmp(&name->wire[1], ER_LABEL, ER_LABEL_BYTES) == 0;
}

/* Reports about reports, and about what lies with the agent, would have no end (RFC 9567, section 6.2). */
static bool
is_worth_it(const struct engine *engine, const struct task *task)
{
	return engine->config.error_reporting && task->depth == 0 && task->agent.size > 1 &&
	       task->asked && task->answer.rcode == RCODE_SERVFAIL &&
	       task->answer.ede > EDE_OTHER && task->answer.ede != EDE_CACHED_ERROR &&
	       !is_report(&task->question.qname) &&
	       !name_is_under(&task->question.qname, &task->agent);
}

static int
prepend_text(struct name *name, const char *text)
{
	return name_prepend(name, (const uint8_t *)text, strlen(text), name);
}

/* From behind: the agent, then the error, the name, its type. ERR_TOO_BIG: it cannot be said. */
static int
report_name(struct name *name, const struct task *task)
{
	char ede[12], qtype[8];
	int err;

	(void)snprintf(ede, sizeof ede, "%d", task->answer.ede);
	(void)snprintf(qtype, sizeof qtype, "%u", task->question.qtype);
	name_copy(name, &task->agent);
	err = prepend_text(name, ER_LABEL);
	if (err == 0)
		err = prepend_text(name, ede);
	if (err == 0)
		err = name_substitute(name, &task->question.qname, &name_root, name);
	if (err == 0)
		err = prepend_text(name, qtype);
	return err == 0 ? prepend_text(name, ER_LABEL) : err;
}

void
report__failure(struct engine *engine, const struct task *task)
{
	struct engine_question question = { .qtype = TYPE_TXT,
					    .qclass = CLASS_IN,
					    .checking_disabled = true };

	if (!is_worth_it(engine, task) || report_name(&question.qname, task) != 0)
		return;
	const uint64_t hash = task__hash(engine, &question);
	if (task__find(engine, &question, hash) == NULL &&
	    task__new(engine, &question, hash, SLOT_NONE, 0) != NULL)
		engine->stats.reports++;
}
