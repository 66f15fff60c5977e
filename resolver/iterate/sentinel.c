#include "resolver/iterate/sentinel.h"

#include <string.h>

#include "resolver/validate/anchors.h"
#include "resolver/wire/fold.h"

#define TAG_DIGITS 5u

/* The number after the prefix, where the first label is just that. */
static bool
tag_behind(const struct name *qname, const char *prefix, uint32_t *tag)
{
	const size_t prefix_bytes = strlen(prefix);
	uint8_t label[NAME_LABEL_MAX];

	if (qname->wire[0] != prefix_bytes + TAG_DIGITS)
		return false;
	fold_copy(label, qname->wire + 1, qname->wire[0]);
	if (memcmp(label, prefix, prefix_bytes) != 0)
		return false;
	*tag = 0;
	for (size_t i = prefix_bytes; i < prefix_bytes + TAG_DIGITS; i++) {
		if (label[i] < '0' || label[i] > '9')
			return false;
		*tag = *tag * 10 + (uint32_t)(label[i] - '0');
	}
	return true;
}

static bool
is_trusted(const struct anchors *anchors, uint32_t tag)
{
	const struct rrset *set = anchors_at(anchors, &name_root);
	struct rdata_walk walk;
	struct ds ds;

	if (set == NULL)
		return false;
	for (rdata_first(set, &walk); rdata_next(&walk);)
		if (ds_read(&ds, walk.bytes, walk.size) == 0 && ds.tag == tag)
			return true;
	return false;
}

bool
sentinel_withholds(const struct anchors *anchors, const struct engine_question *question, const struct answer *answer)
{
	uint32_t tag;

	if ((question->qtype != TYPE_A && question->qtype != TYPE_AAAA) || question->checking_disabled || anchors == NULL ||
	    answer->rcode != RCODE_NOERROR || answer->security != SECURITY_SECURE)
		return false;
	if (tag_behind(&question->qname, "root-key-sentinel-is-ta-", &tag))
		return !is_trusted(anchors, tag);
	return tag_behind(&question->qname, "root-key-sentinel-not-ta-", &tag) && is_trusted(anchors, tag);
}
