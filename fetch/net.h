/*
 * net.h - the program's place on the network: one loop, one stack of Cairn's on a link, and the timers of everything above.
 *
 * By default the stack shares the host's addresses (link raw; guards hold its ports, stack/link/guard_tcp.h); with link
 * packet, tap or xdp it is a station with addresses of its own.  There is no socket of the kernel's in the way of a
 * transfer: connections and questions to resolvers are the stack's.
 *
 * What the stack has to say goes to a sink: whoever opens a flow or a connection gives its sink as `user`.
 *
 * Ownership: net_open allocates, net_close frees; streams, dials and questions are closed before it.
 * Units:     microseconds of the monotonic clock, one reading a turn of the loop.
 * Errors:    a negative ERR_* and a failure that names device, capability and remedy.
 * Bounds:    NET_CONNS_MAX connections, NET_FLOWS_MAX questions over UDP, NET_BUFFER_BYTES of stream data for all.
 */
#ifndef CAIRN_FETCH_NET_H
#define CAIRN_FETCH_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch/failure.h"
#include "stack/addr.h"
#include "stack/base/wheel.h"
#include "stack/stack.h"

struct event_ring;
struct journey;
struct link;
struct net;
struct rng;
struct uv_loop_s;

#define NET_CONNS_MAX    256u
#define NET_FLOWS_MAX    256u
#define NET_BUFFER_BYTES (64u << 20)
#define NET_ADDRS_MAX    4u
#define NET_UDP_PORTS      8u   /* enough for who asks one resolver */
#define NET_UDP_PORTS_SELF 256u /* for who asks them all */

enum net_link { NET_LINK_RAW, NET_LINK_PACKET, NET_LINK_TAP, NET_LINK_XDP };

struct net_options {
	enum net_link link;
	const char *device; /* packet, tap, xdp */
	/* Of a station of our own; without any it asks DHCP and routers. Link raw has the host's. */
	struct stack_addr addrs[NET_ADDRS_MAX];
	struct ip_addr gateways[NET_ADDRS_MAX];
	unsigned addr_count, gateway_count;
	unsigned udp_ports;        /* link raw: guarded, for questions to draw theirs from; 0: NET_UDP_PORTS */
	const char *capture;       /* a pcapng file for what passes the link; NULL: none */
	const char *journey_capture; /* another, whose clock is this one's and so much ahead of it */
	uint64_t capture_ahead_us;
	const char *faults;        /* a bad line in front of the link (stack/link/faults.h); NULL: none */
	struct link *given;        /* used instead of all that, not closed: tests */
	struct event_ring *events; /* of stack and resolver; NULL: nobody listens */
	struct journey *journey;   /* for whoever has something to tell; NULL: nobody listens */
	void (*on_events)(void *data); /* takes the ring's events, once a turn; NULL: none */
	void (*on_wait)(void *data);   /* all is sent, and the loop is about to sleep; NULL: none */
	void *events_data;
};

int net_open(struct net **net, const struct net_options *options, struct failure *failure);
/* Runs the loop until net_stop. */
void net_run(struct net *net);
void net_stop(struct net *net);
void net_close(struct net *net); /* NULL is nothing */

/* The time of this turn of the loop. */
uint64_t net_now_us(struct net *net);
void net_now_again(struct net *net); /* behind what took long in this turn: the clock is read anew */
struct uv_loop_s *net_loop(struct net *net); /* uv_loop_t, without <uv.h> for whoever needs no loop */

/* ---- timers ------------------------------------------------------------------------------------------------- */

/* Embedded in what it times; zeroed before the first use.  Disarmed when it comes. */
struct net_timer {
	struct wheel_timer wheel; /* first */
	void (*on_due)(void *data);
	void *data;
};
/* At net time at_us, or up to 2 ms after; again moves it.  A time that has passed is the next turn. */
void net_timer_start(struct net *net, struct net_timer *timer, uint64_t at_us, void (*on_due)(void *data), void *data);
void net_timer_stop(struct net *net, struct net_timer *timer);

/* ---- for what speaks through the stack ---------------------------------------------------------------------- */

/* Receives the actions of the flows and connections that were opened with net_sink_user of it. */
struct net_sink {
	void (*on_action)(struct net_sink *sink, const struct stack_action *action, uint64_t now_us);
};
static inline uint64_t
net_sink_user(struct net_sink *sink)
{
	return (uint64_t)(uintptr_t)sink;
}

/*
 * A driver of another core on the same stack: sees every action first, and has its turn when all have been passed on,
 * after the timers.  At most one; NULL: none.
 */
struct net_driver {
	bool (*on_action)(struct net_driver *driver, const struct stack_action *action, uint64_t now_us); /* false: not its own */
	void (*on_turn)(struct net_driver *driver);
	uint64_t (*deadline)(const struct net_driver *driver);
};
void net_set_driver(struct net *net, struct net_driver *driver);
/* What is done in each turn behind the timers, before anything is sent; on_soon NULL: nothing, as at first. */
void net_set_soon(struct net *net, void (*on_soon)(void *data), void *data);
/* What was done from outside of a turn is looked after soon. */
void net_wake(struct net *net);

struct stack *net_stack(struct net *net);
struct rng *net_rng(struct net *net);
struct journey *net_journey(struct net *net); /* as in the options */
struct event_ring *net_events(struct net *net); /* as in the options */
void net_take_events(struct net *net);        /* before something is told that came after them */
/* Before the first question over UDP, and harmless before every other. */
int net_open_udp(struct net *net, struct failure *failure);
/* Before who has asked one resolver asks name servers itself; nothing where there are enough. */
int net_more_udp(struct net *net, struct failure *failure);
/* More ports for connections, when those there are are all in use towards one server; false: there are none. */
bool net_more_ports(struct net *net);
uint32_t net_next_connection(struct net *net); /* numbers connections from 1 */

#endif
