/*
 * cc.h - congestion control, an open set (RFC 5681, RFC 6582; RFC 9438 by default).
 *
 * The algorithm decides how cwnd grows and how far it falls; when something was lost, how much may be
 * sent meanwhile (PRR, RFC 9937) and what is undone after a false alarm (RFC 5682, RFC 2883) is the
 * sender's business (tcp_recovery.h).  An algorithm keeps its state in the CC_STATE_BYTES of the
 * connection.
 *
 * Units:  octets and microseconds; cwnd and ssthresh never fall below 1 and 2 mss.
 * Growth: appropriate byte counting (RFC 3465) with L = 2 mss in slow start for an acknowledgment
 *         that acknowledges several segments only after a timeout; else as acknowledged, as Linux.
 */
#ifndef CAIRN_STACK_CC_H
#define CAIRN_STACK_CC_H

#include <stdbool.h>
#include <stdint.h>

#define CC_STATE_BYTES     96u
#define CC_SSTHRESH_NONE   UINT32_MAX
#define CC_INITIAL_SEGMENTS 10u /* RFC 6928 */

struct cc_ops;

struct cc {
	const struct cc_ops *ops;
	uint32_t mss;
	uint32_t cwnd, ssthresh;
	uint32_t prior_cwnd, prior_ssthresh; /* before the last reduction, for cc_undo */
	uint64_t state[CC_STATE_BYTES / 8];
};

/* What an acknowledgment of new data tells. */
struct cc_ack {
	uint32_t acked_bytes;   /* newly, cumulatively or by SACK */
	uint32_t in_flight;     /* before it */
	bool is_cwnd_limited;   /* RFC 7661: what was not used does not grow */
	uint64_t rtt_us;        /* latest sample, 0: none */
	uint64_t srtt_us, min_rtt_us;
	uint64_t now_us;
};

struct cc_ops {
	const char *name; /* TCP_CONGESTION */
	void (*init)(struct cc *cc);
	void (*on_ack)(struct cc *cc, const struct cc_ack *ack);         /* grow; not called in recovery */
	uint32_t (*ssthresh)(struct cc *cc, uint32_t in_flight, uint64_t now_us); /* what a loss leaves */
	void (*on_loss)(struct cc *cc, uint64_t now_us);  /* entered recovery or CWR, after ssthresh */
	void (*on_timeout)(struct cc *cc, uint64_t now_us);
	void (*on_idle)(struct cc *cc, uint64_t idle_us); /* before the first segment after it */
	void (*on_undo)(struct cc *cc);
};

extern const struct cc_ops cc_cubic, cc_newreno; /* "cubic", "reno" */
const struct cc_ops *cc_find(const char *name);  /* NULL: unknown */

void cc_init(struct cc *cc, const struct cc_ops *ops, uint32_t mss);
/* Path MTU or options changed it: windows keep their number of segments where they were the initial ones. */
void cc_set_mss(struct cc *cc, uint32_t mss);
static inline bool
cc_in_slow_start(const struct cc *cc)
{
	return cc->cwnd < cc->ssthresh;
}
void cc_on_ack(struct cc *cc, const struct cc_ack *ack);
/* A loss or ECN: keeps the state for an undo and sets ssthresh; cwnd is led there by the sender (PRR). */
void cc_enter_recovery(struct cc *cc, uint32_t in_flight, uint64_t now_us);
/* Recovery is over: cwnd becomes ssthresh, or less if little is in flight (RFC 6582, section 3.2). */
void cc_leave_recovery(struct cc *cc, uint32_t in_flight);
void cc_on_timeout(struct cc *cc, uint32_t in_flight, bool is_first, uint64_t now_us); /* cwnd 1 mss; RFC 5681, section 3.1 */
void cc_on_idle(struct cc *cc, uint64_t idle_us, uint64_t rto_us); /* RFC 5681, section 4.1; RFC 2861's decay as Linux */
void cc_undo(struct cc *cc);

#endif
