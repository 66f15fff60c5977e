/*
 * rto.h - the round-trip time and the retransmission timeout (RFC 6298; RFC 7323, section 4.2).
 *
 * With Linux's choices where a script sees them: 1 s before the first sample, then
 * srtt + max(4 * rttvar, 200 ms), at most 120 s; each back-off doubles it, up to the same.  The
 * variation that the timeout counts with (margin_us) rises with rttvar at once and falls by a
 * quarter of the difference a round trip, so that many samples in one round trip do not wear it
 * off (RFC 7323, appendix G).  A sample below srtt raises rttvar by an eighth of what one above
 * it would.
 * The caller keeps Karn's rule: no sample of an ambiguous acknowledgment.
 *
 * Units: microseconds.
 */
#ifndef CAIRN_STACK_RTO_H
#define CAIRN_STACK_RTO_H

#include <stdint.h>

#define RTO_INITIAL_US        1000000u
#define RTO_FALL_BACK_US      3000000u /* RFC 6298, section 5.7 */
#define RTO_MIN_US            200000u
#define RTO_MAX_US            120000000u
#define RTO_RTT_US_MAX        RTO_MAX_US /* longer samples count as this */
#define RTO_MIN_RTT_WINDOW_US 300000000u /* how long a minimum is believed: 5 minutes */

struct rto {
	uint64_t srtt_us, rttvar_us; /* srtt_us 0: no sample yet */
	uint64_t min_rtt_us;         /* of the last RTO_MIN_RTT_WINDOW_US; 0: no sample yet */
	uint64_t min_rtt_at_us;
	uint8_t backoff_count;

	/* Of rto.c. */
	uint32_t srtt_eighths_us; /* srtt_us and rttvar_us are these without their fractions */
	uint32_t rttvar_quarters_us;
	uint32_t margin_us;       /* what the timeout adds to srtt_us */
	uint32_t margin_round_us; /* largest 4 * rttvar of this round trip, at least RTO_MIN_US */
	uint64_t round_began_us;
};

void rto_init(struct rto *rto);
/* The handshake ended without a sample, since something was sent twice (RFC 6298, section 5.7). */
void rto_fall_back(struct rto *rto);
void rto_sample(struct rto *rto, uint64_t rtt_us, uint64_t now_us);
/* The timeout to arm now, with back-off. */
uint64_t rto_timeout_us(const struct rto *rto);
/* The timeout without back-off. */
uint64_t rto_base_us(const struct rto *rto);
void rto_back_off(struct rto *rto);
void rto_forget_back_off(struct rto *rto); /* with a sample, or where the timeout was spurious */

#endif
