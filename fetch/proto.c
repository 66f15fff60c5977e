#include "fetch/proto.h"

/* What a word makes of the scheme: "+https", "-all", "=ftp", "http". */
static bool
after_word(struct span word, struct span scheme, bool is_allowed)
{
	char sign = word.bytes != 0 ? word.at[0] : '+';
	if (sign == '+' || sign == '-' || sign == '=')
		word = span_from(word, word.bytes != 0);
	bool is_meant = span_equals_nocase(word, scheme) || span_is_nocase(word, "all");
	if (sign == '=')
		return is_meant;
	return is_meant ? sign != '-' : is_allowed;
}

bool
proto_allows(const char *list, struct span scheme, bool is_allowed)
{
	struct span rest = span_from_text(list != NULL ? list : "");
	while (rest.bytes != 0) {
		size_t comma = span_find(rest, ',');
		is_allowed = after_word(span_trim(span_first(rest, comma)), scheme, is_allowed);
		rest = span_from(rest, comma < rest.bytes ? comma + 1 : comma);
	}
	return is_allowed;
}
