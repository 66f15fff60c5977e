/*
 * har.h - a journey as an HTTP Archive 1.2, which browsers and other tools show as a waterfall.
 *
 * An entry an attempt: each redirect and each retry is one.  Its timings are cut at the events, so they sum to its time
 * exactly; ssl is a part of connect, as HAR wants it, and -1 stands for what did not happen.  What HAR has no place for
 * stands under _cairn: the transfer, the rule that ended the content, the failure.  Fields of credentials are not told.
 *
 *     har_begin(&json);
 *     do
 *             next = har_entry(&json, &story, next), drain...
 *     while (next != NULL);
 *     har_end(&json);
 *
 * Pure; writes into a json writer that the caller drains, entry by entry.
 * Bounds: HAR_FIELDS_MAX fields of a head.
 */
#ifndef CAIRN_FETCH_JOURNEY_HAR_H
#define CAIRN_FETCH_JOURNEY_HAR_H

#include "fetch/journey/story.h"
#include "fetch/json.h"

#define HAR_FIELDS_MAX 256u

void har_begin(struct json *json);
/* The entry that begins with the event `at`, or the first (NULL), if there is one; returns where the next begins, NULL: nowhere. */
const struct journey_event *har_entry(struct json *json, const struct story *story, const struct journey_event *at);
void har_end(struct json *json);

#endif
