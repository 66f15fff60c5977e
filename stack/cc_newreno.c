/* Standard congestion control: RFC 5681, section 3.1, by octets (RFC 3465). */
#include <assert.h>

#include "stack/cc.h"

struct newreno {
	uint32_t acked_bytes; /* since cwnd last grew in congestion avoidance */
};

static_assert(sizeof(struct newreno) <= CC_STATE_BYTES, "the state fits into its place");

static struct newreno *
newreno_of(struct cc *cc)
{
	return (struct newreno *)cc->state;
}

static void
newreno_init(struct cc *cc)
{
	*newreno_of(cc) = (struct newreno){ 0 };
}

/* A segment for every cwnd that was acknowledged. */
static void
newreno_on_ack(struct cc *cc, const struct cc_ack *ack)
{
	struct newreno *newreno = newreno_of(cc);
	uint32_t acked_bytes = ack->acked_bytes;

	if (!ack->is_cwnd_limited)
		return;
	if (cc_in_slow_start(cc))
		acked_bytes = cc_slow_start(cc, ack);
	newreno->acked_bytes += acked_bytes;
	if (newreno->acked_bytes < cc->cwnd)
		return;
	newreno->acked_bytes -= cc->cwnd;
	cc->cwnd = cc_bound((uint64_t)cc->cwnd + cc->mss);
}

static uint32_t
newreno_on_loss(struct cc *cc)
{
	newreno_init(cc);
	return cc->cwnd / 2;
}

static void
newreno_on_timeout(struct cc *cc)
{
	newreno_init(cc);
}

static void
newreno_on_mss(struct cc *cc, uint32_t mss_before)
{
	(void)mss_before;
	newreno_init(cc);
}

static void
newreno_on_undo(struct cc *cc)
{
	(void)cc;
}

const struct cc_ops cc_newreno = {
	.name = "reno",
	.init = newreno_init,
	.on_ack = newreno_on_ack,
	.on_loss = newreno_on_loss,
	.on_timeout = newreno_on_timeout,
	.on_mss = newreno_on_mss,
	.on_undo = newreno_on_undo,
};
