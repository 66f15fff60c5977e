/*
 * raw.h - the host's own network, shared with its kernel.
 *
 * The stack uses the host's addresses.  Packets go out through raw IP sockets with our own headers
 * (IP_HDRINCL, IPV6_HDRINCL): the kernel routes them, finds the neighbour, and its firewall and
 * connection tracking see them as they see any program's.  They come in through packet sockets (one
 * a family) that stand before the firewall, with a filter that passes UDP to our ports and the ICMP
 * errors about them (link/filter.h).  TCP, where it is wanted, has packet sockets of its own: its
 * ports are others, and the kernel may have merged its segments up to 64 KiB.  Guards keep the kernel from answering in our
 * place (link/guard.h).  All of this works for 127.0.0.1, ::1 and the host's own addresses as for
 * any other.
 *
 * A packet socket costs every packet that passes it, whoever's it is: the kernel makes a copy of
 * its description for the filter to look at.  So that what the programs of a host say to each other is left
 * alone, the sockets listen to one device as long as there is no other, and to all from the
 * moment on at which there is, or at which something is sent to the host itself, or when for RAW_DEAF_US of sending
 * datagrams, or of opening connections, of a family no such thing has come back (the kernel may be told to deliver
 * packets in ways that no table of ours shows).
 *
 * The source address is also told to the kernel beside the packet (IP_PKTINFO), so that rules by
 * source choose the route as they do for a bound socket.  A link-local source names its device.
 *
 * sync mirrors addresses and routes into the stack (link/netlink.h), lends it the guarded ports, has those to come opened and
 * renews them; then this costs nothing while nothing is sent and nothing changes.
 *
 * Not done: reassembly, since later fragments have no port to be known by: first fragments are
 * passed to the stack, which counts and drops them (RFC 9715).  IPsec in transport mode: packet
 * sockets see the packet before it is decrypted.
 *
 * Needs:   CAP_NET_RAW at open and not after.  CAP_NET_ADMIN is used, when there, for larger
 *          queues.
 * Bounds:  LINK_BATCH_MAX packets a system call, 16 of TCP; received packets up to frame_bytes, 4096 by
 *          default, since DNS over UDP asks for 1232 octets at most and gets no more: what is
 *          larger is counted as unusable.  The sockets' queues hold RAW_QUEUE_BYTES, or what
 *          net.core.rmem_max lets them.
 */
#ifndef CAIRN_STACK_LINK_RAW_H
#define CAIRN_STACK_LINK_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/link/link.h"

#define RAW_FRAME_BYTES_DEFAULT 4096u
#define RAW_FRAME_BYTES_MAX     65536u /* with merged TCP segments */
#define RAW_MTU_MAX             1500u  /* what we send is never larger, on lo neither */
#define RAW_QUEUE_BYTES         (4 << 20)
#define RAW_DEAF_US             1000000u

struct guard;
struct guard_tcp;

struct raw_config {
	struct guard *guard;         /* the worker's; lent */
	struct guard_tcp *guard_tcp; /* the worker's; lent; NULL: no TCP */
	size_t frame_bytes;  /* 0: the default */
	/*
	 * Listens to all devices from the start: for who lives too briefly to be a burden, since the kernel waits for
	 * all of its processors, some milliseconds, whenever a packet socket changes its device.
	 */
	bool is_everywhere;
	/* No UDP before raw_hear_udp, which also is when the guard must have been opened: for who may never need it. */
	bool is_udp_later;
};

int raw_open(struct link **link, const struct raw_config *config, uint64_t now_us, struct link_error *error);
/* Of a link of raw_open; again when the guard was closed and opened with other ports. */
int raw_hear_udp(struct link *link, struct link_error *error);

#endif
