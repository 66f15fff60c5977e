/*
 * tcp_plan.h - what happens in one run of the TCP simulation, drawn from its seed.
 *
 * Two hosts, a line or two with a router between, how bad the line is, what the hosts' stacks have
 * and how they are set, the connections and how their programs behave, and what befalls them
 * meanwhile.  A test may also write one by hand.
 *
 * Units:  microseconds since the run began; octets.
 * Bounds: PLAN_*_MAX.
 */
#ifndef CAIRN_TESTS_SIM_TCP_PLAN_H
#define CAIRN_TESTS_SIM_TCP_PLAN_H

#include "stack/link/fault_model.h"
#include "stack/tcp.h"

#define PLAN_CALLS_MAX    24u
#define PLAN_EVENTS_MAX   8u
#define PLAN_NUMBER_BYTES 4u /* a client's stream begins with the number of its call */
#define PLAN_NEVER        UINT32_MAX

/* How the program at one end of a connection behaves. */
struct plan_program {
	uint32_t bytes;     /* it sends; a client at least PLAN_NUMBER_BYTES */
	uint32_t write_max; /* at once */
	uint32_t read_max;
	uint32_t read_pause_us; /* between two reads; 0: whatever comes */
	bool listens_first;     /* sends when the other has finished: half-close */
	bool sends_more;        /* says that more follows when it does */
	bool peeks;             /* reads by tcp_peek and tcp_consume */
	uint32_t aborts_at;     /* RST when so much has been received; PLAN_NEVER */
	uint32_t leaves_at;     /* closes without reading the rest; PLAN_NEVER */
};

struct plan_call {
	uint64_t opens_at_us;
	struct plan_program programs[2]; /* client, server */
};

enum plan_event_kind {
	PLAN_CUT, /* the host's line is dead */
	PLAN_MEND,
	PLAN_ONE_WAY, /* what the host sends is lost */
	PLAN_BOTH_WAYS,
	PLAN_MTU,     /* of the line behind the router */
	PLAN_RESTART, /* the host forgets everything */
};

struct plan_event {
	uint64_t at_us;
	enum plan_event_kind kind;
	unsigned side;
	uint32_t mtu;
};

struct tcp_plan {
	uint64_t seed;
	int family; /* 0: IPv4, 1: IPv6 */
	enum stack_if_kind kind;
	bool has_router, is_black_hole;
	uint32_t if_flags; /* what the lines do for the stacks: fill checksums, split segments */
	uint32_t mtu, far_mtu;         /* far: between router and server */
	struct fault_config faults[2]; /* of what client and server send */
	struct stack_limits limits[2];
	struct tcp_config configs[2];
	uint32_t backlog;
	struct plan_call calls[PLAN_CALLS_MAX];
	unsigned call_count;
	struct plan_event events[PLAN_EVENTS_MAX]; /* by time */
	unsigned event_count;
};

void tcp_plan_draw(struct tcp_plan *plan, uint64_t seed);
/* A good line, nothing befalls it, one call of a few octets: to be changed by a test. */
void tcp_plan_plain(struct tcp_plan *plan, uint64_t seed);

bool tcp_plan_has(const struct tcp_plan *plan, enum plan_event_kind kind);
/* Nothing befalls the connection but the line's faults. */
bool tcp_plan_is_calm(const struct tcp_plan *plan, const struct plan_call *call);
/* Whether one may find no way because the neighbour was silent a moment ago. */
bool tcp_plan_allows_no_neighbour(const struct tcp_plan *plan);
/* Whether a connection may fail for this reason in this run. */
bool tcp_plan_allows(const struct tcp_plan *plan, const struct plan_call *call,
		     enum tcp_reason reason);

#endif
