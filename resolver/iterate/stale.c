/*
 * Answers whose time is over, where better ones cannot be had, or not in time (RFC 8767).
 *
 * With a client timeout the question is worked on first; when that takes longer, or fails, its clients are told what the
 * caches still hold.  Without one they are told at once, and the question is worked on for the cache.
 */
#include "resolver/iterate/engine_priv.h"
#include "resolver/iterate/extras.h"
#include "resolver/iterate/rewrite.h"
#include "resolver/validate/rrsig.h"

static struct stale_terms
terms_of(const struct engine *engine)
{
	return (struct stale_terms){
		.stale_s = engine->config.serve_expired_ttl_s,
		.reply_ttl_s = engine->config.serve_expired_reply_ttl_s,
	};
}

/* What has ended has TTL 0 until here, and gets none that is longer than its first; what lives keeps what it has. */
static void
set_ttls(struct answer *answer, uint32_t reply_ttl_s)
{
	for (unsigned i = 0; i < SECTIONS; i++)
		for (struct rrset *set = answer->sections[i]; set != NULL; set = set->next)
			if (set->ttl_s == 0)
				set->ttl_s = set->original_ttl_s < reply_ttl_s ? set->original_ttl_s : reply_ttl_s;
}

static bool
find(const struct engine *engine, const struct engine_question *question, const struct stale_terms *terms,
     struct arena *arena, struct answer *answer, uint32_t *over_s, uint32_t now_s)
{
	struct lookup from = engine__lookup_of(engine, question, answer);

	do {
		if (!lookup_stale(&from, &engine->caches, terms, arena, answer, now_s) ||
		    (answer->security == SECURITY_UNCHECKED && engine__validates(engine, question)))
			return false;
	} while (from.policies != 0 &&
		 rewrite_answer(&from, &answer->sections[SECTION_ANSWER], arena, answer) == REWRITE_ALIAS);
	*over_s = from.over_s;
	return answer->is_stale;
}

/*
 * What has outlived a signature is not authentic any more, although nobody has shown that it is false: it stands in
 * without AD (RFC 4035, sections 3.2.3 and 5.3.1; RFC 8767 says nothing of it).
 */
static void
doubt_outlived(const struct engine *engine, struct answer *answer)
{
	for (enum dns_section section = SECTION_ANSWER; section <= SECTION_AUTHORITY; section++)
		for (const struct rrset *set = answer->sections[section]; set != NULL; set = set->next)
			if (answer->security == SECURITY_SECURE &&
			    rrset_outlives_a_sig(set, &engine->config.val_sig_skew, engine__wall_s(engine)))
				answer->security = SECURITY_INSECURE;
}

bool
stale__find(const struct engine *engine, const struct engine_question *question, struct arena *arena,
	    struct answer *answer, uint32_t now_s)
{
	const struct stale_terms terms = terms_of(engine);
	const size_t mark = arena_mark(arena);
	uint32_t over_s = 0;

	if (!engine->config.serve_expired)
		return false;
	if (!find(engine, question, &terms, arena, answer, &over_s, now_s)) {
		arena_rewind(arena, mark);
		return false;
	}
	if (engine__wants_extras(engine, question->qtype) && !answer->is_ruled)
		extras_from_stale(answer, &engine->caches, arena, terms.stale_s, over_s, now_s);
	doubt_outlived(engine, answer);
	if (!answer->is_ruled)
		answer->ede = answer->rcode == RCODE_NXDOMAIN ? EDE_STALE_NXDOMAIN : EDE_STALE_ANSWER;
	set_ttls(answer, terms.reply_ttl_s);
	return true;
}

static bool
is_there(struct engine *engine, const struct engine_question *question)
{
	const size_t mark = arena_mark(&engine->scratch);
	struct answer answer;
	const bool is_found = stale__find(engine, question, &engine->scratch, &answer, engine__now_s(engine));

	arena_rewind(&engine->scratch, mark);
	return is_found;
}

uint32_t
stale__kept_s(const struct engine *engine, const struct task *task)
{
	const bool is_judged_later = engine__validates(engine, &task->question) && !task->priming;
	return engine->config.serve_expired && is_judged_later ? engine->config.serve_expired_ttl_s : 0;
}

bool
stale__give(struct engine *engine, const struct task *task, struct task *done)
{
	if (!stale__find(engine, &task->question, &done->arena, &done->answer, engine__now_s(engine)))
		return false;
	engine__keep_sentinel(engine, &task->question, &done->answer);
	engine->stats.stale_answers += task->client_count;
	return true;
}

/* Its clients are told; it goes on, for the cache. */
static void
give(struct engine *engine, struct task *task)
{
	struct task *done = task__new_done(engine, task);

	if (done == NULL)
		return; /* no room: they get what the work comes to */
	if (!stale__give(engine, task, done)) {
		task__free(engine, done);
		return;
	}
	client__move_all(engine, task, done);
	engine__todo(engine, ENGINE_ANSWER, engine__task_index(engine, done));
}

void
stale__on_join(struct engine *engine, struct task *task)
{
	const uint64_t timeout_us = (uint64_t)engine->config.serve_expired_client_timeout_ms * 1000u;

	if (!engine->config.serve_expired || timeout_us == 0)
		return; /* engine_cached has answered already, if there is anything */
	if (!task->may_be_stale)
		task->may_be_stale = is_there(engine, &task->question);
	if (!task->may_be_stale)
		return;
	if (task->stale_at_us == 0) {
		task->stale_at_us = engine->now_us + timeout_us;
		stale__arm(engine, task);
	} else if (task->stale_at_us <= engine->now_us) {
		give(engine, task); /* the others have been told already */
	}
}

void
stale__arm(struct engine *engine, struct task *task)
{
	const uint64_t deadline_us = engine__budget(engine, task)->deadline_us;
	const bool is_first = task->stale_at_us > engine->now_us && task->stale_at_us < deadline_us;
	wheel_arm(&engine->wheel, &task->timer, is_first ? task->stale_at_us : deadline_us);
}

bool
stale__on_timer(struct engine *engine, struct task *task)
{
	if (task->stale_at_us == 0 || engine->now_us >= engine__budget(engine, task)->deadline_us)
		return false;
	stale__arm(engine, task);
	if (task->clients != SLOT_NONE)
		give(engine, task);
	return true;
}

void
stale__on_failure(struct engine *engine, struct task *task)
{
	struct stale_terms terms = terms_of(engine);
	struct answer answer;
	uint32_t over_s;

	if (engine->config.serve_expired && engine->config.serve_expired_ttl_reset) {
		const size_t mark = arena_mark(&task->arena);
		terms.renew = true;
		(void)find(engine, &task->question, &terms, &task->arena, &answer, &over_s, engine__now_s(engine));
		arena_rewind(&task->arena, mark);
	}
	if (!task->may_be_stale || !stale__find(engine, &task->question, &task->arena, &answer, engine__now_s(engine)))
		return;
	engine->stats.stale_answers += task->client_count;
	task->answer = answer;
}
