#include "stack/stack.h"

#include <assert.h>
#include <stdalign.h>
#include <string.h>

#include "stack/ether.h"
#include "stack/neigh.h"
#include "stack/stack_priv.h"
#include "stack/trace_priv.h"

#define STACK_ALIGN 64u

const struct stack_limits stack_limits_default = {
	.flow_count = 16384,
	.listener_count = 64,
	.addr_count = 64,
	.route_count = 1024,
	.neigh_count = 1024,
	.pmtu_count = 1024,
	.reass_bytes = 1u << 20,
	.transmit_bytes = 1u << 20,
	.receive_bytes = 1u << 20,
};

/* ---- building ---------------------------------------------------------------------------------- */

/* A queue must hold the largest packet twice over, or some could never pass. */
static size_t
queue_bytes(uint32_t wanted)
{
	const size_t least = 2 * (IP_PACKET_BYTES_MAX + sizeof(struct stack_action) + STACK_ALIGN);
	return wanted < least ? least : wanted;
}

size_t
stack_bytes(const struct stack_limits *limits)
{
	return sizeof(struct stack) + queue_bytes(limits->transmit_bytes) + queue_bytes(limits->receive_bytes) +
	       IP_PACKET_BYTES_MAX + ifaddr_bytes(limits) + route_bytes(limits) + pmtu_bytes(limits) +
	       neigh_table_bytes(limits->neigh_count) + reass_bytes(limits) + udp_bytes(limits) + tcp_bytes(limits) +
	       STACK_ALIGN;
}

struct stack *
stack_new(void *block, size_t block_bytes, const struct stack_limits *limits, struct rng *rng, uint64_t now_us)
{
	struct arena arena;

	if (block_bytes < stack_bytes(limits) || (uintptr_t)block % STACK_ALIGN != 0)
		return NULL;
	if (limits->is_block_clear)
		arena_init_clear(&arena, block, block_bytes);
	else
		arena_init(&arena, block, block_bytes);
	struct stack *stack = arena_zalloc(&arena, 1, sizeof *stack);
	stack->rng = rng;
	stack->hash_key = hash_key_draw(rng);
	stack->limits = *limits;
	stack->now_us = now_us;
	wheel_init(&stack->wheel, now_us);
	ifaddr_init(&stack->ifaddrs, &arena, limits);
	route_init(&stack->routes, &arena, limits);
	neigh_table_init(&stack->neighs, &arena, limits->neigh_count, &stack->wheel, TIMER_NEIGH, &stack->hash_key, rng,
	                 stack->drops);
	router_init(&stack->routers);
	slaac_init(&stack->slaac);
	dhcp_init(&stack->dhcp);
	pmtu_init(&stack->pmtu, &arena, limits);
	ipv4_ids_init(&stack->ipv4_ids);
	reass_init(&stack->reass, &arena, limits);
	udp_init(&stack->udp, &arena, limits);
	tcp_init(&stack->tcp, &arena, limits, rng);
	queue_init(&stack->transmit, arena_alloc(&arena, queue_bytes(limits->transmit_bytes)),
	           queue_bytes(limits->transmit_bytes));
	queue_init(&stack->receive, arena_alloc(&arena, queue_bytes(limits->receive_bytes)),
	           queue_bytes(limits->receive_bytes));
	stack->scratch = arena_alloc(&arena, IP_PACKET_BYTES_MAX);
	assert(stack->scratch != NULL);
	stack->ifs[STACK_IF_LOOPBACK] = (struct iface){
		.name = "loopback",
		.kind = STACK_IF_IP,
		.mtu = IP_MTU_MAX,
		.mtu_ipv4 = IP_MTU_MAX,
		.mtu_ipv6 = IP_MTU_MAX,
		.is_up = true,
	};
	return stack;
}

static struct hash_key
secret_of(struct stack *stack, const uint8_t secret[STACK_SECRET_BYTES])
{
	static const uint8_t none[STACK_SECRET_BYTES];
	struct hash_key key;

	static_assert(sizeof key == STACK_SECRET_BYTES, "a secret is a key");
	memcpy(&key, secret, sizeof key);
	return memcmp(secret, none, sizeof none) == 0 ? hash_key_draw(stack->rng) : key;
}

int
stack_if_add(struct stack *stack, const struct stack_if_config *config, unsigned *ifindex)
{
	if (stack->if_count == STACK_IFS_MAX)
		return ERR_FULL;
	if (config->mtu < IPV6_MTU_MIN || config->mtu > IP_MTU_MAX)
		return ERR_UNSUPPORTED;
	if (config->kind == STACK_IF_ETHER && (!mac_is_station(&config->mac) || config->vlan > ETHER_VLAN_MAX ||
	                                       config->service_vlan > ETHER_VLAN_MAX))
		return ERR_MALFORMED;
	struct iface *iface = &stack->ifs[stack->if_count];
	*iface = (struct iface){
		.kind = config->kind,
		.mac = config->mac,
		.mtu = config->mtu,
		.mtu_ipv4 = config->mtu,
		.mtu_ipv6 = config->mtu,
		.flags = config->flags,
		.vlan = config->vlan,
		.service_vlan = config->service_vlan,
		.secret = secret_of(stack, config->secret),
	};
	if ((iface->flags & STACK_IF_CHECKSUM_TX) == 0)
		iface->flags &= ~STACK_IF_SEGMENT_TX;
	if ((iface->flags & STACK_IF_SEGMENT_TX) == 0)
		iface->flags &= ~STACK_IF_GATHER_TX;
	strncpy(iface->name, config->name, sizeof iface->name - 1);
	*ifindex = stack->if_count++;
	return 0;
}

/* Behind the same socket there may be another network by now. */
static void
link_changed(struct stack *stack, unsigned ifindex, bool up)
{
	if (up) {
		ifaddr_link_up(stack, ifindex);
		router_link_up(stack, ifindex);
		dhcp_link_up(stack, ifindex);
		return;
	}
	dhcp_link_down(stack, ifindex);
	router_link_down(stack, ifindex);
	slaac_link_down(stack, ifindex);
	ifaddr_link_down(stack, ifindex);
	neigh_table_flush(&stack->neighs, ifindex);
}

int
stack_if_set_up(struct stack *stack, unsigned ifindex, bool up, uint64_t now_us)
{
	if (ifindex >= stack->if_count)
		return ERR_NOT_FOUND;
	stack__tell_time(stack, now_us);
	if (stack->ifs[ifindex].is_up == up)
		return 0;
	stack->ifs[ifindex].is_up = up;
	stack->routes.generation++; /* what was looked up over it is looked up anew */
	if (stack->ifs[ifindex].kind == STACK_IF_ETHER)
		link_changed(stack, ifindex, up);
	return 0;
}

/* ---- in ---------------------------------------------------------------------------------------- */

static void
receive_ip(struct stack *stack, unsigned ifindex, const uint8_t *bytes, size_t size, uint32_t rx_flags)
{
	struct ip_packet packet = { .ifindex = ifindex, .rx_flags = rx_flags };

	if (size == 0)
		stack__drop(stack, DROP_FRAME_SHORT);
	else if (bytes[0] >> 4 == 4)
		ipv4_receive(stack, &packet, bytes, size);
	else if (bytes[0] >> 4 == 6)
		ipv6_receive(stack, &packet, bytes, size);
	else
		stack__drop(stack, DROP_IP_VERSION);
}

void
stack_receive(struct stack *stack, unsigned ifindex, const uint8_t *frame, size_t frame_bytes, uint32_t rx_flags,
              uint64_t now_us)
{
	stack__tell_time(stack, now_us);
	stack_settle(stack);
	stack->is_batch = (rx_flags & STACK_RX_MORE) != 0;
	if (ifindex >= stack->if_count || !stack->ifs[ifindex].is_up) {
		stack__drop(stack, DROP_INTERFACE_DOWN);
		return;
	}
	stack->stats.received_frames++;
	stack->stats.received_bytes += frame_bytes;
	if (trace__is_on(stack))
		trace__frame(stack, TRACE_FRAME_IN, ifindex, frame, frame_bytes);
	if (stack->ifs[ifindex].kind == STACK_IF_ETHER)
		ether_receive(stack, ifindex, frame, frame_bytes, rx_flags);
	else
		receive_ip(stack, ifindex, frame, frame_bytes, rx_flags);
}

void
stack_settle(struct stack *stack)
{
	udp_turn_settle(stack);
	stream_settle(&stack->tcp.streams);
}

void
stack_timeout(struct stack *stack, uint64_t now_us)
{
	struct wheel_timer *timer;

	stack__tell_time(stack, now_us);
	stack->is_batch = false;
	while ((timer = wheel_expire(&stack->wheel, stack->now_us)) != NULL) {
		switch ((enum timer_kind)timer->kind) {
		case TIMER_IFADDR:   ifaddr_timeout(stack, timer); break;
		case TIMER_NEIGH:    neigh_timeout(stack, timer); break;
		case TIMER_ROUTER:   router_timeout(stack, timer); break;
		case TIMER_REDIRECT: redirect_timeout(stack, timer); break;
		case TIMER_SOLICIT:  solicit_timeout(stack, timer); break;
		case TIMER_SLAAC:    slaac_timeout(stack, timer); break;
		case TIMER_DHCP:     dhcp_timeout(stack, timer); break;
		case TIMER_REASS:    reass_timeout(stack); break;
		case TIMER_TCP_RTO:
		case TIMER_TCP_PROBE:
		case TIMER_TCP_REORDER:
		case TIMER_TCP_PERSIST:
		case TIMER_TCP_ACK:
		case TIMER_TCP_PACE:
		case TIMER_TCP_CORK:
		case TIMER_TCP_KEEPALIVE:
		case TIMER_TCP_FIN_WAIT_2:
		case TIMER_TCP_SYN_ACK:
		case TIMER_TCP_TIME_WAIT: tcp_timeout(stack, timer); break;
		}
	}
}

uint64_t
stack_deadline(const struct stack *stack)
{
	uint64_t deadline = wheel_deadline(&stack->wheel);
	return deadline == WHEEL_NEVER ? STACK_NEVER : deadline;
}

/* ---- out --------------------------------------------------------------------------------------- */

void
stack__drop(struct stack *stack, enum drop reason)
{
	stack->drops[reason]++;
	if (trace__is_on(stack))
		trace__drop(stack, reason);
}

uint8_t *
stack__transmit_reserve(struct stack *stack, size_t size)
{
	const size_t frame_bytes = size < ETHER_FRAME_BYTES_MIN ? ETHER_FRAME_BYTES_MIN : size;
	struct transmit_record *record = queue_reserve(&stack->transmit, sizeof *record + frame_bytes);
	if (record == NULL) {
		stack__drop(stack, DROP_TRANSMIT_FULL);
		return NULL;
	}
	return (uint8_t *)(record + 1);
}

void
stack__transmit_commit(struct stack *stack, unsigned ifindex, size_t size, const struct transmit_work *work)
{
	struct transmit_record *record = queue_pending(&stack->transmit);
	const size_t lent_bytes = work != NULL ? work->lent.bytes : 0;

	if (size + lent_bytes < ETHER_FRAME_BYTES_MIN && stack->ifs[ifindex].kind == STACK_IF_ETHER) {
		memset((uint8_t *)(record + 1) + size, 0, ETHER_FRAME_BYTES_MIN - size);
		size = ETHER_FRAME_BYTES_MIN;
	}
	*record = (struct transmit_record){
		.size = (uint32_t)size,
		.ifindex = ifindex,
	};
	if (work != NULL)
		record->work = *work;
	stack->lent_bytes += lent_bytes;
	queue_commit(&stack->transmit, sizeof *record + size);
	if (trace__is_on(stack))
		trace__frame(stack, TRACE_FRAME_OUT, ifindex, (const uint8_t *)(record + 1), size);
}

void
stack__report(struct stack *stack, const struct stack_action *action)
{
	struct stack_action *copy = queue_reserve(&stack->receive, sizeof *copy + action->size);
	if (copy == NULL) {
		stack__drop(stack, DROP_RECEIVE_FULL);
		return;
	}
	*copy = *action;
	copy->bytes = (uint8_t *)(copy + 1);
	if (action->size != 0)
		memcpy(copy + 1, action->bytes, action->size);
	queue_commit(&stack->receive, sizeof *copy + action->size);
}

/* Those that lie where they were written are looked for; false: they are no longer there. */
static bool
find_pieces(struct stack *stack, const struct ip_lent *lent, struct stack_action *action)
{
	if (lent->bytes == 0)
		return true;
	action->pieces = stack->pieces;
	action->pieces_bytes = lent->bytes;
	action->piece_count = tcp_lent_find(stack, lent, stack->pieces);
	if (action->piece_count == 0)
		stack__drop(stack, DROP_TCP_OVERTAKEN);
	return action->piece_count != 0;
}

static void
transmit_action(const struct transmit_record *record, struct stack_action *action)
{
	*action = (struct stack_action){
		.kind = STACK_TRANSMIT,
		.ifindex = record->ifindex,
		.bytes = (const uint8_t *)(record + 1),
		.size = record->size,
		.checksum_start = record->work.checksum_start,
		.checksum_offset = record->work.checksum_offset,
		.segment_bytes = record->work.segment_bytes,
		.segment_start = record->work.segment_start,
	};
}

/* The next frame for a link; those to ourselves are received on the way. */
static bool
next_frame(struct stack *stack, struct stack_action *action)
{
	const struct transmit_record *record;

	do {
		record = queue_take(&stack->transmit);
		if (record == NULL)
			return false;
		stack->lent_bytes -= record->work.lent.bytes;
		transmit_action(record, action);
	} while (!find_pieces(stack, &record->work.lent, action));
	return true;
}

/* Closed while it waited: its user may be gone. */
static bool
is_of_closed(const struct stack *stack, const struct stack_action *up)
{
	return up->flow != 0 && !udp_is_open(stack, up->flow);
}

/* Datagrams and errors, then what happened to TCP connections. */
static bool
next_up(struct stack *stack, struct stack_action *action)
{
	const struct stack_action *up;

	if (udp_turn_next_datagram(stack, action) && !is_of_closed(stack, action))
		return true;
	while ((up = queue_take(&stack->receive)) != NULL) {
		if (is_of_closed(stack, up))
			continue;
		*action = *up;
		return true;
	}
	return tcp_next_event(stack, action);
}

bool
stack_next(struct stack *stack, struct stack_action *action)
{
	for (;;) {
		if (next_up(stack, action))
			return true;
		if (!udp_turn_next_reply(stack, action) && !next_frame(stack, action)) {
			/* All that came has been told: now TCP answers it. */
			if (stack->is_batch || !tcp_flush(stack))
				return false;
			continue;
		}
		if (action->ifindex != STACK_IF_LOOPBACK) {
			stack->stats.sent_frames++;
			stack->stats.sent_bytes += action->size + action->pieces_bytes;
			return true;
		}
		receive_ip(stack, STACK_IF_LOOPBACK, action->bytes, action->size, STACK_RX_CHECKSUM_OK);
	}
}

/* ---- looking in -------------------------------------------------------------------------------- */

void
stack_stats(const struct stack *stack, struct stack_stats *stats)
{
	*stats = stack->stats;
	stats->routes = stack->routes.used_count;
	stats->addrs = stack->ifaddrs.used_count;
	stats->neighbours = stack->neighs.used_count;
	stats->reass_bytes =
	        (uint32_t)(stack->reass.chunk_count - stack->reass.free_chunk_count) * REASS_CHUNK_BYTES;
	stats->pmtus = stack->pmtu.used_count;
}

uint64_t
stack_drops(const struct stack *stack, unsigned reason)
{
	return reason < DROP_REASON_COUNT ? stack->drops[reason] : 0;
}
