/*
 * cache_file.h - the caches in a file, so that a process begins with what the last one knew (cache-file).
 *
 * The file is the log of the caches' rings (cache/segment.h).  What they have learnt since the last time is appended by
 * cache_file_save, a few kilobytes at a go, so kill -9 costs what was learnt since, and a torn write the records in it.
 *
 * Taking back a million records takes half a second or more, most of it for judging them and for memory that is not in the
 * processor's caches, each a little.  So they are found in the file before they are back: the index of every segment comes into a table
 * at once, a look-up that finds nothing in a cache looks there, and takes with it the one record that it wants.
 * For as long as that the file is mapped, for reading alone.  A page of a file can fail to come, or take long: so all of a segment
 * are in memory before its first is used, and what cannot be had, or ends too early, is read in the ordinary way.  Where somebody cuts the file
 * off in that second, or its disk loses a page, there are zeros (file_map.h), which no checksum takes for a record.  When the
 * load is over nothing is mapped any more.
 *
 * Who may be believed: the file is ours or of the user we become, and nobody else may write it; it is locked, so that one
 * process has it; a head that is not of such a file, or is damaged, sends it aside as FILE.damaged (but no file that others
 * may read: that was never ours).  What is read is
 * judged record by record (cache/record.h).  A sound file begins anew, with a notice, when its records would mislead: written
 * by another version, under other trust anchors or forwarders (`basis`), before and after these changed (cache_file_mix), or by a
 * wall clock that is ahead of ours.
 *
 * Not kept: what is known of servers (cache/infra.h), which is of minutes and of this network; failures; the key of the caches'
 * hashes, which is drawn anew in each process.
 *
 * Ownership: the caches are lent until the close.  All verbs from one thread at a time; workers may use the caches meanwhile.
 * Units:     seconds: now_s on the clock of the caches, wall_s since 1970, of one moment.
 * Errors:    open: a negative ERR_* and one line in `error`, with the file and the remedy.  Nothing later is an error: it is told
 *            to the log, and the caches work without the file.
 * Bounds:    on the disk half as much again as the rings hold, and CACHE_FILE_SLACK segments for each cache.
 */
#ifndef CAIRN_RESOLVER_SERVE_CACHE_FILE_H
#define CAIRN_RESOLVER_SERVE_CACHE_FILE_H

#include <stdatomic.h>
#include <sys/types.h>

#include "resolver/iterate/engine.h"
#include "resolver/serve/config.h"
#include "stack/base/log.h"

#define CACHE_FILE_SLACK         2u
#define CACHE_FILE_RETRY_S       60u /* after a write that failed */
#define CACHE_FILE_BACKWARD_S    2u  /* the wall clock may go back so far, as when it is slewed, and be the same */
#define CACHE_FILE_DAMAGED_SUFFIX ".damaged"

struct cache_file;

/* The wall clock as cache_file takes it. */
uint32_t cache_file_wall_s(void);

#define CACHE_FILE_MIXED UINT64_C(0) /* the basis of a file whose records rest on several: nobody's */

struct cache_file_config {
	const char *path;      /* lent until the close */
	bool has_owner;        /* the file belongs to this user, not to us */
	uid_t uid;
	gid_t gid;
	uint64_t basis;        /* basis.h */
	uint32_t wall_s;
	uint32_t stale_s;      /* what has ended for less is taken back too */
	struct rng *rng;       /* for the call */
	const struct log *log; /* copied */
};

int cache_file_open(struct cache_file **file, const struct cache_file_config *config, const struct caches *caches,
                    char error[CONFIG_ERROR_BYTES]);

/*
 * Reads which records are in the file, once, before the first save: from then on the caches find them there (cache/past.h), and
 * nobody can tell that they are not back yet.  Some tens of nanoseconds a record.  Ends early when *is_cancelled (NULL: never)
 * becomes true, as the load does; then nothing is saved, for what has not been read would be lost.
 */
void cache_file_scan(struct cache_file *file, uint32_t now_s, uint32_t wall_s, const atomic_bool *is_cancelled);

/* Takes them back, after the scan; then the caches need the file no more. */
struct cache_file_loaded {
	uint64_t records, refused; /* those that took their place, those that were older, ended or too large */
	uint64_t damaged;          /* segments with damage, of which the rest is asked for anew */
};
void cache_file_load(struct cache_file *file, struct cache_file_loaded *loaded);

/* What is learnt from now on rests on something else (a reload): the next process begins anew. */
void cache_file_mix(struct cache_file *file);

/* Appends what is new. */
void cache_file_save(struct cache_file *file, uint32_t now_s, uint32_t wall_s);

/* Does not save.  Nobody may use the caches meanwhile if a scan was not followed by a load. */
void cache_file_close(struct cache_file *file);

#endif
