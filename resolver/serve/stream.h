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

struct listen_tcp;

enum stream_state {
	STREAM_FREE,
	STREAM_OPEN,
	STREAM_HALF_CLOSED, /* the client has sent all that it will; it still reads */
	STREAM_CLOSING,     /* the poll handle is on its way out; nothing else happens */
};

/* Octets that the client's window did not take yet. */
struct stream_queued {
	struct stream_queued *next;
	size_t size, sent;
	uint8_t bytes[];
};

struct stream {
	struct stream_pool *pool;
	struct listener *listener;
	struct stream *newer, *older; /* by last activity */
	struct stream *next_free;
	uv_poll_t poll;
	int fd, poll_events;
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

/* Takes the descriptor.  NULL: there is no place, and none can be made. */
struct stream *stream_open(struct stream_pool *pool, struct listener *listener, int fd,
			   const struct sockaddr_storage *peer);
void stream_close(struct stream *stream);
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

/* ---- stream.c: what goes over one of them -------------------------------------------------------------- */

void stream_on_poll(uv_poll_t *poll, int status, int events);
/* Room for one answer of any size, and its commit; the length in front is added here.  NULL: it has just broken. */
uint8_t *stream_lend(struct stream *stream, size_t *room);
void stream_commit(struct stream *stream, size_t size);
/* An answer that the connection waited for was given or given up: read on. */
void stream_answered(struct stream *stream);
void stream_pool_flush(struct stream_pool *pool);
void stream_watch(struct stream *stream);

/* ---- listen_tcp.c ------------------------------------------------------------------------------------------------ */

void listen_tcp_resume(struct stream_pool *pool);

#endif
