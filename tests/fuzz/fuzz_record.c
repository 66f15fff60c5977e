/*
 * Any octets as what a cache file holds: heads, indices and segments as they are, and records without their checksums, so that
 * what is behind those is reached too.  A record that is accepted goes into a cache and is asked for: nothing that a cache reads
 * without looking may be wrong then.
 */
#include <stdlib.h>

#include "resolver/cache/delegation.h"
#include "resolver/cache/negative.h"
#include "resolver/cache/past.h"
#include "resolver/cache/whole.h"
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
		(void)store_restore(stores[kind], &record, 1, STORE_FROM_FILE, clock_now.now_s);
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

/* An index that says anything of a segment that holds anything: of what it says nothing is found, or all of it is right. */
static void
try_past(const uint8_t *bytes, size_t size)
{
	static uint8_t octets[SEGMENT_BYTES];
	static _Atomic uint64_t slots[64];
	static struct segment_index index;
	const struct hash_key key = { 1, 2 };
	struct past_segment segment = { .head = { .kind = RECORD_RRSET, .sequence = 1 }, .bytes = octets };
	struct past_found found;
	struct store_record record;
	struct past past;
	size_t end;
	memset(octets, 0, sizeof octets);
	memset((void *)slots, 0, sizeof slots);
	memcpy(octets, bytes, size < sizeof octets ? size : sizeof octets);
	struct cursor cursor = cursor_over(octets, sizeof octets);
	past_init(&past, &key, &clock_now, &segment, slots, sizeof slots / sizeof slots[0]);
	segment.head.used_bytes = cursor_u32(&cursor) % SEGMENT_BYTES;
	segment.head.record_count = 1;
	if (segment.head.used_bytes < SEGMENT_BYTES - 16)
		(void)segment_list(octets, &segment.head, &key, &clock_now, &index, &end);
	for (index.count = 0; index.count < 2 * sizeof slots / sizeof slots[0]; index.count++) {
		uint64_t high = cursor_u32(&cursor);
		index.entries[index.count] = high << 32 | cursor_u32(&cursor);
	}
	past_note(&past, 0, &index);
	for (uint32_t i = 0; i < index.count; i++)
		if (past_find_place(&past, 0, index.entries[i], &found)) {
			check(found.key >= octets && found.key + found.key_bytes <= octets + sizeof octets);
			check(!past_take(&past, &found, &record) || whole_rrset(&record));
		}
	(void)past_find(&past, bytes, size < STORE_KEY_BYTES_MAX ? size : STORE_KEY_BYTES_MAX, &found);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	try_segment(bytes, size);
	try_past(bytes, size);
	try_records(bytes, size);
	return 0;
}
