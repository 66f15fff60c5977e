/* transfer_head.c - what a head means for the transfer (transfer_priv.h). */
#include "fetch/transfer_priv.h"

#include <string.h>

#include "fetch/clock.h"
#include "fetch/disposition.h"
#include "fetch/http_date.h"
#include "fetch/redirect.h"
#include "fetch/retry.h"
#include "fetch/url_shown.h"

#define STRONG_DATE_S 60 /* older than that, a date is of one version only */
#define DRAIN_BYTES_MAX                                                                            \
	65536u /* of content that nobody wants, read so that the connection can be used again */

int
transfer__on_interim(struct transfer *transfer, const struct head *head)
{
	verbose_received(&transfer->client->verbose, head);
	transfer__tell_interim(transfer, head);
	if (head->status == 100)
		transfer->is_expecting = false;
	return transfer__write_head(transfer, head);
}

/* ---- redirects (RFC 9110, section 15.4) ------------------------------------------------------------ */

/* Where the redirect would have led, as a whole URL. */
static void
note_redirect(struct transfer *transfer)
{
	unsigned other = 1 - transfer->arena_at;
	struct url_context context = { .arena = &transfer->arenas[other],
				       .idna = &transfer->client->idna.idna };
	struct url url;
	arena_reset(context.arena);
	if (url_parse(&url, transfer->location, &transfer->url, &context) == 0)
		transfer->facts.redirect_url = url.href;
}

static enum transfer_next
decide_redirect(struct transfer *transfer)
{
	if (!transfer->settings->follows && !transfer->settings->trusts_location) {
		note_redirect(transfer);
		return NEXT_CONTENT;
	}
	if (transfer->facts.redirect_count < transfer->settings->redirects_max)
		return NEXT_REDIRECT;
	failure_set(&transfer->failure, FAILURE_REDIRECTS,
		    "the server redirects more than %llu times, now to " SPAN_FORMAT,
		    (unsigned long long)transfer->settings->redirects_max,
		    SPAN_ARGUMENTS(span_first(transfer->location, 100)));
	return NEXT_FAILURE;
}

/* ---- failures by status ---------------------------------------------------------------------------- */

static void
set_status_failure(struct transfer *transfer, const struct head *head)
{
	char url[FAILURE_TEXT_BYTES];

	url_shown_as_written(transfer->job.url, true, url, sizeof url);
	failure_set(&transfer->failure, FAILURE_STATUS,
		    "the server answered %u " SPAN_FORMAT " to %s", head->status,
		    SPAN_ARGUMENTS(span_first(head->reason, 60)), url);
}

static bool
is_success(unsigned status)
{
	return status >= 200 && status < 300;
}

static enum transfer_next
decide_status(struct transfer *transfer, const struct head *head)
{
	const struct settings *settings = transfer->settings;

	int redirects = redirect_location(head, &transfer->location, &transfer->failure);
	if (redirects != 0)
		return redirects < 0 ? NEXT_FAILURE : decide_redirect(transfer);
	if (retry_is_transient(head->status) && transfer__can_retry(transfer)) {
		set_status_failure(transfer, head);
		(void)retry_after_read(fields_value(&head->fields, "Retry-After"),
				       transfer->client->now_s, &transfer->retry_after_us);
		return NEXT_RETRY;
	}
	if (transfer__answer_challenge(transfer, head))
		return NEXT_LOGIN;
	if (head->status == 417 && !transfer->is_expect_refused && transfer->body.kind != BODY_NONE)
		return NEXT_UNASKED;
	if (head->status == 416 && transfer->range_first != 0)
		return transfer__decide_range(transfer, head);
	if (head_status_class(head) >= 4 && (settings->fails || settings->fails_with_body)) {
		set_status_failure(transfer, head);
		return settings->fails_with_body ? NEXT_CONTENT : NEXT_FAILURE;
	}
	if (head->status == 416 && transfer->range == RANGE_ASKED)
		return transfer__decide_range(transfer, head);
	if (head->status == 304)
		return NEXT_NOTHING;
	return is_success(head->status) ? transfer__decide_range(transfer, head) : NEXT_CONTENT;
}

/* A server's error page does not take the place of what is there already, nor of the rest of it. */
static enum transfer_next
decide(struct transfer *transfer, const struct head *head)
{
	enum transfer_next next = decide_status(transfer, head);
	bool has_content = next == NEXT_CONTENT || (next == NEXT_NOTHING && transfer->range == RANGE_REST);
	if (transfer->range_first == 0 || is_success(head->status) || !has_content)
		return next;
	set_status_failure(transfer, head);
	return NEXT_FAILURE;
}

/* ---- the content's place --------------------------------------------------------------------------- */

/* A date tells versions apart when the clock has moved on since (RFC 9110, section 8.8.2.2). */
static bool
is_strong_date(const struct transfer *transfer, const struct head *head, struct span modified)
{
	int64_t modified_s, date_s, now_s = transfer->client->now_s;
	return http_date_read(modified, now_s, &modified_s) == 0 &&
	       http_date_read(fields_value(&head->fields, "Date"), now_s, &date_s) == 0 &&
	       modified_s + STRONG_DATE_S <= date_s;
}

/* What would tell this version from another (RFC 9110, section 8.8.1: strong ones only), or nothing. */
static void
read_validator(struct transfer *transfer, const struct head *head)
{
	struct span validator = fields_value(&head->fields, "ETag");
	bool is_strong = validator.bytes >= 2 && validator.at[0] == '"';

	if (validator.at == NULL) {
		validator = fields_value(&head->fields, "Last-Modified");
		is_strong = validator.at != NULL && is_strong_date(transfer, head, validator);
	}
	if (!is_success(head->status) || transfer->settings->is_compressed || !is_strong ||
	    !transfer__read_coding(head, transfer->coding) || validator.bytes >= sizeof transfer->validator)
		validator = (struct span){ 0 };
	if (validator.bytes != 0)
		memcpy(transfer->validator, validator.at, validator.bytes);
	transfer->validator[validator.bytes] = '\0';
}

/* -R and -J: what the head says about the file. */
static int
read_file_facts(struct transfer *transfer, const struct head *head)
{
	struct span modified = fields_value(&head->fields, "Last-Modified");
	struct span disposition = fields_value(&head->fields, "Content-Disposition");
	char name[FILE_NAME_BYTES_MAX + 1];

	transfer->modified_s = -1;
	if (transfer->settings->keeps_time &&
	    http_date_read(modified, transfer->client->now_s, &transfer->modified_s) != 0)
		transfer->modified_s = -1;
	if (!transfer->settings->names_by_header || !transfer->is_remote_name ||
	    disposition.at == NULL || disposition_file_name(disposition, name) != 0)
		return 0;
	return transfer__set_path(transfer, span_from_text(name));
}

static int
begin_content(struct transfer *transfer, const struct response_event *event)
{
	bool has_part = event->head->status == 206 &&
			(transfer->range == RANGE_RESUME || transfer->range == RANGE_OFFSET);
	uint64_t keep_bytes = has_part || transfer->known >= 0 || transfer->next == NEXT_KEPT ? transfer->range_first : 0;

	if (transfer->next != NEXT_KEPT && transfer->range != RANGE_RESUME)
		read_validator(transfer, event->head);
	if (event->head->status == 200)
		transfer->whole_bytes = event->framing->kind == FRAMING_LENGTH ? event->framing->length : 0;
	if (event->framing->kind == FRAMING_LENGTH && transfer->facts.total_bytes == 0)
		transfer->facts.total_bytes = (transfer->known >= 0 ? 0 : keep_bytes) + event->framing->length;
	transfer->facts.kept_bytes = keep_bytes;
	transfer__note_etag(transfer, event->head);
	if (read_file_facts(transfer, event->head) != 0)
		return -1;
	if (transfer->known_left != 0)
		return 0; /* the file stays as it is until its beginning has been compared */
	/* What is not the beginning of the resource, and nothing else, is nothing to go on from. */
	bool is_beginning = transfer->range != RANGE_ASKED && !transfer->settings->shows_head;
	return transfer__open_output(transfer, keep_bytes, is_beginning ? transfer->validator : "");
}

/* Content that nobody wants: a little of it costs less than another connection. */
static bool
is_worth_draining(const struct framing *framing)
{
	return framing->kind == FRAMING_NONE || framing->kind == FRAMING_CHUNKED ||
	       (framing->kind == FRAMING_LENGTH && framing->length <= DRAIN_BYTES_MAX);
}

/* RFC 6797, section 8.1: over https whose certificate was checked, from a host with a name. */
static void
take_hsts(struct transfer *transfer, const struct head *head)
{
	struct span value = fields_value(&head->fields, "Strict-Transport-Security");
	struct hsts *hsts = transfer->job.group->hsts;
	if (hsts == NULL || value.at == NULL || transfer->url.special != URL_HTTPS ||
	    transfer->url.host_kind != URL_HOST_DOMAIN || transfer->settings->is_insecure)
		return;
	if (hsts_receive(hsts, transfer->url.host, value, transfer->client->now_s) != 0)
		verbose_note(&transfer->client->verbose, "Strict-Transport-Security is malformed");
}

int
transfer__on_head(struct transfer *transfer, const struct response_event *event)
{
	const struct head *head = event->head;
	bool had_output = transfer->has_output;

	transfer->facts.head = head;
	transfer->facts.head_bytes +=
		transfer->response->reader.total_bytes; /* with interim heads */
	transfer->has_part = false;
	transfer->facts.total_bytes = 0;
	transfer->drained_bytes = 0;
	verbose_received(&transfer->client->verbose, head);
	transfer__take_cookies(transfer, head);
	take_hsts(transfer, head);
	transfer->next = decide(transfer, head);
	if (transfer__check_part_length(transfer, event->framing) != 0)
		return -1;
	if ((transfer->next == NEXT_CONTENT || transfer->next == NEXT_KEPT) && !had_output &&
	    begin_content(transfer, event) != 0)
		return -1;
	/* Behind heads that are shown, of a redirect say, the digest is that of this one's content. */
	if (transfer->next == NEXT_CONTENT && had_output && transfer->range != RANGE_REST &&
	    transfer__begin_checksum(transfer, transfer__offset(transfer)) != 0)
		return -1;
	if (transfer__write_head(transfer, head) != 0)
		return -1;
	if (transfer->next == NEXT_FAILURE)
		return -1;
	if (transfer->next != NEXT_CONTENT && !is_worth_draining(event->framing))
		transfer->is_attempt_over = true;
	return 0;
}

/* A disk or a reader may take its time, and the verdict says so. */
static int
write_content(struct transfer *transfer, struct span data)
{
	const uint64_t before_us = clock_now_us();
	int err = output_write(&transfer->output, data.at, data.bytes, &transfer->failure);
	transfer->facts.write_us += clock_now_us() - before_us;
	return err;
}

int
transfer__on_data(struct transfer *transfer, struct span data)
{
	if (transfer->next == NEXT_CONTENT) {
		if (transfer__check_part_data(transfer) != 0)
			return -1;
		if (transfer->known_left != 0) {
			if (transfer__skip_known(transfer, &data) != 0)
				return -1;
			if (transfer->known_left != 0)
				return 0;
			if (transfer__open_output(transfer, transfer->range_first, transfer->validator) != 0)
				return -1;
		}
		transfer->facts.content_bytes += data.bytes;
		if (transfer__add_checksum(transfer, data) != 0)
			return -1;
		return write_content(transfer, data);
	}
	transfer->drained_bytes += data.bytes;
	if (transfer->drained_bytes > DRAIN_BYTES_MAX)
		transfer->is_attempt_over = true;
	return 0;
}
