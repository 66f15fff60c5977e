/*
 * read.h - a journey that was written as NDJSON (ndjson.h), read back: to draw it anew, or to compare it with another.
 *
 * Members that are none of an event's own become its fields; nested values are skipped.  Others may have written the file: what a
 * journey of ours does not say, as that parts of a time are more than the whole, it does not either.
 *
 * Ownership: everything is copied into the journey's arena.
 * Errors:    ERR_MALFORMED: a line is no event of a journey, `line` tells which; ERR_NO_MEMORY.
 * Bounds:    the journey's block; JOURNEY_FIELDS_MAX fields an event, READ_ENDS_MAX ends: what is more is left out and counted.
 *            Numbers are whole, up to READ_NUMBER_MAX.  Names have READ_NAME_BYTES_MAX octets, so that what was read can be
 *            written (ndjson.h): of a longer one a field is left out, and an event is none.
 */
#ifndef CAIRN_FETCH_JOURNEY_READ_H
#define CAIRN_FETCH_JOURNEY_READ_H

#include "fetch/journey/story.h"
#include "fetch/span.h"

#define READ_ENDS_MAX       1024u
#define READ_NAME_BYTES_MAX 31u /* three times what ours have */
#define READ_NUMBER_MAX     9007199254740991u /* RFC 8259, section 6: all that others hold exactly too */

struct journey_read {
	struct journey journey;
	struct journey_end ends[READ_ENDS_MAX];
	unsigned end_count;
	uint64_t lost_count, wall_us;
	unsigned line; /* the last one read, from 1 */
};

/* The whole of a file. */
int journey_read(struct journey_read *read, struct span text, void *block, size_t block_bytes);
struct story journey_read_story(const struct journey_read *read);

#endif
