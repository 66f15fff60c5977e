/*
 * mirror.h - what the host's kernel knows of its network: devices, addresses, routes.
 *
 * A table read from rtnetlink's messages (rtnetlink(7), RFC 3549) and brought over into a stack,
 * which then chooses source addresses as the kernel would (RFC 6724).  The kernel itself still
 * routes what is sent.
 *
 * Taken over: addresses of devices that are up, once conflict detection is done with them; unicast
 * routes of the tables main and default, with metric, gateway, device and preferred source, the
 * first living one of several next hops; local routes that are wider than one address
 * (127.0.0.0/8).  Left out: other tables and the rules that choose them, and routes for a type of
 * service or a source prefix.
 *
 * Ownership: init takes memory for both arrays of its bounds, fini frees it.
 * Bounds:    what does not fit is counted in cut_count.  When routes were cut, mirror_finish adds a
 *            default route of the worst metric for each family, so that a host with a whole
 *            Internet of routes still reaches what lies behind those that are missing.
 */
#ifndef CAIRN_STACK_LINK_MIRROR_H
#define CAIRN_STACK_LINK_MIRROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/stack.h"

#define MIRROR_DEVICES_MAX      512u
#define MIRROR_ADDRS_MAX        512u
#define MIRROR_ROUTES_MAX       4096u
#define MIRROR_NAME_BYTES       16u
#define MIRROR_LOOPBACK_IFINDEX 1u /* lo, in every network namespace */

struct nlmsghdr;

struct mirror_device {
	uint32_t ifindex;
	uint32_t mtu;
	bool is_up;      /* somebody wants it to work */
	bool is_running; /* it does: with a carrier, and ready to send */
	char name[MIRROR_NAME_BYTES];
};

struct mirror {
	struct mirror_device *devices;
	struct stack_addr *addrs;   /* after mirror_finish in order of address, each once */
	struct stack_route *routes; /* after mirror_finish the shortest prefixes first */
	uint32_t device_count, addr_count, route_count;
	uint32_t device_max, addr_max, route_max;
	uint32_t cut_count;
	bool has_cut_routes;
};

int mirror_init(struct mirror *mirror, uint32_t device_max, uint32_t addr_max, uint32_t route_max);
void mirror_fini(struct mirror *mirror);
void mirror_clear(struct mirror *mirror);

/* Takes one RTM_NEWLINK, RTM_NEWADDR or RTM_NEWROUTE in; every other message is passed over. */
void mirror_read(struct mirror *mirror, const struct nlmsghdr *message);

/* All has been read: sorts, drops what is on devices that are down and what is there twice. */
void mirror_finish(struct mirror *mirror);

const struct mirror_device *mirror_device_named(const struct mirror *mirror, const char *name);
/* The device that has this address, as the kernel numbers it; 0: none. */
uint32_t mirror_ifindex_of(const struct mirror *mirror, const struct ip_addr *addr);
/* The device that is up, lo apart, when it is the only one and no route but 127.0.0.0/8 leads into lo; else 0. */
uint32_t mirror_only_device(const struct mirror *mirror);
/* The smallest MTU of the devices that are up, lo apart; `otherwise` when there is none. */
uint32_t mirror_mtu(const struct mirror *mirror, uint32_t otherwise);

/*
 * Brings the stack from what `before` said to what `after` says: addresses one by one, so that
 * flows on those that stay live on.  Returns how many entries the stack had no room for.
 */
uint32_t mirror_apply(const struct mirror *before, const struct mirror *after, struct stack *stack,
                      unsigned ifindex, uint64_t now_us);

#endif
