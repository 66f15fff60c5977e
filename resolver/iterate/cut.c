#include "resolver/iterate/cut.h"

#include "stack/base/arena.h"

/* Addresses that no name server has; a delegation that names one aims at ourselves or at everybody. */
static bool
is_askable(const struct ip_addr *addr, const struct cut_policy *policy)
{
	if (addr->family == ADDR_IPV4 ? !policy->ip4 : !policy->ip6)
		return false;
	if (addr_is_unspecified(addr) || addr_is_multicast(addr) || addr_is_ipv4_mapped(addr))
		return false;
	return !(policy->no_loopback && addr_is_loopback(addr));
}

bool
cut_add(struct cut *cut, unsigned ns, const struct ip_addr *addr, const struct cut_policy *policy)
{
	if (cut->server_count == CUT_SERVERS_MAX ||
	    cut->ns[ns].addr_count == DELEGATION_ADDRS_MAX || !is_askable(addr, policy))
		return false;
	for (unsigned i = 0; i < cut->server_count; i++) {
		if (addr_equal(&cut->servers[i].addr, addr))
			return false;
	}
	cut->servers[cut->server_count++] = (struct cut_server){ .addr = *addr, .ns = (uint8_t)ns };
	cut->ns[ns].addr_count++;
	return true;
}

struct cut *
cut_new(struct arena *arena, const struct delegation *delegation, const struct cut_policy *policy)
{
	struct cut *cut = arena_alloc(arena, sizeof *cut);
	if (cut == NULL)
		return NULL;
	cut->zone = name_store(arena, delegation->zone);
	if (cut->zone == NULL)
		return NULL;
	cut->zone_labels = (uint8_t)name_labels(cut->zone);
	cut->ttl_s = delegation->ttl_s;
	cut->from_hints = false;
	cut->ns_count = cut->server_count = cut->failed_count = 0;

	for (unsigned i = 0; i < delegation->ns_count && i < DELEGATION_NS_MAX; i++) {
		const struct delegation_ns *from = &delegation->ns[i];
		struct cut_ns *ns = &cut->ns[cut->ns_count++];
		*ns = (struct cut_ns){ .name = name_store(arena, from->name) };
		if (ns->name == NULL)
			return NULL;
		for (unsigned j = 0; j < from->addr_count; j++)
			cut_add(cut, i, &from->addrs[j], policy);
	}
	return cut;
}
