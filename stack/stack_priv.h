/*
 * stack_priv.h - what the files of stack/ share: the one struct, its interfaces, timers and queues.
 *
 * How the parts meet:
 *
 *     stack_receive -> ether_receive -> arp_receive
 *                                    -> ipv4_receive, ipv6_receive -> (reass) -> ip_deliver
 *                      (STACK_IF_IP goes straight to ipv4/ipv6)         -> udp_receive -> receive queue
 *                                                                       -> icmp_receive -> ndp_receive
 *     arp_receive, ndp_receive -> neigh_hear_source, neigh_hear_advert -> transmit queue (what was held)
 *     ndp_receive -> router_hear -> stack_route_add    -> slaac_hear -> ifaddr_put
 *     udp_receive -> dhcp_receive -> stack_route_add, ifaddr_put
 *                                                                       -> tcp_segment_receive (tcp_priv.h)
 *     udp_send, icmp, tcp -> ip_begin -> neigh_resolve          ip_end -> transmit queue
 *                                                                 -> neigh_hold (not resolved yet)
 *     stack_timeout  -> wheel_expire -> the handler of the timer's kind
 *
 * Ownership: everything lies in the block that stack_new was lent.
 */
#ifndef CAIRN_STACK_STACK_PRIV_H
#define CAIRN_STACK_STACK_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/base/arena.h"
#include "stack/base/event.h"
#include "stack/base/hash.h"
#include "stack/base/rng.h"
#include "stack/base/wheel.h"
#include "stack/dhcp.h"
#include "stack/drop.h"
#include "stack/icmp.h"
#include "stack/ifaddr.h"
#include "stack/ip.h"
#include "stack/ipv4_id.h"
#include "stack/neigh_table.h"
#include "stack/pmtu.h"
#include "stack/queue.h"
#include "stack/reass.h"
#include "stack/route.h"
#include "stack/router.h"
#include "stack/slaac.h"
#include "stack/source.h"
#include "stack/stack.h"
#include "stack/tcp_priv.h"
#include "stack/udp.h"
#include "stack/udp_turn.h"

#define STACK_IF_LOOPBACK   STACK_IFS_MAX /* frames to our own addresses; never seen by the driver */
#define STACK_IF_NAME_BYTES 16u

struct iface {
	char name[STACK_IF_NAME_BYTES];
	enum stack_if_kind kind;
	struct mac_addr mac;
	uint32_t mtu;
	uint32_t mtu_ipv4; /* no more than mtu: what a DHCP server says */
	uint32_t mtu_ipv6; /* the same: what a router says for its link */
	uint32_t flags; /* STACK_IF_* */
	uint16_t vlan, service_vlan;
	struct hash_key secret; /* slaac.h */
	bool is_up;
};

/* What a wheel_timer's kind means; stack_timeout hands it to the module named. */
enum timer_kind {
	TIMER_IFADDR,   /* ifaddr.h: conflict detection (arp, ndp) */
	TIMER_NEIGH,    /* neigh_table.h: questions, delays */
	TIMER_ROUTER,   /* router.h: a router's lifetime */
	TIMER_REDIRECT, /* router.h: a redirect's */
	TIMER_SOLICIT,  /* router.h: asking for routers */
	TIMER_SLAAC,    /* slaac.h: a prefix's lifetimes */
	TIMER_DHCP,     /* dhcp.h: the client's next step */
	TIMER_REASS,    /* reass: the oldest datagram in pieces */

	/* tcp_timer.c; each of the first four excludes the others, as do the two after TIMER_TCP_ACK. */
	TIMER_TCP_RTO,        /* retransmission (RFC 6298) */
	TIMER_TCP_PROBE,      /* of the tail of a flight (RFC 8985, section 7) */
	TIMER_TCP_REORDER,    /* until something out of order is lost (RFC 8985, section 6.2) */
	TIMER_TCP_PERSIST,    /* probes of a closed window (RFC 9293, section 3.8.6.1) */
	TIMER_TCP_ACK,        /* an acknowledgment that is delayed */
	TIMER_TCP_PACE,       /* the next segment, when they are spread */
	TIMER_TCP_CORK,       /* the program holds back too long */
	TIMER_TCP_KEEPALIVE,  /* RFC 9293, section 3.8.4 */
	TIMER_TCP_FIN_WAIT_2, /* an orphan whose peer does not close */
	TIMER_TCP_SYN_ACK,    /* tcp_listen.c: a SYN-ACK's retransmission */
	TIMER_TCP_TIME_WAIT,  /* tcp_time_wait.c */
};

struct stack {
	struct rng *rng;
	struct event_ring *trace; /* NULL: nobody listens */
	bool has_no_frames;       /* the trace does without them */
	uint32_t cause;           /* of what is being sent */
	struct hash_key hash_key;
	struct stack_limits limits;
	uint64_t now_us; /* as told last; never goes back */
	struct wheel wheel;

	struct iface ifs[STACK_IFS_MAX + 1];
	unsigned if_count;
	struct ifaddr_table ifaddrs;
	struct route_table routes;
	struct neigh_table neighs;
	struct router_table routers;
	struct slaac_table slaac;
	struct dhcp_table dhcp;
	struct pmtu_cache pmtu;
	struct ipv4_ids ipv4_ids;
	struct reass reass;
	struct icmp icmp;
	struct udp udp;
	struct tcp tcp;
	bool is_batch; /* STACK_RX_MORE: the flush of TCP waits */

	struct udp_turn turn;  /* goes before the queues */
	struct queue transmit; /* struct transmit_record, then the frame */
	size_t lent_bytes;     /* that frames in it carry and that are elsewhere (struct ip_lent) */
	struct stack_piece pieces[STACK_PIECES_MAX]; /* of the frame that was taken last */
	struct queue receive;  /* struct stack_action, then the payload */
	uint8_t *scratch;      /* IP_PACKET_BYTES_MAX: a packet that cannot be built in place */

	struct stack_stats stats;
	uint64_t drops[DROP_REASON_COUNT];
};

/* The struct that embeds a timer. */
#define TIMER_OWNER(timer, type, member) ((type *)(void *)((char *)(timer)-offsetof(type, member)))

void stack__drop(struct stack *stack, enum drop reason);

/* Time never goes back, whatever a driver says. */
static inline void
stack__tell_time(struct stack *stack, uint64_t now_us)
{
	if (now_us > stack->now_us)
		stack->now_us = now_us;
}

/* ---- frames out -------------------------------------------------------------------------------- */

/* What is left to the link: as in struct stack_action. */
struct transmit_work {
	uint16_t checksum_start, checksum_offset;
	uint16_t segment_bytes, segment_start;
	struct ip_lent lent;
};

struct transmit_record {
	uint32_t size;
	uint32_t ifindex;
	struct transmit_work work;
};

/*
 * Lends room for one frame of up to `size` octets on ifindex; NULL, with the drop counted, when the queue is
 * full.  stack__transmit_commit sends the first `size` of them; without it nothing is sent.
 */
uint8_t *stack__transmit_reserve(struct stack *stack, size_t size);
void stack__transmit_commit(struct stack *stack, unsigned ifindex, size_t size,
			    const struct transmit_work *work); /* NULL: nothing is left to the link */

/* ---- datagrams and errors up ------------------------------------------------------------------- */

/* Copies the action and its payload for stack_next; counts the drop when the queue is full. */
void stack__report(struct stack *stack, const struct stack_action *action);

#endif
