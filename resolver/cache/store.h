/*
 * store.h - keys and values of octets in bounded memory, for several threads (internal to resolver/cache,
 *           but for the log below).
 *
 * The block is cut into shards; a key's hash chooses one.  A shard has a lock, an index (index.h) and
 * a ring that is written like a log: a new entry goes to the head, a hit sets a bit and moves nothing.
 * When the writer comes round to an old entry it drops it, or, if the bit is set, moves it on to the
 * head once without the bit.  What was replaced or removed stays as dead space until then.
 *
 *        1         head        tail              last      end
 *        |  new lap  |   room    |   old lap       |  waste  |
 *        +-----------+-----------+-----------------+---------+
 *
 * Size:      an entry costs 16 octets, key and value, rounded up to 8, and 11 octets of index.  The
 *            index may take a share of the block as for entries of STORE_ENTRY_BYTES_TYPICAL; where
 *            entries are larger the rest of that share stays untouched, where they are smaller than
 *            three quarters of it the index gives up single entries before the ring comes round.
 * Ownership: put copies; get copies into the arena.  The block is zeroed memory (as mmap gives it, so
 *            that what is not used is not resident), lent for good.
 * Units:     now_s is the process's monotonic clock in seconds.
 * Bounds:    a put moves on at most STORE_MOVES_MAX entries and STORE_MOVED_BYTES_MAX octets; what else
 *            is in its way is dropped.
 */
#ifndef CAIRN_RESOLVER_CACHE_STORE_H
#define CAIRN_RESOLVER_CACHE_STORE_H

#include "resolver/cache/rrset.h"
#include "stack/base/hash.h"

struct past;
struct past_found;
struct store_shard;

#define STORE_SHARDS_MAX          64u
#define STORE_SHARD_BYTES_MIN     524288u /* smaller blocks have fewer shards, at least one */
#define STORE_BYTES_MIN           8192u
#define STORE_KEY_BYTES_MAX       (NAME_BYTES_MAX + 4u)
#define STORE_ENTRY_BYTES_TYPICAL 80u
#define STORE_ENTRY_BYTES_MAX     RRSET_ENTRY_BYTES_MAX /* header, key and value; and a fourth of the ring: */
#define STORE_RING_SHARE          4u
#define STORE_MOVES_MAX           64u
#define STORE_MOVED_BYTES_MAX     65536u

struct store {
	struct hash_key hash_key;
	struct store_shard *shards;
	unsigned shard_count; /* a power of two */
};

struct store_span {
	const void *bytes;
	size_t size;
};

/* A name in lower case, then type and class: so the key of a name above is the end of the same octets. */
struct store_key {
	uint8_t bytes[STORE_KEY_BYTES_MAX];
	size_t size;
};
void store_key_make(struct store_key *key, const struct name *name, uint16_t type, uint16_t class);

/*
 * Puts a struct of cache_bytes, whose first member is its struct store, at the start of the block and
 * gives the rest to the store.  NULL: the block is smaller than cache_bytes + STORE_BYTES_MIN.
 */
void *store_new(void *block, size_t block_bytes, size_t cache_bytes, struct rng *rng);

struct store_put {
	const struct store_span *value; /* the value in pieces */
	unsigned span_count;
	uint32_t ttl_s;       /* 0: what is there goes, nothing comes */
	uint8_t rank;         /* lower does not replace higher before that expires: ERR_EXISTS */
	bool no_later;        /* never ends later than the unexpired entry that it replaces */
	uint32_t stale_s;     /* not 0: what has expired stays for so long after its end: ERR_EXISTS */
};
int store_put(struct store *store, const uint8_t *key, size_t key_bytes, const struct store_put *put,
              uint32_t now_s);

enum store_get_flag {
	STORE_EXPIRED_TOO = 1, /* also what has expired and is still there */
	STORE_QUIETLY = 2,     /* is no use of the entry: neither counted nor kept for it */
	STORE_MAY_MISS = 4,    /* a miss is not counted: another look-up for the same question follows */
};

struct store_found {
	const uint8_t *value; /* in the arena, not aligned */
	size_t value_bytes;
	uint8_t rank;
	uint32_t ttl_s;     /* what remains, 0 when expired */
	uint32_t original_ttl_s;
	uint32_t expired_s; /* since when, 0 when not */
};

/* 0, ERR_NOT_FOUND (also when the rank is below at_least), ERR_NO_MEMORY (arena). */
int store_get(struct store *store, const uint8_t *key, size_t key_bytes, uint8_t at_least, unsigned flags,
              struct arena *arena, struct store_found *found, uint32_t now_s);

void store_remove(struct store *store, const uint8_t *key, size_t key_bytes, uint32_t now_s);
/* Only what lives and ranks lower than that. */
void store_remove_below(struct store *store, const uint8_t *key, size_t key_bytes, unsigned rank, uint32_t now_s);
/* What has expired counts as expired just now. */
void store_renew(struct store *store, const uint8_t *key, size_t key_bytes, uint32_t now_s);

/*
 * ---- the rings as a log, for who keeps a copy of it elsewhere (store_log.c) ----
 *
 * Every entry stands in its ring in the order of writing, so a copy that is read from its start gives back what is
 * there now: a later entry of a key takes the place of an earlier one, and a removal is an entry too, once
 * store_log_start was called.  What the writer has passed over is in the log no more.
 */
void store_log_start(struct store *store);

/* A place in the log of one shard; zeroed: before the oldest entry. */
struct store_mark {
	uint32_t lap, offset;
};

struct store_record {
	const uint8_t *key, *value;
	size_t key_bytes, value_bytes;
	uint8_t rank;
	uint32_t original_ttl_s;
	uint32_t expires_s; /* of the same clock as now_s; 0: the key was removed */
};

/*
 * Who has an entry already, since it came from there.  When the writer moves it on it stays that of the second level; but where it
 * stands in a file, what is there will be written over, so it goes to the file again.
 */
enum store_origin { STORE_FROM_FILE = 1, STORE_FROM_SHARED = 2 };

/*
 * Copies entries behind the mark, and moves it: at most block_bytes of them, and few enough that the lock is held for
 * microseconds.  Not those that came from `origins`, one or several.  False: the mark is at the head.
 * The block is aligned to 8 and holds STORE_ENTRY_BYTES_MAX.
 */
bool store_log_copy(struct store *store, unsigned shard, struct store_mark *mark, unsigned origins, void *block,
                    size_t block_bytes, size_t *copied_bytes);
/* The records of a copy, one a call, lent from the block; *at begins with 0. */
bool store_log_next(void *block, size_t copied_bytes, size_t *at, struct store_record *record);

/* Moves the mark to the head: what is there now is not copied. */
void store_log_skip(struct store *store, unsigned shard, struct store_mark *mark);

/* So many entries are about to be restored. */
void store_reserve(struct store *store, uint64_t entries);

/*
 * Takes records back, each as the latest that the log has of its key, and returns how many are there now.  What was put in
 * this process is newer and stays while it lives.  The records must be as the cache above would have written them (whole.h).
 */
#define STORE_RESTORE_MAX 16u
unsigned store_restore(struct store *store, const struct store_record *records, unsigned count,
                       enum store_origin origin, uint32_t now_s);

/*
 * What an earlier process has left (past.h): every verb above looks there for a key that has no entry, and takes it back
 * then, so that nobody can tell what is back already from what is not.  With NULL there is none any more, and when the
 * call returns nobody is in it.
 */
void store_set_past(struct store *store, struct past *past);
/* Takes back what was found there by its place, STORE_RESTORE_MAX at most, as store_restore does. */
void store_recall(struct store *store, struct past *past, const struct past_found *found, unsigned count, uint32_t now_s);

/* Sums over the shards; bytes_used counts entries that live, bytes_max what the rings hold at most. */
void store_stats(struct store *store, struct cache_stats *stats);

#endif
