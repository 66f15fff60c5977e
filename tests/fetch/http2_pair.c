#include "tests/fetch/http2_pair.h"

#include <assert.h>
#include <string.h>

static ssize_t
pipe_write(struct http2_pipe *pipe, const void *from, size_t bytes)
{
	if (pipe->begin == pipe->end)
		pipe->begin = pipe->end = 0;
	size_t room = sizeof pipe->octets - pipe->end;
	bytes = bytes < room ? bytes : room;
	memcpy(pipe->octets + pipe->end, from, bytes);
	pipe->end += bytes;
	return bytes != 0 ? (ssize_t)bytes : -EAGAIN;
}

static ssize_t
under_read(struct stream *stream, void *into, size_t bytes)
{
	struct http2_pair *pair = (struct http2_pair *)stream;
	struct http2_pipe *pipe = &pair->to_client;
	size_t held = pipe->end - pipe->begin;
	if (held == 0 && pair->has_ended)
		stream->is_clean_end = true;
	if (held == 0)
		return pair->has_ended ? 0 : -EAGAIN;
	bytes = bytes < held ? bytes : held;
	if (pair->piece != 0 && bytes > pair->piece)
		bytes = pair->piece;
	memcpy(into, pipe->octets + pipe->begin, bytes);
	pipe->begin += bytes;
	return (ssize_t)bytes;
}

static ssize_t
under_write(struct stream *stream, const void *from, size_t bytes)
{
	struct http2_pair *pair = (struct http2_pair *)stream;
	if (pair->piece != 0 && bytes > pair->piece)
		bytes = pair->piece;
	return pipe_write(&pair->to_server, from, bytes);
}

static int
under_shutdown(struct stream *stream)
{
	(void)stream;
	return 0;
}

static void
under_close(struct stream *stream)
{
	((struct http2_pair *)stream)->is_closed = true;
}

static const struct stream_ops under_ops = { under_read, under_write, under_shutdown, under_close };

static int
on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *data)
{
	struct http2_pair *pair = data;
	(void)session;
	pair->id = frame->hd.stream_id;
	pair->request_count++;
	pair->is_request_over = false;
	pair->fields[0] = '\0';
	pair->upload_bytes = 0;
	return 0;
}

static int
on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
	  size_t name_bytes, const uint8_t *value, size_t value_bytes, uint8_t flags, void *data)
{
	struct http2_pair *pair = data;
	(void)session, (void)frame, (void)flags;
	assert(strlen(pair->fields) + name_bytes + value_bytes + 4 < sizeof pair->fields);
	strncat(pair->fields, (const char *)name, name_bytes);
	strcat(pair->fields, ": ");
	strncat(pair->fields, (const char *)value, value_bytes);
	strcat(pair->fields, "\n");
	return 0;
}

static int
on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *octets, size_t bytes,
	void *data)
{
	struct http2_pair *pair = data;
	(void)session, (void)flags, (void)id;
	assert(pair->upload_bytes + bytes <= sizeof pair->upload);
	memcpy(pair->upload + pair->upload_bytes, octets, bytes);
	pair->upload_bytes += bytes;
	return 0;
}

static int
on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *data)
{
	struct http2_pair *pair = data;
	(void)session;
	if (frame->hd.stream_id == pair->id && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
		pair->is_request_over = true;
	return 0;
}

void
http2_pair_open(struct http2_pair *pair, size_t piece)
{
	nghttp2_session_callbacks *callbacks;
	struct failure failure;
	memset(pair, 0, offsetof(struct http2_pair, upload));
	pair->piece = piece;
	pair->under.ops = &under_ops;
	pair->under.facts = &pair->facts;
	nghttp2_session_callbacks_new(&callbacks);
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_server_new(&pair->server, callbacks, pair);
	nghttp2_session_callbacks_del(callbacks);
	nghttp2_submit_settings(pair->server, NGHTTP2_FLAG_NONE, NULL, 0);
	int err = cairn_fetch_http2.open(&pair->under, &pair->client, &failure);
	assert(err == 0);
	(void)err;
}

void
http2_pair_close(struct http2_pair *pair)
{
	stream_close(pair->client);
	assert(pair->is_closed);
	nghttp2_session_del(pair->server);
}

void
http2_pair_serve(struct http2_pair *pair)
{
	const uint8_t *frames;
	ssize_t bytes;
	struct http2_pipe *in = &pair->to_server;
	if (in->begin != in->end)
		(void)nghttp2_session_mem_recv(pair->server, in->octets + in->begin,
					       in->end - in->begin);
	in->begin = in->end;
	while ((bytes = nghttp2_session_mem_send(pair->server, &frames)) > 0)
		(void)pipe_write(&pair->to_client, frames, (size_t)bytes);
}
