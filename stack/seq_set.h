/*
 * seq_set.h - a sorted set of disjoint pieces of sequence space over a lent array.
 *
 * The holes of a receiver (RFC 9293, section 3.10.7.4; RFC 815's idea): what has come out of order.
 * Found by bisection; an insertion moves at most the array.
 *
 * Ownership: the array is lent and may be replaced by a larger one (seq_set_move).
 * Bounds:    `max` pieces; one more is refused, and nothing changes.
 */
#ifndef CAIRN_STACK_SEQ_SET_H
#define CAIRN_STACK_SEQ_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/seq.h"

struct seq_set {
	struct seq_range *ranges; /* in order, none empty, none touching another */
	uint32_t count, max;
};

void seq_set_init(struct seq_set *set, struct seq_range *ranges, uint32_t max);
/* Goes on in another array, which has room for what there is: the old one may be freed. */
void seq_set_move(struct seq_set *set, struct seq_range *ranges, uint32_t max);
/*
 * Adds [begin, end), not empty; 0 or ERR_FULL.  *whole is the piece that now holds it; *duplicate
 * the first part of it that was there already, for D-SACK (RFC 2883): empty when all of it is
 * new, equal to *range when nothing is.
 */
int seq_set_add(struct seq_set *set, const struct seq_range *range, struct seq_range *whole,
		struct seq_range *duplicate);
/* Takes off everything before `seq`. */
void seq_set_drop_before(struct seq_set *set, uint32_t seq);
/* Takes off everything from `seq` on. */
void seq_set_drop_after(struct seq_set *set, uint32_t seq);
/* The piece that holds `seq`, or the first one behind it; NULL: none. */
const struct seq_range *seq_set_find(const struct seq_set *set, uint32_t seq);

#endif
