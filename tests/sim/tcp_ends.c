#include "tests/sim/tcp_ends.h"

#include <string.h>

#include "tests/suite.h"

#define PATTERN_BYTES 65521u /* a prime: a shift by any power of two shows */
#define COPY_BYTES    65536u

/* ---- streams --------------------------------------------------------------------------------- */

static const uint8_t *
pattern(void)
{
	static uint8_t bytes[PATTERN_BYTES + COPY_BYTES];
	static bool is_made;
	struct rng rng;

	if (!is_made) {
		rng_init_number(&rng, 1);
		rng_bytes(&rng, bytes, PATTERN_BYTES);
		memcpy(bytes + PATTERN_BYTES, bytes, COPY_BYTES - 16);
		is_made = true;
	}
	return bytes;
}

static uint32_t
number_of(const struct tcp_world *world, const struct plan_call *call)
{
	return (uint32_t)(call - world->plan.calls);
}

/* Octet `at` of what this side of the call sends, and those behind it: at most COPY_BYTES - 16. */
static const uint8_t *
stream_at(const struct tcp_world *world, const struct plan_call *call, unsigned side, uint32_t at)
{
	return pattern() +
	       ((uint64_t)(number_of(world, call) * 2 + side) * 7919 + at) % PATTERN_BYTES;
}

static struct stack *
stack_of(const struct world_end *end)
{
	return end->world->hosts[end->side]->stack;
}

static unsigned long long
seed_of(const struct world_end *end)
{
	return (unsigned long long)end->world->plan.seed;
}

static uint64_t
now_of(const struct world_end *end)
{
	return end->world->net.now_us;
}

/* The same connection's other end; NULL: it has none (yet). */
static const struct world_end *
other_of(const struct world_end *end)
{
	const struct tcp_world *world = end->world;

	if (end->side == 1)
		return end->call != NULL ? &world->clients[number_of(world, end->call)] : NULL;
	for (unsigned i = 0; i < world->accepted_count; i++)
		if (world->accepted[i].call == end->call)
			return &world->accepted[i];
	return NULL;
}

static void
let_go(struct world_end *end, enum world_fate fate)
{
	end->conn = 0;
	end->fate = fate;
	end->world->sum.finished_us = now_of(end);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void
know_call(struct world_end *end, const uint8_t *bytes, size_t size)
{
	struct tcp_world *world = end->world;
	uint32_t number;

	for (size_t i = 0; i < size && end->received + i < PLAN_NUMBER_BYTES; i++)
		end->number[end->received + i] = bytes[i];
	if (end->call != NULL || end->received + size < PLAN_NUMBER_BYTES)
		return;
	memcpy(&number, end->number, sizeof number);
	HOLDS(number < world->plan.call_count, "a stream begins with a wrong number, seed %llu",
	      seed_of(end));
	end->call = &world->plan.calls[number];
	end->program = &end->call->programs[1];
}

/* Compares what has come with what was written. */
static void
take(struct world_end *end, const uint8_t *bytes, size_t size)
{
	size_t skip = 0;

	if (end->side == 1)
		know_call(end, bytes, size);
	if (end->side == 1 && end->received < PLAN_NUMBER_BYTES)
		skip = size < PLAN_NUMBER_BYTES - end->received ? size
								: PLAN_NUMBER_BYTES - end->received;
	if (size > skip) {
		const uint8_t *expected = stream_at(end->world, end->call, !end->side,
						    end->received + (uint32_t)skip);
		HOLDS(memcmp(bytes + skip, expected, size - skip) == 0,
		      "call %u, host %u: octets [%u, %zu) are damaged, seed %llu",
		      number_of(end->world, end->call), end->side, end->received,
		      end->received + size, seed_of(end));
	}
	end->received += (uint32_t)size;
	end->world->sum.bytes += size;
}

/* The end of the stream: all of it must have come. */
static void
take_end(struct world_end *end)
{
	const struct world_end *other = other_of(end);

	end->is_end_read = true;
	if (other != NULL)
		HOLDS(end->received == other->sent,
		      "call %u, host %u: the stream ends after %u of %u octets, seed %llu",
		      number_of(end->world, end->call), end->side, end->received, other->sent,
		      seed_of(end));
}

static int
read_once(struct world_end *end, size_t size, size_t *got)
{
	static uint8_t buffer[COPY_BYTES];
	const uint8_t *bytes = buffer;
	int err;

	if (end->program != NULL && end->program->peeks) {
		err = tcp_peek(stack_of(end), end->conn, 0, &bytes, got);
		*got = err == 0 && *got > size ? size : *got;
	} else {
		err = tcp_receive(stack_of(end), end->conn, buffer, size, now_of(end), got);
	}
	if (err != 0)
		return err;
	HOLDS(*got <= size, "more than was asked for, seed %llu", seed_of(end));
	take(end, bytes, *got);
	if (bytes != buffer && *got != 0)
		err = tcp_consume(stack_of(end), end->conn, *got, now_of(end));
	HOLDS(err == 0, "what was lent cannot be consumed, seed %llu", seed_of(end));
	return 0;
}

static void
pause_reading(struct world_end *end)
{
	struct net_node *host = end->world->hosts[end->side];

	end->next_read_us = now_of(end) + end->program->read_pause_us;
	if (end->next_read_us < host->due_at_us)
		host->due_at_us = end->next_read_us;
}

static void
read_stream(struct world_end *end)
{
	while (!end->is_end_read && end->next_read_us <= now_of(end)) {
		const uint32_t read_max =
			end->program != NULL ? end->program->read_max : PLAN_NUMBER_BYTES;
		size_t got;
		if (read_once(end, read_max < COPY_BYTES - 16 ? read_max : COPY_BYTES - 16, &got) !=
		    0)
			return;
		if (got == 0)
			take_end(end);
		else if (end->program != NULL && end->program->read_pause_us != 0)
			pause_reading(end);
	}
}

/* ---- writing --------------------------------------------------------------------------------- */

static int
write_once(struct world_end *end, size_t size, size_t *taken)
{
	const uint32_t number = number_of(end->world, end->call);
	const bool is_more = end->program->sends_more && end->sent + size < end->program->bytes;

	if (end->side == 0 && end->sent < PLAN_NUMBER_BYTES) {
		const size_t left = PLAN_NUMBER_BYTES - end->sent;
		return tcp_send(stack_of(end), end->conn, (const uint8_t *)&number + end->sent,
				size < left ? size : left, is_more ? TCP_SEND_MORE : 0, now_of(end),
				taken);
	}
	return tcp_send(stack_of(end), end->conn,
			stream_at(end->world, end->call, end->side, end->sent), size,
			is_more ? TCP_SEND_MORE : 0, now_of(end), taken);
}

static void
write_stream(struct world_end *end)
{
	const struct plan_program *program = end->program;
	uint32_t may_send;

	if (program == NULL || end->is_shut)
		return;
	/* Who listens first says nothing but the number before the other has finished. */
	may_send = program->listens_first && !end->is_end_read
			   ? (end->side == 0 ? PLAN_NUMBER_BYTES : 0)
			   : program->bytes;
	while (end->sent < may_send) {
		const uint32_t left = may_send - end->sent;
		uint32_t size = program->write_max < left ? program->write_max : left;
		size_t taken = 0;
		size = size < COPY_BYTES - 16 ? size : COPY_BYTES - 16;
		if (write_once(end, size, &taken) != 0)
			return;
		HOLDS(taken != 0 && taken <= size, "%zu of %u octets taken, seed %llu", taken, size,
		      seed_of(end));
		end->sent += (uint32_t)taken;
	}
	/* In SYN-SENT it would give the connection up (RFC 9293, section 3.10.4). */
	if (end->sent == program->bytes && end->is_connected &&
	    tcp_shutdown(stack_of(end), end->conn, now_of(end)) == 0)
		end->is_shut = true;
}

/* ---- a turn ---------------------------------------------------------------------------------- */

/* Whether the program goes away here, before the end. */
static bool
leaves(struct world_end *end)
{
	if (end->program == NULL || end->is_end_read)
		return false;
	if (end->received >= end->program->aborts_at)
		tcp_abort(stack_of(end), end->conn, now_of(end));
	else if (end->received >= end->program->leaves_at)
		tcp_close(stack_of(end), end->conn, now_of(end));
	else
		return false;
	let_go(end, WORLD_LEFT);
	return true;
}

static void
end_failed(struct world_end *end)
{
	const struct plan_call *call = end->call;

	end->reason = tcp_reason_of(stack_of(end), end->conn);
	tcp_close(stack_of(end), end->conn, now_of(end));
	if (call != NULL)
		HOLDS(tcp_plan_allows(&end->world->plan, call, end->reason),
		      "call %u, host %u: failed for reason %d after %u sent, %u received, at %llu "
		      "us, seed %llu",
		      number_of(end->world, call), end->side, (int)end->reason, end->sent,
		      end->received, (unsigned long long)now_of(end), seed_of(end));
	let_go(end, WORLD_FAILED);
}

static void
end_turn(struct world_end *end)
{
	if (end->fate != WORLD_RUNS)
		return;
	read_stream(end);
	if ((tcp_poll(stack_of(end), end->conn) & TCP_EVENT_FAILED) != 0) {
		end_failed(end);
		return;
	}
	if (leaves(end))
		return;
	write_stream(end);
	if (end->is_end_read && (end->is_shut || end->program == NULL)) {
		tcp_close(stack_of(end), end->conn, now_of(end));
		let_go(end, WORLD_ENDED);
	}
}

static void
call_open(struct tcp_world *world, const struct plan_call *call)
{
	static const char *const servers[] = { "192.0.2.2", "2001:db8::2" };
	static const char *const far_servers[] = { "198.51.100.2", "2001:db8:1::2" };
	struct world_end *end = &world->clients[call - world->plan.calls];
	const struct ip_addr server =
		net_ip((world->plan.has_router ? far_servers : servers)[world->plan.family]);

	*end = (struct world_end){
		.world = world, .side = 0, .call = call, .program = &call->programs[0]
	};
	const int err = tcp_open(world->hosts[0]->stack, &server, WORLD_PORT, NULL, 0,
				 &world->plan.configs[0], (uint64_t)(call - world->plan.calls),
				 world->net.now_us, &end->conn);
	if (err == ERR_NO_ROUTE && tcp_plan_allows_no_neighbour(&world->plan)) {
		end->reason = TCP_REASON_HOST_UNREACHABLE; /* ARP has had no answer a moment ago */
		let_go(end, WORLD_FAILED);
		return;
	}
	HOLDS(err == 0, "call %u cannot be opened: %s, seed %llu", number_of(world, call),
	      err_text(err), (unsigned long long)world->plan.seed);
	end->fate = WORLD_RUNS;
	end_turn(end);
}

static void
accept_all(struct tcp_world *world, tcp_conn listener)
{
	struct stack *stack = world->hosts[1]->stack;

	for (;;) {
		struct world_end *end = &world->accepted[world->accepted_count];
		tcp_conn conn;
		if (tcp_accept(stack, listener, world->accepted_count, &conn) != 0)
			return;
		HOLDS(world->accepted_count + 1 < WORLD_ACCEPTED_MAX,
		      "too many are accepted, seed %llu", (unsigned long long)world->plan.seed);
		world->accepted_count++;
		*end = (struct world_end){ .world = world,
					   .side = 1,
					   .conn = conn,
					   .is_connected = true,
					   .fate = WORLD_RUNS };
		end_turn(end);
	}
}

void
tcp_ends_listen(struct tcp_world *world)
{
	const struct ip_addr any = { .family = ADDR_NONE };
	tcp_conn listener;

	ck_assert_int_eq(tcp_listen(world->hosts[1]->stack, &any, WORLD_PORT, world->plan.backlog,
				    &world->plan.configs[1], ENDS_LISTENER, &listener),
			 0);
}

void
tcp_ends_heard(struct net_node *host, const struct stack_action *action)
{
	struct tcp_world *world = host->data;
	struct world_end *ends = host == world->hosts[0] ? world->clients : world->accepted;

	if (action->kind != STACK_TCP)
		return;
	if (action->user == ENDS_LISTENER) {
		accept_all(world, action->conn);
		return;
	}
	if ((action->events & TCP_EVENT_CONNECTED) != 0)
		ends[action->user].is_connected = true;
	end_turn(&ends[action->user]);
}

static uint64_t
end_due(struct world_end *end)
{
	if (end->fate == WORLD_RUNS && end->next_read_us != 0 && end->next_read_us <= now_of(end))
		end_turn(end);
	return end->fate == WORLD_RUNS && end->next_read_us > now_of(end) ? end->next_read_us
									  : NET_NEVER;
}

static uint64_t
client_due(struct tcp_world *world, unsigned i)
{
	const uint64_t opens_at_us = NET_START_US + world->plan.calls[i].opens_at_us;

	if (world->clients[i].fate == WORLD_WAITS && opens_at_us > world->net.now_us)
		return opens_at_us;
	if (world->clients[i].fate == WORLD_WAITS)
		call_open(world, &world->plan.calls[i]);
	return end_due(&world->clients[i]);
}

void
tcp_ends_due(struct net_node *host)
{
	struct tcp_world *world = host->data;
	const bool is_client = host == world->hosts[0];
	const unsigned count = is_client ? world->plan.call_count : world->accepted_count;

	for (unsigned i = 0; i < count; i++) {
		const uint64_t at_us =
			is_client ? client_due(world, i) : end_due(&world->accepted[i]);
		host->due_at_us = at_us < host->due_at_us ? at_us : host->due_at_us;
	}
}

/* ---- the whole ------------------------------------------------------------------------------- */

void
tcp_ends_forget(struct tcp_world *world, unsigned side)
{
	struct world_end *ends = side == 0 ? world->clients : world->accepted;
	const unsigned count = side == 0 ? world->plan.call_count : world->accepted_count;

	for (unsigned i = 0; i < count; i++)
		if (ends[i].fate == WORLD_RUNS)
			let_go(&ends[i], WORLD_FORGOTTEN);
}

bool
tcp_ends_are_over(const struct tcp_world *world)
{
	for (unsigned i = 0; i < world->plan.call_count; i++)
		if (world->clients[i].fate <= WORLD_RUNS)
			return false;
	for (unsigned i = 0; i < world->accepted_count; i++)
		if (world->accepted[i].fate <= WORLD_RUNS)
			return false;
	return true;
}
