/*
 * rate.h - how often something happens a second: queries of a client, or to a zone (unbound's ip-ratelimit, ratelimit).
 *
 * For each key one moment is kept: when, at the rate allowed, all that it has used would be paid for (the generic cell rate
 * algorithm).  It may lie a second ahead, so a burst of a second's worth is allowed, and then as many as the rate has.
 * Of those beyond it one in `factor` slips through, so that who is real among the forged gets somewhere.
 *
 * Ownership: the block is the caller's, zeroed.
 * Units:     microseconds of the monotonic clock.
 * Bounds:    RATE_KEYS_MAX keys; the one that has used least of its rate makes room.
 */
#ifndef CAIRN_RESOLVER_POLICY_RATE_H
#define CAIRN_RESOLVER_POLICY_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/base/hash.h"

#define RATE_KEYS_MAX 65536u

struct ip_addr;
struct rng;

struct rate_key {
	uint32_t tag;    /* 0: free */
	uint32_t beyond; /* how many in a row were too many */
	uint64_t paid_us;
};

struct rate_table {
	struct hash_key key;
	struct rate_key *keys;
};

/* What is allowed. */
struct rate_limit {
	uint32_t per_s;  /* a million at most; 0: anything */
	uint32_t factor; /* one in so many beyond it slips through; 0: none */
	bool backs_off;  /* what is refused counts too, so that only who slows down is served again */
};

enum rate_verdict { RATE_WITHIN, RATE_SLIPS, RATE_BEYOND };

size_t rate_table_bytes(void);
void rate_table_init(struct rate_table *table, void *block, struct rng *rng);

/* One more of these octets. */
enum rate_verdict rate_take(struct rate_table *table, const struct rate_limit *limit, const void *octets, size_t size,
			    uint64_t now_us);

/*
 * Of an address, as unbound counts.  In its network of 64 bits an IPv6 host chooses addresses at will, so that has a limit
 * as well: as much as so many addresses together.
 */
#define RATE_NETWORK_ADDRS 32u

enum rate_verdict rate_take_addr(struct rate_table *table, const struct rate_limit *limit, const struct ip_addr *addr,
				 uint64_t now_us);

#endif
