#include "fetch/range.h"

bool
content_range_read(struct span value, struct content_range *range)
{
	*range = (struct content_range){ 0 };
	if (!span_starts_nocase(value, SPAN("bytes ")))
		return false;
	value = span_trim(span_from(value, 6));

	size_t slash = span_find(value, '/');
	if (slash == value.bytes)
		return false;
	struct span part = span_first(value, slash), total = span_from(value, slash + 1);
	range->has_total = !span_is(total, "*");
	if (range->has_total && !span_to_number(total, UINT64_MAX, &range->total))
		return false;
	if (span_is(part, "*")) {
		range->is_unsatisfied = true;
		return range->has_total;
	}
	size_t dash = span_find(part, '-');
	if (dash == part.bytes ||
	    !span_to_number(span_first(part, dash), UINT64_MAX, &range->first) ||
	    !span_to_number(span_from(part, dash + 1), UINT64_MAX, &range->last))
		return false;
	return range->first <= range->last && (!range->has_total || range->last < range->total);
}

bool
range_first_asked(struct span range, uint64_t *first)
{
	size_t dash = span_find(range, '-');
	return dash < range.bytes && span_find(range, ',') == range.bytes &&
	       span_to_number(span_first(range, dash), UINT64_MAX, first);
}
