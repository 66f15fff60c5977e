/*
 * cachedb.h - a second level of the caches on a Redis or Valkey server, shared by machines that serve the same clients.
 *
 * Two sides.  A reader, one a worker, answers ENGINE_FETCH: what the server has of a name and type goes into the caches if its
 * seal is good (cachedb_seal.h), and the task looks there.  A writer, one a process, follows the log of the caches
 * (cache/store.h) and stores what is new in them, so nothing on the way of an answer waits for it.  Only what has been judged is
 * stored: sets that may answer a question and absences, with what remains of their TTL; no failure, no glue.
 *
 * Ownership: config and caches are lent until the close, which ends in the loop.
 * Bounds:    CACHEDB_FETCHES_MAX look-ups of a worker at once, each of redis-timeout; more are answered with nothing.
 */
#ifndef CAIRN_RESOLVER_SERVE_CACHEDB_H
#define CAIRN_RESOLVER_SERVE_CACHEDB_H

#include "resolver/iterate/engine.h"
#include "resolver/serve/cachedb_link.h"
#include "resolver/serve/cachedb_seal.h"
#include "resolver/serve/config.h"

#define CACHEDB_FETCHES_MAX     1024u
#define CACHEDB_STORE_PERIOD_MS 50u

struct cachedb_config {
	bool is_on, stores, expires;
	bool validates;                /* then what is unchecked is not stored */
	struct cachedb_server server;
	char secret_seed[CACHEDB_SEED_BYTES];
	struct cachedb_seal seal;      /* to begin with */
};

/* ERR_MALFORMED with one line in `error`.  basis and validates of the settings: basis.h. */
int cachedb_config_read(struct cachedb_config *cachedb, const struct config *config, uint64_t basis, bool validates,
                        char error[CONFIG_ERROR_BYTES]);

struct cachedb_stats {
	uint64_t fetches, found, refused; /* refused: values that were not sealed, or not what was asked for */
};

struct cachedb_reader;
typedef void (*cachedb_fetched_cb)(void *data, engine_query fetch, bool found);
/* NULL: no memory. */
struct cachedb_reader *cachedb_reader_new(uv_loop_t *loop, const struct cachedb_config *config,
                                          const struct caches *caches, const struct log *log,
                                          cachedb_fetched_cb on_fetched, void *data);
/* False: not now, and on_fetched is not called. */
bool cachedb_fetch(struct cachedb_reader *reader, engine_query fetch, const struct name *name, uint16_t type);
/* After a reload: what is looked up from now on has to rest on another basis. */
void cachedb_reader_seal(struct cachedb_reader *reader, const struct cachedb_seal *seal);
void cachedb_reader_close(struct cachedb_reader *reader);
struct cachedb_stats cachedb_reader_stats(const struct cachedb_reader *reader);

struct cachedb_writer;
struct cachedb_writer *cachedb_writer_new(uv_loop_t *loop, const struct cachedb_config *config,
                                          const struct caches *caches, const struct log *log);
/* After a reload: what is learnt from now on is stored, under another seal; what has not been stored yet is not. */
void cachedb_writer_seal(struct cachedb_writer *writer, const struct cachedb_seal *seal);
void cachedb_writer_close(struct cachedb_writer *writer);

#endif
