#include "stack/cc.h"

#include <assert.h>
#include <string.h>

static uint64_t
min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint32_t
min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t
max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* bytes * numerator / denominator, which is not above bytes. */
static uint32_t
scaled(uint32_t bytes, uint32_t numerator, uint32_t denominator)
{
	return (uint32_t)((uint64_t)bytes * numerator / denominator);
}

uint32_t
cc_bound(uint64_t bytes)
{
	return (uint32_t)min_u64(bytes, CC_CWND_MAX);
}

const struct cc_ops *
cc_find(const char *name)
{
	static const struct cc_ops *const all[] = { &cc_cubic, &cc_newreno };

	for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	return NULL;
}

void
cc_init(struct cc *cc, const struct cc_ops *ops, uint32_t mss)
{
	assert(mss != 0);
	*cc = (struct cc){
		.ops = ops,
		.mss = mss,
		.cwnd = CC_INITIAL_SEGMENTS * mss,
		.ssthresh = CC_SSTHRESH_NONE,
	};
	ops->init(cc);
}

/* A part of a segment is not sent: it would count in ssthresh alone. */
static uint32_t
whole_segments(const struct cc *cc, uint32_t bytes)
{
	return bytes - bytes % cc->mss;
}

/* ---- the MSS --------------------------------------------------------------------------------- */

void
cc_set_mss(struct cc *cc, uint32_t mss)
{
	const uint32_t before = cc->mss;
	const bool is_initial =
		cc->cwnd == CC_INITIAL_SEGMENTS * before && cc->ssthresh == CC_SSTHRESH_NONE;

	assert(mss != 0);
	cc->mss = mss;
	if (is_initial) {
		cc->cwnd = CC_INITIAL_SEGMENTS * mss;
	} else if (mss < before) {
		cc->cwnd = scaled(cc->cwnd, mss, before);
		cc->prior_cwnd = scaled(cc->prior_cwnd, mss, before);
		if (cc->ssthresh != CC_SSTHRESH_NONE)
			cc->ssthresh = scaled(cc->ssthresh, mss, before);
		if (cc->prior_ssthresh != CC_SSTHRESH_NONE)
			cc->prior_ssthresh = scaled(cc->prior_ssthresh, mss, before);
	}
	cc->cwnd = max_u32(cc->cwnd, mss);
	cc->ssthresh = max_u32(cc->ssthresh, 2 * mss);
	cc->ops->on_mss(cc, before);
}

/* ---- slow start ------------------------------------------------------------------------------ */

/* RFC 9406, section 4.3. */
#define HYSTART_THRESHOLD_US_MIN 4000u
#define HYSTART_THRESHOLD_US_MAX 16000u
#define HYSTART_RTT_DIVISOR      8u
#define HYSTART_SAMPLES          8u
#define HYSTART_GROWTH_DIVISOR   4u
#define HYSTART_CSS_ROUNDS       5u

static void
hystart_begin_round(struct cc_hystart *hystart, uint64_t now_us)
{
	hystart->round_began_us = now_us;
	hystart->last_min_us = hystart->round_min_us;
	hystart->round_min_us = 0;
	hystart->sample_count = 0;
	if (hystart->css_rounds != 0)
		hystart->css_rounds++;
}

static bool
hystart_delay_rose(const struct cc_hystart *hystart)
{
	const uint32_t last_us = hystart->last_min_us;
	const uint32_t threshold_us =
		min_u32(max_u32(last_us / HYSTART_RTT_DIVISOR, HYSTART_THRESHOLD_US_MIN),
			HYSTART_THRESHOLD_US_MAX);
	return last_us != 0 && hystart->round_min_us >= last_us + threshold_us;
}

/* Takes a sample; true: conservative slow start has lasted long enough, the pipe is full. */
static bool
hystart_sample(struct cc_hystart *hystart, uint64_t rtt_us, uint64_t now_us)
{
	const uint32_t sample_us = (uint32_t)min_u64(rtt_us, UINT32_MAX / 2);

	if (now_us >= hystart->round_began_us + rtt_us) /* it was sent in this round */
		hystart_begin_round(hystart, now_us);
	hystart->round_min_us =
		hystart->round_min_us == 0 ? sample_us : min_u32(hystart->round_min_us, sample_us);
	if (hystart->css_rounds > HYSTART_CSS_ROUNDS)
		return true;
	if (hystart->sample_count < HYSTART_SAMPLES && ++hystart->sample_count < HYSTART_SAMPLES)
		return false;
	if (hystart->css_rounds == 0 && hystart_delay_rose(hystart)) {
		hystart->css_baseline_us = hystart->round_min_us;
		hystart->css_rounds = 1;
	} else if (hystart->css_rounds != 0 && hystart->round_min_us < hystart->css_baseline_us) {
		hystart->css_rounds = 0; /* it was jitter */
	}
	return false;
}

/* The first slow start only: later ones know where to end (RFC 9406, section 4.3). */
static uint32_t
initial_slow_start(struct cc *cc, const struct cc_ack *ack)
{
	if (ack->rtt_us != 0 && hystart_sample(&cc->hystart, ack->rtt_us, ack->now_us)) {
		cc->ssthresh = max_u32(whole_segments(cc, cc->cwnd), 2 * cc->mss);
		return ack->acked_bytes;
	}
	const uint32_t growth = cc->hystart.css_rounds != 0
					? ack->acked_bytes / HYSTART_GROWTH_DIVISOR
					: ack->acked_bytes;
	cc->cwnd = cc_bound((uint64_t)cc->cwnd + growth);
	return 0;
}

uint32_t
cc_slow_start(struct cc *cc, const struct cc_ack *ack)
{
	if (cc->ssthresh == CC_SSTHRESH_NONE)
		return initial_slow_start(cc, ack);
	const uint32_t growth = min_u32(ack->acked_bytes, cc->ssthresh - cc->cwnd);
	cc->cwnd = cc_bound((uint64_t)cc->cwnd + growth);
	return ack->acked_bytes - growth;
}

/* ---- what happens to a connection ------------------------------------------------------------ */

void
cc_on_ack(struct cc *cc, const struct cc_ack *ack)
{
	cc->ops->on_ack(cc, ack);
	assert(cc->cwnd >= cc->mss && cc->cwnd <= CC_CWND_MAX);
}

void
cc_enter_recovery(struct cc *cc)
{
	cc->prior_cwnd = cc->cwnd;
	cc->prior_ssthresh = cc->ssthresh;
	cc->ssthresh = max_u32(whole_segments(cc, cc->ops->on_loss(cc)), 2 * cc->mss);
}

void
cc_leave_recovery(struct cc *cc)
{
	assert(cc->ssthresh != CC_SSTHRESH_NONE);
	cc->cwnd = cc_bound(cc->ssthresh);
}

void
cc_on_timeout(struct cc *cc, bool is_first)
{
	if (is_first)
		cc_enter_recovery(cc);
	cc->cwnd = cc->mss;
	cc->ops->on_timeout(cc);
}

void
cc_on_idle(struct cc *cc, uint64_t idle_us, uint64_t rto_us)
{
	const uint32_t restart = min_u32(cc->cwnd, CC_INITIAL_SEGMENTS * cc->mss);

	if (idle_us <= rto_us)
		return;
	/* Slow start leads back to most of what it was (RFC 2861, section 2). */
	cc->ssthresh = max_u32(cc->ssthresh, whole_segments(cc, scaled(cc->cwnd, 3, 4)));
	for (uint64_t left_us = idle_us; left_us > rto_us && cc->cwnd > restart; left_us -= rto_us)
		cc->cwnd = max_u32(whole_segments(cc, cc->cwnd / 2), restart);
}

void
cc_undo(struct cc *cc)
{
	if (cc->prior_cwnd == 0)
		return;
	cc->cwnd = max_u32(cc->cwnd, cc->prior_cwnd);
	cc->ssthresh = max_u32(cc->ssthresh, cc->prior_ssthresh);
	cc->prior_cwnd = cc->prior_ssthresh = 0;
	cc->ops->on_undo(cc);
}
