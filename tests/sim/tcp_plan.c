#include "tests/sim/tcp_plan.h"

#include <string.h>

#include "stack/base/rng.h"
#include "tests/suite.h"

#define MS 1000u
#define S  1000000u

/* From where on eight segments in a row may be lost in a million runs. */
#define LOSSY_PPM 50000u

static const struct stack_limits limits_plain = {
	.flow_count = 1,
	.listener_count = 1,
	.addr_count = 8,
	.route_count = 8,
	.neigh_count = 16,
	.pmtu_count = 16,
	.reass_bytes = 128u << 10,
	.transmit_bytes = 128u << 10,
	.receive_bytes = 16u << 10,
	.tcp_count = 2 * PLAN_CALLS_MAX,
	.tcp_buffer_bytes = 4u << 20,
	.tcp_sent_count = 2048,
	.tcp_syn_count = PLAN_CALLS_MAX,
	.tcp_time_wait_count = 2 * PLAN_CALLS_MAX,
};

static const struct plan_program program_plain = {
	.bytes = 1000,
	.write_max = 65536,
	.read_max = 65536,
	.aborts_at = PLAN_NEVER,
	.leaves_at = PLAN_NEVER,
};

void
tcp_plan_plain(struct tcp_plan *plan, uint64_t seed)
{
	*plan = (struct tcp_plan){
		.seed = seed,
		.kind = STACK_IF_IP,
		.mtu = 1500,
		.far_mtu = 1500,
		.backlog = PLAN_CALLS_MAX,
		.call_count = 1,
	};
	for (unsigned side = 0; side < 2; side++) {
		plan->faults[side].delay_us = 10 * MS;
		plan->limits[side] = limits_plain;
		plan->configs[side] = tcp_config_default;
	}
	for (unsigned i = 0; i < PLAN_CALLS_MAX; i++)
		plan->calls[i] = (struct plan_call){ .programs = { program_plain, program_plain } };
}

/* ---- drawing --------------------------------------------------------------------------------- */

static bool
one_in(struct rng *rng, uint32_t n)
{
	return rng_below(rng, n) == 0;
}

/* Of every order of magnitude alike. */
static uint32_t
draw_log(struct rng *rng, uint32_t max)
{
	return rng_below(rng, max >> rng_below(rng, 12) | 1) + 1;
}

#define PICK(rng, ...)                                                                             \
	((const uint32_t[]){ __VA_ARGS__ }[rng_below(rng, COUNT(((uint32_t[]){ __VA_ARGS__ })))])

static void
draw_line(struct fault_config *faults, struct rng *rng)
{
	*faults = (struct fault_config){ .delay_us = draw_log(rng, 200 * MS) };
	if (one_in(rng, 4))
		return;
	if (!one_in(rng, 3))
		faults->loss_ppm = draw_log(rng, 300000);
	if (one_in(rng, 4))
		faults->loss_burst = 1 + rng_below(rng, 6);
	if (one_in(rng, 2))
		faults->jitter_us = draw_log(rng, 50 * MS);
	if (one_in(rng, 2)) {
		faults->reorder_ppm = draw_log(rng, 300000);
		faults->reorder_us = draw_log(rng, 100 * MS);
	}
	if (one_in(rng, 3))
		faults->duplicate_ppm = draw_log(rng, 200000);
	if (one_in(rng, 3))
		faults->corrupt_ppm = draw_log(rng, 100000);
	if (one_in(rng, 3)) {
		faults->rate_bits_s = 64000u << rng_below(rng, 12);
		faults->queue_bytes_max = 3000u << rng_below(rng, 7);
	}
}

static void
draw_path(struct tcp_plan *plan, struct rng *rng)
{
	plan->family = (int)rng_below(rng, 2);
	plan->has_router = one_in(rng, 3);
	plan->kind = plan->has_router || !one_in(rng, 3) ? STACK_IF_IP : STACK_IF_ETHER;
	plan->mtu = PICK(rng, 1280, 1500, 1500, 1500, 9000);
	plan->far_mtu = plan->has_router && one_in(rng, 2) ? 1280 + rng_below(rng, 300) : plan->mtu;
	plan->is_black_hole = plan->has_router && one_in(rng, 3);
	draw_line(&plan->faults[0], rng);
	plan->faults[1] = plan->faults[0];
	if (one_in(rng, 3))
		draw_line(&plan->faults[1], rng);
	if (plan->kind == STACK_IF_ETHER) /* ARP has no checksum: a flipped bit is believed */
		plan->faults[0].corrupt_ppm = plan->faults[1].corrupt_ppm = 0;
}

static void
draw_config(struct tcp_config *config, struct rng *rng)
{
	config->window_scale = !one_in(rng, 4);
	config->sack = !one_in(rng, 4);
	config->timestamps = !one_in(rng, 3);
	config->ecn = one_in(rng, 3);
	config->no_delay = one_in(rng, 2);
	config->cork = one_in(rng, 10);
	config->quick_ack = !one_in(rng, 3);
	config->pmtu_discovery = !one_in(rng, 5);
	config->congestion = one_in(rng, 3) ? "reno" : "cubic";
	if (one_in(rng, 4))
		config->mss_max = (uint16_t)(88 + rng_below(rng, 1400));
	if (one_in(rng, 2)) {
		config->receive_buffer_bytes = PICK(rng, 100, 536, 2000, 4096, 16384, 65536);
		config->receive_buffer_bytes_max =
			config->receive_buffer_bytes * PICK(rng, 1, 1, 2, 16);
	}
	if (one_in(rng, 2)) {
		config->send_buffer_bytes = PICK(rng, 500, 2000, 4096, 16384, 65536);
		config->send_buffer_bytes_max = config->send_buffer_bytes * PICK(rng, 1, 1, 2, 16);
	}
}

static void
draw_limits(struct stack_limits *limits, struct rng *rng)
{
	if (one_in(rng, 3))
		limits->tcp_buffer_bytes = 64u << 10 << rng_below(rng, 4);
	if (one_in(rng, 4))
		limits->tcp_sent_count = 8u << rng_below(rng, 6);
	if (one_in(rng, 4))
		limits->tcp_syn_count = 1 + rng_below(rng, 4);
	if (one_in(rng, 6))
		limits->tcp_time_wait_count = 1 + rng_below(rng, 4);
	if (one_in(rng, 4))
		limits->transmit_bytes = 32u << 10;
}

static void
draw_program(struct plan_program *program, struct rng *rng, uint32_t bytes_max)
{
	*program = program_plain;
	program->bytes = PLAN_NUMBER_BYTES + draw_log(rng, bytes_max) - 1;
	if (one_in(rng, 3))
		program->write_max = draw_log(rng, 4000);
	if (one_in(rng, 3))
		program->read_max = draw_log(rng, 4000);
	if (one_in(rng, 3))
		program->read_pause_us = draw_log(rng, 2 * S);
	program->listens_first = false;
	program->sends_more = one_in(rng, 5);
	program->peeks = one_in(rng, 3);
	if (one_in(rng, 20))
		program->aborts_at = rng_below(rng, bytes_max);
	else if (one_in(rng, 20))
		program->leaves_at = rng_below(rng, bytes_max);
	/* A slow reader of single octets would be at it for days. */
	if (program->read_pause_us != 0 && program->read_max < bytes_max / 200)
		program->read_max = bytes_max / 200 + 1;
	if (program->write_max < bytes_max / 2000)
		program->write_max = bytes_max / 2000 + 1;
}

static void
draw_calls(struct tcp_plan *plan, struct rng *rng)
{
	const uint32_t most = 1 + rng_below(rng, PLAN_CALLS_MAX);
	uint32_t bytes_max = 400000 / most;

	plan->call_count = one_in(rng, 2) ? most : 1 + most / 6;
	for (unsigned side = 0; side < 2; side++) /* small windows take many round trips */
		if (plan->configs[side].receive_buffer_bytes_max < 4096)
			bytes_max = bytes_max < 8000 ? bytes_max : 8000;
	for (unsigned i = 0; i < plan->call_count; i++) {
		struct plan_call *call = &plan->calls[i];
		call->opens_at_us = one_in(rng, 2) ? 0 : rng_below(rng, 20 * S);
		draw_program(&call->programs[0], rng, bytes_max);
		draw_program(&call->programs[1], rng, bytes_max);
		if (one_in(rng, 3))
			call->programs[rng_below(rng, 2)].listens_first = true;
		if (one_in(rng, 10))
			call->programs[1].bytes = 0;
	}
	plan->backlog = one_in(rng, 4) ? 1 + rng_below(rng, 4) : PLAN_CALLS_MAX;
}

static void
add_event(struct tcp_plan *plan, uint64_t at_us, enum plan_event_kind kind, unsigned side,
	  uint32_t mtu)
{
	unsigned at = plan->event_count++;

	for (; at > 0 && plan->events[at - 1].at_us > at_us; at--)
		plan->events[at] = plan->events[at - 1];
	plan->events[at] =
		(struct plan_event){ .at_us = at_us, .kind = kind, .side = side, .mtu = mtu };
}

static void
draw_events(struct tcp_plan *plan, struct rng *rng)
{
	const unsigned side = rng_below(rng, 2);
	const uint64_t at_us = draw_log(rng, 20 * S), for_us = draw_log(rng, 120 * S);

	if (one_in(rng, 5)) {
		add_event(plan, at_us, PLAN_CUT, side, 0);
		add_event(plan, at_us + for_us, PLAN_MEND, side, 0);
	} else if (one_in(rng, 6)) {
		add_event(plan, at_us, PLAN_ONE_WAY, side, 0);
		add_event(plan, at_us + for_us, PLAN_BOTH_WAYS, side, 0);
	}
	if (plan->has_router && one_in(rng, 2))
		add_event(plan, draw_log(rng, 20 * S), PLAN_MTU, 0, 1280 + rng_below(rng, 220));
	if (one_in(rng, 6))
		add_event(plan, draw_log(rng, 20 * S), PLAN_RESTART, rng_below(rng, 2), 0);
}

/*
 * A peer may vanish without a word: by a restart, or when it gives up after so many losses.  Who
 * only listens must ask now and then.
 */
static void
set_keepalive(struct tcp_config *config)
{
	config->keepalive = true;
	config->keepalive_idle_s = 60;
	config->keepalive_interval_s = 10;
	config->keepalive_count = 9;
}

/* How fast, and how it begins anew after a pause. */
static void
draw_pace(struct tcp_config *config, struct rng *rng)
{
	config->slow_start_after_idle = !one_in(rng, 3);
	if (one_in(rng, 5))
		config->pacing_rate_bytes_s = UINT64_C(20000) << rng_below(rng, 10);
}

void
tcp_plan_draw(struct tcp_plan *plan, uint64_t seed)
{
	struct rng rng;

	rng_init_number(&rng, seed);
	tcp_plan_plain(plan, seed);
	draw_path(plan, &rng);
	for (unsigned side = 0; side < 2; side++) {
		draw_config(&plan->configs[side], &rng);
		set_keepalive(&plan->configs[side]);
		draw_limits(&plan->limits[side], &rng);
	}
	if (plan->is_black_hole) /* there is no other way through it */
		plan->configs[0].pmtu_discovery = plan->configs[1].pmtu_discovery = true;
	draw_calls(plan, &rng);
	draw_events(plan, &rng);
	plan->if_flags = PICK(&rng, 0, 0, STACK_IF_CHECKSUM_TX, STACK_IF_CHECKSUM_TX | STACK_IF_SEGMENT_TX,
			      STACK_IF_CHECKSUM_TX | STACK_IF_SEGMENT_TX | STACK_IF_GATHER_TX);
	for (unsigned side = 0; side < 2; side++)
		draw_pace(&plan->configs[side], &rng);
}

/* ---- what may go wrong ----------------------------------------------------------------------- */

bool
tcp_plan_has(const struct tcp_plan *plan, enum plan_event_kind kind)
{
	for (unsigned i = 0; i < plan->event_count; i++)
		if (plan->events[i].kind == kind)
			return true;
	return false;
}

static bool
is_lossy_way(const struct fault_config *faults)
{
	const uint32_t lost_ppm = faults->loss_ppm + faults->corrupt_ppm;
	return lost_ppm > LOSSY_PPM || (lost_ppm != 0 && faults->loss_burst > 1);
}

static bool
is_rude(const struct plan_program *program)
{
	return program->aborts_at != PLAN_NEVER || program->leaves_at != PLAN_NEVER;
}

bool
tcp_plan_is_calm(const struct tcp_plan *plan, const struct plan_call *call)
{
	return !tcp_plan_has(plan, PLAN_CUT) && !tcp_plan_has(plan, PLAN_ONE_WAY) &&
	       !tcp_plan_has(plan, PLAN_RESTART) && plan->backlog >= PLAN_CALLS_MAX &&
	       !is_rude(&call->programs[0]) && !is_rude(&call->programs[1]);
}

/* No more than three solicitations in a row have to be lost (stack/neigh_table.h). */
bool
tcp_plan_allows_no_neighbour(const struct tcp_plan *plan)
{
	return plan->kind == STACK_IF_ETHER &&
	       (tcp_plan_has(plan, PLAN_CUT) || tcp_plan_has(plan, PLAN_ONE_WAY) ||
		plan->faults[0].loss_ppm + plan->faults[1].loss_ppm != 0);
}

bool
tcp_plan_allows(const struct tcp_plan *plan, const struct plan_call *call, enum tcp_reason reason)
{
	const bool is_lossy = is_lossy_way(&plan->faults[0]) || is_lossy_way(&plan->faults[1]);
	const bool is_cut = tcp_plan_has(plan, PLAN_CUT) || tcp_plan_has(plan, PLAN_ONE_WAY);
	/* What comes behind, or overtakes, the first segment of a connection that nobody has kept is of none (RFC 4987, section 3.6). */
	const bool has_cookies =
		plan->limits[1].tcp_syn_count < PLAN_CALLS_MAX &&
		plan->faults[0].loss_ppm + plan->faults[0].corrupt_ppm + plan->faults[0].reorder_ppm != 0;

	switch (reason) {
	case TCP_REASON_RESET: /* a SYN cookie may expire before there is room in the backlog */
		return !tcp_plan_is_calm(plan, call) || is_lossy || has_cookies;
	case TCP_REASON_TIMED_OUT: return tcp_plan_has(plan, PLAN_RESTART) || is_cut || is_lossy;
	case TCP_REASON_HOST_UNREACHABLE:
		return plan->kind == STACK_IF_ETHER && (is_cut || is_lossy);
	case TCP_REASON_NONE:
	case TCP_REASON_REFUSED:
	case TCP_REASON_NET_UNREACHABLE:
	case TCP_REASON_PROHIBITED:
	case TCP_REASON_ABORTED:
	case TCP_REASON_NO_MEMORY: break;
	}
	return false;
}
