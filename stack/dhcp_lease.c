#include "stack/dhcp_lease.h"

#include <assert.h>
#include <string.h>

#include "stack/stack_priv.h"

#define SECOND_US 1000000u

/* ---- reading --------------------------------------------------------------------------------- */

/* True for the first and the last address of its prefix: the network's own, and its broadcast. */
static bool
is_edge(const struct ip_addr *addr, unsigned prefix_len)
{
	bool is_zeros = true, is_ones = true;

	if (prefix_len >= 31) /* RFC 3021 */
		return false;
	for (unsigned bit = prefix_len; bit < 32; bit++) {
		const bool is_one = (addr->octets[bit / 8] & 0x80u >> bit % 8) != 0;
		is_zeros = is_zeros && !is_one;
		is_ones = is_ones && is_one;
	}
	return is_zeros || is_ones;
}

static bool
is_station(const struct ip_addr *addr)
{
	return !addr_is_unspecified(addr) && !addr_is_multicast(addr) && !addr_is_loopback(addr) &&
	       addr->octets[0] != 0 && addr->octets[0] < 240; /* RFC 1122, section 3.2.1.3 */
}

static void
route_take(struct dhcp_lease *lease, const struct dhcp_route *route)
{
	const bool is_usable =
		route->router.family == ADDR_NONE ||
		(is_station(&route->router) && !addr_equal(&route->router, &lease->addr));
	if (is_usable && lease->route_count < DHCP_ROUTES_MAX)
		lease->routes[lease->route_count++] = *route;
}

int
dhcp_lease_read(struct dhcp_lease *lease, const struct dhcp_message *message)
{
	*lease = (struct dhcp_lease){
		.addr = message->yiaddr,
		.prefix_len = message->prefix_len != 0 ? message->prefix_len : 32,
		.mtu = message->mtu,
	};
	if (!is_station(&lease->addr) || is_edge(&lease->addr, lease->prefix_len))
		return ERR_MALFORMED;
	for (unsigned i = 0; i < message->route_count; i++)
		route_take(lease, &message->routes[i]);
	for (unsigned i = 0; i < message->router_count && !message->has_routes; i++)
		route_take(lease, &(struct dhcp_route){ .prefix.family = ADDR_IPV4,
							.router = message->routers[i] });
	return 0;
}

static uint64_t
seconds_after(uint64_t at_us, uint32_t seconds)
{
	return at_us + (uint64_t)seconds * SECOND_US;
}

void
dhcp_lease_times(struct dhcp_times *times, const struct dhcp_message *message, uint64_t asked_at_us,
		 struct rng *rng)
{
	const uint32_t lease_s = message->lease_s;
	uint32_t t1_s = message->renewal_s != 0 ? message->renewal_s : lease_s / 2;
	uint32_t t2_s = message->rebinding_s != 0 ? message->rebinding_s : lease_s - lease_s / 8;

	if (lease_s == DHCP_LEASE_EVER) {
		*times = (struct dhcp_times){ WHEEL_NEVER, WHEEL_NEVER, WHEEL_NEVER };
		return;
	}
	if (t1_s < DHCP_T1_S_MIN || t1_s >= t2_s || t2_s >= lease_s) {
		t1_s = lease_s / 2;
		t2_s = lease_s - lease_s / 8;
	}
	const uint32_t early_s = rng_below(rng, t1_s / 32 + 1); /* of both: their order stays */
	times->renew_at_us = seconds_after(asked_at_us, t1_s - early_s);
	times->rebind_at_us = seconds_after(asked_at_us, t2_s - early_s);
	times->expires_at_us = seconds_after(asked_at_us, lease_s);
}

/* ---- in force -------------------------------------------------------------------------------- */

static void
addr_enforce(struct stack *stack, unsigned ifindex, const struct dhcp_lease *lease)
{
	const struct stack_addr addr = { .addr = lease->addr, .prefix_len = lease->prefix_len };

	if (ifaddr_find(stack, ifindex, &lease->addr) != NULL)
		return; /* the operator gave it already: it stays what it is, and stays */
	if (ifaddr_put(stack, ifindex, &addr, IFADDR_DHCP) != 0)
		stack__drop(stack, DROP_DHCP_IGNORED);
}

static void
addr_withdraw(struct stack *stack, unsigned ifindex, const struct dhcp_lease *lease)
{
	const struct ifaddr *entry = ifaddr_find(stack, ifindex, &lease->addr);

	if (entry != NULL && entry->origin == IFADDR_DHCP)
		(void)stack_addr_del(stack, ifindex, &lease->addr);
}

static struct stack_route
route_of(const struct dhcp_lease *lease, unsigned index, unsigned ifindex)
{
	const struct dhcp_route *route = &lease->routes[index];

	return (struct stack_route){
		.prefix = route->prefix,
		.prefix_len = route->prefix_len,
		.gateway = route->router,
		.ifindex = (uint8_t)ifindex,
		.metric = DHCP_METRIC + index, /* the server's order */
	};
}

static void
rest_enforce(struct stack *stack, unsigned ifindex, const struct dhcp_lease *lease)
{
	struct iface *iface = &stack->ifs[ifindex];

	if (lease->mtu >= IPV4_MTU_MIN && lease->mtu <= iface->mtu)
		iface->mtu_ipv4 = lease->mtu; /* a smaller one would be an attack */
	for (unsigned i = 0; i < lease->route_count; i++) {
		const struct stack_route route = route_of(lease, i, ifindex);
		if (stack_route_add(stack, &route) != 0)
			stack__drop(stack, DROP_DHCP_IGNORED);
	}
}

static void
rest_withdraw(struct stack *stack, unsigned ifindex, const struct dhcp_lease *lease)
{
	struct iface *iface = &stack->ifs[ifindex];

	iface->mtu_ipv4 = iface->mtu;
	for (unsigned i = 0; i < lease->route_count; i++) {
		const struct stack_route route = route_of(lease, i, ifindex);
		(void)stack_route_del(stack, &route); /* or it had found no room */
	}
}

void
dhcp_lease_enforce(struct stack *stack, unsigned ifindex, const struct dhcp_lease *lease)
{
	assert(lease->addr.family == ADDR_IPV4);
	addr_enforce(stack, ifindex, lease);
	rest_enforce(stack, ifindex, lease);
}

void
dhcp_lease_withdraw(struct stack *stack, unsigned ifindex, const struct dhcp_lease *lease)
{
	rest_withdraw(stack, ifindex, lease);
	addr_withdraw(stack, ifindex, lease);
}

static bool
is_same_addr(const struct dhcp_lease *a, const struct dhcp_lease *b)
{
	return addr_equal(&a->addr, &b->addr) && a->prefix_len == b->prefix_len;
}

static bool
is_same_rest(const struct dhcp_lease *a, const struct dhcp_lease *b)
{
	static_assert(sizeof a->routes[0] == 2 * sizeof(struct ip_addr) + 1,
		      "only octets to compare");

	return a->mtu == b->mtu && a->route_count == b->route_count &&
	       memcmp(a->routes, b->routes, a->route_count * sizeof a->routes[0]) == 0;
}

void
dhcp_lease_renew(struct stack *stack, unsigned ifindex, const struct dhcp_lease *old,
		 const struct dhcp_lease *lease)
{
	if (!is_same_addr(old, lease)) {
		dhcp_lease_withdraw(stack, ifindex, old);
		dhcp_lease_enforce(stack, ifindex, lease);
	} else if (!is_same_rest(old, lease)) {
		rest_withdraw(stack, ifindex, old);
		rest_enforce(stack, ifindex, lease);
	}
}
