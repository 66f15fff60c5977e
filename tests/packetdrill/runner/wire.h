/*
 * wire.h - packets as octets, to and from struct packet_spec with the numbers of the wire.
 *
 * Written apart from the stack's own code, which they judge; checksums of what the stack sends are
 * verified here.
 */
#ifndef CAIRN_TESTS_PACKETDRILL_WIRE_H
#define CAIRN_TESTS_PACKETDRILL_WIRE_H

#include "stack/addr.h"
#include "tests/packetdrill/runner/script.h"

#define WIRE_PACKET_BYTES_MAX 65535u

/* Who talks to whom; source is the sender of the packet. */
struct wire_ends {
	struct ip_addr source, destination;
	uint16_t source_port, destination_port;
};

/* Builds an IP packet with right checksums and a payload of zeros; returns its size. */
size_t wire_write(const struct packet_spec *packet, const struct wire_ends *ends, uint8_t *out);

/*
 * An ICMP error from `ends->source` about a packet of the destination's with these ports, of which it
 * quotes IP header and eight octets.
 */
size_t wire_write_icmp_error(const struct packet_spec *packet, const struct wire_ends *ends,
			     const struct wire_ends *quoted, uint8_t *out);

/* False with a reason when the octets are no right packet. */
bool wire_read(const uint8_t *bytes, size_t size, struct packet_spec *packet,
	       struct wire_ends *ends, const char **reason);

#endif
