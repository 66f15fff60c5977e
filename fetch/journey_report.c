#include "fetch/journey_report.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "fetch/journey/from_trace.h"
#include "fetch/journey_forms.h"

struct journey_report {
	struct journey journey;
	struct event_ring ring;
	void *block; /* of both; only what is used of it becomes memory */
	unsigned forms;
	const char *path;
	uint64_t start_us;
	struct journey_end ends[JOURNEY_ENDS_MAX];
	unsigned end_count, end_lost;
};

int
journey_report_open(struct journey_report **opened, const char *forms, const char *path, uint64_t now_us,
                    struct failure *failure)
{
	unsigned asked;
	if (journey_forms_read(&asked, forms, path, failure) != 0)
		return -1;
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
	report->forms = asked;
	report->path = path;
	report->start_us = now_us;
	journey_init(&report->journey, block, JOURNEY_BLOCK_BYTES);
	event_ring_init(&report->ring, (uint8_t *)block + JOURNEY_BLOCK_BYTES, JOURNEY_RING_BYTES);
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
journey_report_end(struct journey_report *report, const struct journey_end *told, const struct verdict_times *times)
{
	if (report->end_count == JOURNEY_ENDS_MAX) {
		report->end_lost++;
		return;
	}
	char *url = arena_printf(&report->journey.arena, "%s", told->url);
	struct journey_end *end = &report->ends[report->end_count++];
	*end = *told;
	end->url = url != NULL ? url : "";
	verdict_judge(&end->verdict, times);
}

int
journey_report_write(struct journey_report *report, struct failure *failure)
{
	journey_report_take(report);
	const struct story story = {
		.journey = &report->journey,
		.start_us = report->start_us,
		.ends = report->ends,
		.end_count = report->end_count,
		.lost_count = report->journey.lost_count + report->ring.lost_count + report->end_lost,
	};
	return journey_forms_write(report->forms, &story, report->path, failure);
}

void
journey_report_close(struct journey_report *report)
{
	if (report == NULL)
		return;
	(void)munmap(report->block, JOURNEY_BLOCK_BYTES + JOURNEY_RING_BYTES);
	free(report);
}
