/*
 * replies.h - whole replies as octets, and what a client may make of each.
 *
 * What curl, wget and aria2 are known to get wrong, and the rows of RFC 9112 that forbid or demand it.
 */
#ifndef CAIRN_TESTS_FETCH_REPLIES_H
#define CAIRN_TESTS_FETCH_REPLIES_H

#include "fetch/response.h"

struct reply {
	const char *behaviour;
	struct span octets;
	enum failure_cause cause; /* FAILURE_NONE: complete */
	const char *content;      /* NULL: none; after FAILURE_CODING not looked at */
	const char *mentions;     /* in the text of the failure or first warning; NULL: neither */
	unsigned rule;            /* of RFC 9112, section 6.3; 0: not looked at */
	bool is_reusable;
	enum framing_request request;
	bool is_broken; /* the stream was reset, or TLS ended without close_notify */
	bool is_decoded, is_http09_allowed;
	unsigned interim_count, trailer_count;
};

extern const struct reply replies[];
extern const size_t replies_count;

struct response_options reply_options(const struct reply *reply);

#endif
