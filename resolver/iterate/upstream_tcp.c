#include "resolver/iterate/upstream_tcp.h"

#include <assert.h>
#include <string.h>

#include "stack/tcp.h"

#define LENGTH_BYTES 2u

size_t
upstream_tcp_bytes(void)
{
	return UPSTREAM_TCP_CONNS * sizeof(struct upstream_conn) + MESSAGE_BYTES_MAX + 1;
}

void
upstream_tcp_init(struct upstream_tcp *tcp, struct engine *engine, struct stack *stack, void *block)
{
	*tcp = (struct upstream_tcp){ .engine = engine, .stack = stack, .conns = block };
	memset(block, 0, UPSTREAM_TCP_CONNS * sizeof(struct upstream_conn));
	tcp->message = (uint8_t *)(tcp->conns + UPSTREAM_TCP_CONNS);
}

/* ---- connections ------------------------------------------------------------------------------------------- */

static void
conn_close(struct upstream_tcp *tcp, struct upstream_conn *conn, uint64_t now_us)
{
	tcp_close(tcp->stack, conn->conn, now_us);
	conn->conn = 0;
}

/* What waits there has failed; the engine may ask for other things meanwhile, so the place is free first. */
static void
conn_fail(struct upstream_tcp *tcp, struct upstream_conn *conn, uint64_t now_us)
{
	engine_query failed[UPSTREAM_TCP_QUERIES];
	const unsigned count = conn->query_count;

	memcpy(failed, conn->queries, count * sizeof failed[0]);
	conn_close(tcp, conn, now_us);
	conn->query_count = 0;
	tcp->failed++;
	for (unsigned i = 0; i < count; i++)
		if (failed[i] != 0)
			engine_failed(tcp->engine, failed[i], STACK_ERROR_HOST_UNREACHABLE, now_us);
}

static bool
has_id(const struct upstream_conn *conn, uint16_t id)
{
	for (unsigned i = 0; i < conn->query_count; i++)
		if (conn->ids[i] == id)
			return true;
	return false;
}

static struct upstream_conn *
conn_to(struct upstream_tcp *tcp, const struct ip_addr *addr, uint16_t port, uint16_t id)
{
	for (unsigned i = 0; i < UPSTREAM_TCP_CONNS; i++) {
		struct upstream_conn *conn = &tcp->conns[i];
		if (conn->conn != 0 && conn->port == port && addr_equal(&conn->addr, addr) &&
		    conn->query_count < UPSTREAM_TCP_QUERIES && !has_id(conn, id) &&
		    (tcp_poll(tcp->stack, conn->conn) & (TCP_EVENT_PEER_CLOSED | TCP_EVENT_FAILED)) == 0)
			return conn;
	}
	return NULL;
}

/* A free place, or that of the connection that has been idle longest. */
static struct upstream_conn *
place_for_new(struct upstream_tcp *tcp, uint64_t now_us)
{
	struct upstream_conn *oldest = NULL;

	for (unsigned i = 0; i < UPSTREAM_TCP_CONNS; i++) {
		struct upstream_conn *conn = &tcp->conns[i];
		if (conn->conn == 0)
			return conn;
		if (conn->query_count == 0 && (oldest == NULL || conn->idle_since_us < oldest->idle_since_us))
			oldest = conn;
	}
	if (oldest != NULL)
		conn_close(tcp, oldest, now_us);
	return oldest;
}

static struct upstream_conn *
conn_open(struct upstream_tcp *tcp, const struct ip_addr *addr, uint16_t port, uint64_t now_us)
{
	struct tcp_config config = tcp_config_default;
	struct upstream_conn *conn = place_for_new(tcp, now_us);

	if (conn == NULL)
		return NULL;
	config.no_delay = true;
	config.syn_retries = 2; /* the engine has given up by then */
	config.send_buffer_bytes = config.send_buffer_bytes_max = UPSTREAM_TCP_BUFFER_BYTES;
	config.receive_buffer_bytes = config.receive_buffer_bytes_max = UPSTREAM_TCP_BUFFER_BYTES;
	conn->query_count = 0;
	conn->addr = *addr;
	conn->port = port;
	if (tcp_open(tcp->stack, addr, port, NULL, 0, &config, (uint64_t)(conn - tcp->conns), now_us, &conn->conn) != 0) {
		conn->conn = 0;
		return NULL;
	}
	tcp->opened++;
	return conn;
}

/* ---- queries -------------------------------------------------------------------------------------------------- */

static void
drop_query(struct upstream_conn *conn, unsigned at, uint64_t now_us)
{
	conn->query_count--;
	conn->queries[at] = conn->queries[conn->query_count];
	conn->ids[at] = conn->ids[conn->query_count];
	conn->idle_since_us = now_us;
}

bool
upstream_tcp_send(struct upstream_tcp *tcp, const struct engine_action *action, uint64_t now_us)
{
	uint8_t framed[LENGTH_BYTES + 512];
	const uint16_t id = (uint16_t)(action->bytes[0] << 8 | action->bytes[1]);
	struct upstream_conn *conn = conn_to(tcp, &action->server, action->server_port, id);
	size_t taken;

	assert(action->size <= sizeof framed - LENGTH_BYTES);
	framed[0] = (uint8_t)(action->size >> 8);
	framed[1] = (uint8_t)action->size;
	memcpy(framed + LENGTH_BYTES, action->bytes, action->size); /* RFC 7766, section 8: in one piece */
	tcp->reused += conn != NULL;
	if (conn == NULL)
		conn = conn_open(tcp, &action->server, action->server_port, now_us);
	if (conn == NULL)
		return false;
	const int err = tcp_send(tcp->stack, conn->conn, framed, LENGTH_BYTES + action->size, 0, now_us, &taken);
	if (err != 0 || taken != LENGTH_BYTES + action->size) {
		conn_fail(tcp, conn, now_us); /* half a message cannot be taken back */
		return false;
	}
	conn->ids[conn->query_count] = id;
	conn->queries[conn->query_count++] = action->query;
	return true;
}

/* Its reply may still come and is not to be taken for another's: the id stays in use. */
void
upstream_tcp_forget(struct upstream_tcp *tcp, engine_query query, uint64_t now_us)
{
	for (unsigned i = 0; i < UPSTREAM_TCP_CONNS; i++) {
		struct upstream_conn *conn = &tcp->conns[i];
		for (unsigned j = 0; conn->conn != 0 && j < conn->query_count; j++) {
			if (conn->queries[j] != query)
				continue;
			conn->queries[j] = 0;
			conn->idle_since_us = now_us;
			return;
		}
	}
}

/* ---- replies -------------------------------------------------------------------------------------------------- */

/* Copies `size` octets from `offset` of what is unread; false when they are not all there. */
static bool
gather(struct upstream_tcp *tcp, const struct upstream_conn *conn, size_t offset, uint8_t *out, size_t size)
{
	while (size > 0) {
		const uint8_t *piece;
		size_t piece_bytes;
		if (tcp_peek(tcp->stack, conn->conn, offset, &piece, &piece_bytes) != 0 || piece_bytes == 0)
			return false;
		if (piece_bytes > size)
			piece_bytes = size;
		memcpy(out, piece, piece_bytes);
		out += piece_bytes;
		offset += piece_bytes;
		size -= piece_bytes;
	}
	return true;
}

/* One whole message to its query; false when there is none. */
static bool
take_reply(struct upstream_tcp *tcp, struct upstream_conn *conn, uint64_t now_us)
{
	uint8_t length[LENGTH_BYTES];

	if (!gather(tcp, conn, 0, length, sizeof length))
		return false;
	const size_t size = (size_t)length[0] << 8 | length[1];
	if (!gather(tcp, conn, LENGTH_BYTES, tcp->message, size))
		return false;
	(void)tcp_consume(tcp->stack, conn->conn, LENGTH_BYTES + size, now_us);
	const uint16_t id = (uint16_t)(size >= 2 ? tcp->message[0] << 8 | tcp->message[1] : 0);
	for (unsigned i = 0; size >= 2 && i < conn->query_count; i++) {
		const engine_query query = conn->queries[i];
		if (conn->ids[i] != id)
			continue;
		drop_query(conn, i, now_us);
		if (query != 0)
			engine_receive(tcp->engine, query, tcp->message, size, now_us);
		break;
	}
	return true;
}

bool
upstream_tcp_receive(struct upstream_tcp *tcp, const struct stack_action *action, uint64_t now_us)
{
	struct upstream_conn *conn = &tcp->conns[action->user % UPSTREAM_TCP_CONNS];

	if (action->user >= UPSTREAM_TCP_CONNS || conn->conn == 0 || conn->conn != action->conn)
		return false;
	if ((action->events & TCP_EVENT_READABLE) != 0)
		while (conn->conn == action->conn && take_reply(tcp, conn, now_us))
			;
	if (conn->conn == action->conn &&
	    (action->events & (TCP_EVENT_FAILED | TCP_EVENT_PEER_CLOSED | TCP_EVENT_CLOSED)) != 0)
		conn_fail(tcp, conn, now_us);
	return true;
}

void
upstream_tcp_tick(struct upstream_tcp *tcp, uint64_t now_us)
{
	for (unsigned i = 0; i < UPSTREAM_TCP_CONNS; i++) {
		struct upstream_conn *conn = &tcp->conns[i];
		bool is_used = false;
		for (unsigned j = 0; conn->conn != 0 && j < conn->query_count; j++)
			is_used |= conn->queries[j] != 0;
		if (conn->conn != 0 && !is_used && conn->idle_since_us + UPSTREAM_TCP_IDLE_US <= now_us)
			conn_close(tcp, conn, now_us);
	}
}
