#include "fetch/pool.h"

#include <stdlib.h>
#include <string.h>

struct pool_entry {
	struct pool *pool;
	struct stream *stream; /* NULL: the entry is free */
	char place[POOL_PLACE_BYTES];
	uint64_t since_us;
	struct net_timer timer;
};

struct pool {
	struct net *net;
	struct pool_entry entries[POOL_STREAMS_MAX];
};

struct pool *
pool_new(struct net *net)
{
	struct pool *pool = calloc(1, sizeof *pool);

	if (pool == NULL)
		return NULL;
	pool->net = net;
	for (unsigned i = 0; i < POOL_STREAMS_MAX; i++)
		pool->entries[i].pool = pool;
	return pool;
}

static struct stream *
take_out(struct pool_entry *entry)
{
	struct stream *stream = entry->stream;

	entry->stream = NULL;
	net_timer_stop(entry->pool->net, &entry->timer);
	stream_set_ready(stream, NULL, NULL);
	return stream;
}

static void
drop(void *data)
{
	stream_close(take_out(data));
}

void
pool_free(struct pool *pool)
{
	if (pool == NULL)
		return;
	for (unsigned i = 0; i < POOL_STREAMS_MAX; i++)
		if (pool->entries[i].stream != NULL)
			drop(&pool->entries[i]);
	free(pool);
}

/* Nothing has come, not even the end.  What TLS says between records (tickets) is not seen here. */
static bool
is_quiet(struct stream *stream)
{
	uint8_t octet;
	return stream_read(stream, &octet, sizeof octet) == -EAGAIN;
}

static void
on_ready(struct stream *stream, void *data)
{
	if (!is_quiet(stream))
		drop(data);
}

struct stream *
pool_get(struct pool *pool, const char *place)
{
	struct pool_entry *best = NULL;

	for (unsigned i = 0; i < POOL_STREAMS_MAX; i++) {
		struct pool_entry *entry = &pool->entries[i];
		if (entry->stream == NULL || strcmp(entry->place, place) != 0)
			continue;
		if (best == NULL || entry->since_us > best->since_us)
			best = entry;
	}
	if (best == NULL)
		return NULL;
	struct stream *stream = take_out(best);
	stream->facts->use_count++;
	return stream;
}

/* A free entry, after the one that has been idle longest was dropped if need be. */
static struct pool_entry *
make_room(struct pool *pool)
{
	struct pool_entry *oldest = &pool->entries[0];

	for (unsigned i = 0; i < POOL_STREAMS_MAX; i++) {
		struct pool_entry *entry = &pool->entries[i];
		if (entry->stream == NULL)
			return entry;
		if (entry->since_us < oldest->since_us)
			oldest = entry;
	}
	drop(oldest);
	return oldest;
}

void
pool_drop_oldest(struct pool *pool)
{
	struct pool_entry *oldest = NULL;

	for (unsigned i = 0; i < POOL_STREAMS_MAX; i++) {
		struct pool_entry *entry = &pool->entries[i];
		if (entry->stream != NULL && (oldest == NULL || entry->since_us < oldest->since_us))
			oldest = entry;
	}
	if (oldest != NULL)
		drop(oldest);
}

void
pool_put(struct pool *pool, const char *place, struct stream *stream, unsigned idle_ms)
{
	const uint64_t now_us = net_now_us(pool->net);

	stream_set_ready(stream, NULL, NULL);
	if (strlen(place) >= POOL_PLACE_BYTES || !is_quiet(stream)) {
		stream_close(stream);
		return;
	}
	struct pool_entry *entry = make_room(pool);
	strcpy(entry->place, place);
	entry->stream = stream;
	entry->since_us = now_us;
	stream_set_ready(stream, on_ready, entry);
	net_timer_start(pool->net, &entry->timer,
			now_us + 1000 * (uint64_t)(idle_ms != 0 ? idle_ms : POOL_IDLE_MS), drop,
			entry);
}
