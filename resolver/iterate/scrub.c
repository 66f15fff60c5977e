#include "resolver/iterate/scrub.h"

#include <assert.h>

#include "resolver/cache/negative.h"
#include "resolver/cache/rrset.h"
#include "resolver/iterate/extras.h"
#include "resolver/validate/rrsig.h"
#include "resolver/wire/rdata.h"

/* Sets in the order in which they are added. */
struct list {
	struct rrset *head, **tail;
	uint32_t count;
};

static void
list_init(struct list *list)
{
	*list = (struct list){ .head = NULL };
	list->tail = &list->head;
}

static void
list_add(struct list *list, struct rrset *set)
{
	*list->tail = set;
	list->tail = &set->next;
	set->next = NULL;
	list->count++;
}

static uint32_t
smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

uint32_t
scrub_ttl(uint32_t ttl_s, const struct scrub_limits *limits)
{
	ttl_s = smaller(ttl_s, limits->ttl_max_s);
	return ttl_s > limits->ttl_min_s ? ttl_s : limits->ttl_min_s;
}

static bool
is_proof(const struct rrset *set, const struct name *zone)
{
	return (set->type == TYPE_NSEC || set->type == TYPE_NSEC3) && set->class == CLASS_IN &&
	       set->rr_count > 0 && name_is_under(set->owner, zone);
}

/* For ANY and RRSIG a name answers with all that it has, or with some of it (RFC 8482, section 4.1): it all has to be judged. */
static void
add_finals(struct list *list, struct message *message, const struct chain *chain, uint16_t qtype)
{
	struct rrset *next;

	if (chain->final == NULL)
		return;
	if (chain->final->type == qtype) {
		list_add(list, chain->final);
		return;
	}
	for (struct rrset *set = message->sections[SECTION_ANSWER]; set != NULL && list->count < SCRUB_ANY_SETS_MAX; set = next) {
		next = set->next;
		if (set->class == CLASS_IN && type_answers(set->type, qtype) &&
		    name_equal(set->owner, chain->end))
			list_add(list, set);
	}
}

static struct rrset *
scrub_answer(struct scrubbed *scrubbed, struct message *message,
	     const struct classified *classified, const struct asked *asked,
	     const struct scrub_limits *limits, uint32_t *kept)
{
	const struct chain *chain = &classified->chain;
	enum trust trust = classified->authoritative ? TRUST_ANSWER_AA : TRUST_ANSWER;
	struct list finals, answer;

	list_init(&finals);
	add_finals(&finals, message, chain, asked->qtype);
	list_init(&answer);
	for (unsigned i = 0; i < chain->set_count; i++)
		list_add(&answer, chain->sets[i]);
	*kept += answer.count + finals.count;
	*answer.tail = finals.head;

	for (struct rrset *set = answer.head; set != NULL; set = set->next) {
		set->trust = (uint8_t)trust;
		set->ttl_s = scrub_ttl(set->ttl_s, limits);
	}
	scrubbed->answer = answer.head;
	return answer.head;
}

/* RFC 2308, section 5: the smaller of the SOA's own TTL and its MINIMUM field. */
static uint32_t
negative_ttl(const struct rrset *soa_set, const struct scrub_limits *limits)
{
	struct rdata_walk walk;
	struct soa soa;

	rdata_first(soa_set, &walk);
	if (!rdata_next(&walk) || rdata_soa(walk.bytes, walk.size, &soa) != 0)
		return 0;
	const uint32_t ttl_s = smaller(smaller(soa_set->ttl_s, soa.minimum_s), limits->negative_ttl_max_s);
	return ttl_s > limits->negative_ttl_min_s ? ttl_s : limits->negative_ttl_min_s;
}

static bool
keeps_extras(const struct scrub_limits *limits, const struct asked *asked)
{
	return extras_are_wanted(!limits->keeps_extras, asked->qtype);
}

/* A wildcard has made what answers: the section that has the proof is given whole. */
static bool
needs_proof(const struct classified *classified)
{
	return classified->response == RESPONSE_ANSWER && classified->chain.final != NULL &&
	       rrset_is_expanded(classified->chain.final);
}

/*
 * What stands beside an answer, or beside an absence of which nothing else is told and which is therefore not kept.  Beside the
 * absence of a DS set it would be a delegation.
 */
static bool
has_extras(const struct classified *classified, const struct asked *asked, const struct scrub_limits *limits)
{
	const bool is_bare =
		classified->response == RESPONSE_NODATA && classified->soa == NULL && asked->qtype != TYPE_DS;

	return (keeps_extras(limits, asked) && (classified->response == RESPONSE_ANSWER || is_bare)) || needs_proof(classified);
}

static void
scrub_authority(struct scrubbed *scrubbed, struct message *message,
		const struct classified *classified, const struct asked *asked,
		const struct scrub_limits *limits, uint32_t *kept)
{
	struct rrset *soa = classified->soa, *next;
	struct list kept_sets;
	unsigned proofs = 0;
	const bool with_ns = has_extras(classified, asked, limits);

	if (soa != NULL)
		scrubbed->negative_ttl_s = negative_ttl(soa, limits);
	list_init(&kept_sets);
	for (struct rrset *set = message->sections[SECTION_AUTHORITY]; set != NULL; set = next) {
		next = set->next;
		if (set != soa && (proofs == NEGATIVE_PROOFS_MAX ||
				   !(is_proof(set, asked->zone) || (with_ns && extras_is_ns(set, classified, asked)))))
			continue;
		set->ttl_s = set == soa ? scrubbed->negative_ttl_s : scrub_ttl(set->ttl_s, limits);
		proofs += set != soa;
		list_add(&kept_sets, set);
	}
	*kept += kept_sets.count;
	scrubbed->authority = kept_sets.head;
	for (struct rrset *set = scrubbed->authority; set != NULL; set = set->next)
		set->trust = classified->authoritative ? TRUST_AUTHORITY_AA : TRUST_REFERRAL;
}

/* True when a set carries signatures: only then can a proof beside it matter. */
static bool
is_signed(const struct rrset *set)
{
	for (; set != NULL; set = set->next) {
		if (set->sig_count > 0)
			return true;
	}
	return false;
}

static bool
leads_out(const struct rrset *set, const struct name *zone)
{
	struct rdata_walk walk;
	struct name next;

	rdata_first(set, &walk);
	for (uint32_t i = 0; i < set->rr_count && rdata_next(&walk); i++)
		if (name_from_wire(&next, walk.bytes, walk.size) < 0 || !name_is_under(&next, zone))
			return true;
	return false;
}

unsigned
scrub_foreign_spans(struct message *message, const struct name *zone)
{
	unsigned dropped = 0;

	for (enum dns_section section = SECTION_ANSWER; section <= SECTION_AUTHORITY; section++) {
		for (struct rrset **at = &message->sections[section]; *at != NULL;) {
			if ((*at)->type != TYPE_NSEC || (*at)->class != CLASS_IN || !leads_out(*at, zone)) {
				at = &(*at)->next;
				continue;
			}
			*at = (*at)->next;
			message->rrset_counts[section]--;
			dropped++;
		}
	}
	return dropped;
}

void
scrub(struct scrubbed *scrubbed, struct message *message, const struct classified *classified,
      const struct asked *asked, const struct scrub_limits *limits)
{
	uint32_t kept = 0;

	*scrubbed = (struct scrubbed){ .answer = NULL };
	switch (classified->response) {
	case RESPONSE_ANSWER:
	case RESPONSE_CNAME:
	case RESPONSE_YXDOMAIN:
		/* A set made by a wildcard comes with the proof that nothing closer exists. */
		if (is_signed(scrub_answer(scrubbed, message, classified, asked, limits, &kept)) ||
		    keeps_extras(limits, asked))
			scrub_authority(scrubbed, message, classified, asked, limits, &kept);
		break;
	case RESPONSE_NODATA:
	case RESPONSE_NXDOMAIN:
		scrub_answer(scrubbed, message, classified, asked, limits, &kept);
		scrub_authority(scrubbed, message, classified, asked, limits, &kept);
		break;
	case RESPONSE_REFERRAL:
	case RESPONSE_UPWARD:
	case RESPONSE_LAME:
	case RESPONSE_TRUNCATED:
	case RESPONSE_FORMERR_EDNS:
	case RESPONSE_REFUSED:
	case RESPONSE_SERVFAIL:
	case RESPONSE_LOOP:
	case RESPONSE_MALFORMED: return;
	}
	if (has_extras(classified, asked, limits))
		scrubbed->additional = extras_of_reply(message, scrubbed, classified, asked, limits);
	uint32_t all = 0;
	for (unsigned i = 0; i < SECTIONS; i++)
		all += message->rrset_counts[i];
	scrubbed->dropped = all > kept ? all - kept : 0;
}
