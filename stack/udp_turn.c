#include "stack/udp_turn.h"

#include <string.h>

#include "stack/ether.h"
#include "stack/ipv4.h"
#include "stack/ipv6.h"
#include "stack/stack_priv.h"
#include "stack/trace_priv.h"

#define SOURCE_AT 6u /* in an Ethernet header */

static size_t
header_bytes(const struct ip_addr *addr)
{
	return addr->family == ADDR_IPV4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
}

/* ---- in ---------------------------------------------------------------------------------------- */

/* A reply has the headers of this packet: no options, and from an address that is ours alone. */
static bool
can_be_turned(const struct stack *stack, const struct ip_packet *packet)
{
	return (packet->rx_flags & STACK_RX_WRITABLE) != 0 && stack->ifs[packet->ifindex].kind == STACK_IF_ETHER &&
	       packet->kind == ROUTE_LOCAL &&
	       packet->payload == packet->begin + header_bytes(&packet->destination);
}

bool
udp_turn_offer(struct stack *stack, const struct ip_packet *packet, const struct stack_action *datagram)
{
	struct udp_turn *turn = &stack->turn;

	if ((packet->rx_flags & STACK_RX_LENT) == 0 || turn->is_lent || stack->receive.count != 0)
		return false;
	turn->is_lent = turn->has_datagram = true;
	turn->datagram = *datagram;
	turn->packet = can_be_turned(stack, packet) ? (uint8_t *)packet->begin : NULL;
	return true;
}

bool
udp_turn_next_datagram(struct stack *stack, struct stack_action *action)
{
	struct udp_turn *turn = &stack->turn;

	if (!turn->has_datagram)
		return false;
	turn->has_datagram = false;
	*action = turn->datagram;
	return true;
}

/* ---- out --------------------------------------------------------------------------------------- */

static void
packet_write(struct stack *stack, const struct ip_send *send, uint8_t *packet, const void *payload, size_t size)
{
	const struct udp_turn *turn = &stack->turn;
	const struct ip_fragment whole = { .bytes = UDP_HEADER_BYTES + size };

	udp__datagram_write(send, packet + header_bytes(&send->destination), turn->datagram.local_port,
	                    turn->datagram.remote_port, payload, size);
	if (send->destination.family == ADDR_IPV4)
		ipv4_header_write(send, packet, &whole, ipv4_id_draw(stack, send, &whole));
	else
		ipv6_header_write(send, packet, &whole);
}

/* Puts the link header in front, from us to the station that the frame came from; returns the frame's size. */
static size_t
frame_write(const struct iface *iface, uint8_t *frame, const struct ip_addr *destination, size_t frame_bytes)
{
	struct mac_addr station;

	memcpy(&station, frame + SOURCE_AT, sizeof station);
	ether_frame_begin(frame, iface, &station,
	                  destination->family == ADDR_IPV4 ? ETHER_TYPE_IPV4 : ETHER_TYPE_IPV6);
	if (frame_bytes >= ETHER_FRAME_BYTES_MIN)
		return frame_bytes;
	memset(frame + frame_bytes, 0, ETHER_FRAME_BYTES_MIN - frame_bytes);
	return ETHER_FRAME_BYTES_MIN;
}

int
udp_turn(struct stack *stack, const void *payload, size_t size, uint64_t now_us)
{
	struct udp_turn *turn = &stack->turn;
	const struct stack_action *datagram = &turn->datagram;

	stack__tell_time(stack, now_us);
	if (turn->packet == NULL || turn->has_datagram || turn->has_reply)
		return ERR_UNSUPPORTED;
	const struct iface *iface = &stack->ifs[datagram->ifindex];
	struct ip_send send = { .source = datagram->local, .destination = datagram->remote, .protocol = IP_PROTOCOL_UDP };
	const uint32_t path_mtu = ip_path_mtu(stack, datagram->ifindex, &datagram->remote, &send.dont_fragment);
	const size_t link_bytes = ether_frame_header_bytes(iface);
	const size_t packet_bytes = header_bytes(&datagram->remote) + UDP_HEADER_BYTES + size;
	if (packet_bytes > path_mtu || link_bytes + packet_bytes > STACK_RX_ROOM_BYTES)
		return ERR_UNSUPPORTED;

	uint8_t *frame = turn->packet - link_bytes;
	packet_write(stack, &send, turn->packet, payload, size);
	turn->packet = NULL;
	turn->has_reply = true;
	turn->reply = (struct stack_action){
		.kind = STACK_TRANSMIT,
		.ifindex = datagram->ifindex,
		.bytes = frame,
		.size = frame_write(iface, frame, &datagram->remote, link_bytes + packet_bytes),
	};
	stack->stats.datagrams_out++;
	if (trace__is_on(stack))
		trace__frame(stack, TRACE_FRAME_OUT, datagram->ifindex, frame, turn->reply.size);
	return 0;
}

bool
udp_turn_next_reply(struct stack *stack, struct stack_action *action)
{
	struct udp_turn *turn = &stack->turn;

	if (!turn->has_reply)
		return false;
	turn->has_reply = false;
	*action = turn->reply;
	return true;
}

/* ---- the end of the loan ----------------------------------------------------------------------- */

static void
keep_reply(struct stack *stack, const struct stack_action *reply)
{
	uint8_t *room = stack__transmit_reserve(stack, reply->size);

	if (room == NULL)
		return;
	memcpy(room, reply->bytes, reply->size);
	stack__transmit_commit(stack, reply->ifindex, reply->size, NULL);
}

void
udp_turn_settle(struct stack *stack)
{
	struct udp_turn *turn = &stack->turn;

	if (!turn->is_lent)
		return;
	if (turn->has_datagram)
		stack__report(stack, &turn->datagram);
	if (turn->has_reply)
		keep_reply(stack, &turn->reply);
	turn->is_lent = turn->has_datagram = turn->has_reply = false;
	turn->packet = NULL;
}
