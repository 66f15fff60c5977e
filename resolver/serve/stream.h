/*
 * stream.h - clients' TCP connections: framing, pipelining, what is queued, who may stay (RFC 7766; RFC 1035, section 4.2.2).
 *
 * Queries are taken as they come and answered as the answers come, in any order (RFC 7766, section 6.2.1.1).  A
 * connection with too much outstanding is not read until some is done, so the client feels it as TCP's
 * own flow control.  Answers to one connection written in one turn leave in one system call.
 *
 * All connections have the same idle time, so the list by last activity is also the list by expiry, and one timer serves
 * them all.  Activity is a complete query or an answer that made progress, never a lone octet, so that
 * dribbling keeps nobody alive.  When connections run short the idle time shrinks (RFC 7766, section 6.2.3), and at the
 * last one the longest idle makes room.
 *
 * What carries the octets is a table of functions: a socket of the kernel (stream_kernel.c) or a connection of our own
 * TCP (stream_own.c).
 *
 * Ownership: a pool belongs to one worker and holds all its connections, whichever listener accepted them.
 * Bounds:    `stream_max` connections; of each STREAM_OUTSTANDING_MAX unanswered queries, STREAM_QUERY_BYTES_MAX a query,
 *            STREAM_QUEUED_BYTES_MAX waiting to be read by the client; STREAM_POOL_QUEUED_BYTES_MAX over all.
 *            Who goes past a bound that waiting does not cure is closed, counted.
 */
#ifndef CAIRN_RESOLVER_SERVE_STREAM_H
#define CAIRN_RESOLVER_SERVE_STREAM_H

#include <uv.h>

#include "resolver/serve/client.h"
#include "resolver/serve/listener.h"
#include "stack/tcp.h"

#define STREAM_OUTSTANDING_MAX       100u
#define STREAM_QUERY_BYTES_MAX       4096u
#define STREAM_INPUT_BYTES           8192u
#define STREAM_QUEUED_BYTES_MAX      (256u * 1024u)
#define STREAM_POOL_QUEUED_BYTES_MAX (32u * 1024u * 1024u)
#define STREAM_TURN_READS            4u
#define STREAM_IDLE_MIN_MS           200u /* not even the last connection takes another's place sooner */
#define STREAM_RETRY_MS                                                                            \
	100u /* until accept is tried again when the process is out of descriptors */
#define STREAM_LENGTH_BYTES    2u
#define STREAM_REPLY_BYTES_MAX (STREAM_LENGTH_BYTES + MESSAGE_BYTES_MAX)

struct stream;

/*
 * One way to carry the octets of a connection.  Nothing waits: what cannot be done now is done when the transport calls
 * stream_on_ready, which it does as long as what is watched for holds.
 */
struct stream_ops {
	/* As recv(2), non-blocking: octets, 0 at the end, or -1 and errno. */
	ssize_t (*receive)(struct stream *stream, uint8_t *into, size_t room);
	/* Octets taken, 0 when none are taken now, or -1 when the connection is broken. */
	ssize_t (*send)(struct stream *stream, const uint8_t *bytes, size_t size);
	/* UV_READABLE, UV_WRITABLE or both; 0: nothing.  Negative: it cannot be watched. */
	int (*watch)(struct stream *stream, int events);
	/* Ends it; stream_closed is called when nothing refers to the place any more, perhaps at once. */
	void (*close)(struct stream *stream);
};

enum stream_state {
	STREAM_FREE,
	STREAM_OPEN,
	STREAM_HALF_CLOSED, /* the client has sent all that it will; it still reads */
	STREAM_CLOSING,     /* the transport is on its way out; nothing else happens */
};

/* Octets that the client's window did not take yet. */
struct stream_queued {
	struct stream_queued *next;
	size_t size, sent;
	uint8_t bytes[];
};

struct stream {
	const struct stream_ops *ops;
	struct stream_pool *pool;
	struct listener *listener;
	struct stream *newer, *older; /* by last activity */
	struct stream *next_free;
	union {
		struct {
			uv_poll_t poll;
			int fd;
		} kernel;
		struct {
			tcp_conn conn;
			struct stream *next_due;
			bool is_due;
		} own;
	};
	int events; /* watched for */
	enum stream_state state;
	uint32_t
		generation; /* of this place in the pool: an answer for a closed connection must not reach the next */
	struct ip_addr addr;
	uint32_t scope;
	uint16_t port;
	uint16_t outstanding_count;
	uint64_t active_at_ms;
	struct stream_queued *queued_first, *queued_last;
	size_t queued_bytes;
	size_t input_bytes;
	uint8_t input[STREAM_INPUT_BYTES];
};

struct stream_pool {
	struct worker *worker;
	struct stream *streams, *first_free;
	uint32_t stream_max, first_unused, open_count, closing_count;
	struct stream *newest, *oldest;
	struct listen_tcp *paused; /* listeners that wait for a place or a descriptor */
	struct stream *first_due;  /* of our own TCP: what they watch for may hold already */
	uv_timer_t timer;
	size_t queued_bytes;

	/* Answers written but not sent, all to one connection; behind them there is always room for one more. */
	struct stream *gathering;
	size_t gathered_bytes;
	uint8_t gathered[2 * STREAM_REPLY_BYTES_MAX];
};

/* ---- stream_pool.c: which connections there are --------------------------------------------------------------- */

struct stream_pool *stream_pool_new(struct worker *worker, uint32_t stream_max, int *err);
/* Closes every connection; the memory is freed by stream_pool_free after the loop has run out. */
void stream_pool_close(struct stream_pool *pool);
void stream_pool_free(struct stream_pool *pool);

/* A place; its transport is the caller's to set, and then stream_watch.  NULL: there is none, and none can be made. */
struct stream *stream_open(struct stream_pool *pool, struct listener *listener,
			   const struct stream_ops *ops);
void stream_close(struct stream *stream);
void stream_closed(struct stream *stream); /* by the transport: the place is free */
void stream_pool_close_of(struct stream_pool *pool, const struct listener *listener);
/* False while the pool is full of connections that are in use. */
bool stream_pool_has_room(struct stream_pool *pool);
void stream_pool_start_timer(
	struct stream_pool *pool); /* at its next tick paused listeners are resumed */
/* The connection that a pending query came by; NULL when it has gone. */
struct stream *stream_pool_find(struct stream_pool *pool, uint64_t number);
uint64_t stream_number(const struct stream *stream);
void stream_is_active(struct stream *stream);
/* Milliseconds that a connection may be idle at the present load. */
uint32_t stream_idle_ms(uint32_t open_count, uint32_t stream_max, uint32_t configured_ms);

/* ---- for listeners: struct listener_ops' lend and send ----------------------------------------------------------- */

uint8_t *stream_lend_to(struct listener *listener, const struct client_source *source, size_t *room);
void stream_send_to(struct listener *listener, const struct client_source *source, size_t size);
/* Who is not answered at all is not listened to either; counted. */
bool stream_is_denied(const struct stream_pool *pool, const struct ip_addr *peer);

/* ---- stream.c: what goes over one of them -------------------------------------------------------------- */

void stream_on_ready(struct stream *stream, int events);
/* Room for one answer of any size, and its commit; the length in front is added here.  NULL: it has just broken. */
uint8_t *stream_lend(struct stream *stream, size_t *room);
void stream_commit(struct stream *stream, size_t size);
/* An answer that the connection waited for was given or given up: read on. */
void stream_answered(struct stream *stream);
void stream_pool_flush(struct stream_pool *pool);
void stream_watch(struct stream *stream);

/* ---- stream_kernel.c, stream_own.c: what carries it ------------------------------------------------------------- */

/* Takes the descriptor. */
void stream_open_kernel(struct stream_pool *pool, struct listener *listener, int fd,
			const struct sockaddr_storage *peer);
/* Takes the next connection that waits at `listening`; without a place it goes on waiting, of who is denied it ends. */
void stream_open_own(struct stream_pool *pool, struct listener *listener, tcp_conn listening);
/* A STACK_TCP action; of connections that are not ours, or not any more, nothing happens. */
void stream_own_receive(struct stream_pool *pool, const struct stack_action *action);
/* Once a turn: serves those that are ready; true when there is more to do, so that the loop must not sleep. */
bool stream_own_turn(struct stream_pool *pool);

/* ---- listen_tcp.c ------------------------------------------------------------------------------------------------ */

void listen_tcp_resume(struct stream_pool *pool);

#endif
