/*
 * stack.h - one host's IP stack: interfaces, addresses, routes, and the five verbs.
 *
 * The core of the stack.  It does no I/O and reads no clock: a driver (the libuv shell in
 * stack/uv.h, the simulator, a replayed scenario) hands it frames and the time, and takes
 * actions out of it:
 *
 *     stack_receive(stack, ifindex, frame, now)    bytes that a link received
 *     stack_timeout(stack, now)                    what is due
 *     stack_next(stack, &action)                   until false: frames to send, datagrams and
 *                                                  errors for the program above
 *     stack_deadline(stack)                        when to call stack_timeout next
 *
 * There are two kinds of interface.  STACK_IF_ETHER has a MAC address of its own and does
 * ARP and NDP (links packet, tap, wire); STACK_IF_IP carries bare IP packets, and whoever is
 * behind it does the neighbours (link raw: the kernel, whose addresses and routes are
 * mirrored here for source selection).
 *
 * Ownership: the stack lives in one block that the caller lends (stack_bytes tells how
 *            much) and allocates nothing after stack_new.  stack_receive copies what it keeps of a
 *            frame; what an action points to is lent until the next call of stack_next.
 * Units:     microseconds of a monotonic clock, octets; addresses and ports in actions and
 *            arguments are values (ports in host order).
 * Errors:    ERR_*; what a peer causes is a drop with a counter (stack/drop.h).
 * Bounds:    struct stack_limits; full means refuse or drop the oldest, counted.
 */
#ifndef CAIRN_STACK_STACK_H
#define CAIRN_STACK_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/addr.h"
#include "stack/base/err.h"

struct event_ring;
struct rng;
struct stack;

#define STACK_IFS_MAX       16u
#define STACK_FRAME_MAX     (65535u + 22u) /* an IP packet of the largest size, Ethernet and two tags */
#define STACK_NEVER         UINT64_MAX

struct stack_limits {
	uint32_t flow_count;      /* UDP flows open at once */
	uint32_t listener_count;  /* bound UDP ports that take datagrams from anybody */
	uint32_t addr_count;      /* addresses over all interfaces */
	uint32_t route_count;
	uint32_t neigh_count;     /* ARP and NDP entries */
	uint32_t pmtu_count;      /* path-MTU entries */
	uint32_t reass_bytes;     /* memory for fragments, all datagrams together */
	uint32_t transmit_bytes;  /* frames waiting for stack_next */
	uint32_t receive_bytes;   /* datagrams and errors waiting for stack_next */

	/* TCP (stack/tcp.h); without connections there is no TCP: it is a protocol that is not spoken. */
	uint32_t tcp_count;           /* connections and listeners */
	uint32_t tcp_buffer_bytes;    /* stream data of all of them, unsent, unacknowledged and unread */
	uint32_t tcp_sent_count;      /* records of what is in flight, besides one for each connection */
	uint32_t tcp_syn_count;       /* half-open connections; beyond: SYN cookies */
	uint32_t tcp_time_wait_count; /* beyond: the oldest goes */

	/* Whether the block is all zeros, as mmap gives it: what is never used of it is then never touched. */
	bool is_block_clear;
};

extern const struct stack_limits stack_limits_default;

enum stack_if_kind { STACK_IF_IP, STACK_IF_ETHER };

/* What the link does for us or tells us. */
#define STACK_IF_CHECKSUM_TX 0x1u /* fills transport checksums on transmit (vnet_hdr NEEDS_CSUM) */
#define STACK_IF_LOCAL_PEERS 0x2u /* a checksum equal to the bare pseudo-header sum is unfilled, not wrong (raw and packet sockets) */
#define STACK_IF_SKIP_REASS  0x4u /* IP fragments are dropped (a resolver's ports; RFC 9715) */
/*
 * The interface's addresses are the host kernel's too (link raw).  A packet to one of them goes out to
 * the link, since its user may be another program; and what no flow or listener of ours wants is
 * the kernel's affair: the stack answers no ping and sends no ICMP error, and no RST but on ports of tcp_set_port_pool.
 */
#define STACK_IF_SHARED      0x8u

/*
 * The link splits TCP segments of up to 64 KB into those of the connection's MSS (vnet_hdr's GSO), and
 * so fills their checksums: counts only with STACK_IF_CHECKSUM_TX.
 */
#define STACK_IF_SEGMENT_TX  0x40u
/* The link takes what such a frame carries from the pieces in which the stack has it: counts only with STACK_IF_SEGMENT_TX. */
#define STACK_IF_GATHER_TX   0x80u

/* How an Ethernet interface gets its addresses, besides those that stack_addr_add gives. */
#define STACK_IF_SLAAC       0x10u /* from router advertisements, with routes and MTU (RFC 4861, RFC 4862) */
#define STACK_IF_DHCP        0x20u /* an IPv4 address with its routes and MTU (RFC 2131) */

#define STACK_SECRET_BYTES   16u

struct stack_if_config {
	const char *name; /* for messages; copied, cut at 15 characters */
	enum stack_if_kind kind;
	struct mac_addr mac; /* STACK_IF_ETHER */
	uint32_t mtu;        /* of IP packets; at least 1280 */
	uint32_t flags;      /* STACK_IF_* */
	uint16_t vlan;       /* 802.1Q id to send and to accept, 0: untagged */
	uint16_t service_vlan; /* 802.1ad id around it, 0: none */
	/* Makes the interface's own IPv6 addresses the same at each start (RFC 7217); all zeros: drawn anew. */
	uint8_t secret[STACK_SECRET_BYTES];
};

/* How a frame came in, besides its octets. */
#define STACK_RX_CHECKSUM_OK      0x1u /* the device or the kernel has verified it (vnet_hdr DATA_VALID) */
#define STACK_RX_CHECKSUM_PARTIAL 0x2u /* from a local peer, not filled in (vnet_hdr NEEDS_CSUM, TP_STATUS_CSUMNOTREADY) */
/* Another frame of the same batch follows at once: what can be said for all together waits (acknowledgments of TCP). */
#define STACK_RX_MORE             0x4u
/* The frame stays as it is until stack_settle: what its program takes before then need not be copied. */
#define STACK_RX_LENT             0x8u
/* With STACK_RX_LENT: STACK_RX_ROOM_BYTES from its first octet on may be written to, so a reply can take its place (udp_turn). */
#define STACK_RX_WRITABLE         0x10u
#define STACK_RX_ROOM_BYTES       1536u

/* ---- set-up; also at run time, since networks come and go ------------------------------------ */

size_t stack_bytes(const struct stack_limits *limits);

/* Builds a stack inside block (aligned to 64); NULL when block_bytes is less than stack_bytes says. */
struct stack *stack_new(void *block, size_t block_bytes, const struct stack_limits *limits, struct rng *rng,
                        uint64_t now_us);
void stack_trace(struct stack *stack, struct event_ring *ring); /* NULL: nobody listens; stack/trace.h */
/* The cause of the events of what is opened or sent from now on: the number of a request or task, 0: nobody's. */
void stack_cause(struct stack *stack, uint32_t cause);

int stack_if_add(struct stack *stack, const struct stack_if_config *config, unsigned *ifindex);
int stack_if_set_up(struct stack *stack, unsigned ifindex, bool up, uint64_t now_us);

/* Flags of an address. */
#define STACK_ADDR_DEPRECATED 0x1u /* RFC 6724, rule 3 */
#define STACK_ADDR_TENTATIVE  0x2u /* not to be used yet */
#define STACK_ADDR_NO_DAD     0x4u /* the kernel has checked it already (mirrored) */
#define STACK_ADDR_NO_PREFIX  0x8u /* says nothing about its neighbours: no on-link route for its prefix */

struct stack_addr {
	struct ip_addr addr;
	uint8_t prefix_len;
	uint8_t flags;
	uint16_t host_ifindex; /* link raw: the kernel's device (RFC 6724, rule 5); else 0 */
};

/*
 * Adds an address and the on-link route of its prefix, which counts less than any route of the same
 * prefix given by stack_route_add.  On STACK_IF_ETHER starts conflict detection (RFC 5227, RFC 4862)
 * unless STACK_ADDR_NO_DAD.  One that is there already takes the new flags and prefix length.
 */
int stack_addr_add(struct stack *stack, unsigned ifindex, const struct stack_addr *addr, uint64_t now_us);
int stack_addr_del(struct stack *stack, unsigned ifindex, const struct ip_addr *addr);

/*
 * Zones of link-local addresses (RFC 4007, section 6), counted from 1: ifindex + 1, on a raw link the kernel's device.
 * To fe80::1 of a zone goes what has that zone's own link-local address as `local`; so those of two links must differ.
 */
uint32_t stack_zone_of(const struct stack *stack, const struct ip_addr *local); /* 0: no address of ours */
uint32_t stack_zone_of_if(const struct stack *stack, unsigned ifindex); /* where a raw link has several devices, the first's */
/* Of the link of `from`, whose packet to `local` came by ifindex. */
uint32_t stack_zone_heard(const struct stack *stack, unsigned ifindex, const struct ip_addr *local,
                          const struct ip_addr *from);
/* ERR_NO_ROUTE: there is no such link, or no address of this scope on it that can be used yet. */
int stack_zone_addr(const struct stack *stack, uint32_t zone, struct ip_addr *local);

struct stack_route {
	struct ip_addr prefix;
	struct ip_addr gateway; /* family ADDR_NONE: on-link */
	struct ip_addr source;  /* preferred source; family ADDR_NONE: RFC 6724 decides */
	uint8_t prefix_len;
	uint8_t ifindex;
	uint16_t host_ifindex;
	uint32_t metric; /* smaller is better among equal prefixes */
};

int stack_route_add(struct stack *stack, const struct stack_route *route);
int stack_route_del(struct stack *stack, const struct stack_route *route);
void stack_route_flush(struct stack *stack, unsigned ifindex); /* before a mirror is read anew */

/* Another number whenever addresses or routes have changed, so what was concluded from failures may be forgotten. */
uint32_t stack_network_version(const struct stack *stack);

/* The source address that a datagram to `remote` would carry (RFC 6724, section 5); ERR_NO_ROUTE. */
int stack_source_for(const struct stack *stack, const struct ip_addr *remote, struct ip_addr *source);

/* The largest IP packet known to pass towards `remote`: the path-MTU cache or the interface's MTU. */
uint32_t stack_path_mtu(struct stack *stack, const struct ip_addr *remote, uint64_t now_us);

/* ---- the five verbs -------------------------------------------------------------------------- */

void stack_receive(struct stack *stack, unsigned ifindex, const uint8_t *frame, size_t frame_bytes,
                   uint32_t rx_flags, uint64_t now_us);
/* After a frame with STACK_RX_LENT and what the program has done with its events: copies what it has left untaken. */
void stack_settle(struct stack *stack);
void stack_timeout(struct stack *stack, uint64_t now_us);

/* A UDP flow: generation << 32 | index, so that a closed flow's number never means a newer one. 0 is none. */
typedef uint64_t udp_flow;

enum stack_error {
	STACK_ERROR_NET_UNREACHABLE = 1, /* no route, ICMP network unreachable */
	STACK_ERROR_HOST_UNREACHABLE,    /* ICMP host unreachable, or the neighbour does not answer */
	STACK_ERROR_PORT_UNREACHABLE,
	STACK_ERROR_PROHIBITED,          /* administratively */
	STACK_ERROR_TOO_BIG,             /* mtu has the new path MTU; send again in smaller pieces */
	STACK_ERROR_TIME_EXCEEDED,
};

enum stack_action_kind {
	STACK_TRANSMIT, /* a frame (STACK_IF_ETHER) or packet (STACK_IF_IP) for the link of ifindex */
	STACK_DATAGRAM, /* a UDP datagram for a flow or a listener */
	STACK_ERROR,    /* what became of something that a flow sent */
	STACK_ECHO,     /* an ICMP echo reply to one of stack_echo_send's requests */
	STACK_TCP,      /* something has become true of a TCP connection or listener (stack/tcp.h) */
};

#define STACK_PIECES_MAX 17u /* of 4 KiB, the first and the last cut off: 64 KiB */

struct stack_piece {
	const uint8_t *bytes;
	size_t size;
};

struct stack_action {
	enum stack_action_kind kind;
	unsigned ifindex;
	const uint8_t *bytes; /* TRANSMIT: the frame; DATAGRAM, ECHO: the payload */
	size_t size;
	uint16_t checksum_start, checksum_offset; /* TRANSMIT with STACK_IF_CHECKSUM_TX: as in virtio_net_hdr; both 0: nothing to fill */
	/*
	 * TRANSMIT with STACK_IF_SEGMENT_TX: the payload of each segment that the link makes of the frame, and where the
	 * payload begins; 0: the frame is to be sent as it is.  As gso_size and hdr_len in virtio_net_hdr.
	 */
	uint16_t segment_bytes, segment_start;
	/* TRANSMIT with STACK_IF_GATHER_TX: a payload that does not stand at `bytes`, which end before it; lent as long. */
	const struct stack_piece *pieces;
	size_t piece_count, pieces_bytes;
	uint64_t conn;   /* TCP: tcp_conn */
	unsigned events; /* TCP: enum tcp_event */
	udp_flow flow; /* DATAGRAM, ERROR; 0 for a listener */
	uint64_t user; /* what udp_open, udp_listen, tcp_open, tcp_listen or tcp_accept was given; ECHO, ERROR about an echo request: ident << 16 | sequence */
	struct ip_addr local, remote;
	struct ip_addr router; /* ERROR: who says so; family ADDR_NONE: the stack itself */
	uint16_t local_port, remote_port;
	uint8_t hop_limit, traffic_class; /* as received */
	enum stack_error error;  /* ERROR */
	uint32_t mtu;            /* ERROR with STACK_ERROR_TOO_BIG */
};

bool stack_next(struct stack *stack, struct stack_action *action);
uint64_t stack_deadline(const struct stack *stack);

/* ---- UDP (RFC 768, RFC 8085) ------------------------------------------------------------------ */

/*
 * The ports from which flows are drawn.  Without a pool a stack draws from 1024-65535 (RFC 6056), which
 * is right where the address is its own; in shared mode the driver keeps a pool of guarded ports
 * (stack/link/guard.h) and lends it here.  A port is drawn by the rng for each flow; one port may serve
 * several flows at once as long as remote address and port differ.
 */
struct port_pool {
	const uint16_t *ports;
	uint32_t count;
};
void udp_set_port_pool(struct stack *stack, const struct port_pool *pool); /* borrowed; NULL: the whole range */

/* Opens a flow to one remote; local may be NULL (chosen by route), local_port 0 (drawn at random), and remote_port 0: nothing can be sent. */
int udp_open(struct stack *stack, const struct ip_addr *remote, uint16_t remote_port, const struct ip_addr *local,
             uint16_t local_port, uint64_t user, udp_flow *flow);
int udp_send(struct stack *stack, udp_flow flow, const void *payload, size_t size, uint64_t now_us);
void udp_close(struct stack *stack, udp_flow flow); /* nothing more comes up for it */
int udp_local(const struct stack *stack, udp_flow flow, struct ip_addr *local, uint16_t *local_port);

/* How datagrams go out; 0 is the default of each. */
struct udp_options {
	uint8_t hop_limit, traffic_class;
};
void udp_set_options(struct stack *stack, udp_flow flow, const struct udp_options *options);

/*
 * Takes datagrams to (local, port) from anybody; local's family NONE: every address of both families;
 * family given with zero bits: every address of that family.  The narrower listener comes first.
 */
int udp_listen(struct stack *stack, const struct ip_addr *local, uint16_t port, uint64_t user);
/* Beside others that came to that name by this call: each hears its peers (share.h).  ERR_FULL: SHARE_MAX are there. */
int udp_listen_shared(struct stack *stack, const struct ip_addr *local, uint16_t port, uint64_t user);
int udp_unlisten(struct stack *stack, const struct ip_addr *local, uint16_t port, uint64_t user);
int udp_reply(struct stack *stack, const struct ip_addr *local, uint16_t local_port, const struct ip_addr *remote,
              uint16_t remote_port, const void *payload, size_t size, uint64_t now_us);
/*
 * Replies to the datagram that stack_next has given last in the frame that it came in: that goes back to the station which
 * sent it, without a look at routes and neighbours.  ERR_UNSUPPORTED, and udp_reply is to be used, where the frame is
 * not STACK_RX_WRITABLE or not to an address of ours alone, has options or a tag of priority (IEEE 802.1Q, VLAN 0), or
 * the reply is more than the path takes whole.  The payload does not lie in the frame.
 */
int udp_turn(struct stack *stack, const void *payload, size_t size, uint64_t now_us);
/*
 * The payload of a frame that stack_receive has not seen yet, and nobody has checked, if it is a datagram to this port: what it
 * will want can be fetched while those before it are worked on.  NULL: it is none, or does not tell at a glance (fragments,
 * options, VLAN tags, extension headers).
 */
const uint8_t *udp_peek(const struct stack *stack, unsigned ifindex, const uint8_t *frame, size_t frame_bytes,
                        uint16_t local_port, size_t *size);
/* As udp_reply; local may be NULL (chosen by route), options NULL. */
int udp_send_to(struct stack *stack, const struct ip_addr *local, uint16_t local_port, const struct ip_addr *remote,
                uint16_t remote_port, const struct udp_options *options, const void *payload, size_t size,
                uint64_t now_us);

/* An ICMP or ICMPv6 echo request (RFC 792, RFC 4443); local may be NULL (chosen by route), hop_limit 0: the default. */
int stack_echo_send(struct stack *stack, const struct ip_addr *local, const struct ip_addr *remote, uint16_t ident,
                    uint16_t sequence, uint8_t hop_limit, const void *payload, size_t size, uint64_t now_us);

/* ---- looking in --------------------------------------------------------------------------------- */

struct stack_stats {
	uint64_t received_frames, received_bytes, sent_frames, sent_bytes;
	uint64_t datagrams_in, datagrams_out;
	uint32_t flows_open, neighbours, routes, addrs, pmtus;
	uint32_t reass_bytes;
};
void stack_stats(const struct stack *stack, struct stack_stats *stats);
/* Drops by reason: stack/drop.h. */
uint64_t stack_drops(const struct stack *stack, unsigned reason);

#endif
