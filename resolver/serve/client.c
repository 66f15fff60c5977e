#include "resolver/serve/client.h"

#include <assert.h>
#include <string.h>

#include "resolver/wire/rdata.h"

#define NO_PENDING UINT32_MAX

static const char too_many[] = "too many questions are being resolved";

/* What a stage of the pipeline says. */
enum stage {
	STAGE_PASSES,  /* not mine: the next one */
	STAGE_ANSWERS, /* the answer is complete */
	STAGE_DROPS,
	STAGE_PENDS,
};

/* The query in hand. */
struct asking {
	const struct client_source *source;
	uint64_t now_us;
	enum acl_action action;
	enum acl_verdict verdict;
	struct reply_form form;
	struct answer answer;
};

size_t
clients_bytes(uint32_t pending_max)
{
	return pending_max * sizeof(struct client_pending) + quota_bytes(pending_max);
}

void
clients_init(struct clients *clients, void *block, uint32_t pending_max,
	     const struct client_policy *policy, struct engine *engine, struct arena *arena,
	     struct rng *rng)
{
	*clients = (struct clients){
		.policy = policy,
		.engine = engine,
		.arena = arena,
		.pending = block,
		.pending_max = pending_max,
		.first_free = NO_PENDING,
	};
	quota_init(&clients->quota, clients->pending + pending_max, pending_max, rng);
}

void
clients_set_policy(struct clients *clients, const struct client_policy *policy)
{
	clients->policy = policy;
}

/* ---- pending queries -------------------------------------------------------------------------------- */

/* 0 is no client to the engine, so the numbers start at 1. */
static struct client_pending *
pending_at(const struct clients *clients, uint64_t client)
{
	assert(client >= 1 && client <= clients->pending_max);
	struct client_pending *pending = &clients->pending[client - 1];
	assert(pending->is_used);
	return pending;
}

static bool
pending_has_room(const struct clients *clients)
{
	return clients->first_free != NO_PENDING || clients->first_unused < clients->pending_max;
}

static uint64_t
pending_add(struct clients *clients, const struct client_source *source,
	    const struct reply_form *form, bool has_alias, uint64_t now_us)
{
	assert(pending_has_room(clients));
	uint32_t index = clients->first_free;
	if (index != NO_PENDING)
		clients->first_free = clients->pending[index].next_free;
	else
		index = clients->first_unused++;
	struct client_pending *pending = &clients->pending[index];
	clients->stats.pending++;
	pending->source = *source;
	pending->form = *form;
	name_copy(&pending->question.qname, &clients->query.question.qname);
	pending->question.qtype = clients->query.question.qtype;
	pending->question.qclass = clients->query.question.qclass;
	pending->received_us = now_us;
	pending->has_alias = has_alias;
	pending->is_used = true;
	return (uint64_t)index + 1;
}

static void
pending_remove(struct clients *clients, uint64_t client)
{
	struct client_pending *pending = pending_at(clients, client);
	quota_give(&clients->quota, &pending->source.addr);
	pending->is_used = false;
	pending->next_free = clients->first_free;
	clients->first_free = (uint32_t)(client - 1);
	clients->stats.pending--;
}

const struct client_source *
client_source_of(const struct clients *clients, uint64_t client)
{
	return &pending_at(clients, client)->source;
}

void
clients_forget_listener(struct clients *clients, const struct listener *listener)
{
	for (uint32_t i = 0; i < clients->first_unused; i++)
		if (clients->pending[i].is_used && clients->pending[i].source.listener == listener)
			clients->pending[i].source.listener = NULL;
}

void
client_drop(struct clients *clients, uint64_t client)
{
	pending_remove(clients, client);
	clients->stats.dropped_gone++;
}

/* ---- what a query is refused for before its name is looked at ------------------------------------------ */

/* Any opcode but QUERY: NOTIFY is known and refused, nothing here is told of zone changes; the rest is not implemented. */
static uint16_t
opcode_rcode(uint16_t flags)
{
	return DNS_OPCODE(flags) == OPCODE_NOTIFY ? RCODE_REFUSED : RCODE_NOTIMP;
}

static enum stage
stage_malformed(struct clients *clients, int rcode, struct answer *answer)
{
	const struct query *query = &clients->query;
	if (rcode == RCODE_NOTIMP) {
		clients->stats.refused_kind++;
		answer_rcode(answer, opcode_rcode(query->flags), EDE_NOT_SUPPORTED, NULL);
		return STAGE_ANSWERS;
	}
	if (rcode == RCODE_BADVERS) {
		clients->stats.failed_version++;
		answer_rcode(answer, RCODE_BADVERS, EDE_NONE, NULL);
		return STAGE_ANSWERS;
	}
	/* A question cannot be truncated: whoever sets TC means something else than we would read. */
	if (rcode != RCODE_NOERROR || (query->flags & DNS_TC) != 0) {
		clients->stats.failed_malformed++;
		answer_rcode(answer, RCODE_FORMERR, EDE_NONE, NULL);
		return STAGE_ANSWERS;
	}
	return STAGE_PASSES;
}

/* Zone transfers, signed queries, questions that no zone can answer, classes that are not served. */
static enum stage
stage_kind(struct clients *clients, struct answer *answer)
{
	const struct question *question = &clients->query.question;
	uint16_t rcode;
	enum ede ede = EDE_NOT_SUPPORTED;
	if (clients->query.tsig_present) {
		rcode = RCODE_NOTAUTH; /* no key is shared with anybody (RFC 8945, section 5.2.1) */
	} else if (question->qtype == TYPE_AXFR || question->qtype == TYPE_IXFR) {
		rcode = RCODE_REFUSED;
		ede = EDE_NOT_AUTHORITATIVE;
	} else if (question->qtype != TYPE_ANY &&
		   (question->qtype == 0 || type_is_meta(question->qtype))) {
		rcode = RCODE_FORMERR;
		ede = EDE_INVALID_QUERY_TYPE;
	} else if (question->qclass != CLASS_IN && question->qclass != CLASS_CH) {
		rcode = RCODE_REFUSED;
	} else {
		return STAGE_PASSES;
	}
	clients->stats.refused_kind++;
	answer_rcode(answer, rcode, ede, NULL);
	return STAGE_ANSWERS;
}

/* ---- what is answered from here ------------------------------------------------------------------------ */

/* The arena is too small for what it was made for: our bug or absurd local data; the client hears of it. */
static enum stage
stage_failed(struct clients *clients, struct answer *answer, enum ede ede, const char *text)
{
	clients->stats.failed_full++;
	answer_rcode(answer, RCODE_SERVFAIL, ede, text);
	return STAGE_ANSWERS;
}

static enum stage
stage_chaos(struct clients *clients, struct answer *answer)
{
	const struct question *question = &clients->query.question;
	if (question->qclass != CLASS_CH)
		return STAGE_PASSES;
	if (chaos_answer(&clients->policy->chaos, question, clients->arena, answer) != 0)
		return stage_failed(clients, answer, EDE_OTHER, "out of memory for the answer");
	clients->stats.answers_chaos++;
	return STAGE_ANSWERS;
}

/* With LOCAL_ALIASES passes: *answer holds the CNAME and clients->match.alias what is to be resolved. */
static enum stage
stage_local(struct clients *clients, struct answer *answer)
{
	struct local_match *match = &clients->match;
	if (local_answer(clients->policy->local, &clients->query.question, clients->arena, match,
			 answer) != 0)
		return stage_failed(clients, answer, EDE_OTHER, "out of memory for the answer");
	switch (match->verdict) {
	case LOCAL_IS_NOT:
	case LOCAL_ALIASES: return STAGE_PASSES;
	case LOCAL_ANSWERS: clients->stats.answers_local++; return STAGE_ANSWERS;
	case LOCAL_DROPS: clients->stats.dropped_local++; return STAGE_DROPS;
	}
	return STAGE_PASSES;
}

/* Who may have local data only; without RD that is everybody but those who may snoop. */
static enum stage
stage_permission(struct clients *clients, enum acl_action action, enum acl_verdict verdict,
		 struct answer *answer)
{
	if (verdict == ACL_MAY_CACHE || verdict == ACL_MAY_RECURSE)
		return STAGE_PASSES;
	if (verdict == ACL_MAY_LOCAL_OR_DROP) {
		clients->stats.dropped_acl++;
		return STAGE_DROPS;
	}
	bool is_prohibited = action == ACL_REFUSE_NON_LOCAL;
	if (is_prohibited)
		clients->stats.refused_acl++;
	else
		clients->stats.refused_no_recursion++;
	answer_rcode(answer, RCODE_REFUSED, is_prohibited ? EDE_PROHIBITED : EDE_NOT_AUTHORITATIVE,
		     NULL);
	return STAGE_ANSWERS;
}

static enum stage
stage_any(struct clients *clients, struct answer *answer)
{
	const struct question *question = &clients->query.question;
	if (question->qtype != TYPE_ANY || !clients->policy->deny_any)
		return STAGE_PASSES;
	if (answer_any(answer, &question->qname, clients->arena) != 0)
		return stage_failed(clients, answer, EDE_OTHER, "out of memory for the answer");
	clients->stats.answers_any++;
	return STAGE_ANSWERS;
}

/* ---- what is resolved ---------------------------------------------------------------------------------- */

/* Puts what was resolved for the alias behind the CNAME of the local zone. */
static void
answer_behind_alias(struct answer *answer, const struct answer *alias)
{
	struct answer local = *answer;
	*answer = *alias;
	answer->security = SECURITY_INSECURE;
	struct rrset **tail = &local.sections[SECTION_ANSWER];
	while (*tail != NULL)
		tail = &(*tail)->next;
	*tail = alias->sections[SECTION_ANSWER];
	answer->sections[SECTION_ANSWER] = local.sections[SECTION_ANSWER];
}

static void
engine_question_make(const struct clients *clients, const struct reply_form *form,
		     struct engine_question *question)
{
	const struct question *asked = &clients->query.question;
	bool has_alias = clients->match.verdict == LOCAL_ALIASES;
	name_copy(&question->qname, has_alias ? clients->match.alias : &asked->qname);
	question->qtype = asked->qtype;
	question->qclass = asked->qclass;
	question->dnssec_ok = form->dnssec_ok;
	question->checking_disabled = (form->flags & DNS_CD) != 0;
}

static enum stage
stage_cached(struct clients *clients, const struct engine_question *question, struct answer *answer,
	     uint64_t now_us)
{
	if (clients->match.verdict != LOCAL_ALIASES) {
		if (engine_cached(clients->engine, question, clients->arena, answer, now_us) != 0)
			return STAGE_PASSES;
	} else {
		struct answer alias;
		if (engine_cached(clients->engine, question, clients->arena, &alias, now_us) != 0)
			return STAGE_PASSES;
		answer_behind_alias(answer, &alias);
	}
	clients->stats.answers_cached++;
	return STAGE_ANSWERS;
}

/* Without RD nobody is asked; the cache has been (RFC 1034, section 4.3.1). */
static enum stage
stage_norecurse(struct clients *clients, struct answer *answer)
{
	clients->stats.refused_no_recursion++;
	answer_rcode(answer, RCODE_REFUSED, EDE_NOT_AUTHORITATIVE,
		     "recursion was not desired and the cache has no answer");
	return STAGE_ANSWERS;
}

static enum stage
stage_resolve(struct clients *clients, struct asking *asking,
	      const struct engine_question *question)
{
	if (!pending_has_room(clients))
		return stage_failed(clients, &asking->answer, EDE_NOT_READY, too_many);
	if (!quota_take(&clients->quota, &asking->source->addr)) {
		clients->stats.dropped_quota++;
		return STAGE_DROPS;
	}
	bool has_alias = clients->match.verdict == LOCAL_ALIASES;
	uint64_t client =
		pending_add(clients, asking->source, &asking->form, has_alias, asking->now_us);
	if (engine_ask(clients->engine, question, client, asking->now_us) == 0)
		return STAGE_PENDS;
	pending_remove(clients, client);
	return stage_failed(clients, &asking->answer, EDE_NOT_READY, too_many);
}

/* ---- the pipeline --------------------------------------------------------------------------------------- */

static void
count_query(struct server_stats *stats, const struct client_source *source,
	    const struct query *query)
{
	if (source->is_stream)
		stats->queries_tcp++;
	else
		stats->queries_udp++;
	stats->queries_ipv6 += source->addr.family == ADDR_IPV6;
	stats->queries_edns += query->edns.present;
	stats->queries_dnssec_ok += query->edns.present && query->edns.dnssec_ok;
}

static void
outcome_replies(struct clients *clients, struct client_outcome *outcome,
		const struct reply_form *form, const struct question *question,
		const struct answer *answer, uint8_t *reply, size_t reply_max)
{
	bool is_truncated = false;
	int reply_bytes = respond(&clients->policy->respond, form, question, answer, reply,
				  reply_max, &is_truncated);
	assert(reply_bytes > 0);
	outcome->fate = CLIENT_REPLIES;
	outcome->reply_bytes = (size_t)reply_bytes;
	outcome->rcode = answer->rcode;
	outcome->ede = answer->ede;
	outcome->ede_text = answer->ede_text;
	clients->stats.truncated += is_truncated;
	clients->stats.rcodes[answer->rcode < STATS_RCODES ? answer->rcode : RCODE_SERVFAIL]++;
}

static bool
action_recurses(enum acl_action action)
{
	return action == ACL_ALLOW || action == ACL_ALLOW_SETRD || action == ACL_ALLOW_SNOOP;
}

/* Reads the query; passes when it is sound, and its client may ask anything at all. */
static enum stage
stage_read(struct clients *clients, struct asking *asking, const uint8_t *bytes, size_t size)
{
	struct query *query = &clients->query;
	query->question_bytes = 0;
	if (asking->action == ACL_DENY) {
		clients->stats.dropped_acl++;
		return STAGE_DROPS;
	}
	int rcode = query_read(query, bytes, size);
	if (rcode < 0) {
		clients->stats.dropped_malformed++;
		return STAGE_DROPS;
	}
	count_query(&clients->stats, asking->source, query);
	reply_form_read(&asking->form, query, asking->source->is_stream);
	asking->form.recursion_available = action_recurses(asking->action);
	if (asking->action == ACL_ALLOW_SETRD)
		asking->form.flags |= DNS_RD;
	asking->verdict = acl_judge(asking->action, (asking->form.flags & DNS_RD) != 0);
	if (asking->verdict != ACL_MAY_BE_REFUSED)
		return stage_malformed(clients, rcode, &asking->answer);
	clients->stats.refused_acl++;
	answer_rcode(&asking->answer, RCODE_REFUSED, EDE_PROHIBITED, NULL);
	return STAGE_ANSWERS;
}

/* What the query's name is known to need no resolution for. */
static enum stage
stage_here(struct clients *clients, struct asking *asking)
{
	struct answer *answer = &asking->answer;
	enum stage stage = stage_kind(clients, answer);
	if (stage == STAGE_PASSES)
		stage = stage_chaos(clients, answer);
	if (stage == STAGE_PASSES)
		stage = stage_local(clients, answer);
	if (stage == STAGE_PASSES)
		stage = stage_permission(clients, asking->action, asking->verdict, answer);
	if (stage == STAGE_PASSES)
		stage = stage_any(clients, answer);
	return stage;
}

static enum stage
stage_there(struct clients *clients, struct asking *asking)
{
	struct engine_question question;
	engine_question_make(clients, &asking->form, &question);
	enum stage stage = stage_cached(clients, &question, &asking->answer, asking->now_us);
	if (stage == STAGE_PASSES && asking->verdict == ACL_MAY_CACHE)
		stage = stage_norecurse(clients, &asking->answer);
	if (stage == STAGE_PASSES)
		stage = stage_resolve(clients, asking, &question);
	return stage;
}

void
client_query(struct clients *clients, const struct client_source *source, const uint8_t *bytes,
	     size_t size, uint8_t *reply, size_t reply_max, uint64_t now_us,
	     struct client_outcome *outcome)
{
	struct asking asking;
	asking.source = source;
	asking.now_us = now_us;
	asking.action = acl_find(clients->policy->acl, &source->addr);
	arena_reset(clients->arena);
	clients->match.verdict = LOCAL_IS_NOT;
	clients->match.informs = false;

	enum stage stage = stage_read(clients, &asking, bytes, size);
	if (stage == STAGE_PASSES)
		stage = stage_here(clients, &asking);
	if (stage == STAGE_PASSES)
		stage = stage_there(clients, &asking);

	*outcome = (struct client_outcome){
		.fate = stage == STAGE_PENDS ? CLIENT_PENDS : CLIENT_DROPS,
		.question = clients->query.question_bytes > 0 ? &clients->query.question : NULL,
		.informs = clients->match.informs ? &clients->match : NULL,
		.from_cache = true,
		.ede = EDE_NONE,
	};
	if (stage == STAGE_ANSWERS)
		outcome_replies(clients, outcome, &asking.form, outcome->question, &asking.answer,
				reply, reply_max);
}

/* The local CNAME in front of a resolved alias is looked up anew: it may have been configured away meanwhile. */
static void
answer_with_alias(struct clients *clients, const struct question *question,
		  const struct answer *resolved, struct answer *answer)
{
	arena_reset(clients->arena);
	int err = local_answer(clients->policy->local, question, clients->arena, &clients->match,
			       answer);
	if (err == 0 && clients->match.verdict == LOCAL_ALIASES)
		answer_behind_alias(answer, resolved);
	else
		answer_rcode(answer, RCODE_SERVFAIL, EDE_NOT_READY,
			     "the configuration has changed meanwhile");
}

void
client_answer(struct clients *clients, uint64_t client, const struct answer *answer, uint8_t *reply,
	      size_t reply_max, uint64_t now_us, struct client_outcome *outcome)
{
	const struct client_pending *pending = pending_at(clients, client);
	uint64_t elapsed_us = now_us - pending->received_us,
		 discard_after_us = clients->policy->discard_after_us;
	*outcome = (struct client_outcome){
		.fate = CLIENT_DROPS,
		.question = &pending->question,
		.from_cache = answer->from_cache,
		.elapsed_us = elapsed_us,
		.ede = EDE_NONE,
	};
	struct answer spliced;
	if (discard_after_us != 0 && elapsed_us > discard_after_us && !pending->source.is_stream) {
		clients->stats.dropped_late++;
	} else {
		if (pending->has_alias) {
			answer_with_alias(clients, &pending->question, answer, &spliced);
			answer = &spliced;
		}
		clients->stats.answers_recursed++;
		outcome_replies(clients, outcome, &pending->form, &pending->question, answer, reply,
				reply_max);
	}
	pending_remove(clients, client);
}
