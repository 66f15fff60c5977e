/*
 * zone_keeper.h - the connections of the zones that come from primaries (secondaries.h), on the main thread's loop.
 *
 * One of the kernel's connections a zone, made when it is needed and closed when nothing is left to be asked.  What a zone has
 * come to is in its file when on_change is called: then the configuration's zones are to be built anew.
 *
 * Ownership: zone_keeper_new allocates; zone_keeper_close lets go of config and rng at once, and of the memory once the loop
 *            has closed the handles.
 * Errors:    ERR_NO_MEMORY, or libuv's.  What goes wrong with a primary is counted and told by secondaries.h.
 * Bounds:    those of secondaries.h and zone/refresh.h; a message of MESSAGE_BYTES_MAX a connection.
 */
#ifndef CAIRN_RESOLVER_SERVE_ZONE_KEEPER_H
#define CAIRN_RESOLVER_SERVE_ZONE_KEEPER_H

#include <uv.h>

#include "resolver/serve/secondaries.h"

struct zone_keeper;

/* *keeper is NULL when no zone has a primary.  kept: the service's, looked at here and not afterwards. */
int zone_keeper_new(struct zone_keeper **keeper, uv_loop_t *loop, struct config *config, const struct kept_set *kept,
		    struct rng *rng, const struct log *log, void (*on_change)(void *data), void *data);
void zone_keeper_close(struct zone_keeper *keeper); /* NULL is nothing */
/* The zone of that number, in the order of the configuration, has changed, they say. */
void zone_keeper_notify(struct zone_keeper *keeper, unsigned index);
/* All zones' counters in one; keeper may be NULL. */
void zone_keeper_stats(const struct zone_keeper *keeper, struct refresh_stats *stats);

#endif
