#include "stack/rto.h"

#include <stdbool.h>

static uint64_t
min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint32_t
max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

void
rto_init(struct rto *rto)
{
	*rto = (struct rto){ .margin_us = RTO_INITIAL_US };
}

void
rto_fall_back(struct rto *rto)
{
	if (rto->srtt_us == 0)
		rto->margin_us = RTO_FALL_BACK_US;
}

/* RFC 6298, section 2.2. */
static void
first_sample(struct rto *rto, uint32_t rtt_us, uint64_t now_us)
{
	rto->srtt_eighths_us = rtt_us * 8;
	rto->rttvar_quarters_us = rtt_us * 2;
	rto->margin_us = max_u32(rto->rttvar_quarters_us, RTO_MIN_US);
	rto->margin_round_us = rto->margin_us;
	rto->round_began_us = now_us;
}

/*
 * RFC 6298, section 2.3, with alpha = 1/8 and beta = 1/4.  A sample far below srtt would raise
 * rttvar and so lengthen the timeout just when the path has become faster; it gets beta / 8.
 */
static void
next_sample(struct rto *rto, uint32_t rtt_us)
{
	const uint32_t srtt_us = rto->srtt_eighths_us / 8, rttvar_us = rto->rttvar_quarters_us / 4;
	const bool is_below = rtt_us < srtt_us;
	const uint32_t error_us = is_below ? srtt_us - rtt_us : rtt_us - srtt_us;

	rto->srtt_eighths_us =
		is_below ? rto->srtt_eighths_us - error_us : rto->srtt_eighths_us + error_us;
	if (error_us <= rttvar_us)
		rto->rttvar_quarters_us -= rttvar_us - error_us;
	else
		rto->rttvar_quarters_us +=
			is_below ? (error_us - rttvar_us) / 8 : error_us - rttvar_us;
}

/* The round is over when something is acknowledged that was sent after it had begun. */
static void
follow_margin(struct rto *rto, uint32_t rtt_us, uint64_t now_us)
{
	rto->margin_round_us = max_u32(rto->margin_round_us, rto->rttvar_quarters_us);
	rto->margin_us = max_u32(rto->margin_us, rto->margin_round_us);
	if (now_us < rto->round_began_us + rtt_us)
		return;
	rto->margin_us -= (rto->margin_us - rto->margin_round_us) / 4;
	rto->margin_round_us = RTO_MIN_US;
	rto->round_began_us = now_us;
}

static void
follow_minimum(struct rto *rto, uint32_t rtt_us, uint64_t now_us)
{
	const bool is_old = now_us - rto->min_rtt_at_us > RTO_MIN_RTT_WINDOW_US;

	if (rto->min_rtt_us != 0 && rtt_us > rto->min_rtt_us && !is_old)
		return;
	rto->min_rtt_us = rtt_us;
	rto->min_rtt_at_us = now_us;
}

void
rto_sample(struct rto *rto, uint64_t rtt_us, uint64_t now_us)
{
	const uint32_t sample_us = max_u32((uint32_t)min_u64(rtt_us, RTO_RTT_US_MAX), 1);

	if (rto->srtt_us == 0) {
		first_sample(rto, sample_us, now_us);
	} else {
		next_sample(rto, sample_us);
		follow_margin(rto, sample_us, now_us);
	}
	follow_minimum(rto, sample_us, now_us);
	rto->srtt_us = max_u32(rto->srtt_eighths_us / 8, 1);
	rto->rttvar_us = rto->rttvar_quarters_us / 4;
}

uint64_t
rto_base_us(const struct rto *rto)
{
	return min_u64(rto->srtt_us + rto->margin_us, RTO_MAX_US);
}

uint64_t
rto_timeout_us(const struct rto *rto)
{
	uint64_t timeout_us = rto_base_us(rto);

	for (unsigned i = 0; i < rto->backoff_count && timeout_us < RTO_MAX_US; i++)
		timeout_us *= 2;
	return min_u64(timeout_us, RTO_MAX_US);
}

void
rto_back_off(struct rto *rto)
{
	if (rto->backoff_count < UINT8_MAX)
		rto->backoff_count++;
}

void
rto_forget_back_off(struct rto *rto)
{
	rto->backoff_count = 0;
}
