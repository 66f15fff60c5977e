/*
 * Zones that are kept here for clients (for-downstream), which are answered as an authority does.
 *
 * Who may have recursion, and wants it, gets more: what lies behind an alias out of the zone, and what zones below
 * it say (RFC 1034, section 4.3.2, step 3b and the last paragraph).  And who says that one of them has changed.
 */
#include "resolver/serve/client_priv.h"
#include "resolver/zone/kept.h"
#include "resolver/zone/notified.h"

/* The reply's sets behind what the answer has already. */
static void
put_behind(struct answer *answer, const struct zone_reply *reply)
{
	for (unsigned i = 0; i < SECTIONS; i++) {
		struct rrset **end = &answer->sections[i];
		while (*end != NULL)
			end = &(*end)->next;
		*end = reply->sections[i];
	}
	answer->rcode = reply->rcode;
	answer->security = SECURITY_INSECURE;
}

static enum stage
answers(struct clients *clients, enum stage stage)
{
	clients->stats.answers_zone += stage == STAGE_ANSWERS;
	return stage;
}

/* Below the zone others speak: a referral is for who may not have them asked. */
static enum stage
refer(struct clients *clients, struct asking *asking, const struct zone_reply *reply)
{
	if (asking->verdict == ACL_MAY_RECURSE || clients->alias != NULL)
		return STAGE_PASSES;
	put_behind(&asking->answer, reply);
	asking->answer.is_referral = true;
	return answers(clients, STAGE_ANSWERS);
}

/* One zone's word about one name.  Passes with clients->alias changed where that is in turn to be looked for. */
static enum stage
ask_zone(struct clients *clients, struct asking *asking, const struct kept_zone *kept, const struct question *question)
{
	struct answer *answer = &asking->answer;
	struct zone_reply reply;

	if (kept->zone == NULL) {
		char zone[NAME_TEXT_BYTES];
		name_to_text(kept->name, zone, sizeof zone);
		answer_rcode(answer, RCODE_SERVFAIL, EDE_INVALID_DATA,
			     arena_printf(clients->arena, "no records of %s that still hold", zone));
		return answers(clients, STAGE_ANSWERS);
	}
	/* Proofs that are not made here come from the zone's servers. */
	if (kept->zone->denies_hashed && asking->form.dnssec_ok && asking->verdict == ACL_MAY_RECURSE)
		return STAGE_PASSES;
	if (zone_ask(kept->zone, question, asking->form.dnssec_ok, clients->arena, &reply) != 0)
		return client__failed(clients, answer, EDE_OTHER, "out of memory for the answer");
	if (reply.verdict == ZONE_REFERS)
		return refer(clients, asking, &reply);
	put_behind(answer, &reply);
	answer->authoritative = true; /* of the first owner name (RFC 1035, section 4.1.1), which is local or the zone's */
	if (reply.verdict == ZONE_ANSWERS || asking->verdict != ACL_MAY_RECURSE)
		return answers(clients, STAGE_ANSWERS);
	clients->alias = reply.alias;
	return STAGE_PASSES;
}

enum stage
client__zone(struct clients *clients, struct asking *asking)
{
	const struct question *asked = &clients->query.question;
	struct question question = { .qtype = asked->qtype, .qclass = CLASS_IN }; /* or ANY, as which it is taken */

	if (clients->policy->kept == NULL)
		return STAGE_PASSES;
	if (clients->alias == NULL)
		asking->answer = (struct answer){ .security = SECURITY_INSECURE, .ede = EDE_NONE };
	for (unsigned i = 0; i < ZONE_ALIASES_MAX; i++) {
		const struct name *alias = clients->alias;
		name_copy(&question.qname, alias != NULL ? alias : &asked->qname);
		const struct kept_zone *zone = kept_find(clients->policy->kept, &question.qname, question.qtype);
		if (zone == NULL || !zone->for_downstream || (zone->zone == NULL && zone->fallback))
			return STAGE_PASSES;
		const enum stage stage = ask_zone(clients, asking, zone, &question);
		if (stage != STAGE_PASSES || clients->alias == alias)
			return stage;
	}
	answer_rcode(&asking->answer, RCODE_SERVFAIL, EDE_OTHER, "too many aliases, or a circle of them");
	return answers(clients, STAGE_ANSWERS);
}

static uint64_t
wall_s(const struct clients *clients, uint64_t now_us)
{
	return (uint64_t)(clients->wall_offset_s + (int64_t)(now_us / 1000000u));
}

enum stage
client__refuse_signature(struct clients *clients, struct asking *asking, enum tsig_verdict verdict, const struct tsig_key *wanted)
{
	const bool is_bad = verdict == TSIG_BAD_KEY || verdict == TSIG_BAD_SIG || verdict == TSIG_BAD_TIME;

	clients->stats.refused_signature++;
	asking->refused_signature = is_bad ? verdict : TSIG_GOOD; /* of what cannot be read nothing is said */
	asking->wanted_key = wanted;
	answer_rcode(&asking->answer, is_bad ? RCODE_NOTAUTH : RCODE_FORMERR, EDE_NONE, NULL);
	return STAGE_ANSWERS;
}

/* Where there is no key, signatures are not looked at.  *bad is left alone but by a bad one. */
static bool
may_speak(struct clients *clients, struct asking *asking, const struct notified_source *source, const uint8_t *bytes, size_t size,
	  enum tsig_verdict *bad)
{
	struct tsig tsig;

	if (source->key == NULL || clients->hmac == NULL)
		return !source->wants_signature;
	tsig_begin(&tsig, source->key, clients->hmac);
	const enum tsig_verdict verdict = tsig_verify(&tsig, bytes, size, wall_s(clients, asking->now_us));
	if (verdict == TSIG_MISSING)
		return !source->wants_signature;
	clients->tsig = tsig;
	if (verdict != TSIG_GOOD) {
		*bad = verdict;
		return false;
	}
	asking->is_signed = true;
	return true;
}

bool
client__notify(struct clients *clients, struct asking *asking, const uint8_t *bytes, size_t size)
{
	struct notified *notified = clients->policy->notified;
	const struct query *query = &clients->query;

	enum tsig_verdict bad = TSIG_GOOD;

	if (DNS_OPCODE(query->flags) != OPCODE_NOTIFY || query->question_bytes == 0 || query->question.qtype != TYPE_SOA ||
	    query->question.qclass != CLASS_IN || notified == NULL)
		return false;
	for (unsigned i = 0; i < notified->count; i++) {
		const struct notified_source *source = notified_find(notified, i, &query->question.qname, &asking->source->addr);
		if (source == NULL || !may_speak(clients, asking, source, bytes, size, &bad))
			continue;
		notified_tell(notified, i);
		asking->has_notified = true;
	}
	if (!asking->has_notified && bad != TSIG_GOOD)
		return client__refuse_signature(clients, asking, bad, clients->tsig.key) == STAGE_ANSWERS;
	if (!asking->has_notified)
		return false;
	answer_rcode(&asking->answer, RCODE_NOERROR, EDE_NONE, NULL);
	asking->answer.authoritative = true;
	clients->stats.notified++;
	return true;
}

size_t
client__sign(struct clients *clients, const struct asking *asking, uint8_t *reply, size_t reply_bytes, size_t reply_max)
{
	const int size = tsig_sign(&clients->tsig, reply, reply_bytes, reply_max, wall_s(clients, asking->now_us));
	return size > 0 ? (size_t)size : reply_bytes; /* without room it goes unsigned, and will be told again */
}

size_t
client__tell_signature(struct clients *clients, const struct asking *asking, const uint8_t *bytes, size_t size, uint8_t *reply,
		       size_t reply_bytes, size_t reply_max)
{
	const int told = tsig_refuse(&clients->tsig, asking->refused_signature, bytes, size, reply, reply_bytes, reply_max,
				     wall_s(clients, asking->now_us));
	return told > 0 ? (size_t)told : reply_bytes; /* NOTAUTH says the most of it */
}
