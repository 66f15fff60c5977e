#include "fetch/journey/har.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fetch/http_date.h"
#include "fetch/span.h"

#define NOT_APPLICABLE UINT64_MAX
#define US_DECIMALS    3u /* milliseconds of microseconds */

/* What the events of one attempt tell; NULL: not told. */
struct attempt {
	const struct journey_event *begin, *answer, *syn, *open, *tls, *request, *head, *end, *redirect, *failed;
	const struct journey_event *last; /* the one told last */
};

/* Microseconds, summing to the attempt's; NOT_APPLICABLE. */
struct timings {
	uint64_t blocked, dns, connect, ssl, send, wait, receive, total;
};

static bool
is(const struct journey_event *event, enum journey_layer layer, const char *name)
{
	return event->layer == layer && strcmp(event->name, name) == 0;
}

static bool
begins_attempt(const struct journey_event *event)
{
	return is(event, JOURNEY_URL, "parsed") || is(event, JOURNEY_POLICY, "redirect") || is(event, JOURNEY_POLICY, "retry");
}

static const struct journey_event *
next_begin(const struct journey_event *event)
{
	while (event != NULL && !begins_attempt(event))
		event = event->next;
	return event;
}

/* ---- what belongs to an attempt ---------------------------------------------------------------------- */

static void
take_event(struct attempt *attempt, const struct journey_event *event)
{
	if (is(event, JOURNEY_DNS, "answer") && attempt->syn == NULL)
		attempt->answer = event;
	else if (is(event, JOURNEY_TCP, "syn") && attempt->open == NULL)
		attempt->syn = event;
	else if (is(event, JOURNEY_TCP, "open") && event->connection != 0)
		attempt->open = event;
	else if (is(event, JOURNEY_TLS, "open"))
		attempt->tls = event;
	else if (is(event, JOURNEY_HTTP, "request"))
		attempt->request = event;
	else if (is(event, JOURNEY_HTTP, "head"))
		attempt->head = event;
	else if (is(event, JOURNEY_HTTP, "end"))
		attempt->end = event;
	else if (is(event, JOURNEY_OUT, "failed"))
		attempt->failed = event;
}

/* The events of its transfer up to the next attempt. */
static struct attempt
read_attempt(const struct journey_event *begin)
{
	struct attempt attempt = { .begin = begin, .last = begin };
	for (const struct journey_event *event = begin->next; event != NULL; event = event->next) {
		if (event->request != begin->request)
			continue;
		if (begins_attempt(event)) {
			attempt.redirect = is(event, JOURNEY_POLICY, "redirect") ? event : NULL;
			attempt.last = event;
			break;
		}
		take_event(&attempt, event);
		if (event->layer == JOURNEY_HTTP || event->layer == JOURNEY_OUT)
			attempt.last = event;
		if (event->is_end)
			break;
	}
	return attempt;
}

/* The time from *at_us until the event, which is then *at_us. */
static uint64_t
until(const struct journey_event *event, uint64_t *at_us)
{
	uint64_t past_us;
	if (event == NULL)
		return NOT_APPLICABLE;
	past_us = event->at_us > *at_us ? event->at_us - *at_us : 0;
	*at_us += past_us;
	return past_us;
}

static uint64_t
or_none(uint64_t us)
{
	return us != NOT_APPLICABLE ? us : 0;
}

/* A connection that was there already has neither dns nor connect; what is waited for until its request is blocked. */
static struct timings
time_attempt(const struct attempt *attempt)
{
	struct timings times = { .dns = NOT_APPLICABLE, .connect = NOT_APPLICABLE, .ssl = NOT_APPLICABLE };
	uint64_t at_us = attempt->begin->at_us;

	if (attempt->open != NULL || attempt->request == NULL) {
		times.dns = until(attempt->answer, &at_us);
		times.blocked = or_none(until(attempt->syn, &at_us)); /* and addresses that did not answer */
		times.connect = until(attempt->open, &at_us);
	}
	if (attempt->open != NULL && attempt->tls != NULL) {
		times.ssl = until(attempt->tls, &at_us);
		times.connect += times.ssl;
	}
	if (attempt->open == NULL) /* or nothing came of it */
		times.blocked += or_none(until(attempt->request != NULL ? attempt->request : attempt->last, &at_us));
	times.send = or_none(until(attempt->request, &at_us));
	times.wait = or_none(until(attempt->head != NULL ? attempt->head : attempt->last, &at_us));
	times.receive = or_none(until(attempt->last, &at_us));
	times.total = at_us - attempt->begin->at_us;
	return times;
}

/* ---- JSON -------------------------------------------------------------------------------------------- */

static void
put_text(struct json *json, const char *name, const char *text)
{
	json_key(json, name);
	json_text(json, text);
}

static void
put_int(struct json *json, const char *name, int64_t value)
{
	json_key(json, name);
	json_int(json, value);
}

static void
put_ms(struct json *json, const char *name, uint64_t us)
{
	json_key(json, name);
	if (us == NOT_APPLICABLE)
		json_int(json, -1);
	else
		json_decimal(json, us, US_DECIMALS);
}

static void
put_empty(struct json *json, const char *name)
{
	json_key(json, name);
	json_array_begin(json);
	json_array_end(json);
}

/* `name` and `value` of what HAR has lists of. */
static void
put_pair(struct json *json, struct span name, struct span value)
{
	json_object_begin(json);
	json_key(json, "name");
	json_string(json, name.at, name.bytes);
	json_key(json, "value");
	json_string(json, value.at, value.bytes);
	json_object_end(json);
}

/* What stands before `end`, which *rest is then behind. */
static struct span
cut(struct span *rest, char end)
{
	size_t at = span_find(*rest, end);
	struct span piece = span_first(*rest, at);
	*rest = span_from(*rest, at < rest->bytes ? at + 1 : at);
	return piece;
}

/* A "Name: value" line in two. */
static struct span
cut_field(struct span *line)
{
	struct span name = cut(line, ':');
	*line = span_trim(*line);
	return name;
}

static void
put_fields(struct json *json, const char *lines)
{
	struct span rest = span_from_text(lines);

	json_key(json, "headers");
	json_array_begin(json);
	for (unsigned left = HAR_FIELDS_MAX; rest.bytes > 0 && left > 0; left--) {
		struct span line = cut(&rest, '\n'), name = cut_field(&line);
		put_pair(json, name, line);
	}
	json_array_end(json);
}

/* The value of a field, from its lines; empty: there is none. */
static struct span
field_value(const char *lines, const char *name)
{
	struct span rest = span_from_text(lines);
	while (rest.bytes > 0) {
		struct span line = cut(&rest, '\n');
		if (span_is_nocase(cut_field(&line), name))
			return line;
	}
	return SPAN("");
}

static const char *
version_of(const struct attempt *attempt)
{
	if (attempt->head == NULL)
		return "HTTP/1.1";
	switch (journey_field_number(attempt->head, "version")) {
	case 20: return "HTTP/2.0";
	case 10: return "HTTP/1.0";
	case 9: return "HTTP/0.9";
	default: return "HTTP/1.1";
	}
}

static const char *
url_of(const struct attempt *attempt)
{
	const char *href = journey_field_text(attempt->begin, "href");
	return href[0] != '\0' ? href : journey_field_text(attempt->begin, "to");
}

/* name=value pairs as they stand: percent-encoding is the reader's. */
static void
put_query(struct json *json, const char *url)
{
	struct span behind = span_from_text(url), rest = cut(&behind, '#');
	(void)cut(&rest, '?');
	json_key(json, "queryString");
	json_array_begin(json);
	for (unsigned left = HAR_FIELDS_MAX; rest.bytes > 0 && left > 0; left--) {
		struct span value = cut(&rest, '&'), name = cut(&value, '=');
		put_pair(json, name, value);
	}
	json_array_end(json);
}

static void
put_request(struct json *json, const struct attempt *attempt)
{
	const struct journey_event *request = attempt->request;
	const char *method = request != NULL ? journey_field_text(request, "method") : "GET";

	json_key(json, "request");
	json_object_begin(json);
	put_text(json, "method", method);
	put_text(json, "url", url_of(attempt));
	put_text(json, "httpVersion", version_of(attempt));
	put_empty(json, "cookies");
	put_fields(json, request != NULL ? journey_field_text(request, "fields") : "");
	put_query(json, url_of(attempt));
	put_int(json, "headersSize", request != NULL ? (int64_t)journey_field_number(request, "octets") : -1);
	put_int(json, "bodySize", -1);
	json_object_end(json);
}

/* Status 0: there was no response. */
static void
put_response(struct json *json, const struct attempt *attempt)
{
	const struct journey_event *head = attempt->head, *end = attempt->end != NULL ? attempt->end : attempt->failed;
	const char *lines = head != NULL ? journey_field_text(head, "fields") : "";
	struct span type = field_value(lines, "content-type");
	int64_t octets = end != NULL ? (int64_t)journey_field_number(end, "octets") : 0;

	json_key(json, "response");
	json_object_begin(json);
	put_int(json, "status", head != NULL ? (int64_t)journey_field_number(head, "status") : 0);
	put_text(json, "statusText", head != NULL ? journey_field_text(head, "reason") : "");
	put_text(json, "httpVersion", version_of(attempt));
	put_empty(json, "cookies");
	put_fields(json, lines);
	json_key(json, "content");
	json_object_begin(json);
	put_int(json, "size", octets);
	json_key(json, "mimeType");
	json_string(json, type.at, type.bytes);
	json_object_end(json);
	put_text(json, "redirectURL", attempt->redirect != NULL ? journey_field_text(attempt->redirect, "to") : "");
	put_int(json, "headersSize", -1);
	put_int(json, "bodySize", -1);
	json_object_end(json);
}

static void
put_timings(struct json *json, const struct timings *times)
{
	json_key(json, "timings");
	json_object_begin(json);
	put_ms(json, "blocked", times->blocked);
	put_ms(json, "dns", times->dns);
	put_ms(json, "connect", times->connect);
	put_ms(json, "ssl", times->ssl);
	put_ms(json, "send", times->send);
	put_ms(json, "wait", times->wait);
	put_ms(json, "receive", times->receive);
	json_object_end(json);
}

/* ISO 8601, in UTC. */
static void
put_date(struct json *json, uint64_t wall_us)
{
	char text[64];
	struct http_date date;
	http_date_from_time((int64_t)(wall_us / 1000000), &date);
	(void)snprintf(text, sizeof text, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ", (unsigned)date.year % 10000, date.month, date.day,
	               date.hour, date.minute, date.second, (unsigned)(wall_us % 1000000));
	put_text(json, "startedDateTime", text);
}

static void
put_extras(struct json *json, const struct attempt *attempt)
{
	char what[JOURNEY_TEXT_BYTES];

	json_key(json, "_cairn");
	json_object_begin(json);
	put_int(json, "transfer", attempt->begin->request);
	if (attempt->head != NULL) {
		put_text(json, "framing", journey_field_text(attempt->head, "framing"));
		put_int(json, "rule", (int64_t)journey_field_number(attempt->head, "rule"));
	}
	if (attempt->tls != NULL) {
		put_text(json, "tls", journey_field_text(attempt->tls, "version"));
		put_text(json, "cipher", journey_field_text(attempt->tls, "cipher"));
	}
	json_object_end(json);
	if (attempt->failed != NULL)
		put_text(json, "_error", journey_what(attempt->failed, what));
}

static void
put_entry(struct json *json, const struct story *story, const struct attempt *attempt)
{
	struct timings times = time_attempt(attempt);
	const struct journey_event *over = attempt->request;
	uint64_t since_us = attempt->begin->at_us > story->start_us ? attempt->begin->at_us - story->start_us : 0;

	json_object_begin(json);
	put_date(json, story->wall_us + since_us);
	put_ms(json, "time", times.total);
	put_request(json, attempt);
	put_response(json, attempt);
	json_key(json, "cache");
	json_object_begin(json);
	json_object_end(json);
	put_timings(json, &times);
	if (attempt->open != NULL)
		put_text(json, "serverIPAddress", journey_field_text(attempt->open, "remote"));
	if (over != NULL && over->connection != 0) {
		char number[16];
		(void)snprintf(number, sizeof number, "%" PRIu32, over->connection);
		put_text(json, "connection", number);
	}
	put_extras(json, attempt);
	json_object_end(json);
}

/* ---- the whole --------------------------------------------------------------------------------------- */

void
har_begin(struct json *json)
{
	json_object_begin(json);
	json_key(json, "log");
	json_object_begin(json);
	put_text(json, "version", "1.2");
	json_key(json, "creator");
	json_object_begin(json);
	put_text(json, "name", "cairn-fetch");
	put_text(json, "version", CAIRN_VERSION);
	json_object_end(json);
	json_key(json, "entries");
	json_array_begin(json);
}

const struct journey_event *
har_entry(struct json *json, const struct story *story, const struct journey_event *at)
{
	if (at == NULL)
		at = next_begin(story->journey->first);
	if (at == NULL)
		return NULL;
	const struct attempt attempt = read_attempt(at);
	put_entry(json, story, &attempt);
	return next_begin(at->next);
}

void
har_end(struct json *json)
{
	json_array_end(json);
	json_object_end(json);
	json_object_end(json);
	json_line_end(json);
}
