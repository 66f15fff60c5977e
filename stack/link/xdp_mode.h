/*
 * xdp_mode.h - which ways there are for a frame to an AF_XDP socket, and whether this program knows any.
 *
 *     zero-copy   the driver writes into our memory and sends from it
 *     native      the driver runs the program, the kernel copies
 *     generic     the kernel runs the program, for every driver, later and with more work
 */
#ifndef CAIRN_STACK_LINK_XDP_MODE_H
#define CAIRN_STACK_LINK_XDP_MODE_H

enum xdp_mode { XDP_MODE_AUTO /* the best that kernel and driver have */, XDP_MODE_ZERO_COPY, XDP_MODE_NATIVE, XDP_MODE_GENERIC };

#define XDP_IS_BUILT CAIRN_HAS_XDP /* 0: xdp_open and xdp_door_open say XDP_ABSENT */
#define XDP_ABSENT "link xdp is not in this program: it was built without libxdp and libbpf (Debian: libxdp-dev, libbpf-dev)"

#endif
