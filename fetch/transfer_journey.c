/*
 * transfer_journey.c - what a transfer tells the journey (transfer_priv.h): each event is the cause of the next.
 * Where nobody listens it is some stores and a comparison, a few times a request.  A journey is made to be shown to others: no
 * password is in it (url_shown.h).
 */
#include "fetch/field_shown.h"
#include "fetch/framing.h"
#include "fetch/journey_report.h"
#include "fetch/transfer_priv.h"
#include "fetch/url_shown.h"

#include <stdio.h>
#include <string.h>

#define WORDS_BYTES        512u
#define JOURNEY_HEAD_BYTES 4096u /* of a head that is told; further fields are left out */

static struct journey *
list_of(const struct transfer *transfer)
{
	return journey_report_list(transfer->client->journey);
}

static struct journey_event
event_of(const struct transfer *transfer, enum journey_layer layer, const char *name)
{
	return (struct journey_event){
		.cause = transfer->told,
		.at_us = net_now_us(transfer->client->net),
		.layer = layer,
		.name = name,
		.request = transfer->number,
		.connection = layer == JOURNEY_HTTP || layer == JOURNEY_TLS || layer == JOURNEY_TCP
				      ? transfer->facts.stream.number
				      : 0,
	};
}

/* Cut where it does not fit. */
static void
put_span(char *text, size_t text_bytes, struct span span)
{
	struct span kept = span_first(span, text_bytes - 1);
	*(char *)mempcpy(text, kept.at, kept.bytes) = '\0';
}

static void
tell_upgrade(struct transfer *transfer)
{
	struct journey_event event = event_of(transfer, JOURNEY_POLICY, "upgrade");
	if (transfer->is_upgraded)
		transfer->told = journey_tell(list_of(transfer), &event, "over https: the host has wanted nothing else (HSTS)");
}

void
transfer__tell_url(struct transfer *transfer)
{
	struct journey_event event = event_of(transfer, JOURNEY_URL, "parsed");
	char href[WORDS_BYTES];
	if (list_of(transfer) == NULL)
		return;
	url_shown(&transfer->url, href, sizeof href);
	const struct journey_field fields[] = { { "href", href, 0 }, { "port", NULL, url_port(&transfer->url) } };
	event.fields = fields;
	event.field_count = 2;
	transfer->told = journey_note(list_of(transfer), &event, "{href}, port {port}");
	tell_upgrade(transfer);
}

void
transfer__tell_redirect(struct transfer *transfer)
{
	struct journey_event event = event_of(transfer, JOURNEY_POLICY, "redirect");
	char to[WORDS_BYTES];
	if (list_of(transfer) == NULL)
		return;
	url_shown(&transfer->url, to, sizeof to);
	const struct journey_field fields[] = { { "to", to, 0 } };
	event.fields = fields;
	event.field_count = 1;
	transfer->told = journey_tell(list_of(transfer), &event, "redirected to %s", to);
	tell_upgrade(transfer);
}

void
transfer__tell_proxy(struct transfer *transfer)
{
	struct journey_event event = event_of(transfer, JOURNEY_POLICY, "proxy");
	const struct proxy *proxy = &transfer->proxy;
	if (list_of(transfer) == NULL || proxy->kind == PROXY_NONE)
		return;
	const struct journey_field fields[] = { { "host", proxy->host, 0 }, { "port", NULL, proxy->port } };
	event.fields = fields;
	event.field_count = 2;
	transfer->told = journey_tell(list_of(transfer), &event, "through the %s proxy %s port %u",
				      proxy->kind == PROXY_SOCKS5 ? "SOCKS" : proxy->is_secure ? "HTTPS" : "HTTP", proxy->host, proxy->port);
}

void
transfer__tell_retry(struct transfer *transfer, const char *why, uint64_t wait_us)
{
	struct journey_event event = event_of(transfer, JOURNEY_POLICY, "retry");
	char href[WORDS_BYTES];
	if (list_of(transfer) == NULL)
		return;
	url_shown(&transfer->url, href, sizeof href);
	const struct journey_field fields[] = { { "why", why, 0 }, { "wait_us", NULL, wait_us }, { "to", href, 0 } };
	event.fields = fields;
	event.field_count = 3;
	transfer->told = journey_tell(list_of(transfer), &event, "once more, in %llu ms: %s",
				      (unsigned long long)(wait_us / 1000), why);
}

static void
tell_reuse(struct transfer *transfer, const char *remote)
{
	const struct stream_facts *facts = &transfer->facts.stream;
	struct journey_event event = event_of(transfer, JOURNEY_POLICY, "reuse");
	const struct journey_field fields[] = { { "remote", remote, 0 }, { "port", NULL, facts->remote_port } };
	event.connection = facts->number;
	event.fields = fields;
	event.field_count = 2;
	transfer->told = journey_note(list_of(transfer), &event, "the connection to {remote} port {port} is used again");
}

static void
tell_open(struct transfer *transfer, const char *remote)
{
	const struct stream_facts *facts = &transfer->facts.stream;
	struct journey_event event = event_of(transfer, JOURNEY_TCP, "open");
	uint64_t rtt_us = facts->connected_us - facts->connect_us;
	const struct journey_field fields[] = { { "remote", remote, 0 },
						{ "port", NULL, facts->remote_port },
						{ "rtt_us", NULL, rtt_us } };
	uint32_t handshake = journey_last(list_of(transfer), JOURNEY_TCP, "open", transfer->number, NULL, NULL);
	event.cause = handshake != 0 ? handshake : event.cause;
	event.at_us = facts->connected_us;
	event.fields = fields;
	event.field_count = 3;
	transfer->told = journey_tell(list_of(transfer), &event, "connected to %s port %u, round trip %llu.%u ms",
				      remote, facts->remote_port, (unsigned long long)(rtt_us / 1000),
				      (unsigned)(rtt_us % 1000 / 100));
}

static void
tell_tls(struct transfer *transfer)
{
	const struct stream_facts *facts = &transfer->facts.stream;
	struct journey_event event = event_of(transfer, JOURNEY_TLS, "open");
	event.at_us = facts->secured_us;
	const struct journey_field fields[] = { { "version", facts->tls_version, 0 },
						{ "cipher", facts->tls_cipher, 0 },
						{ "alpn", facts->alpn, 0 },
						{ "issuer", facts->tls_issuer, 0 },
						{ "until", facts->tls_until, 0 } };
	event.fields = fields;
	event.field_count = 5;
	transfer->told = journey_tell(list_of(transfer), &event, "%s %s%s%s%s, certificate of \"%s\" until %s",
				      facts->tls_version, facts->tls_cipher, facts->alpn[0] != '\0' ? " alpn " : "",
				      facts->alpn, facts->is_tls_resumed ? " (resumed)" : "", facts->tls_issuer,
				      facts->tls_until);
}

void
transfer__tell_connection(struct transfer *transfer)
{
	char remote[ADDR_TEXT_BYTES];
	if (list_of(transfer) == NULL)
		return;
	journey_report_take(transfer->client->journey); /* what the stack saw came first */
	addr_to_text(&transfer->facts.stream.remote, remote, sizeof remote);
	if (transfer->is_reused) {
		tell_reuse(transfer, remote);
		return;
	}
	tell_open(transfer, remote);
	if (transfer->facts.stream.secured_us != 0)
		tell_tls(transfer);
}

static const char *
tls_failure_words(enum failure_cause cause)
{
	switch (cause) {
	case FAILURE_CERTIFICATE: return "handshake broken off: the server's certificate does not convince";
	case FAILURE_PINNED: return "handshake broken off: the server's key is not the pinned one";
	case FAILURE_TIMEOUT: return "hello sent, and no handshake came of it";
	case FAILURE_RECEIVE:
	case FAILURE_SEND: return "the connection was cut during the handshake";
	default: return "the handshake failed";
	}
}

void
transfer__tell_dial(struct transfer *transfer)
{
	struct journey_event event = event_of(transfer, JOURNEY_TLS, "failed");
	char remote[ADDR_TEXT_BYTES];

	if (list_of(transfer) == NULL || transfer->facts.stream.connected_us == 0)
		return;
	journey_report_take(transfer->client->journey);
	addr_to_text(&transfer->facts.stream.remote, remote, sizeof remote);
	tell_open(transfer, remote);
	if (transfer->url.special != URL_HTTPS || transfer->facts.stream.secured_us != 0)
		return;
	const struct journey_field fields[] = { { "cause", failure_id(transfer->failure.cause), 0 } };
	event.cause = transfer->told;
	event.is_bad = true;
	event.fields = fields;
	event.field_count = 1;
	transfer->told = journey_tell(list_of(transfer), &event, "%s", tls_failure_words(transfer->failure.cause));
}

static size_t
add_field_line(const struct transfer *transfer, char *lines, size_t used, struct span name, struct span value)
{
	char url[WORDS_BYTES];
	if (!transfer->client->run->journey_secrets)
		value = field_shown(name, value, url, sizeof url);
	if (used + name.bytes + value.bytes + 4 > JOURNEY_HEAD_BYTES)
		return used;
	char *end = mempcpy(lines + used, name.at, name.bytes);
	*end++ = ':';
	*end++ = ' ';
	end = mempcpy(end, value.at, value.bytes);
	*end++ = '\n';
	*end = '\0';
	return (size_t)(end - lines);
}

/* The lines of a request's head behind the first. */
static void
request_lines(const struct transfer *transfer, char *lines)
{
	struct span rest = span_of(transfer->head, transfer->head_bytes);
	size_t used = 0;

	lines[0] = '\0';
	for (bool is_first = true; rest.bytes > 0; is_first = false) {
		size_t end = span_find(rest, '\n');
		struct span line = span_first(rest, end > 0 && rest.at[end - 1] == '\r' ? end - 1 : end);
		size_t colon = span_find(line, ':');
		rest = span_from(rest, end < rest.bytes ? end + 1 : end);
		if (line.bytes == 0)
			return; /* the head is over */
		if (!is_first && colon + 2 <= line.bytes)
			used = add_field_line(transfer, lines, used, span_first(line, colon), span_from(line, colon + 2));
	}
}

static void
response_lines(const struct transfer *transfer, const struct head *head, char *lines)
{
	size_t used = 0;
	lines[0] = '\0';
	for (size_t i = 0; i < head->fields.count; i++)
		used = add_field_line(transfer, lines, used, head->fields.at[i].name, head->fields.at[i].value);
}

void
transfer__tell_request(struct transfer *transfer)
{
	struct journey_event event = event_of(transfer, JOURNEY_HTTP, "request");
	char lines[JOURNEY_HEAD_BYTES], method[32], line[WORDS_BYTES];
	const struct span head = span_of(transfer->head, transfer->head_bytes);
	if (list_of(transfer) == NULL)
		return;
	request_lines(transfer, lines);
	put_span(method, sizeof method, transfer->method);
	put_span(line, sizeof line, span_first(head, span_find(head, '\r')));
	const struct journey_field fields[] = { { "method", method, 0 },
						{ "line", line, 0 },
						{ "octets", NULL, transfer->head_bytes },
						{ "fields", lines, 0 } };
	event.fields = fields;
	event.field_count = 4;
	transfer->told = journey_note(list_of(transfer), &event, "-> {line}  ({octets} octets)");
}

void
transfer__tell_head(struct transfer *transfer, const struct response_event *response)
{
	struct journey_event event = event_of(transfer, JOURNEY_HTTP, "head");
	const struct head *head = response->head;
	char lines[JOURNEY_HEAD_BYTES], reason[64];
	if (list_of(transfer) == NULL)
		return;
	response_lines(transfer, head, lines);
	put_span(reason, sizeof reason, head->reason);
	const struct journey_field fields[] = { { "status", NULL, head->status },
						{ "framing", framing_text(response->framing->kind), 0 },
						{ "rule", NULL, response->framing->rule },
						{ "version", NULL, head->version },
						{ "reason", reason, 0 },
						{ "fields", lines, 0 } };
	event.is_bad = head->status >= 400;
	event.fields = fields;
	event.field_count = 6;
	transfer->told = journey_note(list_of(transfer), &event, "<- {status} {reason}, content by {framing} (rule {rule})");
}

void
transfer__tell_interim(struct transfer *transfer, const struct head *head)
{
	struct journey_event event = event_of(transfer, JOURNEY_HTTP, "interim");
	char lines[JOURNEY_HEAD_BYTES];
	if (list_of(transfer) == NULL)
		return;
	response_lines(transfer, head, lines);
	const struct journey_field fields[] = { { "status", NULL, head->status }, { "fields", lines, 0 } };
	event.fields = fields;
	event.field_count = 2;
	transfer->told = journey_tell(list_of(transfer), &event, "<- %u " SPAN_FORMAT ", and more to come", head->status,
				      SPAN_ARGUMENTS(span_first(head->reason, 60)));
}

/* Names alone in the sentence: what they say is the server's. */
void
transfer__tell_trailers(struct transfer *transfer, const struct fields *trailers)
{
	struct journey_event event = event_of(transfer, JOURNEY_HTTP, "trailers");
	char lines[JOURNEY_HEAD_BYTES] = "";
	size_t used = 0;
	if (list_of(transfer) == NULL || trailers->count == 0)
		return;
	for (size_t i = 0; i < trailers->count; i++)
		used = add_field_line(transfer, lines, used, trailers->at[i].name, trailers->at[i].value);
	const struct journey_field fields[] = { { "fields", lines, 0 } };
	event.fields = fields;
	event.field_count = 1;
	transfer->told = journey_tell(list_of(transfer), &event, "<- %zu trailers, the first is " SPAN_FORMAT, trailers->count,
				      SPAN_ARGUMENTS(span_first(trailers->at[0].name, 60)));
}

void
transfer__tell_digest(struct transfer *transfer)
{
	struct journey_event event = event_of(transfer, JOURNEY_OUT, "digest");
	if (list_of(transfer) != NULL)
		transfer->told = journey_tell(list_of(transfer), &event, "the content has the checksum that %s tells", transfer->digest_from);
}

/* Its name without the directory, which is nobody else's business. */
void
transfer__tell_file(struct transfer *transfer)
{
	struct journey_event event = event_of(transfer, JOURNEY_OUT, "file");
	const char *slash = strrchr(transfer->path, '/');
	const char *name = slash != NULL ? slash + 1 : transfer->path;
	const struct journey_field fields[] = { { "name", name, 0 }, { "octets", NULL, transfer->facts.content_bytes } };
	if (list_of(transfer) == NULL)
		return;
	event.fields = fields;
	event.field_count = 2;
	transfer->told = journey_note(list_of(transfer), &event, "written to {name}");
}

static struct verdict_times
times_of(const struct transfer *transfer)
{
	const struct transfer_facts *facts = &transfer->facts;
	return (struct verdict_times){
		.start_us = facts->start_us,
		.attempt_us = facts->attempt_us,
		.setup_us = facts->setup_us,
		.named_us = facts->stream.named_us,
		.connect_us = facts->stream.connect_us,
		.connected_us = facts->stream.connected_us,
		.secured_us = transfer->url.special == URL_HTTPS ? facts->stream.secured_us : facts->stream.proxy_secured_us,
		.tls_cpu_us = facts->stream.tls_cpu_us,
		.loss_us = facts->loss_us,
		.limit_us = facts->limit_us,
		.write_us = facts->write_us,
		.sent_us = facts->sent_us,
		.first_us = facts->first_us,
		.end_us = facts->end_us,
		.is_reused = transfer->is_reused,
		.wants_tls = transfer->url.special == URL_HTTPS,
		.content_bytes = facts->content_bytes,
	};
}

void
transfer__tell_end(struct transfer *transfer)
{
	const struct transfer_facts *facts = &transfer->facts;
	bool failed = facts->failure.cause != FAILURE_NONE;
	struct journey_event event =
		event_of(transfer, failed ? JOURNEY_OUT : JOURNEY_HTTP, failed ? "failed" : "end");
	const struct journey_field fields[] = { { "octets", NULL, facts->content_bytes },
						{ "cause", failure_id(facts->failure.cause), 0 },
						{ "detail", facts->failure.detail != NULL ? facts->failure.detail : "", 0 } };
	const struct verdict_times times = times_of(transfer);
	char url[WORDS_BYTES];

	if (list_of(transfer) == NULL)
		return;
	journey_report_take(transfer->client->journey);
	event.is_bad = failed;
	event.is_end = true;
	event.fields = fields;
	event.field_count = failed ? 3 : 1;
	if (failed)
		transfer->told = journey_tell(list_of(transfer), &event, "%s",
			     facts->failure.text[0] != '\0' ? facts->failure.text
							    : failure_summary(facts->failure.cause));
	else
		transfer->told = journey_note(list_of(transfer), &event, "complete: {octets} octets");
	url_shown_as_written(transfer->job.url, facts->url.bytes != 0, url, sizeof url);
	const struct journey_end end = { .request = transfer->number, .url = url, .octets = facts->content_bytes,
					 .result = failed ? failure_id(facts->failure.cause) : "ok", .is_bad = failed };
	journey_report_end(transfer->client->journey, &end, &times);
}
