#include "stack/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "stack/base/rng.h"
#include "stack/tcp.h"
#include "stack/uv.h"

#define GATEWAY_METRIC 1024u

const struct stack_limits cairn_host_limits_default = {
	.flow_count = 1024,
	.listener_count = 1024,
	.addr_count = 32,
	.route_count = 64,
	.neigh_count = 256,
	.pmtu_count = 256,
	.reass_bytes = 256u << 10,
	.transmit_bytes = 1u << 20,
	.receive_bytes = 1u << 20,
	.tcp_count = 1024,
	.tcp_buffer_bytes = 16u << 20,
	.tcp_sent_count = 16384,
	.tcp_syn_count = 1024,
	.tcp_time_wait_count = 4096,
};

struct cairn_host {
	struct cairn calls;
	uv_loop_t loop;
	uv_timer_t alarm; /* ends the sleep of a call that waits no longer */
	struct stack_uv shell;
	struct link *link;
	struct stack *stack;
	void *stack_block, *table_block;
	uint32_t fd_count;
	struct rng rng;
	cairn_condition *is_so; /* what a call waits for; NULL: none does */
	void *argument;
};

/* ---- turns and waiting ------------------------------------------------------------------------- */

static uint64_t
now_us(void *data)
{
	struct cairn_host *host = data;
	host->shell.has_time = false; /* the program may have computed since the last turn */
	return stack_uv_now_us(&host->shell);
}

static void
tell_time_of_day(struct cairn_host *host, uint64_t at_us)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail */
	socket_tell_time_of_day(host->calls.table, at_us,
				(uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u);
}

static void
on_action(struct stack_uv *shell, const struct stack_action *action, uint64_t at_us)
{
	struct cairn_host *host = shell->data;
	socket_tell_time(host->calls.table, at_us);
	(void)socket_action(host->calls.table, shell->stack, action);
}

/* The loop takes what has come right before it sleeps: when that is what was waited for, it must not. */
static void
on_turn(struct stack_uv *shell, uint64_t at_us)
{
	struct cairn_host *host = shell->data;
	tell_time_of_day(host, at_us);
	socket_tell_time(host->calls.table, at_us);
	if (host->is_so != NULL && host->is_so(host->argument))
		uv_stop(&host->loop);
}

static void
on_alarm(uv_timer_t *timer)
{
	(void)timer;
}

void
cairn_host_turn(struct cairn_host *host)
{
	(void)now_us(host);
	(void)uv_run(&host->loop, UV_RUN_NOWAIT);
}

static int
wait(void *data, cairn_condition *is_so, void *argument, uint64_t until_us)
{
	struct cairn_host *host = data;

	cairn_host_turn(host); /* also a call that need not wait has its part sent */
	host->is_so = is_so;
	host->argument = argument;
	while (!is_so(argument)) {
		const uint64_t at_us = now_us(host);
		if (at_us >= until_us)
			break;
		if (until_us != CAIRN_NEVER)
			(void)uv_timer_start(&host->alarm, on_alarm, (until_us - at_us) / 1000 + 1, 0);
		(void)uv_run(&host->loop, UV_RUN_ONCE);
		socket_tell_time(host->calls.table, now_us(host));
	}
	host->is_so = NULL;
	(void)uv_timer_stop(&host->alarm);
	return 0;
}

static const struct cairn_shell shell_of_host = { .now_us = now_us, .wait = wait };

/* ---- opening ----------------------------------------------------------------------------------- */

static int
complain(struct link_error *error, const char *what, const char *word, int err)
{
	(void)snprintf(error->text, sizeof error->text, "%s%s%s: %s", what, word[0] != '\0' ? " " : "", word,
	               err_text(err));
	return err;
}

static void *
block_of(size_t bytes)
{
	return aligned_alloc(64, (bytes + 63) / 64 * 64);
}

static int
make_cores(struct cairn_host *host, const struct cairn_host_config *config)
{
	const struct stack_limits *limits = config->limits != NULL ? config->limits : &cairn_host_limits_default;
	const struct socket_limits *sockets =
		config->socket_limits != NULL ? config->socket_limits : &socket_limits_default;
	uint8_t seed[RNG_SEED_BYTES];

	if (getrandom(seed, sizeof seed, 0) != (ssize_t)sizeof seed)
		return ERR_IO;
	rng_init(&host->rng, seed);
	host->fd_count = sockets->socket_count;
	host->stack_block = block_of(stack_bytes(limits));
	host->table_block = block_of(socket_table_bytes(sockets));
	if (host->stack_block == NULL || host->table_block == NULL)
		return ERR_NO_MEMORY;
	host->stack = stack_new(host->stack_block, stack_bytes(limits), limits, &host->rng, uv_hrtime() / 1000);
	host->calls = (struct cairn){
		.table = socket_table_new(host->table_block, socket_table_bytes(sockets), sockets, &host->rng),
		.stack = host->stack,
		.shell = &shell_of_host,
		.data = host,
	};
	if (host->stack == NULL || host->calls.table == NULL)
		return ERR_NO_MEMORY;
	tell_time_of_day(host, uv_hrtime() / 1000);
	return 0;
}

static int
add_addr(struct cairn_host *host, const char *text)
{
	struct stack_addr addr = { .flags = 0 };
	unsigned prefix_len;
	int err = addr_prefix_from_text(&addr.addr, &prefix_len, text);
	if (err != 0)
		return err;
	addr.prefix_len = (uint8_t)prefix_len;
	return stack_addr_add(host->stack, host->shell.ifindex, &addr, now_us(host));
}

static int
add_gateway(struct cairn_host *host, const char *text)
{
	struct stack_route route = { .ifindex = (uint8_t)host->shell.ifindex, .metric = GATEWAY_METRIC };
	int err = addr_from_text(&route.gateway, text);
	if (err != 0)
		return err;
	route.prefix.family = route.gateway.family;
	return stack_route_add(host->stack, &route);
}

static int
set_up(struct cairn_host *host, const struct cairn_host_config *config, struct link_error *error)
{
	int err;
	for (unsigned i = 0; i < HOST_ADDRS_MAX && config->addrs[i] != NULL; i++)
		if ((err = add_addr(host, config->addrs[i])) != 0)
			return complain(error, "address", config->addrs[i], err);
	for (unsigned i = 0; i < HOST_ADDRS_MAX && config->gateways[i] != NULL; i++)
		if ((err = add_gateway(host, config->gateways[i])) != 0)
			return complain(error, "gateway", config->gateways[i], err);
	return 0;
}

/* What the loop watches; from here on finish is right. */
static int
start(struct cairn_host *host, const struct cairn_host_config *config)
{
	(void)uv_timer_init(&host->loop, &host->alarm); /* cannot fail */
	host->shell.data = host;
	host->shell.if_flags = (config->dhcp ? STACK_IF_DHCP : 0u) | (config->slaac ? STACK_IF_SLAAC : 0u);
	return stack_uv_open(&host->shell, &host->loop, host->stack, host->link, on_action, on_turn);
}

static void
finish(struct cairn_host *host)
{
	stack_uv_close(&host->shell, NULL);
	uv_close((uv_handle_t *)&host->alarm, NULL);
	(void)uv_run(&host->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&host->loop);
}

static void
dispose(struct cairn_host *host)
{
	host->link->ops->close(host->link);
	free(host->stack_block);
	free(host->table_block);
	free(host);
}

int
cairn_host_open(struct cairn_host **made, struct link *link, const struct cairn_host_config *config,
                struct link_error *error)
{
	struct cairn_host *host = calloc(1, sizeof *host);
	if (host == NULL) {
		link->ops->close(link);
		return complain(error, "host", "", ERR_NO_MEMORY);
	}
	host->link = link;
	int err = make_cores(host, config);
	if (err == 0 && uv_loop_init(&host->loop) != 0)
		err = ERR_IO;
	if (err != 0) {
		dispose(host);
		return complain(error, "host", "", err);
	}
	err = start(host, config);
	if (err != 0)
		(void)complain(error, "host: the loop", "", err);
	else
		err = set_up(host, config, error);
	if (err != 0) {
		finish(host);
		dispose(host);
		return err;
	}
	*made = host;
	return 0;
}

/* ---- in use ------------------------------------------------------------------------------------ */

struct cairn *
cairn_host_calls(struct cairn_host *host)
{
	return &host->calls;
}

struct stack *
cairn_host_stack(struct cairn_host *host)
{
	return host->stack;
}

struct route_to {
	const struct stack *stack;
	const struct ip_addr *peer;
};

static bool
has_route(void *argument)
{
	const struct route_to *to = argument;
	struct ip_addr source;
	return stack_source_for(to->stack, to->peer, &source) == 0;
}

int
cairn_host_await(struct cairn_host *host, const struct ip_addr *peer, unsigned timeout_ms)
{
	struct route_to to = { .stack = host->stack, .peer = peer };
	(void)wait(host, has_route, &to, now_us(host) + timeout_ms * UINT64_C(1000));
	return has_route(&to) ? 0 : ERR_NO_ROUTE;
}

/* ---- closing ----------------------------------------------------------------------------------- */

/* No connection has anything left to say: what is in TIME-WAIT or listens has not. */
static bool
is_quiet(void *argument)
{
	const struct stack *stack = argument;
	struct tcp_conn_info info;
	for (uint32_t place = 0; tcp_info_next(stack, &place, &info);)
		if (info.state != TCP_STATE_TIME_WAIT && info.state != TCP_STATE_LISTEN &&
		    info.state != TCP_STATE_CLOSED && info.state != TCP_STATE_FIN_WAIT_2)
			return false;
	return true;
}

void
cairn_host_close(struct cairn_host *host)
{
	socket_tell_time(host->calls.table, now_us(host));
	for (uint32_t fd = 0; fd < host->fd_count; fd++)
		(void)socket_close(host->calls.table, (int)fd); /* -EBADF: it is not open */
	(void)wait(host, is_quiet, host->stack, now_us(host) + HOST_CLOSE_US);
	finish(host);
	dispose(host);
}
