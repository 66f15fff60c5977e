#include "resolver/iterate/classify.h"

#include <assert.h>

/* The SOA of a zone not above the one asked about and not below the name that does not exist. */
static struct rrset *
find_soa(const struct message *message, const struct asked *asked, const struct name *name)
{
	for (struct rrset *set = message->sections[SECTION_AUTHORITY]; set != NULL;
	     set = set->next) {
		if (set->type == TYPE_SOA && set->class == CLASS_IN && set->rr_count == 1 &&
		    name_is_under(set->owner, asked->zone) && name_is_under(name, set->owner))
			return set;
	}
	return NULL;
}

/* The NS set in a section on the way between the root and the name. */
static struct rrset *
find_ns(const struct message *message, enum dns_section section, const struct name *name)
{
	for (struct rrset *set = message->sections[section]; set != NULL; set = set->next) {
		if (set->type == TYPE_NS && set->class == CLASS_IN && set->rr_count > 0 &&
		    name_is_under(name, set->owner))
			return set;
	}
	return NULL;
}

/* NSEC and NSEC3 of the zone: what says why something is absent says also that it is, without an SOA beside it. */
static bool
has_proof(const struct message *message, const struct asked *asked)
{
	for (const struct rrset *set = message->sections[SECTION_AUTHORITY]; set != NULL; set = set->next)
		if ((set->type == TYPE_NSEC || set->type == TYPE_NSEC3) && set->class == CLASS_IN &&
		    set->sig_count > 0 && name_is_under(set->owner, asked->zone))
			return true;
	return false;
}

static bool
is_below(const struct name *name, const struct name *zone)
{
	return name->size > zone->size && name_is_under(name, zone);
}

/* Unless AA says otherwise: from who offers recursion, and is not asked for it. */
static bool
is_out_of_cache(const struct message *message, const struct asked *asked)
{
	return (message->flags & DNS_RA) != 0 && !asked->is_forward && !asked->takes_cached;
}

static enum response
classify_rcode(const struct message *message, const struct asked *asked)
{
	switch (message->rcode) {
	case RCODE_FORMERR:
	case RCODE_NOTIMP:
	case RCODE_BADVERS: return asked->edns ? RESPONSE_FORMERR_EDNS : RESPONSE_SERVFAIL;
	case RCODE_REFUSED:
	case RCODE_NOTAUTH: return RESPONSE_REFUSED;
	default: /* an open set: any rcode may come */ return RESPONSE_SERVFAIL;
	}
}

static enum response
classify_fault(const struct chain *chain)
{
	switch (chain->fault) {
	case CHAIN_TOO_LONG: return RESPONSE_LOOP;
	case CHAIN_OVERFLOW: return RESPONSE_YXDOMAIN;
	case CHAIN_SOUND:
	case CHAIN_MALFORMED:
	case CHAIN_NO_MEMORY: break;
	}
	return RESPONSE_MALFORMED;
}

/* A response without aliases and without the set asked for: a referral, nothing, or nonsense. */
static enum response
classify_empty(struct classified *classified, const struct message *message,
	       const struct asked *asked)
{
	bool recursive = is_out_of_cache(message, asked);
	classified->soa = find_soa(message, asked, asked->qname);
	classified->ns = find_ns(message, SECTION_AUTHORITY, asked->qname);

	if (message->rcode == RCODE_NXDOMAIN)
		return classified->authoritative || !recursive ? RESPONSE_NXDOMAIN : RESPONSE_LAME;
	if (classified->soa != NULL && (classified->authoritative || !recursive))
		return RESPONSE_NODATA;
	if (classified->ns != NULL && is_below(classified->ns->owner, asked->zone)) {
		/* A parent that knows no DS answers for the child's apex with the child's delegation. */
		if (asked->qtype == TYPE_DS && name_equal(classified->ns->owner, asked->qname))
			return RESPONSE_NODATA;
		return asked->is_forward ? RESPONSE_LAME : RESPONSE_REFERRAL;
	}
	if (classified->authoritative || (asked->is_forward && classified->ns == NULL))
		return RESPONSE_NODATA;
	if (classified->ns == NULL && !recursive && has_proof(message, asked))
		return RESPONSE_NODATA;
	if (asked->takes_cached && classified->ns != NULL && name_equal(classified->ns->owner, asked->zone))
		return RESPONSE_NODATA; /* with the zone's servers instead of its SOA */
	return classified->ns != NULL ? RESPONSE_UPWARD : RESPONSE_LAME;
}

/* Of the DS set of its own zone a server can say nothing, its parent's has to be asked (RFC 4035, section 3.1.4.1). */
static bool
is_parents_to_say(const struct classified *classified, const struct asked *asked)
{
	return asked->qtype == TYPE_DS && !asked->is_forward && classified->soa != NULL &&
	       name_equal(classified->soa->owner, classified->chain.end);
}

/* Aliases that end inside the zone, and nothing for their end: is it known that there is nothing? */
static enum response
classify_dangling(struct classified *classified, const struct message *message,
		  const struct asked *asked)
{
	if (classified->chain.outside)
		return RESPONSE_CNAME;
	classified->soa = find_soa(message, asked, classified->chain.end);
	if (is_parents_to_say(classified, asked))
		return RESPONSE_CNAME;
	if (message->rcode == RCODE_NXDOMAIN)
		return RESPONSE_NXDOMAIN;
	return classified->soa != NULL ? RESPONSE_NODATA : RESPONSE_CNAME;
}

static enum response
classify_answer(struct classified *classified, const struct message *message,
		const struct asked *asked)
{
	const struct chain *chain = &classified->chain;
	bool recursive = is_out_of_cache(message, asked);

	if (!classified->authoritative && recursive)
		return RESPONSE_LAME;
	if (chain->final == NULL)
		return classify_dangling(classified, message, asked);
	/* A parent that puts the delegation into the answer section, without AA (seen with NS questions). */
	if (!classified->authoritative && !asked->is_forward && asked->qtype == TYPE_NS && chain->set_count == 0 &&
	    is_below(asked->qname, asked->zone)) {
		classified->ns = chain->final;
		return RESPONSE_REFERRAL;
	}
	return RESPONSE_ANSWER;
}

void
classify(struct classified *classified, const struct message *message, const struct asked *asked,
	 struct arena *arena)
{
	assert(name_is_under(asked->qname, asked->zone));
	classified->ns = classified->soa = NULL;
	classified->authoritative = (message->flags & DNS_AA) != 0;
	classified->chain.set_count = 0;

	if ((message->flags & DNS_TC) != 0) {
		classified->response = RESPONSE_TRUNCATED;
		return;
	}
	/* YXDOMAIN comes with the DNAME that makes the name too long (RFC 6672, section 2.2). */
	if (message->rcode != RCODE_NOERROR && message->rcode != RCODE_NXDOMAIN &&
	    message->rcode != RCODE_YXDOMAIN) {
		classified->response = classify_rcode(message, asked);
		return;
	}
	const enum chain_trust trust = asked->is_forward     ? CHAIN_TAKES_ALL
				       : asked->is_guessable ? CHAIN_TAKES_OWN
							     : CHAIN_TAKES_SAME;
	chain_follow(&classified->chain, message, asked->qname, asked->qtype, asked->zone, trust, arena);
	if (classified->chain.fault != CHAIN_SOUND)
		classified->response = classify_fault(&classified->chain);
	else if (message->rcode == RCODE_YXDOMAIN)
		classified->response = RESPONSE_SERVFAIL;
	else if (message->answer_is_hollow && classified->chain.final == NULL)
		classified->response = RESPONSE_SERVFAIL; /* it tried to answer: that is no absence */
	else if (classified->chain.set_count == 0 && classified->chain.final == NULL)
		classified->response = classify_empty(classified, message, asked);
	else
		classified->response = classify_answer(classified, message, asked);
}

const char *
response_text(enum response response)
{
	static const char *const texts[RESPONSES] = {
		[RESPONSE_ANSWER] = "an answer",
		[RESPONSE_CNAME] = "an alias",
		[RESPONSE_NODATA] = "NODATA",
		[RESPONSE_NXDOMAIN] = "NXDOMAIN",
		[RESPONSE_REFERRAL] = "a referral",
		[RESPONSE_UPWARD] = "an upward referral",
		[RESPONSE_LAME] = "an answer without authority",
		[RESPONSE_TRUNCATED] = "a truncated answer",
		[RESPONSE_FORMERR_EDNS] = "FORMERR",
		[RESPONSE_REFUSED] = "REFUSED",
		[RESPONSE_SERVFAIL] = "SERVFAIL",
		[RESPONSE_YXDOMAIN] = "YXDOMAIN",
		[RESPONSE_LOOP] = "aliases without end",
		[RESPONSE_MALFORMED] = "a malformed answer",
	};
	return texts[response];
}
