/*
 * underway.h - questions that some worker's engine is at, so that equal ones of two workers are asked upstream once.
 *
 * Before a worker asks its engine it claims the question.  Where another has claimed it, the client waits, once: when the
 * claim is gone, or its time is over, the worker looks into the caches again and asks for itself what is not there.  (Two
 * equal questions of one worker meet in its engine.)
 *
 * A refresh of what the caches have still (prefetch) is claimed as well: what another worker refreshes, or is asked for there,
 * is left to it, and nobody waits.
 *
 * A hint, no lock: nothing is wrong when two workers ask the same all the same, as they do where two questions fall
 * together in one place, or a claim goes a moment before it is looked for.
 *
 * A place is two words, what is claimed and who waits for it. Who waits sets its bit, then looks whether the claim still
 * stands; who releases takes the claim away, then the bits: so one of them sees the other.
 *
 * Ownership: the block is zeroed memory, lent for good and shared by all workers.
 * Bounds:    UNDERWAY_PLACES questions at once; more are not claimed, and so asked by each worker for itself.
 */
#ifndef CAIRN_RESOLVER_SERVE_UNDERWAY_H
#define CAIRN_RESOLVER_SERVE_UNDERWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNDERWAY_PLACES      16384u
#define UNDERWAY_WORKERS_MAX 64u

struct name;
struct rng;
struct underway;

size_t underway_bytes(void);
struct underway *underway_new(void *block, size_t block_bytes, struct rng *rng); /* NULL: it is too small */

/* Of a question of class IN; the letter case of its name does not matter. */
uint64_t underway_hash(const struct underway *underway, const struct name *qname, uint16_t qtype);

enum underway_verdict {
	UNDERWAY_MINE,    /* claimed; to be released */
	UNDERWAY_OTHERS,  /* another worker is at it, and tells this one when it is done */
	UNDERWAY_NOBODYS, /* not to be claimed: this worker is at it already, or another question lies there */
};
enum underway_verdict underway_claim(struct underway *underway, uint64_t hash, unsigned worker);
/* The same for who does not wait, and so is not told. */
enum underway_verdict underway_claim_or_leave(struct underway *underway, uint64_t hash, unsigned worker);

/* Whether another worker is at it still, and will tell this one. */
bool underway_stands(struct underway *underway, uint64_t hash, unsigned worker);

/* The workers that are to be told, a bit each. */
uint64_t underway_release(struct underway *underway, uint64_t hash);

#endif
