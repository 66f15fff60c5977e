/*
 * framing.h - where the body of a response ends (RFC 9112, section 6.3), decided once.
 *
 * The decision keeps the number of the rule that made it, for the journey.  What the RFC lets a client either
 * repair or refuse is repaired only where nothing can be read in two ways; the connection is then not used again.
 * Errors:    ERR_MALFORMED and a failure in words; the connection is to be closed and its octets discarded.
 */
#ifndef CAIRN_FETCH_FRAMING_H
#define CAIRN_FETCH_FRAMING_H

#include "fetch/coding.h"
#include "fetch/head.h"

enum framing_request {
	FRAMING_OF_GET,
	FRAMING_OF_HEAD,
	FRAMING_OF_CONNECT
}; /* GET: every other method */

enum framing_kind {
	FRAMING_NONE,   /* no body */
	FRAMING_TUNNEL, /* not HTTP any more */
	FRAMING_CHUNKED,
	FRAMING_LENGTH, /* Content-Length octets */
	FRAMING_CLOSE,  /* until the connection ends; nothing tells whether that was all */
};

struct framing {
	enum framing_kind kind;
	unsigned rule;           /* of the list in RFC 9112, section 6.3 */
	uint64_t length;         /* FRAMING_LENGTH */
	struct codings transfer; /* codings under `chunked`, or until the close */
	bool is_persistent; /* the connection may carry another request (RFC 9112, section 9.3) */
	bool is_length_ignored; /* Content-Length stood beside Transfer-Encoding */
	bool is_chunked_in_10;  /* Transfer-Encoding in HTTP/1.0: faulty (RFC 9112, section 6.1) */
};

int framing_decide(const struct head *head, enum framing_request request, struct framing *framing,
		   struct failure *failure);

const char *framing_text(enum framing_kind kind); /* "chunked", "content-length": for the journey */

#endif
