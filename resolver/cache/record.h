/*
 * record.h - an entry of a cache as octets that outlive the process: in a file, or on another machine.
 *
 *      0     2     4      8          12         16
 *      +-----+-----+------+----------+----------+-------+---------+
 *      | key_|value| rank,| remaining| written_s| key   | value   |
 *      |bytes|bytes| ttl_s| _s       |          |       |         |
 *      +-----+-----+------+----------+----------+-------+---------+
 *
 * All in network order.  Time is told by the wall clock, for the clock of the caches ends with the machine: what remained
 * of the TTL, and when.  A wall clock that went back would lengthen a life, so what was written in its future has ended.
 *
 * Ownership: what is read is lent from the octets.
 * Units:     seconds; of the wall clock since 1970, good until 2106 as RRSIG's times are.
 * Errors:    ERR_SHORT, ERR_MALFORMED; the writer's ERR_FULL.
 */
#ifndef CAIRN_RESOLVER_CACHE_RECORD_H
#define CAIRN_RESOLVER_CACHE_RECORD_H

#include "resolver/cache/store.h"

#define RECORD_HEAD_BYTES 16u
#define RECORD_BYTES_MAX  (RECORD_HEAD_BYTES + STORE_ENTRY_BYTES_MAX)

/* One moment on both clocks. */
struct record_clock {
	uint32_t now_s, wall_s;
	uint32_t stale_s; /* what ended at most so long ago is still of use (RFC 8767) */
};

/* What each cache keeps, and how what is read is to be judged (whole.h). */
enum record_kind { RECORD_RRSET, RECORD_NEGATIVE, RECORD_DELEGATION };
#define RECORD_KINDS 3u

/* Whether it is worth writing. Not: what has ended, and failures, which belong to a network of the past. */
bool record_lasts(enum record_kind kind, const struct store_record *record, const struct record_clock *clock);
void record_write(struct writer *writer, const struct store_record *record, const struct record_clock *clock);

/*
 * Reads one and judges it: 0 only for what a cache of this kind could have written.  expires_s is of now_s's clock; 0 says
 * that the key was removed, or that what it had has ended.
 */
int record_read(struct cursor *cursor, enum record_kind kind, struct store_record *record,
                const struct record_clock *clock);

/* What the validator has said of a whole RECORD_RRSET or RECORD_NEGATIVE: enum security. */
uint8_t record_security(enum record_kind kind, const struct store_record *record);

#endif
