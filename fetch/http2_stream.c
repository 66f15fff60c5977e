/* The stream's verbs, and octets to and from the one below (http2_priv.h). */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/http2_priv.h"
#include "stack/base/err.h"

int
http2__fail(struct http2 *http2, enum failure_cause cause, const char *format, ...)
{
	char text[FAILURE_TEXT_BYTES];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (http2->stream.failure.cause == FAILURE_NONE)
		failure_set(&http2->stream.failure, cause, "%s", text);
	return -ECONNRESET;
}

static bool
has_failed(const struct http2 *http2)
{
	return http2->stream.failure.cause != FAILURE_NONE;
}

static int
fail_below(struct http2 *http2, int err)
{
	if (!has_failed(http2))
		http2->stream.failure = http2->under->failure;
	if (!has_failed(http2))
		(void)http2__fail(http2, FAILURE_HTTP2, "the connection broke");
	return err;
}

/* ---- down ---------------------------------------------------------------------------------------- */

int
http2__flush(struct http2 *http2)
{
	for (;;) {
		if (http2->frames_bytes == 0) {
			ssize_t bytes = nghttp2_session_mem_send(http2->session, &http2->frames);
			if (bytes < 0)
				return http2__fail(http2, FAILURE_HTTP2, "HTTP/2: %s",
						   nghttp2_strerror((int)bytes));
			if (bytes == 0)
				return 0;
			http2->frames_bytes = (size_t)bytes;
		}
		ssize_t taken = stream_write(http2->under, http2->frames, http2->frames_bytes);
		if (taken == -EAGAIN)
			return 0;
		if (taken < 0)
			return fail_below(http2, (int)taken);
		http2->frames += taken;
		http2->frames_bytes -= (size_t)taken;
	}
}

static ssize_t
http2_write(struct stream *stream, const void *from, size_t bytes)
{
	struct http2 *http2 = (struct http2 *)stream;
	if (has_failed(http2))
		return -ECONNRESET;
	ssize_t taken = http2__take_request(http2, from, bytes);
	if (taken < 0 && taken != -EAGAIN)
		return taken;
	int err = http2__flush(http2);
	if (err == 0 &&
	    taken == -EAGAIN) /* what was sent has made room, and no edge will tell of it */
		taken = http2__take_request(http2, from, bytes);
	return err != 0 ? err : taken;
}

/* ---- up ------------------------------------------------------------------------------------------ */

static size_t
take_text(struct http2 *http2, void *into, size_t bytes)
{
	size_t held = http2->text_end - http2->text_begin;
	bytes = bytes < held ? bytes : held;
	memcpy(into, http2->text + http2->text_begin, bytes);
	http2->text_begin += bytes;
	return bytes;
}

/* The end below: fine between requests, a failure within one. */
static ssize_t
end_below(struct http2 *http2, ssize_t result)
{
	bool is_idle = http2->id == 0 || http2->receiving == HTTP2_IS_OVER;
	http2->stream.is_clean_end = result == 0 && http2->under->is_clean_end;
	if (result < 0)
		return fail_below(http2, (int)result);
	if (is_idle)
		return 0;
	return http2__fail(http2, FAILURE_PARTIAL,
			   "the server closed the HTTP/2 connection within its response");
}

/* nghttp2 has said GOAWAY for what the server sent: nothing more is read. */
static int
end_session(struct http2 *http2)
{
	http2->is_going = true;
	if (http2->receiving == HTTP2_IS_OVER)
		return 0;
	return http2__fail(http2, FAILURE_HTTP2, "the server breaks the rules of HTTP/2");
}

static ssize_t
read_below(struct http2 *http2)
{
	uint8_t octets[HTTP2_READ_BYTES];
	ssize_t got = stream_read(http2->under, octets, sizeof octets);
	if (got == -EAGAIN)
		return got;
	if (got <= 0)
		return end_below(http2, got);
	ssize_t used = nghttp2_session_mem_recv(http2->session, octets, (size_t)got);
	if (used < 0)
		return http2__fail(http2, FAILURE_HTTP2, "the server's HTTP/2 is malformed: %s",
				   nghttp2_strerror((int)used));
	int err = http2__flush(http2);
	if (err == 0 && !nghttp2_session_want_read(http2->session))
		err = end_session(http2);
	return err != 0 ? err : got;
}

static ssize_t
http2_read(struct stream *stream, void *into, size_t bytes)
{
	struct http2 *http2 = (struct http2 *)stream;
	for (;;) {
		if (http2->text_begin != http2->text_end)
			return (ssize_t)take_text(http2, into, bytes);
		if (has_failed(http2))
			return -ECONNRESET;
		bool is_idle = http2->id == 0 || http2->receiving == HTTP2_IS_OVER;
		if (http2->is_going && is_idle) {
			stream->is_clean_end = true;
			return 0;
		}
		ssize_t got = read_below(http2);
		if (got <= 0 && http2->text_begin == http2->text_end)
			return got;
	}
}

/* ---- its life ------------------------------------------------------------------------------------ */

static int
http2_shutdown(struct stream *stream)
{
	struct http2 *http2 = (struct http2 *)stream;
	(void)nghttp2_session_terminate_session(http2->session, NGHTTP2_NO_ERROR);
	int err = http2__flush(http2);
	return err != 0 ? err : stream_shutdown(http2->under);
}

static void
http2_close(struct stream *stream)
{
	struct http2 *http2 = (struct http2 *)stream;
	if (!has_failed(http2)) { /* GOAWAY, as far as it goes without waiting */
		(void)nghttp2_session_terminate_session(http2->session, NGHTTP2_NO_ERROR);
		(void)http2__flush(http2);
	}
	nghttp2_session_del(http2->session);
	stream_close(http2->under);
	free(http2);
}

static void
on_ready_below(struct stream *under, void *data)
{
	struct http2 *http2 = data;
	(void)under;
	if (!has_failed(http2))
		(void)http2__flush(http2);
	if (http2->stream.on_ready != NULL)
		http2->stream.on_ready(&http2->stream, http2->stream.data);
}

static const struct stream_ops http2_ops = {
	.read = http2_read,
	.write = http2_write,
	.shutdown = http2_shutdown,
	.close = http2_close,
};

static int
begin_session(struct http2 *http2)
{
	static const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, HTTP2_WINDOW_BYTES },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEAD_BYTES_MAX },
	};
	nghttp2_session_callbacks *callbacks;
	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		return ERR_NO_MEMORY;
	http2__set_callbacks(callbacks);
	int err = nghttp2_session_client_new(&http2->session, callbacks, http2);
	nghttp2_session_callbacks_del(callbacks);
	if (err != 0)
		return ERR_NO_MEMORY;
	if (nghttp2_submit_settings(http2->session, NGHTTP2_FLAG_NONE, settings,
				    sizeof settings / sizeof settings[0]) != 0 ||
	    nghttp2_session_set_local_window_size(http2->session, NGHTTP2_FLAG_NONE, 0,
						  2 * HTTP2_WINDOW_BYTES) != 0) {
		nghttp2_session_del(http2->session);
		return ERR_NO_MEMORY;
	}
	return 0;
}

static int
open_stream(struct stream *under, struct stream **stream, struct failure *failure)
{
	struct http2 *http2 = calloc(1, sizeof *http2);
	if (http2 == NULL || begin_session(http2) != 0) {
		free(http2);
		stream_close(under);
		failure_set(failure, FAILURE_MEMORY, "no memory for HTTP/2");
		return ERR_NO_MEMORY;
	}
	http2->stream.ops = &http2_ops;
	http2->stream.facts = under->facts;
	http2->under = under;
	stream_set_ready(under, on_ready_below, http2);
	*stream = &http2->stream;
	return 0;
}

__attribute__((visibility("default")))
const struct http2_module cairn_fetch_http2 = { open_stream };
