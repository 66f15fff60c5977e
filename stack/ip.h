/*
 * ip.h - what IPv4 and IPv6 share: a packet on its way up, and the one way down.
 *
 * Down: the caller fills a struct ip_send, ip_begin lends room for the transport's header and payload,
 * the caller writes them there and ip_end puts the IP header in front and gives the packet to the link.
 * In the common case the room lies in the transmit queue behind the place of the headers, so that the
 * payload is copied once; what is larger than the path MTU, or waits for a neighbour, takes a detour
 * through scratch memory.
 *
 * Units:  octets; addresses as values.
 * Errors: ERR_NO_ROUTE, ERR_FULL (the transmit queue), ERR_TOO_BIG (more than an IP packet holds,
 *         or a super-segment that would have to wait for its neighbour).
 */
#ifndef CAIRN_STACK_IP_H
#define CAIRN_STACK_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/route.h"
#include "stack/stack.h"

#define IP_PROTOCOL_ICMP   1u
#define IP_PROTOCOL_TCP    6u
#define IP_PROTOCOL_UDP    17u
#define IP_PROTOCOL_ICMPV6 58u

#define IP_MTU_MAX         65535u
#define IP_HOP_LIMIT       64u /* RFC 1700; RFC 4861, section 6.3.2, CurHopLimit until a router says more */
#define IP_PACKET_BYTES_MAX 65575u /* 40 + 65535: the largest IPv6 packet; the largest IPv4 one is smaller */

#define IPV4_HEADER_BYTES  20u
#define IPV6_HEADER_BYTES  40u
#define IPV6_FRAGMENT_HEADER_BYTES 8u
#define IPV4_MTU_MIN       552u  /* path-MTU floor: what a forged "too big" can take us to */
#define IPV6_MTU_MIN       1280u /* RFC 8200, section 5 */

/* A packet that came in, as far as it has been read. */
struct ip_packet {
	unsigned ifindex;
	uint32_t rx_flags;      /* STACK_RX_* */
	bool is_silent;         /* no ICMP error about it: link-layer broadcast, a later fragment, reassembled */
	enum route_kind kind;   /* LOCAL, BROADCAST or MULTICAST */
	struct ip_addr source, destination;
	uint8_t protocol;       /* of the payload */
	size_t protocol_at;     /* where the header says so */
	uint8_t hop_limit;
	uint8_t traffic_class;
	const uint8_t *begin;   /* the IP header, for ICMP errors that quote it */
	size_t size;
	const uint8_t *payload;
	size_t payload_bytes;
};

/* From the link: `bytes` begins with the IP header and may be longer than the packet (padding). */
void ipv4_receive(struct stack *stack, struct ip_packet *packet, const uint8_t *bytes, size_t size);
void ipv6_receive(struct stack *stack, struct ip_packet *packet, const uint8_t *bytes, size_t size);

/* The largest packet known to pass from this interface; *dont_fragment: as a router has not said otherwise. */
uint32_t ip_path_mtu(struct stack *stack, unsigned ifindex, const struct ip_addr *destination, bool *dont_fragment);

/* To the protocol above; packet->protocol and payload are set. */
void ip_deliver(struct stack *stack, const struct ip_packet *packet);

/* The end of a payload that stays where it is, in a send buffer, until the link takes it from there. */
struct ip_lent {
	uint64_t conn; /* tcp_conn */
	uint32_t seq, bytes; /* bytes 0: nothing */
};

/* A packet on its way out. */
struct ip_send {
	struct ip_addr source, destination;
	struct route_hop hop;
	uint8_t protocol;
	uint8_t hop_limit;        /* 0: IP_HOP_LIMIT */
	uint8_t traffic_class;
	bool fills_checksum;      /* never leave it to the link */
	/* Of a TCP super-segment: what each of its segments carries, for a link with STACK_IF_SEGMENT_TX; else 0. */
	uint16_t segment_bytes;
	uint16_t transport_header_bytes; /* then: in front of the payload */
	struct ip_lent lent;             /* then, for a link with STACK_IF_GATHER_TX */

	/* Set by ip_begin. */
	size_t payload_bytes;
	bool checksum_offload;    /* leave the pseudo-header sum in the checksum field and say where it is: */
	uint16_t checksum_offset; /* of the field within the payload; the caller's */
	uint32_t path_mtu;
	bool dont_fragment;       /* IPv4's DF */
	bool is_fragmented;       /* larger than path_mtu */
	bool is_waiting;          /* for its neighbour */
	uint8_t link_header_bytes;
	struct mac_addr mac;
	uint8_t *packet;          /* where the IP header goes */
};

/* The part of a datagram that one packet carries; offset 0 and no more: all of it. */
struct ip_fragment {
	size_t offset, bytes;
	bool more;
	uint32_t id;
};

static inline bool
ip_is_whole(const struct ip_fragment *fragment)
{
	return fragment->offset == 0 && !fragment->more;
}

/* Fills hop and, where its family is ADDR_NONE, source for `destination`. */
int ip_route(const struct stack *stack, struct ip_send *send);
/* The same from an address of ours: ERR_NO_ROUTE when `local` is none, or no longer; NULL or ADDR_NONE: any. */
int ip_route_from(const struct stack *stack, struct ip_send *send, const struct ip_addr *local);

/* Lends room for payload_bytes octets, less what is lent, at *payload.  After success ip_end must follow before anything else is sent. */
int ip_begin(struct stack *stack, struct ip_send *send, size_t payload_bytes, uint8_t **payload);
void ip_end(struct stack *stack, struct ip_send *send);

#endif
