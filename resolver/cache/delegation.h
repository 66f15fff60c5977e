/*
 * delegation.h - who serves a zone, in the words of its parent (RFC 1034, section 4.2.1; RFC 9471).
 *
 * Iteration follows what the parent says: the NS names, the glue beside them and the DS set, as one entry found with one
 * look-up.  The child's own NS set is data like any other (cache/rrset.h) and never extends a delegation,
 * so a domain that its parent has removed ends when the parent's word ends (ghost domains).
 * An entry also ends no later than the entry of the zone that gave it.
 *
 * Ownership, units, errors: as cache/rrset.h; names come back in lower case where they are the zone's.
 * Bounds: DELEGATION_NS_MAX names, DELEGATION_ADDRS_MAX addresses each; of more, a random choice is kept
 *         (NRDelegationAttack, CVE-2022-3204).
 */
#ifndef CAIRN_RESOLVER_CACHE_DELEGATION_H
#define CAIRN_RESOLVER_CACHE_DELEGATION_H

#include "resolver/cache/rrset.h"
#include "stack/addr.h"

struct delegation_cache;

#define DELEGATION_NS_MAX      13u
#define DELEGATION_ADDRS_MAX   6u
#define DELEGATION_TTL_MIN_S   1u /* what is valid for now alone serves the question that brought it, and what that asks */
#define DELEGATION_TTL_MAX_S   86400u

struct delegation_ns {
	const struct name *name;
	uint8_t addr_count;
	struct ip_addr addrs[DELEGATION_ADDRS_MAX]; /* glue */
};

struct delegation {
	const struct name *zone;
	uint32_t ttl_s; /* put: as the parent said; get: what remains */
	uint32_t original_ttl_s; /* get: of when it was put */
	uint8_t ns_count;
	struct delegation_ns *ns;
	struct rrset *ds;  /* NULL: none given */
	bool no_ds_proved; /* the validator's, for insecure delegations */
};

size_t delegation_cache_bytes_min(void);
struct delegation_cache *delegation_cache_new(void *block, size_t block_bytes, struct rng *rng);

/*
 * For whoever fills a delegation_ns from a referral: adds an address that is not there yet; when there are too
 * many, a random choice stays.  *seen counts the different ones offered, from 0.  True when it was kept.
 */
bool delegation_add_addr(struct delegation_ns *ns, const struct ip_addr *addr, uint32_t *seen, struct rng *rng);

/* parent_ttl_s: what remains of the parent's own delegation; UINT32_MAX for the root's children. */
int delegation_cache_put(struct delegation_cache *cache, const struct delegation *delegation, uint32_t parent_ttl_s,
                         uint32_t now_s);

/* The deepest delegation at or above qname that has not expired; ERR_NOT_FOUND when there is none. */
int delegation_cache_find(struct delegation_cache *cache, const struct name *qname, struct arena *arena,
                          struct delegation *delegation, uint32_t now_s);
void delegation_cache_remove(struct delegation_cache *cache, const struct name *zone, uint32_t now_s);
struct store *delegation_cache_store(struct delegation_cache *cache); /* for who keeps a copy of its log (store.h) */
void delegation_cache_stats(struct delegation_cache *cache, struct cache_stats *stats);

#endif
