/*
 * guard_tcp.h - kernel sockets that hold our TCP ports, so that the kernel sends no RST in our place.
 *
 * In shared mode the kernel sees every segment for the stack and would answer those to a port without a socket with RST
 * (RFC 9293, section 3.10.7.1).  A guard is a kernel socket that listens on such a port and is deaf: a SYN or any other
 * segment that reaches it is dropped before TCP looks at it.  Two ways, the first that the system allows:
 * a socket filter that drops all (on new kernels it takes CAP_NET_ADMIN), or a TCP MD5 key for every peer
 * (RFC 2385), which no segment has and nobody knows (CAP_NET_RAW does not even matter).  Both are set before the port is bound.
 *
 * Free ports of one small class (link/port_class.h) are held until the end: TCP has its sequence
 * numbers to keep forgers away, so its ports need no turnover, and what is held for good covers TIME-WAIT. One port
 * serves connections to any number of peers.  What acknowledges something on such a port and is of no connection (any
 * more) the stack itself answers with RST: it is nobody else's (STACK_IF_SHARED).
 *
 * Ownership: belongs to one worker's thread; `pool` is lent to tcp_set_port_pool.
 * Errors:    ERR_FULL when fewer ports than GUARD_TCP_PORTS_MIN, or than were asked for, can be held.
 * Bounds:    GUARD_TCP_PORTS_MAX ports a worker, two descriptors each.
 */
#ifndef CAIRN_STACK_LINK_GUARD_TCP_H
#define CAIRN_STACK_LINK_GUARD_TCP_H

#include "stack/link/guard.h"

#define GUARD_TCP_PORTS_MAX 60u /* about what a class has */
#define GUARD_TCP_PORTS     32u /* of guard_tcp_open */
#define GUARD_TCP_PORTS_MIN 8u
#define GUARD_TCP_CLASSES   1024u /* of all ports; a class has about 63 */

struct guard_tcp {
	struct port_pool pool;
	struct port_class class; /* for the receive filter */
	uint16_t ports[GUARD_TCP_PORTS_MAX];
	int fds[GUARD_TCP_PORTS_MAX][2]; /* IPv4, IPv6; -1: the host does not have the family */

	const struct guard_plan *plan;
	uint32_t next_port; /* of the class, those before have been tried */
};

int guard_tcp_open(struct guard_tcp *guard, const struct guard_plan *plan, unsigned worker, struct rng *rng,
                   struct link_error *error);
/* With port_count ports: for who seldom needs more, since each costs some 100 us. */
int guard_tcp_open_few(struct guard_tcp *guard, const struct guard_plan *plan, unsigned worker, uint32_t port_count,
                       struct rng *rng, struct link_error *error);
/* Holds up to port_count ports more; how many it has got.  The pool grows in place. */
uint32_t guard_tcp_hold(struct guard_tcp *guard, uint32_t port_count, struct rng *rng);
void guard_tcp_close(struct guard_tcp *guard);

#endif
