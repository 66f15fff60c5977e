/*
 * rrset.h - RRsets until their TTL runs out (RFC 1035, section 7.4; RFC 2181, section 5.4.1).
 *
 * Shared by all workers.  Entries lie packed in shards of one block each that are written as a ring: a hit sets a
 * bit and moves nothing; when the writer comes round, an entry with the bit is moved on once without it, one
 * without is dropped (cache/store.h).  So the size is exact and eviction costs nothing on a hit.
 *
 * Ownership: put copies; get copies into the arena given, so nothing is lent and no lock outlives a call.
 *            The block is zeroed memory as mmap gives it, lent for good; it becomes resident as it is used.
 * Units:     TTL in seconds; now_s is the process's monotonic clock in seconds.
 * Errors:    put returns ERR_TOO_BIG and keeps nothing, or ERR_EXISTS when what is there ranks higher.
 * Bounds:    block_bytes in all; RRSET_ENTRY_BYTES_MAX an entry, and in small caches a fourth of a shard.
 */
#ifndef CAIRN_RESOLVER_CACHE_RRSET_H
#define CAIRN_RESOLVER_CACHE_RRSET_H

#include "resolver/wire/message.h"

struct arena;
struct rng;
struct rrset_cache;
struct store;

#define RRSET_ENTRY_BYTES_MAX 65536u

/* RFC 2181, section 5.4.1, from weak to strong. Equal or higher replaces; lower only what has expired. */
enum trust {
	TRUST_NONE = 0,
	TRUST_ADDITIONAL,          /* additional section of a non-authoritative answer; given to clients as an extra only */
	TRUST_REFERRAL,            /* authority section of a non-authoritative answer; the same */
	TRUST_ADDITIONAL_AA,       /* additional section of an authoritative answer */
	TRUST_ANSWER,              /* answer section of a non-authoritative answer (a forwarder) */
	TRUST_AUTHORITY_AA,        /* authority section of an authoritative answer */
	TRUST_ANSWER_AA,           /* answer section of an authoritative answer */
	TRUST_SECURE,              /* validated */
};

/* The smallest block; _new gives NULL for less. */
size_t rrset_cache_bytes_min(void);
struct rrset_cache *rrset_cache_new(void *block, size_t block_bytes, struct rng *rng);

/*
 * Keeps a copy until now_s + ttl_s; with ttl_s 0 what it replaces goes and nothing comes.  A zone's own
 * NS set never gets a later end than the one it replaces (ghost domains: NDSS 2012, CVE-2022-30698) unless its
 * parent vouches for it (rrset_cache_renew_ns); the root's may, as it has no parent that could end it.
 */
int rrset_cache_put(struct rrset_cache *cache, const struct rrset *rrset, enum trust trust, uint32_t ttl_s,
                    uint32_t now_s);

/*
 * Finds an unexpired set of at least the trust asked for; `found` gets what remains of its TTL, and
 * its owner in the letter case asked for.
 * Returns 0, ERR_NOT_FOUND, or ERR_NO_MEMORY when the arena is full.
 */
int rrset_cache_get(struct rrset_cache *cache, const struct name *owner, uint16_t type, uint16_t class,
                    enum trust at_least, struct arena *arena, struct rrset **found, uint32_t now_s);

/*
 * As get, but also a set that ended at most stale_s ago (RFC 8767): then its TTL is 0, and *expired_s, else 0, tells since
 * when.
 */
int rrset_cache_get_stale(struct rrset_cache *cache, const struct name *owner, uint16_t type, uint16_t class,
                          enum trust at_least, uint32_t stale_s, struct arena *arena, struct rrset **found,
                          uint32_t *expired_s, uint32_t now_s);

/*
 * As put, for a set that is to be judged: one that has ended but may still be served for stale_s after its end stays until
 * then, ERR_EXISTS.  With stale_s 0 just as put.
 */
int rrset_cache_offer(struct rrset_cache *cache, const struct rrset *rrset, enum trust trust, uint32_t ttl_s,
                      uint32_t stale_s, uint32_t now_s);

/* As offer, for a zone's own NS set whose parent says for ttl_s at least that the zone is there: it may get a later end. */
int rrset_cache_renew_ns(struct rrset_cache *cache, const struct rrset *ns, enum trust trust, uint32_t ttl_s,
                         uint32_t stale_s, uint32_t now_s);

/* What has ended counts as ended just now (serve-expired-ttl-reset). */
void rrset_cache_renew(struct rrset_cache *cache, const struct name *owner, uint16_t type, uint16_t class,
                       uint32_t now_s);

void rrset_cache_remove(struct rrset_cache *cache, const struct name *owner, uint16_t type, uint16_t class,
                        uint32_t now_s);
/* Only what lives and is trusted less than that. */
void rrset_cache_remove_below(struct rrset_cache *cache, const struct name *owner, uint16_t type, uint16_t class,
                              enum trust trust, uint32_t now_s);

struct cache_stats {
	uint64_t hits, misses, puts, refused_rank, refused_size, evicted, moved_on, expired;
	uint64_t entries, bytes_used, bytes_max; /* now: entries and their octets, and what fits */
};
struct store *rrset_cache_store(struct rrset_cache *cache); /* for who keeps a copy of its log (store.h) */
void rrset_cache_stats(struct rrset_cache *cache, struct cache_stats *stats);

#endif
