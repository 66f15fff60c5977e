#include "fetch/journey/svg_priv.h"

#include <inttypes.h>
#include <stdio.h>

#define TIME_WIDTH     64u  /* the column of times at the left */
#define PITCH_MIN      122u /* between lanes */
#define LANES_WIDTH    640u /* at least, from the first to the last */
#define CHART_WIDTH    300u
#define CHART_LABEL    64u
#define HEAD_HEIGHT    62u
#define DETAIL_COLUMNS 20u
#define DETAILS_MAX    3u /* lines under a lane's title */
#define TICKS          4u
#define NAME_COLUMNS   24u /* of a field */
#define HALF_HEAD      8u /* of an arrow, in length */

const char *
svg__step_class(const struct step *step)
{
	return step->is_bad ? "bad" : journey_layer_name(step->event->layer);
}

/* ---- where things are ------------------------------------------------------------------------------ */

void
svg__ladder_frame(struct svg_frame *frame, const struct ladder *ladder, unsigned top)
{
	unsigned used = 0, pitch = PITCH_MIN, x = SVG_MARGIN + TIME_WIDTH + PITCH_MIN / 2;

	*frame = (struct svg_frame){ .lanes_top = top, .rows_top = top + HEAD_HEIGHT };
	for (unsigned lane = 0; lane < LANES_MAX; lane++)
		used += ladder->lanes[lane].is_used;
	if (used > 1 && LANES_WIDTH / (used - 1) > pitch)
		pitch = LANES_WIDTH / (used - 1);
	for (unsigned lane = 0; lane < LANES_MAX; lane++) {
		frame->lane_x[lane] = x;
		x += ladder->lanes[lane].is_used ? pitch : 0;
	}
	frame->chart_x = x - pitch + PITCH_MIN / 2 + 20 + (used < 2 ? LANES_WIDTH : 0);
	frame->chart_width = CHART_WIDTH;
	frame->rows_bottom = frame->rows_top + ladder->step_count * SVG_ROW + 6;
	frame->width = frame->chart_x + CHART_WIDTH + CHART_LABEL + SVG_MARGIN;
	frame->height = frame->rows_bottom + 44;
}

static unsigned
row_y(const struct svg_frame *frame, unsigned row)
{
	return frame->rows_top + row * SVG_ROW;
}

static double
chart_at(const struct svg_frame *frame, const struct ladder *ladder, uint64_t at_us)
{
	uint64_t span_us = ladder->end_us > ladder->begin_us ? ladder->end_us - ladder->begin_us : 1;
	uint64_t past_us = at_us > ladder->begin_us ? at_us - ladder->begin_us : 0;
	return frame->chart_x + (double)frame->chart_width * (double)past_us / (double)span_us;
}

/* ---- lanes and axis -------------------------------------------------------------------------------- */

static void
write_detail(struct markup *markup, const struct lane *lane, unsigned x, unsigned y)
{
	const char *word = lane->detail;
	for (unsigned line = 0; line < DETAILS_MAX && *word != '\0'; line++) {
		char text[LANE_DETAIL_BYTES];
		size_t bytes = strcspn(word, " ");
		(void)snprintf(text, sizeof text, "%.*s", (int)bytes, word);
		markup_put(markup, "<text class=\"small soft\" text-anchor=\"middle\" x=\"%u\" y=\"%u\">", x, y + line * 11);
		markup_text(markup, text, DETAIL_COLUMNS);
		markup_put(markup, "</text>\n");
		word += bytes + (word[bytes] == ' ');
	}
}

static void
write_lanes(struct markup *markup, const struct svg_frame *frame, const struct ladder *ladder)
{
	for (unsigned i = 0; i < LANES_MAX; i++) {
		const struct lane *lane = &ladder->lanes[i];
		unsigned x = frame->lane_x[i];
		if (!lane->is_used)
			continue;
		markup_put(markup, "<path class=\"grid\" d=\"M%u %uV%u\"/><circle class=\"f-url\" cx=\"%u\" cy=\"%u\" r=\"2.5\"/>\n", x,
		           frame->rows_top - 4, frame->rows_bottom, x, frame->rows_top - 4);
		markup_put(markup, "<text class=\"lane\" text-anchor=\"middle\" x=\"%u\" y=\"%u\">%s</text>\n", x, frame->lanes_top + 10,
		           lane->title);
		write_detail(markup, lane, x, frame->lanes_top + 24);
	}
}

/* The largest of 1, 2, 5 times a power of ten that makes TICKS steps of the span, or a few more. */
static uint64_t
tick_us(uint64_t span_us)
{
	uint64_t tick = 1;
	while (tick * 10 * TICKS <= span_us)
		tick *= 10;
	if (tick * 5 * TICKS <= span_us)
		return tick * 5;
	return tick * 2 * TICKS <= span_us ? tick * 2 : tick;
}

static void
write_axis(struct markup *markup, const struct svg_frame *frame, const struct ladder *ladder, const struct story *story)
{
	uint64_t span_us = ladder->end_us - ladder->begin_us, tick = tick_us(span_us);
	char text[SVG_MS_BYTES];

	uint64_t first_us = ladder->begin_us > story->start_us ? ladder->begin_us - story->start_us : 0;
	for (uint64_t at_us = (first_us + tick - 1) / tick * tick; at_us <= first_us + span_us; at_us += tick) {
		double x = chart_at(frame, ladder, story->start_us + at_us);
		if (tick >= 1000)
			(void)snprintf(text, sizeof text, "%" PRIu64, at_us / 1000);
		else
			(void)snprintf(text, sizeof text, "%u.%02u", (unsigned)(at_us / 1000), (unsigned)(at_us % 1000 / 10));
		markup_put(markup, "<path class=\"grid\" d=\"M%.1f %uV%u\"/><text class=\"small soft\" text-anchor=\"middle\" x=\"%.1f\" "
		           "y=\"%u\">%s</text>\n",
		           x, frame->rows_top - 4, frame->rows_bottom, x, frame->rows_top - 10, text);
	}
	markup_put(markup, "<text class=\"small soft\" x=\"%u\" y=\"%u\">ms</text>\n", frame->chart_x + frame->chart_width + 14,
	           frame->rows_top - 10);
}

/* ---- a row ----------------------------------------------------------------------------------------- */

/* What is shown to whoever points at it. */
static void
write_hint(struct markup *markup, const struct step *step)
{
	const struct journey_event *event = step->reply != NULL ? step->reply : step->event;
	markup_put(markup, "<title>");
	markup_text(markup, step->text, 0);
	for (unsigned i = 0; i < event->field_count; i++) {
		markup_put(markup, "\n");
		markup_text(markup, event->fields[i].name, NAME_COLUMNS); /* of a journey that was read, anybody's */
		markup_put(markup, ": ");
		if (event->fields[i].text != NULL)
			markup_text(markup, event->fields[i].text, STEP_TEXT_BYTES);
		else
			markup_put(markup, "%" PRIu64, event->fields[i].number);
	}
	markup_put(markup, "</title>");
}

static void
write_arrow(struct markup *markup, const char *class, const char *style, unsigned from, unsigned to, unsigned y)
{
	int head = to > from ? -(int)HALF_HEAD : (int)HALF_HEAD;
	markup_put(markup, "<path class=\"line %s s-%s\" d=\"M%u %uH%d\"/>", style, class, from, y, (int)to + head / 2);
	markup_put(markup, "<path class=\"f-%s\" d=\"M%u %ul%d -3.5v7z\"/>", class, to, y, head);
}

/* Where a row's text begins: on its arrow where it fits, else behind it. */
static unsigned
text_x(const struct svg_frame *frame, const struct step *step)
{
	unsigned from = frame->lane_x[step->from], to = frame->lane_x[step->to];
	unsigned left = from < to ? from : to, right = from < to ? to : from;
	double needed = (double)strlen(step->text) * SVG_TEXT_COLUMN;

	if (from == to)
		return from + 12;
	if (needed + 24 <= right - left || right + needed + 16 > frame->chart_x)
		return left + 10;
	return right + 12;
}

static void
write_words(struct markup *markup, const struct svg_frame *frame, const struct step *step, unsigned y)
{
	unsigned x = text_x(frame, step);
	bool is_beside = x > frame->lane_x[step->from] && x > frame->lane_x[step->to];
	size_t columns = (size_t)((frame->chart_x - x) / SVG_TEXT_COLUMN);
	unsigned text_y = is_beside ? y + 16 : y + 10;

	for (int pass = 0; pass < 2; pass++) { /* first what keeps lines away from it */
		markup_put(markup, "<text class=\"%s\" x=\"%u\" y=\"%u\">", pass == 0 ? "halo" : step->is_bad ? "t-bad" : "ink", x, text_y);
		markup_text(markup, step->text, columns > 12 ? columns - 8 : 12);
		if (step->count > 1)
			markup_put(markup, "  sent again: %u", step->count - 1);
		markup_put(markup, "</text>");
	}
}

static void
write_bar(struct markup *markup, const struct svg_frame *frame, const struct ladder *ladder, const struct step *step, unsigned y)
{
	double begin = chart_at(frame, ladder, step->begin_us), end = chart_at(frame, ladder, step->end_us);
	const char *class = svg__step_class(step);
	char duration[SVG_MS_BYTES];

	if (step->end_us == step->begin_us) {
		markup_put(markup, "<circle class=\"f-%s\" cx=\"%.1f\" cy=\"%u\" r=\"2.5\"/>", class, begin, y + 13);
		return;
	}
	if (end - begin < 2)
		end = begin + 2;
	markup_put(markup, "<rect class=\"%sf-%s\" x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"9\" rx=\"2\"/>", step->is_open ? "faint " : "", class, begin, y + 9,
	           end - begin);
	markup_put(markup, "<text class=\"small soft\" x=\"%.1f\" y=\"%u\">%s</text>", end + 5, y + 17,
	           svg__duration(step->end_us - step->begin_us, duration));
}

/* From the end of what led to it. */
static void
write_cause(struct markup *markup, const struct svg_frame *frame, const struct ladder *ladder, unsigned row)
{
	const struct step *step = &ladder->steps[row];
	if (step->cause == 0 || step->cause > row)
		return;
	const struct step *cause = &ladder->steps[step->cause - 1];
	double from = chart_at(frame, ladder, cause->end_us), to = chart_at(frame, ladder, step->begin_us);
	markup_put(markup, "<path class=\"cause s-%s\" d=\"M%.1f %uV%uH%.1f\"/>", journey_layer_name(cause->event->layer), from,
	           row_y(frame, step->cause - 1) + 18, row_y(frame, row) + 13, to);
}

static void
write_request(struct markup *markup, const struct svg_frame *frame, const struct step *step, unsigned y)
{
	markup_put(markup, "<text class=\"lane\" x=\"%u\" y=\"%u\">", frame->lane_x[LANE_PROGRAM] + 12, y + 17);
	markup_text(markup, step->text, (size_t)((frame->chart_x - frame->lane_x[LANE_PROGRAM]) / 7u));
	markup_put(markup, "</text>");
}

static void
write_step(struct markup *markup, const struct svg_frame *frame, const struct ladder *ladder, const struct story *story,
           unsigned row)
{
	const struct step *step = &ladder->steps[row];
	unsigned y = row_y(frame, row), from = frame->lane_x[step->from], to = frame->lane_x[step->to];
	uint64_t told_us = step->kind == STEP_TELL ? step->end_us : step->begin_us;
	uint64_t at_us = told_us > story->start_us ? told_us - story->start_us : 0;
	const char *class = svg__step_class(step);

	markup_put(markup, "<g class=\"row\">");
	write_hint(markup, step);
	markup_put(markup, "<text class=\"%s\" text-anchor=\"end\" x=\"%u\" y=\"%u\">%" PRIu64 ".%u</text>", step->is_bad ? "t-bad" : "soft",
	           SVG_MARGIN + TIME_WIDTH - 18, y + 16, at_us / 1000, (unsigned)(at_us % 1000 / 100));
	if (step->kind == STEP_REQUEST)
		write_request(markup, frame, step, y);
	else
		write_words(markup, frame, step, y);
	if (from != to)
		write_arrow(markup, class, "", from, to, y + 14);
	else
		markup_put(markup, "<circle class=\"f-%s\" cx=\"%u\" cy=\"%u\" r=\"3.5\"/>", class, from, y + 13);
	if (step->kind == STEP_ASK && step->reply != NULL)
		write_arrow(markup, class, "back", to, from, y + 20);
	write_bar(markup, frame, ladder, step, y);
	markup_put(markup, "<rect class=\"over ink\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\"/></g>\n", SVG_MARGIN / 2, y,
	           frame->width - SVG_MARGIN, SVG_ROW);
}

/* Behind everything: requests and what went wrong stand out. */
static void
write_bands(struct markup *markup, const struct svg_frame *frame, const struct ladder *ladder)
{
	for (unsigned row = 0; row < ladder->step_count; row++) {
		const struct step *step = &ladder->steps[row];
		if (step->kind != STEP_REQUEST && !step->is_bad)
			continue;
		markup_put(markup, "<rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"4\"/>\n",
		           step->is_bad ? "badband" : "band", SVG_MARGIN / 2, row_y(frame, row), frame->width - SVG_MARGIN, SVG_ROW);
	}
}

void
svg__ladder(struct markup *markup, const struct svg_frame *frame, const struct ladder *ladder, const struct story *story)
{
	write_bands(markup, frame, ladder);
	write_lanes(markup, frame, ladder);
	write_axis(markup, frame, ladder, story);
	for (unsigned row = 0; row < ladder->step_count; row++)
		write_cause(markup, frame, ladder, row);
	markup_put(markup, "\n");
	for (unsigned row = 0; row < ladder->step_count; row++)
		write_step(markup, frame, ladder, story, row);
}
