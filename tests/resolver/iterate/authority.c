/* Servers that tell what their zones hold, and nothing else. */
#include <check.h>

#include "tests/resolver/iterate/world.h"

/* The records of the zone with that owner and type, as a set; NULL: none. */
static struct rrset *
zone_set(struct world *world, const struct world_zone *zone, const struct name *owner,
	 uint16_t type)
{
	struct record found[256];
	unsigned count = 0;
	for (const struct record *rr = zone->records; rr->owner != NULL; rr++) {
		struct name name = name_of(rr->owner);
		if (rr->type == type && name_equal(&name, owner))
			found[count++] = *rr;
	}
	return count > 0 ? records_set(&world->arena, found, count) : NULL;
}

static bool
zone_has_below(const struct world_zone *zone, const struct name *owner)
{
	for (const struct record *rr = zone->records; rr->owner != NULL; rr++) {
		struct name name = name_of(rr->owner);
		if (name_is_under(&name, owner))
			return true;
	}
	return false;
}

static void
add_glue(struct world *world, const struct world_zone *zone, const struct rrset *ns,
	 struct world_reply *reply)
{
	struct rdata_walk walk;
	rdata_first(ns, &walk);
	for (unsigned i = 0; i < ns->rr_count && rdata_next(&walk); i++) {
		struct name name;
		ck_assert_int_eq(name_from_wire(&name, walk.bytes, walk.size), 0);
		for (unsigned t = 0; t < 2; t++) {
			struct rrset *glue =
				zone_set(world, zone, &name, t == 0 ? TYPE_A : TYPE_AAAA);
			if (glue != NULL)
				records_append(&reply->sections[SECTION_ADDITIONAL], glue);
		}
	}
}

static bool
refer(struct world *world, const struct world_zone *zone, const struct name *apex,
      const struct question *question, const struct name *qname, struct world_reply *reply)
{
	for (unsigned labels = name_labels(apex) + 1; labels <= name_labels(qname); labels++) {
		struct name cut;
		name_tail(&cut, qname, labels);
		struct rrset *ns = zone_set(world, zone, &cut, TYPE_NS);
		if (ns == NULL || (question->qtype == TYPE_DS && labels == name_labels(qname)))
			continue;
		if (reply->sections[SECTION_ANSWER] == NULL)
			reply->flags &= (uint16_t)~DNS_AA;
		records_append(&reply->sections[SECTION_AUTHORITY], ns);
		add_glue(world, zone, ns, reply);
		return true;
	}
	return false;
}

static bool
add_everything(struct world *world, const struct world_zone *zone, const struct name *qname,
	       struct world_reply *reply)
{
	static const uint16_t types[] = {
		TYPE_A, TYPE_AAAA, TYPE_TXT, TYPE_NS, TYPE_SOA, TYPE_CNAME
	};
	bool any = false;
	for (unsigned i = 0; i < sizeof types / sizeof *types; i++) {
		struct rrset *set = zone_set(world, zone, qname, types[i]);
		if (set == NULL)
			continue;
		records_append(&reply->sections[SECTION_ANSWER], set);
		any = true;
	}
	return any;
}

/* RFC 1034, section 4.3.2, within one zone. */
static void
answer_in_zone(struct world *world, const struct world_zone *zone, const struct question *question,
	       struct world_reply *reply)
{
	struct name apex = name_of(zone->apex), qname = question->qname, target;
	for (unsigned aliases = 0; aliases < 20; aliases++) {
		struct rrset *set;
		if (!name_is_under(&qname, &apex) ||
		    refer(world, zone, &apex, question, &qname, reply))
			return;
		if (question->qtype == TYPE_ANY && add_everything(world, zone, &qname, reply))
			return;
		if ((set = zone_set(world, zone, &qname, question->qtype)) != NULL) {
			records_append(&reply->sections[SECTION_ANSWER], set);
			if (set->type == TYPE_NS)
				add_glue(world, zone, set, reply);
			return;
		}
		if ((set = zone_set(world, zone, &qname, TYPE_CNAME)) != NULL) {
			records_append(&reply->sections[SECTION_ANSWER], set);
			ck_assert_int_eq(
				name_from_wire(&qname, set->rdata + 2, set->rdata_bytes - 2), 0);
			continue;
		}
		unsigned labels = name_labels(&qname);
		struct name above;
		set = NULL;
		while (set == NULL && labels-- > name_labels(&apex)) {
			name_tail(&above, &qname, labels);
			set = zone_set(world, zone, &above, TYPE_DNAME);
		}
		if (set != NULL) {
			struct name made;
			char text[NAME_TEXT_BYTES], owner[NAME_TEXT_BYTES];
			records_append(&reply->sections[SECTION_ANSWER], set);
			ck_assert_int_eq(
				name_from_wire(&target, set->rdata + 2, set->rdata_bytes - 2), 0);
			if (name_substitute(&made, &qname, set->owner, &target) != 0) {
				reply->rcode = RCODE_YXDOMAIN;
				return;
			}
			struct record cname = { name_to_text(&qname, owner, sizeof owner),
						TYPE_CNAME, set->ttl_s,
						name_to_text(&made, text, sizeof text) };
			records_append(&reply->sections[SECTION_ANSWER],
				       records_set(&world->arena, &cname, 1));
			qname = made;
			continue;
		}
		if (!zone_has_below(zone, &qname))
			reply->rcode = RCODE_NXDOMAIN;
		set = zone_set(world, zone, &apex, TYPE_SOA);
		if (set != NULL)
			records_append(&reply->sections[SECTION_AUTHORITY], set);
		return;
	}
}

void
world_answer(struct world *world, const struct world_server *server, const struct query *query,
	     struct world_reply *reply)
{
	const struct world_zone *best = NULL;
	unsigned best_labels = 0;
	for (unsigned i = 0; i < server->zone_count; i++) {
		struct name apex = name_of(server->zones[i]->apex);
		bool is_apex = query->question.qtype == TYPE_DS &&
			       name_equal(&apex, &query->question.qname);
		if (is_apex || !name_is_under(&query->question.qname, &apex))
			continue;
		if (best == NULL || name_labels(&apex) >= best_labels) {
			best = server->zones[i];
			best_labels = name_labels(&apex);
		}
	}
	if (best == NULL) {
		reply->rcode = RCODE_REFUSED;
		return;
	}
	reply->flags |= DNS_AA;
	answer_in_zone(world, best, &query->question, reply);
}
