/*
 * upstream_tcp.h - queries to name servers over TCP: connections that are used again and by several queries at once
 * (RFC 7766, sections 6.2.1 and 7; RFC 1035, section 4.2.2).
 *
 * A query goes over a connection to its server that is there, or a new one; replies come in any order and find
 * their query by its id, which no two queries on one connection share.  A connection that nobody uses is closed after
 * UPSTREAM_TCP_IDLE_US, or as soon as its server wishes; one that should not be idle at all takes no further queries
 * (edns-tcp-keepalive, RFC 7828, section 3.2.2).
 *
 * A server may close whenever it likes.  What then waits on a connection that has answered before is sent again on
 * another (RFC 7766, section 6.2.4); on one that never has, it has failed.  A query that was given up makes
 * its connection doubtful: the peer may have vanished, so until something comes from it others take a new one.
 *
 * Part of upstream.h; without I/O.
 * Ownership: the table lies in the block lent at init.
 * Errors:    send returns tcp_open's and tcp_send's; ERR_FULL also when no place is free.
 * Bounds:    UPSTREAM_TCP_CONNS connections, UPSTREAM_TCP_QUERIES on each; of those that nobody waits for, the one
 *            that has been idle longest makes room; when all are waited for, the one that has been waited for
 *            longest without a word beyond its patience, UPSTREAM_TCP_PATIENCE_US or as much as its distance asks for, up
 *            to UPSTREAM_TCP_PATIENCE_MAX_US: its queries were not sent, for want of room.
 */
#ifndef CAIRN_RESOLVER_ITERATE_UPSTREAM_TCP_H
#define CAIRN_RESOLVER_ITERATE_UPSTREAM_TCP_H

#include "resolver/iterate/engine.h"
#define UPSTREAM_TCP_CONNS    128u
#define UPSTREAM_TCP_QUERIES  200u
#define UPSTREAM_TCP_IDLE_US  10000000u
#define UPSTREAM_TCP_PATIENCE_US 100000u
#define UPSTREAM_TCP_PATIENCE_RTTS 3u /* a handshake, a reply, and one to spare */
#define UPSTREAM_TCP_PATIENCE_MAX_US 400000u /* the far side of the Earth; who pretends to be farther gains no more */
#define UPSTREAM_TCP_USER_TIMEOUT_MS 10000u /* what is not acknowledged in this time never will be */
#define UPSTREAM_TCP_BUFFER_BYTES 131072u /* of a connection, each way: a message of the largest size and more */

struct upstream_conn {
	uint64_t conn; /* tcp_conn; 0: the place is free */
	struct ip_addr addr;
	uint16_t port;
	uint16_t query_count; /* their ids are in use */
	uint16_t live_count;  /* ... and somebody waits for the reply */
	bool has_answered;
	bool is_doubtful;
	uint64_t idle_since_us;
	uint64_t waiting_since_us; /* since its last reply, or since somebody waits */
	uint32_t patience_us;
	uint64_t idle_us; /* it may be idle for; 0: it takes no further queries */
	engine_query queries[UPSTREAM_TCP_QUERIES]; /* 0: nobody wants the reply any more */
	uint16_t ids[UPSTREAM_TCP_QUERIES];
};

struct upstream_tcp_stats {
	uint64_t opened, reused;
	uint64_t failed; /* ended while somebody waited */
	uint64_t crowded_out; /* the same, since others needed its place */
};

struct upstream_tcp {
	struct engine *engine;
	struct stack *stack;
	struct upstream_conn *conns;
	unsigned conn_count; /* that are open */
	uint8_t *places;  /* by the index of the engine's query: of its connection + 1 */
	uint8_t *message; /* a reply in one piece */
	struct upstream_tcp_stats stats;
};

size_t upstream_tcp_bytes(uint32_t query_count);
void upstream_tcp_init(struct upstream_tcp *tcp, struct engine *engine, struct stack *stack, void *block,
		       uint32_t query_count);

/* An ENGINE_SEND with ENGINE_TCP. */
int upstream_tcp_send(struct upstream_tcp *tcp, const struct engine_action *action, uint64_t now_us);
void upstream_tcp_forget(struct upstream_tcp *tcp, engine_query query, uint64_t now_us);
/* A STACK_TCP action; false: of no connection of ours. */
bool upstream_tcp_receive(struct upstream_tcp *tcp, const struct stack_action *action, uint64_t now_us);
/* Closes what has been idle for long; cheap. */
void upstream_tcp_tick(struct upstream_tcp *tcp, uint64_t now_us);
/* The end: no server keeps a connection that nobody holds any more. Nothing is told to the engine, nothing follows. */
void upstream_tcp_leave(struct upstream_tcp *tcp, uint64_t now_us);

#endif
