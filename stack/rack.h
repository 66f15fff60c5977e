/*
 * rack.h - RACK-TLP: losses told by time, and a probe for the last segment (RFC 8985).
 *
 * A segment is lost when another that was sent sufficiently later has been delivered: later than it
 * by the latest RTT and a reordering window.  While no reordering has been seen the window is
 * nothing during recovery and once three segments were selectively acknowledged, so that RACK is as
 * fast as three duplicate acknowledgments; else it is a quarter of the minimum RTT, times a factor
 * that D-SACKs raise.  The last segments of a flight have nobody behind them to tell: a probe (TLP)
 * goes out after two RTTs.
 *
 * Units: microseconds.
 */
#ifndef CAIRN_STACK_RACK_H
#define CAIRN_STACK_RACK_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/tcp_sent.h"

#define RACK_DUP_SEGMENTS       3u   /* section 6.2, DupThresh */
#define RACK_WINDOW_FACTOR_MAX  255u
#define RACK_WINDOW_ROUNDS      16u  /* recoveries for which D-SACKs are remembered */
#define TLP_PTO_SLACK_US        2000u
#define TLP_MAX_ACK_DELAY_US    200000u

struct rack {
	uint64_t sent_at_us; /* of the delivered segment that was sent last: RACK.xmit_ts */
	uint64_t rtt_us;     /* its RTT */
	uint32_t end_seq;    /* RACK.end_seq */
	uint32_t fack;       /* the highest delivered: RACK.fack */
	uint32_t dsack_round; /* a D-SACK counts once a round: until this is acknowledged */
	bool has_sample;     /* the fields above mean something */
	bool is_news;        /* something was delivered since the last look for losses */
	bool has_dsack_round;
	bool reordering_seen;
	uint8_t window_factor, window_rounds;
};

void rack_init(struct rack *rack, uint32_t seq);

/*
 * A record was acknowledged, cumulatively or selectively (section 6.2, steps 2 and 3).  `fack` is what
 * rack->fack was before the acknowledgment: what one of them tells together is in no order.
 */
void rack_delivered(struct rack *rack, const struct tcp_sent *record, uint32_t fack,
		    uint64_t min_rtt_us, uint64_t now_us);

/* A D-SACK came (step 4): at most one a round trip makes the window larger. */
void rack_on_dsack(struct rack *rack, uint32_t snd_nxt);
/* An acknowledgment that took snd_una to `una`; a recovery has ended. */
void rack_on_ack(struct rack *rack, uint32_t una);
void rack_on_recovered(struct rack *rack);

struct rack_view {
	uint64_t min_rtt_us, srtt_us;
	uint32_t sacked_segments;
	bool is_recovering; /* in fast recovery or after a timeout */
	uint64_t now_us;
};

/*
 * Marks as lost what must be (step 5); returns when the next one would be, in how many microseconds,
 * or 0: none is waited for.
 */
uint64_t rack_detect(const struct rack *rack, struct tcp_flight *flight,
		     const struct rack_view *view);
/* After a timeout: whether a record is too young to be given up (section 6.3). */
bool rack_is_young(const struct rack *rack, const struct tcp_sent *record, uint64_t now_us);

/* The probe timeout (section 7.2). srtt_us 0: no sample yet. */
uint64_t tlp_timeout_us(uint64_t srtt_us, uint32_t flight_segments);

#endif
