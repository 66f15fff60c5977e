/*
 * eyeballs.h - Happy Eyeballs: which address to try when, and which connection to keep (RFC 8305, sections 3 to 5).
 *
 * A core: answers and outcomes come in, attempts to start come out.
 *
 *     eyeballs_expect(eyeballs, kinds)           answers that will come
 *     eyeballs_answer(eyeballs, kind, ..., now)  one has; its addresses join those not yet tried
 *     eyeballs_failed(eyeballs, now)             an attempt has failed
 *     eyeballs_next(eyeballs, now, &attempt)     until false: attempts to start
 *     eyeballs_deadline(eyeballs)                when to ask eyeballs_next again
 *     eyeballs_is_over(eyeballs)                 nothing is under way and nothing is left
 *
 * Attempts begin when the answers for AAAA and HTTPS are there, or resolution_delay_us after the first address (section 3).  A new attempt
 * begins attempt_delay_us after the last one, or as soon as one has failed (section 5).  What comes late is sorted in
 * among those that have not begun.
 *
 * Bounds: EYEBALLS_ADDRS_MAX addresses; more are left out.
 */
#ifndef CAIRN_FETCH_EYEBALLS_H
#define CAIRN_FETCH_EYEBALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/destination.h"

#define EYEBALLS_ADDRS_MAX 32u
#define EYEBALLS_NEVER     UINT64_MAX

struct eyeballs {
	uint64_t attempt_delay_us, resolution_delay_us;
	unsigned expected;       /* kinds of answers under way, as in lookup.h */
	uint64_t hold_until_us;  /* before it, only the answers for AAAA and HTTPS let attempts begin; EYEBALLS_NEVER: no address yet */
	uint64_t next_at_us;     /* the next attempt */
	struct destination destinations[EYEBALLS_ADDRS_MAX];
	unsigned count;
	unsigned started; /* of them; destinations[started] is next */
	unsigned under_way;
};

void eyeballs_init(struct eyeballs *eyeballs, uint64_t attempt_delay_us, uint64_t resolution_delay_us);
void eyeballs_expect(struct eyeballs *eyeballs, unsigned kinds);
/* count 0: the name has none of this kind, or nothing could be learnt. */
void eyeballs_answer(struct eyeballs *eyeballs, unsigned kind, const struct destination *destinations, unsigned count,
                     uint64_t now_us);
void eyeballs_failed(struct eyeballs *eyeballs, uint64_t now_us);

/* *attempt is an index into destinations, which does not change any more. */
bool eyeballs_next(struct eyeballs *eyeballs, uint64_t now_us, unsigned *attempt);
uint64_t eyeballs_deadline(const struct eyeballs *eyeballs);
bool eyeballs_is_over(const struct eyeballs *eyeballs);

#endif
