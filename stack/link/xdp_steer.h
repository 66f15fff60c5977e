/*
 * xdp_steer.h - the XDP programs: which frames the kernel hands us before its own stack sees them.
 *
 * Of a station of its own (link xdp):
 *
 *     to our MAC address, no larger than a frame of our memory     the AF_XDP socket of the queue it came by
 *     everything else                                              the kernel, as if there were no program
 *
 * Groups and broadcasts (ARP, NDP, DHCP, router advertisements) are of interest to the host too, and a program cannot
 * give a frame to two: they pass, and the packet socket beside us sees them.  It also sees what passes to our MAC
 * address: frames of several segments that the host has merged, and those of a queue that no socket of ours has.
 *
 * Of a port of the host's own addresses (xdp_door.h), more has to be true for a frame to be ours:
 *
 *     IPv4 without options, whole (no MF, no offset), or IPv6 without extension headers
 *     UDP, to the port, and to one of the addresses of a table (xdp_addrs.h) that is changed as they change
 *
 * What is wrong with such a frame otherwise is for who reads it (stack/udp_frame.h).
 *
 * A program is a few dozen instructions, so it is written down as such: no compiler and no object file are needed at
 * run time, nor a compiler for BPF at build time, and address, port and bound stand in it as constants.
 */
#ifndef CAIRN_STACK_LINK_XDP_STEER_H
#define CAIRN_STACK_LINK_XDP_STEER_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/addr.h"

#define XDP_STEER_INSNS_MAX 128u

struct xdp_steer {
	struct bpf_insn insns[XDP_STEER_INSNS_MAX];
	size_t count;
};

struct xdp_steer_rule {
	struct mac_addr mac;
	uint16_t port; /* 0: all that is to the MAC address */
	int addrs_fd;  /* with a port: the map of a struct xdp_addrs */
};

/* sockets_fd: a BPF_MAP_TYPE_XSKMAP, whose keys are the numbers of receive queues. */
void xdp_steer_write(struct xdp_steer *steer, const struct xdp_steer_rule *rule, uint32_t frame_bytes_max, int sockets_fd);

#endif
