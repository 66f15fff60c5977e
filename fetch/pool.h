/*
 * pool.h - connections that are kept for the next request to the same place (RFC 9112, section 9.3).
 *
 * A place is a text that the client makes: whatever must be alike for a connection to serve, as in
 * "https://www.example:443 via proxy:3128".  A connection is kept while its peer says nothing: an end, or octets that
 * nobody asked for (RFC 9112, section 9.2), and it is dropped.
 *
 * Ownership: pool_put takes the stream, pool_get gives it away; pool_free closes what is kept.
 * Bounds:    POOL_STREAMS_MAX connections; the one that has been idle longest makes room.
 */
#ifndef CAIRN_FETCH_POOL_H
#define CAIRN_FETCH_POOL_H

#include <stdint.h>

#include "fetch/net.h"
#include "fetch/stream.h"

#define POOL_STREAMS_MAX 64u
#define POOL_PLACE_BYTES 600u
#define POOL_IDLE_MS     60000u

struct pool;

struct pool *pool_new(struct net *net); /* NULL: no memory */
void pool_free(struct pool *pool);      /* NULL is nothing */

/* The connection to `place` that was used last, with its use counted; NULL: there is none. */
struct stream *pool_get(struct pool *pool, const char *place);
/* Nothing is under way on it. idle_ms: how long the server keeps it, when it has said so; 0: POOL_IDLE_MS. */
void pool_put(struct pool *pool, const char *place, struct stream *stream, unsigned idle_ms);
/* Closes the one that has been idle longest, whose port somebody needs; nothing when none is idle. */
void pool_drop_oldest(struct pool *pool);

#endif
