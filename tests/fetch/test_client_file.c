/* What is remembered from run to run: written whole or not at all, and for the user alone. */
#include "tests/suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/client_priv.h"

static char directory[] = "/tmp/cairn-client-file.XXXXXX";

static void
setup(void)
{
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
}

static void
teardown(void)
{
	char command[64];
	snprintf(command, sizeof command, "rm -rf %s", directory);
	ck_assert_int_eq(system(command), 0);
}

static void
leave(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static void
is_file(const char *path, const char *text, mode_t mode)
{
	char read[64] = "";
	struct stat status;
	FILE *file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	(void)fread(read, 1, sizeof read - 1, file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_str_eq(read, text);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, mode);
}

START_TEST(a_new_file_takes_the_place_of_the_old_and_is_the_users)
{
	leave("jar", "a longer text than the new one", 0644);
	leave("jar.new", "somebody reads along", 0666);
	ck_assert_int_eq(client__file_write("jar", "new", 3), 0);
	is_file("jar", "new", 0600);
	ck_assert_int_ne(access("jar.new", F_OK), 0);
}
END_TEST

START_TEST(what_is_no_file_is_written_to_and_stays)
{
	struct stat status;
	char read_back[8] = "";
	ck_assert_int_eq(mkfifo("pipe", 0600), 0);
	int reader = open("pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_eq(client__file_write("pipe", "new", 3), 0);
	ck_assert_int_eq(read(reader, read_back, sizeof read_back), 3);
	ck_assert_int_eq(close(reader), 0);
	ck_assert_int_eq(lstat("pipe", &status), 0);
	ck_assert(S_ISFIFO(status.st_mode));

	ck_assert_int_eq(symlink("/dev/null", "null"), 0);
	ck_assert_int_eq(client__file_write("null", "new", 3), 0);
	ck_assert_int_eq(lstat("null", &status), 0);
	ck_assert(S_ISLNK(status.st_mode));
}
END_TEST

START_TEST(what_cannot_be_written_leaves_the_old_file)
{
	leave("jar", "old", 0600);
	ck_assert_int_eq(mkdir("jar.new", 0700), 0);
	ck_assert_int_eq(client__file_write("jar", "new", 3), -1);
	is_file("jar", "old", 0600);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("file");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_new_file_takes_the_place_of_the_old_and_is_the_users);
	tcase_add_test(tcase, what_is_no_file_is_written_to_and_stays);
	tcase_add_test(tcase, what_cannot_be_written_leaves_the_old_file);
	Suite *suite = suite_create("fetch: client, files");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
