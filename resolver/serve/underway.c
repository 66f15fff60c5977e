#include "resolver/serve/underway.h"

#include <assert.h>
#include <stdatomic.h>

#include "resolver/wire/name.h"
#include "stack/base/hash.h"

/* A claim is a question's hash, but for its lowest bits: the worker that has it.  0: the place is free. */
#define WORKER_BITS (UINT64_C(63))
#define TAKEN       (UINT64_C(64)) /* is set in every hash: no claim is 0 */

static_assert(UNDERWAY_WORKERS_MAX == WORKER_BITS + 1, "a worker fits into its bits, and into one of a word");

struct place {
	_Atomic uint64_t claim, waiting;
};

struct underway {
	struct hash_key key;
	struct place places[UNDERWAY_PLACES];
};

size_t
underway_bytes(void)
{
	return sizeof(struct underway);
}

struct underway *
underway_new(void *block, size_t block_bytes, struct rng *rng)
{
	struct underway *underway = block;

	if (block == NULL || block_bytes < sizeof *underway)
		return NULL;
	underway->key = hash_key_draw(rng);
	return underway;
}

uint64_t
underway_hash(const struct underway *underway, const struct name *qname, uint16_t qtype)
{
	uint8_t bytes[NAME_BYTES_MAX + 2];
	struct name lower;

	name_lower(&lower, qname);
	for (size_t i = 0; i < lower.size; i++)
		bytes[i] = lower.wire[i];
	bytes[lower.size] = (uint8_t)(qtype >> 8);
	bytes[lower.size + 1u] = (uint8_t)qtype;
	return (hash_bytes(&underway->key, bytes, lower.size + 2u) & ~WORKER_BITS) | TAKEN;
}

static struct place *
place_of(struct underway *underway, uint64_t hash)
{
	return &underway->places[(hash >> 32) % UNDERWAY_PLACES];
}

static bool
is_anothers(uint64_t claim, uint64_t hash, unsigned worker)
{
	return (claim & ~WORKER_BITS) == hash && (claim & WORKER_BITS) != worker;
}

bool
underway_stands(struct underway *underway, uint64_t hash, unsigned worker)
{
	struct place *place = place_of(underway, hash);

	if (!is_anothers(atomic_load(&place->claim), hash, worker))
		return false;
	atomic_fetch_or(&place->waiting, UINT64_C(1) << worker);
	return is_anothers(atomic_load(&place->claim), hash, worker);
}

enum underway_verdict
underway_claim_or_leave(struct underway *underway, uint64_t hash, unsigned worker)
{
	uint64_t claim = 0;

	assert(worker < UNDERWAY_WORKERS_MAX);
	if (atomic_compare_exchange_strong(&place_of(underway, hash)->claim, &claim, hash | worker))
		return UNDERWAY_MINE;
	return is_anothers(claim, hash, worker) ? UNDERWAY_OTHERS : UNDERWAY_NOBODYS;
}

enum underway_verdict
underway_claim(struct underway *underway, uint64_t hash, unsigned worker)
{
	const enum underway_verdict verdict = underway_claim_or_leave(underway, hash, worker);

	if (verdict != UNDERWAY_OTHERS)
		return verdict;
	return underway_stands(underway, hash, worker) ? UNDERWAY_OTHERS : UNDERWAY_NOBODYS;
}

uint64_t
underway_release(struct underway *underway, uint64_t hash)
{
	struct place *place = place_of(underway, hash);

	atomic_store(&place->claim, 0);
	if (atomic_load(&place->waiting) == 0)
		return 0; /* nearly always; a bit that is set after this is set by who finds no claim */
	return atomic_exchange(&place->waiting, 0);
}
