/*
 * udp.h - UDP within the stack (RFC 768; RFC 8200, section 8.1; ports by RFC 6056).
 *
 * The calls of programs (udp_open and so on) are in stack.h.  Flows are found by one keyed hash of
 * remote address and both ports, the local address is compared; listeners by their port.
 * Both tables are chained through their pools, so nothing is ever moved or walked.
 *
 * Bounds: limits.flow_count, limits.listener_count; UDP_PORT_DRAWS tries for a free port.
 */
#ifndef CAIRN_STACK_UDP_H
#define CAIRN_STACK_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/drop.h"
#include "stack/route.h"
#include "stack/stack.h"

struct arena;
struct ip_packet;
struct ip_send;

#define UDP_HEADER_BYTES  8u
#define UDP_PORT_MIN      1024u
#define UDP_PORT_DRAWS    32u
#define UDP_NONE          UINT32_MAX
/* An ICMP error is believed for so long after the flow's last datagram. */
#define UDP_ICMP_RECENT_US 10000000u

struct udp_flow_entry {
	struct ip_addr local, remote;
	uint16_t local_port, remote_port;
	uint32_t generation; /* of this use of the entry; odd: open */
	uint32_t next;       /* in the chain of its bucket, or in the free list */
	uint64_t user;
	struct udp_options options;
	uint32_t cause;           /* of its events */
	uint64_t sent_at_us;      /* 0: nothing sent yet */
	uint32_t sent_bytes_max;  /* largest IP packet sent, as the receiver of an ICMP error saw it */
	uint32_t hop_generation;  /* the routes' when hop was looked up */
	struct route_hop hop;
};

struct udp_listener {
	struct ip_addr local; /* family ADDR_NONE: any */
	uint16_t port;        /* 0: a free entry */
	bool is_shared;       /* by others of the same name */
	uint32_t next;
	uint64_t user;
};

struct udp {
	struct udp_flow_entry *flows;
	uint32_t *flow_heads; /* a power of two of chains */
	uint32_t flow_count, flow_mask, free_flow;
	struct udp_listener *listeners;
	uint32_t *listener_heads;
	uint32_t listener_count, listener_mask, free_listener;
	const struct port_pool *pool; /* NULL: UDP_PORT_MIN to 65535 */
};

size_t udp_bytes(const struct stack_limits *limits);
void udp_init(struct udp *udp, struct arena *arena, const struct stack_limits *limits);

void udp_receive(struct stack *stack, const struct ip_packet *packet);

/* From source to destination by hop, which are all set in *send, whoever they belong to: for the stack's own use. */
int udp__datagram_send(struct stack *stack, struct ip_send *send, uint16_t local_port, uint16_t remote_port,
                       const void *payload, size_t size);

struct udp_header {
	uint16_t source_port, destination_port;
	size_t payload_bytes; /* behind the header; the packet may be longer */
};

/* has_local_peers: STACK_IF_LOCAL_PEERS.  DROP_REASON_COUNT: all is well. */
enum drop udp__datagram_read(const struct ip_packet *packet, bool has_local_peers, struct udp_header *header);

/* Header and payload into their room, with the checksum or what a link is to make it of (send->checksum_offload). */
void udp__datagram_write(const struct ip_send *send, uint8_t *room, uint16_t local_port, uint16_t remote_port,
                         const void *payload, size_t size);

/* The open flow of this 4-tuple, or NULL. */
struct udp_flow_entry *udp_find(struct stack *stack, const struct ip_addr *local, uint16_t local_port,
                                const struct ip_addr *remote, uint16_t remote_port);
/* False once it was closed: what still waits for it in a queue is then for nobody. */
bool udp_is_open(const struct stack *stack, udp_flow flow);
udp_flow udp_flow_of(const struct stack *stack, const struct udp_flow_entry *entry);

#endif
