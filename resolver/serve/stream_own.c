/* Clients' connections over our own TCP: readiness is asked of the stack, and served once a turn of the loop. */
#include <errno.h>

#include "resolver/serve/stream.h"
#include "resolver/serve/worker.h"

static struct stack *
stack_of(const struct stream *stream)
{
	return worker_stack(stream->pool->worker);
}

/* In the next turn, or later in this one, it is looked at. */
static void
make_due(struct stream *stream)
{
	struct stream_pool *pool = stream->pool;
	if (stream->own.is_due)
		return;
	stream->own.is_due = true;
	stream->own.next_due = pool->first_due;
	pool->first_due = stream;
}

/* What it could do now of what is watched for. */
static int
ready_events(const struct stream *stream)
{
	unsigned levels = tcp_poll(stack_of(stream), stream->own.conn);
	int events = 0;
	if ((levels & (TCP_EVENT_READABLE | TCP_EVENT_PEER_CLOSED | TCP_EVENT_CLOSED |
		       TCP_EVENT_FAILED)) != 0)
		events |= UV_READABLE;
	if ((levels & (TCP_EVENT_WRITABLE | TCP_EVENT_CLOSED | TCP_EVENT_FAILED)) != 0)
		events |= UV_WRITABLE;
	return events & stream->events;
}

static ssize_t
own_receive(struct stream *stream, uint8_t *into, size_t room)
{
	size_t got;
	int err = tcp_receive(stack_of(stream), stream->own.conn, into, room,
			      worker_now_us(stream->pool->worker), &got);
	if (err == 0)
		return (ssize_t)got;
	errno = err == ERR_NOT_FOUND ? EAGAIN : ECONNRESET;
	return -1;
}

static ssize_t
own_send(struct stream *stream, const uint8_t *bytes, size_t size)
{
	size_t taken = 0;
	int err = tcp_send(stack_of(stream), stream->own.conn, bytes, size, 0,
			   worker_now_us(stream->pool->worker), &taken);
	if (err != 0)
		return err == ERR_FULL ? 0 : -1;
	return (ssize_t)taken;
}

static int
own_watch(struct stream *stream, int events)
{
	(void)events;
	if (ready_events(stream) != 0)
		make_due(stream);
	return 0;
}

/* The place is freed in the next turn, as one of the kernel's is: whoever closes it may still look at it. */
static void
own_close(struct stream *stream)
{
	tcp_close(stack_of(stream), stream->own.conn, worker_now_us(stream->pool->worker));
	make_due(stream);
}

static const struct stream_ops own_ops = {
	.receive = own_receive,
	.send = own_send,
	.watch = own_watch,
	.close = own_close,
};

void
stream_open_own(struct stream_pool *pool, struct listener *listener, tcp_conn listening)
{
	struct stack *stack = worker_stack(pool->worker);
	struct stream *stream = stream_open(pool, listener, &own_ops);
	struct tcp_conn_info info;
	if (stream == NULL)
		return;
	stream->own.is_due = false;
	stream->own.conn = 0;
	if (tcp_accept(stack, listening, stream_number(stream), &stream->own.conn) == 0)
		worker_stats(pool->worker)->tcp_accepted++;
	if (tcp_info(stack, stream->own.conn, &info) != 0 || stream_is_denied(pool, &info.remote)) {
		stream_close(stream);
		return;
	}
	stream->addr = info.remote;
	stream->port = info.remote_port;
	stream->scope = 0;
	stream_watch(stream);
}

void
stream_own_receive(struct stream_pool *pool, const struct stack_action *action)
{
	/* `user` may be anybody's: of a listener, or of a connection upstream that is over. */
	struct stream *stream =
		(uint32_t)action->user < pool->stream_max ? stream_pool_find(pool, action->user) : NULL;
	if (stream != NULL && stream->ops == &own_ops && stream->own.conn == action->conn)
		make_due(stream);
}

static void
serve(struct stream *stream)
{
	if (stream->state == STREAM_CLOSING) {
		stream_closed(stream);
		return;
	}
	int events = ready_events(stream);
	if (events != 0)
		stream_on_ready(stream, events);
	if (stream->state == STREAM_CLOSING || ready_events(stream) != 0)
		make_due(stream);
}

bool
stream_own_turn(struct stream_pool *pool)
{
	struct stream *next = pool->first_due;
	pool->first_due = NULL;
	while (next != NULL) {
		struct stream *stream = next;
		next = stream->own.next_due;
		stream->own.is_due = false;
		serve(stream);
	}
	return pool->first_due != NULL;
}
