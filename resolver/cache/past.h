/*
 * past.h - what an earlier process has left of a cache, found by key before it is back in the store.
 *
 * A store that has a past (store_set_past) looks there for what it does not have, and takes what it finds: so it knows
 * everything as soon as the file is in memory and its indices (segment.h) are in the table here, long before
 * a million records have been judged and have found their places.  Each record is taken once, by whoever comes first, a
 * look-up or the thread that takes back all of them in their order; checksum and judgment (record.h) come with the taking.
 *
 *      slot:   | upper 23 bits of the hash | taken | segment 22 | offset 18 |      0: empty
 *
 * The table is open addressing with linear probing.  Segments are noted from the newest to the oldest, and so are the records of each,
 * and one whose key is there already is older and stays out: what has been replaced or removed does not come back.
 *
 * Ownership: memory is lent until nobody has this past any more: the slots, zeroed, and the segments with their octets.  Those
 *            may become zeros once everything in a segment was taken.
 * Threads:   one thread notes.  Finding and taking are for all, meanwhile too.
 * Bounds:    half of the slots; beyond them nothing is noted.
 */
#ifndef CAIRN_RESOLVER_CACHE_PAST_H
#define CAIRN_RESOLVER_CACHE_PAST_H

#include <stdatomic.h>

#include "resolver/cache/segment.h"

#define PAST_SEGMENTS_MAX (1u << 22)

struct past_segment {
	struct segment_head head;
	const uint8_t *bytes; /* SEGMENT_BYTES */
	atomic_bool is_damaged;
};

struct past {
	struct hash_key key; /* the file's */
	struct record_clock clock;
	struct past_segment *segments; /* the oldest first */
	_Atomic uint64_t *slots;
	size_t mask;
	size_t room; /* for so many more records */
	_Atomic uint64_t restored; /* records that took their place in the store */
};

/* For so many records; a power of two. */
size_t past_slots(uint64_t record_count);
void past_init(struct past *past, const struct hash_key *key, const struct record_clock *clock, struct past_segment *segments,
               _Atomic uint64_t *slots, size_t slot_count);

/* Notes what is in a segment, whose octets are there. */
void past_note(struct past *past, uint32_t segment, const struct segment_index *index);

/* A record that nobody has taken yet. */
struct past_found {
	const uint8_t *key; /* lent, and not yet checked when it was found by its place */
	size_t key_bytes;
	size_t slot;
};
bool past_find(const struct past *past, const uint8_t *key, size_t key_bytes, struct past_found *found);
bool past_find_place(struct past *past, uint32_t segment, uint64_t entry, struct past_found *found);

/* The record, lent, for whoever comes first; false: somebody else was, or it is damaged. */
bool past_take(struct past *past, const struct past_found *found, struct store_record *record);

#endif
