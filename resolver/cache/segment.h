/*
 * segment.h - the octets of a cache file: a header, then segments of one size, each full of records (record.h).
 *
 *      +--------+-----------+-----------+-----------+---
 *      | header | segment 0 | segment 1 | segment 2 |          each: head, record, record, ..., slack
 *      +--------+-----------+-----------+-----------+---
 *
 * The file is the log of every cache's rings (store.h), spread over segments: one belongs to one cache, a cache's segments
 * are read in the order of their sequence numbers, and the oldest is written anew when there is no room for more.
 *
 * Every octet of a file is suspect.  A header, a segment's head and each record carry a checksum (SipHash) with the key of the
 * header, into which a segment's place and sequence number and the record's place in it are mixed; so neither damage nor
 * what an earlier use of the place has left is taken for a record.  The key is drawn with the file: it has
 * nothing to do with that of the caches' hashes, which is never written and drawn anew in each process.
 *
 * In network order throughout, so the file may move between machines.  SEGMENT_VERSION changes with anything that
 * a reader has to know: this layout, the caches' keys and values, the numbers of trust and security.
 */
#ifndef CAIRN_RESOLVER_CACHE_SEGMENT_H
#define CAIRN_RESOLVER_CACHE_SEGMENT_H

#include "resolver/cache/record.h"

#define SEGMENT_VERSION      1u
#define SEGMENT_BYTES        262144u
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
};
void segment_write_head(struct writer *writer, const struct segment_head *head, const struct hash_key *key, uint32_t place);
/* ERR_NOT_FOUND: there has never been one in this file at this place.  ERR_MALFORMED: damaged. */
int segment_read_head(struct cursor *cursor, struct segment_head *head, const struct hash_key *key, uint32_t place);

/* The writer is over the segment from its start; the record stands at its position.  False, and nothing: no room. */
bool segment_write_record(struct writer *writer, const struct segment_head *head, const struct hash_key *key,
                          const struct store_record *record, const struct record_clock *clock);
/*
 * The cursor is over the whole segment, and stands behind the last record.  ERR_NOT_FOUND: no more records; ERR_MALFORMED: more
 * were there and are damaged.  In both cases the rest of the segment is nothing.
 */
int segment_read_record(struct cursor *cursor, const struct segment_head *head, const struct hash_key *key,
                        struct store_record *record, const struct record_clock *clock);

#endif
