/* transfer_proxy.c - which proxy this attempt goes through (transfer_priv.h, proxy.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/auth.h"
#include "fetch/transfer_priv.h"

static const char *
first_of(const char *lower, const char *upper)
{
	const char *value = getenv(lower);
	if ((value == NULL || value[0] == '\0') && upper != NULL)
		value = getenv(upper);
	return value != NULL && value[0] != '\0' ? value : NULL;
}

/* HTTP_PROXY in capitals is what a client may set in a CGI program's environment: it does not count. */
static const char *
of_environment(const struct url *url)
{
	const char *value = url->special == URL_HTTPS ? first_of("https_proxy", "HTTPS_PROXY")
						      : first_of("http_proxy", NULL);
	return value != NULL ? value : first_of("all_proxy", "ALL_PROXY");
}

/* -U stands before what the proxy's URL says. */
static void
set_login(struct transfer *transfer, struct proxy *proxy)
{
	struct span login = span_from_text(transfer->settings->proxy_user);
	size_t colon = span_find(login, ':');
	if (login.at == NULL)
		return;
	proxy->has_login = true;
	proxy->user = span_first(login, colon);
	proxy->password = span_from(login, colon < login.bytes ? colon + 1 : colon);
}

int
transfer__choose_proxy(struct transfer *transfer)
{
	const struct settings *settings = transfer->settings;
	const struct url *url = &transfer->url;
	const char *text = settings->proxy != NULL ? settings->proxy : of_environment(url);

	transfer->proxy = (struct proxy){ .kind = PROXY_NONE };
	if (text == NULL || (url->special != URL_HTTP && url->special != URL_HTTPS))
		return 0;
	const char *left_out = settings->no_proxy != NULL ? settings->no_proxy : first_of("no_proxy", "NO_PROXY");
	if (proxy_is_left_out(span_from_text(left_out), url->host))
		return 0;
	int err = proxy_read(&transfer->proxy, span_from_text(text),
			     &transfer->arenas[transfer->arena_at]);
	if (err == 0) {
		set_login(transfer, &transfer->proxy);
		return 0;
	}
	failure_set(&transfer->failure, err == ERR_UNSUPPORTED ? FAILURE_PROXY : FAILURE_URL,
		    "the proxy `%.100s' %s", text,
		    err == ERR_UNSUPPORTED ? "is none of http, https and socks5" : "is no URL of a proxy");
	return -1;
}

bool
transfer__asks_proxy(const struct transfer *transfer)
{
	return transfer->proxy.kind == PROXY_HTTP && transfer->url.special == URL_HTTP;
}

int
transfer__set_proxy_login(struct transfer *transfer, struct request *request, struct arena *arena)
{
	const struct proxy *proxy = &transfer->proxy;
	size_t room = 2048;
	if (!transfer__asks_proxy(transfer) || !proxy->has_login)
		return 0;
	char *value = arena_alloc(arena, room);
	struct writer out = writer_over(value, value != NULL ? room : 0);
	if (auth_basic_write(proxy->user, proxy->password, &out) != 0) {
		failure_set(&transfer->failure, FAILURE_LOGIN,
			    "the proxy cannot be given this login");
		return -1;
	}
	request_set(request, REQUEST_PROXY_AUTHORIZATION, span_of(value, out.pos));
	return 0;
}
