#include "tests/sim/tcp_world.h"

#include <string.h>

#include "stack/stack_priv.h"
#include "tests/sim/tcp_ends.h"
#include "tests/suite.h"

#define S            1000000u
#define SLICE_US     (10 * S)
#define QUIET_US_MAX (3600 * (uint64_t)S) /* for the stacks to finish what programs have left */

static const char *const prefixes[2][2] = { { "192.0.2.1/24", "2001:db8::1/64" },
					    { "192.0.2.2/24", "2001:db8::2/64" } };
static const char *const far_prefixes[2] = { "198.51.100.2/24", "2001:db8:1::2/64" };

/* ---- building -------------------------------------------------------------------------------- */

static void
give_addresses(struct tcp_world *world, unsigned side)
{
	const char *const *own =
		side == 1 && world->plan.has_router ? far_prefixes : prefixes[side];

	for (unsigned family = 0; family < 2; family++)
		net_addr(world->hosts[side], 0, own[family]);
	if (world->plan.has_router) {
		net_route(world->hosts[side], 0, "0.0.0.0/0", NULL);
		net_route(world->hosts[side], 0, "::/0", NULL);
	}
}

static struct wire *
make_wire(struct tcp_world *world, uint32_t mtu, const struct fault_config *faults)
{
	return net_wire(&world->net, &(struct wire_config){
					     .kind = world->plan.kind,
					     .mtu = mtu,
					     .if_flags = world->plan.if_flags,
					     .end_count = 2,
					     .frames_max = 512,
					     .faults = *faults,
				     });
}

/* The client's line has all the faults; the one behind the router is short and narrow. */
static void
make_router(struct tcp_world *world)
{
	const struct fault_config good = { .delay_us = 100 };
	struct gateway *router = &world->router;

	world->wires[1] = make_wire(world, world->plan.mtu, &good);
	gateway_init(router, &world->net, "router", "192.0.2.254", "2001:db8::fe");
	router->is_silent = world->plan.is_black_hole;
	(void)gateway_attach(router, world->wires[0], 1, world->plan.mtu);
	(void)gateway_attach(router, world->wires[1], 0, world->plan.far_mtu);
	gateway_route(router, "192.0.2.0/24", 0);
	gateway_route(router, "2001:db8::/64", 0);
	gateway_route(router, "0.0.0.0/0", 1);
	gateway_route(router, "::/0", 1);
}

static void
world_init(struct tcp_world *world, const struct tcp_plan *plan)
{
	*world = (struct tcp_world){ .plan = *plan };
	net_init(&world->net, plan->seed);
	world->wires[0] = make_wire(world, plan->mtu, &plan->faults[0]);
	wire_set_faults(world->wires[0], 1, &plan->faults[1]);
	if (plan->has_router)
		make_router(world);
	for (unsigned side = 0; side < 2; side++) {
		struct net_node *host =
			net_host(&world->net, side == 0 ? "client" : "server", &plan->limits[side]);
		world->hosts[side] = host;
		(void)net_attach(host, world->wires[side == 1 && plan->has_router], side);
		give_addresses(world, side);
		host->data = world;
		host->on_action = tcp_ends_heard;
		host->on_due = tcp_ends_due;
		host->due_at_us = NET_START_US;
	}
	watch_init(&world->watch, &world->net, world->hosts);
	tcp_ends_listen(world);
}

void
tcp_world_fini(struct tcp_world *world)
{
	net_fini(&world->net);
}

/* ---- what befalls them ----------------------------------------------------------------------- */

static void
restart(struct tcp_world *world, unsigned side)
{
	struct net_node *host = world->hosts[side];
	const struct stack_limits *limits = &world->plan.limits[side];
	struct stack_if_config config;
	unsigned ifindex;

	tcp_ends_forget(world, side);
	host->stack = stack_new(host->block, (stack_bytes(limits) + 63) & ~(size_t)63, limits,
				&host->rng, world->net.now_us);
	ck_assert_ptr_nonnull(host->stack);
	host->links[0]->ops->describe(host->links[0], &config);
	ck_assert_int_eq(stack_if_add(host->stack, &config, &ifindex), 0);
	ck_assert_int_eq(stack_if_set_up(host->stack, ifindex, true, world->net.now_us), 0);
	give_addresses(world, side);
	host->due_at_us = world->net.now_us;
	if (side == 1)
		tcp_ends_listen(world);
}

static void
befall(struct tcp_world *world, const struct plan_event *event)
{
	struct wire *wire = world->wires[event->side == 1 && world->plan.has_router];
	struct fault_config dead = world->plan.faults[event->side];

	dead.loss_ppm = FAULT_CERTAIN;
	switch (event->kind) {
	case PLAN_CUT:
	case PLAN_MEND: wire_cut(wire, event->side, event->kind == PLAN_CUT); break;
	case PLAN_ONE_WAY: wire_set_faults(world->wires[0], event->side, &dead); break;
	case PLAN_BOTH_WAYS:
		wire_set_faults(world->wires[0], event->side, &world->plan.faults[event->side]);
		break;
	case PLAN_MTU:
		for (unsigned port = 0; port < 2; port++)
			world->router.mtu[port] = event->mtu;
		break;
	case PLAN_RESTART: restart(world, event->side); break;
	}
}

/* ---- running --------------------------------------------------------------------------------- */

/* What the stacks hold, for who looks for the reason of a failure. */
static void
describe(const struct tcp_world *world)
{
	struct tcp_conn_info info;

	for (unsigned side = 0; side < 2; side++)
		for (uint32_t place = 0; tcp_info_next(world->hosts[side]->stack, &place, &info);)
			printf("host %u port %u %s: una %u nxt %u wnd %u rcv %u wnd %u queues %u "
			       "%u cwnd %u "
			       "recovery %u retransmits %u probes %u rto %llu us, sent at %llu "
			       "us\n",
			       side, side == 0 ? info.local_port : info.remote_port,
			       tcp_state_name(info.state), info.snd_una - info.iss,
			       info.snd_nxt - info.iss, info.snd_wnd, info.rcv_nxt - info.irs,
			       info.rcv_wnd, info.send_queue_bytes, info.receive_queue_bytes,
			       info.cwnd_bytes, info.recovery, info.retransmits, info.probes,
			       (unsigned long long)info.rto_us,
			       (unsigned long long)info.last_sent_us);
}

static uint64_t
next_stop_us(const struct tcp_world *world)
{
	const uint64_t slice_ends_us = world->net.now_us + SLICE_US;

	if (world->event_count == world->plan.event_count)
		return slice_ends_us;
	const uint64_t event_us = NET_START_US + world->plan.events[world->event_count].at_us;
	return event_us < slice_ends_us ? event_us : slice_ends_us;
}

/* Grows as long as anything goes on. */
static uint64_t
progress_of(const struct world_end *ends, unsigned count)
{
	uint64_t progress = count;

	for (unsigned i = 0; i < count; i++)
		progress += ends[i].received + (ends[i].fate > WORLD_RUNS);
	return progress;
}

static void
run_until_over(struct tcp_world *world)
{
	const struct tcp_plan *plan = &world->plan;
	uint64_t progress_before = 0, went_on_us = world->net.now_us;

	while (world->event_count < plan->event_count || !tcp_ends_are_over(world)) {
		const uint64_t stop_us = next_stop_us(world);
		const uint64_t progress = progress_of(world->clients, plan->call_count) +
					  progress_of(world->accepted, world->accepted_count);
		if (progress != progress_before)
			went_on_us = world->net.now_us;
		progress_before = progress;
		const bool has_stalled = world->net.now_us - went_on_us >= WORLD_STALL_US_MAX;
		if (has_stalled)
			describe(world);
		HOLDS(!has_stalled, "a connection neither goes on nor ends, seed %llu",
		      (unsigned long long)plan->seed);
		net_run(&world->net, stop_us - world->net.now_us);
		while (world->event_count < plan->event_count &&
		       NET_START_US + plan->events[world->event_count].at_us <= world->net.now_us)
			befall(world, &plan->events[world->event_count++]);
	}
}

/* Whether a stack holds anything but its listener. */
static bool
is_empty(const struct stack *stack)
{
	const struct tcp *tcp = &stack->tcp;
	struct tcp_conn_info info;

	for (uint32_t place = 0; tcp_info_next(stack, &place, &info);)
		if (info.state != TCP_STATE_LISTEN)
			return false;
	return tcp->streams.free_count == tcp->streams.chunk_count &&
	       tcp->sent.free_count == tcp->sent.record_count && tcp->syns_used == 0 &&
	       tcp->time_waits_used == 0;
}

/* The stacks finish by themselves what the programs have closed. */
static void
run_until_empty(struct tcp_world *world)
{
	const uint64_t until_us = world->net.now_us + QUIET_US_MAX;

	while (!is_empty(world->hosts[0]->stack) || !is_empty(world->hosts[1]->stack)) {
		if (world->net.now_us >= until_us)
			describe(world);
		HOLDS(world->net.now_us < until_us,
		      "a stack still holds something an hour later, seed %llu",
		      (unsigned long long)world->plan.seed);
		net_run(&world->net, 6 * SLICE_US);
	}
}

static void
add_up(struct tcp_world *world, const struct world_end *ends, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		world->sum.ended += ends[i].fate == WORLD_ENDED;
		world->sum.left += ends[i].fate == WORLD_LEFT;
		world->sum.failed += ends[i].fate == WORLD_FAILED;
		world->sum.unlucky += ends[i].fate == WORLD_FAILED && ends[i].call != NULL &&
				      tcp_plan_is_calm(&world->plan, ends[i].call);
		world->sum.forgotten += ends[i].fate == WORLD_FORGOTTEN;
	}
}

void
tcp_world_run(struct tcp_world *world, const struct tcp_plan *plan, FILE *log)
{
	world_init(world, plan);
	world->watch.log = log;
	run_until_over(world);
	run_until_empty(world);
	add_up(world, world->clients, plan->call_count);
	add_up(world, world->accepted, world->accepted_count);
}
