#include "stack/route.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "stack/stack_priv.h"

#define PREFIX_BITS_MAX   128u
#define ROUTES_OF_ADDRESS 4u /* host, prefix, broadcast or solicited-node group, and one to spare */

/* An address as a bit string, bit 0 the highest of `high`; IPv4 fills the first 32. */
struct bits {
	uint64_t high, low;
};

static inline struct bits
bits_of(const struct ip_addr *addr)
{
	struct bits bits;

	memcpy(&bits.high, addr->octets, sizeof bits.high);
	memcpy(&bits.low, addr->octets + 8, sizeof bits.low);
	bits.high = be64toh(bits.high);
	bits.low = be64toh(bits.low);
	return bits;
}

static inline unsigned
bit_at(struct bits bits, unsigned index)
{
	return (unsigned)(index < 64 ? bits.high >> (63 - index) : bits.low >> (127 - index)) & 1u;
}

/* Length of the common prefix of two bit strings. */
static inline unsigned
common_bits(struct bits a, struct bits b)
{
	if (a.high != b.high)
		return (unsigned)__builtin_clzll(a.high ^ b.high);
	if (a.low != b.low)
		return 64 + (unsigned)__builtin_clzll(a.low ^ b.low);
	return PREFIX_BITS_MAX;
}

static struct bits
bits_masked(struct bits bits, unsigned prefix_len)
{
	if (prefix_len == 0)
		return (struct bits){ 0, 0 };
	if (prefix_len <= 64)
		return (struct bits){ bits.high & UINT64_MAX << (64 - prefix_len), 0 };
	return (struct bits){ bits.high, bits.low & UINT64_MAX << (128 - prefix_len) };
}

static inline struct bits
bits_of_node(const struct route_node *node)
{
	return (struct bits){ node->high, node->low };
}

static inline bool
node_covers(const struct route_node *node, struct bits bits)
{
	return common_bits(bits_of_node(node), bits) >= node->prefix_len;
}

static uint32_t *
root_of(struct route_table *table, const struct ip_addr *addr)
{
	return &table->root[addr->family == ADDR_IPV6];
}

static uint32_t
entries_max(const struct stack_limits *limits)
{
	return limits->route_count + ROUTES_OF_ADDRESS * limits->addr_count;
}

/* Every prefix needs a node, and every two a place where they part. */
static uint32_t
nodes_max(const struct stack_limits *limits)
{
	return 2 * entries_max(limits);
}

size_t
route_bytes(const struct stack_limits *limits)
{
	return (size_t)nodes_max(limits) * sizeof(struct route_node) +
	       (size_t)entries_max(limits) * sizeof(struct route_entry) + 16;
}

void
route_init(struct route_table *table, struct arena *arena, const struct stack_limits *limits)
{
	*table = (struct route_table){
		.node_count = nodes_max(limits),
		.entry_count = entries_max(limits),
		.root = { ROUTE_NONE, ROUTE_NONE },
		.used_max = limits->route_count,
		.generation = 1,
	};
	table->nodes = arena_zalloc(arena, table->node_count, sizeof *table->nodes);
	table->entries = arena_zalloc(arena, table->entry_count, sizeof *table->entries);
	for (uint32_t i = 0; i < table->node_count; i++)
		table->nodes[i].entries = i + 1 < table->node_count ? i + 1 : ROUTE_NONE;
	for (uint32_t i = 0; i < table->entry_count; i++)
		table->entries[i].next = i + 1 < table->entry_count ? i + 1 : ROUTE_NONE;
}

/* ---- the trie -------------------------------------------------------------------------------- */

static uint32_t
node_new(struct route_table *table, struct bits bits, unsigned prefix_len)
{
	uint32_t index = table->free_node;
	assert(index != ROUTE_NONE); /* nodes_max is enough for all entries */
	struct route_node *node = &table->nodes[index];

	table->free_node = node->entries;
	bits = bits_masked(bits, prefix_len);
	*node = (struct route_node){
		.high = bits.high,
		.low = bits.low,
		.child = { ROUTE_NONE, ROUTE_NONE },
		.entries = ROUTE_NONE,
		.prefix_len = (uint8_t)prefix_len,
	};
	return index;
}

static void
node_free(struct route_table *table, uint32_t index)
{
	table->nodes[index].entries = table->free_node;
	table->free_node = index;
}

/*
 * Puts a node of this prefix where *link points now: above what is there, or beside it under a
 * fork.
 */
static uint32_t
node_insert(struct route_table *table, uint32_t *link, struct bits bits, unsigned prefix_len)
{
	uint32_t below = *link;
	uint32_t added = node_new(table, bits, prefix_len);

	if (below == ROUTE_NONE) {
		*link = added;
		return added;
	}
	struct bits there = bits_of_node(&table->nodes[below]);
	unsigned common = common_bits(there, bits);
	if (common >= prefix_len) {
		table->nodes[added].child[bit_at(there, prefix_len)] = below;
		*link = added;
		return added;
	}
	uint32_t fork = node_new(table, bits, common);
	table->nodes[fork].child[bit_at(there, common)] = below;
	table->nodes[fork].child[bit_at(bits, common)] = added;
	*link = fork;
	return added;
}

/* The node of exactly this prefix, made when it is not there. */
static struct route_node *
node_get(struct route_table *table, uint32_t *link, struct bits bits, unsigned prefix_len)
{
	while (*link != ROUTE_NONE) {
		struct route_node *node = &table->nodes[*link];
		if (node->prefix_len > prefix_len || !node_covers(node, bits))
			break;
		if (node->prefix_len == prefix_len)
			return node;
		link = &node->child[bit_at(bits, node->prefix_len)];
	}
	return &table->nodes[node_insert(table, link, bits, prefix_len)];
}

/* Takes out *link's node when it carries nothing and does not part two others. */
static void
node_prune(struct route_table *table, uint32_t *link)
{
	uint32_t index = *link;
	const struct route_node *node = &table->nodes[index];

	if (node->entries != ROUTE_NONE ||
	    (node->child[0] != ROUTE_NONE && node->child[1] != ROUTE_NONE))
		return;
	*link = node->child[node->child[0] == ROUTE_NONE];
	node_free(table, index);
}

/* ---- entries --------------------------------------------------------------------------------- */

static bool
same_entry(const struct route_entry *a, const struct route_entry *b)
{
	return a->kind == b->kind && a->of_address == b->of_address &&
	       a->route.metric == b->route.metric && a->route.ifindex == b->route.ifindex &&
	       a->route.host_ifindex == b->route.host_ifindex &&
	       addr_equal(&a->route.gateway, &b->route.gateway);
}

static unsigned
prefix_bits(const struct ip_addr *prefix)
{
	return 8 * (unsigned)addr_bytes(prefix);
}

int
route_put(struct route_table *table, const struct stack_route *route, enum route_kind kind,
	  bool of_address)
{
	struct route_entry entry = {
		.route = *route, .kind = kind, .of_address = of_address, .is_used = true
	};

	if (route->prefix_len > prefix_bits(&route->prefix) || route->prefix.family == ADDR_NONE)
		return ERR_MALFORMED;
	if (table->free_entry == ROUTE_NONE ||
	    (!of_address && table->used_count == table->used_max))
		return ERR_FULL;
	struct route_node *node = node_get(table, root_of(table, &route->prefix),
					   bits_of(&route->prefix), route->prefix_len);

	uint32_t *link = &node->entries;
	while (*link != ROUTE_NONE && table->entries[*link].route.metric < route->metric)
		link = &table->entries[*link].next;
	uint32_t index = table->free_entry;
	table->free_entry = table->entries[index].next;
	entry.next = *link;
	table->entries[index] = entry;
	*link = index;
	table->used_count += !of_address;
	table->generation++;
	return 0;
}

static int
entry_remove(struct route_table *table, struct route_node *node, const struct route_entry *wanted)
{
	for (uint32_t *link = &node->entries; *link != ROUTE_NONE;
	     link = &table->entries[*link].next) {
		uint32_t index = *link;
		struct route_entry *entry = &table->entries[index];
		if (!same_entry(entry, wanted))
			continue;
		*link = entry->next;
		*entry = (struct route_entry){ .next = table->free_entry };
		table->free_entry = index;
		return 0;
	}
	return ERR_NOT_FOUND;
}

int
route_remove(struct route_table *table, const struct stack_route *route, enum route_kind kind,
	     bool of_address)
{
	struct route_entry wanted = { .route = *route, .kind = kind, .of_address = of_address };
	struct bits bits = bits_of(&route->prefix);
	uint32_t *parent = NULL, *link = root_of(table, &route->prefix);

	if (route->prefix_len > prefix_bits(&route->prefix))
		return ERR_NOT_FOUND;
	while (*link != ROUTE_NONE && table->nodes[*link].prefix_len < route->prefix_len &&
	       node_covers(&table->nodes[*link], bits)) {
		parent = link;
		link = &table->nodes[*link].child[bit_at(bits, table->nodes[*link].prefix_len)];
	}
	if (*link == ROUTE_NONE)
		return ERR_NOT_FOUND;
	struct route_node *node = &table->nodes[*link];
	if (node->prefix_len != route->prefix_len || !node_covers(node, bits))
		return ERR_NOT_FOUND;
	int err = entry_remove(table, node, &wanted);
	if (err != 0)
		return err;
	node_prune(table, link);
	if (parent != NULL)
		node_prune(table, parent); /* a fork with one way left */
	table->used_count -= !of_address;
	table->generation++;
	return 0;
}

/* ---- what programs and drivers say ----------------------------------------------------------- */

uint32_t
stack_network_version(const struct stack *stack)
{
	/* An address brings its routes when it is ready, and takes them along. */
	return stack->routes.generation;
}

int
stack_route_add(struct stack *stack, const struct stack_route *route)
{
	if (route->ifindex >= stack->if_count)
		return ERR_NOT_FOUND;
	if (stack->ifs[route->ifindex].kind == STACK_IF_ETHER &&
	    route->gateway.family != ADDR_NONE && route->gateway.family != route->prefix.family)
		return ERR_UNSUPPORTED; /* Not done: IPv4 behind an IPv6 next hop (RFC 8950). */
	/* The same route once more only brings its preferred source up to date. */
	(void)route_remove(&stack->routes, route, ROUTE_UNICAST, false);
	return route_put(&stack->routes, route, ROUTE_UNICAST, false);
}

int
stack_route_del(struct stack *stack, const struct stack_route *route)
{
	return route_remove(&stack->routes, route, ROUTE_UNICAST, false);
}

void
stack_route_flush(struct stack *stack, unsigned ifindex)
{
	struct route_table *table = &stack->routes;

	for (uint32_t i = 0; i < table->entry_count; i++) {
		const struct route_entry *entry = &table->entries[i];
		if (!entry->is_used || entry->of_address || entry->route.ifindex != ifindex)
			continue;
		struct stack_route route = entry->route;
		int err = route_remove(table, &route, ROUTE_UNICAST, false);
		assert(err == 0);
		(void)err;
	}
}

/* ---- looking up ------------------------------------------------------------------------------ */

static const struct route_entry *
usable_entry(const struct stack *stack, const struct route_node *node)
{
	for (uint32_t i = node->entries; i != ROUTE_NONE; i = stack->routes.entries[i].next) {
		const struct route_entry *entry = &stack->routes.entries[i];
		if (stack->ifs[entry->route.ifindex].is_up)
			return entry;
	}
	return NULL;
}

static bool
is_limited_broadcast(const struct ip_addr *addr)
{
	static const uint8_t ones[4] = { 255, 255, 255, 255 };
	return addr->family == ADDR_IPV4 && memcmp(addr->octets, ones, sizeof ones) == 0;
}

int
route_lookup(const struct stack *stack, const struct ip_addr *destination, struct route_hop *hop)
{
	const struct route_table *table = &stack->routes;
	const struct route_entry *best = NULL;
	const unsigned bits_max = prefix_bits(destination);
	struct bits bits = bits_of(destination);

	for (uint32_t i = table->root[destination->family == ADDR_IPV6]; i != ROUTE_NONE;) {
		const struct route_node *node = &table->nodes[i];
		if (!node_covers(node, bits))
			break;
		const struct route_entry *entry = usable_entry(stack, node);
		if (entry != NULL)
			best = entry;
		if (node->prefix_len == bits_max)
			break;
		i = node->child[bit_at(bits, node->prefix_len)];
	}
	if (best == NULL)
		return ERR_NO_ROUTE;
	hop->kind = best->kind;
	hop->ifindex = best->route.ifindex;
	hop->host_ifindex = best->route.host_ifindex;
	hop->source = best->route.source;
	hop->next_hop =
		best->route.gateway.family == ADDR_NONE ? *destination : best->route.gateway;
	if (addr_is_multicast(destination)) {
		hop->kind = is_limited_broadcast(destination) ? ROUTE_BROADCAST : ROUTE_MULTICAST;
		hop->next_hop = *destination;
	}
	return 0;
}

/* The node of exactly this host, or NULL. */
static const struct route_node *
host_node(const struct route_table *table, const struct ip_addr *addr)
{
	const unsigned bits_max = prefix_bits(addr);
	struct bits bits = bits_of(addr);

	for (uint32_t i = table->root[addr->family == ADDR_IPV6]; i != ROUTE_NONE;) {
		const struct route_node *node = &table->nodes[i];
		if (!node_covers(node, bits))
			return NULL;
		if (node->prefix_len == bits_max)
			return node;
		i = node->child[bit_at(bits, node->prefix_len)];
	}
	return NULL;
}

static bool
is_group_of_all(const struct ip_addr *addr)
{
	static const uint8_t all_hosts[4] = { 224, 0, 0, 1 };
	static const uint8_t all_nodes[16] = { 0xff, 0x02, [15] = 1 };
	static const uint8_t all_nodes_interface[16] = { 0xff, 0x01, [15] = 1 };

	if (addr->family == ADDR_IPV4)
		return memcmp(addr->octets, all_hosts, sizeof all_hosts) == 0;
	return memcmp(addr->octets, all_nodes, sizeof all_nodes) == 0 ||
	       memcmp(addr->octets, all_nodes_interface, sizeof all_nodes_interface) == 0;
}

/*
 * An address of one interface is taken on every other too, the weak model of RFC 1122, section
 * 3.3.4.2, except where it means something on its own link only (RFC 4291, section 2.5.6;
 * RFC 1122, section 3.2.1.3 (g)).
 */
static bool
counts_on(const struct stack *stack, const struct route_entry *entry, unsigned ifindex,
	  bool on_link_only)
{
	if (entry->kind == ROUTE_UNICAST || !stack->ifs[entry->route.ifindex].is_up)
		return false;
	return ifindex == entry->route.ifindex ||
	       (ifindex == STACK_IF_LOOPBACK && entry->kind == ROUTE_LOCAL) ||
	       (entry->kind == ROUTE_LOCAL && !on_link_only);
}

enum route_kind
route_classify(const struct stack *stack, unsigned ifindex, const struct ip_addr *addr)
{
	const bool on_link_only = addr_is_link_local(addr) || addr_is_loopback(addr);

	if (is_limited_broadcast(addr))
		return ROUTE_BROADCAST;
	if (addr_is_multicast(addr) && is_group_of_all(addr))
		return ROUTE_MULTICAST;
	const struct route_node *node = host_node(&stack->routes, addr);
	if (node == NULL)
		return ROUTE_UNICAST;
	for (uint32_t i = node->entries; i != ROUTE_NONE; i = stack->routes.entries[i].next)
		if (counts_on(stack, &stack->routes.entries[i], ifindex, on_link_only))
			return stack->routes.entries[i].kind;
	return ROUTE_UNICAST;
}
