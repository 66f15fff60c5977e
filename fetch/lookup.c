#include "fetch/lookup.h"

#include <string.h>

#include "resolver/answer.h"
#include "resolver/wire/ask.h"
#include "resolver/wire/rdata.h"
#include "stack/base/arena.h"

uint16_t
lookup_type(unsigned kind)
{
	if (kind == NAMES_HTTPS)
		return TYPE_HTTPS;
	return kind == NAMES_IPV4 ? TYPE_A : TYPE_AAAA;
}

/* ---- what the resolver says -------------------------------------------------------------------------- */

static const char *
rcode_text(uint16_t rcode)
{
	switch ((enum dns_rcode)rcode) {
	case RCODE_NOERROR: return "NOERROR";
	case RCODE_FORMERR: return "FORMERR";
	case RCODE_SERVFAIL: return "SERVFAIL";
	case RCODE_NXDOMAIN: return "NXDOMAIN";
	case RCODE_NOTIMP: return "NOTIMP";
	case RCODE_REFUSED: return "REFUSED";
	case RCODE_YXDOMAIN: return "YXDOMAIN";
	case RCODE_YXRRSET: return "YXRRSET";
	case RCODE_NXRRSET: return "NXRRSET";
	case RCODE_NOTAUTH: return "NOTAUTH";
	case RCODE_NOTZONE: return "NOTZONE";
	case RCODE_BADVERS: return "BADVERS";
	case RCODE_BADCOOKIE: return "BADCOOKIE";
	}
	return "an unknown error";
}

/* RFC 8914, section 5; where the resolver says no more. */
static const char *
ede_text(int code)
{
	static const char *const texts[] = {
		[EDE_UNSUPPORTED_DNSKEY_ALGORITHM] = "its keys are of unsupported kinds",
		[EDE_UNSUPPORTED_DS_DIGEST] = "its DS records are of unsupported kinds",
		[EDE_STALE_ANSWER] = "the answer is stale",
		[EDE_FORGED_ANSWER] = "the answer was replaced by the resolver's operator",
		[EDE_DNSSEC_INDETERMINATE] = "DNSSEC cannot be decided",
		[EDE_DNSSEC_BOGUS] = "DNSSEC validation failed",
		[EDE_SIGNATURE_EXPIRED] = "its signature has expired",
		[EDE_SIGNATURE_NOT_YET_VALID] = "its signature is not valid yet",
		[EDE_DNSKEY_MISSING] = "no key of the zone matches its DS records",
		[EDE_RRSIGS_MISSING] = "its signatures are missing",
		[EDE_NO_ZONE_KEY_BIT] = "its keys are no zone keys",
		[EDE_NSEC_MISSING] = "the proof of absence is missing",
		[EDE_CACHED_ERROR] = "it has failed a moment ago",
		[EDE_NOT_READY] = "the resolver is not ready",
		[EDE_BLOCKED] = "the resolver blocks it",
		[EDE_CENSORED] = "the resolver was told to block it",
		[EDE_FILTERED] = "the resolver was asked to block it",
		[EDE_PROHIBITED] = "the resolver does not serve us",
		[EDE_NOT_AUTHORITATIVE] = "its server is not authoritative",
		[EDE_NO_REACHABLE_AUTHORITY] = "none of its name servers answers",
		[EDE_NETWORK_ERROR] = "its name servers cannot be reached",
		[EDE_INVALID_DATA] = "its name servers send invalid data",
	};
	const char *text = (size_t)code < sizeof texts / sizeof texts[0] ? texts[code] : NULL;
	return text != NULL ? text : "for a reason that has no name here";
}

static bool
is_bogus(int code)
{
	return (code >= EDE_DNSSEC_INDETERMINATE && code <= EDE_NSEC_MISSING) ||
	       code == EDE_SIGNATURE_EXPIRED_BEFORE_VALID;
}

/* `code` is of RFC 8914, EDE_NONE: none was told. */
static void
fail_with_reason(struct names_answer *answer, const char *host, uint16_t rcode, int code,
		 const char *text, int text_bytes)
{
	if (code == EDE_NONE) {
		failure_set(&answer->failure, FAILURE_RESOLVE, "%s: the resolver says %s", host,
			    rcode_text(rcode));
		return;
	}
	failure_set(&answer->failure, is_bogus(code) ? FAILURE_BOGUS : FAILURE_RESOLVE,
		    "%s: %s%s%.*s (EDE %d, %s)", host, ede_text(code), text_bytes > 0 ? ": " : "",
		    text_bytes, text, code, rcode_text(rcode));
}

/* The first error of RFC 8914 that the reply has. */
static void
fail_as_told(struct names_answer *answer, const char *host, const struct message *message)
{
	const uint8_t *value;
	uint16_t size;

	if (message->edns.present && edns_find(&message->edns, EDNS_EDE, &value, &size) && size >= 2)
		fail_with_reason(answer, host, message->rcode, value[0] << 8 | value[1],
				 (const char *)value + 2, size - 2);
	else
		fail_with_reason(answer, host, message->rcode, EDE_NONE, "", 0);
}

bool
lookup_is_servers_fault(const struct names_answer *answer)
{
	return answer->failure.cause == FAILURE_RESOLVE && !answer->is_nonexistent;
}

/* ---- the answer section ------------------------------------------------------------------------------ */

static void
take_addrs(struct names_answer *answer, const struct rrset *set)
{
	struct rdata_walk walk;
	unsigned left = set->rr_count;

	rdata_first(set, &walk);
	for (; left > 0 && rdata_next(&walk) && answer->addr_count < NAMES_ADDRS_MAX; left--) {
		if (set->type == TYPE_A && walk.size == 4)
			answer->addrs[answer->addr_count++] = addr_ipv4(walk.bytes);
		else if (set->type == TYPE_AAAA && walk.size == 16)
			answer->addrs[answer->addr_count++] = addr_ipv6(walk.bytes);
	}
}

/* Keeps the order of priority; of many the best (RFC 9460, section 2.4.1). */
static void
put_service(struct names_answer *answer, const struct names_service *service)
{
	unsigned at = answer->service_count;

	while (at > 0 && service->priority < answer->services[at - 1].priority)
		at--;
	if (at == NAMES_SERVICES_MAX)
		return;
	const unsigned last = answer->service_count < NAMES_SERVICES_MAX ? answer->service_count++
									 : NAMES_SERVICES_MAX - 1;
	memmove(&answer->services[at + 1], &answer->services[at], (last - at) * sizeof *service);
	answer->services[at] = *service;
}

static void
take_services(struct names_answer *answer, const struct rrset *set)
{
	struct rdata_walk walk;
	unsigned left = set->rr_count;

	rdata_first(set, &walk);
	for (; left > 0 && rdata_next(&walk); left--) {
		struct names_service service;
		if (svcb_read(&service, set->owner, walk.bytes, walk.size) == 0)
			put_service(answer, &service);
	}
}

static void
fail_nonexistent(struct names_answer *answer, const char *host)
{
	answer->is_nonexistent = true;
	failure_set(&answer->failure, FAILURE_RESOLVE, "%s does not exist%s", host,
		    answer->is_secure ? " (proved by DNSSEC)" : "");
}

static void
take_section(struct names_answer *answer, const struct question *question, const struct rrset *section)
{
	const struct rrset *set = ask_follow(section, question, &answer->ttl_s);

	if (set != NULL && set->type == TYPE_HTTPS)
		take_services(answer, set);
	else if (set != NULL)
		take_addrs(answer, set);
}

static enum lookup_result
judge(struct names_answer *answer, const struct message *message, const struct question *question)
{
	char host[NAME_TEXT_BYTES];

	if ((message->flags & DNS_TC) != 0)
		return LOOKUP_TRUNCATED;
	if ((message->rcode == RCODE_FORMERR || message->rcode == RCODE_NOTIMP) &&
	    !message->edns.present)
		return LOOKUP_NO_EDNS;
	answer->is_secure = (message->flags & DNS_AD) != 0;
	(void)name_to_text(&question->qname, host, sizeof host);
	if (message->rcode == RCODE_NXDOMAIN)
		fail_nonexistent(answer, host);
	else if (message->rcode != RCODE_NOERROR)
		fail_as_told(answer, host, message);
	else
		take_section(answer, question, message->sections[SECTION_ANSWER]);
	return LOOKUP_ANSWER;
}

/* Of the oldest of what the answer is made of. */
static uint32_t
age_s(const struct answer *resolved)
{
	uint32_t oldest_s = 0;
	const struct rrset *sections[] = { resolved->sections[SECTION_ANSWER], resolved->sections[SECTION_AUTHORITY] };

	for (unsigned i = 0; i < 2; i++)
		for (const struct rrset *set = sections[i]; set != NULL; set = set->next)
			if (set->original_ttl_s > set->ttl_s && set->original_ttl_s - set->ttl_s > oldest_s)
				oldest_s = set->original_ttl_s - set->ttl_s;
	return oldest_s;
}

void
lookup_take(struct names_answer *answer, const struct question *question, unsigned kind,
	    const struct answer *resolved)
{
	const char *text = resolved->ede_text != NULL ? resolved->ede_text : "";
	char host[NAME_TEXT_BYTES];

	*answer = (struct names_answer){ .kind = kind,
		                         .is_cached = resolved->from_cache,
		                         .is_stale = resolved->is_stale,
		                         .age_s = resolved->from_cache ? age_s(resolved) : 0,
		                         .is_secure = resolved->security == SECURITY_SECURE };
	(void)name_to_text(&question->qname, host, sizeof host);
	if (resolved->rcode == RCODE_NXDOMAIN)
		fail_nonexistent(answer, host);
	else if (resolved->rcode != RCODE_NOERROR)
		fail_with_reason(answer, host, resolved->rcode, resolved->ede, text,
				 (int)strnlen(text, FAILURE_TEXT_BYTES));
	else
		take_section(answer, question, resolved->sections[SECTION_ANSWER]);
}

enum lookup_result
lookup_read(struct names_answer *answer, const struct question *question, unsigned kind,
	    uint16_t id, const uint8_t *bytes, size_t size, struct arena *arena)
{
	struct message message;

	*answer = (struct names_answer){ .kind = kind };
	if (message_read(&message, arena, bytes, size) != 0 || !ask_is_answered_by(&message, question, id))
		return LOOKUP_FOREIGN;
	return judge(answer, &message, question);
}
