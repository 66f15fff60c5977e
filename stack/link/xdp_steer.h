/*
 * xdp_steer.h - the XDP program of link xdp: which frames the kernel hands us before its own stack sees them.
 *
 *     to our MAC address, no larger than a frame of our memory     the AF_XDP socket of the queue it came by
 *     everything else                                              the kernel, as if there were no program
 *
 * Groups and broadcasts (ARP, NDP, DHCP, router advertisements) are of interest to the host too, and a program cannot
 * give a frame to two: they pass, and the packet socket beside us sees them.  It also sees what passes to our MAC
 * address: frames of several segments that the host has merged, and those of a queue that no socket of ours has.
 *
 * The program is a dozen instructions, so it is written down as such: no compiler and no object file are needed at
 * run time, nor a compiler for BPF at build time, and the address and the bound stand in it as constants.
 */
#ifndef CAIRN_STACK_LINK_XDP_STEER_H
#define CAIRN_STACK_LINK_XDP_STEER_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/addr.h"

#define XDP_STEER_INSNS_MAX 24u

struct xdp_steer {
	struct bpf_insn insns[XDP_STEER_INSNS_MAX];
	size_t count;
};

/* sockets_fd: a BPF_MAP_TYPE_XSKMAP, whose keys are the numbers of receive queues. */
void xdp_steer_own(struct xdp_steer *steer, const struct mac_addr *mac, uint32_t frame_bytes_max, int sockets_fd);

#endif
