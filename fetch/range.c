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
	if (range->has_total && !span_to_number(total, INT64_MAX, &range->total))
		return false;
	if (span_is(part, "*")) {
		range->is_unsatisfied = true;
		return range->has_total;
	}
	size_t dash = span_find(part, '-');
	if (dash == part.bytes ||
	    !span_to_number(span_first(part, dash), INT64_MAX, &range->first) ||
	    !span_to_number(span_from(part, dash + 1), INT64_MAX, &range->last))
		return false;
	return range->first <= range->last && (!range->has_total || range->last < range->total);
}

bool
range_read(struct span text, struct range *range)
{
	size_t dash = span_find(text, '-');
	struct span first = span_first(text, dash);
	struct span last = span_from(text, dash < text.bytes ? dash + 1 : dash);

	*range = (struct range){ .is_suffix = first.bytes == 0,
				 .has_last = first.bytes != 0 && last.bytes != 0 };
	if (dash == text.bytes)
		return false;
	if (range->is_suffix)
		return span_to_number(last, INT64_MAX, &range->suffix_bytes);
	return span_to_number(first, INT64_MAX, &range->first) &&
	       (!range->has_last ||
		(span_to_number(last, INT64_MAX, &range->last) && range->first <= range->last));
}

static enum range_fit
suffix_fit(uint64_t suffix_bytes, const struct content_range *part)
{
	if (part->last - part->first >= suffix_bytes)
		return RANGE_OTHER;
	if (!part->has_total)
		return part->last - part->first + 1 == suffix_bytes ? RANGE_FITS : RANGE_SHORT;
	if (part->first != (part->total > suffix_bytes ? part->total - suffix_bytes : 0))
		return RANGE_OTHER;
	return part->last + 1 == part->total ? RANGE_FITS : RANGE_SHORT;
}

enum range_fit
range_fit(const struct range *asked, const struct content_range *part)
{
	if (asked->is_suffix)
		return suffix_fit(asked->suffix_bytes, part);
	if (part->first != asked->first || (asked->has_last && part->last > asked->last))
		return RANGE_OTHER;
	bool is_to_the_end = part->has_total && part->last + 1 == part->total;
	return is_to_the_end || (asked->has_last && part->last == asked->last) ? RANGE_FITS
									       : RANGE_SHORT;
}
