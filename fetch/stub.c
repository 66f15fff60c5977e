#include "fetch/stub.h"

#include <stdlib.h>
#include <string.h>

#include "fetch/stream_tcp.h"
#include "stack/base/arena.h"
#include "stack/base/err.h"
#include "stack/base/rng.h"

#define LENGTH_BYTES 2u
#define TCP_WAIT_US  5000000u

struct stub_query {
	struct net_sink sink;
	struct stub *stub;
	struct question question;
	unsigned kind;
	stub_answer_cb on_answer;
	void *data;

	uint16_t id;
	bool has_edns;
	unsigned tries;
	unsigned server;      /* the one whose turn it is */
	unsigned dead;        /* those where nobody listens, as bits; the others may still answer */
	unsigned unhelpful;   /* those that have answered with an error */
	uint64_t started_us, until_us, wait_us;
	struct net_timer timer;
	udp_flow flows[NAMES_SERVERS_MAX];

	struct stream *tcp; /* to `server`; NULL: none */
	uint8_t *message;   /* what has come over it, and its length in front */
	size_t message_bytes;
	size_t written_bytes;

	struct names_answer answer; /* the best so far */
	bool has_answer;
	bool was_heard; /* a resolver is there, if only to say that UDP is too small */
};

int
stub_init(struct stub *stub, struct net *net, const struct stub_server *servers, unsigned server_count)
{
	*stub = (struct stub){ .net = net, .server_count = server_count };
	memcpy(stub->servers, servers, server_count * sizeof servers[0]);
	stub->memory = malloc(LOOKUP_ARENA_BYTES);
	return stub->memory == NULL ? ERR_NO_MEMORY : 0;
}

void
stub_fini(struct stub *stub)
{
	free(stub->memory);
}

/* ---- the end ------------------------------------------------------------------------------------------- */

void
stub_cancel(struct stub_query *query)
{
	struct stack *stack = net_stack(query->stub->net);

	for (unsigned i = 0; i < NAMES_SERVERS_MAX; i++)
		if (query->flows[i] != 0)
			udp_close(stack, query->flows[i]);
	if (query->tcp != NULL)
		stream_close(query->tcp);
	net_timer_stop(query->stub->net, &query->timer);
	free(query->message);
	free(query);
}

static bool
is_unserved(const struct stub_query *query)
{
	return query->dead == (1u << query->stub->server_count) - 1 && !query->was_heard;
}

static void
finish(struct stub_query *query)
{
	struct names_answer answer = query->answer;
	const stub_answer_cb on_answer = query->on_answer;
	void *data = query->data;
	const bool nobody = is_unserved(query);

	answer.kind = query->kind;
	answer.took_us = net_now_us(query->stub->net) - query->started_us;
	stub_cancel(query);
	on_answer(data, &answer, nobody);
}

static void
give_up(struct stub_query *query)
{
	const struct stub_server *server = &query->stub->servers[query->server];
	char host[NAME_TEXT_BYTES], peer[STREAM_TCP_PEER_BYTES];

	if (!query->has_answer)
		failure_set(&query->answer.failure, FAILURE_RESOLVE,
			    is_unserved(query) ? "%s: no resolver listens on %s; try --resolver"
					       : "%s: the resolver %s does not answer",
			    name_to_text(&query->question.qname, host, sizeof host),
			    stream_tcp_peer(&server->addr, server->port, peer));
	finish(query);
}

/* ---- what came ----------------------------------------------------------------------------------------- */

static void try_next(struct stub_query *query);
static void ask_over_tcp(struct stub_query *query, unsigned server);
static void ask_without_edns(struct stub_query *query, unsigned server);
static void leave_tcp(struct stub_query *query);

static void
take_reply(struct stub_query *query, unsigned server, bool is_tcp, const uint8_t *bytes, size_t size)
{
	struct stub *stub = query->stub;
	struct names_answer answer;
	struct arena arena;

	arena_init(&arena, stub->memory, LOOKUP_ARENA_BYTES);
	switch (lookup_read(&answer, &query->question, query->kind, query->id, bytes, size, &arena)) {
	case LOOKUP_FOREIGN: return;
	case LOOKUP_TRUNCATED:
		query->was_heard = true;
		if (is_tcp)
			leave_tcp(query); /* it cannot be: a message over TCP is whole */
		else if (query->tcp == NULL)
			ask_over_tcp(query, server);
		return;
	case LOOKUP_NO_EDNS:
		query->was_heard = true;
		if (!is_tcp && query->has_edns && query->tcp == NULL)
			ask_without_edns(query, server);
		return;
	case LOOKUP_ANSWER: break;
	}
	query->was_heard = true;
	query->answer = answer;
	query->answer.server = stub->servers[server].addr;
	query->has_answer = true;
	query->unhelpful |= 1u << server;
	if (!lookup_is_servers_fault(&answer)) {
		stub->first = server;
		finish(query);
	} else if (is_tcp) {
		leave_tcp(query);
	} else if (query->tcp == NULL) {
		try_next(query);
	}
}

/* ICMP says that nobody listens there, or that there is no way. */
static void
take_error(struct stub_query *query, unsigned server)
{
	query->dead |= 1u << server;
	if (server == query->server && query->tcp == NULL)
		try_next(query);
}

static void
on_action(struct net_sink *sink, const struct stack_action *action, uint64_t now_us)
{
	struct stub_query *query = (struct stub_query *)sink;

	(void)now_us;
	for (unsigned i = 0; i < NAMES_SERVERS_MAX; i++) {
		if (query->flows[i] == 0 || query->flows[i] != action->flow)
			continue;
		if (action->kind == STACK_DATAGRAM)
			take_reply(query, i, false, action->bytes, action->size);
		else if (action->kind == STACK_ERROR && action->error != STACK_ERROR_TOO_BIG)
			take_error(query, i);
		return;
	}
}

/* ---- over TCP (RFC 7766, RFC 1035, section 4.2.2) ------------------------------------------------------- */

static void
leave_tcp(struct stub_query *query)
{
	stream_close(query->tcp);
	query->tcp = NULL;
	query->message_bytes = query->written_bytes = 0;
	query->dead |= 1u << query->server;
	try_next(query);
}

/* False when there is nothing to be had of this connection any more. */
static bool
write_question(struct stub_query *query)
{
	uint8_t framed[LENGTH_BYTES + ASK_BYTES_MAX];
	const size_t size = ask_write(framed + LENGTH_BYTES, &query->question, query->id, query->has_edns);

	framed[0] = (uint8_t)(size >> 8);
	framed[1] = (uint8_t)size;
	while (query->written_bytes < LENGTH_BYTES + size) {
		const ssize_t n = stream_write(query->tcp, framed + query->written_bytes,
					       LENGTH_BYTES + size - query->written_bytes);
		if (n < 0)
			return n == -EAGAIN;
		query->written_bytes += (size_t)n;
	}
	return true;
}

/* Octets still missing of the message that is coming. */
static size_t
missing_bytes(const struct stub_query *query)
{
	if (query->message_bytes < LENGTH_BYTES)
		return LENGTH_BYTES - query->message_bytes;
	const size_t size = (size_t)query->message[0] << 8 | query->message[1];
	return LENGTH_BYTES + size - query->message_bytes;
}

static bool
read_message(struct stub_query *query)
{
	size_t missing;

	while ((missing = missing_bytes(query)) > 0) {
		const ssize_t n =
			stream_read(query->tcp, query->message + query->message_bytes, missing);
		if (n <= 0)
			return n == -EAGAIN;
		query->message_bytes += (size_t)n;
	}
	const size_t size = query->message_bytes - LENGTH_BYTES;
	query->message_bytes = 0;
	take_reply(query, query->server, true, query->message + LENGTH_BYTES, size);
	return true;
}

static void
on_tcp_ready(struct stream *stream, void *data)
{
	struct stub_query *query = data;

	if (stream_tcp_state(stream) == STREAM_TCP_FAILED || !write_question(query) || !read_message(query))
		leave_tcp(query);
}

static void
on_timeout(void *data)
{
	struct stub_query *query = data;

	if (query->tcp != NULL)
		leave_tcp(query);
	else
		try_next(query);
}

static void
start_timer(struct stub_query *query, uint64_t wait_us)
{
	const uint64_t at_us = net_now_us(query->stub->net) + wait_us;

	net_timer_start(query->stub->net, &query->timer,
			at_us < query->until_us ? at_us : query->until_us, on_timeout, query);
}

static void
ask_over_tcp(struct stub_query *query, unsigned server)
{
	const struct stub_server *to = &query->stub->servers[server];
	struct failure failure;

	query->server = server;
	if (query->message == NULL)
		query->message = malloc(LENGTH_BYTES + MESSAGE_BYTES_MAX);
	if (query->message == NULL ||
	    stream_tcp_open(query->stub->net, &to->addr, to->port, NULL, &query->tcp, &failure) != 0) {
		query->dead |= 1u << server;
		try_next(query);
		return;
	}
	stream_set_ready(query->tcp, on_tcp_ready, query);
	start_timer(query, TCP_WAIT_US);
}

/* ---- over UDP ------------------------------------------------------------------------------------------ */

static void
send_datagram(struct stub_query *query)
{
	struct stub *stub = query->stub;
	struct stack *stack = net_stack(stub->net);
	const struct stub_server *server = &stub->servers[query->server];
	udp_flow *flow = &query->flows[query->server];
	uint8_t bytes[ASK_BYTES_MAX];
	int err = 0;

	if (*flow == 0)
		err = udp_open(stack, &server->addr, server->port, NULL, 0, net_sink_user(&query->sink), flow);
	const size_t size = ask_write(bytes, &query->question, query->id, query->has_edns);
	if (err == 0)
		err = udp_send(stack, *flow, bytes, size, net_now_us(stub->net));
	if (err == ERR_NO_ROUTE)
		query->dead |= 1u << query->server;
	/* What could not be sent for want of room may be sent later. */
	start_timer(query, err == ERR_NO_ROUTE ? 0 : query->wait_us);
}

static void
ask_without_edns(struct stub_query *query, unsigned server)
{
	query->has_edns = false;
	query->server = server;
	send_datagram(query);
}

/* The next resolver that may still help, from the one behind the last on. */
static bool
choose_next(struct stub_query *query)
{
	const unsigned count = query->stub->server_count;
	const unsigned useless = query->dead | query->unhelpful;

	for (unsigned i = 1; i <= count; i++) {
		const unsigned server = (query->server + i) % count;
		if ((useless & 1u << server) != 0)
			continue;
		if (server <= query->server)
			query->wait_us *= 2;
		query->server = server;
		return true;
	}
	return false;
}

static void
try_next(struct stub_query *query)
{
	if (net_now_us(query->stub->net) >= query->until_us || query->tries >= STUB_TRIES_MAX ||
	    !choose_next(query)) {
		give_up(query);
		return;
	}
	query->tries++;
	send_datagram(query);
}

struct stub_query *
stub_ask(struct stub *stub, const struct question *question, unsigned kind, stub_answer_cb on_answer,
	 void *data)
{
	struct stub_query *query = calloc(1, sizeof *query);

	if (query == NULL)
		return NULL;
	query->sink.on_action = on_action;
	query->stub = stub;
	query->question = *question;
	query->kind = kind;
	query->on_answer = on_answer;
	query->data = data;
	query->id = rng_u16(net_rng(stub->net));
	query->has_edns = true;
	query->server = stub->first;
	query->started_us = net_now_us(stub->net);
	query->until_us = query->started_us + STUB_TIMEOUT_US;
	query->wait_us = STUB_WAIT_US;
	query->tries = 1;
	send_datagram(query);
	return query;
}
