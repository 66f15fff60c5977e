#include "stack/seq_set.h"

#include <assert.h>
#include <string.h>

#include "stack/base/err.h"

void
seq_set_init(struct seq_set *set, struct seq_range *ranges, uint32_t max)
{
	*set = (struct seq_set){ .ranges = ranges, .max = max };
}

void
seq_set_move(struct seq_set *set, struct seq_range *ranges, uint32_t max)
{
	assert(set->count <= max);
	if (set->count != 0)
		memmove(ranges, set->ranges, set->count * sizeof *ranges);
	set->ranges = ranges;
	set->max = max;
}

/* The first piece that ends at `seq` or behind it. */
static uint32_t
first_not_before(const struct seq_set *set, uint32_t seq)
{
	uint32_t low = 0, high = set->count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (seq_lt(set->ranges[middle].end, seq))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first piece that begins behind `seq`. */
static uint32_t
first_after(const struct seq_set *set, uint32_t seq)
{
	uint32_t low = 0, high = set->count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (seq_gt(set->ranges[middle].begin, seq))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Puts one piece in the place of [from, to); there is room. */
static void
replace(struct seq_set *set, uint32_t from, uint32_t to, const struct seq_range *piece)
{
	memmove(&set->ranges[from + 1], &set->ranges[to], (set->count - to) * sizeof *set->ranges);
	set->ranges[from] = *piece;
	set->count -= to - from;
	set->count++;
}

/* The first part of `range` that pieces [from, to) hold; one that only touches it holds none. */
static struct seq_range
first_overlap(const struct seq_set *set, uint32_t from, uint32_t to, const struct seq_range *range)
{
	for (uint32_t i = from; i < to; i++) {
		const struct seq_range common = { .begin = seq_max(set->ranges[i].begin,
								   range->begin),
						  .end = seq_min(set->ranges[i].end, range->end) };
		if (seq_lt(common.begin, common.end))
			return common;
	}
	return (struct seq_range){ .begin = range->begin, .end = range->begin };
}

int
seq_set_add(struct seq_set *set, const struct seq_range *range, struct seq_range *whole,
	    struct seq_range *duplicate)
{
	/* Pieces [from, to) overlap the range or touch it. */
	const uint32_t from = first_not_before(set, range->begin);
	const uint32_t to = first_after(set, range->end);

	assert(seq_lt(range->begin, range->end));
	if (from == to && set->count == set->max)
		return ERR_FULL;
	*duplicate = first_overlap(set, from, to, range);
	*whole = *range;
	if (from < to) {
		whole->begin = seq_min(range->begin, set->ranges[from].begin);
		whole->end = seq_max(range->end, set->ranges[to - 1].end);
	}
	replace(set, from, to, whole);
	return 0;
}

void
seq_set_drop_before(struct seq_set *set, uint32_t seq)
{
	uint32_t from = first_not_before(set, seq);

	if (from < set->count && set->ranges[from].end == seq)
		from++;
	set->count -= from;
	if (from != 0 && set->count != 0)
		memmove(set->ranges, &set->ranges[from], set->count * sizeof *set->ranges);
	if (set->count != 0)
		set->ranges[0].begin = seq_max(set->ranges[0].begin, seq);
}

void
seq_set_drop_after(struct seq_set *set, uint32_t seq)
{
	set->count = first_after(set, seq);
	if (set->count != 0 && set->ranges[set->count - 1].begin == seq)
		set->count--;
	if (set->count != 0)
		set->ranges[set->count - 1].end = seq_min(set->ranges[set->count - 1].end, seq);
}

const struct seq_range *
seq_set_find(const struct seq_set *set, uint32_t seq)
{
	uint32_t at = first_not_before(set, seq);

	if (at < set->count && set->ranges[at].end == seq)
		at++; /* the end is not part of the piece */
	return at < set->count ? &set->ranges[at] : NULL;
}
