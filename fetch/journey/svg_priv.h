/*
 * svg_priv.h - what the files of the picture share: where things are.  Units: pixels.
 *
 *	svg.c         the frame, the title, the bars of the verdict
 *	svg_ladder.c  lanes, rows, and the time of each at the right
 *	svg_path.c    the routers on the way, below
 *	html.c        the page around it
 */
#ifndef CAIRN_FETCH_JOURNEY_SVG_PRIV_H
#define CAIRN_FETCH_JOURNEY_SVG_PRIV_H

#include "fetch/journey/svg.h"

#define SVG_MARGIN       28u
#define SVG_ROW          25u
#define SVG_TEXT_COLUMN  6.05 /* of a character of the ladder's text */
#define SVG_MS_BYTES     24u

struct svg_frame {
	unsigned width, height;
	unsigned lane_x[LANES_MAX]; /* of those in use */
	unsigned lanes_top, rows_top, rows_bottom;
	unsigned chart_x, chart_width; /* the times at the right */
};

/* Colours go by these names: the layer's, or "bad". */
const char *svg__step_class(const struct step *step);
/* "0.48 ms", "12.3 ms", "1.25 s" */
const char *svg__duration(uint64_t us, char text[SVG_MS_BYTES]);
void svg__ladder_frame(struct svg_frame *frame, const struct ladder *ladder, unsigned top);
void svg__ladder(struct markup *markup, const struct svg_frame *frame, const struct ladder *ladder,
                 const struct story *story);
unsigned svg__path_height(const struct story *story);
void svg__path(struct markup *markup, const struct story *story, unsigned top);

#endif
