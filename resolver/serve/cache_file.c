#include "resolver/serve/cache_file_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_MODE        0600
#define OTHERS_MAY_WRITE (S_IWGRP | S_IWOTH)
#define PLACES_NUMERATOR 3u /* of what the rings hold, the file holds so much ... */
#define PLACES_DENOMINATOR                                                                         \
	2u /* ... for a record is larger than its entry, and shards do not turn at one pace */

uint32_t
cache_file_wall_s(void)
{
	const time_t now = time(NULL);
	return now < 0 ? 0 : now > UINT32_MAX ? UINT32_MAX : (uint32_t)now;
}

int
cache_file__write(const struct cache_file *file, const void *bytes, size_t size, uint64_t at)
{
	const uint8_t *from = bytes;
	while (size > 0) {
		ssize_t written = pwrite(file->fd, from, size, (off_t)at);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return ERR_IO;
		from += written;
		size -= (size_t)written;
		at += (uint64_t)written;
	}
	return 0;
}

int
cache_file__write_head(struct cache_file *file)
{
	uint8_t bytes[SEGMENT_FILE_HEAD_BYTES] = { 0 };
	struct writer writer = writer_over(bytes, sizeof bytes);
	segment_write_file_head(&writer, &file->head);
	return cache_file__write(file, bytes, writer.pos, 0);
}

int
cache_file__begin(struct cache_file *file, uint32_t wall_s)
{
	file->head.key = hash_key_draw(&file->rng);
	file->head.written_s = wall_s;
	file->offset_max_s = INT64_MIN;
	for (unsigned kind = 0; kind < RECORD_KINDS; kind++) {
		struct cache_tail *tail = &file->tails[kind];
		memset(tail->marks, 0, sizeof tail->marks);
		tail->head.sequence = 0;
	}
	cache_places_clear(&file->places);
	return ftruncate(file->fd, 0) == 0 ? cache_file__write_head(file) : ERR_IO;
}

/* ---- opening -------------------------------------------------------------------------------------- */

static int
refuse(char error[CONFIG_ERROR_BYTES], const char *path, int err, const char *what,
       const char *remedy)
{
	(void)snprintf(error, CONFIG_ERROR_BYTES, "cache-file: %s: %s; %s", path, what, remedy);
	return err;
}

static int
refuse_errno(char error[CONFIG_ERROR_BYTES], const char *path)
{
	const char *remedy =
		errno == ENOENT   ? "make its directory, and let the user of cairnd write there"
		: errno == ELOOP  ? "name the file itself, no symbolic link"
		: errno == ENOSPC ? "make room on that file system"
				  : "let the user of cairnd write there, or name another file";
	return refuse(error, path, ERR_IO, strerror(errno), remedy);
}

/* O_NONBLOCK: a FIFO of that name must not hold us up.  True in *is_new: it was not there. */
static int
open_or_make(const char *path, bool *is_new)
{
	const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	int fd = open(path, flags);
	*is_new = fd < 0 && errno == ENOENT;
	return *is_new ? open(path, flags | O_CREAT | O_EXCL, FILE_MODE) : fd;
}

/* Whether it may be believed and written at all. */
static int
check_file(const struct cache_file *file, const struct cache_file_config *config,
	   char error[CONFIG_ERROR_BYTES])
{
	struct stat stat;
	if (fstat(file->fd, &stat) != 0)
		return refuse_errno(error, file->path);
	if (!S_ISREG(stat.st_mode) || stat.st_nlink != 1)
		return refuse(error, file->path, ERR_UNSUPPORTED, "is no file of one name",
			      "name another file");
	if (stat.st_uid != geteuid() && !(config->has_owner && stat.st_uid == config->uid))
		return refuse(error, file->path, ERR_PERMISSION, "belongs to another user",
			      "remove it, or give it to the user of cairnd");
	if ((stat.st_mode & OTHERS_MAY_WRITE) != 0)
		return refuse(error, file->path, ERR_PERMISSION,
			      "others may write to it, so it cannot be believed",
			      "remove it; cairnd makes it anew");
	if (flock(file->fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK
			       ? refuse(error, file->path, ERR_IN_USE, "another process uses it",
					"give each its own file")
			       : refuse_errno(error, file->path);
	return 0;
}

/*
 * 0, or why what is in the file is of no use: ERR_MALFORMED (no such file, or damaged), ERR_UNSUPPORTED (sound, and
 * stale), ERR_IO.
 */
static int
read_head(struct cache_file *file, const struct cache_file_config *config, const char **why)
{
	uint8_t bytes[SEGMENT_FILE_HEAD_BYTES];
	struct segment_file_head head;
	ssize_t size = pread(file->fd, bytes, sizeof bytes, 0);
	*why = NULL;
	if (size <= 0)
		return size == 0 ? ERR_UNSUPPORTED : ERR_IO;
	struct cursor cursor = cursor_over(bytes, (size_t)size);
	int err = segment_read_file_head(&cursor, &head);
	*why = err == ERR_UNSUPPORTED ? "it is of another version"
	       : err != 0             ? "it is damaged, or no cache file"
	       : head.basis != config->basis
		       ? "trust anchors, forwarders or other grounds of its records have changed"
	       : (int64_t)head.written_s - config->wall_s > CACHE_FILE_BACKWARD_S
		       ? "its times are ahead of the clock"
		       : NULL;
	if (err == 0 && *why == NULL)
		file->head = head;
	return err == 0 && *why != NULL ? ERR_UNSUPPORTED : err;
}

/* Ours are nobody else's to read: what others may read was somebody's file before a slip of the configuration. */
static bool
may_be_ours(const struct cache_file *file)
{
	struct stat stat;
	return fstat(file->fd, &stat) == 0 && (stat.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

/* What cannot be believed is kept for whoever wants to know why. */
static int
set_aside(struct cache_file *file, const struct cache_file_config *config,
	  char error[CONFIG_ERROR_BYTES])
{
	char aside[PATH_MAX];
	if (!may_be_ours(file))
		return refuse(error, file->path, ERR_MALFORMED,
			      "is no cache file, and has never been one", "name another file");
	if ((size_t)snprintf(aside, sizeof aside, "%s" CACHE_FILE_DAMAGED_SUFFIX, file->path) >=
	    sizeof aside)
		return refuse(error, file->path, ERR_TOO_BIG, "the path is too long",
			      "choose a shorter one");
	if (rename(file->path, aside) != 0)
		return refuse(error, file->path, ERR_IO,
			      "is damaged, or no cache file, and cannot be renamed",
			      "remove it, or name another file");
	log_warning(&file->log,
		    "cache-file: %s is damaged, or no cache file: it is %s now, and the caches "
		    "begin empty",
		    file->path, aside);
	bool is_new;
	(void)close(file->fd);
	file->fd = open_or_make(file->path, &is_new);
	return file->fd < 0 ? refuse_errno(error, file->path) : check_file(file, config, error);
}

static int
begin_anew(struct cache_file *file, const struct cache_file_config *config, const char *why,
	   char error[CONFIG_ERROR_BYTES])
{
	if (why != NULL)
		log_notice(&file->log, "cache-file: %s begins anew: %s", file->path, why);
	file->head.basis = config->basis;
	return cache_file__begin(file, config->wall_s) == 0 ? 0 : refuse_errno(error, file->path);
}

static int
open_file(struct cache_file *file, const struct cache_file_config *config,
	  char error[CONFIG_ERROR_BYTES])
{
	const char *why;
	bool is_new;
	file->fd = open_or_make(file->path, &is_new);
	if (file->fd < 0)
		return refuse_errno(error, file->path);
	int err = check_file(file, config, error);
	if (err != 0)
		return err;
	err = read_head(file, config, &why);
	if (err == ERR_IO)
		return refuse_errno(error, file->path);
	if (err == ERR_MALFORMED) {
		why = NULL;
		err = set_aside(file, config, error);
		if (err != 0)
			return err;
		err = ERR_UNSUPPORTED;
	}
	if (err == ERR_UNSUPPORTED)
		err = begin_anew(file, config, why, error);
	if (err == 0 && (fchmod(file->fd, FILE_MODE) != 0 ||
			 (config->has_owner && fchown(file->fd, config->uid, config->gid) != 0)))
		err = refuse_errno(error, file->path);
	return err;
}

/* ---- making --------------------------------------------------------------------------------------- */

static uint32_t
share_of(struct store *store)
{
	struct cache_stats stats;
	store_stats(store, &stats);
	uint64_t places = stats.bytes_max / PLACES_DENOMINATOR * PLACES_NUMERATOR / SEGMENT_BYTES +
			  CACHE_FILE_SLACK;
	return places < CACHE_PLACES_MAX ? (uint32_t)places : CACHE_PLACES_MAX;
}

static int
make_parts(struct cache_file *file, const struct caches *caches)
{
	uint32_t shares[RECORD_KINDS];
	file->tails[RECORD_RRSET].store = rrset_cache_store(caches->rrsets);
	file->tails[RECORD_NEGATIVE].store = negative_cache_store(caches->negatives);
	file->tails[RECORD_DELEGATION].store = delegation_cache_store(caches->delegations);
	for (unsigned kind = 0; kind < RECORD_KINDS; kind++) {
		file->tails[kind].head.kind = (enum record_kind)kind;
		shares[kind] = share_of(file->tails[kind].store);
	}
	file->segment = malloc(SEGMENT_BYTES);
	file->copy = malloc(STORE_ENTRY_BYTES_MAX);
	return file->segment == NULL || file->copy == NULL
		       ? ERR_NO_MEMORY
		       : cache_places_init(&file->places, shares);
}

int
cache_file_open(struct cache_file **made, const struct cache_file_config *config,
		const struct caches *caches, char error[CONFIG_ERROR_BYTES])
{
	uint8_t seed[RNG_SEED_BYTES];
	struct cache_file *file = calloc(1, sizeof *file);
	if (file == NULL)
		return refuse(error, config->path, ERR_NO_MEMORY, err_text(ERR_NO_MEMORY),
			      "the caches begin empty");
	file->fd = -1;
	file->path = config->path;
	file->log = *config->log;
	file->stale_s = config->stale_s;
	file->offset_max_s = INT64_MIN;
	rng_bytes(config->rng, seed, sizeof seed);
	rng_init(&file->rng, seed);
	int err = make_parts(file, caches);
	if (err != 0)
		(void)refuse(error, config->path, err, err_text(err), "the caches begin empty");
	else
		err = open_file(file, config, error);
	if (err != 0) {
		cache_file_close(file);
		return err;
	}
	for (unsigned kind = 0; kind < RECORD_KINDS; kind++)
		store_log_start(file->tails[kind].store);
	*made = file;
	return 0;
}

void
cache_file_close(struct cache_file *file)
{
	struct cache_file_loaded loaded;
	cache_file__end_load(file, &loaded);
	if (file->fd >= 0)
		(void)close(file->fd);
	cache_places_fini(&file->places);
	free(file->segment);
	free(file->copy);
	free(file);
}
