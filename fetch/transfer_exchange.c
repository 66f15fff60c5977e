/* transfer_exchange.c - octets between the stream, the request and the response (transfer_priv.h). */
#include "fetch/transfer_priv.h"

#include <assert.h>
#include <string.h>

#include "fetch/decode_libraries.h"
#include "fetch/stream_tcp.h"

static void
on_turn(void *data)
{
	transfer__pump(data);
}

/* ---- in ------------------------------------------------------------------------------------------ */

/* -1: transfer->failure ends the attempt. */
static int
on_event(struct transfer *transfer, const struct response_event *event)
{
	const struct verbose *verbose = &transfer->client->verbose;

	switch (event->kind) {
	case RESPONSE_INTERIM: return transfer__on_interim(transfer, event->head);
	case RESPONSE_HEAD:
		transfer__tell_head(transfer, event);
		return transfer__on_head(transfer, event);
	case RESPONSE_DATA: return transfer__on_data(transfer, event->data);
	case RESPONSE_WARNING: verbose_warn(verbose, "%s", event->warning); return 0;
	case RESPONSE_TRAILERS:
		transfer__tell_trailers(transfer, event->trailers);
		for (size_t i = 0; i < event->trailers->count; i++)
			verbose_note(verbose, "Trailer: " SPAN_FORMAT ": " SPAN_FORMAT,
				     SPAN_ARGUMENTS(event->trailers->at[i].name),
				     SPAN_ARGUMENTS(event->trailers->at[i].value));
		return 0;
	case RESPONSE_COMPLETE:
		transfer->is_complete = true;
		if (!event->is_length_known)
			verbose_note(verbose, "The end of the connection was the end of the "
					      "content: its length is unknown");
		return transfer__check_part(transfer);
	case RESPONSE_FAILED: transfer->failure = *event->failure; return -1;
	}
	return 0;
}

static int
drain_events(struct transfer *transfer)
{
	struct response_event event;
	while (response_next(transfer->response, &event)) {
		if (on_event(transfer, &event) != 0)
			return -1;
	}
	return 0;
}

/* -1: transfer->failure ends the attempt. After the response's end the rest is looked at, for the connection's sake. */
static int
take(struct transfer *transfer, const uint8_t *octets, size_t bytes)
{
	verbose_data(&transfer->client->verbose, '{', bytes);
	while (bytes > 0) {
		size_t taken = response_receive(transfer->response, octets, bytes);
		if (drain_events(transfer) != 0)
			return -1;
		octets += taken;
		bytes -= taken;
	}
	return 0;
}

/* The peer's stream is over: cleanly (0), or by an error. */
static int
take_end(struct transfer *transfer, ssize_t result)
{
	bool is_clean = result == 0 && transfer->stream->is_clean_end;
	response_end(transfer->response, is_clean);
	if (drain_events(transfer) == 0)
		return 0;
	/* A reset and a timeout say more than that octets are missing. */
	if (result < 0 && transfer->stream->failure.cause != FAILURE_NONE)
		transfer->failure = transfer->stream->failure;
	return -1;
}

/* 1: the attempt is over; 0: it goes on later; -1: transfer->failure ends it. */
static int
receive(struct transfer *transfer)
{
	struct client *client = transfer->client;
	for (size_t turn_bytes = 0; turn_bytes < TRANSFER_TURN_BYTES;) {
		size_t room = transfer__allowed(transfer, sizeof client->buffer, on_turn);
		if (room == 0)
			return 0;
		ssize_t got = stream_read(transfer->stream, client->buffer, room);
		if (got == -EAGAIN)
			return 0;
		if (got <= 0)
			return take_end(transfer, got) == 0 ? 1 : -1;
		if (!transfer->has_received)
			transfer->facts.first_us = net_now_us(client->net);
		transfer->has_received = true;
		transfer->facts.loss_us = transfer->stream->facts->hole_us - transfer->hole_before_us;
		if (take(transfer, client->buffer, (size_t)got) != 0)
			return -1;
		transfer__paced(transfer, (size_t)got);
		if (transfer->is_complete || transfer->is_attempt_over)
			return 1;
		turn_bytes += (size_t)got;
	}
	soon_do(&client->soon, &transfer->soon, on_turn, transfer);
	return 0;
}

/* ---- both ---------------------------------------------------------------------------------------- */

void
transfer__pump(struct transfer *transfer)
{
	assert(transfer->state == TRANSFER_EXCHANGING);
	/* A server may answer and close before it has read all: its answer counts, so an error here waits. */
	ssize_t sent = transfer__send(transfer);
	int result = receive(transfer);
	if (result == 0 && sent == 0 &&
	    !transfer__is_sent(transfer)) /* 100, or a window has come */
		sent = transfer__send(transfer);
	if (result == 0 && sent < 0) {
		if (transfer->failure.cause == FAILURE_NONE)
			transfer->failure = transfer->stream->failure;
		result = -1;
	}
	if (result == 0 && transfer->client->run->is_dry)
		result = transfer__is_sent(transfer);
	if (result < 0)
		transfer__fail(transfer, &transfer->failure);
	else if (result > 0)
		transfer__attempt_over(transfer);
}

static void
on_ready(struct stream *stream, void *data)
{
	(void)stream;
	transfer__pump(data);
}

static void
begin_response(struct transfer *transfer)
{
	struct response_options options = {
		.request = span_is(transfer->method, "HEAD") ? FRAMING_OF_HEAD : FRAMING_OF_GET,
		.is_http09_allowed = transfer->settings->allows_http_0_9,
		.is_decoded = transfer->settings->is_compressed,
		.is_http2 = strcmp(transfer->stream->facts->alpn, "h2") == 0,
		.libraries = &decode_libraries,
		.limits = { .content_bytes_max = transfer->settings->size_max },
	};
	if (transfer->has_response)
		response_fini(transfer->response);
	response_init(transfer->response, &options);
	transfer->has_response = true;
}

static void
note_connection(const struct transfer *transfer)
{
	const struct verbose *verbose = &transfer->client->verbose;
	const struct stream_facts *facts = &transfer->facts.stream;
	char peer[STREAM_TCP_PEER_BYTES];

	if (transfer->is_reused || !verbose->is_on)
		return;
	verbose_note(verbose, "Connection %u is to %s, after %.1f ms", facts->number,
		     stream_tcp_peer(&facts->remote, facts->remote_port, peer),
		     (double)(facts->connected_us - facts->started_us) / 1e3);
	if (facts->proxy_secured_us != 0)
		verbose_note(verbose, "The way to the proxy is secured by %s, after %.1f ms more", facts->proxy_tls_version,
			     (double)(facts->proxy_secured_us - facts->connected_us) / 1e3);
	if (facts->tls_version[0] != '\0')
		verbose_note(verbose, "It is secured by %s, %s%s, after %.1f ms more",
			     facts->tls_version, facts->tls_cipher,
			     facts->is_tls_resumed ? ", resumed" : "",
			     (double)(facts->secured_us - (facts->proxy_secured_us != 0 ? facts->proxy_secured_us : facts->connected_us)) / 1e3);
}

void
transfer__exchange(struct transfer *transfer, struct stream *stream)
{
	struct client *client = transfer->client;
	transfer->state = TRANSFER_EXCHANGING;
	transfer->stream = stream;
	transfer__note_stream(transfer, stream);
	transfer->hole_before_us = stream->facts->hole_us;
	if (transfer__write_request(transfer) != 0) {
		transfer__fail(transfer, &transfer->failure);
		return;
	}
	if (client->run->is_dry)
		transfer->is_expecting = false; /* of nobody */
	else
		transfer__tell_connection(transfer);
	transfer__tell_request(transfer);
	note_connection(transfer);
	verbose_sent(&client->verbose, span_of(transfer->head, transfer->head_bytes));
	begin_response(transfer);
	transfer__pace_begin(transfer);
	stream_set_ready(stream, on_ready, transfer);
	transfer__pump(transfer);
}
