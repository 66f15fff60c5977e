#include "resolver/policy/local_priv.h"
#include "resolver/policy/prefixes.h"
#include "resolver/policy/tags.h"
#include "resolver/wire/rdata.h"
#include "stack/base/arena.h"

/* What is known of one name: its zone, and its own node when it has one there. */
struct lookup {
	const struct local_node *zone;
	const struct local_node *node;
	enum local_type type;      /* the zone's, or what a tag makes of it */
	uint16_t class;
	uint64_t tags;             /* that client and zone share */
	const struct local *datas; /* of the client's tags; NULL: none */
};

/* The nearest zone at or above that is there for clients with these tags. */
static const struct local_node *
zone_for(const struct local_node *zone, uint64_t tags)
{
	while (zone != NULL && zone->tags != 0 && (zone->tags & tags) == 0)
		zone = zone->parent != NULL ? zone->parent->zone : NULL;
	return zone;
}

/* The type of the zone, unless the client's address has another, or the first tag that they share. */
static enum local_type
type_for(const struct local_node *zone, const struct ip_addr *addr, const struct client_tags *tags)
{
	const uint8_t *override = zone->overrides != NULL && addr != NULL ? prefixes_find(zone->overrides, addr) : NULL;
	if (override != NULL)
		return (enum local_type)*override;
	for (unsigned i = 0; tags != NULL && i < TAGS_MAX; i++)
		if ((zone->tags & tags->set) >> i & 1 && tags->actions[i] != 0)
			return (enum local_type)(tags->actions[i] - 1);
	return (enum local_type)zone->type;
}

static struct lookup
look_up(const struct local *local, const struct name *name, uint16_t qtype, const struct local_client *client)
{
	bool exact;
	const struct local_node *deepest = local__node_find(local, name, &exact);
	const struct client_tags *tags = client != NULL ? client->tags : NULL;
	const uint64_t set = tags != NULL ? tags->set : 0;
	const struct local_node *zone = deepest->zone;
	if (qtype == TYPE_DS && exact && deepest->is_zone && deepest->parent != NULL)
		zone = deepest->parent->zone;
	zone = zone_for(zone, set);
	if (zone == NULL)
		return (struct lookup){ .zone = NULL };
	const bool is_hidden = deepest->zone != NULL && zone_for(deepest->zone, set) != deepest->zone;
	return (struct lookup){
		.zone = zone,
		.node = exact && !is_hidden ? deepest : NULL,
		.type = type_for(zone, client != NULL ? client->addr : NULL, tags),
		.class = local->class,
		.tags = zone->tags & set,
		.datas = tags != NULL ? tags->datas : NULL,
	};
}

/* The node whose data the type of the zone has us give. */
static const struct local_node *
data_node(const struct lookup *lookup)
{
	switch (lookup->type) {
	case LOCAL_DENY:
	case LOCAL_REFUSE:
	case LOCAL_STATIC:
	case LOCAL_TRANSPARENT:
	case LOCAL_TYPETRANSPARENT:
	case LOCAL_INFORM:
	case LOCAL_INFORM_DENY: return lookup->node;
	case LOCAL_REDIRECT:
	case LOCAL_INFORM_REDIRECT: return lookup->zone;
	case LOCAL_ALWAYS_TRANSPARENT:
	case LOCAL_BLOCK_A:
	case LOCAL_ALWAYS_REFUSE:
	case LOCAL_ALWAYS_NXDOMAIN:
	case LOCAL_ALWAYS_NODATA:
	case LOCAL_ALWAYS_DENY:
	case LOCAL_ALWAYS_NULL:
	case LOCAL_NOVIEW:
	case LOCAL_NODEFAULT: break;
	}
	return NULL;
}

static bool
redirects(const struct lookup *lookup)
{
	return lookup->type == LOCAL_REDIRECT || lookup->type == LOCAL_INFORM_REDIRECT;
}

/* What a redirect zone gives for a tag instead of its own data. */
static const struct rrset *
tag_set(const struct lookup *lookup, uint16_t qtype)
{
	const struct rrset *set = NULL;
	for (unsigned i = 0; redirects(lookup) && lookup->datas != NULL && set == NULL && lookup->tags >> i != 0 && i < TAGS_MAX; i++) {
		struct name name;
		bool exact;
		if ((lookup->tags >> i & 1) == 0)
			continue;
		tag_data_name(i, &name);
		const struct local_node *node = local__node_find(lookup->datas, &name, &exact);
		if (!exact || node->sets == NULL)
			continue;
		set = local__node_set(node, qtype);
		if (set == NULL)
			set = local__node_set(node, TYPE_CNAME);
	}
	return set;
}

/* RFC 8482, section 4.1: for ANY one set is enough. */
static const struct rrset *
data_set(const struct lookup *lookup, uint16_t qtype)
{
	const struct rrset *of_tag = tag_set(lookup, qtype);
	if (of_tag != NULL)
		return of_tag;
	const struct local_node *node = data_node(lookup);
	if (node == NULL || node->sets == NULL)
		return NULL;
	if (qtype == TYPE_ANY)
		return &node->sets->rrset;
	const struct rrset *set = local__node_set(node, qtype);
	return set != NULL ? set : local__node_set(node, TYPE_CNAME);
}

static int
add_set(struct answer *answer, enum dns_section section, const struct rrset *set,
	const struct name *owner, struct arena *arena)
{
	struct rrset *copy = arena_alloc(arena, sizeof *copy);
	if (copy == NULL)
		return ERR_NO_MEMORY;
	*copy = *set;
	copy->next = NULL;
	copy->owner = owner;
	struct rrset **end = &answer->sections[section];
	while (*end != NULL)
		end = &(*end)->next;
	*end = copy;
	return 0;
}

/* ---- without data --------------------------------------------------------------------------------- */

static int
answer_negative(struct answer *answer, const struct local_node *zone, uint16_t rcode, int ede,
		struct arena *arena)
{
	answer->rcode = rcode;
	answer->ede = ede;
	answer->authoritative = true;
	if (zone->negative_soa == NULL)
		return 0;
	return add_set(answer, SECTION_AUTHORITY, zone->negative_soa, zone->negative_soa->owner,
		       arena);
}

static int
answer_null(struct answer *answer, const struct lookup *lookup, const struct name *owner, uint16_t qtype, struct arena *arena)
{
	static const uint8_t ipv4_null[2 + 4] = { 0, 4 }, ipv6_null[2 + 16] = { 0, 16 };
	if (qtype != TYPE_A && qtype != TYPE_AAAA)
		return answer_negative(answer, lookup->zone, RCODE_NOERROR, EDE_FORGED_ANSWER, arena);
	struct rrset set = {
		.type = qtype,
		.class = lookup->class,
		.rr_count = 1,
		.ttl_s = LOCAL_DATA_TTL_S,
		.rdata = qtype == TYPE_A ? ipv4_null : ipv6_null,
		.rdata_bytes = qtype == TYPE_A ? sizeof ipv4_null : sizeof ipv6_null,
		.security = SECURITY_INSECURE,
	};
	answer->ede = EDE_FORGED_ANSWER;
	answer->authoritative = true;
	return add_set(answer, SECTION_ANSWER, &set, owner, arena);
}

/* What the type of the zone says of a name and type that it has no data for. */
static int
answer_without_data(const struct lookup *lookup, const struct name *owner, uint16_t qtype,
		    struct arena *arena, enum local_verdict *verdict, struct answer *answer)
{
	const struct local_node *zone = lookup->zone, *node = lookup->node;
	*verdict = LOCAL_ANSWERS;
	switch (lookup->type) {
	case LOCAL_DENY:
	case LOCAL_INFORM_DENY:
	case LOCAL_ALWAYS_DENY: *verdict = LOCAL_DROPS; return 0;
	case LOCAL_REFUSE:
	case LOCAL_ALWAYS_REFUSE:
		answer->rcode = RCODE_REFUSED;
		answer->ede = EDE_BLOCKED;
		answer->authoritative = true;
		return 0;
	case LOCAL_STATIC:
		return answer_negative(
			answer, zone, node != NULL && node->exists ? RCODE_NOERROR : RCODE_NXDOMAIN,
			EDE_NONE, arena);
	case LOCAL_REDIRECT:
	case LOCAL_INFORM_REDIRECT:
		return answer_negative(answer, zone, RCODE_NOERROR, EDE_NONE, arena);
	case LOCAL_TRANSPARENT:
	case LOCAL_INFORM:
		if (node != NULL && node->sets != NULL)
			return answer_negative(answer, zone, RCODE_NOERROR, EDE_NONE, arena);
		break;
	case LOCAL_BLOCK_A:
		if (qtype == TYPE_A)
			return answer_negative(answer, zone, RCODE_NOERROR, EDE_BLOCKED, arena);
		break;
	case LOCAL_ALWAYS_NXDOMAIN:
		return answer_negative(answer, zone, RCODE_NXDOMAIN, EDE_BLOCKED, arena);
	case LOCAL_ALWAYS_NODATA:
		return answer_negative(answer, zone, RCODE_NOERROR, EDE_BLOCKED, arena);
	case LOCAL_ALWAYS_NULL: return answer_null(answer, lookup, owner, qtype, arena);
	case LOCAL_TYPETRANSPARENT:
	case LOCAL_ALWAYS_TRANSPARENT:
	case LOCAL_NOVIEW:
	case LOCAL_NODEFAULT: break;
	}
	*verdict = LOCAL_IS_NOT;
	return 0;
}

/* ---- with data ------------------------------------------------------------------------------------ */

/* The target of a CNAME, in the arena; NULL: the arena is full. */
static const struct name *
alias_target(const struct rrset *cname, struct arena *arena)
{
	struct rdata_walk walk;
	struct name target;
	rdata_first(cname, &walk);
	if (!rdata_next(&walk) || rdata_target(TYPE_CNAME, walk.bytes, walk.size, &target) != 0)
		return NULL;
	return name_store(arena, &target);
}

/* In a redirect zone a CNAME to "*.NAME" is one to the owner below NAME.  0; ERR_TOO_BIG: that is no name any more. */
static int
expand(const struct rrset **set, const struct lookup *lookup, const struct name *owner, struct arena *arena)
{
	struct name suffix, target;
	const struct name *written = (*set)->type == TYPE_CNAME && redirects(lookup) ? alias_target(*set, arena) : NULL;

	if (written == NULL || written->wire[0] != 1 || written->wire[1] != '*')
		return 0;
	name_strip(&suffix, written, 1);
	const int err = name_substitute(&target, owner, &name_root, &suffix);
	if (err != 0)
		return err;
	struct rrset *expanded = arena_alloc(arena, sizeof *expanded);
	uint8_t *rdata = arena_alloc(arena, 2u + target.size);
	if (expanded == NULL || rdata == NULL)
		return ERR_NO_MEMORY;
	rdata[0] = 0;
	rdata[1] = target.size;
	memcpy(rdata + 2, target.wire, target.size);
	*expanded = **set;
	expanded->rdata = rdata;
	expanded->rdata_bytes = 2u + target.size;
	*set = expanded;
	return 0;
}

static int
alias_fails(struct answer *answer, uint16_t rcode, const char *text)
{
	answer->rcode = rcode;
	answer->ede = EDE_OTHER;
	answer->ede_text = text;
	return 0;
}

/*
 * Goes from name to name as long as local data have a CNAME.  Behind the first, a name that is not local is for the
 * resolver.
 */
static int
follow(const struct local *local, const struct name *name, uint16_t qtype, const struct local_client *client,
       struct arena *arena, struct local_match *match, struct answer *answer)
{
	for (unsigned aliases = 0;; aliases++) {
		struct lookup lookup = look_up(local, name, qtype, client);
		const struct rrset *set = lookup.zone != NULL ? data_set(&lookup, qtype) : NULL;
		if (set == NULL) {
			int err = 0;
			match->verdict = LOCAL_IS_NOT;
			if (lookup.zone != NULL)
				err = answer_without_data(&lookup, name, qtype, arena,
							  &match->verdict, answer);
			if (match->verdict != LOCAL_IS_NOT || aliases == 0)
				return err;
			match->verdict = LOCAL_ALIASES;
			match->alias = name;
			return err;
		}
		match->verdict = LOCAL_ANSWERS;
		answer->authoritative = true;
		int err = expand(&set, &lookup, name, arena);
		if (err == ERR_TOO_BIG)
			return alias_fails(answer, RCODE_YXDOMAIN, "local-data: the name that the CNAME leads to is too long");
		if (err == 0)
			err = add_set(answer, SECTION_ANSWER, set, name, arena);
		if (err != 0 || set->type != TYPE_CNAME || qtype == TYPE_CNAME || qtype == TYPE_ANY)
			return err;
		if (aliases == LOCAL_ALIASES_MAX)
			return alias_fails(answer, RCODE_SERVFAIL, "local-data: too many CNAMEs, or a circle of them");
		name = alias_target(set, arena);
		if (name == NULL)
			return ERR_NO_MEMORY;
	}
}

static bool
type_informs(enum local_type type)
{
	return type == LOCAL_INFORM || type == LOCAL_INFORM_DENY || type == LOCAL_INFORM_REDIRECT;
}

/* From the table of one class. */
static int
answer_from(const struct local *local, const struct question *question, const struct local_client *client,
	    struct arena *arena, struct local_match *match, struct answer *answer)
{
	*match = (struct local_match){ .verdict = LOCAL_IS_NOT };
	*answer = (struct answer){ .security = SECURITY_INSECURE, .ede = EDE_NONE };
	struct lookup lookup = look_up(local, &question->qname, question->qtype, client);
	if (lookup.zone == NULL)
		return 0;
	match->type = lookup.type;
	match->zone = &lookup.zone->name;
	match->informs = type_informs(match->type);
	const struct name *qname = name_store(arena, &question->qname);
	if (qname == NULL)
		return ERR_NO_MEMORY;
	return follow(local, qname, question->qtype, client, arena, match, answer);
}

static const struct local *
table_of(const struct local *local, uint16_t class)
{
	while (local != NULL && local->class != class)
		local = local->of_class;
	return local;
}

int
local_answer(const struct local *local, const struct question *question, const struct local_client *client,
	     struct arena *arena, struct local_match *match, struct answer *answer)
{
	const struct local *table = table_of(local, question->qclass);

	*match = (struct local_match){ .verdict = LOCAL_IS_NOT };
	*answer = (struct answer){ .security = SECURITY_INSECURE, .ede = EDE_NONE };
	const int err = table != NULL ? answer_from(table, question, client, arena, match, answer) : 0;
	if (err != 0 || match->verdict != LOCAL_IS_NOT || question->qclass != CLASS_ANY)
		return err;
	return answer_from(local, question, client, arena, match, answer);
}
