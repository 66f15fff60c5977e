#include "resolver/serve/client_priv.h"

#include <assert.h>
#include <string.h>

#include "resolver/iterate/rewrite.h"
#include "resolver/wire/rdata.h"

size_t
clients_bytes(uint32_t pending_max)
{
	return pending_max * sizeof(struct client_pending) + quota_bytes(pending_max) + rate_table_bytes();
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
		.first_free = CLIENT_NONE,
		.first_waiting = CLIENT_NONE,
		.last_waiting = CLIENT_NONE,
		.looked_at = CLIENT_NONE,
	};
	uint8_t *rest = (uint8_t *)(clients->pending + pending_max);
	quota_init(&clients->quota, rest, pending_max, rng);
	rate_table_init(&clients->rates, rest + quota_bytes(pending_max), rng);
}

void
clients_set_clock(struct clients *clients, int64_t wall_offset_s)
{
	clients->wall_offset_s = wall_offset_s;
}

void
clients_set_hmac(struct clients *clients, struct tsig_hmac *hmac)
{
	clients->hmac = hmac;
}

void
clients_set_ready(struct clients *clients, struct ready_cache *ready)
{
	clients->ready = ready;
}

void
clients_set_policy(struct clients *clients, const struct client_policy *policy)
{
	clients->policy = policy;
}

/* ---- what is resolved ---------------------------------------------------------------------------------- */

/*
 * The CNAMEs of the local zone or of policy go in front of what was resolved for the alias, whose answer it then is; AA speaks
 * of the first owner name (RFC 1035, section 4.1.1).  A failure has no records, so nothing stands in front of them.
 */
static void
put_prefix(struct answer *answer, const struct answer *prefix)
{
	struct rrset *first = prefix->sections[SECTION_ANSWER], *last = first;
	if (answer->note == NULL)
		answer->note = prefix->note;
	if (answer->rcode == RCODE_SERVFAIL)
		return;
	answer->security = SECURITY_INSECURE;
	answer->authoritative = answer->authoritative || prefix->authoritative;
	while (last->next != NULL)
		last = last->next;
	last->next = answer->sections[SECTION_ANSWER];
	answer->sections[SECTION_ANSWER] = first;
}

/* What was resolved under another name is given under the one that was asked for; its signatures would not hold. */
static int
rename_answer(const struct clients *clients, struct answer *answer)
{
	answer->security = SECURITY_INSECURE;
	for (struct rrset **at = &answer->sections[SECTION_ANSWER]; *at != NULL; at = &(*at)->next) {
		if (!name_equal((*at)->owner, clients->alias))
			continue;
		struct rrset *renamed = arena_alloc(clients->arena, sizeof *renamed);
		if (renamed == NULL)
			return ERR_NO_MEMORY;
		*renamed = **at;
		renamed->owner = &clients->query.question.qname;
		renamed->sig_count = 0;
		*at = renamed;
	}
	return 0;
}

/* From the answer about the alias to that about the question. */
static void
answer_of_alias(struct clients *clients, struct asking *asking)
{
	if (clients->alias == NULL)
		return;
	if (!clients->is_renamed)
		put_prefix(&asking->answer, &asking->prefix);
	else if (rename_answer(clients, &asking->answer) != 0)
		(void)client__failed(clients, &asking->answer, EDE_OTHER, "out of memory for the answer");
}

static void
engine_question_make(const struct clients *clients, const struct asking *asking,
		     struct engine_question *question)
{
	const struct question *asked = &clients->query.question;

	*question = (struct engine_question){
		.qtype = dns64_qtype(asking->step, asked->qtype),
		.qclass = CLASS_IN, /* as is asked, or of the classes that ANY stands for (RFC 1035, section 3.2.5) */
		.dnssec_ok = asking->form.dnssec_ok,
		.checking_disabled = client__checking_disabled(clients, asking),
		.anew = clients->policy->answers_anew,
		.policies = asking->policies,
	};
	name_copy(&question->qname, clients->alias != NULL ? clients->alias : &asked->qname);
}

static enum stage
stage_no_room(struct asking *asking)
{
	answer_rcode(&asking->answer, RCODE_SERVFAIL, EDE_NOT_READY, "too many questions are being resolved");
	asking->answer.fate = ANSWER_NO_ROOM;
	return STAGE_ANSWERS;
}

/* Asks the engine, or waits for another worker's; a query that asks for something else in turn has its place already. */
static enum stage
stage_ask(struct clients *clients, struct asking *asking, const struct engine_question *question)
{
	const uint64_t client = asking->client;
	struct client_pending *pending = client__pending_at(clients, client);
	pending->step = (uint8_t)asking->step;
	pending->dns64_ttl_s = asking->dns64_ttl_s;
	pending->refers = asking->refers;
	pending->has_alias = clients->alias != NULL;
	pending->generation = clients->policy->generation;
	client__unclaim(clients, pending);
	if (!question->anew && client__waits(clients, pending, question, asking->now_us))
		return STAGE_PENDS;
	if (engine_ask(clients->engine, question, client, asking->now_us) == 0)
		return STAGE_PENDS;
	return stage_no_room(asking);
}

static enum stage
stage_resolve(struct clients *clients, struct asking *asking,
	      const struct engine_question *question)
{
	if (asking->client != 0)
		return stage_ask(clients, asking, question);
	if (!client__pending_has_room(clients))
		return stage_no_room(asking);
	if (!quota_take(&clients->quota, &asking->source->addr)) {
		clients->stats.dropped_quota++;
		return STAGE_DROPS;
	}
	asking->client = client__pending_add(clients, asking);
	enum stage stage = stage_ask(clients, asking, question);
	if (stage != STAGE_PENDS)
		client__pending_remove(clients, asking->client);
	return stage;
}

/*
 * Whether the referral's NS set holds is found out first, once, by a question of its own: about the name that was asked for
 * nobody is asked.
 */
static enum stage
stage_judge(struct clients *clients, struct asking *asking)
{
	const struct rrset *ns = asking->answer.sections[SECTION_AUTHORITY];
	struct engine_question question = { .qtype = TYPE_NS, .qclass = CLASS_IN, .dnssec_ok = true };

	name_copy(&question.qname, ns->owner);
	asking->refers = true;
	return stage_resolve(clients, asking, &question);
}

/* Without RD nobody is asked; the cache has been, and may know who could be (RFC 1034, section 4.3.1). */
static enum stage
stage_norecurse(struct clients *clients, const struct engine_question *question, struct asking *asking)
{
	struct answer *answer = &asking->answer;

	if (engine_refer(clients->engine, question, clients->arena, answer, asking->now_us) == 0) {
		if (answer->security == SECURITY_UNCHECKED && !asking->refers)
			return stage_judge(clients, asking);
		answer_of_alias(clients, asking);
		clients->stats.answers_referred++;
		return STAGE_ANSWERS;
	}
	clients->stats.refused_no_recursion++;
	answer_rcode(answer, RCODE_REFUSED, EDE_NOT_AUTHORITATIVE,
		     "recursion was not desired and the cache has no answer");
	return STAGE_ANSWERS;
}

/* Addresses that were made here count as those that were found (response-ip, rpz-ip). */
static void
judge_made_addresses(struct clients *clients, struct asking *asking)
{
	struct lookup lookup = {
		.qtype = TYPE_AAAA,
		.rpz = clients->policy->rpz,
		.policies = asking->policies,
	};
	if (asking->policies != 0 && clients->policy->rpz != NULL)
		(void)rewrite_answer(&lookup, &asking->answer.sections[SECTION_ANSWER], clients->arena, &asking->answer);
}

/* Whether the answer is the one to give, or another type is to be asked for first (policy/dns64.h). */
static bool
goes_on(struct clients *clients, struct asking *asking)
{
	if (asking->step == DNS64_OFF)
		return false;
	if (dns64_goes_on(clients->policy->dns64, &asking->step, &asking->dns64_ttl_s, &asking->answer, clients->arena))
		return true;
	if (asking->step == DNS64_A)
		judge_made_addresses(clients, asking);
	return false;
}

/*
 * Who may only look causes no query where the answer stands by itself; one that has ended is to be asked for whoever
 * was given it (RFC 8767, section 5).
 */
static bool
should_refresh(const struct asking *asking)
{
	return asking->answer.refresh_due && (asking->verdict != ACL_MAY_CACHE || asking->answer.is_stale);
}

/* From the caches or the engine, in as many steps as it takes. */
static enum stage
stage_there(struct clients *clients, struct asking *asking)
{
	struct engine_question question;
	do {
		engine_question_make(clients, asking, &question);
		if (question.anew ||
		    engine_cached(clients->engine, &question, clients->arena, &asking->answer, asking->now_us) != 0)
			return asking->verdict == ACL_MAY_CACHE ? stage_norecurse(clients, &question, asking)
								: stage_resolve(clients, asking, &question);
		if (should_refresh(asking))
			client__refresh(clients, &question, asking->now_us);
	} while (goes_on(clients, asking));
	answer_of_alias(clients, asking);
	clients->stats.answers_cached += asking->client == 0 || asking->refers;
	return STAGE_ANSWERS;
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
outcome_told(struct clients *clients, struct client_outcome *outcome, const struct answer *answer, size_t reply_bytes)
{
	outcome->fate = CLIENT_REPLIES;
	outcome->reply_bytes = reply_bytes;
	outcome->rcode = answer->rcode;
	outcome->ede = answer->ede;
	outcome->ede_text = answer->ede_text;
	clients->stats.rcodes[answer->rcode < STATS_RCODES ? answer->rcode : RCODE_SERVFAIL]++;
}

/* Whether an answer goes out at all; counts those that policy or want of room has ended. */
static bool
goes_out(struct server_stats *stats, const struct reply_form *form, const struct answer *answer)
{
	switch ((enum answer_fate)answer->fate) {
	case ANSWER_GIVEN:
	case ANSWER_TRUNCATED: break;
	case ANSWER_DROPPED: stats->dropped_policy++; return false;
	case ANSWER_NO_ROOM:
		stats->dropped_full += !form->is_stream;
		stats->failed_full += form->is_stream;
		return form->is_stream;
	}
	return true;
}

static void
outcome_replies(struct clients *clients, struct client_outcome *outcome,
		const struct reply_form *form, const struct question *question,
		const struct answer *answer, uint8_t *reply, size_t reply_max)
{
	bool is_truncated = false;
	outcome->note = answer->note;
	if (!goes_out(&clients->stats, form, answer)) {
		outcome->fate = CLIENT_DROPS;
		return;
	}
	int reply_bytes = respond(&clients->policy->respond, form, question, answer, reply,
				  reply_max, &is_truncated);
	assert(reply_bytes > 0);
	outcome_told(clients, outcome, answer, (size_t)reply_bytes);
	clients->stats.truncated += is_truncated;
}

static bool
action_recurses(enum acl_action action)
{
	return action == ACL_ALLOW || action == ACL_ALLOW_SETRD || action == ACL_ALLOW_SNOOP || action == ACL_ALLOW_COOKIE;
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
	/* To what is no question nothing is offered. */
	asking->form.recursion_available = rcode != RCODE_FORMERR && action_recurses(asking->action);
	asking->form.dnssec_ok = asking->form.dnssec_ok && !clients->policy->no_dnssec;
	if (asking->action == ACL_ALLOW_SETRD)
		asking->form.flags |= DNS_RD;
	if (client__notify(clients, asking, bytes, size))
		return STAGE_ANSWERS; /* a primary need not be a client */
	asking->verdict = acl_judge(asking->action, (asking->form.flags & DNS_RD) != 0);
	if (asking->verdict != ACL_MAY_BE_REFUSED) {
		enum stage stage = client__malformed(clients, rcode, &asking->answer);
		if (stage == STAGE_PASSES)
			stage = client__cookie(clients, asking);
		return stage == STAGE_PASSES ? client__rate(clients, asking) : stage;
	}
	clients->stats.refused_acl++;
	answer_rcode(&asking->answer, RCODE_REFUSED, EDE_PROHIBITED, NULL);
	return STAGE_ANSWERS;
}

/* What client__here has left to be resolved. */
static void
begin_resolution(const struct clients *clients, struct asking *asking)
{
	if (clients->alias != NULL)
		asking->prefix = asking->answer;
	if (clients->policy->dns64 != NULL)
		asking->step = dns64_begin(clients->policy->dns64, &clients->query.question, asking->form.dnssec_ok,
					   client__checking_disabled(clients, asking));
	asking->dns64_ttl_s = DNS64_TTL_S;
}

void
client_query(struct clients *clients, const struct client_source *source, const uint8_t *bytes,
	     size_t size, uint8_t *reply, size_t reply_max, uint64_t now_us,
	     struct client_outcome *outcome)
{
	struct ready_place place = { .is_used = false };
	struct asking asking;
	size_t ready_bytes = 0;
	asking.source = source;
	asking.now_us = now_us;
	asking.policies = 0;
	asking.client = 0;
	asking.refers = asking.has_notified = asking.is_signed = false;
	asking.refused_signature = TSIG_GOOD;
	asking.step = DNS64_OFF;
	asking.action = acl_find(clients->policy->acl, &source->addr);
	arena_reset(clients->arena);
	clients->match.verdict = LOCAL_IS_NOT;
	clients->match.informs = false;
	clients->alias = NULL;
	clients->is_renamed = false;

	enum stage stage = stage_read(clients, &asking, bytes, size);
	if (stage == STAGE_PASSES) {
		client__ready_place(clients, &asking, &place);
		ready_bytes = client__ready(clients, &place, &asking, reply, reply_max);
	}
	if (stage == STAGE_PASSES && ready_bytes == 0)
		stage = client__here(clients, &asking);
	if (stage == STAGE_PASSES && ready_bytes == 0) {
		begin_resolution(clients, &asking);
		stage = stage_there(clients, &asking);
	}

	*outcome = (struct client_outcome){
		.fate = stage == STAGE_PENDS ? CLIENT_PENDS : CLIENT_DROPS,
		.question = clients->query.question_bytes > 0 ? &clients->query.question : NULL,
		.informs = clients->match.informs ? &clients->match : NULL,
		.from_cache = true,
		.has_notified = asking.has_notified,
		.refused_signature = asking.refused_signature,
		.wanted_key = asking.refused_signature != TSIG_GOOD ? asking.wanted_key : NULL,
		.ede = EDE_NONE,
	};
	if (ready_bytes != 0)
		outcome_told(clients, outcome, &asking.answer, ready_bytes);
	if (stage != STAGE_ANSWERS)
		return;
	outcome_replies(clients, outcome, &asking.form, outcome->question, &asking.answer, reply, reply_max);
	if (outcome->fate == CLIENT_REPLIES && asking.is_signed)
		outcome->reply_bytes = client__sign(clients, &asking, reply, outcome->reply_bytes, reply_max);
	else if (outcome->fate == CLIENT_REPLIES && asking.refused_signature != TSIG_GOOD)
		outcome->reply_bytes = client__tell_signature(clients, &asking, bytes, size, reply, outcome->reply_bytes, reply_max);
	else if (outcome->fate == CLIENT_REPLIES)
		client__keep_ready(clients, &place, &asking, reply, outcome->reply_bytes);
}

/* The query that has waited; what stands in front of its alias is looked up anew, and may be all that is needed by now. */
static enum stage
resume(struct clients *clients, uint64_t client, uint64_t now_us, struct asking *asking)
{
	const struct client_pending *pending = client__pending_at(clients, client);
	arena_reset(clients->arena);
	*asking = (struct asking){
		.source = &pending->source,
		.now_us = now_us,
		.verdict = pending->refers ? ACL_MAY_CACHE : ACL_MAY_RECURSE,
		.form = pending->form,
		.policies = pending->policies,
		.client = client,
		.refers = pending->refers,
		.step = (enum dns64_step)pending->step,
		.dns64_ttl_s = pending->dns64_ttl_s,
	};
	clients->query.question = pending->question;
	clients->alias = NULL;
	clients->is_renamed = false;
	if (clients->policy->dns64 == NULL && asking->step == DNS64_A) { /* these are not the records that were asked for */
		answer_rcode(&asking->answer, RCODE_SERVFAIL, EDE_NOT_READY, "the configuration has changed meanwhile");
		return STAGE_ANSWERS;
	}
	if (clients->policy->dns64 == NULL)
		asking->step = DNS64_OFF;
	const enum stage stage = pending->has_alias ? client__alias(clients, asking) : STAGE_PASSES;
	asking->policies = pending->policies;
	asking->prefix = asking->answer;
	return stage;
}

/* Zones that are kept here are renewed all the time: what was asked for may not be where the alias leads now. */
static bool
is_led_elsewhere(const struct clients *clients, const struct client_pending *pending)
{
	return pending->has_alias && (clients->alias == NULL || pending->generation != clients->policy->generation);
}

/* The engine's answer, or what comes of asking for something else in turn; without one all that is looked for again. */
static enum stage
resumed(struct clients *clients, struct asking *asking, const struct answer *answer)
{
	if (answer == NULL)
		return stage_there(clients, asking);
	asking->answer = *answer;
	if (asking->refers) /* what was asked for lies in the caches now */
		return stage_there(clients, asking);
	if (goes_on(clients, asking))
		return stage_there(clients, asking);
	answer_of_alias(clients, asking);
	return STAGE_ANSWERS;
}

static void
go_on(struct clients *clients, uint64_t client, const struct answer *answer, uint8_t *reply, size_t reply_max,
      uint64_t now_us, struct client_outcome *outcome)
{
	const struct client_pending *pending = client__pending_at(clients, client);
	uint64_t elapsed_us = now_us - pending->received_us,
		 discard_after_us = clients->policy->discard_after_us;
	*outcome = (struct client_outcome){
		.fate = CLIENT_DROPS,
		.question = &pending->question,
		.from_cache = answer == NULL || answer->from_cache,
		.elapsed_us = elapsed_us,
		.ede = EDE_NONE,
	};
	struct asking asking;
	if (discard_after_us != 0 && elapsed_us > discard_after_us && !pending->source.is_stream) {
		clients->stats.dropped_late++;
		client__pending_remove(clients, client);
		return;
	}
	enum stage stage = resume(clients, client, now_us, &asking);
	if (stage == STAGE_PASSES) {
		stage = resumed(clients, &asking, is_led_elsewhere(clients, pending) ? NULL : answer);
		/* The others are counted as what they are. */
		clients->stats.answers_recursed +=
			stage == STAGE_ANSWERS && asking.answer.fate <= ANSWER_TRUNCATED && !asking.refers;
	}
	if (stage == STAGE_PENDS) {
		outcome->fate = CLIENT_PENDS;
		return;
	}
	if (stage == STAGE_ANSWERS)
		outcome_replies(clients, outcome, &pending->form, &pending->question, &asking.answer, reply, reply_max);
	client__pending_remove(clients, client);
}

void
client_answer(struct clients *clients, uint64_t client, const struct answer *answer, uint8_t *reply,
	      size_t reply_max, uint64_t now_us, struct client_outcome *outcome)
{
	go_on(clients, client, answer, reply, reply_max, now_us, outcome);
}

void
client_again(struct clients *clients, uint64_t client, uint8_t *reply, size_t reply_max, uint64_t now_us,
	     struct client_outcome *outcome)
{
	go_on(clients, client, NULL, reply, reply_max, now_us, outcome);
}
