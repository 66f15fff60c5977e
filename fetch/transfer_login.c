/* transfer_login.c - credentials and cookies of a request (transfer_priv.h). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "fetch/hasher.h"
#include "fetch/netrc.h"
#include "fetch/transfer_priv.h"
#include "fetch/url_percent.h"

#define NETRC_BYTES_MAX 65536u
#define CNONCE_BYTES    16u
#define LOGINS_MAX      3u /* at one URL */

struct login {
	bool is_known;
	struct span name, password;
};

static bool
no_memory(struct transfer *transfer)
{
	failure_set(&transfer->failure, FAILURE_MEMORY, "no memory for a request");
	return false;
}

/* ---- whose login ----------------------------------------------------------------------------------- */

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
find_in_netrc(struct transfer *transfer, struct arena *arena, struct login *login)
{
	size_t bytes;
	struct netrc_login *found = arena_alloc(arena, sizeof *found);
	char *text = read_netrc(transfer->settings, arena, &bytes);
	if (found == NULL || text == NULL)
		return no_memory(transfer);
	int err = netrc_find(span_of(text, bytes), transfer->url.host, (struct span){ 0 }, found);
	if (err == ERR_MALFORMED || err == ERR_TOO_BIG)
		verbose_warn(&transfer->client->verbose, "netrc, line %u: %s", found->line,
			     err_text(err));
	login->is_known = err == 0;
	login->name = span_from_text(found->login);
	login->password = span_from_text(found->password);
	return true;
}

/* The URL's, which is of its own origin; then netrc's for the host; then -u, which stays at its origin. */
static bool
find_login(struct transfer *transfer, struct arena *arena, struct login *login)
{
	const struct settings *settings = transfer->settings;
	const struct url *url = &transfer->url;
	*login = (struct login){ .is_known = url_has_credentials(url) };
	if (login->is_known) {
		login->name = decoded(arena, url->username);
		login->password = decoded(arena, url->password);
		return (login->name.at != NULL && login->password.at != NULL) ||
		       no_memory(transfer);
	}
	if (settings->user != NULL && !transfer->is_foreign) {
		struct span user = span_from_text(settings->user);
		size_t colon = span_find(user, ':');
		login->is_known = true;
		login->name = span_first(user, colon);
		login->password = span_from(user, colon < user.bytes ? colon + 1 : colon);
		return true;
	}
	if (settings->has_netrc || settings->netrc_file != NULL)
		return find_in_netrc(transfer, arena, login);
	return true;
}

/* ---- Authorization (RFC 7617, RFC 6750, RFC 7616) -------------------------------------------------- */

static bool
set_authorization(struct transfer *transfer, int err, const struct writer *out)
{
	transfer->authorization_bytes = err == 0 ? out->pos : 0;
	if (err == 0)
		return true;
	failure_set(&transfer->failure, FAILURE_LOGIN, "the login cannot be sent: %s",
		    err == ERR_MALFORMED ? "its name or token has a character that it must not have"
					 : err_text(err));
	return false;
}

bool
transfer__set_login(struct transfer *transfer, struct request *request, struct arena *arena)
{
	const struct settings *settings = transfer->settings;
	struct writer out = writer_over(transfer->authorization, sizeof transfer->authorization);
	struct login login;

	if (!find_login(transfer, arena, &login))
		return false;
	if (settings->bearer != NULL && !transfer->is_foreign &&
	    !url_has_credentials(&transfer->url)) {
		int err = auth_bearer_write(span_from_text(settings->bearer), &out);
		if (!set_authorization(transfer, err, &out))
			return false;
	} else if (login.is_known && settings->auth_scheme == AUTH_BASIC) {
		int err = auth_basic_write(login.name, login.password, &out);
		if (!set_authorization(transfer, err, &out))
			return false;
	} /* else: what answered the challenge, if there was one */
	if (transfer->authorization_bytes != 0)
		request_set(request, REQUEST_AUTHORIZATION,
			    span_of(transfer->authorization, transfer->authorization_bytes));
	return true;
}

static struct span
draw_cnonce(char cnonce[2 * CNONCE_BYTES + 1])
{
	uint8_t octets[CNONCE_BYTES];
	if (getrandom(octets, sizeof octets, 0) != (ssize_t)sizeof octets)
		return (struct span){ 0 };
	for (size_t i = 0; i < sizeof octets; i++)
		snprintf(cnonce + 2 * i, 3, "%02x", octets[i]);
	return span_of(cnonce, 2 * CNONCE_BYTES);
}

static int
answer(struct transfer *transfer, const struct auth_challenge *challenge, const struct login *login,
       struct writer *out)
{
	char cnonce[2 * CNONCE_BYTES + 1];
	struct auth_digest digest = {
		.user = login->name,
		.password = login->password,
		.method = transfer->method,
		.target = url_target(&transfer->url),
		.cnonce = draw_cnonce(cnonce),
		.nonce_count = 1,
	};
	if (span_is_nocase(challenge->scheme, "Basic"))
		return auth_basic_write(login->name, login->password, out);
	return auth_digest_write(challenge, &digest, &hasher_auth_ops, out);
}

/* A refused answer is refused again, unless the nonce was too old for it (RFC 7616, section 3.3). */
static bool
may_answer(const struct transfer *transfer, const struct auth_challenge *challenge)
{
	bool is_stale = span_is_nocase(challenge->stale, "true") ||
			span_is_nocase(challenge->stale, "\"true\"");
	return transfer->login_count == 0 || (is_stale && transfer->login_count < LOGINS_MAX);
}

bool
transfer__answer_challenge(struct transfer *transfer, const struct head *head)
{
	static const unsigned schemes[] = {
		[AUTH_BASIC] = 0, /* was sent at once */
		[AUTH_DIGEST] = AUTH_SCHEME_DIGEST,
		[AUTH_ANY] = AUTH_SCHEME_DIGEST | AUTH_SCHEME_BASIC,
	};
	struct arena *arena = &transfer->arenas[transfer->arena_at];
	size_t mark = arena_mark(arena);
	struct writer out = writer_over(transfer->authorization, sizeof transfer->authorization);
	struct auth_challenge challenge;
	struct login login;

	if (head->status != 401 ||
	    auth_choose(&head->fields, "WWW-Authenticate", schemes[transfer->settings->auth_scheme],
			&challenge) != 0 ||
	    !may_answer(transfer, &challenge))
		return false;
	bool is_answered =
		find_login(transfer, arena, &login) && login.is_known &&
		set_authorization(transfer, answer(transfer, &challenge, &login, &out), &out);
	arena_rewind(arena, mark);
	transfer->login_count += is_answered;
	if (transfer->failure.cause != FAILURE_NONE) /* the challenge stays the result */
		verbose_warn(&transfer->client->verbose, "%s", transfer->failure.text);
	failure_clear(&transfer->failure);
	return is_answered;
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
