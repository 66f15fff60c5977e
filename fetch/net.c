#include "fetch/net.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "fetch/net_link.h"
#include "fetch/stream_tcp.h"
#include "stack/base/rng.h"
#include "stack/trace.h"
#include "stack/uv.h"

#define DEFAULT_METRIC 1024u
#define TIMERS_A_TURN  4096u /* so that timers that start each other cannot hold the loop */
#define FAREWELL_US    20000u

struct net {
	uv_loop_t loop;
	struct rng rng;
	struct net_link_parts parts;
	struct stack *stack;
	void *block;
	size_t block_bytes;
	struct stack_uv shell;
	bool has_shell;
	struct wheel wheel;
	uv_timer_t timer; /* ends the loop's sleep for the wheel; the turn does the rest */
	uint64_t armed_at_us;
	struct net_driver *driver; /* NULL: none */
	uint32_t connection_count;
	bool is_leaving;
	struct journey *journey;
	struct event_ring *events;
	void (*on_events)(void *data);
	void (*on_wait)(void *data);
	uv_prepare_t wait;
	void *events_data;
	void (*on_soon)(void *data); /* NULL: nobody */
	void *soon_data;
};

uint64_t
net_now_us(struct net *net)
{
	return stack_uv_now_us(&net->shell);
}

void
net_now_again(struct net *net)
{
	stack_uv_now_again(&net->shell);
}

struct uv_loop_s *
net_loop(struct net *net)
{
	return &net->loop;
}

struct stack *
net_stack(struct net *net)
{
	return net->stack;
}

struct rng *
net_rng(struct net *net)
{
	return &net->rng;
}

struct journey *
net_journey(struct net *net)
{
	return net->journey;
}

struct event_ring *
net_events(struct net *net)
{
	return net->events;
}

void
net_take_events(struct net *net)
{
	if (net->on_events != NULL)
		net->on_events(net->events_data);
}

int
net_more_udp(struct net *net, struct failure *failure)
{
	return net_link_more_udp(&net->parts, NET_UDP_PORTS_SELF, &net->rng, net_now_us(net), failure);
}

int
net_open_udp(struct net *net, struct failure *failure)
{
	return net_link_open_udp(&net->parts, &net->rng, net_now_us(net), failure);
}

bool
net_more_ports(struct net *net)
{
	return net->parts.has_guard && guard_tcp_hold(&net->parts.guard_tcp, NET_TCP_PORTS_MORE, &net->rng) > 0;
}

uint32_t
net_next_connection(struct net *net)
{
	return ++net->connection_count;
}

/* ---- timers ---------------------------------------------------------------------------------------- */

static void
on_uv_timer(uv_timer_t *timer)
{
	struct net *net = timer->data;
	net->armed_at_us = WHEEL_NEVER;
}

static void
arm(struct net *net, uint64_t at_us)
{
	if (at_us == net->armed_at_us)
		return;
	net->armed_at_us = at_us;
	if (at_us == WHEEL_NEVER) {
		(void)uv_timer_stop(&net->timer);
		return;
	}
	const uint64_t at_ms = at_us / 1000 + (at_us % 1000 != 0), now_ms = uv_now(&net->loop);
	(void)uv_timer_start(&net->timer, on_uv_timer, at_ms > now_ms ? at_ms - now_ms : 0, 0);
}

void
net_timer_start(struct net *net, struct net_timer *timer, uint64_t at_us,
		void (*on_due)(void *data), void *data)
{
	timer->on_due = on_due;
	timer->data = data;
	wheel_arm(&net->wheel, &timer->wheel, at_us);
	if (at_us < net->armed_at_us)
		arm(net, at_us);
}

void
net_timer_stop(struct net *net, struct net_timer *timer)
{
	wheel_disarm(&net->wheel, &timer->wheel);
}

static void
on_turn(struct stack_uv *shell, uint64_t now_us)
{
	struct net *net = shell->data;
	struct wheel_timer *due;

	for (unsigned left = TIMERS_A_TURN; left > 0; left--) {
		due = wheel_expire(&net->wheel, now_us);
		if (due == NULL)
			break;
		struct net_timer *timer = (struct net_timer *)due;
		timer->on_due(timer->data);
	}
	if (net->on_soon != NULL)
		net->on_soon(net->soon_data);
	uint64_t at_us = wheel_deadline(&net->wheel);
	if (net->driver != NULL) {
		net->driver->on_turn(net->driver);
		const uint64_t driver_at_us = net->driver->deadline(net->driver);
		const uint64_t wheel_at_us = wheel_deadline(&net->wheel);
		at_us = driver_at_us < wheel_at_us ? driver_at_us : wheel_at_us;
	}
	arm(net, at_us);
	net_take_events(net);
	/* What has come was taken right before the loop sleeps: it must not, when that was all. */
	if (net->is_leaving && !stream_tcp_has_unsaid(net->stack))
		uv_stop(&net->loop);
}

void
net_wake(struct net *net)
{
	arm(net, 0);
}

void
net_set_driver(struct net *net, struct net_driver *driver)
{
	net->driver = driver;
}

void
net_set_soon(struct net *net, void (*on_soon)(void *data), void *data)
{
	net->on_soon = on_soon;
	net->soon_data = data;
}

/* ---- the stack ------------------------------------------------------------------------------------- */

static void
on_action(struct stack_uv *shell, const struct stack_action *action, uint64_t now_us)
{
	struct net *net = shell->data;
	struct net_sink *sink = (struct net_sink *)(uintptr_t)action->user;

	if (net->driver != NULL && net->driver->on_action(net->driver, action, now_us)) {
		net_wake(net);
		return;
	}
	if (action->kind != STACK_ECHO && sink != NULL)
		sink->on_action(sink, action, now_us);
}

static int
seed(struct rng *rng)
{
	uint8_t bytes[RNG_SEED_BYTES];

	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return ERR_IO;
	rng_init(rng, bytes);
	explicit_bzero(bytes, sizeof bytes);
	return 0;
}

/* Only what is used of it becomes memory. */
static int
make_stack(struct net *net, const struct net_options *options, uint64_t now_us)
{
	struct stack_limits limits = stack_limits_default;

	limits.flow_count = NET_FLOWS_MAX;
	limits.listener_count = 4;
	limits.route_count = 256;
	limits.neigh_count = limits.pmtu_count = 256;
	limits.tcp_count = NET_CONNS_MAX;
	limits.tcp_buffer_bytes = NET_BUFFER_BYTES;
	limits.tcp_sent_count = 16384;
	limits.tcp_syn_count = 4;
	limits.tcp_time_wait_count = 1024;
	limits.is_block_clear = true;
	net->block_bytes = stack_bytes(&limits);
	net->block = mmap(NULL, net->block_bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (net->block == MAP_FAILED) {
		net->block = NULL;
		return ERR_NO_MEMORY;
	}
	net->stack = stack_new(net->block, net->block_bytes, &limits, &net->rng, now_us);
	stack_trace(net->stack, options->events);
	stack_trace_frames(net->stack, false); /* the journey has none of them */
	return 0;
}

static int
add_gateway(struct net *net, const struct ip_addr *gateway)
{
	const struct stack_route route = {
		.prefix = { .family = gateway->family },
		.gateway = *gateway,
		.ifindex = (uint8_t)net->shell.ifindex,
		.metric = DEFAULT_METRIC,
	};
	return stack_route_add(net->stack, &route);
}

/* A station's addresses; link raw has mirrored the host's. */
static int
set_up(struct net *net, const struct net_options *options)
{
	int err = 0;

	for (unsigned i = 0; i < options->addr_count && err == 0; i++)
		err = stack_addr_add(net->stack, net->shell.ifindex, &options->addrs[i],
				     net_now_us(net));
	for (unsigned i = 0; i < options->gateway_count && err == 0; i++)
		err = add_gateway(net, &options->gateways[i]);
	return err;
}

static int
open_shell(struct net *net, const struct net_options *options)
{
	const bool is_station = options->link != NET_LINK_RAW && options->given == NULL;

	net->shell.data = net;
	if (is_station && options->addr_count == 0)
		net->shell.if_flags = STACK_IF_DHCP | STACK_IF_SLAAC;
	net->has_shell = true;
	int err = stack_uv_open(&net->shell, &net->loop, net->stack, net->parts.link, on_action,
				on_turn);
	if (err != 0)
		return err;
	return set_up(net, options);
}

static int
open_parts(struct net *net, const struct net_options *options, struct failure *failure)
{
	const uint64_t now_us = uv_hrtime() / 1000;
	int err = seed(&net->rng);

	if (err == 0)
		err = make_stack(net, options, now_us);
	if (err != 0) {
		failure_set(failure, FAILURE_MEMORY, "the network stack: %s", err_text(err));
		return err;
	}
	wheel_init(&net->wheel, now_us);
	err = net_link_open(&net->parts, options, &net->rng, now_us, failure);
	if (err != 0)
		return err;
	err = open_shell(net, options);
	if (err != 0)
		failure_set(failure, FAILURE_LINK, "the network stack: %s", err_text(err));
	return err;
}

static void
on_wait(uv_prepare_t *wait)
{
	struct net *net = wait->data;
	if (uv_backend_timeout(&net->loop) != 0) /* else there is more to be done at once */
		net->on_wait(net->events_data);
}

int
net_open(struct net **opened, const struct net_options *options, struct failure *failure)
{
	struct net *net = calloc(1, sizeof *net);

	if (net == NULL || uv_loop_init(&net->loop) != 0) {
		free(net);
		failure_set(failure, FAILURE_MEMORY, "no event loop: %s", strerror(errno));
		return ERR_NO_MEMORY;
	}
	(void)uv_timer_init(&net->loop, &net->timer); /* cannot fail */
	(void)uv_prepare_init(&net->loop, &net->wait);
	if (options->on_wait != NULL) {
		/* libuv calls first what was started last: the stack's turn, which sends, comes before this. */
		(void)uv_prepare_start(&net->wait, on_wait);
		uv_unref((uv_handle_t *)&net->wait);
	}
	net->timer.data = net->wait.data = net;
	net->armed_at_us = WHEEL_NEVER;
	net->journey = options->journey;
	net->events = options->events;
	net->on_events = options->on_events;
	net->on_wait = options->on_wait;
	net->events_data = options->events_data;
	int err = open_parts(net, options, failure);
	if (err != 0) {
		net_close(net);
		return err;
	}
	*opened = net;
	return 0;
}

/* ---- running, and the end -------------------------------------------------------------------------- */

void
net_run(struct net *net)
{
	(void)uv_run(&net->loop, UV_RUN_DEFAULT);
}

void
net_stop(struct net *net)
{
	uv_stop(&net->loop);
}

static void
on_farewell(void *data)
{
	(void)data; /* time is up: the loop looks */
}

/*
 * With the process the guards go, and the kernel answers for us with RST: peers are given a moment to hear the FIN
 * before that.  Who is slower than that hears it with the first FIN or not at all, and has been read to the end.
 */
static void
say_farewell(struct net *net)
{
	struct net_timer timer = { .on_due = NULL };
	const uint64_t until_us = uv_hrtime() / 1000 + FAREWELL_US;

	net_timer_start(net, &timer, until_us, on_farewell, NULL);
	net->is_leaving = true;
	while (stream_tcp_has_unsaid(net->stack) && uv_hrtime() / 1000 < until_us)
		(void)uv_run(&net->loop, UV_RUN_ONCE);
	net->is_leaving = false;
	net_timer_stop(net, &timer);
}

void
net_close(struct net *net)
{
	if (net == NULL)
		return;
	if (net->has_shell) {
		say_farewell(net);
		stack_uv_close(&net->shell, NULL);
	}
	uv_close((uv_handle_t *)&net->timer, NULL);
	uv_close((uv_handle_t *)&net->wait, NULL);
	while (uv_run(&net->loop, UV_RUN_DEFAULT) != 0)
		; /* net_stop may have been called outside of it, and ends the first run at once */
	const int err = uv_loop_close(&net->loop);
	assert(err == 0); /* the caller's handles are closed before */
	(void)err;
	net_link_close(&net->parts);
	if (net->block != NULL)
		(void)munmap(net->block, net->block_bytes);
	free(net);
}
