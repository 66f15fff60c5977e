#include "tests/sim/net.h"

#include <string.h>

#include "stack/base/hash.h"
#include "tests/suite.h"

static const struct stack_limits small_limits = {
	.flow_count = 1024,
	.listener_count = 16,
	.addr_count = 16,
	.route_count = 32,
	.neigh_count = 64,
	.pmtu_count = 64,
	.reass_bytes = 512u << 10,
	.transmit_bytes = 512u << 10,
	.receive_bytes = 512u << 10,
};

void
net_init(struct net *net, uint64_t seed)
{
	*net = (struct net){ .seed = seed, .now_us = NET_START_US };
}

void
net_fini(struct net *net)
{
	for (unsigned i = 0; i < net->node_count; i++) {
		free(net->nodes[i]->block);
		free(net->nodes[i]);
	}
	for (unsigned i = 0; i < net->wire_count; i++) {
		free(net->wire_blocks[i]);
		free(net->wires[i]);
	}
}

struct net_node *
net_node(struct net *net, const char *name, net_frame_fn *on_frame)
{
	struct net_node *node = calloc(1, sizeof *node);

	ck_assert_ptr_nonnull(node);
	ck_assert_uint_lt(net->node_count, NET_NODES_MAX);
	node->net = net;
	node->name = name;
	node->on_frame = on_frame;
	node->due_at_us = NET_NEVER;
	rng_init_number(&node->rng, net->seed * NET_NODES_MAX + net->node_count);
	net->nodes[net->node_count++] = node;
	return node;
}

struct net_node *
net_host(struct net *net, const char *name, const struct stack_limits *limits)
{
	struct net_node *node = net_node(net, name, NULL);
	limits = limits != NULL ? limits : &small_limits;
	const size_t block_bytes = (stack_bytes(limits) + 63) & ~(size_t)63;

	node->block = aligned_alloc(64, block_bytes);
	node->stack = stack_new(node->block, block_bytes, limits, &node->rng, net->now_us);
	ck_assert_ptr_nonnull(node->stack);
	return node;
}

struct wire *
net_wire(struct net *net, const struct wire_config *config)
{
	struct wire_config own = *config;
	struct wire *wire = malloc(sizeof *wire);

	ck_assert_uint_lt(net->wire_count, NET_WIRES_MAX);
	own.seed = own.seed != 0 ? own.seed : net->seed * 1000 + net->wire_count * WIRE_ENDS_MAX;
	own.frames_max = own.frames_max != 0 ? own.frames_max : 256;
	void *block = malloc(wire_bytes(&own));
	ck_assert(wire != NULL && block != NULL);
	ck_assert_int_eq(wire_init(wire, block, wire_bytes(&own), &own), 0);
	net->wires[net->wire_count] = wire;
	net->wire_blocks[net->wire_count++] = block;
	return wire;
}

unsigned
net_attach(struct net_node *node, struct wire *wire, unsigned end)
{
	struct stack_if_config config;
	unsigned ifindex = node->link_count;
	struct link *link = wire_link(wire, end);

	ck_assert_uint_lt(node->link_count, NET_LINKS_MAX);
	node->links[node->link_count++] = link;
	if (node->stack == NULL)
		return ifindex;
	link->ops->describe(link, &config);
	ck_assert_int_eq(stack_if_add(node->stack, &config, &ifindex), 0);
	ck_assert_uint_eq(ifindex + 1, node->link_count);
	ck_assert_int_eq(stack_if_set_up(node->stack, ifindex, true, node->net->now_us), 0);
	return ifindex;
}

struct ip_addr
net_ip(const char *text)
{
	struct ip_addr addr;
	ck_assert_msg(addr_from_text(&addr, text) == 0, "%s", text);
	return addr;
}

void
net_addr(struct net_node *host, unsigned ifindex, const char *prefix)
{
	struct stack_addr addr = { .flags = STACK_ADDR_NO_DAD };
	char text[64];
	const size_t length = strcspn(prefix, "/");

	ck_assert(length < sizeof text && prefix[length] == '/');
	memcpy(text, prefix, length);
	text[length] = '\0';
	addr.addr = net_ip(text);
	addr.prefix_len = (uint8_t)atoi(prefix + length + 1);
	ck_assert_int_eq(stack_addr_add(host->stack, ifindex, &addr, host->net->now_us), 0);
}

void
net_route(struct net_node *host, unsigned ifindex, const char *prefix, const char *gateway)
{
	struct stack_route route = { .ifindex = (uint8_t)ifindex };
	unsigned prefix_len;

	ck_assert_int_eq(addr_prefix_from_text(&route.prefix, &prefix_len, prefix), 0);
	route.prefix_len = (uint8_t)prefix_len;
	if (gateway != NULL)
		route.gateway = net_ip(gateway);
	ck_assert_int_eq(stack_route_add(host->stack, &route), 0);
}

/* ---- time ------------------------------------------------------------------------------------ */

static void
fingerprint(struct net *net, const uint8_t *bytes, size_t size)
{
	const struct hash_key key = { net->fingerprint, net->now_us };
	net->fingerprint = hash_bytes(&key, bytes, size);
	net->frame_count++;
}

static void
node_drain(struct net_node *node)
{
	struct stack_action action;

	while (stack_next(node->stack, &action)) {
		if (action.kind == STACK_TRANSMIT) {
			const struct link_frame frame = link_frame_of(&action);
			struct link *link = node->links[action.ifindex];
			link->ops->send(link, &frame, node->net->now_us);
		} else if (node->on_action != NULL) {
			node->on_action(node, &action);
		}
	}
}

/* As stack/uv does it: the program has read when the frame goes, or the stack keeps a copy. */
static void
node_frame(struct net_node *node, unsigned ifindex, const struct link_frame *frame)
{
	if (node->stack == NULL) {
		node->on_frame(node, ifindex, frame);
		return;
	}
	stack_receive(node->stack, ifindex, frame->bytes, frame->size, frame->rx_flags | STACK_RX_LENT,
		      node->net->now_us);
	node_drain(node);
	stack_settle(node->stack);
}

static void
node_receive(struct net_node *node)
{
	struct link_frame frames[LINK_BATCH_MAX];
	struct net *net = node->net;

	for (unsigned i = 0; i < node->link_count; i++) {
		struct link *link = node->links[i];
		for (size_t count; (count = link->ops->receive(link, frames, LINK_BATCH_MAX,
							       net->now_us)) != 0;) {
			for (size_t f = 0; f < count; f++) {
				fingerprint(net, frames[f].bytes, frames[f].size);
				node_frame(node, i, &frames[f]);
			}
		}
	}
}

static void
node_turn(struct net_node *node)
{
	node_receive(node);
	if (node->stack != NULL)
		stack_timeout(node->stack, node->net->now_us);
	if (node->due_at_us <= node->net->now_us) {
		node->due_at_us = NET_NEVER;
		node->on_due(node);
	}
	if (node->stack != NULL)
		node_drain(node);
}

static uint64_t
node_deadline(const struct net_node *node)
{
	uint64_t deadline = node->due_at_us;

	if (node->stack != NULL && stack_deadline(node->stack) < deadline)
		deadline = stack_deadline(node->stack);
	for (unsigned i = 0; i < node->link_count; i++) {
		const uint64_t at_us = node->links[i]->ops->deadline(node->links[i]);
		deadline = at_us < deadline ? at_us : deadline;
	}
	return deadline;
}

void
net_run(struct net *net, uint64_t for_us)
{
	const uint64_t until_us = net->now_us + for_us;

	for (unsigned i = 0; i < net->node_count; i++)
		node_turn(net->nodes[i]); /* what the test has begun */
	for (uint32_t turns = 0;; turns++) {
		uint64_t next_us = NET_NEVER;
		for (unsigned i = 0; i < net->node_count; i++) {
			const uint64_t at_us = node_deadline(net->nodes[i]);
			next_us = at_us < next_us ? at_us : next_us;
		}
		if (next_us > until_us)
			break;
		ck_assert_msg(turns < NET_TURNS_MAX, "a storm at %llu us, seed %llu",
			      (unsigned long long)net->now_us, (unsigned long long)net->seed);
		net->now_us = next_us > net->now_us ? next_us : net->now_us;
		for (unsigned i = 0; i < net->node_count; i++)
			if (node_deadline(net->nodes[i]) <= net->now_us)
				node_turn(net->nodes[i]);
	}
	net->now_us = until_us;
}
