#include "stack/udp.h"

#include <assert.h>
#include <string.h>

#include "stack/addr_hash.h"
#include "stack/base/cursor.h"
#include "stack/checksum.h"
#include "stack/icmp.h"
#include "stack/share.h"
#include "stack/stack_priv.h"
#include "stack/trace_priv.h"
#include "stack/udp_turn.h"

#define AT_CHECKSUM 6u /* within the header */

/* ---- tables ------------------------------------------------------------------------------------ */

static uint32_t
chain_count(uint32_t entry_count)
{
	uint32_t count = 1;
	while (count < entry_count)
		count *= 2;
	return count;
}

size_t
udp_bytes(const struct stack_limits *limits)
{
	return (size_t)limits->flow_count * sizeof(struct udp_flow_entry) +
	       (size_t)limits->listener_count * sizeof(struct udp_listener) +
	       ((size_t)chain_count(limits->flow_count) + chain_count(limits->listener_count)) * sizeof(uint32_t) +
	       32;
}

void
udp_init(struct udp *udp, struct arena *arena, const struct stack_limits *limits)
{
	const uint32_t flow_chains = chain_count(limits->flow_count);
	const uint32_t listener_chains = chain_count(limits->listener_count);

	*udp = (struct udp){
		.flows = arena_zalloc(arena, limits->flow_count, sizeof *udp->flows),
		.flow_heads = arena_zalloc(arena, flow_chains, sizeof *udp->flow_heads),
		.flow_count = limits->flow_count,
		.flow_mask = flow_chains - 1,
		.listeners = arena_zalloc(arena, limits->listener_count, sizeof *udp->listeners),
		.listener_heads = arena_zalloc(arena, listener_chains, sizeof *udp->listener_heads),
		.listener_count = limits->listener_count,
		.listener_mask = listener_chains - 1,
	};
	memset(udp->flow_heads, 0xff, flow_chains * sizeof *udp->flow_heads); /* UDP_NONE */
	memset(udp->listener_heads, 0xff, listener_chains * sizeof *udp->listener_heads);
	for (uint32_t i = 0; i < udp->flow_count; i++)
		udp->flows[i].next = i + 1 < udp->flow_count ? i + 1 : UDP_NONE;
	for (uint32_t i = 0; i < udp->listener_count; i++)
		udp->listeners[i].next = i + 1 < udp->listener_count ? i + 1 : UDP_NONE;
}

void
udp_set_port_pool(struct stack *stack, const struct port_pool *pool)
{
	stack->udp.pool = pool;
}

static uint32_t *
flow_chain(struct stack *stack, const struct ip_addr *remote, uint16_t remote_port, uint16_t local_port)
{
	uint64_t hash = addr_hash_with(&stack->hash_key, remote, (uint64_t)remote_port << 16 | local_port);
	return &stack->udp.flow_heads[hash & stack->udp.flow_mask];
}

struct udp_flow_entry *
udp_find(struct stack *stack, const struct ip_addr *local, uint16_t local_port, const struct ip_addr *remote,
         uint16_t remote_port)
{
	for (uint32_t i = *flow_chain(stack, remote, remote_port, local_port); i != UDP_NONE;
	     i = stack->udp.flows[i].next) {
		struct udp_flow_entry *entry = &stack->udp.flows[i];
		if (entry->remote_port == remote_port && entry->local_port == local_port &&
		    addr_equal(&entry->remote, remote) && addr_equal(&entry->local, local))
			return entry;
	}
	return NULL;
}

udp_flow
udp_flow_of(const struct stack *stack, const struct udp_flow_entry *entry)
{
	return (udp_flow)entry->generation << 32 | (uint32_t)(entry - stack->udp.flows);
}

/* The open flow of this number, or NULL. */
static struct udp_flow_entry *
flow_get(const struct stack *stack, udp_flow flow)
{
	const uint32_t index = (uint32_t)flow;
	struct udp_flow_entry *entry;

	if (index >= stack->udp.flow_count)
		return NULL;
	entry = &stack->udp.flows[index];
	return entry->generation == flow >> 32 && (entry->generation & 1) != 0 ? entry : NULL;
}

bool
udp_is_open(const struct stack *stack, udp_flow flow)
{
	return flow_get(stack, flow) != NULL;
}

static bool
is_named(const struct udp_listener *listener, const struct ip_addr *local, uint16_t port)
{
	return listener->port == port && addr_equal(&listener->local, local);
}

/* The first listener from here on of exactly this local address (ADDR_NONE included) and port, or NULL. */
static const struct udp_listener *
listener_from(const struct udp *udp, uint32_t index, const struct ip_addr *local, uint16_t port)
{
	while (index != UDP_NONE && !is_named(&udp->listeners[index], local, port))
		index = udp->listeners[index].next;
	return index == UDP_NONE ? NULL : &udp->listeners[index];
}

/* Who takes datagrams to (local, port): those of that address, of its family, of every address; the first of them. */
static const struct udp_listener *
listener_at(const struct stack *stack, const struct ip_addr *local, uint16_t port)
{
	const struct ip_addr of_family = { .family = local->family }, any = { .family = ADDR_NONE };
	const struct ip_addr *const names[] = { local, &of_family, &any };
	const struct udp_listener *listener = NULL;

	for (size_t i = 0; i < sizeof names / sizeof names[0] && listener == NULL; i++)
		listener = listener_from(&stack->udp, stack->udp.listener_heads[port & stack->udp.listener_mask], names[i], port);
	return listener;
}

/* The one for this peer. */
static const struct udp_listener *
listener_for(const struct stack *stack, const struct stack_action *datagram)
{
	const struct udp_listener *best = listener_at(stack, &datagram->local, datagram->local_port), *listener = best;
	uint64_t best_weight = 0;

	if (best == NULL || !best->is_shared)
		return best;
	const struct ip_addr local = best->local;
	const uint64_t peer =
	        share_peer(&stack->hash_key, &datagram->remote, datagram->remote_port, datagram->local_port);
	for (; listener != NULL; listener = listener_from(&stack->udp, listener->next, &local, datagram->local_port)) {
		const uint64_t weight = share_weight(peer, (uint32_t)(listener - stack->udp.listeners));
		if (weight < best_weight)
			continue;
		best_weight = weight;
		best = listener;
	}
	return best;
}

/* ---- opening and closing ----------------------------------------------------------------------- */

/* A port of the pool that neither a listener nor a flow to the same remote has; 0: none found. */
static uint16_t
port_draw(struct stack *stack, const struct ip_addr *local, const struct ip_addr *remote, uint16_t remote_port)
{
	const struct port_pool *pool = stack->udp.pool;

	if (pool != NULL && pool->count == 0)
		return 0;
	for (unsigned i = 0; i < UDP_PORT_DRAWS; i++) {
		uint16_t port = pool != NULL
		                        ? pool->ports[rng_below(stack->rng, pool->count)]
		                        : (uint16_t)(UDP_PORT_MIN + rng_below(stack->rng, 65536 - UDP_PORT_MIN));
		if (listener_at(stack, local, port) == NULL &&
		    udp_find(stack, local, port, remote, remote_port) == NULL)
			return port;
	}
	return 0;
}

int
udp_open(struct stack *stack, const struct ip_addr *remote, uint16_t remote_port, const struct ip_addr *local,
         uint16_t local_port, uint64_t user, udp_flow *flow)
{
	struct udp *udp = &stack->udp;
	struct ip_send send = { .destination = *remote };

	if (remote->family == ADDR_NONE)
		return ERR_MALFORMED;
	if (udp->free_flow == UDP_NONE)
		return ERR_FULL;
	int err = ip_route_from(stack, &send, local);
	if (err != 0)
		return err;
	if (local_port == 0)
		local_port = port_draw(stack, &send.source, remote, remote_port);
	else if (udp_find(stack, &send.source, local_port, remote, remote_port) != NULL)
		return ERR_IN_USE;
	if (local_port == 0)
		return ERR_IN_USE;

	uint32_t *head = flow_chain(stack, remote, remote_port, local_port);
	const uint32_t index = udp->free_flow;
	struct udp_flow_entry *entry = &udp->flows[index];
	udp->free_flow = entry->next;
	*entry = (struct udp_flow_entry){
		.local = send.source,
		.remote = *remote,
		.local_port = local_port,
		.remote_port = remote_port,
		.generation = entry->generation + 1,
		.next = *head,
		.user = user,
		.cause = stack->cause,
		.hop_generation = stack->routes.generation,
		.hop = send.hop,
	};
	*head = index;
	stack->stats.flows_open++;
	if (trace__is_on(stack))
		trace__route(stack, remote, &send.source, &send.hop);
	*flow = udp_flow_of(stack, entry);
	return 0;
}

void
udp_close(struct stack *stack, udp_flow flow)
{
	struct udp *udp = &stack->udp;
	struct udp_flow_entry *entry = flow_get(stack, flow);

	if (entry == NULL)
		return;
	const uint32_t index = (uint32_t)flow;
	uint32_t *link = flow_chain(stack, &entry->remote, entry->remote_port, entry->local_port);
	while (*link != index)
		link = &udp->flows[*link].next;
	*link = entry->next;
	entry->generation++; /* even: the number never means an open flow again */
	entry->next = udp->free_flow;
	udp->free_flow = index;
	stack->stats.flows_open--;
}

void
udp_set_options(struct stack *stack, udp_flow flow, const struct udp_options *options)
{
	struct udp_flow_entry *entry = flow_get(stack, flow);

	if (entry != NULL)
		entry->options = *options;
}

int
udp_local(const struct stack *stack, udp_flow flow, struct ip_addr *local, uint16_t *local_port)
{
	const struct udp_flow_entry *entry = flow_get(stack, flow);

	if (entry == NULL)
		return ERR_NOT_FOUND;
	*local = entry->local;
	*local_port = entry->local_port;
	return 0;
}

/* Whether another may come to that name. */
static int
listener_check(const struct udp *udp, uint32_t head, const struct ip_addr *local, uint16_t port, bool is_shared)
{
	const struct udp_listener *listener = listener_from(udp, head, local, port);
	uint32_t count = 0;

	for (; listener != NULL; listener = listener_from(udp, listener->next, local, port), count++)
		if (!is_shared || !listener->is_shared)
			return ERR_IN_USE;
	return count < SHARE_MAX ? 0 : ERR_FULL;
}

static int
listen_at(struct udp *udp, const struct ip_addr *local, uint16_t port, uint64_t user, bool is_shared)
{
	uint32_t *head = &udp->listener_heads[port & udp->listener_mask];
	const uint32_t index = udp->free_listener;

	if (port == 0)
		return ERR_MALFORMED;
	const int err = listener_check(udp, *head, local, port, is_shared);
	if (err != 0)
		return err;
	if (index == UDP_NONE)
		return ERR_FULL;
	udp->free_listener = udp->listeners[index].next;
	udp->listeners[index] = (struct udp_listener){
		.local = *local, .port = port, .is_shared = is_shared, .next = *head, .user = user
	};
	*head = index;
	return 0;
}

int
udp_listen(struct stack *stack, const struct ip_addr *local, uint16_t port, uint64_t user)
{
	return listen_at(&stack->udp, local, port, user, false);
}

int
udp_listen_shared(struct stack *stack, const struct ip_addr *local, uint16_t port, uint64_t user)
{
	return listen_at(&stack->udp, local, port, user, true);
}

int
udp_unlisten(struct stack *stack, const struct ip_addr *local, uint16_t port, uint64_t user)
{
	struct udp *udp = &stack->udp;
	uint32_t *link = &udp->listener_heads[port & udp->listener_mask];

	while (*link != UDP_NONE && (udp->listeners[*link].user != user || !is_named(&udp->listeners[*link], local, port)))
		link = &udp->listeners[*link].next;
	const uint32_t index = *link;
	if (index == UDP_NONE)
		return ERR_NOT_FOUND;
	*link = udp->listeners[index].next;
	udp->listeners[index] = (struct udp_listener){ .next = udp->free_listener };
	udp->free_listener = index;
	return 0;
}

/* ---- sending ----------------------------------------------------------------------------------- */

void
udp__datagram_write(const struct ip_send *send, uint8_t *room, uint16_t local_port, uint16_t remote_port,
                    const void *payload, size_t size)
{
	const uint16_t udp_size = (uint16_t)(UDP_HEADER_BYTES + size);
	struct writer w = writer_over(room, udp_size);

	writer_u16(&w, local_port);
	writer_u16(&w, remote_port);
	writer_u16(&w, udp_size);
	writer_u16(&w, 0);
	writer_bytes(&w, payload, size);
	assert(w.err == 0);

	uint64_t sum = checksum_pseudo(&send->source, &send->destination, IP_PROTOCOL_UDP, udp_size);
	uint16_t checksum = checksum_fold(sum);
	if (!send->checksum_offload) {
		checksum = checksum_finish(checksum_add(sum, room, udp_size));
		if (checksum == 0)
			checksum = 0xffff; /* RFC 768: zero means that there is none */
	}
	writer_patch_u16(&w, AT_CHECKSUM, checksum);
}

int
udp__datagram_send(struct stack *stack, struct ip_send *send, uint16_t local_port, uint16_t remote_port,
                   const void *payload, size_t size)
{
	uint8_t *room;

	if (size > UINT16_MAX - UDP_HEADER_BYTES)
		return ERR_TOO_BIG;
	send->protocol = IP_PROTOCOL_UDP;
	int err = ip_begin(stack, send, UDP_HEADER_BYTES + size, &room);
	if (err != 0)
		return err;
	send->checksum_offset = AT_CHECKSUM;
	udp__datagram_write(send, room, local_port, remote_port, payload, size);
	ip_end(stack, send);
	stack->stats.datagrams_out++;
	return 0;
}

static int
flow_send(struct stack *stack, struct udp_flow_entry *entry, const void *payload, size_t size)
{
	struct ip_send send = { .source = entry->local,
		                .destination = entry->remote,
		                .hop = entry->hop,
		                .hop_limit = entry->options.hop_limit,
		                .traffic_class = entry->options.traffic_class };
	if (entry->hop_generation != stack->routes.generation) {
		int err = ip_route_from(stack, &send, &entry->local);
		if (err != 0)
			return err;
		entry->hop = send.hop;
		entry->hop_generation = stack->routes.generation;
	}
	int err = udp__datagram_send(stack, &send, entry->local_port, entry->remote_port, payload, size);
	if (err != 0)
		return err;
	const size_t header_bytes = entry->remote.family == ADDR_IPV4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
	const uint32_t packet_bytes = (uint32_t)(header_bytes + UDP_HEADER_BYTES + size);
	if (packet_bytes > entry->sent_bytes_max)
		entry->sent_bytes_max = packet_bytes;
	entry->sent_at_us = stack->now_us;
	return 0;
}

int
udp_send(struct stack *stack, udp_flow flow, const void *payload, size_t size, uint64_t now_us)
{
	struct udp_flow_entry *entry = flow_get(stack, flow);
	const uint32_t cause = stack->cause;

	stack__tell_time(stack, now_us);
	if (entry == NULL)
		return ERR_NOT_FOUND;
	if (entry->remote_port == 0)
		return ERR_MALFORMED;
	if (trace__is_on(stack))
		trace__udp(stack, TRACE_UDP_OUT, entry, size);
	stack->cause = entry->cause;
	int err = flow_send(stack, entry, payload, size);
	stack->cause = cause;
	return err;
}

int
udp_send_to(struct stack *stack, const struct ip_addr *local, uint16_t local_port, const struct ip_addr *remote,
            uint16_t remote_port, const struct udp_options *options, const void *payload, size_t size,
            uint64_t now_us)
{
	struct ip_send send = { .destination = *remote };

	stack__tell_time(stack, now_us);
	if (remote->family == ADDR_NONE || remote_port == 0)
		return ERR_MALFORMED;
	int err = ip_route_from(stack, &send, local);
	if (err != 0)
		return err;
	if (options != NULL) {
		send.hop_limit = options->hop_limit;
		send.traffic_class = options->traffic_class;
	}
	return udp__datagram_send(stack, &send, local_port, remote_port, payload, size);
}

int
udp_reply(struct stack *stack, const struct ip_addr *local, uint16_t local_port, const struct ip_addr *remote,
          uint16_t remote_port, const void *payload, size_t size, uint64_t now_us)
{
	return udp_send_to(stack, local, local_port, remote, remote_port, NULL, payload, size, now_us);
}

/* ---- receiving --------------------------------------------------------------------------------- */

static bool
checksum_is_right(const struct ip_packet *packet, bool has_local_peers, uint16_t udp_size, uint16_t checksum)
{
	if ((packet->rx_flags & (STACK_RX_CHECKSUM_OK | STACK_RX_CHECKSUM_PARTIAL)) != 0)
		return true;
	if (checksum == 0) /* RFC 768: none was made; not allowed by RFC 8200, section 8.1 */
		return packet->source.family == ADDR_IPV4;
	uint64_t sum = checksum_pseudo(&packet->source, &packet->destination, IP_PROTOCOL_UDP, udp_size);
	if (checksum_fold(checksum_add(sum, packet->payload, udp_size)) == CHECKSUM_GOOD)
		return true;
	/* A local peer leaves the rest of the sum to a device that there is none of. */
	return has_local_peers && checksum == checksum_fold(sum);
}

enum drop
udp__datagram_read(const struct ip_packet *packet, bool has_local_peers, struct udp_header *header)
{
	struct cursor c = cursor_over(packet->payload, packet->payload_bytes);

	header->source_port = cursor_u16(&c);
	header->destination_port = cursor_u16(&c);
	const uint16_t udp_size = cursor_u16(&c);
	const uint16_t checksum = cursor_u16(&c);

	/* The IP packet may be longer than the datagram, never shorter. */
	if (c.err != 0 || udp_size < UDP_HEADER_BYTES || udp_size > packet->payload_bytes ||
	    header->destination_port == 0)
		return DROP_UDP_LENGTH;
	if (!checksum_is_right(packet, has_local_peers, udp_size, checksum))
		return DROP_UDP_CHECKSUM;
	header->payload_bytes = udp_size - UDP_HEADER_BYTES;
	return DROP_REASON_COUNT;
}

/* A datagram for nobody, or (flow, listener) for the program. */
static void
demultiplex(struct stack *stack, const struct ip_packet *packet, struct stack_action *action)
{
	const struct udp_flow_entry *entry = packet->kind != ROUTE_LOCAL
	                                             ? NULL
	                                             : udp_find(stack, &action->local, action->local_port,
	                                                        &action->remote, action->remote_port);
	if (entry != NULL) {
		action->flow = udp_flow_of(stack, entry);
		action->user = entry->user;
		if (trace__is_on(stack))
			trace__udp(stack, TRACE_UDP_IN, entry, action->size);
	} else {
		const struct udp_listener *listener = listener_for(stack, action);
		if (listener == NULL) {
			stack__drop(stack, DROP_UDP_NO_FLOW);
			icmp_error_send(stack, packet, ICMP_PROBLEM_PORT, 0);
			return;
		}
		action->user = listener->user;
	}
	stack->stats.datagrams_in++;
	if (!udp_turn_offer(stack, packet, action))
		stack__report(stack, action);
}

void
udp_receive(struct stack *stack, const struct ip_packet *packet)
{
	struct udp_header header;
	const bool has_local_peers = (stack->ifs[packet->ifindex].flags & STACK_IF_LOCAL_PEERS) != 0;
	const enum drop drop = udp__datagram_read(packet, has_local_peers, &header);

	if (drop != DROP_REASON_COUNT) {
		stack__drop(stack, drop);
		return;
	}
	struct stack_action action = {
		.kind = STACK_DATAGRAM,
		.ifindex = packet->ifindex,
		.remote = packet->source,
		.local = packet->destination,
		.remote_port = header.source_port,
		.local_port = header.destination_port,
		.hop_limit = packet->hop_limit,
		.traffic_class = packet->traffic_class,
		.bytes = packet->payload + UDP_HEADER_BYTES,
		.size = header.payload_bytes,
	};
	if (action.local_port == DHCP_CLIENT_PORT && dhcp_runs_on(stack, packet->ifindex))
		dhcp_receive(stack, packet->ifindex, action.bytes, action.size);
	else if (packet->kind == ROUTE_UNICAST) /* let in for the DHCP client alone */
		stack__drop(stack, DROP_IP_NOT_OURS);
	else
		demultiplex(stack, packet, &action);
}
