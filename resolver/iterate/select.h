/*
 * select.h - which server to ask (RFC 1034, section 5.3.3, step 3; RFC 9520, section 3.1).
 *
 * Among the servers asked least so far about this cut the best and all that are nearly as good, within a
 * band of SELECT_BAND_US or SELECT_BAND_PERMIL of the best, share the load at random: an attacker cannot
 * tell whom we ask, and no server gets everything.  While others are waited for, those that have least in common
 * with them come first: what keeps one silent may be shared.  A server never asked counts as one of
 * SELECT_UNKNOWN_US.  A server that was silent last time stands behind the others by some tries, one that is
 * held (down, or all of its family) or lame by more, and one of the family that is less wanted likewise, but is asked when
 * they do not help.
 *
 * Now and then, unless time is short, one that is neither held nor lame but farther away or in doubt is asked
 * first, so that what has become better is noticed; and one whose family is to be probed, whatever else.
 *
 * Pure.  Units: microseconds.
 */
#ifndef CAIRN_RESOLVER_ITERATE_SELECT_H
#define CAIRN_RESOLVER_ITERATE_SELECT_H

#include <stdbool.h>
#include <stdint.h>

struct rng;

#define SELECT_BAND_US        10000u
#define SELECT_BAND_PERMIL    300u
#define SELECT_UNKNOWN_US     150000u
#define SELECT_EXPLORE_ONE_IN 20u /* first queries that go to a server outside of the band */
#define SELECT_HELD_SENDS     3u  /* so many queries to the good ones before a held server is tried ... */
#define SELECT_LAME_SENDS     5u  /* ... a lame one ... */
#define SELECT_SECOND_SENDS   3u  /* ... and one of the family that is less wanted */

struct option {
	uint8_t sends;        /* so far about this cut */
	uint8_t timeouts;     /* in a row, about whatever */
	bool heard;           /* it has answered before */
	uint8_t kin;          /* how much it has in common with those that are waited for */
	bool probe;           /* its family is silent, and somebody has to find out for how long */
	bool held, lame;
	bool second;          /* the operator would rather have one of the other family (prefer-ip4, prefer-ip6) */
	bool known;
	uint32_t estimate_us; /* of the round trip; not looked at unless known */
};

/* Returns an index. count > 0. may_explore: also one outside of the band. */
unsigned select_option(const struct option *options, unsigned count, bool may_explore, struct rng *rng);

#endif
