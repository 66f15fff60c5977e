/*
 * dhcp.h - the DHCPv4 client of an interface with STACK_IF_DHCP (RFC 2131, section 4.4).
 *
 *     link up                    link up again, with a lease
 *        |                          |
 *        v          NAK, silence    v
 *     INIT <------------------ INIT_REBOOT, REBOOTING ----------+
 *        | DISCOVER                                             | ACK
 *        v            OFFER                        ACK          v    T1               T2
 *     SELECTING ----------------> REQUESTING ----------------> BOUND ---> RENEWING ---> REBINDING
 *                    REQUEST          | NAK, silence            ^  unicast |  broadcast  |
 *                                     v                         +----------+-------------+
 *                                    INIT <--- NAK, expiry; conflict: DECLINE, 10 s ----- any of these
 *
 * The first offer is taken, unless the server is one whose last offer came to nothing: that has to
 * wait until a round has brought no other.  Messages are repeated after 4, 8, 16, 32, then every 64
 * seconds, give or take one, without end; renewals after half of what is left, at least a minute.
 * What fails over and over is begun more and more seldom, by the same row of waits.
 *
 * The client owns port 68 of its interface: what comes to it is never a program's, whatever
 * address it carries, and it hears unicast replies to an address that it does not have yet
 * (dhcp_is_expected).  It speaks as 0.0.0.0 until the address is its own; nothing else here does.
 *
 * An address is probed for before it is used, and given up when somebody else defends it (RFC 5227);
 * then the server is told (DHCPDECLINE).  When the link goes the address and its routes go too, and
 * when it is back the lease is asked for again, since it may be another network.
 *
 * Not done: DHCPRELEASE (a restart would have another address), DHCPINFORM, rapid commit
 * (RFC 4039), authentication (RFC 3118), FORCERENEW (RFC 3203).
 *
 * Bounds: one client an interface, one lease, one message on its way.
 */
#ifndef CAIRN_STACK_DHCP_H
#define CAIRN_STACK_DHCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/base/wheel.h"
#include "stack/dhcp_lease.h"
#include "stack/stack.h"

struct ip_packet;

/*
 * RFC 2131, section 4.4.1, would have hosts wait up to 10 s, lest a house full of them starts in
 * step.  A second and the spread of what follows part them as well, and a resolver is waited for.
 */
#define DHCP_START_US_MAX   1000000u
#define DHCP_WAIT_US        4000000u /* doubled each time (RFC 2131, section 4.1) ... */
#define DHCP_WAIT_US_MAX    64000000u
#define DHCP_WAIT_SPREAD_US 1000000u  /* ... and this much more or less */
#define DHCP_RENEW_US_MIN   60000000u /* RFC 2131, section 4.4.5 */
#define DHCP_REQUESTS_MAX   4u        /* without an answer: a minute (RFC 2131, section 3.1) */
#define DHCP_REBOOTS_MAX    2u        /* without an answer: 12 s, then whoever is here is asked */
#define DHCP_DECLINED_US    10000000u /* RFC 2131, section 3.1 (5) */
#define DHCP_CONFLICTS_MAX  10u       /* RFC 5227, section 2.1.1: MAX_CONFLICTS ... */
#define DHCP_CONFLICTED_US  60000000u /* ... and RATE_LIMIT_INTERVAL from then on */

enum dhcp_state {
	DHCP_OFF, /* no such interface, or its link is down */
	DHCP_INIT,
	DHCP_SELECTING,
	DHCP_REQUESTING,
	DHCP_INIT_REBOOT,
	DHCP_REBOOTING,
	DHCP_BOUND,
	DHCP_RENEWING,
	DHCP_REBINDING,
};

struct dhcp_client {
	struct wheel_timer timer; /* TIMER_DHCP: the next thing to do in this state */
	enum dhcp_state state;
	uint8_t attempt_count;  /* how often this state's message has been sent */
	uint8_t failure_count;  /* offers in a row that came to nothing */
	uint8_t conflict_count; /* leases in a row whose address was somebody else's */
	uint32_t xid;
	uint16_t secs;          /* as in the last DHCPDISCOVER */
	uint64_t began_at_us;   /* the exchange */
	uint64_t asked_at_us;   /* the DHCPREQUEST: a lease counts from there */
	struct ip_addr server;  /* the one whose offer is taken, or who gave the lease */
	struct ip_addr shunned; /* whose last offer came to nothing; ADDR_NONE: nobody */
	struct ip_addr
		offered; /* SELECTING: the shunned server's, if nothing better comes; REQUESTING: asked for */
	struct dhcp_lease lease; /* kept while the link is down, and as a wish for the next one */
	struct dhcp_times times;
	bool is_in_force;
};

struct dhcp_table {
	struct dhcp_client clients[STACK_IFS_MAX];
};

void dhcp_init(struct dhcp_table *table);

void dhcp_link_up(struct stack *stack, unsigned ifindex);
void dhcp_link_down(struct stack *stack, unsigned ifindex);

/* The address of the lease was somebody else's, and has left the table. */
void dhcp_conflict(struct stack *stack, unsigned ifindex, const struct ip_addr *addr);

/* True when a UDP packet for nobody here, in a frame to our own station, may be a reply to the client. */
bool dhcp_is_expected(const struct stack *stack, const struct ip_packet *packet);
/* True when the interface has a client, and its port 68 so belongs to that. */
bool dhcp_runs_on(const struct stack *stack, unsigned ifindex);
void dhcp_receive(struct stack *stack, unsigned ifindex, const uint8_t *payload, size_t size);

void dhcp_timeout(struct stack *stack, struct wheel_timer *timer);

#endif
