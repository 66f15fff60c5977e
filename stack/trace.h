/*
 * trace.h - what the stack tells a listener (stack_trace, base/event.h): the events of a journey
 * below DNS.
 *
 * Each event has one of the kinds below and the struct of the same name as its body. The cause is
 * the one that was set by stack_cause when the flow was opened, or while an echo request was
 * sent; frames that nobody asked for have cause 0. A frame that came in is told before anybody
 * knows whose it is: the datagram that follows it tells.
 *
 * Bounds: of a frame at most TRACE_FRAME_BYTES_MAX octets are kept, with its true size.
 */
#ifndef CAIRN_STACK_TRACE_H
#define CAIRN_STACK_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/addr.h"
#include "stack/base/event.h"

#define TRACE_LAYER_STACK     1u
#define TRACE_FRAME_BYTES_MAX (EVENT_BODY_BYTES_MAX - 8u)

enum trace_kind {
	TRACE_FRAME_IN = TRACE_LAYER_STACK << 8, /* struct trace_frame */
	TRACE_FRAME_OUT,                         /* struct trace_frame */
	TRACE_DROP,                              /* struct trace_drop */
	TRACE_ROUTE,                             /* struct trace_route: a flow was opened over it */
	TRACE_UDP_OUT,                           /* struct trace_udp */
	TRACE_UDP_IN,                            /* struct trace_udp */
	TRACE_ERROR,    /* struct trace_error: what a flow or ping is told */
	TRACE_ICMP_OUT, /* struct trace_icmp */
	TRACE_ICMP_IN,  /* struct trace_icmp */
	TRACE_NEIGH,    /* struct trace_neigh */
	TRACE_TCP_OUT,  /* struct trace_tcp: a segment */
	TRACE_TCP_IN,   /* struct trace_tcp */
	TRACE_TCP_AGAIN, /* struct trace_tcp: what is retransmitted */
	TRACE_TCP_STATE, /* struct trace_tcp_state */
	TRACE_TCP_TIMER, /* struct trace_tcp_timer: one that was due */
};

struct trace_frame {
	uint32_t size; /* of the frame; the body may hold less of it */
	uint16_t ifindex;
	uint16_t is_ether; /* 0: a bare IP packet */
	uint8_t bytes[];
};

struct trace_drop {
	uint32_t reason; /* enum drop */
};

struct trace_route {
	struct ip_addr destination, source, next_hop;
	uint32_t ifindex;
};

struct trace_udp {
	struct ip_addr local, remote;
	uint16_t local_port, remote_port;
	uint32_t size; /* of the payload */
};

struct trace_error {
	struct ip_addr remote, router;
	uint32_t error; /* enum stack_error */
	uint32_t mtu;
};

struct trace_icmp {
	struct ip_addr source, destination;
	uint8_t type, code;
};

struct trace_tcp {
	struct ip_addr local, remote;
	uint16_t local_port, remote_port;
	uint32_t seq, ack;
	uint32_t size;   /* of the data */
	uint16_t flags;  /* TCP_* of tcp_wire.h */
	uint16_t window; /* as on the wire */
};

struct trace_tcp_state {
	struct ip_addr local, remote;
	uint16_t local_port, remote_port;
	uint8_t before, after; /* enum tcp_state of tcp.h */
};

struct trace_tcp_timer {
	struct ip_addr local, remote;
	uint16_t local_port, remote_port;
	char name[12]; /* "rto", "probe", "reorder", "persist", "ack", "pace", "cork", "keepalive", "fin_wait_2" */
};

enum trace_neigh_news {
	TRACE_NEIGH_ASKED, /* who has this address? */
	TRACE_NEIGH_FOUND, /* it has said where it is, maybe once more */
	TRACE_NEIGH_LOST,  /* nobody answers */
};

struct trace_neigh {
	struct ip_addr addr;
	struct mac_addr mac; /* FOUND */
	uint8_t news;        /* enum trace_neigh_news */
	uint32_t ifindex;
};

struct stack;
/* Whether frames are told; they are, until it is said that nobody wants them: copying each costs more than all the rest. */
void stack_trace_frames(struct stack *stack, bool is_wanted);

#endif
