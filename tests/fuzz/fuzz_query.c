/*
 * Any octets as a client's query: what is answered is a message with the query's id, within its bounds, and what
 * waits for the network ends when that is silent.
 */
#include <stdlib.h>

#include "tests/resolver/serve/client_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct client_world world;

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_reply(const struct client_outcome *outcome, const uint8_t *query, const uint8_t *reply,
	    bool is_stream)
{
	static uint8_t block[512 << 10];
	static struct message message;
	struct arena arena;
	if (outcome->fate != CLIENT_REPLIES)
		return;
	arena_init(&arena, block, sizeof block);
	check(message_read(&message, &arena, reply, outcome->reply_bytes) == 0);
	check(reply[0] == query[0] && reply[1] == query[1]);
	check((message.flags & DNS_QR) != 0);
	check(is_stream || outcome->reply_bytes <= world.policy.respond.udp_bytes_max);
}

static void
make_world(void)
{
	client_world_init(&world, 1);
	client_world_put(&world, "www.example.");
}

/* The first octet says who asks, and how. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static uint8_t reply[MESSAGE_BYTES_MAX];
	struct client_source source = { .port = 5353 };
	struct client_outcome outcome;
	struct answer answer;
	uint64_t client;
	if (size < 1)
		return 0;
	if (world.block_count == 0)
		make_world();
	source.addr = addr_ipv4((const uint8_t[]){ 192, 0, 2, bytes[0] & 7 });
	source.is_stream = (bytes[0] & 8) != 0;
	client_query(&world.clients, &source, bytes + 1, size - 1, reply, sizeof reply,
		     CLIENT_WORLD_NOW_US, &outcome);
	check_reply(&outcome, bytes + 1, reply, source.is_stream);
	if (outcome.fate != CLIENT_PENDS)
		return 0;
	check(client_world_run(&world, &client, &answer) == 1);
	client_answer(&world.clients, client, &answer, reply, sizeof reply, CLIENT_WORLD_NOW_US,
		      &outcome);
	check_reply(&outcome, bytes + 1, reply, source.is_stream);
	check(world.clients.stats.pending == 0);
	return 0;
}
