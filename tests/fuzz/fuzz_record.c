/*
 * Any octets as what a cache file holds: heads and segments as they are, and records without their checksums, so that what is
 * behind those is reached too.  A record that is accepted goes into a cache and is asked for: nothing that a cache reads
 * without looking may be wrong then.
 */
#include <stdlib.h>

#include "resolver/cache/delegation.h"
#include "resolver/cache/negative.h"
#include "resolver/cache/segment.h"
#include "resolver/wire/rdata.h"
#include "stack/base/arena.h"
#include "stack/base/rng.h"

#define BLOCK_BYTES 65536u

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const struct record_clock clock_now = { 1000, 2000000000, 100 };

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_set(const struct rrset *set)
{
	struct rdata_walk walk;
	unsigned count = 0;
	for (rdata_first(set, &walk); rdata_next(&walk); count++) {
		struct rdata_names names;
		uint16_t type = count < set->rr_count ? set->type : TYPE_RRSIG;
		check(rdata_names(type, set->class, walk.bytes, walk.size, &names) == 0);
	}
	check(count == set->rr_count + (unsigned)set->sig_count);
}

struct caches_of_three {
	struct rrset_cache *rrsets;
	struct negative_cache *negatives;
	struct delegation_cache *delegations;
};

static void
ask(const struct caches_of_three *caches, const struct store_record *record, struct arena *arena)
{
	struct name name;
	const uint8_t *end = record->key + record->key_bytes - 4;
	check(name_from_wire(&name, record->key, record->key_bytes - 4) == 0);
	uint16_t type = (uint16_t)(end[0] << 8 | end[1]), class = (uint16_t)(end[2] << 8 | end[3]);
	struct rrset *set;
	struct negative negative;
	struct delegation delegation;
	arena_reset(arena);
	if (rrset_cache_get(caches->rrsets, &name, type, class, TRUST_NONE, arena, &set,
			    clock_now.now_s) == 0)
		check_set(set);
	if (negative_cache_get(caches->negatives, &name, type == 0 ? TYPE_A : type, class, arena,
			       &negative, clock_now.now_s) == 0)
		for (set = negative.authority; set != NULL; set = set->next)
			check_set(set);
	if (delegation_cache_find(caches->delegations, &name, arena, &delegation,
				  clock_now.now_s) == 0 &&
	    delegation.ds != NULL)
		check_set(delegation.ds);
}

static void
try_records(const uint8_t *bytes, size_t size)
{
	static uint64_t blocks[3][BLOCK_BYTES / 8], arena_block[BLOCK_BYTES];
	struct store *stores[RECORD_KINDS];
	struct store_record record;
	struct arena arena;
	struct rng rng;
	memset(blocks, 0, sizeof blocks);
	rng_init_number(&rng, 1);
	arena_init(&arena, arena_block, sizeof arena_block);
	const struct caches_of_three caches = { rrset_cache_new(blocks[0], BLOCK_BYTES, &rng),
						negative_cache_new(blocks[1], BLOCK_BYTES, &rng),
						delegation_cache_new(blocks[2], BLOCK_BYTES,
								     &rng) };
	stores[RECORD_RRSET] = rrset_cache_store(caches.rrsets);
	stores[RECORD_NEGATIVE] = negative_cache_store(caches.negatives);
	stores[RECORD_DELEGATION] = delegation_cache_store(caches.delegations);
	struct cursor cursor = cursor_over(bytes, size);
	while (cursor_left(&cursor) > 0) {
		enum record_kind kind = (enum record_kind)(cursor_u8(&cursor) % RECORD_KINDS);
		if (record_read(&cursor, kind, &record, &clock_now) != 0)
			continue;
		(void)store_restore(stores[kind], &record, 1, clock_now.now_s);
		ask(&caches, &record, &arena);
	}
}

static void
try_segment(const uint8_t *bytes, size_t size)
{
	struct segment_file_head file_head;
	struct segment_head head = { .kind = (enum record_kind)(size % RECORD_KINDS),
				     .sequence = 1 };
	struct store_record record;
	struct cursor cursor = cursor_over(bytes, size);
	(void)segment_read_file_head(&cursor, &file_head);
	const struct hash_key key = { 1, 2 };
	cursor = cursor_over(bytes, size);
	(void)segment_read_head(&cursor, &head, &key, 0);
	cursor = cursor_over(bytes, size);
	while (segment_read_record(&cursor, &head, &key, &record, &clock_now) == 0)
		continue;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	try_segment(bytes, size);
	try_records(bytes, size);
	return 0;
}
