/*
 * tcp_watch.h - looks at every TCP segment between two hosts, and objects to what should not have
 * been sent: the running Check test fails.
 *
 * A watch sits between a host's stack and its link, so it sees what the host sends before the line
 * loses it, and of what arrives only what really did.  So it knows what the host can know, and
 * demands (RFC 9293; RFC 2018; RFC 7323):
 *
 *   - checksums are right; no segment is larger than the peer's MSS allows;
 *   - no octet is sent beyond the window that the host has heard of (a probe of a zero window has
 *     one octet);
 *   - nothing is acknowledged, cumulatively or by SACK, that has not arrived; acknowledgments and
 *     the right edge of the window never go back; timestamps neither;
 *   - acknowledgments that nothing has asked for are few: no storms.
 *
 * Segments with RST are counted only: they may come from somebody who knows nothing.
 *
 * Bounds: WATCH_FLOWS_MAX 4-tuples; one that is used again begins anew with its SYN.
 */
#ifndef CAIRN_TESTS_SIM_TCP_WATCH_H
#define CAIRN_TESTS_SIM_TCP_WATCH_H

#include <stdio.h>

#include "stack/ip.h"
#include "stack/link/link.h"
#include "stack/tcp_wire.h"
#include "tests/sim/net.h"

#define WATCH_FLOWS_MAX     256u
#define WATCH_IDLE_ACKS_MAX 30u /* of one side of a connection */

/* What one host has said on a connection, and what has arrived at it. */
struct watch_side {
	bool has_syn;
	uint32_t iss, end; /* what it has sent: [iss, end) */
	uint16_t mss;      /* it takes */
	bool has_wscale;
	uint8_t wscale;
	bool has_acked;
	uint32_t acked, edge; /* acknowledged and offered last */
	bool has_timestamps;
	uint32_t ts_val;
	bool has_heard, has_edge;
	uint32_t heard_end;  /* of what the other has sent */
	uint32_t heard_edge; /* of the other's window, with has_edge: a SYN alone has none */
	uint32_t asks;       /* what has arrived just now and deserves an answer */
	uint64_t asked_at_us;
	uint32_t idle_acks;
};

struct watch_flow {
	uint16_t ports[2]; /* of host 0 and host 1 */
	struct watch_side sides[2];
	/* A late SYN was answered again: who acknowledges what is not clear. */
	bool is_doubtful;
};

struct watch_counts {
	uint64_t segments, data_bytes, resets, pure_acks, probes, fragments;
};

struct watch;

struct watch_tap {
	struct link link; /* what the host uses */
	struct link *inside;
	struct watch *watch;
	unsigned side;
};

struct watch {
	struct net *net;
	enum stack_if_kind kind;
	struct watch_tap taps[2];
	struct watch_flow flows[WATCH_FLOWS_MAX];
	unsigned flow_count;
	bool has_fragments; /* what arrives is not known exactly */
	bool is_patient;    /* an objection is kept here and fails nothing */
	char objection[400];
	struct watch_counts sent[2];
	uint8_t piece[STACK_FRAME_MAX]; /* of what the line is to finish */
	FILE *log; /* NULL: none; else a line for each segment that is sent or arrives */
};

/* Puts itself between the hosts and their only links. */
void watch_init(struct watch *watch, struct net *net, struct net_node *const hosts[2]);

/* For properties that are looked at often: Check's own macros cost a system call each. */
#define HOLDS(condition, ...)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			ck_abort_msg(__VA_ARGS__);                                                 \
	} while (0)

#endif
