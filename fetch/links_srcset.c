#include "fetch/links_srcset.h"

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/* Past the comma that ends the descriptors; one in parentheses does not. */
static size_t
descriptors_bytes(struct span text)
{
	size_t i = 0;
	bool is_in_parens = false;
	for (; i < text.bytes && (text.at[i] != ',' || is_in_parens); i++) {
		if (text.at[i] == '(')
			is_in_parens = true;
		if (text.at[i] == ')')
			is_in_parens = false;
	}
	return i < text.bytes ? i + 1 : i;
}

bool
links_srcset_next(struct span *rest, struct span *url)
{
	size_t begin = 0, end;
	while (begin < rest->bytes && (is_space(rest->at[begin]) || rest->at[begin] == ','))
		begin++;
	for (end = begin; end < rest->bytes && !is_space(rest->at[end]); end++)
		continue;
	*url = span_of(rest->at + begin, end - begin);
	*rest = span_from(*rest, end);
	if (url->bytes == 0)
		return false;
	bool has_descriptors = url->at[url->bytes - 1] != ',';
	while (url->bytes != 0 && url->at[url->bytes - 1] == ',')
		url->bytes--;
	if (has_descriptors)
		*rest = span_from(*rest, descriptors_bytes(*rest));
	return true;
}
