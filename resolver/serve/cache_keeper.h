/*
 * cache_keeper.h - the thread that reads the cache file while clients are being served, and writes on it from then on.
 *
 * Nobody waits for the disk, but for a moment at the start: what has not been seen in the file by then is asked of name servers.  What
 * is learnt gets to the file within CACHE_KEEPER_PERIOD_MS.  A file that cannot be had is a warning, and the keeper keeps nothing.
 *
 * Ownership: the caches are lent until the stop.
 */
#ifndef CAIRN_RESOLVER_SERVE_CACHE_KEEPER_H
#define CAIRN_RESOLVER_SERVE_CACHE_KEEPER_H

#include <limits.h>
#include <uv.h>

#include "resolver/serve/cache_file.h"

#define CACHE_KEEPER_PERIOD_MS 1000u
#define CACHE_KEEPER_AHEAD_MS  100u /* three million records or so; name servers would take as long */

struct cache_keeper {
	struct cache_file *file; /* NULL: none */
	struct log log;
	char path[PATH_MAX];     /* the configuration may be read anew */
	uv_thread_t thread;
	bool is_started;
	uint64_t started_ns;
	bool is_scanned;
	atomic_bool is_stopping, is_mixed, is_loading;
	uv_mutex_t lock; /* with the condition: of is_stopping and is_scanned */
	uv_cond_t wake;
};

/* Opens the file, while there are the rights to. */
void cache_keeper_open(struct cache_keeper *keeper, const struct cache_file_config *config, const struct caches *caches);
/* Starts the thread, with the rights that its maker has left: it begins with finding out what is in the file. */
void cache_keeper_start(struct cache_keeper *keeper);
/* Until that is known, or CACHE_KEEPER_AHEAD_MS are over since the start: so the first client already has its answer from there. */
void cache_keeper_await(struct cache_keeper *keeper);
/* Whether there is something in the file that is not back yet. */
bool cache_keeper_is_loading(struct cache_keeper *keeper);
/* What is learnt from now on rests on something else than the config has said (cache_file_mix). */
void cache_keeper_mix(struct cache_keeper *keeper);
/* Saves what is new and closes the file.  A keeper that is zeroed has none. */
void cache_keeper_stop(struct cache_keeper *keeper);

#endif
