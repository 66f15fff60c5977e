/*
 * from_trace.h - the traces of stack and engine (stack/trace.h, resolver/iterate/trace.h) as events of a journey: routes,
 * neighbours, handshakes, losses, ends; who was asked for a name, and what was said.
 *
 * Segments that carry data are not told one by one: what is lost and sent again is, and how a connection begins and ends.
 * The traces know ports and no numbers of connections; the request is what stack_cause was told.
 *
 * Causes: a reply's is its query, a handshake's answer its SYN, a SYN's the answer of the resolver; a query's is the reply that was
 * read in the same turn before it, since that is what the engine asks on.
 *
 * Pure.
 */
#ifndef CAIRN_FETCH_JOURNEY_FROM_TRACE_H
#define CAIRN_FETCH_JOURNEY_FROM_TRACE_H

#include "fetch/journey/journey.h"
#include "stack/base/event.h"

/* Takes all that the ring has. */
void journey_from_trace(struct journey *journey, struct event_ring *ring);

#endif
