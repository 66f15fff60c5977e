#include "stack/arp.h"

#include "stack/arp_wire.h"
#include "stack/ether.h"
#include "stack/neigh.h"
#include "stack/stack_priv.h"

/* ---- out --------------------------------------------------------------------------------------- */

static void
arp_send(struct stack *stack, unsigned ifindex, const struct mac_addr *to, const struct arp_packet *packet)
{
	const struct iface *iface = &stack->ifs[ifindex];
	const size_t header_bytes = ether_frame_header_bytes(iface);
	uint8_t *frame = stack__transmit_reserve(stack, header_bytes + ARP_PACKET_BYTES);

	if (frame == NULL)
		return;
	struct writer w = writer_over(frame + header_bytes, ARP_PACKET_BYTES);
	ether_frame_begin(frame, iface, to, ETHER_TYPE_ARP);
	arp_write(&w, packet);
	stack__transmit_commit(stack, ifindex, header_bytes + ARP_PACKET_BYTES, NULL);
}

/* A request from `sender` about `target`; the target's MAC address is what is asked for, so zero. */
static void
request_send(struct stack *stack, unsigned ifindex, const struct mac_addr *to, const struct ip_addr *sender,
             const struct ip_addr *target)
{
	const struct arp_packet packet = {
		.operation = ARP_REQUEST,
		.sender_mac = stack->ifs[ifindex].mac,
		.sender = *sender,
		.target = *target,
	};
	arp_send(stack, ifindex, to, &packet);
}

void
arp_solicit(struct stack *stack, unsigned ifindex, const struct ip_addr *target, const struct mac_addr *known)
{
	const struct route_hop hop = { .kind = ROUTE_UNICAST, .ifindex = ifindex, .next_hop = *target };
	struct ip_addr sender;

	if (source_select(stack, target, &hop, &sender) == 0) /* from nobody it would be a probe */
		request_send(stack, ifindex, known != NULL ? known : &ether_broadcast, &sender, target);
}

/* Gratuitous: everybody who knows the address learns where it is now (RFC 5227, section 3). */
static void
announce(struct stack *stack, const struct ifaddr *entry)
{
	request_send(stack, entry->ifindex, &ether_broadcast, &entry->addr.addr, &entry->addr.addr);
}

static void
reply_send(struct stack *stack, unsigned ifindex, const struct arp_packet *request)
{
	const struct arp_packet reply = {
		.operation = ARP_REPLY,
		.sender_mac = stack->ifs[ifindex].mac,
		.sender = request->target,
		.target_mac = request->sender_mac,
		.target = request->sender,
	};
	arp_send(stack, ifindex, &request->sender_mac, &reply);
}

/* ---- conflict detection ------------------------------------------------------------------------ */

static void
arm_after(struct stack *stack, struct ifaddr *entry, uint64_t delay_us)
{
	wheel_arm(&stack->wheel, &entry->timer, stack->now_us + delay_us);
}

void
arp_probe_start(struct stack *stack, struct ifaddr *entry)
{
	entry->probe_count = 0;
	arm_after(stack, entry, rng_below(stack->rng, ARP_PROBE_WAIT_US));
}

static void
probe_step(struct stack *stack, struct ifaddr *entry)
{
	static const struct ip_addr nobody = { .family = ADDR_IPV4 };

	request_send(stack, entry->ifindex, &ether_broadcast, &nobody, &entry->addr.addr);
	entry->probe_count++;
	if (entry->probe_count == ARP_PROBE_NUM)
		arm_after(stack, entry, ARP_ANNOUNCE_WAIT_US);
	else
		arm_after(stack, entry,
		          ARP_PROBE_MIN_US + rng_below(stack->rng, ARP_PROBE_MAX_US - ARP_PROBE_MIN_US + 1));
}

void
arp_probe_timeout(struct stack *stack, struct ifaddr *entry)
{
	if (entry->probe_count < ARP_PROBE_NUM) {
		probe_step(stack, entry);
		return;
	}
	if (entry->probe_count == ARP_PROBE_NUM)
		ifaddr_ready(stack, entry);
	announce(stack, entry);
	entry->probe_count++;
	if (entry->probe_count < ARP_PROBE_NUM + ARP_ANNOUNCE_NUM)
		arm_after(stack, entry, ARP_ANNOUNCE_INTERVAL_US);
}

/* RFC 5227, section 2.4. */
static void
defend(struct stack *stack, struct ifaddr *entry)
{
	const bool is_first =
	        entry->conflict_count == 0 || stack->now_us - entry->conflict_at_us >= ARP_DEFEND_INTERVAL_US;

	if (!is_first && entry->origin != IFADDR_CONFIGURED) {
		ifaddr_conflict(stack, entry);
		return;
	}
	stack__drop(stack, DROP_ADDR_CONFLICT);
	if (!is_first)
		return;
	entry->conflict_count = 1;
	entry->conflict_at_us = stack->now_us;
	announce(stack, entry);
}

/* True when the packet touches an address of ours that another station claims, and so is no news of a neighbour. */
static bool
conflict_check(struct stack *stack, unsigned ifindex, const struct arp_packet *packet)
{
	if (mac_equal(&packet->sender_mac, &stack->ifs[ifindex].mac))
		return false; /* our own, come back */
	struct ifaddr *claimed = ifaddr_find(stack, ifindex, &packet->sender);
	if (claimed != NULL) {
		if ((claimed->addr.flags & STACK_ADDR_TENTATIVE) != 0)
			ifaddr_conflict(stack, claimed);
		else
			defend(stack, claimed);
		return true;
	}
	if (packet->operation != ARP_REQUEST || !addr_is_unspecified(&packet->sender))
		return false;
	struct ifaddr *wanted = ifaddr_find(stack, ifindex, &packet->target);
	if (wanted == NULL || (wanted->addr.flags & STACK_ADDR_TENTATIVE) == 0)
		return false;
	ifaddr_conflict(stack, wanted); /* RFC 5227, section 2.1.1: another probes for it just now */
	return true;
}

/* ---- in ---------------------------------------------------------------------------------------- */

static void
request_receive(struct stack *stack, unsigned ifindex, const struct arp_packet *packet)
{
	const bool is_for_us = ifaddr_is_ours(stack, ifindex, &packet->target);
	const bool is_probe = addr_is_unspecified(&packet->sender);

	if (!is_probe) /* RFC 826: who asks for us will be answered soon, so is worth an entry */
		neigh_hear_source(stack, ifindex, &packet->sender, &packet->sender_mac, is_for_us);
	if (is_for_us)
		reply_send(stack, ifindex, packet);
	else if (is_probe)
		stack__drop(stack, DROP_ARP_IGNORED);
}

/* A reply that was not asked for may move a neighbour that we know, but confirms nothing. */
static void
reply_receive(struct stack *stack, unsigned ifindex, const struct arp_packet *packet, bool is_broadcast)
{
	const struct neigh *entry = neigh_table_find(&stack->neighs, ifindex, &packet->sender);

	if (entry == NULL) {
		stack__drop(stack, DROP_ARP_IGNORED);
		return;
	}
	const bool is_asked = entry->state == NEIGH_INCOMPLETE || entry->state == NEIGH_PROBE;
	const struct neigh_advert advert = {
		.mac = &packet->sender_mac,
		.is_solicited = is_asked && !is_broadcast,
		.is_override = true,
	};
	neigh_hear_advert(stack, ifindex, &packet->sender, &advert);
}

void
arp_receive(struct stack *stack, unsigned ifindex, struct cursor *c, bool is_broadcast)
{
	struct arp_packet packet;

	if (arp_read(c, &packet) != 0) {
		stack__drop(stack, DROP_ARP_MALFORMED);
		return;
	}
	if (conflict_check(stack, ifindex, &packet))
		return;
	if (packet.operation == ARP_REQUEST)
		request_receive(stack, ifindex, &packet);
	else
		reply_receive(stack, ifindex, &packet, is_broadcast);
}
