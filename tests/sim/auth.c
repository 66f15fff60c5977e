#include "tests/sim/auth.h"

#include <assert.h>

#include "resolver/wire/rdata.h"
#include "tests/sim/auth_zone.h"

#define PLAIN_UDP_BYTES 512u /* RFC 1035, section 2.3.4 */
#define SCRATCH_BYTES   65536u

/* A reply while it grows: sets by section, in order. */
struct reply {
	struct auth *auth;
	const struct query *query;
	struct arena scratch;
	uint16_t rcode;
	bool is_authoritative, is_truncated, has_edns;
	unsigned set_count;
	struct {
		struct rrset rrset;
		enum dns_section section;
		bool is_needed; /* leaving it out sets TC */
	} sets[AUTH_SETS_MAX];
};

/* ---- putting sets in ------------------------------------------------------------------------------ */

static bool
is_in_reply(const struct reply *reply, const struct rrset *rrset)
{
	for (unsigned i = 0; i < reply->set_count; i++) {
		const struct rrset *other = &reply->sets[i].rrset;
		if (other->type == rrset->type && name_equal(other->owner, rrset->owner))
			return true;
	}
	return false;
}

static void
put(struct reply *reply, enum dns_section section, const struct rrset *rrset, bool is_needed)
{
	if (rrset == NULL || reply->set_count == AUTH_SETS_MAX || is_in_reply(reply, rrset))
		return;
	reply->sets[reply->set_count].rrset = *rrset;
	reply->sets[reply->set_count].section = section;
	reply->sets[reply->set_count].is_needed = is_needed;
	reply->set_count++;
}

/* A wildcard's set under the name that was asked for (RFC 4592, section 3.3.1). */
static void
put_as(struct reply *reply, const struct rrset *rrset, const struct name *owner)
{
	struct rrset renamed = *rrset;
	renamed.owner = name_store(&reply->scratch, owner);
	if (renamed.owner != NULL)
		put(reply, SECTION_ANSWER, &renamed, true);
}

/* A set of one record with a name, which no zone has written down. */
static void
put_made(struct reply *reply, enum dns_section section, const struct name *owner, uint16_t type,
	 uint32_t ttl_s, const struct name *target)
{
	uint8_t *rdata = arena_alloc(&reply->scratch, 2u + target->size);
	struct rrset made = { .owner = name_store(&reply->scratch, owner),
			      .type = type,
			      .class = CLASS_IN,
			      .rr_count = 1,
			      .ttl_s = ttl_s,
			      .rdata = rdata,
			      .rdata_bytes = 2u + target->size };
	if (rdata == NULL || made.owner == NULL)
		return;
	rdata[0] = 0;
	rdata[1] = target->size;
	memcpy(rdata + 2, target->wire, target->size);
	put(reply, section, &made, true);
}

/* RFC 2308, section 3: the SOA's TTL is no more than its MINIMUM. */
static void
put_soa(struct reply *reply, const struct auth_zone *zone)
{
	struct soa soa;
	const struct rrset *rrset = auth__set(auth__node(reply->auth, zone, zone->apex), TYPE_SOA);
	struct rrset negative = *rrset;
	struct rdata_walk walk;
	rdata_first(rrset, &walk);
	if (rdata_next(&walk) && rdata_soa(walk.bytes, walk.size, &soa) == 0 &&
	    soa.minimum_s < negative.ttl_s)
		negative.ttl_s = soa.minimum_s;
	put(reply, SECTION_AUTHORITY, &negative, true);
}

/* Addresses of the names in the set: from the zone at hand, glue included, else from another of ours. */
static void
put_addresses(struct reply *reply, const struct auth_zone *zone, const struct rrset *rrset,
	      bool is_needed)
{
	struct rdata_walk walk;
	if (rrset->type == TYPE_CNAME || rrset->type == TYPE_DNAME || rrset->type == TYPE_PTR)
		return; /* RFC 1034, section 4.3.2, step 6 helps those who will ask next */
	rdata_first(rrset, &walk);
	for (unsigned i = 0; i < rrset->rr_count && rdata_next(&walk); i++) {
		struct name target;
		if (rdata_target(rrset->type, walk.bytes, walk.size, &target) != 0)
			return;
		struct auth_node *node = auth__node(reply->auth, zone, &target);
		const struct auth_zone *other = auth__zone_of(reply->auth, &target, false);
		if (node == NULL && other != NULL)
			node = auth__node(reply->auth, other, &target);
		bool below = is_needed && name_is_under(&target, rrset->owner);
		put(reply, SECTION_ADDITIONAL, auth__set(node, TYPE_A), below);
		put(reply, SECTION_ADDITIONAL, auth__set(node, TYPE_AAAA), below);
	}
}

/* ---- RFC 1034, section 4.3.2 ---------------------------------------------------------------------- */

/* What the search for a name in a zone ended in. */
enum found { FOUND_NODE, FOUND_CUT, FOUND_DNAME, FOUND_WILDCARD, FOUND_NOTHING };

struct search {
	struct auth_zone *zone;
	struct auth_node *
		node; /* the node, the cut, the DNAME's owner, the wildcard, or the closest encloser */
};

/* Step 3: label by label down from the apex. */
static enum found
search_zone(struct auth *auth, struct search *search, const struct name *qname, uint16_t qtype)
{
	unsigned labels = name_labels(qname);
	struct auth_node *encloser = NULL;
	for (unsigned count = name_labels(search->zone->apex); count <= labels; count++) {
		struct name at, wildcard;
		name_tail(&at, qname, count);
		struct auth_node *node = auth__node(auth, search->zone, &at);
		if (node == NULL) {
			search->node = encloser;
			if (name_prepend(&wildcard, (const uint8_t *)"*", 1, encloser->name) != 0)
				return FOUND_NOTHING;
			node = auth__node(auth, search->zone, &wildcard);
			search->node = node != NULL ? node : encloser;
			return node != NULL ? FOUND_WILDCARD : FOUND_NOTHING;
		}
		search->node = encloser = node;
		bool is_apex = node->name == search->zone->apex, is_qname = count == labels;
		if (!is_apex && auth__set(node, TYPE_NS) != NULL && !(is_qname && qtype == TYPE_DS))
			return FOUND_CUT; /* 3b; the DS set is the parent's (RFC 4035, section 3.1.4.1) */
		if (!is_qname && auth__set(node, TYPE_DNAME) != NULL)
			return FOUND_DNAME;
	}
	return FOUND_NODE;
}

static void
refer(struct reply *reply, const struct search *search)
{
	const struct rrset *ns = auth__set(search->node, TYPE_NS);
	reply->is_authoritative = false;
	put(reply, SECTION_AUTHORITY, ns, true);
	if (reply->query->edns.dnssec_ok)
		put(reply, SECTION_AUTHORITY, auth__set(search->node, TYPE_DS), true);
	put_addresses(reply, search->zone, ns, true);
}

/* The sets asked for; returns whether there were any. */
static bool
put_answer(struct reply *reply, const struct auth_node *node, const struct name *qname,
	   uint16_t qtype)
{
	unsigned before = reply->set_count;
	for (const struct auth_set *set = node->sets; set != NULL; set = set->next)
		if (set->rrset.rr_count > 0 && (set->rrset.type == qtype || qtype == TYPE_ANY))
			put_as(reply, &set->rrset, qname);
	for (unsigned i = before, end = reply->set_count; i < end; i++)
		put_addresses(reply, node->zone, &reply->sets[i].rrset, false);
	return reply->set_count > before;
}

static bool
first_target(const struct rrset *rrset, struct name *target)
{
	struct rdata_walk walk;
	rdata_first(rrset, &walk);
	return rdata_next(&walk) && rdata_target(rrset->type, walk.bytes, walk.size, target) == 0;
}

/* Step 3a for a node that is there, under its own name or a wildcard's.  True: go on with *qname. */
static bool
answer_node(struct reply *reply, const struct search *search, struct name *qname, uint16_t qtype)
{
	const struct rrset *cname = auth__set(search->node, TYPE_CNAME);
	if (cname != NULL && qtype != TYPE_CNAME && qtype != TYPE_ANY) {
		put_as(reply, cname, qname);
		return first_target(cname, qname);
	}
	if (put_answer(reply, search->node, qname, qtype))
		return false;
	if ((reply->auth->faults & AUTH_NXDOMAIN_AT_ENT) != 0 && search->node->sets == NULL)
		reply->rcode = RCODE_NXDOMAIN;
	put_soa(reply, search->zone);
	return false;
}

/* RFC 6672, section 3.2: the DNAME, and a CNAME made from it.  True: go on with *qname. */
static bool
answer_dname(struct reply *reply, const struct search *search, struct name *qname)
{
	const struct rrset *dname = auth__set(search->node, TYPE_DNAME);
	struct name target, alias = *qname;
	put(reply, SECTION_ANSWER, dname, true);
	if (!first_target(dname, &target))
		return false;
	if (name_substitute(qname, qname, search->node->name, &target) != 0) {
		reply->rcode = RCODE_YXDOMAIN;
		return false;
	}
	put_made(reply, SECTION_ANSWER, &alias, TYPE_CNAME, dname->ttl_s, qname);
	return true;
}

/* One name, in one zone.  True: an alias leads on to *qname. */
static bool
answer_name(struct reply *reply, struct auth_zone *zone, struct name *qname, uint16_t qtype)
{
	struct search search = { .zone = zone };
	switch (search_zone(reply->auth, &search, qname, qtype)) {
	case FOUND_NODE:
	case FOUND_WILDCARD: return answer_node(reply, &search, qname, qtype);
	case FOUND_DNAME: return answer_dname(reply, &search, qname);
	case FOUND_CUT:
		if (reply->set_count == 0)
			refer(reply, &search); /* an alias into a child is left to the asker */
		return false;
	case FOUND_NOTHING:
		reply->rcode = RCODE_NXDOMAIN;
		put_soa(reply, zone);
		return false;
	}
	return false;
}

static void
answer_query(struct reply *reply)
{
	const struct question *question = &reply->query->question;
	struct name qname = question->qname;
	bool is_ds = question->qtype == TYPE_DS;
	struct auth_zone *zone = auth__zone_of(reply->auth, &qname, is_ds);
	if (zone == NULL && is_ds)
		zone = auth__zone_of(reply->auth, &qname, false);
	if (zone == NULL || question->qclass != CLASS_IN) {
		reply->rcode = RCODE_REFUSED;
		return;
	}
	reply->is_authoritative = true;
	for (unsigned i = 0; i < AUTH_CHAIN_MAX && zone != NULL; i++) {
		if (!answer_name(reply, zone, &qname, question->qtype))
			break;
		zone = auth__zone_of(reply->auth, &qname, false);
	}
	if ((reply->auth->faults & AUTH_ADDS_NS) != 0 && reply->is_authoritative && zone != NULL) {
		const struct rrset *ns =
			auth__set(auth__node(reply->auth, zone, zone->apex), TYPE_NS);
		put(reply, SECTION_AUTHORITY, ns, false);
		if (ns != NULL)
			put_addresses(reply, zone, ns, false);
	}
}

/* ---- faults --------------------------------------------------------------------------------------- */

static void
refer_upward(struct reply *reply)
{
	struct name server;
	(void)name_from_text(&server, "a.root-servers.net.", NULL);
	put_made(reply, SECTION_AUTHORITY, &name_root, TYPE_NS, 518400, &server);
}

static void
refer_to_self(struct reply *reply)
{
	struct auth_zone *zone = auth__zone_of(reply->auth, &reply->query->question.qname, false);
	struct search search = { .zone = zone };
	if (zone == NULL) {
		reply->rcode = RCODE_REFUSED;
		return;
	}
	search.node = auth__node(reply->auth, zone, zone->apex);
	if (auth__set(search.node, TYPE_NS) != NULL)
		refer(reply, &search);
}

/* Whatever is asked is an alias for loop-a, that one for loop-b, and that for loop-a again. */
static void
answer_in_a_ring(struct reply *reply)
{
	const struct name *qname = &reply->query->question.qname;
	struct auth_zone *zone = auth__zone_of(reply->auth, qname, false);
	struct name a, b;
	if (zone == NULL || name_prepend(&a, (const uint8_t *)"loop-a", 6, zone->apex) != 0 ||
	    name_prepend(&b, (const uint8_t *)"loop-b", 6, zone->apex) != 0) {
		reply->rcode = RCODE_REFUSED;
		return;
	}
	reply->is_authoritative = true;
	put_made(reply, SECTION_ANSWER, qname, TYPE_CNAME, 60, name_equal(qname, &a) ? &b : &a);
}

static void
poison(struct reply *reply)
{
	if (reply->auth->poison == NULL)
		return;
	for (const struct auth_node *node = reply->auth->poison->nodes; node != NULL;
	     node = node->next)
		for (const struct auth_set *set = node->sets; set != NULL; set = set->next)
			put(reply,
			    set->rrset.type == TYPE_NS ? SECTION_AUTHORITY : SECTION_ADDITIONAL,
			    &set->rrset, false);
}

static void
fill(struct reply *reply)
{
	uint32_t faults = reply->auth->faults;
	if ((faults & AUTH_REFUSES) != 0)
		reply->rcode = RCODE_REFUSED;
	else if ((faults & AUTH_SERVFAILS) != 0)
		reply->rcode = RCODE_SERVFAIL;
	else if ((faults & AUTH_REFERS_UPWARD) != 0)
		refer_upward(reply);
	else if ((faults & AUTH_REFERS_TO_SELF) != 0)
		refer_to_self(reply);
	else if ((faults & AUTH_CNAME_LOOP) != 0)
		answer_in_a_ring(reply);
	else
		answer_query(reply);
	if ((faults & AUTH_POISONS) != 0)
		poison(reply);
	if ((faults & AUTH_NOT_AUTHORITATIVE) != 0)
		reply->is_authoritative = false;
}

/* ---- writing -------------------------------------------------------------------------------------- */

static struct question
question_back(const struct reply *reply)
{
	struct question question = reply->query->question;
	if ((reply->auth->faults & AUTH_LOWERCASES) != 0)
		name_lower(&question.qname, &question.qname);
	if ((reply->auth->faults & AUTH_WRONG_QUESTION) != 0)
		(void)name_from_text(&question.qname, "another.name.", NULL);
	return question;
}

static void
write_sets(struct reply *reply, struct render *render)
{
	for (unsigned section = 0; section < SECTIONS; section++) {
		for (unsigned i = 0; i < reply->set_count; i++) {
			const struct rrset *rrset = &reply->sets[i].rrset;
			if (reply->sets[i].section != (enum dns_section)section)
				continue;
			int err =
				render_rrset(render, (enum dns_section)section, rrset, rrset->ttl_s,
					     reply->query->edns.dnssec_ok && reply->has_edns);
			if (err != 0 && reply->sets[i].is_needed)
				reply->is_truncated = true;
		}
	}
}

static size_t
write_reply(struct reply *reply, uint8_t *bytes, size_t size)
{
	struct auth *auth = reply->auth;
	struct render render;
	uint16_t id = reply->query->id ^ ((auth->faults & AUTH_WRONG_ID) != 0 ? 0x5555 : 0);
	uint16_t flags = (uint16_t)(DNS_QR | (reply->query->flags & (DNS_RD | DNS_CD | 0x7800)));

	render_begin(&render, bytes, size, id, flags, reply->rcode,
		     reply->has_edns ? EDNS_RECORD_BYTES + reply->auth->options_bytes : 0u);
	if (reply->query->question_bytes > 0) {
		struct question question = question_back(reply);
		if (render_question(&render, &question) != 0)
			return 0;
	}
	write_sets(reply, &render);
	if (reply->is_authoritative)
		render.flags |= DNS_AA;
	if (reply->is_truncated)
		render.flags |= DNS_TC;
	struct edns edns = { .present = true,
			     .dnssec_ok = reply->query->edns.dnssec_ok,
			     .udp_bytes = auth->udp_bytes_max,
			     .options = auth->options,
			     .options_bytes = auth->options_bytes };
	if (reply->has_edns && render_edns(&render, &edns) != 0)
		return 0;
	int written = render_finish(&render);
	return written > 0 ? (size_t)written : 0;
}

static size_t
reply_bytes_max(const struct reply *reply, bool is_tcp)
{
	if (is_tcp)
		return MESSAGE_BYTES_MAX;
	if (!reply->has_edns)
		return PLAIN_UDP_BYTES;
	size_t client = reply->query->edns.udp_bytes, ours = reply->auth->udp_bytes_max;
	return client < ours ? client : ours;
}

static void
note_query(struct auth *auth, const struct query *query, bool is_tcp)
{
	struct auth_asked *asked = &auth->asked[auth->query_count++ % AUTH_ASKED_MAX];
	asked->edns = query->edns.present;
	asked->tcp = is_tcp;
	if (query->question_bytes > 0)
		asked->question = query->question;
}

static bool
is_silent(const struct auth *auth, const struct query *query)
{
	return (auth->faults & AUTH_DEAD) != 0 ||
	       ((auth->faults & AUTH_DROPS_EDNS) != 0 && query->edns.present);
}

size_t
auth_answer(struct auth *auth, const uint8_t *bytes, size_t size, bool is_tcp, uint8_t *out,
	    size_t out_bytes)
{
	struct query query;
	struct reply reply = { .auth = auth, .query = &query };
	int rcode = query_read(&query, bytes, size);
	if (rcode >= 0)
		note_query(auth, &query, is_tcp);
	if (rcode < 0 || is_silent(auth, &query)) {
		auth->drop_count++;
		return 0;
	}

	arena_init(&reply.scratch, auth->scratch, SCRATCH_BYTES);
	reply.rcode = (uint16_t)rcode;
	reply.has_edns = query.edns.present && (auth->faults & AUTH_IGNORES_EDNS) == 0;
	if (query.edns.present && (auth->faults & AUTH_FORMERRS_EDNS) != 0) {
		reply.rcode = RCODE_FORMERR;
		reply.has_edns = false;
	} else if (!is_tcp && (auth->faults & AUTH_TRUNCATES) != 0) {
		reply.is_truncated = true;
	} else if (rcode == RCODE_NOERROR) {
		fill(&reply);
	}
	size_t bytes_max = reply_bytes_max(&reply, is_tcp);
	return write_reply(&reply, out, bytes_max < out_bytes ? bytes_max : out_bytes);
}
