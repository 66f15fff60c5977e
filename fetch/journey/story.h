/*
 * story.h - a whole journey as its forms see it: the list of events, and how each transfer ended.
 *
 * Ownership: everything is lent.
 * Units:     microseconds of the journey's clock.
 */
#ifndef CAIRN_FETCH_JOURNEY_STORY_H
#define CAIRN_FETCH_JOURNEY_STORY_H

#include "fetch/journey/journey.h"
#include "fetch/journey/verdict.h"

struct journey_end {
	uint32_t request;
	const char *url;    /* as it was asked for, printable */
	const char *result; /* "ok", or the id of its failure (failure.h) */
	uint64_t octets;    /* of its content */
	bool is_bad;
	struct verdict verdict;
};

struct story {
	const struct journey *journey;
	uint64_t start_us; /* what counts as 0 */
	uint64_t wall_us;  /* that moment, since 1970; 0: not known */
	const struct journey_end *ends;
	unsigned end_count;
	uint64_t lost_count; /* events and ends that had no room */
};

#endif
