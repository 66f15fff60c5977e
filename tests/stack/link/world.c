#include "tests/stack/link/world.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/stack/host.h"

/* Not Check's: a benchmark uses this file as well. */
static void
must(bool is_true)
{
	if (!is_true)
		abort();
}

static void
on_action(struct stack_uv *shell, const struct stack_action *action, uint64_t now_us)
{
	struct world *world = shell->data;

	(void)now_us;
	switch (action->kind) {
	case STACK_TRANSMIT: abort(); /* frames are the shell's business */;
	case STACK_DATAGRAM:
		memcpy(world->payload, action->bytes, action->size);
		world->payload_bytes = action->size;
		world->local = action->local;
		world->remote = action->remote;
		world->datagram_count++;
		break;
	case STACK_ERROR:
		world->error = action->error;
		world->error_count++;
		break;
	case STACK_ECHO: world->echo_count++; break;
	case STACK_TCP:  break;
	}
}

static void
on_turn(struct stack_uv *shell, uint64_t now_us)
{
	struct world *world = shell->data;

	(void)now_us;
	if (world->is_done != NULL && world->is_done(world, world->done_context))
		uv_stop(&world->loop);
}

void
world_open(struct world *world, struct link *link)
{
	struct stack_limits limits = stack_limits_default;

	limits.tcp_count = limits.tcp_syn_count = limits.tcp_time_wait_count = limits.tcp_sent_count = 16;
	limits.tcp_buffer_bytes = 256u << 10;
	size_t block_bytes = stack_bytes(&limits);
	void *block = aligned_alloc(64, (block_bytes + 63) / 64 * 64);

	*world = (struct world){ .link = link };
	world->shell.data = world;
	rng_init_number(&world->rng, 11);
	must(uv_loop_init(&world->loop) == 0);
	(void)uv_timer_init(&world->loop, &world->alarm);
	world->stack = stack_new(block, block_bytes, &limits, &world->rng, uv_hrtime() / 1000);
	must(world->stack != NULL);
	must(stack_uv_open(&world->shell, &world->loop, world->stack, link, on_action, on_turn) == 0);
}

void
world_close(struct world *world)
{
	uv_close((uv_handle_t *)&world->alarm, NULL);
	stack_uv_close(&world->shell, NULL);
	must(uv_run(&world->loop, UV_RUN_DEFAULT) == 0);
	must(uv_loop_close(&world->loop) == 0);
	world->link->ops->close(world->link);
	free(world->stack);
}

static void
on_alarm(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

static bool
run_until(struct world *world, world_done_cb *is_done, const void *context, uint64_t timeout_ms)
{
	uv_update_time(&world->loop);
	(void)uv_timer_start(&world->alarm, on_alarm, timeout_ms, 0);
	world->is_done = is_done;
	world->done_context = context;
	if (!is_done(world, context))
		(void)uv_run(&world->loop, UV_RUN_DEFAULT);
	world->is_done = NULL;
	(void)uv_timer_stop(&world->alarm);
	return is_done(world, context);
}

struct counter_goal {
	const uint64_t *counter;
	uint64_t goal;
};

static bool
has_counted(struct world *world, const void *context)
{
	const struct counter_goal *wanted = context;
	(void)world;
	return *wanted->counter >= wanted->goal;
}

bool
world_run(struct world *world, const uint64_t *counter, uint64_t goal, uint64_t timeout_ms)
{
	struct counter_goal wanted = { counter, goal };
	return run_until(world, has_counted, &wanted, timeout_ms);
}

struct source_wanted {
	struct ip_addr remote;
	const char *source;
};

static bool
has_source(struct world *world, const void *context)
{
	const struct source_wanted *wanted = context;
	struct ip_addr source;

	if (stack_source_for(world->stack, &wanted->remote, &source) != 0)
		return wanted->source[0] == '\0';
	if (wanted->source[0] == '\0')
		return false;
	struct ip_addr expected = addr_of(wanted->source);
	return addr_equal(&source, &expected);
}

bool
world_wait_source(struct world *world, const char *remote, const char *source, uint64_t timeout_ms)
{
	struct source_wanted wanted = { addr_of(remote), source };
	return run_until(world, has_source, &wanted, timeout_ms);
}

bool
world_ask_within(struct world *world, const char *remote, uint16_t port, size_t size, uint64_t timeout_ms)
{
	struct ip_addr to = addr_of(remote);
	uint8_t question[65536];
	udp_flow flow;
	bool is_answered = false;

	rng_bytes(&world->rng, question, size);
	if (udp_open(world->stack, &to, port, NULL, 0, 0, &flow) != 0)
		return false;
	if (udp_send(world->stack, flow, question, size, stack_uv_now_us(&world->shell)) == 0)
		is_answered = world_run(world, &world->datagram_count, world->datagram_count + 1, timeout_ms) &&
		              world->payload_bytes == size && memcmp(world->payload, question, size) == 0 &&
		              addr_equal(&world->remote, &to);
	udp_close(world->stack, flow);
	return is_answered;
}

bool
world_ask(struct world *world, const char *remote, uint16_t port, size_t size)
{
	return world_ask_within(world, remote, port, size, PATIENCE_MS);
}

/* ---- commands ---------------------------------------------------------------------------------- */

struct command {
	uv_process_t process;
	bool has_ended;
	int status;
};

static void
on_command_closed(uv_handle_t *process)
{
	struct command *command = process->data;
	command->has_ended = true;
	uv_stop(process->loop);
}

static void
on_command_exit(uv_process_t *process, int64_t status, int signal)
{
	struct command *command = process->data;
	command->status = signal != 0 ? -1 : (int)status;
	uv_close((uv_handle_t *)process, on_command_closed);
}

static bool
has_ended(struct world *world, const void *context)
{
	(void)world;
	return ((const struct command *)context)->has_ended;
}

int
world_shell(struct world *world, uint64_t timeout_ms, const char *format, ...)
{
	char line[400];
	va_list arguments;
	struct command command = { .status = -1 };
	char *argv[] = { "sh", "-c", line, NULL };
	uv_stdio_container_t inherit[3] = { { .flags = UV_IGNORE },
		                            { .flags = UV_INHERIT_FD, .data.fd = 2 },
		                            { .flags = UV_INHERIT_FD, .data.fd = 2 } };
	uv_process_options_t options = {
		.file = "sh", .args = argv, .exit_cb = on_command_exit, .stdio = inherit, .stdio_count = 3
	};

	va_start(arguments, format);
	(void)vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	command.process.data = &command;
	must(uv_spawn(&world->loop, &command.process, &options) == 0);
	if (!run_until(world, has_ended, &command, timeout_ms)) {
		(void)uv_process_kill(&command.process, SIGKILL);
		must(run_until(world, has_ended, &command, timeout_ms));
	}
	return command.status;
}
