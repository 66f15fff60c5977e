#include "fetch/name_filter.h"

#include <fnmatch.h>
#include <string.h>

#include "fetch/local_path.h"

static struct span
name_of(const struct url *url)
{
	struct span name = url->path;
	for (size_t slash; (slash = span_find(name, '/')) < name.bytes;)
		name = span_from(name, slash + 1);
	return name;
}

static bool
is_terminated(struct span text, char terminated[NAME_FILTER_BYTES])
{
	if (text.bytes >= NAME_FILTER_BYTES)
		return false;
	memcpy(terminated, text.at, text.bytes);
	terminated[text.bytes] = '\0';
	return true;
}

static bool
word_matches(struct span word, struct span name)
{
	char pattern[NAME_FILTER_BYTES], text[NAME_FILTER_BYTES];
	if (word.bytes == 0 || !is_terminated(word, pattern) || !is_terminated(name, text))
		return false;
	if (strpbrk(pattern, "*?[") == NULL)
		return span_ends(name, word);
	return fnmatch(pattern, text, 0) == 0;
}

static bool
list_matches(const char *list, struct span name)
{
	struct span rest = span_from_text(list);
	while (rest.bytes != 0) {
		size_t comma = span_find(rest, ',');
		if (word_matches(span_trim(span_first(rest, comma)), name))
			return true;
		rest = span_from(rest, comma < rest.bytes ? comma + 1 : comma);
	}
	return false;
}

bool
name_filter_wants(const struct name_filter *filter, const struct url *url)
{
	struct span name = name_of(url);
	if (name.bytes == 0)
		name = SPAN(LOCAL_PATH_INDEX);
	return (filter->accept == NULL || list_matches(filter->accept, name)) &&
	       (filter->reject == NULL || !list_matches(filter->reject, name));
}

bool
name_filter_is_page(const struct url *url)
{
	struct span name = name_of(url);
	return name.bytes == 0 || list_matches(".html,.htm,.xhtml", name);
}
