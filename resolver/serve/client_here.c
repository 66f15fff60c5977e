#include "resolver/serve/client_priv.h"

#include "resolver/iterate/rewrite.h"

/* ---- what a query is refused for before its name is looked at ------------------------------------------ */

/* Any opcode but QUERY: NOTIFY is known and refused, but for client__notify; the rest is not implemented. */
static uint16_t
opcode_rcode(uint16_t flags)
{
	return DNS_OPCODE(flags) == OPCODE_NOTIFY ? RCODE_REFUSED : RCODE_NOTIMP;
}

enum stage
client__malformed(struct clients *clients, int rcode, struct answer *answer)
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

static void
count_cookie(struct server_stats *stats, enum cookie_state state)
{
	stats->cookies_good += state == COOKIE_GOOD;
	stats->cookies_new += state == COOKIE_NEW;
	stats->cookies_bad += state == COOKIE_BAD;
}

static void
judge_cookie(struct clients *clients, struct asking *asking)
{
	const uint8_t *value;
	uint16_t value_bytes;
	asking->cookie = COOKIE_NONE;
	if (!clients->policy->answers_cookies || clients->query.edns.options_bytes == 0 ||
	    !edns_find(&clients->query.edns, EDNS_COOKIE, &value, &value_bytes))
		return;
	const uint32_t now_s =
		(uint32_t)(clients->wall_offset_s + (int64_t)(asking->now_us / 1000000u));
	asking->cookie = cookie_judge(&clients->policy->cookie_secret, &asking->source->addr, value,
				      value_bytes, now_s, asking->form.cookie);
	asking->form.has_cookie = asking->cookie != COOKIE_MALFORMED;
	count_cookie(&clients->stats, asking->cookie);
}

/* RFC 7873, section 5.2: a client that has shown a cookie of its own gets ours to come back with; others are sent to TCP. */
enum stage
client__cookie(struct clients *clients, struct asking *asking)
{
	judge_cookie(clients, asking);
	if (asking->cookie == COOKIE_MALFORMED) {
		clients->stats.failed_malformed++;
		answer_rcode(&asking->answer, RCODE_FORMERR, EDE_NONE, NULL);
		return STAGE_ANSWERS;
	}
	if (asking->action != ACL_ALLOW_COOKIE || asking->cookie == COOKIE_GOOD ||
	    asking->source->is_stream)
		return STAGE_PASSES;
	clients->stats.refused_cookie++;
	answer_rcode(&asking->answer,
		     asking->cookie == COOKIE_NONE ? RCODE_REFUSED : RCODE_BADCOOKIE, EDE_NONE,
		     NULL);
	if (asking->cookie == COOKIE_NONE)
		asking->answer.fate = ANSWER_TRUNCATED;
	return STAGE_ANSWERS;
}

/* What slips through is sent to TCP: the answer is no larger than the query, and a forged address cannot follow. */
enum stage
client__rate(struct clients *clients, struct asking *asking)
{
	const struct client_policy *policy = clients->policy;
	const struct rate_limit *limit =
		asking->cookie == COOKIE_GOOD ? &policy->cookie_rate : &policy->rate;
	if (limit->per_s == 0 || asking->source->is_stream)
		return STAGE_PASSES;
	switch (rate_take_addr(&clients->rates, limit, &asking->source->addr, asking->now_us)) {
	case RATE_WITHIN: return STAGE_PASSES;
	case RATE_BEYOND: clients->stats.dropped_rate++; return STAGE_DROPS;
	case RATE_SLIPS: break;
	}
	clients->stats.answers_slipped++;
	answer_rcode(&asking->answer, RCODE_NOERROR, EDE_RATE_LIMITED, NULL);
	asking->answer.fate = ANSWER_TRUNCATED;
	return STAGE_ANSWERS;
}

/* Zone transfers, signed queries, questions that no zone can answer, classes that are not served. */
static enum stage
stage_kind(struct clients *clients, struct asking *asking)
{
	const struct question *question = &clients->query.question;
	uint16_t rcode;
	enum ede ede = EDE_NOT_SUPPORTED;
	if (clients->query.tsig_present) /* keys are for zones and their primaries: to a question none is known */
		return client__refuse_signature(clients, asking, TSIG_BAD_KEY, NULL);
	if (question->qtype == TYPE_AXFR || question->qtype == TYPE_IXFR) {
		rcode = RCODE_REFUSED;
		ede = EDE_NOT_AUTHORITATIVE;
	} else if (question->qtype != TYPE_ANY &&
		   (question->qtype == 0 || type_is_meta(question->qtype))) {
		rcode = RCODE_FORMERR;
		ede = EDE_INVALID_QUERY_TYPE;
	} else if (question->qclass != CLASS_IN && question->qclass != CLASS_CH && question->qclass != CLASS_ANY) {
		rcode = RCODE_REFUSED;
	} else {
		return STAGE_PASSES;
	}
	clients->stats.refused_kind++;
	answer_rcode(&asking->answer, rcode, ede, NULL);
	return STAGE_ANSWERS;
}

/* ---- what is answered from here ------------------------------------------------------------------------ */

/* The arena is too small for what it was made for: our bug or absurd local data; the client hears of it. */
enum stage
client__failed(struct clients *clients, struct answer *answer, enum ede ede, const char *text)
{
	clients->stats.failed_full++;
	answer_rcode(answer, RCODE_SERVFAIL, ede, text);
	return STAGE_ANSWERS;
}

/* Behind this stage there is class IN alone: of the classes that ANY stands for it is the one that can be resolved. */
static enum stage
stage_chaos(struct clients *clients, struct answer *answer)
{
	const struct question *question = &clients->query.question;
	if (question->qclass != CLASS_CH)
		return STAGE_PASSES;
	if (chaos_answer(&clients->policy->chaos, question, clients->arena, answer) != 0)
		return client__failed(clients, answer, EDE_OTHER, "out of memory for the answer");
	clients->stats.answers_chaos++;
	return STAGE_ANSWERS;
}

/* With LOCAL_ALIASES passes: *answer holds the CNAME and clients->alias what is to be resolved. */
static enum stage
stage_local(struct clients *clients, const struct client_source *source, struct answer *answer)
{
	struct local_match *match = &clients->match;
	const struct local_client client = {
		.addr = &source->addr,
		.tags = tags_of_client(clients->policy->tags, &source->addr),
	};
	const struct view *view = views_of_client(clients->policy->views, &source->addr);
	if (view_answer(view, clients->policy->local, &clients->query.question, &client,
			clients->arena, match, answer) != 0)
		return client__failed(clients, answer, EDE_OTHER, "out of memory for the answer");
	switch (match->verdict) {
	case LOCAL_IS_NOT: return STAGE_PASSES;
	case LOCAL_ALIASES: clients->alias = match->alias; return STAGE_PASSES;
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
		return client__failed(clients, answer, EDE_OTHER, "out of memory for the answer");
	clients->stats.answers_any++;
	return STAGE_ANSWERS;
}

/* ---- policy about the client (policy/rpz.h) ------------------------------------------------------------- */

/* What has matched is the client's address, and no name of a zone that goes before. */
static bool
client_is_listed(const struct clients *clients, const struct asking *asking,
		 const struct name *name, struct rpz_hit *hit)
{
	const struct rpz *rpz = clients->policy->rpz;
	*hit = (struct rpz_hit){ .zone = NULL };
	rpz_match_addr(rpz, asking->policies, RPZ_CLIENT_IP, &asking->source->addr, hit);
	if (hit->zone == NULL)
		return false;
	rpz_match_name(rpz, asking->policies, RPZ_QNAME, name, hit);
	return hit->trigger == RPZ_CLIENT_IP;
}

/* Behind the CNAMEs of a local zone, if there are any. */
static enum stage
apply_policy(struct clients *clients, struct asking *asking, const struct rpz_hit *hit,
	     const struct name *name)
{
	struct lookup lookup = {
		.sname = name,
		.qtype = clients->query.question.qtype,
		.tail = &asking->answer.sections[SECTION_ANSWER],
		.rpz = clients->policy->rpz,
		.policies = asking->policies,
	};
	while (*lookup.tail != NULL)
		lookup.tail = &(*lookup.tail)->next;
	switch (rewrite_apply(&lookup, hit, clients->arena, &asking->answer)) {
	case REWRITE_NONE: asking->policies = lookup.policies; return STAGE_PASSES;
	case REWRITE_ALIAS: clients->alias = lookup.sname; return STAGE_PASSES;
	case REWRITE_ENDS: break;
	}
	clients->stats.answers_policy++;
	return STAGE_ANSWERS;
}

static enum stage
stage_policy(struct clients *clients, struct asking *asking)
{
	const struct client_policy *policy = clients->policy;
	const struct question *question = &clients->query.question;
	struct rpz_hit hit;

	if (policy->rpz == NULL)
		return STAGE_PASSES;
	const struct client_tags *tags = tags_of_client(policy->tags, &asking->source->addr);
	asking->policies = rpz_zones_for(policy->rpz, tags != NULL ? tags->set : 0);
	if (asking->policies == 0)
		return STAGE_PASSES;
	if (asking->source->is_stream)
		asking->policies |= RPZ_STREAM;
	const struct name *name = clients->alias != NULL ? clients->alias : &question->qname;
	return client_is_listed(clients, asking, name, &hit)
		       ? apply_policy(clients, asking, &hit, name)
		       : STAGE_PASSES;
}

/* The name of an address behind the prefix of DNS64 is that of the address inside (RFC 6147, section 5.3.1). */
static enum stage
stage_reverse(struct clients *clients)
{
	const struct dns64 *dns64 = clients->policy->dns64;
	const struct question *question = &clients->query.question;
	struct name reverse;

	if (dns64 == NULL || clients->alias != NULL || question->qtype != TYPE_PTR ||
	    !dns64_reverse(dns64, &question->qname, &reverse))
		return STAGE_PASSES;
	clients->alias = name_store(clients->arena, &reverse);
	clients->is_renamed = clients->alias != NULL;
	return STAGE_PASSES;
}

/* ---- all of it ------------------------------------------------------------------------------------------- */

enum stage
client__here(struct clients *clients, struct asking *asking)
{
	struct answer *answer = &asking->answer;
	enum stage stage = stage_kind(clients, asking);
	if (stage == STAGE_PASSES)
		stage = stage_local(clients, asking->source, answer);
	if (stage == STAGE_PASSES)
		stage = stage_chaos(clients, answer);
	if (stage == STAGE_PASSES)
		stage = client__zone(clients, asking);
	if (stage == STAGE_PASSES)
		stage = stage_permission(clients, asking->action, asking->verdict, answer);
	if (stage == STAGE_PASSES)
		stage = stage_policy(clients, asking);
	if (stage == STAGE_PASSES)
		stage = stage_reverse(clients);
	if (stage == STAGE_PASSES)
		stage = stage_any(clients, answer);
	return stage;
}

enum stage
client__alias(struct clients *clients, struct asking *asking)
{
	enum stage stage = stage_local(clients, asking->source, &asking->answer);
	if (stage == STAGE_PASSES)
		stage = client__zone(clients, asking);
	if (stage == STAGE_PASSES)
		stage = stage_policy(clients, asking);
	return stage == STAGE_PASSES ? stage_reverse(clients) : stage;
}
