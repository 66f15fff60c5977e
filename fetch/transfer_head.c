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

static enum transfer_next
refuse(struct transfer *transfer, enum failure_cause cause, const char *why)
{
	failure_set(&transfer->failure, cause, "%s", why);
	return NEXT_FAILURE;
}

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

/* ---- ranges ---------------------------------------------------------------------------------------- */

/* The part is of another version than the one on disk: a server that knows no If-Range. */
static bool
is_other_version(const struct transfer *transfer, const struct head *head)
{
	struct span tag = fields_value(&head->fields, "ETag");
	return transfer->validator[0] == '"' && tag.at != NULL &&
	       !span_is(tag, transfer->validator);
}

static enum transfer_next
decide_other_version(struct transfer *transfer)
{
	if (transfer->path[0] == '\0')
		return refuse(transfer, FAILURE_CHANGED,
			      "the resource has changed; what was written to standard output is of "
			      "its older version");
	verbose_warn(&transfer->client->verbose, "the resource has changed: it is fetched whole");
	return NEXT_WHOLE;
}

/* 206: the octets must be those that were asked for, of the version that is there. */
static enum transfer_next
decide_partial(struct transfer *transfer, const struct head *head)
{
	struct content_range range;
	struct span value = fields_value(&head->fields, "Content-Range");
	uint64_t first = transfer->range_first;
	bool has_first = true;

	if (transfer->range == RANGE_NONE)
		return refuse(transfer, FAILURE_RANGE,
			      "the server sent a part (206), and the whole was asked for");
	if (transfer->range == RANGE_ASKED)
		has_first = range_first_asked(span_from_text(transfer->settings->range), &first);
	if (value.at == NULL && transfer->range == RANGE_ASKED && !has_first)
		return NEXT_CONTENT; /* several parts in one (RFC 9110, section 14.6), as they are */
	if (!content_range_read(value, &range) || range.is_unsatisfied)
		return refuse(transfer, FAILURE_RANGE,
			      "the server sent a part (206), and did not say which");
	if (has_first && range.first != first) {
		failure_set(&transfer->failure, FAILURE_RANGE,
			    "the server sent the octets from %llu on, not from %llu",
			    (unsigned long long)range.first, (unsigned long long)first);
		return NEXT_FAILURE;
	}
	if (transfer->range == RANGE_RESUME && is_other_version(transfer, head))
		return decide_other_version(transfer);
	if (range.has_total)
		transfer->facts.total_bytes = range.total;
	transfer->part = range;
	transfer->has_part = !span_is(transfer->method, "HEAD");
	return NEXT_CONTENT;
}

static int
refuse_part(struct transfer *transfer, enum failure_cause cause, uint64_t got)
{
	const struct content_range *part = &transfer->part;
	failure_set(&transfer->failure, cause, "the server sent a part of %llu octets, which it says are those from %llu to %llu",
		    (unsigned long long)got, (unsigned long long)part->first, (unsigned long long)part->last);
	return -1;
}

/* A part that does not say the truth about itself must not be joined to another (RFC 9110, section 15.3.7.3). */
static int
check_parts_length(struct transfer *transfer, const struct framing *framing)
{
	const uint64_t want = transfer->part.last - transfer->part.first + 1;
	if (!transfer->has_part || framing->kind != FRAMING_LENGTH || framing->length == want)
		return 0;
	return refuse_part(transfer, FAILURE_RANGE, framing->length);
}

int
transfer__check_part(struct transfer *transfer)
{
	const struct content_range *part = &transfer->part;
	const struct response *response = transfer->response;
	bool goes_on = transfer->range == RANGE_RESUME || transfer->range == RANGE_OFFSET;

	if (transfer->known_left != 0) {
		failure_set(&transfer->failure, FAILURE_CHANGED, "the server sends the whole, and it ends before the offset");
		return -1;
	}
	if (!transfer->has_part)
		return 0;
	if (response->framing.transfer.count == 0 && response->got_bytes != part->last - part->first + 1)
		return refuse_part(transfer, FAILURE_PARTIAL, response->got_bytes);
	if (!goes_on || !part->has_total || part->last + 1 == part->total)
		return 0;
	failure_set(&transfer->failure, FAILURE_PARTIAL, "the server sent no more than %llu of %llu octets",
		    (unsigned long long)part->last + 1, (unsigned long long)part->total);
	return -1;
}

/* 416: there is nothing behind what we have. */
static enum transfer_next
decide_unsatisfied(struct transfer *transfer, const struct head *head)
{
	struct content_range range;
	struct span value = fields_value(&head->fields, "Content-Range");

	if (content_range_read(value, &range) && range.is_unsatisfied &&
	    range.total == transfer->range_first && !is_other_version(transfer, head)) {
		verbose_note(&transfer->client->verbose, "The file is whole already: %llu octets",
			     (unsigned long long)range.total);
		return NEXT_KEPT;
	}
	if (transfer->range == RANGE_RESUME)
		return decide_other_version(transfer);
	return refuse(transfer, FAILURE_RANGE, "the server has nothing at that offset (416)");
}

/* The whole, where a part was asked for. */
static enum transfer_next
decide_whole(struct transfer *transfer)
{
	const struct verbose *verbose = &transfer->client->verbose;
	switch (transfer->range) {
	case RANGE_NONE: break;
	case RANGE_ASKED:
		verbose_warn(verbose, "the server ignores the range and sends the whole");
		break;
	case RANGE_OFFSET:
		if (transfer->range_first == 0)
			break;
		if (!transfer__know_beginning(transfer))
			return refuse(transfer, FAILURE_RANGE,
				      "the server sends the whole, and cannot go on at an offset");
		verbose_warn(verbose, "the server sends the whole: what the file has of it is compared and left out");
		break;
	case RANGE_RESUME:
		if (transfer->path[0] == '\0')
			return decide_other_version(transfer);
		verbose_warn(verbose, "the resource has changed, or the server knows no ranges: it "
				      "is fetched whole");
		transfer->range = RANGE_NONE;
		break;
	}
	return NEXT_CONTENT;
}

static bool
is_success(unsigned status)
{
	return status >= 200 && status < 300;
}

static enum transfer_next
decide(struct transfer *transfer, const struct head *head)
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
	if (head->status == 416 &&
	    (transfer->range == RANGE_RESUME || transfer->range == RANGE_OFFSET))
		return decide_unsatisfied(transfer, head);
	if (head->status >= 400 && (settings->fails || settings->fails_with_body)) {
		set_status_failure(transfer, head);
		return settings->fails_with_body ? NEXT_CONTENT : NEXT_FAILURE;
	}
	if (head->status == 304)
		return NEXT_NOTHING;
	if (head->status == 206)
		return decide_partial(transfer, head);
	return is_success(head->status) ? decide_whole(transfer) : NEXT_CONTENT;
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
	    validator.bytes >= sizeof transfer->validator)
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
	if (check_parts_length(transfer, event->framing) != 0)
		return -1;
	uint64_t keep_bytes = has_part || transfer->known >= 0 || transfer->next == NEXT_KEPT ? transfer->range_first : 0;

	if (transfer->next != NEXT_KEPT && transfer->range != RANGE_RESUME)
		read_validator(transfer, event->head);
	if (event->framing->kind == FRAMING_LENGTH && transfer->facts.total_bytes == 0)
		transfer->facts.total_bytes = (transfer->known >= 0 ? 0 : keep_bytes) + event->framing->length;
	transfer->facts.kept_bytes = keep_bytes;
	transfer__note_etag(transfer, event->head);
	if (read_file_facts(transfer, event->head) != 0)
		return -1;
	if (transfer->known_left != 0)
		return 0; /* the file stays as it is until its beginning has been compared */
	return transfer__open_output(transfer, keep_bytes, transfer->validator);
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
	if ((transfer->next == NEXT_CONTENT || transfer->next == NEXT_KEPT) && !had_output &&
	    begin_content(transfer, event) != 0)
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
