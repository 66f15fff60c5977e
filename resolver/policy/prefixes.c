#include "resolver/policy/prefixes.h"

#include "stack/base/arena.h"
#include "stack/base/err.h"

#define MAPPED_BITS 96u /* of ::ffff:0:0/96 in front of an IPv4 address */

/*
 * A binary trie in which only branches and prefixes that were said have a node: the children of a node
 * agree with it in its first `bits` bits and differ in the next.
 */
struct prefix_node {
	struct ip_addr prefix;
	uint8_t bits;
	const void *value; /* NULL: a mere branch */
	struct prefix_node *children[2];
};

void
prefixes_init(struct prefixes *prefixes, struct arena *arena)
{
	*prefixes = (struct prefixes){ .arena = arena };
}

static unsigned
bit_at(const struct ip_addr *addr, unsigned bit)
{
	return addr->octets[bit / 8] >> (7 - bit % 8) & 1;
}

static struct ip_addr
unmapped(const struct ip_addr *addr)
{
	return addr_is_ipv4_mapped(addr) ? addr_ipv4(addr->octets + MAPPED_BITS / 8) : *addr;
}

/* The prefix as it is kept, or why it is none. */
static int
plain_prefix(struct ip_addr *plain, unsigned *plain_len, const struct ip_addr *prefix,
	     unsigned prefix_len)
{
	if (addr_bytes(prefix) == 0)
		return ERR_MALFORMED;
	if (prefix_len > 8 * addr_bytes(prefix))
		return ERR_TOO_BIG;
	const bool is_mapped = addr_is_ipv4_mapped(prefix) && prefix_len >= MAPPED_BITS;
	*plain = is_mapped ? unmapped(prefix) : *prefix;
	*plain_len = is_mapped ? prefix_len - MAPPED_BITS : prefix_len;
	return 0;
}

/* How many bits a node and a prefix share, of those that both have. */
static unsigned
shared_bits(const struct prefix_node *node, const struct ip_addr *prefix, unsigned prefix_len)
{
	unsigned bits = addr_common_bits(&node->prefix, prefix);
	if (bits > node->bits)
		bits = node->bits;
	return bits < prefix_len ? bits : prefix_len;
}

static struct prefix_node *
node_new(struct prefixes *prefixes, const struct ip_addr *prefix, unsigned bits)
{
	struct prefix_node *node = arena_zalloc(prefixes->arena, 1, sizeof *node);
	if (node == NULL)
		return NULL;
	node->prefix = *prefix;
	node->bits = (uint8_t)bits;
	return node;
}

/* Finds the node of the prefix or makes it, with a branch above it where one is needed. */
static struct prefix_node *
node_make(struct prefixes *prefixes, const struct ip_addr *prefix, unsigned prefix_len)
{
	struct prefix_node **link = prefix->family == ADDR_IPV4 ? &prefixes->ipv4 : &prefixes->ipv6;
	unsigned shared = 0;
	for (; *link != NULL; link = &(*link)->children[bit_at(prefix, shared)]) {
		shared = shared_bits(*link, prefix, prefix_len);
		if (shared < (*link)->bits)
			break;
		if (shared == prefix_len)
			return *link;
	}
	struct prefix_node *below = *link;
	struct prefix_node *made = node_new(prefixes, prefix, prefix_len);
	if (made == NULL)
		return NULL;
	if (below == NULL)
		return *link = made;
	if (shared == prefix_len) {
		made->children[bit_at(&below->prefix, shared)] = below;
		return *link = made;
	}
	struct prefix_node *branch = node_new(prefixes, prefix, shared);
	if (branch == NULL)
		return NULL;
	branch->children[bit_at(&below->prefix, shared)] = below;
	branch->children[bit_at(prefix, shared)] = made;
	*link = branch;
	return made;
}

int
prefixes_put(struct prefixes *prefixes, const struct ip_addr *prefix, unsigned prefix_len,
	     const void *value)
{
	struct ip_addr plain;
	unsigned plain_len;
	int err = plain_prefix(&plain, &plain_len, prefix, prefix_len);
	if (err != 0)
		return err;
	struct prefix_node *node = node_make(prefixes, &plain, plain_len);
	if (node == NULL)
		return ERR_NO_MEMORY;
	node->value = value;
	return 0;
}

/* Goes down along the address; the deepest value on the way, or the one of exactly that many bits. */
static const void *
walk(const struct prefixes *prefixes, const struct ip_addr *addr, unsigned bits, bool exact)
{
	const struct prefix_node *node =
		addr->family == ADDR_IPV4 ? prefixes->ipv4 : prefixes->ipv6;
	const void *value = NULL;
	while (node != NULL && node->bits <= bits &&
	       addr_in_prefix(addr, &node->prefix, node->bits)) {
		if (node->value != NULL && (!exact || node->bits == bits))
			value = node->value;
		if (node->bits == bits)
			break;
		node = node->children[bit_at(addr, node->bits)];
	}
	return value;
}

const void *
prefixes_get(const struct prefixes *prefixes, const struct ip_addr *prefix, unsigned prefix_len)
{
	struct ip_addr plain;
	unsigned plain_len;
	if (plain_prefix(&plain, &plain_len, prefix, prefix_len) != 0)
		return NULL;
	return walk(prefixes, &plain, plain_len, true);
}

const void *
prefixes_find(const struct prefixes *prefixes, const struct ip_addr *addr)
{
	const struct ip_addr plain = unmapped(addr);
	return walk(prefixes, &plain, 8 * (unsigned)addr_bytes(&plain), false);
}
