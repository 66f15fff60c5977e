/*
 * udp_frame.h - one UDP datagram in an Ethernet frame, read without a stack, and turned into its reply where it lies
 * (RFC 768, RFC 791, RFC 8200; RFC 1122, section 3.2.1.3).
 *
 * For a driver that has sorted frames already (link/xdp_door.h): the destination is known to be ours.  Read are frames of one
 * station to another with a whole IPv4 packet without options, or an IPv6 packet without extension headers; what else
 * there may be is a drop, as is every source that nobody can have.  Which sources are our own, or a subnet's broadcast
 * address, only somebody with routes can tell.
 *
 * The reply goes back to the station that the frame came from, with addresses and ports exchanged, and may be fragmented on
 * its way: nobody here would hear of a path that takes less.
 *
 * Ownership: the frame's memory is the caller's; what was read points into it until it is turned.
 * Errors:    enum drop, DROP_REASON_COUNT for none.
 * Bounds:    a frame of at most UINT16_MAX octets of payload.
 */
#ifndef CAIRN_STACK_UDP_FRAME_H
#define CAIRN_STACK_UDP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/addr.h"
#include "stack/drop.h"

struct udp_frame {
	struct ip_addr source, destination;
	uint16_t source_port, destination_port;
	const uint8_t *payload;
	size_t payload_bytes;
};

/* has_local_peers: a checksum equal to the bare pseudo-header sum is unfilled, not wrong (STACK_IF_LOCAL_PEERS). */
enum drop udp_frame_read(struct udp_frame *frame, const uint8_t *bytes, size_t size, bool has_local_peers);

/* The largest reply that leaves a packet of at most `mtu` octets in a frame of at most `room`. */
size_t udp_frame_reply_max(const struct udp_frame *frame, uint32_t mtu, size_t room);

/*
 * Writes the reply over the frame that was read, whose octets these are; returns its size.  The payload lies elsewhere, and
 * has at most udp_frame_reply_max octets of a room of at least ETHER_FRAME_BYTES_MIN.  id: IPv4's Identification.
 */
size_t udp_frame_turn(const struct udp_frame *frame, uint8_t *bytes, const void *payload, size_t size, uint16_t id);

#endif
