/*
 * fault.h - where a transfer broke: the last step that went well, the first one behind it that did not, in which layer that
 * is, and what to try.
 *
 * What went wrong and was got over is no fault: an address that refused before another was connected to, a segment that
 * was sent again.
 *
 * Pure.  Events are lent as long as the story.
 */
#ifndef CAIRN_FETCH_JOURNEY_FAULT_H
#define CAIRN_FETCH_JOURNEY_FAULT_H

#include "fetch/journey/story.h"

struct fault {
	const struct journey_event *good, *bad; /* NULL: none was told */
	enum journey_layer layer;
	const char *advice; /* empty: nothing is known to help */
};

/* Of a transfer that failed (end->is_bad). */
void fault_find(struct fault *fault, const struct story *story, const struct journey_end *end);

/* What to try about any transfer: of one that failed against its fault, else against what took its time; empty: nothing. */
void fault_advice(const struct story *story, const struct journey_end *end, char *text, size_t text_bytes);

#endif
