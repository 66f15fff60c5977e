/*
 * request.h - a request's head as octets, and how its body is framed (RFC 9112, sections 3 and 6; RFC 9110, section 10.1).
 *
 * Our own fields have slots, written in curl's order; the user's (-H) follow, in theirs, and a user's field takes the place
 * of ours of the same name: "Name: value" sets, "Name;" sets to nothing, "Name:" removes ours.
 *
 *     request_init(&request, SPAN("GET"), target, host);
 *     request_set(&request, REQUEST_USER_AGENT, SPAN("cairn"));
 *     request_header(&request, SPAN("X-Trace: 1"), &failure);
 *     request_write(&request, &writer, &failure);
 *
 * Ownership: spans are borrowed until the head is written.
 * Errors:    ERR_MALFORMED (CR, LF, NUL, no token), ERR_FULL, ERR_UNSUPPORTED (chunked to HTTP/1.0); the failure says which.
 */
#ifndef CAIRN_FETCH_REQUEST_H
#define CAIRN_FETCH_REQUEST_H

#include "fetch/failure.h"
#include "fetch/field.h"
#include "fetch/url.h"
#include "stack/base/arena.h"
#include "stack/base/cursor.h"

#define REQUEST_HEADERS_MAX 200u /* of the user */
#define REQUEST_EXPECT_BYTES_MIN                                                                   \
	(1024u * 1024u)              /* bodies above wait for 100 (Continue), as curl's */
#define REQUEST_EXPECT_WAIT_MS 1000u /* RFC 9110, section 10.1.1: not for ever */

enum request_slot {
	REQUEST_HOST,
	REQUEST_PROXY_AUTHORIZATION,
	REQUEST_AUTHORIZATION,
	REQUEST_RANGE,
	REQUEST_IF_RANGE,
	REQUEST_USER_AGENT,
	REQUEST_ACCEPT,
	REQUEST_ACCEPT_ENCODING,
	REQUEST_REFERER,
	REQUEST_CONNECTION,
	REQUEST_COOKIE,
	REQUEST_IF_MODIFIED_SINCE,
	REQUEST_IF_UNMODIFIED_SINCE,
	REQUEST_IF_NONE_MATCH,
	REQUEST_IF_MATCH,
	REQUEST_CONTENT_TYPE, /* from here on: after the user's */
	REQUEST_SLOT_COUNT,
};

enum request_body { REQUEST_NO_BODY, REQUEST_SIZED_BODY, REQUEST_CHUNKED_BODY };

struct request {
	struct span method;
	struct span target; /* origin-form "/a?b", absolute-form, authority-form or "*" */
	unsigned version;   /* 10 or 11 */
	bool has[REQUEST_SLOT_COUNT];
	struct span slots[REQUEST_SLOT_COUNT];
	enum request_body body;
	uint64_t body_bytes; /* REQUEST_SIZED_BODY */
	bool has_expect;     /* Expect: 100-continue */
	unsigned header_count;
	struct request_header {
		struct field field;
		bool is_removal; /* of the slot with this name */
	} headers[REQUEST_HEADERS_MAX];
};

void request_init(struct request *request, struct span method, struct span target,
		  struct span host);
void request_set(struct request *request, enum request_slot slot, struct span value);
/* A line of -H. */
int request_header(struct request *request, struct span line, struct failure *failure);
void request_body_sized(struct request *request, uint64_t bytes); /* Expect when it is large */
void request_body_chunked(struct request *request);
bool request_expects(const struct request *request); /* Expect: 100-continue is sent: wait for it */
int request_write(const struct request *request, struct writer *out, struct failure *failure);

/* absolute-form, for a proxy (RFC 9112, section 3.2.2): no user, no fragment.  `at` NULL: no memory. */
struct span request_absolute_form(const struct url *url, struct arena *arena);

#endif
