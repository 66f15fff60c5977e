/*
 * trace.h - what the engine tells a listener (engine_trace, stack/base/event.h): who was asked what, and what came of it.
 *
 * Each event has one of the kinds below and struct resolver_trace as its body.
 */
#ifndef CAIRN_RESOLVER_ITERATE_TRACE_H
#define CAIRN_RESOLVER_ITERATE_TRACE_H

#include <assert.h>

#include "resolver/wire/name.h"
#include "stack/addr.h"
#include "stack/base/event.h"

#define TRACE_LAYER_RESOLVER        2u
#define TRACE_RESOLVER_MEANING_BYTES 32u

enum resolver_trace_kind {
	TRACE_RESOLVER_QUERY = TRACE_LAYER_RESOLVER << 8, /* sent */
	TRACE_RESOLVER_REPLY,                             /* matched and parsed */
	TRACE_RESOLVER_LATE,                              /* not there in its time; it is listened for all the same */
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
static_assert(sizeof(struct resolver_trace) <= EVENT_BODY_BYTES_MAX, "a trace event");

#endif
