/*
 * tables.h - what a stack knows, to be looked at: interfaces, addresses, routes, neighbours, path MTUs.
 *
 * Each verb gives one entry a call; *place begins at 0, and false is said after the last.  As tcp_info_next (stack/tcp.h)
 * does for connections.  When the table changes between two calls an entry may be missed or come twice; nothing worse.
 *
 * Pure; nothing is changed by looking.
 * Units:  microseconds of the stack's clock, as ages at the time that the stack was told last.
 */
#ifndef CAIRN_STACK_TABLES_H
#define CAIRN_STACK_TABLES_H

#include "stack/stack.h"

struct stack_addr_entry {
	unsigned ifindex;
	struct stack_addr addr;
	const char *origin; /* "static", "slaac", "dhcp" */
};
bool stack_addr_next(const struct stack *stack, uint32_t *place, struct stack_addr_entry *entry);

struct stack_route_entry {
	struct stack_route route;
	const char *kind;  /* "unicast", "local", "broadcast", "multicast" */
	bool of_address;   /* came with an address and goes with it */
};
bool stack_route_next(const struct stack *stack, uint32_t *place, struct stack_route_entry *entry);

struct stack_neigh_entry {
	unsigned ifindex;
	struct ip_addr addr;
	struct mac_addr mac; /* when has_mac */
	bool has_mac, is_gateway, is_router;
	const char *state; /* RFC 4861, section 7.3.2: "REACHABLE" */
	unsigned held_packets;
};
bool stack_neigh_next(const struct stack *stack, uint32_t *place, struct stack_neigh_entry *entry);

struct stack_pmtu_entry {
	struct ip_addr remote;
	uint32_t mtu;
	bool is_below_floor; /* a router asks for less than we give: IPv4 goes without DF instead */
	uint64_t age_us;
};
/* Entries that are too old to count are left out. */
bool stack_pmtu_next(const struct stack *stack, uint32_t *place, struct stack_pmtu_entry *entry);

struct stack_if_entry {
	unsigned ifindex;
	const char *name;
};
bool stack_if_next(const struct stack *stack, uint32_t *place, struct stack_if_entry *entry);

const char *stack_if_name(const struct stack *stack, unsigned ifindex); /* as given; "lo" for our own addresses' */

#endif
