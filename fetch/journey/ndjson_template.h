/*
 * ndjson_template.h - the lines of ndjson.h, octet for octet, by templates (json_template.h).
 *
 * Of a thousand files each has the same few events: those that are noted by a pattern (journey_note) get a template when the
 * first of them is written, and so do the ends of one story's transfers that went well.  A line that has none, or something to be made
 * visible, is written member by member as ever.
 *
 * Bounds: NDJSON_TEMPLATES_MAX patterns.
 */
#ifndef CAIRN_FETCH_JOURNEY_NDJSON_TEMPLATE_H
#define CAIRN_FETCH_JOURNEY_NDJSON_TEMPLATE_H

#include "fetch/journey/ndjson.h"
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
void ndjson_end(struct json *json, struct ndjson_templates *templates, const struct story *story, const struct journey_end *end);

#endif
