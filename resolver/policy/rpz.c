#include "resolver/policy/rpz.h"

#include <string.h>

#include "resolver/policy/local_priv.h"
#include "resolver/wire/rdata.h"

static const char *const trigger_names[] = {
	[RPZ_CLIENT_IP] = "clientip", [RPZ_QNAME] = "qname", [RPZ_RESPONSE_IP] = "response_ip",
	[RPZ_NSDNAME] = "nsdname",    [RPZ_NSIP] = "nsip",
};

static const char *const action_names[] = {
	[RPZ_NXDOMAIN] = "nxdomain", [RPZ_NODATA] = "nodata",     [RPZ_PASSTHRU] = "passthru",
	[RPZ_DROP] = "drop",         [RPZ_TCP_ONLY] = "tcp_only", [RPZ_REFUSE] = "refuse",
	[RPZ_DATA] = "local_data",   [RPZ_ALIAS] = "cname",
};

const char *
rpz_trigger_to_text(enum rpz_trigger trigger)
{
	return trigger_names[trigger];
}

const char *
rpz_action_to_text(enum rpz_action action)
{
	return action_names[action];
}

uint32_t
rpz_zones_for(const struct rpz *rpz, uint64_t tags)
{
	uint32_t zones = 0;
	for (uint32_t i = 0; i < rpz->zone_count; i++) {
		const struct rpz_zone *zone = &rpz->zones[i];
		if (!zone->is_disabled && (zone->tags == 0 || (zone->tags & tags) != 0))
			zones |= 1u << i;
	}
	return zones;
}

/* ---- what a rule says -------------------------------------------------------------------------------- */

/* Targets that are actions and no names. */
static const struct {
	const char *wire;
	uint8_t size;
	enum rpz_action action;
} targets[] = {
	{ "\0", 1, RPZ_NXDOMAIN },
	{ "\001*\0", 3, RPZ_NODATA },
	{ "\014rpz-passthru\0", 14, RPZ_PASSTHRU },
	{ "\010rpz-drop\0", 10, RPZ_DROP },
	{ "\014rpz-tcp-only\0", 14, RPZ_TCP_ONLY },
	{ "\012rpz-refuse\0", 12, RPZ_REFUSE },
};

static enum rpz_action
target_action(const struct name *target)
{
	for (unsigned i = 0; i < sizeof targets / sizeof targets[0]; i++) {
		struct name word = { .size = targets[i].size };
		memcpy(word.wire, targets[i].wire, word.size);
		if (name_equal(target, &word))
			return targets[i].action;
	}
	return RPZ_ALIAS;
}

/* The name in the rdata of a CNAME, which is kept in own form: uncompressed, behind its length. */
static const struct name *
cname_target(const struct rrset *cname, struct name *target)
{
	struct rdata_walk walk;
	rdata_first(cname, &walk);
	return rdata_next(&walk) && rdata_target(TYPE_CNAME, walk.bytes, walk.size, target) == 0
		       ? target
		       : NULL;
}

static void
hit_set_rule(struct rpz_hit *hit, const struct local_node *rule)
{
	const struct rrset *cname = local__node_set(rule, TYPE_CNAME);
	struct name target;

	hit->action = RPZ_DATA;
	hit->sets = &rule->sets->rrset;
	if (cname == NULL || cname_target(cname, &target) == NULL)
		return;
	hit->action = target_action(&target);
	if (hit->trigger == RPZ_QNAME && hit->action == RPZ_ALIAS &&
	    name_equal(&target, hit->owner))
		hit->action = RPZ_PASSTHRU; /* the old way to say so: an alias of itself */
	hit->is_wildcard = target.wire[0] == 1 && target.wire[1] == '*';
	hit->alias_ttl_s = cname->ttl_s;
}

static void
hit_set_override(struct rpz_hit *hit)
{
	const struct rpz_zone *zone = hit->zone;
	if (!zone->has_override)
		return;
	hit->action = zone->override;
	hit->alias = zone->alias;
	hit->alias_ttl_s = RPZ_ALIAS_TTL_S;
	hit->is_wildcard = false;
}

static void
hit_set(struct rpz_hit *hit, const struct rpz_zone *zone, enum rpz_trigger trigger,
	const struct local_node *rule, bool is_stream)
{
	*hit = (struct rpz_hit){ .zone = zone, .trigger = trigger, .owner = &rule->name };
	hit_set_rule(hit, rule);
	hit_set_override(hit);
	if (hit->action == RPZ_TCP_ONLY && is_stream)
		hit->action = RPZ_PASSTHRU;
}

int
rpz_alias_target(const struct rpz_hit *hit, const struct name *name, struct name *target)
{
	struct name suffix;
	if (hit->alias != NULL) {
		name_copy(target, hit->alias);
		return 0;
	}
	if (cname_target(hit->sets, target) == NULL)
		return ERR_MALFORMED;
	if (!hit->is_wildcard)
		return 0;
	name_strip(&suffix, target, 1);
	return name_substitute(target, name, &name_root, &suffix);
}

/* ---- finding one -------------------------------------------------------------------------------------- */

/* Whether a match in this zone would go before what there is. */
static bool
goes_before(const struct rpz *rpz, uint32_t zone, enum rpz_trigger trigger,
	    const struct rpz_hit *hit)
{
	if (hit->zone == NULL)
		return true;
	const uint32_t held = (uint32_t)(hit->zone - rpz->zones);
	return zone < held || (zone == held && trigger < hit->trigger);
}

/* The rule of a name: its own, or that of the wildcard right below the nearest name that is there. */
static const struct local_node *
find_rule(const struct local *names, const struct name *name)
{
	static const uint8_t star[] = { '*' };
	struct name wildcard;
	bool exact;

	const struct local_node *node = local__node_find(names, name, &exact);
	if (exact)
		return node->sets != NULL ? node : NULL;
	if (name_prepend(&wildcard, star, 1, &node->name) != 0)
		return NULL;
	node = local__node_find(names, &wildcard, &exact);
	return exact && node->sets != NULL ? node : NULL;
}

/* What the zone says of the name; or, where that is NULL, of the address. */
static const struct local_node *
rule_of(const struct rpz_zone *zone, enum rpz_trigger trigger, const struct name *name,
	const struct ip_addr *addr)
{
	return name != NULL ? find_rule(zone->names[trigger], name)
			    : prefixes_find(&zone->prefixes[trigger], addr);
}

static void
match(const struct rpz *rpz, uint32_t zones, enum rpz_trigger trigger, const struct name *name,
      const struct ip_addr *addr, struct rpz_hit *hit)
{
	const bool is_stream = (zones & RPZ_STREAM) != 0;
	zones &= rpz->zones_with[trigger];
	for (uint32_t i = 0; zones >> i != 0; i++) {
		if ((zones >> i & 1) == 0)
			continue;
		if (!goes_before(rpz, i, trigger, hit))
			return;
		const struct local_node *rule = rule_of(&rpz->zones[i], trigger, name, addr);
		if (rule != NULL) {
			hit_set(hit, &rpz->zones[i], trigger, rule, is_stream);
			return;
		}
	}
}

void
rpz_match_name(const struct rpz *rpz, uint32_t zones, enum rpz_trigger trigger,
	       const struct name *name, struct rpz_hit *hit)
{
	match(rpz, zones, trigger, name, NULL, hit);
}

void
rpz_match_addr(const struct rpz *rpz, uint32_t zones, enum rpz_trigger trigger,
	       const struct ip_addr *addr, struct rpz_hit *hit)
{
	match(rpz, zones, trigger, NULL, addr, hit);
}
