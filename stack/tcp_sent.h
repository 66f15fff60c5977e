/*
 * tcp_sent.h - what is in flight: a record for each piece of sequence space that was sent together.
 *
 * The retransmission queue (RFC 9293, section 3.10.7.4) and the scoreboard of RFC 6675 and RFC 8985
 * in one.  A record knows when it was sent last and what has become of it:
 *
 *     in flight   in `by_time`, in the order of sending (RACK looks from the oldest on)
 *     sacked      in neither list; a cumulative acknowledgment takes it away
 *     lost        in `lost`, in the order of retransmission; sent again it is in flight and
 *                 still lost until it is acknowledged or found lost once more
 *
 *     snd_una                                                     snd_nxt
 *        |  lost  | in flight |  sacked  | lost, sent again | ...  |
 *
 * A record of several segments (a super-segment) is cut where an acknowledgment, a loss or a
 * retransmission concerns a part of it; sacked neighbours become one.
 *
 * Ownership: records come from one pool for all connections of a stack, and each connection has one
 *            of its own, so that it can always have something in flight: a pool that is used up
 *            makes all slower and stops nobody.
 * Bounds:    limits.tcp_sent_count; look-ups by sequence number take O(log n) (a red-black tree of
 *            libbsd's <bsd/sys/tree.h>).
 */
#ifndef CAIRN_STACK_TCP_SENT_H
#define CAIRN_STACK_TCP_SENT_H

#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "stack/seq.h"
#include "stack/stack.h"

struct arena;

#define TCP_SENT_SYN           0x01u
#define TCP_SENT_FIN           0x02u
#define TCP_SENT_SACKED        0x04u
#define TCP_SENT_LOST          0x08u
#define TCP_SENT_AGAIN         0x10u /* a retransmission of it is in flight */
#define TCP_SENT_EVER_AGAIN    0x20u /* it was retransmitted: no RTT sample (Karn), no proof for F-RTO */
#define TCP_SENT_PROBE         0x40u /* of the path MTU */
#define TCP_SENT_APP_LIMITED   0x80u /* the program, not the network, set the pace: no delivery rate */

struct tcp_sent {
	RB_ENTRY(tcp_sent) tree;
	TAILQ_ENTRY(tcp_sent) list; /* in flight, lost, or the pool's free ones */
	struct seq_range range;     /* SYN and FIN count one */
	uint32_t segments;          /* that it went out in */
	uint16_t segment_bytes;     /* the MSS it was sent with */
	uint8_t flags;              /* TCP_SENT_* */
	bool is_pushed;             /* PSH came with its end */
	uint64_t sent_at_us;        /* last */
	/* When it was sent: what had been delivered, when, and since when the flight lasts (delivery rate). */
	uint64_t delivered_bytes, delivered_at_us, flight_began_us;
};

RB_HEAD(tcp_sent_tree, tcp_sent);
TAILQ_HEAD(tcp_sent_list, tcp_sent);

/* A record counts in octets of sequence space and in segments. */
struct tcp_count {
	uint32_t bytes, segments;
};

struct tcp_sent_pool {
	struct tcp_sent *records;
	struct tcp_sent_list free; /* those given back; those behind touched_count were never out */
	uint32_t record_count, free_count, touched_count;
};

struct tcp_flight {
	struct tcp_sent_tree tree;
	struct tcp_sent_list by_time, lost;
	struct tcp_count sent, sacked, gone, again; /* gone: marked lost; again: of them, sent again */
	struct tcp_sent own;
	bool is_own_used;
};

size_t tcp_sent_bytes(uint32_t record_count);
void tcp_sent_pool_init(struct tcp_sent_pool *pool, struct arena *arena, uint32_t record_count);

void tcp_flight_init(struct tcp_flight *flight);
void tcp_flight_clear(struct tcp_sent_pool *pool, struct tcp_flight *flight);

/* What the network is believed to hold (RFC 6675's pipe). */
static inline uint32_t
tcp_flight_bytes(const struct tcp_flight *flight)
{
	return flight->sent.bytes - flight->sacked.bytes - flight->gone.bytes + flight->again.bytes;
}

static inline uint32_t
tcp_flight_segments(const struct tcp_flight *flight)
{
	return flight->sent.segments - flight->sacked.segments - flight->gone.segments +
	       flight->again.segments;
}

static inline bool
tcp_flight_is_empty(const struct tcp_flight *flight)
{
	return flight->sent.bytes == 0;
}

static inline uint32_t
tcp_sent_size(const struct tcp_sent *record)
{
	return record->range.end - record->range.begin;
}

/* Whether tcp_flight_add would find a record. */
bool tcp_flight_has_room(const struct tcp_sent_pool *pool, const struct tcp_flight *flight);

/* Something new was sent, behind all that was: NULL when there is no record for it. */
struct tcp_sent *tcp_flight_add(struct tcp_sent_pool *pool, struct tcp_flight *flight,
				const struct seq_range *range, uint16_t segment_bytes, uint8_t flags,
				uint64_t now_us);

/*
 * Cuts the record at `seq`, which lies inside it; the record keeps the first part, the second is
 * returned and is where the first was.  NULL: no record left, nothing was changed.
 */
struct tcp_sent *tcp_flight_cut(struct tcp_sent_pool *pool, struct tcp_flight *flight,
				struct tcp_sent *record, uint32_t seq);

/* Joins sacked neighbours of a sacked record to it, so that a block that is told again is one record. */
void tcp_flight_join(struct tcp_sent_pool *pool, struct tcp_flight *flight,
		     struct tcp_sent *record);

struct tcp_sent *tcp_flight_first(const struct tcp_flight *flight);
struct tcp_sent *tcp_flight_last(const struct tcp_flight *flight);
struct tcp_sent *tcp_flight_after(struct tcp_sent *record);
/* The record that holds `seq`, or the first behind it. */
struct tcp_sent *tcp_flight_find(struct tcp_flight *flight, uint32_t seq);

/* Acknowledged cumulatively: the whole record, or its part before `seq`. */
void tcp_flight_remove(struct tcp_sent_pool *pool, struct tcp_flight *flight,
		       struct tcp_sent *record);
void tcp_flight_trim(struct tcp_flight *flight, struct tcp_sent *record, uint32_t seq);

void tcp_flight_mark_sacked(struct tcp_flight *flight, struct tcp_sent *record);
void tcp_flight_unmark_sacked(struct tcp_flight *flight, struct tcp_sent *record); /* reneged: lost */
void tcp_flight_mark_lost(struct tcp_flight *flight, struct tcp_sent *record);
void tcp_flight_unmark_lost(struct tcp_flight *flight, struct tcp_sent *record); /* undone: in flight */
/* A lost record, or one in flight (a loss probe), was sent again. */
void tcp_flight_mark_again(struct tcp_flight *flight, struct tcp_sent *record, uint64_t now_us);

#endif
