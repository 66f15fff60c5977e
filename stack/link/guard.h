/*
 * guard.h - kernel sockets that hold our UDP ports, so that the kernel stays silent about them.
 *
 * In shared mode the host's kernel sees every datagram that comes for the stack, and would answer
 * those to a port that no socket has with ICMP port unreachable.  A guard is a kernel UDP socket
 * bound to such a port, for both families, with a filter that drops everything before it is queued:
 * the kernel neither answers nor gives the port to anybody else.  A guard costs 16 us and 4.6 KB of
 * kernel memory, too much for one a query: each worker holds a pool, and every query draws its port
 * from the pool with the CSPRNG (RFC 5452, section 9.2; RFC 6056).
 *
 * What an attacker who is not on the path must guess.  Ports are drawn uniformly from 1024-65535 by
 * us, not by the kernel, whose bind(0) uses only the 28,000 of ip_local_port_range; those of
 * ip_local_reserved_ports are left alone.  Who has never
 * seen a query of ours must guess all of that.  Who watches many (the owner of a zone that we are
 * made to ask) learns the ports of the pool in time; so every guard is replaced in the course of
 * GUARD_TURNOVER_US of use, and what was learnt before is worth nothing.
 *
 * Workers.  A worker takes ports only from its class, a secret keyed share of all ports
 * (link/port_class.h): the kernel hands each worker just the datagrams of its ports, whichever
 * network queue or processor they come by, and nobody outside can tell which ports one thread has,
 * which thread will be given the next query's port, or make two ports fall to one thread on
 * purpose.  A class is about twice as large as the pool and no larger, so that the filter also
 * keeps out most foreign UDP.  After each turnover the class is drawn anew under the next key; the
 * class before stays in the filter until its last guard is gone.
 *
 * The first GUARD_PORTS_FIRST of a process are held when guard_hold_first returns, the others soon after, GUARD_FILL_A_TURN with each
 * guard_renew: who only wants what a cache holds need not wait for all of them.  A query's port is a held one all the
 * same, drawn uniformly from ports that were drawn uniformly: to who has seen none of them it is one of 64,512, however many are held.
 * That fewer can be learnt by watching matters for the tenth of a second until all are there, too short to learn a thousand.
 *
 * Retired guards stay open for GUARD_LINGER_US, and their ports in the class: a flow that is still
 * open on one goes on working, and a late reply draws no ICMP.  Nothing is renewed while nothing is
 * sent, since an unused port tells nobody anything.
 *
 * Ownership: the plan is one a process, constant after guard_plan_init and shared by all threads; a
 *            guard pool belongs to one worker's thread.  `pool` is lent to udp_set_port_pool and
 *            changes in place, between two calls of the stack.
 * Needs:     no capability; descriptors: guard_plan_init raises RLIMIT_NOFILE as far as it may (the
 *            hard limit, or past it with CAP_SYS_RESOURCE) and then plans fewer ports.
 * Errors:    ERR_FULL when not all of the first guards could be opened: fewer ports are not made do with, since they would be
 *            easier to guess than the operator asked for.  What fails later counts in renew_failures and is tried again at the next tick.
 */
#ifndef CAIRN_STACK_LINK_GUARD_H
#define CAIRN_STACK_LINK_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/base/hash.h"
#include "stack/link/link.h"
#include "stack/link/port_class.h"
#include "stack/link/reserved_ports.h"

#define GUARD_PORTS_DEFAULT 4096u /* a process */
#define GUARD_PORTS_MAX     32768u
#define GUARD_PORTS_FIRST   1024u /* a process, before it serves */
#define GUARD_FILL_A_TURN   32u   /* half a millisecond */
#define GUARD_WORKERS_MAX   1024u
#define GUARD_FDS_RESERVED  1024u /* descriptors left to the rest of the process */
#define GUARD_TURNOVER_US   600000000u
#define GUARD_LINGER_US     60000000u /* longer than any UDP flow lives */
#define GUARD_TICK_US_MIN   1000000u  /* renewals are done together, so as not to wake the process up */

struct guard_plan {
	struct hash_key secret;
	uint32_t port_count;  /* of each worker */
	uint32_t first_count; /* of them held at once */
	uint16_t worker_count;
	uint16_t class_count;
	uint32_t draws_max;             /* until a port is found */
	struct reserved_ports reserved; /* drawn by nobody */
};

struct guard_lingering {
	uint64_t until_us;
	int fd;
};

struct guard {
	struct port_pool pool; /* for udp_set_port_pool */
	struct port_class classes[2]; /* the current, the one before; for the receive filter */
	uint32_t class_count;         /* of them: 1 before the first turnover, then 2 */

	const struct guard_plan *plan;
	struct rng *rng;
	uint16_t worker;
	uint32_t port_count; /* the plan's; pool.count gets there */
	uint16_t *ports; /* pool.ports, to be written */
	int *fds;        /* fds[i] holds ports[i]; -1: none yet */
	uint32_t next;   /* the port to be renewed next: the oldest */

	struct guard_lingering *lingering; /* a ring; both count up for ever */
	uint32_t lingering_count_max;
	uint64_t retired_count, closed_count;

	uint64_t generation;
	uint64_t tick_us, due_at_us;
	uint64_t settled_at_us; /* every port is of this generation and the last retired one is forgotten */
	uint64_t renew_failures;
};

/*
 * Decides how many ports each of worker_count workers gets, of about port_count in all, and makes room for
 * their descriptors.  What was decided stands in the plan: fewer when the limit of descriptors is low, or
 * when few ports are left unreserved.
 */
int guard_plan_init(struct guard_plan *plan, unsigned worker_count, uint32_t port_count, struct rng *rng,
                    struct link_error *error);

/*
 * The class, which a link's filter goes by, and room for the guards.  No port is held yet, and an empty pool gives none to anybody.
 * The rng is the worker's own and must outlive the guards.
 */
int guard_init(struct guard *guard, const struct guard_plan *plan, unsigned worker, struct rng *rng, struct link_error *error);
/* Opens the worker's first guards, once: about 20 us each. */
int guard_hold_first(struct guard *guard, uint64_t now_us, struct link_error *error);
/* Both. */
int guard_open(struct guard *guard, const struct guard_plan *plan, unsigned worker, struct rng *rng,
               uint64_t now_us, struct link_error *error);
void guard_close(struct guard *guard);

/* Whether there are guards to come, so that guard_renew has something to do even where nothing is sent. */
static inline bool
guard_is_filling(const struct guard *guard)
{
	return guard->pool.count < guard->port_count;
}

/*
 * Opens some of those to come, or replaces the oldest guards and closes those that have lingered; does nothing before due_at_us.
 * True when the classes have changed, and with them the filter to set.
 */
bool guard_renew(struct guard *guard, uint64_t now_us);

#endif
