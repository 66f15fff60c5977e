/*
 * segment.h - the octets of a cache file: a header, then segments of one size, each full of records (record.h).
 *
 *      +--------+-----------+-----------+-----------+---
 *      | header | segment 0 | segment 1 | segment 2 |          each: head, record, record, ..., index, slack
 *      +--------+-----------+-----------+-----------+---
 *
 * The file is the log of every cache's rings (store.h), spread over segments: one belongs to one cache, a cache's segments
 * are read in the order of their sequence numbers, and the oldest is written anew when there is no room for more.
 *
 * A full segment ends with an index of its records: for each, in their order, the hash of its key and where it begins.  So
 * a million records can be found by their keys within the time that it takes to read a tenth of the file (past.h).  A segment
 * that is still being filled has none: what its index would say is found by walking over the records, as it is
 * when an index is damaged.
 *
 * Every octet of a file is suspect.  A header, a segment's head, each record and the index carry a checksum (SipHash) with the
 * key of the header, into which a segment's place and sequence number and the record's place in it are mixed; so neither
 * damage nor what an earlier use of the place has left is taken for a record.  The key is drawn with the file, and
 * hashes the keys of the index too: it has nothing to do with that of the caches' hashes, which is never written and drawn anew in each
 * process.
 *
 * In network order throughout, so the file may move between machines.  SEGMENT_VERSION changes with anything that
 * a reader has to know: this layout, the caches' keys and values, the numbers of trust and security.
 */
#ifndef CAIRN_RESOLVER_CACHE_SEGMENT_H
#define CAIRN_RESOLVER_CACHE_SEGMENT_H

#include <assert.h>

#include "resolver/cache/record.h"

#define SEGMENT_VERSION      2u /* 1 had no index */
#define SEGMENT_BYTES        262144u
#define SEGMENT_OFFSET_BITS  18u
#define SEGMENT_RECORDS_MAX  7100u /* more than fit: the least has a head, a key of five octets, and its place in the index */
#define SEGMENT_HEAD_BYTES   32u
#define SEGMENT_RECORD_BYTES_MAX (8u + RECORD_BYTES_MAX) /* with its checksum */
#define SEGMENT_FILE_HEAD_BYTES 4096u /* of which 56 are used: segments begin on a page */

struct segment_file_head {
	uint64_t basis;         /* what the caches' judgments rest on: another one, and the file says nothing */
	struct hash_key key;    /* of the checksums */
	uint32_t written_s;     /* wall clock of the last record */
};
void segment_write_file_head(struct writer *writer, const struct segment_file_head *head);
/* ERR_MALFORMED: damaged or no cache file; ERR_UNSUPPORTED: one of another version. */
int segment_read_file_head(struct cursor *cursor, struct segment_file_head *head);

struct segment_head {
	enum record_kind kind;
	uint64_t sequence;      /* grows with every segment begun */
	uint32_t used_bytes;    /* once it is full: head and records; 0: it was the last one */
	uint32_t record_count;  /* once it is full */
};
void segment_write_head(struct writer *writer, const struct segment_head *head, const struct hash_key *key, uint32_t place);
/* ERR_NOT_FOUND: there has never been one in this file at this place.  ERR_MALFORMED: damaged. */
int segment_read_head(struct cursor *cursor, struct segment_head *head, const struct hash_key *key, uint32_t place);

/* The records of one segment: of each the upper bits of segment_hash, above where it begins in SEGMENT_OFFSET_BITS. */
struct segment_index {
	uint32_t count;
	uint64_t entries[SEGMENT_RECORDS_MAX];
};
static_assert(SEGMENT_BYTES == 1u << SEGMENT_OFFSET_BITS, "an offset has its bits");

uint64_t segment_hash(const struct hash_key *key, const uint8_t *record_key, size_t key_bytes);

static inline uint32_t
segment_offset(uint64_t entry)
{
	return (uint32_t)entry & (SEGMENT_BYTES - 1);
}

/*
 * The writer is over the segment from its start; the record stands at its position, and in the index.  False, and nothing: no
 * room, if the index is to have some too.
 */
bool segment_write_record(struct writer *writer, const struct segment_head *head, const struct hash_key *key,
                          const struct store_record *record, const struct record_clock *clock, struct segment_index *index);
/* Behind the last record; the head tells of both. */
void segment_write_index(struct writer *writer, const struct segment_head *head, const struct hash_key *key,
                         const struct segment_index *index);
/*
 * The cursor is over the whole segment, and stands behind the last record, or at one of which the index tells.  ERR_NOT_FOUND: no
 * more records; ERR_MALFORMED: more were there and are damaged.  In both cases nothing is known of what follows.
 */
int segment_read_record(struct cursor *cursor, const struct segment_head *head, const struct hash_key *key,
                        struct store_record *record, const struct record_clock *clock);
/*
 * What is in a segment, from its index or, if it has no sound one, from its records up to the first damaged one.  *end is
 * behind the last record.  ERR_MALFORMED: something was damaged, and the index has the rest.
 */
int segment_list(const uint8_t bytes[SEGMENT_BYTES], const struct segment_head *head, const struct hash_key *key,
                 const struct record_clock *clock, struct segment_index *index, size_t *end);

#endif
