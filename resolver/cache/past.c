#include "resolver/cache/past.h"

#include <assert.h>
#include <string.h>

#define SEGMENT_BITS 22u
#define TAKEN        (UINT64_C(1) << (SEGMENT_OFFSET_BITS + SEGMENT_BITS))
#define TAG_MASK     ~(TAKEN | (TAKEN - 1))
#define SLOTS_MIN    64u
#define NOTED_AHEAD  32u /* slots that are on their way, since a table of millions is far away */

static_assert(PAST_SEGMENTS_MAX == 1u << SEGMENT_BITS, "a segment's number has its bits");

size_t
past_slots(uint64_t record_count)
{
	size_t slots = SLOTS_MIN;
	while (slots / 2 < record_count)
		slots *= 2;
	return slots;
}

void
past_init(struct past *past, const struct hash_key *key, const struct record_clock *clock,
	  struct past_segment *segments, _Atomic uint64_t *slots, size_t slot_count)
{
	assert((slot_count & (slot_count - 1)) == 0);
	*past = (struct past){
		.key = *key,
		.clock = *clock,
		.segments = segments,
		.slots = slots,
		.mask = slot_count - 1,
		.room = slot_count / 2,
	};
}

/* ---- slots ---------------------------------------------------------------------------------------- */

static uint64_t
slot_of(uint32_t segment, uint64_t entry)
{
	return (entry & TAG_MASK) | (uint64_t)segment << SEGMENT_OFFSET_BITS |
	       segment_offset(entry);
}

static uint64_t
load(const struct past *past, size_t at)
{
	return atomic_load_explicit(&past->slots[at], memory_order_acquire);
}

/* Where the search for a key begins: by those bits of its hash that the index has. */
static size_t
home_of(const struct past *past, uint64_t hash)
{
	return (size_t)(hash >> SEGMENT_OFFSET_BITS) & past->mask;
}

/* The key of the record there, as it says; false: it ends outside. */
static bool
key_at(const struct past *past, uint32_t segment, uint32_t offset, struct past_found *found)
{
	struct cursor cursor = cursor_over(past->segments[segment].bytes, SEGMENT_BYTES);
	cursor_skip(&cursor, offset + 8);
	found->key_bytes = cursor_u16(&cursor);
	cursor_skip(&cursor, RECORD_HEAD_BYTES - 2);
	found->key = cursor_bytes(&cursor, found->key_bytes);
	return found->key != NULL && found->key_bytes <= STORE_KEY_BYTES_MAX;
}

static bool
has_key(const struct past *past, uint64_t slot, const uint8_t *key, size_t key_bytes)
{
	const uint32_t segment = (uint32_t)(slot >> SEGMENT_OFFSET_BITS) & (PAST_SEGMENTS_MAX - 1);
	struct past_found found;
	return key_at(past, segment, segment_offset(slot), &found) &&
	       found.key_bytes == key_bytes && memcmp(found.key, key, key_bytes) == 0;
}

static void
note(struct past *past, uint32_t segment, uint64_t entry)
{
	const uint64_t slot = slot_of(segment, entry);
	struct past_found own;
	if (past->room == 0 || segment_offset(entry) < SEGMENT_HEAD_BYTES)
		return;
	size_t at = home_of(past, entry);
	for (uint64_t other; (other = load(past, at)) != 0; at = (at + 1) & past->mask)
		if ((other & TAG_MASK) == (slot & TAG_MASK) &&
		    key_at(past, segment, segment_offset(entry), &own) &&
		    has_key(past, other, own.key, own.key_bytes))
			return;
	past->room--;
	atomic_store_explicit(&past->slots[at], slot, memory_order_release);
}

void
past_note(struct past *past, uint32_t segment, const struct segment_index *index)
{
	assert(segment < PAST_SEGMENTS_MAX);
	for (uint32_t i = index->count; i-- > 0;) {
		if (i >= NOTED_AHEAD)
			__builtin_prefetch(
				&past->slots[home_of(past, index->entries[i - NOTED_AHEAD])], 1);
		note(past, segment, index->entries[i]);
	}
}

/* ---- finding and taking --------------------------------------------------------------------------- */

bool
past_find(const struct past *past, const uint8_t *key, size_t key_bytes, struct past_found *found)
{
	const uint64_t hash = segment_hash(&past->key, key, key_bytes);
	size_t at = home_of(past, hash);
	for (uint64_t slot; (slot = load(past, at)) != 0; at = (at + 1) & past->mask)
		if ((slot & TAG_MASK) == (hash & TAG_MASK) && (slot & TAKEN) == 0 &&
		    has_key(past, slot, key, key_bytes)) {
			*found = (struct past_found){ key, key_bytes, at };
			return true;
		}
	return false;
}

static void
note_damage(struct past *past, uint32_t segment)
{
	atomic_store_explicit(&past->segments[segment].is_damaged, true, memory_order_relaxed);
}

bool
past_find_place(struct past *past, uint32_t segment, uint64_t entry, struct past_found *found)
{
	const uint64_t wanted = slot_of(segment, entry);
	size_t at = home_of(past, entry);
	uint64_t slot;
	while ((slot = load(past, at)) != 0 && slot != wanted)
		at = (at + 1) & past->mask;
	if (slot == 0)
		return false;
	found->slot = at;
	if (key_at(past, segment, segment_offset(entry), found))
		return true;
	note_damage(past, segment);
	return false;
}

bool
past_take(struct past *past, const struct past_found *found, struct store_record *record)
{
	const uint64_t slot =
		atomic_fetch_or_explicit(&past->slots[found->slot], TAKEN, memory_order_acq_rel);
	if ((slot & TAKEN) != 0)
		return false;
	const uint32_t at = (uint32_t)(slot >> SEGMENT_OFFSET_BITS) & (PAST_SEGMENTS_MAX - 1);
	const struct past_segment *segment = &past->segments[at];
	struct cursor cursor = cursor_over(segment->bytes, SEGMENT_BYTES);
	cursor.pos = segment_offset(slot);
	if (segment_read_record(&cursor, &segment->head, &past->key, record, &past->clock) == 0)
		return true;
	note_damage(past, at);
	return false;
}
