/* What a run keeps for its journey (fetch/journey_report.h): secrets as its capture has room for, and lines as it goes on. */
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/journey_pcapng.h"
#include "fetch/journey_report.h"
#include "stack/link/pcapng.h"

#define LINE "CLIENT_RANDOM 0123456789abcdef 0123456789abcdef\n"

static char capture[] = "/tmp/cairn-report.XXXXXX";

/* Secrets stand before the first packet. */
static void
leave_capture(void)
{
	uint8_t octets[1024];
	struct writer w = writer_over(octets, sizeof octets);
	const struct pcapng_packet packet = { .bytes = (const uint8_t *)"E", .size = 1, .size_before = 1 };
	int fd = mkstemp(capture);

	pcapng_section_write(&w, "a test");
	pcapng_interface_write(&w, PCAPNG_RAW_IP, "raw");
	pcapng_packet_write(&w, &packet);
	ck_assert_int_eq(w.err, 0);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, octets, w.pos), (ssize_t)w.pos);
	ck_assert_int_eq(close(fd), 0);
}

static unsigned
lines_in_capture(void)
{
	static char octets[2 * PCAPNG_SECRETS_MAX];
	FILE *file = fopen(capture, "re");
	ck_assert_ptr_nonnull(file);
	size_t bytes = fread(octets, 1, sizeof octets, file);
	ck_assert_int_eq(fclose(file), 0);
	unsigned count = 0;
	const char *at = octets, *found;
	for (; (found = memmem(at, bytes - (size_t)(at - octets), LINE, strlen(LINE))) != NULL; at = found + strlen(LINE))
		count++;
	return count;
}

START_TEST(secrets_end_where_the_capture_has_no_more_room)
{
	struct failure failure;
	struct journey_report *report;
	const struct journey_wish wish = { .forms = "pcapng", .path = capture, .has_secrets = true };
	unsigned kept = 0;

	leave_capture();
	ck_assert_int_eq(journey_report_open(&report, &wish, 1, &failure), 0);
	for (unsigned i = 0; i < 2 * PCAPNG_SECRETS_MAX / strlen(LINE); i++)
		if (write(journey_report_secrets(report), LINE, strlen(LINE)) == (ssize_t)strlen(LINE))
			kept++;
	ck_assert_uint_eq(kept, PCAPNG_SECRETS_MAX / strlen(LINE));
	ck_assert_int_eq(journey_report_write(report, &failure), 0);
	ck_assert_uint_eq(lines_in_capture(), kept);
	journey_report_close(report);
	ck_assert_int_eq(unlink(capture), 0);
}
END_TEST

/* ---- lines that are written while the run goes on ----------------------------------------------------- */

#define EVENTS 3000u /* some batches */

static char place[] = "/tmp/cairn-lines.XXXXXX";

static void
enter_place(void)
{
	strcpy(place + strlen(place) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place));
	ck_assert_int_eq(chdir(place), 0);
}

static void
leave_place(void)
{
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(place), 0); /* and nothing is left in it */
}

static struct journey_report *
report_of(const char *forms, const char *path)
{
	struct journey_report *report;
	struct failure failure;
	const struct journey_wish wish = { .forms = forms, .path = path };
	ck_assert_int_eq(journey_report_open(&report, &wish, 1, &failure), 0);
	return report;
}

static void
tell(struct journey_report *report, unsigned count)
{
	const struct journey_field fields[] = { { "href", "http://www.example.org/", 0 }, { "port", NULL, 80 } };
	const struct journey_event event = { .layer = JOURNEY_URL, .name = "parsed", .fields = fields, .field_count = 2 };
	while (count-- > 0)
		ck_assert_uint_ne(journey_note(journey_report_list(report), &event, "{href}, port {port}"), 0);
}

/* Each event has its line, in order, and nothing else is there. */
static void
assert_lines(const char *path, unsigned count)
{
	char line[1024], begin[32];
	unsigned lines = 0;
	FILE *file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof line, file) != NULL) {
		(void)snprintf(begin, sizeof begin, "{\"i\":%u,", ++lines);
		ck_assert_int_eq(strncmp(line, begin, strlen(begin)), 0);
	}
	ck_assert_uint_eq(lines, count);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(unlink(path), 0);
}

START_TEST(no_line_is_written_twice_or_left_out_however_often_is_waited)
{
	struct failure failure;
	struct journey_report *report = report_of("json", "lines");
	for (unsigned i = 0; i < EVENTS; i++) {
		tell(report, 1);
		for (int waits = 0; waits < _i; waits++)
			journey_report_wait(report);
	}
	ck_assert_int_ne(access("lines", F_OK), 0); /* whole or not at all */
	ck_assert_int_eq(journey_report_write(report, &failure), 0);
	journey_report_close(report);
	assert_lines("lines", EVENTS);
}
END_TEST

/* What the list has room for is not what the file has room for. */
START_TEST(lines_of_more_files_than_the_list_holds_are_all_there_with_their_verdicts)
{
	const uint32_t count = 20000;
	const struct verdict_times times = { .start_us = 1, .end_us = 1 };
	struct journey_report *report = report_of("json", "many");
	struct failure failure;
	char line[1024];
	uint32_t events = 0, verdicts = 0;

	for (uint32_t request = 1; request <= count; request++) {
		const struct journey_field field = { "href", "http://www.example.org/with/a/path/of/some/length", 0 };
		const struct journey_event begun = { .layer = JOURNEY_URL, .name = "parsed", .request = request, .fields = &field, .field_count = 1 };
		const struct journey_event over = { .layer = JOURNEY_HTTP, .name = "end", .request = request, .is_end = true };
		const struct journey_end end = { .request = request, .url = field.text, .result = "ok" };
		ck_assert_uint_ne(journey_note(journey_report_list(report), &begun, "{href}"), 0);
		journey_report_wait(report);
		ck_assert_uint_ne(journey_tell(journey_report_list(report), &over, "complete: %u times %u octets", request, request), 0);
		journey_report_end(report, &end, &times);
	}
	ck_assert_int_eq(journey_report_write(report, &failure), 0);
	journey_report_close(report);
	FILE *file = fopen("many", "re");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof line, file) != NULL) {
		char begin[64];
		const bool is_verdict = strstr(line, "\"e\":\"verdict\"") != NULL;
		(void)snprintf(begin, sizeof begin, is_verdict ? "{\"l\":\"policy\",\"e\":\"verdict\",\"r\":%u," : "{\"i\":%u,",
		               is_verdict ? ++verdicts : ++events);
		ck_assert_int_eq(strncmp(line, begin, strlen(begin)), 0);
	}
	ck_assert_uint_eq(events, 2 * count);
	ck_assert_uint_eq(verdicts, count);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(unlink("many"), 0);
}
END_TEST

/* _i 1: at the end the hops of --hops look for the addresses of all transfers. */
START_TEST(a_list_that_somebody_needs_at_the_end_forgets_nothing)
{
	struct failure failure;
	struct journey_report *report;
	const struct journey_wish wish = { .forms = "json", .path = "lines", .has_hops = _i == 1 };
	ck_assert_int_eq(journey_report_open(&report, &wish, 1, &failure), 0);
	tell(report, 1);
	const struct journey_event *first = journey_report_list(report)->first;
	while (journey_report_list(report)->first == first && journey_report_list(report)->arena.used < 3 * JOURNEY_HELD_BYTES) {
		tell(report, 1);
		journey_report_wait(report);
	}
	ck_assert((journey_report_list(report)->first == first) == (_i == 1));
	journey_report_close(report);
}
END_TEST

START_TEST(with_other_forms_the_lines_have_their_own_file)
{
	struct failure failure;
	struct journey_report *report = report_of("text,json", "both");
	tell(report, 20);
	journey_report_wait(report);
	ck_assert_int_eq(journey_report_write(report, &failure), 0);
	journey_report_close(report);
	assert_lines("both.json", 20);
	ck_assert_int_eq(unlink("both.text"), 0);
}
END_TEST

START_TEST(a_run_that_is_given_up_leaves_no_lines)
{
	struct journey_report *report = report_of("json", "lines");
	tell(report, 20);
	journey_report_wait(report);
	journey_report_close(report);
}
END_TEST

START_TEST(lines_that_cannot_be_begun_are_told_at_the_end)
{
	struct failure failure;
	struct journey_report *report = report_of("json", "nowhere/lines");
	tell(report, 20);
	journey_report_wait(report);
	ck_assert_int_eq(journey_report_write(report, &failure), -1);
	ck_assert_int_eq(failure.cause, FAILURE_JOURNEY);
	ck_assert_ptr_nonnull(strstr(failure.text, "nowhere/lines"));
	journey_report_close(report);
}
END_TEST

START_TEST(what_another_form_failed_at_leaves_no_lines)
{
	struct failure failure;
	struct journey_report *report = report_of("text,json", "both");
	ck_assert_int_eq(mkdir("both.text", 0700), 0);
	tell(report, 20);
	journey_report_wait(report);
	ck_assert_int_eq(journey_report_write(report, &failure), -1);
	journey_report_close(report);
	ck_assert_int_eq(rmdir("both.text"), 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("report");
	tcase_add_test(tcase, secrets_end_where_the_capture_has_no_more_room);
	Suite *suite = suite_create("fetch: journey, report");
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("lines");
	tcase_add_checked_fixture(tcase, enter_place, leave_place);
	tcase_add_loop_test(tcase, no_line_is_written_twice_or_left_out_however_often_is_waited, 0, 3);
	tcase_add_test(tcase, lines_of_more_files_than_the_list_holds_are_all_there_with_their_verdicts);
	tcase_add_loop_test(tcase, a_list_that_somebody_needs_at_the_end_forgets_nothing, 0, 2);
	tcase_add_test(tcase, with_other_forms_the_lines_have_their_own_file);
	tcase_add_test(tcase, a_run_that_is_given_up_leaves_no_lines);
	tcase_add_test(tcase, lines_that_cannot_be_begun_are_told_at_the_end);
	tcase_add_test(tcase, what_another_form_failed_at_leaves_no_lines);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
