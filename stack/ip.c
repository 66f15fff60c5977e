#include "stack/ip.h"

#include <assert.h>
#include <string.h>

#include "stack/ether.h"
#include "stack/icmp.h"
#include "stack/ipv4.h"
#include "stack/ipv6.h"
#include "stack/neigh.h"
#include "stack/source.h"
#include "stack/stack_priv.h"

#define IPV4_PAYLOAD_MAX (65535u - IPV4_HEADER_BYTES)
#define IPV6_PAYLOAD_MAX 65535u

static size_t
header_bytes(const struct ip_addr *destination)
{
	return destination->family == ADDR_IPV4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
}

/* ---- where to ---------------------------------------------------------------------------------- */

/*
 * A link-local address or group says nothing about the link (RFC 4291, sections 2.5.6 and 2.7); the own address that is to
 * be used does, whatever routes there are.
 */
static bool
choose_link(const struct stack *stack, struct ip_send *send)
{
	struct route_hop own;

	if (!addr_is_of_link(&send->destination) || send->hop.kind == ROUTE_LOCAL ||
	    send->source.family == ADDR_NONE || route_lookup(stack, &send->source, &own) != 0 ||
	    own.kind != ROUTE_LOCAL)
		return false;
	send->hop.ifindex = own.ifindex;
	send->hop.host_ifindex = own.host_ifindex;
	send->hop.next_hop = send->destination;
	return true;
}

int
ip_route(const struct stack *stack, struct ip_send *send)
{
	int err = route_lookup(stack, &send->destination, &send->hop);
	if (err != 0)
		send->hop.kind = addr_is_multicast(&send->destination) ? ROUTE_MULTICAST : ROUTE_UNICAST;
	if (choose_link(stack, send))
		err = 0;
	if (err != 0)
		return err;
	const bool is_shared = (stack->ifs[send->hop.ifindex].flags & STACK_IF_SHARED) != 0;
	if (addr_is_loopback(&send->destination) && send->hop.kind != ROUTE_LOCAL && !is_shared)
		return ERR_NO_ROUTE; /* RFC 1122, section 3.2.1.3 (g): it never leaves the host */
	if (send->source.family == ADDR_NONE) {
		if (send->hop.kind != ROUTE_LOCAL && send->hop.source.family != ADDR_NONE)
			send->source = send->hop.source;
		else
			err = source_select(stack, &send->destination, &send->hop, &send->source);
	}
	if (send->hop.kind == ROUTE_LOCAL && is_shared)
		send->hop.kind = ROUTE_UNICAST; /* the kernel loops it: its user may be another program */
	else if (send->hop.kind == ROUTE_LOCAL)
		send->hop.ifindex = STACK_IF_LOOPBACK;
	return err;
}

int
ip_route_from(const struct stack *stack, struct ip_send *send, const struct ip_addr *local)
{
	if (local == NULL || local->family == ADDR_NONE)
		return ip_route(stack, send);
	if (local->family != send->destination.family)
		return ERR_MALFORMED;
	send->source = *local;
	int err = ip_route(stack, send);
	if (err == 0 && route_classify(stack, send->hop.ifindex, local) != ROUTE_LOCAL)
		err = ERR_NO_ROUTE; /* not ours, or no longer */
	return err;
}

/* What the link takes; a DHCP server or a router may say less. */
static uint32_t
link_mtu(const struct iface *iface, const struct ip_addr *destination)
{
	return destination->family == ADDR_IPV6 ? iface->mtu_ipv6 : iface->mtu_ipv4;
}

uint32_t
ip_path_mtu(struct stack *stack, unsigned ifindex, const struct ip_addr *destination, bool *dont_fragment)
{
	return pmtu_get(&stack->pmtu, &stack->hash_key, destination, link_mtu(&stack->ifs[ifindex], destination),
	                stack->now_us, dont_fragment);
}

uint32_t
stack_path_mtu(struct stack *stack, const struct ip_addr *remote, uint64_t now_us)
{
	struct route_hop hop;
	bool dont_fragment;

	stack__tell_time(stack, now_us);
	if (route_lookup(stack, remote, &hop) != 0)
		return remote->family == ADDR_IPV4 ? IPV4_MTU_MIN : IPV6_MTU_MIN;
	return ip_path_mtu(stack, hop.ifindex, remote, &dont_fragment);
}

/* ---- out --------------------------------------------------------------------------------------- */

/* Finds the neighbour, or that it has to be waited for. */
static int
link_prepare(struct stack *stack, struct ip_send *send)
{
	const struct iface *iface = &stack->ifs[send->hop.ifindex];

	send->is_waiting = false;
	send->link_header_bytes = 0;
	if (!iface->is_up)
		return ERR_NO_ROUTE;
	if (iface->kind != STACK_IF_ETHER)
		return 0;
	send->link_header_bytes = (uint8_t)ether_frame_header_bytes(iface);
	switch (send->hop.kind) {
	case ROUTE_MULTICAST: send->mac = ether_multicast(&send->destination); return 0;
	case ROUTE_BROADCAST: send->mac = ether_broadcast; return 0;
	case ROUTE_LOCAL:
	case ROUTE_UNICAST:   break;
	}
	const bool is_gateway = !addr_equal(&send->hop.next_hop, &send->destination);
	switch (neigh_resolve(stack, send->hop.ifindex, &send->hop.next_hop, is_gateway, &send->mac)) {
	case NEIGH_READY: return 0;
	case NEIGH_WAIT:  send->is_waiting = true; return 0;
	case NEIGH_DEAD:  break;
	}
	stack__drop(stack, DROP_NEIGH_FAILED);
	return ERR_NO_ROUTE;
}

int
ip_begin(struct stack *stack, struct ip_send *send, size_t payload_bytes, uint8_t **payload)
{
	const struct iface *iface = &stack->ifs[send->hop.ifindex];
	const size_t header = header_bytes(&send->destination);

	if (payload_bytes > (send->destination.family == ADDR_IPV4 ? IPV4_PAYLOAD_MAX : IPV6_PAYLOAD_MAX))
		return ERR_TOO_BIG;
	int err = link_prepare(stack, send);
	if (err != 0)
		return err;
	if (send->segment_bytes != 0 && send->is_waiting)
		return ERR_TOO_BIG; /* what waits has lost its way to the link that would split it */
	send->payload_bytes = payload_bytes;
	send->path_mtu = ip_path_mtu(stack, send->hop.ifindex, &send->destination, &send->dont_fragment);
	send->is_fragmented = send->segment_bytes == 0 && header + payload_bytes > send->path_mtu;
	send->checksum_offload = false;
	if (send->is_fragmented) {
		send->packet = stack->scratch;
	} else {
		const size_t here_bytes = payload_bytes - send->lent.bytes;
		uint8_t *frame = stack__transmit_reserve(stack, send->link_header_bytes + header + here_bytes);
		if (frame == NULL)
			return ERR_FULL;
		send->packet = frame + send->link_header_bytes;
		send->checksum_offload =
		        (iface->flags & STACK_IF_CHECKSUM_TX) != 0 && !send->is_waiting && !send->fills_checksum;
	}
	*payload = send->packet + header;
	return 0;
}

/* Unpredictable, and not one that is still in the network (RFC 7739). */
static uint32_t
fragment_id_draw(struct stack *stack, const struct ip_send *send)
{
	if (send->destination.family == ADDR_IPV4)
		return ipv4_ids_draw(&stack->ipv4_ids, stack->rng);
	return rng_u32(stack->rng);
}

static void
header_write(struct stack *stack, const struct ip_send *send, uint8_t *packet, const struct ip_fragment *fragment)
{
	if (send->destination.family == ADDR_IPV4)
		ipv4_header_write(send, packet, fragment, ipv4_id_draw(stack, send, fragment));
	else
		ipv6_header_write(send, packet, fragment);
}

/* A packet of `size` octets stands in room that was reserved, behind the place of its link header. */
static void
packet_send(struct stack *stack, const struct ip_send *send, uint8_t *packet, size_t size)
{
	const struct iface *iface = &stack->ifs[send->hop.ifindex];
	struct transmit_work work = { 0 };

	if (send->is_waiting) {
		neigh_hold(stack, send->hop.ifindex, &send->hop.next_hop, packet, size);
		return;
	}
	if (send->link_header_bytes != 0)
		ether_frame_begin(packet - send->link_header_bytes, iface, &send->mac,
		                  send->destination.family == ADDR_IPV4 ? ETHER_TYPE_IPV4 : ETHER_TYPE_IPV6);
	if (send->checksum_offload) {
		work.checksum_start = (uint16_t)(send->link_header_bytes + header_bytes(&send->destination));
		work.checksum_offset = send->checksum_offset;
	}
	if (send->segment_bytes != 0) {
		work.segment_bytes = send->segment_bytes;
		work.segment_start = (uint16_t)(work.checksum_start + send->transport_header_bytes);
		work.lent = send->lent;
	}
	stack__transmit_commit(stack, send->hop.ifindex, send->link_header_bytes + size - work.lent.bytes, &work);
}

/* What was built in scratch memory leaves it in pieces; one that finds no room takes the rest with it. */
static void
fragments_send(struct stack *stack, const struct ip_send *send)
{
	const size_t header = header_bytes(&send->destination);
	const size_t header_all =
	        header + (send->destination.family == ADDR_IPV6 ? IPV6_FRAGMENT_HEADER_BYTES : 0);
	const size_t piece_max = (send->path_mtu - header_all) & ~(size_t)7; /* offsets count eights */
	struct ip_fragment fragment = { .more = true, .id = fragment_id_draw(stack, send) };

	for (; fragment.more; fragment.offset += fragment.bytes) {
		const size_t left = send->payload_bytes - fragment.offset;
		fragment.more = left > piece_max;
		fragment.bytes = fragment.more ? piece_max : left;
		uint8_t *frame =
		        stack__transmit_reserve(stack, send->link_header_bytes + header_all + fragment.bytes);
		if (frame == NULL)
			return;
		uint8_t *packet = frame + send->link_header_bytes;
		header_write(stack, send, packet, &fragment);
		memcpy(packet + header_all, send->packet + header + fragment.offset, fragment.bytes);
		packet_send(stack, send, packet, header_all + fragment.bytes);
	}
}

void
ip_end(struct stack *stack, struct ip_send *send)
{
	const size_t header = header_bytes(&send->destination);
	const struct ip_fragment whole = { .bytes = send->payload_bytes };

	if (send->is_fragmented) {
		fragments_send(stack, send);
		return;
	}
	header_write(stack, send, send->packet, &whole);
	packet_send(stack, send, send->packet, header + send->payload_bytes);
}

/* ---- up ---------------------------------------------------------------------------------------- */

void
ip_deliver(struct stack *stack, const struct ip_packet *packet)
{
	switch (packet->protocol) {
	case IP_PROTOCOL_UDP: udp_receive(stack, packet); return;
	case IP_PROTOCOL_TCP:
		if (!tcp_is_spoken(&stack->tcp))
			break;
		tcp_segment_receive(stack, packet);
		return;
	case IP_PROTOCOL_ICMP:
		if (packet->source.family != ADDR_IPV4)
			break;
		icmp_receive(stack, packet);
		return;
	case IP_PROTOCOL_ICMPV6:
		if (packet->source.family != ADDR_IPV6)
			break;
		icmp_receive(stack, packet);
		return;
	default: break;
	}
	stack__drop(stack, DROP_IP_PROTOCOL);
	icmp_error_send(stack, packet, ICMP_PROBLEM_PROTOCOL, packet->protocol_at);
}
