#include "stack/neigh.h"

#include "stack/arp.h"
#include "stack/ether.h"
#include "stack/ndp.h"
#include "stack/stack_priv.h"
#include "stack/trace_priv.h"

static void
solicit(struct stack *stack, const struct neigh *entry, enum neigh_due due)
{
	const struct mac_addr *known = due == NEIGH_DUE_UNICAST ? &entry->mac : NULL;

	if (trace__is_on(stack))
		trace__neigh(stack, entry->ifindex, &entry->addr, known, TRACE_NEIGH_ASKED);
	if (entry->addr.family == ADDR_IPV4)
		arp_solicit(stack, entry->ifindex, &entry->addr, known);
	else
		ndp_solicit(stack, entry->ifindex, &entry->addr, known);
}

enum neigh_verdict
neigh_resolve(struct stack *stack, unsigned ifindex, const struct ip_addr *next_hop, bool is_gateway,
              struct mac_addr *mac)
{
	struct neigh *entry;
	enum neigh_due due;
	enum neigh_verdict verdict = neigh_table_resolve(&stack->neighs, ifindex, next_hop, is_gateway, stack->now_us,
	                                                 &entry, &due);

	if (verdict == NEIGH_READY)
		*mac = entry->mac;
	if (due != NEIGH_DUE_NONE)
		solicit(stack, entry, due);
	return verdict;
}

void
neigh_hold(struct stack *stack, unsigned ifindex, const struct ip_addr *next_hop, const uint8_t *packet, size_t size)
{
	struct neigh *entry = neigh_table_find(&stack->neighs, ifindex, next_hop);

	if (entry != NULL)
		neigh_table_hold(&stack->neighs, entry, packet, size);
	else
		stack__drop(stack, DROP_NEIGH_FULL);
}

/* The neighbour is known now: what waited for it goes out, in order. */
static void
release(struct stack *stack, struct neigh *entry)
{
	const struct iface *iface = &stack->ifs[entry->ifindex];
	const size_t header_bytes = ether_frame_header_bytes(iface);
	const uint16_t type = entry->addr.family == ADDR_IPV4 ? ETHER_TYPE_IPV4 : ETHER_TYPE_IPV6;
	struct mac_addr mac;

	if (trace__is_on(stack))
		trace__neigh(stack, entry->ifindex, &entry->addr, &entry->mac, TRACE_NEIGH_FOUND);
	if (neigh_held_bytes(entry) == 0)
		return;
	(void)neigh_resolve(stack, entry->ifindex, &entry->addr, entry->is_gateway, &mac); /* using it is told */
	for (size_t size; (size = neigh_held_bytes(entry)) != 0;) {
		uint8_t *frame = stack__transmit_reserve(stack, header_bytes + size);
		if (frame == NULL) { /* counted */
			neigh_table_unhold(&stack->neighs, entry, stack->scratch);
			continue;
		}
		ether_frame_begin(frame, iface, &entry->mac, type);
		neigh_table_unhold(&stack->neighs, entry, frame + header_bytes);
		stack__transmit_commit(stack, entry->ifindex, header_bytes + size, NULL);
	}
}

void
neigh_hear_source(struct stack *stack, unsigned ifindex, const struct ip_addr *addr, const struct mac_addr *mac,
                  bool may_create)
{
	struct neigh *entry = neigh_table_hear_source(&stack->neighs, ifindex, addr, mac, may_create);

	if (entry != NULL)
		release(stack, entry);
}

void
neigh_hear_advert(struct stack *stack, unsigned ifindex, const struct ip_addr *addr,
                  const struct neigh_advert *advert)
{
	const struct neigh *before = neigh_table_find(&stack->neighs, ifindex, addr);
	const bool was_router = before != NULL && before->is_router;
	struct neigh *entry = neigh_table_hear_advert(&stack->neighs, ifindex, addr, advert, stack->now_us);

	if (entry == NULL)
		return;
	if (was_router && !entry->is_router)
		router_gone(stack, ifindex, addr); /* RFC 4861, section 7.2.5 */
	release(stack, entry);
}

/* Nobody answers: each flow whose packet waited learns it. */
static void
give_up(struct stack *stack, struct neigh *entry)
{
	if (trace__is_on(stack))
		trace__neigh(stack, entry->ifindex, &entry->addr, NULL, TRACE_NEIGH_LOST);
	for (size_t size; (size = neigh_held_bytes(entry)) != 0;) {
		neigh_table_unhold(&stack->neighs, entry, stack->scratch);
		icmp_neighbour_failed(stack, entry->ifindex, stack->scratch, size);
	}
	router_silent(stack, entry->ifindex, &entry->addr);
	neigh_table_gave_up(&stack->neighs, entry, stack->now_us);
}

void
neigh_timeout(struct stack *stack, struct wheel_timer *timer)
{
	struct neigh *entry = TIMER_OWNER(timer, struct neigh, timer);
	enum neigh_due due = neigh_table_timeout(&stack->neighs, entry, stack->now_us);

	switch (due) {
	case NEIGH_DUE_NONE:      break;
	case NEIGH_DUE_MULTICAST:
	case NEIGH_DUE_UNICAST:   solicit(stack, entry, due); break;
	case NEIGH_DUE_GIVE_UP:   give_up(stack, entry); break;
	}
}
