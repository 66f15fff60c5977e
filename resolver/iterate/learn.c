/* What goes into the caches: only what scrub.h has let pass. */
#include "resolver/iterate/engine_priv.h"

/* The CNAME made from a DNAME is made anew for every name: given out alone it could not be validated. */
static bool
is_made(const struct rrset *before, const struct rrset *set)
{
	return before != NULL && before->type == TYPE_DNAME && set->type == TYPE_CNAME;
}

void
learn__response(struct engine *engine, const struct scrubbed *scrubbed,
		const struct classified *classified, const struct name *end, uint16_t qtype)
{
	uint32_t now_s = engine__now_s(engine);
	const struct rrset *before = NULL;

	for (const struct rrset *set = scrubbed->answer; set != NULL;
	     before = set, set = set->next) {
		if (set->rr_count == 0 || is_made(before, set))
			continue;
		rrset_cache_put(engine->caches.rrsets, set, (enum trust)set->trust, set->ttl_s,
				now_s);
		negative_cache_remove(engine->caches.negatives, set->owner, set->type, CLASS_IN);
	}
	if (scrubbed->negative_ttl_s == 0)
		return;
	if (classified->response != RESPONSE_NODATA && classified->response != RESPONSE_NXDOMAIN)
		return;
	struct negative negative = {
		.kind = classified->response == RESPONSE_NXDOMAIN ? NEGATIVE_NXDOMAIN
								  : NEGATIVE_NODATA,
		.ttl_s = scrubbed->negative_ttl_s,
		.authority = scrubbed->authority,
	};
	negative_cache_put(engine->caches.negatives, end, qtype, CLASS_IN, &negative, now_s);
}

void
learn__failure(struct engine *engine, const struct task *task, int ede, const char *ede_text)
{
	struct negative negative = {
		.kind = NEGATIVE_FAILURE,
		.ttl_s = NEGATIVE_FAILURE_TTL_S,
		.ede = (uint16_t)(ede + 1),
		.ede_text = ede_text,
	};
	negative_cache_put(engine->caches.negatives, task->sname, task->question.qtype, CLASS_IN,
			   &negative, engine__now_s(engine));
}
