/*
 * trace.h - what the engine tells a listener (engine_trace, stack/base/event.h): who was asked what, and what came of it.
 *
 * Each event has one of the kinds below and struct resolver_trace as its body, but for what the validator has said of an
 * answer, be it to a client or to the validator itself: struct resolver_judged.
 */
#ifndef CAIRN_RESOLVER_ITERATE_TRACE_H
#define CAIRN_RESOLVER_ITERATE_TRACE_H

#include <assert.h>

#include "resolver/wire/name.h"
#include "stack/addr.h"
#include "stack/base/event.h"

#define TRACE_LAYER_RESOLVER        2u
#define TRACE_RESOLVER_MEANING_BYTES 32u
#define TRACE_RESOLVER_WHY_BYTES     96u

enum resolver_trace_kind {
	TRACE_RESOLVER_QUERY = TRACE_LAYER_RESOLVER << 8, /* sent */
	TRACE_RESOLVER_REPLY,                             /* matched and parsed */
	TRACE_RESOLVER_LATE,                              /* not there in its time; it is listened for all the same */
	TRACE_RESOLVER_JUDGED,                            /* struct resolver_judged */
};

struct resolver_trace {
	struct ip_addr server;
	uint16_t qtype, rcode;
	bool is_tcp;
	uint32_t took_us;                           /* REPLY, LATE: since it was sent */
	char meaning[TRACE_RESOLVER_MEANING_BYTES]; /* REPLY: response_text's words */
	struct name qname;                          /* as shown to this server */
	struct name zone;                           /* whose server it is */
};
struct resolver_judged {
	uint16_t qtype;
	uint8_t security;    /* enum security */
	bool is_asked_again; /* of a bogus one: there is another server to be tried */
	uint16_t signatures; /* that were checked for it */
	uint32_t took_us;    /* since there was an answer to judge, with the waits for keys and DS sets */
	char why[TRACE_RESOLVER_WHY_BYTES]; /* of a bogus one */
	struct name qname;
};
static_assert(sizeof(struct resolver_judged) <= EVENT_BODY_BYTES_MAX, "a trace event");

static_assert(sizeof(struct resolver_trace) <= EVENT_BODY_BYTES_MAX, "a trace event");

#endif
