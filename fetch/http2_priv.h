/*
 * http2_priv.h - the inside of the module that knows nghttp2 (http2.h).
 *
 *	http2_stream.c    the stream's verbs, and octets to and from the one below
 *	http2_request.c   HTTP/1.1 as written by request.h, to a request of HTTP/2
 *	http2_response.c  frames, to text that response.h reads
 */
#ifndef CAIRN_FETCH_HTTP2_PRIV_H
#define CAIRN_FETCH_HTTP2_PRIV_H

#include <nghttp2/nghttp2.h>

#include "fetch/chunked.h"
#include "fetch/head.h"
#include "fetch/http2.h"

#define HTTP2_READ_BYTES (16u * 1024u)
/* What one read can become: a head, and its octets in the smallest chunks. */
#define HTTP2_TEXT_BYTES (HEAD_BYTES_MAX + 8 * HTTP2_READ_BYTES)

enum http2_sending { HTTP2_SENDS_HEAD, HTTP2_SENDS_BODY, HTTP2_HAS_SENT };
enum http2_receiving {
	HTTP2_AWAITS_HEAD,
	HTTP2_RECEIVES, /* the final head is read */
	HTTP2_IS_OVER,  /* all of the response is in the text; the next request may begin */
};

struct http2 {
	struct stream stream; /* first: what the caller holds */
	struct stream *under;
	nghttp2_session *session;
	int32_t id;    /* of the request's stream; 0: none yet */
	bool is_going; /* no further request: GOAWAY, or an answer before the request was sent */

	/* The request. */
	enum http2_sending sending;
	bool is_head_request;
	bool is_chunked, is_deferred;
	uint64_t left_bytes; /* of a body with a length */
	struct chunked chunked;
	unsigned end_octets; /* of the empty trailer section seen */
	size_t head_bytes;
	size_t upload_begin, upload_end;

	/* The response. */
	enum http2_receiving receiving;
	uint64_t status;
	bool has_length, is_in_chunks, is_in_trailers, has_ended;
	size_t text_begin, text_end;

	/* Frames that the stream below has not taken yet: nghttp2's, until its next mem_send. */
	const uint8_t *frames;
	size_t frames_bytes;

	char head[HEAD_BYTES_MAX];
	char upload[HTTP2_UPLOAD_BYTES];
	char text[HTTP2_TEXT_BYTES];
};

/* http2_stream.c: 0, or a negative errno, after which stream.failure is set. */
int http2__flush(struct http2 *http2);
int http2__fail(struct http2 *http2, enum failure_cause cause, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* http2_request.c: octets taken, at least one; -EAGAIN; or a negative errno. */
ssize_t http2__take_request(struct http2 *http2, const char *octets, size_t bytes);

/* http2_response.c */
void http2__set_callbacks(nghttp2_session_callbacks *callbacks);

#endif
