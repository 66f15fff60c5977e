/* transfer_ftp.c - an attempt at an ftp: URL: a control connection, and one for the content (transfer_priv.h). */
#include "fetch/transfer_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/ftp.h"
#include "fetch/url_percent.h"

#define CONTROL_BYTES 4096u

struct transfer_ftp {
	struct ftp ftp;
	struct dial *dial; /* of the data connection */
	struct stream *data;
	struct span command; /* what is left of it to send */
	uint64_t data_bytes;
	bool has_begun; /* the content */
};

static void step(struct transfer *transfer);

void
transfer__close_ftp(struct transfer *transfer)
{
	struct transfer_ftp *session = transfer->ftp;
	if (session == NULL)
		return;
	if (session->dial != NULL)
		dial_cancel(session->dial);
	if (session->data != NULL)
		stream_close(session->data);
	free(session);
	transfer->ftp = NULL;
}

static void
fail(struct transfer *transfer, enum failure_cause cause, const char *why)
{
	struct failure failure;
	failure_set(&failure, cause, "%s", why);
	transfer__fail(transfer, &failure);
}

/* ---- the content ------------------------------------------------------------------------------------- */

static void
on_data_end(struct transfer *transfer, ssize_t read)
{
	struct transfer_ftp *session = transfer->ftp;
	if (read < 0) {
		struct failure failure = session->data->failure;
		transfer__fail(transfer, &failure);
		return;
	}
	stream_close(session->data);
	session->data = NULL;
	ftp_data_ended(&session->ftp, session->data_bytes);
	step(transfer);
}

/* -1: the transfer has failed. */
static int
take_data(struct transfer *transfer, struct span data)
{
	struct transfer_ftp *session = transfer->ftp;
	uint64_t size_max = transfer->settings->size_max;

	session->data_bytes += data.bytes;
	transfer->facts.loss_us = session->data->facts->hole_us;
	verbose_data(&transfer->client->verbose, '{', data.bytes);
	if (transfer__on_data(transfer, data) != 0) {
		transfer__fail(transfer, &transfer->failure);
		return -1;
	}
	if (size_max != 0 && session->data_bytes > size_max) {
		fail(transfer, FAILURE_SIZE, "the file is larger than --max-filesize");
		return -1;
	}
	transfer__paced(transfer, data.bytes);
	return 0;
}

static void
read_data(void *data)
{
	struct transfer *transfer = data;
	struct transfer_ftp *session = transfer->ftp;
	struct client *client = transfer->client;

	if (session->data == NULL) /* it was over before this turn */
		return;
	for (size_t turn_bytes = 0; turn_bytes < TRANSFER_TURN_BYTES;) {
		const size_t room = transfer__allowed(transfer, sizeof client->buffer, read_data);
		if (room == 0)
			return;
		const ssize_t read = stream_read(session->data, client->buffer, room);
		if (read == -EAGAIN)
			return;
		if (read <= 0) {
			on_data_end(transfer, read);
			return;
		}
		if (take_data(transfer, span_of(client->buffer, (size_t)read)) != 0)
			return;
		turn_bytes += (size_t)read;
	}
	net_timer_start(client->net, &transfer->turn, 0, read_data, transfer); /* the others have their turn */
}

static void
on_data_ready(struct stream *stream, void *data)
{
	struct transfer *transfer = data;
	(void)stream;
	if (transfer->ftp->has_begun)
		read_data(transfer);
}

static int
begin_content(struct transfer *transfer, const struct ftp_action *action)
{
	struct transfer_ftp *session = transfer->ftp;
	uint64_t first = transfer->range == RANGE_OFFSET ? transfer->range_first : 0;
	session->has_begun = true;
	transfer->next = NEXT_CONTENT;
	transfer->facts.first_us = net_now_us(transfer->client->net);
	transfer__pace_begin(transfer);
	transfer->facts.kept_bytes = first;
	transfer->facts.total_bytes = action->size != UINT64_MAX ? first + action->size : 0;
	transfer->modified_s = transfer->settings->keeps_time ? action->modified_s : -1;
	if (transfer__open_output(transfer, first, "") != 0) {
		transfer__fail(transfer, &transfer->failure);
		return -1;
	}
	return 0;
}

/* ---- the data connection ----------------------------------------------------------------------------- */

static void
on_data_dialed(void *data, struct stream *stream, const struct failure *failure)
{
	struct transfer *transfer = data;
	struct transfer_ftp *session = transfer->ftp;
	session->dial = NULL;
	if (stream == NULL) {
		transfer__fail(transfer, failure);
		return;
	}
	session->data = stream;
	stream_set_ready(stream, on_data_ready, transfer);
	ftp_data_opened(&session->ftp);
	step(transfer);
}

/* To where the control connection leads. */
static int
open_data(struct transfer *transfer, uint16_t port)
{
	char host[ADDR_TEXT_BYTES];
	struct client *client = transfer->client;
	const struct settings *settings = transfer->settings;
	const struct dial_target target = {
		.host = addr_to_text(&transfer->stream->facts->remote, host, sizeof host),
		.port = port,
		.source = settings->interface != NULL ? &transfer->job.group->source : NULL,
		.timeout_ms = (unsigned)(settings->connect_timeout_us / 1000),
	};
	verbose_note(&client->verbose, "The content comes from %s port %u", host, port);
	transfer->ftp->dial =
		dial_start(client->net, client->names, &target, on_data_dialed, transfer);
	if (transfer->ftp->dial != NULL)
		return 0;
	fail(transfer, FAILURE_MEMORY, "no memory for a connection");
	return -1;
}

/* ---- the control connection -------------------------------------------------------------------------- */

static void
tell_command(struct transfer *transfer, struct span command)
{
	if (span_starts(command, SPAN("PASS ")))
		command = SPAN("PASS *\r\n");
	verbose_sent(&transfer->client->verbose, command);
}

/* False when it has to wait, or the transfer is over. */
static bool
send_command(struct transfer *transfer)
{
	struct transfer_ftp *session = transfer->ftp;
	while (session->command.bytes != 0) {
		ssize_t written =
			stream_write(transfer->stream, session->command.at, session->command.bytes);
		if (written == -EAGAIN)
			return false;
		if (written < 0) {
			struct failure failure = transfer->stream->failure;
			transfer__fail(transfer, &failure);
			return false;
		}
		session->command = span_from(session->command, (size_t)written);
	}
	return true;
}

/* False when there is nothing, or the transfer is over. */
static bool
read_control(struct transfer *transfer)
{
	char octets[CONTROL_BYTES];
	struct transfer_ftp *session = transfer->ftp;
	ssize_t read = stream_read(transfer->stream, octets, sizeof octets);
	if (read == -EAGAIN)
		return false;
	if (read > 0) {
		transfer->has_received = true;
		transfer->facts.head_bytes += (uint64_t)read;
		verbose_reply(&transfer->client->verbose, span_of(octets, (size_t)read));
		ftp_receive(&session->ftp, octets, (size_t)read);
	} else {
		ftp_end(&session->ftp);
	}
	return true;
}

static void
complete(struct transfer *transfer)
{
	static const char quit[] = "QUIT\r\n"; /* a courtesy: nobody waits for the reply */
	stream_write(transfer->stream, quit, sizeof quit - 1);
	transfer__attempt_over(transfer);
}

/* True: there may be more to do. */
static bool
act(struct transfer *transfer, const struct ftp_action *action)
{
	struct transfer_ftp *session = transfer->ftp;
	switch (action->kind) {
	case FTP_SEND:
		tell_command(transfer, action->command);
		transfer->facts.request_bytes += action->command.bytes;
		session->command = action->command;
		return true;
	case FTP_OPEN_DATA: return open_data(transfer, action->port) == 0;
	case FTP_BEGIN:
		if (begin_content(transfer, action) != 0)
			return false;
		if (session->data != NULL)
			net_timer_start(transfer->client->net, &transfer->turn, 0, read_data,
					transfer);
		return true;
	case FTP_COMPLETE: complete(transfer); return false;
	case FTP_FAILED: {
		struct failure failure = *action->failure;
		transfer__fail(transfer, &failure);
		return false;
	}
	case FTP_NOTHING: break;
	}
	return read_control(transfer);
}

static void
step(struct transfer *transfer)
{
	struct ftp_action action;
	do {
		if (!send_command(transfer))
			return;
		ftp_next(&transfer->ftp->ftp, &action);
	} while (act(transfer, &action));
}

static void
on_control_ready(struct stream *stream, void *data)
{
	(void)stream;
	step(data);
}

/* ---- the beginning ----------------------------------------------------------------------------------- */

static struct span
encoded(struct arena *arena, struct span text)
{
	char *there = arena_alloc(arena, PERCENT_ENCODED_BYTES * text.bytes);
	return there != NULL ? span_of(there, percent_encode(text, PERCENT_COMPONENT, there))
			     : SPAN("");
}

static void
set_login(struct transfer *transfer, struct ftp_options *options)
{
	struct arena *arena = &transfer->arenas[transfer->arena_at];
	struct span user = span_from_text(transfer->settings->user);
	size_t colon = span_find(user, ':');
	if (user.bytes == 0 || transfer->is_foreign)
		return;
	options->user = encoded(arena, span_first(user, colon));
	options->password = encoded(arena, span_from(user, colon < user.bytes ? colon + 1 : colon));
}

static const char *
refused_setting(const struct transfer *transfer)
{
	if (transfer->job.upload != NULL)
		return "files are read from ftp: URLs, not written: -T is for http";
	if (transfer->settings->is_head)
		return "-I is for http";
	return transfer->settings->range != NULL ? "-r is for http; -C goes on at an offset" : NULL;
}

void
transfer__begin_ftp(struct transfer *transfer, struct stream *stream)
{
	struct ftp_options options = {
		.is_ipv6 = stream->facts->remote.family == ADDR_IPV6,
		.wants_time = transfer->settings->keeps_time,
		.first = transfer->range == RANGE_OFFSET ? transfer->range_first : 0,
	};
	const char *refused = refused_setting(transfer);
	transfer->state = TRANSFER_EXCHANGING;
	transfer->stream = stream;
	transfer->method = SPAN("RETR");
	transfer__note_stream(transfer, stream);
	if (refused != NULL) {
		fail(transfer, FAILURE_USAGE, refused);
		return;
	}
	transfer->ftp = calloc(1, sizeof *transfer->ftp);
	if (transfer->ftp == NULL) {
		fail(transfer, FAILURE_MEMORY, "no memory for an FTP session");
		return;
	}
	set_login(transfer, &options);
	if (ftp_init(&transfer->ftp->ftp, &transfer->url, &options) != 0) {
		fail(transfer, FAILURE_URL, "a name in the ftp: URL holds a line end or NUL");
		return;
	}
	transfer__tell_connection(transfer);
	stream_set_ready(stream, on_control_ready, transfer);
	step(transfer);
}
