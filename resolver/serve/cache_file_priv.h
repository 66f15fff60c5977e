/*
 * cache_file_priv.h - a cache file's inside, shared by its three files: cache_file.c opens, cache_file_load.c reads,
 * cache_file_log.c writes.
 */
#ifndef CAIRN_RESOLVER_SERVE_CACHE_FILE_PRIV_H
#define CAIRN_RESOLVER_SERVE_CACHE_FILE_PRIV_H

#include "resolver/cache/store.h"
#include "resolver/serve/cache_file.h"
#include "resolver/serve/cache_places.h"
#include "stack/base/rng.h"

/* One cache's end of the log. */
struct cache_tail {
	struct store *store;
	struct store_mark marks[STORE_SHARDS_MAX]; /* what is behind them has not been saved */
	struct segment_head head;                  /* of the segment that is being filled; sequence 0: none */
	uint32_t place;
	size_t end;                                /* of its records */
	struct segment_index index;                /* of them */
};

struct cache_file {
	int fd;
	const char *path;
	struct log log;
	struct segment_file_head head;
	bool is_head_due;      /* it has to be written before the next record */
	uint32_t stale_s;
	struct rng rng; /* for keys of the file, whenever it begins anew */

	struct cache_tail tails[RECORD_KINDS];
	struct cache_places places;
	uint64_t sequence;    /* of the last segment begun */
	int64_t offset_max_s; /* wall clock less ours, at most, since the file began */
	bool saves_restored;  /* the file lacks what was restored from it */
	bool is_spoilt;       /* a load was cut short */
	struct cache_file_loading *loading; /* NULL: it is over */
	uint32_t retry_at_s;  /* not 0: a write failed */
	uint8_t *segment;     /* SEGMENT_BYTES, being written */
	uint64_t *copy;       /* STORE_ENTRY_BYTES_MAX, out of a store */
};

static inline uint64_t
cache_file__offset(uint32_t place)
{
	return SEGMENT_FILE_HEAD_BYTES + (uint64_t)place * SEGMENT_BYTES;
}

/* A file without records, under a new key; 0 or ERR_IO. */
int cache_file__begin(struct cache_file *file, uint32_t wall_s);
int cache_file__write_head(struct cache_file *file);
void cache_file__end_load(struct cache_file *file, struct cache_file_loaded *loaded);
int cache_file__write(const struct cache_file *file, const void *bytes, size_t size, uint64_t at);

#endif
