/*
 * tcp_world.h - a run of the TCP simulation: two hosts, their programs, and what must hold.
 *
 * What a program reads is compared octet for octet with what the other end's program wrote; each
 * end of each connection ends well, or with an error that the plan allows; the watch
 * (tcp_watch.h) looks at every segment; when all is over the stacks hold nothing any more.  A
 * connection that neither goes on nor ends has lost its timer: the run fails when for
 * WORLD_STALL_US_MAX nothing has been read and nothing has ended, which is longer than anything is
 * sent again in vain.  (How long the whole takes has no bound but that: segments of 36 octets, all
 * that a cookie promises to a peer with a small MSS, over a line that loses a third take hours.)
 *
 * Everything is made from the plan's seed: the same plan gives the same run.
 */
#ifndef CAIRN_TESTS_SIM_TCP_WORLD_H
#define CAIRN_TESTS_SIM_TCP_WORLD_H

#include "tests/sim/gateway.h"
#include "tests/sim/net.h"
#include "tests/sim/tcp_plan.h"
#include "tests/sim/tcp_watch.h"

#define WORLD_PORT         80u
#define WORLD_ACCEPTED_MAX (4u * PLAN_CALLS_MAX)
#define WORLD_STALL_US_MAX (3600 * (uint64_t)1000000)

enum world_fate {
	WORLD_WAITS, /* not opened yet */
	WORLD_RUNS,
	WORLD_ENDED,     /* all sent, all received, closed */
	WORLD_LEFT,      /* aborted or closed before the end, by its own program */
	WORLD_FAILED,    /* see reason */
	WORLD_FORGOTTEN, /* its host has restarted */
};

/* The program at one end of a connection. */
struct world_end {
	struct tcp_world *world;
	unsigned side;
	const struct plan_call *call; /* an accepted one: NULL until its number has come */
	const struct plan_program *program;
	tcp_conn conn; /* 0: none */
	enum world_fate fate;
	enum tcp_reason reason;
	uint32_t sent, received;
	uint8_t number[PLAN_NUMBER_BYTES]; /* what has come of it */
	bool is_connected, is_shut, is_end_read;
	uint64_t next_read_us;
};

struct tcp_world {
	struct tcp_plan plan;
	struct net net;
	struct gateway router;
	struct wire *wires[2];
	struct net_node *hosts[2];
	struct watch watch;
	struct world_end clients[PLAN_CALLS_MAX];
	struct world_end accepted[WORLD_ACCEPTED_MAX];
	unsigned accepted_count;
	unsigned event_count; /* of the plan: those that have happened */
	struct {
		unsigned ended, left, failed, forgotten;
		unsigned unlucky;     /* of those that failed: only the line can be to blame */
		uint64_t bytes;       /* read */
		uint64_t finished_us; /* when the last end was over */
	} sum;
};

/* Runs the plan and checks what must hold; fails the running Check test with the seed. */
/* log NULL: none; else it gets a line for each segment. */
void tcp_world_run(struct tcp_world *world, const struct tcp_plan *plan, FILE *log);
void tcp_world_fini(struct tcp_world *world);

#endif
