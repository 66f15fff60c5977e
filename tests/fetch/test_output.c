/* Files that appear whole or not at all (fetch/output.h). */
#include "tests/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fetch/output.h"

/* What the next close of a descriptor says, instead of the C library's: 0, or an errno. */
static int close_error;

/* Whether the next file cannot be cut. */
static bool is_never_cut;

int
ftruncate(int descriptor, off_t bytes)
{
	if (!is_never_cut)
		return (int)syscall(SYS_ftruncate, descriptor, bytes);
	errno = EIO;
	return -1;
}

/* What another program has renamed its file to when the lock is given; NULL: there is none. */
static const char *finished_as;

int
flock(int descriptor, int operation)
{
	if (finished_as != NULL)
		ck_assert_int_eq(rename(".a.part", finished_as), 0);
	finished_as = NULL;
	return (int)syscall(SYS_flock, descriptor, operation);
}

int
close(int descriptor)
{
	int err = close_error;
	close_error = 0;
	int closed = (int)syscall(SYS_close, descriptor);
	if (err != 0)
		errno = err;
	return err != 0 ? -1 : closed;
}

static char directory[] = "/tmp/cairn-output.XXXXXX";
static struct output output;
static struct failure failure;

static void
setup(void)
{
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
	failure_clear(&failure);
}

static void
teardown(void)
{
	output_fini(&output);
	char command[64];
	snprintf(command, sizeof command, "rm -rf %s", directory);
	ck_assert_int_eq(system(command), 0);
}

static void
target(const char *path)
{
	struct output_target options = { .path = path, .clobbers = true, .origin = 7 };
	output_init(&output, &options);
}

static void
put(const char *text)
{
	ck_assert_msg(output_write(&output, text, strlen(text), &failure) == 0, "%s", failure.text);
}

static void
open_new(void)
{
	ck_assert_msg(output_open(&output, 0, NULL, &failure) == 0, "%s", failure.text);
}

static void
finish(void)
{
	ck_assert_msg(output_finish(&output, -1, &failure) == 0, "%s", failure.text);
	output_fini(&output);
}

static bool
exists(const char *path)
{
	struct stat status;
	return lstat(path, &status) == 0;
}

static void
has(const char *path, const char *text)
{
	char read_text[64] = "";
	FILE *file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s", path);
	size_t bytes = fread(read_text, 1, sizeof read_text - 1, file);
	fclose(file);
	read_text[bytes] = '\0';
	ck_assert_str_eq(read_text, text);
}

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

START_TEST(a_file_appears_when_it_is_whole)
{
	target("a");
	open_new();
	put("one ");
	ck_assert(!exists("a"));
	ck_assert(exists(".a.part"));
	put("two");
	finish();
	has("a", "one two");
	ck_assert(!exists(".a.part"));
	ck_assert(!exists(".a.part.source"));
}
END_TEST

START_TEST(what_failed_is_kept_and_can_be_gone_on_from)
{
	struct output_part part;
	target("a");
	ck_assert_int_eq(output_open(&output, 0, "\"v1\"", &failure), 0);
	put("one ");
	output_fini(&output);
	ck_assert(!exists("a"));

	target("a");
	output_find_part(&output, &part);
	ck_assert_uint_eq(part.bytes, 4);
	ck_assert_str_eq(part.validator, "\"v1\"");
	ck_assert_int_eq(output_open(&output, part.bytes, part.validator, &failure), 0);
	put("two");
	finish();
	has("a", "one two");
	ck_assert(!exists(".a.part.source"));
}
END_TEST

START_TEST(what_is_kept_has_its_coding)
{
	struct output_part part;
	target("a");
	output.target.coding = "gzip";
	ck_assert_int_eq(output_open(&output, 0, "\"v1\"", &failure), 0);
	put("one ");
	output_fini(&output);

	target("a");
	output_find_part(&output, &part);
	ck_assert_uint_eq(part.bytes, 4);
	ck_assert_str_eq(part.coding, "gzip");
	ck_assert_int_ne(output_open(&output, part.bytes, part.validator, &failure), 0);
	output_fini(&output);
	target("a");
	output.target.coding = part.coding;
	ck_assert_int_eq(output_open(&output, part.bytes, part.validator, &failure), 0);
	put("two");
	finish();
	has("a", "one two");
}
END_TEST

START_TEST(without_a_validator_there_is_nothing_to_go_on_from)
{
	struct output_part part;
	target("a");
	open_new();
	put("one ");
	output_fini(&output);
	target("a");
	output_find_part(&output, &part);
	ck_assert_uint_eq(part.bytes, 0);
	write_file(".a.part.source", "\"no origin\"\n");
	output_find_part(&output, &part);
	ck_assert_uint_eq(part.bytes, 0);
	write_file(".a.part.source", "\"v1\"\n0000000000000007\n");
	output_find_part(&output, &part);
	ck_assert_uint_eq(part.bytes, 4);
	write_file(".a.part.source", "\"v1\"\n0000000000000007");
	output_find_part(&output, &part);
	ck_assert_uint_eq(part.bytes, 0);
	open_new();
	put("two");
	finish();
	has("a", "two");
}
END_TEST

START_TEST(a_failed_part_goes_when_asked_or_when_empty)
{
	target("a");
	output.target.removes_on_error = true;
	ck_assert_int_eq(output_open(&output, 0, "\"v\"", &failure), 0);
	put("one");
	output_fini(&output);
	ck_assert(!exists(".a.part"));
	ck_assert(!exists(".a.part.source"));
	target("b");
	open_new();
	output_fini(&output);
	ck_assert(!exists(".b.part"));
}
END_TEST

START_TEST(what_was_kept_stays_when_nothing_more_comes)
{
	struct output_part part;
	target("a");
	ck_assert_int_eq(output_open(&output, 0, "\"v1\"", &failure), 0);
	put("one ");
	output_fini(&output);
	target("a");
	ck_assert_int_eq(output_open(&output, 4, "\"v1\"", &failure), 0);
	output_fini(&output);
	target("a");
	output_find_part(&output, &part);
	ck_assert_uint_eq(part.bytes, 4);
}
END_TEST

START_TEST(what_comes_from_elsewhere_is_not_gone_on_from)
{
	struct output_part part;
	target("a");
	ck_assert_int_eq(output_open(&output, 0, "\"v1\"", &failure), 0);
	put("one ");
	output_fini(&output);
	target("a");
	output.target.origin++;
	output_find_part(&output, &part);
	ck_assert_uint_eq(part.bytes, 0);
}
END_TEST

START_TEST(no_validator_stands_beside_another_version)
{
	target("a");
	ck_assert_int_eq(output_open(&output, 0, "\"v1\"", &failure), 0);
	put("one ");
	output_fini(&output);
	target("a");
	is_never_cut = true;
	ck_assert_int_eq(output_open(&output, 0, "\"v2\"", &failure), -1);
	is_never_cut = false;
	output_fini(&output);
	ck_assert(!exists(".a.part.source"));
}
END_TEST

START_TEST(what_another_program_has_done_meanwhile_is_left_alone)
{
	target("a");
	ck_assert_int_eq(output_open(&output, 0, "\"v1\"", &failure), 0);
	put("one ");
	output_fini(&output);
	target("a");
	ck_assert_int_eq(output_open(&output, 0, "\"v1\"", &failure), 0);
	put("o");
	output_fini(&output);
	target("a");
	ck_assert_int_eq(output_open(&output, 4, "\"v1\"", &failure), -1); /* shorter than it was */
	output_fini(&output);
	target("a");
	ck_assert_int_eq(output_open(&output, 1, "\"v2\"", &failure), -1);
	output_fini(&output);
	target("a");
	finished_as = "a";
	ck_assert_int_eq(output_open(&output, 0, "\"v1\"", &failure), -1);
	ck_assert_int_eq(failure.cause, FAILURE_WRITE);
	output_fini(&output);
	has("a", "o");
}
END_TEST

START_TEST(a_disk_that_says_at_the_end_that_it_is_full_leaves_no_file)
{
	target("a");
	open_new();
	put("one");
	close_error = EDQUOT;
	ck_assert_int_eq(output_finish(&output, -1, &failure), -1);
	ck_assert_int_eq(failure.cause, FAILURE_WRITE);
	ck_assert(!exists("a"));

	target(NULL);
	open_new();
	close_error = ENOSPC;
	ck_assert_int_eq(output_finish(&output, -1, &failure), -1);
}
END_TEST

START_TEST(a_file_that_exists_is_replaced_or_stays)
{
	write_file("a", "old");
	target("a");
	open_new();
	put("new");
	has("a", "old");
	finish();
	has("a", "new");

	for (int i = 1; i <= 2; i++) {
		target("a");
		output.target.clobbers = false;
		open_new();
		put("another");
		finish();
		ck_assert_str_eq(output.path, i == 1 ? "a.1" : "a.2");
	}
	has("a", "new");
	has("a.2", "another");
}
END_TEST

START_TEST(a_link_in_the_place_of_the_part_file_is_not_followed)
{
	write_file("precious", "precious");
	ck_assert_int_eq(symlink("precious", ".a.part"), 0);
	target("a");
	ck_assert_int_eq(output_open(&output, 0, NULL, &failure), -1);
	ck_assert_int_eq(failure.cause, FAILURE_WRITE);
	has("precious", "precious");
}
END_TEST

START_TEST(a_link_that_the_user_names_is_followed)
{
	ck_assert_int_eq(mkdir("d", 0777), 0);
	write_file("d/real", "old");
	ck_assert_int_eq(symlink("d/real", "a"), 0);
	target("a");
	open_new();
	put("new");
	finish();
	has("d/real", "new");
}
END_TEST

START_TEST(two_programs_do_not_write_one_file)
{
	write_file(".a.part", "theirs");
	int theirs = open(".a.part", O_RDWR);
	ck_assert_int_eq(flock(theirs, LOCK_EX), 0);
	target("a");
	ck_assert_int_eq(output_open(&output, 0, NULL, &failure), -1);
	ck_assert_ptr_nonnull(strstr(failure.text, "another program is fetching it"));
	close(theirs);
	has(".a.part", "theirs");
}
END_TEST

START_TEST(directories_are_made_when_asked)
{
	target("x/y/a");
	ck_assert_int_eq(output_open(&output, 0, NULL, &failure), -1);
	output_fini(&output);
	target("x/y/a");
	output.target.creates_directories = true;
	open_new();
	put("deep");
	finish();
	has("x/y/a", "deep");
}
END_TEST

START_TEST(devices_are_written_to_as_they_are)
{
	target("/dev/null");
	open_new();
	put("nothing");
	finish();
	struct stat status;
	ck_assert_int_eq(stat("/dev/null", &status), 0);
	ck_assert(S_ISCHR(status.st_mode));

	target("/dev/full");
	open_new();
	ck_assert_int_eq(output_write(&output, "x", 1, &failure), -1);
	ck_assert_str_eq(failure.text, "/dev/full: cannot be written: No space left on device");
}
END_TEST

START_TEST(an_offset_is_gone_on_from_in_place)
{
	write_file("a", "0123456789");
	target("a");
	output.target.is_in_place = true;
	ck_assert_int_eq(output_open(&output, 4, NULL, &failure), 0);
	put("new");
	finish();
	has("a", "0123new");
}
END_TEST

START_TEST(the_time_of_the_resource_is_kept)
{
	struct stat status;
	target("a");
	open_new();
	put("x");
	ck_assert_int_eq(output_finish(&output, 784111777, &failure), 0); /* RFC 9110, section 5.6.7 */
	ck_assert_int_eq(stat("a", &status), 0);
	ck_assert_int_eq(status.st_mtim.tv_sec, 784111777);
}
END_TEST

/* All that a terminal was shown: what was written at once may come in pieces.  Nobody writes to it any more. */
static void
read_terminal(int master, char *shown, size_t shown_bytes)
{
	size_t used = 0;
	ssize_t seen;
	while (used + 1 < shown_bytes && (seen = read(master, shown + used, shown_bytes - 1 - used)) > 0)
		used += (size_t)seen;
	shown[used] = '\0';
}

/* Standard output becomes a terminal; what it was shown. */
static int
on_a_terminal(const char *octets, size_t bytes, bool is_raw, char *shown, size_t shown_bytes)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), kept = dup(STDOUT_FILENO);
	ck_assert_int_ge(master, 0);
	ck_assert(grantpt(master) == 0 && unlockpt(master) == 0);
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	dup2(slave, STDOUT_FILENO);

	struct output_target options = { .is_raw = is_raw };
	output_init(&output, &options);
	int err = output_open(&output, 0, NULL, &failure);
	if (err == 0)
		err = output_write(&output, octets, bytes, &failure);
	if (err == 0)
		err = output_finish(&output, -1, &failure);
	output_fini(&output);
	dup2(kept, STDOUT_FILENO);
	close(slave), close(kept);
	read_terminal(master, shown, shown_bytes);
	close(master);
	return err;
}

START_TEST(a_terminal_is_not_commanded)
{
	char shown[64];
	ck_assert_int_eq(on_a_terminal("\x1b[2Jx\xc3", 6, false, shown, sizeof shown), 0);
	ck_assert_str_eq(shown, "\\x1b[2Jx\\xc3");
	ck_assert_int_eq(on_a_terminal("\x1b[2Jx", 5, true, shown, sizeof shown), 0);
	ck_assert_str_eq(shown, "\x1b[2Jx");
	ck_assert_int_eq(on_a_terminal("PNG\0\1", 5, false, shown, sizeof shown), -1);
	ck_assert_int_eq(failure.cause, FAILURE_WRITE);
	ck_assert_int_eq(on_a_terminal("PNG\0\1", 5, true, shown, sizeof shown), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("output");
	TCase *tcase = tcase_create("output");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_file_appears_when_it_is_whole);
	tcase_add_test(tcase, what_failed_is_kept_and_can_be_gone_on_from);
	tcase_add_test(tcase, what_is_kept_has_its_coding);
	tcase_add_test(tcase, without_a_validator_there_is_nothing_to_go_on_from);
	tcase_add_test(tcase, a_failed_part_goes_when_asked_or_when_empty);
	tcase_add_test(tcase, what_was_kept_stays_when_nothing_more_comes);
	tcase_add_test(tcase, what_comes_from_elsewhere_is_not_gone_on_from);
	tcase_add_test(tcase, no_validator_stands_beside_another_version);
	tcase_add_test(tcase, what_another_program_has_done_meanwhile_is_left_alone);
	tcase_add_test(tcase, a_disk_that_says_at_the_end_that_it_is_full_leaves_no_file);
	tcase_add_test(tcase, a_file_that_exists_is_replaced_or_stays);
	tcase_add_test(tcase, a_link_in_the_place_of_the_part_file_is_not_followed);
	tcase_add_test(tcase, a_link_that_the_user_names_is_followed);
	tcase_add_test(tcase, two_programs_do_not_write_one_file);
	tcase_add_test(tcase, directories_are_made_when_asked);
	tcase_add_test(tcase, devices_are_written_to_as_they_are);
	tcase_add_test(tcase, an_offset_is_gone_on_from_in_place);
	tcase_add_test(tcase, the_time_of_the_resource_is_kept);
	tcase_add_test(tcase, a_terminal_is_not_commanded);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
