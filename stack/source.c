#include "stack/source.h"

#include <string.h>

#include "stack/policy.h"
#include "stack/stack_priv.h"

static unsigned
matching_bits(const struct ip_addr *source, unsigned prefix_len, const struct ip_addr *destination)
{
	for (unsigned bit = 0; bit < prefix_len; bit++) {
		uint8_t mask = (uint8_t)(0x80u >> (bit % 8));
		if (((source->octets[bit / 8] ^ destination->octets[bit / 8]) & mask) != 0)
			return bit;
	}
	return prefix_len;
}

/* True when candidate `a` is better than `b`: the first rule that tells them apart decides. */
static bool
is_better(const struct stack_addr *a, const struct stack_addr *b, const struct ip_addr *destination,
	  uint16_t host_ifindex)
{
	bool a_same = addr_equal(&a->addr, destination), b_same = addr_equal(&b->addr, destination);
	if (a_same != b_same)
		return a_same; /* rule 1 */

	unsigned a_scope = addr_scope_of(&a->addr), b_scope = addr_scope_of(&b->addr),
		 wanted = addr_scope_of(destination);
	if (a_scope != b_scope) /* rule 2: the smallest that reaches, else the largest */
		return a_scope < b_scope ? a_scope >= wanted : b_scope < wanted;

	unsigned a_old = a->flags & STACK_ADDR_DEPRECATED, b_old = b->flags & STACK_ADDR_DEPRECATED;
	if (a_old != b_old)
		return a_old == 0; /* rule 3 */

	bool a_out = a->host_ifindex == host_ifindex, b_out = b->host_ifindex == host_ifindex;
	if (a_out != b_out)
		return a_out; /* rule 5 */

	unsigned label = addr_policy_of(destination).label;
	bool a_label = addr_policy_of(&a->addr).label == label, b_label = addr_policy_of(&b->addr).label == label;
	if (a_label != b_label)
		return a_label; /* rule 6 */

	return matching_bits(&a->addr, a->prefix_len, destination) >
	       matching_bits(&b->addr, b->prefix_len, destination); /* rule 8 */
}

/*
 * RFC 1122, section 3.2.1.3 (g), and RFC 4291, section 2.5.3: a loopback address never leaves the
 * host.
 */
static bool
may_carry(const struct stack_addr *addr, const struct ip_addr *destination,
	  const struct route_hop *hop)
{
	if (addr->addr.family != destination->family || (addr->flags & STACK_ADDR_TENTATIVE) != 0)
		return false;
	return !addr_is_loopback(&addr->addr) || addr_is_loopback(destination) ||
	       hop->kind == ROUTE_LOCAL;
}

int
source_select(const struct stack *stack, const struct ip_addr *destination,
	      const struct route_hop *hop, struct ip_addr *source)
{
	const struct stack_addr *best = NULL;

	for (uint32_t i = 0; i < stack->ifaddrs.used_end; i++) {
		const struct ifaddr *entry = &stack->ifaddrs.entries[i];
		if (entry->ifindex != hop->ifindex || !may_carry(&entry->addr, destination, hop))
			continue;
		if (best == NULL || is_better(&entry->addr, best, destination, hop->host_ifindex))
			best = &entry->addr;
	}
	if (best == NULL)
		return ERR_NO_ROUTE;
	*source = best->addr;
	return 0;
}

int
stack_source_for(const struct stack *stack, const struct ip_addr *remote, struct ip_addr *source)
{
	struct ip_send send = { .destination = *remote };
	int err = ip_route(stack, &send);
	if (err == 0)
		*source = send.source;
	return err;
}
