/* A run of any length keeps as many secrets as its capture has room for, each of them whole. */
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int
main(void)
{
	TCase *tcase = tcase_create("report");
	tcase_add_test(tcase, secrets_end_where_the_capture_has_no_more_room);
	Suite *suite = suite_create("fetch: journey, report");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
