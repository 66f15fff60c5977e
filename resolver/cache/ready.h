/*
 * ready.h - ready-made answers: whole messages that need a client's letters, times and options, and nothing else.
 *
 * What has been answered from the caches once is kept as the octets of that answer. A hit copies them, takes what has
 * passed off their TTLs, and the caller puts in what is the client's own (id, flags, the letter case of the question, the
 * OPT record); no set is looked up, no name compressed.
 *
 * All threads read and write without a lock. A key's hash chooses a bucket, a page in which answers of any size lie one
 * behind the other, the latest at the end:
 *
 *      version, tags | starts, used, hand | answer | answer | answer | free ...
 *
 * Who reads finds the tag and copies; what was torn is a miss (versioned.h). Hashes are keyed, so that nobody outside can
 * choose what falls together. A hit sets a bit, with one store and only if it is not set. A writer that needs room lets go what is over, then what the hand finds unused, which goes round
 * from the oldest to the latest and clears bits on its way (SIEVE: Zhang et al., NSDI 2024); what stays closes ranks, so
 * there are no holes.
 *
 * What may be kept, and for how long, is the caller's knowledge: an answer lasts only as long as the shortest-lived of its
 * sets would be answered from the caches without being asked for anew (lasts_s). Nothing is taken back before but all at once (ready_cache_clear), so what is
 * kept must not depend on anything else that changes: another configuration has another `generation`.
 *
 * Ownership: the block is zeroed memory, lent for good; what was never written is not touched.
 * Units:     octets; seconds of the process's monotonic clock.
 * Errors:    none: what cannot be kept is not, and what is not there is a miss.
 * Bounds:    READY_BYTES_MAX octets and READY_TTLS_MAX records an answer; READY_WAYS_MAX answers a bucket; the block.
 */
#ifndef CAIRN_RESOLVER_CACHE_READY_H
#define CAIRN_RESOLVER_CACHE_READY_H

#include "resolver/wire/message.h"

struct rng;

#define READY_BUCKET_BYTES 4096u
#define READY_WAYS_MAX     28u
#define READY_NOTES        31u
#define READY_BYTES_MAX    1232u /* of a message without OPT; larger answers are made each time */
#define READY_TTLS_MAX     16u
#define READY_BYTES_LEAST  16384u /* of a block */

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
	uint64_t bytes, buckets;
};

/* NULL: fewer than READY_BYTES_LEAST octets. */
struct ready_cache *ready_cache_new(void *block, size_t block_bytes, struct rng *rng);
void ready_cache_stats(const struct ready_cache *cache, struct ready_stats *stats);

/* Of the key, for one get and the put that may follow. */
uint64_t ready_cache_hash(const struct ready_cache *cache, const struct ready_key *key);

/*
 * For several keys at hand, so that they do not wait for memory one after the other: first has the head of each bucket
 * fetched into the processor's cache, then the answer that the head tells of.
 */
void ready_cache_fetch_head(const struct ready_cache *cache, uint64_t hash);
void ready_cache_fetch_answer(const struct ready_cache *cache, uint64_t hash);

/*
 * Whether this key has been here before, as far as is remembered (the last READY_NOTES of each bucket); remembers it.  What
 * is asked for once is worth no place, and most names are.
 */
bool ready_cache_is_wanted(struct ready_cache *cache, uint64_t hash);

/* Copies the message, its TTLs as they are now, to `bytes`, which has room for READY_BYTES_MAX octets. */
bool ready_cache_get(struct ready_cache *cache, const struct ready_key *key, uint64_t hash, uint8_t *bytes,
                     struct ready_facts *facts, uint32_t now_s);

/* Keeps a message of one question and no OPT record for lasts_s seconds, as long as there is room for it. */
void ready_cache_put(struct ready_cache *cache, const struct ready_key *key, uint64_t hash, const uint8_t *bytes,
                     const struct ready_facts *facts, uint32_t lasts_s, uint32_t now_s);

/* Forgets all answers: something that they may rest on has been flushed.  What is put meanwhile may stay. */
void ready_cache_clear(struct ready_cache *cache);

#endif
