/*
 * packet.h - a station of our own on one of the host's Ethernet devices.
 *
 * The stack has a MAC address of its own on the device's network, beside the host's: it answers
 * ARP, NDP and pings, and all ports are its own.  The kernel takes the frames to us for somebody
 * else's and stays silent.  Frames go both ways through one packet socket, behind a virtio_net_hdr
 * (PACKET_VNET_HDR): checksums are left to the device, and TCP segments of up to 64 KB go both ways
 * in one piece, those that the host has merged and those that the device or the kernel is to split.
 *
 * The device must let a second MAC address through: wires, veth, bridges do, wireless stations and
 * many virtual machines' do not.  The host itself cannot be reached through its own device, as with
 * macvlan: what it sends to us leaves by the wire (link/tap.h is for that).
 *
 * sync follows the device: when it goes down or loses its carrier the interface goes down, and when
 * it is taken away and another of its name comes, the socket moves there.
 *
 * Needs:  CAP_NET_RAW at open and not after.  CAP_NET_ADMIN is used, when there, for larger queues.
 * Bounds: LINK_BATCH_MAX frames a system call; queues of PACKET_QUEUE_BYTES, or what
 *         net.core.rmem_max lets us have.
 */
#ifndef CAIRN_STACK_LINK_PACKET_H
#define CAIRN_STACK_LINK_PACKET_H

#include <stdint.h>

#include "stack/link/link.h"

#define PACKET_QUEUE_BYTES (4 << 20)

struct packet_config {
	const char *device;
	struct mac_addr mac; /* zeros: a random one */
	uint16_t vlan;       /* 802.1Q; 0: untagged */
};

int packet_open(struct link **link, const struct packet_config *config, uint64_t now_us, struct link_error *error);

#endif
