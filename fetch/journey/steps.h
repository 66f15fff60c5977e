/*
 * steps.h - a journey as a ladder: who takes part in it, and the steps between them.
 *
 * A step is a question with its reply, a handshake, a request with its response: two events that belong together are one
 * step with a duration.  What stands alone is a step without one.  Places are lanes, from the program outwards; a name server
 * stands by its zone with the root, the top-level domains or the authorities.
 *
 * What says the same once more is left out: routes over a gateway that has been shown, datagrams of a resolver whose
 * answers are told, connections whose handshake is.
 *
 * Pure.  Events are lent as long as the ladder is used.
 * Bounds: STEPS_MAX; what is beyond is counted in left_out, but for bad steps and the ends of transfers, for which STEPS_RESERVE
 *         places are kept.  LADDER_SERVERS_MAX servers have a lane of their own, the others share the last.
 */
#ifndef CAIRN_FETCH_JOURNEY_STEPS_H
#define CAIRN_FETCH_JOURNEY_STEPS_H

#include "fetch/journey/story.h"

#define STEPS_MAX          360u
#define STEPS_RESERVE      60u
#define STEP_TEXT_BYTES    200u
#define LANE_DETAIL_BYTES  96u
#define LADDER_SERVERS_MAX 3u
#define LADDER_CONNS_MAX   64u

enum lane_role {
	LANE_PROGRAM,
	LANE_RESOLVER,
	LANE_ROOT,
	LANE_TLD,
	LANE_AUTHORITY,
	LANE_GATEWAY,
	LANE_PATH, /* the routers behind it */
	LANE_SERVER,
	LANES_MAX = LANE_SERVER + LADDER_SERVERS_MAX,
};

struct lane {
	bool is_used;
	const char *title;
	char detail[LANE_DETAIL_BYTES]; /* its addresses, or the zones it serves */
	char peer[64];                  /* of a server: whose lane it is */
};

enum step_kind {
	STEP_REQUEST, /* a transfer begins */
	STEP_ASK,     /* from `from` to `to`, and back when there is a reply */
	STEP_TELL,    /* one way */
	STEP_NOTE,    /* at `from` */
};

struct step {
	enum step_kind kind;
	const struct journey_event *event, *reply; /* reply NULL: none came */
	uint64_t begin_us, end_us;
	uint8_t from, to;  /* lanes */
	bool is_bad;
	bool is_open;      /* a question that has no reply to the end, or until it was of no use any more */
	unsigned count;    /* of events that it stands for */
	unsigned cause;    /* the step that led to it, counted from 1; 0: not known */
	char text[STEP_TEXT_BYTES];
};

/* A connection that was told: where it leads, and since when it is open. */
struct ladder_conn {
	uint32_t number;
	uint8_t lane;
	unsigned handshake; /* the step, counted from 1; 0: none */
	uint64_t open_us;
};

struct ladder {
	struct lane lanes[LANES_MAX];
	struct step steps[STEPS_MAX];
	unsigned step_count;
	uint64_t left_out;
	uint64_t begin_us, end_us;
	struct ladder_conn conns[LADDER_CONNS_MAX];
	unsigned conn_count;
};

void ladder_build(struct ladder *ladder, const struct story *story);

#endif
