/*
 * ndjson.h - a journey for programs: a JSON object a line (RFC 8259).
 *
 *	{"i":7,"p":3,"t":41800,"l":"dns","e":"answer","r":1,"what":"...","bad":false,"name":"...",...}
 *
 * i: id; p: id of the cause, 0: not known; t: microseconds since the start; l: layer; e: event; r: transfer; c: connection; then the
 * event's fields.  The end of a transfer is a line with "e":"verdict" and l "policy".  journey.schema.json is the
 * schema of a line.
 *
 * Of a thousand files each has the same few events: those that are noted by a pattern (journey_note) get a template
 * (json_template.h) when the first of them is written, and so do the ends of one story's transfers.  An event without a pattern,
 * or with something to be made visible in its sentence, has a template of its own.
 *
 * Pure; writes into a json writer that the caller drains.
 * Errors: the writer's; ERR_FULL also for names of more than JSON_TEMPLATE_BYTES together.
 * Bounds: NDJSON_TEMPLATES_MAX patterns; those beyond are as events without one.
 */
#ifndef CAIRN_FETCH_JOURNEY_NDJSON_H
#define CAIRN_FETCH_JOURNEY_NDJSON_H

#include "fetch/journey/journey.h"
#include "fetch/journey/story.h"
#include "fetch/json_template.h"

#define NDJSON_TEMPLATES_MAX 12u

struct ndjson_templates {
	struct ndjson_template {
		const char *pattern; /* with these two it is the key */
		bool is_bad, has_connection;
		uint8_t said[JOURNEY_FIELDS_MAX]; /* how often the sentence has a field's value */
		size_t said_bytes;                /* of the sentence without them */
		struct json_template line;
	} events[NDJSON_TEMPLATES_MAX];
	unsigned event_count;
	struct json_template end;
	bool has_end;
};

void ndjson_templates_init(struct ndjson_templates *templates);
void ndjson_event(struct json *json, struct ndjson_templates *templates, const struct journey_event *event, uint64_t start_us);
/* `end` is one of the story's. */
void ndjson_end(struct json *json, struct ndjson_templates *templates, const struct story *story, const struct journey_end *end);

#endif
