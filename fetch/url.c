#include "fetch/url.h"

#include "fetch/url_priv.h"

static const struct {
	const char *name, *meaning;
} errors[] = {
#define URL_ERROR_ROW(error, name, meaning) { name, meaning },
	URL_ERRORS(URL_ERROR_ROW)
#undef URL_ERROR_ROW
};

const char *
url_error_name(enum url_error error)
{
	assert(error < URL_ERROR_COUNT);
	return errors[error].name;
}

const char *
url_error_meaning(enum url_error error)
{
	assert(error < URL_ERROR_COUNT);
	return errors[error].meaning;
}

uint16_t
url_port(const struct url *url)
{
	return url->has_port ? url->port : url__default_port(url->special);
}

/* From the first octet of one part of the href to the last of another. */
static struct span
part_of_href(const char *begin, const char *end)
{
	return span_of(begin, (size_t)(end - begin));
}

struct span
url_authority(const struct url *url)
{
	const char *end = url->host.at + url->host.bytes;
	if (url->has_port) /* the port ends where the path begins */
		end = url->path.at;
	return part_of_href(url->host.at, end);
}

struct span
url_target(const struct url *url)
{
	struct span last = url->has_query ? url->query : url->path;
	return part_of_href(url->path.at, last.at + last.bytes);
}

struct span
url_without_fragment(const struct url *url)
{
	if (!url->has_fragment)
		return url->href;
	return part_of_href(url->href.at, url->fragment.at - 1);
}

bool
url_has_credentials(const struct url *url)
{
	return url->username.bytes != 0 || url->password.bytes != 0;
}

/* A tuple of scheme, host and port; what has none has an opaque origin. */
static bool
has_tuple_origin(const struct url *url)
{
	return url->special != URL_NOT_SPECIAL && url->special != URL_FILE;
}

bool
url_is_same_origin(const struct url *a, const struct url *b)
{
	return has_tuple_origin(a) && a->special == b->special && span_equals(a->host, b->host) &&
	       url_port(a) == url_port(b);
}

static int
put_origin(const struct url *url, struct arena *arena, struct span *origin)
{
	struct span authority = url_authority(url);
	size_t bytes = url->scheme.bytes + 3 + authority.bytes;
	char *text = arena_alloc(arena, bytes);
	if (text == NULL)
		return ERR_NO_MEMORY;
	memcpy(text, url->scheme.at, url->scheme.bytes);
	memcpy(text + url->scheme.bytes, "://", 3);
	memcpy(text + url->scheme.bytes + 3, authority.at, authority.bytes);
	*origin = span_of(text, bytes);
	return 0;
}

int
url_origin(const struct url *url, struct arena *arena, struct span *origin)
{
	struct url inner; /* blob: has the origin of the URL that is its path */
	const struct url_context context = { .arena = arena };
	*origin = SPAN("null");
	if (has_tuple_origin(url))
		return put_origin(url, arena, origin);
	if (!span_is(url->scheme, "blob") || url_parse(&inner, url->path, NULL, &context) != 0)
		return 0;
	if (inner.special != URL_HTTP && inner.special != URL_HTTPS)
		return 0;
	return put_origin(&inner, arena, origin);
}
