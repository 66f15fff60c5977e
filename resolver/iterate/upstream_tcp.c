#include "resolver/iterate/upstream_tcp.h"

#include <assert.h>
#include <string.h>

#include "stack/tcp.h"

#define LENGTH_BYTES      2u
#define KEEPALIVE_UNIT_US 100000u

static_assert(UPSTREAM_TCP_CONNS < UINT8_MAX, "a place fits into an octet");

size_t
upstream_tcp_bytes(uint32_t query_count)
{
	return UPSTREAM_TCP_CONNS * sizeof(struct upstream_conn) + MESSAGE_BYTES_MAX + 1 +
	       query_count;
}

void
upstream_tcp_init(struct upstream_tcp *tcp, struct engine *engine, struct stack *stack, void *block,
		  uint32_t query_count)
{
	*tcp = (struct upstream_tcp){ .engine = engine, .stack = stack, .conns = block };
	memset(block, 0, UPSTREAM_TCP_CONNS * sizeof(struct upstream_conn));
	tcp->message = (uint8_t *)(tcp->conns + UPSTREAM_TCP_CONNS);
	tcp->places = tcp->message + MESSAGE_BYTES_MAX + 1;
	memset(tcp->places, 0, query_count);
}

/* ---- connections ------------------------------------------------------------------------------------------- */

/* A reply that is on its way would be read by nobody: then there is nothing to wait for. */
static void
conn_close(struct upstream_tcp *tcp, struct upstream_conn *conn, uint64_t now_us)
{
	if (conn->query_count > 0)
		tcp_abort(tcp->stack, conn->conn, now_us);
	else
		tcp_close(tcp->stack, conn->conn, now_us);
	conn->conn = 0;
	tcp->conn_count--;
	conn->query_count = conn->live_count = 0;
}

/*
 * Closes it while somebody may wait; returns how many do, whose queries are in waiting[].  The engine, when it is told, may ask
 * for other things, so the place is free first.
 */
static unsigned
conn_leave(struct upstream_tcp *tcp, struct upstream_conn *conn, engine_query waiting[UPSTREAM_TCP_QUERIES],
	   uint64_t now_us)
{
	unsigned count = 0;

	for (unsigned i = 0; i < conn->query_count; i++) {
		if (conn->queries[i] == 0)
			continue;
		tcp->places[(uint32_t)conn->queries[i]] = 0;
		waiting[count++] = conn->queries[i];
	}
	conn_close(tcp, conn, now_us);
	return count;
}

/* It is over, by the peer's will or the network's.  A server that closes an idle connection has done nothing wrong. */
static void
conn_end(struct upstream_tcp *tcp, struct upstream_conn *conn, uint64_t now_us)
{
	engine_query waiting[UPSTREAM_TCP_QUERIES];
	const bool has_answered = conn->has_answered;
	const unsigned count = conn_leave(tcp, conn, waiting, now_us);

	tcp->stats.failed += count > 0;
	for (unsigned i = 0; i < count; i++) {
		if (has_answered)
			engine_lost(tcp->engine, waiting[i], now_us);
		else
			engine_failed(tcp->engine, waiting[i], STACK_ERROR_HOST_UNREACHABLE,
				      now_us);
	}
}

/* Its place is needed; that is no fault of its server's. */
static void
conn_give_up(struct upstream_tcp *tcp, struct upstream_conn *conn, uint64_t now_us)
{
	engine_query waiting[UPSTREAM_TCP_QUERIES];
	const unsigned count = conn_leave(tcp, conn, waiting, now_us);

	tcp->stats.crowded_out++;
	for (unsigned i = 0; i < count; i++)
		engine_unsent(tcp->engine, waiting[i], now_us);
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
		if (conn->conn != 0 && !conn->is_doubtful && conn->idle_us != 0 && conn->port == port &&
		    addr_equal(&conn->addr, addr) && conn->query_count < UPSTREAM_TCP_QUERIES &&
		    !has_id(conn, id) &&
		    (tcp_poll(tcp->stack, conn->conn) &
		     (TCP_EVENT_PEER_CLOSED | TCP_EVENT_FAILED)) == 0)
			return conn;
	}
	return NULL;
}

/* When a word from it would be due at the latest. */
static uint64_t
due_us(const struct upstream_conn *conn)
{
	return conn->waiting_since_us + conn->patience_us;
}

/*
 * A free place, or that of the connection that nobody has waited for the longest, or that of the one that has been mute the
 * longest: servers that take our queries and say nothing shall not keep others from being asked.
 */
static struct upstream_conn *
place_for_new(struct upstream_tcp *tcp, uint64_t now_us)
{
	struct upstream_conn *idle = NULL, *mute = NULL;

	for (unsigned i = 0; i < UPSTREAM_TCP_CONNS; i++) {
		struct upstream_conn *conn = &tcp->conns[i];
		if (conn->conn == 0)
			return conn;
		if (conn->live_count > 0) {
			if (mute == NULL || due_us(conn) < due_us(mute))
				mute = conn;
		} else if (idle == NULL || conn->idle_since_us < idle->idle_since_us) {
			idle = conn;
		}
	}
	if (idle != NULL) {
		conn_close(tcp, idle, now_us);
		return idle;
	}
	if (now_us < due_us(mute))
		return NULL;
	conn_give_up(tcp, mute, now_us);
	return mute;
}

static uint32_t
patience_us(struct upstream_tcp *tcp, const struct ip_addr *addr, uint64_t now_us)
{
	const uint32_t srtt_us = engine_srtt_us(tcp->engine, addr, now_us);

	if (srtt_us <= UPSTREAM_TCP_PATIENCE_US / UPSTREAM_TCP_PATIENCE_RTTS)
		return UPSTREAM_TCP_PATIENCE_US;
	return srtt_us < UPSTREAM_TCP_PATIENCE_MAX_US / UPSTREAM_TCP_PATIENCE_RTTS ? srtt_us * UPSTREAM_TCP_PATIENCE_RTTS
										     : UPSTREAM_TCP_PATIENCE_MAX_US;
}

static int
conn_open(struct upstream_tcp *tcp, const struct ip_addr *addr, uint16_t port, uint64_t now_us,
	  struct upstream_conn **opened)
{
	struct tcp_config config = tcp_config_default;
	struct upstream_conn *conn = place_for_new(tcp, now_us);
	tcp_conn number;

	if (conn == NULL)
		return ERR_FULL;
	config.no_delay = true;
	config.syn_retries = 2; /* the engine has given up by then */
	config.user_timeout_ms = UPSTREAM_TCP_USER_TIMEOUT_MS;
	config.send_buffer_bytes = config.send_buffer_bytes_max = UPSTREAM_TCP_BUFFER_BYTES;
	config.receive_buffer_bytes = config.receive_buffer_bytes_max = UPSTREAM_TCP_BUFFER_BYTES;
	const int err = tcp_open(tcp->stack, addr, port, NULL, 0, &config,
				 (uint64_t)(conn - tcp->conns), now_us, &number);
	if (err != 0)
		return err;
	conn->conn = number;
	tcp->conn_count++;
	conn->addr = *addr;
	conn->port = port;
	conn->has_answered = conn->is_doubtful = false;
	conn->idle_since_us = now_us;
	conn->patience_us = patience_us(tcp, addr, now_us);
	conn->idle_us = UPSTREAM_TCP_IDLE_US;
	tcp->stats.opened++;
	*opened = conn;
	return 0;
}

/* ---- queries -------------------------------------------------------------------------------------------------- */

static void
add_query(struct upstream_tcp *tcp, struct upstream_conn *conn, engine_query query, uint16_t id, uint64_t now_us)
{
	if (conn->live_count == 0)
		conn->waiting_since_us = now_us;
	conn->ids[conn->query_count] = id;
	conn->queries[conn->query_count++] = query;
	conn->live_count++;
	tcp->places[(uint32_t)query] = (uint8_t)(conn - tcp->conns + 1);
}

/* Its reply has come; returns the query, 0 when it is not wanted any more. */
static engine_query
drop_query(struct upstream_tcp *tcp, struct upstream_conn *conn, unsigned at, uint64_t now_us)
{
	const engine_query query = conn->queries[at];

	conn->query_count--;
	conn->queries[at] = conn->queries[conn->query_count];
	conn->ids[at] = conn->ids[conn->query_count];
	conn->idle_since_us = conn->waiting_since_us = now_us;
	if (query != 0) {
		conn->live_count--;
		tcp->places[(uint32_t)query] = 0;
	}
	return query;
}

int
upstream_tcp_send(struct upstream_tcp *tcp, const struct engine_action *action, uint64_t now_us)
{
	uint8_t framed[LENGTH_BYTES + 512];
	const uint16_t id = (uint16_t)(action->bytes[0] << 8 | action->bytes[1]);
	struct upstream_conn *conn = conn_to(tcp, &action->server, action->server_port, id);
	size_t taken;
	int err;

	assert(action->size <= sizeof framed - LENGTH_BYTES);
	framed[0] = (uint8_t)(action->size >> 8);
	framed[1] = (uint8_t)action->size;
	memcpy(framed + LENGTH_BYTES, action->bytes,
	       action->size); /* RFC 7766, section 8: in one piece */
	tcp->stats.reused += conn != NULL;
	if (conn == NULL) {
		err = conn_open(tcp, &action->server, action->server_port, now_us, &conn);
		if (err != 0)
			return err;
	}
	err = tcp_send(tcp->stack, conn->conn, framed, LENGTH_BYTES + action->size, 0, now_us,
		       &taken);
	if (err == 0 && taken != LENGTH_BYTES + action->size) {
		conn_end(tcp, conn, now_us); /* half a message cannot be taken back */
		return ERR_FULL;
	}
	if (err == 0)
		add_query(tcp, conn, action->query, id, now_us);
	else if (conn->query_count == 0)
		conn_close(tcp, conn, now_us);
	return err;
}

/* Its reply may still come and is not to be taken for another's: the id stays in use. */
void
upstream_tcp_forget(struct upstream_tcp *tcp, engine_query query, uint64_t now_us)
{
	const uint8_t place = tcp->places[(uint32_t)query];

	if (place == 0)
		return;
	struct upstream_conn *conn = &tcp->conns[place - 1];
	tcp->places[(uint32_t)query] = 0;
	for (unsigned i = 0; i < conn->query_count; i++) {
		if (conn->queries[i] != query)
			continue;
		conn->queries[i] = 0;
		conn->live_count--;
		conn->is_doubtful = true;
		conn->idle_since_us = now_us;
	}
}

/* ---- replies -------------------------------------------------------------------------------------------------- */

/* Copies `size` octets from `offset` of what is unread; false when they are not all there. */
static bool
gather(struct upstream_tcp *tcp, const struct upstream_conn *conn, size_t offset, uint8_t *out,
       size_t size)
{
	while (size > 0) {
		const uint8_t *piece;
		size_t piece_bytes;
		if (tcp_peek(tcp->stack, conn->conn, offset, &piece, &piece_bytes) != 0 ||
		    piece_bytes == 0)
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

/* So that a message in many small pieces is copied once. */
static bool
has_octet(const struct upstream_tcp *tcp, const struct upstream_conn *conn, size_t offset)
{
	const uint8_t *piece;
	size_t piece_bytes;

	return tcp_peek(tcp->stack, conn->conn, offset, &piece, &piece_bytes) == 0 &&
	       piece_bytes > 0;
}

/* Longer than we would is no reason to keep it: places are few. */
static void
note_keepalive(struct upstream_conn *conn, const uint8_t *message, size_t size)
{
	const uint8_t *value;
	uint16_t value_bytes;
	struct edns edns;

	if (!message_edns(&edns, message, size) ||
	    !edns_find(&edns, EDNS_KEEPALIVE, &value, &value_bytes) || value_bytes != 2)
		return;
	const uint64_t wished_us = (uint64_t)(value[0] << 8 | value[1]) * KEEPALIVE_UNIT_US;
	conn->idle_us = wished_us < UPSTREAM_TCP_IDLE_US ? wished_us : UPSTREAM_TCP_IDLE_US;
}

/* One whole message to its query; false when there is none. */
static bool
take_reply(struct upstream_tcp *tcp, struct upstream_conn *conn, uint64_t now_us)
{
	uint8_t length[LENGTH_BYTES];

	if (!gather(tcp, conn, 0, length, sizeof length))
		return false;
	const size_t size = (size_t)length[0] << 8 | length[1];
	if (!has_octet(tcp, conn, LENGTH_BYTES + size - 1) ||
	    !gather(tcp, conn, LENGTH_BYTES, tcp->message, size))
		return false;
	(void)tcp_consume(tcp->stack, conn->conn, LENGTH_BYTES + size, now_us);
	const uint16_t id = (uint16_t)(size >= 2 ? tcp->message[0] << 8 | tcp->message[1] : 0);
	for (unsigned i = 0; size >= 2 && i < conn->query_count; i++) {
		if (conn->ids[i] != id)
			continue;
		conn->has_answered = true;
		conn->is_doubtful = false;
		note_keepalive(conn, tcp->message, size);
		const engine_query query = drop_query(tcp, conn, i, now_us);
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
		conn_end(tcp, conn, now_us);
	return true;
}

void
upstream_tcp_tick(struct upstream_tcp *tcp, uint64_t now_us)
{
	for (unsigned i = 0; i < UPSTREAM_TCP_CONNS; i++) {
		struct upstream_conn *conn = &tcp->conns[i];
		if (conn->conn != 0 && conn->live_count == 0 &&
		    conn->idle_since_us + conn->idle_us <= now_us)
			conn_close(tcp, conn, now_us);
	}
}

/* By RST, which has no answer: an answer would find nobody but the kernel, which disowns it. */
void
upstream_tcp_leave(struct upstream_tcp *tcp, uint64_t now_us)
{
	for (unsigned i = 0; i < UPSTREAM_TCP_CONNS; i++) {
		if (tcp->conns[i].conn == 0)
			continue;
		tcp_abort(tcp->stack, tcp->conns[i].conn, now_us);
		tcp->conns[i].conn = 0;
		tcp->conn_count--;
	}
}
