/*
 * ndjson.h - a journey for programs: a JSON object a line (RFC 8259).
 *
 *	{"i":7,"p":3,"t":41800,"l":"dns","e":"answer","r":1,"what":"...","bad":false,"name":"...",...}
 *
 * i: id; p: id of the cause, 0: not known; t: microseconds since the start; l: layer; e: event; r: transfer; c: connection; then the
 * event's fields.  The end of a transfer is a line with "e":"verdict" and l "policy".  journey.schema.json is the
 * schema of a line.
 *
 * Pure; writes into a json writer that the caller drains.
 */
#ifndef CAIRN_FETCH_JOURNEY_NDJSON_H
#define CAIRN_FETCH_JOURNEY_NDJSON_H

#include "fetch/journey/journey.h"
#include "fetch/journey/story.h"
#include "fetch/json.h"

void journey_json_event(struct json *json, const struct journey_event *event, uint64_t start_us);
/* `end` is one of the story's. */
void journey_json_end(struct json *json, const struct story *story, const struct journey_end *end);

#endif
