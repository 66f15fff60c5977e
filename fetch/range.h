/*
 * range.h - which octets of a representation were asked for, and which a response has (RFC 9110, section 14).
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

/* One range: "first-", "first-last", or as a suffix "-bytes". */
struct range {
	bool is_suffix, has_last;
	uint64_t first, last;
	uint64_t suffix_bytes;
};

bool range_read(struct span text, struct range *range); /* false: several ranges, or none */

enum range_fit {
	RANGE_FITS,
	RANGE_SHORT, /* it begins as asked and ends early, and more may lie behind it (RFC 9110, section 15.3.7) */
	RANGE_OTHER, /* octets that were not asked for */
};

enum range_fit range_fit(const struct range *asked, const struct content_range *part);

#endif
