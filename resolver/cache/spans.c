#include "resolver/cache/spans.h"

#include <assert.h>
#include <string.h>

static_assert(SPANS_MAX <= UINT16_MAX, "places are 16 bits wide");

void
spans_init(struct spans *spans, struct hash_key key)
{
	spans->key = key;
	spans->count = spans->hand = 0;
	memset(spans->zone_counts, 0, sizeof spans->zone_counts);
}

static void
owner_of(const struct span *span, struct name *owner)
{
	owner->size = span->size;
	memcpy(owner->wire, span->wire, span->size);
}

static void
zone_of(const struct span *span, struct name *zone)
{
	zone->size = span->zone_size;
	memcpy(zone->wire, span->wire + (span->size - span->zone_size), span->zone_size);
}

static int
compare(const struct span *span, const struct name *zone, uint16_t type, const struct name *name)
{
	struct name own;

	zone_of(span, &own);
	int order = name_compare(&own, zone);
	if (order == 0)
		order = (int)span->is_nsec3 - (int)(type == TYPE_NSEC3);
	if (order != 0)
		return order;
	owner_of(span, &own);
	return name_compare(&own, name);
}

/* How many owners come before the name, or before and at it. */
static uint32_t
rank(const struct spans *spans, const struct name *zone, uint16_t type, const struct name *name, bool with_equal)
{
	uint32_t from = 0, to = spans->count;

	while (from < to) {
		const uint32_t middle = from + (to - from) / 2;
		const int order = compare(&spans->owners[spans->order[middle]], zone, type, name);
		if (order < 0 || (order == 0 && with_equal))
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static uint32_t
zone_place(const struct spans *spans, const struct name *zone)
{
	struct name lower;

	name_lower(&lower, zone);
	return hash_bytes(&spans->key, lower.wire, lower.size) & (SPANS_ZONE_COUNTS - 1);
}

/* Where in the order an owner's place stands. */
static uint32_t
rank_of(const struct spans *spans, uint16_t place)
{
	const struct span *span = &spans->owners[place];
	struct name zone, owner;

	zone_of(span, &zone);
	owner_of(span, &owner);
	const uint32_t at = rank(spans, &zone, span->is_nsec3 ? TYPE_NSEC3 : TYPE_NSEC, &owner, false);
	assert(at < spans->count && spans->order[at] == place);
	return at;
}

static void
take_out(struct spans *spans, uint16_t place)
{
	const uint32_t at = rank_of(spans, place);
	struct name zone;

	spans->count--;
	memmove(&spans->order[at], &spans->order[at + 1], (spans->count - at) * sizeof spans->order[0]);
	zone_of(&spans->owners[place], &zone);
	spans->zone_counts[zone_place(spans, &zone)]--;
}

/* Free places come first, then the hand goes round: it takes the mark of what was of use, once. */
static uint16_t
free_place(struct spans *spans)
{
	if (spans->count < SPANS_MAX)
		return (uint16_t)spans->count; /* those in use come first: spans_drop fills its hole */
	while (spans->owners[spans->hand].is_used) {
		spans->owners[spans->hand].is_used = false;
		spans->hand = (spans->hand + 1) % SPANS_MAX;
	}
	const uint16_t place = (uint16_t)spans->hand;
	spans->hand = (spans->hand + 1) % SPANS_MAX;
	take_out(spans, place);
	return place;
}

static bool
is_there(const struct spans *spans, uint32_t at, const struct name *zone, uint16_t type, const struct name *name)
{
	return at < spans->count && compare(&spans->owners[spans->order[at]], zone, type, name) == 0;
}

void
spans_add(struct spans *spans, const struct name *zone, uint16_t type, const struct name *owner)
{
	assert(type == TYPE_NSEC || type == TYPE_NSEC3);
	if (owner->size > SPAN_OWNER_BYTES_MAX || !name_is_under(owner, zone) ||
	    is_there(spans, rank(spans, zone, type, owner, false), zone, type, owner))
		return;
	const uint16_t place = free_place(spans);
	struct span *span = &spans->owners[place];
	*span = (struct span){ .zone_size = zone->size, .is_nsec3 = type == TYPE_NSEC3, .size = owner->size };
	memcpy(span->wire, owner->wire, owner->size);

	const uint32_t at = rank(spans, zone, type, owner, false);
	memmove(&spans->order[at + 1], &spans->order[at], (spans->count - at) * sizeof spans->order[0]);
	spans->order[at] = place;
	spans->count++;
	spans->zone_counts[zone_place(spans, zone)]++;
}

/* The last place moves into the hole. */
static void
fill_hole(struct spans *spans, uint16_t hole)
{
	const uint16_t last = (uint16_t)spans->count;

	if (hole == last)
		return;
	spans->order[rank_of(spans, last)] = hole;
	spans->owners[hole] = spans->owners[last];
}

void
spans_drop(struct spans *spans, const struct name *zone, uint16_t type, const struct name *owner)
{
	const uint32_t at = rank(spans, zone, type, owner, false);

	if (!is_there(spans, at, zone, type, owner))
		return;
	const uint16_t hole = spans->order[at];
	take_out(spans, hole);
	fill_hole(spans, hole);
}

/* The owner at the rank, when it is one of the zone's and of the type. */
static bool
is_of(const struct spans *spans, uint32_t at, const struct name *zone, uint16_t type)
{
	struct name own;

	if (at >= spans->count)
		return false;
	const struct span *span = &spans->owners[spans->order[at]];
	zone_of(span, &own);
	return span->is_nsec3 == (type == TYPE_NSEC3) && name_equal(&own, zone);
}

bool
spans_zone(const struct spans *spans, const struct name *name, struct name *zone)
{
	for (unsigned labels = name_labels(name) + 1u; spans->count > 0 && labels-- > 0;) {
		name_tail(zone, name, labels);
		if (spans->zone_counts[zone_place(spans, zone)] == 0)
			continue;
		/* No name of a zone comes before its apex. */
		if (is_of(spans, rank(spans, zone, TYPE_NSEC, zone, false), zone, TYPE_NSEC) ||
		    is_of(spans, rank(spans, zone, TYPE_NSEC3, zone, false), zone, TYPE_NSEC3))
			return true;
	}
	return false;
}

/* The end of the zone's owners of the type: the first rank after them. */
static uint32_t
end_of(const struct spans *spans, const struct name *zone, uint16_t type, uint32_t from)
{
	uint32_t to = spans->count;

	while (from < to) {
		const uint32_t middle = from + (to - from) / 2;
		if (is_of(spans, middle, zone, type))
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

bool
spans_find(struct spans *spans, const struct name *zone, uint16_t type, const struct name *name, struct name *owner)
{
	uint32_t after = rank(spans, zone, type, name, true);

	if (after == 0 || !is_of(spans, after - 1, zone, type))
		after = end_of(spans, zone, type, after);
	if (after == 0 || !is_of(spans, after - 1, zone, type))
		return false;
	struct span *span = &spans->owners[spans->order[after - 1]];
	span->is_used = true;
	owner_of(span, owner);
	return true;
}
