#include "fetch/links_depth.h"

#define NAME_BYTES_MAX 16u /* of an element that is known here */

/* Without content (HTML, section 13.1.2), or with an end tag that is left out as often as not (13.1.2.4). */
static const char *const uncounted[] = {
	"area", "base",  "br",     "col",   "embed",    "hr",     "img",      "input",
	"link", "meta",  "source", "track", "wbr",      "body",   "colgroup", "dd",
	"dt",   "head",  "html",   "li",    "optgroup", "option", "p",        "rp",
	"rt",   "tbody", "td",     "tfoot", "th",       "thead",  "tr",
};

/* Up to their end tag there are no tags in them. */
static const char *const raw[] = { "script", "style",  "textarea", "title",
				   "xmp",    "iframe", "noembed",  "noframes" };

static bool
is_one_of(struct span name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (span_is_nocase(name, names[i]))
			return true;
	}
	return false;
}

static bool
is_letter(char c)
{
	return span_lower(c) >= 'a' && span_lower(c) <= 'z';
}

/* The name of a tag, cut where none is as long. */
static struct span
tag_name(struct span text)
{
	size_t bytes = 0;
	while (bytes < text.bytes && bytes < NAME_BYTES_MAX &&
	       strchr(" \t\n\f\r/>", text.at[bytes]) == NULL)
		bytes++;
	return span_first(text, bytes);
}

/* Where the end tag of a raw text element begins, or the end of the text. */
static size_t
raw_bytes(struct span text, struct span name)
{
	for (size_t i = 0; i + 1 < text.bytes; i++) {
		if (text.at[i] == '<' && text.at[i + 1] == '/' &&
		    span_starts_nocase(span_from(text, i + 2), name))
			return i;
	}
	return text.bytes;
}

static size_t
comment_bytes(struct span text)
{
	const char *end = memmem(text.at, text.bytes, "-->", 3);
	return end != NULL ? (size_t)(end - text.at) : text.bytes;
}

/* Takes the tag or comment behind a < off *rest. */
static void
read_tag(struct span *rest, size_t *depth)
{
	if (span_starts(*rest, SPAN("!--"))) {
		*rest = span_from(*rest, 3);
		*rest = span_from(*rest, comment_bytes(*rest));
		return;
	}
	bool is_end = span_starts(*rest, SPAN("/"));
	*rest = span_from(*rest, is_end ? 1 : 0);
	if (rest->bytes == 0 || !is_letter(rest->at[0]))
		return;
	struct span name = tag_name(*rest);
	*rest = span_from(*rest, name.bytes);
	if (is_one_of(name, uncounted, sizeof uncounted / sizeof uncounted[0]))
		return;
	if (!is_end && is_one_of(name, raw, sizeof raw / sizeof raw[0]))
		*rest = span_from(*rest, raw_bytes(*rest, name));
	if (!is_end)
		(*depth)++;
	else if (*depth > 0)
		(*depth)--;
}

size_t
links_depth(struct span document)
{
	size_t depth = 0, depth_max = 0;
	for (struct span rest = document;;) {
		size_t tag = span_find(rest, '<');
		if (tag == rest.bytes)
			return depth_max;
		rest = span_from(rest, tag + 1);
		read_tag(&rest, &depth);
		depth_max = depth > depth_max ? depth : depth_max;
	}
}
