#include "fetch/journey/text.h"

#include <inttypes.h>
#include <stdio.h>

void
journey_text_head(char *line, size_t line_bytes)
{
	(void)snprintf(line, line_bytes, "%9s  %-6s %s", "ms", "layer", "what");
}

void
journey_text_event(const struct journey_event *event, uint64_t start_us, char *line, size_t line_bytes)
{
	char layer[16], what[JOURNEY_TEXT_BYTES];
	uint64_t us = event->at_us > start_us ? event->at_us - start_us : 0;

	if (event->connection != 0)
		(void)snprintf(layer, sizeof layer, "%s %u", journey_layer_name(event->layer), event->connection);
	else
		(void)snprintf(layer, sizeof layer, "%s", journey_layer_name(event->layer));
	(void)snprintf(line, line_bytes, "%7" PRIu64 ".%u  %-6s %s%s", us / 1000, (unsigned)(us % 1000 / 100), layer,
	               journey_what(event, what), event->is_bad ? "   !" : "");
}

void
journey_text_end(const struct journey_end *end, char *line, size_t line_bytes)
{
	uint64_t us = end->verdict.total_us;
	(void)snprintf(line, line_bytes, "%s  %s  %" PRIu64 " octets in %" PRIu64 ".%u ms", end->url, end->result, end->octets,
	               us / 1000, (unsigned)(us % 1000 / 100));
}

void
journey_text_fault(const struct fault *fault, char *line, size_t line_bytes)
{
	char what[JOURNEY_TEXT_BYTES];
	int used = snprintf(line, line_bytes, "BROKE  in %s", journey_layer_name(fault->layer));
	if (fault->good != NULL && (size_t)used < line_bytes)
		(void)snprintf(line + used, line_bytes - (size_t)used, ", behind: %s", journey_what(fault->good, what));
}

/* The parts that take a hundredth or more, in their order. */
void
journey_text_verdict(const struct verdict *verdict, char *line, size_t line_bytes)
{
	size_t used = (size_t)snprintf(line, line_bytes, "WHERE ");
	for (unsigned part = 0; part < VERDICT_PARTS && used < line_bytes; part++) {
		uint64_t us = verdict->parts_us[part];
		if (us == 0 || us * 100 < verdict->total_us)
			continue;
		used += (size_t)snprintf(line + used, line_bytes - used, "  %s %" PRIu64 " %% (%" PRIu64 ".%u ms)",
		                         verdict_part_name((enum verdict_part)part), us * 100 / verdict->total_us,
		                         us / 1000, (unsigned)(us % 1000 / 100));
	}
	if (verdict->floor_us != 0 && used < line_bytes)
		(void)snprintf(line + used, line_bytes - used, "  (floor %" PRIu64 ".%u ms: %u x %" PRIu64 ".%u)",
		               verdict->floor_us / 1000, (unsigned)(verdict->floor_us % 1000 / 100),
		               verdict->floor_rounds, verdict->round_us / 1000, (unsigned)(verdict->round_us % 1000 / 100));
}
