#include "fetch/journey/svg_priv.h"

#include <inttypes.h>
#include <stdio.h>

#define HOP_ROW     19u
#define HEAD_ROW    40u
#define NUMBER_X    (SVG_MARGIN + 24u)
#define ADDRESS_X   (SVG_MARGIN + 40u)
#define BAR_X       (SVG_MARGIN + 320u)
#define BAR_WIDTH   360u

static bool
is_hop(const struct journey_event *event)
{
	return event->layer == JOURNEY_PATH && strcmp(event->name, "hop") == 0;
}

unsigned
svg__path_height(const struct story *story)
{
	unsigned height = 0;
	for (const struct journey_event *event = story->journey->first; event != NULL; event = event->next)
		if (event->layer == JOURNEY_PATH)
			height += is_hop(event) ? HOP_ROW : HEAD_ROW;
	return height != 0 ? height + 12 : 0;
}

static uint64_t
longest_rtt(const struct story *story)
{
	uint64_t longest_us = 1;
	for (const struct journey_event *event = story->journey->first; event != NULL; event = event->next)
		if (is_hop(event) && journey_field_number(event, "rtt_us") > longest_us)
			longest_us = journey_field_number(event, "rtt_us");
	return longest_us;
}

/* The path's "end" tells in one sentence how it went; it stands above its hops. */
static void
write_head(struct markup *markup, const struct journey_event *hop, unsigned y)
{
	const struct journey_event *end = hop;
	char what[JOURNEY_TEXT_BYTES];
	while (end != NULL && (end->layer != JOURNEY_PATH || is_hop(end)))
		end = end->next;
	markup_put(markup, "<text class=\"lane\" x=\"%u\" y=\"%u\">path</text><text class=\"label soft\" x=\"%u\" y=\"%u\">", SVG_MARGIN, y,
	           SVG_MARGIN + 40, y);
	if (end != NULL)
		markup_text(markup, journey_what(end, what), 0);
	markup_put(markup, "</text>\n");
}

static void
write_hop(struct markup *markup, const struct journey_event *hop, double scale, unsigned y)
{
	uint64_t rtt_us = journey_field_number(hop, "rtt_us");
	const char *addr = journey_field_text(hop, "addr");
	char duration[SVG_MS_BYTES];

	markup_put(markup, "<text class=\"soft\" text-anchor=\"end\" x=\"%u\" y=\"%u\">%" PRIu64 "</text>", NUMBER_X, y,
	           journey_field_number(hop, "hop"));
	markup_put(markup, "<text class=\"%s\" x=\"%u\" y=\"%u\">", addr[0] != '\0' ? "ink" : "soft", ADDRESS_X, y);
	markup_text(markup, addr[0] != '\0' ? addr : "silent", 0);
	markup_put(markup, "</text>");
	if (addr[0] != '\0')
		markup_put(markup, "<rect class=\"f-path\" x=\"%u\" y=\"%u\" width=\"%.1f\" height=\"9\" rx=\"2\"/>"
		           "<text class=\"small soft\" x=\"%.1f\" y=\"%u\">%s</text>",
		           BAR_X, y - 8, (double)rtt_us * scale + 2, BAR_X + (double)rtt_us * scale + 8, y, svg__duration(rtt_us, duration));
	markup_put(markup, "\n");
}

void
svg__path(struct markup *markup, const struct story *story, unsigned top)
{
	double scale = (double)BAR_WIDTH / (double)longest_rtt(story);
	unsigned y = top;
	bool is_inside = false;

	for (const struct journey_event *event = story->journey->first; event != NULL; event = event->next) {
		if (event->layer != JOURNEY_PATH)
			continue;
		if (!is_inside) {
			y += HEAD_ROW - HOP_ROW;
			write_head(markup, event, y);
			y += HOP_ROW;
		}
		is_inside = is_hop(event);
		if (!is_inside)
			continue;
		write_hop(markup, event, scale, y);
		y += HOP_ROW;
	}
}
