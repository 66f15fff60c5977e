/*
 * text.h - a journey for people: a line an event, with the time since the start, the layer, what happened, and what went
 * wrong marked; then where the time went.
 *
 * Pure.  Lines are terminated, without a newline.
 */
#ifndef CAIRN_FETCH_JOURNEY_TEXT_H
#define CAIRN_FETCH_JOURNEY_TEXT_H

#include "fetch/journey/fault.h"
#include "fetch/journey/journey.h"
#include "fetch/journey/story.h"

#define JOURNEY_LINE_BYTES (JOURNEY_TEXT_BYTES + 64u)

/* "   ms  layer  what" */
void journey_text_head(char *line, size_t line_bytes);
/* start_us: what counts as 0. */
void journey_text_event(const struct journey_event *event, uint64_t start_us, char *line, size_t line_bytes);
/* "http://www.example.org/  ok  1234 octets in 56.7 ms" */
void journey_text_end(const struct journey_end *end, char *line, size_t line_bytes);
/* "WHERE  61 % name (41.8 ms) ..." */
/* "BROKE  in tls, behind: connected to 192.0.2.1 port 443 ..."; of one that failed. */
void journey_text_fault(const struct fault *fault, char *line, size_t line_bytes);
void journey_text_verdict(const struct verdict *verdict, char *line, size_t line_bytes);

#endif
