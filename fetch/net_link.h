/*
 * net_link.h - the link that the options of a net ask for, with its guards and wrappers (stack/link/link.h; private to
 * fetch/net.c).
 *
 * A tool that lives for a second must not spend it on preparing: few ports are guarded, since every one costs the
 * kernel some microseconds, and drawn anew in each process; those for UDP only once a name is to be asked for.
 *
 * Ownership: net_link_close frees link and guards, but not a link that was given.
 * Errors:    a negative ERR_* and a failure with device, capability, remedy.
 */
#ifndef CAIRN_FETCH_NET_LINK_H
#define CAIRN_FETCH_NET_LINK_H

#include "fetch/net.h"
#include "stack/link/guard_tcp.h"

#define NET_TCP_PORTS      2u /* at first */
#define NET_TCP_PORTS_MORE 8u /* each time that they do not suffice (net_more_ports) */

struct net_link_parts {
	struct link *link; /* the outermost */
	struct guard_plan plan, udp_plan; /* the latter of more ports, when it turns out that they are needed */
	struct guard guard;
	struct guard_tcp guard_tcp;
	struct link *raw; /* innermost; NULL: another link */
	bool has_guard, has_udp, is_given;
	void *faults_block;
};

/* The rng outlives the parts. */
int net_link_open(struct net_link_parts *parts, const struct net_options *options, struct rng *rng, uint64_t now_us,
                  struct failure *failure);
/* Before the first question over UDP; nothing to do after that, or on another link than raw. */
/* For who asks name servers itself: so many ports that nobody guesses one (RFC 5452, section 9.2). */
int net_link_more_udp(struct net_link_parts *parts, unsigned udp_ports, struct rng *rng, uint64_t now_us, struct failure *failure);
int net_link_open_udp(struct net_link_parts *parts, struct rng *rng, uint64_t now_us, struct failure *failure);
void net_link_close(struct net_link_parts *parts);

#endif
