/*
 * ifaddr.h - the addresses of the interfaces, from the first probe to the last packet.
 *
 * An address on STACK_IF_ETHER is tentative until nobody has claimed it (RFC 5227 by arp.c,
 * RFC 4862 by ndp.c): it is then no destination and no source.  Each usable address brings its host
 * route, its on-link prefix and, for IPv4, the broadcast address of the prefix (route.h).
 *
 * Bounds: limits.addr_count.
 */
#ifndef CAIRN_STACK_IFADDR_H
#define CAIRN_STACK_IFADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/base/wheel.h"
#include "stack/stack.h"

struct arena;

struct ifaddr {
	struct stack_addr addr; /* family ADDR_NONE: a free entry */
	uint8_t ifindex;
	uint8_t probe_count;      /* conflict detection: probes and announcements sent */
	uint8_t conflict_count;
	struct wheel_timer timer; /* TIMER_IFADDR: conflict detection's */
};

struct ifaddr_table {
	struct ifaddr *entries;
	uint32_t entry_count; /* of the array */
	uint32_t used_end;    /* behind the last used entry */
	uint32_t used_count;
};

size_t ifaddr_bytes(const struct stack_limits *limits);
void ifaddr_init(struct ifaddr_table *table, struct arena *arena, const struct stack_limits *limits);

/* The entry of `addr` on ifindex, tentative or not; NULL when there is none. */
struct ifaddr *ifaddr_find(struct stack *stack, unsigned ifindex, const struct ip_addr *addr);

/* True for a usable (not tentative) address of this interface: what ARP and NDP answer for. */
bool ifaddr_is_ours(struct stack *stack, unsigned ifindex, const struct ip_addr *addr);

/* Nobody has claimed it: it may be used from now on. */
void ifaddr_ready(struct stack *stack, struct ifaddr *entry);

/* Somebody else has it: it leaves the table at once, and the program learns it from the trace and the counter. */
void ifaddr_conflict(struct stack *stack, struct ifaddr *entry);

#endif
