/*
 * rto.h - the round-trip time and the retransmission timeout (RFC 6298; RFC 7323, section 4.2).
 *
 * With Linux's choices where a script sees them: 1 s before the first sample, then
 * srtt + max(4 * rttvar, 200 ms), at most 120 s; each back-off doubles it, up to the same.
 * The caller keeps Karn's rule: no sample of an ambiguous acknowledgment.
 *
 * Units: microseconds.
 */
#ifndef CAIRN_STACK_RTO_H
#define CAIRN_STACK_RTO_H

#include <stdint.h>

#define RTO_INITIAL_US 1000000u
#define RTO_MIN_US     200000u
#define RTO_MAX_US     120000000u
#define RTO_MIN_RTT_WINDOW_US 300000000u /* how long a minimum is believed: 5 minutes */

struct rto {
	uint64_t srtt_us, rttvar_us; /* srtt_us 0: no sample yet */
	uint64_t min_rtt_us;         /* of the last RTO_MIN_RTT_WINDOW_US; 0: no sample yet */
	uint64_t min_rtt_at_us;
	uint8_t backoff_count;
};

void rto_init(struct rto *rto);
void rto_sample(struct rto *rto, uint64_t rtt_us, uint64_t now_us);
/* The timeout to arm now, with back-off. */
uint64_t rto_timeout_us(const struct rto *rto);
/* The timeout without back-off. */
uint64_t rto_base_us(const struct rto *rto);
void rto_back_off(struct rto *rto);
void rto_forget_back_off(struct rto *rto); /* new data was acknowledged */

#endif
