/*
 * negative.h - what does not exist, and what failed (RFC 2308; RFC 8020; RFC 9520).
 *
 * An NXDOMAIN belongs to a name, NODATA to a name and a type, a failure to a name and a type, beside the other two.  With
 * those go the SOA and the proofs of the authority section, to be given out again.
 *
 * A later word replaces an earlier one that contradicts it, NXDOMAIN of a name and NODATA of the type asked
 * for, unless that was validated and this was not (ERR_EXISTS).  A positive answer removes neither by itself: whoever
 * puts one calls negative_cache_remove.  A failure that comes again within NEGATIVE_FAILURE_TTL_MAX_S of the end of
 * the last one lasts twice as long; it is told only where nothing else is known.  Failures of another epoch of the network
 * (infra_epoch) are void: a question must not wait for minutes because the line was down.  Who gets one compares.
 * Same store and same rules of ownership, units and errors as cache/rrset.h.
 */
#ifndef CAIRN_RESOLVER_CACHE_NEGATIVE_H
#define CAIRN_RESOLVER_CACHE_NEGATIVE_H

#include "resolver/cache/rrset.h"

struct negative_cache;

enum negative_kind { NEGATIVE_NODATA = 1, NEGATIVE_NXDOMAIN, NEGATIVE_FAILURE };

#define NEGATIVE_TTL_MAX_S         3600u /* RFC 2308, section 5: one to three hours; the field takes one */
#define NEGATIVE_FAILURE_TTL_S     5u    /* RFC 9520, section 3.2: at least 1 s ... */
#define NEGATIVE_FAILURE_TTL_MAX_S 300u  /* ... doubling to at most 5 minutes */
#define NEGATIVE_TEXT_BYTES_MAX    200u
#define NEGATIVE_PROOFS_MAX        8u    /* rrsets kept beside the SOA */

struct negative {
	enum negative_kind kind;
	uint32_t ttl_s;          /* put: how long (a failure: the first time); get: what remains */
	uint8_t security;        /* enum security */
	uint16_t ede;            /* FAILURE: RFC 8914 code + 1; 0: none */
	const char *ede_text;    /* FAILURE: for the client; NULL: none */
	uint16_t failure_count;  /* FAILURE, get: how many in a row; the cache counts */
	uint32_t epoch;          /* FAILURE: of the network in which it was seen */
	uint32_t stale_s;        /* put, not 0: of what is to be judged; what has ended stays for so long (RFC 8767): ERR_EXISTS */
	struct rrset *authority; /* SOA, then NSEC or NSEC3; none with FAILURE; get: their TTLs are ttl_s */
};

size_t negative_cache_bytes_min(void);
struct negative_cache *negative_cache_new(void *block, size_t block_bytes, struct rng *rng);
int negative_cache_put(struct negative_cache *cache, const struct name *qname, uint16_t qtype, uint16_t class,
                       const struct negative *negative, uint32_t now_s);

/* An entry for exactly this question, or an NXDOMAIN of this very name. 0, ERR_NOT_FOUND, ERR_NO_MEMORY. */
int negative_cache_get(struct negative_cache *cache, const struct name *qname, uint16_t qtype, uint16_t class,
                       struct arena *arena, struct negative *negative, uint32_t now_s);

/*
 * As get, but also NODATA and NXDOMAIN that ended at most stale_s ago (RFC 8767): then the TTLs are 0, and *expired_s, else 0,
 * tells since when.  Of two it is the one that ended later.  Never a failure.
 */
int negative_cache_get_stale(struct negative_cache *cache, const struct name *qname, uint16_t qtype, uint16_t class,
                             uint32_t stale_s, struct arena *arena, struct negative *negative, uint32_t *expired_s,
                             uint32_t now_s);
/* What has ended of these counts as ended just now. */
void negative_cache_renew(struct negative_cache *cache, const struct name *qname, uint16_t qtype, uint16_t class,
                          uint32_t now_s);

/* The NXDOMAIN of this name or of the nearest name above it, with at least that security (RFC 8020). */
int negative_cache_get_cut(struct negative_cache *cache, const struct name *qname, uint16_t class,
                           enum security at_least, struct arena *arena, struct negative *negative, uint32_t now_s);

/* The name and type exist: forgets NODATA or failure of the type and NXDOMAIN of the name. */
void negative_cache_remove(struct negative_cache *cache, const struct name *qname, uint16_t qtype, uint16_t class,
                           uint32_t now_s);
/* Under which keys NODATA and NXDOMAIN of a question are kept in the store. */
struct store_key;
void negative_cache_keys(const struct name *qname, uint16_t qtype, uint16_t class, struct store_key *nodata,
                         struct store_key *nxdomain);
struct store *negative_cache_store(struct negative_cache *cache); /* for who keeps a copy of its log (store.h) */
void negative_cache_stats(struct negative_cache *cache, struct cache_stats *stats);

#endif
