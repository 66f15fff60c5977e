/* A request as HTTP/1.1 writes it, to one of HTTP/2 (RFC 9113, section 8.3.1; http2_priv.h). */
#include <string.h>

#include "fetch/http2_priv.h"

#define FIELDS_MAX 256u /* request.h allows fewer */

struct fields_out {
	nghttp2_nv at[FIELDS_MAX];
	size_t count;
};

static int
add(struct fields_out *out, struct span name, struct span value)
{
	if (out->count == FIELDS_MAX)
		return -ENOBUFS;
	out->at[out->count++] = (nghttp2_nv){
		.name = (uint8_t *)(uintptr_t)name.at,
		.value = (uint8_t *)(uintptr_t)value.at,
		.namelen = name.bytes,
		.valuelen = value.bytes,
		.flags = NGHTTP2_NV_FLAG_NONE,
	};
	return 0;
}

/* Section 8.2.2: what is about a connection of HTTP/1.1 has no place; Host is :authority. */
static bool
is_left_out(struct span name)
{
	static const char *const names[] = {
		"host",    "connection", "keep-alive", "proxy-connection", "transfer-encoding",
		"upgrade", "te"
	};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (span_is_nocase(name, names[i]))
			return true;
	}
	return false;
}

/* Names are lower case (section 8.2.1); the head is ours to change. */
static struct span
lower(struct http2 *http2, struct span name)
{
	char *at = http2->head + (name.at - http2->head);
	for (size_t i = 0; i < name.bytes; i++)
		at[i] = span_lower(at[i]);
	return name;
}

static struct span
take_line(struct span *rest)
{
	size_t end = span_find(*rest, '\n');
	struct span line = span_first(*rest, end > 0 ? end - 1 : 0); /* without CR */
	*rest = span_from(*rest, end < rest->bytes ? end + 1 : end);
	return line;
}

static int
read_field(struct http2 *http2, struct span line, struct fields_out *out)
{
	struct field field;
	const char *why;
	if (field_read(line, &field, &why) != 0)
		return -EINVAL;
	if (span_is_nocase(field.name, "Content-Length") &&
	    !span_to_number(field.value, UINT64_MAX, &http2->left_bytes))
		return -EINVAL;
	http2->is_chunked |= span_is_nocase(field.name, "Transfer-Encoding");
	return is_left_out(field.name) ? 0 : add(out, lower(http2, field.name), field.value);
}

/* :method, :scheme, :authority and :path stand before all fields. */
static int
read_head(struct http2 *http2, struct fields_out *out)
{
	struct span rest = span_of(http2->head, http2->head_bytes), host = { NULL, 0 };
	struct span line = take_line(&rest);
	struct span method = span_first(line, span_find(line, ' '));
	line = span_from(line, method.bytes < line.bytes ? method.bytes + 1 : method.bytes);
	struct span target = span_first(line, span_find(line, ' '));
	http2->is_head_request = span_is(method, "HEAD");
	if (span_starts_nocase(rest, SPAN("Host: "))) {
		struct span from = span_from(rest, sizeof "Host: " - 1);
		host = take_line(&from);
	}
	(void)add(out, SPAN(":method"), method);
	(void)add(out, SPAN(":scheme"), SPAN("https"));
	if (host.bytes != 0)
		(void)add(out, SPAN(":authority"), host);
	(void)add(out, SPAN(":path"), target);
	for (line = take_line(&rest); line.bytes != 0; line = take_line(&rest)) {
		int err = read_field(http2, line, out);
		if (err != 0)
			return err;
	}
	return 0;
}

static ssize_t
give_upload(nghttp2_session *session, int32_t id, uint8_t *into, size_t bytes, uint32_t *flags,
	    nghttp2_data_source *source, void *data)
{
	struct http2 *http2 = source->ptr;
	size_t held = http2->upload_end - http2->upload_begin;
	(void)session, (void)id, (void)data;
	if (held == 0 && http2->sending != HTTP2_HAS_SENT) {
		http2->is_deferred = true;
		return NGHTTP2_ERR_DEFERRED;
	}
	bytes = held < bytes ? held : bytes;
	memcpy(into, http2->upload + http2->upload_begin, bytes);
	http2->upload_begin += bytes;
	if (bytes == held && http2->sending == HTTP2_HAS_SENT)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)bytes;
}

static int
submit(struct http2 *http2)
{
	struct fields_out out = { .count = 0 };
	nghttp2_data_provider upload = { .source.ptr = http2, .read_callback = give_upload };
	int err = read_head(http2, &out);
	if (err != 0)
		return http2__fail(http2, FAILURE_SEND, "the request cannot be sent over HTTP/2");
	bool has_body = http2->is_chunked || http2->left_bytes != 0;
	http2->sending = has_body ? HTTP2_SENDS_BODY : HTTP2_HAS_SENT;
	chunked_init(&http2->chunked);
	http2->id = nghttp2_submit_request(http2->session, NULL, out.at, out.count,
					   has_body ? &upload : NULL, NULL);
	if (http2->id < 0)
		return http2__fail(http2, FAILURE_HTTP2,
				   "the request cannot be sent over HTTP/2: %s",
				   nghttp2_strerror(http2->id));
	return 0;
}

/* The connection as if fresh, after a whole response. */
static void
begin(struct http2 *http2)
{
	http2->sending = HTTP2_SENDS_HEAD;
	http2->receiving = HTTP2_AWAITS_HEAD;
	http2->id = 0;
	http2->is_chunked = http2->is_deferred = false;
	http2->has_length = http2->is_in_chunks = http2->is_in_trailers = http2->has_ended = false;
	http2->left_bytes = 0;
	http2->head_bytes = http2->end_octets = 0;
	http2->upload_begin = http2->upload_end = 0;
}

/* Up to the empty line, which submits. */
static ssize_t
take_head(struct http2 *http2, const char *octets, size_t bytes)
{
	size_t taken = 0;
	while (taken < bytes) {
		if (http2->head_bytes == sizeof http2->head)
			return http2__fail(http2, FAILURE_SEND,
					   "the request's header is too large");
		http2->head[http2->head_bytes++] = octets[taken++];
		if (span_ends(span_of(http2->head, http2->head_bytes), SPAN("\r\n\r\n"))) {
			int err = submit(http2);
			return err != 0 ? err : (ssize_t)taken;
		}
	}
	return (ssize_t)taken;
}

/* Room at the end of the buffer, moved together when it is used up. */
static size_t
upload_room(struct http2 *http2)
{
	if (http2->upload_begin != 0) {
		http2->upload_end -= http2->upload_begin;
		memmove(http2->upload, http2->upload + http2->upload_begin, http2->upload_end);
		http2->upload_begin = 0;
	}
	return sizeof http2->upload - http2->upload_end;
}

static void
put_upload(struct http2 *http2, struct span data)
{
	if (data.bytes != 0)
		memcpy(http2->upload + http2->upload_end, data.at, data.bytes);
	http2->upload_end += data.bytes;
}

/* A body in chunks is taken out of them: HTTP/2 has frames of its own. */
static ssize_t
take_chunks(struct http2 *http2, const char *octets, size_t bytes)
{
	struct failure failure;
	struct span data;
	size_t taken = 0;
	if (http2->chunked.state == CHUNKED_LAST) { /* CR LF after the last chunk's line */
		http2->end_octets++;
		if (http2->end_octets == 2)
			http2->sending = HTTP2_HAS_SENT;
		return 1;
	}
	if (chunked_receive(&http2->chunked, octets, bytes, &taken, &data, &failure) < 0)
		return http2__fail(http2, FAILURE_SEND, "%s", failure.text);
	put_upload(http2, data);
	return (ssize_t)taken;
}

static ssize_t
take_body(struct http2 *http2, const char *octets, size_t bytes)
{
	size_t room = upload_room(http2);
	if (room == 0)
		return -EAGAIN;
	bytes = bytes < room ? bytes : room;
	if (http2->is_chunked)
		return take_chunks(http2, octets, bytes);
	bytes = bytes < http2->left_bytes ? bytes : (size_t)http2->left_bytes;
	put_upload(http2, span_of(octets, bytes));
	http2->left_bytes -= bytes;
	if (http2->left_bytes == 0)
		http2->sending = HTTP2_HAS_SENT;
	return (ssize_t)bytes;
}

ssize_t
http2__take_request(struct http2 *http2, const char *octets, size_t bytes)
{
	if (http2->sending == HTTP2_HAS_SENT && http2->receiving == HTTP2_IS_OVER)
		begin(http2);
	switch (http2->sending) {
	case HTTP2_SENDS_HEAD: return take_head(http2, octets, bytes);
	case HTTP2_SENDS_BODY: break;
	case HTTP2_HAS_SENT:
		return http2__fail(http2, FAILURE_SEND, "octets behind the request over HTTP/2");
	}
	if (http2->receiving == HTTP2_IS_OVER) /* answered already: the rest is not wanted */
		return (ssize_t)bytes;
	ssize_t taken = take_body(http2, octets, bytes);
	if (taken > 0 && http2->is_deferred) {
		http2->is_deferred = false;
		(void)nghttp2_session_resume_data(http2->session, http2->id);
	}
	return taken;
}
