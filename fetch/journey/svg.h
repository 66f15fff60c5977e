/*
 * svg.h - a journey as one picture: where the time went, and the ladder of who said what to whom (SVG 1.1).
 *
 *	title            the request, its result, its time and the floor (verdict.h)
 *	a bar            where that time went, part by part; a transfer each, STRIPS_MAX of them
 *	ladder           lanes from the program to the server, time downwards, a step a row (steps.h); at the right each step's
 *	                 time to scale, joined to the step that led to it
 *	path             the routers on the way, with their round trips (--hops)
 *
 * The file stands alone: no script, no font, no address to be fetched.  It follows the reader's light or dark theme, and
 * whoever points at a row is shown the event's fields.  All text is escaped (markup.h).
 *
 * Pure.  The ladder is working memory, lent.
 * Errors: markup.err.
 * Bounds: SVG_BYTES_MAX holds the picture of any run: steps, lanes, hops and texts are bounded.
 */
#ifndef CAIRN_FETCH_JOURNEY_SVG_H
#define CAIRN_FETCH_JOURNEY_SVG_H

#include "fetch/journey/markup.h"
#include "fetch/journey/steps.h"

#define SVG_BYTES_MAX  (8u << 20)
#define HTML_LINES_MAX 600u

void svg_write(struct markup *markup, const struct story *story, struct ladder *ladder);
/* The same picture as a page, with the first HTML_LINES_MAX lines of the journey under it. */
void html_write(struct markup *markup, const struct story *story, struct ladder *ladder);

#endif
