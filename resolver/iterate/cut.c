#include "resolver/iterate/cut.h"

#include "stack/base/arena.h"

bool
cut_may_ask(const struct cut_policy *policy, enum addr_family family)
{
	return family == ADDR_IPV4 ? policy->ip4 || policy->nat64.prefix_len != 0 : policy->ip6;
}

/* As it is asked: perhaps through the NAT64. */
static struct ip_addr
translated(const struct ip_addr *addr, const struct cut_policy *policy)
{
	const bool is_behind = addr->family == ADDR_IPV4 && policy->nat64.prefix_len != 0;
	return is_behind ? nat64_embed(&policy->nat64, addr->octets) : *addr;
}

/* An address behind the NAT64's prefix stands for one of IPv4. */
static bool
is_excluded(const struct ip_addr *addr, const struct cut_policy *policy)
{
	uint8_t ipv4[4];
	return policy->not_asked != NULL && prefixes_find(policy->not_asked, addr) != NULL &&
	       !nat64_extract(&policy->nat64, addr, ipv4);
}

/* Addresses that no name server has; a delegation that names one aims at ourselves or at everybody. */
static bool
is_askable(const struct ip_addr *addr, const struct cut_policy *policy)
{
	if (!cut_may_ask(policy, (enum addr_family)addr->family))
		return false;
	if (addr_is_unspecified(addr) || addr_is_multicast(addr) || addr_is_ipv4_mapped(addr))
		return false;
	return !(policy->no_loopback && addr_is_loopback(addr)) && !is_excluded(addr, policy);
}

bool
cut_add(struct cut *cut, unsigned ns, const struct ip_addr *addr, const struct cut_policy *policy)
{
	if (cut->server_count == CUT_SERVERS_MAX ||
	    cut->ns[ns].addr_count == DELEGATION_ADDRS_MAX || !is_askable(addr, policy))
		return false;
	const struct ip_addr asked = translated(addr, policy);
	for (unsigned i = 0; i < cut->server_count; i++) {
		if (addr_equal(&cut->servers[i].addr, &asked))
			return false;
	}
	cut->servers[cut->server_count++] = (struct cut_server){ .addr = asked, .ns = (uint8_t)ns };
	cut->ns[ns].addr_count++;
	return true;
}

/* Without servers. */
static struct cut *
cut_at(struct arena *arena, const struct name *zone, const struct cut_policy *policy)
{
	struct cut *cut = arena_alloc(arena, sizeof *cut);
	if (cut == NULL)
		return NULL;
	cut->zone = name_store(arena, zone);
	if (cut->zone == NULL)
		return NULL;
	cut->zone_labels = (uint8_t)name_labels(cut->zone);
	cut->ttl_s = UINT32_MAX;
	cut->by_operator = cut->is_forward = cut->no_cache = cut->has_own = false;
	cut->over_tcp = policy->over_tcp;
	cut->ns_count = cut->server_count = cut->failed_count = 0;
	return cut;
}

struct cut *
cut_new_given(struct arena *arena, const struct forward_zone *zone, const struct cut_policy *policy)
{
	struct cut *cut = cut_at(arena, zone->name, policy);
	if (cut == NULL)
		return NULL;
	cut->by_operator = true;
	cut->is_forward = zone->is_forward;
	cut->no_cache = zone->no_cache;
	cut->over_tcp = zone->over_tcp || policy->over_tcp;
	/* Servers without names hang on one that is the zone's own; it is never looked for. */
	for (unsigned i = 0; i < zone->addr_count; i++) {
		const struct forward_addr *from = &zone->addrs[i];
		if (!cut_may_ask(policy, (enum addr_family)from->addr.family) || cut->server_count == CUT_SERVERS_MAX)
			continue;
		cut->ns_count = 1;
		cut->ns[0] = (struct cut_ns){ .name = cut->zone, .addr_count = (uint8_t)(i + 1) };
		cut->servers[cut->server_count++] = (struct cut_server){ .addr = translated(&from->addr, policy), .port = from->port };
	}
	for (unsigned i = 0; i < zone->host_count && cut->ns_count < DELEGATION_NS_MAX; i++) {
		const struct name *name = name_store(arena, zone->hosts[i]);
		if (name == NULL)
			return NULL;
		cut->ns[cut->ns_count++] = (struct cut_ns){ .name = name };
	}
	return cut;
}

struct cut *
cut_new(struct arena *arena, const struct delegation *delegation, const struct cut_policy *policy)
{
	struct cut *cut = cut_at(arena, delegation->zone, policy);
	if (cut == NULL)
		return NULL;
	cut->ttl_s = delegation->ttl_s;

	for (unsigned i = 0; i < delegation->ns_count && i < DELEGATION_NS_MAX; i++) {
		const struct delegation_ns *from = &delegation->ns[i];
		struct cut_ns *ns = &cut->ns[cut->ns_count++];
		*ns = (struct cut_ns){ .name = name_store(arena, from->name) };
		if (ns->name == NULL)
			return NULL;
		if (policy->own_glue_alone && !name_is_under(ns->name, cut->zone))
			continue;
		for (unsigned j = 0; j < from->addr_count; j++)
			cut_add(cut, i, &from->addrs[j], policy);
	}
	return cut;
}
