/*
 * ether.h - an interface that is a station on an Ethernet (RFC 894, RFC 2464; tags: ether_wire.h).
 *
 * Takes the frames that are for this station or a group, of the interface's own VLAN, and hands
 * their packets to ARP, IPv4 and IPv6; puts the header in front of what goes out.  Short frames are filled up
 * with zeros by stack__transmit_commit, so that no old octets leak out (IEEE 802.3, section 3.2.8).
 *
 * Errors: none; what is not taken is counted (DROP_ETHER_*).
 */
#ifndef CAIRN_STACK_ETHER_H
#define CAIRN_STACK_ETHER_H

#include <stddef.h>
#include <stdint.h>

#include "stack/ether_wire.h"

struct iface;
struct stack;

void ether_receive(struct stack *stack, unsigned ifindex, const uint8_t *frame, size_t frame_bytes,
                   uint32_t rx_flags);

/* The header that the interface's frames have, and its octets, at `frame`. */
size_t ether_frame_header_bytes(const struct iface *iface);
void ether_frame_begin(uint8_t *frame, const struct iface *iface, const struct mac_addr *destination, uint16_t type);

#endif
