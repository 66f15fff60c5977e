/*
 * quota.h - how many answers each client's address waits for (DNSBomb, CVE-2024-33655).
 *
 * Counts only what is pending, so the table is small and empty most of the time; what is answered
 * from the cache never comes here.  Open addressing with a keyed hash, twice as many places
 * as questions can be pending, so it is never full.
 *
 * Ownership: the block is the caller's, and zeroed: a page that no place of it was needed of is never touched.
 * Bounds:    QUOTA_PENDING_MAX per address; `pending_max` in all.
 */
#ifndef CAIRN_RESOLVER_SERVE_QUOTA_H
#define CAIRN_RESOLVER_SERVE_QUOTA_H

#include <stdbool.h>
#include <stddef.h>

#include "stack/addr.h"
#include "stack/base/hash.h"

#define QUOTA_PENDING_MAX 1000u

struct quota_place {
	struct ip_addr addr; /* family NONE: free */
	uint16_t count;
};

struct quota {
	struct quota_place *places;
	uint32_t mask;
	struct hash_key key;
};

size_t quota_bytes(uint32_t pending_max);
void quota_init(struct quota *quota, void *block, uint32_t pending_max, struct rng *rng);

/* One more for this address; false when it has QUOTA_PENDING_MAX. */
bool quota_take(struct quota *quota, const struct ip_addr *addr);
/* One less: a take that was granted before. */
void quota_give(struct quota *quota, const struct ip_addr *addr);

#endif
