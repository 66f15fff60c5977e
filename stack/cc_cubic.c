/*
 * CUBIC: RFC 9438.
 *
 *	W_cubic(t) = C * (t - K)^3 + W_max          section 4.2
 *	K          = cbrt((W_max - cwnd_epoch) / C)
 *	W_est     += alpha * segments_acked / cwnd  section 4.3
 *
 * The RFC counts segments and seconds; here windows are octets and t is milliseconds.
 */
#include <assert.h>

#include "stack/cc.h"

#define BETA_NUMERATOR    7u /* section 4.6: beta is 0.7 */
#define BETA_DENOMINATOR  10u
#define C_NUMERATOR       4u /* section 5.1: C is 0.4 segments a second cubed */
#define C_DENOMINATOR     10u
#define ALPHA_NUMERATOR   9u /* section 4.3: 3 * (1 - beta) / (1 + beta) */
#define ALPHA_DENOMINATOR 17u
#define FAST_NUMERATOR    17u /* section 4.7: (1 + beta) / 2 */
#define FAST_DENOMINATOR  20u

#define SPAN_MS_MAX (1u << 20) /* |t - K|: W_cubic is beyond every window then */

/* A stage of congestion avoidance. */
struct epoch {
	uint64_t began_us; /* with has_begun: without the times when cwnd was not the limit */
	uint32_t k_ms;
	uint32_t w_max;
	uint32_t w_est;
	uint32_t cwnd_prior;              /* before the last reduction; 0: there was none */
	uint32_t growth_rest, w_est_rest; /* what divisions left over: < cwnd */
	bool has_begun;
};

struct cubic {
	struct epoch epoch, before_loss; /* the second for undo */
	uint64_t last_ack_us;
};

static_assert(sizeof(struct cubic) <= CC_STATE_BYTES, "the state fits into its place");

static struct cubic *
cubic_of(struct cc *cc)
{
	return (struct cubic *)cc->state;
}

static void
cubic_init(struct cc *cc)
{
	*cubic_of(cc) = (struct cubic){ 0 };
}

/* The cube root, rounded down, a bit a step from the highest that a root can have. */
static uint32_t
cube_root(uint64_t x)
{
	uint64_t root = 0;

	for (unsigned bit = 21; bit-- > 0;) {
		const uint64_t next = root | 1u << bit;
		if (next * next * next <= x)
			root = next;
	}
	return (uint32_t)root;
}

/* ---- congestion avoidance -------------------------------------------------------------------- */

/* Section 4.2.  Above W_max, or with none, the curve starts from here upwards (section 4.8). */
static void
epoch_begin(struct epoch *epoch, const struct cc *cc, uint64_t now_us)
{
	const uint64_t per_second_3 = (uint64_t)1000 * 1000 * 1000 * C_DENOMINATOR / C_NUMERATOR;

	epoch->began_us = now_us;
	epoch->has_begun = true;
	epoch->w_est = cc->cwnd;
	epoch->growth_rest = epoch->w_est_rest = 0;
	if (epoch->w_max > cc->cwnd) {
		epoch->k_ms = cube_root((epoch->w_max - cc->cwnd) * per_second_3 / cc->mss);
	} else {
		epoch->k_ms = 0;
		epoch->w_max = cc->cwnd;
	}
}

static uint32_t
w_cubic(const struct epoch *epoch, uint32_t mss, uint64_t t_us)
{
	const uint64_t t_ms = t_us / 1000;
	const bool is_concave = t_ms < epoch->k_ms;
	uint64_t span_ms = is_concave ? epoch->k_ms - t_ms : t_ms - epoch->k_ms;

	if (span_ms > SPAN_MS_MAX)
		span_ms = SPAN_MS_MAX;
	/* 10^9 ms^3 are a cubic second; divided in two steps, so that nothing overflows. */
	const uint64_t bytes =
		span_ms * span_ms * span_ms / 1000000 * C_NUMERATOR * mss / (1000 * C_DENOMINATOR);
	if (is_concave)
		return bytes < epoch->w_max ? epoch->w_max - (uint32_t)bytes : 0;
	return cc_bound(epoch->w_max + bytes);
}

/* amount * acked / cwnd; what the division leaves goes into the next one. */
static uint32_t
share(uint64_t amount, uint32_t acked_bytes, uint32_t cwnd, uint32_t *rest)
{
	const uint64_t product = amount * acked_bytes + *rest;

	*rest = (uint32_t)(product % cwnd);
	return cc_bound(product / cwnd);
}

/* What Reno would have by now (section 4.3); once it has made good the reduction, alpha is 1. */
static void
follow_reno(struct epoch *epoch, const struct cc *cc, uint32_t acked_bytes)
{
	const uint32_t growth = epoch->w_est < epoch->cwnd_prior
					? cc->mss * ALPHA_NUMERATOR / ALPHA_DENOMINATOR
					: cc->mss;
	epoch->w_est = cc_bound((uint64_t)epoch->w_est +
				share(growth, acked_bytes, cc->cwnd, &epoch->w_est_rest));
}

/* Section 4.2: where cwnd should be a round trip from now, at most half as much again. */
static uint32_t
target_of(const struct epoch *epoch, const struct cc *cc, uint64_t t_us, uint64_t srtt_us)
{
	const uint32_t target = w_cubic(epoch, cc->mss, t_us + srtt_us);
	const uint32_t most = cc_bound((uint64_t)cc->cwnd * 3 / 2);

	return target < cc->cwnd ? cc->cwnd : target > most ? most : target;
}

static void
avoid_congestion(struct cc *cc, struct epoch *epoch, uint32_t acked_bytes, const struct cc_ack *ack)
{
	uint64_t cwnd;

	if (!epoch->has_begun)
		epoch_begin(epoch, cc, ack->now_us);
	const uint64_t t_us = ack->now_us - epoch->began_us;
	const uint32_t target = target_of(epoch, cc, t_us, ack->srtt_us);
	follow_reno(epoch, cc, acked_bytes);
	if (w_cubic(epoch, cc->mss, t_us) < epoch->w_est) /* Reno-friendly region (section 4.3) */
		cwnd = epoch->w_est > cc->cwnd ? epoch->w_est : cc->cwnd;
	else /* concave and convex region (sections 4.4 and 4.5) */
		cwnd = (uint64_t)cc->cwnd +
		       share(target - cc->cwnd, acked_bytes, cc->cwnd, &epoch->growth_rest);
	const uint64_t most = (uint64_t)cc->cwnd + acked_bytes; /* never faster than slow start */
	cc->cwnd = cc_bound(cwnd < most ? cwnd : most);
}

/*
 * Time when cwnd was not the limit does not count, or the curve would run away from it (section
 * 5.8): all of it since the last acknowledgment, or, when this one is for a segment that was sent
 * later than that, the pause before it was sent.
 */
static void
leave_out_pause(struct cubic *cubic, const struct cc_ack *ack)
{
	const uint64_t counted_us = ack->is_cwnd_limited ? ack->rtt_us : 0;

	if (ack->is_cwnd_limited && ack->rtt_us == 0)
		return; /* when it was sent is not known */
	if (ack->now_us > cubic->last_ack_us + counted_us)
		cubic->epoch.began_us += ack->now_us - counted_us - cubic->last_ack_us;
}

static void
cubic_on_ack(struct cc *cc, const struct cc_ack *ack)
{
	struct cubic *cubic = cubic_of(cc);
	uint32_t acked_bytes = ack->acked_bytes;

	if (cubic->epoch.has_begun)
		leave_out_pause(cubic, ack);
	cubic->last_ack_us = ack->now_us;
	if (!ack->is_cwnd_limited)
		return;
	if (cc_in_slow_start(cc))
		acked_bytes = cc_slow_start(cc, ack);
	if (acked_bytes != 0)
		avoid_congestion(cc, &cubic->epoch, acked_bytes, ack);
}

/* ---- reductions ------------------------------------------------------------------------------ */

/* Sections 4.6, 4.7: who has not come back to the last maximum makes room for others at once. */
static uint32_t
cubic_on_loss(struct cc *cc)
{
	struct cubic *cubic = cubic_of(cc);
	struct epoch *epoch = &cubic->epoch;

	cubic->before_loss = *epoch;
	epoch->w_max = cc->cwnd < epoch->w_max
			       ? (uint32_t)((uint64_t)cc->cwnd * FAST_NUMERATOR / FAST_DENOMINATOR)
			       : cc->cwnd;
	epoch->cwnd_prior = cc->cwnd;
	epoch->has_begun = false;
	return (uint32_t)((uint64_t)cc->cwnd * BETA_NUMERATOR / BETA_DENOMINATOR);
}

/* Section 4.8: K is 0 and W_max what cwnd will be when slow start is over. */
static void
cubic_on_timeout(struct cc *cc)
{
	struct epoch *epoch = &cubic_of(cc)->epoch;

	epoch->w_max = 0;
	epoch->has_begun = false;
}

static void
cubic_on_mss(struct cc *cc, uint32_t mss_before)
{
	struct epoch *epoch = &cubic_of(cc)->epoch;

	if (cc->mss < mss_before)
		epoch->w_max = (uint32_t)((uint64_t)epoch->w_max * cc->mss / mss_before);
	epoch->has_begun = false; /* a new curve from here to W_max */
}

/* Section 4.9. */
static void
cubic_on_undo(struct cc *cc)
{
	struct cubic *cubic = cubic_of(cc);
	cubic->epoch = cubic->before_loss;
}

const struct cc_ops cc_cubic = {
	.name = "cubic",
	.init = cubic_init,
	.on_ack = cubic_on_ack,
	.on_loss = cubic_on_loss,
	.on_timeout = cubic_on_timeout,
	.on_mss = cubic_on_mss,
	.on_undo = cubic_on_undo,
};
