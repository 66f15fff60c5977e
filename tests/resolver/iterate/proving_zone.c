#include "tests/resolver/iterate/proving_zone.h"

#include <stdio.h>

#include "tests/suite.h"

/* ---- a zone with NSEC -------------------------------------------------------------------------------------- */

/* wild.mal. is an empty non-terminal; sub.mal. is delegated and not signed. */
static const struct {
	const char *owner, *value;
} chain[PROVING_SPANS] = {
	{ "mal.", "ns.mal. NS SOA RRSIG NSEC DNSKEY" },
	{ "ns.mal.", "sub.mal. A RRSIG NSEC" },
	{ "sub.mal.", "*.wild.mal. NS RRSIG NSEC" },
	{ "*.wild.mal.", "www.mal. A RRSIG NSEC" },
	{ "www.mal.", "mal. A RRSIG NSEC" },
};

static unsigned
span_of(const struct name *qname)
{
	unsigned last = 0;
	for (unsigned i = 0; i < COUNT(chain); i++) {
		const struct name owner = name_of(chain[i].owner);
		if (name_compare(&owner, qname) <= 0)
			last = i;
	}
	return last;
}

void
proving_add_soa(struct world *world, struct world_reply *reply)
{
	records_append(&reply->sections[SECTION_AUTHORITY],
		       world_record(world, "mal.", TYPE_SOA, PROVING_TTL_S, "mname. rname. 1 2 3 4 300"));
}

/* The asterisk is not counted among the labels that are signed (RFC 4034, section 3.1.3). */
static void
add_nsec(struct world *world, const struct world_server *server, struct world_reply *reply, unsigned i)
{
	struct rrset *set = world_record(world, chain[i].owner, TYPE_NSEC, PROVING_TTL_S, chain[i].value);

	signed_sign_as(world, signed_zone_of(server), set, name_labels(set->owner) - (chain[i].owner[0] == '*'));
	records_append(&reply->sections[SECTION_AUTHORITY], set);
}

static void
answer_by_wildcard(struct world *world, const struct world_server *server, const struct query *query,
		   struct world_reply *reply)
{
	char owner[NAME_TEXT_BYTES];

	name_to_text(&query->question.qname, owner, sizeof owner);
	struct rrset *set = world_record(world, owner, TYPE_A, 300, "203.0.113.99");
	signed_sign_as(world, signed_zone_of(server), set, 2);
	records_append(&reply->sections[SECTION_ANSWER], set);
}

void
prove_with_nsec(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	const struct name *qname = &query->question.qname;
	const struct name wild = name_of("wild.mal."), sub = name_of("sub.mal."), apex = name_of("mal.");
	const unsigned span = span_of(qname);
	const struct name owner = name_of(chain[span].owner);
	const bool is_there = name_equal(&owner, qname);

	if (!name_is_under(qname, &apex) || query->question.qtype == TYPE_DNSKEY ||
	    (is_there && reply->sections[SECTION_ANSWER] != NULL))
		return;
	if (name_is_under(qname, &sub) && !(is_there && query->question.qtype == TYPE_DS)) {
		world_reply_clear(reply, 0, RCODE_NOERROR);
		records_append(&reply->sections[SECTION_AUTHORITY], world_record(world, "sub.mal.", TYPE_NS, 300, "ns.sub.mal."));
		add_nsec(world, server, reply, span);
		records_append(&reply->sections[SECTION_ADDITIONAL],
			       world_record(world, "ns.sub.mal.", TYPE_A, 300, "203.0.113.67"));
		return;
	}
	const bool is_wild = name_is_under(qname, &wild) && !name_equal(qname, &wild);
	const bool is_empty = is_there || is_wild || name_equal(qname, &wild);
	world_reply_clear(reply, DNS_AA, is_empty ? RCODE_NOERROR : RCODE_NXDOMAIN);
	if (is_wild && query->question.qtype == TYPE_A)
		answer_by_wildcard(world, server, query, reply);
	else
		proving_add_soa(world, reply);
	add_nsec(world, server, reply, span);
	if (!is_empty && span != 0)
		add_nsec(world, server, reply, 0);
}

/* ---- a zone with NSEC3: of one record, a circle of its apex alone --------------------------------------------- */

static void
prove_by_hash(struct world *world, const struct query *query, struct world_reply *reply, unsigned flags)
{
	/* SHA-1 of mal. in base32hex, without salt or iterations. */
	static const char *const hash = "d5ep4tgc36ctp7miumh8h9v16gqbr0aj";
	const struct name apex = name_of("mal.");
	char owner[64], value[128];

	if (query->question.qtype == TYPE_DNSKEY)
		return;
	world_reply_clear(reply, DNS_AA, name_equal(&query->question.qname, &apex) ? RCODE_NOERROR : RCODE_NXDOMAIN);
	proving_add_soa(world, reply);
	(void)snprintf(owner, sizeof owner, "%s.mal.", hash);
	(void)snprintf(value, sizeof value, "1 %u 0 - %s NS SOA RRSIG DNSKEY NSEC3PARAM", flags, hash);
	records_append(&reply->sections[SECTION_AUTHORITY], world_record(world, owner, TYPE_NSEC3, PROVING_TTL_S, value));
}

void
prove_with_nsec3(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)server;
	prove_by_hash(world, query, reply, 0);
}

void
prove_with_opt_out(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)server;
	prove_by_hash(world, query, reply, 1);
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

void
proving_world_init(struct signed_world *signed_world, bool is_aggressive, world_habit *proves)
{
	struct engine_config config = engine_config_default;

	config.prime_root = false;
	config.aggressive_nsec = is_aggressive;
	signed_world_init(signed_world, 1, &config, proves, NULL);
}

const struct world_result *
proving_resolve(struct signed_world *signed_world, const char *qname, uint16_t qtype, bool checking_disabled)
{
	const struct engine_question question = { .qname = name_of(qname), .qtype = qtype, .qclass = CLASS_IN,
						  .dnssec_ok = true, .checking_disabled = checking_disabled };
	return world_resolve_as(signed_world->world, &question);
}

void
proving_expect_absent(const struct world_result *result, uint16_t rcode, uint16_t proof_type)
{
	ck_assert_uint_eq(result->rcode, rcode);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 0);
	unsigned soas = 0, proofs = 0;
	for (const struct rrset *set = result->sections[SECTION_AUTHORITY]; set != NULL; set = set->next) {
		soas += set->type == TYPE_SOA;
		proofs += set->type == proof_type;
		ck_assert_uint_ge(set->sig_count, 1);
	}
	ck_assert_uint_eq(soas, 1);
	ck_assert_uint_ge(proofs, 1);
	ck_assert_uint_eq(world_count(result, SECTION_AUTHORITY), soas + proofs);
}
