/*
 * http2.h - HTTP/2 under the messages of HTTP/1.1 (RFC 9113), by nghttp2, loaded when a server has agreed to it (ALPN h2).
 *
 * A connection of HTTP/2 is offered as a stream (stream.h) that takes a request as HTTP/1.1 has it and gives the response as
 * text that response.h reads: the status line "HTTP/2 200", the fields, and content framed by Content-Length or in chunks,
 * with trailers.  So framing, bounds, decoding and every caller are the same for both versions (RFC 9113, section 8: the
 * semantics are), and a stream that is reset never reads as whole.
 *
 * One request at a time; the next may follow on the same connection when the response is complete.
 * Ownership: the stream owns the one it stands on.
 * Errors:    as stream.h; FAILURE_HTTP2 for the connection, FAILURE_HTTP2_STREAM for a stream that the server reset.
 * Bounds:    a head, of the request and of the response, of HEAD_BYTES_MAX; what is uploaded waits in HTTP2_UPLOAD_BYTES.
 */
#ifndef CAIRN_FETCH_HTTP2_H
#define CAIRN_FETCH_HTTP2_H

#include "fetch/stream.h"

#define HTTP2_UPLOAD_BYTES (64u * 1024u)
#define HTTP2_WINDOW_BYTES (8u * 1024u * 1024u) /* of a stream; of the connection twice that */

/* Takes `under` over, also when it fails: 0, or a negative ERR_* and *failure. */
int http2_open(struct stream *under, struct stream **stream, struct failure *failure);

/* ---- the module that knows nghttp2 (module.h) ------------------------------------------------------ */

#define HTTP2_MODULE_FILE   "libcairn-fetch-http2.so"
#define HTTP2_MODULE_SYMBOL "cairn_fetch_http2"

struct http2_module {
	int (*open)(struct stream *under, struct stream **stream, struct failure *failure);
};

extern const struct http2_module cairn_fetch_http2;

#endif
