#include "resolver/serve/cache_keeper.h"

#include "stack/base/err.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

/* The clock of the workers' loops, and so of the caches. */
static uint32_t
now_s(void)
{
	return (uint32_t)(uv_hrtime() / NS_PER_S);
}

void
cache_keeper_open(struct cache_keeper *keeper, const struct cache_file_config *config,
		  const struct caches *caches)
{
	char error[CONFIG_ERROR_BYTES] = "cache-file: the path is too long; choose a shorter one";
	struct cache_file_config own = *config;
	*keeper = (struct cache_keeper){ .log = *config->log };
	own.path = keeper->path;
	size_t path_bytes = (size_t)snprintf(keeper->path, sizeof keeper->path, "%s", config->path);
	if (path_bytes >= sizeof keeper->path ||
	    cache_file_open(&keeper->file, &own, caches, error) != 0) {
		keeper->file = NULL;
		log_warning(&keeper->log, "%s; the caches are not kept", error);
	}
}

static void
tell_scanned(struct cache_keeper *keeper)
{
	uv_mutex_lock(&keeper->lock);
	keeper->is_scanned = true;
	uv_cond_signal(&keeper->wake);
	uv_mutex_unlock(&keeper->lock);
}

void
cache_keeper_await(struct cache_keeper *keeper)
{
	const uint64_t end_ns = keeper->started_ns + CACHE_KEEPER_AHEAD_MS * NS_PER_MS;
	uint64_t at_ns;
	if (!keeper->is_started)
		return;
	uv_mutex_lock(&keeper->lock);
	while (!keeper->is_scanned && (at_ns = uv_hrtime()) < end_ns)
		(void)uv_cond_timedwait(&keeper->wake, &keeper->lock, end_ns - at_ns);
	uv_mutex_unlock(&keeper->lock);
}

static void
load(struct cache_keeper *keeper)
{
	struct cache_file_loaded loaded;
	uint64_t began_ns = uv_hrtime();
	cache_file_scan(keeper->file, now_s(), cache_file_wall_s(), &keeper->is_stopping);
	uint64_t scanned_ns = uv_hrtime();
	tell_scanned(keeper);
	cache_file_load(keeper->file, &loaded);
	atomic_store(&keeper->is_loading, false);
	log_info(&keeper->log,
		 "cache-file: %llu entries of %s are back after %llu ms, and could be found after "
		 "%llu ms",
		 (unsigned long long)loaded.records, keeper->path,
		 (unsigned long long)((uv_hrtime() - began_ns) / NS_PER_MS),
		 (unsigned long long)((scanned_ns - began_ns) / NS_PER_MS));
	if (loaded.damaged > 0)
		log_warning(&keeper->log,
			    "cache-file: %s: damage in %llu places; what was there is asked for "
			    "anew (did the machine "
			    "lose power? if not, look after its disk)",
			    keeper->path, (unsigned long long)loaded.damaged);
}

static void
save(struct cache_keeper *keeper)
{
	if (keeper->is_mixed)
		cache_file_mix(keeper->file);
	cache_file_save(keeper->file, now_s(), cache_file_wall_s());
}

/* False: it is time to end. */
static bool
rest(struct cache_keeper *keeper)
{
	uv_mutex_lock(&keeper->lock);
	if (!keeper->is_stopping)
		(void)uv_cond_timedwait(&keeper->wake, &keeper->lock,
					CACHE_KEEPER_PERIOD_MS * NS_PER_MS);
	bool goes_on = !keeper->is_stopping;
	uv_mutex_unlock(&keeper->lock);
	return goes_on;
}

static void
run(void *arg)
{
	struct cache_keeper *keeper = arg;
	load(keeper);
	while (rest(keeper))
		save(keeper);
}

void
cache_keeper_start(struct cache_keeper *keeper)
{
	if (keeper->file == NULL)
		return;
	int err = uv_mutex_init(&keeper->lock);
	if (err != 0)
		goto give_up;
	err = uv_cond_init(&keeper->wake);
	if (err != 0)
		goto destroy_mutex;
	atomic_store(&keeper->is_loading, true);
	keeper->started_ns = uv_hrtime();
	err = uv_thread_create(&keeper->thread, run, keeper);
	if (err != 0)
		goto destroy_cond;
	keeper->is_started = true;
	return;
destroy_cond:
	atomic_store(&keeper->is_loading, false);
	uv_cond_destroy(&keeper->wake);
destroy_mutex:
	uv_mutex_destroy(&keeper->lock);
give_up:
	log_warning(&keeper->log, "cache-file: %s: %s; the caches are not kept", keeper->path,
		    uv_strerror(err));
}

bool
cache_keeper_is_loading(struct cache_keeper *keeper)
{
	return atomic_load(&keeper->is_loading);
}

void
cache_keeper_mix(struct cache_keeper *keeper)
{
	keeper->is_mixed = true;
}

void
cache_keeper_stop(struct cache_keeper *keeper)
{
	if (keeper->is_started) {
		uv_mutex_lock(&keeper->lock);
		keeper->is_stopping = true;
		uv_cond_signal(&keeper->wake);
		uv_mutex_unlock(&keeper->lock);
		(void)uv_thread_join(&keeper->thread);
		uv_cond_destroy(&keeper->wake);
		uv_mutex_destroy(&keeper->lock);
		save(keeper);
	}
	if (keeper->file != NULL)
		cache_file_close(keeper->file);
	*keeper = (struct cache_keeper){ 0 };
}
