#include "stack/tables.h"

#include "stack/stack_priv.h"

const char *
stack_if_name(const struct stack *stack, unsigned ifindex)
{
	return ifindex < stack->if_count ? stack->ifs[ifindex].name : "lo";
}

bool
stack_if_next(const struct stack *stack, uint32_t *place, struct stack_if_entry *entry)
{
	if (*place >= stack->if_count)
		return false;
	*entry = (struct stack_if_entry){ .ifindex = *place, .name = stack->ifs[*place].name };
	(*place)++;
	return true;
}

static const char *
origin_text(uint8_t origin)
{
	switch ((enum ifaddr_origin)origin) {
	case IFADDR_CONFIGURED: return "static";
	case IFADDR_SLAAC: return "slaac";
	case IFADDR_DHCP: return "dhcp";
	}
	return "?";
}

bool
stack_addr_next(const struct stack *stack, uint32_t *place, struct stack_addr_entry *entry)
{
	const struct ifaddr_table *table = &stack->ifaddrs;
	while (*place < table->used_end) {
		const struct ifaddr *at = &table->entries[(*place)++];
		if (at->addr.addr.family == ADDR_NONE)
			continue;
		*entry = (struct stack_addr_entry){
			.ifindex = at->ifindex,
			.addr = at->addr,
			.origin = origin_text(at->origin),
		};
		return true;
	}
	return false;
}

static const char *
route_kind_text(enum route_kind kind)
{
	switch (kind) {
	case ROUTE_UNICAST: return "unicast";
	case ROUTE_LOCAL: return "local";
	case ROUTE_BROADCAST: return "broadcast";
	case ROUTE_MULTICAST: return "multicast";
	}
	return "?";
}

bool
stack_route_next(const struct stack *stack, uint32_t *place, struct stack_route_entry *entry)
{
	const struct route_table *table = &stack->routes;
	while (*place < table->entry_count) {
		const struct route_entry *at = &table->entries[(*place)++];
		if (!at->is_used)
			continue;
		*entry = (struct stack_route_entry){
			.route = at->route,
			.kind = route_kind_text(at->kind),
			.of_address = at->of_address,
		};
		return true;
	}
	return false;
}

static const char *
neigh_state_text(uint8_t state)
{
	switch ((enum neigh_state)state) {
	case NEIGH_INCOMPLETE: return "INCOMPLETE";
	case NEIGH_REACHABLE: return "REACHABLE";
	case NEIGH_STALE: return "STALE";
	case NEIGH_DELAY: return "DELAY";
	case NEIGH_PROBE: return "PROBE";
	case NEIGH_FAILED: return "FAILED";
	}
	return "?";
}

bool
stack_neigh_next(const struct stack *stack, uint32_t *place, struct stack_neigh_entry *entry)
{
	const struct neigh_table *table = &stack->neighs;
	while (*place < table->entry_count) {
		const struct neigh *at = &table->entries[(*place)++];
		if (at->addr.family == ADDR_NONE)
			continue;
		*entry = (struct stack_neigh_entry){
			.ifindex = at->ifindex,
			.addr = at->addr,
			.mac = at->mac,
			.has_mac = neigh_has_mac(at),
			.is_gateway = at->is_gateway,
			.is_router = at->is_router,
			.state = neigh_state_text(at->state),
			.held_packets = at->held_count,
		};
		return true;
	}
	return false;
}

bool
stack_pmtu_next(const struct stack *stack, uint32_t *place, struct stack_pmtu_entry *entry)
{
	const struct pmtu_cache *cache = &stack->pmtu;
	while (cache->entries != NULL && *place < (cache->set_mask + 1) * PMTU_SET) {
		const struct pmtu_entry *at = &cache->entries[(*place)++];
		if (at->remote.family == ADDR_NONE || stack->now_us - at->learnt_at_us >= PMTU_AGE_US)
			continue;
		*entry = (struct stack_pmtu_entry){
			.remote = at->remote,
			.mtu = at->mtu,
			.is_below_floor = at->is_below_floor != 0,
			.age_us = stack->now_us - at->learnt_at_us,
		};
		return true;
	}
	return false;
}
