/*
 * ready.h - ready-made answers: whole messages that need a client's letters, times and options, and nothing else.
 *
 * What has been answered from the caches once is kept as the octets of that answer. A hit copies them, takes what has
 * passed off their TTLs, and the caller puts in what is the client's own (id, flags, the letter case of the question, the
 * OPT record); no set is looked up, no name compressed.
 *
 * All threads read and write without a lock. A slot has a version that is odd while it is written; who reads copies and
 * looks at the version again. What was torn is a miss. Slots are found by four tags of a bucket, from a keyed hash, so that
 * nobody outside can choose what falls together; a hit sets a bit (SIEVE), and a writer takes the first slot of the bucket
 * whose time is over or whose bit is clear, clearing bits on its way.
 *
 * What may be kept, and for how long, is the caller's knowledge: an answer lasts only as long as the shortest-lived of its
 * sets would be answered from the caches without being asked for anew (lasts_s). Nothing is taken back before, so what is
 * kept must not depend on anything else that changes: another configuration has another `generation`.
 *
 * Ownership: the block is zeroed memory, lent for good; what was never written is not touched.
 * Units:     octets; seconds of the process's monotonic clock.
 * Errors:    none: what cannot be kept is not, and what is not there is a miss.
 * Bounds:    READY_BYTES_MAX octets and READY_TTLS_MAX records an answer; the block's slots.
 */
#ifndef CAIRN_RESOLVER_CACHE_READY_H
#define CAIRN_RESOLVER_CACHE_READY_H

#include "resolver/wire/message.h"

struct rng;

#define READY_SLOT_BYTES 512u
#define READY_BYTES_MAX  448u /* of a message without OPT; larger answers are made each time */
#define READY_TTLS_MAX   16u
#define READY_BYTES_LEAST 8192u /* of a block */

/* What an answer is for, besides the name, which comes in lower case. */
struct ready_key {
	const struct name *qname;
	uint16_t qtype;
	bool dnssec_ok, checking_disabled;
	uint32_t generation;
};

/* What the octets do not tell. */
struct ready_facts {
	uint16_t size;    /* of the message */
	uint8_t security; /* enum security */
};

struct ready_cache;

struct ready_stats {
	uint64_t bytes, slots;
};

/* NULL: fewer than READY_BYTES_LEAST octets. */
struct ready_cache *ready_cache_new(void *block, size_t block_bytes, struct rng *rng);
void ready_cache_stats(const struct ready_cache *cache, struct ready_stats *stats);

/* Of the key, for one get and the put that may follow. */
uint64_t ready_cache_hash(const struct ready_cache *cache, const struct ready_key *key);

/*
 * Whether this key has been here before, as far as is remembered (one word a slot); remembers it.  What is asked for once is
 * worth no slot, and most names are.
 */
bool ready_cache_is_wanted(struct ready_cache *cache, uint64_t hash);

/* Copies the message, its TTLs as they are now, to `bytes`, which has room for READY_BYTES_MAX octets. */
bool ready_cache_get(struct ready_cache *cache, const struct ready_key *key, uint64_t hash, uint8_t *bytes,
                     struct ready_facts *facts, uint32_t now_s);

/* Keeps a message of one question and no OPT record for lasts_s seconds, as long as there is room for it. */
void ready_cache_put(struct ready_cache *cache, const struct ready_key *key, uint64_t hash, const uint8_t *bytes,
                     const struct ready_facts *facts, uint32_t lasts_s, uint32_t now_s);

#endif
