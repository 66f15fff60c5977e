#include "resolver/policy/acl.h"

#include <strings.h>

#include "stack/base/arena.h"
#include "stack/base/err.h"

#define MAPPED_BITS 96u /* of ::ffff:0:0/96 in front of an IPv4 address */

/*
 * A binary trie in which only branches and prefixes that were said have a node: the children of a node
 * agree with it in its first `bits` bits and differ in the next.
 */
struct acl_node {
	struct ip_addr prefix;
	uint8_t bits;
	bool said; /* `action` is somebody's; else the node is a mere branch */
	uint8_t action;
	struct acl_node *children[2];
};

struct acl {
	struct arena *arena;
	struct acl_node *ipv4, *ipv6;
};

struct acl *
acl_new(struct arena *arena)
{
	struct acl *acl = arena_zalloc(arena, 1, sizeof *acl);
	if (acl != NULL)
		acl->arena = arena;
	return acl;
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

/* How many bits a node and a prefix share, of those that both have. */
static unsigned
shared_bits(const struct acl_node *node, const struct ip_addr *prefix, unsigned prefix_len)
{
	unsigned bits = addr_common_bits(&node->prefix, prefix);
	if (bits > node->bits)
		bits = node->bits;
	return bits < prefix_len ? bits : prefix_len;
}

static struct acl_node *
node_new(struct acl *acl, const struct ip_addr *prefix, unsigned bits)
{
	struct acl_node *node = arena_zalloc(acl->arena, 1, sizeof *node);
	if (node == NULL)
		return NULL;
	node->prefix = *prefix;
	node->bits = (uint8_t)bits;
	return node;
}

/* Finds the node of the prefix or makes it, with a branch above it where one is needed. */
static struct acl_node *
node_make(struct acl *acl, const struct ip_addr *prefix, unsigned prefix_len)
{
	struct acl_node **link = prefix->family == ADDR_IPV4 ? &acl->ipv4 : &acl->ipv6;
	unsigned shared = 0;
	for (; *link != NULL; link = &(*link)->children[bit_at(prefix, shared)]) {
		shared = shared_bits(*link, prefix, prefix_len);
		if (shared < (*link)->bits)
			break;
		if (shared == prefix_len)
			return *link;
	}
	struct acl_node *below = *link;
	struct acl_node *made = node_new(acl, prefix, prefix_len);
	if (made == NULL)
		return NULL;
	if (below == NULL)
		return *link = made;
	if (shared == prefix_len) {
		made->children[bit_at(&below->prefix, shared)] = below;
		return *link = made;
	}
	struct acl_node *branch = node_new(acl, prefix, shared);
	if (branch == NULL)
		return NULL;
	branch->children[bit_at(&below->prefix, shared)] = below;
	branch->children[bit_at(prefix, shared)] = made;
	*link = branch;
	return made;
}

static struct acl_node *
node_for(struct acl *acl, const struct ip_addr *prefix, unsigned prefix_len, int *err)
{
	struct ip_addr real = *prefix;
	*err = ERR_MALFORMED;
	if (addr_bytes(prefix) == 0)
		return NULL;
	*err = ERR_TOO_BIG;
	if (prefix_len > 8 * addr_bytes(prefix))
		return NULL;
	if (addr_is_ipv4_mapped(prefix) && prefix_len >= MAPPED_BITS) {
		real = unmapped(prefix);
		prefix_len -= MAPPED_BITS;
	}
	struct acl_node *node = node_make(acl, &real, prefix_len);
	*err = node != NULL ? 0 : ERR_NO_MEMORY;
	return node;
}

int
acl_add(struct acl *acl, const struct ip_addr *prefix, unsigned prefix_len, enum acl_action action)
{
	int err;
	struct acl_node *node = node_for(acl, prefix, prefix_len, &err);
	if (node == NULL)
		return err;
	node->said = true;
	node->action = (uint8_t)action;
	return 0;
}

int
acl_add_defaults(struct acl *acl)
{
	static const struct {
		uint8_t family;
		uint8_t octets[16];
		unsigned prefix_len;
	} defaults[] = {
		{ ADDR_IPV4, { 127 }, 8 },
		{ ADDR_IPV6, { [15] = 1 }, 128 },
	};
	for (unsigned i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
		struct ip_addr prefix = { .family = defaults[i].family };
		memcpy(prefix.octets, defaults[i].octets, sizeof prefix.octets);
		int err;
		struct acl_node *node = node_for(acl, &prefix, defaults[i].prefix_len, &err);
		if (node == NULL)
			return err;
		if (!node->said)
			node->action = ACL_ALLOW;
		node->said = true;
	}
	return 0;
}

enum acl_action
acl_find(const struct acl *acl, const struct ip_addr *client)
{
	struct ip_addr addr = unmapped(client);
	enum acl_action action = ACL_REFUSE;
	const struct acl_node *node = addr.family == ADDR_IPV4 ? acl->ipv4 : acl->ipv6;
	while (node != NULL && addr_in_prefix(&addr, &node->prefix, node->bits)) {
		if (node->said)
			action = (enum acl_action)node->action;
		if (node->bits == 8 * addr_bytes(&addr))
			break;
		node = node->children[bit_at(&addr, node->bits)];
	}
	return action;
}

enum acl_verdict
acl_judge(enum acl_action action, bool recursion_desired)
{
	switch (action) {
	case ACL_DENY: return ACL_MAY_NOTHING;
	case ACL_REFUSE: return ACL_MAY_BE_REFUSED;
	case ACL_ALLOW: return recursion_desired ? ACL_MAY_RECURSE : ACL_MAY_LOCAL;
	case ACL_ALLOW_SETRD: return ACL_MAY_RECURSE;
	case ACL_ALLOW_SNOOP: return recursion_desired ? ACL_MAY_RECURSE : ACL_MAY_CACHE;
	case ACL_DENY_NON_LOCAL: return ACL_MAY_LOCAL_OR_DROP;
	case ACL_REFUSE_NON_LOCAL: return ACL_MAY_LOCAL;
	}
	return ACL_MAY_BE_REFUSED;
}

static const char *const action_names[] = {
	[ACL_DENY] = "deny",
	[ACL_REFUSE] = "refuse",
	[ACL_ALLOW] = "allow",
	[ACL_ALLOW_SETRD] = "allow_setrd",
	[ACL_ALLOW_SNOOP] = "allow_snoop",
	[ACL_DENY_NON_LOCAL] = "deny_non_local",
	[ACL_REFUSE_NON_LOCAL] = "refuse_non_local",
};

int
acl_action_from_text(const char *text, enum acl_action *action)
{
	for (unsigned i = 0; i < sizeof action_names / sizeof action_names[0]; i++) {
		if (strcasecmp(text, action_names[i]) == 0) {
			*action = (enum acl_action)i;
			return 0;
		}
	}
	return ERR_MALFORMED;
}

const char *
acl_action_to_text(enum acl_action action)
{
	return action_names[action];
}
