#include "fetch/url_priv.h"

#include <stdio.h>

#define PORT_TEXT_BYTES 6u /* ":65535" */

/* The URL serialiser, a component after the other into `href`, which is large enough. */
struct href {
	char *text;
	size_t bytes;
};

static struct span
put(struct href *href, struct span text)
{
	struct span there = span_of(href->text + href->bytes, text.bytes);
	if (text.bytes != 0)
		memcpy(href->text + href->bytes, text.at, text.bytes);
	href->bytes += text.bytes;
	return there;
}

static void
put_port(struct href *href, uint16_t port)
{
	char text[PORT_TEXT_BYTES + 1];
	int bytes = snprintf(text, sizeof text, ":%u", port);
	put(href, span_of(text, (size_t)bytes));
}

static void
put_authority(struct href *href, struct url *url)
{
	put(href, SPAN("//"));
	bool has_credentials = url_has_credentials(url);
	url->username = put(href, url->username);
	if (url->password.bytes != 0)
		put(href, SPAN(":"));
	url->password = put(href, url->password);
	if (has_credentials)
		put(href, SPAN("@"));
	url->host = put(href, url->host);
	if (url->has_port)
		put_port(href, url->port);
}

static void
put_url(struct href *href, struct url *url)
{
	url->scheme = put(href, url->scheme);
	put(href, SPAN(":"));
	if (url->host_kind != URL_HOST_NONE) {
		put_authority(href, url);
	} else {
		url->username = url->password = url->host = put(href, SPAN(""));
		if (!url->has_opaque_path && span_starts(url->path, SPAN("//")))
			put(href, SPAN("/.")); /* else the path would read as a host */
	}
	url->path = put(href, url->path);
	if (url->has_query)
		put(href, SPAN("?"));
	url->query = put(href, url->query);
	if (url->has_fragment)
		put(href, SPAN("#"));
	url->fragment = put(href, url->fragment);
	url->href = span_of(href->text, href->bytes);
}

static size_t
href_bytes_max(const struct url *url)
{
	return url->scheme.bytes + url->username.bytes + url->password.bytes + url->host.bytes +
	       url->path.bytes + url->query.bytes + url->fragment.bytes + PORT_TEXT_BYTES +
	       sizeof ":///.:@?#";
}

/* The same part of a text that has moved. */
static struct span
moved(struct span part, struct span from, const char *to)
{
	return span_of(to + (part.at - from.at), part.bytes);
}

/*
 * What the parse needed lies between the mark and the href: the href moves down over it, and the
 * arena is left with nothing else.
 */
static void
move_to_mark(struct url *url, struct arena *arena, size_t mark)
{
	size_t rest_bytes;
	struct span from = url->href;
	arena_rewind(arena, mark);
	char *to = arena_rest(arena, &rest_bytes);
	memmove(to, from.at, from.bytes);
	arena_keep(arena, from.bytes);
	url->href = span_of(to, from.bytes);
	url->scheme = moved(url->scheme, from, to);
	url->username = moved(url->username, from, to);
	url->password = moved(url->password, from, to);
	url->host = moved(url->host, from, to);
	url->path = moved(url->path, from, to);
	url->query = moved(url->query, from, to);
	url->fragment = moved(url->fragment, from, to);
}

int
url__serialise(struct url_parser *parser, size_t mark, struct url *url)
{
	struct arena *arena = parser->context->arena;
	struct href href = { .text = arena_alloc(arena, href_bytes_max(&parser->url)) };
	if (href.text == NULL)
		return ERR_NO_MEMORY;
	put_url(&href, &parser->url);
	move_to_mark(&parser->url, arena, mark);
	*url = parser->url;
	return 0;
}
