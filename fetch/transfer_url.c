/* transfer_url.c - which URL is fetched (transfer_priv.h). */
#include <string.h>

#include "fetch/proto.h"
#include "fetch/redirect.h"
#include "fetch/transfer_priv.h"
#include "fetch/url_guess.h"
#include "fetch/url_percent.h"
#include "fetch/url_shown.h"
#include "stack/base/hash.h"

static int
refuse(struct transfer *transfer, int err, const struct url_report *report)
{
	char text[URL_SHOWN_BYTES];
	url_shown_as_written(transfer->job.url, false, text, sizeof text);
	if (err == ERR_MALFORMED && report->failure < URL_ERROR_COUNT)
		failure_set(&transfer->failure, FAILURE_URL, "URL `%s': %s",
			    text, url_error_meaning(report->failure));
	else
		failure_set(&transfer->failure, FAILURE_URL, "URL `%s': %s", text,
			    err == ERR_NO_MEMORY
				    ? "it is too long"
				    : "its domain is beyond ASCII, which needs ICU (libicu)");
	return -1;
}

/* --proto, and for where a redirect leads --proto-redir too: neither allows what the other does not. */
static bool
is_wanted(const struct transfer *transfer)
{
	const struct settings *settings = transfer->settings;
	struct span scheme = transfer->url.scheme;
	return proto_allows(settings->protocols, scheme, true) &&
	       (transfer->facts.redirect_count == 0 || proto_allows(settings->redirect_protocols, scheme, true));
}

static int
check_scheme(struct transfer *transfer)
{
	struct span scheme = transfer->url.scheme;
	if (!is_wanted(transfer)) {
		failure_set(&transfer->failure, FAILURE_SCHEME, "the scheme `" SPAN_FORMAT "' is not among those that --proto%s allows",
			    SPAN_ARGUMENTS(span_first(scheme, 40)), transfer->facts.redirect_count != 0 ? " or --proto-redir" : "");
		return -1;
	}
	if (transfer->url.special == URL_HTTP || transfer->url.special == URL_HTTPS ||
	    transfer->url.special == URL_FTP || transfer__is_local(transfer))
		return 0;
	if (span_is(scheme, "mailto"))
		failure_set(&transfer->failure, FAILURE_SCHEME,
			    "a mailto: URL names a mailbox, " SPAN_FORMAT
			    ", for a mail program to write to; there is nothing to fetch",
			    SPAN_ARGUMENTS(span_first(transfer->url.path, 80)));
	else
		failure_set(&transfer->failure, FAILURE_SCHEME,
			    "the scheme `" SPAN_FORMAT
			    "' is not supported; http, https, ftp, file and data are",
			    SPAN_ARGUMENTS(span_first(scheme, 40)));
	return -1;
}

/* Data behind the query of a URL without its fragment; .at NULL: there is no memory. */
static struct span
with_data(struct arena *arena, struct span front, const struct body *data)
{
	const char *whole = arena_printf(arena, SPAN_FORMAT "%s%.*s", SPAN_ARGUMENTS(front),
					 span_find(front, '?') < front.bytes ? "&" : "?", (int)data->bytes,
					 data->data != NULL ? data->data : "");
	return whole != NULL ? span_from_text(whole) : (struct span){ .at = NULL };
}

/* --url-query and -G; .at NULL: there is no memory, or transfer->failure. */
static struct span
with_query(struct transfer *transfer, struct arena *arena, struct span front)
{
	const struct settings *settings = transfer->settings;
	if (settings->url_queries.count != 0) {
		struct body data;
		bool is_read = body_from_data(&data, &settings->url_queries, &transfer->failure) == 0;
		front = is_read ? with_data(arena, front, &data) : (struct span){ .at = NULL };
		body_fini(&data);
	}
	if (front.at != NULL && settings->is_get && transfer->body.kind == BODY_DATA)
		front = with_data(arena, front, &transfer->body);
	return front;
}

/* -T names the file where the URL ends with a directory; NULL: as with_query. */
static const char *
completed(struct transfer *transfer, struct arena *arena, struct span given)
{
	const char *upload = transfer->job.upload;
	size_t hash = span_find(given, '#');
	struct span front = with_query(transfer, arena, span_first(given, hash)), fragment = span_from(given, hash);

	if (front.at == NULL)
		return NULL;
	if (upload == NULL || strcmp(upload, "-") == 0 || !span_ends(front, SPAN("/")))
		return arena_printf(arena, SPAN_FORMAT SPAN_FORMAT, SPAN_ARGUMENTS(front), SPAN_ARGUMENTS(fragment));
	const char *slash = strrchr(upload, '/');
	struct span name = span_from_text(slash != NULL ? slash + 1 : upload);
	char *encoded = arena_alloc(arena, PERCENT_ENCODED_BYTES * name.bytes + 1);
	if (encoded == NULL)
		return NULL;
	size_t bytes = percent_encode(name, PERCENT_COMPONENT, encoded);
	return arena_printf(arena, SPAN_FORMAT "%.*s" SPAN_FORMAT, SPAN_ARGUMENTS(front),
			    (int)bytes, encoded, SPAN_ARGUMENTS(fragment));
}

/* RFC 6797, section 8.3: http to a known host becomes https, whatever the port, 80 being 443. */
static int
upgrade(struct transfer *transfer, struct url *url, const struct url_context *context)
{
	const struct hsts *hsts = transfer->job.group->hsts;
	transfer->is_upgraded = false;
	if (hsts == NULL || url->special != URL_HTTP || url->host_kind != URL_HOST_DOMAIN ||
	    !hsts_is_known(hsts, url->host, transfer->client->now_s))
		return 0;
	const char *text = arena_printf(context->arena, "https" SPAN_FORMAT,
					SPAN_ARGUMENTS(span_from(url->href, sizeof "http" - 1)));
	transfer->is_upgraded = true;
	verbose_note(&transfer->client->verbose, "Asked over https, as " SPAN_FORMAT " wants it (HSTS)",
		     SPAN_ARGUMENTS(url->host));
	return text != NULL ? url_parse(url, span_from_text(text), NULL, context) : ERR_NO_MEMORY;
}

/* Known to everybody, since it has to be the same in the next run: there is no table for a peer to fill here. */
static uint64_t
origin_of(const struct url *url)
{
	static const struct hash_key key = { 0 };
	struct span authority = url_authority(url), target = url_target(url);
	return hash_u64x2(&key, hash_bytes(&key, authority.at, authority.bytes), hash_bytes(&key, target.at, target.bytes));
}

int
transfer__read_url(struct transfer *transfer)
{
	struct url_report report;
	struct arena *arena = &transfer->arenas[transfer->arena_at];
	struct url_context context = { .arena = arena,
				       .idna = &transfer->client->idna.idna,
				       .report = &report };
	struct span given = span_from_text(transfer->job.url);
	const char *whole = completed(transfer, arena, given);
	if (whole != NULL)
		whole = arena_printf(arena, "%s%s", url_guess_scheme(given), whole);
	int err = ERR_NO_MEMORY;

	if (whole != NULL)
		err = url_parse(&transfer->url, span_from_text(whole), NULL, &context);
	if (err == 0)
		err = upgrade(transfer, &transfer->url, &context);
	if (transfer->failure.cause != FAILURE_NONE)
		return -1;
	if (err != 0)
		return refuse(transfer, err, &report);
	transfer->facts.url = transfer->url.href;
	transfer->origin = origin_of(&transfer->url);
	return check_scheme(transfer);
}

int
transfer__follow(struct transfer *transfer)
{
	const struct settings *settings = transfer->settings;
	unsigned other = 1 - transfer->arena_at;
	struct url_context context = { .arena = &transfer->arenas[other],
				       .idna = &transfer->client->idna.idna };
	struct redirect_policy policy = {
		.keeps_post_301 = settings->keeps_post_301,
		.keeps_post_302 = settings->keeps_post_302,
		.keeps_post_303 = settings->keeps_post_303,
		.has_method = settings->method != NULL,
		.is_trusted = settings->trusts_location,
	};
	struct url url;

	arena_reset(&transfer->arenas[other]);
	if (redirect_url(&url, transfer->location, &transfer->url, &context, &transfer->failure) !=
	    0)
		return -1;
	if (upgrade(transfer, &url, &context) != 0) {
		failure_set(&transfer->failure, FAILURE_MEMORY, "the redirect's URL is too long");
		return -1;
	}
	struct redirect_effect effect = redirect_effect(
		transfer->facts.head->status, transfer->method, &transfer->url, &url, &policy);
	transfer->is_foreign = transfer->is_foreign || !effect.keeps_credentials;
	transfer->is_get = transfer->is_get || effect.becomes_get;
	transfer->url = url;
	transfer->arena_at = other;
	transfer->facts.url = url.href;
	transfer->facts.redirect_count++;
	transfer->is_range_refused = false;
	transfer->authorization_bytes = 0;
	transfer->login_count = 0;
	verbose_note(&transfer->client->verbose, "Redirected to " SPAN_FORMAT,
		     SPAN_ARGUMENTS(url.href));
	return check_scheme(transfer);
}
