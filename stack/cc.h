/*
 * cc.h - congestion control, an open set (RFC 5681, RFC 6582; RFC 9438 by default).
 *
 * The algorithm decides how cwnd grows and how far it falls; when something was lost, how much may
 * be sent meanwhile (PRR, RFC 9937) and whether it was a false alarm (RFC 5682, RFC 2883) is the
 * sender's business (tcp_recovery.h).  An algorithm keeps its state in the CC_STATE_BYTES of the
 * connection.
 *
 * Where the RFCs leave a choice, Linux's: ssthresh is a part of cwnd, not of FlightSize, since cwnd
 * grows only while it is what limits the sender (RFC 7661), and whole segments; slow start grows
 * by all that was acknowledged (RFC 3465 without its limit L).  The first slow start ends when
 * delays rise (HyStart++, RFC 9406).
 *
 * Units:  octets and microseconds.
 * Bounds: cwnd is at least 1 mss and at most CC_CWND_MAX, ssthresh at least 2 mss.
 */
#ifndef CAIRN_STACK_CC_H
#define CAIRN_STACK_CC_H

#include <stdbool.h>
#include <stdint.h>

#define CC_STATE_BYTES      96u
#define CC_SSTHRESH_NONE    UINT32_MAX
#define CC_INITIAL_SEGMENTS 10u        /* RFC 6928 */
#define CC_CWND_MAX         (1u << 30) /* no window is larger (RFC 7323, section 2.3) */

struct cc_ops;

/* HyStart++ (RFC 9406); its constants are in cc.c. */
struct cc_hystart {
	uint64_t round_began_us;
	uint32_t round_min_us,
		last_min_us;      /* least RTT of this round and the one before; 0: none */
	uint32_t css_baseline_us; /* conservative slow start goes on while RTTs are above */
	uint8_t sample_count;     /* of this round, up to what is needed */
	uint8_t css_rounds;       /* begun; 0: not in conservative slow start */
};

struct cc {
	const struct cc_ops *ops;
	uint32_t mss;
	uint32_t cwnd, ssthresh;
	uint32_t prior_cwnd, prior_ssthresh; /* before the last reduction, for cc_undo; 0: none */
	struct cc_hystart hystart;
	uint64_t state[CC_STATE_BYTES / 8];
};

/* What an acknowledgment of new data tells. */
struct cc_ack {
	uint32_t acked_bytes; /* newly, cumulatively or by SACK */
	bool is_cwnd_limited; /* RFC 7661: what was not used does not grow */
	uint64_t rtt_us;      /* latest sample, 0: none */
	uint64_t srtt_us;
	uint64_t now_us;
};

struct cc_ops {
	const char *name; /* TCP_CONGESTION */
	void (*init)(struct cc *cc);
	void (*on_ack)(struct cc *cc, const struct cc_ack *ack);
	uint32_t (*on_loss)(struct cc *cc); /* what a loss or ECN leaves of cwnd */
	void (*on_timeout)(struct cc *cc);  /* behind on_loss, if that was due */
	void (*on_mss)(struct cc *cc,
		       uint32_t mss_before); /* smaller: cwnd was scaled down with it */
	void (*on_undo)(struct cc *cc);
};

extern const struct cc_ops cc_cubic, cc_newreno; /* "cubic", "reno" */
const struct cc_ops *cc_find(const char *name);  /* NULL: unknown */

void cc_init(struct cc *cc, const struct cc_ops *ops, uint32_t mss);
/*
 * Path MTU or options changed it.  A smaller one leaves windows their number of segments, a larger
 * one (RFC 4821, section 7.6.2) their octets; the initial window is always CC_INITIAL_SEGMENTS.
 */
void cc_set_mss(struct cc *cc, uint32_t mss);
static inline bool
cc_in_slow_start(const struct cc *cc)
{
	return cc->cwnd < cc->ssthresh;
}
/* Grows cwnd.  Not for acknowledgments in recovery. */
void cc_on_ack(struct cc *cc, const struct cc_ack *ack);
/*
 * A loss or ECN, once a recovery: keeps the windows for an undo and sets ssthresh; cwnd is led
 * there by the sender (PRR).
 */
void cc_enter_recovery(struct cc *cc);
/* Recovery is over: cwnd becomes ssthresh (RFC 6582, section 3.2, step 3, option 2; RFC 9937). */
void cc_leave_recovery(struct cc *cc);
/*
 * cwnd is 1 mss (RFC 5681, section 3.1).  is_first: not a back-off of a timeout already counted
 * (its equation 4), nor one in a recovery: ssthresh falls.
 */
void cc_on_timeout(struct cc *cc, bool is_first);
/*
 * Before the first segment after idle_us with nothing in flight: halves cwnd for every rto_us, down
 * to the initial window (RFC 5681, section 4.1; RFC 2861, as Linux).
 */
void cc_on_idle(struct cc *cc, uint64_t idle_us, uint64_t rto_us);
/* The last reduction was a mistake. */
void cc_undo(struct cc *cc);

/* ---- for algorithms -------------------------------------------------------------------------- */

/* Grows cwnd up to ssthresh; returns what is left of acked_bytes for congestion avoidance. */
uint32_t cc_slow_start(struct cc *cc, const struct cc_ack *ack);
/* bytes, at most CC_CWND_MAX. */
uint32_t cc_bound(uint64_t bytes);

#endif
