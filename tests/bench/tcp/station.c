#include "tests/bench/tcp/station.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "stack/base/rng.h"
#include "stack/link/capture.h"
#include "stack/link/faults.h"
#include "stack/link/packet.h"
#include "stack/link/tap.h"
#include "stack/uv.h"

struct station {
	uv_loop_t loop;
	uv_timer_t patience;
	uv_signal_t end_signal;
	struct stack_uv shell;
	struct stack *stack;
	struct link *link;
	struct rng rng;
	void *faults; /* block of the faults link; NULL */
	station_action_fn *on_action;
	void *data;
	bool has_lost_patience;
};

static const struct stack_limits limits = {
	.flow_count = 16,
	.listener_count = 4,
	.addr_count = 16,
	.route_count = 16,
	.neigh_count = 64,
	.pmtu_count = 64,
	.reass_bytes = 256u << 10,
	.transmit_bytes = 4u << 20,
	.receive_bytes = 256u << 10,
	.tcp_count = 4096,
	.tcp_buffer_bytes = 512u << 20,
	.tcp_sent_count = 65536,
	.tcp_syn_count = 4096,
	.tcp_time_wait_count = 65536,
	.is_block_clear = true,
};

static void
fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(EXIT_FAILURE);
}

static struct link *
device_open(const struct station_config *config, uint64_t now_us)
{
	const struct packet_config packet = { .device = config->device };
	const struct tap_config tap = { .device = config->device };
	struct link_error error;
	struct link *link;

	int err = config->is_tap ? tap_open(&link, &tap, &error) : packet_open(&link, &packet, now_us, &error);
	if (err != 0)
		fail(error.text);
	return link;
}

static struct link *
link_open(struct station *station, const struct station_config *config, uint64_t now_us)
{
	struct link *link = device_open(config, now_us);

	if (config->loss_ppm != 0) {
		const struct faults_config faults = { .in.loss_ppm = config->loss_ppm,
			                              .out.loss_ppm = config->loss_ppm,
			                              .seed = config->seed };
		station->faults = aligned_alloc(64, (faults_bytes() + 63) / 64 * 64);
		if (station->faults == NULL)
			fail("no memory");
		link = faults_new(station->faults, link, &faults);
	}
	if (config->capture != NULL) {
		const struct capture_config capture = { .path = config->capture, .application = "bulk" };
		struct link_error error;
		if (capture_open(&link, link, &capture, now_us, &error) != 0)
			fail(error.text);
	}
	return link;
}

static void
add_addr(struct station *station, const char *text)
{
	struct stack_addr addr = { .flags = STACK_ADDR_NO_DAD };
	const char *slash = strchr(text, '/');
	char bare[64];

	if (slash == NULL || (size_t)(slash - text) >= sizeof bare)
		fail("an address needs its prefix length: 192.0.2.1/24");
	(void)snprintf(bare, sizeof bare, "%.*s", (int)(slash - text), text);
	addr.prefix_len = (uint8_t)atoi(slash + 1);
	if (addr_from_text(&addr.addr, bare) != 0 ||
	    stack_addr_add(station->stack, station->shell.ifindex, &addr, station_now_us(station)) != 0)
		fail(text);
}

static void
on_action(struct stack_uv *shell, const struct stack_action *action, uint64_t now_us)
{
	struct station *station = shell->data;
	station->on_action(station->data, action, now_us);
}

struct station *
station_new(const struct station_config *config, station_action_fn *on_station_action, void *data)
{
	const uint64_t now_us = uv_hrtime() / 1000;
	const size_t block_bytes = stack_bytes(&limits);
	uint8_t seed[RNG_SEED_BYTES];
	/* Not cleared a second time: of the room for 4096 connections most is never touched. */
	void *block = mmap(NULL, block_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct station *station = calloc(1, sizeof *station);

	if (block == MAP_FAILED || station == NULL || getrandom(seed, sizeof seed, 0) != (ssize_t)sizeof seed)
		fail("no memory");
	station->on_action = on_station_action;
	station->data = data;
	station->shell.data = station;
	rng_init(&station->rng, seed);
	station->link = link_open(station, config, now_us);
	station->stack = stack_new(block, block_bytes, &limits, &station->rng, now_us);
	if (uv_loop_init(&station->loop) != 0 ||
	    stack_uv_open(&station->shell, &station->loop, station->stack, station->link, on_action, NULL) != 0)
		fail("the loop cannot watch the link");
	(void)uv_timer_init(&station->loop, &station->patience);
	(void)uv_signal_init(&station->loop, &station->end_signal);
	station->patience.data = station->end_signal.data = station;
	for (unsigned i = 0; i < config->addr_count; i++)
		add_addr(station, config->addrs[i]);
	return station;
}

void
station_free(struct station *station)
{
	stack_uv_close(&station->shell, NULL);
	uv_close((uv_handle_t *)&station->patience, NULL);
	uv_close((uv_handle_t *)&station->end_signal, NULL);
	(void)uv_run(&station->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&station->loop);
	station->link->ops->close(station->link);
	free(station->faults);
	(void)munmap(station->stack, stack_bytes(&limits));
	free(station);
}

struct stack *
station_stack(struct station *station)
{
	return station->stack;
}

const struct link_stats *
station_link_stats(const struct station *station)
{
	return &station->link->stats;
}

uint64_t
station_now_us(struct station *station)
{
	return stack_uv_now_us(&station->shell);
}

/* ---- running ----------------------------------------------------------------------------------- */

static void
on_patience_lost(uv_timer_t *timer)
{
	struct station *station = timer->data;
	station->has_lost_patience = true;
	station_stop(station);
}

static void
on_end_signal(uv_signal_t *handle, int number)
{
	(void)number;
	station_stop(handle->data);
}

bool
station_run(struct station *station, unsigned patience_s)
{
	(void)uv_timer_start(&station->patience, on_patience_lost, patience_s * UINT64_C(1000), 0);
	(void)uv_signal_start(&station->end_signal, on_end_signal, SIGTERM);
	(void)uv_run(&station->loop, UV_RUN_DEFAULT);
	/* A last turn, in which our FINs and acknowledgments leave. */
	(void)uv_run(&station->loop, UV_RUN_NOWAIT);
	return !station->has_lost_patience;
}

void
station_stop(struct station *station)
{
	uv_stop(&station->loop);
}
