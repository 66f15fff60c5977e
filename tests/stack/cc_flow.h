/*
 * cc_flow.h - a flow under congestion control, round trip by round trip: what the tests of all algorithms and of CUBIC have in common.
 */
#ifndef CAIRN_TESTS_STACK_CC_FLOW_H
#define CAIRN_TESTS_STACK_CC_FLOW_H

#include <math.h>

#include "stack/base/rng.h"
#include "stack/cc.h"
#include "tests/suite.h"

#define MSS    1000u
#define MS     1000u
#define S      1000000u
#define RTT_US (100 * MS)

static struct cc cc;
static uint64_t now_us;

static inline void
begin(const struct cc_ops *ops)
{
	now_us = 1000 * (uint64_t)S;
	cc_init(&cc, ops, MSS);
}

static inline void
setup_cubic(void)
{
	begin(&cc_cubic);
}

static inline void
setup_newreno(void)
{
	begin(&cc_newreno);
}

static inline void
ack(uint32_t acked_bytes, uint64_t rtt_us, bool is_cwnd_limited)
{
	cc_on_ack(&cc, &(struct cc_ack){
			       .acked_bytes = acked_bytes,
			       .is_cwnd_limited = is_cwnd_limited,
			       .rtt_us = rtt_us,
			       .srtt_us = rtt_us,
			       .now_us = now_us,
		       });
}

/* A window is acknowledged, two segments at a time, spread over the round trip. */
static inline void
round_trip(uint64_t rtt_us)
{
	const uint64_t ends_us = now_us + rtt_us;
	const uint32_t ack_count = cc.cwnd / MSS / 2 != 0 ? cc.cwnd / MSS / 2 : 1;

	for (uint32_t i = 0; i < ack_count; i++) {
		now_us += rtt_us / ack_count;
		ack(2 * MSS, rtt_us, true);
	}
	now_us = ends_us;
}

/* A loss with this cwnd, and the recovery from it. */
static inline void
lose_at(uint32_t cwnd)
{
	cc.cwnd = cwnd;
	cc_enter_recovery(&cc);
	cc_leave_recovery(&cc);
}

static inline void
expect_about(uint32_t value, double expected, double tolerance)
{
	ck_assert_msg(fabs((double)value - expected) <= tolerance, "%u, not %.0f +- %.0f", value,
		      expected, tolerance);
}

#endif
