#include "resolver/serve/stream.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/serve/worker.h"

static bool
is_alive(const struct stream *stream)
{
	return stream->state == STREAM_OPEN || stream->state == STREAM_HALF_CLOSED;
}

/* Readable only when another query may come in, writable only when something waits. */
void
stream_watch(struct stream *stream)
{
	bool reads = stream->state == STREAM_OPEN && stream->queued_bytes == 0 &&
		     stream->outstanding_count < STREAM_OUTSTANDING_MAX;
	int events = (reads ? UV_READABLE : 0) | (stream->queued_bytes > 0 ? UV_WRITABLE : 0);
	if (events == stream->events)
		return;
	stream->events = events;
	if (stream->ops->watch(stream, events) != 0)
		stream_close(stream);
}

/* Nothing more will come and nothing more is to go. */
static void
close_when_done(struct stream *stream)
{
	if (stream->state == STREAM_HALF_CLOSED && stream->outstanding_count == 0 &&
	    stream->queued_bytes == 0 && stream->pool->gathering != stream)
		stream_close(stream);
}

/* ---- sending ------------------------------------------------------------------------------------------------------- */

static bool
queue(struct stream *stream, const uint8_t *bytes, size_t size)
{
	struct stream_pool *pool = stream->pool;
	if (stream->queued_bytes + size > STREAM_QUEUED_BYTES_MAX ||
	    pool->queued_bytes + size > STREAM_POOL_QUEUED_BYTES_MAX)
		return false;
	struct stream_queued *queued = malloc(sizeof *queued + size);
	if (queued == NULL)
		return false;
	*queued = (struct stream_queued){ .size = size };
	memcpy(queued->bytes, bytes, size);
	if (stream->queued_last != NULL)
		stream->queued_last->next = queued;
	else
		stream->queued_first = queued;
	stream->queued_last = queued;
	stream->queued_bytes += size;
	pool->queued_bytes += size;
	return true;
}

void
stream_pool_flush(struct stream_pool *pool)
{
	struct stream *stream = pool->gathering;
	if (stream == NULL)
		return;
	const uint8_t *bytes = pool->gathered;
	size_t size = pool->gathered_bytes;
	pool->gathering = NULL;
	pool->gathered_bytes = 0;
	ssize_t sent = 0;
	if (stream->queued_bytes == 0)
		sent = stream->ops->send(stream, bytes, size);
	if (sent < 0) {
		stream_close(stream);
		return;
	}
	if ((size_t)sent < size && !queue(stream, bytes + sent, size - (size_t)sent)) {
		worker_stats(pool->worker)->tcp_closed_slow++;
		stream_close(stream);
		return;
	}
	stream_watch(stream);
	if (is_alive(stream))
		close_when_done(stream);
}

uint8_t *
stream_lend(struct stream *stream, size_t *room)
{
	struct stream_pool *pool = stream->pool;
	if (pool->gathering != stream ||
	    pool->gathered_bytes + STREAM_REPLY_BYTES_MAX > sizeof pool->gathered)
		stream_pool_flush(pool);
	if (!is_alive(stream))
		return NULL;
	*room = MESSAGE_BYTES_MAX;
	return pool->gathered + pool->gathered_bytes + STREAM_LENGTH_BYTES;
}

void
stream_commit(struct stream *stream, size_t size)
{
	struct stream_pool *pool = stream->pool;
	assert(pool->gathering == NULL || pool->gathering == stream);
	assert(size <= MESSAGE_BYTES_MAX);
	pool->gathering = stream;
	pool->gathered[pool->gathered_bytes] = (uint8_t)(size >> 8);
	pool->gathered[pool->gathered_bytes + 1] = (uint8_t)size;
	pool->gathered_bytes += STREAM_LENGTH_BYTES + size;
}

/* The client has made room. */
static void
send_queued(struct stream *stream)
{
	while (stream->queued_first != NULL) {
		struct stream_queued *queued = stream->queued_first;
		ssize_t count = stream->ops->send(stream, queued->bytes + queued->sent,
						  queued->size - queued->sent);
		if (count < 0) {
			stream_close(stream);
			return;
		}
		if (count > 0)
			stream_is_active(stream);
		queued->sent += (size_t)count;
		stream->queued_bytes -= (size_t)count;
		stream->pool->queued_bytes -= (size_t)count;
		if (queued->sent < queued->size)
			return;
		stream->queued_first = queued->next;
		if (queued->next == NULL)
			stream->queued_last = NULL;
		free(queued);
	}
}

/* ---- receiving ------------------------------------------------------------------------------------------------------ */

static void
serve_query(struct stream *stream, const uint8_t *bytes, size_t size, uint64_t now_us)
{
	struct client_source source = {
		.listener = stream->listener,
		.addr = stream->addr,
		.port = stream->port,
		.is_stream = true,
		.scope = stream->scope,
		.connection = stream_number(stream),
	};
	size_t room, reply_bytes;
	uint8_t *reply = stream_lend(stream, &room);
	if (reply == NULL)
		return;
	switch (worker_query(stream->pool->worker, &source, bytes, size, reply, room, now_us,
			     &reply_bytes)) {
	case CLIENT_REPLIES: stream_commit(stream, reply_bytes); break;
	case CLIENT_PENDS: stream->outstanding_count++; break;
	case CLIENT_DROPS: break;
	}
}

/* Takes the complete queries at the front of the input; false when what stands there is none. */
static bool
serve_input(struct stream *stream, uint64_t now_us)
{
	size_t at = 0;
	bool is_sound = true;
	while (is_alive(stream) && stream->outstanding_count < STREAM_OUTSTANDING_MAX &&
	       stream->queued_bytes == 0) {
		size_t left = stream->input_bytes - at;
		if (left < STREAM_LENGTH_BYTES)
			break;
		const uint8_t *frame = stream->input + at;
		size_t size = (size_t)frame[0] << 8 | frame[1];
		is_sound = size >= MESSAGE_HEADER_BYTES && size <= STREAM_QUERY_BYTES_MAX;
		if (!is_sound || left < STREAM_LENGTH_BYTES + size)
			break;
		stream_is_active(stream);
		serve_query(stream, frame + STREAM_LENGTH_BYTES, size, now_us);
		at += STREAM_LENGTH_BYTES + size;
	}
	stream->input_bytes -= at;
	if (at > 0)
		memmove(stream->input, stream->input + at, stream->input_bytes);
	return is_sound;
}

/* Serves what has come; a length that no query has is answered by closing. */
static void
take_input(struct stream *stream)
{
	struct stream_pool *pool = stream->pool;
	bool is_sound = serve_input(stream, worker_now_us(pool->worker));
	if (is_alive(stream) && pool->gathering == stream)
		stream_pool_flush(pool);
	if (!is_sound && is_alive(stream)) {
		worker_stats(pool->worker)->tcp_closed_malformed++;
		stream_close(stream);
	}
}

/* One read; true when there may be more. */
static bool
receive(struct stream *stream)
{
	size_t room = STREAM_INPUT_BYTES - stream->input_bytes;
	ssize_t count = stream->ops->receive(stream, stream->input + stream->input_bytes, room);
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (count < 0) {
		stream_close(stream);
		return false;
	}
	if (count == 0) {
		stream->state = STREAM_HALF_CLOSED;
		return false;
	}
	stream->input_bytes += (size_t)count;
	take_input(stream);
	return (size_t)count == room;
}

static bool
wants_input(const struct stream *stream)
{
	return stream->state == STREAM_OPEN && stream->queued_bytes == 0 &&
	       stream->outstanding_count < STREAM_OUTSTANDING_MAX;
}

void
stream_on_ready(struct stream *stream, int events)
{
	if ((events & UV_WRITABLE) != 0)
		send_queued(stream);
	if (is_alive(stream) && stream->queued_bytes == 0 && stream->input_bytes > 0)
		take_input(stream);
	for (unsigned i = 0;
	     i < STREAM_TURN_READS && wants_input(stream) && (events & UV_READABLE) != 0; i++)
		if (!receive(stream))
			break;
	if (!is_alive(stream))
		return;
	stream_watch(stream);
	if (is_alive(stream))
		close_when_done(stream);
}

void
stream_answered(struct stream *stream)
{
	assert(stream->outstanding_count > 0);
	stream->outstanding_count--;
	stream_is_active(stream);
	/* Queries that stood behind the bound are in the input already; the socket may never be readable again. */
	if (stream->input_bytes > 0)
		take_input(stream);
	if (!is_alive(stream))
		return;
	stream_watch(stream);
	if (is_alive(stream))
		close_when_done(stream);
}
