/*
 * xdp_addrs.h - the addresses whose datagrams an XDP program (xdp_steer.h) takes: a table in memory that the program shares
 * with us.
 *
 * A BPF map of one array that is mapped into the process, so that naming an address is a store: no system call that a
 * kernel could refuse once the capabilities are gone, and nothing that could stay behind in the map.  A key is 16 octets;
 * where it may stand, one of XDP_ADDRS_WAYS places of a bucket, its hash says, for which the program has the same few
 * instructions.  A place that is empty holds zeros, the unspecified address, to which nothing is ever sent.
 *
 * Ownership: open takes memory and a descriptor, close frees them; a program that holds the map keeps it.
 * Threads:   one writes at a time.  The program may see half of a change: an address whose one half is zeros.
 * Needs:     CAP_BPF at open.
 * Errors:    open returns an errno; put ERR_FULL where all places of a bucket are taken.
 * Bounds:    XDP_ADDRS_BUCKETS times XDP_ADDRS_WAYS addresses, twice what the door names, so that few are refused.
 */
#ifndef CAIRN_STACK_LINK_XDP_ADDRS_H
#define CAIRN_STACK_LINK_XDP_ADDRS_H

#include <stdint.h>

#include "stack/addr.h"

#define XDP_ADDRS_BUCKET_BITS 8u
#define XDP_ADDRS_BUCKETS     (1u << XDP_ADDRS_BUCKET_BITS)
#define XDP_ADDRS_WAYS        8u
#define XDP_ADDRS_MULTIPLIER  0x9e3779b1u /* 2^32 over the golden ratio, and odd: neighbours are spread evenly */

/* Two halves as the machine loads them: IPv6, or IPv4 as ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2). */
struct xdp_addr_key {
	uint64_t halves[2];
};

struct xdp_addr_bucket {
	struct xdp_addr_key places[XDP_ADDRS_WAYS];
};

struct xdp_addrs {
	int fd; /* -1: closed */
	struct xdp_addr_bucket *buckets;
};

/* Zeros are not a closed table: this is. */
void xdp_addrs_init(struct xdp_addrs *addrs);
int xdp_addrs_open(struct xdp_addrs *addrs);
void xdp_addrs_close(struct xdp_addrs *addrs);

/* An address that is not there. */
int xdp_addrs_put(struct xdp_addrs *addrs, const struct ip_addr *addr);
/* One that is there, or not. */
void xdp_addrs_remove(struct xdp_addrs *addrs, const struct ip_addr *addr);

#endif
