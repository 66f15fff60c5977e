/* Step 4: what a response means for the task that asked. */
#include "resolver/iterate/engine_priv.h"
#include "resolver/iterate/referral.h"
#include "resolver/policy/rebind.h"

struct hearing {
	struct flight *query;
	struct message *message;
	struct cut_server *server;
	struct ip_addr addr;
	struct name qname; /* as asked, in sname's letter case */
	struct asked asked;
	bool was_tcp;
	bool is_kept; /* out of a zone that is kept here: private addresses are the operator's own */
	struct classified classified;
};

static bool
is_whole(const struct task *task, const struct hearing *hearing)
{
	return hearing->qname.size == task->sname->size &&
	       hearing->asked.qtype == task->question.qtype;
}

/* Something useful came: other queries about the same are not wanted, and the servers start afresh. */
static void
progress(struct engine *engine, struct task *task)
{
	budget_on_help(engine__budget(engine, task), task->depth == 0, &task->silent);
	task->trouble = TROUBLE_NONE;
	flight__close_all(engine, task);
	for (unsigned i = 0; i < task->cut->server_count; i++)
		task->cut->servers[i].sends = 0;
}

/*
 * EDNS (RFC 6891, section 6.2.2).  That a server does not understand it is believed after two questions
 * that had nothing to do with each other (cache/infra.h), so one forged FORMERR changes nothing for long.
 */
static void
learn_edns(struct engine *engine, const struct hearing *hearing)
{
	if (hearing->message->edns.present) {
		if (!hearing->query->edns_known)
			infra_edns_says(engine->caches.infra, &hearing->addr, INFRA_EDNS_WORKS,
					engine->now_us);
		return;
	}
	uint16_t rcode = hearing->message->rcode;
	if (!hearing->query->edns && !hearing->query->edns_known &&
	    (rcode == RCODE_NOERROR || rcode == RCODE_NXDOMAIN))
		infra_edns_says(engine->caches.infra, &hearing->addr, INFRA_EDNS_BROKEN,
				engine->now_us);
}

/* What it said came out of its cache, or it said no more than who should know: one who could be asked to resolve. */
static bool
speaks_as_resolver(const struct hearing *hearing)
{
	const struct classified *classified = &hearing->classified;

	if ((hearing->message->flags & DNS_RA) == 0 || hearing->asked.takes_cached || hearing->asked.is_forward)
		return false;
	return classified->response == RESPONSE_LAME ||
	       (classified->response == RESPONSE_UPWARD && classified->ns != NULL &&
		name_equal(classified->ns->owner, hearing->asked.zone));
}

/* This server does not help; the next one may. A shortened name may be to blame, so the whole one is asked first. */
static enum task_state
not_helpful(struct engine *engine, struct task *task, struct hearing *hearing)
{
	task__trouble(task, TROUBLE_RESPONSE, &hearing->addr);
	task->response = hearing->classified.response;
	engine->stats.lame++;
	if (!is_whole(task, hearing)) {
		qmin_give_up(&task->qmin);
		return TASK_ASK;
	}
	hearing->server->useless = true;
	hearing->server->resolves = speaks_as_resolver(hearing);
	if (!task->cut->by_operator)
		infra_lame(engine->caches.infra, &hearing->addr, task->cut->zone, engine->now_us);
	return TASK_ASK;
}

static enum task_state
without_edns(struct engine *engine, struct task *task, struct hearing *hearing)
{
	if (hearing->query->cookie_bytes > 0 && !hearing->server->no_cookie) {
		hearing->server->no_cookie = true; /* an option that is not known is to be ignored (RFC 6891, section 6.1.2), but not all do */
		return TASK_ASK;
	}
	engine->stats.edns_fallbacks++;
	hearing->server->plain = true;
	task__trouble(task, TROUBLE_RESPONSE, &hearing->addr);
	task->response = hearing->classified.response;
	return TASK_ASK;
}

static enum task_state
give_up(struct engine *engine, struct task *task, const struct hearing *hearing,
	enum trouble trouble)
{
	task__trouble(task, trouble, &hearing->addr);
	task->response = hearing->classified.response;
	return task__fail(engine, task);
}

/*
 * Over TCP, from the same server (RFC 7766, section 5).  But where silence made us ask without EDNS, silence may
 * have been loss, now that it answers: with EDNS it may fit.
 */
static enum task_state
truncated(struct engine *engine, struct task *task, struct hearing *hearing)
{
	struct cut_server *server = hearing->server;

	engine->stats.truncated++;
	if (hearing->was_tcp)
		return not_helpful(engine, task, hearing); /* RFC 2181, section 9: it cannot be had here */
	if (!hearing->query->edns && !server->plain && !server->edns_again) {
		server->edns_again = true;
		return TASK_ASK;
	}
	if (server->no_tcp) {
		server->useless = true; /* for this question: others may have shorter answers */
		task__trouble(task, TROUBLE_RESPONSE, &hearing->addr);
		task->response = hearing->classified.response;
		return TASK_ASK;
	}
	server->tcp = true;
	if (flight__send(engine, task, (unsigned)(server - task->cut->servers), &hearing->qname,
			 hearing->asked.qtype) != 0 &&
	    task->query_count == 0)
		return give_up(engine, task, hearing, TROUBLE_FULL);
	return TASK_WAITING;
}

static enum task_state
follow_referral(struct engine *engine, struct task *task, struct hearing *hearing)
{
	struct delegation delegation;
	const struct cut *cut = task->cut;
	uint32_t dropped = 0;
	uint32_t parent_ttl_s = cut->zone_labels == 0 ? UINT32_MAX : cut->ttl_s;

	int err =
		referral_read(&delegation, hearing->message, hearing->classified.ns, cut->zone,
			      engine->config.harden_glue, &engine->scratch, engine->rng, &dropped);
	engine->stats.dropped_sets += dropped;
	if (err != 0)
		return not_helpful(engine, task, hearing);
	delegation.ttl_s = scrub_ttl(delegation.ttl_s, &engine->scrub_limits);
	if (++task->referrals > BUDGET_REFERRALS_MAX)
		return give_up(engine, task, hearing, TROUBLE_LOOP);
	progress(engine, task);
	delegation_cache_put(engine->caches.delegations, &delegation, parent_ttl_s,
			     engine__now_s(engine));
	if (engine->trust.anchors != NULL)
		learn__ds(engine, hearing->message, delegation.zone);
	if (delegation.ttl_s > parent_ttl_s)
		delegation.ttl_s = parent_ttl_s;
	return task__set_cut(engine, task, &delegation, false);
}

/*
 * A shortened name: it exists, or it has nothing below it, or the server does not know the difference.  When more
 * has been shown since, because the caches had learnt it from another question, it tells nothing new.
 */
static enum task_state
show_more(struct engine *engine, struct task *task, const struct hearing *hearing)
{
	enum response response = hearing->classified.response;
	bool is_plain = hearing->classified.chain.set_count == 0;

	if (name_labels(&hearing->qname) < task->qmin.labels)
		return TASK_ASK;
	progress(engine, task);
	if (is_plain && (response == RESPONSE_ANSWER || response == RESPONSE_NODATA))
		qmin_longer(&task->qmin, task->sname);
	else
		qmin_give_up(&task->qmin);
	return TASK_ASK;
}

/*
 * RFC 8020 says that nothing is below a name that does not exist.  Registries and the root keep to it;
 * of others not all do (RFC 9156, section 2.3), and there the whole name is asked.
 */
static bool
ends_below(const struct task *task, const struct hearing *hearing)
{
	return hearing->classified.response == RESPONSE_NXDOMAIN &&
	       hearing->classified.chain.set_count == 0 && task->cut->zone_labels <= 1;
}

static void
read_priming(struct engine *engine, struct task *task, struct hearing *hearing)
{
	struct delegation delegation;
	uint32_t dropped = 0;
	const struct rrset *ns = hearing->classified.chain.final;
	if (hearing->asked.qtype != TYPE_NS || ns == NULL || !name_equal(task->sname, task->cut->zone))
		return;
	if (referral_read(&delegation, hearing->message, ns, task->cut->zone,
			  engine->config.harden_glue, &engine->scratch, engine->rng, &dropped) == 0)
		prime__heard(engine, task, &delegation);
}

/* The answer may be empty then; it is not kept, so that the cache does not know more than the zone says. */
static void
strip_private(struct engine *engine, struct task *task, struct scrubbed *scrubbed)
{
	const unsigned stripped = rebind_strip_all(engine->rebind, &scrubbed->answer);
	engine->stats.stripped_addrs += stripped;
	if (stripped > 0)
		task->answer.ede = EDE_BLOCKED;
}

/* Who gets the rest of a reply is told that it is the rest; if it is signed, that is why it does not verify. */
static void
tell_broken(const struct engine *engine, struct task *task)
{
	task->validation.has_gaps = engine->heard.broken > 0;
	if (engine->heard.broken == 0 || task->answer.ede != EDE_NONE)
		return;
	task->answer.ede = EDE_OTHER;
	task->answer.ede_text = "records that break the rules of their type were left out";
}

/*
 * Of which zone the reply is, by the SOA or NS set that stands beside the answer.  Aliases may have led through others
 * on the same server.  And how long what it says of its own servers may last.
 */
static void
note_zone(const struct engine *engine, struct task *task, const struct hearing *hearing)
{
	task->validation.server_s = learn__server_s(task, hearing->classified.chain.final);
	task->validation.told_labels = 0;
	if (engine->trust.anchors == NULL || hearing->classified.chain.set_count > 0)
		return;
	for (const struct rrset *set = hearing->message->sections[SECTION_AUTHORITY]; set != NULL; set = set->next)
		if ((set->type == TYPE_SOA || set->type == TYPE_NS) && set->class == CLASS_IN &&
		    name_equal(set->owner, hearing->asked.zone))
			task->validation.told_labels = (uint8_t)(task->cut->zone_labels + 1u);
}

/*
 * NOERROR without anything, not even an SOA (RFC 2308, section 2.2.1: "type 3").  It may be the truth of a server that is
 * sparing with words, or a load balancer's shrug: the others are asked too, and if nobody says more it counts.
 */
static bool
says_nothing(const struct task *task, const struct hearing *hearing)
{
	return hearing->classified.response == RESPONSE_NODATA && hearing->classified.chain.set_count == 0 &&
	       hearing->message->sections[SECTION_AUTHORITY] == NULL && !hearing->asked.is_forward && task->depth == 0 &&
	       task->empties < BUDGET_EMPTIES_MAX;
}

static enum task_state
ask_others(struct task *task, struct hearing *hearing)
{
	task->empties++;
	hearing->server->useless = true;
	task__trouble(task, TROUBLE_RESPONSE, &hearing->addr);
	task->response = hearing->classified.response;
	return TASK_ASK;
}

static enum task_state
take_answer(struct engine *engine, struct task *task, struct hearing *hearing)
{
	const struct classified *classified = &hearing->classified;
	const struct chain *chain = &classified->chain;
	struct scrubbed scrubbed;
	const struct name *end;
	unsigned alias_count;

	scrub(&scrubbed, hearing->message, classified, &hearing->asked, &engine->scrub_limits);
	if (!hearing->is_kept)
		strip_private(engine, task, &scrubbed);
	engine->stats.dropped_sets += scrubbed.dropped;
	engine->stats.corrected_aliases += chain->corrected;
	const uint32_t stale_s = stale__kept_s(engine, task);
	learn__response(engine, task, &scrubbed, classified, chain->end, hearing->asked.qtype, stale_s);
	if (!is_whole(task, hearing)) {
		if (!ends_below(task, hearing))
			return show_more(engine, task, hearing);
		learn__response(engine, task, &scrubbed, classified, task->sname, task->question.qtype, stale_s);
	}
	if (says_nothing(task, hearing))
		return ask_others(task, hearing);
	if (classified->response == RESPONSE_ANSWER)
		read_priming(engine, task, hearing);
	progress(engine, task);
	task->validation.answered_by = hearing->addr;
	tell_broken(engine, task);
	note_zone(engine, task, hearing);
	if (task->policies != 0 && chain->alias_count > 0 &&
	    policy__cuts_chain(engine, task, scrubbed.answer, &end, &alias_count))
		return task__restart(engine, task, scrubbed.answer, alias_count, end, scrubbed.authority);

	switch (classified->response) {
	case RESPONSE_CNAME:
		return task__restart(engine, task, scrubbed.answer, chain->alias_count, chain->end,
				     scrubbed.authority);
	case RESPONSE_NXDOMAIN:
		return task__answer(engine, task, RCODE_NXDOMAIN, scrubbed.answer,
				    scrubbed.authority, NULL);
	case RESPONSE_YXDOMAIN:
		return task__answer(engine, task, RCODE_YXDOMAIN, scrubbed.answer, NULL, NULL);
	case RESPONSE_ANSWER:
	case RESPONSE_NODATA:
	case RESPONSE_REFERRAL:
	case RESPONSE_UPWARD:
	case RESPONSE_LAME:
	case RESPONSE_TRUNCATED:
	case RESPONSE_FORMERR_EDNS:
	case RESPONSE_REFUSED:
	case RESPONSE_SERVFAIL:
	case RESPONSE_LOOP:
	case RESPONSE_MALFORMED: break;
	}
	return task__answer(engine, task, RCODE_NOERROR, scrubbed.answer, scrubbed.authority, scrubbed.additional);
}

static enum task_state
judge(struct engine *engine, struct task *task, struct hearing *hearing)
{
	switch (hearing->classified.response) {
	case RESPONSE_ANSWER:
	case RESPONSE_CNAME:
	case RESPONSE_NODATA:
	case RESPONSE_NXDOMAIN:
	case RESPONSE_YXDOMAIN: return take_answer(engine, task, hearing);
	case RESPONSE_REFERRAL: return follow_referral(engine, task, hearing);
	case RESPONSE_FORMERR_EDNS: return without_edns(engine, task, hearing);
	case RESPONSE_UPWARD:
	case RESPONSE_LAME:
	case RESPONSE_REFUSED:
	case RESPONSE_SERVFAIL: return not_helpful(engine, task, hearing);
	case RESPONSE_LOOP: return give_up(engine, task, hearing, TROUBLE_LOOP);
	case RESPONSE_TRUNCATED: return truncated(engine, task, hearing);
	case RESPONSE_MALFORMED: break;
	}
	engine->stats.malformed++;
	return TASK_ASK;
}

enum task_state
task__hear(struct engine *engine, struct task *task)
{
	struct flight *query = engine->heard.query;
	struct hearing hearing = {
		.query = query,
		.message = engine->heard.message,
		.server = &task->cut->servers[query->server],
		.addr = query->addr,
		.was_tcp = query->tcp,
		.asked = { .zone = task->cut->zone, .qtype = query->qtype, .edns = query->edns,
			   .is_guessable = !flight_is_vouched(query),
			   .is_forward = task->cut->is_forward,
			   .takes_cached = task->cut->servers[query->server].to_resolve },
	};

	flight__shown_name(engine, query, &hearing.qname);
	hearing.asked.qname = &hearing.qname;
	if (engine->config.error_reporting && !task->cut->is_forward)
		report__learn_agent(task, hearing.message);
	engine->stats.stripped_addrs += rebind_strip_all(engine->rebind, &hearing.message->sections[SECTION_ADDITIONAL]);
	engine->stats.dropped_sets += scrub_foreign_spans(hearing.message, task->cut->zone);
	classify(&hearing.classified, hearing.message, &hearing.asked, &engine->scratch);
	flight__trace(engine, query, TRACE_RESOLVER_REPLY, hearing.message->rcode,
		      response_text(hearing.classified.response));
	/* Nonsense may come from somebody else: the query stays open for the true reply. */
	if (hearing.classified.response == RESPONSE_MALFORMED) {
		flight__late(engine, query);
	} else {
		learn_edns(engine, &hearing);
		flight__close(engine, query);
	}
	return judge(engine, task, &hearing);
}

enum task_state
task__hear_kept(struct engine *engine, struct task *task, struct message *message)
{
	struct cut_server nobody = { .useless = true };
	struct hearing hearing = {
		.message = message,
		.server = &nobody,
		.is_kept = true,
		.asked = { .zone = task->cut->zone, .qtype = task->question.qtype },
	};

	engine->heard = (struct heard){ .message = message };
	name_copy(&hearing.qname, task->sname);
	hearing.asked.qname = &hearing.qname;
	classify(&hearing.classified, message, &hearing.asked, &engine->scratch);
	return judge(engine, task, &hearing);
}
