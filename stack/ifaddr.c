#include "stack/ifaddr.h"

#include <string.h>

#include "stack/arp.h"
#include "stack/ndp.h"
#include "stack/stack_priv.h"

size_t
ifaddr_bytes(const struct stack_limits *limits)
{
	return (size_t)limits->addr_count * sizeof(struct ifaddr) + 8;
}

void
ifaddr_init(struct ifaddr_table *table, struct arena *arena, const struct stack_limits *limits)
{
	*table = (struct ifaddr_table){ .entry_count = limits->addr_count };
	table->entries = arena_zalloc(arena, table->entry_count, sizeof *table->entries);
}

struct ifaddr *
ifaddr_find(struct stack *stack, unsigned ifindex, const struct ip_addr *addr)
{
	for (uint32_t i = 0; i < stack->ifaddrs.used_end; i++) {
		struct ifaddr *entry = &stack->ifaddrs.entries[i];
		if (entry->ifindex == ifindex && addr_equal(&entry->addr.addr, addr))
			return entry;
	}
	return NULL;
}

static uint32_t
zone_of(const struct ifaddr *entry)
{
	return entry->addr.host_ifindex != 0 ? entry->addr.host_ifindex : entry->ifindex + 1u;
}

uint32_t
stack_zone_of(const struct stack *stack, const struct ip_addr *local)
{
	for (uint32_t i = 0; i < stack->ifaddrs.used_end; i++) {
		const struct ifaddr *entry = &stack->ifaddrs.entries[i];
		if (entry->addr.addr.family != ADDR_NONE && addr_equal(&entry->addr.addr, local))
			return zone_of(entry);
	}
	return 0;
}

uint32_t
stack_zone_of_if(const struct stack *stack, unsigned ifindex)
{
	for (uint32_t i = 0; i < stack->ifaddrs.used_end; i++) {
		const struct ifaddr *entry = &stack->ifaddrs.entries[i];
		if (entry->addr.addr.family != ADDR_NONE && entry->ifindex == ifindex)
			return zone_of(entry);
	}
	return ifindex + 1u;
}

uint32_t
stack_zone_heard(const struct stack *stack, unsigned ifindex, const struct ip_addr *local, const struct ip_addr *from)
{
	if (ifindex == STACK_IF_LOOPBACK) /* we ourselves */
		return stack_zone_of(stack, from);
	for (uint32_t i = 0; i < stack->ifaddrs.used_end; i++) {
		const struct ifaddr *entry = &stack->ifaddrs.entries[i];
		if (entry->ifindex == ifindex && addr_equal(&entry->addr.addr, local))
			return zone_of(entry);
	}
	return stack_zone_of_if(stack, ifindex);
}

int
stack_zone_addr(const struct stack *stack, uint32_t zone, struct ip_addr *local)
{
	for (uint32_t i = 0; i < stack->ifaddrs.used_end; i++) {
		const struct ifaddr *entry = &stack->ifaddrs.entries[i];
		if (entry->addr.addr.family == ADDR_IPV6 && addr_is_link_local(&entry->addr.addr) &&
		    (entry->addr.flags & STACK_ADDR_TENTATIVE) == 0 && zone_of(entry) == zone) {
			*local = entry->addr.addr;
			return 0;
		}
	}
	return ERR_NO_ROUTE;
}

bool
ifaddr_is_ours(struct stack *stack, unsigned ifindex, const struct ip_addr *addr)
{
	const struct ifaddr *entry = ifaddr_find(stack, ifindex, addr);
	return entry != NULL && (entry->addr.flags & STACK_ADDR_TENTATIVE) == 0;
}

/* ---- the routes that an address brings --------------------------------------------------------- */

/* The first or (ones) the last address of the prefix. */
static struct ip_addr
edge_of_prefix(const struct stack_addr *addr, bool ones)
{
	struct ip_addr edge = addr->addr;

	for (size_t i = 0; i < addr_bytes(&edge); i++) {
		size_t bits_kept = addr->prefix_len > 8 * i ? addr->prefix_len - 8 * i : 0;
		uint8_t host_mask = (uint8_t)(bits_kept >= 8 ? 0 : 0xff >> bits_kept);
		edge.octets[i] = ones ? edge.octets[i] | host_mask : edge.octets[i] & (uint8_t)~host_mask;
	}
	return edge;
}

typedef int route_change(struct route_table *table, const struct stack_route *route, enum route_kind kind,
                         bool of_address);

static void
change_one(struct stack *stack, route_change *change, const struct ifaddr *entry, const struct ip_addr *prefix,
           unsigned prefix_len, enum route_kind kind)
{
	struct stack_route route = {
		.prefix = *prefix,
		.prefix_len = (uint8_t)prefix_len,
		.ifindex = entry->ifindex,
		.host_ifindex = entry->addr.host_ifindex,
		.metric = kind == ROUTE_UNICAST ? ROUTE_METRIC_PREFIX : 0,
	};
	(void)change(&stack->routes, &route, kind, true); /* there is room for those of every address */
}

/* The group of RFC 4861 is joined from the start: it hears who else probes for a tentative address. */
static void
change_group(struct stack *stack, route_change *change, const struct ifaddr *entry)
{
	if (entry->addr.addr.family != ADDR_IPV6)
		return;
	struct ip_addr group = addr_solicited_node(&entry->addr.addr);
	change_one(stack, change, entry, &group, 128, ROUTE_MULTICAST);
}

static void
change_routes(struct stack *stack, route_change *change, const struct ifaddr *entry)
{
	const struct ip_addr *addr = &entry->addr.addr;
	const unsigned host_len = 8 * (unsigned)addr_bytes(addr);

	change_one(stack, change, entry, addr, host_len, ROUTE_LOCAL);
	if ((entry->addr.flags & STACK_ADDR_NO_PREFIX) != 0 || entry->addr.prefix_len == host_len)
		return;
	struct ip_addr first = edge_of_prefix(&entry->addr, false);
	change_one(stack, change, entry, &first, entry->addr.prefix_len, ROUTE_UNICAST);
	if (addr->family != ADDR_IPV4 || entry->addr.prefix_len >= 31)
		return; /* RFC 3021: a /31 has no broadcast address */
	struct ip_addr last = edge_of_prefix(&entry->addr, true);
	change_one(stack, change, entry, &last, host_len, ROUTE_BROADCAST);
}

/* ---- coming and going -------------------------------------------------------------------------- */

static void
entry_remove(struct stack *stack, struct ifaddr *entry)
{
	wheel_disarm(&stack->wheel, &entry->timer);
	change_group(stack, route_remove, entry);
	if ((entry->addr.flags & STACK_ADDR_TENTATIVE) == 0)
		change_routes(stack, route_remove, entry);
	*entry = (struct ifaddr){ 0 };
	stack->ifaddrs.used_count--;
}

static struct ifaddr *
entry_new(struct stack *stack)
{
	struct ifaddr_table *table = &stack->ifaddrs;

	for (uint32_t i = 0; i < table->entry_count; i++) {
		struct ifaddr *entry = &table->entries[i];
		if (entry->addr.addr.family != ADDR_NONE)
			continue;
		wheel_timer_init(&entry->timer, TIMER_IFADDR);
		table->used_end = i >= table->used_end ? i + 1 : table->used_end;
		table->used_count++;
		return entry;
	}
	return NULL;
}

void
ifaddr_ready(struct stack *stack, struct ifaddr *entry)
{
	entry->addr.flags &= (uint8_t)~STACK_ADDR_TENTATIVE;
	change_routes(stack, route_put, entry);
}

/* ---- conflict detection ------------------------------------------------------------------------ */

static bool
is_checked(const struct stack *stack, unsigned ifindex, const struct stack_addr *addr)
{
	return stack->ifs[ifindex].kind == STACK_IF_ETHER && (addr->flags & STACK_ADDR_NO_DAD) == 0;
}

static void
check_start(struct stack *stack, struct ifaddr *entry)
{
	if (!stack->ifs[entry->ifindex].is_up)
		return; /* ifaddr_link_up does */
	if (entry->addr.addr.family == ADDR_IPV4)
		arp_probe_start(stack, entry);
	else
		ndp_dad_start(stack, entry);
}

void
ifaddr_timeout(struct stack *stack, struct wheel_timer *timer)
{
	struct ifaddr *entry = TIMER_OWNER(timer, struct ifaddr, timer);

	if (entry->addr.addr.family == ADDR_IPV4)
		arp_probe_timeout(stack, entry);
	else
		ndp_dad_timeout(stack, entry);
}

void
ifaddr_conflict(struct stack *stack, struct ifaddr *entry)
{
	const struct ip_addr addr = entry->addr.addr;
	const unsigned ifindex = entry->ifindex;

	stack__drop(stack, DROP_ADDR_CONFLICT);
	switch ((enum ifaddr_origin)entry->origin) {
	case IFADDR_CONFIGURED:
		entry->probe_count = 0;
		wheel_arm(&stack->wheel, &entry->timer, stack->now_us + IFADDR_RETRY_US);
		break;
	case IFADDR_SLAAC:
		entry_remove(stack, entry);
		slaac_conflict(stack, ifindex, &addr);
		break;
	case IFADDR_DHCP:
		entry_remove(stack, entry);
		dhcp_conflict(stack, ifindex, &addr);
		break;
	}
}

void
ifaddr_link_up(struct stack *stack, unsigned ifindex)
{
	bool has_ipv6 = (stack->ifs[ifindex].flags & STACK_IF_SLAAC) != 0;

	for (uint32_t i = 0; i < stack->ifaddrs.used_end; i++) {
		struct ifaddr *entry = &stack->ifaddrs.entries[i];
		if (entry->addr.addr.family == ADDR_NONE || entry->ifindex != ifindex)
			continue;
		has_ipv6 = has_ipv6 || entry->addr.addr.family == ADDR_IPV6;
		if (is_checked(stack, ifindex, &entry->addr))
			check_start(stack, entry);
	}
	if (has_ipv6)
		slaac_link_local(stack, ifindex);
}

void
ifaddr_link_down(struct stack *stack, unsigned ifindex)
{
	for (uint32_t i = 0; i < stack->ifaddrs.used_end; i++) {
		struct ifaddr *entry = &stack->ifaddrs.entries[i];
		if (entry->addr.addr.family == ADDR_NONE || entry->ifindex != ifindex ||
		    !is_checked(stack, ifindex, &entry->addr))
			continue;
		wheel_disarm(&stack->wheel, &entry->timer);
		if ((entry->addr.flags & STACK_ADDR_TENTATIVE) == 0)
			change_routes(stack, route_remove, entry);
		entry->addr.flags |= STACK_ADDR_TENTATIVE;
	}
}

/* ---- what programs and drivers say ------------------------------------------------------------- */

static bool
is_assignable(const struct stack *stack, unsigned ifindex, const struct stack_addr *addr)
{
	const size_t bytes = addr_bytes(&addr->addr);

	if (bytes == 0 || addr->prefix_len > 8 * bytes)
		return false;
	if (addr_is_unspecified(&addr->addr) || addr_is_multicast(&addr->addr))
		return false;
	return stack->ifs[ifindex].kind == STACK_IF_IP || !addr_is_loopback(&addr->addr);
}

/* What is known already takes new flags and a new prefix; a detection that is under way goes on. */
static void
entry_change(struct stack *stack, struct ifaddr *entry, const struct stack_addr *addr)
{
	const bool was_tentative = (entry->addr.flags & STACK_ADDR_TENTATIVE) != 0;

	if (!was_tentative)
		change_routes(stack, route_remove, entry);
	entry->addr = *addr;
	if (was_tentative && is_checked(stack, entry->ifindex, addr)) {
		entry->addr.flags |= STACK_ADDR_TENTATIVE;
		return;
	}
	if (was_tentative)
		wheel_disarm(&stack->wheel, &entry->timer);
	if ((addr->flags & STACK_ADDR_TENTATIVE) == 0)
		ifaddr_ready(stack, entry);
}

int
ifaddr_put(struct stack *stack, unsigned ifindex, const struct stack_addr *addr, enum ifaddr_origin origin)
{
	if (!is_assignable(stack, ifindex, addr))
		return ERR_MALFORMED;
	struct ifaddr *entry = ifaddr_find(stack, ifindex, &addr->addr);
	if (entry != NULL) {
		entry_change(stack, entry, addr);
		return 0;
	}
	entry = entry_new(stack);
	if (entry == NULL)
		return ERR_FULL;
	entry->addr = *addr;
	entry->ifindex = (uint8_t)ifindex;
	entry->origin = (uint8_t)origin;
	entry->addr.flags |= STACK_ADDR_TENTATIVE;
	change_group(stack, route_put, entry);
	if (is_checked(stack, ifindex, addr))
		check_start(stack, entry);
	else if ((addr->flags & STACK_ADDR_TENTATIVE) == 0)
		ifaddr_ready(stack, entry);
	return 0;
}

int
stack_addr_add(struct stack *stack, unsigned ifindex, const struct stack_addr *addr, uint64_t now_us)
{
	if (ifindex >= stack->if_count)
		return ERR_NOT_FOUND;
	stack__tell_time(stack, now_us);
	int err = ifaddr_put(stack, ifindex, addr, IFADDR_CONFIGURED);
	if (err == 0 && addr->addr.family == ADDR_IPV6 && stack->ifs[ifindex].kind == STACK_IF_ETHER &&
	    stack->ifs[ifindex].is_up)
		slaac_link_local(stack, ifindex);
	return err;
}

int
stack_addr_del(struct stack *stack, unsigned ifindex, const struct ip_addr *addr)
{
	struct ifaddr *entry = ifindex < stack->if_count ? ifaddr_find(stack, ifindex, addr) : NULL;

	if (entry == NULL)
		return ERR_NOT_FOUND;
	entry_remove(stack, entry);
	return 0;
}
