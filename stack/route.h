/*
 * route.h - where a packet goes next (RFC 1122, section 3.3.1; RFC 4291; RFC 6724 is in source.h).
 *
 * One path-compressed binary trie a family, so that a look-up costs a few steps however many routes
 * there are.  It also answers whether a packet is for us: an own address is a host route of kind
 * LOCAL, the broadcast address of an IPv4 prefix one of kind BROADCAST (not for /31 and /32,
 * RFC 3021), as in every host.  Among the routes of one prefix the smallest metric on an
 * interface that is up wins; then the longer prefix before the shorter.
 *
 * Bounds: limits.route_count routes besides those that addresses bring; ERR_FULL beyond.
 */
#ifndef CAIRN_STACK_ROUTE_H
#define CAIRN_STACK_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/stack.h"

struct arena;

#define ROUTE_NONE          UINT32_MAX
#define ROUTE_METRIC_PREFIX UINT32_MAX /* the on-link route that an address implies */

enum route_kind { ROUTE_UNICAST, ROUTE_LOCAL, ROUTE_BROADCAST, ROUTE_MULTICAST };

struct route_entry {
	struct stack_route route;
	enum route_kind kind;
	bool of_address; /* came with an address and goes with it */
	bool is_used;
	uint32_t next; /* of the same prefix, by metric; or in the free list */
};

/* A node carries a prefix; one without entries is where two longer prefixes part. */
struct route_node {
	uint64_t high, low; /* the prefix, bit 0 the highest of `high` */
	uint32_t child[2];  /* ROUTE_NONE: none */
	uint32_t entries;   /* first of this prefix; in a free node: the next free one */
	uint8_t prefix_len;
};

struct route_table {
	struct route_node *nodes;
	struct route_entry *entries;
	uint32_t node_count, entry_count; /* of the arrays */
	uint32_t free_node, free_entry;
	uint32_t root[2];              /* IPv4, IPv6 */
	uint32_t used_count, used_max; /* of those that did not come with an address */
	uint32_t generation; /* changes with every change here, of an address or of an interface */
};

/* What a route says about one destination. */
struct route_hop {
	enum route_kind kind;
	unsigned ifindex;
	uint16_t host_ifindex;
	struct ip_addr next_hop; /* the gateway, or the destination itself */
	struct ip_addr source;   /* preferred; ADDR_NONE: RFC 6724 decides */
};

size_t route_bytes(const struct stack_limits *limits);
void route_init(struct route_table *table, struct arena *arena, const struct stack_limits *limits);

int route_put(struct route_table *table, const struct stack_route *route, enum route_kind kind,
	      bool of_address);
int route_remove(struct route_table *table, const struct stack_route *route, enum route_kind kind,
		 bool of_address);

/* ERR_NO_ROUTE when nothing matches. */
int route_lookup(const struct stack *stack, const struct ip_addr *destination,
		 struct route_hop *hop);

/*
 * What `addr` is for a packet that came in on ifindex: LOCAL, BROADCAST, MULTICAST (one that we
 * listen to) or UNICAST, which means that it is for somebody else.
 */
enum route_kind route_classify(const struct stack *stack, unsigned ifindex,
			       const struct ip_addr *addr);

#endif
