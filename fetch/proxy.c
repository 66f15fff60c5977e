#include "fetch/proxy.h"

#include "fetch/url.h"
#include "fetch/url_percent.h"

static int
read_scheme(struct proxy *proxy, struct span scheme)
{
	bool is_socks = span_is_nocase(scheme, "socks5") || span_is_nocase(scheme, "socks5h");
	proxy->is_secure = span_is_nocase(scheme, "https");
	proxy->kind = is_socks ? PROXY_SOCKS5 : PROXY_HTTP;
	return is_socks || proxy->is_secure || span_is_nocase(scheme, "http") ? 0 : ERR_UNSUPPORTED;
}

static struct span
decoded(struct span text, struct arena *arena)
{
	char *plain = arena_alloc(arena, text.bytes + 1);
	return plain != NULL ? span_of(plain, percent_decode(text, plain))
			     : (struct span){ NULL, 0 };
}

static int
fill(struct proxy *proxy, const struct url *url, struct arena *arena)
{
	struct span host = url->host;
	if (url->host_kind == URL_HOST_IPV6)
		host = span_of(host.at + 1, host.bytes - 2);
	proxy->host = arena_printf(arena, SPAN_FORMAT, SPAN_ARGUMENTS(host));
	proxy->port = url->has_port ? url->port : proxy->is_secure ? PROXY_HTTPS_PORT : PROXY_PORT;
	proxy->has_login = url_has_credentials(url);
	proxy->user = decoded(url->username, arena);
	proxy->password = decoded(url->password, arena);
	bool is_whole = proxy->host != NULL && proxy->user.at != NULL && proxy->password.at != NULL;
	return is_whole ? 0 : ERR_NO_MEMORY;
}

int
proxy_read(struct proxy *proxy, struct span text, struct arena *arena)
{
	*proxy = (struct proxy){ .kind = PROXY_NONE };
	text = span_trim(text);
	if (text.bytes == 0)
		return 0;
	size_t colon = span_find(text, ':');
	bool has_scheme = span_starts(span_from(text, colon), SPAN("://"));
	int err = read_scheme(proxy, has_scheme ? span_first(text, colon) : SPAN("http"));
	/* A scheme that the URL standard has no port for, so that a port of 80 is seen. */
	const char *whole =
		arena_printf(arena, "proxy://" SPAN_FORMAT,
			     SPAN_ARGUMENTS(has_scheme ? span_from(text, colon + 3) : text));
	struct url url;
	struct url_context context = { .arena = arena };
	if (err == 0)
		err = whole != NULL ? url_parse(&url, span_from_text(whole), NULL, &context)
				    : ERR_NO_MEMORY;
	if (err == 0 && url.host.bytes == 0)
		err = ERR_MALFORMED;
	return err != 0 ? err : fill(proxy, &url, arena);
}

static bool
is_separator(char c)
{
	return c == ',' || c == ' ' || c == '\t';
}

static bool
is_under(struct span host, struct span domain)
{
	if (span_starts(domain, SPAN(".")))
		domain = span_from(domain, 1);
	if (domain.bytes == 0 || host.bytes < domain.bytes)
		return false;
	size_t from = host.bytes - domain.bytes;
	return span_equals_nocase(span_from(host, from), domain) &&
	       (from == 0 || host.at[from - 1] == '.');
}

bool
proxy_is_left_out(struct span list, struct span host)
{
	if (span_ends(host, SPAN(".")))
		host.bytes--;
	if (span_starts(host, SPAN("[")) && host.bytes > 2)
		host = span_of(host.at + 1, host.bytes - 2);
	while (list.bytes != 0) {
		size_t bytes = 0;
		while (bytes < list.bytes && !is_separator(list.at[bytes]))
			bytes++;
		struct span one = span_first(list, bytes);
		list = span_from(list, bytes < list.bytes ? bytes + 1 : bytes);
		if (span_starts(one, SPAN("[")) && span_ends(one, SPAN("]")) && one.bytes > 2)
			one = span_of(one.at + 1, one.bytes - 2);
		if (span_is(one, "*") || is_under(host, one))
			return true;
	}
	return false;
}
