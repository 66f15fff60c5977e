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

#define IFADDR_NONCE_BYTES 6u
/* A configured address that another host holds is tried again after this time. */
#define IFADDR_RETRY_US    60000000u /* RFC 5227, section 2.1.1: RATE_LIMIT_INTERVAL */

/* Who brought an address, and is told when another host turns out to have it. */
enum ifaddr_origin { IFADDR_CONFIGURED, IFADDR_SLAAC, IFADDR_DHCP };

struct ifaddr {
	struct stack_addr addr; /* family ADDR_NONE: a free entry */
	uint8_t ifindex;
	uint8_t origin;           /* enum ifaddr_origin */
	uint8_t probe_count;      /* conflict detection: probes and announcements sent */
	uint8_t conflict_count;   /* claims that were defended against */
	uint64_t conflict_at_us;  /* the last of them */
	uint8_t nonce[IFADDR_NONCE_BYTES]; /* of our last question whether it is a duplicate (RFC 7527) */
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

/*
 * Somebody else has it.  One that the operator configured stays, tentative, and is tried again after
 * IFADDR_RETRY_US, since the other may go; any other leaves the table, and who brought it is told.
 */
void ifaddr_conflict(struct stack *stack, struct ifaddr *entry);

/* stack_addr_add for the other origins. */
int ifaddr_put(struct stack *stack, unsigned ifindex, const struct stack_addr *addr, enum ifaddr_origin origin);

/* The link came up: every address on it is checked (again).  It went: nothing is checked, nobody answers. */
void ifaddr_link_up(struct stack *stack, unsigned ifindex);
void ifaddr_link_down(struct stack *stack, unsigned ifindex);

void ifaddr_timeout(struct stack *stack, struct wheel_timer *timer);

#endif
