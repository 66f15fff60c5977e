/*
 * range.h - which octets of a representation a response has (RFC 9110, section 14.4).
 */
#ifndef CAIRN_FETCH_RANGE_H
#define CAIRN_FETCH_RANGE_H

#include "fetch/span.h"

struct content_range {
	bool is_unsatisfied; /* bytes * / total: of a 416 */
	uint64_t first, last;
	bool has_total;
	uint64_t total;
};

/* A value of Content-Range. False: it is none, or contradicts itself. */
bool content_range_read(struct span value, struct content_range *range);

/* The first octet that a Range of the form "first-[last]" asks for; false for suffixes and lists. */
bool range_first_asked(struct span range, uint64_t *first);

#endif
