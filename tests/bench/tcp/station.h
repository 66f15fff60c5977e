/*
 * station.h - a stack with TCP on a device of this network namespace, on a libuv loop.
 *
 * What the programs of this folder have in common: link `packet` or `tap`, optionally behind the
 * faults link or written to a capture, addresses with their on-link routes.
 *
 * Errors: whatever goes wrong at the start is said on stderr and ends the program.
 */
#ifndef CAIRN_TESTS_BENCH_TCP_STATION_H
#define CAIRN_TESTS_BENCH_TCP_STATION_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/link/link.h"

#define STATION_ADDRS_MAX 4u

struct station_config {
	const char *device;
	bool is_tap;
	const char *addrs[STATION_ADDRS_MAX]; /* "192.0.2.1/24" */
	unsigned addr_count;
	uint32_t loss_ppm; /* each way; 0: no faults link */
	uint64_t seed;     /* of the losses */
	const char *capture; /* a pcapng file; NULL: none */
};

struct station;

typedef void station_action_fn(void *data, const struct stack_action *action, uint64_t now_us);

struct station *station_new(const struct station_config *config, station_action_fn *on_action, void *data);
void station_free(struct station *station);

struct stack *station_stack(struct station *station);
const struct link_stats *station_link_stats(const struct station *station);
uint64_t station_now_us(struct station *station);

/* Runs until station_stop, SIGTERM or the end of patience; false: that was it. */
bool station_run(struct station *station, unsigned patience_s);
void station_stop(struct station *station);

#endif
