/*
 * Answers that are sent again as they are (cache/ready.h): which may be kept, for how long, and who may have them.
 *
 * What is kept was answered from the caches for the second time, to a client that no policy has singled out. It lasts until one of its sets
 * would be asked for anew (prefetch), and READY_LASTS_MAX_S at most: for so long it may be older than the caches.
 */
#include "resolver/iterate/lookup.h"
#include "resolver/serve/client_priv.h"

#define READY_LASTS_MAX_S 30u
#define FLAGS_AT          2u
#define RCODE_BITS        0xfu
#define ROOM_FOR_ALL      1232u /* a client with so much has been given all that there is */

void
client__ready_place(const struct clients *clients, const struct asking *asking, struct ready_place *place)
{
	const struct client_policy *policy = clients->policy;
	const struct query *query = &clients->query;

	place->is_used = clients->ready != NULL && !policy->answers_anew && policy->views == NULL && policy->tags == NULL && policy->rpz == NULL &&
			 policy->dns64 == NULL && query->question.qclass == CLASS_IN && !query->tsig_present &&
			 (asking->verdict == ACL_MAY_RECURSE || asking->verdict == ACL_MAY_CACHE);
	if (!place->is_used)
		return;
	name_lower(&place->qname, &query->question.qname);
	place->key = (struct ready_key){
		.qname = &place->qname,
		.qtype = query->question.qtype,
		.dnssec_ok = asking->form.dnssec_ok,
		.checking_disabled = client__checking_disabled(clients, asking),
		.generation = policy->generation,
	};
	place->hash = asking->source->foreseen != 0 ? asking->source->foreseen : ready_cache_hash(clients->ready, &place->key);
}

/* The key of a query of the usual form, not judged: false for all others. */
static bool
peek(const uint8_t *bytes, size_t size, struct name *qname, struct ready_key *key)
{
	struct cursor cursor = cursor_over(bytes, size);
	struct name asked;

	cursor_skip(&cursor, 2);
	key->checking_disabled = (cursor_u16(&cursor) & DNS_CD) != 0;
	const bool is_usual = cursor_u16(&cursor) == 1 && cursor_u32(&cursor) == 0;
	const uint16_t additionals = cursor_u16(&cursor);
	name_read(&asked, &cursor);
	key->qtype = cursor_u16(&cursor);
	cursor_skip(&cursor, 2);
	key->dnssec_ok = false;
	if (additionals > 0) {
		if (cursor_u8(&cursor) != 0 || cursor_u16(&cursor) != TYPE_OPT)
			return false;
		cursor_skip(&cursor, 2);
		key->dnssec_ok = (cursor_u32(&cursor) & EDNS_DO) != 0;
	}
	if (!is_usual || cursor.err != 0)
		return false;
	name_lower(qname, &asked);
	key->qname = qname;
	return true;
}

static uint64_t
foresee(const struct clients *clients, const struct client_ahead *query)
{
	struct ready_key key = { 0 };
	struct name qname;

	if (!peek(query->bytes, query->size, &qname, &key))
		return 0;
	const uint64_t hash = ready_cache_hash(clients->ready, &key);
	ready_cache_fetch_head(clients->ready, hash);
	return hash;
}

void
clients_foresee(const struct clients *clients, struct client_ahead *queries, unsigned count)
{
	const bool is_worth_it = count > 1 && clients->ready != NULL && !clients->policy->no_dnssec;

	for (unsigned i = 0; i < count; i++)
		queries[i].foreseen = is_worth_it ? foresee(clients, &queries[i]) : 0;
	for (unsigned i = 0; i < count; i++)
		if (queries[i].foreseen != 0)
			ready_cache_fetch_answer(clients->ready, queries[i].foreseen);
}

static uint32_t
seconds(const struct asking *asking)
{
	return (uint32_t)(asking->now_us / 1000000u);
}

size_t
client__ready(struct clients *clients, const struct ready_place *place, struct asking *asking, uint8_t *reply,
	      size_t reply_max)
{
	struct ready_facts facts;

	if (!place->is_used || reply_max < READY_BYTES_MAX ||
	    !ready_cache_get(clients->ready, &place->key, place->hash, reply, &facts, seconds(asking)))
		return 0;
	const size_t size = respond_ready(&clients->policy->respond, &asking->form, &clients->query.question, &facts, reply,
					  reply_max);
	if (size == 0)
		return 0;
	answer_rcode(&asking->answer, reply[FLAGS_AT + 1] & RCODE_BITS, EDE_NONE, NULL);
	clients->stats.answers_ready++;
	clients->stats.answers_cached++;
	return size;
}

/* While this set would be given from the caches as it is (iterate/lookup.h). */
static uint32_t
set_lasts_s(const struct rrset *set)
{
	const uint64_t tenths = (uint64_t)set->ttl_s * LOOKUP_SOON_PART;

	if (tenths <= set->original_ttl_s)
		return 0;
	const uint64_t lasts_s = (tenths - set->original_ttl_s + LOOKUP_SOON_PART - 1) / LOOKUP_SOON_PART;
	return lasts_s < set->ttl_s ? (uint32_t)lasts_s : set->ttl_s;
}

static uint32_t
answer_lasts_s(const struct answer *answer)
{
	uint32_t lasts_s = READY_LASTS_MAX_S;

	for (unsigned i = 0; i < SECTIONS; i++) {
		for (const struct rrset *set = answer->sections[i]; set != NULL; set = set->next) {
			const uint32_t set_s = set_lasts_s(set);
			lasts_s = set_s < lasts_s ? set_s : lasts_s;
		}
	}
	return lasts_s;
}

static bool
is_everybodys(const struct clients *clients, const struct asking *asking)
{
	const struct answer *answer = &asking->answer;

	return (answer->rcode == RCODE_NOERROR || answer->rcode == RCODE_NXDOMAIN) && answer->ede == EDE_NONE &&
	       answer->fate == ANSWER_GIVEN && answer->note == NULL && answer->from_cache && !answer->authoritative &&
	       !answer->is_ruled && !answer->is_referral && !answer->hides_recursion && !answer->is_stale && !answer->refresh_due &&
	       clients->alias == NULL && !clients->match.informs && asking->policies == 0 && asking->client == 0 &&
	       !clients->policy->respond.serve_original_ttl &&
	       (answer->sections[SECTION_ADDITIONAL] == NULL || asking->form.is_stream ||
		asking->form.udp_bytes >= ROOM_FOR_ALL);
}

void
client__keep_ready(struct clients *clients, const struct ready_place *place, const struct asking *asking,
		   const uint8_t *reply, size_t reply_bytes)
{
	if (!place->is_used || !is_everybodys(clients, asking) || (reply[FLAGS_AT] & DNS_TC >> 8) != 0 ||
	    !ready_cache_is_wanted(clients->ready, place->hash))
		return;
	const struct ready_facts facts = {
		.size = (uint16_t)respond_ready_bytes(&clients->policy->respond, &asking->form, reply_bytes),
		.security = asking->answer.security,
	};
	ready_cache_put(clients->ready, &place->key, place->hash, reply, &facts, answer_lasts_s(&asking->answer),
			seconds(asking));
}
