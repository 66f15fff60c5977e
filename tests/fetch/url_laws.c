#include "tests/fetch/url_laws.h"

static bool
is_inside(struct span part, struct span whole)
{
	return part.at >= whole.at && part.at + part.bytes <= whole.at + whole.bytes;
}

static bool
has_all_parts_inside(const struct url *url)
{
	return is_inside(url->scheme, url->href) && is_inside(url->username, url->href) &&
	       is_inside(url->password, url->href) && is_inside(url->host, url->href) &&
	       is_inside(url->path, url->href) && is_inside(url->query, url->href) &&
	       is_inside(url->fragment, url->href) && is_inside(url_authority(url), url->href) &&
	       is_inside(url_target(url), url->href);
}

/* Nothing in it could end a line of a request or steer a terminal; a space only in an opaque path. */
static bool
is_safe_to_send(const struct url *url)
{
	for (size_t i = 0; i < url->href.bytes; i++) {
		uint8_t c = (uint8_t)url->href.at[i];
		if (c < 0x20 || c > 0x7e || (c == ' ' && !url->has_opaque_path))
			return false;
	}
	return true;
}

/* section 4.1: which schemes may have which hosts. */
static bool
has_host_of_its_scheme(const struct url *url)
{
	switch (url->host_kind) {
	case URL_HOST_NONE: return url->special == URL_NOT_SPECIAL;
	case URL_HOST_EMPTY: return url->special == URL_NOT_SPECIAL || url->special == URL_FILE;
	case URL_HOST_DOMAIN:
	case URL_HOST_IPV4: return url->special != URL_NOT_SPECIAL;
	case URL_HOST_OPAQUE: return url->special == URL_NOT_SPECIAL;
	case URL_HOST_IPV6: return true;
	}
	return false;
}

static bool
has_dot_segment(const struct url *url)
{
	struct span rest = url->path;
	while (rest.bytes != 0) {
		rest = span_from(rest, 1);
		struct span segment = span_first(rest, span_find(rest, '/'));
		if (span_is(segment, ".") || span_is(segment, "..") ||
		    span_is_nocase(segment, "%2e"))
			return true;
		rest = span_from(rest, segment.bytes);
	}
	return false;
}

static bool
is_same(const struct url *a, const struct url *b)
{
	return span_equals(a->href, b->href) && span_equals(a->scheme, b->scheme) &&
	       span_equals(a->username, b->username) && span_equals(a->password, b->password) &&
	       span_equals(a->host, b->host) && span_equals(a->path, b->path) &&
	       span_equals(a->query, b->query) && span_equals(a->fragment, b->fragment) &&
	       a->has_port == b->has_port && a->port == b->port && a->has_query == b->has_query &&
	       a->has_fragment == b->has_fragment && a->has_opaque_path == b->has_opaque_path &&
	       a->special == b->special && a->host_kind == b->host_kind &&
	       memcmp(a->address, b->address, sizeof a->address) == 0;
}

static const char *
broken_by(const struct url *url, const struct url_context *context)
{
	struct url again;
	if (!has_all_parts_inside(url))
		return "a part lies outside of the href";
	if (!is_safe_to_send(url))
		return "a character that no serialised URL has";
	if (!has_host_of_its_scheme(url))
		return "a host that the scheme has not";
	if (!url->has_opaque_path && has_dot_segment(url))
		return "a dot segment";
	if (url->special != URL_NOT_SPECIAL && (url->path.bytes == 0 || url->path.at[0] != '/'))
		return "a special URL without a path";
	if (url_parse(&again, url->href, NULL, context) != 0)
		return "the serialised URL is none";
	if (!is_same(url, &again))
		return "the serialised URL is another one";
	return NULL;
}

const char *
url_laws_broken(struct span text, struct span base_text, struct idna *idna)
{
	static _Alignas(8) char memory[1 << 20];
	struct arena arena;
	struct url url, base;
	struct url_report report;
	const struct url_context context = { .arena = &arena, .idna = idna, .report = &report };
	arena_init(&arena, memory, sizeof memory);
	bool has_base = url_parse(&base, base_text, NULL, &context) == 0;
	size_t mark = arena_mark(&arena);

	int err = url_parse(&url, text, has_base ? &base : NULL, &context);
	if (err == 0)
		return broken_by(&url, &context);
	if (arena_mark(&arena) != mark)
		return "an error keeps memory";
	if (err == ERR_MALFORMED && report.failure == URL_ERROR_COUNT)
		return "a failure without a name";
	return NULL;
}
