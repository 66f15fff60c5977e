/*
 * response.h - one response message: octets in, events out (RFC 9112; RFC 9110, section 15).
 *
 * Ties head, framing, chunked and decode together.  A message that is incomplete, damaged or readable in two ways
 * ends in FAILED, never in COMPLETE, whatever of its content was given before.
 *
 *     taken = response_receive(response, octets, bytes);
 *     while (response_next(response, &event)) ...
 *     and again with what was not taken, until the peer's stream ends: response_end, then response_next.
 *
 * Events come in this order: INTERIM*, HEAD, DATA*, TRAILERS?, then COMPLETE or FAILED; WARNING anywhere.  Each
 * says something once.  Octets after the end belong to nobody: they are taken, warned of, and the connection
 * is not reusable; give them (with response_receive) also when they come after COMPLETE.  After a tunnel's HEAD
 * no octet is taken.
 *
 * Ownership: events lend.  DATA lives until the next call, and may lie in the octets given, which therefore stay
 *            in place until response_next said no.  A head lives until response_init, an interim head until the next
 *            response_receive.
 * Bounds:    head.h, chunked.h, decode.h; the struct holds all memory there is (about 1 MiB, untouched where
 *            unused: do not clear it).
 */
#ifndef CAIRN_FETCH_RESPONSE_H
#define CAIRN_FETCH_RESPONSE_H

#include "fetch/chunked.h"
#include "fetch/decode.h"
#include "fetch/failure.h"
#include "fetch/framing.h"
#include "fetch/head.h"

struct response_options {
	enum framing_request request;
	bool is_http09_allowed; /* a reply without a head is content */
	bool is_http2;          /* the octets are of http2.h */
	bool is_decoded; /* --compressed: undo Content-Encoding, and fail on an unknown one */
	struct decode_limits limits;
	const struct decode_libraries *libraries; /* NULL: gzip and deflate only */
};

enum response_event_kind {
	RESPONSE_INTERIM,  /* head: 100 to 199 */
	RESPONSE_HEAD,     /* head, framing */
	RESPONSE_DATA,     /* data: content, decoded */
	RESPONSE_TRAILERS, /* trailers: never to be merged into the head's fields */
	RESPONSE_WARNING,  /* warning */
	RESPONSE_COMPLETE, /* is_reusable, is_length_known */
	RESPONSE_FAILED,   /* failure; is_partial with got and want where they are known */
};

struct response_event {
	enum response_event_kind kind;
	const struct head *head;
	const struct framing *framing;
	struct span data;
	const struct fields *trailers;
	const char *warning;
	bool is_reusable;     /* the connection may carry the next request */
	bool is_length_known; /* false: the end of the connection was the only sign of the end */
	const struct failure *failure;
};

enum response_state {
	RESPONSE_AT_HEAD,
	RESPONSE_AT_BODY,
	RESPONSE_AT_TRAILERS,
	RESPONSE_AT_END, /* all octets of the message were received */
	RESPONSE_AT_TUNNEL,
	RESPONSE_AT_FAILURE,
};

#define RESPONSE_QUEUE_MAX 8u /* head, and all the warnings that one octet can cause */

struct response {
	struct response_options options;
	enum response_state state;
	bool is_told; /* COMPLETE or FAILED was given */
	bool is_decoding;
	bool has_warned_stray;
	bool is_http09;
	bool has_want;      /* want_bytes is known */
	uint64_t got_bytes; /* of the body as framed: chunks' data, coded */
	uint64_t want_bytes;
	uint64_t content_bytes; /* of DATA */
	struct framing framing;
	struct failure failure;
	struct span coded; /* body octets to be given as data next */
	struct response_event queue[RESPONSE_QUEUE_MAX];
	unsigned queue_first, queue_count;
	struct decode decode;
	struct arena arena;
	struct chunked chunked;
	struct head_reader reader;
	uint8_t memory[DECODE_MEMORY_BYTES];
};

void response_init(struct response *response, const struct response_options *options);
void response_fini(struct response *response); /* also after a failure */
size_t response_receive(struct response *response, const void *octets, size_t bytes);
bool response_next(struct response *response, struct response_event *event);
/* The peer's stream is over. Not clean: reset, or TLS without close_notify (RFC 9112, section 9.8). */
void response_end(struct response *response, bool is_clean);

/* Octets of the content as the head describes it: transfer codings undone, content codings not. */
uint64_t response_content_length(const struct response *response);

/* DATA is content whose own codings were undone. */
bool response_undoes_content(const struct response *response);

/* COMPLETE was or can be given, and nothing came behind it. */
bool response_is_reusable(const struct response *response);

#endif
