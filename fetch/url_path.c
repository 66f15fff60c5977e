#include "fetch/url_priv.h"

/*
 * The standard's path is a list of segments; here it is that list serialised, each with its slash in
 * front. The two tell the same: no segments are "", one empty segment is "/".
 */

static bool
is_alpha(char c)
{
	return span_lower(c) >= 'a' && span_lower(c) <= 'z';
}

bool
url__is_drive_letter(struct span text)
{
	return text.bytes == 2 && is_alpha(text.at[0]) && (text.at[1] == ':' || text.at[1] == '|');
}

bool
url__starts_with_drive_letter(struct span text)
{
	if (!url__is_drive_letter(span_first(text, 2)))
		return false;
	return text.bytes == 2 || (text.at[2] != '\0' && strchr("/\\?#", text.at[2]) != NULL);
}

struct span
url__path_drive(struct span path)
{
	if (path.bytes < 3 || path.at[0] != '/' || !is_alpha(path.at[1]) || path.at[2] != ':' ||
	    (path.bytes > 3 && path.at[3] != '/'))
		return span_first(path, 0);
	return span_first(path, 3);
}

static bool
is_single_dot(struct span segment)
{
	return span_is(segment, ".") || span_is_nocase(segment, "%2e");
}

static bool
is_double_dot(struct span segment)
{
	return span_is(segment, "..") || span_is_nocase(segment, ".%2e") ||
	       span_is_nocase(segment, "%2e.") || span_is_nocase(segment, "%2e%2e");
}

void
url__path_begin(struct url_parser *parser, struct span path)
{
	parser->path_at = parser->out_used;
	url__append(parser, path);
}

/* Removes the last segment, but never the drive that a file: URL is on. */
void
url__path_shorten(struct url_parser *parser)
{
	struct span path = url__out_from(parser, parser->path_at);
	if (parser->url.special == URL_FILE && path.bytes != 0 &&
	    url__path_drive(path).bytes == path.bytes)
		return;
	while (path.bytes != 0 && path.at[path.bytes - 1] != '/')
		path.bytes--;
	if (path.bytes != 0)
		path.bytes--;
	parser->out_used = parser->path_at + path.bytes;
}

static void
append_segment(struct url_parser *parser, struct span segment)
{
	bool is_first = parser->out_used == parser->path_at;
	url__append(parser, SPAN("/"));
	url__append_encoded(parser, segment, PERCENT_PATH);
	if (parser->url.special == URL_FILE && is_first && url__is_drive_letter(segment))
		parser->out[parser->out_used - 1] = ':';
}

void
url__path_parse(struct url_parser *parser)
{
	bool is_slash;
	do {
		struct span segment = url__until(parser, "/?#");
		parser->pointer += segment.bytes;
		int c = url__c(parser);
		is_slash = c == '/' || c == '\\'; /* url__until stops at \ of special URLs only */
		if (c == '\\')
			url__warn(parser, URL_ERROR_INVALID_REVERSE_SOLIDUS);

		if (is_double_dot(segment))
			url__path_shorten(parser);
		else if (!is_single_dot(segment))
			append_segment(parser, segment);
		if (!is_slash && (is_double_dot(segment) || is_single_dot(segment)))
			url__append(parser, SPAN("/")); /* "/usr/.." is "/", not "" */
		parser->pointer += is_slash ? 1 : 0;
	} while (is_slash);
	parser->url.path = url__out_from(parser, parser->path_at);
}

/* A space stays, except where a later parse would strip it: before ?, # and the end that they become. */
void
url__path_parse_opaque(struct url_parser *parser)
{
	struct span path = url__until(parser, "?#");
	parser->pointer += path.bytes;
	bool is_last_encoded = url__c(parser) != URL_END && span_ends(path, SPAN(" "));
	size_t at = parser->out_used;
	url__append_encoded(parser, span_first(path, path.bytes - (is_last_encoded ? 1 : 0)),
			    PERCENT_C0_CONTROL);
	if (is_last_encoded) {
		url__warn(parser, URL_ERROR_INVALID_URL_UNIT);
		url__append(parser, SPAN("%20"));
	}
	parser->url.path = url__out_from(parser, at);
	parser->url.has_opaque_path = true;
}
