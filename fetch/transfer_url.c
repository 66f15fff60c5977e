/* transfer_url.c - which URL is fetched (transfer_priv.h). */
#include "fetch/transfer_priv.h"

/* What a user leaves out: `www.example.org/a` and `localhost:8080` are of http, `ftp.example.org` of ftp. */
static const char *
guessed_scheme(struct span text)
{
	static const char *const schemes[] = { "http:", "https:", "ftp:",
					       "file:", "data:",  "mailto:" };
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		if (span_starts_nocase(text, span_from_text(schemes[i])))
			return "";
	}
	size_t colon = span_find(text, ':');
	if (span_starts(span_from(text, colon), SPAN("://")))
		return "";
	return span_starts_nocase(text, SPAN("ftp.")) ? "ftp://" : "http://";
}

static int
refuse(struct transfer *transfer, struct span text, int err, const struct url_report *report)
{
	text = span_first(text, 80);
	if (err == ERR_MALFORMED && report->failure < URL_ERROR_COUNT)
		failure_set(&transfer->failure, FAILURE_URL, "URL `" SPAN_FORMAT "': %s",
			    SPAN_ARGUMENTS(text), url_error_meaning(report->failure));
	else
		failure_set(&transfer->failure, FAILURE_URL, "URL `" SPAN_FORMAT "': %s",
			    SPAN_ARGUMENTS(text),
			    err == ERR_NO_MEMORY ? "it is too long"
						 : "its domain is beyond ASCII, which needs ICU (libicu)");
	return -1;
}

static int
check_scheme(struct transfer *transfer)
{
	struct span scheme = transfer->url.scheme;
	if (span_is(scheme, "http"))
		return 0;
	failure_set(&transfer->failure, FAILURE_SCHEME,
		    "the scheme `" SPAN_FORMAT "' is not supported; http is",
		    SPAN_ARGUMENTS(span_first(scheme, 40)));
	return -1;
}

int
transfer__read_url(struct transfer *transfer)
{
	struct url_report report;
	struct arena *arena = &transfer->arenas[transfer->arena_at];
	struct url_context context = { .arena = arena,
				       .idna = &transfer->client->icu.idna,
				       .report = &report };
	struct span given = span_from_text(transfer->job.url);
	const char *whole = arena_printf(arena, "%s%s", guessed_scheme(given), transfer->job.url);
	int err = ERR_NO_MEMORY;

	if (whole != NULL)
		err = url_parse(&transfer->url, span_from_text(whole), NULL, &context);
	if (err != 0)
		return refuse(transfer, given, err, &report);
	transfer->facts.url = transfer->url.href;
	return check_scheme(transfer);
}

int
transfer__follow(struct transfer *transfer)
{
	unsigned other = 1 - transfer->arena_at;
	struct url_report report;
	struct url_context context = { .arena = &transfer->arenas[other],
				       .idna = &transfer->client->icu.idna,
				       .report = &report };
	struct url url;

	arena_reset(&transfer->arenas[other]);
	int err = url_parse(&url, transfer->location, &transfer->url, &context);
	if (err != 0)
		return refuse(transfer, transfer->location, err, &report);
	transfer->url = url;
	transfer->arena_at = other;
	transfer->facts.url = url.href;
	transfer->facts.redirect_count++;
	verbose_note(&transfer->client->verbose, "Redirected to " SPAN_FORMAT,
		     SPAN_ARGUMENTS(url.href));
	return check_scheme(transfer);
}
