/* The files of a journey appear whole or not at all, and what may hold secrets is the user's alone. */
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/journey_forms.h"
#include "stack/link/pcapng.h"

#define EVENTS_MANY 500u /* more than are written at once */

static char directory[] = "/tmp/cairn-forms.XXXXXX";
static uint8_t block[1 << 20];
static struct journey journey;
static struct failure failure;
static const struct journey_packets no_packets;

static void
setup(void)
{
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
	journey_init(&journey, block, sizeof block);
	failure_clear(&failure);
}

static void
teardown(void)
{
	char command[64];
	snprintf(command, sizeof command, "rm -rf %s", directory);
	ck_assert_int_eq(system(command), 0);
}

static void
leave(const char *path, const void *octets, size_t bytes)
{
	FILE *file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(octets, 1, bytes, file), bytes);
	ck_assert_int_eq(fclose(file), 0);
}

/* The fields of an event of `bytes` octets that JSON escapes. */
static void
tell(size_t bytes)
{
	char *name = malloc(bytes + 1);
	ck_assert_ptr_nonnull(name);
	memset(name, '\x01', bytes);
	name[bytes] = '\0';
	const struct journey_field fields[] = { { "href", name, 0 } };
	const struct journey_event event = { .layer = JOURNEY_URL, .name = "parsed", .request = 1, .fields = fields, .field_count = 1 };
	ck_assert_uint_ne(journey_tell(&journey, &event, "a URL"), 0);
	free(name);
}

static int
write_form(enum journey_form form)
{
	const struct story story = { .journey = &journey };
	return journey_forms_write(1u << form, &story, "journey", &no_packets, &failure);
}

static const enum journey_form forms_of_json[] = { FORM_JSON, FORM_HAR };

START_TEST(half_a_file_does_not_take_the_place_of_the_old)
{
	char read[8] = "";
	leave("journey", "old", 3);
	tell(30000);
	ck_assert_int_eq(write_form(forms_of_json[_i]), -1);
	ck_assert_int_eq(failure.cause, FAILURE_JOURNEY);
	FILE *file = fopen("journey", "re");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fread(read, 1, sizeof read, file), 3);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_str_eq(read, "old");
	ck_assert_int_ne(access("journey.new", F_OK), 0);
}
END_TEST

START_TEST(a_form_is_written)
{
	struct stat status;
	tell(8);
	ck_assert_int_eq(write_form(_i), 0);
	ck_assert_int_eq(stat("journey", &status), 0);
	ck_assert_int_gt(status.st_size, 0);
}
END_TEST

START_TEST(no_line_is_lost_of_many)
{
	char line[4096];
	unsigned lines = 0;
	for (unsigned i = 0; i < EVENTS_MANY; i++)
		tell(100);
	ck_assert_int_eq(write_form(FORM_JSON), 0);
	FILE *file = fopen("journey", "re");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof line, file) != NULL) {
		char begin[32];
		(void)snprintf(begin, sizeof begin, "{\"i\":%u,", ++lines);
		ck_assert_int_eq(strncmp(line, begin, strlen(begin)), 0);
		ck_assert_ptr_nonnull(strstr(line, "}\n"));
	}
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_uint_eq(lines, EVENTS_MANY);
}
END_TEST

START_TEST(packets_are_the_users_alone_whatever_was_there)
{
	uint8_t capture[1024];
	struct stat status;
	struct writer w = writer_over(capture, sizeof capture);
	const struct story story = { .journey = &journey };
	const struct journey_packets packets = { .path = "journey" };

	pcapng_section_write(&w, "a test");
	pcapng_interface_write(&w, PCAPNG_RAW_IP, "raw");
	ck_assert_int_eq(w.err, 0);
	leave("journey", capture, w.pos);
	leave("journey.part", "", 0);
	leave("journey.new", "", 0);
	ck_assert_int_eq(chmod("journey.part", 0666), 0);
	ck_assert_int_eq(chmod("journey.new", 0666), 0);
	ck_assert_int_eq(journey_forms_write(1u << FORM_PCAPNG, &story, "journey", &packets, &failure), 0);
	ck_assert_int_eq(stat("journey", &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0600);
	ck_assert_int_eq((int)status.st_size, (int)w.pos);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("forms");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, half_a_file_does_not_take_the_place_of_the_old, 0, (int)COUNT(forms_of_json));
	tcase_add_loop_test(tcase, a_form_is_written, FORM_TEXT, FORM_PCAPNG);
	tcase_add_test(tcase, no_line_is_lost_of_many);
	tcase_add_test(tcase, packets_are_the_users_alone_whatever_was_there);
	Suite *suite = suite_create("fetch: journey, forms");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
