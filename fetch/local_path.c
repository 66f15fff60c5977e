#include "fetch/local_path.h"

#include <inttypes.h>
#include <stdio.h>

#include "fetch/arena_text.h"
#include "fetch/url_percent.h"
#include "fetch/utf8.h"

#define HASH_TEXT_BYTES 17u /* "-" and 16 digits */

static void
put_encoded(struct arena_text *output, struct span octets)
{
	char encoded[PERCENT_ENCODED_BYTES + 1];
	for (size_t i = 0; i < octets.bytes; i++) {
		snprintf(encoded, sizeof encoded, "%%%02X", (unsigned)(uint8_t)octets.at[i]);
		arena_text_put(output, span_of(encoded, PERCENT_ENCODED_BYTES));
	}
}

/* Controls, line separators and marks of direction, and what has a meaning of its own in a path. */
static bool
is_unsafe(uint32_t c)
{
	return c < 0x20 || c == '/' || c == '\\' || c == '%' || (c >= 0x7f && c <= 0x9f) ||
	       c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == UTF8_REPLACEMENT;
}

/* Decoded text as (a part of) the name of a file. */
static void
put_safe(struct arena_text *output, struct span text, bool is_first)
{
	for (size_t at = 0; at < text.bytes;) {
		size_t begin = at;
		uint32_t c = utf8_next(text.at, text.bytes, &at);
		bool is_bad_first = is_first && begin == 0 && (c == '.' || c == '-' || c == '~');
		struct span octets = span_of(text.at + begin, at - begin);
		if (is_unsafe(c) || is_bad_first)
			put_encoded(output, octets);
		else
			arena_text_put(output, octets);
	}
}

/* FNV-1a: only to tell names apart that begin the same. */
static uint64_t
hash_of(struct span text)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (size_t i = 0; i < text.bytes; i++)
		hash = (hash ^ (uint8_t)text.at[i]) * 0x100000001b3u;
	return hash;
}

/* Cuts the name that begins at `begin`, between two characters. */
static void
limit_name(struct arena_text *output, size_t begin)
{
	struct span name = span_of(output->octets + begin, output->bytes - begin);
	char text[HASH_TEXT_BYTES + 1];
	if (output->is_full || name.bytes <= LOCAL_PATH_NAME_BYTES_MAX)
		return;
	snprintf(text, sizeof text, "-%016" PRIx64, hash_of(name));
	size_t kept = LOCAL_PATH_NAME_BYTES_MAX - HASH_TEXT_BYTES;
	while (kept > 0 && ((uint8_t)name.at[kept] & 0xc0) == 0x80)
		kept--;
	output->bytes = begin + kept;
	arena_text_put(output, span_from_text(text));
}

/* A segment, and behind the last one the query. */
static void
put_name(struct arena_text *output, struct span segment, const struct url *url, bool is_last,
	 char *scratch)
{
	size_t begin = output->bytes;
	struct span decoded = span_of(scratch, percent_decode(segment, scratch));
	put_safe(output, decoded, true);
	if (segment.bytes == 0)
		arena_text_put(output, is_last ? SPAN(LOCAL_PATH_INDEX)
					       : SPAN("%2F")); /* a//b is not a/b */
	if (is_last && url->has_query) {
		decoded = span_of(scratch, percent_decode(url->query, scratch));
		arena_text_put(output, SPAN("?"));
		put_safe(output, decoded, false);
	}
	limit_name(output, begin);
}

static void
put_host(struct arena_text *output, const struct url *url)
{
	char port[8];
	size_t begin = output->bytes;
	struct span host = url->host;
	if (span_starts(host, SPAN("["))) /* an IPv6 address without its brackets */
		host = span_of(host.at + 1, host.bytes - 2);
	put_safe(output, host, true);
	if (url->has_port) {
		snprintf(port, sizeof port, "+%u", url->port);
		arena_text_put(output, span_from_text(port));
	}
	limit_name(output, begin);
}

int
local_path_of(const struct url *url, struct arena *arena, struct span *path)
{
	size_t mark = arena_mark(arena);
	char *scratch = arena_alloc(arena, url->href.bytes); /* what a segment decodes to */
	struct arena_text output = arena_text_begin(arena);
	struct span rest = url->path;
	if (scratch == NULL)
		return ERR_NO_MEMORY;
	put_host(&output, url);
	for (bool is_last = false; !is_last;) {
		rest = span_from(rest, rest.bytes != 0 ? 1 : 0);
		size_t slash = span_find(rest, '/');
		is_last = slash == rest.bytes;
		arena_text_put(&output, SPAN("/"));
		put_name(&output, span_first(rest, slash), url, is_last, scratch);
		rest = span_from(rest, slash);
	}
	arena_rewind(arena, mark); /* the path moves down over the scratch */
	if (output.is_full)
		return ERR_NO_MEMORY;
	size_t rest_bytes;
	char *there = arena_rest(arena, &rest_bytes);
	memmove(there, output.octets, output.bytes);
	arena_keep(arena, output.bytes);
	*path = span_of(there, output.bytes);
	return 0;
}

/* Behind so many directories, the last name excepted. */
static struct span
behind_directories(struct span path, uint64_t directories)
{
	size_t slash;
	for (; directories > 0 && (slash = span_find(path, '/')) < path.bytes; directories--)
		path = span_from(path, slash + 1);
	return path;
}

int
local_path_cut(struct span *path, bool has_host, uint64_t directories, struct arena *arena)
{
	struct span below = behind_directories(*path, 1), host = span_first(*path, path->bytes - below.bytes);
	below = behind_directories(below, directories);
	if (!has_host || directories == 0) {
		*path = has_host ? *path : below;
		return 0;
	}
	const char *whole = arena_printf(arena, SPAN_FORMAT SPAN_FORMAT, SPAN_ARGUMENTS(host), SPAN_ARGUMENTS(below));
	if (whole == NULL)
		return ERR_NO_MEMORY;
	*path = span_from_text(whole);
	return 0;
}

/* The directories that both paths begin with, with their slashes. */
static size_t
common_bytes(struct span a, struct span b)
{
	size_t common = 0;
	for (size_t i = 0; i < a.bytes && i < b.bytes && a.at[i] == b.at[i]; i++) {
		if (a.at[i] == '/')
			common = i + 1;
	}
	return common;
}

static void
put_path(struct arena_text *output, struct span path)
{
	for (size_t i = 0; i < path.bytes; i++) {
		char c = span_lower(path.at[i]);
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
				c == '.' || c == '_' || c == '~' || c == '/';
		if (is_plain)
			arena_text_put(output, span_of(path.at + i, 1));
		else
			put_encoded(output, span_of(path.at + i, 1));
	}
}

int
local_path_reference(struct span from, struct span to, struct arena *arena, struct span *reference)
{
	struct arena_text output = arena_text_begin(arena);
	size_t common = common_bytes(from, to);
	for (size_t i = common; i < from.bytes; i++) {
		if (from.at[i] == '/')
			arena_text_put(&output, SPAN("../"));
	}
	put_path(&output, span_from(to, common));
	return arena_text_end(&output, arena, reference);
}
