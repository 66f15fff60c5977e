/*
 * journey_lines.h - the lines of --journey=json (journey/ndjson.h), written while the run goes on or all at once.
 *
 * An event is final when it is told, so its line can be written while a run waits for others to answer; what is left then,
 * and the ends of the transfers, come last, or in between when the list is to be forgotten (journey_forget).
 *
 * Ownership: the stream is lent.
 * Errors:    kept until the end, with errno; after one nothing more is written.
 * Bounds:    JSON_LINE_BYTES a line.
 */
#ifndef CAIRN_FETCH_JOURNEY_LINES_H
#define CAIRN_FETCH_JOURNEY_LINES_H

#include <stdio.h>

#include "fetch/journey/ndjson.h"
#include "fetch/journey/story.h"
#include "fetch/json.h"

#define JSON_LINE_BYTES  65536u
#define JSON_BATCH_BYTES 16384u /* lines that are written at once */

struct journey_lines {
	FILE *stream;
	const struct journey_event *last; /* whose line is written; NULL: none yet */
	int error;                        /* an errno; 0: none */
	struct ndjson_templates templates;
	struct json json;
	char buffer[JSON_BATCH_BYTES + JSON_LINE_BYTES];
};

void journey_lines_begin(struct journey_lines *lines, FILE *stream);
/* Of the events that have no line yet at most so many. */
void journey_lines_more(struct journey_lines *lines, const struct journey *journey, uint64_t start_us, unsigned count_max);
/* All that is told by now, with the ends. */
void journey_lines_all(struct journey_lines *lines, const struct story *story);
/* The list has been forgotten but for what has its line. */
void journey_lines_forgot(struct journey_lines *lines, const struct journey *journey);
/* All that is left.  0, or -1 and errno. */
int journey_lines_end(struct journey_lines *lines, const struct story *story);

#endif
