#include "fetch/journey/svg_priv.h"

#include <inttypes.h>
#include <stdio.h>

#include "fetch/journey/name_waits.h"
#include "fetch/journey/text.h"

#define STRIPS_TOP     84u
#define TOP            (STRIPS_TOP + 30u) /* of the ladder, when there are no bars */
#define STRIPS_MAX     8u
#define STRIP_HEIGHT   22u
#define STRIP_STEP     40u
#define TITLE_COLUMNS  84u
#define LEGEND_COLUMN  7.0
#define NOTE_HEIGHT    22u
#define NOTE_COLUMNS   150u
#define SHOWN_PERMILLE 5u /* of the total: parts that are named */

/* Each colour in a light and a dark theme; classes, since not every reader knows variables. */
static const char style_light[] =
	".page{fill:#fff}.ink,text{fill:#1f2a37}.soft{fill:#6a7686}.grid{stroke:#e3e8ee}.band{fill:#f4f6f9}.badband{fill:#fdeeee}"
	".s-url,.s-policy{stroke:#6a7686}.s-dns{stroke:#7a57e0}.s-route,.s-link{stroke:#0d8f82}.s-tcp{stroke:#2474d6}"
	".s-tls{stroke:#2a8f4f}.s-http{stroke:#c96f0a}.s-out{stroke:#3f5166}.s-bad{stroke:#cf2f3a}"
	".f-url,.f-policy{fill:#6a7686}.f-dns{fill:#7a57e0}.f-route,.f-link,.f-path{fill:#0d8f82}.f-tcp{fill:#2474d6}"
	".f-tls{fill:#2a8f4f}.f-http{fill:#c96f0a}.f-out{fill:#3f5166}.f-bad,.t-bad{fill:#cf2f3a}"
	".p-waits{fill:#9aa5b3}.p-setup{fill:#5b6675}.p-name{fill:#7a57e0}.p-attempts{fill:#cf2f3a}.p-connect{fill:#2474d6}.p-tls{fill:#2a8f4f}.p-tls_cpu{fill:#8cc9a1}"
	".p-request{fill:#e8b36a}.p-server{fill:#d98324}.p-transfer{fill:#0d8f82}.p-loss{fill:#b8434c}.p-limit{fill:#7fbfb8}.p-write{fill:#5f7fa8}.halo{stroke:#fff}";
static const char style_dark[] =
	".page{fill:#10161d}.ink,text{fill:#e4e9f0}.soft{fill:#8c99a9}.grid{stroke:#26303b}.band{fill:#18212b}.badband{fill:#321a1f}"
	".s-url,.s-policy{stroke:#8c99a9}.s-dns{stroke:#a78dff}.s-route,.s-link{stroke:#3fc4b4}.s-tcp{stroke:#64a8f8}"
	".s-tls{stroke:#5cc684}.s-http{stroke:#f0a54a}.s-out{stroke:#b4c2d3}.s-bad{stroke:#ff6f78}"
	".f-url,.f-policy{fill:#8c99a9}.f-dns{fill:#a78dff}.f-route,.f-link,.f-path{fill:#3fc4b4}.f-tcp{fill:#64a8f8}"
	".f-tls{fill:#5cc684}.f-http{fill:#f0a54a}.f-out{fill:#b4c2d3}.f-bad,.t-bad{fill:#ff6f78}"
	".p-waits{fill:#667384}.p-setup{fill:#b7c2d0}.p-name{fill:#a78dff}.p-attempts{fill:#ff6f78}.p-connect{fill:#64a8f8}.p-tls{fill:#5cc684}.p-tls_cpu{fill:#2d7f4d}"
	".p-request{fill:#f7cf95}.p-server{fill:#f0a54a}.p-transfer{fill:#3fc4b4}.p-loss{fill:#e58088}.p-limit{fill:#2b7d73}.p-write{fill:#8fb1dc}.halo{stroke:#10161d}";
static const char style_shapes[] =
	"text{font:11px ui-monospace,SFMono-Regular,Menlo,'DejaVu Sans Mono',monospace;font-size:10px}"
	".title{font:600 19px system-ui,'Segoe UI','DejaVu Sans',sans-serif}"
	".label{font:12px system-ui,'Segoe UI','DejaVu Sans',sans-serif}"
	".lane{font:600 12px system-ui,'Segoe UI','DejaVu Sans',sans-serif}"
	".small{font-size:9px}.line,.grid,.cause{fill:none}.line{stroke-width:1.5}.back{stroke-width:1;stroke-dasharray:3 2}"
	".cause{stroke-width:1;opacity:.45}.halo{stroke-width:4;stroke-linejoin:round}.over{opacity:0}.row:hover .over{opacity:.08}"
	".soft{font-weight:400}.faint{opacity:.4}svg{max-width:100%}";

const char *
svg__duration(uint64_t us, char text[SVG_MS_BYTES])
{
	if (us < 10000)
		(void)snprintf(text, SVG_MS_BYTES, "%u.%02u ms", (unsigned)(us / 1000), (unsigned)(us % 1000 / 10));
	else if (us < 1000000)
		(void)snprintf(text, SVG_MS_BYTES, "%u.%u ms", (unsigned)(us / 1000), (unsigned)(us % 1000 / 100));
	else
		(void)snprintf(text, SVG_MS_BYTES, "%" PRIu64 ".%02u s", us / 1000000, (unsigned)(us % 1000000 / 10000));
	return text;
}

/* ---- the title ------------------------------------------------------------------------------------- */

static unsigned
bad_count(const struct story *story)
{
	unsigned count = 0;
	for (unsigned i = 0; i < story->end_count; i++)
		count += story->ends[i].is_bad;
	return count;
}

/* Of one transfer: its URL. */
static void
write_title(struct markup *markup, const struct story *story)
{
	const struct journey_end *end = story->ends;
	unsigned bad = bad_count(story);

	markup_put(markup, "<text class=\"title\" x=\"%u\" y=\"44\">", SVG_MARGIN);
	if (story->end_count == 0)
		markup_put(markup, "A journey that has not ended");
	else
		markup_text(markup, end->url, TITLE_COLUMNS);
	markup_put(markup, "</text>\n<text class=\"label %s\" x=\"%u\" y=\"66\">", bad != 0 ? "t-bad" : "soft", SVG_MARGIN);
	if (story->end_count == 1) {
		char total[SVG_MS_BYTES], floor[SVG_MS_BYTES], round[SVG_MS_BYTES];
		markup_put(markup, "%s", end->is_bad ? "failed: " : "");
		markup_text(markup, end->result, 0);
		markup_put(markup, "  \xc2\xb7  %" PRIu64 " octets  \xc2\xb7  %s", end->octets,
		           svg__duration(end->verdict.total_us, total));
		if (end->verdict.floor_us != 0)
			markup_put(markup, "  \xc2\xb7  floor %s: %u round trips of %s",
			           svg__duration(end->verdict.floor_us, floor), end->verdict.floor_rounds,
			           svg__duration(end->verdict.round_us, round));
	} else if (story->end_count > 1) {
		markup_put(markup, "and %u more transfers", story->end_count - 1);
		if (bad != 0)
			markup_put(markup, "  \xc2\xb7  %u failed", bad);
	}
	markup_put(markup, "</text>\n");
}

/* ---- where the time went --------------------------------------------------------------------------- */

static unsigned
strip_count(const struct story *story)
{
	return story->end_count < STRIPS_MAX ? story->end_count : STRIPS_MAX;
}

static uint64_t
longest_us(const struct story *story)
{
	uint64_t longest = 1;
	for (unsigned i = 0; i < strip_count(story); i++)
		if (story->ends[i].verdict.total_us > longest)
			longest = story->ends[i].verdict.total_us;
	return longest;
}

static void
write_part(struct markup *markup, double x, double width, unsigned y, enum verdict_part part, uint64_t us)
{
	char duration[SVG_MS_BYTES];
	markup_put(markup, "<rect class=\"p-%s\" x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"%u\"><title>%s %s</title></rect>\n",
	           verdict_part_name(part), x, y, width, STRIP_HEIGHT, verdict_part_name(part), svg__duration(us, duration));
}

static void
write_strip(struct markup *markup, const struct journey_end *end, double scale, unsigned y)
{
	double x = SVG_MARGIN;
	for (unsigned part = 0; part < VERDICT_PARTS; part++) {
		double width = (double)end->verdict.parts_us[part] * scale;
		if (end->verdict.parts_us[part] != 0)
			write_part(markup, x, width > 1 ? width : 1, y, (enum verdict_part)part, end->verdict.parts_us[part]);
		x += width;
	}
	if (end->verdict.floor_us != 0 && end->verdict.floor_us < end->verdict.total_us) {
		double at = SVG_MARGIN + (double)end->verdict.floor_us * scale;
		markup_put(markup, "<path class=\"line ink s-url\" d=\"M%.1f %uv%u\"><title>the floor</title></path>\n", at, y,
		           STRIP_HEIGHT + 4);
	}
}

static bool
is_shown(const struct verdict *verdict, unsigned part)
{
	return verdict->parts_us[part] != 0 && verdict->parts_us[part] * 1000 >= verdict->total_us * SHOWN_PERMILLE;
}

/* With one transfer the values too; else only the colours' names. */
static void
write_legend(struct markup *markup, const struct story *story, unsigned y)
{
	double x = SVG_MARGIN;
	for (unsigned part = 0; part < VERDICT_PARTS; part++) {
		char words[64], duration[SVG_MS_BYTES];
		bool is_any = false;
		for (unsigned i = 0; i < strip_count(story); i++)
			is_any = is_any || is_shown(&story->ends[i].verdict, part);
		if (!is_any)
			continue;
		const struct verdict *verdict = &story->ends[0].verdict;
		int bytes = story->end_count > 1
				    ? snprintf(words, sizeof words, "%s", verdict_part_name((enum verdict_part)part))
				    : snprintf(words, sizeof words, "%s %s, %" PRIu64 " %%", verdict_part_name((enum verdict_part)part),
		                               svg__duration(verdict->parts_us[part], duration),
		                               (verdict->parts_us[part] * 200 + verdict->total_us) / (2 * verdict->total_us));
		markup_put(markup, "<rect class=\"p-%s\" x=\"%.1f\" y=\"%u\" width=\"10\" height=\"10\" rx=\"2\"/>"
		           "<text class=\"label\" x=\"%.1f\" y=\"%u\">%s</text>\n",
		           verdict_part_name((enum verdict_part)part), x, y - 9, x + 15, y, words);
		x += 15 + 22 + LEGEND_COLUMN * (double)bytes;
	}
}

static void
write_strip_label(struct markup *markup, const struct journey_end *end, unsigned y)
{
	char total[SVG_MS_BYTES];
	markup_put(markup, "<text class=\"%s\" x=\"%u\" y=\"%u\">", end->is_bad ? "t-bad" : "soft", SVG_MARGIN, y);
	markup_text(markup, end->url, TITLE_COLUMNS);
	markup_put(markup, "  ");
	markup_text(markup, end->result, 0);
	markup_put(markup, "  %s</text>\n", svg__duration(end->verdict.total_us, total));
}

/* The first transfer that failed; NULL: none has. */
static const struct journey_end *
first_bad(const struct story *story)
{
	for (unsigned i = 0; i < story->end_count; i++)
		if (story->ends[i].is_bad)
			return &story->ends[i];
	return NULL;
}

/* Of the transfer that failed, else the first that there is any for; empty: none. */
static void
find_advice(const struct story *story, char *advice, size_t advice_bytes)
{
	const struct journey_end *bad = first_bad(story);
	advice[0] = '\0';
	if (bad != NULL)
		fault_advice(story, bad, advice, advice_bytes);
	for (unsigned i = 0; i < story->end_count && advice[0] == '\0' && bad == NULL; i++)
		fault_advice(story, &story->ends[i], advice, advice_bytes);
}

static void
write_note(struct markup *markup, const char *title, const char *text, unsigned y)
{
	markup_put(markup, "<text class=\"label\" x=\"%u\" y=\"%u\"><tspan font-weight=\"600\">%s</tspan>  ", SVG_MARGIN, y, title);
	markup_text(markup, text, NOTE_COLUMNS);
	markup_put(markup, "</text>\n");
}

/* For whom the resolver waited, of the only transfer; empty: of several, or nobody. */
static void
find_name_waits(const struct story *story, char *text, size_t text_bytes)
{
	struct name_waits waits;

	text[0] = '\0';
	if (story->end_count != 1)
		return;
	name_waits_find(&waits, story, story->ends[0].request);
	name_waits_text(&waits, text, text_bytes);
}

/* The height that it takes. */
static unsigned
write_name_note(struct markup *markup, const struct story *story, unsigned y)
{
	char text[JOURNEY_LINE_BYTES];

	find_name_waits(story, text, sizeof text);
	if (text[0] == '\0')
		return 0;
	write_note(markup, "Name", text, y);
	return NOTE_HEIGHT;
}

/* Where the transfer that failed did, and what to try. */
static void
write_notes(struct markup *markup, const struct story *story, unsigned y)
{
	const struct journey_end *bad = first_bad(story);
	char advice[JOURNEY_TEXT_BYTES];

	if (bad != NULL) {
		char line[JOURNEY_LINE_BYTES];
		struct fault fault;
		fault_find(&fault, story, bad);
		journey_text_fault(&fault, line, sizeof line);
		y += NOTE_HEIGHT;
		write_note(markup, "Broke", line + sizeof "BROKE  " - 1, y);
	}
	y += write_name_note(markup, story, y + NOTE_HEIGHT);
	find_advice(story, advice, sizeof advice);
	if (advice[0] != '\0')
		write_note(markup, "Try", advice, y + NOTE_HEIGHT);
}

static void
write_strips(struct markup *markup, const struct story *story, unsigned width, unsigned y)
{
	double scale = (double)(width - 2 * SVG_MARGIN) / (double)longest_us(story);

	if (story->end_count == 0)
		return;
	for (unsigned i = 0; i < strip_count(story); i++) {
		if (story->end_count > 1)
			write_strip_label(markup, &story->ends[i], y + 8);
		write_strip(markup, &story->ends[i], scale, story->end_count > 1 ? y + 13 : y);
		y += story->end_count > 1 ? STRIP_STEP : STRIP_HEIGHT;
	}
	y += NOTE_HEIGHT;
	write_legend(markup, story, y);
	write_notes(markup, story, y);
}

/* ---- the whole ------------------------------------------------------------------------------------- */

/* Of the bars, their legend and the advice. */
static unsigned
strips_height(const struct story *story)
{
	char advice[JOURNEY_TEXT_BYTES], waits[JOURNEY_LINE_BYTES];
	unsigned count = strip_count(story);

	if (count == 0)
		return 0;
	find_advice(story, advice, sizeof advice);
	find_name_waits(story, waits, sizeof waits);
	return (count > 1 ? count * STRIP_STEP : STRIP_HEIGHT) +
	       NOTE_HEIGHT * (1u + (advice[0] != '\0') + (waits[0] != '\0') + (first_bad(story) != NULL));
}

static void
write_footer(struct markup *markup, const struct svg_frame *frame, const struct ladder *ladder, const struct story *story)
{
	uint64_t left_out = ladder->left_out + story->lost_count;
	markup_put(markup, "<text class=\"soft\" x=\"%u\" y=\"%u\">%u events", SVG_MARGIN, frame->height - 16,
	           story->journey->event_count);
	if (left_out != 0)
		markup_put(markup, ", of which %" PRIu64 " steps are not in this picture", left_out);
	markup_put(markup, "  \xc2\xb7  cairn-fetch --journey</text>\n");
}

void
svg_write(struct markup *markup, const struct story *story, struct ladder *ladder)
{
	struct svg_frame frame;

	ladder_build(ladder, story);
	svg__ladder_frame(&frame, ladder, TOP + strips_height(story));
	frame.height += svg__path_height(story);
	markup_put(markup, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" role=\"img\">\n",
	           frame.width, frame.height, frame.width, frame.height);
	markup_put(markup, "<title>The journey of ");
	markup_text(markup, story->end_count != 0 ? story->ends[0].url : "a request", 0);
	markup_put(markup, "</title>\n<style>%s%s@media(prefers-color-scheme:dark){%s}</style>\n", style_shapes, style_light,
	           style_dark);
	markup_put(markup, "<rect class=\"page\" width=\"100%%\" height=\"100%%\"/>\n");
	write_title(markup, story);
	write_strips(markup, story, frame.width, STRIPS_TOP);
	svg__ladder(markup, &frame, ladder, story);
	svg__path(markup, story, frame.rows_bottom);
	write_footer(markup, &frame, ladder, story);
	markup_put(markup, "</svg>\n");
}
