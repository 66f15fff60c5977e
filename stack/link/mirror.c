#include "stack/link/mirror.h"

#include <stdlib.h>
#include <string.h>

int
mirror_init(struct mirror *mirror, uint32_t device_max, uint32_t addr_max, uint32_t route_max)
{
	*mirror = (struct mirror){ .device_max = device_max, .addr_max = addr_max, .route_max = route_max };
	/* Two routes more: the default routes that stand in for those that were cut. */
	mirror->devices = reallocarray(NULL, device_max + 1, sizeof *mirror->devices);
	mirror->addrs = reallocarray(NULL, addr_max + 1, sizeof *mirror->addrs);
	mirror->routes = reallocarray(NULL, route_max + 2, sizeof *mirror->routes);
	if (mirror->devices != NULL && mirror->addrs != NULL && mirror->routes != NULL)
		return 0;
	mirror_fini(mirror);
	return ERR_NO_MEMORY;
}

void
mirror_fini(struct mirror *mirror)
{
	free(mirror->devices);
	free(mirror->addrs);
	free(mirror->routes);
	*mirror = (struct mirror){ 0 };
}

void
mirror_clear(struct mirror *mirror)
{
	mirror->device_count = mirror->addr_count = mirror->route_count = mirror->cut_count = 0;
	mirror->has_cut_routes = false;
}

/* ---- when all has been read -------------------------------------------------------------------- */

static bool
is_up(const struct mirror *mirror, uint32_t ifindex)
{
	for (uint32_t i = 0; i < mirror->device_count; i++)
		if ((uint16_t)mirror->devices[i].ifindex == (uint16_t)ifindex)
			return mirror->devices[i].is_up;
	return false;
}

static int
compare_addr(const struct ip_addr *a, const struct ip_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->octets, b->octets, sizeof a->octets);
}

/* The same address on several devices: the preferred before the deprecated, then the lower device. */
static int
compare_stack_addr(const void *left, const void *right)
{
	const struct stack_addr *a = left, *b = right;
	int order = compare_addr(&a->addr, &b->addr);

	if (order != 0)
		return order;
	if (a->flags != b->flags)
		return a->flags < b->flags ? -1 : 1;
	return (a->host_ifindex > b->host_ifindex) - (a->host_ifindex < b->host_ifindex);
}

static int
compare_route(const void *left, const void *right)
{
	const struct stack_route *a = left, *b = right;
	int order = (a->prefix_len > b->prefix_len) - (a->prefix_len < b->prefix_len);

	if (order == 0)
		order = compare_addr(&a->prefix, &b->prefix);
	if (order == 0)
		order = (a->metric > b->metric) - (a->metric < b->metric);
	if (order == 0)
		order = (a->host_ifindex > b->host_ifindex) - (a->host_ifindex < b->host_ifindex);
	if (order == 0)
		order = compare_addr(&a->gateway, &b->gateway);
	return order;
}

static void
keep_usable_addrs(struct mirror *mirror)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < mirror->addr_count; i++)
		if (is_up(mirror, mirror->addrs[i].host_ifindex))
			mirror->addrs[kept++] = mirror->addrs[i];
	mirror->addr_count = kept;
	qsort(mirror->addrs, mirror->addr_count, sizeof *mirror->addrs, compare_stack_addr);
	kept = 0;
	for (uint32_t i = 0; i < mirror->addr_count; i++)
		if (kept == 0 || !addr_equal(&mirror->addrs[kept - 1].addr, &mirror->addrs[i].addr))
			mirror->addrs[kept++] = mirror->addrs[i];
	mirror->addr_count = kept;
}

static void
add_default_route(struct mirror *mirror, enum addr_family family)
{
	mirror->routes[mirror->route_count++] =
	        (struct stack_route){ .prefix.family = (uint8_t)family, .metric = UINT32_MAX };
}

void
mirror_finish(struct mirror *mirror)
{
	keep_usable_addrs(mirror);
	if (mirror->has_cut_routes) {
		add_default_route(mirror, ADDR_IPV4);
		add_default_route(mirror, ADDR_IPV6);
	}
	qsort(mirror->routes, mirror->route_count, sizeof *mirror->routes, compare_route);
}

/* ---- looking in -------------------------------------------------------------------------------- */

const struct mirror_device *
mirror_device_named(const struct mirror *mirror, const char *name)
{
	for (uint32_t i = 0; i < mirror->device_count; i++)
		if (strcmp(mirror->devices[i].name, name) == 0)
			return &mirror->devices[i];
	return NULL;
}

uint32_t
mirror_ifindex_of(const struct mirror *mirror, const struct ip_addr *addr)
{
	struct stack_addr wanted = { .addr = *addr };
	uint32_t low = 0, high = mirror->addr_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = compare_addr(&wanted.addr, &mirror->addrs[middle].addr);
		if (order == 0)
			return mirror->addrs[middle].host_ifindex;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return 0;
}

/* A route like `local 192.0.2.0/24 dev lo` gives the host more addresses than it has in its list. */
static bool
leads_into_lo(const struct stack_route *route)
{
	return route->host_ifindex == MIRROR_LOOPBACK_IFINDEX && !addr_is_loopback(&route->prefix);
}

uint32_t
mirror_only_device(const struct mirror *mirror)
{
	uint32_t only = 0;

	if (mirror->cut_count != 0)
		return 0;
	for (uint32_t i = 0; i < mirror->route_count; i++)
		if (leads_into_lo(&mirror->routes[i]))
			return 0;
	for (uint32_t i = 0; i < mirror->device_count; i++) {
		const struct mirror_device *device = &mirror->devices[i];
		if (!device->is_up || device->ifindex == MIRROR_LOOPBACK_IFINDEX)
			continue;
		if (only != 0)
			return 0;
		only = device->ifindex;
	}
	return only;
}

uint32_t
mirror_mtu(const struct mirror *mirror, uint32_t otherwise)
{
	uint32_t mtu = UINT32_MAX;

	for (uint32_t i = 0; i < mirror->device_count; i++) {
		const struct mirror_device *device = &mirror->devices[i];
		if (device->is_up && device->ifindex != MIRROR_LOOPBACK_IFINDEX && device->mtu < mtu)
			mtu = device->mtu;
	}
	return mtu == UINT32_MAX ? otherwise : mtu;
}

/* ---- into the stack ---------------------------------------------------------------------------- */

static bool
same_addr(const struct stack_addr *a, const struct stack_addr *b)
{
	return a->prefix_len == b->prefix_len && a->flags == b->flags && a->host_ifindex == b->host_ifindex;
}

static uint32_t
apply_addrs(const struct mirror *before, const struct mirror *after, struct stack *stack, unsigned ifindex,
            uint64_t now_us)
{
	uint32_t i = 0, j = 0, refused = 0;

	while (i < before->addr_count || j < after->addr_count) {
		const struct stack_addr *gone = i < before->addr_count ? &before->addrs[i] : NULL;
		const struct stack_addr *here = j < after->addr_count ? &after->addrs[j] : NULL;
		int order = gone == NULL ? 1 : here == NULL ? -1 : compare_addr(&gone->addr, &here->addr);
		i += order <= 0;
		j += order >= 0;
		if (order < 0)
			(void)stack_addr_del(stack, ifindex, &gone->addr);
		else if (order > 0 || !same_addr(gone, here))
			refused += stack_addr_add(stack, ifindex, here, now_us) != 0;
	}
	return refused;
}

static bool
same_routes(const struct mirror *a, const struct mirror *b)
{
	if (a->route_count != b->route_count)
		return false;
	for (uint32_t i = 0; i < a->route_count; i++)
		if (compare_route(&a->routes[i], &b->routes[i]) != 0 ||
		    !addr_equal(&a->routes[i].source, &b->routes[i].source))
			return false;
	return true;
}

uint32_t
mirror_apply(const struct mirror *before, const struct mirror *after, struct stack *stack, unsigned ifindex,
           uint64_t now_us)
{
	uint32_t refused = apply_addrs(before, after, stack, ifindex, now_us);

	if (same_routes(before, after))
		return refused;
	stack_route_flush(stack, ifindex);
	for (uint32_t i = 0; i < after->route_count; i++) {
		struct stack_route route = after->routes[i];
		route.ifindex = (uint8_t)ifindex;
		refused += stack_route_add(stack, &route) != 0;
	}
	return refused;
}
