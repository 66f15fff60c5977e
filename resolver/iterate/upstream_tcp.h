/*
 * upstream_tcp.h - queries to name servers over TCP: connections that are used again and by several queries at once
 * (RFC 7766, sections 6.2.1 and 7; RFC 1035, section 4.2.2).
 *
 * A query goes over a connection to its server that is there, or a new one; replies come in any order and find
 * their query by its id, which no two queries on one connection share.  A connection that nobody uses is closed after
 * UPSTREAM_TCP_IDLE_US.  When one fails, its queries have failed.
 *
 * Part of upstream.h; without I/O.
 * Ownership: the table lies in the block lent at init.
 * Bounds:    UPSTREAM_TCP_CONNS connections, UPSTREAM_TCP_QUERIES on each; the connection that has been idle longest makes room.
 */
#ifndef CAIRN_RESOLVER_ITERATE_UPSTREAM_TCP_H
#define CAIRN_RESOLVER_ITERATE_UPSTREAM_TCP_H

#include "resolver/iterate/engine.h"
#define UPSTREAM_TCP_CONNS    64u
#define UPSTREAM_TCP_QUERIES  200u
#define UPSTREAM_TCP_IDLE_US  10000000u
#define UPSTREAM_TCP_BUFFER_BYTES 131072u /* of a connection, each way: a message of the largest size and more */

struct upstream_conn {
	uint64_t conn; /* tcp_conn; 0: the place is free */
	struct ip_addr addr;
	uint16_t port;
	uint16_t query_count;
	uint64_t idle_since_us;
	engine_query queries[UPSTREAM_TCP_QUERIES]; /* 0: nobody wants the reply any more */
	uint16_t ids[UPSTREAM_TCP_QUERIES];
};

struct upstream_tcp {
	struct engine *engine;
	struct stack *stack;
	struct upstream_conn *conns;
	uint8_t *message; /* a reply in one piece */
	uint64_t opened, reused, failed;
};

size_t upstream_tcp_bytes(void);
void upstream_tcp_init(struct upstream_tcp *tcp, struct engine *engine, struct stack *stack, void *block);

/* An ENGINE_SEND with ENGINE_TCP; false when it cannot be sent. */
bool upstream_tcp_send(struct upstream_tcp *tcp, const struct engine_action *action, uint64_t now_us);
void upstream_tcp_forget(struct upstream_tcp *tcp, engine_query query, uint64_t now_us);
/* A STACK_TCP action; false: of no connection of ours. */
bool upstream_tcp_receive(struct upstream_tcp *tcp, const struct stack_action *action, uint64_t now_us);
/* Closes what has been idle for long; cheap. */
void upstream_tcp_tick(struct upstream_tcp *tcp, uint64_t now_us);

#endif
