#include "fetch/journey_report.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fetch/journey/from_trace.h"
#include "fetch/journey_forms.h"
#include "fetch/journey_lines.h"
#include "fetch/journey_pcapng.h"
#include "fetch/new_file.h"
#include "fetch/output.h"

#define LINES_A_WAIT 8u /* some ten microseconds */

/* Mapped, with its blocks behind it: only what is used of them, and of the ends, becomes memory. */
struct journey_report {
	struct journey journey;
	struct event_ring ring;
	unsigned forms;
	bool is_forgetful; /* nothing is wanted of an event but its line */
	size_t held_max;   /* octets of events */
	const char *path;
	char capture[OUTPUT_PATH_BYTES]; /* empty: none */
	uint64_t ahead_us; /* the wall's clock, before ours */
	int secrets_fd; /* 0: none */
	uint64_t start_us;
	struct journey_lines lines;
	struct new_file lines_file; /* its stream NULL: they are not begun, or ended */
	char lines_path[OUTPUT_PATH_BYTES];
	struct journey_end ends[JOURNEY_ENDS_MAX];
	unsigned end_count, end_lost;
	_Alignas(16) uint8_t journey_block[JOURNEY_BLOCK_BYTES], ring_block[JOURNEY_RING_BYTES];
};

/* The clock of packets in a file is the wall's. */
static uint64_t
wall_ahead_us(uint64_t now_us)
{
	struct timespec wall;
	(void)clock_gettime(CLOCK_REALTIME, &wall);
	return (uint64_t)wall.tv_sec * 1000000 + (uint64_t)wall.tv_nsec / 1000 - now_us;
}

static int
open_packets(struct journey_report *report, bool has_secrets, struct failure *failure)
{
	if ((report->forms & 1u << FORM_PCAPNG) == 0)
		return 0;
	journey_form_path(report->forms, FORM_PCAPNG, report->path, report->capture, sizeof report->capture);
	if (!has_secrets)
		return 0;
	int fd = journey_pcapng_secrets();
	if (fd > 0) {
		report->secrets_fd = fd;
		return 0;
	}
	failure_set(failure, FAILURE_MEMORY, "no memory for the secrets of the journey");
	return -1;
}

/* What others read meanwhile, a terminal or a pipe, gets them at the end. */
static bool
is_nobodys(const char *path)
{
	struct stat status;
	return lstat(path, &status) != 0 || S_ISREG(status.st_mode) || S_ISCHR(status.st_mode);
}

/* That it cannot be begun is told at the end, when it cannot be written either. */
static void
begin_lines(struct journey_report *report, bool has_hops)
{
	if ((report->forms & 1u << FORM_JSON) == 0 || report->path == NULL)
		return;
	journey_form_path(report->forms, FORM_JSON, report->path, report->lines_path, sizeof report->lines_path);
	if (!is_nobodys(report->lines_path))
		return;
	if (new_file_open(&report->lines_file, report->lines_path, 0666) != 0) {
		report->lines_file.stream = NULL;
		return;
	}
	if (isatty(fileno(report->lines_file.stream))) {
		(void)new_file_close(&report->lines_file, false);
		report->lines_file.stream = NULL;
		return;
	}
	journey_lines_begin(&report->lines, report->lines_file.stream);
	report->is_forgetful = report->forms == 1u << FORM_JSON && !has_hops;
}

int
journey_report_open(struct journey_report **opened, const struct journey_wish *wish, uint64_t now_us, struct failure *failure)
{
	unsigned asked;
	if (journey_forms_read(&asked, wish->forms, wish->path, failure) != 0)
		return -1;
	struct journey_report *report = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE,
	                                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (report == MAP_FAILED) {
		failure_set(failure, FAILURE_MEMORY, "no memory for the journey");
		return -1;
	}
	report->forms = asked;
	report->path = wish->path;
	report->start_us = now_us;
	report->held_max = JOURNEY_HELD_BYTES;
	report->ahead_us = wall_ahead_us(now_us);
	journey_init(&report->journey, report->journey_block, sizeof report->journey_block);
	event_ring_init(&report->ring, report->ring_block, sizeof report->ring_block);
	if (open_packets(report, wish->has_secrets, failure) != 0) {
		journey_report_close(report);
		return -1;
	}
	begin_lines(report, wish->has_hops);
	*opened = report;
	return 0;
}

const char *
journey_report_capture(const struct journey_report *report)
{
	return report->capture[0] != '\0' ? report->capture : NULL;
}

uint64_t
journey_report_ahead_us(const struct journey_report *report)
{
	return report->ahead_us;
}

int
journey_report_secrets(const struct journey_report *report)
{
	return report != NULL ? report->secrets_fd : 0;
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

static struct story
story_of(const struct journey_report *report)
{
	return (struct story){
		.journey = &report->journey,
		.start_us = report->start_us,
		.wall_us = report->start_us + report->ahead_us,
		.ends = report->ends,
		.end_count = report->end_count,
		.lost_count = report->journey.lost_count + report->ring.lost_count + report->end_lost,
	};
}

/*
 * What is told would take new memory all the time, which costs as much as to write it.  What many transfers under way hold is
 * not looked through in vain at each turn.
 */
static void
forget(struct journey_report *report)
{
	const struct story story = story_of(report);

	journey_lines_all(&report->lines, &story);
	report->end_count = 0;
	journey_forget(&report->journey);
	journey_lines_forgot(&report->lines, &report->journey);
	if (report->held_max < 2 * report->journey.arena.used)
		report->held_max = 2 * report->journey.arena.used;
}

void
journey_report_wait(struct journey_report *report)
{
	if (report->lines_file.stream == NULL)
		return;
	journey_lines_more(&report->lines, &report->journey, report->start_us, LINES_A_WAIT);
	if (report->is_forgetful && report->journey.arena.used > report->held_max)
		forget(report);
}

void
journey_report_end(struct journey_report *report, const struct journey_end *told, const struct verdict_times *times)
{
	if (report->end_count == JOURNEY_ENDS_MAX) {
		report->end_lost++;
		return;
	}
	char *url = arena_copy(&report->journey.arena, told->url, strlen(told->url) + 1);
	struct journey_end *end = &report->ends[report->end_count++];
	*end = *told;
	end->url = url != NULL ? url : "";
	verdict_judge(&end->verdict, times);
}

int
journey_report_write(struct journey_report *report, struct failure *failure)
{
	journey_report_take(report);
	const struct story story = story_of(report);
	const struct journey_packets packets = { .path = journey_report_capture(report),
		                                 .ahead_us = report->ahead_us,
		                                 .secrets_fd = report->secrets_fd,
		                                 .lines = report->lines_file.stream != NULL ? &report->lines : NULL,
		                                 .lines_file = &report->lines_file };
	return journey_forms_write(report->forms, &story, report->path, &packets, failure);
}

void
journey_report_close(struct journey_report *report)
{
	if (report == NULL)
		return;
	if (report->lines_file.stream != NULL)
		(void)new_file_close(&report->lines_file, false);
	if (report->secrets_fd != 0)
		(void)close(report->secrets_fd);
	(void)munmap(report, sizeof *report);
}
