/* Frames of a response, to the text of a message (RFC 9113, section 8.3.2; http2_priv.h). */
#include <stdio.h>
#include <string.h>

#include "fetch/http2_priv.h"

/* nghttp2 resets the stream when a callback says so. */
static int
put(struct http2 *http2, const void *octets, size_t bytes)
{
	if (http2->text_begin == http2->text_end)
		http2->text_begin = http2->text_end = 0;
	if (bytes > sizeof http2->text - http2->text_end) {
		(void)http2__fail(http2, FAILURE_HTTP2_STREAM,
				  "the response's header is too large");
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	}
	memcpy(http2->text + http2->text_end, octets, bytes);
	http2->text_end += bytes;
	return 0;
}

static int
put_text(struct http2 *http2, const char *text)
{
	return put(http2, text, strlen(text));
}

static bool
is_ours(const struct http2 *http2, int32_t id)
{
	return http2->id != 0 && id == http2->id && http2->receiving != HTTP2_IS_OVER;
}

static int
on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *data)
{
	struct http2 *http2 = data;
	(void)session;
	if (!is_ours(http2, frame->hd.stream_id))
		return 0;
	http2->is_in_trailers = http2->receiving == HTTP2_RECEIVES;
	/* Trailers are behind the last chunk; where the length was told they have no place, and are left out. */
	return http2->is_in_trailers && http2->is_in_chunks ? put_text(http2, "0\r\n") : 0;
}

static int
put_field(struct http2 *http2, struct span name, struct span value)
{
	int err = put(http2, name.at, name.bytes);
	if (err == 0)
		err = put(http2, ": ", 2);
	if (err == 0)
		err = put(http2, value.at, value.bytes);
	return err == 0 ? put(http2, "\r\n", 2) : err;
}

static int
on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
	  size_t name_bytes, const uint8_t *value, size_t value_bytes, uint8_t flags, void *data)
{
	struct http2 *http2 = data;
	struct span field_name = span_of(name, name_bytes),
		    field_value = span_of(value, value_bytes);
	char line[32];
	(void)session, (void)flags;
	if (!is_ours(http2, frame->hd.stream_id) || (http2->is_in_trailers && !http2->is_in_chunks))
		return 0;
	if (span_is(field_name, ":status")) {
		(void)span_to_number(field_value, 999, &http2->status);
		snprintf(line, sizeof line, "HTTP/2 " SPAN_FORMAT "\r\n",
			 SPAN_ARGUMENTS(span_first(field_value, 3)));
		return put_text(http2, line);
	}
	http2->has_length |= span_is(field_name, "content-length");
	return put_field(http2, field_name, field_value);
}

/* Section 8.1: no content follows, whatever the fields say. */
static bool
has_no_content(const struct http2 *http2, uint64_t status)
{
	return http2->is_head_request || status == 204 || status == 304;
}

static int
end_head(struct http2 *http2, uint64_t status, bool is_end)
{
	int err = 0;
	if (status >= 100 && status < 200) { /* interim: the next head begins anew */
		http2->has_length = false;
		return put_text(http2, "\r\n");
	}
	http2->receiving = HTTP2_RECEIVES;
	if (!http2->has_length && !has_no_content(http2, status)) {
		http2->is_in_chunks = true;
		err = put_text(http2, "transfer-encoding: chunked\r\n");
	}
	if (err == 0)
		err = put_text(http2, "\r\n");
	return err == 0 && is_end && http2->is_in_chunks ? put_text(http2, CHUNKED_END) : err;
}

static int
on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame, void *data)
{
	struct http2 *http2 = data;
	bool is_end = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
	(void)session;
	http2->is_going |= frame->hd.type == NGHTTP2_GOAWAY;
	if (!is_ours(http2, frame->hd.stream_id))
		return 0;
	http2->has_ended |= is_end;
	if (frame->hd.type == NGHTTP2_HEADERS && http2->is_in_trailers)
		return http2->is_in_chunks ? put_text(http2, "\r\n") : 0;
	if (frame->hd.type == NGHTTP2_HEADERS)
		return end_head(http2, http2->status, is_end);
	if (frame->hd.type == NGHTTP2_DATA && is_end && http2->is_in_chunks)
		return put_text(http2, CHUNKED_END);
	return 0;
}

static int
on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *octets, size_t bytes,
	void *data)
{
	struct http2 *http2 = data;
	char head[CHUNKED_HEAD_BYTES_MAX];
	(void)session, (void)flags;
	if (!is_ours(http2, id) || bytes == 0)
		return 0;
	if (!http2->is_in_chunks)
		return put(http2, octets, bytes);
	int err = put(http2, head, chunked_head_write(head, bytes));
	if (err == 0)
		err = put(http2, octets, bytes);
	return err == 0 ? put_text(http2, CHUNKED_DATA_END) : err;
}

static int
on_stream_close(nghttp2_session *session, int32_t id, uint32_t error, void *data)
{
	struct http2 *http2 = data;
	(void)session;
	if (!is_ours(http2, id))
		return 0;
	if (error != NGHTTP2_NO_ERROR || !http2->has_ended)
		(void)http2__fail(http2, FAILURE_HTTP2_STREAM,
				  "the HTTP/2 stream was not closed cleanly: %s",
				  nghttp2_http2_strerror(error));
	http2->receiving = HTTP2_IS_OVER;
	http2->is_going |=
		http2->sending != HTTP2_HAS_SENT; /* what is still to come belongs to nothing */
	return 0;
}

void
http2__set_callbacks(nghttp2_session_callbacks *callbacks)
{
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
}
