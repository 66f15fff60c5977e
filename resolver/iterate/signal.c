/*
 * Telling the keepers of a zone which of its keys are trusted here (RFC 8145, section 5.1): when the keys of a trust
 * anchor's zone are asked for, so is a name that has the tags of the anchor in it.
 *
 *	_ta-4a5c-4f66.      NULL      the root's anchor has two keys
 *
 * What comes back is of no interest.  The question goes to the zone's servers whatever the caches say: a proof that no
 * such name is there would keep it from those whom it is for.
 */
#include <stdio.h>

#include "resolver/iterate/engine_priv.h"
#include "resolver/validate/anchors.h"

#define TAGS_MAX   12u /* "_ta", and five octets for each, in a label */
#define TAG_BYTES  5u
#define TEXT_BYTES (3u + TAGS_MAX * TAG_BYTES + 1u)

/* In ascending order, each once; the largest are left out when there are too many. */
static void
add_tag(uint16_t tags[TAGS_MAX], unsigned *count, uint16_t tag)
{
	unsigned at = 0;

	while (at < *count && tags[at] < tag)
		at++;
	if (at == TAGS_MAX || (at < *count && tags[at] == tag))
		return;
	*count += *count < TAGS_MAX;
	memmove(&tags[at + 1], &tags[at], (*count - at - 1) * sizeof tags[0]);
	tags[at] = tag;
}

static int
signal_name(struct name *name, const struct rrset *anchor)
{
	uint16_t tags[TAGS_MAX];
	char text[TEXT_BYTES] = "_ta";
	struct rdata_walk walk;
	unsigned count = 0;
	struct ds ds;

	for (rdata_first(anchor, &walk); rdata_next(&walk);)
		if (ds_read(&ds, walk.bytes, walk.size) == 0)
			add_tag(tags, &count, ds.tag);
	for (unsigned i = 0; i < count; i++)
		(void)snprintf(text + 3u + i * TAG_BYTES, TAG_BYTES + 1u, "-%04x", tags[i]);
	return name_prepend(name, (const uint8_t *)text, strlen(text), anchor->owner);
}

void
signal__on_keys(struct engine *engine, const struct task *task)
{
	struct engine_question question = { .qtype = TYPE_NULL, .qclass = CLASS_IN, .checking_disabled = true, .anew = true };

	if (!engine->config.trust_anchor_signaling || engine->trust.anchors == NULL ||
	    task->question.qtype != TYPE_DNSKEY || task->chain_count > 0 || task->validation.restarts > 0)
		return;
	const struct rrset *anchor = anchors_at(engine->trust.anchors, &task->question.qname);
	if (anchor == NULL || anchors_above(engine->trust.anchors, anchor->owner) != anchor ||
	    signal_name(&question.qname, anchor) != 0)
		return;
	const uint64_t hash = task__hash(engine, &question);
	if (task__find(engine, &question, hash) == NULL && task__new(engine, &question, hash, SLOT_NONE, 0) != NULL)
		engine->stats.signals++;
}
