#include "fetch/journey/svg.h"
#include "fetch/journey/text.h"

void
html_write(struct markup *markup, const struct story *story, struct ladder *ladder)
{
	char line[JOURNEY_LINE_BYTES];
	unsigned left = HTML_LINES_MAX;

	markup_put(markup, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>The journey of ");
	markup_text(markup, story->end_count != 0 ? story->ends[0].url : "a request", 0);
	markup_put(markup, "</title>\n<style>:root{color-scheme:light dark}body{margin:0;font:13px ui-monospace,monospace}svg{display:block}"
	           "pre,summary{margin:0 28px 28px}</style></head><body>\n");
	svg_write(markup, story, ladder);
	markup_put(markup, "<details><summary>The events, one a line</summary><pre>\n");
	for (const struct journey_event *event = story->journey->first; event != NULL && left > 0; event = event->next, left--) {
		journey_text_event(event, story->start_us, line, sizeof line);
		markup_text(markup, line, 0);
		markup_put(markup, "\n");
	}
	if (left == 0)
		markup_put(markup, "...\n");
	markup_put(markup, "</pre></details></body></html>\n");
}
