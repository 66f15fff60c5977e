/*
 * world.h - a stack with its link on a libuv loop, as a program would run it, and a way to ask echo servers.
 */
#ifndef CAIRN_TESTS_STACK_LINK_WORLD_H
#define CAIRN_TESTS_STACK_LINK_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/base/rng.h"
#include "stack/uv.h"
#include "tests/stack/link/netns.h"

struct world;
typedef bool world_done_cb(struct world *world, const void *context);

struct world {
	uv_loop_t loop;
	uv_timer_t alarm; /* ends a wait that is in vain */
	world_done_cb *is_done; /* ends a wait; NULL: nobody waits */
	const void *done_context;
	struct stack *stack;
	struct rng rng;
	struct link *link;
	struct stack_uv shell;

	uint64_t datagram_count, error_count, echo_count;
	enum stack_error error;   /* the last one */
	uint8_t payload[65536];   /* of the last datagram */
	size_t payload_bytes;
	struct ip_addr local, remote;
};

/* Opens a stack over the link, which it owns from now on. */
void world_open(struct world *world, struct link *link);
void world_close(struct world *world);

/* Runs the loop until *counter reaches `goal`; false when it does not within timeout_ms. */
bool world_run(struct world *world, const uint64_t *counter, uint64_t goal, uint64_t timeout_ms);

/* Runs the loop until a datagram to `remote` would come from `source`; "" means that there is no route. */
bool world_wait_source(struct world *world, const char *remote, const char *source, uint64_t timeout_ms);

/* Sends `size` octets to an echo server and waits for them to come back; false when they do not within timeout_ms. */
bool world_ask_within(struct world *world, const char *remote, uint16_t port, size_t size, uint64_t timeout_ms);
bool world_ask(struct world *world, const char *remote, uint16_t port, size_t size); /* with patience */

/* Runs a shell command beside the loop and returns its exit status; -1 when it does not end in time. */
int world_shell(struct world *world, uint64_t timeout_ms, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

#endif
