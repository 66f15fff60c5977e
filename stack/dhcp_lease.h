/*
 * dhcp_lease.h - what a DHCP lease gives an interface: address, routes and MTU, and how long.
 *
 * dhcp_lease_read takes it from an offer or an acknowledgement and refuses what cannot be;
 * dhcp_lease_enforce puts it to use, dhcp_lease_withdraw takes back exactly what that did.  The
 * address is checked for conflicts first (RFC 5227): until it is usable, so are its routes not.
 * A renewal touches only what is new in it, so that one that brings nothing new disturbs nobody.
 *
 * Routers are default routes in the order in which the server prefers them, unless it gives
 * classless routes (RFC 3442).  All rank behind what the operator configures.  A lease without
 * a subnet mask says nothing about the neighbours, so everything goes through the router.
 *
 * Units:  seconds as on the wire, microseconds for the times at which something is due.
 * Errors: ERR_MALFORMED.  A route or address that finds no room is left out, counted.
 * Bounds: DHCP_ROUTES_MAX.
 */
#ifndef CAIRN_STACK_DHCP_LEASE_H
#define CAIRN_STACK_DHCP_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/dhcp_wire.h"

struct rng;
struct stack;

#define DHCP_METRIC                                                                                \
	2048u /* of the first route; 1 more for each further, in the order of the server */
/* A shorter lease would be over before its address is checked (RFC 5227: up to 7 s) and renewed. */
#define DHCP_LEASE_S_MIN 20u
#define DHCP_T1_S_MIN    10u /* by then it has been checked */

struct dhcp_lease {
	struct ip_addr addr; /* family ADDR_NONE: no lease */
	uint8_t prefix_len;
	uint16_t mtu; /* 0: the link's */
	uint8_t route_count;
	struct dhcp_route routes[DHCP_ROUTES_MAX]; /* those of one prefix: the better first */
};

/* When to renew (T1), to rebind (T2) and to stop; WHEEL_NEVER for a lease without end. */
struct dhcp_times {
	uint64_t renew_at_us, rebind_at_us, expires_at_us;
};

int dhcp_lease_read(struct dhcp_lease *lease, const struct dhcp_message *message);

/*
 * The times of a lease that was asked for at asked_at_us.  What the server does not say, or says so
 * that T1 < T2 < lease does not hold, is RFC 2131's: half and seven eighths.  T1 and T2 come up to
 * 1/32 earlier, at random, so that hosts that started together do not stay together.
 */
void dhcp_lease_times(struct dhcp_times *times, const struct dhcp_message *message,
		      uint64_t asked_at_us, struct rng *rng);

void dhcp_lease_enforce(struct stack *stack, unsigned ifindex, const struct dhcp_lease *lease);
void dhcp_lease_renew(struct stack *stack, unsigned ifindex, const struct dhcp_lease *old,
		      const struct dhcp_lease *lease);
void dhcp_lease_withdraw(struct stack *stack, unsigned ifindex, const struct dhcp_lease *lease);

#endif
