#include "fetch/journey_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fetch/journey/from_trace.h"
#include "fetch/journey/ndjson.h"
#include "fetch/journey/text.h"
#include "fetch/span.h"

#define JSON_LINE_BYTES 16384u

struct transfer_end {
	uint32_t request;
	struct verdict verdict;
	char line[JOURNEY_TEXT_BYTES];
};

struct journey_report {
	struct journey journey;
	struct event_ring ring;
	void *block; /* of both; only what is used of it becomes memory */
	bool has_text, has_json;
	const char *path;
	uint64_t start_us;
	struct transfer_end ends[JOURNEY_ENDS_MAX];
	unsigned end_count, end_lost;
};

static int
read_forms(struct journey_report *report, const char *forms, struct failure *failure)
{
	struct span rest = span_from_text(forms);
	report->has_text = rest.bytes == 0;
	while (rest.bytes > 0) {
		size_t comma = span_find(rest, ',');
		struct span form = span_first(rest, comma);
		if (span_is(form, "text"))
			report->has_text = true;
		else if (span_is(form, "json"))
			report->has_json = true;
		else {
			failure_set(failure, FAILURE_USAGE, "--journey knows text and json, not `" SPAN_FORMAT "'",
			            SPAN_ARGUMENTS(form));
			return -1;
		}
		rest = span_from(rest, comma < rest.bytes ? comma + 1 : comma);
	}
	return 0;
}

int
journey_report_open(struct journey_report **opened, const char *forms, const char *path, uint64_t now_us,
                    struct failure *failure)
{
	struct journey_report *report = calloc(1, sizeof *report);
	void *block = mmap(NULL, JOURNEY_BLOCK_BYTES + JOURNEY_RING_BYTES, PROT_READ | PROT_WRITE,
	                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (report == NULL || block == MAP_FAILED) {
		free(report);
		if (block != MAP_FAILED)
			(void)munmap(block, JOURNEY_BLOCK_BYTES + JOURNEY_RING_BYTES);
		failure_set(failure, FAILURE_MEMORY, "no memory for the journey");
		return -1;
	}
	report->block = block;
	report->path = path;
	report->start_us = now_us;
	journey_init(&report->journey, block, JOURNEY_BLOCK_BYTES);
	event_ring_init(&report->ring, (uint8_t *)block + JOURNEY_BLOCK_BYTES, JOURNEY_RING_BYTES);
	if (read_forms(report, forms, failure) != 0) {
		journey_report_close(report);
		return -1;
	}
	*opened = report;
	return 0;
}

struct journey *
journey_report_list(struct journey_report *report)
{
	return report != NULL ? &report->journey : NULL;
}

struct event_ring *
journey_report_ring(struct journey_report *report)
{
	return &report->ring;
}

void
journey_report_take(struct journey_report *report)
{
	journey_from_trace(&report->journey, &report->ring);
}

void
journey_report_end(struct journey_report *report, uint32_t request, const struct verdict_times *times, const char *line)
{
	if (report->end_count == JOURNEY_ENDS_MAX) {
		report->end_lost++;
		return;
	}
	struct transfer_end *end = &report->ends[report->end_count++];
	end->request = request;
	verdict_judge(&end->verdict, times);
	(void)snprintf(end->line, sizeof end->line, "%s", line);
}

/* ---- writing ------------------------------------------------------------------------------------- */

static void
write_text(const struct journey_report *report, FILE *file)
{
	char line[JOURNEY_LINE_BYTES], advice[JOURNEY_TEXT_BYTES];

	journey_text_head(line, sizeof line);
	fprintf(file, "%s\n", line);
	for (const struct journey_event *event = report->journey.first; event != NULL; event = event->next) {
		journey_text_event(event, report->start_us, line, sizeof line);
		fprintf(file, "%s\n", line);
	}
	for (unsigned i = 0; i < report->end_count; i++) {
		const struct transfer_end *end = &report->ends[i];
		journey_text_verdict(&end->verdict, line, sizeof line);
		verdict_advice(&end->verdict, advice, sizeof advice);
		fprintf(file, "%s\n%s\n", end->line, line);
		if (advice[0] != '\0')
			fprintf(file, "TRY    %s\n", advice);
	}
	if (report->journey.lost_count != 0 || report->ring.lost_count != 0 || report->end_lost != 0)
		fprintf(file, "(%llu events and %u ends had no room)\n",
		        (unsigned long long)(report->journey.lost_count + report->ring.lost_count), report->end_lost);
}

static void
drain(struct json *json, FILE *file)
{
	size_t bytes;
	const char *text = json_drain(json, &bytes);
	(void)fwrite(text, 1, bytes, file);
}

static void
write_json(const struct journey_report *report, FILE *file)
{
	char buffer[JSON_LINE_BYTES];
	struct json json;

	json_init(&json, buffer, sizeof buffer);
	for (const struct journey_event *event = report->journey.first; event != NULL; event = event->next) {
		journey_json_event(&json, event, report->start_us);
		drain(&json, file);
	}
	for (unsigned i = 0; i < report->end_count; i++) {
		journey_json_verdict(&json, &report->ends[i].verdict, report->ends[i].request);
		drain(&json, file);
	}
}

int
journey_report_write(struct journey_report *report, struct failure *failure)
{
	FILE *file = report->path != NULL ? fopen(report->path, "we") : stderr;
	bool is_bad = file == NULL;

	journey_report_take(report);
	if (file != NULL) {
		if (report->has_text)
			write_text(report, file);
		if (report->has_json)
			write_json(report, file);
		is_bad = ferror(file) != 0;
		is_bad |= file != stderr ? fclose(file) != 0 : fflush(file) != 0;
	}
	if (!is_bad)
		return 0;
	failure_set(failure, FAILURE_JOURNEY, "the journey cannot be written to %s: %s",
	            report->path != NULL ? report->path : "standard error", strerror(errno));
	return -1;
}

void
journey_report_close(struct journey_report *report)
{
	if (report == NULL)
		return;
	(void)munmap(report->block, JOURNEY_BLOCK_BYTES + JOURNEY_RING_BYTES);
	free(report);
}
