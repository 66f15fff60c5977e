/*
 * arp_wire.h - the ARP packet for IPv4 over Ethernet (RFC 826).
 *
 *     | hardware 1 | protocol 0x0800 | 6 | 4 | operation |
 *     | sender MAC 6 | sender address 4 | target MAC 6 | target address 4 |
 *
 * Errors: arp_read returns ERR_SHORT, ERR_UNSUPPORTED for other hardware, protocols and
 *         operations, and ERR_MALFORMED for a sender that cannot be one station's.
 */
#ifndef CAIRN_STACK_ARP_WIRE_H
#define CAIRN_STACK_ARP_WIRE_H

#include "stack/addr.h"
#include "stack/base/cursor.h"

#define ARP_PACKET_BYTES 28u

enum arp_operation { ARP_REQUEST = 1, ARP_REPLY = 2 };

struct arp_packet {
	uint16_t operation;
	struct mac_addr sender_mac, target_mac;
	struct ip_addr sender, target; /* sender 0.0.0.0: a probe (RFC 5227, section 1.1) */
};

int arp_read(struct cursor *c, struct arp_packet *packet);
void arp_write(struct writer *w, const struct arp_packet *packet);

#endif
