#include "resolver/serve/stream.h"

#include <assert.h>
#include <stdlib.h>

#include "resolver/policy/acl.h"
#include "resolver/serve/service.h"
#include "resolver/serve/worker.h"

/* ---- the list by last activity ---------------------------------------------------------------------------------- */

static void
list_add(struct stream_pool *pool, struct stream *stream)
{
	stream->older = pool->newest;
	stream->newer = NULL;
	if (pool->newest != NULL)
		pool->newest->newer = stream;
	else
		pool->oldest = stream;
	pool->newest = stream;
}

static void
list_remove(struct stream_pool *pool, struct stream *stream)
{
	if (stream->newer != NULL)
		stream->newer->older = stream->older;
	else
		pool->newest = stream->older;
	if (stream->older != NULL)
		stream->older->newer = stream->newer;
	else
		pool->oldest = stream->newer;
}

static uint64_t
now_ms(const struct stream_pool *pool)
{
	return uv_now(worker_loop(pool->worker));
}

void
stream_is_active(struct stream *stream)
{
	struct stream_pool *pool = stream->pool;
	stream->active_at_ms = now_ms(pool);
	if (pool->newest == stream)
		return;
	list_remove(pool, stream);
	list_add(pool, stream);
}

/* ---- idle connections ---------------------------------------------------------------------------------------------- */

uint32_t
stream_idle_ms(uint32_t open_count, uint32_t stream_max, uint32_t configured_ms)
{
	uint64_t open = open_count, max = stream_max;
	uint32_t idle_ms = configured_ms;
	if (open * 10 >= max * 9)
		idle_ms = configured_ms / 50;
	else if (open * 4 >= max * 3)
		idle_ms = configured_ms / 10;
	else if (open * 2 >= max)
		idle_ms = configured_ms / 3;
	uint32_t least_ms = configured_ms < STREAM_IDLE_MIN_MS ? configured_ms : STREAM_IDLE_MIN_MS;
	return idle_ms > least_ms ? idle_ms : least_ms;
}

static uint32_t
pool_idle_ms(const struct stream_pool *pool)
{
	return stream_idle_ms(pool->open_count, pool->stream_max,
			      worker_service(pool->worker)->tcp_idle_timeout_ms);
}

/* Ends those whose time is over; who waits for an answer of ours is not idle. */
static void
expire(struct stream_pool *pool)
{
	struct server_stats *stats = worker_stats(pool->worker);
	for (uint32_t i = pool->open_count; i > 0 && pool->oldest != NULL; i--) {
		struct stream *stream = pool->oldest;
		if (now_ms(pool) - stream->active_at_ms < pool_idle_ms(pool))
			return;
		if (stream->queued_bytes > 0) {
			stats->tcp_closed_slow++;
			stream_close(stream);
		} else if (stream->outstanding_count > 0) {
			stream_is_active(stream);
		} else {
			stats->tcp_closed_idle++;
			stream_close(stream);
		}
	}
}

static void
on_timer(uv_timer_t *timer)
{
	struct stream_pool *pool = timer->data;
	expire(pool);
	listen_tcp_resume(pool);
	if (pool->open_count == 0 && pool->paused == NULL)
		(void)uv_timer_stop(timer);
}

/* Coarse on purpose: a few wake-ups a second while there are connections, none while there are not. */
void
stream_pool_start_timer(struct stream_pool *pool)
{
	if (!uv_is_active((uv_handle_t *)&pool->timer))
		(void)uv_timer_start(&pool->timer, on_timer, STREAM_RETRY_MS, STREAM_RETRY_MS);
}

bool
stream_pool_has_room(struct stream_pool *pool)
{
	if (pool->first_free != NULL || pool->first_unused < pool->stream_max)
		return true;
	struct stream *oldest = pool->oldest;
	stream_pool_start_timer(pool);
	/* A place of the kernel's is free only when the loop has closed its handle: once a turn, one goes. */
	if (oldest == NULL || pool->closing_count > 0 || oldest->outstanding_count > 0 ||
	    oldest->queued_bytes > 0)
		return false;
	if (now_ms(pool) - oldest->active_at_ms >= STREAM_IDLE_MIN_MS) {
		worker_stats(pool->worker)->tcp_closed_idle++;
		stream_close(oldest);
	}
	return false;
}

/* ---- opening and closing ---------------------------------------------------------------------------------------------- */

uint64_t
stream_number(const struct stream *stream)
{
	return (uint64_t)stream->generation << 32 | (uint64_t)(stream - stream->pool->streams);
}

struct stream *
stream_pool_find(struct stream_pool *pool, uint64_t number)
{
	uint32_t index = (uint32_t)number;
	assert(index < pool->stream_max);
	struct stream *stream = &pool->streams[index];
	bool is_same = stream->generation == number >> 32;
	return is_same && (stream->state == STREAM_OPEN || stream->state == STREAM_HALF_CLOSED)
		       ? stream
		       : NULL;
}

/* A place for one more; NULL: none.  What was never used is not in the list, and its memory not touched. */
static struct stream *
place(struct stream_pool *pool)
{
	if (pool->first_free != NULL)
		return pool->first_free;
	return pool->first_unused < pool->stream_max ? &pool->streams[pool->first_unused] : NULL;
}

struct stream *
stream_open(struct stream_pool *pool, struct listener *listener, const struct stream_ops *ops)
{
	struct stream *stream = place(pool);
	if (stream == NULL)
		return NULL;
	if (stream == pool->first_free)
		pool->first_free = stream->next_free;
	else
		pool->first_unused++;
	pool->open_count++;
	stream->ops = ops;
	stream->pool = pool;
	stream->listener = listener;
	stream->events = 0;
	stream->state = STREAM_OPEN;
	stream->outstanding_count = 0;
	stream->queued_first = stream->queued_last = NULL;
	stream->queued_bytes = stream->input_bytes = 0;
	stream->active_at_ms = now_ms(pool);
	list_add(pool, stream);
	worker_stats(pool->worker)->tcp_open++;
	stream_pool_start_timer(pool);
	return stream;
}

void
stream_closed(struct stream *stream)
{
	struct stream_pool *pool = stream->pool;
	stream->state = STREAM_FREE;
	stream->next_free = pool->first_free;
	pool->first_free = stream;
	pool->closing_count--;
	listen_tcp_resume(pool);
}

void
stream_close(struct stream *stream)
{
	struct stream_pool *pool = stream->pool;
	if (stream->state == STREAM_CLOSING)
		return;
	assert(stream->state != STREAM_FREE);
	if (pool->gathering == stream) {
		pool->gathering = NULL;
		pool->gathered_bytes = 0;
	}
	while (stream->queued_first != NULL) {
		struct stream_queued *queued = stream->queued_first;
		stream->queued_first = queued->next;
		free(queued);
	}
	pool->queued_bytes -= stream->queued_bytes;
	list_remove(pool, stream);
	stream->state = STREAM_CLOSING;
	stream->generation++;
	pool->open_count--;
	pool->closing_count++;
	worker_stats(pool->worker)->tcp_open--;
	stream->ops->close(stream);
}

void
stream_pool_close_of(struct stream_pool *pool, const struct listener *listener)
{
	struct stream *stream = pool->oldest, *newer;
	for (; stream != NULL; stream = newer) {
		newer = stream->newer;
		if (listener == NULL || stream->listener == listener)
			stream_close(stream);
	}
}

/* ---- for listeners --------------------------------------------------------------------------------------------------- */

bool
stream_is_denied(const struct stream_pool *pool, const struct ip_addr *peer)
{
	if (acl_find(worker_service(pool->worker)->policy.acl, peer) != ACL_DENY)
		return false;
	worker_stats(pool->worker)->dropped_acl++;
	return true;
}

uint8_t *
stream_lend_to(struct listener *listener, const struct client_source *source, size_t *room)
{
	struct stream *stream =
		stream_pool_find(worker_streams(listener->worker), source->connection);
	return stream != NULL ? stream_lend(stream, room) : NULL;
}

void
stream_send_to(struct listener *listener, const struct client_source *source, size_t size)
{
	struct stream *stream =
		stream_pool_find(worker_streams(listener->worker), source->connection);
	if (stream == NULL)
		return;
	if (size > 0)
		stream_commit(stream, size);
	stream_answered(stream);
}

/* ---- the pool ------------------------------------------------------------------------------------------------------------- */

struct stream_pool *
stream_pool_new(struct worker *worker, uint32_t stream_max, int *err)
{
	struct stream_pool *pool = calloc(1, sizeof *pool);
	*err = UV_ENOMEM;
	if (pool == NULL)
		return NULL;
	/* Large and mostly never touched: the system gives pages as connections come. */
	pool->streams = calloc(stream_max, sizeof *pool->streams);
	if (pool->streams == NULL)
		goto free_pool;
	pool->worker = worker;
	pool->stream_max = stream_max;
	*err = uv_timer_init(worker_loop(worker), &pool->timer);
	if (*err != 0)
		goto free_streams;
	pool->timer.data = pool;
	return pool;
free_streams:
	free(pool->streams);
free_pool:
	free(pool);
	return NULL;
}

void
stream_pool_close(struct stream_pool *pool)
{
	stream_pool_close_of(pool, NULL);
	uv_close((uv_handle_t *)&pool->timer, NULL);
}

void
stream_pool_free(struct stream_pool *pool)
{
	free(pool->streams);
	free(pool);
}
