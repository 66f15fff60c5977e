/* transfer_login.c - credentials and cookies of a request (transfer_priv.h). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/base64.h"
#include "fetch/netrc.h"
#include "fetch/transfer_priv.h"
#include "fetch/url_percent.h"

#define NETRC_BYTES_MAX 65536u

/* ---- Authorization (RFC 7617, RFC 6750) ---------------------------------------------------------- */

static bool
set_basic(struct request *request, struct arena *arena, struct span name, struct span password)
{
	size_t plain_bytes = name.bytes + 1 + password.bytes;
	char *plain = arena_alloc(arena, plain_bytes);
	char *value = arena_alloc(arena, sizeof "Basic " + BASE64_ENCODED_BYTES(plain_bytes));
	if (plain == NULL || value == NULL)
		return false;
	if (name.bytes != 0)
		memcpy(plain, name.at, name.bytes);
	plain[name.bytes] = ':';
	if (password.bytes != 0)
		memcpy(plain + name.bytes + 1, password.at, password.bytes);
	memcpy(value, "Basic ", 6);
	base64_encode(span_of(plain, plain_bytes), value + 6);
	request_set(request, REQUEST_AUTHORIZATION,
		    span_of(value, 6 + BASE64_ENCODED_BYTES(plain_bytes)));
	return true;
}

static struct span
decoded(struct arena *arena, struct span text)
{
	char *plain = arena_alloc(arena, text.bytes + 1);
	return plain != NULL ? span_of(plain, percent_decode(text, plain)) : (struct span){ 0 };
}

/* The user's own file, as curl looks for it. */
static char *
read_netrc(const struct settings *settings, struct arena *arena, size_t *bytes)
{
	const char *home = getenv("HOME"), *path = settings->netrc_file;
	if (path == NULL)
		path = getenv("NETRC");
	if (path == NULL && home != NULL)
		path = arena_printf(arena, "%s/.netrc", home);
	FILE *file = path != NULL ? fopen(path, "re") : NULL;
	char *text = arena_alloc(arena, NETRC_BYTES_MAX);
	*bytes = file != NULL && text != NULL ? fread(text, 1, NETRC_BYTES_MAX, file) : 0;
	if (file != NULL)
		fclose(file);
	return text;
}

static bool
set_by_netrc(struct transfer *transfer, struct request *request, struct arena *arena)
{
	const struct settings *settings = transfer->settings;
	size_t bytes;
	struct netrc_login *login = arena_alloc(arena, sizeof *login);
	char *text = read_netrc(settings, arena, &bytes);
	if (login == NULL || text == NULL)
		return false;
	if (bytes == 0 ||
	    netrc_find(span_of(text, bytes), transfer->url.host, (struct span){ 0 }, login) != 0)
		return true;
	const char *name = arena_printf(arena, "%s", login->has_login ? login->login : "");
	const char *password =
		arena_printf(arena, "%s", login->has_password ? login->password : "");
	return name != NULL && password != NULL &&
	       set_basic(request, arena, span_from_text(name), span_from_text(password));
}

bool
transfer__set_login(struct transfer *transfer, struct request *request, struct arena *arena)
{
	const struct settings *settings = transfer->settings;
	const struct url *url = &transfer->url;

	if (url_has_credentials(url)) /* of the URL itself, so of its own origin */
		return set_basic(request, arena, decoded(arena, url->username),
				 decoded(arena, url->password));
	if (settings->has_netrc || settings->netrc_file != NULL) {
		if (!set_by_netrc(transfer, request, arena))
			return false;
	}
	if (transfer->is_foreign)
		return true;
	if (settings->bearer != NULL) {
		const char *value = arena_printf(arena, "Bearer %s", settings->bearer);
		if (value != NULL)
			request_set(request, REQUEST_AUTHORIZATION, span_from_text(value));
		return value != NULL;
	}
	if (settings->user == NULL)
		return true;
	struct span user = span_from_text(settings->user);
	size_t colon = span_find(user, ':');
	struct span password = colon < user.bytes ? span_from(user, colon + 1) : (struct span){ 0 };
	return set_basic(request, arena, span_first(user, colon), password);
}

/* ---- cookies (RFC 6265bis) ----------------------------------------------------------------------- */

static struct cookie_request
cookie_request(const struct url *url)
{
	struct span host = url->host;
	if (url->host_kind == URL_HOST_IPV6)
		host = span_of(host.at + 1, host.bytes - 2);
	return (struct cookie_request){
		.host = host,
		.path = url->path,
		.is_secure = url->special == URL_HTTPS,
		.is_address = url->host_kind == URL_HOST_IPV4 || url->host_kind == URL_HOST_IPV6,
	};
}

/* What the user wrote himself goes to the place that he wrote it for. */
static void
put_given(struct transfer *transfer, struct writer *out)
{
	const struct setting_list *cookies = &transfer->settings->cookies;
	for (size_t i = 0; i < cookies->count && !transfer->is_foreign; i++) {
		if (strchr(cookies->items[i].text, '=') == NULL)
			continue; /* a file, which the jar has */
		if (out->pos != 0)
			writer_bytes(out, "; ", 2);
		writer_bytes(out, cookies->items[i].text, strlen(cookies->items[i].text));
	}
}

bool
transfer__set_cookies(struct transfer *transfer, struct request *request, struct arena *arena)
{
	struct cookie_jar *jar = transfer->job.group->jar;
	if (jar == NULL && transfer->settings->cookies.count == 0)
		return true;
	size_t room = 2 * COOKIE_SEND_BYTES_MAX;
	char *text = arena_alloc(arena, room);
	if (text == NULL)
		return false;
	struct writer out = writer_over(text, room);
	struct cookie_request asked = cookie_request(&transfer->url);
	if (jar != NULL)
		cookie_jar_get(jar, &asked, transfer->client->now_s, &out);
	put_given(transfer, &out);
	if (out.err == 0 && out.pos != 0)
		request_set(request, REQUEST_COOKIE, span_of(text, out.pos));
	return out.err == 0;
}

void
transfer__take_cookies(struct transfer *transfer, const struct head *head)
{
	struct cookie_jar *jar = transfer->job.group->jar;
	if (jar == NULL)
		return;
	struct cookie_request asked = cookie_request(&transfer->url);
	unsigned refused = cookie_jar_receive(jar, &head->fields, &asked, transfer->client->now_s);
	if (refused != 0)
		verbose_note(&transfer->client->verbose, "%u cookies are refused", refused);
}
